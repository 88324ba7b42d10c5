use std::net::IpAddr;

use bstr::{BStr, ByteSlice};
use kvmprep_lossless::{RowRef, Span, Text};

use crate::grammar::{Line, Needle, is_misread, place};
use crate::key::Name;
use crate::syntax::{EtcHosts, Kind};
use crate::value;

/// A line that is read: an address and its names. Lines without a valid address are no records, the C library skips
/// them (case `malformed-skipped`).
#[derive(Clone, Copy, Debug)]
pub struct Record<'t> {
    row: RowRef<'t, EtcHosts>,
    line: Line<'t>,
    address: IpAddr,
}

impl<'t> Record<'t> {
    /// The record that a row is, if it is one.
    pub(crate) fn read(row: RowRef<'t, EtcHosts>) -> Option<Self> {
        let words = row.kind == Kind::Words;
        let line = words.then(|| Line::read(row.bytes))?;
        Some(Self { row, line, address: value::address(line.address)? })
    }

    /// The number of its row.
    pub fn row(&self) -> usize {
        self.row.index
    }

    /// The whole line, its ending included.
    pub fn span(&self) -> Span {
        self.row.span()
    }

    /// Its address, whatever its spelling.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// Where the address stands.
    pub fn address_span(&self) -> Span {
        self.place(self.line.address)
    }

    /// Its names as spelled, the canonical one first, and where they stand. A record without names answers lookups of
    /// its address with the empty string (case `address-only`).
    pub fn names(&self) -> impl Iterator<Item = (&'t BStr, Span)> + use<'t> {
        let this = *self;
        self.line.words().map(move |word| (word.as_bstr(), this.place(word)))
    }

    /// The first name: the answer to lookups by address.
    pub fn canonical(&self) -> Option<&'t BStr> {
        self.line.words().next().map(BStr::new)
    }

    /// The comment behind the names, from its mark on.
    pub fn comment(&self) -> Option<(&'t BStr, Span)> {
        let comment = self.line.comment;
        comment.starts_with(b"#").then(|| (comment.as_bstr(), self.place(comment)))
    }

    /// True where the C library takes other words from the line than stand there: it begins with blanks, and neither LF
    /// nor comment follows its last word.
    pub fn is_misread(&self) -> bool {
        is_misread(self.row.bytes) && self.line.comment.is_empty()
    }

    /// True when a lookup of the name finds this record.
    pub(crate) fn answers(&self, name: &Name) -> bool {
        self.line.words().any(|word| name.is(word)) || (self.canonical().is_none() && name.is(b""))
    }

    fn place(&self, part: &[u8]) -> Span {
        place(self.row.at, self.row.bytes, part)
    }
}

/// The records of a file in order.
pub fn records(text: &Text<EtcHosts>) -> impl Iterator<Item = Record<'_>> {
    text.rows().filter_map(Record::read)
}

/// The records that have one of these names, in one cheap pass.
pub(crate) fn records_named<'t>(text: &'t Text<EtcHosts>, names: &[Name]) -> impl Iterator<Item = Record<'t>> {
    let needle = Needle::new(names);
    text.rows()
        .filter(move |row| row.kind == Kind::Words && needle.may_be_in(row.bytes))
        .filter_map(Record::read)
        .filter(move |record| names.iter().any(|name| record.answers(name)))
}
