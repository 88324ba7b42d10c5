//! The one library of kvmprep-edit that opens files: a host's root, read as
//! [`Files`](kvmprep_lossless::files::Files), and the way a changed file gets back to it.
//!
//! - **No way out.** Every link, absolute or with `..`, is followed inside the root. The kernel is never asked for `..`.
//! - **Read once.** What was read stays as it was read, and [`Root::reads`] lists it with hashes for the record of a plan.
//! - **Whole old or whole new.** A file is prepared beside its target, synced, and swapped in; what came out is looked at
//!   again, and if it is not the base that the caller saw, it is swapped back: [`Fault::Changed`].
//! - **Nothing to do, nothing done.** Equal bytes leave inode and times alone.
//!
//! ```
//! use camino::Utf8Path;
//! use kvmprep_host_files::{Base, Change, Root};
//! use kvmprep_lossless::files::{Entry, Files};
//!
//! let folder = tempfile::tempdir()?;
//! std::fs::write(folder.path().join("hosts"), "192.0.2.11 kvm1\n")?;
//!
//! let root = Root::open(folder.path())?;
//! let hosts = Utf8Path::new("/hosts");
//! let Entry::File(base) = root.look(hosts)?.entry else { panic!("just written") };
//! let written = root.write(hosts, Base::Bytes(&base), b"192.0.2.12 kvm1\n")?;
//! assert_eq!(written.change, Change::Replaced);
//!
//! let late = root.write(hosts, Base::Bytes(&base), b"192.0.2.13 kvm1\n").unwrap_err();
//! assert_eq!((late.code(), late.class().exit_status()), ("changed", 3));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - **All or nothing.** Several files are one transaction: a run that dies amid it leaves a record in
//!   `var/lib/kvmprep-edit`, by which the next one makes all files new or all old ([`Root::recover`]). What was is kept, and
//!   [`Root::undo`] brings it back.
//! - **One at a time.** Runs wait for each other; a lock falls with its process.
//!

mod digest;
mod error;
mod in_place;
mod leftovers;
mod look;
mod metadata;
mod read;
mod recover;
mod resolve;
mod root;
mod stage;
mod state;
mod transaction;
mod undo;
mod write;

pub use digest::{Digest, NotADigest};
pub use error::{Class, Fault, OpenError, WriteError};
pub use metadata::Metadata;
pub use read::LIMIT;
pub use recover::{Outcome, Recovered};
pub use root::{Content, Read, Root};
pub use transaction::TransactionId;
pub use undo::{NotAnId, Recorded};
pub use write::{Base, Change, Committed, Goal, Way, Write, Written};
