use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;

use bstr::{BString, ByteSlice};
use kvmprep_lossless::KeyError;
use kvmprep_lossless::key::{self, Segment};

use crate::criteria::Criteria;
use crate::vocabulary::Keyword;
use crate::{Version, vocabulary};

/// What can be addressed: a keyword, in the global section or in a block, or a whole block.
///
/// The text form: `Port`, `Match[User bob].X11Forwarding`, `Match[User bob]#2.Banner` (the second block with these
/// criteria), `Subsystem[sftp]`, `Match[User bob]`. Keywords and names of criteria compare without case, patterns
/// and subsystems byte by byte. Aliases are resolved by the dialect, as releases differ in them.
///
/// ```
/// use kvmprep_sshd_config::Key;
/// assert_eq!("match[USER bob].banner".parse(), Key::in_block("User bob", "Banner"));
/// assert_eq!("Match[User bob]#2.Banner".parse::<Key>()?.to_string(), "Match[User bob]#2.Banner");
/// # Ok::<(), kvmprep_lossless::KeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Key {
    block: Option<Block>,
    name: Option<Name>,
}

/// A Match block: its criteria, and which one where several have the same.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Block {
    /// The criteria.
    pub criteria: Arc<Criteria>,
    /// From 1.
    pub ordinal: usize,
}

/// A keyword as it was spelled, compared as sshd compares it.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) spelled: String,
    /// Lower case; resolved, the name that all aliases share.
    folded: String,
    pub(crate) selector: Option<BString>,
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Name {}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        (&self.folded, &self.selector).cmp(&(&other.folded, &other.selector))
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.folded, &self.selector).hash(state);
    }
}

impl Name {
    fn new(spelled: &str, selector: Option<BString>) -> Self {
        Self { spelled: spelled.to_owned(), folded: spelled.to_ascii_lowercase(), selector }
    }

    pub(crate) fn resolved(mut self, version: Version) -> Self {
        self.folded = vocabulary::shared_name(version, &self.spelled).to_ascii_lowercase();
        self
    }

    /// True when the keyword is this one, under any of its names.
    pub(crate) fn is(&self, keyword: &str) -> bool {
        self.folded.eq_ignore_ascii_case(keyword)
    }
}

impl Key {
    /// A keyword in the global section: the lines before the first Match.
    pub fn global(keyword: &str) -> Self {
        Self { block: None, name: Some(Name::new(keyword, None)) }
    }

    /// The command of a subsystem.
    pub fn subsystem(name: impl Into<BString>) -> Self {
        Self { block: None, name: Some(Name::new("Subsystem", Some(name.into()))) }
    }

    /// A keyword in the first block with these criteria, spelled as on a Match line.
    ///
    /// # Errors
    /// Criteria that sshd would refuse.
    pub fn in_block(criteria: &str, keyword: &str) -> Result<Self, KeyError> {
        Ok(Self { name: Some(Name::new(keyword, None)), ..Self::block(criteria)? })
    }

    /// The first block with these criteria, as a whole.
    ///
    /// # Errors
    /// Criteria that sshd would refuse.
    pub fn block(criteria: &str) -> Result<Self, KeyError> {
        let parsed = Criteria::parse(criteria.as_bytes())
            .map_err(|fault| error(&format!("Match[{criteria}]"), fault.explained()))?;
        Ok(Self { block: Some(Block { criteria: Arc::new(parsed), ordinal: 1 }), name: None })
    }

    /// The same key in the block with this number among those with the same criteria.
    pub fn nth_block(mut self, ordinal: usize) -> Self {
        if let Some(block) = &mut self.block {
            block.ordinal = ordinal.max(1);
        }
        self
    }

    /// The block; `None` in the global section.
    pub fn scope(&self) -> Option<&Block> {
        self.block.as_ref()
    }

    /// The keyword as spelled; `None` for a block as a whole.
    pub fn keyword(&self) -> Option<&str> {
        self.name.as_ref().map(|name| name.spelled.as_str())
    }

    pub(crate) fn name(&self) -> Option<&Name> {
        self.name.as_ref()
    }

    /// The key of something a row says: states know criteria and no numbers.
    pub(crate) fn said(scope: &Option<Arc<Criteria>>, name: Option<Name>) -> Self {
        Self { block: scope.clone().map(|criteria| Block { criteria, ordinal: 1 }), name }
    }

    pub(crate) fn from_parts(block: Option<Block>, name: Option<Name>) -> Self {
        Self { block, name }
    }

    /// The key that facts of its place have.
    pub(crate) fn unnumbered(&self) -> Self {
        self.clone().nth_block(1)
    }

    /// The name of a directive that is known to be this keyword, or none of ours.
    pub(crate) fn said_name(spelled: &str, keyword: Option<&Keyword>) -> Name {
        let folded = keyword.map_or(spelled, |keyword| keyword.name).to_ascii_lowercase();
        Name { spelled: spelled.to_owned(), folded, selector: None }
    }

    pub(crate) fn resolved(&self, version: Version) -> Self {
        Self { block: self.block.clone(), name: self.name.clone().map(|name| name.resolved(version)) }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(Block { criteria, ordinal }) = &self.block {
            write!(f, "Match[{criteria}]")?;
            if *ordinal != 1 {
                write!(f, "#{ordinal}")?;
            }
        }
        if let Some(name) = &self.name {
            let dot = if self.block.is_some() { "." } else { "" };
            write!(f, "{dot}{}", name.spelled)?;
            if let Some(selector) = &name.selector {
                write!(f, "[{}]", key::quoted(&selector.to_str_lossy()))?;
            }
        }
        Ok(())
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
        let segments = key::parse(text)?;
        let (block, name) = match segments.as_slice() {
            [block] if is_match(block) => (Some(block), None),
            [name] => (None, Some(name)),
            [block, name] if is_match(block) && !is_match(name) => (Some(block), Some(name)),
            _ => return Err(error(text, "blocks are called `Match[criteria]`, and there is one level of them")),
        };
        let block = match block {
            Some(Segment { selector: Some(criteria), ordinal, .. }) => Key::block(criteria)?.nth_block(*ordinal).block,
            Some(_) => return Err(error(text, "a block is told by its criteria")),
            None => None,
        };
        let name = match name {
            Some(Segment { ordinal, .. }) if *ordinal != 1 => return Err(error(text, "only blocks are numbered")),
            Some(Segment { name, selector, .. }) => Some(named(text, name, selector.as_deref())?),
            None => None,
        };
        Ok(Self { block, name })
    }
}

fn is_match(segment: &Segment) -> bool {
    segment.name.eq_ignore_ascii_case("Match")
}

fn named(text: &str, name: &str, selector: Option<&str>) -> Result<Name, KeyError> {
    if !is_word(name.as_bytes()) {
        return Err(error(text, "a keyword is made of letters and digits"));
    }
    let Some(selector) = selector else { return Ok(Name::new(name, None)) };
    let unquoted = match selector.strip_prefix('"') {
        Some(_) => key::attributes(&format!("name={selector}")).map(|mut pairs| pairs.remove(0).1),
        None => Some(selector.to_owned()),
    };
    let unquoted =
        unquoted.filter(|name| !name.is_empty()).ok_or_else(|| error(text, "the name in brackets is empty"))?;
    Ok(Name::new(name, Some(unquoted.into())))
}

/// True for what may be written as a keyword.
pub(crate) fn is_word(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(u8::is_ascii_alphanumeric)
}

fn error(key: &str, why: &str) -> KeyError {
    KeyError {
        key: key.to_owned(),
        why: why.to_owned(),
        help: "a key looks like `Port`, `Match[User bob].Banner`, `Match[User bob]` or `Subsystem[sftp]`".to_owned(),
    }
}
