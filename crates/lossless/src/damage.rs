//! Row edits applied to a text, and the re-reading of what they disturbed.
//!
//! A statement's reading depends on its own bytes, on whether text follows and on the state the text to the left
//! leaves. So reading starts again one row before a change, and stops where a border of untouched rows is reached in
//! the state they were read in: all that follows reads as before, up to the next change.

use std::iter::Peekable;
use std::ops::Range;
use std::slice::Iter;

use crate::editor::RowEdit;
use crate::lines::Ending;
use crate::store::{Row, Text, step};
use crate::{Span, Syntax};

/// Everything that one edit changed in the rows, kept so that it can be compared and taken back.
pub(crate) struct Damage<S: Syntax> {
    stretches: Vec<Stretch<S>>,
    end_state: S::State,
    store_len: usize,
}

/// Some rows that were read again: where they stand now, and the rows that stood there before.
pub(crate) struct Stretch<S: Syntax> {
    pub(crate) new: Range<usize>,
    pub(crate) old: Vec<Row<S>>,
}

impl<S: Syntax> Damage<S> {
    /// The changed stretches in order.
    pub(crate) fn stretches(&self) -> &[Stretch<S>] {
        &self.stretches
    }
}

/// What happens to one row: lines put before it, and the row itself.
#[derive(Default)]
struct Fate {
    row: usize,
    before: Option<Span>,
    own: Own,
}

#[derive(Default)]
enum Own {
    #[default]
    Keep,
    Drop,
    Write(Span),
}

struct Reread<S: Syntax> {
    old: Range<usize>,
    rows: Vec<Row<S>>,
    end: Option<S::State>,
}

impl<S: Syntax> Text<S> {
    /// Changes rows and reads again what that disturbed.
    pub(crate) fn edit(&mut self, edits: &[RowEdit]) -> Damage<S> {
        let store_len = self.store.len();
        let fates = self.fates(edits);
        let mut pending = fates.iter().peekable();
        let mut rereads = Vec::new();
        while let Some(first) = pending.peek() {
            let start = first.row.saturating_sub(1);
            rereads.push(self.reread(start, &mut pending));
        }
        let end = rereads.last_mut().and_then(|last| last.end.take());
        let end_state = match end {
            Some(state) => std::mem::replace(&mut self.end_state, state),
            None => self.end_state.clone(),
        };
        Damage { stretches: self.replace(rereads), end_state, store_len }
    }

    /// Points the rows back to what they were.
    pub(crate) fn take_back(&mut self, damage: Damage<S>) {
        let stretches = damage.stretches.into_iter();
        if let [_] = stretches.as_slice() {
            stretches.for_each(|stretch| drop(self.rows.splice(stretch.new, stretch.old)));
        } else {
            let mut now = std::mem::take(&mut self.rows).into_iter();
            let mut passed = 0;
            for stretch in stretches {
                self.rows.extend(now.by_ref().take(stretch.new.start - passed));
                self.rows.extend(stretch.old);
                passed = stretch.new.end;
                now.by_ref().take(stretch.new.len()).for_each(drop);
            }
            self.rows.extend(now);
        }
        self.end_state = damage.end_state;
        self.store.truncate(damage.store_len);
    }

    /// The edits by row, their bytes in the store. An unended last line is ended where lines go behind it.
    fn fates(&mut self, edits: &[RowEdit]) -> Vec<Fate> {
        let count = self.rows.len();
        let mut fates: Vec<Fate> = Vec::with_capacity(edits.len());
        for edit in edits {
            fates.push(match edit {
                RowEdit::Replace { row, with } if with.is_empty() => Fate { row: *row, own: Own::Drop, before: None },
                RowEdit::Replace { row, with } => Fate { row: *row, own: Own::Write(self.append(with)), before: None },
                RowEdit::Drop { row } => Fate { row: *row, own: Own::Drop, before: None },
                RowEdit::Insert { before, lines } => {
                    Fate { row: (*before).min(count), before: Some(self.append(lines)), own: Own::Keep }
                }
            });
        }
        fates.sort_by_key(|fate| fate.row);
        fates.dedup_by(|next, fate| {
            let same = next.row == fate.row;
            if same {
                fate.before = next.before.or(fate.before);
                if !matches!(next.own, Own::Keep) {
                    fate.own = std::mem::take(&mut next.own);
                }
            }
            same
        });
        fates.retain(|fate| fate.row < count || fate.before.is_some());
        if fates.last().is_some_and(|fate| fate.row == count) {
            self.end_last_line(&mut fates);
        }
        fates
    }

    /// Ends the last line that stays, if it is not ended: lines go behind it.
    fn end_last_line(&mut self, fates: &mut Vec<Fate>) {
        let mut place = fates.len() - 1;
        for row in (0..self.rows.len()).rev() {
            let known = place.checked_sub(1).filter(|i| fates[*i].row == row);
            let span = match known.map(|i| &fates[i]) {
                Some(Fate { own: Own::Drop, before: None, .. }) => {
                    place -= 1;
                    continue;
                }
                Some(Fate { own: Own::Drop, before: Some(lines), .. }) => *lines,
                Some(Fate { own: Own::Write(span), .. }) => *span,
                Some(Fate { own: Own::Keep, .. }) | None => self.rows[row].span,
            };
            if span.of(&self.store).ends_with(b"\n") {
                return;
            }
            let ending = Ending::dominant(&self.to_bytes());
            let ended = self.append(&[span.of(&self.store), ending.bytes()].concat());
            match known.map(|i| &mut fates[i]) {
                Some(Fate { own: Own::Drop, before, .. }) => *before = Some(ended),
                Some(fate) => fate.own = Own::Write(ended),
                None => fates.insert(place, Fate { row, before: None, own: Own::Write(ended) }),
            }
            return;
        }
    }

    fn append(&mut self, bytes: &[u8]) -> Span {
        let start = self.store.len();
        self.store.extend_from_slice(bytes);
        Span::new(start, self.store.len())
    }

    /// Reads from row `start` on, through every change that comes before old and new agree.
    fn reread(&mut self, start: usize, pending: &mut Peekable<Iter<'_, Fate>>) -> Reread<S> {
        let mut state = self.rows.get(start).map_or_else(|| self.end_state.clone(), |row| row.within.clone());
        let mut feed = Feed { next: start, ..Feed::default() };
        let mut rows = Vec::new();
        let mut at = 0;
        let mut ahead = 1;
        loop {
            if let Some(border) = feed.border(at).filter(|row| self.rows[*row].within == state) {
                return Reread { old: start..border, rows, end: None };
            }
            if at == feed.text.len() {
                if !feed.pull(self, pending) {
                    return Reread { old: start..self.rows.len(), rows, end: Some(state) };
                }
                continue;
            }
            let mut after = state.clone();
            let (end, kind) = step(&self.syntax, &feed.text, at, &mut after);
            if end == feed.text.len() && feed.pull(self, pending) {
                (1..ahead).all(|_| feed.pull(self, pending));
                ahead *= 2;
                continue;
            }
            let span = feed.span(at..end, self.sealed).unwrap_or_else(|| self.append(&feed.text[at..end]));
            rows.push(Row { span, within: std::mem::replace(&mut state, after), kind });
            at = end;
        }
    }

    /// Puts what was read again into the place of what stood there.
    fn replace(&mut self, mut rereads: Vec<Reread<S>>) -> Vec<Stretch<S>> {
        if let [_] = rereads.as_slice() {
            let single = rereads.drain(..).map(|Reread { old, rows, .. }| {
                let new = old.start..old.start + rows.len();
                Stretch { new, old: self.rows.splice(old, rows).collect() }
            });
            return single.collect();
        }
        let mut before = std::mem::take(&mut self.rows).into_iter();
        let mut passed = 0;
        let mut stretches = Vec::with_capacity(rereads.len());
        for Reread { old, rows, .. } in rereads {
            self.rows.extend(before.by_ref().take(old.start - passed));
            let new = self.rows.len()..self.rows.len() + rows.len();
            self.rows.extend(rows);
            stretches.push(Stretch { new, old: before.by_ref().take(old.len()).collect() });
            passed = old.end;
        }
        self.rows.extend(before);
        stretches
    }
}

/// The edited text from some row on, as far as it has been needed, in one piece for the grammar.
#[derive(Default)]
struct Feed {
    text: Vec<u8>,
    pieces: Vec<(usize, Span)>,
    /// Untouched rows: where they begin in `text`, and their numbers.
    borders: Vec<(usize, usize)>,
    /// Where the last change taken in ends: no border before it counts. `None` before the first.
    changed: Option<usize>,
    next: usize,
    seen_piece: usize,
    seen_border: usize,
}

impl Feed {
    /// Takes in one more row and what an edit puts before it; false at the end of the text.
    fn pull<S: Syntax>(&mut self, text: &Text<S>, pending: &mut Peekable<Iter<'_, Fate>>) -> bool {
        let fate = pending.next_if(|fate| fate.row == self.next);
        let row = text.rows.get(self.next);
        if fate.is_none() && row.is_none() {
            return false;
        }
        if let Some(lines) = fate.and_then(|fate| fate.before) {
            self.take(lines, &text.store);
        }
        match (fate.map(|fate| &fate.own), row) {
            (Some(Own::Drop), _) => {}
            (Some(Own::Write(span)), _) => self.take(*span, &text.store),
            (Some(Own::Keep) | None, Some(row)) => {
                if fate.is_some() {
                    self.changed = Some(self.text.len());
                }
                self.borders.push((self.text.len(), self.next));
                self.take(row.span, &text.store);
                self.next += 1;
                return true;
            }
            (Some(Own::Keep) | None, None) => {}
        }
        self.changed = Some(self.text.len());
        self.next += 1;
        true
    }

    fn take(&mut self, span: Span, store: &[u8]) {
        self.pieces.push((self.text.len(), span));
        self.text.extend_from_slice(span.of(store));
    }

    /// The untouched row that begins at this offset, when no change comes behind it.
    fn border(&mut self, at: usize) -> Option<usize> {
        while self.borders.get(self.seen_border).is_some_and(|(start, _)| *start < at) {
            self.seen_border += 1;
        }
        let (start, row) = self.borders.get(self.seen_border)?;
        (*start == at && self.changed.is_some_and(|changed| at >= changed)).then_some(*row)
    }

    /// Where these bytes stand in the store, when they stand there in one piece, on one side of the seal.
    fn span(&mut self, bytes: Range<usize>, sealed: usize) -> Option<Span> {
        while self.pieces.get(self.seen_piece + 1).is_some_and(|(start, _)| *start <= bytes.start) {
            self.seen_piece += 1;
        }
        let (start, first) = self.pieces.get(self.seen_piece)?;
        let begin = first.start + (bytes.start - start);
        let mut end = first.end;
        let mut reached = start + first.len();
        for (_, piece) in &self.pieces[self.seen_piece + 1..] {
            if reached >= bytes.end || piece.start != end || end == sealed {
                break;
            }
            end = piece.end;
            reached += piece.len();
        }
        (reached >= bytes.end).then(|| Span::new(begin, begin + (bytes.end - bytes.start)))
    }
}
