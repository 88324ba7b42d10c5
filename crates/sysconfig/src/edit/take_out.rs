use kvmprep_lossless::lines::{indentation, line_end};
use kvmprep_lossless::{Fact, Refusal, RowEdit, RowRef, Span, Subject};

use super::Verb;
use super::rewrite::Lines;
use super::survey::Place;
use crate::Key;
use crate::parts::Part;
use crate::reading::{comment_text, declaration, row_facts};
use crate::statement::Link;
use crate::syntax::{Reader, Sysconfig};

impl Verb<'_> {
    /// Takes every assignment that is always run out, or an earlier one would count again.
    pub(super) fn unset(&mut self) -> Result<(), Refusal> {
        self.reachable()?;
        let all: Vec<usize> = (0..self.survey.places.len()).collect();
        self.take_out(&all, None)
    }

    /// Takes these places out, but for those in the row that is written anyway.
    pub(super) fn take_out(&mut self, places: &[usize], written: Option<usize>) -> Result<(), Refusal> {
        let mut row_done = None;
        for &number in places {
            let place = &self.survey.places[number];
            let row = place.row.index;
            if written == Some(row) {
                return Err(self.shares_line(place));
            }
            if row_done == Some(row) {
                continue;
            }
            row_done = Some(row);
            self.take_out_of_row(number)?;
        }
        Ok(())
    }

    fn take_out_of_row(&mut self, number: usize) -> Result<(), Refusal> {
        let place = &self.survey.places[number];
        let (row, key) = (place.row, self.key());
        if !self.reads(Reader::Shell) {
            return self.take_out_lines(number);
        }
        if self.reads(Reader::ServiceManager) {
            self.at_borders(place)?;
        }
        let mine = |part: &Part| match part {
            Part::Assign(assign) => assign.key == *key,
            Part::Declare { name, .. } => name == key,
            Part::Fixed { .. } | Part::Code { .. } => false,
        };
        if place.parts.parts.iter().all(mine) {
            for &reader in self.text.syntax().readers() {
                self.declared.goes(self.text.syntax(), reader, row);
            }
            self.rows.push(RowEdit::Drop { row: row.index });
            return Ok(());
        }
        if self.reads(Reader::ServiceManager) {
            let lines = self.lines(place, |_| None, &|part| !mine(part))?;
            return self.put_lines(row, lines);
        }
        // Without the word its neighbours may mean something else.
        if place.parts.assigns().any(|assign| assign.key != *key && assign.hindrance.is_some()) {
            return Err(self.shares_line(place));
        }
        let bytes = self.without_words(place, number)?;
        let mut kept = row_facts(self.text.syntax(), Reader::Shell, row);
        let gone = shell_facts_of(place, key);
        for fact in gone {
            if let Some(at) = kept.iter().position(|other| *other == fact) {
                kept.remove(at);
            }
        }
        self.declared.goes(self.text.syntax(), Reader::Shell, row);
        self.declared.comes(Reader::Shell, kept);
        self.rows.push(RowEdit::Replace { row: row.index, with: bytes });
        Ok(())
    }

    /// The row without the one assignment of the key and one separator.
    fn without_words(&self, place: &Place<'_>, number: usize) -> Result<Vec<u8>, Refusal> {
        let twice = self.survey.in_row_of(number).count() > 1;
        let statement = &place.parts.statement;
        let Some(at) = statement
            .commands
            .iter()
            .position(|command| statement.words(command).iter().any(|word| word.span == place.word))
        else {
            return Err(self.shares_line(place));
        };
        let command = &statement.commands[at];
        let words = statement.words(command);
        let number = words.iter().position(|word| word.span == place.word).unwrap_or_default();
        let by = place.parts.assigns().find(|assign| assign.word == place.word).and_then(|assign| assign.by);
        let arguments = words.iter().filter(|word| by.is_none_or(|by| word.span.start >= by.end)).count();
        let gone = if arguments > 1 {
            match words.get(number + 1) {
                Some(next) => Span::new(place.word.start, next.span.start),
                None => Span::new(words[number - 1].span.end, place.word.end),
            }
        } else if command.link != Link::Sequence {
            return Err(self.shares_line(place));
        } else {
            match (statement.commands.get(at + 1), at.checked_sub(1).map(|before| &statement.commands[before])) {
                (Some(next), _) => Span::new(command.span.start, next.span.start),
                (None, Some(before)) => Span::new(before.span.end, command.span.end),
                (None, None) => return Err(self.shares_line(place)),
            }
        };
        if twice || gone.of(place.row.bytes).contains(&b'#') && !statement.comments.is_empty() {
            return Err(self.shares_line(place));
        }
        Ok(super::rewrite::splice(place.row.bytes, gone, b""))
    }

    /// The physical lines of what systemd alone reads.
    fn take_out_lines(&mut self, number: usize) -> Result<(), Refusal> {
        let place = &self.survey.places[number];
        let row = place.row;
        if has_lone_return(row.bytes) {
            return Err(Refusal::new("lone-carriage-return", "to systemd a line ends at a carriage return too")
                .at(place.span())
                .help("end the line there first: what stands behind it is another"));
        }
        let here = lines_of(row.bytes, self.survey.in_row_of(number));
        let mut bytes = Vec::new();
        let mut kept = 0;
        for gone in here {
            bytes.extend_from_slice(&row.bytes[kept..gone.start]);
            kept = gone.end;
        }
        bytes.extend_from_slice(&row.bytes[kept..]);
        let manager = self.manager_facts_without_key(row);
        self.put_lines(row, Lines { bytes, shell: Vec::new(), manager })
    }

    fn manager_facts_without_key(&self, row: RowRef<'_, Sysconfig>) -> Vec<Fact<Key>> {
        let mut facts = row_facts(self.text.syntax(), Reader::ServiceManager, row);
        let key = Subject::Setting(self.key().clone());
        facts.retain(|fact| fact.subject != key);
        facts
    }

    /// Puts `#` before every physical line of the assignment, and changes nothing else.
    pub(super) fn disable(&mut self) -> Result<(), Refusal> {
        self.reachable()?;
        let mut row_done = None;
        for number in 0..self.survey.places.len() {
            let place = &self.survey.places[number];
            if self.reads(Reader::Shell) && !alone(place) {
                return Err(self.shares_line(place));
            }
            if self.reads(Reader::ServiceManager) && self.reads(Reader::Shell) {
                self.at_borders(place)?;
            }
            if has_lone_return(place.row.bytes) && self.reads(Reader::ServiceManager) {
                return Err(Refusal::new(
                    "lone-carriage-return",
                    "to systemd a comment ends at a carriage return, and what follows would count",
                )
                .at(place.span())
                .help("take the carriage return out of the line first"));
            }
            if row_done.replace(place.row.index) != Some(place.row.index) {
                self.comment_out(number)?;
            }
        }
        Ok(())
    }

    fn comment_out(&mut self, number: usize) -> Result<(), Refusal> {
        let row = self.survey.places[number].row;
        let whole = self.reads(Reader::Shell);
        let spans: Vec<Span> = if whole {
            vec![Span::new(0, row.bytes.len())]
        } else {
            lines_of(row.bytes, self.survey.in_row_of(number))
        };
        let mut lines = Lines { bytes: Vec::new(), shell: Vec::new(), manager: Vec::new() };
        let mut kept = 0;
        for span in spans {
            lines.bytes.extend_from_slice(&row.bytes[kept..span.start]);
            for (i, line) in span.of(row.bytes).split_inclusive(|byte| *byte == b'\n').enumerate() {
                let indent = if i == 0 { indentation(line) } else { b"" };
                let commented = [b"#", &line[indent.len()..]].concat();
                let comment = comment_text(&commented);
                lines.shell.push(Fact::comment(comment));
                lines.manager.push(Fact::comment(comment));
                lines.bytes.extend_from_slice(&[indent, &commented].concat());
            }
            kept = span.end;
        }
        lines.bytes.extend_from_slice(&row.bytes[kept..]);
        if !whole {
            lines.manager.extend(self.manager_facts_without_key(row));
        }
        self.put_lines(row, lines)
    }
}

/// A carriage return that no line feed follows.
fn has_lone_return(row: &[u8]) -> bool {
    memchr::memchr_iter(b'\r', row).any(|at| row.get(at + 1) != Some(&b'\n'))
}

/// The key's assignment is the only command of its line.
fn alone(place: &Place<'_>) -> bool {
    let assignments = place.parts.assigns().count();
    let code = place.parts.parts.iter().any(|part| matches!(part, Part::Fixed { .. } | Part::Code { .. }));
    let names = place.parts.parts.iter().filter(|part| matches!(part, Part::Declare { .. })).count();
    assignments == 1 && !code && names <= 1
}

/// The physical lines that the places touch, each once.
fn lines_of<'p, 't: 'p>(row: &[u8], places: impl Iterator<Item = &'p Place<'t>>) -> Vec<Span> {
    let mut lines: Vec<Span> = Vec::new();
    for place in places {
        let start = memchr::memrchr(b'\n', &row[..place.word.start]).map_or(0, |feed| feed + 1);
        let end = line_end(row, place.word.end);
        match lines.last_mut().filter(|last| start < last.end) {
            Some(last) => last.end = end,
            None => lines.push(Span::new(start, end)),
        }
    }
    lines
}

fn shell_facts_of(place: &Place<'_>, key: &Key) -> Vec<Fact<Key>> {
    place
        .parts
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Assign(assign) if assign.key == *key => Some(match assign.known() {
                Some(value) => Fact::setting(key.clone(), value),
                None => Fact::opaque(assign.word.of(place.row.bytes)),
            }),
            Part::Declare { by, name } if name == key => Some(Fact::opaque(declaration(by.of(place.row.bytes), name))),
            _ => None,
        })
        .collect()
}
