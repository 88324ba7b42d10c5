use bstr::ByteSlice;
use kvmprep_lossless::{Syntax, lines};

use crate::reader::Reader;

/// What sort of line a row holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// Nothing but blanks.
    Blank,
    /// A line whose first mark is `#` or `;`.
    Comment,
    /// A setting, an exclusion, or a line that is neither.
    Statement,
    /// A line with a NUL or a CR inside: the readers cut it differently (cases `cr-inside`, `nul`).
    Split,
}

/// The dialect: the programs the file is written for.
///
/// ```
/// use kvmprep_lossless::Reading;
/// use kvmprep_sysctl_conf::{Reader, SysctlConf};
///
/// assert_eq!(SysctlConf::default().readers(), [Reader::PROCPS, Reader::SYSTEMD]);
/// assert_eq!(SysctlConf::for_readers([Reader::SYSTEMD]).readers(), [Reader::SYSTEMD]);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SysctlConf {
    pub(crate) readers: Vec<Reader>,
}

impl Default for SysctlConf {
    fn default() -> Self {
        Self { readers: vec![Reader::PROCPS, Reader::SYSTEMD] }
    }
}

impl SysctlConf {
    /// A dialect for these readers, the first of which answers where one answer is wanted; for both when none is
    /// given.
    pub fn for_readers(readers: impl IntoIterator<Item = Reader>) -> Self {
        let readers: Vec<Reader> = readers.into_iter().collect();
        if readers.is_empty() { Self::default() } else { Self { readers } }
    }
}

impl Syntax for SysctlConf {
    type State = ();
    type Kind = Kind;

    /// A statement is a line that LF ends. The further line ends of systemd lie within one.
    fn step(&self, text: &[u8], at: usize, (): &mut ()) -> (usize, Kind) {
        let end = lines::line_end(text, at);
        (end, kind(&text[at..end]))
    }
}

fn kind(line: &[u8]) -> Kind {
    let content = line.trim_with(|c| matches!(c, ' ' | '\t' | '\r' | '\n'));
    if memchr::memchr2(b'\r', 0, content).is_some() {
        return Kind::Split;
    }
    match content.first() {
        None => Kind::Blank,
        Some(b'#' | b';') => Kind::Comment,
        Some(_) => Kind::Statement,
    }
}
