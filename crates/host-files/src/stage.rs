use std::borrow::Cow;
use std::fs::File;
use std::io::{Seek, Write as _};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use camino::Utf8PathBuf;
use rustix::fs::{AtFlags, CWD, Mode, OFlags, RenameFlags, fstat, linkat, openat, renameat, renameat_with, unlinkat};
use rustix::io::Errno;

use crate::digest::Digest;
use crate::error::Fault;
use crate::in_place;
use crate::look::{Looked, Seen};
use crate::metadata::{self, Metadata};
use crate::read;
use crate::root::Root;
use crate::transaction::{Contents, Entry, TransactionId};
use crate::write::{Change, Goal, Way, Written};

const OWNER_ONLY: Mode = Mode::RUSR.union(Mode::WUSR);
const MAKE: &str = "make the new file";

/// A write that has been checked.
pub(crate) enum Stage<'w> {
    /// It was so already.
    Settled(Written),
    Ready(Box<Staged<'w>>),
}

impl<'w> Stage<'w> {
    pub fn ready(&mut self) -> Option<&mut Staged<'w>> {
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
pub(crate) struct Staged<'w> {
    pub path: Utf8PathBuf,
    real: Utf8PathBuf,
    parent: OwnedFd,
    name: String,
    /// Beside the target: the new file before the swap, the old one after it.
    hidden: String,
    base: Option<Seen>,
    goal: Goal<'w>,
    /// Of a file that goes: only a record can bring that back.
    metadata: Option<Metadata>,
    new: Option<File>,
    /// Write over the file instead of giving its name to another.
    in_place: bool,
    /// Write although an attribute cannot be kept.
    lossy: bool,
    change: Change,
    state: State,
    dropped: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing to clean up: the new file has no name yet.
    Clear,
    /// The new file stands under the hidden name.
    Prepared,
    /// The swap is done and can be reversed.
    Published,
    /// The file system knows no swap, and the old file is gone.
    Overwritten,
}

/// Prepares the new file; `number` is the file's in its transaction.
pub(crate) fn stage<'w>(
    looked: Looked<'w>,
    root: &Root,
    id: &TransactionId,
    number: usize,
) -> Result<Stage<'w>, Fault> {
    if looked.change == Change::Unchanged {
        return Ok(Stage::Settled(looked.settled()));
    }
    if let Some(fault) = looked.distrusted {
        return Err(fault);
    }
    let in_place = looked.is_in_place(root)?;
    let goes = looked.base.as_ref().filter(|_| looked.change == Change::Deleted);
    let metadata = goes.map(|seen| Metadata::of(&seen.file)).transpose()?;
    let mut staged = Staged {
        path: looked.write.path.to_owned(),
        real: looked.real,
        parent: looked.parent.ok_or(Fault::NoDirectory)?,
        hidden: id.hidden(number, &looked.name),
        name: looked.name,
        base: looked.base,
        goal: looked.write.goal,
        metadata,
        new: None,
        in_place,
        lossy: root.lossy_metadata,
        change: looked.change,
        state: State::Clear,
        dropped: Vec::new(),
    };
    staged.prepare()?;
    Ok(Stage::Ready(Box::new(staged)))
}

impl Staged<'_> {
    /// What the journal says of it.
    pub fn entry(&self) -> Entry {
        let (base, new) = (self.base_bytes().map(Digest::of), self.goal.bytes().map(Digest::of));
        let (path, hidden, metadata) = (self.real.clone(), self.hidden.clone(), self.metadata.clone());
        let created = self.new.as_ref().filter(|_| self.change == Change::Created);
        let inode = created.and_then(|file| fstat(file).ok()).map(|stat| stat.st_ino);
        Entry { path, hidden, base, new, inode, in_place: self.in_place, metadata }
    }

    pub fn contents(&self) -> Contents<'_> {
        Contents { base: self.base_bytes(), new: self.goal.bytes().filter(|_| self.in_place) }
    }

    fn base_bytes(&self) -> Option<&[u8]> {
        self.base.as_ref().map(|base| base.bytes.as_slice())
    }

    /// Without a name, so that a process that dies here leaves nothing behind.
    fn prepare(&mut self) -> Result<(), Fault> {
        let Some(bytes) = self.goal.bytes().filter(|_| !self.in_place) else { return Ok(()) };
        let flags = OFlags::RDWR | OFlags::TMPFILE | OFlags::CLOEXEC;
        match openat(&self.parent, ".", flags, OWNER_ONLY) {
            Ok(new) => self.fill(new.into(), bytes),
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL | Errno::NOENT) => self.prepare_named(bytes),
            Err(errno) => Err(Fault::io(MAKE)(errno)),
        }
    }

    /// For file systems that know no file without a name.
    fn prepare_named(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let new = openat(&self.parent, &*self.hidden, flags, OWNER_ONLY).map_err(Fault::io(MAKE))?;
        self.state = State::Prepared;
        self.fill(new.into(), bytes)
    }

    fn fill(&mut self, mut new: File, bytes: &[u8]) -> Result<(), Fault> {
        new.write_all(bytes).map_err(Fault::io("write the new file"))?;
        match &self.base {
            Some(old) => self.dropped = metadata::copy(&old.file, &new, self.lossy)?,
            None => self.metadata_of_new().give(&new)?,
        }
        new.rewind().map_err(Fault::io("read the new file back"))?;
        if read::whole(&new)? != bytes {
            return Err(Fault::ReadBack);
        }
        new.sync_all().map_err(Fault::io("sync the new file"))?;
        self.new = Some(new);
        Ok(())
    }

    fn metadata_of_new(&self) -> Cow<'_, Metadata> {
        match self.goal {
            Goal::File(_, metadata) => Cow::Borrowed(metadata),
            Goal::Bytes(_) | Goal::Absent => Cow::Owned(Metadata::new_file()),
        }
    }

    /// Gives the new file a name. Which way is open depends on rights and on /proc.
    fn link(&self, name: &str) -> rustix::io::Result<()> {
        let Some(new) = &self.new else { return Err(Errno::NOENT) };
        match linkat(new, "", &self.parent, name, AtFlags::EMPTY_PATH) {
            Ok(()) => Ok(()),
            Err(Errno::EXIST) => Err(Errno::EXIST),
            Err(_) => {
                let proc = format!("/proc/self/fd/{}", new.as_raw_fd());
                linkat(CWD, proc, &self.parent, name, AtFlags::SYMLINK_FOLLOW)
            }
        }
    }

    /// The new file stands under the hidden name.
    fn take_hidden_name(&mut self) -> Result<(), Fault> {
        let Some(bytes) = self.goal.bytes() else { return Ok(()) };
        if self.state == State::Prepared {
            return Ok(());
        }
        match self.link(&self.hidden) {
            Ok(()) => self.state = State::Prepared,
            Err(Errno::EXIST) => return Err(Fault::io(MAKE)(Errno::EXIST)),
            Err(_) => self.prepare_named(bytes)?,
        }
        Ok(())
    }

    /// Swaps the new file in, then looks at what came out: a file changed since it was read is a conflict, to be answered
    /// with [`retract`](Self::retract).
    pub fn publish(&mut self) -> Result<(), Fault> {
        if self.in_place {
            return self.write_over();
        }
        let done = match self.change {
            Change::Created => self.appear()?,
            Change::Deleted => self.move_aside(&self.name, &self.hidden),
            _ => {
                self.take_hidden_name()?;
                self.is_unchanged()?;
                match self.exchange() {
                    Err(errno) if knows_no_flags(errno) => return self.overwrite(),
                    done => done,
                }
            }
        };
        done.map_err(swap_fault)?;
        self.state = State::Published;
        match &self.base {
            Some(base) => self.expect(&base.file, Some(&base.bytes), &self.hidden),
            None => Ok(()),
        }
    }

    /// Between the look and the first byte is a moment in which a foreign change would be lost.
    fn write_over(&mut self) -> Result<(), Fault> {
        let (Some(base), Some(bytes)) = (&self.base, self.goal.bytes()) else { return Ok(()) };
        let mut file = in_place::open(self.parent.as_fd(), &self.name)?;
        in_place::reserve(&file, bytes)?;
        self.expect(&base.file, Some(&base.bytes), &self.name)?;
        self.state = State::Published;
        in_place::write(&mut file, bytes)
    }

    /// A new file comes straight to its name.
    fn appear(&mut self) -> Result<rustix::io::Result<()>, Fault> {
        if self.state == State::Clear {
            match self.link(&self.name) {
                Ok(()) => return Ok(Ok(())),
                Err(Errno::EXIST) => return Ok(Err(Errno::EXIST)),
                Err(_) => self.take_hidden_name()?,
            }
        }
        Ok(self.move_aside(&self.hidden, &self.name))
    }

    /// A swap that has to be taken back shows others, for a moment, a file that is not to stay: so it is not begun where it
    /// can be known.
    fn is_unchanged(&self) -> Result<(), Fault> {
        self.base.as_ref().map_or(Ok(()), |base| self.expect(&base.file, Some(&base.bytes), &self.name))
    }

    /// Somebody may have held the old file open, and have written to it behind the swap.
    pub fn look_again(&self) -> Result<(), Fault> {
        match &self.base {
            Some(base) if self.state == State::Published && !self.in_place => {
                self.expect(&base.file, Some(&base.bytes), &self.hidden)
            }
            _ => Ok(()),
        }
    }

    /// For file systems that cannot exchange two names: look first, then rename. Between the two is a moment in which a
    /// foreign change would be lost.
    pub fn overwrite(&mut self) -> Result<(), Fault> {
        self.take_hidden_name()?;
        self.is_unchanged()?;
        renameat(&self.parent, &*self.hidden, &self.parent, &*self.name).map_err(swap_fault)?;
        self.state = State::Overwritten;
        Ok(())
    }

    fn exchange(&self) -> rustix::io::Result<()> {
        renameat_with(&self.parent, &*self.hidden, &self.parent, &*self.name, RenameFlags::EXCHANGE)
    }

    fn move_aside(&self, from: &str, to: &str) -> rustix::io::Result<()> {
        move_aside(&self.parent, from, to)
    }

    /// Whether the file under this name is the expected one, with the expected bytes.
    fn expect(&self, file: &File, bytes: Option<&[u8]>, name: &str) -> Result<(), Fault> {
        let doing = "look at the file again";
        let now = read::open(self.parent.as_fd(), name).map_err(|fault| match fault {
            Fault::Io { errno: Errno::NOENT, .. } => Fault::Vanished,
            _ => Fault::Changed,
        })?;
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
        let unswapped = self.take_back().map_err(|_| match self.in_place {
            true => self.real.to_string(),
            false => format!("{} (beside it: {})", self.real, self.hidden),
        })?;
        self.state = unswapped;
        self.sync_directory().map_err(|_| self.real.to_string())
    }

    fn take_back(&self) -> Result<State, Fault> {
        let (true, Some(base)) = (self.in_place, self.base_bytes()) else { return self.unswap() };
        let mut file = in_place::open(self.parent.as_fd(), &self.name)?;
        let now = read::whole(&file)?;
        match self.goal.bytes() {
            _ if now == base => {}
            Some(new) if now == new || in_place::is_torn(&now, base, new) => in_place::write(&mut file, base)?,
            _ => return Err(Fault::Changed),
        }
        Ok(State::Clear)
    }

    /// Looks before and after: what came out in the meantime is somebody else's, and goes back to the name.
    fn unswap(&self) -> Result<State, Fault> {
        if let Some(new) = &self.new {
            self.expect(new, None, &self.name)?;
        }
        let (state, is_ours) = match self.change {
            Change::Created => {
                self.move_aside(&self.name, &self.hidden).map_err(swap_fault)?;
                (State::Prepared, self.new_is_hidden())
            }
            Change::Deleted => {
                self.move_aside(&self.hidden, &self.name).map_err(swap_fault)?;
                (State::Clear, Ok(()))
            }
            _ => {
                self.exchange().map_err(swap_fault)?;
                (State::Prepared, self.new_is_hidden())
            }
        };
        if let Err(fault) = is_ours {
            match self.change {
                Change::Created => self.move_aside(&self.hidden, &self.name),
                _ => self.exchange(),
            }
            .map_err(swap_fault)?;
            return Err(fault);
        }
        Ok(state)
    }

    fn new_is_hidden(&self) -> Result<(), Fault> {
        self.new.as_ref().map_or(Ok(()), |new| self.expect(new, None, &self.hidden))
    }

    /// Removes the old file. The new one is durable already, so a failure is only a leftover.
    pub fn settle(mut self) -> Written {
        let old_is_hidden = self.state == State::Published && self.change != Change::Created && !self.in_place;
        let removed = !old_is_hidden || self.unlink(&self.hidden).is_ok();
        // Should a power cut bring the old file back under its hidden name, that is a leftover too, and harmless.
        let _ = self.sync_directory();
        let way = match self.state {
            _ if self.in_place => Way::InPlace,
            State::Overwritten => Way::Renamed,
            _ => Way::Swapped,
        };
        self.state = State::Clear;
        Written {
            real: self.real.clone(),
            change: self.change,
            way,
            dropped: std::mem::take(&mut self.dropped),
            leftover: (!removed).then(|| self.real.with_file_name(&self.hidden)),
        }
    }

    fn unlink(&self, name: &str) -> rustix::io::Result<()> {
        unlinkat(&self.parent, name, AtFlags::empty())
    }
}

impl Drop for Staged<'_> {
    fn drop(&mut self) {
        if self.state == State::Prepared {
            // Nobody is left to tell; the name says what it is.
            let _ = self.unlink(&self.hidden);
        }
    }
}

/// Renames without replacing, by a second link where the file system cannot do it in one.
pub(crate) fn move_aside(parent: &OwnedFd, from: &str, to: &str) -> rustix::io::Result<()> {
    let unlink = |name: &str| unlinkat(parent, name, AtFlags::empty());
    match renameat_with(parent, from, parent, to, RenameFlags::NOREPLACE) {
        Err(errno) if knows_no_flags(errno) => {
            linkat(parent, from, parent, to, AtFlags::empty())?;
            unlink(from).or_else(|errno| unlink(to).and(Err(errno)))
        }
        done => done,
    }
}

pub(crate) fn knows_no_flags(errno: Errno) -> bool {
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
