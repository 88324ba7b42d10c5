#![doc = include_str!("../README.md")]

mod beside;
mod builtin;
mod consumers;
mod explain;
mod file_type;
mod options;
mod own_name;
mod plan;
mod profile;
mod release;
mod report;
mod sshd_start;
mod toml_form;
mod variables;

pub use beside::remarks_beside;
pub use builtin::{built_in, built_in_text, built_ins};
pub use consumers::Circumstances;
pub use explain::{Commented, EditHere, EditInstead, ExplainError, Explained, explain};
pub use file_type::{FileType, UnknownFileType};
pub use kvmprep_multipath_conf::Map;
pub use kvmprep_sshd_config::Connection;
pub use options::{Dialect, Options, Readers, UnknownDialect};
pub use plan::{
    Base, Effect, FileFault, FilePlan, Given, Lines, Outcome, Placement, Plan, PlanError, Planned, Shadow, Site,
    Skipped, Standing, Unplanned, Wish, judged, plan,
};
pub use profile::{EditRule, FileRule, Profile, ProfileError, When};
pub use release::Release;
pub use report::{
    BaseReport, ByteText, ChangeReport, CheckReport, CheckRow, DetailReport, DiagnosticReport, EditInsteadReport,
    EditReport, EffectReport, EffectiveReport, ExplainReport, FileReport, FindingReport, FixReport, GetReport,
    LintReport, LintedFile, MoveReport, PlaceReport, PlanReport, ProfileReport, ProfilesReport, ReadingReport,
    RemarkReport, Report, SettingReport, ShowReport, SiteReport, SkippedReport, StandingReport, UnplannedReport,
    Verdict, WithoutEffect, reports_schema,
};
pub use variables::{Host, HostError, Variables};
