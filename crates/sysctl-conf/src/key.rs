use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use bstr::{BStr, BString, ByteSlice, ByteVec};
use kvmprep_lossless::KeyError;
use kvmprep_lossless::files::Glob;

use crate::reader::Reader;

/// A kernel setting, known by its path below /proc/sys.
///
/// `vm.swappiness`, `vm/swappiness` and `-vm.swappiness` are one key, and each displays as it is spelled. Where the
/// first separator is a dot, dots and slashes stand for each other: `net.ipv4.conf.eth0/100.rp_filter` is
/// `net/ipv4/conf/eth0.100/rp_filter` (cases `vlan-dots`, `vlan-slashes`).
///
/// ```
/// use kvmprep_sysctl_conf::Key;
///
/// let key: Key = "net.ipv4.conf.eth0/100.rp_filter".parse()?;
/// assert_eq!(key, "net/ipv4/conf/eth0.100/rp_filter".parse()?);
/// assert_eq!(key.path(), "net/ipv4/conf/eth0.100/rp_filter");
/// assert_eq!(key.to_string(), "net.ipv4.conf.eth0/100.rp_filter");
/// # Ok::<(), kvmprep_lossless::KeyError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Key {
    spelling: BString,
    path: BString,
}

impl Key {
    /// The path below /proc/sys.
    pub fn path(&self) -> &BStr {
        self.path.as_bstr()
    }

    /// As it was asked for, or as the file spells it.
    pub fn spelling(&self) -> &BStr {
        self.spelling.as_bstr()
    }

    /// True when the key is a pattern: it holds `*`, `?` or `[`.
    pub fn is_glob(&self) -> bool {
        is_glob(&self.path)
    }

    /// False for a spelling that no reader takes for this key, nor for a pattern that reaches it: told without the work
    /// of reading it as a key, as most lines of a file are about others.
    pub(crate) fn concerns(&self, spelling: &[u8]) -> bool {
        fn core(name: &[u8]) -> impl ExactSizeIterator<Item = u8> {
            let name = name.trim_with(|c| matches!(c, '.' | '/' | '-'));
            name.iter().map(|byte| if *byte == b'/' { b'.' } else { *byte })
        }
        let (ours, theirs) = (core(&self.path), core(spelling));
        (ours.len() == theirs.len() && ours.eq(theirs)) || is_glob(spelling) || has_repeated_separator(spelling)
    }

    /// The key that a reader takes a spelling in the file for; `None` where it names nothing below /proc/sys.
    pub(crate) fn read(reader: Reader, spelling: &[u8]) -> Option<Self> {
        let path = reader.opened(spelling);
        // A path with `..` is refused when it is to be written (case `dotdot`).
        let is_refused = path.is_empty() || path == "/" || leads_up(&path);
        let path = match reader.simplifies() {
            false => resolve(&path)?,
            true if is_refused => return None,
            true => path,
        };
        Some(Self { spelling: spelling.into(), path })
    }
}

/// True for a pattern, as both readers decide it.
pub(crate) fn is_glob(path: &[u8]) -> bool {
    path.find_byteset(b"*?[").is_some()
}

/// True where two separators stand together: an empty name, or one that is `.` or `..`.
pub(crate) fn has_repeated_separator(name: &[u8]) -> bool {
    let is_separator = |byte: &u8| b"./".contains(byte);
    name.windows(2).any(|pair| pair.iter().all(is_separator))
}

/// True for a path with `..`: where that leads depends on which directories the kernel has.
pub(crate) fn leads_up(path: &[u8]) -> bool {
    path.split_str("/").any(|name| name == b"..")
}

/// True when a pattern of the readers matches a path: name by name (case `glob-escaped-slash`).
pub(crate) fn matches(pattern: &[u8], path: &[u8]) -> bool {
    Glob::GNU.matches(pattern, path)
}

/// True for a pattern that may match `.` and `..` on its way (case `glob-dot-names-within`).
pub(crate) fn wanders(pattern: &[u8]) -> bool {
    let on_the_way = pattern.rfind_byte(b'/').map_or(&b""[..], |last| &pattern[..last]);
    on_the_way.split_str("/").any(|name| is_glob(name) && (name.starts_with(b".") || name.starts_with(b"\\.")))
}

impl Reader {
    /// What the reader opens below /proc/sys for a spelling.
    ///
    /// procps and systemd before 245 hand it to the kernel as it comes out (case `double-separator`); later ones simplify it
    /// first.
    pub(crate) fn opened(self, spelling: &[u8]) -> BString {
        if self.simplifies() {
            return simplified(&translated(spelling));
        }
        let dash = spelling.strip_prefix(b"-").filter(|_| self.is_procps() && self.knows_dash());
        translated(dash.unwrap_or(spelling)).into_owned().into()
    }
}

/// Dots and slashes swapped where the first of them is a dot.
fn translated(spelling: &[u8]) -> Cow<'_, [u8]> {
    match spelling.find_byteset(b"./") {
        Some(first) if spelling[first] == b'.' => spelling
            .iter()
            .map(|byte| match byte {
                b'.' => b'/',
                b'/' => b'.',
                other => *other,
            })
            .collect(),
        _ => Cow::Borrowed(spelling),
    }
}

/// A path with dots for slashes and slashes for dots.
pub(crate) fn swapped(path: &BStr) -> BString {
    let swap = |byte: &u8| match byte {
        b'/' => b'.',
        b'.' => b'/',
        other => *other,
    };
    path.iter().map(swap).collect::<Vec<u8>>().into()
}

/// Without empty names, `.` names and the leading slash.
fn simplified(path: &[u8]) -> BString {
    let names = bstr::join("/", path.split_str("/").filter(|name| !name.is_empty() && *name != b"."));
    match path.first() {
        Some(b'/') if names.is_empty() => "/".into(),
        _ => names.into(),
    }
}

/// The file that the kernel finds. A slash at the end asks for a directory, so it stays.
pub(crate) fn resolve(path: &[u8]) -> Option<BString> {
    let mut names: Vec<&[u8]> = Vec::new();
    for name in path.split_str("/") {
        match name {
            b"" | b"." => {}
            b".." => drop(names.pop()?),
            name => names.push(name),
        }
    }
    let mut resolved = bstr::join("/", &names);
    if matches!(path.rsplit_str("/").next(), Some(b"" | b"." | b"..")) {
        resolved.push_byte(b'/');
    }
    (!names.is_empty()).then(|| resolved.into())
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

    /// Reads a spelling, with or without the `-` that makes failures not count. What can be looked up is wider than
    /// what `set` writes: a file may hold odd keys, and they can be taken out.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let error = |why: &str| KeyError {
            key: text.escape_debug().to_string(),
            why: why.to_owned(),
            help: "a key looks like `vm.swappiness` or `vm/swappiness`".to_owned(),
        };
        let name = text.strip_prefix('-').unwrap_or(text);
        if name.contains(|c: char| c == '=' || c.is_control()) {
            return Err(error("a key holds no `=` and no control characters"));
        }
        if name.trim() != name || text.starts_with(['#', ';']) {
            return Err(error("blanks around it, or a comment mark before it, are no part of a key"));
        }
        let key = Self::read(Reader::SYSTEMD, name.as_bytes()).ok_or_else(|| error("it names nothing in /proc/sys"))?;
        Ok(Self { spelling: text.into(), ..key })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.spelling.fmt(f)
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.path.hash(state);
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        self.path.cmp(&other.path)
    }
}
