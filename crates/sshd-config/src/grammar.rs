//! The grammar of one line, in both forms. See `misc.c` of OpenSSH: `strdelim` cuts keywords (and, before 8.7, every
//! argument), `argv_split` cuts the arguments since.

use std::borrow::Cow;

use memchr::{memchr, memchr2};
use nom::branch::alt;
use nom::bytes::complete::{is_a, is_not, tag, take, take_till, take_until, take_while, take_while_m_n};
use nom::character::complete::char;
use nom::combinator::{map, opt, peek, recognize, verify};
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

use crate::Grammar;

/// What `strdelim` takes for white space.
fn is_white(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// A line, as far as it can be told without knowing any keyword.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Line<'l> {
    Blank,
    /// From the `#` on, white space at the end left out.
    Comment(&'l [u8]),
    /// sshd passes over it without a word: a quote that opens before the arguments and never closes, `==`.
    Ignored(&'l [u8]),
    Directive(Directive<'l>),
}

/// A keyword and what follows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Directive<'l> {
    /// The whole line without what surrounds it.
    pub(crate) content: &'l [u8],
    /// Quotes removed.
    pub(crate) keyword: Cow<'l, [u8]>,
    /// Behind the separator; white space at the end is gone, a trailing comment is not.
    pub(crate) rest: &'l [u8],
    /// What the older grammar cuts off before it looks at anything else: from the first `#` on.
    pub(crate) cut: Option<&'l [u8]>,
    grammar: Grammar,
}

/// One argument.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Argument<'l> {
    /// As written.
    pub(crate) raw: &'l [u8],
    /// Quotes and escapes removed.
    pub(crate) value: Cow<'l, [u8]>,
}

/// Reads a line; its line end may be there or not.
pub(crate) fn line(grammar: Grammar, line: &[u8]) -> Line<'_> {
    let indented = &line[line.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r')).count()..];
    let stripped = strip(indented);
    if stripped.is_empty() {
        return Line::Blank;
    }
    if stripped[0] == b'#' {
        return Line::Comment(stripped);
    }
    let (content, cut) = match (grammar, memchr(b'#', stripped)) {
        (Grammar::Before87, Some(hash)) => (strip(&stripped[..hash]), Some(&stripped[hash..])),
        _ => (stripped, None),
    };
    match keyword(content) {
        Ok((rest, keyword)) if !keyword.is_empty() && keyword[0] != b'#' => {
            Line::Directive(Directive { content, keyword, rest, cut, grammar })
        }
        _ => Line::Ignored(stripped),
    }
}

/// White space at the end, form feeds among it; never the first byte.
fn strip(line: &[u8]) -> &[u8] {
    let kept = line.iter().rposition(|b| !(is_white(*b) || *b == b'\x0c')).map_or(0, |last| last + 1);
    &line[..kept.max(usize::from(line.first().is_some_and(|first| *first == b'\x0c')))]
}

/// The first word that is not empty, or the second one: leading white space and one `=` make an empty first word.
fn keyword(input: &[u8]) -> IResult<&[u8], Cow<'_, [u8]>> {
    alt((verify(delimited_word, |word: &Cow<'_, [u8]>| !word.is_empty()), preceded(delimited_word, delimited_word)))
        .parse(input)
}

/// `strdelim`: a word up to white space, `=` or a quote, or with what stands in the quotes; then the separator, of
/// which one `=` is part unless a quote closed the word. An error where the quote does not close.
pub(crate) fn delimited_word(input: &[u8]) -> IResult<&[u8], Cow<'_, [u8]>> {
    word(true, input)
}

/// `strdelim`, or where `=` is an ordinary byte `strdelimw`.
fn word(equals: bool, input: &[u8]) -> IResult<&[u8], Cow<'_, [u8]>> {
    let mut plain = take_till(|b| is_white(b) || b == b'"' || (equals && b == b'='));
    let (rest, head) = plain.parse(input)?;
    if rest.first() != Some(&b'"') {
        return map(|input| separator(equals, input), |_| Cow::Borrowed(head)).parse(rest);
    }
    let quoted = delimited(char('"'), take_until("\""), char('"'));
    let (rest, inner) = terminated(quoted, take_while(is_white)).parse(rest)?;
    let word = if head.is_empty() { Cow::Borrowed(inner) } else { Cow::Owned([head, inner].concat()) };
    Ok((rest, word))
}

fn separator(equals: bool, input: &[u8]) -> IResult<&[u8], &[u8]> {
    let white = |input| take_while(is_white).parse(input);
    let equals = verify(char('='), |_| equals);
    recognize((white, opt((equals, white)))).parse(input)
}

/// The arguments of a directive, one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Arguments<'l> {
    grammar: Grammar,
    /// Before 8.7, whether `=` separates words.
    equals: bool,
    left: &'l [u8],
    /// Since 8.7, a quote that never closes; the daemon refuses the line.
    pub(crate) open_quote: bool,
}

impl<'l> Directive<'l> {
    /// The words of SetEnv are pairs: there `=` separates nothing, before 8.7 either.
    pub(crate) fn arguments(&self) -> Arguments<'l> {
        Arguments { equals: !self.is("SetEnv"), ..arguments(self.grammar, self.rest) }
    }

    /// True since 8.7 where a quote never closes.
    pub(crate) fn has_open_quote(&self) -> bool {
        if memchr2(b'"', b'\'', self.rest).is_none() {
            return false;
        }
        let mut arguments = self.arguments();
        arguments.by_ref().for_each(drop);
        arguments.open_quote
    }

    /// True when the keyword is this one, whatever its case.
    pub(crate) fn is(&self, keyword: &str) -> bool {
        self.keyword.eq_ignore_ascii_case(keyword.as_bytes())
    }
}

/// Cuts what follows a separator into arguments.
pub(crate) fn arguments(grammar: Grammar, rest: &[u8]) -> Arguments<'_> {
    Arguments { grammar, equals: true, left: rest, open_quote: false }
}

impl<'l> Arguments<'l> {
    /// What is left when no more argument comes: a comment since 8.7, dead text before.
    pub(crate) fn left(&self) -> &'l [u8] {
        self.left
    }
}

impl<'l> Iterator for Arguments<'l> {
    type Item = Argument<'l>;

    fn next(&mut self) -> Option<Argument<'l>> {
        match self.grammar {
            Grammar::Before87 => {
                let equals = self.equals;
                let mut filled = verify(|input| word(equals, input), |word: &Cow<'_, [u8]>| !word.is_empty());
                let (rest, value) = filled.parse(self.left).ok()?;
                let raw = without_separator(equals, &self.left[..self.left.len() - rest.len()]);
                self.left = rest;
                Some(Argument { raw, value })
            }
            Grammar::Since87 => {
                self.left = &self.left[self.left.iter().take_while(|b| is_blank(**b)).count()..];
                if matches!(self.left.first(), None | Some(b'#')) {
                    return None;
                }
                let Ok((rest, value)) = argument(self.left) else {
                    self.open_quote = true;
                    return None;
                };
                let raw = &self.left[..self.left.len() - rest.len()];
                self.left = rest;
                Some(Argument { raw, value })
            }
        }
    }
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// `strdelim` eats the separator with the word: the word as written ends before it.
fn without_separator(equals: bool, word: &[u8]) -> &[u8] {
    let quoted = memchr(b'"', word).and_then(|open| Some(open + 2 + memchr(b'"', &word[open + 1..])?));
    let end = quoted
        .unwrap_or_else(|| word.iter().position(|b| is_white(*b) || (equals && *b == b'=')).unwrap_or(word.len()));
    &word[..end]
}

/// `argv_split`: quotes start and stop anywhere, `\` escapes quotes and itself, and a space outside quotes.
fn argument(input: &[u8]) -> IResult<&[u8], Cow<'_, [u8]>> {
    let mut plain = take_till(|b| is_blank(b) || matches!(b, b'"' | b'\'' | b'\\'));
    let (rest, head) = plain.parse(input)?;
    if rest.first().is_none_or(|b| is_blank(*b)) {
        return Ok((rest, Cow::Borrowed(head)));
    }
    let mut value = head.to_vec();
    let mut rest = rest;
    while rest.first().is_some_and(|b| !is_blank(*b)) {
        rest = match rest[0] {
            quote @ (b'"' | b'\'') => in_quotes(quote, &rest[1..], &mut value)?,
            _ => {
                let (rest, piece) = alt((escaped_outside, is_not(" \t\"'\\"))).parse(rest)?;
                value.extend_from_slice(piece);
                rest
            }
        };
    }
    Ok((rest, Cow::Owned(value)))
}

/// What a backslash stands for outside quotes: the byte behind it, or itself where it escapes nothing.
fn escaped_outside(input: &[u8]) -> IResult<&[u8], &[u8]> {
    alt((preceded(char('\\'), preceded(peek(is_a("'\"\\ ")), take(1_usize))), tag(&b"\\"[..]))).parse(input)
}

fn escaped_inside(input: &[u8]) -> IResult<&[u8], &[u8]> {
    alt((preceded(char('\\'), take_while_m_n(1, 1, |b| matches!(b, b'\'' | b'"' | b'\\'))), tag(&b"\\"[..])))
        .parse(input)
}

fn in_quotes<'l>(
    quote: u8,
    mut input: &'l [u8],
    value: &mut Vec<u8>,
) -> Result<&'l [u8], nom::Err<nom::error::Error<&'l [u8]>>> {
    loop {
        let (rest, run) = take_till(|b| b == quote || b == b'\\').parse(input)?;
        value.extend_from_slice(run);
        if let Ok((rest, _)) = char::<_, nom::error::Error<&[u8]>>(char::from(quote)).parse(rest) {
            return Ok(rest);
        }
        let (rest, piece) = escaped_inside(rest)?;
        value.extend_from_slice(piece);
        input = rest;
    }
}

/// Glues the pieces of a row that holds NUL bytes as sshd does: a NUL hides the rest of its line and the line feed.
///
/// Before 8.7 a `#` cuts first, so that a NUL in a comment does no harm. Cases `nul-glues-lines`, `nul-in-comment`.
pub(crate) fn glued(grammar: Grammar, row: &[u8]) -> Cow<'_, [u8]> {
    if memchr(0, row).is_none() {
        return Cow::Borrowed(row);
    }
    let mut logical = Vec::new();
    for line in row.split_inclusive(|b| *b == b'\n') {
        let line = &line[line.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r')).count()..];
        logical.extend_from_slice(&line[..hiding_nul(grammar, line).unwrap_or(line.len())]);
    }
    Cow::Owned(logical)
}

/// Where a NUL stands that glues the next line to this one.
pub(crate) fn hiding_nul(grammar: Grammar, line: &[u8]) -> Option<usize> {
    let nul = memchr(0, line)?;
    let cut = grammar == Grammar::Before87 && memchr(b'#', &line[..nul]).is_some();
    (!cut).then_some(nul)
}
