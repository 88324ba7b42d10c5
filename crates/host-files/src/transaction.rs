//! What a run is about to do, on disk before it does it: one directory for each transaction, with the old bytes of every
//! file and a record of hashes and hidden names.
//!
//! `journal/ID` is open: the files may be old, new, or some of each. `backup/ID` is over, and can be undone. A directory
//! with another name in `journal` was never opened: no file was touched.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::SystemTime;

use camino::Utf8PathBuf;
use rustix::fs::{AtFlags, Mode, OFlags, fsync, mkdirat, openat, renameat, unlinkat};
use rustix::io::Errno;
use rustix::rand::{GetRandomFlags, getrandom};
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::error::Fault;
use crate::metadata::Metadata;
use crate::read;
use crate::state::State;

const RECORD: &str = "record.json";
const COMMITTED: &str = "committed";

/// How many transactions can be undone.
const KEPT: usize = 10;

/// The name of a transaction: when it began, to the microsecond, and a random number. Names sort by time.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TransactionId(String);

impl TransactionId {
    /// A name that sorts behind all those on record, whatever the clock says.
    pub(crate) fn next(state: &State) -> Result<Self, Fault> {
        let newest = ids(state.journal.as_fd())?.pop().max(ids(state.backup.as_fd())?.pop());
        let fresh = Self::fresh()?;
        Ok(match newest {
            Some(newest) if newest >= fresh => newest.behind(),
            _ => fresh,
        })
    }

    fn behind(&self) -> Self {
        let (time, number) = self.0.split_once('-').unwrap_or((&self.0, ""));
        let number = u32::from_str_radix(number, 16).unwrap_or(0).saturating_add(1);
        Self(format!("{time}-{number:08x}"))
    }

    /// A name that nobody else has.
    pub fn fresh() -> Result<Self, Fault> {
        let mut random = [0; 4];
        getrandom(&mut random, GetRandomFlags::empty()).map_err(Fault::io("name the transaction"))?;
        let now = humantime::format_rfc3339_micros(SystemTime::now()).to_string().replace(['-', ':', '.'], "");
        Ok(Self(format!("{now}-{:08x}", u32::from_ne_bytes(random))))
    }

    /// What [`fresh`](Self::fresh) makes: no name with a slash or a dot comes from a text.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (time, random) = text.split_once('-')?;
        let is_time = time.len() == 22 && time.bytes().all(|b| b.is_ascii_digit() || b == b'T' || b == b'Z');
        let is_random = random.len() == 8 && random.bytes().all(|b| b.is_ascii_hexdigit());
        (is_time && is_random).then(|| Self(text.to_owned()))
    }

    /// A name that no consumer's wildcard reads: hidden, and ended like a backup. The target's name is cut so that the
    /// whole stays below the 255 bytes that file systems take.
    pub(crate) fn hidden(&self, number: usize, name: &str) -> String {
        format!("{}{}.{number}~", head(name), self.0)
    }

    /// The transaction that gave a file beside `name` its hidden name.
    pub(crate) fn of_hidden(hidden: &str, name: &str) -> Option<Self> {
        let (id, number) = hidden.strip_prefix(&head(name))?.strip_suffix('~')?.split_once('.')?;
        Self::parse(id).filter(|_| number.bytes().all(|b| b.is_ascii_digit()))
    }
}

impl std::fmt::Display for TransactionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

fn head(name: &str) -> String {
    let shown: String = name.chars().take(50).collect();
    format!(".{shown}.kvmprep-edit.")
}

/// What a transaction does to one file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// From the root, with links followed.
    pub path: Utf8PathBuf,
    /// The name beside it of the new file before the swap, and of the old one behind it.
    pub hidden: String,
    /// The old bytes; none where there was no file.
    pub base: Option<Digest>,
    /// The new bytes; none where the file goes.
    pub new: Option<Digest>,
    /// Of a new file that had no name before: which one it is. Not its device, whose number may be another after a restart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inode: Option<u64>,
    /// True where the file is written over, and nothing stands beside it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_place: bool,
    /// What a file that goes has beside its bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
}

#[derive(Serialize, Deserialize)]
struct Record {
    files: Vec<Entry>,
}

/// A transaction on disk.
pub(crate) struct Transaction<'s> {
    state: &'s State,
    pub id: TransactionId,
    pub files: Vec<Entry>,
    folder: OwnedFd,
    /// All files were swapped, and the old ones are being removed.
    pub is_committed: bool,
}

/// What a record holds of a file: its old bytes, and where those are written over its new ones.
pub(crate) struct Contents<'b> {
    pub base: Option<&'b [u8]>,
    pub new: Option<&'b [u8]>,
}

impl<'s> Transaction<'s> {
    /// From here on a later run knows what to do, whatever happens to this one.
    pub fn open<'b>(
        state: &'s State,
        id: TransactionId,
        files: Vec<Entry>,
        contents: impl Iterator<Item = Contents<'b>>,
    ) -> Result<Self, Fault> {
        let journal = state.journal.as_fd();
        let unopened = format!(".{id}");
        mkdirat(journal, &unopened, Mode::RWXU).map_err(Fault::io("write the journal"))?;
        let folder = directory(journal, &unopened)?;
        let transaction = Self { state, id, files, folder, is_committed: false };
        let written = transaction.write(contents).and_then(|()| {
            rename(journal, &unopened, journal, &transaction.id.0)?;
            sync(journal)
        });
        if written.is_err() {
            // What cannot be removed now is removed by the next run: it was never opened, or says that all is old.
            let _ = remove(journal, &unopened).and_then(|()| transaction.discard());
        }
        written.map(|()| transaction)
    }

    fn write<'b>(&self, contents: impl Iterator<Item = Contents<'b>>) -> Result<(), Fault> {
        let folder = self.folder.as_fd();
        for (number, Contents { base, new }) in contents.enumerate() {
            for (name, bytes) in [(base_name(number), base), (new_name(number), new)] {
                bytes.map_or(Ok(()), |bytes| write_file(folder, &name, bytes))?;
            }
        }
        let record = serde_json::to_vec_pretty(&Record { files: self.files.clone() }).map_err(|_| Fault::NoState)?;
        write_file(folder, RECORD, &record)?;
        sync(folder)
    }

    /// From here on there is no way back: old files go.
    pub fn commit(&mut self) -> Result<(), Fault> {
        write_file(self.folder.as_fd(), COMMITTED, b"")?;
        sync(self.folder.as_fd())?;
        self.is_committed = true;
        Ok(())
    }

    /// The files are new: what was is kept for an undo, and the oldest of what is kept is given up. Where it cannot be kept
    /// the record goes, as an open one would hold up every later run.
    pub fn close(self) -> Result<(), Fault> {
        let (journal, backup) = (self.state.journal.as_fd(), self.state.backup.as_fd());
        rename(journal, &self.id.0, backup, &self.id.0).or_else(|_| self.discard())?;
        sync(backup)?;
        sync(journal)?;
        for old in ids(backup)?.iter().rev().filter(|id| **id != self.id).skip(KEPT - 1) {
            // What cannot be removed now is tried again by the next run.
            let _ = remove(backup, &old.0);
        }
        Ok(())
    }

    /// The files are old.
    pub fn discard(&self) -> Result<(), Fault> {
        let journal = self.state.journal.as_fd();
        // Out of sight first: a directory that is half removed would be a record without its hashes.
        let unopened = format!(".{}", self.id);
        rename(journal, &self.id.0, journal, &unopened)?;
        remove(journal, &unopened)?;
        sync(journal)
    }

    /// True for an id of which neither a record is there nor one can have been given up: then it never touched a file.
    pub fn never_opened(state: &State, id: &TransactionId) -> Result<bool, Fault> {
        let kept = ids(state.backup.as_fd())?;
        let is_recent = kept.len() < KEPT || kept.first().is_some_and(|oldest| oldest < id);
        Ok(is_recent && !kept.contains(id) && !ids(state.journal.as_fd())?.contains(id))
    }

    /// True where the record of a transaction that is over names this file with these bytes: they are not lost with it.
    pub fn has(state: &State, id: &TransactionId, hidden: &str, digest: Digest) -> Result<bool, Fault> {
        let is = |entry: &Entry| entry.hidden == hidden && [entry.base, entry.new].contains(&Some(digest));
        if !ids(state.backup.as_fd())?.contains(id) {
            return Ok(false);
        }
        let done = Transaction::read(state, state.backup.as_fd(), id.clone());
        Ok(done.is_ok_and(|done| done.files.iter().any(is)))
    }

    /// Those that are over, the oldest first. A record that cannot be read can be of no use.
    pub fn backups(state: &'s State) -> Result<Vec<Self>, Fault> {
        let backup = state.backup.as_fd();
        Ok(ids(backup)?.into_iter().filter_map(|id| Self::read(state, backup, id).ok()).collect())
    }

    /// The old bytes of a file that had some.
    pub fn base(&self, number: usize) -> Result<Vec<u8>, Fault> {
        read::whole(&read::open(self.folder.as_fd(), &base_name(number))?)
    }

    /// The new bytes of a file that is written over.
    pub fn new_bytes(&self, number: usize) -> Result<Vec<u8>, Fault> {
        read::whole(&read::open(self.folder.as_fd(), &new_name(number))?)
    }

    /// Those that a run before left open, the oldest first. What was never opened is removed.
    pub fn left_open(state: &'s State) -> Result<Vec<Self>, Fault> {
        for name in read::listing(state.journal.as_fd())?.iter().map(ToString::to_string) {
            if name.strip_prefix('.').is_some_and(|id| TransactionId::parse(id).is_some()) {
                remove(state.journal.as_fd(), &name)?;
            }
        }
        Self::opened(state)
    }

    /// Those that are open, the oldest first.
    pub fn opened(state: &'s State) -> Result<Vec<Self>, Fault> {
        let journal = state.journal.as_fd();
        ids(journal)?.into_iter().map(|id| Self::read(state, journal, id)).collect()
    }

    fn read(state: &'s State, within: BorrowedFd<'_>, id: TransactionId) -> Result<Self, Fault> {
        let bad = |_| Fault::BadRecord { id: id.to_string() };
        let folder = directory(within, &id.0).map_err(bad)?;
        let bytes = read::open(folder.as_fd(), RECORD).and_then(|file| read::whole(&file)).map_err(bad)?;
        let Ok(Record { files }) = serde_json::from_slice(&bytes) else {
            return Err(Fault::BadRecord { id: id.to_string() });
        };
        let is_committed = read::open(folder.as_fd(), COMMITTED).is_ok();
        Ok(Self { state, id, files, folder, is_committed })
    }
}

/// The transactions in a directory, in their order. Other names are somebody else's.
fn ids(folder: BorrowedFd<'_>) -> Result<Vec<TransactionId>, Fault> {
    let names = read::listing(folder)?;
    Ok(names.iter().filter_map(|name| TransactionId::parse(std::str::from_utf8(name).ok()?)).collect())
}

/// Where the old bytes of a file lie, by its number in the record.
fn base_name(number: usize) -> String {
    number.to_string()
}

fn new_name(number: usize) -> String {
    format!("{number}.new")
}

fn directory(parent: BorrowedFd<'_>, name: &str) -> Result<OwnedFd, Fault> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(parent, name, flags, Mode::empty()).map_err(Fault::io("open the journal"))
}

fn write_file(folder: BorrowedFd<'_>, name: &str, bytes: &[u8]) -> Result<(), Fault> {
    let doing = "write the journal";
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file: File = openat(folder, name, flags, Mode::RUSR | Mode::WUSR).map_err(Fault::io(doing))?.into();
    file.write_all(bytes).map_err(Fault::io(doing))?;
    file.sync_all().map_err(Fault::io(doing))
}

fn rename(from: BorrowedFd<'_>, name: &str, to: BorrowedFd<'_>, new: &str) -> Result<(), Fault> {
    renameat(from, name, to, new).map_err(Fault::io("move the journal's record"))
}

fn sync(directory: BorrowedFd<'_>) -> Result<(), Fault> {
    fsync(directory).map_err(Fault::io("sync the journal"))
}

/// A transaction's directory: plain files alone.
fn remove(parent: BorrowedFd<'_>, name: &str) -> Result<(), Fault> {
    let doing = "remove a record of the journal";
    let folder = match openat(parent, name, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW, Mode::empty()) {
        Err(Errno::NOENT) => return Ok(()),
        folder => folder.map_err(Fault::io(doing))?,
    };
    for file in read::listing(folder.as_fd())? {
        unlinkat(&folder, file.as_slice(), AtFlags::empty()).map_err(Fault::io(doing))?;
    }
    unlinkat(parent, name, AtFlags::REMOVEDIR).map_err(Fault::io(doing))
}
