use std::collections::BTreeMap;

use bstr::{BString, ByteSlice};
use kvmprep_lossless::files::Glob;

use crate::key::{Key, swapped};
use crate::reader::Reader;

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
        settings.filter_map(|(path, _)| Key::read(Reader::SYSTEMD, &swapped(path.as_bstr())))
    }

    pub(crate) fn node(&self, path: &[u8]) -> Option<Node> {
        self.nodes.get(path.as_bstr()).copied()
    }

    /// Follows a path name by name, as the kernel does: what stands before a `/` must be a directory.
    pub(crate) fn walk(&self, path: &[u8]) -> Walked {
        let mut at: Vec<&[u8]> = Vec::new();
        let mut node = Node::Directory;
        // Directories above /proc/sys that the path stands in: /proc, and the root.
        let mut above = 0;
        for name in path.split_str("/") {
            match name {
                _ if node != Node::Directory => return Walked::Nowhere,
                b"" | b"." => {}
                b".." if at.pop().is_none() => above = (above + 1).min(2),
                b".." => node = Node::Directory,
                b"proc" if above == 2 => above = 1,
                b"sys" if above == 1 => above = 0,
                // What else there is, no list of settings tells: it is taken to be there.
                _ if above > 0 => return Walked::Outside,
                name => {
                    at.push(name);
                    match self.node(&bstr::join("/", &at)) {
                        Some(found) => node = found,
                        None => return Walked::Nowhere,
                    }
                }
            }
        }
        if above > 0 {
            return Walked::Outside;
        }
        if at.is_empty() { Walked::Root } else { Walked::To(bstr::join("/", &at).into(), node) }
    }

    /// True when the path leads through a setting as if it were a directory.
    pub(crate) fn is_below_setting(&self, path: &[u8]) -> bool {
        path.find_iter("/").any(|slash| self.node(&path[..slash]).is_some_and(|node| node != Node::Directory))
    }
}

impl Kernel {
    /// What a reader's glob(3) finds below /proc/sys: paths as they are spelled, in byte order. To procps `.` and `..` are
    /// names in a directory (case `glob-dot-names`); systemd reads directories without them.
    pub(crate) fn globbed(&self, reader: Reader, pattern: &[u8]) -> Vec<BString> {
        let mut found = vec![BString::default()];
        for (number, component) in Glob::components(pattern).enumerate() {
            let join = |path: &BString, name: &[u8]| match number {
                0 => BString::from(name),
                _ => bstr::concat([path, &b"/"[..], name]).into(),
            };
            found = match component.find_byteset(b"*?[\\") {
                None => found.iter().map(|path| join(path, component)).collect(),
                Some(_) => {
                    let names = |path: &BString| -> Vec<BString> {
                        let mut names = self.names(path);
                        names.retain(|name| reader.is_procps() || (name != "." && name != ".."));
                        names
                            .iter()
                            .filter(|name| Glob::GNU.matches(component, name))
                            .map(|name| join(path, name))
                            .collect()
                    };
                    found.iter().flat_map(names).collect()
                }
            };
        }
        found.retain(|path| !matches!(self.walk(path), Walked::Nowhere));
        found.sort();
        found
    }

    /// The names in a directory, with the two that every directory has; none where the path is no directory.
    fn names(&self, path: &[u8]) -> Vec<BString> {
        let real = match self.walk(path) {
            Walked::To(real, Node::Directory) => real,
            Walked::Root => BString::default(),
            Walked::To(..) | Walked::Nowhere | Walked::Outside => return Vec::new(),
        };
        let below = |node: &&BString| {
            let parent = node.rfind_byte(b'/').map_or(&b""[..], |slash| &node[..slash]);
            parent == real
        };
        let name = |node: &BString| node.rsplit_str("/").next().unwrap_or_default().into();
        let names = self.nodes.keys().filter(below).map(name);
        names.chain([".".into(), "..".into()]).collect()
    }
}

/// Where a path leads.
pub(crate) enum Walked {
    /// To /proc/sys itself.
    Root,
    /// Out of it.
    Outside,
    Nowhere,
    To(BString, Node),
}
