//! All that a careful reader of the file would remark, with the edits that change nothing the daemon takes.

mod fix;
mod remarks;

use kvmprep_lossless::{Diagnostic, Lint, Request, Text};

use self::fix::Fixes;
use self::remarks::Remarks;
use crate::complaint::Class;
use crate::diagnostics::diagnostics;
use crate::key::Key;
use crate::outline::{Entry, Outline};
use crate::vocabulary::Taken;
use crate::{Multipath, settings};

/// The daemon's complaints and what stands beside them, in the order of the file.
pub(crate) fn lint(text: &Text<Multipath>) -> Vec<Lint<Key>> {
    let outline = Outline::of(text.run(), text.syntax().version);
    let settings = settings::settings(text);
    let mut found: Vec<(Diagnostic, Option<Request<Key>>)> = Vec::new();
    for diagnostic in diagnostics(text) {
        let entry = diagnostic.span.and_then(|span| outline.entry_at(span));
        // What is said of it as a value that does not count says more.
        if diagnostic.code == Class::DuplicateKeyword.code() && entry.is_some_and(|entry| outline.key(entry).is_some())
        {
            continue;
        }
        let fix = entry.and_then(|entry| mend(&outline, entry, diagnostic.code));
        found.push((diagnostic, fix));
    }
    found.extend(Remarks { text, outline: &outline, settings: &settings }.all());
    found.sort_by_key(|(diagnostic, _)| diagnostic.span.map_or(usize::MAX, |span| span.start));
    let mut fixes = Fixes::of(text);
    let with_fix = |(diagnostic, fix): (Diagnostic, Option<Request<Key>>)| {
        let lint = Lint::from(diagnostic);
        match fix {
            Some(fix) => lint.mended(fixes.changes_nothing(&fix).map(|()| fix)),
            None => lint,
        }
    };
    found.into_iter().map(with_fix).collect()
}

/// What mends a complaint about a value.
fn mend(outline: &Outline<'_>, entry: &Entry<'_>, code: &str) -> Option<Request<Key>> {
    let key = outline.key(entry)?;
    match entry.taken() {
        Taken::Capped(value) if code == Class::Capped.code() => Some(Request::set(key, value.into_owned())),
        Taken::Deprecated(_) if code == Class::Deprecated.code() => Some(Request::unset(key)),
        _ => None,
    }
}
