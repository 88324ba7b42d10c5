use std::fmt;

use kvmprep_lossless::{Fact, Reading, Run, Syntax};

use crate::key::Key;
use crate::outline::{Entry, Outline};
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
        let mut entries = outline.entries.iter().peekable();
        for row in run.rows() {
            let statement = Statement::of(row.bytes);
            if let Some(entry) = entries.next_if(|entry| entry.row.index == row.index) {
                let ends_block = entries.peek().is_none_or(|next| next.block != entry.block);
                entry_facts(&outline, entry, &statement, ends_block, found);
            } else if !matches!(row.kind, Kind::Blank | Kind::Comment | Kind::Open | Kind::Close) {
                found.push(Fact::opaque(statement.text()));
            } else if let Some(extra) = statement.extra {
                found.push(Fact::opaque(extra.of(row.bytes)));
            }
            found.extend(statement.comment().map(Fact::comment));
            found.extend(statement.unseen.map(|span| Fact::opaque(span.of(row.bytes))));
        }
    }
}

/// The facts of a line with a known keyword; a `device` of a blacklist is one item, told at its last line.
fn entry_facts(
    outline: &Outline<'_>,
    entry: &Entry<'_>,
    statement: &Statement<'_>,
    ends_block: bool,
    found: &mut Vec<Fact<Key>>,
) {
    let block = &outline.blocks[entry.block];
    match (outline.key(entry), &block.identity) {
        (Some(key), _) => found.push(Fact::setting(key, entry.value.as_ref())),
        (None, Some(item)) => {
            if !item.0.iter().any(|value| value.as_deref().is_some_and(|value| value == entry.value.as_ref())) {
                found.push(Fact::opaque(statement.text()));
            }
            if ends_block {
                found.push(Fact::setting(Key::items(block.table), item.text(block.table)));
            }
        }
        (None, None) => {
            found.push(Fact::opaque(statement.text()));
            return;
        }
    }
    found.extend(statement.extra.map(|extra| Fact::opaque(extra.of(statement.line))));
}
