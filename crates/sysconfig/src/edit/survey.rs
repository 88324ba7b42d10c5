use std::rc::Rc;

use kvmprep_lossless::{RowRef, Span, Text};
use memchr::memmem;

use crate::code::{assigns_in_pieces, each_assigned, may_make_read_only};
use crate::effective::entries;
use crate::parts::{Assign, Part, Parts, makes_read_only};
use crate::statement::head;
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
    /// Code that may set it, or does.
    pub(super) code: Vec<Code<'t>>,
    /// What decides the value out of an edit's reach: the last such, when it stands behind every place.
    pub(super) fixed: Option<Fixed>,
    /// What sets it whatever happens, out of an edit's reach, wherever the places stand.
    pub(super) certain: Option<Span>,
    /// `NAME+=…` behind every place.
    pub(super) appended: Option<Span>,
    /// `readonly NAME`, and the one that stands before the last place.
    pub(super) read_only: Option<Span>,
    pub(super) behind_read_only: Option<Span>,
    /// `NAME=(…)` or `NAME[…]=…`, which make it an array.
    pub(super) array: Option<Span>,
}

/// A value that is always come to, and that no edit reaches. `None`: the variable is unset.
pub(super) struct Fixed {
    pub(super) row: usize,
    value: Option<Vec<u8>>,
}

/// One assignment of the key. Spans count in the row.
pub(super) struct Place<'t> {
    pub(super) row: RowRef<'t, Sysconfig>,
    pub(super) parts: Rc<Parts>,
    pub(super) word: Span,
    pub(super) value: Span,
    pub(super) style: Style,
    pub(super) meaning: Meaning,
    /// Its command alone keeps the value from being known: on a line of its own it is.
    pub(super) hindered: bool,
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
    pub(super) fn of(text: &'t Text<Sysconfig>, key: &Key, readers: &[Reader]) -> Self {
        let (shell, manager) = (readers.contains(&Reader::Shell), readers.contains(&Reader::ServiceManager));
        let mut survey = Self {
            places: Vec::new(),
            entries: Vec::new(),
            code: Vec::new(),
            fixed: None,
            certain: None,
            appended: None,
            read_only: None,
            behind_read_only: None,
            array: None,
        };
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
        let name = memmem::Finder::new(key.name());
        let join = memmem::Finder::new(b"\\\n");
        for row in text.rows().filter(|row| matches!(row.kind, Kind::Assignment | Kind::Code)) {
            let mentions = name.find(row.bytes).is_some() || join.find(row.bytes).is_some();
            if !mentions && !assigns_in_pieces(row.bytes) {
                continue;
            }
            let parts = Rc::new(Parts::of(row.bytes));
            parts.parts.iter().for_each(|part| self.take(part, row, &parts, key));
        }
    }

    fn take(&mut self, part: &Part, row: RowRef<'t, Sysconfig>, parts: &Rc<Parts>, key: &Key) {
        match part {
            Part::Assign(assign) if assign.key == *key => {
                let Assign { word, value, style, meaning, hindrance, .. } = assign.clone();
                let hindered = hindrance.is_some();
                if value.of(row.bytes).starts_with(b"(") {
                    self.array = Some(word.shifted(row.at));
                }
                self.places.push(Place { row, parts: parts.clone(), word, value, style, meaning, hindered });
                (self.fixed, self.appended) = (None, None);
                self.behind_read_only = self.read_only;
            }
            Part::Fixed { span, name, value } if name == key => {
                if value.is_some() {
                    let text = span.of(row.bytes);
                    self.code.push(Code { row: row.index, at: span.shifted(row.at), text });
                }
                self.certain = value.is_some().then(|| span.shifted(row.at));
                self.fixed = Some(Fixed { row: row.index, value: value.clone() });
                self.appended = None;
            }
            Part::Declare { by, name } if name == key && makes_read_only(by.of(row.bytes)) => {
                self.read_only = Some(by.shifted(row.at));
            }
            Part::Assign(_) | Part::Fixed { .. } | Part::Declare { .. } => {}
            Part::Code { span, .. } => {
                let before = self.code.len();
                self.code.extend(code(part, row, key));
                if self.code[before..].iter().any(|code| may_make_read_only(code.text)) {
                    self.read_only = Some(span.shifted(row.at));
                }
                let word = span.of(row.bytes);
                match head(word).filter(|head| word[..head.name] == *key.name().as_bytes()) {
                    Some(head) if word[head.name..].starts_with(b"[") || word[head.value..].starts_with(b"(") => {
                        self.array = Some(span.shifted(row.at));
                    }
                    Some(head) if !head.sets => self.appended = Some(span.shifted(row.at)),
                    _ => {}
                }
            }
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
            self.places.push(Place { row, parts, word, value, style, meaning, hindered: false });
        }
    }

    /// The place that counts for every reader; `None` where what is out of reach counts.
    pub(super) fn target(&self) -> Option<usize> {
        self.last().filter(|_| self.fixed.is_none())
    }

    /// The last place, where systemd reads no later line that is out of reach.
    pub(super) fn last(&self) -> Option<usize> {
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

    /// An edit can reach what a reader takes for the key.
    pub(super) fn has(&self, reader: Reader) -> bool {
        match reader {
            Reader::Shell => !self.places.is_empty(),
            Reader::ServiceManager => !self.entries.is_empty(),
        }
    }

    fn surest(&self) -> Option<&Place<'t>> {
        self.places.last().filter(|place| !place.hindered)
    }

    /// What a reader takes for the key, as far as what is always run decides; expansions show as NUL.
    pub(super) fn value(&self, reader: Reader) -> Option<&[u8]> {
        match (reader, &self.fixed) {
            (Reader::Shell, Some(fixed)) => fixed.value.as_deref(),
            (Reader::Shell, None) => self.surest().map(|place| &place.meaning.bytes[..]),
            (Reader::ServiceManager, _) => self.entries.last().map(|entry| &entry.value[..]),
        }
    }

    /// True when a reader takes exactly this value, as far as the last assignment decides.
    pub(super) fn reads(&self, reader: Reader, value: &[u8]) -> bool {
        match (reader, &self.fixed) {
            (Reader::Shell, None) => self.surest().is_some_and(|place| place.meaning.known() == Some(value)),
            _ => self.value(reader) == Some(value),
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
