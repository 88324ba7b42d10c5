use std::collections::{BTreeMap, HashMap, HashSet};

use bstr::BString;
use kvmprep_lossless::{Fact, Move, Refusal, RowEdit, RowRef, Subject};

use crate::Key;
use crate::reading::row_facts;
use crate::syntax::{Reader, Sysconfig};

type Facts = Vec<Fact<Key>>;

/// What each reader is meant to find in the place of what it found: the verb's word, from which the moves are told.
#[derive(Default)]
pub(super) struct Declared {
    by_reader: BTreeMap<u8, (Facts, Facts)>,
}

impl Declared {
    /// What `reader` finds in a row goes.
    pub(super) fn goes(&mut self, syntax: &Sysconfig, reader: Reader, row: RowRef<'_, Sysconfig>) {
        self.of(reader).0.extend(row_facts(syntax, reader, row));
    }

    /// What `reader` shall find instead.
    pub(super) fn comes(&mut self, reader: Reader, facts: impl IntoIterator<Item = Fact<Key>>) {
        self.of(reader).1.extend(facts);
    }

    fn of(&mut self, reader: Reader) -> &mut (Facts, Facts) {
        self.by_reader.entry(u8::from(reader == Reader::ServiceManager)).or_default()
    }

    /// The moves of all readers; one that both see is told once.
    ///
    /// A key whose line only changed its place is named too, without values: its order among others is another.
    pub(super) fn into_moves(self, key: &Key, rows: &[RowEdit]) -> Result<Vec<Move<Key>>, Refusal> {
        let mut moves: BTreeMap<Subject<Key>, (Vec<BString>, Vec<BString>)> = BTreeMap::new();
        for (old, new) in self.by_reader.into_values() {
            for (subject, (from, to)) in differences(old, new) {
                let told = moves.entry(subject).or_default();
                unite(&mut told.0, from);
                unite(&mut told.1, to);
            }
        }
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        moves.entry(Subject::Setting(key.clone())).or_default();
        if moves.values().any(|(from, to)| meet(from, to)) {
            return Err(Refusal::new("readers-disagree", "one reader has now what the other one shall get instead")
                .help("unset the variable first, then set it"));
        }
        Ok(moves.into_iter().map(|(subject, (from, to))| Move { subject, from, to }).collect())
    }
}

fn differences(old: Facts, new: Facts) -> BTreeMap<Subject<Key>, (Vec<BString>, Vec<BString>)> {
    let mut by_subject: BTreeMap<Subject<Key>, (Vec<BString>, Vec<BString>)> = BTreeMap::new();
    for fact in old {
        by_subject.entry(fact.subject).or_default().0.push(fact.value);
    }
    for fact in new {
        by_subject.entry(fact.subject).or_default().1.push(fact.value);
    }
    for (gone, come) in by_subject.values_mut() {
        let arriving = without(come, gone);
        *gone = without(gone, come);
        *come = arriving;
    }
    by_subject.retain(|_, (gone, come)| !gone.is_empty() || !come.is_empty());
    by_subject
}

/// Adds what is not among them already, counting.
fn unite(all: &mut Vec<BString>, more: Vec<BString>) {
    let missing = without(&more, all);
    all.extend(missing);
}

/// The values of a bag that another one does not hold, counting.
fn without(bag: &[BString], other: &[BString]) -> Vec<BString> {
    let mut counts: HashMap<&BString, usize> = HashMap::new();
    other.iter().for_each(|value| *counts.entry(value).or_default() += 1);
    let mut rest = Vec::new();
    for value in bag {
        match counts.get_mut(value).filter(|count| **count > 0) {
            Some(count) => *count -= 1,
            None => rest.push(value.clone()),
        }
    }
    rest
}

fn meet(from: &[BString], to: &[BString]) -> bool {
    let coming: HashSet<&BString> = to.iter().collect();
    from.iter().any(|value| coming.contains(value))
}
