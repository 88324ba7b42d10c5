use std::borrow::Cow;

use crate::Span;

/// What turns one text into another: spans of the original and the bytes that take their place.
///
/// Sorted, disjoint, and free of no-ops: a splice never begins or ends with bytes that it puts back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Patch<'a> {
    original: Cow<'a, [u8]>,
    splices: Vec<Splice<'a>>,
}

/// One replacement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Splice<'a> {
    /// What goes, in the original; empty for an insertion.
    pub span: Span,
    /// What comes.
    pub with: Cow<'a, [u8]>,
}

impl<'a> Patch<'a> {
    /// Reads the patch off the spans that spell the new text: a span below the original's length is original bytes,
    /// one above it is written text. Original spans come in order.
    pub(crate) fn read_off(original: &'a [u8], spans: impl Iterator<Item = Span>, store: &'a [u8]) -> Self {
        let mut reader = ReadOff { original, splices: Vec::new(), kept: 0, written: Cow::Borrowed(&[]) };
        for span in spans {
            if span.start < original.len() {
                reader.keep(span);
            } else {
                reader.write(span.of(store));
            }
        }
        reader.keep(Span::empty(original.len()));
        Self { original: Cow::Borrowed(original), splices: reader.splices }
    }

    /// The patch between two whole texts: what lies between their common head and tail.
    pub fn between(original: &'a [u8], revised: &'a [u8]) -> Self {
        let whole = Span::new(0, original.len());
        let splices = trimmed(original, whole, Cow::Borrowed(revised)).into_iter().collect();
        Self { original: Cow::Borrowed(original), splices }
    }

    /// The text that the patch applies to.
    pub fn original(&self) -> &[u8] {
        &self.original
    }

    /// The replacements in order.
    pub fn splices(&self) -> &[Splice<'a>] {
        &self.splices
    }

    /// True when nothing changes.
    pub fn is_empty(&self) -> bool {
        self.splices.is_empty()
    }

    /// The new text.
    pub fn apply(&self) -> Vec<u8> {
        let mut revised = Vec::with_capacity(self.original.len());
        let mut kept = 0;
        for splice in &self.splices {
            revised.extend_from_slice(&self.original[kept..splice.span.start]);
            revised.extend_from_slice(&splice.with);
            kept = splice.span.end;
        }
        revised.extend_from_slice(&self.original[kept..]);
        revised
    }

    /// The patch that leads back.
    pub fn invert(&self) -> Patch<'_> {
        let mut start = 0;
        let mut kept = 0;
        let splices = self
            .splices
            .iter()
            .map(|splice| {
                start += splice.span.start - kept;
                kept = splice.span.end;
                let span = Span::new(start, start + splice.with.len());
                start = span.end;
                Splice { span, with: Cow::Borrowed(splice.span.of(&self.original)) }
            })
            .collect();
        Patch { original: Cow::Owned(self.apply()), splices }
    }
}

struct ReadOff<'a> {
    original: &'a [u8],
    splices: Vec<Splice<'a>>,
    kept: usize,
    written: Cow<'a, [u8]>,
}

impl<'a> ReadOff<'a> {
    fn keep(&mut self, span: Span) {
        let gap = Span::new(self.kept, span.start);
        if !gap.is_empty() || !self.written.is_empty() {
            let written = std::mem::take(&mut self.written);
            self.splices.extend(trimmed(self.original, gap, written));
        }
        self.kept = span.end;
    }

    fn write(&mut self, bytes: &'a [u8]) {
        if self.written.is_empty() {
            self.written = Cow::Borrowed(bytes);
        } else {
            self.written.to_mut().extend_from_slice(bytes);
        }
    }
}

/// A splice without the head and the tail that it would put back; nothing when that is all.
fn trimmed<'a>(original: &[u8], span: Span, with: Cow<'a, [u8]>) -> Option<Splice<'a>> {
    let old = span.of(original);
    let head = common(old.iter(), with.iter());
    let tail = common(old[head..].iter().rev(), with[head..].iter().rev());
    let span = Span::new(span.start + head, span.end - tail);
    let end = with.len() - tail;
    let with = match with {
        Cow::Borrowed(with) => Cow::Borrowed(&with[head..end]),
        Cow::Owned(with) => Cow::Owned(with[head..end].to_vec()),
    };
    (!span.is_empty() || !with.is_empty()).then_some(Splice { span, with })
}

fn common<'b>(a: impl Iterator<Item = &'b u8>, b: impl Iterator<Item = &'b u8>) -> usize {
    a.zip(b).take_while(|(a, b)| a == b).count()
}
