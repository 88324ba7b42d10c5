use std::fmt;

use crate::Version;
use crate::version::Change;
use crate::vocabulary::{self, Keyword};

/// A table of keywords: the section or block that a line stands in, as the daemon's reader has it.
///
/// The reader descends only along these tables, so that the innermost one names the whole path.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Table {
    /// Outside of every section.
    #[default]
    Top,
    /// `defaults { … }`
    Defaults,
    /// `blacklist { … }`
    Blacklist,
    /// `blacklist { device { … } }`
    BlacklistDevice,
    /// `blacklist_exceptions { … }`
    Exceptions,
    /// `blacklist_exceptions { device { … } }`
    ExceptionsDevice,
    /// `devices { … }`
    Devices,
    /// `devices { device { … } }`
    Device,
    /// `overrides { … }`
    Overrides,
    /// `overrides { protocol { … } }`
    Protocol,
    /// `multipaths { … }`
    Multipaths,
    /// `multipaths { multipath { … } }`
    Multipath,
}

/// Names that the daemon takes for the start of a section even where the brace is missing; `overrides` and `protocol`
/// are not among them (`brace-next-line-overrides`).
const OPENING: [&[u8]; 7] =
    [b"defaults", b"blacklist", b"blacklist_exceptions", b"devices", b"device", b"multipaths", b"multipath"];

/// `blacklist` by its old name (`legacy-devnode-blacklist`).
const OLD_BLACKLIST: &[u8] = b"devnode_blacklist";

/// True for a name that opens a section without a brace.
pub(crate) fn opens_alone(name: &[u8]) -> bool {
    OPENING.contains(&name)
}

impl Table {
    /// Every table but the top, outer ones first.
    pub(crate) const ALL: [Self; 11] = [
        Self::Defaults,
        Self::Blacklist,
        Self::BlacklistDevice,
        Self::Exceptions,
        Self::ExceptionsDevice,
        Self::Devices,
        Self::Device,
        Self::Overrides,
        Self::Protocol,
        Self::Multipaths,
        Self::Multipath,
    ];

    /// The name that opens it; empty for the top.
    pub fn name(self) -> &'static str {
        match self {
            Self::Top => "",
            Self::Defaults => "defaults",
            Self::Blacklist => "blacklist",
            Self::Exceptions => "blacklist_exceptions",
            Self::BlacklistDevice | Self::ExceptionsDevice | Self::Device => "device",
            Self::Devices => "devices",
            Self::Overrides => "overrides",
            Self::Protocol => "protocol",
            Self::Multipaths => "multipaths",
            Self::Multipath => "multipath",
        }
    }

    /// The table it stands in.
    pub fn parent(self) -> Self {
        match self {
            Self::BlacklistDevice => Self::Blacklist,
            Self::ExceptionsDevice => Self::Exceptions,
            Self::Device => Self::Devices,
            Self::Protocol => Self::Overrides,
            Self::Multipath => Self::Multipaths,
            _ => Self::Top,
        }
    }

    /// The table that `name` opens inside this one, for a reader of this version.
    pub(crate) fn child(self, name: &[u8], version: Version) -> Option<Self> {
        if self.identity().is_empty() && matches!(name.first(), Some(b'b' | b'd' | b'm' | b'o' | b'p')) {
            let old = name == OLD_BLACKLIST && !version.has(Change::FIXED_PLACES);
            let name = if old { b"blacklist" } else { name };
            let opened = |table: &Self| table.parent() == self && table.name().as_bytes() == name;
            return Self::ALL
                .into_iter()
                .find(opened)
                .filter(|table| table.since().is_none_or(|since| version.has(since)));
        }
        None
    }

    /// The keywords whose values say which block this is; none for a section.
    pub fn identity(self) -> &'static [&'static str] {
        match self {
            Self::Multipath => &["wwid"],
            Self::Device => &["vendor", "product", "revision"],
            Self::Protocol => &["type"],
            Self::BlacklistDevice | Self::ExceptionsDevice => &["vendor", "product"],
            _ => &[],
        }
    }

    /// True for `blacklist` and `blacklist_exceptions`, whose lines add up.
    pub fn is_list(self) -> bool {
        matches!(self, Self::Blacklist | Self::Exceptions)
    }

    /// True for a `device` of a blacklist, which is one item of it.
    pub(crate) fn is_item(self) -> bool {
        matches!(self, Self::BlacklistDevice | Self::ExceptionsDevice)
    }

    /// The keyword that a reader of this version finds under a name here.
    pub(crate) fn keyword(self, name: &[u8], version: Version) -> Option<&'static Keyword> {
        let is_left = |keyword: &&Keyword| keyword.removed_since().is_none_or(|since| version < since);
        vocabulary::find(self, name).filter(is_left).filter(|keyword| self.missing(keyword, version).is_none())
    }

    /// What a reader of this version lacks to know a keyword here.
    pub(crate) fn missing(self, keyword: &Keyword, version: Version) -> Option<Change> {
        let changes = [self.since(), self.parent().since(), keyword.since];
        changes.into_iter().flatten().find(|change| !version.has(*change))
    }

    /// Since when it is read, where not from the first.
    fn since(self) -> Option<Change> {
        match self {
            Self::Overrides => Some(Change::OVERRIDES),
            Self::Protocol => Some(Change::PROTOCOL_BLOCKS),
            _ => None,
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.parent() {
            Self::Top => f.write_str(self.name()),
            parent => write!(f, "{parent}.{}", self.name()),
        }
    }
}
