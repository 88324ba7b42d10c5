use std::fmt;

use kvmprep_lossless::Syntax;

use crate::statement::classify;
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
pub struct Reader;

impl fmt::Display for Reader {
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
