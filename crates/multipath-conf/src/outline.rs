//! Blocks and live settings of some rows, in one pass.

use std::borrow::Cow;

use bstr::BString;
use kvmprep_lossless::{RowRef, Run, Span};

use crate::key::{Identity, Key, Selector};
use crate::statement::{self, Statement};
use crate::vocabulary::{Keyword, Taken};
use crate::{Kind, Multipath, Table, Version};

/// A section, or a block inside one.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) table: Table,
    /// The row that opens it; `None` where the run begins inside of it.
    pub(crate) open: Option<usize>,
    /// Where its name stands in the printed text.
    pub(crate) at: Option<Span>,
    /// The row that closes it.
    pub(crate) close: Option<usize>,
    /// The section it stands in.
    pub(crate) parent: Option<usize>,
    /// The values it is known by; `None` for a section, and where the daemon drops the block.
    pub(crate) identity: Option<Identity>,
}

/// A line that the daemon hands to a handler.
#[derive(Clone, Debug)]
pub(crate) struct Entry<'t> {
    pub(crate) row: RowRef<'t, Multipath>,
    pub(crate) block: usize,
    pub(crate) keyword: &'static Keyword,
    pub(crate) value: Cow<'t, [u8]>,
    /// The value with its quotes, within the row.
    pub(crate) span: Span,
    /// Who reads it.
    pub(crate) version: Version,
}

impl Entry<'_> {
    /// What the handler makes of the value.
    pub(crate) fn taken(&self) -> Taken<'_> {
        self.keyword.take(&self.value, self.version)
    }

    /// Where the value stands in the printed text.
    pub(crate) fn place(&self) -> Span {
        self.span.shifted(self.row.at)
    }
}

/// Everything live in a run, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outline<'t> {
    /// Who reads it.
    pub(crate) version: Version,
    pub(crate) blocks: Vec<Block>,
    pub(crate) entries: Vec<Entry<'t>>,
}

impl<'t> Outline<'t> {
    pub(crate) fn of(run: Run<'t, Multipath>, version: Version) -> Self {
        let mut outline = Self { version, ..Self::default() };
        let mut open: Vec<usize> = Vec::new();
        let mut first_entry = 0;
        for row in run.rows() {
            let table = *row.within;
            if table != Table::Top && open.last().is_none_or(|block| outline.blocks[*block].table != table) {
                outline.open(&mut open, table, None);
            }
            match row.kind {
                Kind::Open => {
                    let (_, child) = statement::classify(row.bytes, table, version);
                    outline.open(&mut open, child, Some(row));
                    first_entry = outline.entries.len();
                }
                Kind::Close => {
                    if let Some(block) = open.pop() {
                        outline.blocks[block].close = Some(row.index);
                        outline.identify(block, first_entry);
                    }
                }
                Kind::Setting => outline.setting(row, open.last().copied(), version),
                _ => {}
            }
        }
        // A block that the file never closes is known by its lines all the same (`missing-close-nested`).
        if let Some(block) = open.last() {
            outline.identify(*block, first_entry);
        }
        outline
    }

    fn open(&mut self, open: &mut Vec<usize>, table: Table, row: Option<RowRef<'t, Multipath>>) {
        let parent = open.last().copied().filter(|parent| self.blocks[*parent].table == table.parent());
        open.push(self.blocks.len());
        let at = row.map(|row| Statement::of(row.bytes, self.version).keyword.shifted(row.at));
        self.blocks.push(Block { table, open: row.map(|row| row.index), at, close: None, parent, identity: None });
    }

    fn setting(&mut self, row: RowRef<'t, Multipath>, block: Option<usize>, version: Version) {
        let statement = Statement::of(row.bytes, version);
        let keyword = row.within.keyword(statement.name(), version);
        if let (Some(block), Some(keyword), Some(span)) = (block, keyword, statement.value) {
            self.entries.push(Entry { row, block, keyword, value: statement.decoded(), span, version });
        }
    }

    /// Reads the values a block is known by off its lines; the last that its handler takes counts.
    fn identify(&mut self, block: usize, first_entry: usize) {
        let table = self.blocks[block].table;
        let names = table.identity();
        if names.is_empty() {
            return;
        }
        let mut values: Vec<Option<BString>> = vec![None; names.len()];
        for entry in self.entries[first_entry..].iter().filter(|entry| entry.block == block) {
            let place = names.iter().position(|name| *name == entry.keyword.name);
            if let (Some(place), true) = (place, entry.taken().counts()) {
                values[place] = Some(entry.value.as_ref().into());
            }
        }
        self.blocks[block].identity = Some(Identity(values.into())).filter(|identity| identity.is_kept(table));
    }

    /// The key of an entry; `None` in a block that the daemon drops, and in one that is an item of a list.
    pub(crate) fn key(&self, entry: &Entry<'_>) -> Option<Key> {
        let block = &self.blocks[entry.block];
        match (block.table, &block.identity) {
            (table, _) if table.is_item() => None,
            (table, _) if table.identity().is_empty() => Some(Key::setting(table, entry.keyword.means)),
            (table, identity) => Some(Key::in_block(table, identity.clone()?, entry.keyword.means)),
        }
    }

    /// The entry on whose line a place of the printed text is.
    pub(crate) fn entry_at(&self, place: Span) -> Option<&Entry<'t>> {
        let before = self.entries.partition_point(|entry| entry.row.at <= place.start);
        self.entries[..before].last().filter(|entry| place.end <= entry.row.span().end)
    }

    /// The block whose name stands at a place of the printed text.
    pub(crate) fn block_at(&self, place: Span) -> Option<&Block> {
        let before = self.blocks.partition_point(|block| block.at.is_none_or(|at| at.start <= place.start));
        self.blocks[..before].last().filter(|block| block.at == Some(place))
    }

    /// True for the last entry of its block.
    pub(crate) fn ends_block(&self, entry: usize) -> bool {
        self.entries.get(entry + 1).is_none_or(|next| next.block != self.entries[entry].block)
    }

    /// True where the key names this block.
    pub(crate) fn selects(&self, key: &Key, block: usize) -> bool {
        let block = &self.blocks[block];
        block.table == key.table
            && match &key.block {
                Selector::None => true,
                Selector::All => block.identity.is_some(),
                Selector::Of(wanted) => block.identity.as_ref() == Some(wanted),
            }
    }

    /// Every live line of the key, in order, with its place among the entries.
    pub(crate) fn lines_of<'o>(&'o self, key: &'o Key) -> impl Iterator<Item = &'o Entry<'t>> {
        let name = key.name;
        self.entries.iter().filter(move |entry| Some(entry.keyword.means) == name && self.selects(key, entry.block))
    }

    /// The blocks that a key names, in order.
    pub(crate) fn blocks_of<'o>(&'o self, key: &'o Key) -> impl Iterator<Item = (usize, &'o Block)> {
        self.blocks.iter().enumerate().filter(|(index, block)| {
            self.selects(key, *index) && (block.identity.is_some() || block.table.identity().is_empty())
        })
    }
}
