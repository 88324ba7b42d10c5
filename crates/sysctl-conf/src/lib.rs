//! Placeholder.

mod effective;
mod entries;
mod glob;
mod grammar;
mod key;
mod loaded;
mod syntax;

pub use effective::{Complaint, Kernel, Outcome, Write, effective};
pub use entries::{Entry, Live, assignments, entries};
pub use grammar::{Assignment, Statement};
pub use key::Key;
pub use syntax::{Kind, Reader, SysctlConf};
