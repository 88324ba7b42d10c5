use std::fmt;
use std::str::FromStr;

use kvmprep_lossless::KeyError;

/// The name of a variable: `[A-Za-z_][A-Za-z0-9_]*`, case matters (cases `digit-first`,
/// `dash-in-name`, `case-sensitive`).
///
/// ```
/// use kvmprep_sysconfig::Key;
/// assert!("ON_BOOT".parse::<Key>().is_ok());
/// assert!("A=1;id #".parse::<Key>().is_err());
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Key(Box<str>);

impl Key {
    /// The name.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// The key for bytes that are a name.
    pub(crate) fn of(name: &[u8]) -> Option<Self> {
        std::str::from_utf8(name).ok().filter(|name| is_name(name)).map(|name| Self(name.into()))
    }

    /// A shell may refuse to assign it: bash has made it read-only before it reads anything, or dash takes numbers alone.
    pub(crate) fn is_guarded(&self) -> bool {
        matches!(self.name(), "BASHOPTS" | "BASH_VERSINFO" | "EUID" | "OPTIND" | "PPID" | "SHELLOPTS" | "UID")
    }

    /// A shell gives it a value of its own, or takes what is assigned for something else than a value.
    pub(crate) fn is_the_shells(&self) -> bool {
        const OWN: [&str; 14] = [
            "_",
            "DIRSTACK",
            "EPOCHREALTIME",
            "EPOCHSECONDS",
            "FUNCNAME",
            "GROUPS",
            "HISTCMD",
            "LINENO",
            "PIPESTATUS",
            "POSIXLY_CORRECT",
            "RANDOM",
            "SECONDS",
            "SRANDOM",
            "COMP_WORDBREAKS",
        ];
        OWN.contains(&self.name()) || self.0.starts_with("BASH")
    }

    /// A shell or the dynamic linker itself heeds this variable.
    pub(crate) fn steers_the_shell(&self) -> bool {
        matches!(self.name(), "PATH" | "IFS" | "ENV" | "BASH_ENV" | "SHELLOPTS" | "PS4") || self.0.starts_with("LD_")
    }
}

fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

impl FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        Self::of(text.as_bytes()).ok_or_else(|| KeyError {
            key: text.to_owned(),
            why: "a variable's name is letters, digits and `_`, and does not begin with a digit".to_owned(),
            help: "a key looks like `ON_BOOT`".to_owned(),
        })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
