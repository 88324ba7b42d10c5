//! Edits of one line.

use bstr::BString;
use kvmprep_lossless::lines::indentation;
use kvmprep_lossless::{Fact, Move, Refusal, RowEdit, RowRef, Span, Subject};

use super::Editing;
use crate::key::Key;
use crate::lexer::{LONGEST, is_cut, is_ended};
use crate::outline::Entry;
use crate::reading::row_facts;
use crate::statement::Statement;
use crate::{Multipath, value};

impl<'t> Editing<'t> {
    /// The line with another value; nothing else of it changes.
    pub(super) fn with_value(&self, entry: &Entry<'t>, to: &[u8]) -> Result<Vec<u8>, Refusal> {
        let statement = Statement::of(entry.row.bytes, self.version);
        if is_cut(&entry.row, self.text.len(), self.version) {
            return Err(cut(&entry.row));
        }
        let quoted = statement.is_quoted() || entry.keyword.is_regex();
        let line = replaced(entry.row.bytes, entry.span, &value::written(to, quoted, self.version)?);
        fits(&line, &entry.row)?;
        Ok(line)
    }

    /// Takes the line out; a comment behind the setting stays on a line of its own.
    pub(super) fn without(&self, row: &RowRef<'t, Multipath>) -> Result<RowEdit, Refusal> {
        self.is_whole(row)?;
        let statement = Statement::of(row.bytes, self.version);
        let Some(comment) = statement.comment else { return Ok(RowEdit::Drop { row: row.index }) };
        let with = [indentation(row.bytes), &row.bytes[comment.start..]].concat();
        Ok(RowEdit::Replace { row: row.index, with })
    }

    /// The line as a comment, and that comment.
    pub(super) fn commented(&self, row: &RowRef<'t, Multipath>) -> Result<(RowEdit, BString), Refusal> {
        self.is_whole(row)?;
        let (head, tail) = row.bytes.split_at(Statement::of(row.bytes, self.version).keyword.start);
        let with = [head, b"#", tail].concat();
        fits(&with, row)?;
        let comment = Statement::of(&with, self.version).comment().unwrap_or_default().into();
        Ok((RowEdit::Replace { row: row.index, with }, comment))
    }

    /// What leaves the reading with a row; comments stay.
    pub(super) fn leaves(&self, row: RowRef<'t, Multipath>, entry: Option<usize>, moves: &mut Vec<Move<Key>>) {
        let mut facts = Vec::new();
        row_facts(&self.outline, row, entry, &mut facts);
        for Fact { subject, value } in facts {
            if subject != Subject::Comment {
                moves.push(Move { subject, from: vec![value], to: Vec::new() });
            }
        }
    }

    /// Refuses a row that is not a physical line, and one with text that the daemon does not see.
    fn is_whole(&self, row: &RowRef<'t, Multipath>) -> Result<(), Refusal> {
        let continues = row.index > 0 && !is_ended(self.text.bytes_of(row.index - 1), self.version);
        if continues || is_cut(row, self.text.len(), self.version) {
            return Err(cut(row));
        }
        match Statement::of(row.bytes, self.version).unseen {
            None => Ok(()),
            Some(span) => Err(Refusal::new("unseen-text", "the line holds text that the daemon does not see")
                .at(span.shifted(row.at))
                .help("take out the NUL or the carriage return within the line first")),
        }
    }
}

/// A line with a value in the place of another; a blank keeps it apart from what it would otherwise run into.
pub(super) fn replaced(line: &[u8], span: Span, written: &[u8]) -> Vec<u8> {
    let (head, tail) = (&line[..span.start], &line[span.end..]);
    let quoted = written.first() == Some(&b'"');
    let runs_into = |byte: Option<&u8>, to_the_left: bool| match byte {
        Some(b'"') => quoted && !to_the_left,
        Some(byte) => !quoted && byte.is_ascii_graphic() && !b"{}#!".contains(byte),
        None => false,
    };
    let gap = |needed: bool| if needed { &b" "[..] } else { b"" };
    let left = gap(runs_into(head.last(), true));
    let right = gap(runs_into(tail.first(), false));
    [head, left, written, right, tail].concat()
}

/// Refuses a line that the daemon's buffer would cut in two.
pub(super) fn fits(line: &[u8], row: &RowRef<'_, Multipath>) -> Result<(), Refusal> {
    if line.strip_suffix(b"\n").unwrap_or(line).len() <= LONGEST {
        return Ok(());
    }
    Err(too_long().at(row.span()))
}

/// A line would be longer than the daemon reads at once.
pub(super) fn too_long() -> Refusal {
    Refusal::new(
        "line-too-long",
        format!("the line would have more than {LONGEST} bytes, and the daemon would read its tail as another line"),
    )
    .help("shorten the value or the comment")
}

fn cut(row: &RowRef<'_, Multipath>) -> Refusal {
    Refusal::new("long-line", format!("the line is part of one with more than {LONGEST} bytes"))
        .at(row.span())
        .help("break the long line first")
}
