//! New files that a run gave a hidden name, and died before it had a record of them.

use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{AtFlags, fstat, unlinkat};
use rustix::process::geteuid;

use crate::error::Fault;
use crate::read;
use crate::state::State;
use crate::transaction::{Transaction, TransactionId};

/// Removes what stands beside a target under a hidden name of ours and belongs to no transaction that came to swap a file.
/// What was taken out by a swap is never removed here: it has a record, open or kept.
pub(crate) fn sweep(state: &State, parent: BorrowedFd<'_>, name: &str) -> Result<(), Fault> {
    let directory = match read::listing(parent) {
        Ok(names) => names,
        // A directory that may be searched and not listed hides its leftovers too.
        Err(Fault::Io { .. }) => return Ok(()),
        Err(fault) => return Err(fault),
    };
    for hidden in directory.iter().filter_map(|hidden| std::str::from_utf8(hidden).ok()) {
        let Some(id) = TransactionId::of_hidden(hidden, name) else { continue };
        if Transaction::never_opened(state, &id)? && is_ours(parent, hidden) {
            unlinkat(parent, hidden, AtFlags::empty()).map_err(Fault::io("remove a leftover"))?;
        }
    }
    Ok(())
}

fn is_ours(parent: BorrowedFd<'_>, name: &str) -> bool {
    let stat = read::open(parent, name).and_then(|file| fstat(file.as_fd()).map_err(Fault::io("look at a leftover")));
    stat.is_ok_and(|stat| stat.st_uid == geteuid().as_raw())
}
