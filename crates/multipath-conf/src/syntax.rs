use std::fmt;

use kvmprep_lossless::Syntax;

use crate::statement::classify;
use crate::version::Change;
use crate::{Table, Version, lexer};

/// The dialect: how the daemon of a version of multipath-tools reads the file.
///
/// The block reader is one and the same in all versions; a version decides which keywords there are, what their handlers
/// take, and how lines and strings are read.
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
    /// The last line without a line feed, to a daemon that does not read such.
    Unread,
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
        let end = lexer::line_end(rest, self.version);
        let (kind, table) = classify(&rest[..end], *state, self.version);
        let is_last = end == rest.len() && !lexer::is_ended(&rest[..end], self.version);
        if is_last && !matches!(kind, Kind::Blank | Kind::Comment) && !self.version.has(Change::WHOLE_LINES) {
            return (at + end, Kind::Unread);
        }
        *state = table;
        (at + end, kind)
    }
}
