//! What commands print as JSON. These types are the schema: `docs/reports.schema.json` is made from them.

mod check;
mod effective;
mod plan;
mod reading;

use bstr::{BString, ByteSlice};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::profile::Profile;

pub use check::{CheckReport, CheckRow, StandingReport};
pub use effective::{
    DetailReport, EditInsteadReport, EffectReport, EffectiveReport, ExplainReport, FindingReport, FixReport,
    LintReport, LintedFile, RemarkReport, SiteReport,
};
pub use plan::{
    BaseReport, ChangeReport, EditReport, FileReport, MoveReport, PlanReport, SkippedReport, UnplannedReport, Verdict,
    WithoutEffect,
};
pub use reading::{DiagnosticReport, GetReport, PlaceReport, ReadingReport, SettingReport, ShowReport};

/// Bytes: a string where they are UTF-8.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
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

impl ByteText {
    /// The bytes; what is no base64 stands for none.
    pub fn to_bytes(&self) -> Vec<u8> {
        use base64::Engine;
        match self {
            Self::Text(text) => text.as_bytes().to_vec(),
            Self::Base64 { base64 } => base64::engine::general_purpose::STANDARD.decode(base64).unwrap_or_default(),
        }
    }
}

fn texts(values: &[BString]) -> Vec<ByteText> {
    values.iter().map(|value| value.as_slice().into()).collect()
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
    Change(Box<ChangeReport>),
    /// `get`.
    Get(GetReport),
    /// `show`.
    Show(ShowReport),
    /// `explain`.
    Explain(Box<ExplainReport>),
    /// `lint`.
    Lint(LintReport),
    /// `profile list`.
    Profiles(ProfilesReport),
    /// `profile show`.
    Profile(ProfileReport),
}

/// The JSON Schema of what `--format json` prints.
pub fn reports_schema() -> schemars::Schema {
    schemars::schema_for!(Report)
}
