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
//! Not yet here: the lock between two runs, the journal and its recovery, backups, writing in place. Until then a process
//! that is killed between the swap and the clean-up leaves `.NAME.kvmprep-edit.RANDOM~` behind, and killed amid several
//! files it leaves some new and some old.

mod digest;
mod error;
mod metadata;
mod read;
mod resolve;
mod root;
mod stage;
mod write;

pub use digest::{Digest, NotADigest};
pub use error::{Class, Fault, OpenError, WriteError};
pub use read::LIMIT;
pub use root::{Content, Read, Root};
pub use write::{Base, Change, Goal, Write, Written};
