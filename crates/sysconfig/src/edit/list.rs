use bstr::BString;
use kvmprep_lossless::{Absent, Diagnostic, Refusal, Span};

use super::Verb;
use super::rewrite::{Word, manager_reads};
use crate::parts::Parts;
use crate::syntax::Reader;
use crate::value::{Meaning, Style, escaped, may_stand_single, quote};

/// True when a value has the item: its words, one after the other.
pub(super) fn holds(value: &[u8], item: &[u8]) -> bool {
    find(value, item).is_some()
}

/// The extent of each blank-separated word.
fn words(value: &[u8]) -> Vec<Span> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, byte) in value.iter().enumerate() {
        match (matches!(byte, b' ' | b'\t' | b'\n'), start) {
            (true, Some(from)) => {
                words.push(Span::new(from, at));
                start = None;
            }
            (false, None) => start = Some(at),
            _ => {}
        }
    }
    words.extend(start.map(|from| Span::new(from, value.len())));
    words
}

fn find(value: &[u8], item: &[u8]) -> Option<Span> {
    let (haystack, needle) = (words(value), words(item));
    if needle.is_empty() {
        return None;
    }
    let same = |window: &&[Span]| window.iter().zip(&needle).all(|(a, b)| a.of(value) == b.of(item));
    let found = haystack.windows(needle.len()).find(same)?;
    Some(Span::new(found[0].start, found[needle.len() - 1].end))
}

/// What goes when the item is taken out wherever it stands, also where its going brings its words together: the words
/// with one blank before them, or behind them at the start of the value.
fn cuts(value: &[u8], item: &[u8]) -> Vec<Span> {
    let (all, needle) = (words(value), words(item));
    let mut left: Vec<usize> = Vec::with_capacity(all.len());
    let mut gone = vec![false; all.len()];
    for number in 0..all.len() {
        left.push(number);
        let Some(start) = left.len().checked_sub(needle.len()) else { continue };
        if left[start..].iter().zip(&needle).all(|(word, wanted)| all[*word].of(value) == wanted.of(item)) {
            left.drain(start..).for_each(|word| gone[word] = true);
        }
    }
    let mut cuts: Vec<Span> = Vec::new();
    for (number, word) in all.iter().enumerate().filter(|(number, _)| gone[*number]) {
        match cuts.last_mut().filter(|_| number > 0 && gone[number - 1]) {
            Some(last) => last.end = word.end,
            None => cuts.push(Span::new(word.start.saturating_sub(1), word.end)),
        }
    }
    if let Some(first) =
        cuts.first_mut().filter(|cut| cut.start == 0 && all.first().is_some_and(|word| word.start == 0))
    {
        first.end = (first.end + 1).min(value.len());
    }
    if let [first, second, ..] = &mut cuts[..] {
        second.start = second.start.max(first.end);
    }
    cuts
}

impl Verb<'_> {
    /// Puts an item at the end of the value's words, or takes it out wherever it stands. An item of several words, as
    /// `--timeout 120`, is one.
    pub(super) fn list(&mut self, item: &BString, add: bool) -> Result<(), Refusal> {
        if words(item).is_empty() {
            return Err(Refusal::new("empty-item", "an item is at least one word"));
        }
        let readers = self.text.syntax().readers();
        self.is_assignable()?;
        let target = if add { self.survey.target() } else { self.survey.last() };
        let Some(target) = target else { return self.list_absent(item, add) };
        let so =
            readers.iter().all(|reader| self.survey.value(*reader).map_or(!add, |value| holds(value, item) == add));
        let so = so && !self.loses_its_place() && (add || !holds(&self.survey.places[target].listed().1.bytes, item));
        if !so {
            let word = if add { self.with(target, item)? } else { self.without(target, item)? };
            if self.reads(Reader::ServiceManager) && holds(&word.manager, item) != add {
                return Err(self.mixed(target));
            }
            self.write(target, &word)?;
        }
        let place = &self.survey.places[target];
        if let Some(obstacle) = place.meaning.obstacle.filter(|_| !add) {
            let message = format!("the item may still come from {obstacle}");
            self.notes.push(Diagnostic::warning("may-hold-item", message).at(place.span()));
        }
        self.duplicates(Some(target))?;
        self.note_overriders(Some(target));
        Ok(())
    }

    fn list_absent(&mut self, item: &BString, add: bool) -> Result<(), Refusal> {
        self.reachable()?;
        match self.request.manner.absent {
            _ if !add => Ok(()),
            Absent::Leave => {
                self.notes.push(Diagnostic::note("absent", format!("`{}` is not set, and is left so", self.key())));
                Ok(())
            }
            _ if self.request.manner.allows("absent-list") => self.set_absent(item),
            _ => Err(Refusal::new("absent-list", format!("`{}` is not set: its default would be lost", self.key()))
                .help("set it to the whole list, or allow `absent-list` to write the item alone")
                .overridable()),
        }
    }

    fn with(&self, target: usize, item: &BString) -> Result<Word, Refusal> {
        let place = &self.survey.places[target];
        let manager = self.reads(Reader::ServiceManager);
        let (span, meaning) = place.listed();
        let old = &meaning.bytes;
        if holds(old, item) {
            return self.respelt(target, old.clone());
        }
        let raw = span.of(place.row.bytes);
        let gap: &[u8] = if old.is_empty() || old.ends_with(b" ") || old.ends_with(b"\t") || old.ends_with(b"\n") {
            b""
        } else {
            b" "
        };
        let known = meaning.known().map(|old| [old, gap, item].concat());
        let inner = || &raw[..raw.len() - 1];
        let spelt = match place.style {
            Style::Single if may_stand_single(item, manager) => [inner(), gap, item, b"'"].concat(),
            Style::Double => [inner(), gap, &escaped(item), b"\""].concat(),
            _ if known.is_some() => quote(known.as_deref().unwrap_or_default(), Style::Double, manager),
            _ if !manager => [raw, b"\"", gap, &escaped(item), b"\""].concat(),
            _ => return Err(self.mixed(target)),
        };
        self.spelt(target, spelt, known)
    }

    fn without(&self, target: usize, item: &BString) -> Result<Word, Refusal> {
        let place = &self.survey.places[target];
        let (value, meaning) = place.listed();
        let Meaning { bytes, from, obstacle } = meaning;
        let row = place.row.bytes;
        let (mut new, mut kept) = (Vec::with_capacity(bytes.len()), 0);
        let (mut raw, mut raw_kept) = (Vec::with_capacity(value.len()), value.start);
        for cut in cuts(&bytes, item) {
            new.extend_from_slice(&bytes[kept..cut.start]);
            kept = cut.end;
            raw.extend_from_slice(Span::new(raw_kept, from[cut.start].start).of(row));
            raw_kept = from[cut.end - 1].end;
        }
        new.extend_from_slice(&bytes[kept..]);
        raw.extend_from_slice(Span::new(raw_kept, value.end).of(row));
        let known = obstacle.is_none().then(|| new.clone());
        if matches!(place.style, Style::Single | Style::Double) && reads_as(&raw, &new) {
            return self.spelt(target, raw, known);
        }
        match known {
            Some(_) => self.respelt(target, new),
            None => Err(self.mixed(target)),
        }
    }

    /// The whole value written anew: an empty one keeps its quotes, it is a list still.
    fn respelt(&self, target: usize, value: Vec<u8>) -> Result<Word, Refusal> {
        let place = &self.survey.places[target];
        if place.meaning.known().is_none() {
            let raw = place.value.of(place.row.bytes).to_vec();
            return self.spelt(target, raw, None);
        }
        let style = match place.style {
            Style::Mixed => Style::Double,
            _ if value.is_empty() => Style::Double,
            style => style,
        };
        Ok(Word::known(quote(&value, style, self.reads(Reader::ServiceManager)), &value))
    }

    fn spelt(&self, target: usize, raw: Vec<u8>, known: Option<Vec<u8>>) -> Result<Word, Refusal> {
        if let Some(value) = known {
            let agreed = !self.reads(Reader::ServiceManager)
                || manager_reads(&raw, self.text.syntax().systemd).as_deref() == Some(&value[..]);
            let raw = if agreed { raw } else { quote(&value, Style::Double, true) };
            return Ok(Word::known(raw, &value));
        }
        match manager_reads(&raw, self.text.syntax().systemd) {
            Some(manager) => Ok(Word { raw, shell: None, manager: manager.into() }),
            None if !self.reads(Reader::ServiceManager) => Ok(Word { raw, shell: None, manager: BString::default() }),
            None => Err(self.mixed(target)),
        }
    }

    fn mixed(&self, target: usize) -> Refusal {
        Refusal::new("mixed-quotes", format!("the value of `{}` mixes quotes and expansions", self.key()))
            .at(self.survey.places[target].span())
            .help("set the whole value, or edit for `shell` alone")
    }
}

/// True when a raw word reads as these bytes, expansions as NUL.
fn reads_as(raw: &[u8], bytes: &[u8]) -> bool {
    let line = [b"_=", raw].concat();
    let parts = Parts::of(&line);
    let mut assigns = parts.assigns();
    assigns.next().is_some_and(|assign| assign.word.end == line.len() && assign.meaning.bytes == bytes)
}
