#![doc = include_str!("../README.md")]

#[cfg(feature = "serde")]
pub mod bytes;
mod diagnostic;
mod editor;
/// The read-only view of a host.
pub mod files;
pub mod key;
/// Line endings and indentation.
pub mod lines;
mod patch;
mod reading;
mod span;
mod store;
mod syntax;

pub use diagnostic::{Diagnostic, Severity};
pub use editor::{Absent, Answer, Change, Duplicates, Edit, EditError, Manner, Move, Refusal, Request, RowEdit};
pub use patch::{Patch, Splice};
pub use reading::{Fact, Format, KeyError, Reading, Setting, Subject, Value};
pub use span::Span;
pub use store::{RowRef, Run, Text};
pub use syntax::Syntax;
