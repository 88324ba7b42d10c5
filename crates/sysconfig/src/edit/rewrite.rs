use bstr::BString;
use kvmprep_lossless::lines::indentation;
use kvmprep_lossless::{Fact, Refusal, RowEdit, RowRef, Span, SystemdVersion};

use super::Verb;
use super::survey::Place;
use crate::parts::{Assign, Part};
use crate::reading::{comment_text, declaration, row_facts};
use crate::syntax::{Reader, Sysconfig};
use crate::systemd::{self, Item, Mode};
use crate::value::quote;
use crate::{Key, statement::Link};

/// A word to be written for the value, and what each reader shall make of it.
pub(super) struct Word {
    pub(super) raw: Vec<u8>,
    /// The value for a shell; `None` where an expansion stands in it.
    pub(super) shell: Option<BString>,
    pub(super) manager: BString,
}

impl Word {
    pub(super) fn known(raw: Vec<u8>, value: &[u8]) -> Self {
        Self { raw, shell: Some(value.into()), manager: value.into() }
    }

    fn shell_fact(&self, key: &Key) -> Fact<Key> {
        match &self.shell {
            Some(value) => Fact::setting(key.clone(), value.clone()),
            None => Fact::opaque([key.name().as_bytes(), b"=", &self.raw].concat()),
        }
    }
}

/// A row put together anew as lines that both readers take alike.
pub(super) struct Lines {
    pub(super) bytes: Vec<u8>,
    pub(super) shell: Vec<Fact<Key>>,
    pub(super) manager: Vec<Fact<Key>>,
}

impl Verb<'_> {
    /// Gives the place another word. Where systemd reads too, the line is brought into a form it takes as the shell does.
    pub(super) fn write(&mut self, place: usize, word: &Word) -> Result<(), Refusal> {
        let place = &self.survey.places[place];
        let row = place.row;
        let both = self.reads(Reader::Shell) && self.reads(Reader::ServiceManager);
        if both {
            self.at_borders(place)?;
        }
        let spliced = splice(row.bytes, place.value, &word.raw);
        if (both && !plain(place)) || place.hindered {
            let lines = self.lines(place, |assign| (assign.word == place.word).then_some(word), &|_| true)?;
            return self.put_lines(row, lines);
        }
        let mut shell = Vec::new();
        let mut manager = Vec::new();
        let key = self.request.edit.key();
        for &reader in self.text.syntax().readers() {
            let mut facts = row_facts(self.text.syntax(), reader, row);
            match reader {
                Reader::Shell => {
                    replace(&mut facts, &shell_fact(place, key), word.shell_fact(key));
                    shell = facts;
                }
                // Whatever systemd made of the old word's lines, the new one is a line to itself.
                Reader::ServiceManager if both => manager = vec![Fact::setting(key.clone(), word.manager.clone())],
                Reader::ServiceManager => {
                    let old = self.survey.entries.iter().rfind(|entry| entry.row == row.index);
                    let old = old.map(|entry| Fact::setting(key.clone(), entry.value.clone()));
                    let new = Fact::setting(key.clone(), word.manager.clone());
                    old.into_iter().for_each(|old| replace(&mut facts, &old, new.clone()));
                    manager = facts;
                }
            }
        }
        let (bytes, at) = (row.bytes, row.at);
        self.put_lines(row, Lines { bytes: spliced, shell, manager })?;
        self.note_line_ending(bytes, at);
        Ok(())
    }

    /// Replaces a row and declares what it says from now on.
    pub(super) fn put_lines(&mut self, row: RowRef<'_, Sysconfig>, lines: Lines) -> Result<(), Refusal> {
        for &reader in self.text.syntax().readers() {
            self.declared.goes(self.text.syntax(), reader, row);
            self.declared
                .comes(reader, if reader == Reader::Shell { lines.shell.clone() } else { lines.manager.clone() });
        }
        self.rows.push(if lines.bytes.is_empty() {
            RowEdit::Drop { row: row.index }
        } else {
            RowEdit::Replace { row: row.index, with: lines.bytes }
        });
        Ok(())
    }

    /// To systemd the row must begin and end with a statement, or other lines would move with it.
    pub(super) fn at_borders(&self, place: &Place<'_>) -> Result<(), Refusal> {
        let row = place.row;
        let end = row.within.systemd.past(row.bytes, self.text.syntax().systemd);
        let last = row.index + 1 == self.text.len();
        if row.within.systemd == Mode::BeforeKey && (end == Mode::BeforeKey || last && !end.in_quotes()) {
            return Ok(());
        }
        Err(Refusal::new(
            "runs-on-for-systemd",
            format!("to systemd the line of `{}` belongs to a longer statement", self.key()),
        )
        .at(row.span())
        .help("edit that part of the file by hand, or edit for `shell` alone"))
    }

    /// A row of assignments, one a line, comments above: each line reads the same to a shell and to systemd
    /// [export-split]. `new` gives the word for an assignment, `keep` says which stay.
    pub(super) fn lines<'w>(
        &self,
        place: &Place<'_>,
        new: impl Fn(&Assign) -> Option<&'w Word>,
        keep: &dyn Fn(&Part) -> bool,
    ) -> Result<Lines, Refusal> {
        let row = place.row.bytes;
        let mut lines = Lines { bytes: Vec::new(), shell: Vec::new(), manager: Vec::new() };
        let indent = indentation(row);
        let sequence = place.parts.statement.commands.iter().all(|command| command.link == Link::Sequence);
        for comment in &place.parts.statement.comments {
            let comment = comment_text(comment.of(row));
            if comment.ends_with(b"\\") || comment.contains(&b'\r') {
                return Err(self.shares_line(place));
            }
            lines.push(indent, comment, Fact::comment(comment), Fact::comment(comment));
        }
        for part in &place.parts.parts {
            match part {
                _ if !sequence => return Err(self.shares_line(place)),
                Part::Fixed { .. } | Part::Code { .. } => return Err(self.shares_line(place)),
                part if !keep(part) => {}
                Part::Assign(assign) => {
                    let word = match new(assign) {
                        Some(word) => {
                            Word { raw: word.raw.clone(), shell: word.shell.clone(), manager: word.manager.clone() }
                        }
                        None => {
                            sibling(assign, row, self.text.syntax().systemd).ok_or_else(|| self.shares_line(place))?
                        }
                    };
                    let line = [assign.key.name().as_bytes(), b"=", &word.raw].concat();
                    let manager = Fact::setting(assign.key.clone(), word.manager.clone());
                    lines.push(indent, &line, word.shell_fact(&assign.key), manager);
                }
                Part::Declare { by, .. } if by.of(row).contains(&b'\n') => return Err(self.shares_line(place)),
                Part::Declare { by, name } => {
                    let line = declaration(by.of(row), name);
                    lines.push(indent, &line, Fact::opaque(line.clone()), Fact::opaque(line.clone()));
                }
            }
        }
        if !row.ends_with(b"\n") {
            lines.bytes.pop();
        }
        Ok(lines)
    }
}

impl Lines {
    fn push(&mut self, indent: &[u8], line: &[u8], shell: Fact<Key>, manager: Fact<Key>) {
        self.bytes.extend_from_slice(&[indent, line, b"\n"].concat());
        self.shell.push(shell);
        self.manager.push(manager);
    }
}

/// An assignment that keeps its value and comes to stand on a line of its own.
fn sibling(assign: &Assign, row: &[u8], version: SystemdVersion) -> Option<Word> {
    let value = assign.known().filter(|value| !value.contains(&b'\r'))?;
    let raw = assign.value.of(row);
    let raw = if manager_reads(raw, version).as_deref() == Some(value) {
        raw.to_vec()
    } else {
        quote(value, assign.style, true)
    };
    Some(Word::known(raw, value))
}

/// What systemd makes of a word that stands alone on its line.
pub(super) fn manager_reads(raw: &[u8], version: SystemdVersion) -> Option<Vec<u8>> {
    let text = kvmprep_lossless::Text::read(Sysconfig::systemd().with_systemd(version), [b"_=", raw, b"\n"].concat());
    let mut values = Vec::new();
    systemd::read(text.rows(), version, &mut |item| match item {
        Item::Entry(entry) => values.push(Some(entry.value)),
        _ => values.push(None),
    });
    if values.len() == 1 { values.pop().flatten() } else { None }
}

/// One assignment, alone on its line: nothing stands on it that systemd would take for part of the value.
pub(super) fn plain(place: &Place<'_>) -> bool {
    let row = place.row.bytes;
    let alone = matches!(&place.parts.parts[..], [Part::Assign(assign)] if assign.whole_name);
    let before = &row[..place.word.start];
    let behind = &row[place.word.end..];
    let blank = |bytes: &[u8]| bytes.iter().all(|byte| matches!(byte, b' ' | b'\t'));
    alone
        && place.parts.statement.comments.is_empty()
        && blank(before)
        && blank(behind.strip_suffix(b"\n").unwrap_or(behind))
}

fn shell_fact(place: &Place<'_>, key: &Key) -> Fact<Key> {
    match place.meaning.known() {
        Some(value) => Fact::setting(key.clone(), value),
        None => Fact::opaque(place.word.of(place.row.bytes)),
    }
}

fn replace(facts: &mut [Fact<Key>], old: &Fact<Key>, new: Fact<Key>) {
    if let Some(fact) = facts.iter_mut().rfind(|fact| *fact == old) {
        *fact = new;
    }
}

pub(super) fn splice(row: &[u8], span: Span, with: &[u8]) -> Vec<u8> {
    [&row[..span.start], with, &row[span.end..]].concat()
}
