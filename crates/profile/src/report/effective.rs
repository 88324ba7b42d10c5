use bstr::BString;
use kvmprep_lossless::effective::{Decision, Explanation, Finding, STOPPED};
use kvmprep_lossless::files::Location;
use kvmprep_lossless::{Duplicates, Lint, Value};
use schemars::JsonSchema;
use serde::Serialize;

use super::reading::DiagnosticReport;
use super::{ByteText, texts};
use crate::explain::{EditHere, EditInstead, Explained};
use crate::file_type::FileType;
use crate::plan::{Effect, Shadow, Site};

/// A place in one of a host's files.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct SiteReport {
    /// The name the file is read by, within the root.
    pub path: String,
    /// Line, from 1.
    pub line: usize,
    /// Byte of the line, from 1.
    pub column: usize,
    /// What stands there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<ByteText>,
    /// True where the file is not read, as another has its name; absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub masked: Option<bool>,
}

/// What a consumer takes for a key over all files it reads.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct EffectiveReport {
    /// Who.
    pub consumer: String,
    /// Under which circumstances, where not under all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// The key, without wildcards.
    pub key: String,
    /// The value, one element for a scalar; absent where no file decides, or where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<ByteText>>,
    /// Why the value is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
    /// Where it is set; several places where lines add up.
    pub at: Vec<SiteReport>,
    /// Where other keys are set that the value follows from, and code stands that sets or unsets it.
    pub follows: Vec<SiteReport>,
    /// Places that do not count, in the order they are read, those of a masked file where it would be; for sshd in the order
    /// in which they would win.
    pub shadowed: Vec<SiteReport>,
    /// What comes with the value: the canonical name of a host, its aliases.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Vec<DetailReport>>,
    /// Who wins and why.
    pub why: String,
}

/// What comes with a value.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct DetailReport {
    /// What it is: canonical, aliases.
    pub name: String,
    /// One element for what is one alone.
    pub values: Vec<ByteText>,
}

/// Whether an edit takes effect.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct EffectReport {
    /// in-force, shadowed or unknown.
    pub verdict: String,
    /// For whom, where it is not in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consumer: Option<String>,
    /// What decides instead; absent where the file is not read at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<SiteReport>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Something to say of one of several files.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct FindingReport {
    /// Of which file; absent where it is about all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What.
    #[serde(flatten)]
    pub diagnostic: DiagnosticReport,
}

/// What `explain` prints.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct ExplainReport {
    /// The file that is spoken of.
    pub path: String,
    /// Its format.
    #[serde(rename = "type")]
    pub file_type: FileType,
    /// The key as it was asked for.
    pub key: String,
    /// Why a consumer does not start with these files; what is told of it then is what it would take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Box<DiagnosticReport>>,
    /// Who takes what.
    pub effective: Vec<EffectiveReport>,
    /// What a reader of that must know.
    pub findings: Vec<FindingReport>,
    /// The commented default in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commented_default: Option<SiteReport>,
    /// The key that an edit would be about, where it is not the one that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edited: Option<String>,
    /// Whether an edit of the file would take effect; absent where there is no such file or no edit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edit_here: Option<EffectReport>,
    /// Why the editor would not edit the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edit_refused: Option<DiagnosticReport>,
    /// The files whose edit would take effect, where one of that file alone would not.
    pub edit_there: Vec<String>,
    /// The edits that would take effect where none of the key in such a file would.
    pub edit_instead: Vec<EditInsteadReport>,
    /// How a change is taken in.
    pub taken_in: String,
    /// Services that take it in when they are restarted, as far as they are known.
    pub restart: Vec<String>,
}

/// An edit that is not one of the key that was asked about in the file that was.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct EditInsteadReport {
    /// The place that decides.
    pub site: SiteReport,
    /// The key that an edit of that file takes effect under; absent where it is made by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// What `lint` prints.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct LintReport {
    /// The files that were looked over.
    pub files: Vec<LintedFile>,
}

/// The remarks on one file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct LintedFile {
    /// The file.
    pub path: String,
    /// Its format.
    #[serde(rename = "type")]
    pub file_type: FileType,
    /// The remarks, in the order of the file.
    pub remarks: Vec<RemarkReport>,
    /// With `--fix`, the unified diff of what mends them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<ByteText>,
}

/// One remark.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct RemarkReport {
    /// What.
    #[serde(flatten)]
    pub diagnostic: DiagnosticReport,
    /// The edit that mends it: its verb, key and values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<FixReport>,
    /// Why `--fix` leaves it, where an edit is at hand and not safe.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withheld: Option<String>,
}

/// An edit that mends what a remark is about.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct FixReport {
    /// set, unset, disable, add or remove.
    pub verb: String,
    /// What it is about.
    pub key: String,
    /// The values of set, the item of add and remove.
    pub values: Vec<ByteText>,
    /// Live places that do not count go too: `--dedupe`.
    pub dedupe: bool,
    /// Refusals that it overrides: `--allow CODE`.
    pub allow: Vec<String>,
}

impl SiteReport {
    /// A location of an explanation, with the text that stands there.
    pub fn of<K>(explanation: &Explanation<K>, location: Location) -> Option<Self> {
        let source = explanation.sources.get(location.source)?;
        let text = location.span.of(&source.text);
        let masked = explanation.is_masked(location.source).then_some(true);
        Some(Self { text: Some(text.into()), masked, ..Self::named(&Site::of(explanation, location)?) })
    }

    fn named(site: &Site) -> Self {
        let path = site.path.as_str().trim_start_matches('/').to_owned();
        Self { path, line: site.place.line, column: site.place.column, text: None, masked: None }
    }
}

impl DetailReport {
    fn of((name, values): &(&'static str, Vec<BString>)) -> Self {
        Self { name: (*name).to_owned(), values: texts(values) }
    }
}

impl EffectiveReport {
    /// All decisions of an explanation.
    pub fn all(explanation: &Explanation<String>) -> Vec<Self> {
        explanation.decisions.iter().map(|decision| Self::of(explanation, decision)).collect()
    }

    fn of(explanation: &Explanation<String>, decision: &Decision<String>) -> Self {
        let sites =
            |locations: &[Location]| locations.iter().filter_map(|at| SiteReport::of(explanation, *at)).collect();
        let (values, unknown) = match &decision.value {
            None => (None, None),
            Some(Value::Known(values)) => (Some(texts(values)), None),
            Some(Value::Unknown(why)) => (None, Some(why.clone())),
        };
        let details: Vec<DetailReport> = decision.details.iter().map(DetailReport::of).collect();
        Self {
            consumer: decision.point.consumer.clone(),
            when: decision.point.when.clone(),
            key: decision.point.key.clone(),
            values,
            unknown,
            at: sites(&decision.at),
            follows: sites(&decision.follows),
            shadowed: sites(&decision.shadowed),
            details: Some(details).filter(|details| !details.is_empty()),
            why: decision.why.clone(),
        }
    }
}

impl EffectReport {
    /// An effect.
    pub fn of(effect: &Effect) -> Self {
        let (verdict, consumer, by, why) = match effect {
            Effect::InForce => ("in-force", None, None, None),
            Effect::Unknown { consumer, why } => ("unknown", Some(consumer), None, Some(why)),
            Effect::Shadowed(Shadow { consumer, by, why }) => ("shadowed", Some(consumer), by.as_ref(), Some(why)),
        };
        Self {
            verdict: verdict.to_owned(),
            consumer: consumer.cloned(),
            by: by.map(SiteReport::named),
            why: why.cloned(),
        }
    }
}

impl FindingReport {
    /// A finding of an explanation.
    pub fn of<K>(explanation: &Explanation<K>, finding: &Finding) -> Self {
        let source = finding.source.and_then(|number| explanation.sources.get(number));
        let text: &[u8] = source.map_or(b"", |source| &source.text);
        Self {
            path: source.map(|source| source.path.as_str().trim_start_matches('/').to_owned()),
            diagnostic: DiagnosticReport::of(text, &finding.diagnostic),
        }
    }
}

impl ExplainReport {
    /// What there is to say of a key.
    pub fn of(told: &Explained) -> Self {
        let path = told.path.as_str().trim_start_matches('/').to_owned();
        let commented = told.commented.as_ref().map(|comment| SiteReport {
            path: path.clone(),
            line: comment.line,
            column: 1,
            text: Some(comment.text.as_slice().into()),
            masked: None,
        });
        let (edit_here, edit_refused) = match &told.edit_here {
            EditHere::Would(effect) => (Some(EffectReport::of(effect)), None),
            EditHere::Refused(diagnostic) => (None, Some(DiagnosticReport::of(b"", diagnostic))),
            EditHere::NoFile => (None, None),
        };
        Self {
            path,
            file_type: told.file_type,
            key: told.key.clone(),
            stopped: told.explanation.stopped().map(|diagnostic| Box::new(DiagnosticReport::of(b"", diagnostic))),
            effective: EffectiveReport::all(&told.explanation),
            findings: told
                .explanation
                .findings
                .iter()
                .filter(|finding| finding.diagnostic.code != STOPPED)
                .map(|finding| FindingReport::of(&told.explanation, finding))
                .collect(),
            commented_default: commented,
            edited: (told.edited != told.key).then(|| told.edited.clone()),
            edit_here,
            edit_refused,
            edit_there: told.edit_there.iter().map(|path| path.as_str().trim_start_matches('/').to_owned()).collect(),
            edit_instead: told.edit_instead.iter().map(EditInsteadReport::of).collect(),
            taken_in: told.file_type.taken_in().to_owned(),
            restart: told.restart.clone(),
        }
    }
}

impl EditInsteadReport {
    fn of(instead: &EditInstead) -> Self {
        Self { site: SiteReport::named(&instead.site), key: instead.key.clone() }
    }
}

impl RemarkReport {
    /// A remark on a text.
    pub fn of(text: &[u8], lint: &Lint<String>) -> Self {
        let fix = lint.fix.as_ref().map(|request| FixReport {
            verb: request.edit.verb().to_owned(),
            key: request.edit.key().clone(),
            values: texts(request.edit.values()),
            dedupe: request.manner.duplicates == Duplicates::Dedupe,
            allow: request.manner.allow.clone(),
        });
        Self { diagnostic: DiagnosticReport::of(text, &lint.diagnostic), fix, withheld: lint.withheld.clone() }
    }
}
