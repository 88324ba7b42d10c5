use std::borrow::Cow;
use std::fmt;

use bstr::{BString, ByteSlice};
use nom::Parser;
use nom::combinator::verify;

use crate::check::is_service;
use crate::grammar::{self, Directive, delimited_word};
use crate::matching::{self, Connection, Truth};
use crate::{Grammar, Sshd, Version};

/// What a connection is asked for. Names ignore case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Criterion {
    /// Always met; stands alone on its line.
    All,
    /// The name asked to log in as.
    User,
    /// A group of that user.
    Group,
    /// The client's host name, where sshd looks it up.
    Host,
    /// The client's address; patterns and CIDR.
    Address,
    /// The address connected to.
    LocalAddress,
    /// The port connected to: exactly one.
    LocalPort,
    /// The routing domain.
    RDomain,
    /// No such user; without a pattern, 9.9 and newer.
    InvalidUser,
    /// The server's own version, 10.0 and newer.
    Version,
}

const CRITERIA: [(&str, Criterion, Version); 10] = [
    ("all", Criterion::All, Version(6, 5)),
    ("User", Criterion::User, Version(0, 0)),
    ("Group", Criterion::Group, Version(0, 0)),
    ("Host", Criterion::Host, Version(0, 0)),
    ("Address", Criterion::Address, Version(0, 0)),
    ("LocalAddress", Criterion::LocalAddress, Version(6, 1)),
    ("LocalPort", Criterion::LocalPort, Version(6, 1)),
    ("RDomain", Criterion::RDomain, Version(7, 7)),
    ("Invalid-User", Criterion::InvalidUser, Version(9, 9)),
    ("Version", Criterion::Version, Version(10, 0)),
];

/// Why sshd stops at a Match line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum MatchFault {
    /// No criterion.
    Empty,
    /// A criterion without its pattern.
    NoValue,
    /// No such criterion in this release.
    Unknown,
    /// `all` beside other criteria.
    AllCombined,
    /// LocalPort takes one port number.
    BadPort,
    /// A mask that does not fit its address.
    BadAddress,
}

impl MatchFault {
    /// In words.
    pub(crate) fn explained(self) -> &'static str {
        match self {
            Self::Empty => "the criteria are empty",
            Self::NoValue => "a criterion lacks its pattern",
            Self::Unknown => "sshd has no such criterion",
            Self::AllCombined => "`all` stands alone",
            Self::BadPort => "LocalPort takes one port number",
            Self::BadAddress => "a mask does not fit its address",
        }
    }
}

/// The criteria of a Match line: what makes two blocks the same scope. Names are folded, patterns are not.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Criteria {
    list: Vec<(Criterion, BString)>,
    /// Why sshd stops at the line, and what stands on it.
    fault: Option<(MatchFault, BString)>,
}

impl fmt::Display for Criteria {
    /// As a Match line spells them: `User bob Address 10.0.0.0/8`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.text())
    }
}

impl Criteria {
    /// Reads criteria as they stand behind `Match`, in the form every release takes: words and `"` quotes.
    ///
    /// # Errors
    /// What sshd would stop at.
    pub fn parse(text: &[u8]) -> Result<Self, MatchFault> {
        Ok(Self { list: Self::of_words(words(text), Version(u16::MAX, 0))?, fault: None })
    }

    /// The criteria in order, each with its pattern.
    pub fn list(&self) -> &[(Criterion, BString)] {
        &self.list
    }

    /// The criteria as text.
    pub fn text(&self) -> BString {
        if let Some((_, raw)) = &self.fault {
            return raw.clone();
        }
        let words = self.list.iter().flat_map(|(criterion, pattern)| {
            let name = CRITERIA.iter().find(|(_, c, _)| c == criterion).map_or("", |(name, _, _)| name);
            [Some(Cow::Borrowed(name.as_bytes())), criterion.takes_pattern().then(|| spelled(pattern))]
        });
        bstr::join(" ", words.flatten()).into()
    }

    /// Why sshd stops here; `None` for a line it takes.
    pub fn fault(&self) -> Option<MatchFault> {
        self.fault.as_ref().map(|(fault, _)| *fault)
    }

    /// True for `Match all`, which holds in the global section too.
    pub fn is_all(&self) -> bool {
        matches!(self.list[..], [(Criterion::All, _)])
    }

    /// The first release that has all these criteria.
    pub(crate) fn since(&self) -> Version {
        let since =
            |(criterion, _): &(Criterion, BString)| CRITERIA.iter().find(|(_, c, _)| c == criterion).map(|c| c.2);
        self.list.iter().filter_map(since).max().unwrap_or(Version(0, 0))
    }

    pub(crate) fn needs_port(&self) -> bool {
        self.list.iter().any(|(criterion, _)| *criterion == Criterion::LocalPort)
    }

    /// Whether the block holds for a connection.
    pub fn matches(&self, connection: &Connection) -> Truth {
        matching::matches(&self.list, connection)
    }

    /// The criteria of a Match line; `None` where sshd complains of the line and opens no block.
    pub(crate) fn of_directive(dialect: Sshd, directive: &Directive<'_>) -> Option<Self> {
        if dialect.grammar == Grammar::Since87 && (directive.rest.is_empty() || directive.has_open_quote()) {
            return None;
        }
        let list = if dialect.version < Version(9, 9) {
            Self::of_words(words(directive.rest), dialect.version)
        } else {
            let split = |word: Cow<'_, [u8]>| match word.split_once_str("=") {
                Some((name, pattern)) if dialect.version >= Version(10, 0) && criterion(name).is_some() => {
                    vec![name.to_vec(), pattern.to_vec()]
                }
                _ => vec![word.into_owned()],
            };
            let words = directive.arguments().flat_map(|argument| split(argument.value));
            Self::of_words(words.map(Cow::Owned), dialect.version)
        };
        Some(match list {
            Ok(list) => Self { list, fault: None },
            Err(fault) => Self { list: Vec::new(), fault: Some((fault, directive.rest.into())) },
        })
    }

    fn of_words<'w>(
        mut words: impl Iterator<Item = Cow<'w, [u8]>>,
        version: Version,
    ) -> Result<Vec<(Criterion, BString)>, MatchFault> {
        let mut list = Vec::new();
        while let Some(name) = words.next() {
            let known = criterion(&name).filter(|(_, since)| *since <= version).map(|(criterion, _)| criterion);
            if known == Some(Criterion::All) {
                return match (list.is_empty(), words.next()) {
                    (true, None) => Ok(vec![(Criterion::All, BString::default())]),
                    _ => Err(MatchFault::AllCombined),
                };
            }
            let pattern = match known {
                Some(Criterion::InvalidUser) => Cow::default(),
                _ => words.next().ok_or(MatchFault::NoValue)?,
            };
            let criterion = known.ok_or(MatchFault::Unknown)?;
            criterion.check(&pattern)?;
            list.push((criterion, BString::from(pattern.into_owned())));
        }
        if list.is_empty() { Err(MatchFault::Empty) } else { Ok(list) }
    }
}

impl Criterion {
    fn takes_pattern(self) -> bool {
        !matches!(self, Self::All | Self::InvalidUser)
    }

    fn check(self, pattern: &[u8]) -> Result<(), MatchFault> {
        match self {
            Self::LocalPort if matching::port(pattern).is_none() && !is_service(pattern) => Err(MatchFault::BadPort),
            Self::Address | Self::LocalAddress if !matching::is_address_list(pattern) => Err(MatchFault::BadAddress),
            _ => Ok(()),
        }
    }
}

fn criterion(name: &[u8]) -> Option<(Criterion, Version)> {
    let named = CRITERIA.iter().find(|(known, _, _)| known.as_bytes().eq_ignore_ascii_case(name))?;
    Some((named.1, named.2))
}

/// The words of a Match line as releases up to 9.8 cut them, whatever the grammar: a `#` that begins a word ends it,
/// so does an empty word. Cases `match-quote-glued-list`, `match-single-quote`, `comment-in-match`.
fn words(text: &[u8]) -> impl Iterator<Item = Cow<'_, [u8]>> {
    let mut left = text;
    std::iter::from_fn(move || {
        let mut word = verify(delimited_word, |word: &Cow<'_, [u8]>| !word.is_empty() && word[0] != b'#');
        let (rest, found) = word.parse(left).ok()?;
        left = rest;
        Some(found)
    })
}

/// True where words stand behind the empty one that ends the criteria: sshd reads on to report more, and stops.
pub(crate) fn has_words_behind(dialect: Sshd, directive: &Directive<'_>) -> bool {
    let mut left = directive.rest;
    while let Ok((rest, word)) = delimited_word(left) {
        match word.first() {
            None => return !rest.is_empty() && dialect.version < Version(9, 9),
            Some(b'#') => return false,
            Some(_) => left = rest,
        }
    }
    false
}

/// A trailing comment of a Match line, in the grammars that leave it there.
pub(crate) fn comment<'l>(dialect: Sshd, directive: &Directive<'l>) -> Option<&'l [u8]> {
    if let Some(cut) = directive.cut {
        return Some(cut);
    }
    let mut arguments = grammar::arguments(dialect.grammar, directive.rest);
    arguments.by_ref().for_each(drop);
    Some(arguments.left()).filter(|left| left.starts_with(b"#"))
}

/// A pattern as a Match line of every release reads it back, and as the text form of a key does.
fn spelled(pattern: &BString) -> Cow<'_, [u8]> {
    let needs_quotes = |b: &u8| b" \t[]#='".contains(b);
    if pattern.is_empty() || pattern.iter().any(needs_quotes) {
        Cow::Owned([b"\"", &pattern[..], b"\""].concat())
    } else {
        Cow::Borrowed(pattern)
    }
}
