//! What the programs are asked about: one file, or a tree of files of which one is edited.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bstr::{BString, ByteSlice};
use camino::{Utf8Path, Utf8PathBuf};
use kvmprep_lossless::files::{Entry, Files, FilesError, Found};
use serde_json::{Map, Value, json};

use super::machine::Fault;

pub trait Input: Clone + Ord + Send + Sync {
    /// The bytes that an edit is made in.
    fn edited(&self) -> &[u8];

    /// The same with other bytes in their place.
    fn with_edited(&self, bytes: Vec<u8>) -> Self;

    /// How many pieces of this size it is made of.
    fn pieces(&self, grain: Grain) -> usize;

    /// What is left without some neighbouring pieces.
    fn without(&self, grain: Grain, pieces: Range<usize>) -> Self;

    /// For people.
    fn shown(&self) -> String;

    /// The fields that a case keeps of it.
    fn to_case(&self) -> Map<String, Value>;

    /// What a case kept.
    fn from_case(case: &Map<String, Value>) -> Result<Self, Fault>;
}

/// How small the pieces are that an input is cut into.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    /// Whole files; the edited one is not among them.
    Files,
    Lines,
    Bytes,
}

impl Input for Vec<u8> {
    fn edited(&self) -> &[u8] {
        self
    }

    fn with_edited(&self, bytes: Vec<u8>) -> Self {
        bytes
    }

    fn pieces(&self, grain: Grain) -> usize {
        match grain {
            Grain::Files => 0,
            Grain::Lines => self.split_inclusive(|&byte| byte == b'\n').count(),
            Grain::Bytes => self.len(),
        }
    }

    fn without(&self, grain: Grain, pieces: Range<usize>) -> Self {
        let stays = |(number, piece): (usize, &[u8])| (!pieces.contains(&number)).then(|| piece.to_vec());
        match grain {
            Grain::Files => self.clone(),
            Grain::Lines => {
                self.split_inclusive(|&byte| byte == b'\n').enumerate().filter_map(stays).flatten().collect()
            }
            Grain::Bytes => self.chunks(1).enumerate().filter_map(stays).flatten().collect(),
        }
    }

    fn shown(&self) -> String {
        format!("{:?}", self.as_bstr())
    }

    fn to_case(&self) -> Map<String, Value> {
        Map::from_iter([("input".to_owned(), to_json(self))])
    }

    fn from_case(case: &Map<String, Value>) -> Result<Self, Fault> {
        bytes_of(case.get("input").ok_or(NO_CASE)?)
    }
}

/// Files of a host, of which one is edited. Directories are there as far as something is in them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Tree {
    pub nodes: BTreeMap<Utf8PathBuf, Node>,
    /// One of the files.
    pub edited: Utf8PathBuf,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Node {
    File(Vec<u8>),
    /// Absolute, or relative to its directory.
    Link(Utf8PathBuf),
}

/// As many links as Linux follows.
const MOST_LINKS: usize = 40;

impl Tree {
    /// Writes it below a directory of the disk. Absolute links lead where they say: the directory must become a root, or
    /// what is linked must be mounted at its place.
    pub fn write_below(&self, top: &Path) -> Result<(), Fault> {
        for (path, node) in &self.nodes {
            let path = top.join(path.as_str().trim_start_matches('/'));
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            match node {
                Node::File(bytes) => fs::write(&path, bytes)?,
                Node::Link(to) => std::os::unix::fs::symlink(to, &path)?,
            }
        }
        Ok(())
    }

    fn others(&self) -> impl Iterator<Item = &Utf8PathBuf> {
        self.nodes.keys().filter(|path| **path != self.edited)
    }

    /// The path with all links followed, where that ends.
    fn real(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        let mut real = Utf8PathBuf::from("/");
        let mut ahead: Vec<String> = path.components().rev().map(|part| part.to_string()).collect();
        let mut links = 0;
        while let Some(part) = ahead.pop() {
            match part.as_str() {
                "/" => real = "/".into(),
                ".." => _ = real.pop(),
                part => real.push(part),
            }
            if let Some(Node::Link(to)) = self.nodes.get(&real) {
                links += 1;
                if links > MOST_LINKS {
                    return None;
                }
                ahead.extend(to.components().rev().map(|part| part.to_string()));
                real.pop();
            }
        }
        Some(real)
    }
}

impl Files for Tree {
    fn look(&self, path: &Utf8Path) -> Result<Found, FilesError> {
        let fails = || FilesError { path: path.to_owned(), why: "too many links".to_owned() };
        let real = self.real(path).ok_or_else(fails)?;
        let entry = match self.nodes.get(&real) {
            _ if real == "/dev/null" => Entry::Other,
            Some(Node::File(bytes)) => Entry::File(bytes.as_slice().into()),
            _ => {
                let below = self.nodes.keys().filter_map(|file| file.strip_prefix(&real).ok());
                let names: BTreeSet<BString> =
                    below.filter_map(|file| Some(file.components().next()?.as_str().into())).collect();
                if names.is_empty() { Entry::Absent } else { Entry::Directory(names.into_iter().collect()) }
            }
        };
        Ok(Found { real, entry })
    }
}

impl Input for Tree {
    fn edited(&self) -> &[u8] {
        match self.nodes.get(&self.edited) {
            Some(Node::File(bytes)) => bytes,
            _ => b"",
        }
    }

    fn with_edited(&self, bytes: Vec<u8>) -> Self {
        let mut tree = self.clone();
        tree.nodes.insert(self.edited.clone(), Node::File(bytes));
        tree
    }

    fn pieces(&self, grain: Grain) -> usize {
        if grain == Grain::Files {
            return self.others().count();
        }
        let pieces = |node: &Node| match node {
            Node::File(bytes) => bytes.pieces(grain),
            Node::Link(_) => 0,
        };
        self.nodes.values().map(pieces).sum()
    }

    fn without(&self, grain: Grain, pieces: Range<usize>) -> Self {
        let mut tree = self.clone();
        if grain == Grain::Files {
            for path in self.others().skip(pieces.start).take(pieces.len()) {
                tree.nodes.remove(path);
            }
            return tree;
        }
        let mut passed = 0;
        for node in tree.nodes.values_mut() {
            let Node::File(bytes) = node else { continue };
            let here = |at: usize| at.saturating_sub(passed);
            let next = passed + bytes.pieces(grain);
            *bytes = bytes.without(grain, here(pieces.start)..here(pieces.end));
            passed = next;
        }
        tree
    }

    fn shown(&self) -> String {
        let shown = |(path, node): (&Utf8PathBuf, &Node)| match node {
            Node::File(bytes) if *path == self.edited => format!("\n      {path} (edited): {:?}", bytes.as_bstr()),
            Node::File(bytes) => format!("\n      {path}: {:?}", bytes.as_bstr()),
            Node::Link(to) => format!("\n      {path} -> {to}"),
        };
        self.nodes.iter().map(shown).collect()
    }

    fn to_case(&self) -> Map<String, Value> {
        let kept = |node: &Node| match node {
            Node::File(bytes) => to_json(bytes),
            Node::Link(to) => json!({ "link": to.as_str() }),
        };
        let tree: Map<String, Value> = self.nodes.iter().map(|(path, node)| (path.to_string(), kept(node))).collect();
        Map::from_iter([("tree".to_owned(), tree.into()), ("edited".to_owned(), json!(self.edited.as_str()))])
    }

    fn from_case(case: &Map<String, Value>) -> Result<Self, Fault> {
        let node = |kept: &Value| {
            let link = kept["link"].as_str().map(|to| Node::Link(to.into()));
            link.map_or_else(|| bytes_of(kept).map(Node::File), Ok)
        };
        let kept = case.get("tree").and_then(Value::as_object).ok_or(NO_CASE)?;
        let nodes = kept.iter().map(|(path, kept)| Ok((path.into(), node(kept)?))).collect::<Result<_, Fault>>()?;
        Ok(Self { nodes, edited: case.get("edited").and_then(Value::as_str).ok_or(NO_CASE)?.into() })
    }
}

/// A case that is not what was stored.
pub const NO_CASE: &str = "not a case that the oracle stored";

/// Text as a string, other bytes as `{"b64": "..."}`.
pub fn to_json(bytes: &[u8]) -> Value {
    bytes.to_str().map_or_else(|_| json!({ "b64": BASE64.encode(bytes) }), |text| json!(text))
}

/// The bytes that [`to_json`] wrote.
pub fn bytes_of<B: From<Vec<u8>>>(kept: &Value) -> Result<B, Fault> {
    let text = kept.as_str().map(|text| text.as_bytes().to_vec());
    let bytes = text.map_or_else(|| Ok::<_, Fault>(BASE64.decode(kept["b64"].as_str().ok_or(NO_CASE)?)?), Ok);
    Ok(bytes?.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::shrink::shrink;

    fn tree(nodes: &[(&str, Node)]) -> Tree {
        let nodes = nodes.iter().map(|(path, node)| (Utf8PathBuf::from(*path), node.clone())).collect();
        Tree { nodes, edited: "/etc/a".into() }
    }

    fn file(text: &str) -> Node {
        Node::File(text.into())
    }

    #[test]
    fn a_tree_is_seen_through_its_links() {
        let tree = tree(&[
            ("/etc/a", file("a")),
            ("/etc/d/up", Node::Link("../a".into())),
            ("/etc/d/null", Node::Link("/dev/null".into())),
            ("/etc/loop", Node::Link("loop".into())),
            ("/etc/e", Node::Link("d/../d".into())),
        ]);
        let look = |path: &str| tree.look(path.into());
        assert_eq!(look("/etc/e/up"), Ok(Found { real: "/etc/a".into(), entry: Entry::File(b"a".as_slice().into()) }));
        assert_eq!(look("/etc/d/null").map(|found| found.entry), Ok(Entry::Other));
        assert_eq!(look("/etc/e").map(|found| found.entry), Ok(Entry::Directory(vec!["null".into(), "up".into()])));
        assert!(look("/etc/loop").is_err());
    }

    #[test]
    fn what_a_difference_does_not_need_is_shrunk_away() {
        let tree = tree(&[("/etc/a", file("x\nkey = 1\n")), ("/etc/b", file("y\nz q\n")), ("/etc/c", file(""))]);
        let has = |tree: &Tree, path: &str, part: &str| match tree.nodes.get(Utf8Path::new(path)) {
            Some(Node::File(bytes)) => bytes.contains_str(part),
            _ => false,
        };
        let shows = |trees: &[Tree]| -> Result<Vec<bool>, ()> {
            Ok(trees.iter().map(|tree| has(tree, "/etc/a", "key") && has(tree, "/etc/b", "q")).collect())
        };
        let small = shrink(tree, shows);
        assert_eq!(small, Ok(self::tree(&[("/etc/a", file("key")), ("/etc/b", file("q"))])));
    }
}
