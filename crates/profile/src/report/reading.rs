use kvmprep_lossless::{Diagnostic, Place, Setting, Severity, Span, Taken, Value};
use schemars::JsonSchema;
use serde::Serialize;

use super::{ByteText, texts};
use crate::file_type::FileType;

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
    /// How many bytes from there on it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<usize>,
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
            length: span.map(|span| span.end - span.start),
            message: message.clone(),
            help: help.clone(),
            overridable: *overridable,
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
