//! Who reads the files, and what tells their versions apart.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use kvmprep_lossless::{SystemdVersion, lines};

/// Who reads the file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Reader {
    /// `sysctl -p` and `sysctl --system`.
    Procps(ProcpsVersion),
    /// `systemd-sysctl`, which applies the drop-ins at boot.
    Systemd(SystemdVersion),
}

/// A version of procps, as `ProcpsVersion(3, 3, 17)`: 3.2.8 in RHEL 6, 3.3.10 in RHEL 7, 3.3.15 in RHEL 8, 3.3.17 in
/// RHEL 9, Debian 11 and Ubuntu 22.04, 4.0.2 in Debian 12, 4.0.4 in RHEL 10 and Debian 13.
///
/// Upstream's releases from 3.3.10 on were run, 3.2.8 is read in its source; packages carry changes of their own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ProcpsVersion(pub u8, pub u8, pub u8);

/// Lines are read whole, and not 255 bytes at a time.
const LONGER_LINES: ProcpsVersion = ProcpsVersion(3, 3, 0);

/// Lines of any length are read; before, 4095 bytes at a time.
const ANY_LENGTH: ProcpsVersion = ProcpsVersion(3, 3, 13);

/// A dash in front of a key is none of it (case `dash-known`).
const DASH: ProcpsVersion = ProcpsVersion(3, 3, 16);

/// The names in /etc count before those in /run.
const ETC_FIRST: ProcpsVersion = ProcpsVersion(3, 3, 17);

/// A line without `=` is a key, into which goes what is left in a buffer (case `bare-key`).
const GARBAGE: RangeInclusive<ProcpsVersion> = ProcpsVersion(3, 3, 15)..=ProcpsVersion(3, 3, 17);

/// Rewritten: patterns, exclusions, empty values (case `empty-value`), a CR inside a value (case `cr-inside`), VT and FF
/// for blanks (case `vt-ff`).
const FOUR: ProcpsVersion = ProcpsVersion(4, 0, 0);

/// A pattern may be excluded (case `glob-exclude-glob`).
const PATTERN_EXCLUSIONS: ProcpsVersion = ProcpsVersion(4, 0, 5);

/// A key that cannot be written is a failure (case `readonly`).
const FAILS_ON_UNWRITABLE: ProcpsVersion = ProcpsVersion(4, 0, 6);

/// systemd reads lines whole, and not 2047 bytes at a time; a dash in front of a key is none of it, since 243 and in RHEL
/// 8's 239; a key that is read-only is no failure.
const SYSTEMD_WHOLE_LINES: SystemdVersion = SystemdVersion(239);

/// systemd does not read /etc/sysctl.conf. RHEL 7's 219 does, last of all, and is the one before 239 that is in use:
/// upstream's have not since 207.
const SYSTEMD_WITHOUT_MAIN: SystemdVersion = SystemdVersion(220);

/// systemd knows patterns and exclusions; with them come lines that end at a CR too, and paths that are simplified before
/// they are compared: which versions between 239 and 245 brought these is not told apart.
const SYSTEMD_PATTERNS: SystemdVersion = SystemdVersion(245);

impl Reader {
    /// The newest procps that is known here.
    pub const PROCPS: Self = Self::Procps(ProcpsVersion::NEWEST);

    /// The newest systemd that is known here.
    pub const SYSTEMD: Self = Self::Systemd(SystemdVersion::NEWEST);

    /// True for procps of any version.
    pub fn is_procps(self) -> bool {
        matches!(self, Self::Procps(_))
    }

    /// False where a newer version that is known here reads another grammar.
    pub(crate) fn is_of_today(self) -> bool {
        self.knows_patterns()
    }

    /// False for procps 3, and systemd before 245: a pattern is a key to them that the kernel does not have. Those that know
    /// patterns know lines that exclude from them.
    pub(crate) fn knows_patterns(self) -> bool {
        self.since(FOUR, SYSTEMD_PATTERNS)
    }

    /// True where a pattern may be excluded too: one whose `*` passes over slashes.
    pub(crate) fn excludes_patterns(self) -> bool {
        matches!(self, Self::Procps(version) if version >= PATTERN_EXCLUSIONS)
    }

    /// True where an exclusion drops what is set above it (case `explicit-then-exclude`).
    pub(crate) fn drops_excluded(self) -> bool {
        !self.is_procps() && self.knows_patterns()
    }

    /// True where a pattern sees only keys as they are spelled, and gets past others: `vm..swap*`.
    pub(crate) fn gets_past_spellings(self) -> bool {
        self.is_procps() && self.knows_patterns()
    }

    /// False where a dash in front of a key is part of it (case `dash-known`).
    pub(crate) fn knows_dash(self) -> bool {
        self.since(DASH, SYSTEMD_WHOLE_LINES)
    }

    /// False where an empty value is a syntax error (case `empty-value`), and a value ends at a CR (case `cr-inside`).
    pub(crate) fn takes_any_value(self) -> bool {
        self.since(FOUR, SystemdVersion(0))
    }

    /// True where a line without `=` is written into the key that it names (case `bare-key`).
    pub(crate) fn writes_bare_keys(self) -> bool {
        matches!(self, Self::Procps(version) if GARBAGE.contains(&version))
    }

    /// True where a key that is read-only, or a directory, makes it fail.
    pub(crate) fn fails_on_unwritable(self) -> bool {
        match self {
            Self::Procps(version) => version >= FAILS_ON_UNWRITABLE,
            Self::Systemd(version) => version < SYSTEMD_WHOLE_LINES,
        }
    }

    /// True where the names in /run count before those in /etc.
    pub(crate) fn puts_run_first(self) -> bool {
        matches!(self, Self::Procps(version) if version < ETC_FIRST)
    }

    /// True where /etc/sysctl.conf is read, behind all others.
    pub(crate) fn reads_main_file(self) -> bool {
        matches!(self, Self::Systemd(version) if version < SYSTEMD_WITHOUT_MAIN) || self.is_procps()
    }

    /// True where spellings of one path are one key; else each is written, and the kernel finds out (case
    /// `double-separator`).
    pub(crate) fn simplifies(self) -> bool {
        !self.is_procps() && self.knows_patterns()
    }

    /// True where a line of 1 MiB ends the reading.
    pub(crate) fn stops_at_long_lines(self) -> bool {
        matches!(self, Self::Systemd(version) if version >= SYSTEMD_WHOLE_LINES)
    }

    /// True where a NUL hides the rest of its line (case `nul-after-comment`); else it ends the line.
    pub(crate) fn hides_behind_nul(self) -> bool {
        matches!(self, Self::Systemd(version) if version < SYSTEMD_WHOLE_LINES) || self.is_procps()
    }

    /// What the reader skips around keys and values (case `vt-ff`).
    pub(crate) fn is_blank(self, byte: u8) -> bool {
        matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
            || (matches!(byte, b'\x0b' | b'\x0c') && matches!(self, Self::Procps(version) if version >= FOUR))
    }

    /// A text as the lines this reader takes it for.
    pub(crate) fn lines(self, mut text: &[u8]) -> impl Iterator<Item = &[u8]> {
        std::iter::from_fn(move || {
            let (line, rest) = if text.is_empty() { return None } else { self.cut(text) };
            text = rest;
            Some(line)
        })
    }

    /// How many bytes are read at a time, where that is less than a line.
    fn most(self) -> Option<usize> {
        match self {
            Self::Procps(version) if version < LONGER_LINES => Some(255),
            Self::Procps(version) if version < ANY_LENGTH => Some(4095),
            Self::Systemd(version) if version < SYSTEMD_WHOLE_LINES => Some(2047),
            Self::Procps(_) | Self::Systemd(_) => None,
        }
    }

    /// The first line and what follows it.
    ///
    /// procps: a line is read with its LF and is a C string, so a NUL hides the rest of it (case `nul-after-comment`).
    /// systemd: LF, CR and NUL end a line, and ends of different sort in a row are one, NUL the last of them
    /// (cases `cr-after-comment`, `lf-cr`); 219 reads as procps does, to 239 a CR is no end.
    fn cut(self, text: &[u8]) -> (&[u8], &[u8]) {
        if self.hides_behind_nul() {
            let end = lines::line_end(text, 0);
            let (line, rest) = text.split_at(self.most().map_or(end, |most| end.min(most)));
            return (&line[..memchr::memchr(0, line).unwrap_or(line.len())], rest);
        }
        let end =
            if self.simplifies() { memchr::memchr3(b'\n', b'\r', 0, text) } else { memchr::memchr2(b'\n', 0, text) };
        let (line, rest) = text.split_at(end.unwrap_or(text.len()));
        let ends = |n: &usize| {
            let (before, at) = (&rest[..*n], rest.get(*n));
            at.is_some_and(|at| b"\n\r\0".contains(at) && !before.contains(at) && !before.contains(&0))
        };
        let most = if self.simplifies() { 3 } else { 1 };
        let ended = (0..most).take_while(ends).count();
        (line, &rest[ended..])
    }

    fn since(self, procps: ProcpsVersion, systemd: SystemdVersion) -> bool {
        match self {
            Self::Procps(version) => version >= procps,
            Self::Systemd(version) => version >= systemd,
        }
    }
}

impl fmt::Display for Reader {
    /// With its version where that reads another grammar.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Procps(_) if self.is_of_today() => f.write_str("procps"),
            Self::Procps(version) => write!(f, "procps {version}"),
            Self::Systemd(_) if self.is_of_today() => f.write_str("systemd"),
            Self::Systemd(version) => version.fmt(f),
        }
    }
}

impl ProcpsVersion {
    /// The newest one that is known here; the one that is meant when nothing else is said.
    pub const NEWEST: Self = Self(4, 0, 6);
}

impl fmt::Display for ProcpsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// A text that is no version of procps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProcpsVersionError;

impl fmt::Display for ProcpsVersionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a version of procps is `3.3.17` or `4.0.2`")
    }
}

impl std::error::Error for ProcpsVersionError {}

impl FromStr for ProcpsVersion {
    type Err = ProcpsVersionError;

    /// Three numbers; a name in front, or what a distribution puts behind them, is passed over: `2:4.0.2-3`,
    /// `procps-ng 3.3.17`.
    fn from_str(text: &str) -> Result<Self, ProcpsVersionError> {
        let text = text.rsplit([' ', ':']).next().unwrap_or_default();
        let text = text.split(['-', '+', '~']).next().unwrap_or_default();
        let numbers: Option<Vec<u8>> = text.split('.').map(|number| number.parse().ok()).collect();
        match numbers.as_deref() {
            Some(&[major, minor, patch]) if major >= 3 => Ok(Self(major, minor, patch)),
            _ => Err(ProcpsVersionError),
        }
    }
}
