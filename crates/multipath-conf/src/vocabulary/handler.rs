//! What the handler of a keyword makes of a value.

use std::borrow::Cow;

use super::{Keyword, NEWER_WORDS, Shape};
use crate::complaint::Class;
use crate::version::Change;
use crate::{Version, regex};

/// What a handler makes of a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Taken<'v> {
    /// Takes it; the value in the one form that equal meanings share.
    As(Cow<'v, [u8]>),
    /// Takes it for another value than it says.
    Capped(Cow<'v, [u8]>),
    /// Takes it but for so many words, which it complains of.
    Part(Cow<'v, [u8]>, usize),
    /// Takes it, and says that it will not for long.
    Old(Cow<'v, [u8]>),
    /// Takes it for what is not known here; says why.
    Unknown(&'static str),
    /// Takes it for none, and says nothing.
    Unset,
    /// Has no use for it any more; the second is a further complaint.
    Deprecated(Option<Class>),
    /// Has no use for it, and says nothing.
    Ignored,
    /// Complains, and the old value stays.
    Refused(Class),
    /// Complains, and crashes where no old value is there to stay.
    Crash(Class),
    /// Fails: in the main file, the daemon does not start.
    Fatal(&'static str),
}

impl Taken<'_> {
    /// The value in force after the handler ran, if it set one.
    pub(crate) fn value(&self) -> Option<&[u8]> {
        match self {
            Self::As(value) | Self::Capped(value) | Self::Part(value, _) | Self::Old(value) => Some(value),
            _ => None,
        }
    }

    /// True where the handler keeps something of the line.
    pub(crate) fn counts(&self) -> bool {
        !matches!(self, Self::Refused(_) | Self::Crash(_) | Self::Fatal(_))
    }
}

impl Keyword {
    /// What the handler of a version makes of a decoded value.
    pub(crate) fn take<'v>(&self, value: &'v [u8], version: Version) -> Taken<'v> {
        let refused = Taken::Refused(Class::InvalidValue);
        let strict = version.has(Change::STRICT_VALUES);
        match self.shape {
            Shape::Text => Taken::As(value.into()),
            Shape::Name if strict && value.contains(&b'/') => Taken::Refused(Class::HasSlash),
            Shape::Delimiter if strict && value.contains(&b'/') => Taken::Crash(Class::HasSlash),
            Shape::Name | Shape::Delimiter => Taken::As(value.into()),
            Shape::Pathgroups(_) if value == b"fpin" => Taken::Unknown("the daemon may not be built for it"),
            Shape::Prefixes(words) => {
                let begins = |(word, _): &&(&str, &str)| value.starts_with(word.as_bytes());
                let word = words.iter().find(begins).filter(|(word, _)| self.has_word(word.as_bytes(), version));
                word.map_or(refused, |(_, meant)| Taken::As(meant.as_bytes().into()))
            }
            Shape::Words(words) | Shape::Flag(words, _) | Shape::Pathgroups(words) => {
                let meant = word(words, value).filter(|_| self.has_word(value, version));
                match (meant, self.shape) {
                    (Some(meant), _) => Taken::As(meant.into()),
                    (None, Shape::Flag(_, otherwise)) if !strict => {
                        otherwise.map_or(Taken::Unset, |otherwise| Taken::As(otherwise.as_bytes().into()))
                    }
                    (None, _) => refused,
                }
            }
            Shape::Int(words, low, high) => match word(words, value) {
                Some(meant) => Taken::As(meant.into()),
                None if !strict && !integer(value).is_some_and(|number| (low..=high).contains(&number)) => {
                    Taken::Unknown("that version takes such a number in a way of its own")
                }
                None => integer(value).map_or(refused, |number| {
                    let capped = number.clamp(low, high);
                    let text = Cow::Owned(capped.to_string().into_bytes());
                    if capped == number { Taken::As(text) } else { Taken::Capped(text) }
                }),
            },
            Shape::Unsigned if value.iter().any(|byte| b"+-".contains(byte)) => refused,
            Shape::Unsigned => match integer(value).map(u32::try_from) {
                Some(Ok(number)) => Taken::As(number.to_string().into_bytes().into()),
                _ => refused,
            },
            Shape::DevLoss => dev_loss(value).map_or(refused, Taken::As),
            Shape::Counted(before) if counts(before, value) || !version.has(Change::COUNTED) => Taken::As(value.into()),
            Shape::Counted(_) => Taken::Refused(Class::ArgCount),
            Shape::Owner => owner(value),
            Shape::Mode => mode(value).map_or(refused, Taken::As),
            Shape::ReservationKey => reservation_key(value),
            Shape::UidAttrs => uid_attrs(value),
            // So common that the build of Enterprise Linux 8 takes it for what is meant.
            Shape::Regex if value == b"*" && version == Version::EL8 => Taken::Capped(b".*".into()),
            Shape::Regex => match regex::refused(regex::pattern(value, version)) {
                Some(why) => Taken::Fatal(why),
                None => Taken::As(value.into()),
            },
            Shape::OldPath if self.until.is_none_or(|until| version < until) => match value.first() {
                Some(b'/') => Taken::Old(value.into()),
                _ => Taken::Deprecated(Some(Class::NotAbsolute)),
            },
            Shape::Gone if self.until.is_some_and(|until| version < until) => Taken::As(value.into()),
            Shape::Gone | Shape::OldPath => Taken::Deprecated(None),
            Shape::Ignored => Taken::Ignored,
        }
    }

    fn has_word(&self, word: &[u8], version: Version) -> bool {
        let newer = |(name, newer, since): &&(&str, &str, Change)| {
            *name == self.name && newer.as_bytes() == word && !version.has(*since)
        };
        !NEWER_WORDS.iter().any(|row| newer(&row))
    }
}

fn word(words: &'static [(&'static str, &'static str)], value: &[u8]) -> Option<&'static [u8]> {
    words.iter().find(|(word, _)| word.as_bytes() == value).map(|(_, meant)| meant.as_bytes())
}

/// A blank of the C locale.
fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == b'\x0b'
}

fn trim_start(value: &[u8]) -> &[u8] {
    let blanks = value.iter().take_while(|byte| is_blank(**byte)).count();
    &value[blanks..]
}

fn trim_end(value: &[u8]) -> &[u8] {
    let blanks = value.iter().rev().take_while(|byte| is_blank(**byte)).count();
    &value[..value.len() - blanks]
}

/// A decimal number with an optional sign, blanks around it, and nothing else; saturates.
fn integer(value: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(trim_end(trim_start(value))).ok()?;
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let size = digits.parse().unwrap_or(i64::MAX);
    Some(if text.starts_with('-') { -size } else { size })
}

/// The number that the digits at the front spell, as `scanf("%u")` reads it: 64 bits, a sign included, of which 32
/// are kept; all bits where the digits say more.
fn leading(value: &[u8], radix: u32) -> Option<u32> {
    let value = trim_start(value);
    let (negative, digits) = match value {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let mut digits = digits.iter().map_while(|&byte| char::from(byte).to_digit(radix)).peekable();
    digits.peek()?;
    let fits = |number: u64, digit| number.checked_mul(radix.into())?.checked_add(u64::from(digit));
    let number = match digits.try_fold(0, fits) {
        Some(number) if negative => number.wrapping_neg(),
        Some(number) => number,
        None => u64::MAX,
    };
    u32::try_from(number & u64::from(u32::MAX)).ok()
}

fn dev_loss(value: &[u8]) -> Option<Cow<'_, [u8]>> {
    match leading(value, 10) {
        _ if value == b"infinity" => Some(value.into()),
        Some(u32::MAX) => Some(b"infinity".into()),
        number => number.map(|number| number.to_string().into_bytes().into()),
    }
}

fn counts(before: usize, value: &[u8]) -> bool {
    let mut words = value.split(|byte| is_blank(*byte)).filter(|word| !word.is_empty()).skip(before);
    let count = words.next().and_then(integer).and_then(|count| usize::try_from(count).ok());
    count == Some(words.count())
}

fn owner(value: &[u8]) -> Taken<'_> {
    match leading(value, 10) {
        Some(number) => Taken::As(number.to_string().into_bytes().into()),
        None if value.is_empty() => Taken::Refused(Class::InvalidValue),
        None => Taken::Unknown("the number of a user or group is known on its host alone"),
    }
}

fn mode(value: &[u8]) -> Option<Cow<'_, [u8]>> {
    let mode = leading(value, 8).filter(|mode| *mode <= 0o777)?;
    Some(format!("0{mode:o}").into_bytes().into())
}

/// Words between spaces; those without a colon are left out (`uid-attrs-part`).
fn uid_attrs(value: &[u8]) -> Taken<'_> {
    let words = value.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).map(trim_end);
    let (taken, bad): (Vec<&[u8]>, Vec<&[u8]>) = words.partition(|word| word.contains(&b':'));
    let taken = bstr::join(" ", taken).into();
    if bad.is_empty() { Taken::As(taken) } else { Taken::Part(taken, bad.len()) }
}

/// One leading zero and one leading `x` are passed over, and what follows a colon is `aptpl` or nothing
/// (`reservation-key-odd`).
fn reservation_key(value: &[u8]) -> Taken<'_> {
    const WHY: &str =
        "a reservation key is `file`, or up to 16 hexadecimal digits, maybe with `0x` before and `:aptpl` behind";
    if value == b"file" {
        return Taken::As(value.into());
    }
    let mut parts = value.splitn(2, |byte| *byte == b':');
    let key = parts.next().unwrap_or_default();
    let flag = if parts.next() == Some(b"aptpl") { ":aptpl" } else { "" };
    let key = key.strip_prefix(b"0").unwrap_or(key);
    let digits = key.strip_prefix(b"x").or(key.strip_prefix(b"X")).unwrap_or(key);
    let number = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()));
    match number.and_then(|text| u64::from_str_radix(text, 16).ok()) {
        Some(number) if digits.len() <= 16 => Taken::As(format!("0x{number:x}{flag}").into_bytes().into()),
        _ => Taken::Fatal(WHY),
    }
}
