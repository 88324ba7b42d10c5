//! Whether what is written is what counts, over all files that the consumers read.

use std::collections::{BTreeMap, BTreeSet};

use bstr::BString;
use camino::{Utf8Path, Utf8PathBuf};
use kvmprep_lossless::effective::{Consumers, Decision, Explanation, Finding, OVERRIDDEN, Point};
use kvmprep_lossless::files::Location;
use kvmprep_lossless::{Diagnostic, Edit, Editor, Move, Place, Severity, Span, Subject, Value, value};

/// Every value that some files decide.
pub(crate) type Values = BTreeMap<Point<String>, Value>;

/// Whether what an edit asks for is what the consumers of its file take.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Effect {
    /// It is.
    InForce,
    /// Something else decides for one of them.
    Shadowed(Shadow),
    /// That cannot be told.
    Unknown {
        /// For whom.
        consumer: String,
        /// Why.
        why: String,
    },
}

/// What decides instead.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shadow {
    /// For whom.
    pub consumer: String,
    /// Where; `None` where no file decides, since this one is not read.
    pub by: Option<Site>,
    /// Why that one counts.
    pub why: String,
}

/// A place in one of a host's files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Site {
    /// The name the file is read by.
    pub path: Utf8PathBuf,
    /// Where in it.
    pub place: Place,
}

impl std::fmt::Display for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.path.as_str().trim_start_matches('/'), self.place.line)
    }
}

impl Site {
    /// A location of an explanation.
    pub fn of<K>(explanation: &Explanation<K>, location: Location) -> Option<Self> {
        let source = explanation.sources.get(location.source)?;
        Some(Self { path: source.path.clone(), place: Place::of(&source.text, location.span.start) })
    }
}

impl Shadow {
    /// Who would take what instead, and why.
    pub(crate) fn in_words(&self) -> String {
        let Self { consumer, by, why } = self;
        match by {
            Some(by) => format!("{consumer} would still take {by} ({why})"),
            None => format!("{consumer} would not take it from there ({why})"),
        }
    }

    /// As a warning about the file that the edit is in.
    pub fn diagnostic(&self, edit: &Edit<String>) -> Diagnostic {
        match edit {
            Edit::Set { key, .. } | Edit::Add { key, .. } => self.without_effect(key),
            Edit::Unset { key } | Edit::Disable { key } => self.told(&format!("`{key}` is still set")),
            Edit::Remove { key, item } => self.told(&format!("`{}` is still in `{key}`", value::shown(item))),
        }
    }

    /// As a warning about a line that is written and does not count.
    pub(crate) fn without_effect(&self, key: &str) -> Diagnostic {
        self.told(&format!("`{key}` takes no effect here"))
    }

    fn told(&self, what: &str) -> Diagnostic {
        let Self { consumer, by, why } = self;
        let (told, help) = match by {
            Some(site) => (format!("{consumer} takes {site} ({why})"), "edit it there, or in a file that wins over it"),
            None => (format!("{consumer} does not read it there ({why})"), "edit a file that is read"),
        };
        Diagnostic::warning("shadowed", format!("{what}: {told}"))
            .help(format!("{help}: `explain` tells which, `--place` of `diff` and `apply` chooses it"))
    }
}

/// The lines of one file that say something of a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lines {
    /// The file, links followed.
    real: Utf8PathBuf,
    spans: Vec<Span>,
}

impl Lines {
    /// Those that its readers find in the file.
    pub fn of(real: &Utf8Path, editor: &dyn Editor, key: &str) -> Self {
        let taken = editor.get(key).unwrap_or_default();
        let settings = taken.into_iter().flat_map(|taken| taken.settings);
        Self { real: real.to_owned(), spans: settings.flat_map(|setting| setting.at).collect() }
    }
}

/// Whether the consumers take what an edit asks for, once these lines are what it has brought about.
///
/// A value in force by accident, from another file that says the same, counts as in force: nothing would change.
pub fn judged(
    consumers: &dyn Consumers,
    edit: &Edit<String>,
    explanation: &Explanation<String>,
    lines: &[Lines],
) -> Effect {
    let nobody =
        || Effect::Unknown { consumer: "its reader".to_owned(), why: "nobody is known to read the key".to_owned() };
    if explanation.decisions.is_empty() && matches!(edit, Edit::Set { .. } | Edit::Add { .. }) {
        return nobody();
    }
    first_fault(consumers, edit, explanation, lines, |decision| is_so(consumers, edit, explanation, decision, lines))
}

/// Whether one of these lines is what decides, for every consumer that the edit concerns.
pub(crate) fn decided_at(
    consumers: &dyn Consumers,
    edit: &Edit<String>,
    explanation: &Explanation<String>,
    lines: &[Lines],
) -> Effect {
    let is_there = |decision: &Decision<String>| decision.at.iter().any(|at| is_one_of(lines, explanation, at));
    first_fault(consumers, edit, explanation, lines, is_there)
}

fn first_fault(
    consumers: &dyn Consumers,
    edit: &Edit<String>,
    explanation: &Explanation<String>,
    lines: &[Lines],
    is_so: impl Fn(&Decision<String>) -> bool,
) -> Effect {
    let mut concerned = relevant(explanation).filter(|decision| consumers.concerns(edit, &decision.point));
    let fault = concerned.find_map(|decision| match &decision.value {
        Some(Value::Unknown(why)) => {
            Some(Effect::Unknown { consumer: decision.point.consumer.clone(), why: why.clone() })
        }
        _ => (!is_so(decision)).then(|| decided_elsewhere(explanation, decision, lines)),
    });
    if let None | Some(Effect::Unknown { .. }) = &fault
        && let Some(stopped) = stopped(explanation)
    {
        return stopped;
    }
    fault.or_else(|| overridden(edit, explanation)).unwrap_or(Effect::InForce)
}

/// Nobody takes anything before the files are mended.
fn stopped(explanation: &Explanation<String>) -> Option<Effect> {
    let consumer = explanation.decisions.first()?.point.consumer.clone();
    Some(Effect::Unknown { consumer, why: explanation.stopped()?.message.clone() })
}

/// What is set may still be nothing to anybody, since another key is stronger everywhere.
fn overridden(edit: &Edit<String>, explanation: &Explanation<String>) -> Option<Effect> {
    let sets = matches!(edit, Edit::Set { .. } | Edit::Add { .. });
    let is_so =
        |finding: &&Finding| finding.diagnostic.code == OVERRIDDEN && finding.diagnostic.severity == Severity::Warning;
    let finding = explanation.findings.iter().filter(|_| sets).find(is_so)?;
    let location = finding.source.zip(finding.diagnostic.span).map(|(source, span)| Location { source, span });
    let by = location.and_then(|location| Site::of(explanation, location));
    let consumer = explanation.decisions.first()?.point.consumer.clone();
    Some(Effect::Shadowed(Shadow { consumer, by, why: finding.diagnostic.message.clone() }))
}

/// The decisions that hold whatever the circumstances; of a key that only counts under some, those.
pub(crate) fn relevant<K>(explanation: &Explanation<K>) -> impl Iterator<Item = &Decision<K>> {
    let always = |decision: &&Decision<K>| decision.point.when.is_none();
    let any = explanation.decisions.iter().any(|decision| always(&decision));
    explanation.decisions.iter().filter(move |decision| !any || always(decision))
}

fn is_one_of(lines: &[Lines], explanation: &Explanation<String>, at: &Location) -> bool {
    let Some(source) = explanation.sources.get(at.source) else { return false };
    lines.iter().any(|lines| lines.real == source.real && lines.spans.iter().any(|line| line.touches(at.span)))
}

/// By the value; where it is written otherwise than it was asked for, by where it comes from.
fn is_so(
    consumers: &dyn Consumers,
    edit: &Edit<String>,
    explanation: &Explanation<String>,
    decision: &Decision<String>,
    lines: &[Lines],
) -> bool {
    let items = |values: &[BString]| consumers.items(&decision.point.key, values);
    let known = decision.value.as_ref().and_then(Value::known).map(items);
    let has = |item: &BString| known.as_ref().is_some_and(|values| values.contains(item));
    let mut at = decision.at.iter().map(|at| is_one_of(lines, explanation, at));
    let is_outdone = || is_outdone(explanation, decision, lines);
    match edit {
        Edit::Set { to, .. } => {
            known == Some(items(to)) || (!decision.at.is_empty() && at.all(|here| here) && !is_outdone())
        }
        Edit::Add { item, .. } => has(item) || (at.any(|here| here) && !is_outdone()),
        Edit::Unset { .. } | Edit::Disable { .. } => decision.at.is_empty(),
        Edit::Remove { item, .. } => !has(item) || at.all(|here| here),
    }
}

/// True where a line that the file's editor counts goes for nothing, since another one of the same file decides: with
/// `multi off`, the C library takes the first line of a name alone.
fn is_outdone(explanation: &Explanation<String>, decision: &Decision<String>, lines: &[Lines]) -> bool {
    let is_beside = |shadowed: &&Location| decision.at.iter().any(|at| at.source == shadowed.source);
    decision.shadowed.iter().filter(is_beside).any(|shadowed| is_one_of(lines, explanation, shadowed))
}

fn decided_elsewhere(explanation: &Explanation<String>, decision: &Decision<String>, lines: &[Lines]) -> Effect {
    let other = decision.at.iter().find(|at| !is_one_of(lines, explanation, at));
    let by = other.or(decision.at.first()).or(decision.follows.first());
    let by = by.and_then(|location| Site::of(explanation, *location));
    Effect::Shadowed(Shadow { consumer: decision.point.consumer.clone(), by, why: decision.why.clone() })
}

/// The effective values that moved and that the edit is not about.
pub(crate) fn moved(
    consumers: &dyn Consumers,
    asked: &str,
    declared: &[Move<String>],
    before: &Values,
    after: &Values,
) -> Vec<String> {
    let declared: BTreeSet<&str> = declared.iter().filter_map(|moved| setting(&moved.subject)).collect();
    let is_meant = |point: &Point<String>| {
        // An edit may declare as many moves as it reaches values: most are told by their spelling.
        declared.contains(&*point.key)
            || consumers.covers(asked, point)
            || declared.iter().any(|key| consumers.covers(key, point))
    };
    let points: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let moved = points.into_iter().filter(|point| before.get(*point) != after.get(*point) && !is_meant(point));
    moved.map(|point| worded(point, before.get(point), after.get(point))).collect()
}

fn setting(subject: &Subject<String>) -> Option<&str> {
    match subject {
        Subject::Setting(key) => Some(key),
        Subject::Comment | Subject::Opaque => None,
    }
}

fn worded(point: &Point<String>, before: Option<&Value>, after: Option<&Value>) -> String {
    let Point { consumer, when, key } = point;
    let when = when.as_ref().map(|when| format!(" under `{when}`")).unwrap_or_default();
    format!("`{key}`{when} from {} to {} for {consumer}", shown(before), shown(after))
}

fn shown(taken: Option<&Value>) -> String {
    match taken {
        None => "its default".to_owned(),
        Some(Value::Unknown(_)) => "what is unknown".to_owned(),
        Some(Value::Known(values)) => {
            let values: Vec<String> = values.iter().map(|value| value::shown(value)).collect();
            format!("`{}`", values.join(" "))
        }
    }
}

pub(crate) fn moves_others(moved: &[String]) -> Diagnostic {
    let message = format!("the edit would move more than it is about: {}", moved.join("; "));
    Diagnostic::error("moves-others", message)
        .help("make this edit by hand where its file is read, or put it elsewhere with `--place`")
}
