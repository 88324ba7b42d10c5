//! Placeholder.

mod diagnostics;
mod edit;
mod effective;
mod entries;
mod format;
mod glob;
mod grammar;
mod key;
mod loaded;
mod syntax;
mod value;
mod vocabulary;

use kvmprep_lossless::Document;

pub use effective::{Complaint, Kernel, Outcome, Write, effective};
pub use entries::{Entry, Live, assignments, entries};
pub use grammar::{Assignment, Statement};
pub use key::Key;
pub use syntax::{Kind, Reader, SysctlConf};

/// A sysctl.conf or a drop-in of sysctl.d being edited.
pub type SysctlFile = Document<SysctlConf>;
