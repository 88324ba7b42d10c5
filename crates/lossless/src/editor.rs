use bstr::BString;

use crate::reading::{Setting, Subject, Value};
use crate::{Diagnostic, KeyError, Severity, Span};

/// The five verbs, over a format's own key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Edit<K> {
    /// Make the key have this value: one element for a scalar, the whole set for a list.
    Set {
        /// What to set.
        key: K,
        /// Its value or values.
        to: Vec<BString>,
    },
    /// Take every live place of the key out of the file.
    Unset {
        /// What to take out.
        key: K,
    },
    /// Turn every live place of the key into a comment.
    Disable {
        /// What to comment out.
        key: K,
    },
    /// Put an item into a list, unless it is there.
    Add {
        /// The list.
        key: K,
        /// The item.
        item: BString,
    },
    /// Take an item out of a list, wherever it stands in it.
    Remove {
        /// The list.
        key: K,
        /// The item.
        item: BString,
    },
}

impl<K> Edit<K> {
    /// What the edit is about.
    pub fn key(&self) -> &K {
        match self {
            Self::Set { key, .. }
            | Self::Unset { key }
            | Self::Disable { key }
            | Self::Add { key, .. }
            | Self::Remove { key, .. } => key,
        }
    }

    /// The verb's name on the command line and in profiles.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Set { .. } => "set",
            Self::Unset { .. } => "unset",
            Self::Disable { .. } => "disable",
            Self::Add { .. } => "add",
            Self::Remove { .. } => "remove",
        }
    }

    /// The values of set, the item of add and remove.
    pub fn values(&self) -> &[BString] {
        match self {
            Self::Set { to, .. } => to,
            Self::Add { item, .. } | Self::Remove { item, .. } => std::slice::from_ref(item),
            Self::Unset { .. } | Self::Disable { .. } => &[],
        }
    }

    /// True where it takes something out: in every place where it stands, or it is found in the next.
    pub fn takes_out(&self) -> bool {
        matches!(self, Self::Unset { .. } | Self::Disable { .. } | Self::Remove { .. })
    }

    /// The same edit over another form of the key.
    pub fn try_map<L, E>(&self, map: impl FnOnce(&K) -> Result<L, E>) -> Result<Edit<L>, E> {
        Ok(match self {
            Self::Set { key, to } => Edit::Set { key: map(key)?, to: to.clone() },
            Self::Unset { key } => Edit::Unset { key: map(key)? },
            Self::Disable { key } => Edit::Disable { key: map(key)? },
            Self::Add { key, item } => Edit::Add { key: map(key)?, item: item.clone() },
            Self::Remove { key, item } => Edit::Remove { key: map(key)?, item: item.clone() },
        })
    }

    /// The same edit with other values.
    pub fn map_values(mut self, map: impl Fn(&BString) -> BString) -> Self {
        match &mut self {
            Self::Set { to, .. } => to.iter_mut().for_each(|value| *value = map(value)),
            Self::Add { item, .. } | Self::Remove { item, .. } => *item = map(item),
            Self::Unset { .. } | Self::Disable { .. } => {}
        }
        self
    }

    /// True when these settings of the key are what the edit asks for; values are compared byte by byte.
    pub fn holds_for(&self, settings: &[Setting<K>]) -> bool {
        let has = |setting: &Setting<K>, item: &BString| setting.value.known().is_some_and(|v| v.contains(item));
        match self {
            Self::Set { to, .. } => {
                !settings.is_empty() && settings.iter().all(|s| s.value == Value::Known(to.clone()))
            }
            Self::Unset { .. } | Self::Disable { .. } => settings.is_empty(),
            Self::Add { item, .. } => !settings.is_empty() && settings.iter().all(|s| has(s, item)),
            Self::Remove { item, .. } => !settings.iter().any(|s| has(s, item)),
        }
    }
}

/// What to do where the key has no live place yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Absent {
    /// `set` uncomments the shipped default in place, else inserts; `add` to a list that is not there is refused.
    #[default]
    Usual,
    /// `set` keeps the commented default and writes the live line below it.
    InsertBelow,
    /// Change nothing.
    Leave,
    /// `add` writes a list relative to the built-in default (`+item`), where the format has such.
    Plus,
}

/// What to do with live places of the key that do not count.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Duplicates {
    /// Leave them and report them.
    #[default]
    Leave,
    /// Take them out.
    Dedupe,
}

/// How to edit, where there is a choice.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Manner {
    /// Where the key is not set yet.
    pub absent: Absent,
    /// Where it is set more than once.
    pub duplicates: Duplicates,
    /// Codes of refusals that the caller overrides; only those that say so can be.
    pub allow: Vec<String>,
}

impl Manner {
    /// True when the caller overrides this refusal.
    pub fn allows(&self, code: &str) -> bool {
        self.allow.iter().any(|allowed| allowed == code)
    }
}

/// One edit and the manner it is wanted in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request<K> {
    /// What.
    pub edit: Edit<K>,
    /// How.
    pub manner: Manner,
}

impl<K> From<Edit<K>> for Request<K> {
    fn from(edit: Edit<K>) -> Self {
        Self { edit, manner: Manner::default() }
    }
}

impl<K> Request<K> {
    /// Ask for one value.
    pub fn set(key: K, to: impl Into<BString>) -> Self {
        Edit::Set { key, to: vec![to.into()] }.into()
    }

    /// Ask for a whole list, in this order.
    pub fn set_all(key: K, to: impl IntoIterator<Item = impl Into<BString>>) -> Self {
        Edit::Set { key, to: to.into_iter().map(Into::into).collect() }.into()
    }

    /// Ask for the key to be gone.
    pub fn unset(key: K) -> Self {
        Edit::Unset { key }.into()
    }

    /// Ask for the key to be commented out.
    pub fn disable(key: K) -> Self {
        Edit::Disable { key }.into()
    }

    /// Ask for an item to be in a list.
    pub fn add(key: K, item: impl Into<BString>) -> Self {
        Edit::Add { key, item: item.into() }.into()
    }

    /// Ask for an item not to be in a list.
    pub fn remove(key: K, item: impl Into<BString>) -> Self {
        Edit::Remove { key, item: item.into() }.into()
    }

    /// Say what to do where the key has no live place.
    pub fn absent(mut self, absent: Absent) -> Self {
        self.manner.absent = absent;
        self
    }

    /// Take out the live places that do not count.
    pub fn dedupe(mut self) -> Self {
        self.manner.duplicates = Duplicates::Dedupe;
        self
    }

    /// Override a refusal by its code.
    pub fn allow(mut self, code: impl Into<String>) -> Self {
        self.manner.allow.push(code.into());
        self
    }
}

/// One change to the rows of a text. Row numbers count in the text the verb was asked about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RowEdit {
    /// Put these bytes in the row's place.
    Replace {
        /// Which row.
        row: usize,
        /// Its new bytes, line end included.
        with: Vec<u8>,
    },
    /// Take the row out.
    Drop {
        /// Which row.
        row: usize,
    },
    /// Put whole lines before the row; the number of rows stands for the end of the text.
    ///
    /// The core ends an unended last line before it puts lines behind it, in the line ending of the file.
    Insert {
        /// The row that the lines come before.
        before: usize,
        /// The lines, each with its line end.
        lines: Vec<u8>,
    },
}

/// What a verb answers: the rows to change and every fact that moves by it. No rows: already so, which the core checks
/// like an edit unless it was asked to leave what is absent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer<K> {
    /// The changes, in any order; at most one a row, and one insertion a place.
    pub rows: Vec<RowEdit>,
    /// What moves in the reading, all of it: the core compares.
    pub moves: Vec<Move<K>>,
    /// What the caller should know.
    pub notes: Vec<Diagnostic>,
}

impl<K> Default for Answer<K> {
    fn default() -> Self {
        Self { rows: Vec::new(), moves: Vec::new(), notes: Vec::new() }
    }
}

/// One subject's values before and after an edit: what goes and what comes.
///
/// Values that stay are left out. `from` and `to` are compared as bags: a verb need not know which of two equal
/// values goes. A file with two readers may need a move said once for each, where they read different things.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Move<K> {
    /// What moves.
    pub subject: Subject<K>,
    /// Values that go.
    #[cfg_attr(feature = "serde", serde(with = "crate::bytes::sequence"))]
    pub from: Vec<BString>,
    /// Values that come.
    #[cfg_attr(feature = "serde", serde(with = "crate::bytes::sequence"))]
    pub to: Vec<BString>,
}

/// What became of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change<K> {
    /// The text was edited.
    Made {
        /// What moved in the reading.
        moves: Vec<Move<K>>,
        /// What the caller should know.
        notes: Vec<Diagnostic>,
    },
    /// The text already said so; not a byte moved.
    AlreadySo {
        /// What the caller should know.
        notes: Vec<Diagnostic>,
    },
}

impl<K> Change<K> {
    /// True when the text was edited.
    pub fn is_made(&self) -> bool {
        matches!(self, Self::Made { .. })
    }

    /// What the caller should know.
    pub fn notes(&self) -> &[Diagnostic] {
        match self {
            Self::Made { notes, .. } | Self::AlreadySo { notes } => notes,
        }
    }
}

/// Why a verb would not edit: a diagnostic with a stable code, the place, and how to go on.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}", .0.message)]
pub struct Refusal(pub Box<Diagnostic>);

impl Refusal {
    /// A refusal; `message` says what and why.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self(Box::new(Diagnostic::new(Severity::Error, code, message)))
    }

    /// Where in the text as it is.
    pub fn at(mut self, span: Span) -> Self {
        self.0.span = Some(span);
        self
    }

    /// How to go on.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// Marks the refusal as one that the caller may override, and says how.
    pub fn overridable(mut self) -> Self {
        self.0.overridable = true;
        self
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.0.code
    }
}

/// Why an edit was not made; the document is as it was.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EditError {
    /// The key's text names nothing.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The verb would not.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The edit would have moved what it did not declare, or not have done what was asked: it was taken back.
    #[error("the edit was taken back: {}", .0.join("; "))]
    Moved(Vec<String>),
}

impl EditError {
    /// The error as a diagnostic of the text that the edit was tried on.
    pub fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::Key(KeyError { key, why, help }) => {
                Diagnostic::error("bad-key", format!("`{key}` is not a key: {why}")).help(help.clone())
            }
            Self::Refused(Refusal(diagnostic)) => Diagnostic::clone(diagnostic),
            Self::Moved(surprises) => Diagnostic::error("edit-taken-back", surprises.join("; "))
                .help("the file stays as it was; make this edit by hand, and report the file to the developers"),
        }
    }
}
