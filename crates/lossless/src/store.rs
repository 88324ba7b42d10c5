use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use crate::{Patch, Span, Syntax};

/// A text as a list of statements over an append-only store.
///
/// The bytes read are never changed and what is written is appended; each row is a span of the store. Invariant: the
/// rows, concatenated, spell the file, and a row that lies below the seal *is* original bytes.
#[derive(Clone)]
pub struct Text<S: Syntax> {
    pub(crate) syntax: S,
    pub(crate) store: Vec<u8>,
    pub(crate) sealed: usize,
    pub(crate) rows: Vec<Row<S>>,
    pub(crate) end_state: S::State,
}

/// One statement: where its bytes are, what the text to its left says about it, and what sort it is.
pub(crate) struct Row<S: Syntax> {
    pub(crate) span: Span,
    pub(crate) within: S::State,
    pub(crate) kind: S::Kind,
}

impl<S: Syntax> Clone for Row<S> {
    fn clone(&self) -> Self {
        Self { span: self.span, within: self.within.clone(), kind: self.kind }
    }
}

/// A statement of a text.
pub struct RowRef<'t, S: Syntax> {
    /// Its number, from 0.
    pub index: usize,
    /// Offset of its first byte in the printed text.
    pub at: usize,
    /// Its bytes, line end included.
    pub bytes: &'t [u8],
    /// What the text to the left says about it.
    pub within: &'t S::State,
    /// What sort of statement it is.
    pub kind: S::Kind,
}

impl<S: Syntax> RowRef<'_, S> {
    /// The row's extent in the printed text.
    pub fn span(&self) -> Span {
        Span::new(self.at, self.at + self.bytes.len())
    }
}

impl<S: Syntax> Clone for RowRef<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Syntax> Copy for RowRef<'_, S> {}

impl<S: Syntax> fmt::Debug for RowRef<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { index, at, bytes, within, kind } = self;
        write!(f, "{index} @{at} {kind:?} in {within:?}: {}", bstr::BStr::new(bytes).escape_ascii())
    }
}

impl<S: Syntax> fmt::Debug for Text<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.rows()).entry(&self.end_state).finish()
    }
}

impl<S: Syntax> fmt::Debug for Run<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.rows()).finish()
    }
}

/// Some rows that stand one after the other. Offsets count from the start of the run.
pub struct Run<'t, S: Syntax> {
    pub(crate) store: &'t [u8],
    pub(crate) rows: &'t [Row<S>],
    pub(crate) at: usize,
    pub(crate) index: usize,
}

impl<S: Syntax> Clone for Run<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Syntax> Copy for Run<'_, S> {}

impl<'t, S: Syntax> Run<'t, S> {
    /// The rows in order. Numbers and offsets count in the whole text when the run was taken from a text.
    pub fn rows(self) -> impl Iterator<Item = RowRef<'t, S>> {
        let mut at = self.at;
        self.rows.iter().enumerate().map(move |(i, row)| {
            let bytes = row.span.of(self.store);
            let this = RowRef { index: self.index + i, at, bytes, within: &row.within, kind: row.kind };
            at += bytes.len();
            this
        })
    }

    /// Number of rows.
    pub fn len(self) -> usize {
        self.rows.len()
    }

    /// True when there is no row.
    pub fn is_empty(self) -> bool {
        self.rows.is_empty()
    }
}

impl<S: Syntax> Text<S> {
    /// Cuts bytes into statements. Never fails.
    pub fn read(syntax: S, bytes: impl Into<Vec<u8>>) -> Self {
        let store = bytes.into();
        let mut rows = Vec::new();
        let end_state = tile(&syntax, &store, S::State::default(), |span, within, kind| {
            rows.push(Row { span, within, kind });
        });
        Self { sealed: store.len(), syntax, store, rows, end_state }
    }

    /// The grammar, which is the dialect.
    pub fn syntax(&self) -> &S {
        &self.syntax
    }

    /// The bytes as they were read.
    pub fn original(&self) -> &[u8] {
        &self.store[..self.sealed]
    }

    /// All statements in order.
    pub fn rows(&self) -> impl Iterator<Item = RowRef<'_, S>> {
        self.run().rows()
    }

    /// All rows as one run.
    pub fn run(&self) -> Run<'_, S> {
        Run { store: &self.store, rows: &self.rows, at: 0, index: 0 }
    }

    /// Some rows as a run; numbers past the last row are left out.
    pub fn run_of(&self, rows: Range<usize>) -> Run<'_, S> {
        let end = rows.end.min(self.rows.len());
        let start = rows.start.min(end);
        let at = self.rows[..start].iter().map(|row| row.span.len()).sum();
        Run { store: &self.store, rows: &self.rows[start..end], at, index: start }
    }

    /// One statement. Counting its offset costs a walk over the rows before it: use [`Text::rows`] to see many.
    pub fn row(&self, index: usize) -> Option<RowRef<'_, S>> {
        self.run_of(index..index.saturating_add(1)).rows().next()
    }

    /// The bytes of one row, empty when there is no such row.
    pub fn bytes_of(&self, index: usize) -> &[u8] {
        self.rows.get(index).map_or(&[], |row| row.span.of(&self.store))
    }

    /// Number of statements.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True for an empty file.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// What the whole text leaves to whatever would come behind it: an open quote, an open block.
    pub fn end_state(&self) -> &S::State {
        &self.end_state
    }

    /// The printed text in as few contiguous pieces as the edits allow: for an unedited text, one.
    pub fn chunks(&self) -> impl Iterator<Item = &[u8]> {
        let mut rows = self.rows.iter().map(|row| row.span).peekable();
        std::iter::from_fn(move || {
            let mut chunk = rows.next()?;
            while let Some(next) = rows.next_if(|next| next.start == chunk.end) {
                chunk.end = next.end;
            }
            Some(chunk.of(&self.store))
        })
    }

    /// The printed text.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.rows.iter().map(|row| row.span.len()).sum());
        self.chunks().for_each(|chunk| bytes.extend_from_slice(chunk));
        bytes
    }

    /// The printed text, borrowed when it is one piece.
    pub fn contiguous(&self) -> Cow<'_, [u8]> {
        let mut chunks = self.chunks();
        match (chunks.next(), chunks.next()) {
            (None, _) => Cow::Borrowed(&[]),
            (Some(only), None) => Cow::Borrowed(only),
            _ => Cow::Owned(self.to_bytes()),
        }
    }

    /// What differs from the original, read off the rows.
    pub fn patch(&self) -> Patch<'_> {
        Patch::read_off(self.original(), self.rows.iter().map(|row| row.span), &self.store)
    }
}

/// Reads statement after statement to the end of the text and returns the state that is left.
pub(crate) fn tile<S: Syntax>(
    syntax: &S,
    text: &[u8],
    mut state: S::State,
    mut each: impl FnMut(Span, S::State, S::Kind),
) -> S::State {
    let mut at = 0;
    while at < text.len() {
        let within = state.clone();
        let (end, kind) = step(syntax, text, at, &mut state);
        each(Span::new(at, end), within, kind);
        at = end;
    }
    state
}

/// One step, held to its promise to advance and to stay inside the text.
pub(crate) fn step<S: Syntax>(syntax: &S, text: &[u8], at: usize, state: &mut S::State) -> (usize, S::Kind) {
    let (end, kind) = syntax.step(text, at, state);
    (end.clamp(at + 1, text.len()), kind)
}
