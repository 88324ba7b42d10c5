//! Which files count, in which order, and which of them decides a key.

use std::collections::BTreeMap;
use std::sync::Arc;

use bstr::{BString, ByteSlice};
use camino::{Utf8Path, Utf8PathBuf};
use kvmprep_lossless::Value;
use kvmprep_lossless::files::{Entry, Files, FilesError, Location};

use crate::key::Key;
use crate::loaded::Loaded;
use crate::syntax::Reader;

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
/// All directories make one list in byte order of the names (case `tree-order-bytes`); then, for procps alone, the main
/// file. Errors: what cannot be looked at, or a name that is not UTF-8, leaves the order unknown.
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
/// assert_eq!(names(Reader::Systemd)?, ["/usr/lib/sysctl.d/50-default.conf", "/etc/sysctl.d/99-kvm.conf"]);
/// assert_eq!(names(Reader::Procps)?.last().map(|path| path.as_str()), Some("/etc/sysctl.conf"));
/// # Ok::<(), kvmprep_lossless::files::FilesError>(())
/// ```
pub fn sources(reader: Reader, files: &dyn Files) -> Result<Vec<Source>, FilesError> {
    let mut by_name: BTreeMap<BString, &str> = BTreeMap::new();
    for directory in DIRECTORIES {
        let Entry::Directory(names) = files.look(Utf8Path::new(directory))?.entry else { continue };
        for name in names.into_iter().filter(|name| is_drop_in(reader, name)) {
            by_name.entry(name).or_insert(directory);
        }
    }
    let mut sources = Vec::with_capacity(by_name.len() + 1);
    for (name, directory) in by_name {
        let Ok(name) = name.to_str() else {
            let why = format!("the name `{}` is not UTF-8", name.escape_ascii());
            return Err(FilesError { path: directory.into(), why });
        };
        let source = source(files, Utf8Path::new(directory).join(name))?;
        // systemd passes over a link that leads nowhere, yet the name stays taken.
        if reader == Reader::Procps || source.content != Content::Absent {
            sources.push(source);
        }
    }
    if reader == Reader::Procps {
        let main = source(files, MAIN_FILE.into())?;
        sources.extend((main.content != Content::Absent).then_some(main));
    }
    Ok(sources)
}

/// Hidden names count for procps alone (case `tree-suffix`).
fn is_drop_in(reader: Reader, name: &[u8]) -> bool {
    name.ends_with(b".conf") && (reader == Reader::Procps || !name.starts_with(b"."))
}

fn source(files: &dyn Files, path: Utf8PathBuf) -> Result<Source, FilesError> {
    let found = files.look(&path)?;
    let content = match found.entry {
        Entry::File(text) => Content::Text(text),
        Entry::Absent => Content::Absent,
        Entry::Other if found.real == "/dev/null" => Content::Text(Arc::default()),
        Entry::Other | Entry::Directory(_) => Content::Unreadable,
    };
    Ok(Source { path, real: found.real, content })
}

/// What decides a key, over all files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    /// The value.
    pub value: Value,
    /// Where it stands: an assignment of the key, or of a pattern that reaches it.
    pub at: Location,
    /// Other assignments of the key, which do not count.
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
/// let at_boot = sources(Reader::Systemd, &files)?;
/// let by_hand = sources(Reader::Procps, &files)?;
/// let boot = decision(Reader::Systemd, &at_boot, &key).expect("it is set");
/// let hand = decision(Reader::Procps, &by_hand, &key).expect("it is set");
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
    let shadowed = loaded.assignments(key).map(|held| held.at).filter(|at| *at != winner.at).collect();
    Some(Decision { value: winner.value_or_unknown(), at: winner.at, shadowed })
}
