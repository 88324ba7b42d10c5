use std::rc::Rc;

use kvmprep_lossless::{RowRef, Span, Text};

use crate::code::each_assigned;
use crate::effective::entries;
use crate::parts::{Assign, Part, Parts};
use crate::syntax::{Flow, Kind, Reader};
use crate::systemd::Entry;
use crate::value::{Meaning, Style};
use crate::{Key, Sysconfig};

/// Every place of a key, as each reader sees them.
pub(super) struct Survey<'t> {
    /// Places that an edit can reach: assignments that are always run, or systemd's where it alone reads.
    pub(super) places: Vec<Place<'t>>,
    /// systemd's entries of the key.
    pub(super) entries: Vec<Entry>,
    /// Code that may set it.
    pub(super) code: Vec<Code<'t>>,
}

/// One assignment of the key. Spans count in the row.
pub(super) struct Place<'t> {
    pub(super) row: RowRef<'t, Sysconfig>,
    pub(super) parts: Rc<Parts>,
    pub(super) word: Span,
    pub(super) value: Span,
    pub(super) style: Style,
    pub(super) meaning: Meaning,
}

pub(super) struct Code<'t> {
    pub(super) row: usize,
    pub(super) at: Span,
    pub(super) text: &'t [u8],
}

impl Place<'_> {
    /// The word in the printed text.
    pub(super) fn span(&self) -> Span {
        self.word.shifted(self.row.at)
    }

    /// The value as a list: no item ends in the carriage return of a CR LF line, whatever a shell makes of it.
    pub(super) fn listed(&self) -> (Span, Meaning) {
        let mut value = self.value;
        let mut meaning = self.meaning.clone();
        let last = Span::new(value.end.saturating_sub(1), value.end);
        if meaning.bytes.last() == Some(&b'\r') && meaning.from.last() == Some(&last) {
            meaning.bytes.pop();
            meaning.from.pop();
            value.end = last.start;
        }
        (value, meaning)
    }
}

impl<'t> Survey<'t> {
    pub(super) fn of(text: &'t Text<Sysconfig>, key: &Key) -> Self {
        let dialect = text.syntax();
        let (shell, manager) = (dialect.reads(Reader::Shell), dialect.reads(Reader::ServiceManager));
        let mut survey = Self { places: Vec::new(), entries: Vec::new(), code: Vec::new() };
        if manager {
            survey.entries = entries(text, Some(key));
        }
        if shell {
            survey.shell_places(text, key);
        } else {
            survey.manager_places(text);
        }
        survey
    }

    fn shell_places(&mut self, text: &'t Text<Sysconfig>, key: &Key) {
        let name = memchr::memmem::Finder::new(key.name());
        for row in text.rows().filter(|row| matches!(row.kind, Kind::Assignment | Kind::Code)) {
            let mentions = name.find(row.bytes).is_some() || memchr::memmem::find(row.bytes, b"\\\n").is_some();
            if !mentions {
                continue;
            }
            let parts = Rc::new(Parts::of(row.bytes));
            self.code.extend(parts.parts.iter().filter_map(|part| code(part, row, key)));
            let found: Vec<Assign> = parts.assigns().filter(|assign| assign.key == *key).cloned().collect();
            self.places.extend(found.into_iter().map(|Assign { word, value, style, meaning, .. }| Place {
                row,
                parts: parts.clone(),
                word,
                value,
                style,
                meaning,
            }));
        }
    }

    /// The places where systemd alone reads: whatever a shell would make of the line.
    fn manager_places(&mut self, text: &'t Text<Sysconfig>) {
        let mut rows = text.rows();
        let mut row = rows.next();
        for entry in &self.entries {
            while row.is_some_and(|row| row.index < entry.row) {
                row = rows.next();
            }
            let Some(row) = row else { continue };
            let local = |span: Span| Span::new(span.start - row.at, span.end - row.at);
            let (word, value) = (local(entry.at), local(entry.value_at));
            let (style, meaning) = spelling(value.of(row.bytes), &entry.value, value.start);
            let parts = Rc::new(Parts::of(row.bytes));
            self.places.push(Place { row, parts, word, value, style, meaning });
        }
    }

    /// The place that counts for every reader; `None` where systemd reads a later line that is out of reach.
    pub(super) fn target(&self) -> Option<usize> {
        let last = self.places.len().checked_sub(1)?;
        let row = self.places[last].row.index;
        let beyond = self.entries.last().is_some_and(|entry| entry.row > row);
        (!beyond).then_some(last)
    }

    /// The places that stand in one row with a place.
    pub(super) fn in_row_of(&self, number: usize) -> impl Iterator<Item = &Place<'t>> {
        let row = self.places[number].row.index;
        let first = self.places.partition_point(|place| place.row.index < row);
        self.places[first..].iter().take_while(move |place| place.row.index == row)
    }

    /// An entry of systemd's that no place stands for.
    pub(super) fn missed(&self) -> Option<&Entry> {
        let reached = |entry: &Entry| self.places.binary_search_by_key(&entry.row, |place| place.row.index).is_ok();
        self.entries.iter().find(|entry| !reached(entry))
    }

    /// The values that a reader has for the key, the last one counting; expansions show as NUL.
    pub(super) fn values(&self, reader: Reader) -> impl DoubleEndedIterator<Item = &[u8]> {
        let shell = reader == Reader::Shell;
        let places = self.places.iter().filter(move |_| shell).map(|place| &place.meaning.bytes[..]);
        places.chain(self.entries.iter().filter(move |_| !shell).map(|entry| &entry.value[..]))
    }

    /// True when a reader takes exactly this value, as far as the last assignment decides.
    pub(super) fn reads(&self, reader: Reader, value: &[u8]) -> bool {
        match reader {
            Reader::Shell => self.places.last().is_some_and(|place| place.meaning.known() == Some(value)),
            Reader::ServiceManager => self.entries.last().is_some_and(|entry| entry.value == value),
        }
    }
}

/// How a shell would take a value that systemd reads: used where both find the same.
fn spelling(raw: &[u8], value: &[u8], at: usize) -> (Style, Meaning) {
    let line = [b"_=", raw].concat();
    let parts = Parts::of(&line);
    match parts.assigns().next() {
        Some(assign) if assign.meaning.known() == Some(value) && assign.word.end == line.len() => {
            let mut meaning = assign.meaning.clone();
            meaning.from.iter_mut().for_each(|span| *span = Span::new(span.start + at - 2, span.end + at - 2));
            (assign.style, meaning)
        }
        _ => {
            let from = vec![Span::empty(at); value.len()];
            (Style::Mixed, Meaning { bytes: value.to_vec(), from, obstacle: None })
        }
    }
}

fn code<'t>(part: &Part, row: RowRef<'t, Sysconfig>, key: &Key) -> Option<Code<'t>> {
    if row.within.flow == Flow::Ended {
        return None;
    }
    let (text, reach) = part.reaching(row.bytes)?;
    let mut assigned = false;
    each_assigned(text, reach, |name| assigned |= name == key.name().as_bytes());
    let start = row.at + row.bytes.len() - (row.bytes.len() - Span::of_part(row.bytes, text)?.start);
    assigned.then(|| Code { row: row.index, at: Span::new(start, start + text.len()), text })
}
