//! Which file an edit goes to, where a consumer reads several.

use camino::{Utf8Path, Utf8PathBuf};
use kvmprep_lossless::effective::{Consumers, DropIns, Explanation, Source};
use kvmprep_lossless::files::{Entry, Files, Overlay};
use kvmprep_lossless::{Diagnostic, Edit, Request};
use serde::Deserialize;

use super::effect::{Effect, decided_at, judged, relevant};
use super::trial::tried;
use crate::file_type::FileType;
use crate::options::Options;

/// Where an edit goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Placement {
    /// Into the file that is named, unless a drop-in decides the key: then into that one, or into a new one where it is
    /// not ours to edit.
    #[default]
    Auto,
    /// Into the file that is named, whatever decides.
    Main,
    /// Into a drop-in: the one that decides the key, else a new one whose name wins.
    DropIn,
}

/// The file that is named, and who reads it.
#[derive(Clone, Copy)]
pub(crate) struct Main<'m> {
    pub(crate) path: &'m Utf8Path,
    pub(crate) file_type: FileType,
    pub(crate) options: Options,
    pub(crate) consumers: &'m dyn Consumers,
}

/// The files that an edit goes to, by path; an error says why there is none.
///
/// `before` is what decides the key now, `planned` the host with the edits that were made already.
pub(crate) fn targets(
    placement: Placement,
    main: Main<'_>,
    request: &Request<String>,
    before: &Explanation<String>,
    planned: &Overlay<'_>,
) -> Result<Vec<Utf8PathBuf>, Diagnostic> {
    let Some(drop_ins) = main.consumers.drop_ins() else { return Ok(vec![main.path.to_owned()]) };
    match placement {
        Placement::Main => Ok(vec![main.path.to_owned()]),
        Placement::Auto => Ok(usual(drop_ins, main, request, before, planned)),
        Placement::DropIn if request.edit.takes_out() => Ok(deciding(drop_ins, main, &request.edit, before)),
        Placement::DropIn => match deciding_drop_in(drop_ins, before) {
            Some(path) => Ok(vec![path]),
            None => new_drop_in(drop_ins, main, &[], request, before, planned),
        },
    }
}

/// True where a drop-in that an edit may go to decides the key.
pub(super) fn is_in_drop_in(main: Main<'_>, before: &Explanation<String>) -> bool {
    let Some(drop_ins) = main.consumers.drop_ins() else { return false };
    let deciding = relevant(before).flat_map(|decision| &decision.at);
    deciding.filter_map(|location| before.sources.get(location.source)).any(|source| is_in(drop_ins, source))
}

/// The places that decide for some consumer, the main file where none does. What is taken out must go from all places
/// where it could be found next.
fn deciding(drop_ins: DropIns, main: Main<'_>, edit: &Edit<String>, before: &Explanation<String>) -> Vec<Utf8PathBuf> {
    let mut targets: Vec<Utf8PathBuf> = Vec::new();
    let mut push = |path: &Utf8Path| {
        if !targets.iter().any(|known| known == path) {
            targets.push(path.to_owned());
        }
    };
    let from_all = matches!(edit, Edit::Unset { .. } | Edit::Disable { .. });
    for decision in relevant(before) {
        let counted = decision.at.iter().take(if from_all { usize::MAX } else { 1 });
        let others = decision.shadowed.iter().filter(|location| from_all && !before.is_masked(location.source));
        let sources = counted.chain(others).filter_map(|location| before.sources.get(location.source));
        let mut edited =
            sources.map(|source| if is_in(drop_ins, source) { &*source.path } else { main.path }).peekable();
        match edited.peek() {
            Some(_) => edited.for_each(&mut push),
            None => push(main.path),
        }
    }
    if targets.is_empty() {
        targets.push(main.path.to_owned());
    }
    targets
}

/// A file for settings of this host: what lies below /usr or is made by a tool is not edited.
fn is_in(drop_ins: DropIns, source: &Source) -> bool {
    let directory = Utf8Path::new(drop_ins.directory);
    source.path.starts_with(directory) && source.real.starts_with(directory)
}

fn deciding_drop_in(drop_ins: DropIns, before: &Explanation<String>) -> Option<Utf8PathBuf> {
    let mut deciding = relevant(before).map(|decision| {
        let source = before.sources.get(decision.at.first()?.source)?;
        is_in(drop_ins, source).then(|| source.path.clone())
    });
    let first = deciding.next()??;
    deciding.all(|other| other.as_ref() == Some(&first)).then_some(first)
}

/// Where the edit goes when nothing is said: to the places that decide. Where they may not be edited, since a tool makes
/// them or a package ships them, to a new drop-in instead, or beside the main file, where that takes effect.
fn usual(
    drop_ins: DropIns,
    main: Main<'_>,
    request: &Request<String>,
    before: &Explanation<String>,
    planned: &Overlay<'_>,
) -> Vec<Utf8PathBuf> {
    let deciding = deciding(drop_ins, main, &request.edit, before);
    let counts = || !matches!(tried(main, &deciding, request, planned, judged), Ok(Effect::Shadowed(_)));
    // A new file cannot take anything out of another.
    if request.edit.takes_out() || counts() {
        return deciding;
    }
    let beside = |files: &[Utf8PathBuf]| new_drop_in(drop_ins, main, files, request, before, planned).ok();
    beside(&[]).or_else(|| beside(&deciding)).unwrap_or(deciding)
}

/// These files and a new drop-in, of the first name with which the edit takes effect for every consumer, found by trying.
fn new_drop_in(
    drop_ins: DropIns,
    main: Main<'_>,
    others: &[Utf8PathBuf],
    request: &Request<String>,
    before: &Explanation<String>,
    planned: &Overlay<'_>,
) -> Result<Vec<Utf8PathBuf>, Diagnostic> {
    let directory = Utf8Path::new(drop_ins.directory);
    if !matches!(planned.look(directory).map(|found| found.entry), Ok(Entry::Directory(_))) {
        let message = format!("a drop-in would go to {directory}, and there is no such directory");
        return Err(Diagnostic::error("no-drop-in-directory", message).help("make it first, or use `--place main`"));
    }
    let mut why = None;
    for name in names(drop_ins, before) {
        let paths = [others, &[directory.join(&name)]].concat();
        match tried(main, &paths, request, planned, decided_at) {
            Ok(Effect::InForce) => return Ok(paths),
            // What is said of the first name, which people know, is the one to tell.
            Ok(Effect::Shadowed(shadow)) => _ = why.get_or_insert_with(|| shadow.in_words()),
            Ok(Effect::Unknown { consumer, why: unknown }) => {
                why.get_or_insert_with(|| format!("it is not known what {consumer} would take: {unknown}"));
            }
            Err(refusal) if refusal.code == "unreadable" => {}
            // Its place would be one of a file that is not there.
            Err(refusal) => {
                let message = format!("{directory}/{name} would be a new file: {}", refusal.message);
                return Err(Diagnostic { message, span: None, ..refusal });
            }
        }
    }
    let message =
        format!("no new file in {directory} would decide `{}`: {}", request.edit.key(), why.unwrap_or_default());
    Err(Diagnostic::error("no-winning-name", message).help("change it where it is decided; `explain` tells where"))
}

/// Names for a new drop-in: the usual ones, then such as sort around those that are there, and fit the same pattern.
fn names(drop_ins: DropIns, before: &Explanation<String>) -> Vec<String> {
    let directory = Utf8Path::new(drop_ins.directory);
    let mut there: Vec<&str> = before
        .sources
        .iter()
        .filter(|source| source.path.parent() == Some(directory))
        .filter_map(|source| source.path.file_name())
        .collect();
    // Where files of several directories are read, the last name may be in another one.
    let last =
        before.sources.iter().filter_map(|source| source.path.file_name()).filter(|name| name.ends_with(".conf")).max();
    there.sort_unstable();
    let first = there.first().and_then(|name| Some(format!("{}-00-kvmprep.conf", name.split_once('-')?.0)));
    let last = last.and_then(|name| Some(format!("{}.kvmprep.conf", name.strip_suffix(".conf")?)));
    drop_ins.names.iter().map(|name| (*name).to_owned()).chain(first).chain(last).collect()
}
