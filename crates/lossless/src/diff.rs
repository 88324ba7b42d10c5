//! Unified diffs straight from a patch: it already knows where the change is, so only the changed lines are compared.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};

use bstr::{BString, ByteSlice};
use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::{Patch, Span};

/// Lines of context that diffs usually have.
pub const CONTEXT: usize = 3;

/// Past so many lines on both sides together a replaced run is shown whole, not searched for the smallest difference:
/// the output must not hang on a clock, so the work is bounded by size.
const SEARCHED_LINES: usize = 20_000;

/// The two file names of a diff; `None` stands for `/dev/null`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Names {
    /// The name on the `---` line, without the `a/`.
    pub old: Option<String>,
    /// The name on the `+++` line, without the `b/`.
    pub new: Option<String>,
}

impl Names {
    /// A file that is edited. A leading `/` is left out: names are relative to the host's root.
    pub fn of(path: &str) -> Self {
        let path = path.trim_start_matches('/').to_owned();
        Self { old: Some(path.clone()), new: Some(path) }
    }

    /// A file that did not exist.
    pub fn created(path: &str) -> Self {
        Self { old: None, ..Self::of(path) }
    }

    /// A file that is deleted.
    pub fn deleted(path: &str) -> Self {
        Self { new: None, ..Self::of(path) }
    }
}

/// A unified diff; [`fmt::Display`] shows it to people (bytes that are not UTF-8 replaced), [`UnifiedDiff::write_to`]
/// is byte-exact and what `patch -p1` takes.
#[derive(Clone, Debug)]
pub struct UnifiedDiff<'p> {
    names: Names,
    hunks: Vec<Hunk<'p>>,
}

/// One `@@` part of a diff.
#[derive(Clone, Debug)]
pub struct Hunk<'p> {
    /// Lines of the old file: number of the first, from 0, and how many.
    pub old: (usize, usize),
    /// Lines of the new file.
    pub new: (usize, usize),
    /// The lines in the order shown.
    pub lines: Vec<Line<'p>>,
}

/// One line of a hunk.
#[derive(Clone, Debug)]
pub struct Line<'p> {
    /// On which side it stands.
    pub side: Side,
    /// Its bytes with the line feed, if it has one.
    pub bytes: Cow<'p, [u8]>,
}

/// On which side of a diff a line stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// On both.
    Context,
    /// On the old one.
    Removed,
    /// On the new one.
    Added,
}

impl Side {
    /// The character that a line of this side begins with.
    pub fn mark(self) -> char {
        match self {
            Self::Context => ' ',
            Self::Removed => '-',
            Self::Added => '+',
        }
    }
}

impl Patch<'_> {
    /// The patch as a unified diff with so many lines of context.
    pub fn unified_diff(&self, names: &Names, context: usize) -> UnifiedDiff<'_> {
        let changes = self.line_runs().flat_map(|run| run.refined(self.original())).collect::<Vec<_>>();
        UnifiedDiff { names: names.clone(), hunks: hunks(self.original(), changes, context) }
    }

    /// The splices widened to whole lines; those that share or touch a line are put together.
    fn line_runs(&self) -> impl Iterator<Item = Run> {
        let text = self.original();
        let mut splices = self.splices().iter().peekable();
        std::iter::from_fn(move || {
            let first = splices.next()?;
            let start = line_start(text, first.span.start);
            let mut new = text[start..first.span.start].to_vec();
            new.extend_from_slice(&first.with);
            let mut reached = first.span.end;
            loop {
                let at_line_start = line_start(text, reached) == reached;
                let ended = new.is_empty() || new.ends_with(b"\n");
                let end = if at_line_start && ended { reached } else { crate::lines::line_end(text, reached) };
                match splices.next_if(|next| line_start(text, next.span.start) <= end) {
                    Some(next) => {
                        new.extend_from_slice(&text[reached..next.span.start]);
                        new.extend_from_slice(&next.with);
                        reached = next.span.end;
                    }
                    None => {
                        new.extend_from_slice(&text[reached..end]);
                        return Some(Run { old: Span::new(start, end), new });
                    }
                }
            }
        })
    }
}

impl UnifiedDiff<'_> {
    /// True when there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.hunks.is_empty()
    }

    /// The file names.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// The hunks in order.
    pub fn hunks(&self) -> &[Hunk<'_>] {
        &self.hunks
    }

    /// The two header lines.
    pub fn header(&self) -> String {
        let name = |prefix: &str, name: &Option<String>| match name {
            Some(name) => quoted(&format!("{prefix}/{name}")),
            None => "/dev/null".to_owned(),
        };
        format!("--- {}\n+++ {}\n", name("a", &self.names.old), name("b", &self.names.new))
    }

    /// Writes the diff byte by byte; nothing when it is empty.
    pub fn write_to(&self, out: &mut impl Write) -> io::Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        out.write_all(self.header().as_bytes())?;
        for hunk in &self.hunks {
            writeln!(out, "{}", hunk.header())?;
            for line in &hunk.lines {
                write!(out, "{}", line.side.mark())?;
                out.write_all(&line.bytes)?;
                if !line.is_ended() {
                    writeln!(out, "\n{NO_NEWLINE}")?;
                }
            }
        }
        Ok(())
    }

    /// The diff as bytes.
    pub fn to_bytes(&self) -> BString {
        let mut bytes = Vec::new();
        self.write_to(&mut bytes).expect("a vector takes all that is written to it");
        bytes.into()
    }
}

/// What follows a line that ends without a line feed.
pub const NO_NEWLINE: &str = "\\ No newline at end of file";

impl fmt::Display for UnifiedDiff<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_bytes().to_str_lossy())
    }
}

impl Hunk<'_> {
    /// The `@@` line without its line end.
    pub fn header(&self) -> String {
        format!("@@ -{} +{} @@", range(self.old), range(self.new))
    }
}

impl Line<'_> {
    /// False for a last line without a line feed.
    pub fn is_ended(&self) -> bool {
        self.bytes.ends_with(b"\n")
    }
}

/// Whole lines of the original and the whole lines in their place.
struct Run {
    old: Span,
    new: Vec<u8>,
}

/// The smallest part: lines that go, lines that come.
struct LineChange<'p> {
    old: Span,
    removed: usize,
    added: Vec<Cow<'p, [u8]>>,
}

impl Run {
    /// Leaves out the lines that both sides have.
    fn refined<'p>(self, text: &'p [u8]) -> Vec<LineChange<'p>> {
        let old: Vec<&[u8]> = self.old.of(text).split_inclusive(|byte| *byte == b'\n').collect();
        let new: Vec<&[u8]> = self.new.split_inclusive(|byte| *byte == b'\n').collect();
        let ops = if old.len() + new.len() > SEARCHED_LINES {
            vec![DiffOp::Replace { old_index: 0, old_len: old.len(), new_index: 0, new_len: new.len() }]
        } else {
            capture_diff_slices(Algorithm::Myers, &old, &new)
        };
        let mut starts = vec![self.old.start];
        starts.extend(old.iter().scan(self.old.start, |end, line| {
            *end += line.len();
            Some(*end)
        }));
        ops.iter()
            .filter(|op| !matches!(op, DiffOp::Equal { .. }))
            .map(|op| LineChange {
                old: Span::new(starts[op.old_range().start], starts[op.old_range().end]),
                removed: op.old_range().len(),
                added: new[op.new_range()].iter().map(|line| Cow::Owned(line.to_vec())).collect(),
            })
            .collect()
    }
}

fn hunks<'p>(text: &'p [u8], changes: Vec<LineChange<'p>>, context: usize) -> Vec<Hunk<'p>> {
    let mut hunks: Vec<Hunk<'p>> = Vec::new();
    // Where the last change ended: its offset, and the number of the line there on either side.
    let (mut reached, mut old_line, mut new_line) = (0, 0, 0);
    for change in changes {
        let between = Span::new(reached, change.old.start).of(text);
        let lines = between.find_iter(b"\n").count();
        old_line += lines;
        new_line += lines;
        match hunks.last_mut().filter(|_| lines <= 2 * context) {
            Some(hunk) => hunk.extend(Side::Context, borrowed(between)),
            None => {
                if let Some(hunk) = hunks.last_mut() {
                    hunk.extend(Side::Context, borrowed(between).take(context));
                }
                let before = last_lines(between, context);
                let count = lines.min(context);
                let mut hunk = Hunk { old: (old_line - count, 0), new: (new_line - count, 0), lines: Vec::new() };
                hunk.extend(Side::Context, borrowed(before));
                hunks.push(hunk);
            }
        }
        let Some(hunk) = hunks.last_mut() else { continue };
        reached = change.old.end;
        old_line += change.removed;
        new_line += change.added.len();
        hunk.extend(Side::Removed, borrowed(change.old.of(text)));
        hunk.extend(Side::Added, change.added.into_iter());
    }
    if let Some(hunk) = hunks.last_mut() {
        hunk.extend(Side::Context, borrowed(&text[reached..]).take(context));
    }
    hunks
}

impl<'p> Hunk<'p> {
    fn extend(&mut self, side: Side, lines: impl Iterator<Item = Cow<'p, [u8]>>) {
        let before = self.lines.len();
        self.lines.extend(lines.map(|bytes| Line { side, bytes }));
        let count = self.lines.len() - before;
        self.old.1 += if side == Side::Added { 0 } else { count };
        self.new.1 += if side == Side::Removed { 0 } else { count };
    }
}

fn borrowed(lines: &[u8]) -> impl Iterator<Item = Cow<'_, [u8]>> {
    lines.split_inclusive(|byte| *byte == b'\n').map(Cow::Borrowed)
}

fn last_lines(text: &[u8], count: usize) -> &[u8] {
    let Some(body) = text.strip_suffix(b"\n").filter(|_| count > 0) else { return &[] };
    let start = memchr::memrchr_iter(b'\n', body).nth(count - 1).map_or(0, |lf| lf + 1);
    &text[start..]
}

fn line_start(text: &[u8], at: usize) -> usize {
    memchr::memrchr(b'\n', &text[..at]).map_or(0, |lf| lf + 1)
}

/// A range of no lines is named by the line before it.
fn range((start, count): (usize, usize)) -> String {
    match count {
        0 => format!("{start},0"),
        1 => format!("{}", start + 1),
        _ => format!("{},{count}", start + 1),
    }
}

/// A name as `patch` reads it: quoted like in C when it holds a control character, a quote or a backslash; ended by a
/// TAB when it holds a blank.
fn quoted(name: &str) -> String {
    if name.contains(|c: char| c.is_control() || c == '"' || c == '\\') {
        let mut quoted = String::from("\"");
        for byte in name.bytes() {
            match byte {
                b'"' | b'\\' => quoted.extend(['\\', char::from(byte)]),
                0x20..=0x7e => quoted.push(char::from(byte)),
                _ => quoted.push_str(&format!("\\{byte:03o}")),
            }
        }
        quoted.push('"');
        quoted
    } else if name.contains(' ') {
        format!("{name}\t")
    } else {
        name.to_owned()
    }
}
