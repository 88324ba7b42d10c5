use kvmprep_lossless::{RowRef, Span, Text};

use crate::grammar::{Assignment, Statement, statement};
use crate::key::Key;
use crate::reader::Reader;
use crate::syntax::SysctlConf;

/// One statement of a file as a reader takes it, and where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry<'t> {
    /// The row that holds it; several entries share a row where the reader ends lines at CR or NUL.
    pub row: usize,
    /// The statement without the blanks around it.
    pub text: &'t [u8],
    /// Where the text stands in the printed file.
    pub span: Span,
    /// What it is.
    pub statement: Statement<'t>,
}

impl<'t> Entry<'t> {
    /// False where the statement has nothing to do with a key.
    pub(crate) fn concerns(&self, key: &Key) -> bool {
        self.statement.name().is_some_and(|name| key.concerns(name))
    }

    /// The assignment, when it is one and the reader finds a key in it.
    pub(crate) fn live(&self, reader: Reader) -> Option<Live<'t>> {
        let Statement::Assignment(Assignment { tolerant, name, value }) = self.statement else { return None };
        let key = Key::read(reader, name)?;
        Some(Live { row: self.row, key, name, value, span: self.span_of(value), tolerant })
    }

    /// Where a part of the text, borrowed from it, stands in the printed file.
    pub fn span_of(&self, part: &[u8]) -> Span {
        Span::of_part(self.text, part).map_or(self.span, |span| span.shifted(self.span.start))
    }
}

/// A live assignment and the key it is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Live<'t> {
    /// The row that holds it.
    pub row: usize,
    /// What it sets; may be a pattern.
    pub key: Key,
    /// The key's spelling, borrowed from the file.
    pub name: &'t [u8],
    /// The value.
    pub value: &'t [u8],
    /// Where the value stands in the printed file.
    pub span: Span,
    /// `-` stands before the key: a failure does not count.
    pub tolerant: bool,
}

/// Every statement of a file in order, as one reader takes it.
///
/// ```
/// use kvmprep_lossless::Text;
/// use kvmprep_sysctl_conf::{Reader, Statement, SysctlConf, entries};
///
/// let text = Text::read(SysctlConf::default(), "# old\rvm.swappiness = 10\n");
/// assert_eq!(entries(&text, Reader::PROCPS).count(), 1, "procps takes it for one comment");
/// let last = entries(&text, Reader::SYSTEMD).last().map(|entry| entry.statement);
/// assert!(matches!(last, Some(Statement::Assignment(_))), "systemd ends the comment at the CR");
/// ```
pub fn entries(text: &Text<SysctlConf>, reader: Reader) -> impl Iterator<Item = Entry<'_>> {
    text.rows().flat_map(move |row| entries_of(row, reader))
}

/// The statements of one row, as one reader takes it.
pub(crate) fn entries_of(row: RowRef<'_, SysctlConf>, reader: Reader) -> impl Iterator<Item = Entry<'_>> {
    reader.lines(row.bytes).filter_map(move |line| {
        let (text, statement) = statement(reader, line)?;
        let span = Span::of_part(row.bytes, text)?.shifted(row.at);
        Some(Entry { row: row.index, text, span, statement })
    })
}

/// Every assignment of a file in order, shadowed ones too, as one reader takes it.
///
/// ```
/// use kvmprep_lossless::Text;
/// use kvmprep_sysctl_conf::{Reader, SysctlConf, assignments};
///
/// let text = Text::read(SysctlConf::default(), "vm/swappiness = 60\n-vm.swappiness = 1\n");
/// let live: Vec<_> = assignments(&text, Reader::PROCPS).collect();
/// assert_eq!(live[0].key, live[1].key);
/// assert_eq!(live[1].value, b"1");
/// ```
pub fn assignments(text: &Text<SysctlConf>, reader: Reader) -> impl Iterator<Item = Live<'_>> {
    entries(text, reader).filter_map(move |entry| entry.live(reader))
}

/// At the front of a file it becomes part of the first line (case `bom`).
pub(crate) const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
