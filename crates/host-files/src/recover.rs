//! What a run that died left behind, made whole: all files new, or all old.

use std::os::fd::{AsFd, OwnedFd};

use camino::Utf8PathBuf;
use rustix::fs::{AtFlags, RenameFlags, fsync, renameat_with, unlinkat};
use rustix::io::Errno;

use crate::digest::Digest;
use crate::error::{Fault, WriteError};
use crate::in_place;
use crate::read;
use crate::resolve::{Place, resolve};
use crate::root::Root;
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
            Ok(true) => State::lock(self).and_then(|state| recover(self, &state)),
            Err(fault) => Err(fault),
        };
        self.forget();
        recovered.map_err(|fault| WriteError { path: self.state_path().to_owned(), fault })
    }
}

/// With the lock held. May be killed at any call, and run again.
pub(crate) fn recover(root: &Root, state: &State) -> Result<Vec<Recovered>, Fault> {
    let open = Transaction::left_open(state)?;
    open.into_iter().map(|transaction| one(root, transaction)).collect()
}

fn one(root: &Root, transaction: Transaction<'_>) -> Result<Recovered, Fault> {
    let left = |(number, entry)| Left::at(root, &transaction, number, entry);
    let mut files = transaction.files.iter().enumerate().map(left).collect::<Result<Vec<_>, _>>()?;
    let forward = goes_forward(&files);
    for file in &mut files {
        if forward { file.forward()? } else { file.back()? }
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
    if is_kept {
        transaction.close()?
    } else {
        transaction.discard()?
    }
    Ok(recovered)
}

/// An old file is removed only when all are swapped: where one is gone, there is no way back, and none is needed.
fn goes_forward(files: &[Left<'_>]) -> bool {
    let is_over = |file: &Left<'_>| file.stand == Stand::Settled && file.entry.base.is_some();
    let is_begun = |file: &Left<'_>| matches!(file.stand, Stand::Torn | Stand::Swapped | Stand::Settled);
    let is_whole = |file: &Left<'_>| file.stand == Stand::Prepared || is_begun(file);
    files.iter().any(is_over) || (files.iter().any(is_begun) && files.iter().all(is_whole))
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
    /// New, and nothing is left to clean up; a file that was not there before is never more than this.
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
}

impl<'e> Left<'e> {
    fn at(root: &Root, transaction: &Transaction<'_>, number: usize, entry: &'e Entry) -> Result<Self, Fault> {
        let name = entry.path.file_name().unwrap_or_default().to_owned();
        let above = entry.path.parent().unwrap_or("/".into());
        let Place::Directory(parent) = resolve(root.directory(), above)?.place else {
            return Ok(Self { entry, parent: None, name, stand: Stand::Foreign, bytes: None });
        };
        if entry.in_place {
            let bytes = (transaction.base(number)?, transaction.new_bytes(number)?);
            let stand = stand_in_place(&parent, &name, &bytes)?;
            return Ok(Self { entry, parent: Some(parent), name, stand, bytes: Some(bytes) });
        }
        let [target, hidden] = [&name, &entry.hidden].map(|name| Content::of(&parent, name));
        let stand = stand(entry, target?, hidden?);
        Ok(Self { entry, parent: Some(parent), name, stand, bytes: None })
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
        if self.stand == Stand::Swapped {
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
            Stand::Torn | Stand::Old | Stand::Foreign => return Ok(()),
            Stand::Prepared => {}
            Stand::Swapped | Stand::TookForeign => self.swap()?,
            Stand::Settled => self.unlink(&self.name)?,
        }
        if self.stand == Stand::TookForeign {
            self.stand = Stand::Foreign;
        }
        self.unlink_hidden()?;
        self.sync()
    }

    /// Both ways: an exchange of names, or a move where one of them is free.
    fn swap(&self) -> Result<(), Fault> {
        let Some(parent) = &self.parent else { return Ok(()) };
        let (name, hidden) = (&*self.name, &*self.entry.hidden);
        let moved = |from: &str, to: &str| renameat_with(parent, from, parent, to, RenameFlags::NOREPLACE);
        match (self.entry.base, self.entry.new, self.stand) {
            (Some(_), Some(_), _) => renameat_with(parent, hidden, parent, name, RenameFlags::EXCHANGE),
            (_, None, Stand::Swapped | Stand::TookForeign) | (None, _, Stand::Prepared) => moved(hidden, name),
            _ => moved(name, hidden),
        }
        .map_err(Fault::io("put a file back"))
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
        Ok(file) => read::whole(&file)?,
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
            Ok(file) => Ok(Self::Some(Digest::of(&read::whole(&file)?))),
            Err(Fault::Io { errno: Errno::NOENT, .. }) => Ok(Self::Absent),
            Err(Fault::NotRegular | Fault::Io { errno: Errno::LOOP, .. }) => Ok(Self::Other),
            Err(fault) => Err(fault),
        }
    }
}

#[cfg(test)]
mod tests;
