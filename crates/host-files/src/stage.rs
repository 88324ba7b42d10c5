use std::fs::File;
use std::io::Write as _;
use std::os::fd::{AsFd, OwnedFd};

use camino::Utf8PathBuf;
use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, RenameFlags, fstat, linkat, openat, renameat, renameat_with, unlinkat,
};
use rustix::io::Errno;
use rustix::rand::{GetRandomFlags, getrandom};

use crate::digest::Digest;
use crate::error::Fault;
use crate::metadata;
use crate::read;
use crate::resolve::{Place, Resolved, resolve};
use crate::root::Root;
use crate::write::{Base, Change, Goal, Write, Written};

/// A write that has been checked.
pub(crate) enum Stage {
    /// It was so already.
    Settled(Written),
    Ready(Box<Staged>),
}

impl Stage {
    pub fn ready(&mut self) -> Option<&mut Staged> {
        match self {
            Self::Settled(_) => None,
            Self::Ready(staged) => Some(staged),
        }
    }

    pub fn retract(self) -> Result<(), String> {
        match self {
            Self::Settled(_) => Ok(()),
            Self::Ready(staged) => staged.retract(),
        }
    }

    pub fn settle(self) -> Written {
        match self {
            Self::Settled(written) => written,
            Self::Ready(staged) => staged.settle(),
        }
    }
}

/// A file ready to be swapped in, or swapped in and ready to be put back. Dropped before that, it leaves nothing behind.
pub(crate) struct Staged {
    pub path: Utf8PathBuf,
    real: Utf8PathBuf,
    parent: OwnedFd,
    name: String,
    /// Beside the target: the new file before the swap, the old one after it.
    hidden: String,
    base: Option<Seen>,
    new: Option<File>,
    change: Change,
    state: State,
    dropped: Vec<String>,
}

/// The file as it was when it was compared with the base.
struct Seen {
    file: File,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing to clean up.
    Clear,
    /// The new file stands under the hidden name.
    Prepared,
    /// The swap is done and can be reversed.
    Published,
    /// The file system knows no swap, and the old file is gone.
    Overwritten,
}

/// Resolves, reads, compares with the base, and prepares the new file.
pub(crate) fn stage(root: &Root, write: &Write<'_>) -> Result<Stage, Fault> {
    let Resolved { real, place, distrusted } = resolve(root.directory(), write.path)?;
    let (parent, name, base) = target(place)?;
    compare(write.base, base.as_ref())?;
    let change = change(write.goal, base.as_ref());
    if change == Change::Unchanged {
        return Ok(Stage::Settled(Written { real, change, dropped: Vec::new(), leftover: None }));
    }
    if let Some(fault) = distrusted.filter(|_| !root.unsafe_directories) {
        return Err(fault);
    }
    if let Some(seen) = &base {
        metadata::replaceable(&seen.file)?;
    }
    let mut staged = Staged {
        path: write.path.to_owned(),
        real,
        parent: parent.ok_or(Fault::NoDirectory)?,
        hidden: hidden_name(&name)?,
        name,
        base,
        new: None,
        change,
        state: State::Clear,
        dropped: Vec::new(),
    };
    if let Goal::Bytes(bytes) = write.goal {
        staged.prepare(bytes)?;
    }
    Ok(Stage::Ready(Box::new(staged)))
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
        (Goal::Bytes(_), None) => Change::Created,
        (Goal::Bytes(bytes), Some(seen)) if seen.bytes == bytes => Change::Unchanged,
        (Goal::Bytes(_), Some(_)) => Change::Replaced,
    }
}

/// A name that no consumer's wildcard reads: hidden, and ended like a backup. The target's name is cut so that the whole
/// stays below the 255 bytes that file systems take.
fn hidden_name(name: &str) -> Result<String, Fault> {
    let mut random = [0; 8];
    getrandom(&mut random, GetRandomFlags::empty()).map_err(Fault::io("find a name for the new file"))?;
    let shown: String = name.chars().take(50).collect();
    Ok(format!(".{shown}.kvmprep-edit.{:016x}~", u64::from_ne_bytes(random)))
}

impl Staged {
    fn prepare(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let owner_only = Mode::RUSR | Mode::WUSR;
        let new = openat(&self.parent, &*self.hidden, flags, owner_only).map_err(Fault::io("make the new file"))?;
        self.state = State::Prepared;
        let mut new = File::from(new);
        new.write_all(bytes).map_err(Fault::io("write the new file"))?;
        match &self.base {
            Some(old) => self.dropped = metadata::copy(&old.file, &new)?,
            None => metadata::set_mode(&new, Mode::from_raw_mode(0o644))?,
        }
        new.sync_all().map_err(Fault::io("sync the new file"))?;
        self.new = Some(new);
        Ok(())
    }

    /// Swaps the new file in, then looks at what came out: a file changed since it was read is a conflict, to be answered
    /// with [`retract`](Self::retract).
    pub fn publish(&mut self) -> Result<(), Fault> {
        let done = match self.change {
            Change::Created => self.move_aside(&self.hidden, &self.name),
            Change::Deleted => self.move_aside(&self.name, &self.hidden),
            _ => match self.exchange() {
                Err(errno) if knows_no_flags(errno) => return self.overwrite(),
                done => done,
            },
        };
        done.map_err(swap_fault)?;
        self.state = State::Published;
        match &self.base {
            Some(base) => self.expect(&base.file, Some(&base.bytes), &self.hidden),
            None => Ok(()),
        }
    }

    /// For file systems that cannot exchange two names: look first, then rename. Between the two is a moment in which a
    /// foreign change would be lost.
    fn overwrite(&mut self) -> Result<(), Fault> {
        if let Some(base) = &self.base {
            self.expect(&base.file, Some(&base.bytes), &self.name)?;
        }
        renameat(&self.parent, &*self.hidden, &self.parent, &*self.name).map_err(swap_fault)?;
        self.state = State::Overwritten;
        Ok(())
    }

    fn exchange(&self) -> rustix::io::Result<()> {
        renameat_with(&self.parent, &*self.hidden, &self.parent, &*self.name, RenameFlags::EXCHANGE)
    }

    /// Renames without replacing, by a second link where the file system cannot do it in one.
    fn move_aside(&self, from: &str, to: &str) -> rustix::io::Result<()> {
        match renameat_with(&self.parent, from, &self.parent, to, RenameFlags::NOREPLACE) {
            Err(errno) if knows_no_flags(errno) => {
                linkat(&self.parent, from, &self.parent, to, AtFlags::empty())?;
                self.unlink(from).or_else(|errno| self.unlink(to).and(Err(errno)))
            }
            done => done,
        }
    }

    /// Whether the file under this name is the expected one, with the expected bytes.
    fn expect(&self, file: &File, bytes: Option<&[u8]>, name: &str) -> Result<(), Fault> {
        let doing = "look at the file again";
        let now = read::open(self.parent.as_fd(), name).map_err(|_| Fault::Changed)?;
        let (then, there) = (fstat(file).map_err(Fault::io(doing))?, fstat(&now).map_err(Fault::io(doing))?);
        let same_file = (then.st_dev, then.st_ino) == (there.st_dev, there.st_ino);
        let same_bytes = bytes.map_or(Ok(true), |bytes| Ok(read::whole(&now)? == bytes))?;
        if same_file && same_bytes { Ok(()) } else { Err(Fault::Changed) }
    }

    /// Makes the swap durable.
    pub fn sync_directory(&self) -> Result<(), Fault> {
        let doing = "sync the directory";
        let directory = read::open_directory(&self.parent).map_err(Fault::io(doing))?;
        rustix::fs::fsync(directory).map_err(Fault::io(doing))
    }

    /// Puts the old state back, unless someone else has written over the new one. Fails with the names to look at.
    pub fn retract(mut self) -> Result<(), String> {
        match self.state {
            State::Clear | State::Prepared => return Ok(()),
            State::Overwritten => return Err(self.real.to_string()),
            State::Published => {}
        }
        let unswapped = self.unswap().map_err(|_| format!("{} (beside it: {})", self.real, self.hidden))?;
        self.state = unswapped;
        self.sync_directory().map_err(|_| self.real.to_string())
    }

    fn unswap(&self) -> Result<State, Fault> {
        if let Some(new) = &self.new {
            self.expect(new, None, &self.name)?;
        }
        match self.change {
            Change::Created => self.move_aside(&self.name, &self.hidden).map(|()| State::Prepared),
            Change::Deleted => self.move_aside(&self.hidden, &self.name).map(|()| State::Clear),
            _ => self.exchange().map(|()| State::Prepared),
        }
        .map_err(swap_fault)
    }

    /// Removes the old file. The new one is durable already, so a failure is only a leftover.
    pub fn settle(mut self) -> Written {
        let old_is_hidden = self.state == State::Published && self.change != Change::Created;
        let removed = !old_is_hidden || self.unlink(&self.hidden).is_ok();
        // Should a power cut bring the old file back under its hidden name, that is a leftover too, and harmless.
        let _ = self.sync_directory();
        self.state = State::Clear;
        Written {
            real: self.real.clone(),
            change: self.change,
            dropped: std::mem::take(&mut self.dropped),
            leftover: (!removed).then(|| self.real.with_file_name(&self.hidden)),
        }
    }

    fn unlink(&self, name: &str) -> rustix::io::Result<()> {
        unlinkat(&self.parent, name, AtFlags::empty())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if self.state == State::Prepared {
            // Nobody is left to tell; the name says what it is.
            let _ = self.unlink(&self.hidden);
        }
    }
}

fn knows_no_flags(errno: Errno) -> bool {
    matches!(errno, Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP)
}

fn swap_fault(errno: Errno) -> Fault {
    match errno {
        Errno::EXIST => Fault::Appeared,
        Errno::NOENT => Fault::Vanished,
        errno => Fault::io("put the new file in place")(errno),
    }
}

#[cfg(test)]
mod tests;
