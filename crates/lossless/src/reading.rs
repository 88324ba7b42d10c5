use std::fmt::{Debug, Display};
use std::hash::Hash;
use std::str::FromStr;

use bstr::BString;

use crate::store::{Run, Text};
use crate::{Diagnostic, Span, Syntax};

/// What a consumer takes from the statements of a text.
pub trait Reading: Syntax {
    /// What can be addressed. Two keys are equal when the consumer holds them to name the same thing; a key
    /// remembers the spelling it was asked for, and displays it.
    type Key: Clone + Ord + Hash + Debug + Display + FromStr<Err = KeyError>;

    /// Who reads the file. A file with two readers (a shell and the service manager, procps and systemd) must mean
    /// the right thing to each of them.
    type Reader: Copy + Eq + Debug + Display;

    /// The readers this document is written for, at least one; the first decides where an answer must be single.
    fn readers(&self) -> &[Self::Reader];

    /// True where nothing read on one side of this border can change what is read on the other: false inside a block
    /// that is known by one of its own lines, or inside a statement that a second reader has not ended yet.
    fn is_border(&self, state: &Self::State) -> bool {
        let _ = state;
        true
    }

    /// Appends every fact of these rows in order. The run begins and ends at borders.
    fn facts(&self, reader: Self::Reader, run: Run<'_, Self>, found: &mut Vec<Fact<Self::Key>>);
}

/// One thing a text says, as one reader takes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fact<K> {
    /// What it is about.
    pub subject: Subject<K>,
    /// What is said: one value, one item of a list, or the text of a comment from its mark on.
    pub value: BString,
}

impl<K> Fact<K> {
    /// A live setting, or one item of a live list.
    pub fn setting(key: K, value: impl Into<BString>) -> Self {
        Self { subject: Subject::Setting(key), value: value.into() }
    }

    /// A comment, from its mark on, without the line end.
    pub fn comment(text: impl Into<BString>) -> Self {
        Self { subject: Subject::Comment, value: text.into() }
    }

    /// Text that is kept and not understood: shell code, a broken line.
    pub fn opaque(text: impl Into<BString>) -> Self {
        Self { subject: Subject::Opaque, value: text.into() }
    }
}

/// What a fact is about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Subject<K> {
    /// A live setting.
    Setting(K),
    /// A comment: an edit that loses one must say so.
    Comment,
    /// Text that is kept and not understood.
    Opaque,
}

/// What a reader of this one file takes for a key.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Setting<K> {
    /// The key as the file spells it, without wildcards.
    pub key: K,
    /// Its value.
    pub value: Value,
    /// Where the value stands in the printed text, in order; several for a key whose lines add up.
    pub at: Vec<Span>,
    /// Other live places of the same key, which do not count.
    pub shadowed: Vec<Span>,
}

/// A value, as far as the file alone decides it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Value {
    /// One element for a scalar, one an item for a list.
    #[cfg_attr(feature = "serde", serde(with = "crate::bytes::sequence"))]
    Known(Vec<BString>),
    /// An expansion, code or another file decides; says which.
    Unknown(String),
}

impl Value {
    /// The values when they are known.
    pub fn known(&self) -> Option<&[BString]> {
        match self {
            Self::Known(values) => Some(values),
            Self::Unknown(_) => None,
        }
    }
}

/// A format: a reading, and the verbs that edit what is read.
pub trait Format: Reading {
    /// The type's name on the command line, in profiles and in JSON.
    const NAME: &'static str;

    /// What `reader` takes for `key`: none or one setting for a plain key, one for each place a wildcard matches.
    fn get(&self, text: &Text<Self>, reader: Self::Reader, key: &Self::Key) -> Vec<Setting<Self::Key>>;

    /// Every live key of the file with what `reader` takes for it, in the order of first appearance.
    fn settings(&self, text: &Text<Self>, reader: Self::Reader) -> Vec<Setting<Self::Key>>;

    /// The edit that brings about what is asked, or why not. Reads `text`, changes nothing; all rules about where
    /// an edit goes live here. An answer without rows says: already so.
    fn answer(
        &self,
        text: &Text<Self>,
        request: &crate::Request<Self::Key>,
    ) -> Result<crate::Answer<Self::Key>, crate::Refusal>;

    /// True when `text` says to `reader` what `request` asks for. The core asks it after every edit, whatever the verb
    /// believes it did.
    fn holds(&self, text: &Text<Self>, reader: Self::Reader, request: &crate::Request<Self::Key>) -> bool {
        request.edit.holds_for(&self.get(text, reader, request.edit.key()))
    }

    /// What the consumer would complain of, what stops it, and what an edit would have to leave alone.
    fn diagnostics(&self, text: &Text<Self>) -> Vec<Diagnostic>;

    /// All that a careful reader of the file would remark: the diagnostics, and what is dead, doubled, deprecated, weak
    /// or likely a mistake. In the order of the file.
    fn lint(&self, text: &Text<Self>) -> Vec<Lint<Self::Key>> {
        self.diagnostics(text).into_iter().map(Lint::from).collect()
    }
}

/// A remark on a file, and what mends it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lint<K> {
    /// What.
    pub diagnostic: Diagnostic,
    /// The edit that mends it, where one is safe: it changes nothing that a consumer takes.
    pub fix: Option<crate::Request<K>>,
    /// Why there is none, where one is at hand and not safe.
    pub withheld: Option<String>,
}

impl<K> From<Diagnostic> for Lint<K> {
    fn from(diagnostic: Diagnostic) -> Self {
        Self { diagnostic, fix: None, withheld: None }
    }
}

impl<K> Lint<K> {
    /// The edit that mends it.
    pub fn fixed_by(mut self, fix: crate::Request<K>) -> Self {
        self.fix = Some(fix);
        self
    }

    /// The edit that mends it, or why it is not safe to make.
    pub fn mended(self, fix: Result<crate::Request<K>, String>) -> Self {
        match fix {
            Ok(fix) => self.fixed_by(fix),
            Err(why) => Self { withheld: Some(why), ..self },
        }
    }
}

/// A key's text that names nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{key}` is not a key: {why}; {help}")]
pub struct KeyError {
    /// The text as given.
    pub key: String,
    /// What is wrong with it.
    pub why: String,
    /// What a right one looks like.
    pub help: String,
}
