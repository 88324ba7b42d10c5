//! What a reader holds when it has read its files, before it writes anything to the kernel.

use std::collections::{BTreeSet, HashMap};

use bstr::{BString, ByteSlice};
use kvmprep_lossless::Value;
use kvmprep_lossless::files::{Glob, Location};

use crate::grammar::{Assignment, Statement};
use crate::key::{self, Key, is_glob, leads_up, wanders};
use crate::reader::Reader;

/// An assignment, or an exclusion, which has no value.
#[derive(Clone, Debug)]
pub(crate) struct Held<'t> {
    pub key: Option<Key>,
    /// What the reader opens below /proc/sys.
    pub opened: BString,
    pub value: Option<&'t [u8]>,
    pub tolerant: bool,
    /// A pattern of procps that may lead through `.` and `..` to any key.
    pub wanders: bool,
    /// What is written is what was left in a buffer.
    pub is_garbage: bool,
    pub at: Location,
}

impl Held<'_> {
    /// The path that procps' glob(3) finds a key by, as the pattern is spelled: `vm//swappiness` by `vm//swap*`. `None`
    /// where only the kernel can tell.
    fn found_by(&self, key: &Key) -> Option<BString> {
        if self.wanders || leads_up(&self.opened) {
            return None;
        }
        let mut names = key.path().split_str("/");
        let name = |part: &[u8]| {
            if part.is_empty() || part == b"." { Some(part.to_vec()) } else { names.next().map(<[u8]>::to_vec) }
        };
        let spelled: Option<Vec<Vec<u8>>> = self.opened.split_str("/").map(name).collect();
        Some(bstr::join("/", spelled?).into())
    }

    /// The value, unless it hangs on what only the kernel knows.
    pub fn value_or_unknown(&self) -> Value {
        if leads_up(&self.opened) || self.wanders {
            Value::Unknown("the kernel's directories decide where `..` leads".to_owned())
        } else if self.is_garbage {
            Value::Unknown("a line without `=` writes what is left in a buffer".to_owned())
        } else {
            Value::Known(self.value.map(Into::into).into_iter().collect())
        }
    }
}

/// What the reader knows under one path: where it stands in its list, and the entry that counts.
struct Seat {
    order: usize,
    last: usize,
    tolerant: bool,
}

/// What became of an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Taken {
    /// It stands beside the others.
    Kept,
    /// It takes the place of an earlier one (case `duplicate`).
    Overwriting,
}

pub(crate) struct Loaded<'t> {
    reader: Reader,
    held: Vec<Held<'t>>,
    seats: HashMap<BString, Seat>,
    keys: HashMap<Key, Vec<usize>>,
    globs: Vec<usize>,
    /// Patterns that are excluded.
    excluded: Vec<BString>,
}

impl<'t> Loaded<'t> {
    pub fn new(reader: Reader) -> Self {
        Self {
            reader,
            held: Vec::new(),
            seats: HashMap::new(),
            keys: HashMap::new(),
            globs: Vec::new(),
            excluded: Vec::new(),
        }
    }

    /// Takes one statement in; `at` says where its value stands, or the whole of it when it has none.
    pub fn take(&mut self, statement: Statement<'t>, at: Location) -> Taken {
        let (name, value, tolerant) = match statement {
            Statement::Assignment(Assignment { tolerant, name, value }) => (name, Some(value), tolerant),
            Statement::Exclusion(name) => (name, None, false),
            Statement::Bare(name) => (name, Some(&b""[..]), false),
            Statement::Comment | Statement::Malformed => return Taken::Kept,
        };
        let (key, opened) = (Key::read(self.reader, name), self.reader.opened(name));
        let index = self.held.len();
        if let Some(key) = &key {
            self.keys.entry(key.clone()).or_default().push(index);
        }
        if is_glob(&opened) && value.is_some() && self.reader.knows_patterns() {
            self.globs.push(index);
        }
        if is_glob(&opened) && value.is_none() && self.reader.excludes_patterns() {
            self.excluded.push(opened.clone());
        }
        let taken = self.seat(&opened, value, tolerant, index);
        let wanders = self.reader.gets_past_spellings() && wanders(&opened);
        let is_garbage = matches!(statement, Statement::Bare(_));
        self.held.push(Held { key, opened, value, tolerant, wanders, is_garbage, at });
        taken
    }

    /// An equal value leaves the earlier one where it stands (case `duplicate-same`); another takes a place at the end.
    fn seat(&mut self, opened: &BString, value: Option<&[u8]>, tolerant: bool, index: usize) -> Taken {
        let fresh = Seat { order: index, last: index, tolerant };
        match self.seats.get_mut(opened) {
            None => {
                self.seats.insert(opened.clone(), fresh);
                Taken::Kept
            }
            Some(seat) if self.held[seat.last].value == value => {
                seat.last = index;
                seat.tolerant |= tolerant;
                Taken::Kept
            }
            Some(seat) => {
                *seat = fresh;
                Taken::Overwriting
            }
        }
    }

    /// The entries in the order of writing: procps all of them, systemd one a path.
    pub fn in_order(&self) -> Vec<(&Held<'t>, bool)> {
        match self.reader {
            Reader::Procps(_) => self.held.iter().map(|held| (held, held.tolerant)).collect(),
            Reader::Systemd(_) => {
                let mut seats: Vec<&Seat> = self.seats.values().collect();
                seats.sort_by_key(|seat| seat.order);
                seats.into_iter().map(|seat| (&self.held[seat.last], seat.tolerant)).collect()
            }
        }
    }

    /// True when the path has an entry of its own, which no glob touches (cases `explicit-then-glob`, `glob-exclude`), or is
    /// excluded by a pattern (case `glob-exclude-glob`).
    pub fn is_explicit(&self, path: &[u8]) -> bool {
        self.seats.contains_key(path) || self.is_excluded_by_pattern(path)
    }

    fn is_excluded_by_pattern(&self, path: &[u8]) -> bool {
        self.excluded.iter().any(|pattern| Glob::GNU.matches_text(pattern, path))
    }

    /// All assignments of a key, in order.
    pub fn assignments(&self, key: &Key) -> impl Iterator<Item = &Held<'t>> {
        let places = self.keys.get(key).into_iter().flatten().map(|index| &self.held[*index]);
        places.filter(|held| held.value.is_some())
    }

    /// All assignments of a key and of patterns that reach it, in order.
    pub fn places(&self, key: &Key) -> impl Iterator<Item = &Held<'t>> {
        let explicit = self.keys.get(key).into_iter().flatten().copied();
        let reaching = self.globs.iter().copied().filter(|index| self.reaches(*index, key));
        let places: BTreeSet<usize> = explicit.chain(reaching).collect();
        places.into_iter().map(|index| &self.held[index]).filter(|held| held.value.is_some())
    }

    /// True when a pattern would reach the key, were it one to this reader.
    pub fn is_reached_in_vain(&self, key: &Key) -> bool {
        let is_pattern = |held: &Held<'t>| held.value.is_some() && is_glob(&held.opened);
        let mut patterns = self.held.iter().filter(|held| !self.reader.knows_patterns() && is_pattern(held));
        patterns.any(|held| key::matches(&held.opened, key.path()))
    }

    /// True when a line keeps patterns off the key.
    pub fn is_excluded(&self, key: &Key) -> bool {
        let mut entries = self.keys.get(key).into_iter().flatten();
        entries.any(|index| self.held[*index].value.is_none()) || self.is_excluded_by_pattern(key.path())
    }

    /// The key of every assignment, in order.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.held.iter().filter(|held| held.value.is_some()).filter_map(|held| held.key.as_ref())
    }

    /// The entry whose value a key has in the end.
    ///
    /// systemd drops a setting that is excluded behind it; procps keeps it (case `explicit-then-exclude`). Globs
    /// reach keys without an entry of their own, and the later one wins (case `glob-two`). procps compares paths as
    /// they are spelled, so a glob does reach `vm..swappiness`, and `vm..*` any key.
    pub fn winner(&self, key: &Key) -> Option<&Held<'t>> {
        let last_glob = |reaches: &dyn Fn(usize) -> bool| {
            let counts = |index: &&usize| self.counts(**index) && self.reaches(**index, key) && reaches(**index);
            let matching = self.globs.iter().filter(counts);
            matching.max_by_key(|index| self.order(**index)).copied()
        };
        let explicit = || self.keys.get(key)?.iter().rfind(|index| self.held[**index].value.is_some()).copied();
        let winner = match (self.reader, self.seats.get(key.path())) {
            (Reader::Procps(_), _) if self.reader.knows_patterns() => {
                explicit().max(last_glob(&|index| self.gets_past(index, key)))
            }
            (Reader::Procps(_), _) => explicit(),
            (Reader::Systemd(_), _) if !self.reader.simplifies() => self.last_written(key),
            (Reader::Systemd(_), Some(seat)) => Some(seat.last),
            (Reader::Systemd(_), None) => last_glob(&|_| true),
        };
        winner.map(|index| &self.held[index]).filter(|held| held.value.is_some())
    }

    /// Of several spellings, each of which is written, the one that is written last.
    fn last_written(&self, key: &Key) -> Option<usize> {
        let written = self.keys.get(key)?.iter().filter(|index| self.counts(**index));
        written.max_by_key(|index| self.order(**index)).copied()
    }

    /// True where the path that a pattern finds the key by has no entry of its own.
    fn gets_past(&self, glob: usize, key: &Key) -> bool {
        self.held[glob].found_by(key).is_none_or(|path| !self.is_explicit(&path))
    }

    /// False where a later entry of the same path, an exclusion too, takes the place of this one.
    fn counts(&self, index: usize) -> bool {
        self.reader.is_procps() || self.seats[&self.held[index].opened].last == index
    }

    fn reaches(&self, glob: usize, key: &Key) -> bool {
        let Held { key: pattern, wanders, .. } = &self.held[glob];
        let matches = |pattern: &Key| key::matches(pattern.path(), key.path());
        !key.is_glob() && (*wanders || pattern.as_ref().is_some_and(matches))
    }

    fn order(&self, index: usize) -> usize {
        match self.reader {
            Reader::Procps(_) => index,
            Reader::Systemd(_) => self.seats[&self.held[index].opened].order,
        }
    }
}
