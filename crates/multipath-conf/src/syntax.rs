use std::fmt;

use kvmprep_lossless::{Fact, Reading, RowRef, Run, Syntax};

use crate::key::Key;
use crate::outline::Outline;
use crate::statement::{Statement, classify};
use crate::{Table, Version, lexer};

/// The dialect: how the daemon of a version of multipath-tools reads the file.
///
/// The tokenizer and the block reader did not change from 0.9.4 to 0.14.3; a version decides which keywords there are
/// and what values can be spelled. Distributions that carry later keywords back are not told apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Multipath {
    /// The version that reads the file.
    pub version: Version,
}

/// What sort of logical line a row is, to the table it stands in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Nothing but blanks.
    Blank,
    /// Nothing but a comment.
    Comment,
    /// The name of a section or block: the reader descends, with or without a brace (`brace-missing`).
    Open,
    /// A `}` that ends a section or block.
    Close,
    /// A `}` with nothing to end.
    Unmatched,
    /// A `{` that begins nothing.
    StrayOpen,
    /// A keyword of this table, with a value.
    Setting,
    /// A keyword without a value: skipped, whatever it is.
    Valueless,
    /// A word that is no keyword of this table.
    Unknown,
    /// A name that is none of this table, where a block was meant: what follows is read in this table, and its `}`
    /// ends the section around it (`unknown-subsection-closes`).
    UnknownBlock,
}

/// The one reader: `multipath`, `multipathd` and their library share the code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Daemon;

impl fmt::Display for Daemon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("multipathd")
    }
}

impl Syntax for Multipath {
    type State = Table;
    type Kind = Kind;

    #[inline]
    fn step(&self, text: &[u8], at: usize, state: &mut Table) -> (usize, Kind) {
        let rest = &text[at..];
        let end = lexer::line_end(rest);
        let (kind, table) = classify(&rest[..end], *state, self.version);
        *state = table;
        (at + end, kind)
    }
}

impl Reading for Multipath {
    type Key = Key;
    type Reader = Daemon;

    fn readers(&self) -> &[Daemon] {
        &[Daemon]
    }

    /// A block is known by lines that may stand anywhere in it.
    fn is_border(&self, state: &Table) -> bool {
        state.identity().is_empty()
    }

    fn facts(&self, _: Daemon, run: Run<'_, Self>, found: &mut Vec<Fact<Key>>) {
        let outline = Outline::of(run, self.version);
        let mut next = 0;
        for row in run.rows() {
            let entry = outline.entries.get(next).filter(|entry| entry.row.index == row.index).map(|_| next);
            next += usize::from(entry.is_some());
            row_facts(&outline, row, entry, found);
        }
    }
}

/// The facts of one row; `entry` is its place among the entries of the outline.
pub(crate) fn row_facts(
    outline: &Outline<'_>,
    row: RowRef<'_, Multipath>,
    entry: Option<usize>,
    found: &mut Vec<Fact<Key>>,
) {
    if row.kind == Kind::Blank && row.bytes.trim_ascii().is_empty() {
        return;
    }
    let statement = Statement::of(row.bytes);
    let is_understood = match entry {
        Some(entry) => entry_fact(outline, entry, found),
        None => matches!(row.kind, Kind::Blank | Kind::Comment | Kind::Open | Kind::Close),
    };
    if !is_understood {
        found.push(Fact::opaque(statement.text()));
    } else if let Some(extra) = statement.extra {
        found.push(Fact::opaque(extra.of(row.bytes)));
    }
    found.extend(statement.comment().map(Fact::comment));
    found.extend(statement.unseen.map(|span| Fact::opaque(span.of(row.bytes))));
}

/// The fact of a line with a known keyword, unless it is dead. A `device` of a blacklist is one item, told at its last
/// line.
fn entry_fact(outline: &Outline<'_>, place: usize, found: &mut Vec<Fact<Key>>) -> bool {
    let entry = &outline.entries[place];
    let block = &outline.blocks[entry.block];
    if let Some(key) = outline.key(entry) {
        found.push(Fact::setting(key, entry.value.as_ref()));
        return true;
    }
    let Some(item) = &block.identity else { return false };
    if outline.ends_block(place) {
        found.push(Fact::setting(Key::items(block.table), item.text(block.table)));
    }
    item.0.iter().flatten().any(|value| value == entry.value.as_ref())
}
