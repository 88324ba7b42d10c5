//! Writing over a file whose name cannot be given to another: a mount point, as container engines make of /etc/hosts.
//! Readers may see a mixture of old and new meanwhile; the journal holds both.

use std::fs::File;
use std::io::{Seek, Write as _};
use std::os::fd::BorrowedFd;

use rustix::fs::{FallocateFlags, FileType, Mode, OFlags, fallocate, fstat, openat};
use rustix::io::Errno;

use crate::error::Fault;
use crate::read;

const DOING: &str = "write over the file";

/// Opens the file for writing over it.
pub(crate) fn open(parent: BorrowedFd<'_>, name: &str) -> Result<File, Fault> {
    let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file: File = openat(parent, name, flags, Mode::empty()).map_err(Fault::io(DOING))?.into();
    let kind = FileType::from_raw_mode(fstat(&file).map_err(Fault::io(DOING))?.st_mode);
    if kind == FileType::RegularFile { Ok(file) } else { Err(Fault::NotRegular) }
}

/// A full disk is found out before the first byte goes.
pub(crate) fn reserve(file: &File, bytes: &[u8]) -> Result<(), Fault> {
    match fallocate(file, FallocateFlags::KEEP_SIZE, 0, (bytes.len() as u64).max(1)) {
        Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
        Err(errno) => Err(Fault::io(DOING)(errno)),
    }
}

/// Space is reserved before the first byte goes, and the length is set behind the last: a full disk changes nothing.
pub(crate) fn write(file: &mut File, bytes: &[u8]) -> Result<(), Fault> {
    reserve(file, bytes)?;
    let length = bytes.len() as u64;
    file.rewind().map_err(Fault::io(DOING))?;
    file.write_all(bytes).map_err(Fault::io(DOING))?;
    file.set_len(length).map_err(Fault::io(DOING))?;
    file.sync_all().map_err(Fault::io("sync the file"))?;
    file.rewind().map_err(Fault::io(DOING))?;
    if read::whole(file)? == bytes { Ok(()) } else { Err(Fault::ReadBack) }
}

/// True for what a write that was cut short leaves: at every place the old byte or the new one, and a length between
/// the two.
pub(crate) fn is_torn(now: &[u8], old: &[u8], new: &[u8]) -> bool {
    let (least, most) = (old.len().min(new.len()), old.len().max(new.len()));
    let is_one = |(i, byte): (usize, &u8)| old.get(i) == Some(byte) || new.get(i) == Some(byte);
    (least..=most).contains(&now.len()) && now.iter().enumerate().all(is_one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mixture_of_old_and_new_is_told_from_the_work_of_others() {
        let (old, new) = (&b"old line\nb\n"[..], &b"new"[..]);
        for torn in ["old line\nb\n", "new", "nld line\nb\n", "new line\nb\n", "new line"] {
            assert!(is_torn(torn.as_bytes(), old, new), "{torn:?}");
        }
        for foreign in ["ne", "new lime\nb\n", "old line\nb\n\n", ""] {
            assert!(!is_torn(foreign.as_bytes(), old, new), "{foreign:?}");
        }
    }
}
