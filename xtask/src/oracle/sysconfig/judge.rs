//! What we say of a file or an edit, held against what a program takes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use bstr::{BStr, BString, ByteSlice};
use kvmprep_lossless::{Edit, Format, Move, Request, Subject, Text, Value};
use kvmprep_sysconfig::{Key, Reader, Sysconfig, assignments};

use super::Said;
use super::ask::{Program, Programs, Taken};

type Variables = BTreeMap<BString, BString>;

/// Diagnostics that foretell that a script may end in the file, or that it is not read.
const ENDS: &[&str] = &[
    "unclosed",
    "syntax-error",
    "not-understood",
    "may-end-script",
    "runs-unseen",
    "not-portable",
    "systemd-refuses-file",
];

/// What was said of the variables that a program may take from the files.
#[derive(Default)]
pub struct Tally {
    known: usize,
    unknown: usize,
    unset: usize,
    /// Files that the program does not get past.
    ends: usize,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { known, unknown, unset, ends } = self;
        write!(f, "{known} values known, {unknown} unknown, {unset} variables not set, {ends} ends foretold")
    }
}

fn is_foretold(text: &Text<Sysconfig>) -> bool {
    text.syntax().diagnostics(text).iter().any(|told| ENDS.contains(&told.code))
}

/// A program that ends in the file must be foretold to; else what we know it takes it must take, and what we know not
/// to be set it must not set.
pub fn misread(
    text: &Text<Sysconfig>,
    program: Program,
    taken: &Taken,
    programs: &Programs,
    tally: &mut Tally,
) -> Option<String> {
    let reader = program.reader();
    let listed = text.syntax().settings(text, reader);
    let Some(taken) = taken else {
        tally.ends += 1;
        let told = is_foretold(text);
        let read = reader == Reader::ServiceManager && !listed.is_empty();
        return (!told || read).then(|| format!("{program} does not get past the file, which is not foretold"));
    };
    let listed: BTreeMap<&BStr, &Value> =
        listed.iter().map(|setting| (setting.key.name().into(), &setting.value)).collect();
    let names: BTreeSet<&BStr> = taken.keys().map(|name| name.as_bstr()).chain(listed.keys().copied()).collect();
    names.into_iter().find_map(|name| {
        let key: Key = name.to_str().ok()?.parse().ok()?;
        let asked = text.syntax().get(text, reader, &key).pop().map(|setting| setting.value);
        let is = taken.get(name);
        let wrong = match &asked {
            Some(Value::Known(values)) => is != values.first(),
            Some(Value::Unknown(_)) => false,
            None => is != programs.preset(program, name) && !is_restless(name),
        };
        *match &asked {
            Some(Value::Known(_)) => &mut tally.known,
            Some(Value::Unknown(_)) => &mut tally.unknown,
            None => &mut tally.unset,
        } += 1;
        let listed = listed.get(name);
        let unlike = listed.is_some_and(|listed| Some(*listed) != asked.as_ref());
        (wrong || unlike).then(|| format!("{name}: {program} takes {is:?}, we say {asked:?}, and list {listed:?}"))
    })
}

/// For each program that got past the file before, and still must.
pub fn misdone(
    texts: [&Text<Sysconfig>; 2],
    (request, moves): (&Request<Key>, &[Move<Key>]),
    said: [&Said; 2],
    programs: &Programs,
) -> Option<String> {
    said[0].iter().find_map(|(program, before)| {
        let edited = Edited { program: *program, texts, request, moves, said, programs };
        match (before, said[1].get(program)?) {
            (None, _) => None,
            // What an expansion of the variable makes of a line may end a script, which was told before.
            (Some(_), None) if is_foretold(texts[0]) && edited.is_mentioned() => None,
            (Some(_), None) => Some(format!("{program} no longer gets past the file")),
            (Some(before), Some(after)) => edited.another(before, after).or_else(|| edited.missed(before, after)),
        }
    })
}

/// An edit as one program sees it: the text, and what all programs take, before and after it.
struct Edited<'a> {
    program: Program,
    texts: [&'a Text<Sysconfig>; 2],
    request: &'a Request<Key>,
    moves: &'a [Move<Key>],
    said: [&'a Said; 2],
    programs: &'a Programs,
}

impl Edited<'_> {
    fn is_unknown(&self, text: &Text<Sysconfig>, reader: Reader, key: &Key) -> bool {
        text.syntax().get(text, reader, key).iter().any(|setting| setting.value.known().is_none())
    }

    /// Anything but an assignment mentions the variable.
    fn is_mentioned(&self) -> bool {
        let (text, key) = (self.texts[0], self.request.edit.key());
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let words = |row: &[u8]| row.split(|byte| !is_part(byte)).filter(|word| *word == key.name().as_bytes()).count();
        let mentioned: usize = text.rows().map(|row| words(row.bytes)).sum();
        mentioned > assignments(text).filter(|assignment| assignment.key == *key).count()
    }

    /// A variable that is another than before, though the edit is not about it; but for what an expansion or code makes
    /// of the one that it is about.
    fn another(&self, before: &Variables, after: &Variables) -> Option<String> {
        let names: BTreeSet<&BString> = before.keys().chain(after.keys()).collect();
        let moved = names.into_iter().find(|name| {
            let (was, is) = (before.get(*name), after.get(*name));
            let Ok(key) = name.to_str().unwrap_or_default().parse::<Key>() else { return false };
            let unknown = self.is_unknown(self.texts[0], self.program.reader(), &key);
            was != is
                && key != *self.request.edit.key()
                && !is_restless(name.as_bstr())
                && !unknown
                && !self.is_told(&key, [was, is])
        })?;
        Some(format!("{}: `{moved}` was {:?}, is {:?}", self.program, before.get(moved), after.get(moved)))
    }

    /// A line that both read and that is split says something else to systemd, and the edit has told so.
    fn is_told(&self, key: &Key, [was, is]: [Option<&BString>; 2]) -> bool {
        let mut told = self.moves.iter().filter(|told| told.subject == Subject::Setting(key.clone()));
        let split = self.program == Program::Systemd && self.texts[0].syntax().readers().len() == 2;
        let is_so = |told: &Move<Key>| {
            is.is_some_and(|is| told.to.contains(is)) || was.is_some_and(|was| told.from.contains(was))
        };
        split && told.any(is_so)
    }

    /// The variable, where it is not as asked; where code behind it may set it again nothing is promised, and that is
    /// said.
    fn missed(&self, before: &Variables, after: &Variables) -> Option<String> {
        let key = self.request.edit.key();
        if self.is_unknown(self.texts[1], self.program.reader(), key) {
            return None;
        }
        let name = BString::from(key.name());
        let (was, is) = (before.get(&name), after.get(&name));
        let right = match &self.request.edit {
            Edit::Set { to, .. } => is == to.first(),
            Edit::Unset { .. } | Edit::Disable { .. } => {
                is.is_none() || is == self.programs.preset(self.program, name.as_bstr())
            }
            Edit::Add { item, .. } => is.is_some_and(|is| holds(is, item)) && self.keeps_items(item, was, is),
            Edit::Remove { item, .. } => !is.is_some_and(|is| holds(is, item)) && self.keeps_items(item, was, is),
        };
        (!right).then(|| format!("{}: `{name}` was {was:?}, is {is:?}", self.program))
    }

    /// All other items are as they were: to this program, or to the shell whose list it is where both read it. The list
    /// that is edited is the one that is spelt, whatever code makes of it.
    fn keeps_items(&self, item: &[u8], was: Option<&BString>, is: Option<&BString>) -> bool {
        let key = self.request.edit.key();
        // Code that is left alone on request holds no list: it is the one that is spelt last.
        let spelt = assignments(self.texts[0]).filter(|assignment| assignment.key == *key).last();
        let spelt = spelt.as_ref().and_then(|assignment| assignment.value.known()?.first());
        if self.request.manner.allows("inside-code") && same_but_for(item, is, spelt) {
            return true;
        }
        let first = self.texts[0].syntax().readers()[0];
        let shell = self.said[0].get(&Program::Bash).and_then(Option::as_ref);
        let list = shell.and_then(|shell| shell.get(key.name().as_bytes().as_bstr()));
        let same = |list: Option<&BString>| same_but_for(item, is, list);
        // A shell that does not get past the file tells no list: then it is the one that we read.
        let read = self.texts[0].syntax().get(self.texts[0], first, key).pop();
        let read = read.as_ref().and_then(|setting| setting.value.known()?.first());
        same(was) || same(list) || (list.is_none() && same(read)) || self.is_unknown(self.texts[0], first, key)
    }
}

/// The same other words, with the carriage return at the end of either or without: it may be a CR LF line's, or a word's.
fn same_but_for(item: &[u8], one: Option<&BString>, other: Option<&BString>) -> bool {
    let same = |words: fn(&[u8]) -> Vec<&[u8]>| words_without(words, one, item) == words_without(words, other, item);
    same(words) || same(whole_words)
}

/// The words of a list; the carriage return of a CR LF line is none.
fn words(value: &[u8]) -> Vec<&[u8]> {
    whole_words(value.strip_suffix(b"\r").unwrap_or(value))
}

fn whole_words(value: &[u8]) -> Vec<&[u8]> {
    value.split(|byte| b" \t\n".contains(byte)).filter(|word| !word.is_empty()).collect()
}

fn position(words: &[&[u8]], item: &[&[u8]]) -> Option<usize> {
    if item.is_empty() { None } else { words.windows(item.len()).position(|some| some == item) }
}

fn holds(value: &[u8], item: &[u8]) -> bool {
    position(&words(value), &words(item)).is_some()
}

/// The words of a value without an item, wherever it stands.
fn words_without<'v>(split: fn(&[u8]) -> Vec<&[u8]>, value: Option<&'v BString>, item: &[u8]) -> Vec<&'v [u8]> {
    let (mut kept, item) = (value.map(|value| split(value)).unwrap_or_default(), words(item));
    while let Some(at) = position(&kept, &item) {
        kept.drain(at..at + item.len());
    }
    kept
}

/// Variables that a shell sets by itself, to something else each time.
fn is_restless(name: &BStr) -> bool {
    super::vocabulary::RESTLESS.iter().any(|restless| name == restless.as_bytes())
}
