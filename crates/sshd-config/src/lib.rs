#![doc = include_str!("../README.md")]

mod algorithms;
mod check;
mod criteria;
mod edit;
mod effective;
mod explain;
mod grammar;
mod key;
mod lint;
mod matching;
mod reading;
mod scan;
mod syntax;
mod value;
mod views;
mod vocabulary;

use kvmprep_lossless::Document;

pub use check::{Check, Family};
pub use criteria::{Criteria, Criterion, MatchFault};
pub use effective::{
    Build, COMMAND_LINE, CommandLine, Complained, Complaint, Decision, Effective, MAIN_FILE, Situation, SituationError,
    Source, Unread, effective, effective_host,
};
pub use key::{Block, Key};
pub use matching::{Connection, Truth};
pub use syntax::{Grammar, Kind, Reader, Sshd, Version, VersionError};
pub use views::{Directive, MatchBlock, blocks, directives};
pub use vocabulary::{Keyword, Shape, Wins};

/// An sshd_config being edited.
pub type SshdConfig = Document<Sshd>;
