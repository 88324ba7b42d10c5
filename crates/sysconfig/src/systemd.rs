//! The service manager's reading of an `EnvironmentFile=`: a byte automaton without syntax errors.
//!
//! 252 was asked; other versions are read in the sources, those that Red Hat builds from where they could be had:
//! `parse_env_file_internal`, `load_env_file_push` and `check_utf8ness_and_warn` (`fileio.c` of 219 and 239, `env-file.c` of
//! later ones up to 257) for the automaton and what is not UTF-8, `read_full_stream` (`fileio.c`) for NUL,
//! `env_value_is_valid` (`env-util.c`) for control characters.

use kvmprep_lossless::lines::indentation;
use kvmprep_lossless::{RowRef, Span, Syntax, SystemdVersion};
use memchr::memchr3;

use crate::key::Key;

/// Where versions differ.
trait Differs {
    /// Between quotes a backslash is dropped, whatever it stands before; later it is kept between single quotes, and
    /// between double quotes but before `"`, `\\`, `$` and a backquote.
    fn drops_backslashes(self) -> bool;

    /// A backslash at the end of a comment swallows the next line [comment-backslash].
    fn continues_comments(self) -> bool;

    /// A NUL ends the file; later it has systemd take nothing of it [nul-comment]. That came with 240, or just behind it.
    fn ends_at_nul(self) -> bool;

    /// A value with this control character is dropped: TAB never was, LF not since 239, none since 248.
    fn minds(self, control: u8) -> bool;
}

impl Differs for SystemdVersion {
    fn drops_backslashes(self) -> bool {
        self < Self(240)
    }

    fn continues_comments(self) -> bool {
        self < Self(254)
    }

    fn ends_at_nul(self) -> bool {
        self < Self(240)
    }

    fn minds(self, control: u8) -> bool {
        control.is_ascii_control()
            && match control {
                b'\t' => false,
                b'\n' => self < Self(239),
                _ => self < Self(248),
            }
    }
}

/// True where a NUL has this version take nothing of a file [nul-comment].
pub(crate) fn refuses_nul(version: SystemdVersion) -> bool {
    !version.ends_at_nul()
}

/// What the automaton is in the middle of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Mode {
    #[default]
    BeforeKey,
    Comment,
    CommentEscape,
    Key,
    BeforeValue,
    Bare,
    BareEscape,
    Single,
    SingleEscape,
    Double,
    DoubleEscape,
    /// Behind a NUL that ended the file.
    Ended,
}

impl Mode {
    /// One byte further on.
    fn next(self, byte: u8, version: SystemdVersion) -> Self {
        match (self, byte) {
            (Self::Ended, _) => Self::Ended,
            (_, 0) if version.ends_at_nul() => Self::Ended,
            (Self::BeforeKey, b' ' | b'\t' | b'\r' | b'\n') => Self::BeforeKey,
            (Self::BeforeKey, b'#' | b';') => Self::Comment,
            (Self::BeforeKey, _) => Self::Key,
            (Self::Comment | Self::Key | Self::BeforeValue | Self::Bare, b'\r' | b'\n') => Self::BeforeKey,
            (Self::Comment, b'\\') => Self::CommentEscape,
            (Self::CommentEscape, b'\r' | b'\n') if !version.continues_comments() => Self::BeforeKey,
            (Self::Comment | Self::CommentEscape, _) => Self::Comment,
            (Self::Key, b'=') => Self::BeforeValue,
            (Self::Key, _) => Self::Key,
            (Self::BeforeValue, b' ' | b'\t') => Self::BeforeValue,
            (Self::BeforeValue, b'\'') => Self::Single,
            (Self::BeforeValue, b'"') => Self::Double,
            (Self::BeforeValue | Self::Bare, b'\\') => Self::BareEscape,
            (Self::BeforeValue | Self::Bare | Self::BareEscape, _) => Self::Bare,
            (Self::Single, b'\'') | (Self::Double, b'"') => Self::BeforeValue,
            (Self::Single, b'\\') if version.drops_backslashes() => Self::SingleEscape,
            (Self::Single | Self::SingleEscape, _) => Self::Single,
            (Self::Double, b'\\') => Self::DoubleEscape,
            (Self::Double | Self::DoubleEscape, _) => Self::Double,
        }
    }

    /// Past a whole statement of the shell's.
    pub(crate) fn past(mut self, bytes: &[u8], version: SystemdVersion) -> Self {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            self = self.next(*byte, version);
            at += 1;
            if self == Self::Comment && !version.ends_at_nul() {
                at += memchr3(b'\\', b'\n', b'\r', &bytes[at..]).unwrap_or(bytes.len() - at);
            }
        }
        self
    }

    /// In a quote, which only its closing mark ends.
    pub(crate) fn in_quotes(self) -> bool {
        matches!(self, Self::Single | Self::SingleEscape | Self::Double | Self::DoubleEscape)
    }
}

/// What the automaton finds.
pub(crate) enum Item {
    Entry(Entry),
    /// A line without `=`, or one whose key is no name: dropped.
    Dropped {
        line: Vec<u8>,
        at: Span,
    },
    /// One physical line of a comment.
    Comment(Vec<u8>),
}

/// One `KEY=VALUE`.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) key: Key,
    pub(crate) value: Vec<u8>,
    /// The row it begins in.
    pub(crate) row: usize,
    /// From the key's first byte to the value's last, in the offsets of the rows.
    pub(crate) at: Span,
    /// The value as it is spelt.
    pub(crate) value_at: Span,
}

/// Runs the automaton over rows that begin at a border.
pub(crate) fn read<'t, S: Syntax + 't>(
    rows: impl Iterator<Item = RowRef<'t, S>>,
    version: SystemdVersion,
    each: &mut dyn FnMut(Item),
) {
    let mut reader = Reader {
        each,
        version,
        mode: Mode::BeforeKey,
        row: 0,
        first_row: 0,
        start: 0,
        value_start: None,
        value_end: 0,
        raw: Vec::new(),
        key: Vec::new(),
        value: Vec::new(),
        kept: 0,
    };
    for row in rows {
        reader.row = row.index;
        for (i, byte) in row.bytes.iter().enumerate() {
            reader.take(*byte, row.at + i);
        }
    }
    reader.end();
}

struct Reader<'e> {
    each: &'e mut dyn FnMut(Item),
    version: SystemdVersion,
    mode: Mode,
    row: usize,
    first_row: usize,
    start: usize,
    value_start: Option<usize>,
    value_end: usize,
    raw: Vec<u8>,
    key: Vec<u8>,
    value: Vec<u8>,
    /// Length of the value without the blanks at its end that would be cut.
    kept: usize,
}

impl Reader<'_> {
    fn take(&mut self, byte: u8, at: usize) {
        let next = self.mode.next(byte, self.version);
        match (self.mode, next) {
            (Mode::Ended, _) => {}
            (_, Mode::Ended) => self.end(),
            (Mode::BeforeKey, Mode::Key | Mode::Comment) => {
                self.raw.clear();
                self.raw.push(byte);
                self.start = at;
                self.first_row = self.row;
            }
            (Mode::BeforeKey, _) => {}
            (Mode::Comment | Mode::CommentEscape, _) if matches!(byte, b'\n' | b'\r') => self.end_comment_line(),
            (Mode::Key, Mode::BeforeKey) => self.drop_line(),
            (Mode::Key, Mode::BeforeValue) => self.begin_value(at),
            (Mode::Comment | Mode::CommentEscape | Mode::Key, _) => self.raw.push(byte),
            (Mode::BeforeValue | Mode::Bare, Mode::BeforeKey) => self.end_entry(),
            (Mode::BeforeValue, Mode::BeforeValue) => {}
            _ => self.take_value(byte, next, at),
        }
        self.mode = next;
    }

    fn begin_value(&mut self, at: usize) {
        std::mem::swap(&mut self.key, &mut self.raw);
        self.key.truncate(trimmed(&self.key).len());
        self.value.clear();
        self.kept = 0;
        self.value_start = None;
        self.value_end = at + 1;
    }

    fn take_value(&mut self, byte: u8, next: Mode, at: usize) {
        self.value_start.get_or_insert(at);
        let bare_blank = self.mode == Mode::Bare && matches!(byte, b' ' | b'\t');
        let joined = self.mode == Mode::BareEscape && matches!(byte, b'\n' | b'\r');
        if !bare_blank && !joined {
            self.value_end = at + 1;
        }
        match (self.mode, next) {
            (Mode::Single, Mode::BeforeValue | Mode::SingleEscape)
            | (Mode::Double, Mode::BeforeValue | Mode::DoubleEscape) => {}
            (Mode::BeforeValue, Mode::Single | Mode::Double) => {}
            (_, Mode::BareEscape) => self.kept = self.value.len(),
            _ if joined => {}
            (Mode::SingleEscape | Mode::DoubleEscape, _) if self.version.drops_backslashes() => {
                if !matches!(byte, b'\n' | b'\r') {
                    self.value.push(byte);
                }
            }
            (Mode::DoubleEscape, _) => match byte {
                b'\n' => {}
                b'"' | b'\\' | b'$' | b'`' => self.value.push(byte),
                _ => self.value.extend_from_slice(&[b'\\', byte]),
            },
            _ => self.value.push(byte),
        }
        if !bare_blank {
            self.kept = self.value.len();
        }
    }

    fn end_comment_line(&mut self) {
        let line = std::mem::take(&mut self.raw);
        if !trimmed(&line).is_empty() {
            (self.each)(Item::Comment(line[indentation(&line).len()..].to_vec()));
        }
    }

    fn drop_line(&mut self) {
        let line = trimmed(&self.raw).to_vec();
        let at = Span::new(self.start, self.start + line.len());
        (self.each)(Item::Dropped { line, at });
    }

    fn end_entry(&mut self) {
        self.value.truncate(self.kept);
        let value = std::mem::take(&mut self.value);
        let start = self.value_start.unwrap_or(self.value_end);
        let value_at = Span::new(start, self.value_end);
        let dropped = value.iter().any(|byte| self.version.minds(*byte));
        (self.each)(match Key::of(&self.key).filter(|_| !dropped) {
            Some(key) => Item::Entry(Entry {
                key,
                value,
                row: self.first_row,
                at: Span::new(self.start, self.value_end),
                value_at,
            }),
            None => Item::Dropped {
                line: [&self.key, &b"="[..], &value].concat(),
                at: Span::new(self.start, self.value_end),
            },
        });
    }

    fn end(&mut self) {
        match self.mode {
            Mode::BeforeKey | Mode::Ended => {}
            Mode::Comment | Mode::CommentEscape => self.end_comment_line(),
            Mode::Key => self.drop_line(),
            _ => self.end_entry(),
        }
    }
}

/// True where a line was dropped for a control character in its value.
pub(crate) fn holds_control(line: &[u8]) -> bool {
    line.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t')
}

/// True when a line that is dropped has a key, which no `=` begins, and a value: that much is checked and complained of.
pub(crate) fn is_assignment(line: &[u8]) -> bool {
    line.iter().skip(1).any(|byte| *byte == b'=')
}

/// Without the blanks at the end.
fn trimmed(text: &[u8]) -> &[u8] {
    &text[..text.iter().rposition(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).map_or(0, |last| last + 1)]
}
