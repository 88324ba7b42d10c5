mod glob;
mod overlay;

use std::collections::BTreeMap;
use std::sync::Arc;

use bstr::BString;
use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

pub use glob::{Glob, Hidden};
pub use overlay::Overlay;

use crate::Span;

/// A read-only view of a host's files. Paths are absolute within the host's root.
///
/// No I/O in the trait: the disk stands behind it only in the crate that reads disks.
pub trait Files {
    /// What is at a path, links followed within the root.
    fn look(&self, path: &Utf8Path) -> Result<Found, FilesError>;
}

/// What is at a path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// The path with all links followed; given for an absent name too.
    pub real: Utf8PathBuf,
    /// What is there.
    pub entry: Entry,
}

/// What a name stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Entry {
    /// Nothing.
    Absent,
    /// A regular file and its bytes.
    File(Arc<[u8]>),
    /// A directory and the names in it, in byte order.
    Directory(Vec<BString>),
    /// A device, a socket, a pipe.
    Other,
}

/// Why a path could not be looked at: the values that hang on it are unknown.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{path}: {why}")]
pub struct FilesError {
    /// The path as asked.
    pub path: Utf8PathBuf,
    /// Permission, a loop of links, too large, …
    pub why: String,
}

/// Where something stands in the files that an answer was made from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Location {
    /// Which of the answer's sources, by number.
    pub source: usize,
    /// Its extent in that file.
    pub span: Span,
}

/// Files held in memory. There are no links, and no empty directories.
#[derive(Clone, Debug, Default)]
pub struct MemoryFiles {
    files: BTreeMap<Utf8PathBuf, Arc<[u8]>>,
}

impl MemoryFiles {
    /// No files.
    pub fn new() -> Self {
        Self::default()
    }

    /// These files too.
    pub fn with(mut self, path: impl Into<Utf8PathBuf>, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.into(), bytes.into().into());
        self
    }
}

impl Files for MemoryFiles {
    fn look(&self, path: &Utf8Path) -> Result<Found, FilesError> {
        let Some(real) = self.spelled_out(path) else {
            return Ok(Found { real: path.to_owned(), entry: Entry::Absent });
        };
        let entry = match self.files.get(&real) {
            Some(bytes) => Entry::File(Arc::clone(bytes)),
            None => self.directory(&real),
        };
        Ok(Found { real, entry })
    }
}

impl MemoryFiles {
    fn directory(&self, path: &Utf8Path) -> Entry {
        let below = self.files.keys().filter_map(|file| file.strip_prefix(path).ok());
        let mut names: Vec<BString> =
            below.filter_map(|rest| rest.components().next()).map(|name| BString::from(name.as_str())).collect();
        names.sort();
        names.dedup();
        if names.is_empty() { Entry::Absent } else { Entry::Directory(names) }
    }

    /// The path without `..`; `None` where one stands behind what is no directory.
    fn spelled_out(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        let mut real = Utf8PathBuf::new();
        for component in path.components() {
            match component {
                Utf8Component::CurDir => {}
                Utf8Component::ParentDir if self.directory(&real) == Entry::Absent => return None,
                Utf8Component::ParentDir => _ = real.pop(),
                component => real.push(component),
            }
        }
        Some(real)
    }
}
