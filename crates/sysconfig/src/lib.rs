//! Lossless editor for shell-style sysconfig files: `/etc/sysconfig/libvirt-guests`, `/etc/sysconfig/libvirtd`,
//! `/etc/default/*`.
//!
//! Such a file is one text in two languages. A script sources it: then it is shell code, run line by line. A unit names
//! it in `EnvironmentFile=`: then systemd reads it by rules of its own, which look like the shell's and are not. An
//! edit is made only in a form that every reader of the file takes alike; where there is none it is refused, with the
//! reason.
//!
//! ```
//! use kvmprep_lossless::Request;
//! use kvmprep_sysconfig::{Key, SysconfigFile};
//!
//! let mut file = SysconfigFile::parse("# action taken on host boot\n#ON_BOOT=start\n\n#URIS=default\n");
//! let on_boot: Key = "ON_BOOT".parse()?;
//! file.apply(&Request::set(on_boot, "ignore"))?;
//!
//! // The shipped default is uncommented in place; nothing else moves.
//! assert_eq!(file.to_bytes(), b"# action taken on host boot\nON_BOOT=ignore\n\n#URIS=default\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is read
//!
//! - Words with every form of quoting, continued lines, several assignments a line, `export`; the last one wins.
//! - Shell code is kept and never run: a compound command or a here-document is one statement, whose inside is not
//!   edited. What code or an expansion decides is [`kvmprep_lossless::Value::Unknown`], with the reason.
//! - systemd's reading is complete: a model of `EnvironmentFile=` as of version 252.
//! - "Known" for [`Reader::Shell`] means: the same in bash, in bash in POSIX mode and in dash.
//!
//! # How it is edited
//!
//! - `set` changes the last assignment that is always run, and keeps its quotes where they can hold the new value. Else
//!   it uncomments the default (`#KEY=word`, at most one blank behind the mark, nothing behind the word); of several the
//!   one that says what is wanted, then one without a blank, then the last. Else it writes a new line at the end, or
//!   before the first statement that can end the file.
//! - Where systemd reads the file, a trailing comment moves above its line, `A=1; B=2` and `export A=1` are split into
//!   lines: systemd would take all of the line for the value.
//! - `add` and `remove` see a value as blank-separated words; an item of two words, as `--timeout 120`, is one item.
//! - A file with something unclosed, or with a syntax error, is read and not edited.

mod assignments;
mod builtin;
mod code;
mod conditional;
mod diagnostics;
mod disagreement;
mod edit;
mod effective;
mod expansion;
mod explain;
mod fault;
mod grammar;
mod key;
mod level;
mod lexer;
mod lint;
mod names;
mod operator;
mod parts;
mod reading;
mod redirect;
mod scan;
mod services;
mod statement;
mod syntax;
mod systemd;
mod value;

pub use assignments::{Assignment, assignments};
pub use key::Key;
pub use kvmprep_lossless::SystemdVersion;
pub use services::service_remark;
pub use syntax::{Kind, Reader, State, Sysconfig};

/// A sysconfig file being edited.
pub type SysconfigFile = kvmprep_lossless::Document<Sysconfig>;
