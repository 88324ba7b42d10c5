//! What a careful reader of the file would remark beside what the diagnostics say.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use kvmprep_lossless::value::{check, shown};
use kvmprep_lossless::{Diagnostic, Lint, Request, RowEdit, Severity, Text};

use crate::diagnostics::diagnostics;
use crate::edit;
use crate::key::{Folded, Key};
use crate::record::{Record, records};
use crate::syntax::EtcHosts;
use crate::value;

/// Each edit that mends something is tried in a pass over the file: past this many, the first ones are to be made before
/// more are offered.
const MOST_TRIED: usize = 64;

pub(crate) fn lint(text: &Text<EtcHosts>) -> Vec<Lint<Key>> {
    let mut found: Vec<Lint<Key>> = diagnostics(text).into_iter().map(Lint::from).collect();
    found.extend(records(text).flat_map(odd_names).map(Lint::from));
    found.extend(repeated(text));
    found.sort_by_key(|lint| lint.diagnostic.span);
    found
}

/// Names that answer here and are no host names elsewhere: with quotes, commas, a final dot.
fn odd_names(record: Record<'_>) -> impl Iterator<Item = Diagnostic> {
    record.names().filter_map(|(name, span)| {
        let fault = value::check_name(name).err().filter(|fault| fault.code() != "name-is-address")?;
        Some(Diagnostic { severity: Severity::Warning, span: Some(span), ..*fault.0 })
    })
}

/// Lines and names that an earlier line of the same address has already.
fn repeated(text: &Text<EtcHosts>) -> Vec<Lint<Key>> {
    let mut first: HashMap<(IpAddr, Folded<'_>), Record<'_>> = HashMap::new();
    let mut lines: Vec<(Record<'_>, Record<'_>)> = Vec::new();
    let mut found = Vec::new();
    for record in records(text).filter(|record| !record.is_misread()) {
        let address = record.address();
        let earlier = record.canonical().and_then(|name| first.get(&(address, Folded(name))).copied());
        let has_all = |earlier: &Record<'_>| record.names().all(|(name, _)| has(earlier, name));
        match earlier.filter(has_all) {
            Some(earlier) => lines.push((record, earlier)),
            None => found.extend(names_repeated(&record, &first).into_iter().map(Lint::from)),
        }
        for (name, _) in record.names() {
            first.entry((address, Folded(name))).or_insert(record);
        }
    }
    let bare = lines.iter().filter(|(record, _)| record.comment().is_none());
    let bare: HashSet<usize> = bare.map(|(record, _)| record.row()).collect();
    found.extend(lines.iter().enumerate().map(|(number, (record, earlier))| {
        let fix = match number < MOST_TRIED {
            true => without(text, record, &bare),
            false => Err(format!("the first {MOST_TRIED} such lines come first")),
        };
        let message = format!("line {} says all of this already", line(earlier));
        Lint::from(Diagnostic::beaten(true, message).at(record.span())).mended(fix)
    }));
    found
}

fn has(record: &Record<'_>, asked: &[u8]) -> bool {
    record.names().any(|(name, _)| name.eq_ignore_ascii_case(asked))
}

/// A row is a line.
fn line(record: &Record<'_>) -> usize {
    record.row() + 1
}

fn names_repeated(record: &Record<'_>, first: &HashMap<(IpAddr, Folded<'_>), Record<'_>>) -> Vec<Diagnostic> {
    let mut on_line = HashSet::new();
    let mut found = Vec::new();
    for (name, span) in record.names() {
        let earlier = first.get(&(record.address(), Folded(name)));
        let place = match earlier {
            Some(earlier) => format!("line {}", line(earlier)),
            None if !on_line.insert(Folded(name)) => "this line".to_owned(),
            None => continue,
        };
        let message = format!("`{}` has the address {} already, on {place}", shown(name), record.address());
        found.push(Diagnostic::beaten(true, message).at(span));
    }
    found
}

/// The edit that takes the line out, where it takes out no more than lines like it, and no comment.
///
/// No lookup answers otherwise then: the names' first line, their addresses and their other names stay.
fn without(text: &Text<EtcHosts>, record: &Record<'_>, bare: &HashSet<usize>) -> Result<Request<Key>, String> {
    if record.comment().is_some() {
        return Err("its comment would go with it".to_owned());
    }
    let names: Vec<_> = record.names().map(|(name, _)| name).collect();
    names.iter().try_for_each(|name| check("the name", name, false)).map_err(|fault| fault.0.message)?;
    let request = Request::add(Key::names(names), record.address().to_string()).dedupe();
    let rows = edit::answer(text, &request).map_err(|refusal| refusal.0.message)?.rows;
    let goes = |row: &RowEdit| matches!(row, RowEdit::Drop { row } if bare.contains(row));
    let has_own = rows.iter().any(|row| matches!(row, RowEdit::Drop { row } if *row == record.row()));
    match has_own && rows.iter().all(goes) {
        true => Ok(request),
        false => Err("other lines with these names would change too".to_owned()),
    }
}
