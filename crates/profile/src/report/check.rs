use schemars::JsonSchema;
use serde::Serialize;

use super::effective::{EffectReport, EffectiveReport};
use super::plan::{PlanReport, SkippedReport, UnplannedReport};
use super::reading::ReadingReport;
use super::{ByteText, texts};
use crate::plan::{Effect, Plan, Standing, Wish};

/// What `check` prints.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct CheckReport {
    /// The release whose programs the files are read for; absent where the host names none that is known, and the newest
    /// programs are taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// Every setting that the profiles want.
    pub settings: Vec<CheckRow>,
    /// The files that were passed over.
    pub skipped: Vec<SkippedReport>,
    /// The files that are missing or cannot be read: of their settings nothing is known.
    pub unplanned: Vec<UnplannedReport>,
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
    /// What the consumers take, over all files they read.
    pub effective: Vec<EffectiveReport>,
    /// Whether that is what is wanted.
    pub standing: StandingReport,
    /// Why it was skipped or refused, or is not known; where it differs and is in force all the same, by which rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What shadows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shadowed: Option<EffectReport>,
}

/// Whether a host has what is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StandingReport {
    /// It has: it is written, and it is what counts.
    Ok,
    /// It has not; an edit would bring it about.
    Differs,
    /// It is written, and something else counts.
    Shadowed,
    /// It is written; what counts cannot be told.
    Unknown,
    /// It was not asked for.
    Skipped,
    /// It has not, and no edit can bring it about.
    Refused,
}

impl CheckReport {
    /// How the files that a plan was made for stand.
    pub fn of(plan: &Plan) -> Self {
        let rows = plan.wishes.iter().map(|wish| CheckRow::of(plan, wish));
        let PlanReport { release, skipped, unplanned, .. } = PlanReport::of(plan, 0);
        Self { release, settings: rows.collect(), skipped, unplanned }
    }
}

impl CheckRow {
    fn of(plan: &Plan, wish: &Wish) -> Self {
        let (standing, reason, shadowed) = match plan.standing(wish) {
            Standing::Ok => (StandingReport::Ok, None, None),
            Standing::Differs => (StandingReport::Differs, plan.in_force_by(wish), None),
            Standing::Shadowed(shadow) => {
                (StandingReport::Shadowed, None, Some(EffectReport::of(&Effect::Shadowed(shadow))))
            }
            Standing::Unknown(why) => (StandingReport::Unknown, Some(why), None),
            Standing::Skipped(why) => (StandingReport::Skipped, Some(why), None),
            Standing::Refused(why) => (StandingReport::Refused, Some(why), None),
        };
        let text = plan.files[wish.file].editor.original();
        Self {
            path: wish.path.to_string(),
            verb: wish.edit.verb().to_owned(),
            key: wish.edit.key().clone(),
            wanted: texts(wish.edit.values()),
            written: wish.written.iter().map(|taken| ReadingReport::of(text, taken)).collect(),
            effective: EffectiveReport::all(&wish.before),
            standing,
            reason,
            shadowed,
        }
    }
}
