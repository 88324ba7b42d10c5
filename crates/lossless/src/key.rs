//! The text form of keys with blocks: `multipaths.multipath[wwid=3600…].alias`, `Match[User bob]#2.Banner`.
//!
//! A key is segments joined by dots; a segment is a name, with a selector in brackets where the name is a block, and
//! an ordinal where several blocks have the same selector. What a selector means is the format's. Inside brackets a
//! `"…"` keeps brackets and dots as text; `\"` and `\\` stand for themselves in it.

use std::fmt;

use nom::branch::alt;
use nom::bytes::complete::{is_not, take_while1};
use nom::character::complete::{char, digit1};
use nom::combinator::{all_consuming, map_res, opt, recognize};
use nom::multi::{many0_count, separated_list1};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

use crate::KeyError;

/// One segment of a key's text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Segment {
    /// The name.
    pub name: String,
    /// The text between the brackets, quotes kept; `None` without brackets.
    pub selector: Option<String>,
    /// The number behind `#`, from 1; 1 when not given.
    pub ordinal: usize,
}

impl Segment {
    /// A segment that is a name alone.
    pub fn name(name: impl Into<String>) -> Self {
        Self { name: name.into(), selector: None, ordinal: 1 }
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if let Some(selector) = &self.selector {
            write!(f, "[{selector}]")?;
        }
        if self.ordinal != 1 {
            write!(f, "#{}", self.ordinal)?;
        }
        Ok(())
    }
}

/// Splits a key's text into its segments.
///
/// ```
/// let segments = kvmprep_lossless::key::parse("multipaths.multipath[wwid=\"a.b\"].alias")?;
/// assert_eq!(segments[1].name, "multipath");
/// assert_eq!(segments[1].selector.as_deref(), Some("wwid=\"a.b\""));
/// # Ok::<(), kvmprep_lossless::KeyError>(())
/// ```
pub fn parse(text: &str) -> Result<Vec<Segment>, KeyError> {
    match all_consuming(separated_list1(char('.'), segment)).parse(text) {
        Ok((_, segments)) => Ok(segments),
        Err(_) => Err(KeyError {
            key: text.to_owned(),
            why: "it does not split into names, `[selectors]` and `#ordinals` joined by dots".to_owned(),
            help: "a key looks like `name`, `block.name` or `block[selector].name`".to_owned(),
        }),
    }
}

/// Reads `name=value,name=value`; a value may stand in double quotes. The form that selectors by attributes share.
pub fn attributes(selector: &str) -> Option<Vec<(String, String)>> {
    let pair = |input| -> IResult<_, (String, String)> {
        let (input, name) = take_while1(|c: char| c.is_ascii_alphanumeric() || c == '_')(input)?;
        let (input, value) = preceded(char('='), value).parse(input)?;
        Ok((input, (name.to_owned(), value)))
    };
    let (_, pairs) = all_consuming(separated_list1(char(','), pair)).parse(selector).ok()?;
    Some(pairs)
}

/// A value as it is written in a selector: bare where that reads back, else quoted.
pub fn quoted(value: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || "._:/@%+-*".contains(c);
    if !value.is_empty() && value.chars().all(bare) {
        value.to_owned()
    } else {
        format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

fn segment(input: &str) -> IResult<&str, Segment> {
    let (input, name) = is_not(".[]#\"").parse(input)?;
    let (input, selector) = opt(delimited(char('['), selector, char(']'))).parse(input)?;
    let (input, ordinal) =
        opt(preceded(char('#'), map_res(digit1, |n: &str| n.parse().ok().filter(|n| *n > 0).ok_or(()))))
            .parse(input)?;
    let selector = selector.map(str::to_owned);
    Ok((input, Segment { name: name.to_owned(), selector, ordinal: ordinal.unwrap_or(1) }))
}

fn selector(input: &str) -> IResult<&str, &str> {
    recognize(many0_count(alt((is_not("[]\""), recognize(string))))).parse(input)
}

fn value(input: &str) -> IResult<&str, String> {
    alt((string, is_not(",\"[]").map(str::to_owned))).parse(input)
}

fn string(input: &str) -> IResult<&str, String> {
    let (mut rest, _) = char('"')(input)?;
    let mut value = String::new();
    loop {
        let mut chars = rest.chars();
        match chars.next() {
            Some('"') => return Ok((chars.as_str(), value)),
            Some('\\') => value.extend(chars.next()),
            Some(c) => value.push(c),
            None => return Err(nom::Err::Error(nom::error::Error::new(rest, nom::error::ErrorKind::Char))),
        }
        rest = chars.as_str();
    }
}
