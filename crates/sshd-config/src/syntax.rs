use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use kvmprep_lossless::Syntax;
use kvmprep_lossless::lines::line_end;

use crate::criteria::Criteria;
use crate::grammar::{self, Line};

/// How lines are cut into words. It changed once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Grammar {
    /// OpenSSH 8.6 and older (RHEL 6 to 8): `#` cuts a line anywhere, `=` separates arguments, only `"` quotes, and
    /// a quote that does not close silently ends the list.
    Before87,
    /// OpenSSH 8.7 and newer: quotes, escapes and comments much as a shell has them.
    #[default]
    Since87,
}

/// A release of OpenSSH, as `Version(9, 2)`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Version(
    /// The first number.
    pub u16,
    /// The second.
    pub u16,
);

impl Version {
    /// The newest one whose keywords are known here; the dialect when nothing else is said.
    pub const NEWEST: Self = Self(10, 0);
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// A text that names no release of OpenSSH.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VersionError {
    /// The text as given.
    pub text: String,
}

impl fmt::Display for VersionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no release of OpenSSH; one looks like `8.7`, `8.7p1` or what `ssh -V` says", self.text)
    }
}

impl std::error::Error for VersionError {}

impl FromStr for Version {
    type Err = VersionError;

    /// `8.7`, with the patch level and what a distribution puts behind it, and with the name in front: `8.7p1-38.el9`,
    /// `OpenSSH_9.2p1 Debian-2`.
    fn from_str(text: &str) -> Result<Self, VersionError> {
        let error = || VersionError { text: text.to_owned() };
        let (major, rest) = text.strip_prefix("OpenSSH_").unwrap_or(text).split_once('.').ok_or_else(error)?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (minor, rest) = rest.split_at(digits);
        if !major.bytes().all(|b| b.is_ascii_digit()) || !(rest.is_empty() || rest.starts_with(['p', '-', ' ', ','])) {
            return Err(error());
        }
        match (major.parse(), minor.parse()) {
            (Ok(major), Ok(minor)) => Ok(Self(major, minor)),
            _ => Err(error()),
        }
    }
}

/// The dialect: how sshd reads, and which keywords and rules its release has.
///
/// ```
/// use kvmprep_sshd_config::{Grammar, Sshd, Version};
/// assert_eq!(Sshd::from(Version(8, 0)).grammar, Grammar::Before87);
/// assert_eq!(Sshd::from(Grammar::Since87), Sshd::default());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Sshd {
    /// How lines are cut.
    pub grammar: Grammar,
    /// What the vocabulary is asked for: which keyword is known, which occurrence of it wins, where it may stand.
    pub version: Version,
}

impl Default for Sshd {
    /// The newest release that is known.
    fn default() -> Self {
        Self::from(Version::NEWEST)
    }
}

impl From<Version> for Sshd {
    fn from(version: Version) -> Self {
        let grammar = if version < Version(8, 7) { Grammar::Before87 } else { Grammar::Since87 };
        Self { grammar, version }
    }
}

impl From<Grammar> for Sshd {
    /// The release the grammar is most often met in: 8.0 (RHEL 8), else the default.
    fn from(grammar: Grammar) -> Self {
        match grammar {
            Grammar::Before87 => Self::from(Version(8, 0)),
            Grammar::Since87 => Self::default(),
        }
    }
}

/// What sort of line a row is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// White space or nothing.
    Blank,
    /// A comment line.
    Comment,
    /// A keyword and its arguments, right or wrong.
    Directive,
    /// A Match line: what follows is in its block, to the next one or the end of the file.
    Match,
    /// sshd passes over it without a word.
    Ignored,
    /// A NUL glues this line to the next: nothing in it is edited.
    Nul,
}

impl Syntax for Sshd {
    /// The criteria of the Match that the line stands under; `None` in the global section.
    type State = Option<Arc<Criteria>>;
    type Kind = Kind;

    fn step(&self, text: &[u8], at: usize, state: &mut Self::State) -> (usize, Kind) {
        let mut end = line_end(text, at);
        if grammar::hiding_nul(self.grammar, &text[at..end]).is_some() {
            let mut start = at;
            while end < text.len() && grammar::hiding_nul(self.grammar, &text[start..end]).is_some() {
                start = end;
                end = line_end(text, start);
            }
            self.enter(&grammar::glued(self.grammar, &text[at..end]), state);
            return (end, Kind::Nul);
        }
        (end, self.enter(&text[at..end], state))
    }
}

impl Sshd {
    /// The sort of a line, and the block it opens.
    fn enter(&self, line: &[u8], state: &mut Option<Arc<Criteria>>) -> Kind {
        match grammar::line(self.grammar, line) {
            Line::Blank => Kind::Blank,
            Line::Comment(_) => Kind::Comment,
            Line::Ignored(_) => Kind::Ignored,
            Line::Directive(directive) if directive.is("Match") => match Criteria::of_directive(*self, &directive) {
                Some(criteria) => {
                    *state = Some(Arc::new(criteria));
                    Kind::Match
                }
                None => Kind::Directive,
            },
            Line::Directive(_) => Kind::Directive,
        }
    }
}

/// The one program that reads the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reader;

impl fmt::Display for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sshd")
    }
}
