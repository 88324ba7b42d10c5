//! Where a reading of shell text stops: what is broken, what is open, and what shells need not agree on.

use kvmprep_lossless::Span;
use memchr::memchr;

use crate::scan::Scan;
use crate::statement::{Fault, HazardKind, Statement};

impl Scan<'_> {
    /// A broken statement ends with the line on which it broke; one that is open has taken all there is.
    pub(crate) fn fail(&mut self, fault: Fault) {
        let at = self.position();
        let fault = self.divides(fault, at).unwrap_or(fault);
        let line_end = memchr(b'\n', &self.text[at..]).map_or(self.text.len(), |feed| at + feed + 1);
        let ends_here = at > 0 && self.text[at - 1] == b'\n';
        self.found = Statement {
            end: match fault {
                Fault::Open { .. } => self.text.len(),
                _ if ends_here => at,
                _ => line_end,
            },
            fault: Some(fault),
            hides_names: self.found.hides_names,
            hazards: std::mem::take(&mut self.found.hazards),
            assigned: std::mem::take(&mut self.found.assigned),
            ..Statement::default()
        };
    }

    /// An error that not all shells need come to.
    fn divides(&self, fault: Fault, at: usize) -> Option<Fault> {
        if let Some(hazard) = self.found.hazards.iter().find(|hazard| hazard.kind == HazardKind::NotPortable) {
            let what = "a form that dash reads otherwise than bash, and an error behind it";
            return Some(Fault::Unclear { at: hazard.at.start, what });
        }
        if let Some(nul) = memchr(0, &self.text[..at]) {
            return Some(Fault::Unclear {
                at: nul,
                what: "a NUL, which shells leave out before they read, and an error behind it",
            });
        }
        let broken = matches!(fault, Fault::Syntax { .. }) && self.text[at..].starts_with(b"\\\n");
        broken.then_some(Fault::Unclear { at, what: "an error that the next line may mend" })
    }
}

pub(crate) fn old_arithmetic(span: Span) -> Fault {
    Fault::Unclear { at: span.start, what: "`$[…]`, which is arithmetic to bash and text to dash" }
}

pub(crate) fn quoted_parameter(span: Span) -> Fault {
    Fault::Unclear { at: span.start, what: "an expansion that begins with a quote" }
}

pub(crate) fn broken_dollar(span: Span) -> Fault {
    Fault::Unclear { at: span.start, what: "a `$` and what it expands, broken over two lines" }
}

pub(crate) fn escaped_quote(span: Span) -> Fault {
    Fault::Unclear { at: span.start, what: "`$'…\\'…'`, where bash and dash find different ends" }
}

pub(crate) fn unclosed_backquote(span: Span) -> Fault {
    Fault::Open { at: span.start, what: "a backquote" }
}
