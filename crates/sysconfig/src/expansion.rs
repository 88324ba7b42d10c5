//! `${…}`, `$(…)` and `$((…))`: where they begin and end, and what of them can end a script.

use kvmprep_lossless::Span;

use crate::level::{Frame, Shield};
use crate::scan::Scan;
use crate::statement::{HazardKind, PieceKind};

impl Scan<'_> {
    pub(crate) fn parameter(&mut self, span: Span, in_double: bool) {
        self.quoted(PieceKind::Expansion, span);
        self.judge_parameter(span);
        self.push(Frame::Parameter { in_double }, span.start);
    }

    pub(crate) fn substitution(&mut self, span: Span) {
        self.quoted(PieceKind::Expansion, span);
        self.push(Frame::Substitution, span.start);
    }

    pub(crate) fn arithmetic(&mut self, span: Span) {
        self.quoted(PieceKind::Expansion, span);
        self.push(Frame::Arithmetic { depth: 2, last: usize::MAX - 1, command: false }, span.start);
    }

    /// `${x?…}` can end the script, and so does what is no expansion; forms beyond POSIX are errors in dash [var-bashism].
    fn judge_parameter(&mut self, span: Span) {
        let rest = self.lexer.rest();
        let name = name_of_parameter(rest);
        let named = rest.first().is_some_and(|first| !first.is_ascii_digit() && is_part(*first));
        let colon = usize::from(rest[name..].starts_with(b":"));
        let bashism = "an expansion that dash does not know";
        match (name, rest.get(name + colon)) {
            (1.., Some(b'=')) if named => self.note_name(Span::new(span.end, span.end + name)),
            (1.., Some(b'?')) => {
                self.hazard(HazardKind::EndsScript, span, "`${…?}` ends the script when the variable is not set");
            }
            (1.., Some(b'-' | b'+')) => {}
            (1.., Some(b'}' | b'#' | b'%')) if colon == 0 => {}
            (1.., Some(next)) if named && (colon == 1 || b"/^,@[".contains(next)) => {
                self.hazard(HazardKind::NotPortable, span, bashism);
                self.hazard(HazardKind::Fails, span, bashism);
            }
            (0, Some(b'!')) => {
                self.hazard(HazardKind::NotPortable, span, bashism);
                self.hazard(HazardKind::Fails, span, bashism);
            }
            _ => self.hazard(HazardKind::EndsScript, span, "a bad substitution ends the script"),
        }
    }

    pub(crate) fn end_expansion(&mut self, end: usize) {
        let opened = self.now.opened;
        self.pop();
        self.extend_expansion(opened, end);
    }

    pub(crate) fn end_arithmetic(&mut self, end: usize) {
        let whole = Span::new(self.now.opened, end);
        let command = matches!(self.now.frame, Frame::Arithmetic { command: true, .. });
        if !command && self.now.shield != Shield::Process && !is_sure(whole.of(self.text)) {
            self.hazard(HazardKind::Fails, whole, "dash and `sh` end the script at arithmetic that cannot be done");
        }
        if matches!(self.now.frame, Frame::Arithmetic { command: true, .. }) {
            self.pop();
            self.after_compound(end);
        } else {
            self.end_expansion(end);
        }
    }

    /// The expansion's piece was noted at its opening; now its end is known.
    pub(crate) fn extend_expansion(&mut self, opened: usize, end: usize) {
        if self.visible()
            && let Some(piece) = self.found.pieces.last_mut()
            && piece.span.start == opened
        {
            piece.span.end = end;
        }
    }
}

/// How long the name of a parameter is, with a `#` in front that asks for its length; none for `${!name}`.
pub(crate) fn name_of_parameter(text: &[u8]) -> usize {
    match text {
        [b'#', b'}', ..] => 1,
        [b'#', rest @ ..] => match name_of_parameter(rest) {
            length if length > 0 && rest.get(length) == Some(&b'}') => length + 1,
            _ => 1,
        },
        [b'!', next, ..] if is_part(*next) => 0,
        [b'@' | b'*' | b'?' | b'$' | b'!' | b'-', ..] => 1,
        [first, ..] if first.is_ascii_digit() => text.iter().take_while(|byte| byte.is_ascii_digit()).count(),
        _ => text.iter().take_while(|byte| is_part(**byte)).count(),
    }
}

fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whole numbers, added, subtracted and multiplied: `$((1 + 2))`.
fn is_sure(arithmetic: &[u8]) -> bool {
    let inner = arithmetic.strip_prefix(b"$((").and_then(|inner| inner.strip_suffix(b"))")).unwrap_or_default();
    let mut terms = inner.split(|byte| b"+-*".contains(byte));
    terms.all(|term| {
        let number = trim_blanks(term);
        !number.is_empty() && number.iter().all(u8::is_ascii_digit) && (number == b"0" || !number.starts_with(b"0"))
    })
}

/// What arithmetic passes over; a carriage return is no such thing.
fn trim_blanks(term: &[u8]) -> &[u8] {
    let is_blank = |byte: &u8| b" \t\n".contains(byte);
    let start = term.iter().take_while(|byte| is_blank(byte)).count();
    let end = term.iter().rev().take_while(|byte| is_blank(byte)).count();
    term.get(start..term.len() - end).unwrap_or_default()
}
