use std::collections::HashSet;

use camino::{Utf8Path, Utf8PathBuf};

use crate::digest::Digest;
use crate::error::{Class, Fault, WriteError};
use crate::look::{Looked, look};
use crate::metadata::Metadata;
use crate::recover::recover;
use crate::root::Root;
use crate::stage::{Stage, Staged, stage};
use crate::state::State;
use crate::transaction::{Transaction, TransactionId};

/// What the caller saw at the path. Anything else there is a conflict.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Base<'a> {
    /// No file.
    Absent,
    /// A file with these bytes.
    Bytes(&'a [u8]),
    /// A file whose bytes have this digest.
    Digest(Digest),
}

/// What shall be at the path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Goal<'a> {
    /// A file with these bytes; one that is new gets mode 0644.
    Bytes(&'a [u8]),
    /// A file with these bytes; one that is new gets this metadata.
    File(&'a [u8], &'a Metadata),
    /// No file.
    Absent,
}

impl<'a> Goal<'a> {
    pub(crate) fn bytes(self) -> Option<&'a [u8]> {
        match self {
            Self::Bytes(bytes) | Self::File(bytes, _) => Some(bytes),
            Self::Absent => None,
        }
    }
}

/// One file to be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Write<'a> {
    /// From the root; links are followed inside it and stay.
    pub path: &'a Utf8Path,
    /// What the caller saw.
    pub base: Base<'a>,
    /// What the caller wants.
    pub goal: Goal<'a>,
}

/// What became of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// It was so already: inode and times are the same.
    Unchanged,
    /// A new file.
    Created,
    /// A new inode under the old name, with the old owner, mode and extended attributes.
    Replaced,
    /// The name is gone.
    Deleted,
}

/// How new bytes come to a name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// At once, and what came out was looked at.
    Swapped,
    /// At once, where the file system cannot exchange two names: a change of somebody else in the moment between the last
    /// look and the renaming would be lost.
    Renamed,
    /// Written over: readers may have seen a mixture of old and new.
    InPlace,
}

/// A file that is as the caller wants it, durably.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Written {
    /// The path with links followed.
    pub real: Utf8PathBuf,
    /// What was done.
    pub change: Change,
    /// How the new bytes came to the name.
    pub way: Way,
    /// Extended attributes not kept: signatures of the old bytes.
    pub dropped: Vec<String>,
    /// The old file under its hidden name, where that could not be removed.
    pub leftover: Option<Utf8PathBuf>,
}

/// What a commit did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Committed {
    /// The name to undo it by; none where all was so already.
    pub id: Option<TransactionId>,
    /// The files, in the order of the writes.
    pub files: Vec<Written>,
}

impl Root {
    /// Gives one file new bytes, or makes it. Errors are those of [`commit`](Self::commit).
    pub fn write(&self, path: &Utf8Path, base: Base<'_>, bytes: &[u8]) -> Result<Written, WriteError> {
        self.commit_one(Write { path, base, goal: Goal::Bytes(bytes) })
    }

    /// Makes one file where there is none. Errors are those of [`commit`](Self::commit).
    pub fn create(&self, path: &Utf8Path, goal: Goal<'_>) -> Result<Written, WriteError> {
        self.commit_one(Write { path, base: Base::Absent, goal })
    }

    /// Removes one file: the one a link leads to, if the path is a link. Errors are those of [`commit`](Self::commit).
    pub fn delete(&self, path: &Utf8Path, base: Base<'_>) -> Result<Written, WriteError> {
        self.commit_one(Write { path, base, goal: Goal::Absent })
    }

    /// Writes several files: all are checked and prepared before the first changes, and if one fails those done are put
    /// back. A process that dies amid it leaves a record, by which the next run makes all files new or all old. Readers may
    /// see the files change one after the other.
    ///
    /// A file that something is mounted on is written over, and so is every file after
    /// [`write_in_place`](Self::write_in_place).
    ///
    /// Conflict: a file is not its base. Refused: not a regular file, hard links, immutable, a directory that others may
    /// write to, too large. Busy: another run did not end within 10 s. Unchanged: the system failed. Only
    /// after an error of the class [`Uncertain`](crate::Class::Uncertain) is anything different from before.
    pub fn commit(&self, writes: &[Write<'_>]) -> Result<Committed, WriteError> {
        let looked = self.looked(writes)?;
        if looked.iter().all(|file| file.change == Change::Unchanged) {
            return Ok(Committed { id: None, files: looked.into_iter().map(Looked::settled).collect() });
        }
        // What is refused is refused before anything is made, the state directory too.
        for (file, write) in looked.iter().zip(writes) {
            file.may_be_written(self).map_err(|fault| fault_of(write, fault))?;
        }
        written_once(&looked, writes)?;
        drop(looked);
        self.forget();
        let of_state = |fault| self.of_state(fault);
        let state = State::lock(self).map_err(of_state)?;
        recover(self, &state)?;
        let id = TransactionId::next(&state).map_err(of_state)?;
        let mut stages = self.staged(writes, &state, &id)?;
        let mut transaction = opened(&state, &id, &mut stages).map_err(of_state)?;
        if let Err(error) = publish(&mut stages).and_then(|()| transaction.commit().map_err(of_state)) {
            let error = retract(stages, error);
            if error.class() != Class::Uncertain {
                // Left open it would be found out by the next run: all files are old.
                let _ = transaction.discard();
            }
            return Err(error);
        }
        let files = stages.into_iter().map(Stage::settle).collect();
        // Left open it would be found out by the next run: all files are new.
        let _ = transaction.close();
        Ok(Committed { id: Some(id), files })
    }

    fn commit_one(&self, write: Write<'_>) -> Result<Written, WriteError> {
        let mut committed = self.commit(&[write])?;
        Ok(committed.files.pop().expect("one write gives one answer"))
    }

    fn looked<'w>(&self, writes: &[Write<'w>]) -> Result<Vec<Looked<'w>>, WriteError> {
        writes.iter().map(|write| look(self, write).map_err(|fault| fault_of(write, fault))).collect()
    }

    fn staged<'w>(
        &self,
        writes: &[Write<'w>],
        state: &State,
        id: &TransactionId,
    ) -> Result<Vec<Stage<'w>>, WriteError> {
        let looked = self.looked(writes)?;
        let numbered = looked.into_iter().zip(writes).enumerate();
        let staged = numbered.map(|(number, (file, write))| {
            let staged = file.sweep(state).and_then(|()| stage(file, self, id, number));
            staged.map_err(|fault| fault_of(write, fault))
        });
        staged.collect()
    }
}

/// Two writes of one file, by two of its names perhaps, would be a conflict with each other.
fn written_once(looked: &[Looked<'_>], writes: &[Write<'_>]) -> Result<(), WriteError> {
    let mut seen = HashSet::new();
    let twice = looked.iter().zip(writes).find(|(file, _)| !seen.insert(&file.real));
    twice.map_or(Ok(()), |(_, write)| Err(fault_of(write, Fault::Twice)))
}

fn fault_of(write: &Write<'_>, fault: Fault) -> WriteError {
    WriteError { path: write.path.to_owned(), fault }
}

fn opened<'s>(state: &'s State, id: &TransactionId, stages: &mut [Stage<'_>]) -> Result<Transaction<'s>, Fault> {
    let ready: Vec<&Staged<'_>> = stages.iter_mut().filter_map(Stage::ready).map(|file| &*file).collect();
    let entries = ready.iter().map(|file| file.entry()).collect();
    Transaction::open(state, id.clone(), entries, ready.iter().map(|file| file.contents()))
}

fn publish(stages: &mut [Stage<'_>]) -> Result<(), WriteError> {
    let mut ready: Vec<&mut Staged<'_>> = stages.iter_mut().filter_map(Stage::ready).collect();
    for file in &mut ready {
        file.publish().map_err(|fault| WriteError { path: file.path.clone(), fault })?;
    }
    for file in &ready {
        file.sync_directory().map_err(|fault| WriteError { path: file.path.clone(), fault })?;
    }
    for file in ready {
        file.look_again().map_err(|fault| WriteError { path: file.path.clone(), fault })?;
    }
    Ok(())
}

/// The last one first, as two writes may meet in one file.
fn retract(stages: Vec<Stage<'_>>, error: WriteError) -> WriteError {
    let files: Vec<String> = stages.into_iter().rev().filter_map(|stage| stage.retract().err()).collect();
    if files.is_empty() {
        return error;
    }
    WriteError { fault: Fault::Uncertain { cause: Box::new(error.fault), files }, ..error }
}
