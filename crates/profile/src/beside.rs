//! What a host's other files make of one of them: lines that count nowhere, a daemon that is stopped elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use kvmprep_lossless::effective::{Consumers, Explanation, Finding, Host, MASKED, Source};
use kvmprep_lossless::files::{Files, Location};
use kvmprep_lossless::{Diagnostic, Edit, Editor, Place, Setting, Severity, Value};
use kvmprep_sysconfig::service_remark;

use crate::consumers::Circumstances;
use crate::file_type::FileType;
use crate::options::Options;
use crate::plan::{Shadow, Site, relevant};

/// Keys that are looked into: each takes a reading of all files.
const MOST: usize = 256;

/// What an editor, which knows one file, cannot remark of it. Of each key that the file at `path` sets and whose consumers
/// all take another value, from another file, a warning at the first of its lines; and what stops a consumer in another
/// file, without a place in this one. Nothing of a file that they do not read, but that another masks it. Of a sysconfig
/// file, what the service whose name it has makes of its values.
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
    if file_type == FileType::Sysconfig {
        return of_services(path, editor);
    }
    let main = file_type.main_file().filter(|_| file_type.has_drop_ins());
    let (Some(main), Ok(found)) = (main, files.look(path)) else { return Vec::new() };
    let consumers = file_type.consumers(options, files, &Circumstances::default());
    let host = Host { files, path: main };
    let settings: Vec<_> = editor.settings().into_iter().flat_map(|taken| taken.settings).collect();
    let Some(told) = settings.first().and_then(|setting| consumers.explain(host, &setting.key).ok()) else {
        return Vec::new();
    };
    let is_here = |source: &Source| source.real == found.real;
    // A file by itself, or one that they do not read.
    let mut read = told.sources.iter().enumerate().filter(|(number, _)| !told.is_masked(*number));
    if told.sources.iter().all(is_here) || !read.any(|(_, source)| is_here(source)) {
        return masked(&told, &found.real).into_iter().collect();
    }
    let judge = |key: String| dead(&*consumers, &consumers.explain(host, &key).ok()?, &found.real, &key);
    let mut remarks = stopped(&told, &found.real);
    remarks.extend(untaken(&*consumers, host, &settings).into_iter().take(MOST).filter_map(judge));
    remarks
}

/// The service sources the file: what the first reader takes, a shell where one is, is what counts.
fn of_services(path: &Utf8Path, editor: &dyn Editor) -> Vec<Diagnostic> {
    let Some(file_name) = path.file_name() else { return Vec::new() };
    let taken = editor.settings().into_iter().next();
    let remark = |setting: Setting<String>| {
        let [value] = setting.value.known()? else { return None };
        let remark = service_remark(file_name, &setting.key, value)?;
        Some(Diagnostic { span: setting.at.first().copied(), ..remark })
    };
    taken.into_iter().flat_map(|taken| taken.settings).filter_map(remark).collect()
}

/// That the file is not read, as another has its name.
fn masked(explanation: &Explanation<String>, real: &Utf8Path) -> Option<Diagnostic> {
    let is_here = |finding: &&Finding| {
        let source = finding.source.and_then(|number| explanation.sources.get(number));
        finding.diagnostic.code == MASKED && source.is_some_and(|source| source.real == real)
    };
    let finding = explanation.findings.iter().find(is_here)?;
    Some(Diagnostic { span: None, severity: Severity::Warning, ..finding.diagnostic.clone() })
}

/// Errors in other files that whoever asks about a key of this one is told.
fn stopped(explanation: &Explanation<String>, real: &Utf8Path) -> Vec<Diagnostic> {
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
fn untaken(consumers: &dyn Consumers, host: Host<'_>, settings: &[Setting<String>]) -> BTreeSet<String> {
    let mut taken: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (point, value) in consumers.values(host) {
        taken.entry(point.key).or_default().push(value);
    }
    let is_untaken =
        |setting: &&Setting<String>| taken.get(&setting.key).is_some_and(|values| !values.contains(&setting.value));
    settings.iter().filter(is_untaken).map(|setting| setting.key.clone()).collect()
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
        first.get_or_insert_with(|| shadow.without_effect(key).at(place.span));
    }
    first
}
