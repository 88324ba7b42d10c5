use bstr::{BString, ByteSlice};
use kvmprep_lossless::lines::{indentation, split_ending};
use kvmprep_lossless::{Diagnostic, Fact, Format, Lint, Reading, RowRef, Run, Setting, Text};

use crate::key::Key;
use crate::parts::{Part, Parts};
use crate::syntax::{Kind, Reader, State, Sysconfig};
use crate::systemd::{self, Item, Mode};
use crate::{diagnostics, edit, effective, lint};

impl Reading for Sysconfig {
    type Key = Key;
    type Reader = Reader;

    fn readers(&self) -> &[Reader] {
        Self::readers(self)
    }

    /// One tiling serves both readers: the shell's statements always end at a border, the service manager's may not.
    fn is_border(&self, state: &State) -> bool {
        state.systemd == Mode::BeforeKey
    }

    fn facts(&self, reader: Reader, run: Run<'_, Self>, found: &mut Vec<Fact<Key>>) {
        match reader {
            Reader::Shell => run.rows().for_each(|row| shell_facts(row, found)),
            Reader::ServiceManager => {
                systemd::read(run.rows(), self.systemd, &mut |item| found.push(systemd_fact(item)))
            }
        }
    }
}

/// What a reader takes from one row that begins and ends at borders.
pub(crate) fn row_facts(syntax: &Sysconfig, reader: Reader, row: RowRef<'_, Sysconfig>) -> Vec<Fact<Key>> {
    let mut found = Vec::new();
    match reader {
        Reader::Shell => shell_facts(row, &mut found),
        Reader::ServiceManager => {
            systemd::read(std::iter::once(row), syntax.systemd, &mut |item| found.push(systemd_fact(item)));
        }
    }
    found
}

fn systemd_fact(item: Item) -> Fact<Key> {
    match item {
        Item::Entry(entry) => Fact::setting(entry.key, entry.value),
        Item::Dropped { line, .. } => Fact::opaque(line),
        Item::Comment(line) => Fact::comment(line),
    }
}

fn shell_facts(row: RowRef<'_, Sysconfig>, found: &mut Vec<Fact<Key>>) {
    match row.kind {
        Kind::Blank => {}
        Kind::Comment => found.push(Fact::comment(comment_text(&row.bytes[indentation(row.bytes).len()..]))),
        Kind::Assignment | Kind::Code => {
            let Parts { statement, parts } = Parts::of(row.bytes);
            found.extend(parts.into_iter().map(|part| part_fact(row.bytes, part)));
            found.extend(statement.here_documents.iter().map(|text| Fact::opaque(split_ending(text.of(row.bytes)).0)));
            found.extend(statement.comments.iter().map(|comment| Fact::comment(comment_text(comment.of(row.bytes)))));
        }
        Kind::Dead | Kind::Open | Kind::Broken | Kind::Unclear => found.push(Fact::opaque(split_ending(row.bytes).0)),
    }
}

fn part_fact(row: &[u8], part: Part) -> Fact<Key> {
    match part {
        Part::Assign(assign) if assign.known().is_some() => Fact::setting(assign.key, assign.meaning.bytes),
        Part::Assign(assign) => Fact::opaque(assign.word.of(row)),
        Part::Declare { by, name } => Fact::opaque(declaration(by.of(row), &name)),
        Part::Fixed { span, .. } | Part::Code { span, .. } => Fact::opaque(span.of(row)),
    }
}

/// `export NAME`, however it was spelt.
pub(crate) fn declaration(by: &[u8], name: &Key) -> BString {
    [by, b" ", name.name().as_bytes()].concat().into()
}

/// A comment's text without the line end, in which a shell sees the carriage return as part of the comment.
pub(crate) fn comment_text(comment: &[u8]) -> &[u8] {
    let line = comment.strip_suffix(b"\n").unwrap_or(comment);
    line.strip_suffix(b"\r").unwrap_or(line).as_bytes()
}

impl Format for Sysconfig {
    const NAME: &'static str = "sysconfig";

    fn get(&self, text: &Text<Self>, reader: Reader, key: &Key) -> Vec<Setting<Key>> {
        effective::settings(text, reader, Some(key))
    }

    fn settings(&self, text: &Text<Self>, reader: Reader) -> Vec<Setting<Key>> {
        effective::settings(text, reader, None)
    }

    fn answer(
        &self,
        text: &Text<Self>,
        request: &kvmprep_lossless::Request<Key>,
    ) -> Result<kvmprep_lossless::Answer<Key>, kvmprep_lossless::Refusal> {
        edit::answer(text, request)
    }

    fn holds(&self, text: &Text<Self>, reader: Reader, request: &kvmprep_lossless::Request<Key>) -> bool {
        edit::holds(text, reader, &request.edit)
    }

    fn diagnostics(&self, text: &Text<Self>) -> Vec<Diagnostic> {
        diagnostics::diagnostics(text)
    }

    fn lint(&self, text: &Text<Self>) -> Vec<Lint<Key>> {
        lint::lint(text)
    }
}
