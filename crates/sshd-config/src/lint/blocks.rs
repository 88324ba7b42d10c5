//! Match lines, and what stands under them.

use bstr::BString;
use kvmprep_lossless::lines::indentation;
use kvmprep_lossless::{Diagnostic, Span};

use super::File;
use crate::Version;
use crate::criteria::Criterion;
use crate::key::Block;
use crate::reading::{self, Place, Read, Statement};

/// Criteria that no connection meets, or none by the name that is written.
pub(super) fn criteria(file: &File<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let looks_up = looks_up_names(file);
    for Read { row, statement, .. } in reading::read(file.text) {
        let Statement::Match(criteria, _) = statement else { continue };
        for (criterion, pattern) in criteria.list() {
            found.extend(never_met(*criterion, pattern).map(|said| said.at(row.span())));
            if *criterion == Criterion::Host && looks_up == Some(false) {
                found.extend(needs_names(pattern).map(|said| said.at(row.span())));
            }
        }
    }
    found
}

/// Cases `match-negated-alone`.
fn never_met(criterion: Criterion, pattern: &BString) -> Option<Diagnostic> {
    let listed = !matches!(criterion, Criterion::All | Criterion::LocalPort | Criterion::InvalidUser);
    let negated = listed && pattern.split(|b| *b == b',').all(|item| item.starts_with(b"!"));
    negated.then(|| {
        Diagnostic::warning("never-matches", "patterns that only negate match nothing: no connection meets this block")
            .help("put `*` in front: `*,!bob`")
    })
}

/// Whether sshd looks up the names of clients; `None` where another file or an older default decides. Since 6.8 it does
/// not unless told to: Host is then compared with the address.
fn looks_up_names(file: &File<'_>) -> Option<bool> {
    let mut said = file.known().filter(|(block, _, keyword)| block.is_none() && keyword.name == "UseDNS");
    match said.next() {
        Some((_, place, _)) => Some(place.said.values[0].eq_ignore_ascii_case(b"yes")),
        None if file.dialect().version < Version(6, 8) || file.includes() => None,
        None => Some(false),
    }
}

fn needs_names(pattern: &BString) -> Option<Diagnostic> {
    let is_name = |item: &[u8]| item.iter().any(u8::is_ascii_alphabetic) && !item.contains(&b':');
    pattern.split(|b| *b == b',').any(is_name).then(|| {
        Diagnostic::warning("host-needs-dns", "Host is compared with the client's address: sshd looks up no names")
            .help("`UseDNS yes` in the global section makes it look them up; `Match Address` needs no names")
    })
}

/// From 9.5 to 10.2 sshd falls over its own copy of the subsystems of a block where it has none to add them to.
pub(super) fn lone_subsystems(file: &File<'_>) -> Vec<Diagnostic> {
    let falls_over = (Version(9, 5)..Version(10, 3)).contains(&file.dialect().version);
    let subsystems = || file.known().filter(|(_, _, keyword)| keyword.name == "Subsystem");
    let holds_for_all = |block: &Option<Block>| block.as_ref().is_none_or(|block| block.criteria.is_all());
    if !falls_over || file.includes() || subsystems().any(|(block, ..)| holds_for_all(block)) {
        return Vec::new();
    }
    let diagnostic = |place: &Place<'_>| {
        let message = "sshd crashes for each connection that meets this block: no global line sets a subsystem";
        Diagnostic::warning("lone-subsystem", message).at(place.span()).help("set one above the first Match as well")
    };
    subsystems().map(|(_, place, _)| diagnostic(place)).collect()
}

/// A line that looks as if it stood outside the block it stands in. Case `match-indent-irrelevant`.
pub(super) fn unindented(file: &File<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut block = None;
    let mut indented = false;
    for (at, place) in &file.said {
        if block != Some(at) {
            block = Some(at);
            indented = false;
        }
        let Some(at) = at else { continue };
        let flush = indentation(place.row.bytes).is_empty();
        if indented && flush {
            let span = Span::new(place.row.at, place.row.at + place.said.name.spelled.len());
            let message = format!("this stands in the block `Match {}`: indentation ends nothing", at.criteria);
            let diagnostic = Diagnostic::warning("unindented", message).at(span);
            found.push(
                diagnostic.help("a global setting goes above the first Match; one of the block is indented like it"),
            );
        }
        indented |= !flush;
    }
    found
}
