//! Files under hidden names that a run could not clean up: new ones of a run that died before it had a record of them, and
//! old ones that could not be removed.

use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{AtFlags, fstat, unlinkat};
use rustix::process::geteuid;

use crate::digest::Digest;
use crate::error::Fault;
use crate::read;
use crate::state::State;
use crate::transaction::{Transaction, TransactionId};

/// Removes what stands beside a target under a hidden name of ours, if it belongs to no transaction that came to swap a
/// file, or if the record of its transaction has the same bytes. What a swap took out from somebody else stays.
pub(crate) fn sweep(state: &State, parent: BorrowedFd<'_>, name: &str) -> Result<(), Fault> {
    let directory = match read::listing(parent) {
        Ok(names) => names,
        // A directory that may be searched and not listed hides its leftovers too.
        Err(Fault::Io { .. }) => return Ok(()),
        Err(fault) => return Err(fault),
    };
    for hidden in directory.iter().filter_map(|hidden| std::str::from_utf8(hidden).ok()) {
        let Some(id) = TransactionId::of_hidden(hidden, name) else { continue };
        let Some(digest) = ours(parent, hidden) else { continue };
        if Transaction::never_opened(state, &id)? || Transaction::has(state, &id, hidden, digest)? {
            unlinkat(parent, hidden, AtFlags::empty()).map_err(Fault::io("remove a leftover"))?;
        }
    }
    Ok(())
}

/// What a regular file of the caller holds.
fn ours(parent: BorrowedFd<'_>, name: &str) -> Option<Digest> {
    let file = read::open(parent, name).ok()?;
    let stat = fstat(file.as_fd()).ok()?;
    (stat.st_uid == geteuid().as_raw()).then(|| read::whole(&file).map(|bytes| Digest::of(&bytes)).ok())?
}
