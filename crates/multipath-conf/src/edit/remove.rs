//! `unset` and `disable`: lines, and whole blocks.

use bstr::BString;
use kvmprep_lossless::{Answer, Diagnostic, Move, Refusal, Subject};

use super::{Editing, structure};
use crate::key::{Key, Selector};
use crate::outline::Entry;
use crate::statement::Statement;
use crate::{Kind, Table};

impl<'t> Editing<'t> {
    /// Takes out every live line of the key, or the block it names. A `multipath` left with its `wwid` alone stays: it
    /// is legal and silent (`multipath-only-wwid`).
    pub(super) fn unset(&self) -> Result<Answer<Key>, Refusal> {
        if self.key.name.is_none() {
            let blocks: Vec<usize> = self.outline.blocks_of(self.key).map(|(block, _)| block).collect();
            return self.take_out_blocks(&blocks);
        }
        self.not_identity()?;
        let mut answer = Answer::default();
        for entry in self.outline.lines_of(self.key) {
            self.take_out(entry, &mut answer)?;
        }
        self.mention_bindings(&mut answer);
        Ok(answer)
    }

    /// Turns every live line of the key into a comment.
    pub(super) fn disable(&self) -> Result<Answer<Key>, Refusal> {
        if self.key.name.is_none() {
            return Err(Refusal::new("not-a-setting", format!("`{}` is more than a line", self.key))
                .help(format!("`unset {}` takes the block out", self.key)));
        }
        self.not_identity()?;
        let mut answer = Answer::default();
        for entry in self.outline.lines_of(self.key) {
            let (edit, comment) = self.commented(&entry.row)?;
            answer.rows.push(edit);
            self.leaves(entry.row, self.entry_at(entry.row.index), &mut answer.moves);
            let old = Statement::of(entry.row.bytes, self.version).comment().map(BString::from);
            answer.moves.push(Move { subject: Subject::Comment, from: Vec::from_iter(old), to: vec![comment] });
        }
        self.mention_bindings(&mut answer);
        Ok(answer)
    }

    /// Takes the line of an entry out.
    pub(super) fn take_out(&self, entry: &Entry<'t>, answer: &mut Answer<Key>) -> Result<(), Refusal> {
        answer.rows.push(self.without(&entry.row)?);
        self.leaves(entry.row, self.entry_at(entry.row.index), &mut answer.moves);
        Ok(())
    }

    /// Takes blocks out, in their order; their comments stay where they are.
    pub(super) fn take_out_blocks(&self, blocks: &[usize]) -> Result<Answer<Key>, Refusal> {
        let mut answer = Answer::default();
        if blocks.is_empty() {
            return Ok(answer);
        }
        structure::check(self.text)?;
        let extents = blocks.iter().filter_map(|block| {
            let block = &self.outline.blocks[*block];
            Some(block.open?..=block.close?)
        });
        let mut extents = extents.peekable();
        for row in self.text.rows() {
            while extents.next_if(|extent| *extent.end() < row.index).is_some() {}
            let Some(extent) = extents.peek() else { break };
            match row.kind {
                _ if !extent.contains(&row.index) => {}
                Kind::Comment => {}
                Kind::Blank | Kind::Open | Kind::StrayOpen | Kind::Close | Kind::Setting => {
                    answer.rows.push(self.without(&row)?);
                    self.leaves(row, self.entry_at(row.index), &mut answer.moves);
                }
                _ => {
                    return Err(Refusal::new(
                        "dead-text",
                        "the block holds a line that the daemon does not understand",
                    )
                    .at(row.span())
                    .help("take that line out first, or write it so that it is understood"));
                }
            }
        }
        Ok(answer)
    }

    /// The place among all entries of the one that stands in a row.
    fn entry_at(&self, row: usize) -> Option<usize> {
        self.outline.entries.binary_search_by_key(&row, |entry| entry.row.index).ok()
    }

    /// Without an alias a map's name comes from the bindings file or is its wwid.
    fn mention_bindings(&self, answer: &mut Answer<Key>) {
        let is_alias = self.key.table == Table::Multipath && self.key.name == Some("alias");
        if is_alias && !answer.rows.is_empty() && self.key.block != Selector::None {
            let message = "names now come from /etc/multipath/bindings where user_friendly_names is on, and old ones may \
                           still stand there; else from the wwid";
            answer.notes.push(Diagnostic::note("bindings", message));
        }
    }
}
