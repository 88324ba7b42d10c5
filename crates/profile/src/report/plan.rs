use kvmprep_lossless::{Move, Subject};
use schemars::JsonSchema;
use serde::Serialize;

use super::effective::EffectReport;
use super::reading::DiagnosticReport;
use super::{ByteText, texts};
use crate::file_type::FileType;
use crate::plan::{Base, FilePlan, Outcome, Plan, Planned, Skipped, Unplanned};

/// A plan: what would be done to the files of a host.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct PlanReport {
    /// The release whose programs the files are read for; absent where the host names none that is known, and the newest
    /// programs are taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// The files that were looked into, edited or not.
    pub files: Vec<FileReport>,
    /// The files that were passed over.
    pub skipped: Vec<SkippedReport>,
    /// The files that are missing or cannot be read: nothing is written without them.
    pub unplanned: Vec<UnplannedReport>,
    /// What was wanted and would not count, since something else decides.
    pub without_effect: Vec<WithoutEffect>,
    /// Services that take the change in when they are restarted.
    pub restart: Vec<String>,
}

/// An edit that would not count.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct WithoutEffect {
    /// The path the profile names, within the root.
    pub path: String,
    /// What it is about.
    pub key: String,
    /// What decides instead.
    pub effect: EffectReport,
}

/// What would become of one file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct FileReport {
    /// The path the profile names, within the root.
    pub path: String,
    /// The file that is written: the path with all links followed.
    pub real_path: String,
    /// Its format.
    #[serde(rename = "type")]
    pub file_type: FileType,
    /// What the plan was made for.
    pub base: BaseReport,
    /// True when the file would be written.
    pub changed: bool,
    /// The edits in order.
    pub edits: Vec<EditReport>,
    /// The unified diff, empty when nothing changes.
    pub diff: ByteText,
}

/// What a plan was made for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BaseReport {
    /// No file.
    Absent,
    /// A file with this SHA-256, in lower-case hexadecimal digits.
    Sha256(String),
}

/// A file that was passed over.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct SkippedReport {
    /// The path the profile names.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// A file that is missing, or that cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct UnplannedReport {
    /// The path the profile names.
    pub path: String,
    /// What is wrong with it: `missing`, or `io`.
    #[serde(flatten)]
    pub diagnostic: DiagnosticReport,
}

/// One edit of a file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct ChangeReport {
    /// The file.
    pub path: String,
    /// Its format.
    #[serde(rename = "type")]
    pub file_type: FileType,
    /// The edit.
    pub edit: EditReport,
    /// Whether what it asks for is what the consumers of the file take; absent where the file is all that they read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<EffectReport>,
    /// The unified diff, empty when nothing changes.
    pub diff: ByteText,
}

/// One edit, and what became of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct EditReport {
    /// set, unset, disable, add or remove.
    pub verb: String,
    /// What it is about.
    pub key: String,
    /// The values of set, the item of add and remove.
    pub values: Vec<ByteText>,
    /// The profile's reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What became of it.
    pub verdict: Verdict,
    /// Why it was skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What moves in the reading.
    pub moves: Vec<MoveReport>,
    /// Notes, or the refusal.
    pub diagnostics: Vec<DiagnosticReport>,
}

/// What became of an edit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Made.
    Made,
    /// Nothing to do.
    AlreadySo,
    /// Its condition does not hold.
    Skipped,
    /// It could not be made.
    Refused,
}

/// What moves in the reading of a file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct MoveReport {
    /// The setting's key; absent for comments and for text that is not understood.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// setting, comment or text.
    pub subject: String,
    /// Values that go.
    pub from: Vec<ByteText>,
    /// Values that come.
    pub to: Vec<ByteText>,
}

impl MoveReport {
    fn of(moved: &Move<String>) -> Self {
        let (key, subject) = match &moved.subject {
            Subject::Setting(key) => (Some(key.clone()), "setting"),
            Subject::Comment => (None, "comment"),
            Subject::Opaque => (None, "text"),
        };
        Self { key, subject: subject.to_owned(), from: texts(&moved.from), to: texts(&moved.to) }
    }
}

impl EditReport {
    /// An edit of a plan; `why` is left out where it is empty.
    pub fn of(planned: &Planned) -> Self {
        let Planned { edit, why, outcome, text, .. } = planned;
        let (verdict, reason, moves) = match outcome {
            Outcome::Made { moves, .. } => (Verdict::Made, None, moves.iter().map(MoveReport::of).collect()),
            Outcome::AlreadySo { .. } => (Verdict::AlreadySo, None, Vec::new()),
            Outcome::Skipped { reason } => (Verdict::Skipped, Some(reason.clone()), Vec::new()),
            Outcome::Refused(_) => (Verdict::Refused, None, Vec::new()),
        };
        Self {
            verb: edit.verb().to_owned(),
            key: edit.key().clone(),
            values: texts(edit.values()),
            why: (!why.is_empty()).then(|| why.clone()),
            verdict,
            reason,
            moves,
            diagnostics: outcome.diagnostics().map(|diagnostic| DiagnosticReport::of(text, diagnostic)).collect(),
        }
    }
}

impl FileReport {
    fn of(file: &FilePlan, context: usize) -> Self {
        Self {
            path: file.path.to_string(),
            real_path: file.real.to_string(),
            file_type: file.file_type,
            base: match &file.base {
                Base::Absent => BaseReport::Absent,
                Base::Present(sha256) => BaseReport::Sha256(sha256.clone()),
            },
            changed: file.is_changed(),
            edits: file.edits.iter().map(EditReport::of).collect(),
            diff: file.editor.patch().unified_diff(&file.names(), context).to_bytes().as_slice().into(),
        }
    }
}

impl PlanReport {
    /// A plan, its diffs with so many lines of context.
    pub fn of(plan: &Plan, context: usize) -> Self {
        let skipped =
            |skipped: &Skipped| SkippedReport { path: skipped.path.to_string(), reason: skipped.reason.clone() };
        Self {
            release: plan.release.map(|release| release.name().to_owned()),
            files: plan.files.iter().map(|file| FileReport::of(file, context)).collect(),
            skipped: plan.skipped.iter().map(skipped).collect(),
            unplanned: plan
                .unplanned
                .iter()
                .map(|Unplanned { path, fault }| UnplannedReport {
                    path: path.to_string(),
                    diagnostic: DiagnosticReport::of(b"", &fault.diagnostic()),
                })
                .collect(),
            without_effect: plan
                .without_effect()
                .map(|(wish, effect)| WithoutEffect {
                    path: wish.path.to_string(),
                    key: wish.edit.key().clone(),
                    effect: EffectReport::of(effect),
                })
                .collect(),
            restart: plan.restarts().into_iter().map(str::to_owned).collect(),
        }
    }
}
