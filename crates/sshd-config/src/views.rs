use std::ops::Range;

use bstr::BString;
use kvmprep_lossless::{Span, Text};

use crate::key::{Block, Key};
use crate::reading::{Place, Read, Statement, read};
use crate::{Kind, Sshd};

/// A directive that sshd takes. Spans count in the printed text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Directive {
    /// What it sets, spelled as it stands there.
    pub key: Key,
    /// Its values, quotes removed: one element for a scalar, one an item for a list.
    pub values: Vec<BString>,
    /// The arguments that make the values.
    pub at: Span,
    /// The whole line, its end included.
    pub line: Span,
    /// A trailing comment, from its mark on.
    pub comment: Option<Span>,
}

/// A Match block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MatchBlock {
    /// Its criteria and number.
    pub block: Block,
    /// The Match line.
    pub header: Span,
    /// Everything behind it up to the next Match line, comments and blank lines among it.
    pub body: Span,
}

/// Every directive that sshd takes, in order; Match lines are not among them, lines it complains of neither.
///
/// ```
/// use kvmprep_lossless::Text;
/// use kvmprep_sshd_config::{Sshd, directives};
///
/// let text = Text::read(Sshd::default(), "Port 22 # c\nMatch User bob\n\tBanner /b\n");
/// let keys: Vec<String> = directives(&text).map(|directive| directive.key.to_string()).collect();
/// assert_eq!(keys, ["Port", "Match[User bob].Banner"]);
/// ```
pub fn directives(text: &Text<Sshd>) -> impl Iterator<Item = Directive> {
    read(text).filter_map(|Read { block, row, statement }| {
        let Statement::Said(said) = statement else { return None };
        let comment = said.comment.and_then(|comment| Span::of_part(row.bytes, comment));
        let place = Place { row, said };
        Some(Directive {
            key: Key::from_parts(block, Some(place.said.name.clone())),
            at: place.span(),
            line: row.span(),
            comment: comment.map(|comment| comment.shifted(row.at)),
            values: place.said.values,
        })
    })
}

/// Every Match block that sshd takes, in order.
pub fn blocks(text: &Text<Sshd>) -> Vec<MatchBlock> {
    let headers: Vec<Span> = text.rows().filter(|row| row.kind == Kind::Match).map(|row| row.span()).collect();
    let end = text.rows().last().map_or(0, |row| row.span().end);
    let next = |after: usize| headers.iter().find(|header| header.start >= after).map_or(end, |header| header.start);
    let matches = read(text).filter(|read| matches!(read.statement, Statement::Match(..)));
    matches
        .filter_map(|Read { block, row, .. }| {
            let header = row.span();
            let Range { start, end } = header.end..next(header.end);
            Some(MatchBlock { block: block?, header, body: Span::new(start, end) })
        })
        .collect()
}
