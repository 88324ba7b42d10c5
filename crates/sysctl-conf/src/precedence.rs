//! Which files count, in which order, and which of them decides a key.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry::{Occupied, Vacant};
use std::sync::Arc;

use bstr::{BString, ByteSlice};
use camino::{Utf8Path, Utf8PathBuf};
use kvmprep_lossless::Value;
use kvmprep_lossless::files::{Entry, Files, FilesError, Location};

use crate::key::Key;
use crate::loaded::Loaded;
use crate::reader::Reader;

/// The directories of drop-ins: of files with one name, the first directory's counts, whole (case `tree-same-name`).
pub const DIRECTORIES: [&str; 5] =
    ["/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d"];

/// The file that boot does not read, unless a drop-in links to it (cases `tree-main-file`, `tree-main-linked`).
pub const MAIN_FILE: &str = "/etc/sysctl.conf";

/// A file that a reader applies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// The name it is read by.
    pub path: Utf8PathBuf,
    /// The file that the name leads to, links followed.
    pub real: Utf8PathBuf,
    /// What the reader gets from it.
    pub content: Content,
}

/// What a reader gets when it opens a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Content {
    /// The text; an empty one where the name is masked with a link to /dev/null (case `tree-mask`).
    Text(Arc<[u8]>),
    /// A link that leads nowhere (case `tree-dangling`).
    Absent,
    /// A directory, a device, a pipe.
    Unreadable,
}

/// The files that `sysctl --system` applies, or systemd-sysctl at boot, in their order.
///
/// All directories make one list in byte order of the names (case `tree-order-bytes`); then, for procps and the systemd of
/// RHEL 7, the main file. Errors: what cannot be looked at, or a name that is not UTF-8, leaves the order unknown.
///
/// ```
/// use kvmprep_lossless::files::MemoryFiles;
/// use kvmprep_sysctl_conf::{Reader, sources};
///
/// let files = MemoryFiles::new()
///     .with("/etc/sysctl.conf", "vm.swappiness = 60\n")
///     .with("/etc/sysctl.d/99-kvm.conf", "vm.swappiness = 1\n")
///     .with("/usr/lib/sysctl.d/50-default.conf", "");
/// let names = |reader| -> Result<Vec<_>, _> {
///     Ok::<_, kvmprep_lossless::files::FilesError>(sources(reader, &files)?.into_iter().map(|s| s.path).collect())
/// };
/// assert_eq!(names(Reader::SYSTEMD)?, ["/usr/lib/sysctl.d/50-default.conf", "/etc/sysctl.d/99-kvm.conf"]);
/// assert_eq!(names(Reader::PROCPS)?.last().map(|path| path.as_str()), Some("/etc/sysctl.conf"));
/// # Ok::<(), kvmprep_lossless::files::FilesError>(())
/// ```
pub fn sources(reader: Reader, files: &dyn Files) -> Result<Vec<Source>, FilesError> {
    let sources = names(reader, files)?.into_iter().map(|path| Source::open(files, path));
    sources.filter(|source| !source.as_ref().is_ok_and(|source| source.is_passed_over(reader))).collect()
}

/// The names that a reader opens, in its order.
pub(crate) fn names(reader: Reader, files: &dyn Files) -> Result<Vec<Utf8PathBuf>, FilesError> {
    let drop_ins = Listed::of(reader, files)?.drop_ins;
    let main = reader.reads_main_file().then(|| MAIN_FILE.into());
    Ok(drop_ins.into_values().chain(main).collect())
}

/// The drop-ins of all directories.
#[derive(Default)]
pub(crate) struct Listed {
    /// Those that are read, by name.
    drop_ins: BTreeMap<BString, Utf8PathBuf>,
    /// Those that are not, each with the one that has its name in a directory before.
    pub masked: Vec<(Utf8PathBuf, Utf8PathBuf)>,
}

impl Listed {
    pub fn of(reader: Reader, files: &dyn Files) -> Result<Self, FilesError> {
        let mut listed = Self::default();
        let mut directories = DIRECTORIES.map(Utf8Path::new);
        if reader.puts_run_first() {
            directories.swap(0, 1);
        }
        for directory in directories {
            let Entry::Directory(names) = files.look(directory)?.entry else { continue };
            for name in names.into_iter().filter(|name| is_drop_in(reader, name)) {
                let Ok(utf8) = name.to_str() else {
                    let why = format!("the name `{}` is not UTF-8", name.escape_ascii());
                    return Err(FilesError { path: directory.into(), why });
                };
                let path = directory.join(utf8);
                match listed.drop_ins.entry(name) {
                    Vacant(vacant) => _ = vacant.insert(path),
                    Occupied(taken) => listed.masked.push((path, taken.get().clone())),
                }
            }
        }
        Ok(listed)
    }
}

/// Hidden names count for procps alone (case `tree-suffix`).
fn is_drop_in(reader: Reader, name: &[u8]) -> bool {
    name.ends_with(b".conf") && (reader.is_procps() || !name.starts_with(b"."))
}

impl Source {
    pub(crate) fn open(files: &dyn Files, path: Utf8PathBuf) -> Result<Self, FilesError> {
        let found = files.look(&path)?;
        let content = match found.entry {
            Entry::File(text) => Content::Text(text),
            Entry::Absent => Content::Absent,
            Entry::Other if found.real == "/dev/null" => Content::Text(Arc::default()),
            Entry::Other | Entry::Directory(_) => Content::Unreadable,
        };
        Ok(Self { path, real: found.real, content })
    }

    /// systemd passes over a link that leads nowhere, whose name stays taken all the same; procps passes over a main
    /// file that is not there.
    pub(crate) fn is_passed_over(&self, reader: Reader) -> bool {
        self.content == Content::Absent && (!reader.is_procps() || self.path == MAIN_FILE)
    }
}

/// What decides a key, over all files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    /// The value.
    pub value: Value,
    /// Where it stands: an assignment of the key, or of a pattern that reaches it.
    pub at: Location,
    /// Other assignments of the key and of patterns that reach it, which do not count, in the order they are read.
    pub shadowed: Vec<Location>,
}

/// What a reader takes for a key from these files together; `None` where they leave it to the kernel.
///
/// An edit of a file is void where the decision stands elsewhere; where the decisions of the two readers differ, boot
/// and `sysctl --system` do (case `tree-zz-kvm-splits`).
///
/// ```
/// use kvmprep_lossless::files::MemoryFiles;
/// use kvmprep_sysctl_conf::{Reader, decision, sources};
///
/// let files = MemoryFiles::new()
///     .with("/etc/sysctl.conf", "vm.swappiness = 60\n")
///     .with("/etc/sysctl.d/99-kvm.conf", "vm.swappiness = 1\n");
/// let key = "vm.swappiness".parse().expect("a key");
/// let at_boot = sources(Reader::SYSTEMD, &files)?;
/// let by_hand = sources(Reader::PROCPS, &files)?;
/// let boot = decision(Reader::SYSTEMD, &at_boot, &key).expect("it is set");
/// let hand = decision(Reader::PROCPS, &by_hand, &key).expect("it is set");
/// assert_ne!(boot.value, hand.value);
/// assert_eq!(by_hand[hand.at.source].path, "/etc/sysctl.conf");
/// # Ok::<(), kvmprep_lossless::files::FilesError>(())
/// ```
pub fn decision(reader: Reader, sources: &[Source], key: &Key) -> Option<Decision> {
    let mut loaded = Loaded::new(reader);
    for (number, source) in sources.iter().enumerate() {
        if let Content::Text(text) = &source.content {
            crate::effective::load(reader, number, text, &mut loaded);
        }
    }
    let winner = loaded.winner(key)?;
    let shadowed = loaded.places(key).map(|held| held.at).filter(|at| *at != winner.at).collect();
    Some(Decision { value: winner.value_or_unknown(), at: winner.at, shadowed })
}
