//! Which file an edit goes to, where a consumer reads several.

use camino::{Utf8Path, Utf8PathBuf};
use kvmprep_lossless::effective::{Consumers, DropIns, Explanation, Host, Source};
use kvmprep_lossless::files::{Entry, Files, Overlay};
use kvmprep_lossless::{Diagnostic, Edit, Request};
use serde::Deserialize;

use super::effect::{Effect, Lines, Site, decided_at, relevant};
use crate::file_type::FileType;
use crate::options::Options;

/// Where an edit goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Placement {
    /// Into the file that is named, unless a drop-in decides the key: then into that one.
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
        Placement::Auto => Ok(deciding(drop_ins, main, &request.edit, before)),
        // A new file cannot take anything out of another.
        Placement::DropIn if takes_out(&request.edit) => Ok(deciding(drop_ins, main, &request.edit, before)),
        Placement::DropIn => match deciding_drop_in(drop_ins, before) {
            Some(path) => Ok(vec![path]),
            None => new_drop_in(drop_ins, main, request, planned).map(|path| vec![path]),
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
        let others = decision.shadowed.iter().filter(|_| from_all);
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

fn takes_out(edit: &Edit<String>) -> bool {
    matches!(edit, Edit::Unset { .. } | Edit::Disable { .. } | Edit::Remove { .. })
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

/// The first name with which the edit takes effect for every consumer, found by trying.
fn new_drop_in(
    drop_ins: DropIns,
    main: Main<'_>,
    request: &Request<String>,
    planned: &Overlay<'_>,
) -> Result<Utf8PathBuf, Diagnostic> {
    let directory = Utf8Path::new(drop_ins.directory);
    if !matches!(planned.look(directory).map(|found| found.entry), Ok(Entry::Directory(_))) {
        let message = format!("a drop-in would go to {directory}, and there is no such directory");
        return Err(Diagnostic::error("no-drop-in-directory", message).help("make it first, or use `--place main`"));
    }
    let mut why = String::new();
    for name in drop_ins.names {
        let path = directory.join(name);
        let Ok(found) = planned.look(&path) else { continue };
        let bytes = match found.entry {
            Entry::Absent => Vec::new(),
            Entry::File(bytes) => bytes.to_vec(),
            Entry::Directory(_) | Entry::Other => continue,
        };
        let mut tried = main.file_type.open(bytes, main.options);
        tried.apply(request).map_err(|error| error.diagnostic())?;
        let host = Overlay::over(planned).with(found.real.clone(), tried.to_bytes());
        let Ok(after) = main.consumers.explain(Host { files: &host, path: main.path }, request.edit.key()) else {
            continue;
        };
        let lines = [Lines::of(&found.real, &*tried, request.edit.key())];
        match decided_at(main.consumers, &request.edit, &after, &lines) {
            Effect::InForce => return Ok(path),
            Effect::Shadowed(shadow) => {
                let by = shadow.by.as_ref().map_or("what no drop-in can set".to_owned(), Site::to_string);
                why = format!("{} would still take {by} ({})", shadow.consumer, shadow.why);
            }
            Effect::Unknown { consumer, why: unknown } => {
                why = format!("it is not known what {consumer} would take: {unknown}")
            }
        }
    }
    let message = format!("no new file in {directory} would decide `{}`: {why}", request.edit.key());
    Err(Diagnostic::error("no-winning-name", message).help("change it where it is decided; `explain` tells where"))
}
