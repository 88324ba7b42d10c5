//! What makes a file one that lines are not put into: read otherwise than it looks, or with a section left open.

use kvmprep_lossless::lines::split_ending;
use kvmprep_lossless::{Diagnostic, Refusal, RowRef, Severity, Span, Text};

use crate::complaint::Class;
use crate::lexer::READ;
use crate::statement::Statement;
use crate::{Kind, Multipath, Table};

/// Longest line, its line feed left out, that the daemon reads as one.
pub(super) const LONGEST: usize = READ - 1;

/// True for a row that is only a part of its physical line.
pub(super) fn is_cut(row: &RowRef<'_, Multipath>, rows: usize) -> bool {
    let content = row.bytes.strip_suffix(b"\n").unwrap_or(row.bytes);
    content.len() > LONGEST || (content.len() == row.bytes.len() && row.index + 1 < rows)
}

/// Refuses a text whose sections are not where they seem to be.
///
/// A value on a live line may be edited all the same.
pub(super) fn check(text: &Text<Multipath>) -> Result<(), Refusal> {
    let mut lost = None;
    for row in text.rows() {
        if let Some(mut diagnostic) = hidden(&row, text.len()) {
            diagnostic.severity = Severity::Error;
            return Err(Refusal(Box::new(diagnostic)));
        }
        match row.kind {
            Kind::Blank | Kind::Comment => {}
            Kind::UnknownBlock => return Err(lost.unwrap_or_else(|| unknown_block(&row))),
            _ => {
                let statement = Statement::of(row.bytes);
                if row.kind == Kind::Valueless && lacks_brace(&statement, *row.within) {
                    return Err(brace_missing(&row, &statement));
                }
                if statement.lost_close {
                    lost = Some(lost_close(&row, &statement));
                }
            }
        }
    }
    match *text.end_state() {
        Table::Top => Ok(()),
        table => Err(lost.unwrap_or_else(|| {
            let end = text.rows().last().map_or(0, |row| row.span().end);
            Refusal::new(
                "open-section",
                format!(
                    "`{table}` is still open where the file ends ({}): what is put behind it would be swallowed",
                    Class::MissingCloseBrace.name()
                ),
            )
            .at(Span::empty(end))
            .help("end every section with a `}` on a line of its own")
        })),
    }
}

/// Text that the daemon reads otherwise than it looks.
pub(super) fn unseen(text: &Text<Multipath>) -> Vec<Diagnostic> {
    text.rows().filter_map(|row| hidden(&row, text.len())).collect()
}

fn hidden(row: &RowRef<'_, Multipath>, rows: usize) -> Option<Diagnostic> {
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

/// `overrides` and `protocol` do not open without a brace on their line (`brace-next-line-overrides`).
fn lacks_brace(statement: &Statement<'_>, table: Table) -> bool {
    matches!((table, statement.name()), (Table::Top, b"overrides") | (Table::Overrides, b"protocol"))
}

fn line_of(row: &RowRef<'_, Multipath>, class: Class) -> String {
    format!("{}:{}", class.name(), row.index + 1)
}

fn unknown_block(row: &RowRef<'_, Multipath>) -> Refusal {
    let statement = Statement::of(row.bytes);
    let name = String::from_utf8_lossy(statement.name()).into_owned();
    Refusal::new(
        "unknown-block",
        format!(
            "`{name}` opens no block here ({}): its lines are read around it, and its `}}` ends something else",
            line_of(row, Class::UnknownKeyword)
        ),
    )
    .at(statement.keyword.shifted(row.at))
    .help("take the block out, or end the section before it with a `}` on a line of its own")
}

fn brace_missing(row: &RowRef<'_, Multipath>, statement: &Statement<'_>) -> Refusal {
    let name = String::from_utf8_lossy(statement.name()).into_owned();
    Refusal::new(
        "unknown-block",
        format!(
            "`{name}` opens nothing without `{{` on its line ({}): what follows is read around it",
            line_of(row, Class::MissingValue)
        ),
    )
    .at(statement.keyword.shifted(row.at))
    .help(format!("write `{name} {{`"))
}

fn lost_close(row: &RowRef<'_, Multipath>, statement: &Statement<'_>) -> Refusal {
    let span = statement.extra.or(statement.value).unwrap_or(statement.keyword);
    Refusal::new(
        "lost-brace",
        format!(
            "a `}}` behind other text ends nothing ({}), and the section stays open",
            line_of(row, Class::ExtraData)
        ),
    )
    .at(span.shifted(row.at))
    .help("put the `}` on a line of its own")
}
