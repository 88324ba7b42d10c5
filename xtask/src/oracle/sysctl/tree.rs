//! All files of a host: `sysctl --system`, and systemd-sysctl as at boot.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use bstr::BString;
use camino::Utf8PathBuf;
use fastrand::Rng;
use kvmprep_lossless::effective::{Effective, Explanation, Host};
use kvmprep_lossless::files::Glob;
use kvmprep_lossless::{Edit, Request, Value};
use kvmprep_sysctl_conf::{
    Complaint, Kernel, Key, MAIN_FILE, Reader, Situation, SysctlConf, effective_system, sources,
};

use super::{KEYS, Outcome, Readers, Said, is_so};
use crate::oracle::input::{Node, Tree};
use crate::oracle::machine::Fault;
use crate::oracle::random::{odds, pick};
use crate::oracle::{Edited, Oracle};

pub struct Trees(Readers);

impl Trees {
    pub fn found() -> Result<Self, Fault> {
        Ok(Self(Readers::found()?))
    }
}

const DIRECTORIES: &[&str] = &[
    "/etc/sysctl.d",
    "/etc/sysctl.d",
    "/etc/sysctl.d",
    "/run/sysctl.d",
    "/usr/local/lib/sysctl.d",
    "/usr/lib/sysctl.d",
    "/usr/lib/sysctl.d",
];

const NAMES: &[&str] = &[
    "10-a.conf",
    "50-default.conf",
    "50-default.conf",
    "60-kvm.conf",
    "99-kvm.conf",
    "99-sysctl.conf",
    "99-zz.conf",
    "9-x.conf",
    "Z.conf",
    "zz-local.conf",
    "sysctl.conf",
    ".hidden.conf",
    ".conf",
    "README",
    "old.conf.bak",
    "x.CONF",
];

const LINKS: &[&str] = &[
    "/dev/null",
    "../sysctl.conf",
    "../sysctl.conf",
    "/etc/sysctl.conf",
    "nowhere.conf",
    "50-default.conf",
    "/usr/lib/sysctl.d/50-default.conf",
    "README",
    "..",
];

/// What makes a name that of a directory.
const INSIDE: &str = "inside.conf";

/// Where the directories of the namespace are mounted, below the scratch directory.
const MOUNTS: &[(&str, &str)] =
    &[("etc", "/etc"), ("run", "/run"), ("usr/local/lib", "/usr/local/lib"), ("usr/lib/sysctl.d", "/usr/lib/sysctl.d")];

/// What programs of the host need to run at all.
const KEPT: &[&str] = &["ld.so.cache", "nsswitch.conf", "passwd", "group"];

impl Oracle for Trees {
    const NAME: &'static str = "sysctl-trees";
    type Format = SysctlConf;
    type Input = Tree;
    type Said = Said;

    fn dialect(&self) -> SysctlConf {
        self.0.dialect()
    }

    fn input(&self, random: &mut Rng) -> Tree {
        let mut tree = Tree::default();
        if odds(random, 75) {
            tree.nodes.insert(MAIN_FILE.into(), Node::File(super::text(random, 4)));
        }
        if odds(random, 40) {
            tree.nodes.insert("/etc/sysctl.d/99-sysctl.conf".into(), Node::Link("../sysctl.conf".into()));
        }
        for _ in 0..random.usize(1..6) {
            let path = Utf8PathBuf::from(pick(random, DIRECTORIES)).join(pick(random, NAMES));
            let node = match random.u8(..20) {
                0..2 => Node::Link(pick(random, LINKS).into()),
                2 => {
                    tree.nodes.entry(path.join(INSIDE)).or_insert(Node::File(super::text(random, 1)));
                    continue;
                }
                _ => Node::File(super::text(random, 4)),
            };
            tree.nodes.entry(path).or_insert(node);
        }
        without_files_below_files(&mut tree);
        // A file inside a drop-in that is a directory is nobody's.
        let is_file = |(path, node): &(&Utf8PathBuf, &Node)| matches!(node, Node::File(_)) && !path.ends_with(INSIDE);
        let files: Vec<&Utf8PathBuf> = tree.nodes.iter().filter(is_file).map(|(path, _)| path).collect();
        tree.edited = match files.get(random.usize(..=files.len())) {
            Some(path) => (*path).clone(),
            None => "/etc/sysctl.d/55-new.conf".into(),
        };
        tree.nodes.entry(tree.edited.clone()).or_insert(Node::File(super::text(random, 4)));
        tree
    }

    fn request(&self, random: &mut Rng, _: &Tree) -> Request<Key> {
        super::request(random)
    }

    fn ask(&self, trees: &[Tree]) -> Result<Vec<Said>, Fault> {
        let mounts = MOUNTS.iter().map(|(from, to)| format!("mkdir -p {to}\nmount --bind {from} {to}\n"));
        let arguments = |_: &Path, reader: Reader| if reader.is_procps() { "--system" } else { "" }.to_owned();
        self.0.ask(trees, &mounts.collect::<String>(), write, arguments)
    }

    /// Runs of a reader over all its files.
    fn questions(&self, said: &Said) -> usize {
        said.len()
    }

    /// What a reader did must be what we say it does, and what we say it takes, for each key.
    fn misread(&self, tree: &Tree, said: &Said) -> Option<String> {
        let kernel = Kernel::new(KEYS);
        let situation = Situation { kernel: Some(kernel.clone()), ..Situation::default() };
        said.iter().find_map(|(reader, said)| {
            let Ok(sources) = sources(*reader, tree) else { return None };
            let ours = effective_system(*reader, &sources, &kernel);
            // Whether there is something where a key leads out of /proc/sys, our kernel does not say.
            let is_open = ours.complaints.contains(&Complaint::Outside);
            let ours = Outcome::from(ours);
            if ours.values != said.values || (ours.failed != said.failed && !is_open) {
                return Some(format!("{reader}: we say {ours:?}, it did {said:?}"));
            }
            let dialect = SysctlConf::for_readers([*reader]);
            let values = dialect.values(host(tree), &situation);
            KEYS.iter().find_map(|path| {
                let key: Key = path.parse().ok()?;
                let decision = dialect.explain(host(tree), &situation, &key).decisions.pop();
                let listed = values.iter().find(|(point, _)| point.key == key).map(|(_, value)| value.clone());
                let value = decision.as_ref().and_then(|decision| decision.value.clone());
                if listed != value {
                    return Some(format!("{reader} {path}: we explain {value:?} and list {listed:?}"));
                }
                let did = said.values.get(key.path());
                (!is_so(value.as_ref(), did))
                    .then(|| format!("{reader} {path}: we explain {decision:?}, it did {did:?}"))
            })
        })
    }

    /// An edit moves nothing but its key, and that where its file decides the key: elsewhere it is void.
    fn misdone(&self, edited: &Edited<'_, Self>) -> Option<String> {
        let Edited { from, to, request, before, after } = *edited;
        let key = request.edit.key();
        let path = key.path();
        before.iter().zip(after).find_map(|((reader, before), (_, after))| {
            let is_meant = |known: &BString| *known == path || Glob::GNU.matches(path, known);
            let known: BTreeSet<&BString> = before.values.keys().chain(after.values.keys()).collect();
            let moved = |known: &&BString| before.values.get(*known) != after.values.get(*known);
            let others: Vec<_> = known.into_iter().filter(|known| !is_meant(known) && moved(known)).collect();
            if !others.is_empty() {
                return Some(format!("{reader}: moved {others:?}; was {before:?}, is {after:?}"));
            }
            if !KEYS.iter().any(|known| path == known.as_bytes()) {
                return None;
            }
            let decides = |tree| self.decides(*reader, tree, key);
            if self.is_unknown(*reader, to, key) {
                return None;
            }
            let (was, is) = (before.values.get(path), after.values.get(path));
            let is_so = match &request.edit {
                Edit::Set { to: wanted, .. } if decides(to) => is == wanted.first().filter(|value| !value.is_empty()),
                // A key that gets an entry of its own is no longer reached.
                _ => was == is || decides(from) || self.is_reached(*reader, from, key),
            };
            (!is_so).then(|| format!("{reader}: {path} was {was:?}, is {is:?}"))
        })
    }
}

impl Trees {
    /// True when the edited file is where the reader takes the key from.
    fn decides(&self, reader: Reader, tree: &Tree, key: &Key) -> bool {
        let dialect = SysctlConf::for_readers([reader]);
        let Explanation { sources, decisions, .. } = dialect.explain(host(tree), &Situation::default(), key);
        decisions.iter().flat_map(|decision| &decision.at).any(|at| sources[at.source].real == tree.edited)
    }

    /// True when only the kernel can tell what the reader takes.
    fn is_unknown(&self, reader: Reader, tree: &Tree, key: &Key) -> bool {
        let dialect = SysctlConf::for_readers([reader]);
        let decisions = dialect.explain(host(tree), &Situation::default(), key).decisions;
        decisions.iter().any(|decision| matches!(decision.value, Some(Value::Unknown(_))))
    }

    /// True when the reader takes the key from a pattern.
    fn is_reached(&self, reader: Reader, tree: &Tree, key: &Key) -> bool {
        let dialect = SysctlConf::for_readers([reader]);
        let Explanation { sources, decisions, .. } = dialect.explain(host(tree), &Situation::default(), key);
        decisions.iter().flat_map(|decision| &decision.at).any(|at| {
            let before = &sources[at.source].text[..at.span.start];
            let line = before.rsplit(|&byte| byte == b'\n').next().unwrap_or_default();
            line.iter().any(|byte| b"*?[".contains(byte))
        })
    }
}

fn host(tree: &Tree) -> Host<'_> {
    Host { files: tree, path: &tree.edited }
}

/// A path that is a directory to others is no file.
fn without_files_below_files(tree: &mut Tree) {
    let paths: Vec<Utf8PathBuf> = tree.nodes.keys().cloned().collect();
    tree.nodes.retain(|path, _| !paths.iter().any(|other| other != path && other.starts_with(path)));
}

/// Puts a tree in the place of the one before it.
fn write(top: &Path, tree: &Tree) -> Result<(), Fault> {
    for (from, _) in MOUNTS {
        let directory = top.join(from);
        fs::create_dir_all(&directory)?;
        for entry in fs::read_dir(&directory)? {
            let path = entry?.path();
            if path.is_dir() && !path.is_symlink() { fs::remove_dir_all(path)? } else { fs::remove_file(path)? }
        }
    }
    for name in KEPT.iter().filter(|name| Path::new("/etc").join(name).exists()) {
        fs::copy(Path::new("/etc").join(name), top.join("etc").join(name))?;
    }
    tree.write_below(top)
}
