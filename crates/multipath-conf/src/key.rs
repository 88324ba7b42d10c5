//! What can be addressed in a multipath.conf.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice, ByteVec};
use kvmprep_lossless::KeyError;
use kvmprep_lossless::key::{self, Segment};

use crate::{Table, diagnostics, vocabulary};

/// A setting, a list of a blacklist, or a block.
///
/// | text | means |
/// |---|---|
/// | `defaults.user_friendly_names`, `overrides.no_path_retry` | a setting of a section |
/// | `multipaths.multipath[wwid=3600a].alias` | a setting of the block with that `wwid` |
/// | `devices.device[vendor=A,product=B].no_path_retry` | … of the block with these strings (and `revision=…`, where it has one) |
/// | `overrides.protocol[type="scsi:fcp"].dev_loss_tmo` | … of the block of that type |
/// | `multipaths.multipath[*].alias` | the setting in every block; not to be set |
/// | `multipaths.multipath[wwid=3600a]` | the block itself |
/// | `blacklist.devnode`, `blacklist_exceptions.wwid` | a list |
/// | `blacklist.device` | a list too; its items read `vendor=A,product=B` |
/// | `blacklist.device[vendor=A,product=B]` | one item of it |
///
/// `checker` is the daemon's other name of `path_checker`, and such a key is displayed so.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Key {
    pub(crate) table: Table,
    pub(crate) block: Selector,
    pub(crate) name: Option<&'static str>,
}

/// Which blocks of a table.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Selector {
    /// The table has no blocks to choose from, or the key is the list of them.
    None,
    /// Every one.
    All,
    /// The one known by these values.
    Of(Identity),
}

/// The values a block is known by, in the order of [`Table::identity`]; compared as the daemon merges blocks: byte by
/// byte (`device-duplicate`, `multipath-duplicate-wwid`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Identity(pub(crate) Arc<[Option<BString>]>);

impl Identity {
    /// True where the daemon keeps such a block (`device-no-product`, `multipath-no-wwid`, `blacklist-device-empty`).
    pub(crate) fn is_kept(&self, table: Table) -> bool {
        let present = self.0.iter().filter(|value| value.is_some()).count();
        match table {
            Table::Device => self.0.iter().take(2).all(Option::is_some),
            _ => present > 0,
        }
    }

    /// True where the block is known by this value of a keyword.
    pub(crate) fn has(&self, table: Table, name: &str, value: &[u8]) -> bool {
        let mut values = table.identity().iter().zip(self.0.iter());
        values.any(|(known, is)| *known == name && is.as_deref().is_some_and(|is| is == value))
    }

    /// The text form: `vendor=A,product=B`.
    pub(crate) fn text(&self, table: Table) -> BString {
        let mut text = Vec::new();
        for (name, value) in table.identity().iter().zip(self.0.iter()) {
            let Some(value) = value else { continue };
            if !text.is_empty() {
                text.push(b',');
            }
            text.push_str(name);
            text.push(b'=');
            match value.to_str() {
                Ok(value) => text.push_str(key::quoted(value)),
                Err(_) => text.extend_from_slice(value),
            }
        }
        text.into()
    }

    /// Reads the text form.
    pub(crate) fn parse(table: Table, text: &BStr) -> Option<Self> {
        let mut values = vec![None; table.identity().len()];
        for (name, value) in key::attributes(text.to_str().ok()?)? {
            let place = table.identity().iter().position(|known| *known == name)?;
            if values[place].replace(BString::from(value)).is_some() {
                return None;
            }
        }
        Some(Self(values.into()))
    }
}

impl Key {
    /// A setting of `defaults` or `overrides`.
    pub(crate) fn setting(table: Table, name: &'static str) -> Self {
        Self { table, block: Selector::None, name: Some(name) }
    }

    /// A setting of a block.
    pub(crate) fn in_block(table: Table, block: Identity, name: &'static str) -> Self {
        Self { table, block: Selector::Of(block), name: Some(name) }
    }

    /// The list of a blacklist's `device` blocks.
    pub(crate) fn items(table: Table) -> Self {
        Self { table, block: Selector::None, name: None }
    }

    /// The table the key's line stands in.
    pub fn table(&self) -> Table {
        self.table
    }

    /// The keyword; `None` for a block.
    pub fn keyword(&self) -> Option<&'static str> {
        self.name
    }

    /// The section or block that the key's line stands in, as the key has it in front of its keyword.
    pub(crate) fn block_name(&self) -> String {
        Self { name: None, ..self.clone() }.to_string()
    }

    /// True for a key whose lines add up: the entries of a blacklist.
    pub fn is_list(&self) -> bool {
        self.table.is_list() || self.table.is_item()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.table)?;
        match &self.block {
            Selector::None => {}
            Selector::All => f.write_str("[*]")?,
            Selector::Of(block) => write!(f, "[{}]", block.text(self.table))?,
        }
        self.name.map_or(Ok(()), |name| write!(f, ".{name}"))
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Key {
    /// As its text.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let error = |why: String, help: String| Err(KeyError { key: text.to_owned(), why, help });
        let segments = key::parse(text)?;
        if let Some(segment) = segments.iter().find(|segment| segment.ordinal != 1) {
            return error(
                format!("`{segment}` counts blocks"),
                "blocks with equal selectors are one to the daemon: leave out the `#`".to_owned(),
            );
        }
        let (table, selector, rest) = locate(&segments);
        let block = match (selector, table.identity()) {
            (None, []) => Selector::None,
            (None, _) if table.is_item() && rest.is_empty() => Selector::None,
            (None, attributes) => {
                return error(
                    format!("`{table}` needs a selector"),
                    format!("say which block: `{table}[{}=…]`, or `[*]` for every one", attributes.join("=…,")),
                );
            }
            (Some(_), []) => return error(format!("`{table}` takes no selector"), format!("write `{table}.keyword`")),
            (Some("*"), _) => Selector::All,
            (Some(selector), attributes) => match Identity::parse(table, selector.into()) {
                Some(block) if block.is_kept(table) => Selector::Of(block),
                _ => {
                    return error(
                        format!("`[{selector}]` does not say which `{table}`"),
                        format!(
                            "write `{table}[{}=…]`; quote values that hold more than a word",
                            attributes.join("=…,")
                        ),
                    );
                }
            },
        };
        match rest {
            [] if !table.identity().is_empty() => Ok(Self { table, block, name: None }),
            [Segment { name, selector: None, .. }] if !table.is_item() => {
                let homes = || diagnostics::homes(name.as_bytes()).filter(|_| table == Table::Top);
                match (vocabulary::find(table, name.as_bytes()), homes()) {
                    (Some(keyword), _) => Ok(Self { table, block, name: Some(keyword.means) }),
                    (None, Some(homes)) => error(
                        "it does not say in which section".to_owned(),
                        format!("a key begins with its section: {homes}"),
                    ),
                    (None, None) => error(
                        format!("no version of the daemon knows `{name}` in {}", place(table)),
                        "keywords are case-sensitive, and each belongs to its sections (multipath.conf(5))".to_owned(),
                    ),
                }
            }
            _ => error(
                "it does not name a setting, a list or a block".to_owned(),
                "a key looks like `defaults.user_friendly_names`, `multipaths.multipath[wwid=3600…].alias` or \
                 `blacklist.devnode`"
                    .to_owned(),
            ),
        }
    }
}

fn place(table: Table) -> String {
    if table == Table::Top { "the file".to_owned() } else { format!("`{table}`") }
}

/// The table that the first segments lead to, its selector, and what is left of the segments.
fn locate(segments: &[Segment]) -> (Table, Option<&str>, &[Segment]) {
    let inside = |parent: Table, segment: &Segment| {
        Table::ALL.into_iter().find(|table| table.parent() == parent && table.name() == segment.name)
    };
    let [first, rest @ ..] = segments else { return (Table::Top, None, segments) };
    let Some(section) = inside(Table::Top, first) else { return (Table::Top, None, segments) };
    match rest {
        [second, rest @ ..] if first.selector.is_none() => match inside(section, second) {
            Some(block) => (block, second.selector.as_deref(), rest),
            None => (section, None, &segments[1..]),
        },
        rest => (section, first.selector.as_deref(), rest),
    }
}
