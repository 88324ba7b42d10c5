//! What the daemon complains of, and what it does not see in silence.

use kvmprep_lossless::lines::split_ending;
use kvmprep_lossless::{Diagnostic, RowRef, Text};

use crate::Multipath;
use crate::complaint::{Class, complaints};
use crate::lexer::{LONGEST, READ, is_cut};
use crate::statement::Statement;

/// All that can be said of the file, by place.
pub(crate) fn diagnostics(text: &Text<Multipath>) -> Vec<Diagnostic> {
    let mut said = complaints(text);
    // Of a brace with nothing to end the daemon says twice that it does not know it.
    said.dedup_by(|next, first| first.class == Class::UnmatchedCloseBrace && next.at == first.at);
    let mut found: Vec<Diagnostic> = text.rows().filter_map(|row| hidden(&row, text.len())).collect();
    found.extend(said.into_iter().map(Diagnostic::from));
    found.sort_by_key(|diagnostic| diagnostic.span.map_or(usize::MAX, |span| span.start));
    found
}

/// A row that the daemon reads otherwise than it looks.
pub(crate) fn hidden(row: &RowRef<'_, Multipath>, rows: usize) -> Option<Diagnostic> {
    if is_cut(row, rows) {
        let message = format!(
            "a line of more than {LONGEST} bytes: the daemon reads what follows byte {READ} as a line of its own, even in a comment"
        );
        return Some(Diagnostic::warning("long-line", message).at(row.span()).help("break the line"));
    }
    if split_ending(row.bytes).0.iter().all(|byte| !matches!(byte, 0 | b'\r')) {
        return None;
    }
    let span = Statement::of(row.bytes).unseen?;
    let (code, name) = if row.bytes.get(span.start) == Some(&0) {
        ("nul-byte", "a NUL byte")
    } else {
        ("lone-carriage-return", "a carriage return within the line")
    };
    let message = format!("the daemon does not see what follows {name}");
    Some(Diagnostic::warning(code, message).at(span.shifted(row.at)).help("take it out, or break the line"))
}
