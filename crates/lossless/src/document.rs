use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use bstr::BString;

use crate::damage::{Damage, Stretch};
use crate::editor::{Absent, Answer, Change, EditError, Move, Request};
use crate::reading::{Fact, Format, Setting, Subject};
use crate::store::{Row, Run, Text};
use crate::{Diagnostic, Patch, value};

/// A file being edited: its text, and what the verbs promise.
///
/// An edit counts only if what moved in the reading is exactly what the verb declared, and what was asked for reads
/// back; else the text stays as it was.
#[derive(Clone, Debug)]
pub struct Document<F: Format> {
    text: Text<F>,
}

impl<F: Format + Default> Document<F> {
    /// Reads bytes in the usual dialect. Never fails.
    pub fn parse(bytes: impl Into<Vec<u8>>) -> Self {
        Self::parse_as(F::default(), bytes)
    }
}

impl<F: Format> Document<F> {
    /// Reads bytes in a dialect. Never fails.
    pub fn parse_as(dialect: F, bytes: impl Into<Vec<u8>>) -> Self {
        Self { text: Text::read(dialect, bytes) }
    }

    /// The text as it stands.
    pub fn text(&self) -> &Text<F> {
        &self.text
    }

    /// The dialect.
    pub fn dialect(&self) -> &F {
        self.text.syntax()
    }

    /// What the first reader takes for a key.
    pub fn get(&self, key: &F::Key) -> Vec<Setting<F::Key>> {
        self.get_as(self.first_reader(), key)
    }

    /// What a reader takes for a key.
    pub fn get_as(&self, reader: F::Reader, key: &F::Key) -> Vec<Setting<F::Key>> {
        self.dialect().get(&self.text, reader, key)
    }

    /// Every live setting as the first reader takes it.
    pub fn settings(&self) -> Vec<Setting<F::Key>> {
        self.dialect().settings(&self.text, self.first_reader())
    }

    /// What the consumer would complain of.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        self.dialect().diagnostics(&self.text)
    }

    /// The printed text in as few pieces as the edits allow.
    pub fn chunks(&self) -> impl Iterator<Item = &[u8]> {
        self.text.chunks()
    }

    /// The printed text.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.text.to_bytes()
    }

    /// What differs from the bytes that were read.
    pub fn patch(&self) -> Patch<'_> {
        self.text.patch()
    }

    /// The difference to the bytes that were read, for `patch -p1`; empty when there is none.
    #[cfg(feature = "diff")]
    pub fn unified_diff(&self, path: &str) -> BString {
        self.patch().unified_diff(&crate::diff::Names::of(path), crate::diff::CONTEXT).to_bytes()
    }

    /// Makes one edit, or says why not; refused, the document is as it was.
    pub fn apply(&mut self, request: &Request<F::Key>) -> Result<Change<F::Key>, EditError> {
        value::vet(request)?;
        let answer = self.dialect().answer(&self.text, request)?;
        if answer.rows.is_empty() {
            return self.already_so(answer.notes, request);
        }
        let damage = self.text.edit(&answer.rows);
        let surprises = self.surprises(&damage, &answer, request);
        if surprises.is_empty() {
            return Ok(Change::Made { moves: answer.moves, notes: answer.notes });
        }
        self.text.take_back(damage);
        Err(EditError::Moved(surprises))
    }

    /// Makes all edits in order, each in the text that the one before left, or none: the number of the edit that was
    /// refused comes with its reason.
    pub fn apply_all(&mut self, requests: &[Request<F::Key>]) -> Result<Vec<Change<F::Key>>, (usize, EditError)> {
        let (rows, end_state) = (self.text.rows.clone(), self.text.end_state.clone());
        let store_len = self.text.store.len();
        let changes = requests.iter().enumerate().map(|(i, request)| self.apply(request).map_err(|why| (i, why)));
        changes.collect::<Result<_, _>>().inspect_err(|_| {
            self.text.rows = rows;
            self.text.end_state = end_state;
            self.text.store.truncate(store_len);
        })
    }

    /// A verb that changes nothing must have nothing to do, or have been asked to leave what is absent.
    fn already_so(&self, notes: Vec<Diagnostic>, request: &Request<F::Key>) -> Result<Change<F::Key>, EditError> {
        let unheld: Vec<String> = self.unheld(request).collect();
        if unheld.is_empty() || request.manner.absent == Absent::Leave {
            Ok(Change::AlreadySo { notes })
        } else {
            Err(EditError::Moved(unheld))
        }
    }

    fn first_reader(&self) -> F::Reader {
        self.dialect().readers()[0]
    }

    /// What the edit did beyond its declaration, or failed to do.
    fn surprises(&self, damage: &Damage<F>, answer: &Answer<F::Key>, request: &Request<F::Key>) -> Vec<String> {
        let declared = Moves::declared(&answer.moves);
        let mut unseen = declared.clone();
        let mut surprises = BTreeSet::new();
        for &reader in self.dialect().readers() {
            let observed = self.observed(reader, damage, &declared);
            surprises.extend(observed.beyond(&declared));
            unseen.strike(&observed);
        }
        surprises.extend(unseen.undone());
        surprises.extend(self.unheld(request));
        surprises.into_iter().collect()
    }

    /// The readers to whom the text does not say what is asked for.
    fn unheld(&self, request: &Request<F::Key>) -> impl Iterator<Item = String> {
        let readers = self.dialect().readers().iter();
        let unheld = readers.filter(|&&reader| !self.dialect().holds(&self.text, reader, request));
        unheld.map(|reader| format!("`{}` does not read as asked to {reader}", request.edit.key()))
    }

    fn observed(&self, reader: F::Reader, damage: &Damage<F>, declared: &Moves<F::Key>) -> Moves<F::Key> {
        let mut moves = Moves::default();
        let (mut old, mut new) = (Vec::new(), Vec::new());
        for widened in self.widened(damage) {
            let now = Run { store: &self.text.store, rows: &self.text.rows[widened.new], at: 0, index: 0 };
            let before = Run { rows: &widened.old, ..now };
            old.clear();
            new.clear();
            self.dialect().facts(reader, before, &mut old);
            self.dialect().facts(reader, now, &mut new);
            moves.compare(&old, &new, declared);
        }
        moves.cancelled()
    }

    /// The damage widened to borders, stretches that meet put together.
    fn widened(&self, damage: &Damage<F>) -> Vec<Widened<F>> {
        let rows = &self.text.rows;
        let state = |i: usize| rows.get(i).map_or(&self.text.end_state, |row| &row.within);
        let border = |i: &usize| *i == 0 || *i == rows.len() || self.dialect().is_border(state(*i));
        let mut widened: Vec<Widened<F>> = Vec::with_capacity(damage.stretches().len());
        for Stretch { new, old } in damage.stretches() {
            let passed = widened.last().map_or(0, |last| last.new.end);
            if new.start >= passed {
                let start = (passed..=new.start).rev().find(border).unwrap_or(passed);
                widened.push(Widened { new: start..start, old: Vec::new(), copied: start });
            }
            let Some(last) = widened.last_mut() else { continue };
            last.old.extend_from_slice(&rows[last.copied..new.start]);
            last.old.extend_from_slice(old);
            last.copied = new.end;
            let end = last.new.end.max(new.end);
            last.new.end = (end..=rows.len()).find(border).unwrap_or(rows.len());
        }
        for last in &mut widened {
            last.old.extend_from_slice(&rows[last.copied..last.new.end]);
        }
        widened
    }
}

/// Rows from border to border as they stand, and as they stood.
struct Widened<F: Format> {
    new: Range<usize>,
    old: Vec<Row<F>>,
    /// The rows as they stand are the old ones again from this one on.
    copied: usize,
}

/// Values that go and come, by subject, as bags.
#[derive(Clone)]
struct Moves<K> {
    by_subject: BTreeMap<Subject<K>, (Vec<BString>, Vec<BString>)>,
}

impl<K> Default for Moves<K> {
    fn default() -> Self {
        Self { by_subject: BTreeMap::new() }
    }
}

impl<K: Clone + Ord + std::fmt::Display> Moves<K> {
    fn declared(moves: &[Move<K>]) -> Self {
        let mut declared = Self::default();
        for Move { subject, from, to } in moves {
            let (gone, come) = declared.by_subject.entry(subject.clone()).or_default();
            gone.extend_from_slice(from);
            come.extend_from_slice(to);
        }
        declared.cancelled()
    }

    fn cancelled(mut self) -> Self {
        self.by_subject.values_mut().for_each(|(gone, come)| cancel(gone, come));
        self
    }

    /// Takes in what differs between the facts of one stretch: a subject whose values stand there in another order
    /// has moved too, even where the bags are equal.
    fn compare(&mut self, old: &[Fact<K>], new: &[Fact<K>], declared: &Self) {
        let head = old.iter().zip(new).take_while(|(old, new)| old == new).count();
        let (old, new) = (&old[head..], &new[head..]);
        let tail = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
        let (old, new) = (&old[..old.len() - tail], &new[..new.len() - tail]);
        let mut here: BTreeMap<&Subject<K>, (Vec<BString>, Vec<BString>)> = BTreeMap::new();
        for fact in old {
            here.entry(&fact.subject).or_default().0.push(fact.value.clone());
        }
        for fact in new {
            here.entry(&fact.subject).or_default().1.push(fact.value.clone());
        }
        for (subject, (mut gone, mut come)) in here.into_iter().filter(|(_, (gone, come))| gone != come) {
            let all = self.by_subject.entry(subject.clone()).or_default();
            all.0.append(&mut gone);
            all.1.append(&mut come);
        }
        if let Some(passed) = self.passed(old, new, declared) {
            self.by_subject.entry(passed).or_default();
        }
    }

    /// The first subject that another one passes, of those that neither move nor are declared to: before a pattern, a
    /// condition or code, a line means something else than behind it. A comment may pass.
    fn passed(&self, old: &[Fact<K>], new: &[Fact<K>], declared: &Self) -> Option<Subject<K>> {
        let stays = |fact: &&Fact<K>| {
            let moves = |moves: &Self| moves.by_subject.contains_key(&fact.subject);
            fact.subject != Subject::Comment && !moves(self) && !moves(declared)
        };
        let mut pairs = old.iter().filter(stays).zip(new.iter().filter(stays));
        pairs.find(|(old, new)| old.subject != new.subject).map(|(old, _)| old.subject.clone())
    }

    /// What moved and was not declared.
    fn beyond<'a>(&'a self, declared: &'a Self) -> impl Iterator<Item = String> + 'a {
        self.by_subject.iter().filter_map(|(subject, (gone, come))| {
            let told = declared.by_subject.get(subject);
            let covered = told.is_some_and(|(from, to)| is_within(gone, from) && is_within(come, to));
            (!covered).then(|| match (&gone[..], &come[..]) {
                ([], []) => format!("{} would stand in another order", named(subject)),
                _ => format!("{} would move from {} to {}", named(subject), listed(gone), listed(come)),
            })
        })
    }

    /// Strikes out what was seen to move.
    fn strike(&mut self, observed: &Self) {
        for (subject, (gone, come)) in &mut self.by_subject {
            if let Some((seen_gone, seen_come)) = observed.by_subject.get(subject) {
                cancel(gone, &mut seen_gone.clone());
                cancel(come, &mut seen_come.clone());
            }
        }
    }

    /// What was declared and did not move.
    fn undone(&self) -> impl Iterator<Item = String> + '_ {
        self.by_subject.iter().filter(|(_, (gone, come))| !gone.is_empty() || !come.is_empty()).map(
            |(subject, (gone, come))| {
                format!("{} would not move from {} to {} as it should", named(subject), listed(gone), listed(come))
            },
        )
    }
}

/// Takes out of both bags what both hold.
fn cancel(gone: &mut Vec<BString>, come: &mut Vec<BString>) {
    if gone.is_empty() || come.is_empty() {
        return;
    }
    let kept = std::mem::take(gone);
    strike(come, kept, gone);
}

/// Strikes each of `values` out of `bag`; those that are not in it go to `rest`.
fn strike(bag: &mut Vec<BString>, values: Vec<BString>, rest: &mut Vec<BString>) {
    let mut counts: BTreeMap<BString, usize> = BTreeMap::new();
    bag.drain(..).for_each(|value| *counts.entry(value).or_default() += 1);
    for value in values {
        match counts.get_mut(&value).filter(|count| **count > 0) {
            Some(count) => *count -= 1,
            None => rest.push(value),
        }
    }
    bag.extend(counts.into_iter().flat_map(|(value, count)| std::iter::repeat_n(value, count)));
}

fn is_within(part: &[BString], whole: &[BString]) -> bool {
    let mut left = part.to_vec();
    cancel(&mut left, &mut whole.to_vec());
    left.is_empty()
}

fn named<K: std::fmt::Display>(subject: &Subject<K>) -> String {
    match subject {
        Subject::Setting(key) => format!("`{key}`"),
        Subject::Comment => "a comment".to_owned(),
        Subject::Opaque => "text that is not understood".to_owned(),
    }
}

fn listed(values: &[BString]) -> String {
    let shown: Vec<String> = values.iter().map(|value| format!("`{}`", value::shown(value))).collect();
    if shown.is_empty() { "nothing".to_owned() } else { shown.join(", ") }
}
