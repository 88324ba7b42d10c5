//! Where the hunks of a diff belong in a file: by their content, whole, and never by fuzz.

use diffy::{Hunk, Line};

/// Why a hunk is not applied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Misfit {
    /// Neither its old lines nor its new ones stand in the file.
    NotFound,
    /// They stand in several places, none of them the one that the diff names.
    Ambiguous,
    /// It has no line that could be found, and the file is not empty.
    NoContext,
}

/// The file with all hunks in it; the same file where they are in it already. Else the number of the hunk that does not
/// fit, from 0.
pub fn patched(text: &[u8], hunks: &[Hunk<'_, [u8]>]) -> Result<Vec<u8>, (usize, Misfit)> {
    let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    let mut patched = Vec::with_capacity(text.len());
    // Up to here the file is settled; and how far off the diff's line numbers are there.
    let (mut settled, mut offset) = (0, 0);
    for (number, hunk) in hunks.iter().enumerate() {
        let sides = Sides::of(hunk);
        let placed = sides.place(&lines, settled, offset).map_err(|misfit| (number, misfit))?;
        patched.extend(lines[settled..placed.at].concat());
        patched.extend(sides.new.concat());
        settled = placed.at + placed.length;
        offset = placed.offset;
    }
    patched.extend(lines[settled..].concat());
    Ok(patched)
}

/// A hunk as what it takes and what it leaves.
struct Sides<'h> {
    old: Vec<&'h [u8]>,
    new: Vec<&'h [u8]>,
    /// Its first line before it is applied, from 0.
    old_at: usize,
    /// It adds a line: then its new side is not to be met by chance.
    adds: bool,
    /// Less context in front than behind says that the file begins there, and the other way about that it ends.
    at_start: bool,
    at_end: bool,
}

struct Placed {
    at: usize,
    /// How many lines of the file it takes.
    length: usize,
    offset: isize,
}

impl<'h> Sides<'h> {
    fn of(hunk: &'h Hunk<'_, [u8]>) -> Self {
        let is_context = |line: &&Line<'_, [u8]>| matches!(line, Line::Context(_));
        let leading = hunk.lines().iter().take_while(is_context).count();
        let trailing = hunk.lines().iter().rev().take_while(is_context).count();
        let side = |wanted: fn(&Line<'h, [u8]>) -> Option<&'h [u8]>| hunk.lines().iter().filter_map(wanted).collect();
        let first = |start: usize, length: usize| if length == 0 { start } else { start.saturating_sub(1) };
        Self {
            old: side(|line| match line {
                Line::Context(text) | Line::Delete(text) => Some(text),
                Line::Insert(_) => None,
            }),
            new: side(|line| match line {
                Line::Context(text) | Line::Insert(text) => Some(text),
                Line::Delete(_) => None,
            }),
            old_at: first(hunk.old_range().start(), hunk.old_range().len()),
            adds: hunk.lines().iter().any(|line| matches!(line, Line::Insert(_))),
            at_start: leading < trailing,
            at_end: trailing < leading,
        }
    }

    /// Where it is in the file already, or goes. Where both could be, the place that the diff names decides; at that very
    /// place the longer side is what stands there.
    fn place(&self, lines: &[&[u8]], from: usize, offset: isize) -> Result<Placed, Misfit> {
        // What follows is off by the lines that the diff does not count yet.
        let already = |at: usize| {
            let offset = shifted(at + self.new.len(), self.old_at + self.old.len());
            Placed { at, length: self.new.len(), offset }
        };
        if self.old.is_empty() {
            return match lines {
                [] => Ok(self.pending(0)),
                all if all == self.new => Ok(already(0)),
                _ => Err(Misfit::NoContext),
            };
        }
        let pending = self.find(&self.old, lines, from, self.old_at.saturating_add_signed(offset));
        let applied = self.find(&self.new, lines, from, self.old_at.saturating_add_signed(offset));
        // No lines stand everywhere, and lines that are only left over may stand by chance anywhere.
        let applied = applied.and_then(|found| match self.new.is_empty() || !(found.is_exact || self.adds) {
            true => Err(Misfit::NotFound),
            false => Ok(found),
        });
        match (pending, applied) {
            (Ok(pending), Ok(applied)) => match (pending.is_exact, applied.is_exact) {
                (false, false) => Err(Misfit::Ambiguous),
                (true, true) if self.new.len() >= self.old.len() => Ok(already(applied.at)),
                (false, true) => Ok(already(applied.at)),
                _ => Ok(self.pending(pending.at)),
            },
            (Ok(pending), Err(_)) => Ok(self.pending(pending.at)),
            (Err(_), Ok(applied)) => Ok(already(applied.at)),
            (Err(Misfit::Ambiguous), Err(_)) | (Err(_), Err(Misfit::Ambiguous)) => Err(Misfit::Ambiguous),
            (Err(misfit), Err(_)) => Err(misfit),
        }
    }

    fn pending(&self, at: usize) -> Placed {
        Placed { at, length: self.old.len(), offset: shifted(at, self.old_at) }
    }

    fn find(&self, side: &[&[u8]], lines: &[&[u8]], from: usize, named: usize) -> Result<Found, Misfit> {
        let stands = |at: usize| {
            let end = at + side.len();
            lines.get(at..end) == Some(side) && (!self.at_start || at == 0) && (!self.at_end || end == lines.len())
        };
        if named >= from && stands(named) {
            return Ok(Found { at: named, is_exact: true });
        }
        let mut places = (from..=lines.len()).filter(|at| stands(*at));
        match (places.next(), places.next()) {
            (None, _) => Err(Misfit::NotFound),
            (Some(at), None) => Ok(Found { at, is_exact: false }),
            (Some(_), Some(_)) => Err(Misfit::Ambiguous),
        }
    }
}

fn shifted(at: usize, named: usize) -> isize {
    let [at, named] = [at, named].map(|line| isize::try_from(line).unwrap_or(isize::MAX));
    at - named
}

struct Found {
    at: usize,
    /// It is the place that the diff names.
    is_exact: bool,
}

#[cfg(test)]
mod tests;
