//! Values as they are written, and algorithm lists.

use bstr::{BString, ByteSlice};
use kvmprep_lossless::{Refusal, value::shown};

use crate::grammar::{Argument, arguments};
use crate::matching::pattern;
use crate::reading::split_commas;
use crate::{Grammar, Sshd, Version};

impl Sshd {
    /// A value as one argument, in the quotes of the argument it replaces where it fits them.
    ///
    /// Bare where it reads back bare, else in double quotes: before 8.7 a `"` around a whole word is all there is.
    /// A `"` in a value is refused, though the newer grammar could escape it: no text may close its own quotes.
    pub(crate) fn spell(self, value: &[u8], replaces: Option<&[u8]>) -> Result<Vec<u8>, Refusal> {
        let unwritable = |why: &str, help: &str| {
            Refusal::new("unwritable-value", format!("`{}` {why}", shown(value))).help(help.to_owned())
        };
        if value.is_empty() {
            return Err(unwritable("is empty", "leave the keyword out with `unset`"));
        }
        if value.contains(&b'"') {
            return Err(unwritable("holds a double quote", "sshd_config has no safe way to write one in an argument"));
        }
        if value.ends_with(b"\\") {
            return Err(unwritable("ends in a backslash", "a quote or blank behind it would be escaped"));
        }
        if self.grammar == Grammar::Before87 && value.contains(&b'#') {
            return Err(unwritable("holds `#`", "before OpenSSH 8.7 a `#` cuts the line, quoted or not"));
        }
        let bare = value.iter().all(|b| !b" \t#".contains(b))
            && match self.grammar {
                Grammar::Since87 => !value.contains(&b'\'') && !value.contains(&b'\\') && !value.starts_with(b"="),
                Grammar::Before87 => !value.contains(&b'='),
            };
        let quote = match replaces {
            Some([quote @ (b'"' | b'\''), .., last]) if quote == last => Some(*quote).filter(|_| bare),
            _ => None,
        };
        let spelled = match (quote, bare) {
            (Some(quote), _) => [&[quote], value, &[quote]].concat(),
            (None, true) => value.to_vec(),
            (None, false) if self.grammar == Grammar::Since87 => {
                [b"\"", value.replace("\\", "\\\\").as_slice(), b"\""].concat()
            }
            (None, false) => [b"\"", value, b"\""].concat(),
        };
        let mut read = arguments(self.grammar, &spelled);
        match (read.next(), read.next()) {
            (Some(Argument { value: back, .. }), None) if *back == *value => Ok(spelled),
            _ => Err(unwritable("does not read back as one argument", "choose another value")),
        }
    }

    /// A rest-of-line value: raw, no comment behind it, quotes in pairs.
    pub(crate) fn spell_rest(self, value: &[u8]) -> Result<Vec<u8>, Refusal> {
        let mut read = arguments(self.grammar, value);
        read.by_ref().for_each(drop);
        let why = if value.trim().len() != value.len() || value.is_empty() {
            "is empty or has white space around it, which sshd strips"
        } else if value.starts_with(b"=") {
            "begins with `=`, which sshd takes for the separator"
        } else if read.open_quote {
            "holds a quote that does not close, at which sshd stops"
        } else if self.grammar == Grammar::Before87 && value.contains(&b'#') {
            "holds `#`, which cuts the line before OpenSSH 8.7"
        } else if self.grammar == Grammar::Before87 && value.starts_with(b"\"") {
            "begins with a quote"
        } else {
            return Ok(value.to_vec());
        };
        Err(Refusal::new("unwritable-value", format!("`{}` {why}", shown(value)))
            .help("the value is the rest of the line, as written"))
    }

    /// The command of a subsystem: words that need no quotes.
    pub(crate) fn spell_command(self, value: &[u8]) -> Result<Vec<u8>, Refusal> {
        let words: Vec<_> = arguments(self.grammar, value).collect();
        let is_plain = |word: &Argument<'_>| {
            *word.value == *word.raw && self.spell(&word.value, None).is_ok_and(|s| s == word.raw)
        };
        let plain = !words.is_empty() && words.iter().all(is_plain);
        if plain && bstr::join(" ", words.iter().map(|word| word.raw)) == value {
            return Ok(value.to_vec());
        }
        Err(Refusal::new("unwritable-value", format!("`{}` is not plain words with single blanks", shown(value)))
            .help("leave quotes, backslashes, `#` and doubled blanks out of a subsystem's command"))
    }
}

/// An algorithm list: what the prefix says is done to the built-in default with the items.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct AlgorithmList {
    pub(crate) prefix: Prefix,
    /// As written, empty ones among them.
    items: Vec<BString>,
}

/// The first byte of an algorithm list; it governs the whole list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Prefix {
    /// None: the list stands for itself.
    Plain,
    /// `+`: behind the default.
    Plus,
    /// `-`: out of the default; items may be patterns.
    Minus,
    /// `^`: in front of the default.
    Caret,
}

impl Prefix {
    fn of(list: &[u8]) -> Self {
        match list.first() {
            Some(b'+') => Self::Plus,
            Some(b'-') => Self::Minus,
            Some(b'^') => Self::Caret,
            _ => Self::Plain,
        }
    }

    /// The release it came with: older ones take it for part of a name.
    pub(crate) fn since(self) -> Option<Version> {
        match self {
            Self::Plain => None,
            Self::Plus => Some(Version(7, 0)),
            Self::Minus => Some(Version(7, 5)),
            Self::Caret => Some(Version(8, 1)),
        }
    }

    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Caret => "^",
        }
    }
}

impl AlgorithmList {
    pub(crate) fn parse(list: &[u8]) -> Self {
        let prefix = Prefix::of(list);
        let items = list[prefix.text().len()..].split(|b| *b == b',').map(BString::from).collect();
        Self { prefix, items }
    }

    /// From values as verbs and readings give them: items, or whole lists, the prefix on the first.
    pub(crate) fn of_values(values: &[BString]) -> Self {
        Self::parse(&bstr::join(",", values))
    }

    pub(crate) fn text(&self) -> Vec<u8> {
        [self.prefix.text().as_bytes(), &bstr::join(",", &self.items)].concat()
    }

    /// The items as a reading gives them.
    pub(crate) fn values(&self) -> Vec<BString> {
        split_commas(&self.text())
    }

    /// As written, empty ones among them.
    pub(crate) fn items(&self) -> impl Iterator<Item = &BString> {
        self.items.iter()
    }

    /// The names, without the empty ones.
    pub(crate) fn names(&self) -> impl Iterator<Item = &BString> {
        self.items.iter().filter(|item| !item.is_empty())
    }

    /// The names that sshd hears: those that it puts behind the built-in list end at an empty item (`kex_names_cat`). Case
    /// `plus-empty-item`.
    pub(crate) fn heard(&self) -> impl Iterator<Item = &BString> {
        let ends = |item: &&BString| self.prefix == Prefix::Plus && item.is_empty();
        self.items.iter().take_while(move |item| !ends(item)).filter(|item| !item.is_empty())
    }

    pub(crate) fn has(&self, item: &[u8]) -> bool {
        self.items.iter().any(|name| name == item)
    }

    /// The item as a pattern that matches a name.
    pub(crate) fn matches(&self, name: &[u8]) -> bool {
        self.names().any(|item| pattern(name, item))
    }

    /// Puts a name behind the others; an empty item at the end goes.
    pub(crate) fn push(&mut self, name: &[u8]) {
        while self.items.last().is_some_and(|last| last.is_empty()) {
            self.items.pop();
        }
        self.items.push(name.into());
    }

    pub(crate) fn drop_item(&mut self, item: &[u8]) {
        self.items.retain(|name| name != item);
    }

    /// True where sshd stops checking before the last name: at an empty item.
    pub(crate) fn hides_names(&self) -> bool {
        self.items.iter().skip_while(|item| !item.is_empty()).any(|item| !item.is_empty())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.names().next().is_none()
    }
}

/// Names that an auditor asks about: broken or short hashes, 64-bit blocks, CBC, small groups, DSA.
#[rustfmt::skip]
const WEAK: &[&str] = &[
    "3des-cbc", "aes*-cbc", "arcfour*", "blowfish-cbc", "cast128-cbc", "rijndael-cbc@lysator.liu.se", "hmac-md5*",
    "hmac-sha1-96*", "hmac-ripemd160*", "umac-64*", "diffie-hellman-group1-sha1", "diffie-hellman-group-exchange-sha1",
    "diffie-hellman-group14-sha1", "ssh-dss*", "ssh-rsa", "ssh-rsa-cert-*",
];

/// True for an algorithm that is kept for old peers only.
pub(crate) fn is_weak(name: &[u8]) -> bool {
    WEAK.iter().any(|weak| pattern(name, weak.as_bytes()))
}
