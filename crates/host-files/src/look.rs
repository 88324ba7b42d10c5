use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};

use camino::Utf8PathBuf;
use rustix::fs::FileType;

use crate::digest::Digest;
use crate::error::Fault;
use crate::leftovers;
use crate::metadata;
use crate::read;
use crate::resolve::{Place, Resolved, resolve};
use crate::root::Root;
use crate::state::State;
use crate::write::{Base, Change, Goal, Way, Write, Written};

/// A file as it is, compared with its base.
pub(crate) struct Looked<'w> {
    pub write: Write<'w>,
    /// The path with links followed.
    pub real: Utf8PathBuf,
    /// None where not even the directory exists.
    pub parent: Option<OwnedFd>,
    pub name: String,
    pub base: Option<Seen>,
    pub change: Change,
    /// Why nothing should be written there.
    pub distrusted: Option<Fault>,
}

/// A file as it was when it was compared with the base.
pub(crate) struct Seen {
    pub file: File,
    pub bytes: Vec<u8>,
}

/// Resolves, reads, and compares with the base.
pub(crate) fn look<'w>(root: &Root, write: &Write<'w>) -> Result<Looked<'w>, Fault> {
    let Resolved { real, place, distrusted } = resolve(root.directory(), write.path)?;
    let (parent, name, base) = target(place)?;
    compare(write.base, base.as_ref())?;
    let change = change(write.goal, base.as_ref());
    let distrusted = distrusted.filter(|_| !root.unsafe_directories);
    Ok(Looked { write: *write, real, parent, name, base, change, distrusted })
}

impl<'w> Looked<'w> {
    pub fn settled(self) -> Written {
        Written { real: self.real, change: self.change, way: Way::Swapped, dropped: Vec::new(), leftover: None }
    }

    /// Why it is not, without a file being made or a name being given.
    pub fn may_be_written(&self, root: &Root) -> Result<(), Fault> {
        match &self.distrusted {
            _ if self.change == Change::Unchanged => Ok(()),
            Some(fault) => Err(fault.clone()),
            None if self.parent.is_none() => Err(Fault::NoDirectory),
            None => self.is_in_place(root).map(drop),
        }
    }

    /// Removes what a run that died left beside it.
    pub fn sweep(&self, state: &State) -> Result<(), Fault> {
        match &self.parent {
            Some(parent) if self.change != Change::Unchanged => leftovers::sweep(state, parent.as_fd(), &self.name),
            _ => Ok(()),
        }
    }

    /// A name that something is mounted on cannot be given to another file.
    pub fn is_in_place(&self, root: &Root) -> Result<bool, Fault> {
        let Some(seen) = &self.base else { return Ok(false) };
        match metadata::replaceable(&seen.file) {
            Err(Fault::MountPoint) if self.change == Change::Replaced => Ok(true),
            Err(Fault::HardLinked) if root.in_place && self.change == Change::Replaced => Ok(true),
            Err(Fault::HardLinked) if root.break_hard_links => Ok(false),
            Err(fault) => Err(fault),
            Ok(()) => Ok(root.in_place && self.change == Change::Replaced),
        }
    }
}

fn target(place: Place) -> Result<(Option<OwnedFd>, String, Option<Seen>), Fault> {
    match place {
        Place::Absent { parent, name } => Ok((parent, name, None)),
        Place::Leaf { parent, name, kind: FileType::RegularFile } => {
            let file = read::open(parent.as_fd(), &name)?;
            let bytes = read::whole(&file)?;
            Ok((Some(parent), name, Some(Seen { file, bytes })))
        }
        Place::Leaf { .. } | Place::Directory(_) => Err(Fault::NotRegular),
    }
}

fn compare(base: Base<'_>, seen: Option<&Seen>) -> Result<(), Fault> {
    match (base, seen) {
        (Base::Absent, None) => Ok(()),
        (Base::Absent, Some(_)) => Err(Fault::Appeared),
        (_, None) => Err(Fault::Vanished),
        (Base::Bytes(bytes), Some(seen)) if seen.bytes == bytes => Ok(()),
        (Base::Digest(digest), Some(seen)) if Digest::of(&seen.bytes) == digest => Ok(()),
        _ => Err(Fault::Changed),
    }
}

fn change(goal: Goal<'_>, seen: Option<&Seen>) -> Change {
    match (goal, seen) {
        (Goal::Absent, None) => Change::Unchanged,
        (Goal::Absent, Some(_)) => Change::Deleted,
        (Goal::Bytes(_) | Goal::File(..), None) => Change::Created,
        (_, Some(seen)) if goal.bytes() == Some(&seen.bytes) => Change::Unchanged,
        (_, Some(_)) => Change::Replaced,
    }
}
