//! Everything there is to say of one key of a host: who decides, and what an edit would bring about.

mod instead;

use std::collections::BTreeSet;

use bstr::{BString, ByteSlice};
use camino::{Utf8Path, Utf8PathBuf};
use kvmprep_lossless::effective::{Consumers, Explanation, Host};
use kvmprep_lossless::files::{Entry, Files, FilesError, Overlay};
use kvmprep_lossless::{Change, Diagnostic, Editor, KeyError, Request, Subject};

use crate::builtin::built_ins;
use crate::consumers::Circumstances;
use crate::file_type::FileType;
use crate::options::Options;
use crate::plan::{Effect, Main, Placement, decided_at, targets, tried};
use crate::profile::FileRule;

pub use instead::EditInstead;

/// What there is to say of a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explained {
    /// The file that is spoken of.
    pub path: Utf8PathBuf,
    /// Its format.
    pub file_type: FileType,
    /// The key as it was asked for.
    pub key: String,
    /// Who takes what, and why.
    pub explanation: Explanation<String>,
    /// The commented default in that file.
    pub commented: Option<Commented>,
    /// What an edit of that file would bring about.
    pub edit_here: EditHere,
    /// The files whose edit would take effect, where one of that file alone would not; none where no edit would.
    pub edit_there: Vec<Utf8PathBuf>,
    /// The edit that would take effect where none of the key in the file, or in those above, would.
    pub edit_instead: Vec<EditInstead>,
    /// Services that take a change in when they are restarted, as far as the built-in profiles know them.
    pub restart: Vec<String>,
}

/// A setting that a file ships as a comment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Commented {
    /// The line it stands on, from 1.
    pub line: usize,
    /// The comment.
    pub text: BString,
}

/// What an edit of the file would bring about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EditHere {
    /// What the consumers take would change, or stay as somebody else has it.
    Would(Effect),
    /// The editor would not make it.
    Refused(Box<Diagnostic>),
    /// There is no such file.
    NoFile,
}

/// Why there is nothing to say.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ExplainError {
    /// The key's text names nothing.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The file could not be looked at.
    #[error(transparent)]
    Files(#[from] FilesError),
}

/// Explains a key of a host: over all files that the consumers of `path` read.
///
/// ```
/// use kvmprep_lossless::files::MemoryFiles;
/// use kvmprep_profile::{Circumstances, EditHere, Effect, FileType, Options, explain};
///
/// let host = MemoryFiles::new()
///     .with("/etc/ssh/sshd_config", "Include /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin no\n")
///     .with("/etc/ssh/sshd_config.d/50-cloud.conf", "PermitRootLogin yes\n");
/// let path = "/etc/ssh/sshd_config".into();
/// let told = explain(&host, path, FileType::Sshd, Options::default(), &Circumstances::default(), "PermitRootLogin")?;
/// let EditHere::Would(Effect::Shadowed(shadow)) = told.edit_here else { panic!("the drop-in is read first") };
/// assert_eq!(shadow.by.expect("a file").to_string(), "etc/ssh/sshd_config.d/50-cloud.conf:1");
/// assert_eq!(told.edit_there, ["/etc/ssh/sshd_config.d/50-cloud.conf"]);
/// # Ok::<(), kvmprep_profile::ExplainError>(())
/// ```
pub fn explain(
    files: &dyn Files,
    path: &Utf8Path,
    file_type: FileType,
    options: Options,
    circumstances: &Circumstances,
    key: &str,
) -> Result<Explained, ExplainError> {
    let consumers = file_type.consumers(options, files, circumstances);
    let explanation = consumers.explain(Host { files, path }, key)?;
    let main = Main { path, file_type, options, consumers: &*consumers };
    let found = files.look(path)?;
    let mut explained = Explained {
        path: path.to_owned(),
        file_type,
        key: key.to_owned(),
        explanation,
        commented: None,
        edit_here: EditHere::NoFile,
        edit_there: Vec::new(),
        edit_instead: Vec::new(),
        restart: restarted(path, file_type),
    };
    let bytes = match &found.entry {
        Entry::File(bytes) => Some(bytes.to_vec()),
        _ => None,
    };
    let open = || file_type.open(bytes.clone().unwrap_or_default(), options);
    let request = match fitting(&*consumers, open, key, &explained.explanation) {
        Ok(request) => request,
        Err(refusal) => {
            explained.edit_here = EditHere::Refused(refusal);
            return Ok(explained);
        }
    };
    if let Some(bytes) = &bytes {
        let effect = tried(main, &[path.to_owned()], &request, files, decided_at);
        explained.edit_here = effect.map_or_else(|refusal| EditHere::Refused(Box::new(refusal)), EditHere::Would);
        explained.commented = commented(open(), &request, bytes);
    }
    if explained.edit_here != EditHere::Would(Effect::InForce) {
        explained.edit_there = elsewhere(main, &request, &explained.explanation, files);
    }
    if let (EditHere::Would(Effect::Shadowed(_)), []) = (&explained.edit_here, &*explained.edit_there) {
        (explained.edit_there, explained.edit_instead) = instead::found(main, &request, &explained.explanation, files);
    }
    Ok(explained)
}

/// What the built-in profiles restart for the file; for one that they do not name, what they restart for its format, where
/// one service reads all its files.
fn restarted(path: &Utf8Path, file_type: FileType) -> Vec<String> {
    let rules: Vec<FileRule> = built_ins().flat_map(|profile| profile.files).collect();
    let named = rules.iter().filter(|rule| rule.paths.iter().any(|known| known == path));
    let alike = rules.iter().filter(|rule| file_type.has_drop_ins() && rule.file_type == file_type);
    let services: BTreeSet<&String> = named.chain(alike).flat_map(|rule| &rule.restart).collect();
    services.into_iter().cloned().collect()
}

/// What a key is set to where no value is at hand that it takes: one of them fits most.
const FITTING: [&str; 26] = [
    "yes",
    "1",
    "none",
    "192.0.2.1",
    "aes256-ctr",
    "/tmp",
    "x",
    "any",
    "info",
    "default",
    "sha256",
    "vendor=x,product=x",
    "2001:db8::1",
    "AUTH",
    "0",
    "sd:ID_SERIAL",
    "service-time 0",
    "00:00",
    "x x",
    "failover",
    "uniform",
    "grow_only",
    "once",
    "30",
    "hp3par",
    "gss-group14-sha256-",
];

/// An edit of the file that sets the key: to the value the key has, so that whoever checks values
/// is content, or to one that its checks take.
fn fitting(
    consumers: &dyn Consumers,
    open: impl Fn() -> Box<dyn Editor>,
    key: &str,
    explanation: &Explanation<String>,
) -> Result<Request<String>, Box<Diagnostic>> {
    let known = explanation.decisions.iter().filter_map(|decision| decision.value.as_ref()?.known());
    let known = known.filter(|values| !values.is_empty());
    let listed = known.clone().map(|values| consumers.items(key, values));
    let fitting = FITTING.iter().map(|value| vec![BString::from(*value)]);
    let mut first = None;
    for values in known.map(<[BString]>::to_vec).chain(listed).chain(fitting) {
        let request = Request::set_all(key.to_owned(), values);
        match open().apply(&request) {
            Ok(_) => return Ok(request),
            Err(error) => _ = first.get_or_insert_with(|| Box::new(error.diagnostic())),
        }
    }
    Err(first.expect("there are values that fit at times"))
}

/// The comment that setting the key would uncomment, were it not set.
fn commented(mut editor: Box<dyn Editor>, request: &Request<String>, text: &[u8]) -> Option<Commented> {
    let _ = editor.apply(&Request::unset(request.edit.key().clone()));
    let Ok(Change::Made { moves, .. }) = editor.apply(request) else { return None };
    let gone = moves.into_iter().filter(|moved| moved.subject == Subject::Comment && moved.to.is_empty());
    let comment = gone.flat_map(|moved| moved.from).next()?;
    let line = text.lines().position(|line| line.trim() == comment.trim())? + 1;
    Some(Commented { line, text: comment })
}

/// Where the edit would take effect.
fn elsewhere(
    main: Main<'_>,
    request: &Request<String>,
    explanation: &Explanation<String>,
    files: &dyn Files,
) -> Vec<Utf8PathBuf> {
    let planned = Overlay::over(files);
    let places = [Placement::Auto, Placement::DropIn];
    let places = places.into_iter().filter_map(|place| targets(place, main, request, explanation, &planned).ok());
    let counts =
        |paths: &Vec<Utf8PathBuf>| matches!(tried(main, paths, request, files, decided_at), Ok(Effect::InForce));
    places.into_iter().find(counts).unwrap_or_default()
}
