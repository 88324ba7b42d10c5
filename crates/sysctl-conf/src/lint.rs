//! What a careful reader of the file would remark beside what the readers complain of.

use std::collections::HashMap;

use bstr::ByteSlice;
use kvmprep_lossless::value::check;
use kvmprep_lossless::{Diagnostic, Lint, Reading, Request, RowEdit, Span, Text};

use crate::diagnostics::{diagnostics, readers_differ};
use crate::edit;
use crate::entries::{Live, assignments, entries_of};
use crate::grammar::{Statement, number};
use crate::key::Key;
use crate::syntax::{Kind, SysctlConf};
use crate::vocabulary;

/// Each edit that mends something is tried in a pass over the file: past this many, the first ones are to be made before
/// more are offered.
const MOST_TRIED: usize = 64;

/// The codes of [`Diagnostic::beaten`].
const BEATEN: [&str; 2] = ["duplicate", "shadowed"];

pub(crate) fn lint(text: &Text<SysctlConf>) -> Vec<Lint<Key>> {
    let mut fixes = fixes(text);
    let told = diagnostics(text, text.syntax().readers()).into_iter();
    let mut found: Vec<Lint<Key>> = told
        .map(|diagnostic| {
            let fix =
                diagnostic.span.filter(|_| BEATEN.contains(&diagnostic.code)).and_then(|span| fixes.remove(&span));
            let lint = Lint::from(diagnostic);
            fix.map_or(lint.clone(), |fix| lint.mended(fix))
        })
        .collect();
    found.extend(remarks(text).into_iter().map(Lint::from));
    found.sort_by_key(|lint| lint.diagnostic.span);
    found
}

/// The edits that take out what a later line sets again, or why they are not made, by the value that does not count.
///
/// Only where the last value is the earlier one again, or numbers in the range that is known: one that the kernel refuses
/// leaves what procps wrote before it.
fn fixes(text: &Text<SysctlConf>) -> HashMap<Span, Result<Request<Key>, String>> {
    let mut fixes = HashMap::new();
    let Some(&reader) = text.syntax().readers().first() else { return fixes };
    let mut by_key: HashMap<Key, Vec<Live<'_>>> = HashMap::new();
    let mut repeated = Vec::new();
    for live in assignments(text, reader) {
        let places = by_key.entry(live.key.clone()).or_default();
        if places.len() == 1 {
            repeated.push(live.key.clone());
        }
        places.push(live);
    }
    for (count, places) in repeated.iter().filter_map(|key| by_key.get(key)).enumerate() {
        let Some((last, earlier)) = places.split_last() else { continue };
        let mut withhold = |why: &str| fixes.extend(earlier.iter().map(|place| (place.span, Err(why.to_owned()))));
        if count >= MOST_TRIED {
            withhold("other keys that are set again come first");
            continue;
        }
        let numbers = last.value.fields().all(|word| number(word).is_some());
        let is_sure = (numbers && about_range(&last.key, last.value).is_none())
            || earlier.iter().all(|place| place.value == last.value);
        if !is_sure {
            withhold("the kernel may refuse the last value, and this one counts then");
            continue;
        }
        match only_drops(text, last) {
            Err(why) => withhold(&why),
            Ok((fix, rows)) => fixes.extend(earlier.iter().map(|place| {
                let goes = rows.contains(&place.row);
                (
                    place.span,
                    goes.then(|| fix.clone())
                        .ok_or_else(|| "the edit that takes such lines out keeps this one".to_owned()),
                )
            })),
        }
    }
    fixes
}

/// The edit that leaves one line of a key, and the rows that go, where it does no more than that.
fn only_drops(text: &Text<SysctlConf>, last: &Live<'_>) -> Result<(Request<Key>, Vec<usize>), String> {
    let plain = check("the key", last.name, false).and_then(|()| check("the value", last.value, false));
    plain.map_err(|refusal| refusal.0.message)?;
    let request = Request::set(last.key.clone(), last.value).dedupe();
    let rows = edit::answer(text, &request).map_err(|refusal| refusal.0.message)?.rows;
    let dropped = rows.iter().map(|row| match row {
        RowEdit::Drop { row } => Some(*row),
        RowEdit::Replace { .. } | RowEdit::Insert { .. } => None,
    });
    let rows = dropped.collect::<Option<_>>().ok_or("the line that counts would have to change too")?;
    Ok((request, rows))
}

/// What likely is a mistake, and what other versions of the readers take otherwise.
fn remarks(text: &Text<SysctlConf>) -> Vec<Diagnostic> {
    let readers = text.syntax().readers();
    let rows = text.rows().filter(|row| row.kind == Kind::Statement && !readers_differ(*row, readers));
    let entries = rows.filter_map(|row| entries_of(row, *readers.first()?).next());
    let mut found = Vec::new();
    for entry in entries {
        let Statement::Assignment(assignment) = entry.statement else { continue };
        let Some(key) = Key::read(readers[0], assignment.name) else { continue };
        let name = entry.span_of(assignment.name);
        found.extend(about_name(&key).map(|diagnostic| diagnostic.at(name)));
        found.extend(about_range(&key, assignment.value).map(|found| found.at(entry.span_of(assignment.value))));
        if assignment.tolerant {
            let message = "failures to set this are not told, and procps before 3.3.16 and systemd before 239 set nothing: the dash is part of the key to them";
            found.push(Diagnostic::note("dash", message).at(entry.span));
        }
    }
    found
}

fn about_name(key: &Key) -> Option<Diagnostic> {
    let path = key.path();
    let names: Vec<&[u8]> = path.split_str("/").collect();
    let (first, rest) = names.split_first()?;
    if let Some(below) = path.strip_prefix(b"proc/sys/") {
        return Some(
            Diagnostic::warning("proc-path", "keys are counted from /proc/sys on: this names nothing there")
                .help(format!("write `{}`", below.as_bstr())),
        );
    }
    let lower = first.to_ascii_lowercase();
    if lower != *first && vocabulary::is_top(&lower) {
        let message = format!("case matters: there is no `{}` in /proc/sys", first.as_bstr());
        return Some(Diagnostic::warning("key-case", message).help(format!("write `{}`", lower.as_bstr())));
    }
    let [family, table, interface, vlan, setting] = rest else { return None };
    let is_interface = *first == b"net" && vocabulary::has_interfaces(family, table);
    (is_interface && vlan.iter().all(u8::is_ascii_digit)).then(|| {
        let parts = [&b"net"[..], family, table, &[interface, &b"/"[..], vlan].concat(), setting];
        let message = format!("this is no key: the interface `{}.{}` is one name", interface.as_bstr(), vlan.as_bstr());
        Diagnostic::warning("vlan-dots", message).help(format!("write `{}`", bstr::join(".", parts).as_bstr()))
    })
}

/// A value that the kernel surely refuses leaves the setting as it was. It reads the first word, and blanks behind it.
fn about_range(key: &Key, value: &[u8]) -> Option<Diagnostic> {
    let range = vocabulary::range(key)?;
    let word = value.fields().next()?;
    match number(word) {
        Some(number) if range.contains(&number) => None,
        Some(number) => {
            let (least, most) = range.into_inner();
            let message =
                format!("{number} is out of range, and the kernel refuses it: `{key}` takes {least} to {most}");
            Some(Diagnostic::error("out-of-range", message))
        }
        None => {
            let message = format!("`{}` is no number, and the kernel refuses it", word.as_bstr());
            Some(Diagnostic::error("not-a-number", message))
        }
    }
}
