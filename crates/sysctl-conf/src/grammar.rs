//! The parts of one line, cut out on demand: `[-]key = value`, `-key`, comment.

use bstr::ByteSlice;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_while, take_while_m_n, take_while1};
use nom::character::complete::{char, one_of, space0};
use nom::combinator::{all_consuming, map, opt, recognize, rest, value, verify};
use nom::multi::separated_list1;
use nom::sequence::preceded;
use nom::{IResult, Parser};

use crate::reader::Reader;

/// What a line is to a reader.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Statement<'t> {
    /// `# …` or `; …`: the mark comes first on the line; there are no trailing comments (case `trailing-comment`).
    Comment,
    /// `[-]key = value`.
    Assignment(Assignment<'t>),
    /// `-key`: the key is kept out of globs (case `glob-exclude`).
    Exclusion(&'t [u8]),
    /// A line without `=` that procps 3.3.15 to 3.3.17 take for a key: if the kernel has it, what is left in a buffer is
    /// written (case `bare-key`).
    Bare(&'t [u8]),
    /// A line without `=`: complained of and skipped (case `no-equals`).
    Malformed,
}

impl<'t> Statement<'t> {
    /// The spelling of the key that the statement is about.
    pub(crate) fn name(&self) -> Option<&'t [u8]> {
        match self {
            Self::Assignment(assignment) => Some(assignment.name),
            Self::Exclusion(name) | Self::Bare(name) => Some(name),
            Self::Comment | Self::Malformed => None,
        }
    }

    /// What an assignment sets.
    pub(crate) fn value(&self) -> Option<&'t [u8]> {
        match self {
            Self::Assignment(assignment) => Some(assignment.value),
            Self::Comment | Self::Exclusion(_) | Self::Bare(_) | Self::Malformed => None,
        }
    }
}

/// A setting as it is spelled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Assignment<'t> {
    /// `-` stands before the key: a failure does not count (case `dash-known`).
    pub tolerant: bool,
    /// The key's spelling.
    pub name: &'t [u8],
    /// All between the first `=` and the line's end, blanks at both ends taken off (case `equals-in-value`).
    pub value: &'t [u8],
}

/// A line without the blanks around it, and what it is; `None` for a blank line.
pub(crate) fn statement(reader: Reader, line: &[u8]) -> Option<(&[u8], Statement<'_>)> {
    let text = trim(reader, line);
    let comment = value(Statement::Comment, (one_of("#;"), rest));
    let exclusion = map(preceded(char('-'), rest), |name| Statement::Exclusion(trim_name(reader, name)));
    let malformed = value(Statement::Malformed, rest);
    let parsed =
        alt((comment, map(|i| assignment(reader, i), Statement::Assignment), exclusion, malformed)).parse(text);
    let (_, statement): (&[u8], _) = parsed.ok().filter(|_| !text.is_empty())?;
    Some((text, if reader.is_of_today() { statement } else { as_before(reader, text, statement) }))
}

/// Old readers know no exclusions. procps 3 takes an empty value for a syntax error (case `empty-value`) and ends a value at
/// a CR (case `cr-inside`).
fn as_before<'t>(reader: Reader, text: &'t [u8], statement: Statement<'t>) -> Statement<'t> {
    match statement {
        Statement::Exclusion(_) | Statement::Malformed if reader.writes_bare_keys() => {
            Statement::Bare(text.strip_prefix(b"-").filter(|_| reader.knows_dash()).unwrap_or(text))
        }
        Statement::Exclusion(_) => Statement::Malformed,
        Statement::Assignment(_) if reader.takes_any_value() => statement,
        Statement::Assignment(Assignment { value: b"", .. }) => Statement::Malformed,
        Statement::Assignment(assignment) => {
            let value = assignment.value.split(|&byte| byte == b'\r').next().unwrap_or_default();
            Statement::Assignment(Assignment { value: trim_end(reader, value), ..assignment })
        }
        statement => statement,
    }
}

fn assignment(reader: Reader, text: &[u8]) -> IResult<&[u8], Assignment<'_>> {
    let dash = |text| if reader.knows_dash() { opt(char('-')).parse(text) } else { Ok((text, None)) };
    let (value, (dash, name, _)) = (dash, take_till(|byte| byte == b'='), char('=')).parse(text)?;
    let value = trim(reader, value);
    Ok((&[], Assignment { tolerant: dash.is_some(), name: trim_name(reader, name), value }))
}

fn trim(reader: Reader, text: &[u8]) -> &[u8] {
    let text = trim_end(reader, text);
    let start = text.iter().position(|byte| !reader.is_blank(*byte)).unwrap_or(0);
    &text[start..]
}

fn trim_end(reader: Reader, text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| !reader.is_blank(*byte)).map_or(0, |last| last + 1);
    &text[..end]
}

/// A blank behind the `-` is skipped by systemd since 245 and belongs to the key for others (case `dash-space`); procps
/// leaves one even of a name that is all blanks.
fn trim_name(reader: Reader, name: &[u8]) -> &[u8] {
    match reader {
        Reader::Procps(_) => &name[..trim_end(reader, name).len().max(name.len().min(1))],
        Reader::Systemd(_) if reader.is_of_today() => trim(reader, name),
        Reader::Systemd(_) => trim_end(reader, name),
    }
}

/// A commented default: `#vm.swappiness=60`, `# vm.swappiness = 60`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Template<'t> {
    /// What stands before the comment mark.
    pub indentation: &'t [u8],
    /// The line behind the mark and the blank that may follow it.
    pub line: &'t [u8],
    /// The setting it would be.
    pub assignment: Assignment<'t>,
}

/// Reads a commented default by the strict rule: a mark, at most one blank, key, `=`, one complete value.
///
/// A complete value is one word, or several numbers (`1024 65000`): more words are prose.
pub(crate) fn template(line: &[u8]) -> Option<Template<'_>> {
    let blank = |byte| byte == b' ' || byte == b'\t';
    let (line, indentation): (&[u8], &[u8]) = take_while::<_, _, ()>(blank).parse(line).ok()?;
    let (line, _) = (one_of::<_, _, ()>("#;"), take_while_m_n(0, 1, blank)).parse(line).ok()?;
    let (end, (dash, name, _, value)) = (
        opt(char::<_, ()>('-')),
        take_while1(|byte: u8| !blank(byte) && byte != b'=' && byte.is_ascii_graphic()),
        (space0, char('='), space0),
        complete_value,
    )
        .parse(line)
        .ok()?;
    let assignment = Assignment { tolerant: dash.is_some(), name, value };
    all_consuming((space0::<_, ()>, opt(tag("\r")), opt(tag("\n")))).parse(end).ok()?;
    Some(Template { indentation, line, assignment })
}

fn complete_value(text: &[u8]) -> IResult<&[u8], &[u8], ()> {
    let word = || take_while1(|byte: u8| !byte.is_ascii_whitespace() && !byte.is_ascii_control());
    let blanks = take_while1(|byte| byte == b' ' || byte == b'\t');
    let numbers = recognize(separated_list1(blanks, verify(word(), is_number)));
    alt((numbers, word())).parse(text)
}

/// The number that the kernel reads a word for: a leading `0` makes it octal, `0x` hexadecimal.
pub(crate) fn number(word: &[u8]) -> Option<i128> {
    let (sign, digits) = word.strip_prefix(b"-").map_or((1, word), |digits| (-1, digits));
    let (radix, digits) = match digits {
        [b'0', b'x' | b'X', hex @ ..] => (16, hex),
        [b'0', octal @ ..] if !octal.is_empty() => (8, octal),
        decimal => (10, decimal),
    };
    let plain = digits.iter().all(u8::is_ascii_hexdigit).then_some(digits)?;
    Some(sign * i128::from_str_radix(plain.to_str().ok()?, radix).ok()?)
}

/// True for a number as the kernel reads it: decimal, octal or hexadecimal, with or without a sign.
pub(crate) fn is_number(word: &[u8]) -> bool {
    let digits = word.strip_prefix(b"-").unwrap_or(word);
    match digits.strip_prefix(b"0x").or_else(|| digits.strip_prefix(b"0X")) {
        Some(hex) => !hex.is_empty() && hex.iter().all(u8::is_ascii_hexdigit),
        None => !digits.is_empty() && digits.iter().all(u8::is_ascii_digit),
    }
}
