#![doc = include_str!("../README.md")]

#[cfg(feature = "serde")]
pub mod bytes;
mod damage;
mod diagnostic;
#[cfg(feature = "diff")]
pub mod diff;
mod document;
mod editor;
/// What the consumers take in the end, over all files they read.
pub mod effective;
/// The read-only view of a host.
pub mod files;
pub mod key;
pub mod laws;
/// Line endings and indentation.
pub mod lines;
mod patch;
mod reading;
mod span;
mod store;
mod syntax;
mod systemd;
mod text_keys;
pub mod value;

pub use diagnostic::{Diagnostic, Place, Report, Severity};
pub use document::Document;
pub use editor::{Absent, Answer, Change, Duplicates, Edit, EditError, Manner, Move, Refusal, Request, RowEdit};
pub use patch::{Patch, Splice};
pub use reading::{Fact, Format, KeyError, Lint, Reading, Setting, Subject, Value};
pub use span::Span;
pub use store::{RowRef, Run, Text};
pub use syntax::Syntax;
pub use systemd::SystemdVersion;
pub use text_keys::{Editor, Taken};

#[cfg(test)]
mod tests;
