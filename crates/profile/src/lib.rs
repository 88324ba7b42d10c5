#![doc = include_str!("../README.md")]

mod builtin;
mod file_type;
mod plan;
mod profile;
mod report;
mod toml_form;
mod variables;

pub use builtin::{built_in, built_in_text, built_ins};
pub use file_type::{FileType, Options, Readers, UnknownFileType};
pub use plan::{Base, FilePlan, Outcome, Plan, PlanError, Planned, Skipped, plan};
pub use profile::{EditRule, FileRule, Profile, ProfileError, When};
pub use report::{
    BaseReport, ByteText, ChangeReport, CheckReport, CheckRow, DiagnosticReport, EditReport, FileReport, GetReport,
    MoveReport, PlaceReport, PlanReport, ProfileReport, ProfilesReport, ReadingReport, Report, SettingReport,
    ShowReport, SkippedReport, Standing, Verdict, reports_schema,
};
pub use variables::{Host, HostError, Variables};
