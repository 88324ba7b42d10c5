use camino::{Utf8Path, Utf8PathBuf};

use crate::digest::Digest;
use crate::error::{Fault, WriteError};
use crate::root::Root;
use crate::stage::{Stage, Staged, stage};

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
    /// A file with these bytes.
    Bytes(&'a [u8]),
    /// No file.
    Absent,
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
    /// A new file, of mode 0644.
    Created,
    /// A new inode under the old name, with the old owner, mode and extended attributes.
    Replaced,
    /// The name is gone.
    Deleted,
}

/// A file that is as the caller wants it, durably.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Written {
    /// The path with links followed.
    pub real: Utf8PathBuf,
    /// What was done.
    pub change: Change,
    /// Extended attributes not kept: signatures of the old bytes.
    pub dropped: Vec<String>,
    /// The old file under its hidden name, where that could not be removed.
    pub leftover: Option<Utf8PathBuf>,
}

impl Root {
    /// Gives one file new bytes, or makes it. Errors are those of [`commit`](Self::commit).
    pub fn write(&self, path: &Utf8Path, base: Base<'_>, bytes: &[u8]) -> Result<Written, WriteError> {
        self.commit_one(Write { path, base, goal: Goal::Bytes(bytes) })
    }

    /// Removes one file: the one a link leads to, if the path is a link. Errors are those of [`commit`](Self::commit).
    pub fn delete(&self, path: &Utf8Path, base: Base<'_>) -> Result<Written, WriteError> {
        self.commit_one(Write { path, base, goal: Goal::Absent })
    }

    /// Writes several files: all are checked and prepared before the first changes, and if one fails those done are put
    /// back. Readers may see the files change one after the other.
    ///
    /// Conflict: a file is not its base. Refused: not a regular file, hard links, immutable, a mount point, a directory
    /// that others may write to, too large. Unchanged: the system failed. Only after an error of the class
    /// [`Uncertain`](crate::Class::Uncertain) is anything different from before.
    pub fn commit(&self, writes: &[Write<'_>]) -> Result<Vec<Written>, WriteError> {
        let mut stages = writes.iter().map(|write| self.stage(write)).collect::<Result<Vec<_>, _>>()?;
        self.forget();
        if let Err(error) = publish(&mut stages) {
            return Err(retract(stages, error));
        }
        Ok(stages.into_iter().map(Stage::settle).collect())
    }

    fn commit_one(&self, write: Write<'_>) -> Result<Written, WriteError> {
        let mut written = self.commit(&[write])?;
        Ok(written.pop().expect("one write gives one answer"))
    }

    fn stage(&self, write: &Write<'_>) -> Result<Stage, WriteError> {
        stage(self, write).map_err(|fault| WriteError { path: write.path.to_owned(), fault })
    }
}

fn publish(stages: &mut [Stage]) -> Result<(), WriteError> {
    let mut ready: Vec<&mut Staged> = stages.iter_mut().filter_map(Stage::ready).collect();
    for file in &mut ready {
        file.publish().map_err(|fault| WriteError { path: file.path.clone(), fault })?;
    }
    for file in ready {
        file.sync_directory().map_err(|fault| WriteError { path: file.path.clone(), fault })?;
    }
    Ok(())
}

/// The last one first, as two writes may meet in one file.
fn retract(stages: Vec<Stage>, error: WriteError) -> WriteError {
    let files: Vec<String> = stages.into_iter().rev().filter_map(|stage| stage.retract().err()).collect();
    if files.is_empty() {
        return error;
    }
    WriteError { fault: Fault::Uncertain { cause: Box::new(error.fault), files }, ..error }
}
