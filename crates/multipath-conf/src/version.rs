use std::fmt;
use std::str::FromStr;

/// A version of multipath-tools, as upstream numbers them: `0.9.4`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Version {
    major: u8,
    minor: u8,
    patch: u8,
}

impl Version {
    /// The newest one whose keywords are known here; the dialect when nothing else is said.
    pub const NEWEST: Self = Self::new(0, 14, 3);

    /// A version by its three numbers.
    pub const fn new(major: u8, minor: u8, patch: u8) -> Self {
        Self { major, minor, patch }
    }
}

impl Default for Version {
    fn default() -> Self {
        Self::NEWEST
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// A text that is not three numbers joined by dots.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VersionError;

impl fmt::Display for VersionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a version looks like `0.9.4`")
    }
}

impl std::error::Error for VersionError {}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let mut numbers = text.split('.').map(|number| number.parse().map_err(|_| VersionError));
        let mut next = || numbers.next().unwrap_or(Ok(0));
        let version = Self::new(next()?, next()?, next()?);
        if numbers.next().is_some() { Err(VersionError) } else { Ok(version) }
    }
}
