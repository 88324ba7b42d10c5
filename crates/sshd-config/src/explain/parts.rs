//! What the lines of one keyword come to, and where they stand.

use kvmprep_lossless::Value;
use kvmprep_lossless::files::Location;

use super::findings;
use crate::effective::Effective;
use crate::grammar::{self, Line};
use crate::key::Name;
use crate::reading::Statement;
use crate::vocabulary::{Keyword, Shape};
use crate::{Sshd, scan};

/// What one name decides: the whole keyword, or one subsystem.
pub(super) struct Part {
    /// As the line that wins spells it.
    pub(super) name: Option<Name>,
    pub(super) value: Value,
    pub(super) at: Vec<Location>,
    pub(super) shadowed: Vec<Location>,
}

/// What the lines of a keyword decide.
pub(super) fn parts(effective: &Effective, keyword: &Keyword, dialect: Sshd) -> Vec<Part> {
    let Some(decision) = effective.decision(keyword.name).filter(|decision| !decision.at.is_empty()) else {
        return Vec::new();
    };
    let name = |at: &Location| name_at(effective, at, dialect);
    let (at, shadowed) = (decision.at.clone(), decision.shadowed.clone());
    if keyword.shape != Shape::Named {
        let spelled = at.first().and_then(name);
        return vec![Part { name: spelled, value: decision.value.clone(), at, shadowed }];
    }
    let lines = decision.value.known().unwrap_or_default();
    let subsystem = |(number, at): (usize, Location)| {
        let name = name(&at)?;
        let command = lines.get(number).and_then(|line| line.get(name.selector.as_ref()?.len() + 1..));
        let value = command.map_or_else(|| decision.value.clone(), |command| Value::Known(vec![command.into()]));
        let same = |place: &&Location| name_at(effective, place, dialect).is_some_and(|other| other == name);
        let shadowed = shadowed.iter().filter(same).copied().collect();
        Some(Part { name: Some(name), value, at: vec![at], shadowed })
    };
    at.into_iter().enumerate().filter_map(subsystem).collect()
}

/// Where an address to listen on has its port from, and all addresses their family.
pub(super) fn follows(effective: &Effective, keyword: &Keyword) -> Vec<Location> {
    if keyword.name != "ListenAddress" {
        return Vec::new();
    }
    let lines = |name: &str| effective.decision(name).map(|decision| decision.at.clone()).unwrap_or_default();
    let addresses = lines(keyword.name);
    let has_port = |at: &Location| {
        let source = effective.sources().get(at.source)?;
        let text = source.text().contiguous();
        let word = grammar::arguments(source.text().syntax().grammar, at.span.of(&text)).next()?;
        scan::listen_address(&word.value)?.1
    };
    match addresses.is_empty() {
        true => [lines("Port"), lines("AddressFamily")].concat(),
        false if addresses.iter().all(|at| has_port(at).is_some()) => Vec::new(),
        false => lines("Port"),
    }
}

/// The keyword of a line as it is spelled there, and the subsystem it names.
fn name_at(effective: &Effective, at: &Location, dialect: Sshd) -> Option<Name> {
    let source = effective.sources().get(at.source)?;
    let row = findings::row(source, at.span)?;
    match grammar::line(dialect.grammar, &grammar::glued(dialect.grammar, row.bytes)) {
        Line::Directive(directive) => match dialect.statement(&directive) {
            Statement::Said(said) => Some(said.name),
            _ => None,
        },
        _ => None,
    }
}
