use std::fmt;
use std::str::FromStr;

/// A version of multipath-tools, as upstream numbers them: `0.9.4`; or the build of a release of Red Hat Enterprise
/// Linux (and of those made from it), which carries later changes back: `el8`.
///
/// A build stands for the last minor release, and is otherwise what upstream's version is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Version {
    major: u8,
    minor: u8,
    patch: u8,
    /// The release whose build it is; 0 for upstream's.
    release: u8,
}

impl Version {
    /// The newest one whose keywords are known here; the dialect when nothing else is said.
    pub const NEWEST: Self = Self::new(0, 14, 3);

    /// Enterprise Linux 6: 0.4.9, and no more of it is known than of upstream's.
    pub const EL6: Self = Self { release: 6, ..Self::new(0, 4, 9) };

    /// Enterprise Linux 7: 0.4.9 with many changes.
    pub const EL7: Self = Self { release: 7, ..Self::new(0, 4, 9) };

    /// Enterprise Linux 8: 0.8.4.
    pub const EL8: Self = Self { release: 8, ..Self::new(0, 8, 4) };

    /// Enterprise Linux 9: 0.8.7.
    pub const EL9: Self = Self { release: 9, ..Self::new(0, 8, 7) };

    /// Enterprise Linux 10: 0.9.9.
    pub const EL10: Self = Self { release: 10, ..Self::new(0, 9, 9) };

    const BUILDS: [Self; 5] = [Self::EL6, Self::EL7, Self::EL8, Self::EL9, Self::EL10];

    /// A version by its three numbers.
    pub const fn new(major: u8, minor: u8, patch: u8) -> Self {
        Self { major, minor, patch, release: 0 }
    }

    /// True for the build of a release of Enterprise Linux.
    pub(crate) fn is_enterprise(self) -> bool {
        self.release > 0
    }

    /// True where a reader of this version has the change.
    pub(crate) fn has(self, Change { since, carried, only }: Change) -> bool {
        match only {
            Some(release) => self.release == release,
            None => self >= since || carried.is_some_and(|first| self.release >= first),
        }
    }
}

/// A change of what is read or how.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Change {
    /// Upstream's version that brought it.
    pub(crate) since: Version,
    /// The first release of Enterprise Linux that carries it back to an older version.
    pub(crate) carried: Option<u8>,
    /// The release of Enterprise Linux whose build alone has it.
    pub(crate) only: Option<u8>,
}

impl Change {
    /// Made for Enterprise Linux 7, and never upstream's.
    pub(crate) const EL7: Self = Self { only: Some(7), ..Self::since(0, 4, 9) };

    /// Lines are read whole: the last one without a line feed too, up to the line feed, and with no byte lost where the
    /// buffer is full.
    pub(crate) const WHOLE_LINES: Self = Self::since(0, 6, 0);

    /// Drop-ins are read.
    pub(crate) const DROP_INS: Self = Self::since(0, 6, 0).carried(7);

    /// `overrides` is a section. The build of Enterprise Linux 7 reads it, and does nothing with it.
    pub(crate) const OVERRIDES: Self = Self::since(0, 6, 0).carried(7);

    /// Strings keep a double quote as `""`, and blanks at their front.
    pub(crate) const ESCAPES: Self = Self::since(0, 7, 6);

    /// `find_multipaths` takes more than yes and no.
    pub(crate) const FIND_WORDS: Self = Self::since(0, 7, 7);

    /// With a kernel of 4.3 or newer a hardware handler that is attached stays, whatever is set.
    pub(crate) const RETAINED: Self = Self::since(0, 7, 2);

    /// All `device` blocks that match count for a device, not the last one alone.
    pub(crate) const SEVERAL_DEVICES: Self = Self::since(0, 7, 8);

    /// Strings that begin with a comment character are read.
    pub(crate) const MARKS_FIRST: Self = Self::since(0, 8, 5).carried(8);

    /// A first `!` inverts a pattern.
    pub(crate) const INVERTED: Self = Self::since(0, 8, 5).carried(8);

    /// What is neither yes nor no is refused, and a slash where none can stand.
    pub(crate) const STRICT_VALUES: Self = Self::since(0, 8, 8).carried(8);

    /// `overrides { protocol { … } }` is read.
    pub(crate) const PROTOCOL_BLOCKS: Self = Self::since(0, 9, 0).carried(8);

    /// Nothing but the build says where drop-ins are, and `devnode_blacklist` is no name of `blacklist` any more.
    pub(crate) const FIXED_PLACES: Self = Self::since(0, 9, 0);

    /// The argument count of `features` and its like must fit.
    pub(crate) const COUNTED: Self = Self::since(0, 9, 4);

    /// A change of an upstream version.
    pub(crate) const fn since(major: u8, minor: u8, patch: u8) -> Self {
        Self { since: Version::new(major, minor, patch), carried: None, only: None }
    }

    /// The same, carried back to a release of Enterprise Linux.
    pub(crate) const fn carried(mut self, release: u8) -> Self {
        self.carried = Some(release);
        self
    }
}

impl Default for Version {
    fn default() -> Self {
        Self::NEWEST
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.release {
            0 => write!(f, "{}.{}.{}", self.major, self.minor, self.patch),
            release => write!(f, "el{release}"),
        }
    }
}

/// A text that is neither three numbers joined by dots nor a release.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VersionError;

impl fmt::Display for VersionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a version looks like `0.9.4`, or `el6` to `el10`")
    }
}

impl std::error::Error for VersionError {}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        if let Some(release) = text.strip_prefix("el") {
            let release: u8 = release.parse().map_err(|_| VersionError)?;
            return Self::BUILDS.into_iter().find(|build| build.release == release).ok_or(VersionError);
        }
        let mut numbers = text.split('.').map(|number| number.parse().map_err(|_| VersionError));
        let mut next = || numbers.next().unwrap_or(Ok(0));
        let version = Self::new(next()?, next()?, next()?);
        if numbers.next().is_some() { Err(VersionError) } else { Ok(version) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_build_has_its_version_and_what_was_carried_back() {
        let has = |version: &str, change| version.parse::<Version>().unwrap().has(change);
        assert!(has("el8", Change::PROTOCOL_BLOCKS) && !has("0.8.4", Change::PROTOCOL_BLOCKS));
        assert!(has("el7", Change::DROP_INS) && !has("el6", Change::DROP_INS) && !has("0.4.9", Change::DROP_INS));
        assert!(!has("el9", Change::COUNTED) && has("el10", Change::COUNTED));
        assert!(has("el9", Change::ESCAPES) && !has("el7", Change::ESCAPES));
        for text in ["el6", "el10", "0.9.4"] {
            assert_eq!(text.parse::<Version>().unwrap().to_string(), text);
        }
        assert!("el5".parse::<Version>().is_err() && "0.9.4.1".parse::<Version>().is_err());
    }
}
