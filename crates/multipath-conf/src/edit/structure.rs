//! What makes a file one that lines are not put into: read otherwise than it looks, or with a section left open.

use kvmprep_lossless::{Refusal, RowRef, Severity, Span, Text};

use crate::complaint::Class;
use crate::statement::Statement;
use crate::{Kind, Multipath, Table, Version, diagnostics};

/// Refuses a text whose sections are not where they seem to be.
///
/// A value on a live line may be edited all the same.
pub(super) fn check(text: &Text<Multipath>) -> Result<(), Refusal> {
    let version = text.syntax().version;
    let mut lost = None;
    for row in text.rows() {
        if let Some(mut diagnostic) = diagnostics::hidden(&row, text) {
            diagnostic.severity = Severity::Error;
            return Err(Refusal(Box::new(diagnostic)));
        }
        match row.kind {
            Kind::Blank | Kind::Comment => {}
            Kind::Unread => return Err(unread(&row)),
            Kind::UnknownBlock => return Err(lost.unwrap_or_else(|| unknown_block(&row, version))),
            _ => {
                let statement = Statement::of(row.bytes, version);
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

/// `overrides` and `protocol` do not open without a brace on their line (`brace-next-line-overrides`).
fn lacks_brace(statement: &Statement<'_>, table: Table) -> bool {
    matches!((table, statement.name()), (Table::Top, b"overrides") | (Table::Overrides, b"protocol"))
}

fn unread(row: &RowRef<'_, Multipath>) -> Refusal {
    Refusal::new("unended-line", "the last line has no line feed: the daemon does not read it, and would if it had one")
        .at(row.span())
        .help("end it if it is meant, or take it out")
}

fn line_of(row: &RowRef<'_, Multipath>, class: Class) -> String {
    format!("{}:{}", class.name(), row.index + 1)
}

fn unknown_block(row: &RowRef<'_, Multipath>, version: Version) -> Refusal {
    let statement = Statement::of(row.bytes, version);
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
