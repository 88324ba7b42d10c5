use std::collections::BTreeMap;
use std::convert::Infallible;

use bstr::{BString, ByteSlice};
use camino::Utf8PathBuf;
use kvmprep_lossless::{Diagnostic, Request, Span};
use serde::Deserialize;

use crate::file_type::FileType;
use crate::options::{Dialect, Options, Readers};
use crate::plan::Placement;
use crate::toml_form::TomlProfile;
use crate::variables::{Host, Variables};

/// Desired state of a host's files, as data.
#[derive(Clone, PartialEq, Debug)]
pub struct Profile {
    /// What it is called.
    pub name: String,
    /// What it is for, in a line.
    pub summary: String,
    /// What its user fills in, and what each variable means.
    pub variables: BTreeMap<String, String>,
    /// The files, in the order they are edited.
    pub files: Vec<FileRule>,
}

/// What a profile wants of a file.
#[derive(Clone, PartialEq, Debug)]
pub struct FileRule {
    /// Where the file is; of several paths each is a file of its own.
    pub paths: Vec<Utf8PathBuf>,
    /// Its format.
    pub file_type: FileType,
    /// Whose reading of it counts, where there is a choice.
    pub readers: Readers,
    /// Which programs read it, where that is not for the host's release to say.
    pub dialect: Option<Dialect>,
    /// Under which condition it is edited.
    pub when: When,
    /// Whether it is created where it is missing.
    pub create: bool,
    /// Where its edits go, where the format has drop-ins; the caller may say otherwise.
    pub placement: Option<Placement>,
    /// Services that take the change in when they are restarted.
    pub restart: Vec<String>,
    /// The edits, in order.
    pub edits: Vec<EditRule>,
}

impl FileRule {
    /// How the file is read on a host whose files are read so.
    pub(crate) fn options(&self, host: Options) -> Options {
        let host = Options { readers: self.readers, ..host };
        self.dialect.map_or(host, |dialect| host.read_by(dialect))
    }
}

/// One edit a profile wants.
#[derive(Clone, PartialEq, Debug)]
pub struct EditRule {
    /// The edit; `{names}` and `{address}` stand in it where it is made for each host.
    pub request: Request<String>,
    /// Under which condition it is made.
    pub when: When,
    /// Made once for each host of the variable of this name.
    pub for_each: Option<String>,
    /// The reason, for whoever reads the report.
    pub why: String,
}

impl EditRule {
    /// The edit as it is asked for: once, or once for each host.
    pub(crate) fn requests(&self, variables: &Variables) -> Vec<Request<String>> {
        match self.for_each {
            Some(_) => variables.hosts.iter().map(|host| filled_request(&self.request, host)).collect(),
            None => vec![self.request.clone()],
        }
    }
}

/// A text of a rule that is made for each host, for one of them.
pub(crate) fn filled(text: &str, address: &str, names: &str) -> String {
    text.replace("{names}", names).replace("{address}", address)
}

fn filled_request(request: &Request<String>, host: &Host) -> Request<String> {
    let (address, names) = (host.address.to_string(), host.names.join(","));
    let value = |value: &BString| {
        BString::from(value.to_str().map_or_else(|_| value.to_vec(), |v| filled(v, &address, &names).into_bytes()))
    };
    let Ok(edit) = request.edit.try_map(|key| Ok::<_, Infallible>(filled(key, &address, &names)));
    let edit = edit.map_values(value);
    Request { edit, manner: request.manner.clone() }
}

/// A condition.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// None.
    #[default]
    Always,
    /// The file is there; where it is not, it is skipped in peace.
    FileExists,
    /// The edit's key has a live place in the file.
    KeyPresent,
}

/// Why a text is not a profile.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct ProfileError {
    /// What is wrong.
    pub message: String,
    /// Where in the text.
    pub span: Option<Span>,
}

impl ProfileError {
    pub(crate) fn new(message: impl Into<String>, span: std::ops::Range<usize>) -> Self {
        Self { message: message.into(), span: Some(span.into()) }
    }

    pub(crate) fn of_toml(error: &toml::de::Error) -> Self {
        Self { message: error.message().trim_end().replace('\n', "; "), span: error.span().map(Span::from) }
    }

    /// The error as a diagnostic of the profile's text.
    pub fn diagnostic(&self) -> Diagnostic {
        self.told("bad-profile", "`kvmprep-edit profile show kvm-host` prints a profile to start from")
    }

    /// The error as a diagnostic of the text of [`Variables`](crate::Variables).
    pub fn of_variables(&self) -> Diagnostic {
        self.told("bad-variables", "a host is `[[hosts]]` with `address = \"192.0.2.12\"` and `names = [\"kvm2\"]`")
    }

    fn told(&self, code: &'static str, help: &str) -> Diagnostic {
        let diagnostic = Diagnostic::error(code, &self.message).help(help);
        match self.span {
            Some(span) => diagnostic.at(span),
            None => diagnostic,
        }
    }
}

impl Profile {
    /// Reads a profile from TOML. Unknown fields, unknown file types and texts that are no keys are errors that point
    /// at their place.
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        let form: TomlProfile = toml::from_str(text).map_err(|error| ProfileError::of_toml(&error))?;
        form.checked()
    }
}
