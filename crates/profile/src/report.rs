//! What commands print as JSON. These types are the schema: `docs/reports.schema.json` is made from them.

use bstr::{BString, ByteSlice};
use kvmprep_lossless::diff::Names;
use kvmprep_lossless::{Diagnostic, Edit, Move, Place, Setting, Severity, Span, Subject, Taken, Value};
use schemars::JsonSchema;
use serde::Serialize;

use crate::file_type::FileType;
use crate::plan::{Base, FilePlan, Outcome, Plan, Planned};
use crate::profile::Profile;

/// Bytes: a string where they are UTF-8.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ByteText {
    /// UTF-8.
    Text(String),
    /// Anything else.
    Base64 {
        /// The bytes in the standard alphabet, padded.
        base64: String,
    },
}

impl From<&[u8]> for ByteText {
    fn from(bytes: &[u8]) -> Self {
        use base64::Engine;
        match bytes.to_str() {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Base64 { base64: base64::engine::general_purpose::STANDARD.encode(bytes) },
        }
    }
}

fn texts(values: &[BString]) -> Vec<ByteText> {
    values.iter().map(|value| value.as_slice().into()).collect()
}

/// A plan: what would be done to the files of a host.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct PlanReport {
    /// The files that were looked into, edited or not.
    pub files: Vec<FileReport>,
    /// The files that were passed over.
    pub skipped: Vec<SkippedReport>,
    /// Services that take the change in when they are restarted.
    pub restart: Vec<String>,
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

/// Something to say about a file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct DiagnosticReport {
    /// note, warning or error.
    pub severity: String,
    /// Stable.
    pub code: String,
    /// Where, both counted from 1, the column in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceReport>,
    /// What, and why.
    pub message: String,
    /// How to go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// True for a refusal that `--allow CODE` overrides.
    pub overridable: bool,
}

/// A place in a file, both counted from 1, the column in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct PlaceReport {
    /// Line.
    pub line: usize,
    /// Byte of the line.
    pub column: usize,
}

/// What some readers take from a file, all of them alike.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct ReadingReport {
    /// Who.
    pub readers: Vec<String>,
    /// What.
    pub settings: Vec<SettingReport>,
}

/// One setting as it is read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct SettingReport {
    /// Its key.
    pub key: String,
    /// Its value, one element for a scalar; absent where the file alone does not decide it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<ByteText>>,
    /// Why the value is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
    /// Where it is set.
    pub places: Vec<PlaceReport>,
    /// Live places of the same key that do not count.
    pub shadowed: Vec<PlaceReport>,
}

impl PlaceReport {
    fn of(text: &[u8], span: Span) -> Self {
        let Place { line, column } = Place::of(text, span.start);
        Self { line, column }
    }
}

impl DiagnosticReport {
    /// A diagnostic of a text.
    pub fn of(text: &[u8], diagnostic: &Diagnostic) -> Self {
        let Diagnostic { severity, code, span, message, help, overridable } = diagnostic;
        let severity = match severity {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        Self {
            severity: severity.to_owned(),
            code: (*code).to_owned(),
            place: span.map(|span| PlaceReport::of(text, span)),
            message: message.clone(),
            help: help.clone(),
            overridable: *overridable,
        }
    }
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
        let values = match edit {
            Edit::Set { to, .. } => texts(to),
            Edit::Add { item, .. } | Edit::Remove { item, .. } => vec![item.as_slice().into()],
            Edit::Unset { .. } | Edit::Disable { .. } => Vec::new(),
        };
        Self {
            verb: edit.verb().to_owned(),
            key: edit.key().clone(),
            values,
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

impl FilePlan {
    /// The names on the file's diff.
    pub fn names(&self) -> Names {
        match self.base {
            Base::Absent => Names::created(self.real.as_str()),
            Base::Present(_) => Names::of(self.real.as_str()),
        }
    }
}

impl PlanReport {
    /// A plan, its diffs with so many lines of context.
    pub fn of(plan: &Plan, context: usize) -> Self {
        let skipped = |skipped: &crate::plan::Skipped| SkippedReport {
            path: skipped.path.to_string(),
            reason: skipped.reason.clone(),
        };
        Self {
            files: plan.files.iter().map(|file| FileReport::of(file, context)).collect(),
            skipped: plan.skipped.iter().map(skipped).collect(),
            restart: plan.restarts().into_iter().map(str::to_owned).collect(),
        }
    }
}

impl ReadingReport {
    /// What some readers take from a text.
    pub fn of(text: &[u8], taken: &Taken) -> Self {
        let settings = taken.settings.iter().map(|setting| SettingReport::of(text, setting)).collect();
        Self { readers: taken.readers.clone(), settings }
    }
}

impl SettingReport {
    /// A setting of a text.
    pub fn of(text: &[u8], setting: &Setting<String>) -> Self {
        let places = |spans: &[Span]| spans.iter().map(|span| PlaceReport::of(text, *span)).collect();
        let (values, unknown) = match &setting.value {
            Value::Known(values) => (Some(texts(values)), None),
            Value::Unknown(why) => (None, Some(why.clone())),
        };
        Self {
            key: setting.key.clone(),
            values,
            unknown,
            places: places(&setting.at),
            shadowed: places(&setting.shadowed),
        }
    }
}

/// What `get` prints.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct GetReport {
    /// The file.
    pub path: String,
    /// Its format.
    #[serde(rename = "type")]
    pub file_type: FileType,
    /// What the readers take for the key, each group of readers that agree apart.
    pub readings: Vec<ReadingReport>,
}

/// What `show` prints.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct ShowReport {
    /// The file.
    pub path: String,
    /// Its format.
    #[serde(rename = "type")]
    pub file_type: FileType,
    /// All settings, each group of readers that agree apart.
    pub readings: Vec<ReadingReport>,
    /// What the consumer would complain of.
    pub diagnostics: Vec<DiagnosticReport>,
}

/// What `check` prints.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct CheckReport {
    /// Every setting that the profiles want.
    pub settings: Vec<CheckRow>,
    /// The files that were passed over.
    pub skipped: Vec<SkippedReport>,
}

/// One setting that is wanted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct CheckRow {
    /// The path the profile names, within the root.
    pub path: String,
    /// set, unset, disable, add or remove.
    pub verb: String,
    /// What it is about.
    pub key: String,
    /// The values of set, the item of add and remove.
    pub wanted: Vec<ByteText>,
    /// What the file says, each group of readers that agree apart.
    pub written: Vec<ReadingReport>,
    /// Whether that is what is wanted.
    pub standing: Standing,
    /// Why it was skipped or refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Whether a file has what is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It has.
    Ok,
    /// It has not; an edit would bring it about.
    Differs,
    /// It was not asked for.
    Skipped,
    /// It has not, and no edit can bring it about.
    Refused,
}

impl CheckReport {
    /// How the files that a plan was made for stand.
    pub fn of(plan: &Plan) -> Self {
        let rows = plan.files.iter().flat_map(|file| file.edits.iter().map(|edit| CheckRow::of(file, edit)));
        Self { settings: rows.collect(), skipped: PlanReport::of(plan, 0).skipped }
    }
}

impl CheckRow {
    fn of(file: &FilePlan, planned: &Planned) -> Self {
        let EditReport { verb, key, values, .. } = EditReport::of(planned);
        let (standing, reason) = match &planned.outcome {
            Outcome::Made { .. } => (Standing::Differs, None),
            Outcome::AlreadySo { .. } => (Standing::Ok, None),
            Outcome::Skipped { reason } => (Standing::Skipped, Some(reason.clone())),
            Outcome::Refused(diagnostic) => (Standing::Refused, Some(diagnostic.message.clone())),
        };
        let text = file.editor.original();
        let written = planned.found.iter().map(|taken| ReadingReport::of(text, taken)).collect();
        Self { path: file.path.to_string(), verb, key, wanted: values, written, standing, reason }
    }
}

/// What `profile list` prints.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct ProfilesReport {
    /// The built-in profiles.
    pub profiles: Vec<ProfileReport>,
}

/// A built-in profile; what `profile show` prints.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct ProfileReport {
    /// What it is called.
    pub name: String,
    /// What it is for, in a line.
    pub summary: String,
    /// The files it speaks of, within the root.
    pub paths: Vec<String>,
    /// The profile itself, in TOML; only from `profile show`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl ProfileReport {
    /// A profile, with its text where that is asked for.
    pub fn of(profile: &Profile, text: Option<&str>) -> Self {
        Self {
            name: profile.name.clone(),
            summary: profile.summary.clone(),
            paths: profile.files.iter().flat_map(|file| &file.paths).map(ToString::to_string).collect(),
            text: text.map(str::to_owned),
        }
    }
}

/// Everything that `--format json` prints, by command.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(title = "kvmprep-edit reports")]
pub enum Report {
    /// `diff`, `apply`.
    Plan(PlanReport),
    /// `check`.
    Check(CheckReport),
    /// `set`, `unset`, `disable`, `add`, `remove`.
    Change(ChangeReport),
    /// `get`.
    Get(GetReport),
    /// `show`.
    Show(ShowReport),
    /// `profile list`.
    Profiles(ProfilesReport),
    /// `profile show`.
    Profile(ProfileReport),
}

/// The JSON Schema of what `--format json` prints.
pub fn reports_schema() -> schemars::Schema {
    schemars::schema_for!(Report)
}
