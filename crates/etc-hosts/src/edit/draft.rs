//! An entry in pieces that can be edited; printed unedited, it is the line as it was.

use std::net::IpAddr;

use kvmprep_lossless::Fact;

use crate::grammar::Line;
use crate::key::{Key, Name};
use crate::reading::entry_facts;
use crate::value;

#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) address: IpAddr,
    lead: Vec<u8>,
    spelling: Vec<u8>,
    names: Vec<Spaced>,
    tail: Vec<u8>,
    comment: Vec<u8>,
    ending: Vec<u8>,
}

/// A name and the blanks before it.
#[derive(Clone, Debug)]
struct Spaced {
    blank: Vec<u8>,
    name: Vec<u8>,
}

impl Draft {
    /// The entry that a line is, if it is one.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let line = Line::read(bytes);
        let names = line.spaced().map(|s| Spaced { blank: s.blank.to_vec(), name: s.name.to_vec() });
        Some(Self {
            address: value::address(line.address)?,
            lead: line.lead.to_vec(),
            spelling: line.address.to_vec(),
            names: names.collect(),
            tail: line.tail().to_vec(),
            comment: line.comment.to_vec(),
            ending: line.ending.to_vec(),
        })
    }

    /// A new entry in the style of a neighbour: its blanks before the address, its column or TAB behind it, its
    /// separator between names.
    pub(crate) fn beside(neighbour: Option<&Self>, address: IpAddr, spelling: &[u8], ending: &[u8]) -> Self {
        let (lead, was, names) = match neighbour {
            Some(Self { lead, spelling, names, .. }) => (lead.clone(), spelling.clone(), names.clone()),
            None => Default::default(),
        };
        let (tail, comment, ending) = (Vec::new(), Vec::new(), ending.to_vec());
        let mut draft = Self { address, lead, spelling: was, names, tail, comment, ending };
        draft.readdress(address, spelling);
        draft
    }

    /// Puts these names in the place of all that are there, separated as those were.
    pub(crate) fn rename<'n>(&mut self, names: impl Iterator<Item = &'n Name>) {
        let first = self.names.first().map_or(SPACE, |first| &first.blank).to_vec();
        let tabbed = first.starts_with(b"\t");
        let between = self.names.get(1).map_or(if tabbed { b"\t" } else { SPACE }, |second| &second.blank).to_vec();
        let blanks = std::iter::once(first).chain(std::iter::repeat(between));
        let spaced = |(name, blank): (&Name, Vec<u8>)| Spaced { blank, name: name.as_bytes().to_vec() };
        self.names = names.zip(blanks).map(spaced).collect();
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &[u8]> + Clone {
        self.names.iter().map(|spaced| spaced.name.as_slice())
    }

    pub(crate) fn canonical(&self) -> Option<&[u8]> {
        self.names().next()
    }

    pub(crate) fn has(&self, name: &Name) -> bool {
        self.names().any(|word| name.is(word))
    }

    /// True when the entry has no name that is not among these.
    pub(crate) fn has_only(&self, names: &[Name]) -> bool {
        self.names().all(|word| names.iter().any(|name| name.is(word)))
    }

    /// True where the C library would read bytes of the line's end twice, and not in a comment.
    pub(crate) fn is_misread(&self) -> bool {
        !self.lead.is_empty() && self.comment.is_empty() && !self.ending.ends_with(b"\n")
    }

    pub(crate) fn end(&mut self, ending: &[u8]) {
        self.ending = ending.to_vec();
    }

    pub(crate) fn comment(&self) -> &[u8] {
        &self.comment
    }

    /// Writes another address; names that stood in a column keep it while there is room, a TAB stays a TAB.
    pub(crate) fn readdress(&mut self, address: IpAddr, spelling: &[u8]) {
        if let Some(first) = self.names.first_mut() {
            keep_column(&mut first.blank, self.spelling.len(), spelling.len());
        }
        self.address = address;
        self.spelling = spelling.to_vec();
    }

    /// Takes a name out in all spellings and repeats, with the blanks before it; what is first then stands where the
    /// first name stood (case `alias-repeated`).
    pub(crate) fn remove(&mut self, name: &Name) {
        let first = self.names.first().map(|first| first.blank.clone());
        self.names.retain(|spaced| !name.is(&spaced.name));
        if let (Some(first), Some(now)) = (first, self.names.first_mut()) {
            now.blank = first;
        }
    }

    /// Puts a name behind the last one.
    pub(crate) fn push(&mut self, name: &Name) {
        let blank = self.separator();
        self.grow(blank.len() + name.as_bytes().len());
        self.names.push(Spaced { blank, name: name.as_bytes().to_vec() });
    }

    /// Puts a name before all others: it becomes the canonical one.
    pub(crate) fn push_front(&mut self, name: &Name) {
        let between = self.separator();
        let blank = self.names.first().map_or(SPACE.to_vec(), |first| first.blank.clone());
        self.grow(between.len() + name.as_bytes().len());
        if let Some(first) = self.names.first_mut() {
            first.blank = between;
        }
        self.names.insert(0, Spaced { blank, name: name.as_bytes().to_vec() });
    }

    fn separator(&self) -> Vec<u8> {
        match self.names.as_slice() {
            [.., _, last] => last.blank.clone(),
            _ => SPACE.to_vec(),
        }
    }

    /// A comment that stands in a column keeps it while there is room.
    fn grow(&mut self, by: usize) {
        if !self.comment.is_empty() {
            keep_column(&mut self.tail, 0, by);
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = [self.lead.as_slice(), &self.spelling].concat();
        for Spaced { blank, name } in &self.names {
            bytes.extend_from_slice(blank);
            bytes.extend_from_slice(name);
        }
        for part in [&self.tail, &self.comment, &self.ending] {
            bytes.extend_from_slice(part);
        }
        bytes
    }

    /// The line as a comment, its indentation kept.
    pub(crate) fn commented_out(&self) -> (Vec<u8>, Fact<Key>) {
        let line = self.bytes();
        let (lead, text) = line.split_at(self.lead.len());
        let comment = &text[..text.len() - self.ending.len()];
        ([lead, b"#", text].concat(), Fact::comment([b"#", comment].concat()))
    }

    /// What the entry says, by its pieces and not by its bytes: an edit is declared from here, and what the core reads
    /// in the bytes has to agree.
    pub(crate) fn facts(&self) -> impl Iterator<Item = Fact<Key>> {
        let comment = (!self.comment.is_empty()).then(|| match self.comment.first() {
            Some(b'#') => Fact::comment(self.comment.clone()),
            _ => Fact::opaque(self.comment.clone()),
        });
        entry_facts(self.address, self.names()).chain(comment)
    }
}

const SPACE: &[u8] = b" ";

/// Spaces in a run of two or more are a column: what grows before them takes from them, down to one. One space, and
/// any run with a TAB, is a separator and stays.
fn keep_column(blank: &mut Vec<u8>, before: usize, after: usize) {
    if blank.len() >= 2 && blank.iter().all(|&byte| byte == b' ') {
        let room = (before + blank.len()).saturating_sub(after).max(1);
        blank.resize(room, b' ');
    }
}
