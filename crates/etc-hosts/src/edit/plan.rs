//! Where an edit goes.

use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;

use bstr::BString;
use kvmprep_lossless::lines::Ending;
use kvmprep_lossless::{Absent, Answer, Duplicates, Edit, Fact, Manner, Move, Refusal, RowEdit, Span, Subject, Text};

use super::draft::Draft;
use super::goal::{Goal, gives};
use super::notes;
use crate::diagnostics;
use crate::grammar::{Needle, address_word};
use crate::key::{Key, Name};
use crate::record::Record;
use crate::syntax::{EtcHosts, Kind};
use crate::value::{self, Family};

/// An entry that has one of the names, or that is the first of an address they need.
pub(super) struct Entry {
    pub(super) row: usize,
    pub(super) address_span: Span,
    pub(super) before: Draft,
    /// What it becomes; `None`: it goes.
    pub(super) after: Option<Draft>,
}

pub(super) struct Plan<'t> {
    pub(super) text: &'t Text<EtcHosts>,
    pub(super) goal: &'t Goal<'t>,
    manner: &'t Manner,
    pub(super) entries: Vec<Entry>,
    pub(super) new: Vec<(usize, Draft)>,
}

impl<'t> Plan<'t> {
    /// Finds the entries that matter, in one pass, and refuses what no verb may do to them.
    pub(super) fn of(text: &'t Text<EtcHosts>, goal: &'t Goal<'t>, manner: &'t Manner) -> Result<Self, Refusal> {
        let plan = Self { text, goal, manner, entries: entries(text, goal), new: Vec::new() };
        plan.entries.iter().filter(|entry| plan.is_wrong(entry)).try_for_each(|entry| plan.check(entry))?;
        Ok(plan)
    }

    /// Set and add.
    pub(super) fn provide(mut self, edit: &Edit<Key>) -> Result<Answer<Key>, Refusal> {
        let is_about = self.entries.iter().any(|entry| self.is_about(entry));
        let has_name = self.entries.iter().any(|entry| self.has_name(entry));
        match (self.manner.absent, edit) {
            (Absent::Leave, _) if !is_about => return Ok(notes::absent(edit)),
            (Absent::Plus, Edit::Add { .. }) if !has_name => return Err(notes::no_relative_lists()),
            (_, Edit::Add { .. }) if !has_name => return Err(notes::nothing_to_add_to(edit)),
            _ => {}
        }
        self.readdress()?;
        self.withdraw_names();
        self.join()?;
        self.end_misread(|_| true);
        Ok(self.into_answer())
    }

    /// Unset and remove.
    pub(super) fn withdraw(mut self) -> Result<Answer<Key>, Refusal> {
        self.withdraw_names();
        self.end_misread(|entry| entry.after.as_ref().is_some_and(|after| after.bytes() != entry.before.bytes()));
        Ok(self.into_answer())
    }

    /// Disable: whole lines become comments.
    pub(super) fn disable(self) -> Result<Answer<Key>, Refusal> {
        let mut answer = Answer::default();
        let mut moves = Moves::default();
        for entry in self.entries.iter().filter(|entry| self.is_wrong(entry)) {
            if !entry.before.has_only(self.goal.names) {
                return Err(notes::shared_line(entry, self.goal.names));
            }
            let (with, comment) = entry.before.commented_out();
            answer.rows.push(RowEdit::Replace { row: entry.row, with });
            moves.line(entry.before.facts(), [comment]);
            answer.notes.extend(notes::other_family(&self, entry));
        }
        answer.moves = moves.into();
        if !answer.rows.is_empty() {
            answer.notes.extend(diagnostics::generated(self.text));
        }
        Ok(answer)
    }

    fn has_name(&self, entry: &Entry) -> bool {
        self.goal.names.iter().any(|name| entry.before.has(name))
    }

    /// True when the entry has one of the names and gives it an address that must go.
    pub(super) fn is_wrong(&self, entry: &Entry) -> bool {
        self.goal.unwanted(entry.before.address).is_some() && self.has_name(entry)
    }

    /// True when the entry has one of the names in a family that the request is about.
    fn is_about(&self, entry: &Entry) -> bool {
        let seen = |family: &Family| family.view(entry.before.address).is_some();
        Family::ALL.iter().filter(|family| self.goal.is_about(**family)).any(seen) && self.has_name(entry)
    }

    /// Refuses to take a name off a line that must keep it, and to take an IPv4 address that nobody spoke of.
    fn check(&self, entry: &Entry) -> Result<(), Refusal> {
        let address = entry.before.address;
        let has_kept = |name: &&Name| value::is_kept_on(name.as_bytes(), address) && entry.before.has(name);
        match self.goal.names.iter().find(has_kept) {
            Some(name) => Err(notes::kept_name(entry, name)),
            None if self.goal.takes_mapped(address) => Err(notes::mapped_line(entry)),
            None => Ok(()),
        }
    }

    /// Gives wrong lines whose names all move a needed address that has no line yet: only the address token changes.
    /// Lines of the address's own family come first; `::1` and mapped lines, which answer IPv4 too, serve where none is.
    fn readdress(&mut self) -> Result<(), Refusal> {
        let mut homeless: Vec<_> = self.goal.needed.iter().filter(|(a, _)| self.home(*a).is_none()).copied().collect();
        for own_family in [true, false] {
            for at in 0..self.entries.len() {
                let entry = &self.entries[at];
                let line = entry.before.address;
                let fits = |(address, _): &(IpAddr, _)| {
                    let family = Family::of(*address);
                    family.view(line).is_some() && (family == Family::of(line)) == own_family
                };
                let Some(found) = homeless.iter().position(fits) else { continue };
                if self.is_wrong(entry) && entry.before.has_only(self.goal.names) {
                    let (address, spelling) = homeless.remove(found);
                    check_written(address)?;
                    self.entries[at].after.iter_mut().for_each(|after| after.readdress(address, spelling));
                }
            }
        }
        Ok(())
    }

    /// Takes the names off the lines that give them a wrong address, and on request off lines that repeat a right one.
    fn withdraw_names(&mut self) {
        let goal = self.goal;
        let dedupe = self.manner.duplicates == Duplicates::Dedupe;
        let mut given: HashSet<(&Name, IpAddr)> = HashSet::new();
        for entry in &mut self.entries {
            let address = entry.before.address;
            let Some(after) = entry.after.as_mut() else { continue };
            let wrong = goal.unwanted(after.address).is_some();
            for name in goal.names.iter().filter(|name| entry.before.has(name)) {
                let kept = value::is_kept_on(name.as_bytes(), address);
                let repeated = dedupe && !kept && given.contains(&(name, after.address));
                if wrong || repeated {
                    after.remove(name);
                } else if dedupe {
                    given.insert((name, after.address));
                }
            }
            if after.canonical().is_none() && entry.before.canonical().is_some() {
                entry.after = None;
            }
        }
    }

    /// Brings names that lack a needed address to its first line, or to a new one.
    fn join(&mut self) -> Result<(), Refusal> {
        let goal = self.goal;
        for &(address, spelling) in &goal.needed {
            let lacking: Vec<&Name> = goal.names.iter().filter(|name| !self.answers(name, address)).collect();
            if lacking.is_empty() {
                continue;
            }
            match self.home(address).and_then(|home| self.entries[home].after.as_mut()) {
                Some(after) => join_line(after, &lacking, goal.names),
                None => {
                    check_written(address)?;
                    let (before_row, mut draft) = beside(self.text, address, spelling);
                    draft.rename(lacking.into_iter());
                    self.new.push((before_row, draft));
                }
            }
        }
        Ok(())
    }

    /// Ends an unended last line that the C library would misread: its last name would not be the one that stands there.
    fn end_misread(&mut self, touched: impl Fn(&Entry) -> bool) {
        let misread = |entry: &&mut Entry| entry.before.is_misread() && touched(entry);
        if let Some(after) = self.entries.last_mut().filter(misread).and_then(|entry| entry.after.as_mut()) {
            after.end(Ending::dominant(&self.text.contiguous()).bytes());
        }
    }

    fn answers(&self, name: &Name, address: IpAddr) -> bool {
        self.drafts().any(|draft| gives(draft.address, address) && draft.has(name))
    }

    /// The entries that matter as they will be.
    pub(super) fn drafts(&self) -> impl Iterator<Item = &Draft> {
        self.entries.iter().filter_map(|entry| entry.after.as_ref()).chain(self.new.iter().map(|(_, draft)| draft))
    }

    /// The first line of an address as it will be: only this one answers lookups by address.
    fn home(&self, address: IpAddr) -> Option<usize> {
        self.entries.iter().position(|entry| entry.after.as_ref().is_some_and(|after| after.address == address))
    }

    fn into_answer(self) -> Answer<Key> {
        let mut notes = notes::of(&self);
        let mut rows = Vec::new();
        let mut moves = Moves::default();
        for Entry { row, before, after, .. } in &self.entries {
            let was = before.bytes();
            let edit = match after.as_ref().map(Draft::bytes) {
                Some(with) if with == was => continue,
                Some(with) => RowEdit::Replace { row: *row, with },
                None => RowEdit::Drop { row: *row },
            };
            rows.push(edit);
            moves.line(before.facts(), after.iter().flat_map(Draft::facts));
        }
        let mut places: BTreeMap<usize, Vec<u8>> = BTreeMap::new();
        for (before, draft) in &self.new {
            places.entry(*before).or_default().extend(draft.bytes());
            moves.line([], draft.facts());
        }
        rows.extend(places.into_iter().map(|(before, lines)| RowEdit::Insert { before, lines }));
        if !rows.is_empty() {
            notes.extend(diagnostics::generated(self.text));
        }
        Answer { rows, moves: moves.into(), notes }
    }
}

/// All entries that have one of the names, and the first entry of each needed address.
fn entries(text: &Text<EtcHosts>, goal: &Goal<'_>) -> Vec<Entry> {
    let needle = Needle::new(goal.names);
    let mut homeless: Vec<(IpAddr, String)> = goal.needed.iter().map(|(a, _)| (*a, a.to_string())).collect();
    let mut entries = Vec::new();
    for row in text.rows().filter(|row| row.kind == Kind::Words) {
        let named = needle.may_be_in(row.bytes);
        if !named && !may_be_home(row.bytes, &homeless) {
            continue;
        }
        let Some(record) = Record::read(row) else { continue };
        let address = record.address();
        let home = homeless.iter().position(|(needed, _)| *needed == address);
        let named = named && goal.names.iter().any(|name| record.answers(name));
        if home.is_some() || named {
            if let Some(home) = home {
                homeless.swap_remove(home);
            }
            let draft = Draft::read(row.bytes);
            entries.extend(draft.map(|before| Entry {
                row: row.index,
                address_span: record.address_span(),
                after: Some(before.clone()),
                before,
            }));
        }
    }
    entries
}

/// An IPv4 address has one spelling; an IPv6 address has many, all with the same last group.
fn may_be_home(line: &[u8], homeless: &[(IpAddr, String)]) -> bool {
    let word = if homeless.is_empty() { &[][..] } else { address_word(line) };
    homeless.iter().any(|(address, spelling)| match address {
        IpAddr::V4(_) => word == spelling.as_bytes(),
        IpAddr::V6(v6) => ends_in(word, v6.segments()[7]),
    })
}

fn ends_in(word: &[u8], last: u16) -> bool {
    let Some(colon) = memchr::memrchr(b':', word) else { return false };
    let group = &word[colon + 1..];
    let digit = |value: u16, byte: &u8| Some(value << 4 | u16::try_from(char::from(*byte).to_digit(16)?).ok()?);
    group.contains(&b'.') || (group.len() <= 4 && group.iter().try_fold(0, digit) == Some(last))
}

/// Names that the key puts before the line's canonical name go before it, as the key is the order to write; all others
/// become aliases: a canonical name that the request does not speak of stays.
fn join_line(line: &mut Draft, lacking: &[&Name], order: &[Name]) {
    let rank = |name: &Name| order.iter().position(|other| other == name);
    let first = line.canonical().and_then(|word| order.iter().position(|name| name.is(word)));
    let (front, back): (Vec<&Name>, Vec<&Name>) = lacking.iter().partition(|name| rank(name) < first);
    front.into_iter().rev().for_each(|name| line.push_front(name));
    back.into_iter().for_each(|name| line.push(name));
}

/// A new entry and the row it goes before: behind the last entry of its family, else at the end, like its neighbour;
/// and behind any entry that answers lookups by the same address, `::1` those of 127.0.0.1 too: the first one does.
fn beside(text: &Text<EtcHosts>, address: IpAddr, spelling: &BString) -> (usize, Draft) {
    let last = |wanted: &dyn Fn(IpAddr) -> bool| {
        let is_wanted = |row: &usize| value::address(address_word(text.bytes_of(*row))).is_some_and(wanted);
        (0..text.len()).rev().find(is_wanted)
    };
    let v4 = Family::V4.view(address);
    let same = last(&|found| Family::of(found) == Family::of(address));
    let rival = last(&|found| v4.is_some() && Family::V4.view(found) == v4);
    let nearest = same.or_else(|| last(&|_| true)).map(|row| text.bytes_of(row));
    let ending = nearest.and_then(Ending::of).unwrap_or_else(|| Ending::dominant(&text.contiguous()));
    let neighbour = nearest.and_then(Draft::read);
    let draft = Draft::beside(neighbour.as_ref(), address, spelling, ending.bytes());
    (same.map_or(text.len(), |row| row.max(rival.unwrap_or(row)) + 1), draft)
}

/// A mapped address answers both families: written, it would give IPv4 queries an address that nobody asked for.
fn check_written(address: IpAddr) -> Result<(), Refusal> {
    if value::is_mapped(address) {
        return Err(Refusal::new(
            "address-mapped",
            format!("`{address}` is a mapped address: it answers IPv4 queries too"),
        )
        .help("write the IPv4 address itself"));
    }
    Ok(())
}

/// What goes and what comes, by subject.
#[derive(Default)]
struct Moves(BTreeMap<Subject<Key>, (Vec<BString>, Vec<BString>)>);

impl Moves {
    /// One line's part: a subject moves where this line says something else of it than before, even when another line
    /// makes up for it.
    fn line(&mut self, old: impl IntoIterator<Item = Fact<Key>>, new: impl IntoIterator<Item = Fact<Key>>) {
        let mut here = Self::default();
        old.into_iter().for_each(|fact| here.0.entry(fact.subject).or_default().0.push(fact.value));
        new.into_iter().for_each(|fact| here.0.entry(fact.subject).or_default().1.push(fact.value));
        for (subject, (from, to)) in here.0.into_iter().filter(|(_, (from, to))| from != to) {
            let moved = self.0.entry(subject).or_default();
            moved.0.extend(from);
            moved.1.extend(to);
        }
    }
}

impl From<Moves> for Vec<Move<Key>> {
    fn from(moves: Moves) -> Self {
        moves.0.into_iter().map(|(subject, (from, to))| Move { subject, from, to }).collect()
    }
}
