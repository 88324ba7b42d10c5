//! The daemon's tokenizer: one logical line into tokens.

use kvmprep_lossless::lines::split_ending;
use kvmprep_lossless::{RowRef, Span};
use logos::{Lexer, Logos};
use memchr::{memchr, memchr2, memchr3};

use crate::version::Change;
use crate::{Multipath, Version};

/// Longest read of the daemon, line feed included: its buffer holds 1024 bytes, one of them the closing NUL.
pub(crate) const READ: usize = 1023;

/// Longest line, its line feed left out, that the daemon reads as one.
pub(crate) const LONGEST: usize = READ - 1;

/// Offset behind the logical line at the front of `text`: behind the line feed, or where the daemon's buffer is full
/// (`long-comment-splits`).
pub(crate) fn line_end(text: &[u8], version: Version) -> usize {
    if version.has(Change::WHOLE_LINES) {
        let window = &text[..text.len().min(READ)];
        return memchr(b'\n', window).map_or(window.len(), |lf| lf + 1);
    }
    // The buffer takes one byte more, and the byte that does not fit is lost.
    let window = &text[..text.len().min(OLD_BUFFER + 1)];
    match memchr2(b'\r', b'\n', window) {
        Some(end) if window[end..].starts_with(b"\r\n") => end + 2,
        Some(end) => end + 1,
        None => window.len(),
    }
}

/// The buffer of a reader that does not read whole lines.
const OLD_BUFFER: usize = 1024;

/// True for a logical line that is the end of its physical line too.
pub(crate) fn is_ended(line: &[u8], version: Version) -> bool {
    line.ends_with(b"\n") || (line.ends_with(b"\r") && !version.has(Change::WHOLE_LINES))
}

/// True for a row that is only a part of its physical line.
pub(crate) fn is_cut(row: &RowRef<'_, Multipath>, rows: usize, version: Version) -> bool {
    let content = row.bytes.strip_suffix(b"\n").unwrap_or(row.bytes);
    content.len() > LONGEST || (!is_ended(row.bytes, version) && row.index + 1 < rows)
}

/// The part of a logical line that is tokenized: up to a NUL, or to the first CR or LF behind some other byte
/// (`nul-cuts-line`, `cr-mid`, `cr-lead`).
pub(crate) fn live(line: &[u8], version: Version) -> Span {
    let kept = if version.has(Change::WHOLE_LINES) { line.len() } else { line.len().min(OLD_BUFFER) };
    let line = &line[..kept];
    let first = memchr3(0, b'\r', b'\n', line).unwrap_or(line.len());
    if first > 0 || line.first() == Some(&0) {
        return Span::new(0, first);
    }
    let text = &line[..memchr(0, line).unwrap_or(line.len())];
    let start = text.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(text.len());
    Span::new(start, memchr2(b'\r', b'\n', &text[start..]).map_or(text.len(), |cut| start + cut))
}

/// What stands behind the live part without being the line's end: text that the daemon never sees.
pub(crate) fn unseen(line: &[u8], live: Span) -> Option<Span> {
    let end = split_ending(line).0.len();
    let tail = line.get(live.end..end)?;
    tail.iter().any(|&byte| byte != b'\r').then(|| Span::new(live.end, end))
}

/// Tokens outside of quotes. Bytes above 0x7f are blanks here (`nbsp-latin1`, `utf8-bare`).
#[derive(Logos, Clone, Copy, PartialEq, Eq, Debug)]
#[logos(utf8 = false)]
#[logos(skip b"[ \\t\\n\\x0b\\x0c\\r\\x80-\\xff]+")]
enum Bare {
    #[token(b"\"")]
    Quote,
    #[token(b"{")]
    Open,
    #[token(b"}")]
    Close,
    #[regex(b"[#!][\\x00-\\xff]*", allow_greedy = true)]
    Comment,
    #[regex(b"[^ \\t\\n\\x0b\\x0c\\r\\x80-\\xff\"{}#!]+")]
    Word,
}

/// Tokens inside of quotes. The longest match wins, and so `""` is text unless a quote has only just been opened and
/// nothing follows (`dq-empty`, `dq-three`, `dq-escape-only`).
#[derive(Logos, Clone, Copy, PartialEq, Eq, Debug)]
#[logos(utf8 = false)]
enum Quoted {
    #[token(b"\"")]
    Quote,
    #[regex(b"([^\"]|\"\")+")]
    Text,
}

/// The same, for a reader that cannot spell a double quote.
#[derive(Logos, Clone, Copy, PartialEq, Eq, Debug)]
#[logos(utf8 = false)]
enum Plain {
    #[token(b"\"")]
    Quote,
    #[regex(b"[^\"]+")]
    Text,
}

/// What a token is to the block reader.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Token {
    /// A double quote that opens or closes.
    Quote,
    /// An unquoted `{`.
    Open,
    /// An unquoted `}`.
    Close,
    /// A bare word, or the text between quotes.
    Word,
    /// From an unquoted `#` or `!` to the end.
    Comment,
}

enum Mode<'t> {
    Bare(Lexer<'t, Bare>),
    Quoted(Lexer<'t, Quoted>),
    Plain(Lexer<'t, Plain>),
    /// A comment up to this end, where a string was opened.
    Lost(Span),
    End,
}

/// The tokens of a live text, each with its place in it.
pub(crate) struct Tokens<'t> {
    mode: Mode<'t>,
    version: Version,
}

impl<'t> Tokens<'t> {
    pub(crate) fn of(live: &'t [u8], version: Version) -> Self {
        Self { mode: Mode::Bare(Bare::lexer(live)), version }
    }
}

/// What is read behind a quote that opens a string.
fn opened<'t>(bare: &Lexer<'t, Bare>, version: Version) -> Mode<'t> {
    let escapes = version.has(Change::ESCAPES);
    let rest = bare.remainder();
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r' | 0x80..);
    let blanks = if escapes { 0 } else { rest.iter().take_while(|byte| is_blank(byte)).count() };
    if !version.has(Change::MARKS_FIRST) && matches!(rest.get(blanks), Some(b'#' | b'!')) {
        let start = bare.span().end + blanks;
        return Mode::Lost(Span::new(start, start + rest.len() - blanks));
    }
    if escapes {
        return Mode::Quoted(bare.clone().morph());
    }
    let mut plain: Lexer<'t, Plain> = bare.clone().morph();
    plain.bump(blanks);
    Mode::Plain(plain)
}

impl Iterator for Tokens<'_> {
    type Item = (Token, Span);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (closes, span) = match &mut self.mode {
            Mode::Bare(lexer) => {
                // Every byte belongs to a token, so an error cannot come; taken as a word, none would be lost.
                let token = match lexer.next()?.unwrap_or(Bare::Word) {
                    Bare::Quote => Token::Quote,
                    Bare::Open => Token::Open,
                    Bare::Close => Token::Close,
                    Bare::Comment => Token::Comment,
                    Bare::Word => Token::Word,
                };
                let span = lexer.span().into();
                if token == Token::Quote {
                    self.mode = opened(lexer, self.version);
                }
                return Some((token, span));
            }
            Mode::Quoted(lexer) => (lexer.next()? == Ok(Quoted::Quote), lexer.span()),
            Mode::Plain(lexer) => (lexer.next()? == Ok(Plain::Quote), lexer.span()),
            Mode::Lost(span) => {
                let span = *span;
                self.mode = Mode::End;
                return Some((Token::Comment, span));
            }
            Mode::End => return None,
        };
        if !closes {
            return Some((Token::Word, span.into()));
        }
        self.mode = match &self.mode {
            Mode::Quoted(lexer) => Mode::Bare(lexer.clone().morph()),
            Mode::Plain(lexer) => Mode::Bare(lexer.clone().morph()),
            _ => Mode::End,
        };
        Some((Token::Quote, span.into()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn tokens(text: &[u8]) -> Vec<(Token, &[u8])> {
        Tokens::of(text, Version::NEWEST).map(|(token, span)| (token, span.of(text))).collect()
    }

    #[test]
    fn quotes_close_where_the_daemon_closes_them() {
        use Token::{Comment, Quote, Word};
        assert_eq!(tokens(b"a \"\""), [(Word, &b"a"[..]), (Quote, b"\""), (Quote, b"\"")]);
        assert_eq!(tokens(b"\"\"\"\""), [(Quote, &b"\""[..]), (Word, b"\"\""), (Quote, b"\"")]);
        assert_eq!(tokens(b"\"\"\""), [(Quote, &b"\""[..]), (Word, b"\"\"")]);
        assert_eq!(tokens(b"\"a#\"#b"), [(Quote, &b"\""[..]), (Word, b"a#"), (Quote, b"\""), (Comment, b"#b")]);
    }

    #[test]
    fn a_line_ends_at_nul_or_at_an_inner_carriage_return() {
        assert_eq!(live(b"a b\r\n", Version::NEWEST).of(b"a b\r\n"), b"a b");
        assert_eq!(live(b"\r\ta\n", Version::NEWEST).of(b"\r\ta\n"), b"\ta");
        assert_eq!(live(b"a\rb\n", Version::NEWEST), Span::new(0, 1));
        assert_eq!(live(b"\0a\n", Version::NEWEST), Span::new(0, 0));
        assert_eq!(unseen(b"a\rb\n", Span::new(0, 1)), Some(Span::new(1, 3)));
        assert_eq!(unseen(b"a\r\n", Span::new(0, 1)), None);
    }
}
