//! What the daemon complains of, and what it does not see in silence.

use bstr::ByteSlice;
use kvmprep_lossless::lines::split_ending;
use kvmprep_lossless::{Diagnostic, RowRef, Text};

use crate::complaint::{Class, Complaint, complaints};
use crate::lexer::{LONGEST, READ, is_cut};
use crate::outline::{Entry, Outline};
use crate::statement::Statement;
use crate::{Multipath, Table, vocabulary};

/// All that can be said of the file, by place.
pub(crate) fn diagnostics(text: &Text<Multipath>) -> Vec<Diagnostic> {
    let mut said = complaints(text);
    // Of a brace with nothing to end the daemon says twice that it does not know it.
    said.dedup_by(|next, first| first.class == Class::UnmatchedCloseBrace && next.at == first.at);
    let mut found: Vec<Diagnostic> = text.rows().filter_map(|row| hidden(&row, text)).collect();
    let outline = Outline::of(text.run(), text.syntax().version);
    found.extend(said.into_iter().map(|complaint| worded(complaint, text, &outline)));
    found.sort_by_key(|diagnostic| diagnostic.span.map_or(usize::MAX, |span| span.start));
    found
}

/// A complaint, and how to go on: what the keyword takes, where the word is known, since when it is not.
pub(crate) fn worded(complaint: Complaint, text: &Text<Multipath>, outline: &Outline<'_>) -> Diagnostic {
    let (class, line) = (complaint.class, complaint.line);
    let entry = complaint.at.and_then(|span| outline.entry_at(span));
    let mut diagnostic = Diagnostic::from(complaint);
    match (class, entry) {
        (Class::Deprecated, Some(Entry { keyword, version, .. })) => {
            if let Some(since) = keyword.gone_since() {
                diagnostic.message = match since > *version {
                    true => format!("`{}` has no effect from multipath-tools {since} on", keyword.name),
                    false => format!("`{}` has no effect since multipath-tools {since}", keyword.name),
                };
            }
        }
        (Class::ExtraData, _) if line.is_some_and(|line| loses_brace(text, line)) => {
            let help = "the `}` in it ends nothing, and the section stays open: write the `}` on a line of its own";
            diagnostic.help = Some(help.to_owned());
        }
        (class, Some(entry)) if class.is_about_value() => diagnostic.help = Some(entry.keyword.takes()),
        (Class::UnknownKeyword, _) => {
            let row = line.and_then(|line| text.row(line - 1));
            let word = row.and_then(|row| {
                let statement = Statement::of(row.bytes, text.syntax().version);
                renamed(*row.within, statement.name()).or_else(|| homes(statement.name()))
            });
            diagnostic.help = word.or(diagnostic.help);
        }
        _ => {}
    }
    diagnostic
}

fn loses_brace(text: &Text<Multipath>, line: usize) -> bool {
    text.row(line - 1).is_some_and(|row| Statement::of(row.bytes, text.syntax().version).lost_close)
}

/// What an old name that is gone was the name of.
fn renamed(table: Table, word: &[u8]) -> Option<String> {
    let keyword = vocabulary::find(table, word)?;
    let since = keyword.removed_since()?;
    Some(format!("until multipath-tools {since} it was another name of `{}`: write that", keyword.means))
}

/// Where a word would be known.
pub(crate) fn homes(word: &[u8]) -> Option<String> {
    let word = word.to_str().ok()?;
    let is_known = |table| vocabulary::find(table, word.as_bytes()).is_some_and(|it| it.removed_since().is_none());
    let of_keyword = Table::ALL.into_iter().filter(|table| is_known(*table));
    let of_block = Table::ALL.into_iter().filter(|table| table.name() == word);
    let known = of_keyword.map(|table| format!("in `{table}`"));
    let opens = of_block.map(|table| match table.parent() {
        Table::Top => "outside of every section".to_owned(),
        parent => format!("in `{parent}`"),
    });
    let homes: Vec<String> = known.chain(opens).collect();
    (!homes.is_empty()).then(|| format!("`{word}` is known {}", homes.join(", ")))
}

/// A row that the daemon reads otherwise than it looks.
pub(crate) fn hidden(row: &RowRef<'_, Multipath>, text: &Text<Multipath>) -> Option<Diagnostic> {
    let version = text.syntax().version;
    if is_cut(row, text.len(), version) {
        let message = format!(
            "a line of more than {LONGEST} bytes: the daemon reads what follows byte {READ} as a line of its own, even in a comment"
        );
        return Some(Diagnostic::warning("long-line", message).at(row.span()).help("break the line"));
    }
    if split_ending(row.bytes).0.iter().all(|byte| !matches!(byte, 0 | b'\r')) {
        return None;
    }
    let span = Statement::of(row.bytes, version).unseen?;
    let (code, name) = if row.bytes.get(span.start) == Some(&0) {
        ("nul-byte", "a NUL byte")
    } else {
        ("lone-carriage-return", "a carriage return within the line")
    };
    let message = format!("the daemon does not see what follows {name}");
    Some(Diagnostic::warning(code, message).at(span.shifted(row.at)).help("take it out, or break the line"))
}
