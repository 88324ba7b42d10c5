//! What a run that died left behind, made whole: all files new, or all old.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::{AsFd, OwnedFd};

use camino::Utf8PathBuf;
use rustix::fs::{AtFlags, Mode, OFlags, RenameFlags, fstat, fsync, openat, renameat, renameat_with, unlinkat};
use rustix::io::Errno;

use crate::digest::Digest;
use crate::error::{Fault, WriteError};
use crate::in_place;
use crate::metadata;
use crate::read;
use crate::resolve::{Place, resolve};
use crate::root::Root;
use crate::stage::{knows_no_flags, move_aside};
use crate::state::State;
use crate::transaction::{Entry, Transaction, TransactionId};

/// What became of a transaction that a run had left open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recovered {
    /// The transaction.
    pub id: TransactionId,
    /// Where its files stand now.
    pub outcome: Outcome,
    /// Its files, with links followed.
    pub files: Vec<Utf8PathBuf>,
    /// Those that somebody else has changed meanwhile: theirs is what stands there.
    pub foreign: Vec<Utf8PathBuf>,
}

/// Where the files of a recovered transaction stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// All as before: nothing, or not enough, had been swapped in.
    Old,
    /// All as was wanted.
    New,
}

impl Root {
    /// Finishes or takes back what a run before this one left half-done. Asks for no right, and touches nothing, where
    /// nothing is open. A [`commit`](Self::commit) does this by itself; a caller that plans from what it reads does it first.
    pub fn recover(&self) -> Result<Vec<Recovered>, WriteError> {
        let recovered = match State::is_open(self) {
            Ok(false) => return Ok(Vec::new()),
            Ok(true) => State::lock(self).map_err(|fault| self.of_state(fault)).and_then(|state| recover(self, &state)),
            Err(fault) => Err(self.of_state(fault)),
        };
        self.forget();
        recovered
    }
}

/// With the lock held. May be killed at any call, and run again.
pub(crate) fn recover(root: &Root, state: &State) -> Result<Vec<Recovered>, WriteError> {
    let open = Transaction::left_open(state).map_err(|fault| root.of_state(fault))?;
    open.into_iter().map(|transaction| one(root, transaction)).collect()
}

fn one(root: &Root, transaction: Transaction<'_>) -> Result<Recovered, WriteError> {
    let left = |(number, entry): (usize, &'_ Entry)| {
        Left::at(root, &transaction, number).map_err(|fault| WriteError { path: entry.path.clone(), fault })
    };
    let mut files = transaction.files.iter().enumerate().map(left).collect::<Result<Vec<_>, _>>()?;
    let forward = transaction.is_committed || goes_forward(&files);
    for file in &mut files {
        let done = if forward { file.forward() } else { file.back() };
        done.map_err(|fault| {
            let files = vec![file.entry.path.to_string()];
            WriteError { path: file.entry.path.clone(), fault: Fault::Uncertain { cause: Box::new(fault), files } }
        })?;
    }
    let is_foreign = |file: &&Left<'_>| file.stand == Stand::Foreign || (forward && file.stand == Stand::Old);
    let foreign: Vec<_> = files.iter().filter(is_foreign).map(|file| file.entry.path.clone()).collect();
    // Where somebody else has written, the old bytes may be wanted yet.
    let is_kept = forward || !foreign.is_empty();
    let recovered = Recovered {
        id: transaction.id.clone(),
        outcome: if forward { Outcome::New } else { Outcome::Old },
        files: transaction.files.iter().map(|entry| entry.path.clone()).collect(),
        foreign,
    };
    let ended = if is_kept { transaction.close() } else { transaction.discard() };
    ended.map_err(|fault| root.of_state(fault))?;
    Ok(recovered)
}

/// Where some are swapped and the others can be.
fn goes_forward(files: &[Left<'_>]) -> bool {
    let is_begun = |file: &Left<'_>| matches!(file.stand, Stand::Torn | Stand::Swapped | Stand::Settled);
    let is_whole = |file: &Left<'_>| file.stand == Stand::Prepared || is_begun(file);
    files.iter().any(is_begun) && files.iter().all(is_whole)
}

/// How far a file of the transaction had come, by the hashes under its two names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stand {
    /// Old, and the new bytes are gone.
    Old,
    /// Old, and the new bytes stand under the hidden name.
    Prepared,
    /// Written over in part.
    Torn,
    /// New, and the old file stands under the hidden name; or the record has its bytes.
    Swapped,
    /// New, and nothing stands beside it: a file that was not there before; or one whose old file is gone already, or was
    /// renamed over where names cannot be exchanged.
    Settled,
    /// New, and what came out is not the base: somebody changed it just before the swap.
    TookForeign,
    /// Neither old nor new.
    Foreign,
}

struct Left<'e> {
    entry: &'e Entry,
    parent: Option<OwnedFd>,
    name: String,
    stand: Stand,
    /// Of a file that is written over: its old bytes and its new ones.
    bytes: Option<(Vec<u8>, Vec<u8>)>,
    /// What stands under the hidden name is ours: the record has its bytes.
    hidden_is_ours: bool,
    transaction: &'e Transaction<'e>,
    number: usize,
}

impl<'e> Left<'e> {
    fn at(root: &Root, transaction: &'e Transaction<'e>, number: usize) -> Result<Self, Fault> {
        let entry = &transaction.files[number];
        let name = entry.path.file_name().unwrap_or_default().to_owned();
        let above = entry.path.parent().unwrap_or("/".into());
        let Place::Directory(parent) = resolve(root.directory(), above)?.place else {
            let (stand, hidden_is_ours) = (Stand::Foreign, false);
            return Ok(Self { entry, parent: None, name, stand, bytes: None, hidden_is_ours, transaction, number });
        };
        if entry.in_place {
            let bytes = (transaction.base(number)?, transaction.new_bytes(number)?);
            let stand = stand_in_place(&parent, &name, &bytes)?;
            let (parent, bytes) = (Some(parent), Some(bytes));
            return Ok(Self { entry, parent, name, stand, bytes, hidden_is_ours: false, transaction, number });
        }
        let [target, hidden] = [&name, &entry.hidden].map(|name| Content::of(&parent, name));
        let (target, hidden) = (target?, hidden?);
        let is_another = entry.inode.is_some_and(|inode| inode_of(&parent, &name) != Some(inode));
        let stand = match stand(entry, target, hidden) {
            // Somebody else has made a file with the same bytes.
            Stand::Settled if is_another => Stand::Foreign,
            stand => stand,
        };
        let hidden_is_ours =
            matches!(hidden, Content::Some(_)) && [entry.base, entry.new].map(Content::from).contains(&hidden);
        Ok(Self { entry, parent: Some(parent), name, stand, bytes: None, hidden_is_ours, transaction, number })
    }

    /// The new file stands under its name, and nothing beside it.
    fn forward(&mut self) -> Result<(), Fault> {
        if let Some((_, new)) = &self.bytes {
            return self.write_over(&[Stand::Prepared, Stand::Torn], new);
        }
        if self.stand == Stand::Prepared {
            self.swap()?;
            self.stand = Stand::Swapped;
        }
        if self.stand == Stand::Swapped || self.hidden_is_ours {
            self.unlink_hidden()?;
        }
        self.sync()
    }

    /// The old file stands under its name, and nothing beside it.
    fn back(&mut self) -> Result<(), Fault> {
        if let Some((old, _)) = &self.bytes {
            return self.write_over(&[Stand::Swapped, Stand::Torn], old);
        }
        match self.stand {
            Stand::Foreign if self.hidden_is_ours => {}
            Stand::Torn | Stand::Old | Stand::Foreign => return Ok(()),
            Stand::Prepared => {}
            Stand::Swapped | Stand::TookForeign => self.swap()?,
            Stand::Settled if self.entry.base.is_none() => self.unlink(&self.name)?,
            Stand::Settled => return self.restore(),
        }
        if self.stand == Stand::TookForeign {
            self.stand = Stand::Foreign;
        }
        self.unlink_hidden()?;
        self.sync()
    }

    /// Both ways: an exchange of names, or a move where one of them is free. Where names cannot be exchanged the one under
    /// the hidden name is renamed over the other, whose bytes the record has.
    fn swap(&self) -> Result<(), Fault> {
        let Some(parent) = &self.parent else { return Ok(()) };
        let (name, hidden) = (&*self.name, &*self.entry.hidden);
        match (self.entry.base, self.entry.new, self.stand) {
            (Some(_), Some(_), _) => match renameat_with(parent, hidden, parent, name, RenameFlags::EXCHANGE) {
                Err(errno) if knows_no_flags(errno) => renameat(parent, hidden, parent, name),
                done => done,
            },
            (_, None, Stand::Swapped | Stand::TookForeign) | (None, _, Stand::Prepared) => {
                move_aside(parent, hidden, name)
            }
            _ => move_aside(parent, name, hidden),
        }
        .map_err(Fault::io("put a file back"))
    }

    /// The old bytes from the record, as a new file that has what the present one has beside its bytes.
    fn restore(&self) -> Result<(), Fault> {
        let doing = "restore a file";
        let Some(parent) = &self.parent else { return Ok(()) };
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let restored = openat(parent, &*self.entry.hidden, flags, Mode::RUSR | Mode::WUSR).map_err(Fault::io(doing))?;
        let mut restored = File::from(restored);
        restored.write_all(&self.transaction.base(self.number)?).map_err(Fault::io(doing))?;
        metadata::copy(&read::open(parent.as_fd(), &self.name)?, &restored, true)?;
        restored.sync_all().map_err(Fault::io(doing))?;
        renameat(parent, &*self.entry.hidden, parent, &*self.name).map_err(Fault::io(doing))?;
        self.sync()
    }

    fn write_over(&self, where_it_stands: &[Stand], bytes: &[u8]) -> Result<(), Fault> {
        match &self.parent {
            Some(parent) if where_it_stands.contains(&self.stand) => {
                in_place::write(&mut in_place::open(parent.as_fd(), &self.name)?, bytes)
            }
            _ => Ok(()),
        }
    }

    fn unlink_hidden(&self) -> Result<(), Fault> {
        self.unlink(&self.entry.hidden)
    }

    fn unlink(&self, name: &str) -> Result<(), Fault> {
        let Some(parent) = &self.parent else { return Ok(()) };
        match unlinkat(parent, name, AtFlags::empty()) {
            Err(Errno::NOENT) => Ok(()),
            done => done.map_err(Fault::io("remove a leftover")),
        }
    }

    fn sync(&self) -> Result<(), Fault> {
        let Some(parent) = &self.parent else { return Ok(()) };
        let directory = read::open_directory(parent).map_err(Fault::io("sync the directory"))?;
        fsync(directory).map_err(Fault::io("sync the directory"))
    }
}

fn stand(entry: &Entry, target: Content, hidden: Content) -> Stand {
    let (base, new) = (Content::from(entry.base), Content::from(entry.new));
    match (target, hidden) {
        // A file that goes has nothing beside it before the swap.
        (target, hidden) if target == base && hidden == new => Stand::Prepared,
        (target, Content::Absent) if target == base => Stand::Old,
        (target, hidden) if target == new && hidden == base && entry.base.is_some() => Stand::Swapped,
        (target, Content::Absent) if target == new => Stand::Settled,
        (target, Content::Some(_)) if target == new => Stand::TookForeign,
        _ => Stand::Foreign,
    }
}

fn stand_in_place(parent: &OwnedFd, name: &str, (old, new): &(Vec<u8>, Vec<u8>)) -> Result<Stand, Fault> {
    let now = match read::open(parent.as_fd(), name) {
        Ok(file) => match read::whole(&file) {
            Err(Fault::TooLarge) => return Ok(Stand::Foreign),
            bytes => bytes?,
        },
        Err(Fault::Io { errno: Errno::NOENT | Errno::LOOP, .. } | Fault::NotRegular) => return Ok(Stand::Foreign),
        Err(fault) => return Err(fault),
    };
    Ok(match now {
        now if now == *old => Stand::Prepared,
        now if now == *new => Stand::Swapped,
        now if in_place::is_torn(&now, old, new) => Stand::Torn,
        _ => Stand::Foreign,
    })
}

fn inode_of(parent: &OwnedFd, name: &str) -> Option<u64> {
    fstat(read::open(parent.as_fd(), name).ok()?).ok().map(|stat| stat.st_ino)
}

/// What stands under a name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    Absent,
    Some(Digest),
    /// No regular file.
    Other,
}

impl From<Option<Digest>> for Content {
    fn from(digest: Option<Digest>) -> Self {
        digest.map_or(Self::Absent, Self::Some)
    }
}

impl Content {
    fn of(parent: &OwnedFd, name: &str) -> Result<Self, Fault> {
        match read::open(parent.as_fd(), name) {
            Ok(file) => match read::whole(&file) {
                Ok(bytes) => Ok(Self::Some(Digest::of(&bytes))),
                Err(Fault::TooLarge) => Ok(Self::Other),
                Err(fault) => Err(fault),
            },
            Err(Fault::Io { errno: Errno::NOENT, .. }) => Ok(Self::Absent),
            Err(Fault::NotRegular | Fault::Io { errno: Errno::LOOP, .. }) => Ok(Self::Other),
            Err(fault) => Err(fault),
        }
    }
}

#[cfg(test)]
mod tests;
