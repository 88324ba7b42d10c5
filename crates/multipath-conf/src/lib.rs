//! Lossless editing of `multipath.conf`, as `multipathd` reads it.
//!
//! The file is read with the daemon's own rules ([`Multipath`]): lines of at most 1,022 bytes, `#` and `!` comments,
//! strings with `""` for a quote, and its block reader, which counts no braces: a section opens with its name, closes with
//! a line that begins with `}`, and a name it does not know opens nothing. What other tools refuse (`find_multipaths
//! strict`, `enable_foreign "^$"`, CRLF, a brace on the next line) is ordinary here, and what they misread (a block on one
//! line, the tail of a long comment) is read as the daemon reads it.
//!
//! ```
//! use kvmprep_lossless::Request;
//! use kvmprep_multipath_conf::{Key, MultipathConf};
//!
//! let mut conf = MultipathConf::parse("\
//! defaults {
//! \tuser_friendly_names no # as shipped
//! }
//! multipaths {
//! \tmultipath {
//! \t\twwid 3600a0b80000f1234
//! \t\talias db # production
//! \t}
//! }
//! ");
//! let friendly: Key = "defaults.user_friendly_names".parse()?;
//! let aliases: Key = "multipaths.multipath[*].alias".parse()?;
//! conf.apply(&Request::set(friendly, "yes"))?;
//! conf.apply(&Request::unset(aliases))?;
//! assert_eq!(conf.to_bytes(), b"\
//! defaults {
//! \tuser_friendly_names yes # as shipped
//! }
//! multipaths {
//! \tmultipath {
//! \t\twwid 3600a0b80000f1234
//! \t\t# production
//! \t}
//! }
//! ");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What a verb does
//!
//! - *Set* edits the last valid line, which is the one that counts; where there is none, it uncomments a default inside a
//!   live section, else writes a line into the last live section or block, else appends the section. A value that already
//!   means the same (`1` for `yes`) is left alone.
//! - *Unset* and *Disable* take every live line; a comment behind a line stays. `[*]` takes every block in one pass. A
//!   `multipath` left with its `wwid` stays.
//! - *Add*, *Remove* and *Set* of `blacklist.wwid` and its like work on decoded entries; an entry that would keep the
//!   daemon from starting is refused, and so is an empty value that a later block of the same strings would lose
//!   (`empty-is-lost`).
//! - A file that reads otherwise than it looks (an unknown block, a brace behind a value, a line too long for the
//!   daemon's buffer, a NUL, a section left open) gets no new lines: the refusal names the daemon's complaint and its
//!   line. Values on live lines may be edited all the same.
//!
//! # Limits
//!
//! The [`Version`] that reads the file decides which keywords there are, what their handlers take, and how strings and
//! lines are read; the builds of Enterprise Linux are versions of their own ([`Version::EL8`]). Of 0.9.4 all is asked of
//! the program, of the others it is known from their sources alone: before 0.8.8, what a number out of range is taken for
//! is not known; what a version says while it reads is told as 0.9.4 says it.
//!
//! Drop-ins win over the main file: [`effective()`] takes them all, and so does `explain`, which finds them on the host
//! and says where each value is set; an edit sees one file. What is built in is not known.
//!
//! What one [`Map`] takes of a keyword, over all sections that may set it, no program prints without the devices: it is
//! known from the selections in the daemon's sources (`propsel.c`), and told under the circumstance that no `device` that
//! is built in goes before it.

mod blocks;
mod complaint;
mod diagnostics;
mod edit;
mod effective;
mod explain;
mod key;
mod lexer;
mod lint;
mod map;
mod outline;
mod reading;
mod regex;
mod settings;
mod statement;
mod syntax;
mod table;
mod value;
mod version;
mod vocabulary;

use kvmprep_lossless::Document;

pub use blocks::{Assignment, Section, sections};
pub use complaint::{Class, Complaint, complaints};
pub use effective::{Attributes, Effective, Lists, effective, is_drop_in};
pub use key::Key;
pub use map::{Map, MapError};
pub use syntax::{Kind, Multipath, Reader};
pub use table::Table;
pub use version::{Version, VersionError};

/// A `multipath.conf` being edited.
pub type MultipathConf = Document<Multipath>;
