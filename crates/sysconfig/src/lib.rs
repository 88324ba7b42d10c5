//! x
mod code;
mod diagnose;
mod edit;
mod effective;
mod grammar;
mod key;
mod lexer;
mod parts;
mod reading;
mod scan;
mod statement;
mod syntax;
mod systemd;
mod value;
/// d
pub type SysconfigFile = kvmprep_lossless::Document<Sysconfig>;
pub use key::Key;
pub use syntax::{Kind, Reader, State, Sysconfig};
