use std::collections::BTreeMap;

use bstr::{BStr, BString, ByteSlice};
use kvmprep_lossless::files::Glob;

use crate::key::{Key, swapped};
use crate::syntax::Reader;

/// The settings that a kernel has: what globs are matched with, and what makes a key unknown.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Kernel {
    nodes: BTreeMap<BString, Node>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Node {
    Setting,
    ReadOnly,
    Directory,
}

impl Kernel {
    /// A kernel with these settings, by their paths below /proc/sys.
    pub fn new(paths: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Self {
        paths.into_iter().fold(Self::default(), |kernel, path| kernel.with(path.as_ref(), Node::Setting))
    }

    /// One more setting, which cannot be written.
    pub fn with_read_only(self, path: impl AsRef<[u8]>) -> Self {
        self.with(path.as_ref(), Node::ReadOnly)
    }

    fn with(mut self, path: &[u8], node: Node) -> Self {
        for slash in path.find_iter("/") {
            self.nodes.insert(path[..slash].into(), Node::Directory);
        }
        self.nodes.insert(path.into(), node);
        self
    }

    /// True when it has a setting of this path below /proc/sys.
    pub fn has(&self, path: &[u8]) -> bool {
        matches!(self.node(path), Some(Node::Setting | Node::ReadOnly))
    }

    /// The keys of all settings.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Key> {
        let settings = self.nodes.iter().filter(|(_, node)| **node == Node::Setting);
        settings.filter_map(|(path, _)| Key::read(Reader::Systemd, &swapped(path.as_bstr())))
    }

    pub(crate) fn node(&self, path: &[u8]) -> Option<Node> {
        self.nodes.get(path.as_bstr()).copied()
    }

    /// Follows a path name by name, as the kernel does: what stands before a `/` must be a directory.
    pub(crate) fn walk(&self, path: &[u8]) -> Walked {
        let mut at: Vec<&[u8]> = Vec::new();
        let mut node = Node::Directory;
        for name in path.split_str("/") {
            match name {
                _ if node != Node::Directory => return Walked::Nowhere,
                b"" | b"." => {}
                b".." if at.pop().is_none() => return Walked::Outside,
                b".." => {}
                name => {
                    at.push(name);
                    match self.node(&bstr::join("/", &at)) {
                        Some(found) => node = found,
                        None => return Walked::Nowhere,
                    }
                }
            }
        }
        if at.is_empty() { Walked::Outside } else { Walked::To(bstr::join("/", &at).into(), node) }
    }

    /// True when the path leads through a setting as if it were a directory.
    pub(crate) fn is_below_setting(&self, path: &[u8]) -> bool {
        path.find_iter("/").any(|slash| self.node(&path[..slash]).is_some_and(|node| node != Node::Directory))
    }

    pub(crate) fn matching<'k>(&'k self, pattern: &'k [u8]) -> impl Iterator<Item = &'k BStr> {
        self.nodes.keys().map(|path| path.as_bstr()).filter(move |path| Glob::GNU.matches(pattern, path))
    }
}

/// Where a path leads.
pub(crate) enum Walked {
    /// To the root of /proc/sys, or out of it.
    Outside,
    Nowhere,
    To(BString, Node),
}
