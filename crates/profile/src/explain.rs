//! Everything there is to say of one key of a host: who decides, and what an edit would bring about.

mod instead;

use std::collections::BTreeSet;

use bstr::{BString, ByteSlice};
use camino::{Utf8Path, Utf8PathBuf};
use kvmprep_lossless::effective::{Consumers, Decision, Explanation, Host};
use kvmprep_lossless::files::{Entry, Files, FilesError, Overlay};
use kvmprep_lossless::{Change, Diagnostic, Editor, KeyError, Request, Subject};

use crate::builtin::built_ins;
use crate::consumers::Circumstances;
use crate::file_type::FileType;
use crate::options::Options;
use crate::plan::{Effect, Main, Placement, decided_at, relevant, targets, tried};
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
    /// The key that an edit would be about; the same, but where a keyword alone was asked for.
    pub edited: String,
    /// Who takes what, and why.
    pub explanation: Explanation<String>,
    /// The commented default in that file.
    pub commented: Option<Commented>,
    /// What an edit of that file would bring about.
    pub edit_here: EditHere,
    /// The files whose edit would take effect, where one of that file alone would not, or is not for an administrator to
    /// make; none where no edit would.
    pub edit_there: Vec<Utf8PathBuf>,
    /// The edit that would take effect where none of the key in the file, or in those above, would.
    pub edit_instead: Vec<EditInstead>,
    /// Services that take a change in when they are restarted, as far as the built-in profiles know them.
    pub restart: Vec<String>,
}

impl Explained {
    /// True of a file that a package brings and replaces: what a host's administrator says goes elsewhere.
    pub fn is_packaged(&self) -> bool {
        is_packaged(&self.path)
    }
}

fn is_packaged(path: &Utf8Path) -> bool {
    (path.starts_with("/usr") && !path.starts_with("/usr/local")) || path.starts_with("/lib")
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
    let asked = key;
    let key = &*circumstances.key(file_type, asked);
    let explanation = consumers.explain(Host { files, path }, key)?;
    let main = Main { path, file_type, options, consumers: &*consumers };
    let found = files.look(path)?;
    let mut explained = Explained {
        path: path.to_owned(),
        file_type,
        key: asked.to_owned(),
        edited: key.to_owned(),
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
    let attempt = |request: &Request<String>| tried(main, &[path.to_owned()], request, files, decided_at);
    let values = values_to_try(&*consumers, key, &explained.explanation);
    let requests = match taken(values, open, key) {
        Ok(requests) => requests,
        Err(refusal) => {
            explained.edit_here = EditHere::Refused(refusal);
            return Ok(explained);
        }
    };
    let (request, effect) = told_by_one(&requests, attempt);
    if let Some(bytes) = &bytes {
        explained.edit_here = effect.map_or_else(|refusal| EditHere::Refused(Box::new(refusal)), EditHere::Would);
        explained.commented = commented(open(), request, bytes);
    }
    if explained.edit_here != EditHere::Would(Effect::InForce) || explained.is_packaged() {
        let there = requests.iter().map(|request| elsewhere(main, request, &explained.explanation, files));
        explained.edit_there = there.into_iter().find(|paths| !paths.is_empty()).unwrap_or_default();
    }
    if let (EditHere::Would(Effect::Shadowed(_)), []) = (&explained.edit_here, &*explained.edit_there) {
        let mut instead = requests.iter().map(|request| instead::found(main, request, &explained.explanation, files));
        let is_done_here = |(there, instead): &(Vec<_>, Vec<EditInstead>)| {
            !there.is_empty() || instead.iter().any(|edit| edit.key.is_some())
        };
        let first = instead.next().unwrap_or_default();
        (explained.edit_there, explained.edit_instead) = match is_done_here(&first) {
            true => first,
            false => instead.find(is_done_here).unwrap_or(first),
        };
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

/// What a key is set to where nothing is known of the kind of its value: one of them fits most.
const FITTING: [&str; 27] = [
    "1",
    "yes",
    "none",
    "192.0.2.1",
    "aes256-ctr",
    "aes128-ctr",
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

/// How many other values are tried: the effect of some hangs on what no file says, as of the name of a service.
const MOST_TRIED: usize = 8;

/// Values for an edit, the likeliest first: others than the key has, since what moves with an edit shows only then; and
/// those it has.
fn values_to_try(consumers: &dyn Consumers, key: &str, explanation: &Explanation<String>) -> [Vec<Vec<BString>>; 2] {
    let known = explanation.decisions.iter().filter_map(|decision| decision.value.as_ref()?.known());
    let known = known.filter(|values| !values.is_empty());
    let listed: Vec<Vec<BString>> = known.clone().map(|values| consumers.items(key, values)).collect();
    let present: Vec<Vec<BString>> = known.map(<[BString]>::to_vec).chain(listed.iter().cloned()).collect();
    let usual = FITTING.iter().map(|value| vec![BString::from(*value)]);
    let others = listed.iter().flat_map(|values| akin(values)).chain(usual).filter(|values| !present.contains(values));
    [others.collect(), present.clone()]
}

/// The edits that the file's checks take, the likeliest first. An error where they take none.
fn taken(
    [others, present]: [Vec<Vec<BString>>; 2],
    open: impl Fn() -> Box<dyn Editor>,
    key: &str,
) -> Result<Vec<Request<String>>, Box<Diagnostic>> {
    let mut refused = None;
    let mut takes = |request: &Request<String>| {
        let refusal = open().apply(request).err();
        let is_taken = refusal.is_none();
        refused = refused.take().or(refusal);
        is_taken
    };
    let request = |values| Request::set_all(key.to_owned(), values);
    let mut requests: Vec<_> = others.into_iter().map(request).filter(&mut takes).take(MOST_TRIED).collect();
    requests.extend(present.into_iter().map(request).filter(takes));
    match refused.filter(|_| requests.is_empty()) {
        Some(refused) => Err(Box::new(refused.diagnostic())),
        None => Ok(requests),
    }
}

/// The first edit whose effect can be told, with that effect; else the first.
fn told_by_one(
    requests: &[Request<String>],
    attempt: impl Fn(&Request<String>) -> Result<Effect, Diagnostic>,
) -> (&Request<String>, Result<Effect, Diagnostic>) {
    let mut told = requests.iter().map(|request| (request, attempt(request)));
    let first = told.next().expect("there are values to try");
    match first.1 {
        Ok(Effect::Unknown { .. }) => {
            told.find(|(_, effect)| !matches!(effect, Ok(Effect::Unknown { .. }))).unwrap_or(first)
        }
        _ => first,
    }
}

/// Values of the kind that a key has: another number, the other word, a shorter list.
fn akin(values: &[BString]) -> Vec<Vec<BString>> {
    let one_of = |words: &[&str]| words.iter().map(|word| vec![BString::from(*word)]).collect();
    match values {
        [first, _, ..] => vec![vec![first.clone()]],
        [one] if one.bytes().all(|byte| byte.is_ascii_digit()) => one_of(&["1", "0", "2"]),
        [one] if one == "yes" || one == "no" => one_of(&["no", "yes"]),
        _ => Vec::new(),
    }
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

/// Where the edit would take effect: where it goes by itself, in a drop-in, or in the main file where that decides.
fn elsewhere(
    main: Main<'_>,
    request: &Request<String>,
    explanation: &Explanation<String>,
    files: &dyn Files,
) -> Vec<Utf8PathBuf> {
    let planned = Overlay::over(files);
    let places = [Placement::Auto, Placement::DropIn];
    let places = places.into_iter().filter_map(|place| targets(place, main, request, explanation, &planned).ok());
    let decides = |path: &&Utf8Path| relevant(explanation).any(|decision| is_set_in(path, decision, explanation));
    let main_file = main.file_type.main_file().filter(decides).map(|path| vec![path.to_owned()]);
    let counts =
        |paths: &Vec<Utf8PathBuf>| matches!(tried(main, paths, request, files, decided_at), Ok(Effect::InForce));
    let is_ours = |paths: &Vec<Utf8PathBuf>| !paths.iter().any(|path| is_packaged(path));
    places.chain(main_file).filter(is_ours).find(counts).unwrap_or_default()
}

fn is_set_in(path: &Utf8Path, decision: &Decision<String>, explanation: &Explanation<String>) -> bool {
    let mut sources = decision.at.iter().filter_map(|at| explanation.sources.get(at.source));
    sources.any(|source| source.path == path)
}
