use std::fmt;
use std::io;

use kvmprep_host_files::{Fault, OpenError, WriteError};
use kvmprep_lossless::{Diagnostic, Report};

/// How a command ended where no error did; the number is the exit status.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// Done, or nothing to do.
    Done = 0,
    /// `diff`, `check` and `lint`: there is a difference, or a finding.
    Differs = 1,
    /// What can be shown was shown, and some edits were refused, or a file is missing.
    Refused = 4,
    /// What can be shown was shown, and a file could not be read.
    Unread = 5,
}

/// Why a command stopped, as it is told, and the exit status that goes with it.
#[derive(Debug)]
pub struct Failure {
    /// The class of safety: the same number always means the same.
    pub status: u8,
    /// `path:line:col: error[code]: …`; none where nobody is left to tell.
    pub message: Option<String>,
}

impl Failure {
    /// The command line, a profile, a key: what was asked for makes no sense.
    pub fn usage(path: &str, text: &[u8], diagnostic: &Diagnostic) -> Self {
        Self { status: 2, message: Some(Report { path, text, diagnostic }.to_string()) }
    }

    /// A verb would not.
    pub fn refused(path: &str, text: &[u8], diagnostic: &Diagnostic) -> Self {
        Self { status: 4, message: Some(Report { path, text, diagnostic }.to_string()) }
    }

    /// Input or output failed, and nothing changed.
    pub fn io(path: &str, why: impl fmt::Display) -> Self {
        let diagnostic = Diagnostic::error("io", why.to_string());
        Self { status: 5, message: Some(Report { path, text: b"", diagnostic: &diagnostic }.to_string()) }
    }

    /// A file was not written; `path` is how it is shown.
    pub fn write(path: &str, error: &WriteError) -> Self {
        let mut diagnostic = Diagnostic::error(error.code(), error.fault.to_string());
        if let Some(help) = way_on(&error.fault) {
            diagnostic = diagnostic.help(help);
        }
        let message = Report { path, text: b"", diagnostic: &diagnostic }.to_string();
        Self { status: error.class().exit_status(), message: Some(message) }
    }
}

impl From<io::Error> for Failure {
    /// Standard output failed. A reader that has seen enough and left, as `head` does, wants no message.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self { status: 5, message: None },
            _ => Self::io("standard output", error),
        }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::io(&error.path.to_string_lossy(), error.why)
    }
}

/// How to go on where the write path stopped, in the words of this command line.
fn way_on(fault: &Fault) -> Option<&'static str> {
    match fault {
        Fault::Distrusted { .. } => Some("`--allow-unsafe-dir` writes all the same"),
        Fault::HardLinked => {
            Some("`--hardlinks break` parts the names, `--in-place` writes over the file for all of them")
        }
        Fault::Busy => Some("wait for the other run, and try again"),
        Fault::SharedState => Some("it wants mode 0700, and to belong to whoever runs this"),
        Fault::BadRecord { .. } => {
            Some("look into it, and move it out of the journal: what it was about may be half-done")
        }
        Fault::NoSuchTransaction { .. } => Some("`status` lists those that can be undone"),
        Fault::Protected => Some("`chattr -i -a` lifts it, if nobody else wants it so"),
        Fault::MountPoint => Some("remove what is mounted there first"),
        Fault::NoDirectory => Some("make the directory first: its mode and owner are not for an editor to choose"),
        Fault::Appeared | Fault::Vanished | Fault::Changed => Some("run the command again: it reads the file anew"),
        Fault::Io { .. } => Some("nothing was changed; mend what the system names, and run the command again"),
        _ => None,
    }
}
