use std::fmt;

use kvmprep_lossless::lines::line_end;
use kvmprep_lossless::{Syntax, SystemdVersion, lines};
use logos::Logos;

use crate::code::Reach;
use crate::lexer::Line;
use crate::parts::{Part, Parts, command_name, may_leave};
use crate::statement::{Fault, HazardKind, Runs, Statement};
use crate::systemd::Mode;

/// Who reads the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Reader {
    /// A script that sources it: bash, bash in POSIX mode (`sh` of Red Hat systems) or dash (`sh` of Debian). What is
    /// said to be known is known to be the same in all three.
    #[cfg_attr(feature = "serde", serde(rename = "shell"))]
    Shell,
    /// systemd's `EnvironmentFile=`.
    #[cfg_attr(feature = "serde", serde(rename = "systemd"))]
    ServiceManager,
}

impl fmt::Display for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shell => "shell",
            Self::ServiceManager => "systemd",
        })
    }
}

/// Shell-style sysconfig files, for the readers that the file has. Default: both.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sysconfig {
    readers: Vec<Reader>,
    pub(crate) systemd: SystemdVersion,
}

impl Default for Sysconfig {
    fn default() -> Self {
        Self::for_readers([Reader::Shell, Reader::ServiceManager])
    }
}

impl Sysconfig {
    /// For a file that only scripts source.
    pub fn shell() -> Self {
        Self::for_readers([Reader::Shell])
    }

    /// For a file that only systemd reads.
    pub fn systemd() -> Self {
        Self::for_readers([Reader::ServiceManager])
    }

    fn for_readers(readers: impl Into<Vec<Reader>>) -> Self {
        Self { readers: readers.into(), systemd: SystemdVersion::NEWEST }
    }

    /// The same, for a version of systemd.
    ///
    /// ```
    /// use kvmprep_sysconfig::{Sysconfig, SysconfigFile, SystemdVersion};
    ///
    /// let swallowed = |version| {
    ///     let dialect = Sysconfig::systemd().with_systemd(SystemdVersion(version));
    ///     SysconfigFile::parse_as(dialect, "# C:\\\nA=1\n").get(&"A".parse().expect("a name")).is_empty()
    /// };
    /// assert!(swallowed(252));
    /// assert!(!swallowed(257));
    /// ```
    pub fn with_systemd(self, systemd: SystemdVersion) -> Self {
        Self { systemd, ..self }
    }

    /// The readers, one or both; the shell comes first.
    pub fn readers(&self) -> &[Reader] {
        &self.readers
    }

    pub(crate) fn reads(&self, reader: Reader) -> bool {
        self.readers.contains(&reader)
    }
}

/// What the text to the left says about what follows: to a shell, and to the service manager.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct State {
    pub(crate) flow: Flow,
    pub(crate) systemd: Mode,
}

/// Whether a shell gets here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Flow {
    #[default]
    Live,
    /// Code above may have ended the file [append-after-return].
    Uncertain,
    /// Behind an unconditional `return` or `exit` [return].
    Ended,
    /// Behind text that a shell cannot read [syntax-error-middle].
    Broken,
}

/// What sort of statement a row is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Nothing but blanks.
    Blank,
    /// A comment line.
    Comment,
    /// At least one assignment that is always run.
    Assignment,
    /// Shell code.
    Code,
    /// A line that no shell gets to.
    Dead,
    /// Something is not closed before the text ends.
    Open,
    /// A syntax error.
    Broken,
    /// Text whose end the shells do not agree on.
    Unclear,
}

impl Syntax for Sysconfig {
    type State = State;
    type Kind = Kind;

    fn step(&self, text: &[u8], at: usize, state: &mut State) -> (usize, Kind) {
        let rest = &text[at..];
        let (length, kind) = if !self.reads(Reader::Shell) {
            entry(rest, self.systemd)
        } else if matches!(state.flow, Flow::Ended | Flow::Broken) {
            (line_end(rest, 0), Kind::Dead)
        } else {
            match rest.get(lines::indentation(rest).len()) {
                None => (rest.len(), Kind::Blank),
                Some(b'\n') => (line_end(rest, 0), Kind::Blank),
                Some(b'#') => (line_end(rest, 0), Kind::Comment),
                Some(_) => match constant_line(rest) {
                    // It leaves systemd where it found it, between two entries.
                    Some(end) if state.systemd == Mode::BeforeKey => return (at + end, Kind::Assignment),
                    Some(end) => (end, Kind::Assignment),
                    None => statement(rest, &mut state.flow),
                },
            }
        };
        if self.reads(Reader::ServiceManager) {
            state.systemd = state.systemd.past(&rest[..length], self.systemd);
        }
        (at + length, kind)
    }
}

/// A line that is one assignment of a constant word, as most statements are.
fn constant_line(rest: &[u8]) -> Option<usize> {
    let mut line = Line::lexer(rest);
    matches!(line.next(), Some(Ok(Line::Assignment))).then(|| line.span().end)
}

/// A statement of a file that systemd alone reads: the lines up to one where it is between two entries.
fn entry(rest: &[u8], version: SystemdVersion) -> (usize, Kind) {
    let mut mode = Mode::BeforeKey;
    let mut end = 0;
    while end < rest.len() {
        let next = line_end(rest, end);
        mode = mode.past(&rest[end..next], version);
        end = next;
        if mode == Mode::BeforeKey {
            break;
        }
    }
    let kind = match rest[..end].iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n')) {
        None => Kind::Blank,
        Some(b'#' | b';') => Kind::Comment,
        Some(_) => Kind::Assignment,
    };
    (end, kind)
}

fn statement(rest: &[u8], flow: &mut Flow) -> (usize, Kind) {
    let Parts { statement, parts } = Parts::of(rest);
    if let Some(fault) = statement.fault {
        *flow = Flow::Broken;
        let kind = match fault {
            Fault::Open { .. } => Kind::Open,
            Fault::Syntax { .. } => Kind::Broken,
            Fault::Unclear { .. } => Kind::Unclear,
        };
        return (statement.end, kind);
    }
    let may_leave = || {
        statement.hazards.iter().any(|hazard| hazard.kind == HazardKind::EndsScript)
            || statement.commands.iter().any(|command| may_leave(rest, &statement, command))
    };
    if leaves_for_sure(rest, &statement) {
        *flow = Flow::Ended;
    } else if may_leave() {
        *flow = Flow::Uncertain;
    }
    let kind = if parts.iter().any(|part| matches!(part, Part::Assign(_))) { Kind::Assignment } else { Kind::Code };
    (statement.end, kind)
}

/// True where a command ends the file whatever happens.
fn leaves_for_sure(rest: &[u8], statement: &Statement) -> bool {
    statement.commands.iter().any(|command| {
        // Where a file does not open, it is not run.
        let runs = command.runs == Runs::Always && !command.redirected;
        runs && matches!(command_name(rest, statement, command).as_deref(), Some(b"return" | b"exit"))
    })
}

impl Part {
    /// The code's text from where it may assign.
    pub(crate) fn reaching<'t>(&self, row: &'t [u8]) -> Option<(&'t [u8], Reach)> {
        match self {
            Self::Code { reach: Reach::Nothing, .. } => None,
            Self::Code { span, reach, from, .. } => Some((&row[*from..span.end], *reach)),
            _ => None,
        }
    }
}
