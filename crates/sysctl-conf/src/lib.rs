//! A lossless editor for sysctl.conf(5) and the drop-ins of sysctl.d(5), as procps and systemd read them.
//!
//! ```
//! use kvmprep_lossless::Request;
//! use kvmprep_sysctl_conf::{Key, SysctlFile};
//!
//! let mut file = SysctlFile::parse("# Swap late.\r\n#vm.swappiness=60\r\n");
//! let swappiness: Key = "vm.swappiness".parse()?;
//!
//! file.apply(&Request::set(swappiness.clone(), "1"))?;
//! assert_eq!(file.to_bytes(), b"# Swap late.\r\nvm.swappiness=1\r\n");
//!
//! file.apply(&Request::disable(swappiness))?;
//! assert_eq!(file.to_bytes(), b"# Swap late.\r\n#vm.swappiness=1\r\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Two readers
//! systemd-sysctl applies the files at boot, procps' `sysctl` by hand, and the two do not always agree: on where a line
//! ends, on what a `-` or a pattern does, on what overrides what. A document is written for both unless
//! [`SysctlConf::for_readers`] says otherwise: an edit counts only when each of its readers takes it as asked. Their
//! rules were asked of procps 4.0.2 and systemd 252; comments name the recorded case in
//! `testdata/cases/sysctl.cases.jsonl` or `testdata/sysctl/edges.cases.jsonl` that shows a rule. What other versions do
//! otherwise, a [`Reader`] knows by its version: releases of procps were built and run, and sources read (`setting_new`,
//! `settinglist_findpath`, `WriteSetting` and `Preload` of procps' `sysctl.c`; `parse_file`, `apply_all` and `main` of
//! systemd's, with `sysctl_normalize`, `sysctl_write` and `read_line`, in RHEL 7's 219, RHEL 8's 239, and upstream).
//!
//! # The verbs
//! * **set** edits the value of the last assignment, in any spelling of the key. Without one, the last commented
//!   default (`#vm.swappiness=60`) comes to life, or a line is appended in the style of its neighbours. A line goes
//!   below an exclusion of the key, as systemd drops settings above it. `10 # low` is a value to both readers: what
//!   looks like its comment moves to a line above.
//! * **unset** takes out every assignment of the key, **disable** makes them comments.
//! * **add** and **remove** are refused: no value is a list.
//!
//! # What is refused
//! A value that is empty, has blanks at its ends or looks as if it had a comment; a key with empty names, patterns or
//! odd characters; a file with a NUL, a CR inside a line, a byte order mark or a line of 1 MiB. The caller may allow
//! those that say so, by their code.
//!
//! # Over all files
//! A verb sees one file. Which files a reader applies, and in which order, say [`sources`]; which of them decides a key
//! [`decision`], and what reaches a kernel [`effective()`] and [`effective_system`]. All of it together, with the reasons,
//! is [`Effective`](kvmprep_lossless::effective::Effective).

mod diagnostics;
mod edit;
mod effective;
mod entries;
mod explain;
mod grammar;
mod kernel;
mod key;
mod lint;
mod loaded;
mod precedence;
mod reader;
mod reading;
mod settings;
mod syntax;
mod value;
mod vocabulary;

use kvmprep_lossless::Document;

pub use effective::{Complaint, Outcome, Write, effective, effective_system};
pub use entries::{Entry, Live, assignments, entries};
pub use explain::Situation;
pub use grammar::{Assignment, Statement};
pub use kernel::Kernel;
pub use key::Key;
pub use kvmprep_lossless::SystemdVersion;
pub use kvmprep_lossless::files::Location;
pub use precedence::{Content, DIRECTORIES, Decision, MAIN_FILE, Source, decision, sources};
pub use reader::{ProcpsVersion, ProcpsVersionError, Reader};
pub use syntax::{Kind, SysctlConf};

/// A sysctl.conf or a drop-in of sysctl.d being edited.
pub type SysctlFile = Document<SysctlConf>;
