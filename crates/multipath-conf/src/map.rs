//! A map that the daemon is asked about.

use std::fmt;
use std::str::FromStr;

use bstr::{BString, ByteSlice};
use kvmprep_lossless::key;

use crate::Table;
use crate::key::{Identity, Key};
use crate::regex::{self, matching};
use crate::vocabulary;

/// A map, and what is known of its paths: which blocks of the files are its own.
///
/// ```
/// use kvmprep_multipath_conf::Map;
///
/// let map: Map = "3600a0b80000f1234,vendor=HP,product=HSV210".parse()?;
/// assert_eq!(map.to_string(), "wwid=3600a0b80000f1234,vendor=HP,product=HSV210");
/// # Ok::<(), kvmprep_multipath_conf::MapError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Map {
    /// The WWID, as the daemon has it.
    pub wwid: BString,
    /// The vendor of its paths, without the blanks that SCSI fills it up with.
    pub vendor: Option<BString>,
    /// The product.
    pub product: Option<BString>,
    /// The revision.
    pub revision: Option<BString>,
    /// What its paths are reached by, as `overrides.protocol` calls it: `scsi:fcp`.
    pub protocol: Option<BString>,
}

/// A text that says nothing of a map.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MapError {
    /// The text as given.
    pub text: String,
}

impl fmt::Display for MapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` does not say which map: give its WWID, and what is known of its paths, as in \
             3600a0b80000f1234,vendor=HP,product=HSV210,protocol=scsi:fcp; quote a value that holds a comma",
            self.text
        )
    }
}

impl std::error::Error for MapError {}

/// Whether a block is for a map.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Applies {
    Yes,
    No,
    /// That hangs on what is not told, or on a pattern that is not understood.
    Maybe(&'static str),
}

impl Applies {
    /// Both must.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, other) => other,
            (maybe, _) => maybe,
        }
    }
}

impl From<bool> for Applies {
    fn from(applies: bool) -> Self {
        if applies { Self::Yes } else { Self::No }
    }
}

impl Map {
    /// The key that sets a keyword for the map, as near to it as the keyword can stand: in its `multipath` block, else in
    /// `defaults`, else in a `device` of its strings. `None` for a keyword that stands in none of them.
    ///
    /// ```
    /// use kvmprep_multipath_conf::Map;
    ///
    /// let map: Map = "3600a".parse()?;
    /// let key = |keyword| map.key(keyword).map(|key| key.to_string());
    /// assert_eq!(key("no_path_retry").as_deref(), Some("multipaths.multipath[wwid=3600a].no_path_retry"));
    /// assert_eq!(key("dev_loss_tmo").as_deref(), Some("defaults.dev_loss_tmo"));
    /// # Ok::<(), kvmprep_multipath_conf::MapError>(())
    /// ```
    pub fn key(&self, keyword: &str) -> Option<Key> {
        let means = |table| vocabulary::find(table, keyword.as_bytes()).map(|keyword| keyword.means);
        match means(Table::Multipath) {
            Some(name) => Some(Key::in_block(Table::Multipath, self.block(), name)),
            None => means(Table::Defaults)
                .map(|name| Key::setting(Table::Defaults, name))
                .or_else(|| Some(Key::in_block(Table::Device, self.device()?, means(Table::Device)?))),
        }
    }

    fn device(&self) -> Option<Identity> {
        let identity = Identity([self.vendor.clone(), self.product.clone(), self.revision.clone()].into());
        identity.is_kept(Table::Device).then_some(identity)
    }

    fn block(&self) -> Identity {
        Identity([Some(self.wwid.clone())].into())
    }

    /// Whether a block of a table is for this map: `wwid` and `type` are literal, the strings of a `device` are patterns.
    pub(crate) fn applies(&self, table: Table, block: &Identity) -> Applies {
        match (table, &self.protocol) {
            (Table::Multipath, _) => (*block == self.block()).into(),
            (Table::Protocol, None) => Applies::Maybe("by which protocol its paths are reached is not told"),
            (Table::Protocol, told) => (block.0.first() == Some(told)).into(),
            _ => {
                let told = [&self.vendor, &self.product, &self.revision];
                let parts = block.0.iter().zip(told).map(|(pattern, told)| matched(pattern.as_ref(), told.as_ref()));
                parts.fold(Applies::Yes, Applies::and)
            }
        }
    }
}

/// One string of a `device`: what it does not say matches (`hwe_regmatch` of `config.c`).
fn matched(pattern: Option<&BString>, told: Option<&BString>) -> Applies {
    match (pattern.map(|pattern| &pattern[..]), told) {
        (None | Some(b"" | b".*"), _) => Applies::Yes,
        (Some(pattern), None) if regex::refused(pattern).is_some() => Applies::No,
        (Some(_), None) => Applies::Maybe("the vendor, product and revision of its paths are not all told"),
        (Some(pattern), Some(told)) => match matching::found(pattern, told) {
            Some(true) => Applies::Yes,
            Some(false) => Applies::No,
            None => Applies::Maybe("what its pattern matches is not known here"),
        },
    }
}

impl fmt::Display for Map {
    /// What is told, as [`FromStr`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "wwid={}", key::quoted(&self.wwid.to_str_lossy()))?;
        let told = [
            ("vendor", &self.vendor),
            ("product", &self.product),
            ("revision", &self.revision),
            ("protocol", &self.protocol),
        ];
        told.into_iter()
            .filter_map(|(name, value)| Some((name, value.as_ref()?)))
            .try_for_each(|(name, value)| write!(f, ",{name}={}", key::quoted(&value.to_str_lossy())))
    }
}

impl FromStr for Map {
    type Err = MapError;

    /// Reads `name=value` joined by commas: `wwid`, `vendor`, `product`, `revision` and `protocol`; a value may stand in
    /// double quotes. A first word alone is the WWID.
    fn from_str(text: &str) -> Result<Self, MapError> {
        let error = || MapError { text: text.to_owned() };
        let first = text.split(',').next().unwrap_or_default();
        let named = if first.contains('=') { text.to_owned() } else { format!("wwid={text}") };
        let [mut wwid, mut vendor, mut product, mut revision, mut protocol] = [const { None }; 5];
        for (name, value) in key::attributes(&named).ok_or_else(error)? {
            let part = match &*name {
                "wwid" => &mut wwid,
                "vendor" => &mut vendor,
                "product" => &mut product,
                "revision" => &mut revision,
                "protocol" => &mut protocol,
                _ => return Err(error()),
            };
            if part.replace(BString::from(value)).is_some() {
                return Err(error());
            }
        }
        let wwid = wwid.filter(|wwid: &BString| !wwid.is_empty()).ok_or_else(error)?;
        Ok(Self { wwid, vendor, product, revision, protocol })
    }
}
