//! One line, as the C library's files back end splits it:
//!
//! ```text
//! line = [blank] [ address ( blank name )* ] [blank] [ "#" rest ] LF
//! ```
//!
//! A blank is any `isspace` of the C locale, CR among them (cases `tabs-runs`, `vt-ff`, `crlf`). `#` ends the text even
//! when it is glued to a word (`comment-glued-name`), a NUL ends it too (`nul-inside`). Nothing is quoted, escaped or
//! continued (`quotes`, `backslash-newline`).

use bstr::ByteSlice;
use kvmprep_lossless::Span;
use nom::bytes::complete::{take_till, take_till1, take_while, take_while1};
use nom::combinator::rest;
use nom::{IResult, Parser};

use crate::key::Name;

/// A line in its parts, which concatenated spell it: blanks, address, `names` with the blanks around them, mark
/// and what follows it, ending.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Line<'a> {
    pub(crate) lead: &'a [u8],
    pub(crate) address: &'a [u8],
    pub(crate) names: &'a [u8],
    pub(crate) comment: &'a [u8],
    pub(crate) ending: &'a [u8],
}

/// A name and the blanks before it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spaced<'a> {
    pub(crate) blank: &'a [u8],
    pub(crate) name: &'a [u8],
}

impl<'a> Line<'a> {
    /// Splits a line. Any bytes split.
    pub(crate) fn read(bytes: &'a [u8]) -> Self {
        let (content, ending) = split_ending(bytes);
        let (_, (text, comment)) = marked(content).unwrap_or((&[], (content, &[])));
        let (_, (lead, address, names)) = words(text).unwrap_or((&[], (text, &[], &[])));
        Self { lead, address, names, comment, ending }
    }

    /// The names in order, each with the blanks before it.
    pub(crate) fn spaced(&self) -> impl Iterator<Item = Spaced<'a>> + Clone + use<'a> {
        let mut left = self.names;
        std::iter::from_fn(move || {
            let (behind, (blank, name)) = spaced(left).ok()?;
            left = behind;
            Some(Spaced { blank, name })
        })
    }

    /// The names in order.
    pub(crate) fn words(&self) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a> {
        self.spaced().map(|spaced| spaced.name)
    }

    /// The blanks behind the last name.
    pub(crate) fn tail(&self) -> &'a [u8] {
        let end = self.names.iter().rposition(|&byte| !is_blank(byte)).map_or(0, |last| last + 1);
        &self.names[end..]
    }

    /// The text before the mark, without the blanks around it: all of a line that is not understood.
    pub(crate) fn text(&self, bytes: &'a [u8]) -> &'a [u8] {
        let end = self.lead.len() + self.address.len() + self.names.len() - self.tail().len();
        &bytes[self.lead.len()..end]
    }
}

/// CRs before the line's end belong to the ending, however many and even where the LF is missing: an LF that an edit
/// puts behind them must not cut them off a comment.
fn split_ending(bytes: &[u8]) -> (&[u8], &[u8]) {
    let content = bytes.strip_suffix(b"\n").unwrap_or(bytes).trim_end_with(|c| c == '\r').len();
    bytes.split_at(content)
}

/// True for a line without LF that begins with blanks: the C library reads bytes of its end twice.
pub(crate) fn is_misread(line: &[u8]) -> bool {
    line.first().is_some_and(|&byte| is_blank(byte)) && !line.ends_with(b"\n")
}

/// C-locale `isspace`, but for the LF that ends the line.
pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | 0x0b | 0x0c | b'\r')
}

fn is_mark(byte: u8) -> bool {
    matches!(byte, b'#' | 0)
}

type Parsed<'a, T> = IResult<&'a [u8], T, ()>;

fn marked(content: &[u8]) -> Parsed<'_, (&[u8], &[u8])> {
    (take_till(is_mark), rest).parse(content)
}

fn words(text: &[u8]) -> Parsed<'_, (&[u8], &[u8], &[u8])> {
    (take_while(is_blank), take_till(is_blank), rest).parse(text)
}

fn spaced(text: &[u8]) -> Parsed<'_, (&[u8], &[u8])> {
    (take_while1(is_blank), take_till1(is_blank)).parse(text)
}

/// Where a part of a line stands in the printed text.
pub(crate) fn place(at: usize, line: &[u8], part: &[u8]) -> Span {
    Span::of_part(line, part).unwrap_or_default().shifted(at)
}

/// Looks for names in a line without splitting it: most lines of a large file are passed over here.
pub(crate) struct Needle<'k> {
    names: &'k [Name],
}

impl<'k> Needle<'k> {
    pub(crate) fn new(names: &'k [Name]) -> Self {
        Self { names }
    }

    /// True when one of the names is, it seems, a word of the line; it may still be its address or in its comment.
    pub(crate) fn may_be_in(&self, line: &[u8]) -> bool {
        self.names.iter().any(|name| has_word(line, name.as_bytes()))
    }
}

/// A digit tells apart more lines than a letter that all of them share, so the search goes by a name's last byte.
fn has_word(line: &[u8], name: &[u8]) -> bool {
    let Some((&last, head)) = name.split_last() else { return false };
    let ends = |byte: Option<&u8>| byte.is_none_or(|&b| is_blank(b) || is_mark(b) || b == b'\n');
    memchr::memchr2_iter(last.to_ascii_lowercase(), last.to_ascii_uppercase(), line).any(|at| {
        ends(line.get(at + 1))
            && at.checked_sub(head.len()).is_some_and(|start| {
                line[start..at].eq_ignore_ascii_case(head) && start > 0 && is_blank(line[start - 1])
            })
    })
}

/// The first word of a line, without splitting the rest of it.
pub(crate) fn address_word(line: &[u8]) -> &[u8] {
    let start = line.iter().position(|&byte| !is_blank(byte)).unwrap_or(line.len());
    let word = &line[start..];
    let end = word.iter().position(|&byte| is_blank(byte) || is_mark(byte) || byte == b'\n').unwrap_or(word.len());
    &word[..end]
}
