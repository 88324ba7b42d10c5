//! Where new lines go, and how they look: like their neighbours.

use kvmprep_lossless::lines::{Ending, indentation};
use kvmprep_lossless::{Refusal, RowEdit};

use super::Editing;
use super::line::too_long;
use crate::key::Identity;
use crate::lexer::LONGEST;
use crate::outline::{Block, Entry};
use crate::statement::Statement;
use crate::{Kind, Table, value};

/// A keyword and its written value.
pub(super) type Pair<'a> = (&'a str, Vec<u8>);

/// How the lines of a block are written.
struct Style {
    indent: Vec<u8>,
    gap: Gap,
}

/// What stands between a keyword and its value.
enum Gap {
    /// Spaces up to this offset behind the indentation.
    Column(usize),
    /// These blanks.
    Blanks(Vec<u8>),
}

impl Style {
    fn indented(indent: Vec<u8>) -> Self {
        Self { indent, gap: Gap::Blanks(b" ".to_vec()) }
    }

    /// The line of a setting, without its end.
    fn line(&self, (name, written): &Pair<'_>) -> Vec<u8> {
        let gap = match &self.gap {
            Gap::Column(column) => vec![b' '; column.saturating_sub(name.len()).max(1)],
            Gap::Blanks(blanks) => blanks.clone(),
        };
        [self.indent.as_slice(), name.as_bytes(), &gap, written].concat()
    }
}

impl<'t> Editing<'t> {
    /// Puts settings into a live section or block: behind its last entry that `beside` takes, else behind its last
    /// entry, else right below its opening line.
    pub(super) fn insert_into(
        &self,
        block: usize,
        pairs: &[Pair<'_>],
        beside: impl Fn(&Entry<'t>) -> bool,
    ) -> Result<RowEdit, Refusal> {
        let mut own = self.outline.entries.iter().filter(|entry| entry.block == block).rev().peekable();
        let last = own.peek().copied();
        let neighbour = own.find(|entry| beside(entry)).or(last);
        let row = neighbour.map_or_else(|| self.below_opening(&self.outline.blocks[block]), |entry| entry.row.index);
        let style = neighbour.map_or_else(|| self.style_inside(block), |entry| self.style_of(entry));
        let lines: Vec<Vec<u8>> = pairs.iter().map(|pair| style.line(pair)).collect();
        self.insert(row + 1, lines)
    }

    /// Puts a block into the last live section of its table, or a section with it behind the last line.
    pub(super) fn insert_blocks(
        &self,
        table: Table,
        blocks: &[(Identity, Option<Pair<'_>>)],
    ) -> Result<RowEdit, Refusal> {
        let section = self.section(table.parent());
        let sibling = section.and_then(|section| {
            self.outline.blocks.iter().rposition(|block| block.parent == Some(section) && block.table == table)
        });
        let outer = match (section, sibling) {
            (_, Some(sibling)) => self.opening_indent(sibling),
            (Some(section), None) => self.style_inside(section).indent,
            (None, None) => self.unit(),
        };
        let style = match sibling.and_then(|block| self.outline.entries.iter().rfind(|entry| entry.block == block)) {
            Some(entry) => self.style_of(entry),
            None => Style::indented([outer.as_slice(), &self.unit()].concat()),
        };
        let close = sibling.and_then(|block| self.outline.blocks[block].close);
        let close = close.map_or_else(|| outer.clone(), |row| indentation(self.text.bytes_of(row)).to_vec());
        let mut lines = Vec::new();
        for (identity, pair) in blocks {
            lines.push([outer.as_slice(), self.opening(table, sibling).as_slice()].concat());
            for (name, value) in table.identity().iter().zip(identity.0.iter()) {
                if let Some(value) = value {
                    let quoted = self.quotes_identity(table, name);
                    lines.push(style.line(&(name, value::written(value, quoted, self.version)?)));
                }
            }
            lines.extend(pair.iter().map(|pair| style.line(pair)));
            lines.push([close.as_slice(), b"}"].concat());
        }
        match section {
            Some(section) => self.insert(self.block_place(section, sibling), lines),
            None => self.append_section(table.parent(), lines),
        }
    }

    /// Appends a section with these settings.
    pub(super) fn append_settings(&self, table: Table, pairs: &[Pair<'_>]) -> Result<RowEdit, Refusal> {
        let style = Style::indented(self.unit());
        self.append_section(table, pairs.iter().map(|pair| style.line(pair)).collect())
    }

    /// The last live section of a table.
    pub(super) fn section(&self, table: Table) -> Option<usize> {
        self.outline.blocks.iter().rposition(|block| block.table == table)
    }

    fn append_section(&self, table: Table, body: Vec<Vec<u8>>) -> Result<RowEdit, Refusal> {
        let mut lines = Vec::new();
        if self.separates_sections() {
            lines.push(Vec::new());
        }
        lines.push(self.opening(table, self.outline.blocks.iter().rposition(|block| block.parent.is_none())));
        lines.extend(body);
        lines.push(b"}".to_vec());
        self.insert(self.text.len(), lines)
    }

    /// Whole lines before a row, ended as the line before them is.
    fn insert(&self, before: usize, lines: Vec<Vec<u8>>) -> Result<RowEdit, Refusal> {
        if lines.iter().any(|line| line.len() + 1 > LONGEST) {
            return Err(too_long());
        }
        let above = before.checked_sub(1).and_then(|row| Ending::of(self.text.bytes_of(row)));
        let ending = above.unwrap_or_else(|| Ending::dominant(&self.text.contiguous()));
        let lines = lines.into_iter().flat_map(|line| [line, ending.bytes().to_vec()].concat()).collect();
        Ok(RowEdit::Insert { before, lines })
    }

    /// The row below which the lines of a block begin: its opening one, or the brace on the next (`brace-next-line`).
    fn below_opening(&self, block: &Block) -> usize {
        let open = block.open.unwrap_or_default();
        let brace = self.text.row(open + 1).filter(|row| row.kind == Kind::StrayOpen);
        brace.map_or(open, |row| row.index)
    }

    /// Before which row a further block of a section goes.
    fn block_place(&self, section: usize, sibling: Option<usize>) -> usize {
        let block = &self.outline.blocks[section];
        let behind = sibling.and_then(|sibling| self.outline.blocks[sibling].close);
        behind.map_or_else(|| block.close.unwrap_or(self.text.len()), |close| close + 1)
    }

    fn opening_indent(&self, block: usize) -> Vec<u8> {
        let open = self.outline.blocks[block].open;
        open.map_or_else(Vec::new, |row| indentation(self.text.bytes_of(row)).to_vec())
    }

    /// `name {`, with the gap of a neighbour that has its brace on the same line.
    fn opening(&self, table: Table, neighbour: Option<usize>) -> Vec<u8> {
        let row = neighbour.and_then(|block| self.outline.blocks[block].open);
        let line = row.map_or(&b""[..], |row| self.text.bytes_of(row));
        let statement = Statement::of(line, self.version);
        let gap = match statement.value {
            Some(brace) if brace.of(line) == b"{" => &line[statement.keyword.end..brace.start],
            _ => b" ",
        };
        [table.name().as_bytes(), gap, b"{"].concat()
    }

    /// The style of a block that has no entry to imitate: of a comment in it, else one step further in than its
    /// opening line.
    fn style_inside(&self, block: usize) -> Style {
        let Block { open, close, table, .. } = &self.outline.blocks[block];
        let (open, close) = (open.map_or(0, |open| open + 1), close.unwrap_or(self.text.len()));
        let run = self.text.run_of(open..close);
        let comment = run.rows().find(|row| row.kind == Kind::Comment && row.within == table);
        let comment = comment.map(|row| indentation(row.bytes)).filter(|indent| !indent.is_empty());
        let indent = comment.map_or_else(|| [self.opening_indent(block), self.unit()].concat(), <[u8]>::to_vec);
        Style::indented(indent)
    }

    /// One step of indentation: what the first entry has before its section's, else a TAB.
    fn unit(&self) -> Vec<u8> {
        let steps = self.outline.entries.iter().filter_map(|entry| {
            let step = indentation(entry.row.bytes).strip_prefix(self.opening_indent(entry.block).as_slice())?;
            (!step.is_empty()).then(|| step.to_vec())
        });
        steps.into_iter().next().unwrap_or_else(|| b"\t".to_vec())
    }

    /// True where the file keeps a blank line before a section, so that one belongs before the next.
    fn separates_sections(&self) -> bool {
        let (mut blank, mut blanks) = (false, false);
        let mut seen = false;
        let mut separated = None;
        for row in self.text.rows() {
            match row.kind {
                Kind::Blank => (blank, blanks) = (true, true),
                // A comment above a section belongs to it.
                Kind::Comment => {}
                kind => {
                    if kind == Kind::Open && *row.within == Table::Top && seen {
                        separated = Some(blank);
                    }
                    blank = false;
                }
            }
            seen = true;
        }
        let ends_blank = self.text.rows().last().is_some_and(|row| row.kind == Kind::Blank);
        seen && !ends_blank && separated.unwrap_or(blanks || self.outline.blocks.is_empty())
    }

    /// True where the values by which the blocks of this table are known are written in quotes.
    fn quotes_identity(&self, table: Table, name: &str) -> bool {
        let mut own = self.outline.entries.iter().rev();
        let last = own.find(|entry| *entry.row.within == table && entry.keyword.name == name);
        last.is_some_and(|entry| entry.row.bytes.get(entry.span.start) == Some(&b'"')) || table.is_item()
    }

    /// The style of an entry: its indentation, and its gap or the column that its block keeps values in.
    fn style_of(&self, entry: &Entry<'t>) -> Style {
        let gap = gap_of(entry);
        let column = |entry: &Entry<'_>| entry.keyword.name.len() + gap_of(entry).len();
        let padded = |other: &&Entry<'_>| other.block == entry.block && is_padding(gap_of(other));
        let in_column = |other: &Entry<'_>| column(other) == column(entry);
        let keeps_column = gap.iter().all(|byte| *byte == b' ')
            && (is_padding(gap) || self.outline.entries.iter().filter(padded).any(in_column));
        let gap = match gap {
            _ if keeps_column => Gap::Column(column(entry)),
            b"" => Gap::Blanks(b" ".to_vec()),
            blanks => Gap::Blanks(blanks.to_vec()),
        };
        Style { indent: indentation(entry.row.bytes).to_vec(), gap }
    }
}

fn gap_of<'t>(entry: &Entry<'t>) -> &'t [u8] {
    let keyword = Statement::of(entry.row.bytes, entry.version).keyword;
    &entry.row.bytes[keyword.end..entry.span.start]
}

fn is_padding(gap: &[u8]) -> bool {
    gap.len() > 1 && gap.iter().all(|byte| *byte == b' ')
}
