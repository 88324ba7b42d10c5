use std::ops::Range;

use serde_json::{Map, Value, json};

use super::super::input::{Grain, Input, NO_CASE, Tree};
use super::super::machine::Fault;

/// Files, and the connections that sshd is asked about besides none.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Asked {
    pub tree: Tree,
    /// As `-C` takes them.
    pub connections: Vec<String>,
}

impl Asked {
    fn with(&self, tree: Tree) -> Self {
        Self { tree, connections: self.connections.clone() }
    }
}

impl Input for Asked {
    fn edited(&self) -> &[u8] {
        self.tree.edited()
    }

    fn with_edited(&self, bytes: Vec<u8>) -> Self {
        self.with(self.tree.with_edited(bytes))
    }

    fn pieces(&self, grain: Grain) -> usize {
        self.tree.pieces(grain)
    }

    fn without(&self, grain: Grain, pieces: Range<usize>) -> Self {
        self.with(self.tree.without(grain, pieces))
    }

    fn shown(&self) -> String {
        format!("{}\n      {}", self.tree.shown(), self.connections.join("\n      "))
    }

    fn to_case(&self) -> Map<String, Value> {
        let mut case = self.tree.to_case();
        case.insert("connections".to_owned(), json!(self.connections));
        case
    }

    fn from_case(case: &Map<String, Value>) -> Result<Self, Fault> {
        let connections = case.get("connections").and_then(Value::as_array).ok_or(NO_CASE)?;
        let connections = connections.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        Ok(Self { tree: Tree::from_case(case)?, connections })
    }
}
