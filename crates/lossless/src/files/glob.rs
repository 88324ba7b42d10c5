use bstr::{BString, ByteSlice};
use camino::{Utf8Path, Utf8PathBuf};

use super::{Entry, Files, FilesError};

/// What a pattern makes of names that begin with a dot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hidden {
    /// They want a dot at that place of the pattern: glob(7).
    Explicit,
    /// They are names like any other.
    Plain,
}

/// A glob(7), as one consumer has it: `*`, `?`, `[…]` and a backslash, name by name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Glob {
    /// What becomes of hidden names.
    pub hidden: Hidden,
    /// True where `[^…]` is `[!…]`; else `^` is a byte of the set.
    pub caret_negates: bool,
    /// How many matches are followed, of a pattern and of the directories on its way.
    pub most: usize,
}

impl Glob {
    /// glob(3) of the GNU library.
    pub const GNU: Self = Self { hidden: Hidden::Explicit, caret_negates: true, most: 1_024 };

    /// glob(3) of BSD, which OpenSSH brings along. Asked of OpenSSH 9.2.
    pub const BSD: Self = Self { caret_negates: false, ..Self::GNU };

    /// The paths that an absolute pattern matches, in byte order.
    ///
    /// A link that leads nowhere is matched: it has a name.
    ///
    /// ```
    /// use kvmprep_lossless::files::{Glob, MemoryFiles};
    ///
    /// let files = MemoryFiles::new().with("/etc/d/9.conf", "").with("/etc/d/10.conf", "").with("/etc/d/.h.conf", "");
    /// assert_eq!(Glob::GNU.paths(&files, b"/etc/d/*.conf")?, ["/etc/d/10.conf", "/etc/d/9.conf"]);
    /// # Ok::<(), kvmprep_lossless::files::FilesError>(())
    /// ```
    ///
    /// # Errors
    /// A directory that cannot be looked at, a matching name that is not UTF-8, too many matches: which paths there are
    /// is unknown then.
    pub fn paths(self, files: &dyn Files, pattern: &[u8]) -> Result<Vec<Utf8PathBuf>, FilesError> {
        let mut paths = vec![Utf8PathBuf::from("/")];
        let mut is_last_plain = false;
        for component in Self::components(pattern).filter(|component| !component.is_empty()) {
            let plain = plain(component);
            is_last_plain = plain.is_some();
            match plain {
                Some(name) => paths.iter_mut().for_each(|path| path.push(&name)),
                None => paths = self.listed(files, &paths, component)?,
            }
        }
        let wants_directory = pattern.ends_with(b"/");
        let mut found = Vec::with_capacity(paths.len());
        for path in paths {
            let counts = match wants_directory {
                true => matches!(files.look(&path)?.entry, Entry::Directory(_)),
                false => !is_last_plain || has_name(files, &path)?,
            };
            found.extend(counts.then_some(path));
        }
        found.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        Ok(found)
    }

    /// A pattern name by name. A backslash before a slash is none, as glob(3) has it, both GNU's and BSD's.
    pub fn components(pattern: &[u8]) -> impl Iterator<Item = &[u8]> {
        let on_the_way = pattern.find_iter(b"/").count();
        pattern.split_str("/").enumerate().map(move |(number, component)| {
            let backslashes = component.iter().rev().take_while(|byte| **byte == b'\\').count();
            let is_odd = number < on_the_way && backslashes % 2 == 1;
            &component[..component.len() - usize::from(is_odd)]
        })
    }

    /// The names in these directories that a component matches.
    fn listed(
        self,
        files: &dyn Files,
        directories: &[Utf8PathBuf],
        component: &[u8],
    ) -> Result<Vec<Utf8PathBuf>, FilesError> {
        let mut found = Vec::new();
        for directory in directories {
            let fails = |why: String| FilesError { path: directory.clone(), why };
            let Entry::Directory(names) = files.look(directory)?.entry else { continue };
            let dots = has_dot(component).then(|| [".", ".."].map(BString::from));
            for name in names.iter().chain(dots.iter().flatten()).filter(|name| self.matches_name(component, name)) {
                let Ok(utf8) = name.to_str() else {
                    return Err(fails(format!("the name `{}` is not UTF-8", name.escape_ascii())));
                };
                if found.len() == self.most {
                    return Err(fails(format!("`{}` matches more than {} names", component.escape_ascii(), self.most)));
                }
                found.push(directory.join(utf8));
            }
        }
        Ok(found)
    }

    /// True when a pattern matches a path: name by name, so that `*` stops at `/`.
    pub fn matches(self, pattern: &[u8], path: &[u8]) -> bool {
        let (mut patterns, mut names) = (Self::components(pattern), path.split_str("/"));
        loop {
            match (patterns.next(), names.next()) {
                (None, None) => return true,
                (Some(pattern), Some(name)) if self.matches_name(pattern, name) => {}
                _ => return false,
            }
        }
    }

    /// True when a pattern matches a text that is no path: `*` passes over `/`, and a dot in front is a byte like any
    /// other, as to fnmatch(3) without flags.
    ///
    /// ```
    /// use kvmprep_lossless::files::Glob;
    ///
    /// assert!(Glob::GNU.matches_text(b"net/*/rp_filter", b"net/ipv4/conf/all/rp_filter"));
    /// ```
    pub fn matches_text(self, pattern: &[u8], text: &[u8]) -> bool {
        self.matches_tail(pattern, text)
    }

    fn matches_name(self, pattern: &[u8], name: &[u8]) -> bool {
        let hides = self.hidden == Hidden::Explicit && name.starts_with(b".") && !has_dot(pattern);
        !hides && self.matches_tail(pattern, name)
    }

    /// Walks both; where it fails, the last `*` takes one byte more.
    fn matches_tail(self, mut pattern: &[u8], mut name: &[u8]) -> bool {
        let mut star: Option<(&[u8], &[u8])> = None;
        loop {
            match (pattern.first(), name.first()) {
                (Some(b'*'), _) => {
                    pattern = &pattern[1..];
                    star = Some((pattern, name));
                    continue;
                }
                (None, None) => return true,
                (Some(_), Some(byte)) => {
                    if let Some(behind) = self.one(pattern, *byte) {
                        (pattern, name) = (behind, &name[1..]);
                        continue;
                    }
                }
                _ => {}
            }
            match star {
                Some((behind, [_, rest @ ..])) => {
                    (pattern, name) = (behind, rest);
                    star = Some((behind, rest));
                }
                _ => return false,
            }
        }
    }

    /// What is left of the pattern when its first element takes this byte.
    fn one(self, pattern: &[u8], byte: u8) -> Option<&[u8]> {
        let (taken, behind) = match pattern {
            [b'?', behind @ ..] => (true, behind),
            [b'\\', escaped, behind @ ..] => (*escaped == byte, behind),
            [b'[', set @ ..] => self.in_set(set, byte).unwrap_or((byte == b'[', set)),
            [literal, behind @ ..] => (*literal == byte, behind),
            [] => return None,
        };
        taken.then_some(behind)
    }

    /// Reads a set behind its `[`; `None` when no `]` closes it, which makes the `[` a plain one.
    fn in_set(self, set: &[u8], byte: u8) -> Option<(bool, &[u8])> {
        let (negated, mut rest) = match set {
            [b'!', rest @ ..] => (true, rest),
            [b'^', rest @ ..] if self.caret_negates => (true, rest),
            rest => (false, rest),
        };
        let mut found = false;
        let mut first = true;
        loop {
            rest = match rest {
                [] => return None,
                [b']', behind @ ..] if !first => return Some((found != negated, behind)),
                [b'[', b':', class @ ..] if class.contains_str(":]") => {
                    let (name, behind) = class.split_once_str(":]")?;
                    found |= in_class(name, byte);
                    behind
                }
                [low, b'-', high, behind @ ..] if *high != b']' => {
                    found |= (*low..=*high).contains(&byte);
                    behind
                }
                [b'\\', escaped, behind @ ..] => {
                    found |= *escaped == byte;
                    behind
                }
                [literal, behind @ ..] => {
                    found |= *literal == byte;
                    behind
                }
            };
            first = false;
        }
    }
}

/// True when a component begins with a dot of its own.
fn has_dot(component: &[u8]) -> bool {
    component.starts_with(b".") || component.starts_with(b"\\.")
}

/// The one name that a component without wildcards stands for.
fn plain(component: &[u8]) -> Option<String> {
    let mut name = Vec::with_capacity(component.len());
    let mut bytes = component.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'*' | b'?' | b'[' => return None,
            b'\\' => name.push(*bytes.next().unwrap_or(byte)),
            _ => name.push(*byte),
        }
    }
    String::from_utf8(name).ok()
}

/// True when there is something by that name, were it a link that leads nowhere.
fn has_name(files: &dyn Files, path: &Utf8Path) -> Result<bool, FilesError> {
    let asked = files.look(path);
    if asked.as_ref().is_ok_and(|found| found.entry != Entry::Absent) {
        return Ok(true);
    }
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Ok(false) };
    match files.look(parent)?.entry {
        Entry::Directory(names) if names.iter().any(|listed| listed == name) => asked.map(|_| true),
        _ => Ok(false),
    }
}

fn in_class(name: &[u8], byte: u8) -> bool {
    match name {
        b"alnum" => byte.is_ascii_alphanumeric(),
        b"alpha" => byte.is_ascii_alphabetic(),
        b"blank" => matches!(byte, b' ' | b'\t'),
        b"cntrl" => byte.is_ascii_control(),
        b"digit" => byte.is_ascii_digit(),
        b"graph" => byte.is_ascii_graphic(),
        b"lower" => byte.is_ascii_lowercase(),
        b"print" => byte.is_ascii_graphic() || byte == b' ',
        b"punct" => byte.is_ascii_punctuation(),
        b"space" => matches!(byte, b' ' | b'\t'..=b'\r'),
        b"upper" => byte.is_ascii_uppercase(),
        b"xdigit" => byte.is_ascii_hexdigit(),
        _ => false,
    }
}
