//! Raw text and meaning: what a word says, and how a value is written so that every reader takes it alike.

use kvmprep_lossless::Span;

use crate::statement::{Piece, PieceKind};

/// What a word says to a shell.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Meaning {
    /// The bytes; NUL, which no value holds, where an expansion stands.
    pub(crate) bytes: Vec<u8>,
    /// Where in the raw text each byte comes from.
    pub(crate) from: Vec<Span>,
    /// Why the value cannot be known from the file.
    pub(crate) obstacle: Option<&'static str>,
}

impl Meaning {
    /// Reads the pieces of a value; offsets count in `text`.
    pub(crate) fn of(text: &[u8], pieces: &[Piece], value_start: usize) -> Self {
        let mut meaning = Self::default();
        let mut many_lines = false;
        for Piece { kind, span } in pieces {
            let span = Span::new(span.start.max(value_start), span.end);
            let raw = span.of(text);
            match kind {
                PieceKind::Bare => meaning.bare(raw, span, value_start, text),
                PieceKind::Escape => meaning.push(&raw[1..], span),
                PieceKind::Join | PieceKind::Mark => {}
                PieceKind::LastBackslash if many_lines => {
                    meaning.hinder("a last backslash behind quoted lines, which bash drops and dash keeps");
                }
                PieceKind::LastBackslash => meaning.push(raw, span),
                PieceKind::Single => meaning.each(&raw[1..raw.len() - 1], span.start + 1),
                PieceKind::InDouble => meaning.in_double(raw, span.start),
                PieceKind::Expansion => meaning.hole(span, "an expansion, which only the shell can tell"),
                PieceKind::BashQuote => meaning.hole(span, "`$'…'` or `$\"…\"`, which bash and dash read differently"),
                PieceKind::Array => meaning.hole(span, "an array, which dash does not know"),
            }
            many_lines |= raw.contains(&b'\n') && *kind != PieceKind::Join;
        }
        meaning
    }

    /// The value, when the file alone decides it.
    pub(crate) fn known(&self) -> Option<&[u8]> {
        self.obstacle.is_none().then_some(&self.bytes)
    }

    fn push(&mut self, bytes: &[u8], span: Span) {
        for byte in bytes.iter().filter(|byte| **byte != 0) {
            self.bytes.push(*byte);
            self.from.push(span);
        }
    }

    fn each(&mut self, raw: &[u8], start: usize) {
        for (i, byte) in raw.iter().enumerate() {
            self.push(&[*byte], Span::new(start + i, start + i + 1));
        }
    }

    fn bare(&mut self, raw: &[u8], span: Span, value_start: usize, text: &[u8]) {
        for (i, byte) in raw.iter().enumerate() {
            let at = span.start + i;
            // A tilde expands behind `=` and `:` [tilde]; bash and dash differ in finer points.
            if *byte == b'~' && (at == value_start || self.bytes.is_empty() || matches!(text[at - 1], b':' | b'=')) {
                self.hinder("a tilde, which the shell expands");
            }
            self.push(&[*byte], Span::new(at, at + 1));
        }
    }

    /// `\` removes itself only before `"`, `\`, `$`, backquote and a line feed, which goes too [dq-escapes].
    fn in_double(&mut self, raw: &[u8], start: usize) {
        let mut at = 0;
        while let Some(byte) = raw.get(at) {
            let span = Span::new(start + at, start + at + 2);
            match (byte, raw.get(at + 1)) {
                (b'\\', Some(b'\n')) => at += 2,
                (b'\\', Some(b'"' | b'\\' | b'$' | b'`')) => {
                    self.push(&raw[at + 1..at + 2], span);
                    at += 2;
                }
                _ => {
                    self.push(&raw[at..=at], Span::new(span.start, span.start + 1));
                    at += 1;
                }
            }
        }
    }

    fn hole(&mut self, span: Span, why: &'static str) {
        self.hinder(why);
        self.bytes.push(0);
        self.from.push(span);
    }

    fn hinder(&mut self, why: &'static str) {
        self.obstacle.get_or_insert(why);
    }
}

/// How a value is quoted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Style {
    Bare,
    Single,
    Double,
    /// Pieces of several kinds.
    Mixed,
}

impl Style {
    pub(crate) fn of(pieces: &[Piece]) -> Self {
        let is = |kinds: &[PieceKind]| pieces.iter().all(|piece| kinds.contains(&piece.kind));
        match pieces {
            _ if is(&[PieceKind::Bare, PieceKind::Escape, PieceKind::Join]) => Self::Bare,
            [only] if only.kind == PieceKind::Single => Self::Single,
            [first, inner @ .., last] if first.kind == PieceKind::Mark && last.kind == PieceKind::Mark => {
                let one = inner.iter().all(|p| matches!(p.kind, PieceKind::InDouble | PieceKind::Expansion));
                if one { Self::Double } else { Self::Mixed }
            }
            _ => Self::Mixed,
        }
    }
}

/// Bytes that need no quotes anywhere in a value, for any reader [both-bare].
pub(crate) fn is_bare(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_./:@%+,=-".contains(&byte)
}

/// Writes a value as one word, in this style when it can be, else between double quotes, which are right for every
/// value and every reader [both-dq-escape].
///
/// A `\` between single quotes is dropped by the service manager up to version 239; `'\''` it never understood
/// [sq-in-sq].
pub(crate) fn quote(value: &[u8], style: Style, service_manager: bool) -> Vec<u8> {
    match style {
        Style::Bare if value.iter().copied().all(is_bare) => value.to_vec(),
        Style::Single if may_stand_single(value, service_manager) => [b"'", value, b"'"].concat(),
        _ => [b"\"", &escaped(value)[..], b"\""].concat(),
    }
}

/// The style for a value that takes no other's place.
pub(crate) fn fresh_style(value: &[u8], service_manager: bool) -> Style {
    if !value.is_empty() && value.iter().copied().all(is_bare) {
        Style::Bare
    } else if may_stand_single(value, service_manager) {
        Style::Single
    } else {
        Style::Double
    }
}

pub(crate) fn may_stand_single(value: &[u8], service_manager: bool) -> bool {
    !value.iter().any(|byte| *byte == b'\'' || (service_manager && *byte == b'\\'))
}

/// Text as it stands between double quotes.
pub(crate) fn escaped(value: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(value.len());
    for byte in value {
        if matches!(byte, b'"' | b'\\' | b'$' | b'`') {
            escaped.push(b'\\');
        }
        escaped.push(*byte);
    }
    escaped
}
