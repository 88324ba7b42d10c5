use kvmprep_lossless::{Syntax, lines};

use crate::grammar::{address_word, is_blank};
use crate::value;

/// The one dialect: `/etc/hosts` as the C library reads it.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct EtcHosts;

/// What sort of line it is. Whether its address is one is asked when needed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Nothing but blanks.
    Blank,
    /// A comment of its own.
    Comment,
    /// Words: an address and names, or what is skipped.
    Words,
}

/// The one reader: the C library.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reader;

impl std::fmt::Display for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("C library")
    }
}

impl Syntax for EtcHosts {
    type State = ();
    type Kind = Kind;

    /// A line ends at LF and nowhere else (case `cr-only`); no line says anything about the next one.
    fn step(&self, text: &[u8], at: usize, (): &mut ()) -> (usize, Kind) {
        let end = lines::line_end(text, at);
        let kind = match text[at..end].iter().find(|&&byte| !is_blank(byte)) {
            None | Some(b'\n') => Kind::Blank,
            Some(b'#') => Kind::Comment,
            Some(_) => Kind::Words,
        };
        (end, kind)
    }
}

/// True where the file is one line that was meant to be several: behind a CR stands what begins a line, an address or
/// a comment (case `cr-only`). The C library takes CR for a blank.
pub(crate) fn is_cut_by_cr(text: &[u8]) -> bool {
    let begins_line = |part: &[u8]| part.starts_with(b"#") || value::address(address_word(part)).is_some();
    memchr::memchr(b'\n', text).is_none() && text.split(|&byte| byte == b'\r').skip(1).any(begins_line)
}
