//! Match lines, and what stands under them.

use bstr::BString;
use kvmprep_lossless::lines::indentation;
use kvmprep_lossless::{Diagnostic, Span};

use super::File;
use crate::criteria::Criterion;
use crate::reading::{self, Read, Statement};

/// Criteria that no connection meets, or none by the name that is written.
pub(super) fn criteria(file: &File<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for Read { row, statement, .. } in reading::read(file.text) {
        let Statement::Match(criteria, _) = statement else { continue };
        for (criterion, pattern) in criteria.list() {
            found.extend(never_met(*criterion, pattern).map(|said| said.at(row.span())));
            if *criterion == Criterion::Host {
                found.extend(needs_names(file, pattern).map(|said| said.at(row.span())));
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

/// Since 6.8 sshd looks up no names unless told to: Host is then compared with the address.
fn needs_names(file: &File<'_>, pattern: &BString) -> Option<Diagnostic> {
    let version = file.dialect().version;
    let mut said = file.known().filter(|(block, _, keyword)| block.is_none() && keyword.name == "UseDNS");
    let looks_up = said.next().map(|(_, place, _)| place.said.values[0].eq_ignore_ascii_case(b"yes"));
    let is_name =
        pattern.split(|b| *b == b',').any(|item| item.iter().any(u8::is_ascii_alphabetic) && !item.contains(&b':'));
    let undecided = looks_up.is_none() && (version < crate::Version(6, 8) || file.includes());
    (is_name && !undecided && looks_up != Some(true)).then(|| {
        Diagnostic::warning("host-needs-dns", "Host is compared with the client's address: sshd looks up no names")
            .help("`UseDNS yes` in the global section makes it look them up; `Match Address` needs no names")
    })
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
