//! What the readers complain of, and what they take in silence and likely is not meant.

use std::collections::HashMap;

use bstr::ByteSlice;
use kvmprep_lossless::value::shown;
use kvmprep_lossless::{Diagnostic, RowRef, Span, Text};

use crate::entries::{Entry, entries_of};
use crate::grammar::{Assignment, Statement};
use crate::key::Key;
use crate::reader::Reader;
use crate::syntax::{Kind, SysctlConf};
use crate::{edit, value};

/// Walks the file once; in the order of the places.
pub(crate) fn diagnostics(text: &Text<SysctlConf>, readers: &[Reader]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut assigned: HashMap<Key, Vec<(Span, &[u8])>> = HashMap::new();
    for row in text.rows().filter(|row| row.kind != Kind::Blank) {
        found.extend(edit::doubt(row).map(|refusal| Diagnostic { overridable: false, ..*refusal.0 }));
        if let Some([one, other]) = differing(row, readers) {
            let [this, that] = [one, other].map(|reader| worded(row, reader));
            let message = format!("{one} takes this line for {this}, and {other} for {that}");
            found.push(Diagnostic::warning("readers-differ", message).at(row.span()).help(PLAIN));
            continue;
        }
        for entry in readers.first().into_iter().flat_map(|reader| entries_of(row, *reader)) {
            found.extend(about_key(&entry, readers[0]).into_iter().chain(about_value(&entry)));
            found.extend(about_order(&entry, readers[0], readers, &mut assigned));
        }
    }
    found.extend(assigned.into_values().flat_map(beaten));
    found.sort_by_key(|diagnostic| diagnostic.span);
    found
}

/// All of a key's assignments but the last.
fn beaten(mut places: Vec<(Span, &[u8])>) -> Vec<Diagnostic> {
    let Some((_, counts)) = places.pop() else { return Vec::new() };
    let told = |(at, value)| {
        let message = match value == counts {
            true => "a later line sets the key to the same value",
            false => "this assignment does not count: a later line sets the key again",
        };
        Diagnostic::beaten(value == counts, message).at(at)
    };
    places.into_iter().map(told).collect()
}

const PLAIN: &str = "write `key = value`, with spaces for blanks";

pub(crate) fn readers_differ(row: RowRef<'_, SysctlConf>, readers: &[Reader]) -> bool {
    differing(row, readers).is_some()
}

/// The first two readers that take a statement for different things.
fn differing(row: RowRef<'_, SysctlConf>, readers: &[Reader]) -> Option<[Reader; 2]> {
    let taken = |reader: Reader| -> Option<(Option<Key>, &[u8])> {
        let entry = entries_of(row, reader).next()?;
        match entry.statement {
            Statement::Assignment(assignment) => Some((Key::read(reader, assignment.name), assignment.value)),
            Statement::Exclusion(name) => Some((Key::read(reader, name), b"")),
            Statement::Bare(name) => Some((Key::read(reader, name), &b"\0"[..])),
            Statement::Comment | Statement::Malformed => None,
        }
    };
    let pair = readers.windows(2).find(|pair| taken(pair[0]) != taken(pair[1]))?;
    (row.kind == Kind::Statement).then_some([pair[0], pair[1]])
}

fn worded(row: RowRef<'_, SysctlConf>, reader: Reader) -> String {
    match entries_of(row, reader).next().map(|entry| entry.statement) {
        Some(Statement::Assignment(Assignment { name, value, .. })) => {
            let path = Key::read(reader, name).map_or_else(|| name.into(), |key| key.path().to_owned());
            format!("`{} = {}`", shown(&path), shown(value))
        }
        Some(Statement::Exclusion(name)) => format!("the exclusion of `{}`", shown(name)),
        Some(Statement::Bare(name)) => format!("`{}` and what is left in a buffer", shown(name)),
        Some(Statement::Malformed) => "an error".to_owned(),
        Some(Statement::Comment) | None => "a comment".to_owned(),
    }
}

fn about_key(entry: &Entry<'_>, reader: Reader) -> Option<Diagnostic> {
    let found = match entry.statement {
        Statement::Comment => return None,
        Statement::Malformed => {
            Diagnostic::error("no-assignment", "a line without `=` is skipped, and systemd's unit fails")
                .help("write `key = value`, or make it a comment")
        }
        Statement::Bare(name) => {
            let message = format!("if there is a key `{}`, this writes what is left in a buffer", shown(name));
            Diagnostic::error("bare-key", message).help("write `key = value`, or make it a comment")
        }
        Statement::Exclusion(name) if crate::key::is_glob(name) => {
            Diagnostic::warning("glob-exclusion", "only procps 4.0.5 and later take a pattern for an exclusion")
                .help("exclude each key by its name")
        }
        Statement::Exclusion(_) => Diagnostic::warning(
            "exclusion",
            "procps 3.3.16 and 3.3.17 write `=` into a key that is excluded from patterns, and systemd before 245 fails",
        )
        .help("set keys by their names, without patterns"),
        Statement::Assignment(assignment) if assignment.name.is_empty() => {
            Diagnostic::error("empty-key", "there is no key before the `=`: both readers fail").help(PLAIN)
        }
        Statement::Assignment(assignment) if assignment.name.starts_with(b"-") && !reader.knows_dash() => {
            let message = format!("the dash is part of the key to {reader}: the line sets nothing");
            Diagnostic::warning("odd-key", message).help("leave the dash out")
        }
        Statement::Assignment(assignment) if crate::key::is_glob(assignment.name) && !reader.knows_patterns() => {
            Diagnostic::warning("glob", format!("{reader} knows no patterns: the line sets nothing"))
                .help("set each key by its name")
        }
        Statement::Assignment(assignment) if crate::key::is_glob(assignment.name) => {
            Diagnostic::note("glob", "procps 3 and systemd before 245 know no patterns").help("set each key by its name")
        }
        Statement::Assignment(assignment) if assignment.name.find_byteset(b" \t\"'#;:").is_some() => {
            Diagnostic::warning("odd-key", "no key has such a name: the line sets nothing").help(PLAIN)
        }
        Statement::Assignment(_) => return None,
    };
    Some(found.at(entry.span))
}

fn about_value(entry: &Entry<'_>) -> Vec<Diagnostic> {
    let Statement::Assignment(assignment) = entry.statement else { return Vec::new() };
    let value = assignment.value;
    let tail = value::comment_tail(value).map(|tail| {
        let message = "there are no trailing comments: this is part of the value";
        Diagnostic::warning("trailing-comment", message).at(entry.span_of(tail)).help("put it on a line of its own")
    });
    let empty = value.is_empty().then(|| {
        Diagnostic::warning("empty-value", "procps 3 takes this for a syntax error; the others write an empty line")
            .at(entry.span)
    });
    let warnings = value::warnings(value).map(|warning| warning.at(entry.span_of(value)));
    warnings.chain(tail).chain(empty).collect()
}

/// Notes what a line assigns, and tells what it does to an earlier one of the same key.
fn about_order<'t>(
    entry: &Entry<'t>,
    reader: Reader,
    readers: &[Reader],
    assigned: &mut HashMap<Key, Vec<(Span, &'t [u8])>>,
) -> Option<Diagnostic> {
    match entry.statement {
        Statement::Assignment(assignment) => {
            let place = (entry.span_of(assignment.value), assignment.value);
            assigned.entry(Key::read(reader, assignment.name)?).or_default().push(place);
            None
        }
        Statement::Exclusion(name) if readers.iter().any(|reader| reader.drops_excluded()) => {
            let (dropped, _) = assigned.get_mut(&Key::read(reader, name)?)?.pop()?;
            let message = "systemd drops this setting, as a later line excludes the key";
            Some(Diagnostic::warning("dropped-by-exclusion", message).at(dropped).help("move it below the exclusion"))
        }
        _ => None,
    }
}
