//! What glibc's `regcomp` refuses as a POSIX extended regular expression.
//!
//! A blacklist entry that does not compile keeps the daemon from starting (`blacklist-bad-regex`), so the question here is
//! whether it compiles; [`matching`] says what it matches.

pub(crate) mod matching;

use crate::Version;
use crate::version::Change;

/// Largest repeat count of glibc.
const MAX_REPEAT: u32 = 0x7fff;

/// The bytes an entry hands to `regcomp`: a first `!` inverts the entry, `\!` is a plain `!` (`blacklist-invert`), since
/// patterns can be inverted.
pub(crate) fn pattern(entry: &[u8], version: Version) -> &[u8] {
    match entry {
        [b'!', ..] | [b'\\', b'!', ..] if version.has(Change::INVERTED) => &entry[1..],
        _ => entry,
    }
}

/// Says why `regcomp(3)` with `REG_EXTENDED` refuses a pattern in the C locale.
pub(crate) fn refused(pattern: &[u8]) -> Option<&'static str> {
    let mut reader = Reader { text: pattern, at: 0, open: Vec::new(), groups: 0, closed: 0 };
    reader.read().err()
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    /// The numbers of the groups that are open.
    open: Vec<u32>,
    groups: u32,
    /// A bit for each closed group that can be referred back to.
    closed: u16,
}

impl Reader<'_> {
    fn read(&mut self) -> Result<(), &'static str> {
        // True where an expression begins, so that there is nothing to repeat.
        let mut fresh = true;
        while let Some(byte) = self.next() {
            match byte {
                b'*' | b'+' | b'?' | b'{' if fresh => return Err("there is nothing to repeat"),
                b'*' | b'+' | b'?' => {}
                b'{' => self.interval()?,
                b'|' | b'^' | b'$' => fresh = true,
                b'(' => {
                    self.groups += 1;
                    self.open.push(self.groups);
                    fresh = true;
                }
                b')' => {
                    let group = self.open.pop();
                    self.closed |= group.and_then(|group| 1_u16.checked_shl(group)).unwrap_or_default();
                    fresh = false;
                }
                b'[' => {
                    self.bracket()?;
                    fresh = false;
                }
                b'\\' => fresh = self.escape()?,
                _ => fresh = false,
            }
        }
        if !self.open.is_empty() { Err("a `(` is not closed") } else { Ok(()) }
    }

    fn next(&mut self) -> Option<u8> {
        let byte = *self.text.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn number(&mut self) -> Option<u32> {
        let mut number = None;
        while let Some(digit) = self.peek().filter(u8::is_ascii_digit) {
            let grown: u32 = number.unwrap_or(0) * 10 + u32::from(digit - b'0');
            number = Some(grown.min(MAX_REPEAT + 1));
            self.at += 1;
        }
        number
    }

    /// Behind `{`: `n}`, `n,}`, `,m}` or `n,m}`.
    fn interval(&mut self) -> Result<(), &'static str> {
        let low = self.number();
        let high = if self.peek() == Some(b',') {
            self.at += 1;
            self.number()
        } else if low.is_none() {
            return Err("a `{` is not followed by a repeat count");
        } else {
            low
        };
        match self.next() {
            Some(b'}') => {}
            _ => return Err("a `{` is not closed"),
        }
        let low = low.unwrap_or(0);
        if high.is_some_and(|high| high < low) {
            return Err("a repeat count runs backwards");
        }
        if low.max(high.unwrap_or(0)) > MAX_REPEAT { Err("a repeat count is too large") } else { Ok(()) }
    }

    /// Behind a backslash; true when an anchor was read.
    fn escape(&mut self) -> Result<bool, &'static str> {
        match self.next() {
            None => Err("it ends in a backslash"),
            Some(digit @ b'1'..=b'9') if self.closed >> (digit - b'0') & 1 == 0 => {
                Err("it refers back to a group that is not there")
            }
            Some(b'<' | b'>' | b'b' | b'B' | b'`' | b'\'') => Ok(true),
            Some(_) => Ok(false),
        }
    }

    /// Behind `[`.
    fn bracket(&mut self) -> Result<(), &'static str> {
        const OPEN: &str = "a `[` is not closed";
        const RANGE: &str = "a range in `[…]` runs backwards or is none";
        if self.peek() == Some(b'^') {
            self.at += 1;
        }
        let mut first = true;
        loop {
            if self.peek() == Some(b']') && !first {
                self.at += 1;
                return Ok(());
            }
            // Elsewhere than at an end, a hyphen makes a range.
            if self.peek() == Some(b'-') && !first && self.text.get(self.at + 1) != Some(&b']') {
                return Err(RANGE);
            }
            first = false;
            let start = self.element(OPEN)?;
            if self.peek() == Some(b'-') && !matches!(self.text.get(self.at + 1), Some(b']') | None) {
                self.at += 1;
                let end = self.element(OPEN)?;
                match (start, end) {
                    (Some(start), Some(end)) if start <= end => {}
                    _ => return Err(RANGE),
                }
            }
        }
    }

    /// One element of a bracket: its byte, or `None` for a class.
    fn element(&mut self, open: &'static str) -> Result<Option<u8>, &'static str> {
        let byte = self.next().ok_or(open)?;
        let kind = match (byte, self.peek()) {
            (b'[', Some(kind @ (b':' | b'.' | b'='))) => kind,
            _ => return Ok(Some(byte)),
        };
        self.at += 1;
        let rest = &self.text[self.at..];
        let Some(len) = rest.windows(2).position(|pair| pair == [kind, b']']) else { return Err(open) };
        let name = &rest[..len];
        self.at += len + 2;
        match (kind, name) {
            (b':', name) if CLASSES.contains(&name) => Ok(None),
            (b':', _) => Err("a `[:class:]` is unknown"),
            (b'=', [_]) => Ok(None),
            (_, [only]) => Ok(Some(*only)),
            _ => Err("a collating element is unknown"),
        }
    }
}

const CLASSES: [&[u8]; 12] = [
    b"alnum", b"alpha", b"blank", b"cntrl", b"digit", b"graph", b"lower", b"print", b"punct", b"space", b"upper",
    b"xdigit",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from glibc's `regcomp(3)` with `REG_EXTENDED | REG_NOSUB` in the C locale.
    const RECORDED: &str = include_str!("../../../testdata/multipath/regcomp.tsv");

    #[test]
    fn patterns_compile_as_they_do_in_glibc() {
        let lines = RECORDED.lines().filter_map(|line| line.split_once('\t'));
        let wrong: Vec<_> =
            lines.filter(|(verdict, it)| refused(it.as_bytes()).is_some() != (*verdict == "bad")).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
