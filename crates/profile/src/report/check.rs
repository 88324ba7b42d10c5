use schemars::JsonSchema;
use serde::Serialize;

use super::ByteText;
use super::plan::{EditReport, PlanReport, SkippedReport};
use super::reading::ReadingReport;
use crate::plan::{FilePlan, Outcome, Plan, Planned};

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
