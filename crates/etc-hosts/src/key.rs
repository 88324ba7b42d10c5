use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::IpAddr;
use std::str::FromStr;

use bstr::{BStr, BString, ByteSlice};
use kvmprep_lossless::KeyError;
use kvmprep_lossless::value::shown;

use crate::value::{self, Family};

/// What can be addressed in a hosts file.
///
/// The text form is one or more names that move together, in the order to write, with an optional family:
/// `kvm1.example.com,kvm1`, `kvm1/v4`, `kvm1/v6`. Without a family, an edit's family follows from its addresses. An
/// address is a key too, for reading only: what a lookup by address answers.
///
/// Bytes that the text form needs for itself, or that are not printable ASCII, are written `\xNN` in a name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Key {
    /// Names.
    Names(Names),
    /// An address, as a lookup by address asks for it.
    Address(IpAddr),
}

/// Names that move together.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Names {
    names: Vec<Name>,
    family: Option<Family>,
}

impl Names {
    /// The names in the order to write, without repeats.
    pub fn names(&self) -> &[Name] {
        &self.names
    }

    /// The one family meant; `None` means both.
    pub fn family(&self) -> Option<Family> {
        self.family
    }
}

impl Key {
    /// One name in both families.
    pub fn name(name: impl Into<BString>) -> Self {
        Self::names([name])
    }

    /// Names that move together, in the order to write: the canonical name first. Repeats are dropped.
    pub fn names(names: impl IntoIterator<Item = impl Into<BString>>) -> Self {
        let mut distinct: Vec<Name> = Vec::new();
        for name in names.into_iter().map(|name| Name(name.into())) {
            if !distinct.contains(&name) {
                distinct.push(name);
            }
        }
        Self::Names(Names { names: distinct, family: None })
    }

    /// The same names in one family only. An address has its family already.
    pub fn of_family(self, family: Family) -> Self {
        match self {
            Self::Names(names) => Self::Names(Names { family: Some(family), ..names }),
            address @ Self::Address(_) => address,
        }
    }
}

/// A host name, compared as the C library compares: by bytes, without ASCII case (case `case-folding`). A final dot
/// counts (`trailing-dot-query`).
#[derive(Clone, Debug)]
pub struct Name(pub(crate) BString);

impl Name {
    /// The name as it was spelled.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// True when a lookup of this name finds that word of the file.
    pub fn is(&self, word: &[u8]) -> bool {
        self.0.eq_ignore_ascii_case(word)
    }

    /// The name as a key of its own.
    pub(crate) fn key(&self, family: Option<Family>) -> Key {
        let key = Key::name(self.0.clone());
        family.map_or(key.clone(), |family| key.of_family(family))
    }

    pub(crate) fn folded(&self) -> Folded<'_> {
        Folded(&self.0)
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.is(&other.0)
    }
}

impl Eq for Name {}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.iter().map(u8::to_ascii_lowercase).cmp(other.0.iter().map(u8::to_ascii_lowercase))
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.folded().hash(state);
    }
}

/// A name where it stands, compared as names are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Folded<'t>(pub(crate) &'t [u8]);

impl PartialEq for Folded<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(other.0)
    }
}

impl Eq for Folded<'_> {}

impl Hash for Folded<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // In blocks: hashers take single bytes slowly.
        for block in self.0.chunks(32) {
            let mut folded = [0_u8; 32];
            folded[..block.len()].copy_from_slice(block);
            folded.make_ascii_lowercase();
            state.write(&folded[..block.len()]);
        }
        state.write_u8(0xff);
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|&byte| match byte {
            b',' | b'/' | b'\\' => write!(f, "\\x{byte:02x}"),
            b if b.is_ascii_graphic() => write!(f, "{}", char::from(b)),
            b => write!(f, "\\x{b:02x}"),
        })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            // A file may give an address as a name; spelled plainly, it would read back as an address.
            Self::Names(Names { names, family: None }) if value::address(lone(names)).is_some() => {
                let (first, rest) = lone(names).split_at(1);
                write!(f, "\\x{:02x}{}", first[0], rest.as_bstr())
            }
            Self::Names(Names { names, family }) => {
                for (i, name) in names.iter().enumerate() {
                    f.write_str(if i == 0 { "" } else { "," })?;
                    name.fmt(f)?;
                }
                family.map_or(Ok(()), |family| write!(f, "/{family}"))
            }
        }
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
        if let Ok(address) = text.parse() {
            return Ok(Self::Address(address));
        }
        let wrong = |why: &str| KeyError {
            key: shown(text.as_bytes()),
            why: why.to_owned(),
            help: "a key looks like `kvm1.example.com,kvm1`, `kvm1/v4` or `kvm1/v6`".to_owned(),
        };
        let (names, family) = match text.rsplit_once('/') {
            None => (text, None),
            Some((names, "v4")) => (names, Some(Family::V4)),
            Some((names, "v6")) => (names, Some(Family::V6)),
            Some(_) => return Err(wrong("what follows the slash is a family, v4 or v6")),
        };
        let names = names
            .split(',')
            .map(unescaped)
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| wrong("a backslash begins `\\xNN`, a byte in two hexadecimal digits"))?;
        if names.iter().any(|name| name.is_empty()) {
            return Err(wrong("a name is empty"));
        }
        if names.iter().any(|name| name.find_byteset(UNNAMEABLE).is_some()) {
            return Err(wrong("no name holds a blank, a `#`, a NUL or a line end"));
        }
        let key = Self::names(names);
        Ok(match family {
            Some(family) => key.of_family(family),
            None => key,
        })
    }
}

fn lone(names: &[Name]) -> &[u8] {
    if let [name] = names { name.as_bytes() } else { &[] }
}

/// What ends a word of the file: no name can hold it.
const UNNAMEABLE: &[u8] = b" \t\x0b\x0c\r\n#\0";

fn unescaped(text: &str) -> Option<BString> {
    let mut name = BString::default();
    let mut rest = BStr::new(text);
    while let Some((&byte, behind)) = rest.split_first() {
        rest = BStr::new(behind);
        if byte != b'\\' {
            name.push(byte);
            continue;
        }
        let digits = behind.strip_prefix(b"x")?.get(..2)?.to_str().ok()?;
        name.push(u8::from_str_radix(digits, 16).ok()?);
        rest = BStr::new(&behind[3..]);
    }
    Some(name)
}
