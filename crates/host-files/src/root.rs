use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use kvmprep_lossless::files::{Entry, Files, FilesError, Found};
use rustix::fs::{FileType, Mode, OFlags};

use crate::digest::Digest;
use crate::error::{Fault, OpenError, WriteError};
use crate::read;
use crate::resolve::{Place, resolve};
use crate::state::STATE;

/// A host's root: `/`, or a directory that holds another host's files.
///
/// As [`Files`] it reads on demand and each path once: two looks at one path agree, whatever happens on the disk between.
/// A [`commit`](Root::commit) forgets what was read.
#[derive(Debug)]
pub struct Root {
    path: PathBuf,
    directory: OwnedFd,
    pub(crate) unsafe_directories: bool,
    pub(crate) in_place: bool,
    pub(crate) break_hard_links: bool,
    pub(crate) lossy_metadata: bool,
    state: Option<Utf8PathBuf>,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    asked: BTreeMap<Utf8PathBuf, Result<Found, FilesError>>,
    /// A file known by two names is read once.
    real: BTreeMap<Utf8PathBuf, Entry>,
}

/// One path that was looked at, for the record of a plan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Read {
    /// The path as asked.
    pub path: Utf8PathBuf,
    /// The path with links followed; as asked where it could not be followed.
    pub real: Utf8PathBuf,
    /// What was there.
    pub content: Content,
}

/// What was at a path that was looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Content {
    /// Nothing.
    Absent,
    /// A regular file with these bytes.
    File(Digest),
    /// A directory; the digest is that of its names, in byte order, each ended by NUL.
    Directory(Digest),
    /// A device, a socket, a pipe.
    Other,
    /// It could not be looked at.
    Unreadable,
}

impl Root {
    /// Opens a root. The path itself is the system's own: links in it lead where they lead.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match rustix::fs::open(path, flags, Mode::empty()) {
            Ok(directory) => Ok(Self {
                path: path.to_owned(),
                directory,
                unsafe_directories: false,
                in_place: false,
                break_hard_links: false,
                lossy_metadata: false,
                state: None,
                seen: Mutex::default(),
            }),
            Err(why) => Err(OpenError { path: path.to_owned(), why }),
        }
    }

    /// The path it was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes also where others could exchange a directory or link on the way; refused by default.
    #[must_use]
    pub fn allow_unsafe_directories(mut self) -> Self {
        self.unsafe_directories = true;
        self
    }

    /// Writes over files instead of giving their names to new ones: inode and hard links stay, and readers may see a
    /// mixture of old and new meanwhile.
    #[must_use]
    pub fn write_in_place(mut self) -> Self {
        self.in_place = true;
        self
    }

    /// Gives a file with several hard links a new inode under the name that was asked for; its other names keep the old
    /// one. Refused by default.
    #[must_use]
    pub fn break_hard_links(mut self) -> Self {
        self.break_hard_links = true;
        self
    }

    /// Writes although the owner, the mode or an extended attribute cannot be kept; [`Written::dropped`] names them.
    /// Refused by default.
    ///
    /// [`Written::dropped`]: crate::Written::dropped
    #[must_use]
    pub fn allow_lossy_metadata(mut self) -> Self {
        self.lossy_metadata = true;
        self
    }

    /// Keeps the lock, the journal and the backups in this directory of the system, instead of `var/lib/kvmprep-edit` of
    /// the root: for callers who may not write there. Runs with different ones do not wait for each other.
    #[must_use]
    pub fn keep_state_in(mut self, directory: impl Into<Utf8PathBuf>) -> Self {
        self.state = Some(directory.into());
        self
    }

    pub(crate) fn state_elsewhere(&self) -> Option<&Path> {
        self.state.as_deref().map(Utf8Path::as_std_path)
    }

    pub(crate) fn of_state(&self, fault: Fault) -> WriteError {
        WriteError { path: self.state_path().to_owned(), fault }
    }

    pub(crate) fn state_path(&self) -> &Utf8Path {
        self.state.as_deref().unwrap_or(STATE.into())
    }

    /// All that was looked at so far, by path. Hashes are made here, not when reading.
    ///
    /// ```
    /// use kvmprep_host_files::{Content, Root};
    /// use kvmprep_lossless::files::Files;
    ///
    /// let folder = tempfile::tempdir()?;
    /// let root = Root::open(folder.path())?;
    /// root.look("/etc/multipath.conf".into())?;
    /// assert_eq!(root.reads()[0].content, Content::Absent);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reads(&self) -> Vec<Read> {
        self.seen().asked.iter().map(|(path, found)| record(path, found)).collect()
    }

    pub(crate) fn directory(&self) -> BorrowedFd<'_> {
        self.directory.as_fd()
    }

    pub(crate) fn forget(&self) {
        *self.seen() = Seen::default();
    }

    /// A panic elsewhere cannot leave the maps half-written: they are only inserted into.
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Files for Root {
    fn look(&self, path: &Utf8Path) -> Result<Found, FilesError> {
        let mut seen = self.seen();
        if let Some(known) = seen.asked.get(path) {
            return known.clone();
        }
        let found = look(self.directory(), path, &mut seen.real)
            .map_err(|fault| FilesError { path: path.to_owned(), why: fault.to_string() });
        seen.asked.insert(path.to_owned(), found.clone());
        found
    }
}

fn look(root: BorrowedFd<'_>, path: &Utf8Path, known: &mut BTreeMap<Utf8PathBuf, Entry>) -> Result<Found, Fault> {
    let resolved = resolve(root, path)?;
    let entry = match known.get(&resolved.real) {
        Some(entry) => entry.clone(),
        // The tree of an image has no devices before it runs; what is masked with this one is masked all the same.
        None if resolved.real == "/dev/null" => Entry::Other,
        None => read_entry(&resolved.place)?,
    };
    known.insert(resolved.real.clone(), entry.clone());
    Ok(Found { real: resolved.real, entry })
}

fn read_entry(place: &Place) -> Result<Entry, Fault> {
    Ok(match place {
        Place::Absent { .. } => Entry::Absent,
        Place::Directory(directory) => Entry::Directory(read::listing(directory.as_fd())?),
        Place::Leaf { parent, name, kind: FileType::RegularFile } => {
            Entry::File(read::whole(&read::open(parent.as_fd(), name)?)?.into())
        }
        Place::Leaf { .. } => Entry::Other,
    })
}

fn record(path: &Utf8Path, found: &Result<Found, FilesError>) -> Read {
    let (real, content) = match found {
        Ok(found) => (&*found.real, content(&found.entry)),
        Err(_) => (path, Content::Unreadable),
    };
    Read { path: path.to_owned(), real: real.to_owned(), content }
}

fn content(entry: &Entry) -> Content {
    match entry {
        Entry::Absent => Content::Absent,
        Entry::File(bytes) => Content::File(Digest::of(bytes)),
        Entry::Directory(names) => {
            let ended: Vec<u8> = names.iter().flat_map(|name| name.iter().copied().chain([0])).collect();
            Content::Directory(Digest::of(&ended))
        }
        Entry::Other => Content::Other,
    }
}
