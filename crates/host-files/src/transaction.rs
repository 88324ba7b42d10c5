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

/// How many transactions can be undone.
const KEPT: usize = 10;

/// The name of a transaction: when it began, to the microsecond, and a random number. Names sort by time.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TransactionId(String);

impl TransactionId {
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
        let transaction = Self { state, id, files, folder: directory(journal, &unopened)? };
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

    /// The files are new: what was is kept for an undo, and the oldest of what is kept is given up.
    pub fn close(self) -> Result<(), Fault> {
        let Self { state, id, .. } = self;
        rename(state.journal.as_fd(), &id.0, state.backup.as_fd(), &id.0)?;
        sync(state.backup.as_fd())?;
        sync(state.journal.as_fd())?;
        let kept = read::listing(state.backup.as_fd())?;
        for old in kept.iter().rev().skip(KEPT) {
            remove(state.backup.as_fd(), &old.to_string())?;
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
        let kept = read::listing(state.backup.as_fd())?;
        let is = |name: &bstr::BString| *name == id.0;
        let is_recent = kept.len() < KEPT || kept.first().is_some_and(|oldest| *oldest < id.0);
        Ok(is_recent && !kept.iter().any(is) && !read::listing(state.journal.as_fd())?.iter().any(is))
    }

    /// True where the record of a transaction that is over names this file with these bytes: they are not lost with it.
    pub fn has(state: &State, id: &TransactionId, hidden: &str, digest: Digest) -> Result<bool, Fault> {
        let is = |entry: &Entry| entry.hidden == hidden && [entry.base, entry.new].contains(&Some(digest));
        let backups = Transaction::backups(state)?;
        Ok(backups.iter().filter(|done| done.id == *id).flat_map(|done| &done.files).any(is))
    }

    /// Those that are over, the oldest first.
    pub fn backups(state: &'s State) -> Result<Vec<Self>, Fault> {
        let names = read::listing(state.backup.as_fd())?;
        names.iter().map(|name| Self::read(state, state.backup.as_fd(), name.to_string())).collect()
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
        for name in read::listing(state.journal.as_fd())?.iter().filter(|name| name.starts_with(b".")) {
            remove(state.journal.as_fd(), &name.to_string())?;
        }
        Self::opened(state)
    }

    /// Those that are open, the oldest first.
    pub fn opened(state: &'s State) -> Result<Vec<Self>, Fault> {
        let names = read::listing(state.journal.as_fd())?;
        let opened = names.iter().filter(|name| !name.starts_with(b"."));
        opened.map(|name| Self::read(state, state.journal.as_fd(), name.to_string())).collect()
    }

    fn read(state: &'s State, within: BorrowedFd<'_>, name: String) -> Result<Self, Fault> {
        let folder = directory(within, &name)?;
        let bytes = read::whole(&read::open(folder.as_fd(), RECORD)?)?;
        let Record { files } = serde_json::from_slice(&bytes).map_err(|_| Fault::BadRecord { id: name.clone() })?;
        let id = TransactionId::parse(&name).ok_or(Fault::BadRecord { id: name })?;
        Ok(Self { state, id, files, folder })
    }
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
