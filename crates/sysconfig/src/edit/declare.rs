use std::collections::BTreeMap;

use bstr::BString;
use kvmprep_lossless::{Fact, Move, Reading, Refusal, RowEdit, Subject, Text};

use crate::Key;
use crate::syntax::{Reader, Sysconfig};

type Facts = Vec<Fact<Key>>;

/// What each reader is meant to find in the place of what it found: the verb's word, from which the moves are told.
#[derive(Default)]
pub(super) struct Declared {
    by_reader: BTreeMap<u8, (Facts, Facts)>,
}

impl Declared {
    /// What `reader` finds in a row goes.
    pub(super) fn goes(&mut self, text: &Text<Sysconfig>, reader: Reader, row: usize) {
        let mut found = Vec::new();
        text.syntax().facts(reader, text.run_of(row..row + 1), &mut found);
        self.of(reader).0.extend(found);
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
        if moves.values().any(|(from, to)| from.iter().any(|value| to.contains(value))) {
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
        let (gone, come) = by_subject.entry(fact.subject).or_default();
        match gone.iter().position(|value| *value == fact.value) {
            Some(kept) => drop(gone.remove(kept)),
            None => come.push(fact.value),
        }
    }
    by_subject.retain(|_, (gone, come)| !gone.is_empty() || !come.is_empty());
    by_subject
}

/// Adds what is not among them already, counting.
fn unite(all: &mut Vec<BString>, more: Vec<BString>) {
    let mut seen = all.clone();
    for value in more {
        match seen.iter().position(|other| *other == value) {
            Some(known) => drop(seen.remove(known)),
            None => all.push(value),
        }
    }
}
