//! An edit tried in some files: whether its consumers would take it.

use camino::Utf8PathBuf;
use kvmprep_lossless::effective::{Consumers, Explanation, Host};
use kvmprep_lossless::files::{Entry, Files, Overlay};
use kvmprep_lossless::{Change, Diagnostic, Edit, Request};

use super::effect::{self, Effect, Lines};
use super::placement::Main;

/// How an edit is judged by what the consumers take then: [`judged`](super::judged) or
/// [`decided_at`](super::decided_at).
type Judge = fn(&dyn Consumers, &Edit<String>, &Explanation<String>, &[Lines]) -> Effect;

/// The effect of an edit that is made in all of these files, which are created where they are not there. An error where
/// one of them refuses it, or where it moves more than it is about.
pub(crate) fn tried(
    main: Main<'_>,
    paths: &[Utf8PathBuf],
    request: &Request<String>,
    files: &dyn Files,
    judge: Judge,
) -> Result<Effect, Diagnostic> {
    let (key, consumers) = (request.edit.key(), main.consumers);
    let mut planned = Overlay::over(files);
    let (mut lines, mut declared) = (Vec::new(), Vec::new());
    for path in paths {
        let found = files.look(path).map_err(|error| Diagnostic::error("unreadable", error.why))?;
        let bytes = match found.entry {
            Entry::File(bytes) => bytes.to_vec(),
            Entry::Absent => Vec::new(),
            Entry::Directory(_) | Entry::Other => {
                return Err(Diagnostic::error("unreadable", "is not a regular file"));
            }
        };
        let mut editor = main.file_type.open(bytes, main.options);
        match editor.apply(request).map_err(|error| error.diagnostic())? {
            Change::Made { moves, .. } => declared.extend(moves),
            Change::AlreadySo { .. } => {}
        }
        lines.push(Lines::of(&found.real, &*editor, key));
        planned = planned.with(found.real, editor.to_bytes());
    }
    let host = Host { files: &planned, path: main.path };
    if consumers.drop_ins().is_some() {
        let before = consumers.values(Host { files, path: main.path });
        let moved = effect::moved(consumers, key, &declared, &before, &consumers.values(host));
        if !moved.is_empty() {
            return Err(effect::moves_others(&moved));
        }
    }
    let after = consumers.explain(host, key).map_err(|error| Diagnostic::error("bad-key", error.to_string()))?;
    Ok(judge(consumers, &request.edit, &after, &lines))
}
