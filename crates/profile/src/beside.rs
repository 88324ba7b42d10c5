//! What a host's other files make of one of them: lines that count nowhere, a daemon that is stopped elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use kvmprep_lossless::effective::{Consumers, Explanation, Finding, Host};
use kvmprep_lossless::files::{Files, Location};
use kvmprep_lossless::{Diagnostic, Edit, Editor, Place, Severity, Value};

use crate::consumers::Circumstances;
use crate::file_type::FileType;
use crate::options::Options;
use crate::plan::{Shadow, Site, relevant};

/// Keys that are looked into: each takes a reading of all files.
const MOST: usize = 256;

/// What an editor, which knows one file, cannot remark of it. Of each key that the file at `path` sets and whose consumers
/// all take another value, from another file, a warning at the first of its lines; and what stops a consumer in another
/// file, without a place in this one.
///
/// ```
/// use kvmprep_lossless::files::MemoryFiles;
/// use kvmprep_profile::{FileType, Options, remarks_beside};
///
/// let main = "Include /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin no\n";
/// let host = MemoryFiles::new()
///     .with("/etc/ssh/sshd_config", main)
///     .with("/etc/ssh/sshd_config.d/50-cloud.conf", "PermitRootLogin yes\n");
/// let editor = FileType::Sshd.open(main, Options::default());
/// let remarks = remarks_beside(&host, "/etc/ssh/sshd_config".into(), FileType::Sshd, Options::default(), &*editor);
/// assert_eq!(remarks[0].code, "shadowed");
/// ```
pub fn remarks_beside(
    files: &dyn Files,
    path: &Utf8Path,
    file_type: FileType,
    options: Options,
    editor: &dyn Editor,
) -> Vec<Diagnostic> {
    let consumers = file_type.consumers(options, files, &Circumstances::default());
    let Ok(found) = files.look(path) else { return Vec::new() };
    let host = Host { files, path };
    let judge = |key: String| {
        let explanation = consumers.explain(host, &key).ok()?;
        dead(&*consumers, &explanation, &found.real, &key)
    };
    let stopped = stopped(&*consumers, host, &found.real, editor);
    stopped.into_iter().chain(moved(&*consumers, host, editor).into_iter().take(MOST).filter_map(judge)).collect()
}

/// Errors in other files that whoever asks about a key of this one is told.
fn stopped(consumers: &dyn Consumers, host: Host<'_>, real: &Utf8Path, editor: &dyn Editor) -> Vec<Diagnostic> {
    let setting = editor.settings().into_iter().flat_map(|taken| taken.settings).next();
    let Some(explanation) = setting.and_then(|setting| consumers.explain(host, &setting.key).ok()) else {
        return Vec::new();
    };
    let elsewhere = |finding: &Finding| {
        let Finding { source, diagnostic } = finding;
        let source = explanation.sources.get((*source)?).filter(|source| source.real != real)?;
        let place = Place::of(&source.text, diagnostic.span?.start);
        let site = Site { path: source.path.clone(), place };
        let told = Diagnostic::error("stopped-elsewhere", format!("{site}: {}", diagnostic.message));
        (diagnostic.severity == Severity::Error).then(|| told.help("mend that file: this one counts once it is right"))
    };
    explanation.findings.iter().filter_map(elsewhere).collect()
}

/// The keys of which the file says something that nobody takes.
fn moved(consumers: &dyn Consumers, host: Host<'_>, editor: &dyn Editor) -> BTreeSet<String> {
    let mut taken: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (point, value) in consumers.values(host) {
        taken.entry(point.key).or_default().push(value);
    }
    let settings = editor.settings().into_iter().flat_map(|taken| taken.settings);
    let is_dead = |key: &str, value: &Value| taken.get(key).is_some_and(|values| !values.contains(value));
    settings.filter(|setting| is_dead(&setting.key, &setting.value)).map(|setting| setting.key).collect()
}

/// Where nothing that stands in the file decides, and something known in another file does.
fn dead(
    consumers: &dyn Consumers,
    explanation: &Explanation<String>,
    real: &Utf8Path,
    key: &str,
) -> Option<Diagnostic> {
    let is_here = |at: &&Location| explanation.sources.get(at.source).is_some_and(|source| source.real == real);
    let asked = Edit::Unset { key: key.to_owned() };
    let mut first = None;
    for decision in relevant(explanation).filter(|decision| consumers.concerns(&asked, &decision.point)) {
        let is_known = decision.value.as_ref().is_some_and(|value| value.known().is_some());
        let decides = decision.at.first()?;
        if !is_known || decision.at.iter().any(|at| is_here(&at)) {
            return None;
        }
        let place = decision.shadowed.iter().find(is_here)?;
        let by = Site::of(explanation, *decides);
        let shadow = Shadow { consumer: decision.point.consumer.clone(), by, why: decision.why.clone() };
        first.get_or_insert_with(|| shadow.diagnostic(key).at(place.span));
    }
    first
}
