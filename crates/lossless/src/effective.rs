use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use bstr::BString;
use camino::{Utf8Path, Utf8PathBuf};

use crate::files::{Files, Location};
use crate::{Diagnostic, Edit, Format, KeyError, Value};

/// A host, and the file that is spoken of.
#[derive(Clone, Copy)]
pub struct Host<'f> {
    /// All its files, planned changes included.
    pub files: &'f dyn Files,
    /// The file, absolute within the host's root.
    pub path: &'f Utf8Path,
}

/// What the consumers of a format take in the end, over all files they read.
///
/// Writing the right line is not the same as changing the setting: sshd takes the first value over its includes,
/// multipathd the last over its drop-ins, and sysctl and the boot disagree on the order of theirs.
pub trait Effective: Format {
    /// What an answer hangs on that stands in none of the format's files: the connection sshd is asked about, the
    /// settings a kernel has. The default is that nothing is told of it; what hangs on it is then unknown.
    type Situation: Clone + Default;

    /// Where settings beside the main file go, where there is such a place.
    const DROP_INS: Option<DropIns> = None;

    /// Who takes what for a key, why, and what is shadowed by it: one decision for each consumer, circumstance and,
    /// with a wildcard, each place that the key names.
    fn explain(&self, host: Host<'_>, situation: &Self::Situation, key: &Self::Key) -> Explanation<Self::Key>;

    /// Every value that the files decide. Two hosts that differ by one edit may differ here in what that edit asks for
    /// and in nothing else.
    ///
    /// A consumer that reads one file leaves this empty: over one file the document's postcondition has said it all.
    fn values(&self, host: Host<'_>, situation: &Self::Situation) -> BTreeMap<Point<Self::Key>, Value> {
        let _ = (host, situation);
        BTreeMap::new()
    }

    /// True where an edit of `asked` is meant to move this value: a pattern moves what it reaches, a block's keyword what
    /// connections that meet the block take.
    fn covers(&self, asked: &Self::Key, moved: &Point<Self::Key>) -> bool {
        *asked == moved.key
    }

    /// True where an edit must show in this decision for it to count: an IPv4 address is nothing to who asks for IPv6.
    fn concerns(&self, edit: &Edit<Self::Key>, point: &Point<Self::Key>) -> bool {
        let _ = (edit, point);
        true
    }

    /// The items of a value, where a consumer takes a list of them as one.
    fn items(&self, key: &Self::Key, values: &[BString]) -> Vec<BString> {
        let _ = key;
        values.to_vec()
    }
}

/// A place for settings beside the main file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DropIns {
    /// The directory.
    pub directory: &'static str,
    /// Names for a new file there, the one to try first in front; which of them wins is found out by asking.
    pub names: &'static [&'static str],
}

/// One value among all that consumers take.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Point<K> {
    /// Who takes it.
    pub consumer: String,
    /// Under which circumstances, where not under all: `Match User bob`.
    pub when: Option<String>,
    /// Of what.
    pub key: K,
}

/// A file that a consumer reads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// The name it is read by.
    pub path: Utf8PathBuf,
    /// The file that the name leads to, links followed.
    pub real: Utf8PathBuf,
    /// Its bytes: what locations count in.
    pub text: Arc<[u8]>,
}

/// What a consumer takes for a key, and where from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision<K> {
    /// Whose, under which circumstances, of what; the key as the files spell it, without wildcards.
    pub point: Point<K>,
    /// The value; `None` where no file decides and the consumer's own default holds.
    pub value: Option<Value>,
    /// Where it is set; several places where lines add up.
    pub at: Vec<Location>,
    /// Where other keys are set that the value follows from, wholly or in part, and code stands that sets or unsets it.
    pub follows: Vec<Location>,
    /// Other live places of the key, which do not count, in the order they are read, those of a masked file where it would
    /// be; for sshd, which may read them again for a connection, in the order in which they would win.
    pub shadowed: Vec<Location>,
    /// What a consumer is told together with the value, by name: the canonical name of a host, its aliases.
    pub details: Vec<(&'static str, Vec<BString>)>,
    /// Who wins and why, in one sentence without its full stop: `the first value wins`.
    pub why: String,
}

/// The code of a finding that, as a warning, says of another key that it decides in this one's stead wherever this one
/// would: an edit of this one has no effect.
pub const OVERRIDDEN: &str = "overridden";

/// The code of a finding that says of a source, at its line that would count, that it is not read: a file of its name in
/// another directory is read in its stead. What it says is shadowed all the same.
pub const MASKED: &str = "masked";

/// The code of a finding that, as an error, says of a consumer that it does not start with these files: the decisions say what
/// it would take if it did.
pub const STOPPED: &str = "does-not-start";

/// Something to say of one of the sources, or of all of them together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// Which source the diagnostic's place counts in.
    pub source: Option<usize>,
    /// What.
    pub diagnostic: Diagnostic,
}

/// Who takes what for a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explanation<K> {
    /// The files that were read, each once, in the order of reading. Of consumers that read in different orders, the
    /// first one's; files that only others read stand behind, and behind them those that are [`MASKED`].
    pub sources: Vec<Source>,
    /// One for each consumer, circumstance and place.
    pub decisions: Vec<Decision<K>>,
    /// What stops a consumer, what could not be read, what else decides: what a reader of the decisions must know.
    pub findings: Vec<Finding>,
}

impl<K> Explanation<K> {
    /// True for a source that is not read, as another has its name.
    pub fn is_masked(&self, source: usize) -> bool {
        self.findings.iter().any(|finding| finding.source == Some(source) && finding.diagnostic.code == MASKED)
    }

    /// Why a consumer does not start with these files, where it does not and the decisions say what it would take.
    pub fn stopped(&self) -> Option<&Diagnostic> {
        self.findings.iter().map(|finding| &finding.diagnostic).find(|diagnostic| diagnostic.code == STOPPED)
    }
}

impl<K> Default for Explanation<K> {
    fn default() -> Self {
        Self { sources: Vec::new(), decisions: Vec::new(), findings: Vec::new() }
    }
}

/// A dialect and a situation behind text keys: one face for all formats, object-safe.
pub trait Consumers {
    /// As [`Effective::DROP_INS`].
    fn drop_ins(&self) -> Option<DropIns>;

    /// As [`Effective::explain`].
    fn explain(&self, host: Host<'_>, key: &str) -> Result<Explanation<String>, KeyError>;

    /// As [`Effective::values`].
    fn values(&self, host: Host<'_>) -> BTreeMap<Point<String>, Value>;

    /// As [`Effective::covers`].
    fn covers(&self, asked: &str, moved: &Point<String>) -> bool;

    /// As [`Effective::concerns`].
    fn concerns(&self, edit: &Edit<String>, point: &Point<String>) -> bool;

    /// As [`Effective::items`].
    fn items(&self, key: &str, values: &[BString]) -> Vec<BString>;
}

/// The consumers of a format.
#[derive(Clone, Debug)]
pub struct ConsumersOf<F: Effective> {
    /// How they read.
    pub dialect: F,
    /// What is told beside the files.
    pub situation: F::Situation,
}

impl<F: Effective> Consumers for ConsumersOf<F> {
    fn drop_ins(&self) -> Option<DropIns> {
        F::DROP_INS
    }

    fn explain(&self, host: Host<'_>, key: &str) -> Result<Explanation<String>, KeyError> {
        let Explanation { sources, decisions, findings } =
            self.dialect.explain(host, &self.situation, &key.parse::<F::Key>()?);
        let as_text = |decision: Decision<F::Key>| {
            let Decision { point, value, at, follows, shadowed, details, why } = decision;
            Decision { point: point.with_text_key(), value, at, follows, shadowed, details, why }
        };
        Ok(Explanation { sources, decisions: decisions.into_iter().map(as_text).collect(), findings })
    }

    fn values(&self, host: Host<'_>) -> BTreeMap<Point<String>, Value> {
        let values = self.dialect.values(host, &self.situation);
        values.into_iter().map(|(point, value)| (point.with_text_key(), value)).collect()
    }

    fn covers(&self, asked: &str, moved: &Point<String>) -> bool {
        let (Ok(asked), Ok(moved)) = (asked.parse::<F::Key>(), moved.parsed()) else { return false };
        self.dialect.covers(&asked, &moved)
    }

    fn concerns(&self, edit: &Edit<String>, point: &Point<String>) -> bool {
        let (Ok(edit), Ok(point)) = (edit.try_map(|key| key.parse()), point.parsed()) else { return true };
        self.dialect.concerns(&edit, &point)
    }

    fn items(&self, key: &str, values: &[BString]) -> Vec<BString> {
        key.parse().map_or_else(|_| values.to_vec(), |key| self.dialect.items(&key, values))
    }
}

impl<K: Display> Point<K> {
    fn with_text_key(self) -> Point<String> {
        Point { consumer: self.consumer, when: self.when, key: self.key.to_string() }
    }
}

impl Point<String> {
    fn parsed<K: FromStr>(&self) -> Result<Point<K>, K::Err> {
        Ok(Point { consumer: self.consumer.clone(), when: self.when.clone(), key: self.key.parse()? })
    }
}
