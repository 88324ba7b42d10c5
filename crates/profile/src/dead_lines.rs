//! Lines that count nowhere, since other files of the host decide.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use kvmprep_lossless::effective::{Consumers, Explanation, Host};
use kvmprep_lossless::files::{Files, Location};
use kvmprep_lossless::{Diagnostic, Edit, Editor, Value};

use crate::consumers::Circumstances;
use crate::file_type::FileType;
use crate::options::Options;
use crate::plan::{Shadow, Site, relevant};

/// Keys that are looked into: each takes a reading of all files.
const MOST: usize = 256;

/// Of each key that the file at `path` sets and whose consumers all take another value, from another file, a warning at
/// the first of its lines. What an editor remarks of one file does not know the others.
///
/// ```
/// use kvmprep_lossless::files::MemoryFiles;
/// use kvmprep_profile::{FileType, Options, dead_lines};
///
/// let main = "Include /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin no\n";
/// let host = MemoryFiles::new()
///     .with("/etc/ssh/sshd_config", main)
///     .with("/etc/ssh/sshd_config.d/50-cloud.conf", "PermitRootLogin yes\n");
/// let editor = FileType::Sshd.open(main, Options::default());
/// let dead = dead_lines(&host, "/etc/ssh/sshd_config".into(), FileType::Sshd, Options::default(), &*editor);
/// assert_eq!(dead[0].code, "shadowed");
/// ```
pub fn dead_lines(
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
    moved(&*consumers, host, editor).into_iter().take(MOST).filter_map(judge).collect()
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
