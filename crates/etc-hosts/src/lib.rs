//! A lossless editor for `/etc/hosts`, as the C library reads it.
//!
//! ```
//! use kvmprep_etc_hosts::{HostsFile, Key};
//! use kvmprep_lossless::Request;
//!
//! let mut hosts = HostsFile::parse("127.0.0.1   localhost kvm1  # own\n");
//! hosts.apply(&Request::set(Key::names(["kvm1.example.com", "kvm1"]), "192.0.2.11"))?;
//! assert_eq!(
//!     hosts.to_bytes(),
//!     b"127.0.0.1   localhost  # own\n192.0.2.11  kvm1.example.com kvm1\n"
//! );
//! # Ok::<(), kvmprep_lossless::EditError>(())
//! ```
//!
//! # Keys and values
//! A [`Key`] is one or more names that move together, in the order to write, with an optional family: `kvm1`,
//! `kvm1.example.com,kvm1`, `kvm1/v4`. Values are addresses; without a family in the key, an edit is about the families
//! of its addresses and leaves the other one alone. An alias is no verb of its own: `stor1` set to the address of `kvm1`
//! joins that line, behind the names that are there.
//!
//! # What holds
//! - Every line of a name counts, as with `multi on` in `host.conf`: **set** leaves exactly the addresses asked for in a
//!   family, on however many lines. **add** gives one more, **remove** takes one.
//! - `localhost`, `localhost.*`, `localhost4`, `localhost6` and `ip6-*` stay on their loopback and multicast lines.
//! - `::1` and mapped addresses answer both families, and verbs count them in both.
//! - A canonical name changes only where the request names it or takes it away; then it is reported.
//! - An unended last line that begins with blanks is misread by the C library ([`effective::by_name`]): it is reported, and
//!   ended by an edit of its names.
//! - Comments and lines that the C library skips are never matched. A line whose last name goes is dropped whole,
//!   its comment reported.
//!
//! # On a host
//! What lookups answer, by which lines and why, with `multi` of host.conf and the services of nsswitch.conf looked at, is told
//! by [`Effective`](kvmprep_lossless::effective::Effective).
//!
//! # Limits
//! - Blanks that an edit uses up to keep a column are not given back when it is undone: an address that overran its
//!   column leaves one space.
//! - A file with a NUL, or with CR alone for line ends, is read and not edited.
//! - Markers of managed blocks are comments like any other: new lines go behind the last entry of their family,
//!   and behind any line that answers lookups by the same address.

mod diagnostics;
mod edit;
/// What the real consumer sees.
pub mod effective;
mod explain;
mod grammar;
mod key;
mod lint;
mod reading;
mod record;
mod surroundings;
mod syntax;
mod value;

pub use key::{Key, Name, Names};
pub use record::{Record, records};
pub use surroundings::OwnName;
pub use syntax::{EtcHosts, Kind, Reader};
pub use value::Family;

/// A hosts file being edited.
pub type HostsFile = kvmprep_lossless::Document<EtcHosts>;
