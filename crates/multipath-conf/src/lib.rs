//! Placeholder.

mod complaint;
mod edit;
mod effective;
mod key;
mod lexer;
mod outline;
mod regex;
mod settings;
mod statement;
mod syntax;
mod table;
mod value;
mod version;
mod vocabulary;

pub use kvmprep_lossless::Document;

pub use complaint::{Class, Complaint, complaints};
pub use effective::{Attributes, Effective, Lists, effective, is_drop_in};
pub use key::Key;
pub use syntax::{Daemon, Kind, Multipath};
pub use table::Table;
pub use version::{Version, VersionError};

/// A `multipath.conf` being edited.
pub type MultipathConf = Document<Multipath>;
