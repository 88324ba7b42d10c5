use std::fs::{DirBuilder, File};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::DirBuilderExt;
use std::thread::sleep;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{CWD, FlockOperation, Mode, OFlags, Stat, flock, fstat, mkdirat, openat};
use rustix::io::Errno;
use rustix::path::Arg;
use rustix::process::geteuid;

use crate::error::Fault;
use crate::resolve::{Place, resolve};
use crate::root::Root;

/// Where a root keeps what outlives a run: the lock, open transactions, backups.
pub(crate) const STATE: &str = "/var/lib/kvmprep-edit";

const MAKE: &str = "make the state directory";

/// How long a run waits for another one.
const PATIENCE: Duration = Duration::from_secs(10);

/// The state directory. The lock falls with the process, so that there is no stale one.
pub(crate) struct State {
    pub journal: OwnedFd,
    pub backup: OwnedFd,
    _lock: Option<File>,
}

impl State {
    /// The directory as it is, if it is there, to be read.
    pub fn existing(root: &Root) -> Result<Option<Self>, Fault> {
        let Some(directory) = there(root)? else { return Ok(None) };
        private(&fstat(&directory).map_err(Fault::io("look at the state directory"))?)?;
        match (opened(directory.as_fd(), "journal")?, opened(directory.as_fd(), "backup")?) {
            (Some(journal), Some(backup)) => Ok(Some(Self { journal, backup, _lock: None })),
            _ => Ok(None),
        }
    }

    /// True where a transaction may be open: then a run has to [`lock`](Self::lock) before it reads.
    pub fn is_open(root: &Root) -> Result<bool, Fault> {
        let Some(state) = Self::existing(root)? else { return Ok(false) };
        Ok(!crate::read::listing(state.journal.as_fd())?.is_empty())
    }

    /// One run at a time: makes the directory where it is missing, and waits for its lock.
    pub fn lock(root: &Root) -> Result<Self, Fault> {
        let directory = made(root)?;
        private(&fstat(&directory).map_err(Fault::io("look at the state directory"))?)?;
        let lock = locked(directory.as_fd())?;
        let [journal, backup] = ["journal", "backup"].map(|name| folder(directory.as_fd(), name));
        Ok(Self { journal: journal?, backup: backup?, _lock: Some(lock) })
    }
}

fn there(root: &Root) -> Result<Option<OwnedFd>, Fault> {
    match root.state_elsewhere() {
        Some(path) => opened(CWD, path),
        None => match resolve(root.directory(), STATE.into())?.place {
            Place::Directory(_) => made(root).map(Some),
            _ => Ok(None),
        },
    }
}

/// The directory, and those on the way to it, as far as they are missing. A path that the caller gave is the system's own:
/// links on the way lead where they lead, but it is none itself.
fn made(root: &Root) -> Result<OwnedFd, Fault> {
    match root.state_elsewhere() {
        Some(path) => {
            DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(Fault::io(MAKE))?;
            opened(CWD, path)?.ok_or(Fault::NoState)
        }
        None => made_within(root, STATE.into()),
    }
}

fn made_within(root: &Root, path: &Utf8Path) -> Result<OwnedFd, Fault> {
    let mut above = Utf8PathBuf::from("/");
    let mut at = None;
    for name in path.iter().skip(1) {
        above.push(name);
        let mode = if above == path { Mode::RWXU } else { Mode::from_raw_mode(0o755) };
        let resolved = resolve(root.directory(), &above)?;
        if let Some(fault) = resolved.distrusted.filter(|_| !root.unsafe_directories) {
            return Err(fault);
        }
        at = Some(match resolved.place {
            Place::Directory(directory) => directory,
            Place::Absent { parent: Some(parent), name } => make(parent.as_fd(), &name, mode)?,
            Place::Absent { parent: None, .. } | Place::Leaf { .. } => return Err(Fault::NoState),
        });
    }
    at.ok_or(Fault::NoState)
}

/// None where there is nothing of that name.
fn opened(parent: BorrowedFd<'_>, name: impl Arg) -> Result<Option<OwnedFd>, Fault> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match openat(parent, name, flags, Mode::empty()) {
        Ok(directory) => Ok(Some(directory)),
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(Fault::io("open the state directory")(errno)),
    }
}

fn folder(state: BorrowedFd<'_>, name: &str) -> Result<OwnedFd, Fault> {
    make(state, name, Mode::RWXU)
}

fn make(parent: BorrowedFd<'_>, name: &str, mode: Mode) -> Result<OwnedFd, Fault> {
    match mkdirat(parent, name, mode) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(errno) => return Err(Fault::io(MAKE)(errno)),
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(parent, name, flags, Mode::empty()).map_err(Fault::io(MAKE))
}

/// What lies there is put back into files by a later run, so that nobody else may write to it; and backups hold what the
/// files do, so that nobody else may read it.
fn private(stat: &Stat) -> Result<(), Fault> {
    if stat.st_uid == geteuid().as_raw() && stat.st_mode & 0o077 == 0 { Ok(()) } else { Err(Fault::SharedState) }
}

/// A lock file that others could open would let them hold up every run.
fn locked(state: BorrowedFd<'_>) -> Result<File, Fault> {
    let doing = "lock the state directory";
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let lock = openat(state, "lock", flags, Mode::RUSR | Mode::WUSR).map_err(Fault::io(doing))?;
    let begun = Instant::now();
    loop {
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(lock.into()),
            Err(Errno::WOULDBLOCK) if begun.elapsed() < PATIENCE => sleep(Duration::from_millis(20)),
            Err(Errno::WOULDBLOCK) => return Err(Fault::Busy),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(Fault::io(doing)(errno)),
        }
    }
}
