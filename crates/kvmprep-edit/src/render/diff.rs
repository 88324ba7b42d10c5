use std::borrow::Cow;
use std::io::{self, Write};
use std::ops::Range;

use anstyle::{AnsiColor, Style};
use kvmprep_lossless::diff::{Hunk, Line, NO_NEWLINE, Side, UnifiedDiff};
use kvmprep_lossless::value;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::output::Output;

/// Longer lines are shown without emphasis: finding it costs the square of their length.
const EMPHASIZED_LENGTH: usize = 500;

/// A diff, byte by byte on a pipe; on a terminal with escapes for what would not show, and in colour when wanted.
pub fn print(diff: &UnifiedDiff<'_>, output: &mut Output) -> io::Result<()> {
    if diff.is_empty() || !(output.escaped || output.colored()) {
        return diff.write_to(output);
    }
    let bold = output.style(Style::new().bold());
    for name in diff.header().lines() {
        writeln!(output, "{bold}{}{bold:#}", value::shown(name.as_bytes()))?;
    }
    diff.hunks().iter().try_for_each(|hunk| print_hunk(hunk, output))
}

fn print_hunk(hunk: &Hunk<'_>, output: &mut Output) -> io::Result<()> {
    let cyan = output.style(AnsiColor::Cyan.on_default());
    writeln!(output, "{cyan}{}{cyan:#}", hunk.header())?;
    let mut lines = hunk.lines.as_slice();
    while let [first, ..] = lines {
        let count = |lines: &[Line<'_>], side| lines.iter().take_while(|line| line.side == side).count();
        let removed = count(lines, Side::Removed);
        let added = count(&lines[removed..], Side::Added);
        if removed == added && removed > 0 {
            let (old, rest) = lines.split_at(removed);
            let (new, rest) = rest.split_at(added);
            let pairs: Vec<_> = old.iter().zip(new).map(|(old, new)| emphasis(old, new)).collect();
            for (line, (spans, _)) in old.iter().zip(&pairs) {
                print_line(line, spans, output)?;
            }
            for (line, (_, spans)) in new.iter().zip(&pairs) {
                print_line(line, spans, output)?;
            }
            lines = rest;
        } else {
            print_line(first, &[], output)?;
            lines = &lines[1..];
        }
    }
    Ok(())
}

/// The parts of two lines that differ, as ranges of bytes with a flag each, covering the lines.
type Spans = Vec<(Range<usize>, bool)>;

fn emphasis(old: &Line<'_>, new: &Line<'_>) -> (Spans, Spans) {
    let (old, new) = (content(old), content(new));
    if old.len() + new.len() > EMPHASIZED_LENGTH {
        return (Vec::new(), Vec::new());
    }
    let (old_words, new_words) = (words(old), words(new));
    let ops = capture_diff_slices(Algorithm::Myers, &old_words, &new_words);
    let spans = |words: &[&[u8]], range: fn(&DiffOp) -> Range<usize>| {
        let mut at = 0;
        let mut spans = Spans::new();
        for op in &ops {
            let len: usize = words[range(op)].iter().map(|word| word.len()).sum();
            spans.push((at..at + len, !matches!(op, DiffOp::Equal { .. })));
            at += len;
        }
        spans
    };
    (spans(&old_words, DiffOp::old_range), spans(&new_words, DiffOp::new_range))
}

/// Runs of letters and digits, and every other byte on its own.
fn words(line: &[u8]) -> Vec<&[u8]> {
    line.chunk_by(|a, b| is_letter(*a) && is_letter(*b)).collect()
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

fn content<'l>(line: &'l Line<'_>) -> &'l [u8] {
    line.bytes.strip_suffix(b"\n").unwrap_or(&line.bytes)
}

fn print_line(line: &Line<'_>, spans: &[(Range<usize>, bool)], output: &mut Output) -> io::Result<()> {
    let style = match line.side {
        Side::Context => Style::new(),
        Side::Removed => AnsiColor::Red.on_default(),
        Side::Added => AnsiColor::Green.on_default(),
    };
    let (plain, strong) = (output.style(style), output.style(style.bold().underline()));
    let whole = [(0..content(line).len(), false)];
    let spans = if spans.is_empty() { &whole[..] } else { spans };
    write!(output, "{plain}{}{plain:#}", line.side.mark())?;
    for (range, differs) in spans.iter().filter(|(range, _)| !range.is_empty()) {
        let style = if *differs { strong } else { plain };
        let text = &content(line)[range.clone()];
        let shown = if output.escaped { Cow::Owned(value::shown(text).into_bytes()) } else { Cow::Borrowed(text) };
        write!(output, "{style}")?;
        output.write_all(&shown)?;
        write!(output, "{style:#}")?;
    }
    writeln!(output)?;
    if !line.is_ended() {
        writeln!(output, "{NO_NEWLINE}")?;
    }
    Ok(())
}
