use std::collections::BTreeMap;
use std::ffi::CString;
use std::fs::File;

use rustix::buffer::spare_capacity;
use rustix::fs::{
    Gid, Mode, StatxAttributes, StatxFlags, Uid, XattrFlags, fchmod, fchown, fgetxattr, flistxattr, fremovexattr,
    fsetxattr, fstat, statx,
};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use crate::error::Fault;

/// What a file has beside its bytes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Metadata {
    /// Permission bits, with set-id and sticky.
    pub mode: u32,
    /// User and group by number; none is the caller's.
    pub owner: Option<(u32, u32)>,
    /// Extended attributes by name: ACLs, the label, capabilities and the user's own.
    pub attributes: BTreeMap<String, Vec<u8>>,
}

impl Metadata {
    /// What an editor gives a new file: anybody may read it.
    pub const fn new_file() -> Self {
        Self::of_mode(0o644)
    }

    /// Permission bits alone.
    pub const fn of_mode(mode: u32) -> Self {
        Self { mode, owner: None, attributes: BTreeMap::new() }
    }

    pub(crate) fn of(file: &File) -> Result<Self, Fault> {
        let stat = fstat(file).map_err(Fault::io("look at the file"))?;
        let (mode, owner) = (stat.st_mode & 0o7777, Some((stat.st_uid, stat.st_gid)));
        let found = attributes(file).map_err(Fault::io("read the extended attributes"))?;
        let attributes = found.into_iter().map(|(name, value)| (name.to_string_lossy().into_owned(), value)).collect();
        Ok(Self { mode, owner, attributes })
    }

    /// In the order of [`copy`].
    pub(crate) fn give(&self, new: &File) -> Result<(), Fault> {
        if let Some((user, group)) = self.owner {
            give_owner(new, user, group)?;
        }
        let doing = "set the extended attributes";
        let handed_down = attributes(new).map_err(Fault::io(doing))?;
        let is_wanted = |name: &CString| name.to_str().is_ok_and(|name| self.attributes.contains_key(name));
        for (name, _) in
            handed_down.iter().filter(|(name, _)| self.owner.is_some() && inherited(name) && !is_wanted(name))
        {
            fremovexattr(new, name).map_err(Fault::io(doing))?;
        }
        for (name, value) in self.attributes.iter().filter(|(name, _)| !SIGNATURES.contains(&name.as_bytes())) {
            fsetxattr(new, &**name, value, XattrFlags::empty()).map_err(Fault::io(doing))?;
        }
        set_mode(new, Mode::from_raw_mode(self.mode))
    }
}

/// They sign the old bytes and would be wrong on the new ones.
const SIGNATURES: [&[u8]; 2] = [b"security.ima", b"security.evm"];

/// Gives `new` the owner, extended attributes and mode of `old`, in this order: a change of owner clears set-id bits and
/// capabilities. Answers what was not taken over: signatures, and with `lossy` what cannot be.
pub(crate) fn copy(old: &File, new: &File, lossy: bool) -> Result<Vec<String>, Fault> {
    let stat = fstat(old).map_err(Fault::io("look at the file"))?;
    let mut keeping = Keeping { lossy, dropped: Vec::new() };
    keeping.kept("owner", give_owner(new, stat.st_uid, stat.st_gid))?;
    keeping.attributes(old, new)?;
    keeping.kept("mode", set_mode(new, Mode::from_raw_mode(stat.st_mode)))?;
    Ok(keeping.dropped)
}

struct Keeping {
    lossy: bool,
    dropped: Vec<String>,
}

impl Keeping {
    fn kept(&mut self, what: &str, done: Result<(), Fault>) -> Result<(), Fault> {
        match done {
            Err(_) if self.lossy => {
                self.dropped.push(what.to_owned());
                Ok(())
            }
            done => done,
        }
    }

    fn attributes(&mut self, old: &File, new: &File) -> Result<(), Fault> {
        let doing = "keep the extended attributes";
        let wanted = attributes(old).map_err(Fault::io(doing))?;
        let present = attributes(new).map_err(Fault::io(doing))?;
        let (signatures, wanted): (Vec<_>, Vec<_>) =
            wanted.into_iter().partition(|(name, _)| SIGNATURES.contains(&name.as_bytes()));
        let is_wanted = |name: &CString| wanted.iter().any(|(other, _)| other == name);
        for (name, _) in present.iter().filter(|(name, _)| inherited(name) && !is_wanted(name)) {
            fremovexattr(new, name).map_err(Fault::io(doing))?;
        }
        for (name, value) in wanted.iter().filter(|attribute| !present.contains(attribute)) {
            let done = fsetxattr(new, name, value, XattrFlags::empty()).map_err(Fault::io(doing));
            self.kept(&name.to_string_lossy(), done)?;
        }
        self.dropped.extend(signatures.into_iter().map(|(name, _)| name.to_string_lossy().into_owned()));
        Ok(())
    }
}

/// The mode, whatever the umask.
fn set_mode(file: &File, mode: Mode) -> Result<(), Fault> {
    fchmod(file, mode).map_err(Fault::io("set the mode"))
}

fn give_owner(new: &File, user: u32, group: u32) -> Result<(), Fault> {
    let doing = "keep the owner";
    let now = fstat(new).map_err(Fault::io(doing))?;
    if (user, group) == (now.st_uid, now.st_gid) {
        return Ok(());
    }
    fchown(new, Some(Uid::from_raw(user)), Some(Gid::from_raw(group))).map_err(Fault::io(doing))
}

/// What a directory hands down to new files, such as its default ACL, and the old file did without. Labels stay.
fn inherited(name: &CString) -> bool {
    !name.as_bytes().starts_with(b"security.")
}

fn attributes(file: &File) -> Result<Vec<(CString, Vec<u8>)>, Errno> {
    let list = match grown(|buffer| flistxattr(file, spare_capacity(buffer))) {
        Err(Errno::OPNOTSUPP) => Vec::new(),
        list => list?,
    };
    let mut found = Vec::new();
    for name in list.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let name = CString::new(name).map_err(|_| Errno::INVAL)?;
        match grown(|buffer| fgetxattr(file, &name, spare_capacity(buffer))) {
            Err(Errno::NODATA) => {}
            value => found.push((name, value?)),
        }
    }
    Ok(found)
}

/// The size may change between asking for it and reading: grow until the answer fits; the kernel's bound is 64 KiB.
fn grown(mut read: impl FnMut(&mut Vec<u8>) -> Result<usize, Errno>) -> Result<Vec<u8>, Errno> {
    let mut buffer = Vec::with_capacity(1 << 10);
    loop {
        match read(&mut buffer) {
            Err(Errno::RANGE) if buffer.capacity() < 1 << 16 => buffer.reserve(buffer.capacity() * 2),
            Err(errno) => return Err(errno),
            Ok(_) => return Ok(buffer),
        }
    }
}

/// Refuses files that a swap of names would harm, or could not replace.
pub(crate) fn replaceable(file: &File) -> Result<(), Fault> {
    if fstat(file).map_err(Fault::io("look at the file"))?.st_nlink > 1 {
        return Err(Fault::HardLinked);
    }
    // Where the kernel cannot tell, the swap itself fails, and cleanly.
    let Ok(stat) = statx(file, "", rustix::fs::AtFlags::EMPTY_PATH, StatxFlags::BASIC_STATS) else { return Ok(()) };
    if stat.stx_attributes.intersects(StatxAttributes::IMMUTABLE | StatxAttributes::APPEND) {
        return Err(Fault::Protected);
    }
    if stat.stx_attributes.contains(StatxAttributes::MOUNT_ROOT) {
        return Err(Fault::MountPoint);
    }
    Ok(())
}
