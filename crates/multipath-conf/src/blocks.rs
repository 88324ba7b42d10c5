use std::borrow::Cow;
use std::ops::Range;

use kvmprep_lossless::{Span, Text};

use crate::outline::Outline;
use crate::{Multipath, Table};

/// A section or block that the daemon opens, for callers that want the file's shape and not one key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Section<'t> {
    /// Which.
    pub table: Table,
    /// Its rows, from the one that opens it to the one that closes it; to the end of the text where none does.
    pub rows: Range<usize>,
    /// Where its name stands in the printed text.
    pub at: Span,
    /// False for a block that the daemon drops: a `multipath` without `wwid`, a `device` without vendor or product.
    pub is_kept: bool,
    /// What stands directly in it, in order; lines that do not count are among them.
    pub assignments: Vec<Assignment<'t>>,
}

/// A keyword of its section, with a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assignment<'t> {
    /// The keyword as it is spelled.
    pub keyword: &'static str,
    /// The value as the daemon's handler gets it.
    pub value: Cow<'t, [u8]>,
    /// Where the value stands in the printed text, its quotes included.
    pub at: Span,
    /// False where the handler refuses the value.
    pub is_valid: bool,
}

/// Every section and block that is live, in the order they open.
///
/// ```
/// use kvmprep_multipath_conf::{MultipathConf, Table, sections};
///
/// let conf = MultipathConf::parse("multipaths {\n multipath {\n  wwid 1\n  alias db\n }\n}\n");
/// let found = sections(conf.text());
/// assert_eq!(found[1].table, Table::Multipath);
/// assert_eq!(found[1].assignments[1].value.as_ref(), b"db");
/// ```
pub fn sections(text: &Text<Multipath>) -> Vec<Section<'_>> {
    let outline = Outline::of(text.run(), text.syntax().version);
    let mut sections: Vec<Section<'_>> = Vec::with_capacity(outline.blocks.len());
    for block in &outline.blocks {
        sections.push(Section {
            table: block.table,
            rows: block.open.unwrap_or(0)..block.close.map_or(text.len(), |row| row + 1),
            at: block.at.unwrap_or_default(),
            is_kept: block.identity.is_some() || block.table.identity().is_empty(),
            assignments: Vec::new(),
        });
    }
    for entry in outline.entries {
        let (keyword, at, is_valid) = (entry.keyword.name, entry.place(), entry.taken().counts());
        sections[entry.block].assignments.push(Assignment { keyword, value: entry.value, at, is_valid });
    }
    sections
}
