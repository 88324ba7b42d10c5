use std::fmt;
use std::ops::RangeInclusive;

use bstr::ByteSlice;
use kvmprep_lossless::{Syntax, lines};

/// Who reads the file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Reader {
    /// `sysctl -p` and `sysctl --system` of procps 4.
    Procps,
    /// The same of procps 3.3, by the last part of its version: 10 in RHEL 7, 15 in RHEL 8, 17 in RHEL 9, Debian 11 and
    /// Ubuntu 22.04. Upstream's releases were run; packages carry changes of their own.
    Procps3(u8),
    /// `systemd-sysctl`, which applies the drop-ins at boot.
    Systemd,
}

impl fmt::Display for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Procps => "procps",
            Self::Procps3(release) => return write!(f, "procps 3.3.{release}"),
            Self::Systemd => "systemd",
        })
    }
}

/// Before this release of 3.3, lines are cut at 4095 bytes.
const ANY_LENGTH: u8 = 13;

/// The release of 3.3 that knows a dash in front of a key, and writes into keys that are to be excluded.
const DASH: u8 = 16;

/// The first release of 3.3 that puts /etc before /run.
const ETC_FIRST: u8 = 17;

/// Releases of 3.3 that take a line without `=` for a key and write what is left in a buffer.
const GARBAGE: RangeInclusive<u8> = 15..=17;

impl Reader {
    /// True for procps of any version.
    pub fn is_procps(self) -> bool {
        self != Self::Systemd
    }

    /// False for procps 3.3, to which a pattern is a key that the kernel does not have.
    pub(crate) fn knows_patterns(self) -> bool {
        !matches!(self, Self::Procps3(_))
    }

    /// False where a dash in front of a key is part of it (case `dash-known`).
    pub(crate) fn knows_dash(self) -> bool {
        !matches!(self, Self::Procps3(release) if release < DASH)
    }

    /// True where a line without `=` is written into the key that it names (case `bare-key`).
    pub(crate) fn writes_bare_keys(self) -> bool {
        matches!(self, Self::Procps3(release) if GARBAGE.contains(&release))
    }

    /// True where the names in /run count before those in /etc.
    pub(crate) fn puts_run_first(self) -> bool {
        matches!(self, Self::Procps3(release) if release < ETC_FIRST)
    }

    /// What the reader skips around keys and values (case `vt-ff`).
    pub(crate) fn is_blank(self, byte: u8) -> bool {
        match self {
            Self::Procps => matches!(byte, b' ' | b'\t'..=b'\r'),
            Self::Procps3(_) | Self::Systemd => matches!(byte, b' ' | b'\t' | b'\r' | b'\n'),
        }
    }

    /// A text as the lines this reader takes it for.
    pub(crate) fn lines(self, mut text: &[u8]) -> impl Iterator<Item = &[u8]> {
        std::iter::from_fn(move || {
            let (line, rest) = if text.is_empty() { return None } else { self.cut(text) };
            text = rest;
            Some(line)
        })
    }

    /// The first line and what follows it.
    ///
    /// procps: a line is read with its LF and is a C string, so a NUL hides the rest of it (case `nul-after-comment`).
    /// systemd: LF, CR and NUL end a line, and ends of different sort in a row are one, NUL the last of them
    /// (cases `cr-after-comment`, `lf-cr`).
    fn cut(self, text: &[u8]) -> (&[u8], &[u8]) {
        match self {
            Self::Procps | Self::Procps3(_) => {
                let end = lines::line_end(text, 0);
                let most = if matches!(self, Self::Procps3(release) if release < ANY_LENGTH) { 4095 } else { end };
                let (line, rest) = text.split_at(end.min(most));
                (&line[..memchr::memchr(0, line).unwrap_or(line.len())], rest)
            }
            Self::Systemd => {
                let end = memchr::memchr3(b'\n', b'\r', 0, text).unwrap_or(text.len());
                let (line, rest) = text.split_at(end);
                let ends = |n: &usize| {
                    let (before, at) = (&rest[..*n], rest.get(*n));
                    at.is_some_and(|at| b"\n\r\0".contains(at) && !before.contains(at) && !before.contains(&0))
                };
                let ended = (0..3).take_while(ends).count();
                (line, &rest[ended..])
            }
        }
    }
}

/// What sort of line a row holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// Nothing but blanks.
    Blank,
    /// A line whose first mark is `#` or `;`.
    Comment,
    /// A setting, an exclusion, or a line that is neither.
    Statement,
    /// A line with a NUL or a CR inside: the readers cut it differently (cases `cr-inside`, `nul`).
    Split,
}

/// The dialect: the programs the file is written for.
///
/// ```
/// use kvmprep_lossless::Reading;
/// use kvmprep_sysctl_conf::{Reader, SysctlConf};
///
/// assert_eq!(SysctlConf::default().readers(), [Reader::Procps, Reader::Systemd]);
/// assert_eq!(SysctlConf::for_readers([Reader::Systemd]).readers(), [Reader::Systemd]);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SysctlConf {
    pub(crate) readers: Vec<Reader>,
}

impl Default for SysctlConf {
    fn default() -> Self {
        Self { readers: vec![Reader::Procps, Reader::Systemd] }
    }
}

impl SysctlConf {
    /// A dialect for these readers, the first of which answers where one answer is wanted; for both when none is
    /// given.
    pub fn for_readers(readers: impl IntoIterator<Item = Reader>) -> Self {
        let readers: Vec<Reader> = readers.into_iter().collect();
        if readers.is_empty() { Self::default() } else { Self { readers } }
    }
}

impl Syntax for SysctlConf {
    type State = ();
    type Kind = Kind;

    /// A statement is a line that LF ends. The further line ends of systemd lie within one.
    fn step(&self, text: &[u8], at: usize, (): &mut ()) -> (usize, Kind) {
        let end = lines::line_end(text, at);
        (end, kind(&text[at..end]))
    }
}

fn kind(line: &[u8]) -> Kind {
    let content = line.trim_with(|c| matches!(c, ' ' | '\t' | '\r' | '\n'));
    if memchr::memchr2(b'\r', 0, content).is_some() {
        return Kind::Split;
    }
    match content.first() {
        None => Kind::Blank,
        Some(b'#' | b';') => Kind::Comment,
        Some(_) => Kind::Statement,
    }
}
