use std::path::PathBuf;

use camino::{Utf8Path, Utf8PathBuf};
use rustix::io::Errno;

/// The root could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("{}: {why}", path.display())]
pub struct OpenError {
    /// The root as asked.
    pub path: PathBuf,
    /// Absent, not a directory, no permission.
    pub why: Errno,
}

/// A file was not written. Unless the class is [`Class::Uncertain`], everything is as it was.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{path}: {fault}")]
pub struct WriteError {
    /// The file as asked.
    pub path: Utf8PathBuf,
    /// What stood in the way.
    pub fault: Fault,
}

impl WriteError {
    /// What a caller may do about it.
    pub fn class(&self) -> Class {
        self.fault.class()
    }

    /// A stable word for scripts.
    pub fn code(&self) -> &'static str {
        self.fault.code()
    }
}

/// What a caller may do about an error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// The file is no longer what the caller saw: read it again and plan anew.
    Conflict,
    /// Never writable in this way: the message names the reason.
    Refused,
    /// The system failed; nothing has changed.
    Unchanged,
    /// Another run is at work: try again later.
    Busy,
    /// The system failed half-way and the way back failed too: the message names the files.
    Uncertain,
}

impl Class {
    /// The exit status of the command line: 3 to 7.
    pub fn exit_status(self) -> u8 {
        match self {
            Self::Conflict => 3,
            Self::Refused => 4,
            Self::Unchanged => 5,
            Self::Uncertain => 6,
            Self::Busy => 7,
        }
    }
}

/// What stood in the way.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    /// The base says that there is no file, but there is one.
    #[error("exists now, but did not when it was looked at; plan again")]
    Appeared,
    /// The base says that there is a file, but there is none.
    #[error("has vanished since it was read; plan again")]
    Vanished,
    /// The file differs from the base.
    #[error("has changed since it was read; plan again")]
    Changed,
    /// A directory, device, socket or pipe.
    #[error("is not a regular file")]
    NotRegular,
    /// The directory of a new file does not exist.
    #[error("its directory does not exist")]
    NoDirectory,
    /// A new file would part the names of one file.
    #[error("has more than one hard link; replacing it would part its names")]
    HardLinked,
    /// chattr +i or +a.
    #[error("is immutable or append-only; see chattr(1)")]
    Protected,
    /// Another file is mounted over the name, as container engines do for /etc/hosts.
    #[error("is a mount point and cannot be replaced")]
    MountPoint,
    /// Someone else could exchange the file or a directory under our hands.
    #[error("{} {why}, so others could redirect the write", within_the_root(at))]
    Distrusted {
        /// The directory or link.
        at: Utf8PathBuf,
        /// Whose it is, or who may write to it.
        why: &'static str,
    },
    /// Another run holds the lock.
    #[error("another run is at work, and did not end within 10 s")]
    Busy,
    /// A name on the way to the state directory is no directory.
    #[error("no state directory can be made there")]
    NoState,
    /// Others may look into the state directory, or write there.
    #[error("is open to others, or belongs to another user: it holds what files held, and what a later run puts back")]
    SharedState,
    /// A record of the journal does not say what it should.
    #[error("journal/{id} is no record of a transaction")]
    BadRecord {
        /// Its name.
        id: String,
    },
    /// There is no backup of that name.
    #[error("{id} is no transaction that can be undone")]
    NoSuchTransaction {
        /// Its name.
        id: String,
    },
    /// Another write of the same commit is about the same file.
    #[error("is written twice at once, perhaps by two names")]
    Twice,
    /// What was read back is not what was written.
    #[error("the new file reads back otherwise than it was written")]
    ReadBack,
    /// More than [`LIMIT`](crate::LIMIT).
    #[error("is larger than {} MiB", crate::LIMIT >> 20)]
    TooLarge,
    /// More links than the kernel would follow.
    #[error("more than 40 links, or links in a circle")]
    LinkLoop,
    /// A link leads to a name that cannot be shown.
    #[error("{at} leads to a name that is not UTF-8")]
    NotUtf8 {
        /// The link.
        at: Utf8PathBuf,
    },
    /// A system call failed.
    #[error("cannot {doing}: {errno}")]
    Io {
        /// The step that failed.
        doing: &'static str,
        /// What the system says.
        errno: Errno,
    },
    /// A later step failed and these could not be put back.
    #[error("{cause}; and these could not be put back: {}", files.join(", "))]
    Uncertain {
        /// What failed first.
        cause: Box<Fault>,
        /// The files, each with the hidden name beside it that holds the other copy.
        files: Vec<String>,
    },
}

/// A path within the root; `/` alone would be taken for the system's own root.
fn within_the_root(at: &Utf8Path) -> &str {
    if at == "/" { "the root directory" } else { at.as_str() }
}

impl Fault {
    /// For `map_err`: this step failed.
    pub(crate) fn io<E: Into<SystemError>>(doing: &'static str) -> impl Fn(E) -> Self {
        move |error| Self::Io { doing, errno: error.into().0 }
    }

    /// What a caller may do about it.
    pub fn class(&self) -> Class {
        match self {
            Self::Appeared | Self::Vanished | Self::Changed => Class::Conflict,
            Self::Io { .. } | Self::ReadBack => Class::Unchanged,
            Self::Busy => Class::Busy,
            Self::Uncertain { .. } => Class::Uncertain,
            _ => Class::Refused,
        }
    }

    /// A stable word for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Appeared => "appeared",
            Self::Vanished => "vanished",
            Self::Changed => "changed",
            Self::NotRegular => "not-regular",
            Self::NoDirectory => "no-directory",
            Self::HardLinked => "hard-linked",
            Self::Protected => "protected",
            Self::MountPoint => "mount-point",
            Self::Distrusted { .. } => "unsafe-directory",
            Self::Busy => "busy",
            Self::NoState => "no-state",
            Self::SharedState => "shared-state",
            Self::BadRecord { .. } => "bad-record",
            Self::NoSuchTransaction { .. } => "no-such-transaction",
            Self::Twice => "written-twice",
            Self::ReadBack => "read-back",
            Self::TooLarge => "too-large",
            Self::LinkLoop => "link-loop",
            Self::NotUtf8 { .. } => "link-not-utf8",
            Self::Io { .. } => "io",
            Self::Uncertain { .. } => "uncertain",
        }
    }
}

/// The number behind either library's error.
pub(crate) struct SystemError(Errno);

impl From<Errno> for SystemError {
    fn from(errno: Errno) -> Self {
        Self(errno)
    }
}

impl From<std::io::Error> for SystemError {
    fn from(error: std::io::Error) -> Self {
        Self(Errno::from_io_error(&error).unwrap_or(Errno::IO))
    }
}
