use kvmprep_lossless::lines::{indentation, line_end};
use kvmprep_lossless::{Fact, Reading, Refusal, RowEdit, Span};

use super::Verb;
use super::rewrite::Lines;
use super::survey::Place;
use crate::parts::Part;
use crate::reading::comment_text;
use crate::statement::Link;
use crate::syntax::Reader;

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
        let (row, key) = (place.row.index, self.key());
        if !self.reads(Reader::Shell) {
            return self.take_out_lines(number);
        }
        if self.reads(Reader::ServiceManager) {
            self.at_borders(place)?;
        }
        let mine = |part: &Part| match part {
            Part::Assign(assign) => assign.key == *key,
            Part::Declare { name, .. } => name == key,
            Part::Code { .. } => false,
        };
        if place.parts.parts.iter().all(mine) {
            for &reader in self.text.syntax().readers() {
                self.declared.goes(self.text, reader, row);
            }
            self.rows.push(RowEdit::Drop { row });
            return Ok(());
        }
        if self.reads(Reader::ServiceManager) {
            let lines = self.lines(place, |_| None, &|part| !mine(part))?;
            return self.put_lines(row, lines);
        }
        let bytes = self.without_words(place, number)?;
        let mut kept = Vec::new();
        self.text.syntax().facts(Reader::Shell, self.text.run_of(row..row + 1), &mut kept);
        let gone = shell_facts_of(place, key);
        for fact in gone {
            if let Some(at) = kept.iter().position(|other| *other == fact) {
                kept.remove(at);
            }
        }
        self.declared.goes(self.text, Reader::Shell, row);
        self.declared.comes(Reader::Shell, kept);
        self.rows.push(RowEdit::Replace { row, with: bytes });
        Ok(())
    }

    /// The row without the one assignment of the key and one separator.
    fn without_words(&self, place: &Place<'_>, number: usize) -> Result<Vec<u8>, Refusal> {
        let twice =
            self.survey.places.iter().enumerate().any(|(i, other)| i != number && other.row.index == place.row.index);
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
        let assignments = place.parts.assigns().filter(|assign| assign.command == at).count();
        let declared = place.parts.parts.iter().filter(|part| matches!(part, Part::Declare { .. })).count();
        let gone = if assignments > 1 || (words.len() > 1 && declared > 1) {
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
        let here = lines_of(row.bytes, self.survey.places.iter().filter(|other| other.row.index == row.index));
        let mut bytes = Vec::new();
        let mut kept = 0;
        for gone in here {
            bytes.extend_from_slice(&row.bytes[kept..gone.start]);
            kept = gone.end;
        }
        bytes.extend_from_slice(&row.bytes[kept..]);
        let manager = self.manager_facts_without_key(row.index);
        self.put_lines(row.index, Lines { bytes, shell: Vec::new(), manager })
    }

    fn manager_facts_without_key(&self, row: usize) -> Vec<Fact<crate::Key>> {
        let mut facts = Vec::new();
        self.text.syntax().facts(Reader::ServiceManager, self.text.run_of(row..row + 1), &mut facts);
        let key = kvmprep_lossless::Subject::Setting(self.key().clone());
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
            if row_done.replace(place.row.index) != Some(place.row.index) {
                self.comment_out(number)?;
            }
        }
        Ok(())
    }

    fn comment_out(&mut self, number: usize) -> Result<(), Refusal> {
        let row = self.survey.places[number].row;
        let places = self.survey.places.iter().filter(|place| place.row.index == row.index);
        let whole = self.reads(Reader::Shell);
        let spans: Vec<Span> = if whole { vec![Span::new(0, row.bytes.len())] } else { lines_of(row.bytes, places) };
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
            lines.manager.extend(self.manager_facts_without_key(row.index));
        }
        self.put_lines(row.index, lines)
    }
}

/// The key's assignment is the only command of its line.
fn alone(place: &Place<'_>) -> bool {
    let assignments = place.parts.assigns().count();
    let code = place.parts.parts.iter().any(|part| matches!(part, Part::Code { .. }));
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

fn shell_facts_of(place: &Place<'_>, key: &crate::Key) -> Vec<Fact<crate::Key>> {
    place
        .parts
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Assign(assign) if assign.key == *key => Some(match assign.meaning.known() {
                Some(value) => Fact::setting(key.clone(), value),
                None => Fact::opaque(assign.word.of(place.row.bytes)),
            }),
            Part::Declare { by, name } if name == key => {
                Some(Fact::opaque(crate::reading::declaration(by.of(place.row.bytes), name)))
            }
            _ => None,
        })
        .collect()
}
