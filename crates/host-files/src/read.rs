use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd};

use bstr::BString;
use rustix::fs::{Dir, FileType, Mode, OFlags, fstat, openat};

use crate::error::Fault;

/// The most bytes of one file: 64 MiB.
pub const LIMIT: u64 = 64 << 20;

/// Opens a regular file that stands under this very name. Neither waits for a pipe's writer nor follows a link.
pub(crate) fn open(parent: BorrowedFd<'_>, name: &str) -> Result<File, Fault> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = openat(parent, name, flags, Mode::empty()).map_err(Fault::io("open the file"))?;
    let stat = fstat(&file).map_err(Fault::io("look at the file"))?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(Fault::NotRegular);
    }
    Ok(file.into())
}

/// All bytes: a file may grow while it is read, and some claim to be empty.
pub(crate) fn whole(file: &File) -> Result<Vec<u8>, Fault> {
    let stat = fstat(file).map_err(Fault::io("look at the file"))?;
    let claimed = u64::try_from(stat.st_size).unwrap_or(0);
    if claimed > LIMIT {
        return Err(Fault::TooLarge);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(claimed).unwrap_or(0) + 1);
    file.take(LIMIT + 1).read_to_end(&mut bytes).map_err(Fault::io("read the file"))?;
    if bytes.len() as u64 > LIMIT { Err(Fault::TooLarge) } else { Ok(bytes) }
}

/// The names in a directory, in byte order.
pub(crate) fn listing(directory: BorrowedFd<'_>) -> Result<Vec<BString>, Fault> {
    let doing = "list the directory";
    let readable = open_directory(directory).map_err(Fault::io(doing))?;
    let mut names = Vec::new();
    for entry in Dir::new(readable).map_err(Fault::io(doing))? {
        let entry = entry.map_err(Fault::io(doing))?;
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            names.push(BString::from(name));
        }
    }
    names.sort();
    Ok(names)
}

/// Descriptors of the walk only mark a place; listing and syncing ask for an open directory.
pub(crate) fn open_directory(place: impl AsFd) -> rustix::io::Result<std::os::fd::OwnedFd> {
    openat(place, ".", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
}
