//! Files with links, as the recorded cases have them.
#![allow(dead_code, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};

use bstr::BString;
use camino::{Utf8Path, Utf8PathBuf};
use kvmprep_lossless::files::{Entry, Files, FilesError, Found};
use serde::Deserialize;

/// What stands at a path.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub enum Node {
    Text(String),
    Link { link: Utf8PathBuf },
}

/// The files of a case. A link is relative to its directory and leads to no other link.
#[derive(Clone, Default)]
pub struct Tree(pub BTreeMap<Utf8PathBuf, Node>);

impl Files for Tree {
    fn look(&self, path: &Utf8Path) -> Result<Found, FilesError> {
        let real = match (self.0.get(path), path.parent().and_then(Utf8Path::parent)) {
            (Some(Node::Link { link }), Some(above)) => match link.strip_prefix("..") {
                Ok(upwards) => above.join(upwards),
                Err(_) => path.with_file_name(link),
            },
            _ => path.to_owned(),
        };
        let entry = match self.0.get(&real) {
            _ if real == "/dev/null" => Entry::Other,
            Some(Node::Text(text)) => Entry::File(text.as_bytes().into()),
            _ => {
                let below = self.0.keys().filter_map(|file| file.strip_prefix(&real).ok());
                let names: BTreeSet<BString> =
                    below.filter_map(|file| Some(file.components().next()?.as_str().into())).collect();
                if names.is_empty() { Entry::Absent } else { Entry::Directory(names.into_iter().collect()) }
            }
        };
        Ok(Found { real, entry })
    }
}

impl Tree {
    pub fn with(mut self, path: &str, text: &str) -> Self {
        self.0.insert(path.into(), Node::Text(text.to_owned()));
        self
    }

    pub fn linked(mut self, path: &str, to: &str) -> Self {
        self.0.insert(path.into(), Node::Link { link: to.into() });
        self
    }
}
