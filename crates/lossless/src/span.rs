use std::ops::Range;

/// A half-open range of byte offsets, `start..end`.
///
/// Which text the offsets count in is said by whoever hands the span out: rows count in the store, everything a caller
/// sees counts in the printed text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset behind the last byte.
    pub end: usize,
}

impl Span {
    /// The span `start..end`; an end before the start is taken as empty at `start`.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end: end.max(start) }
    }

    /// The empty span at an offset.
    pub fn empty(at: usize) -> Self {
        Self { start: at, end: at }
    }

    /// Number of bytes.
    pub fn len(self) -> usize {
        self.end - self.start
    }

    /// True when no byte is covered.
    pub fn is_empty(self) -> bool {
        self.end == self.start
    }

    /// The same extent, `by` bytes further on: turns an offset within a row into one within the text.
    pub fn shifted(self, by: usize) -> Self {
        Self { start: self.start + by, end: self.end + by }
    }

    /// True when the spans share a byte, or begin at the same one.
    pub fn touches(self, other: Self) -> bool {
        self.start == other.start || (self.start < other.end && other.start < self.end)
    }

    /// The bytes of `text` that are covered; what lies outside the text is left out.
    pub fn of(self, text: &[u8]) -> &[u8] {
        let end = self.end.min(text.len());
        &text[self.start.min(end)..end]
    }

    /// Where `part`, a slice borrowed from `whole`, stands in it; `None` when it is not part of it.
    ///
    /// A grammar returns slices of its input: this turns them into offsets without counting along.
    pub fn of_part(whole: &[u8], part: &[u8]) -> Option<Self> {
        let start = (part.as_ptr() as usize).checked_sub(whole.as_ptr() as usize)?;
        let end = start.checked_add(part.len())?;
        (end <= whole.len()).then_some(Self { start, end })
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Self::new(range.start, range.end)
    }
}
