//! The verbs. An address of a name is one of the lines that hold both: every line counts (`multi on`), and an edit that
//! is right there is right with `multi off` as well.

mod draft;
mod goal;
mod notes;
mod plan;

use kvmprep_lossless::{Answer, Edit, Refusal, Request, Span, Text};

use crate::key::Key;
use crate::record::records_named;
use crate::syntax::{EtcHosts, is_cut_by_cr};
use crate::value;
use goal::Goal;
use plan::Plan;

/// The rules of each verb:
///
/// - **set** gives all names of the key exactly these addresses in each family that an address is of, and leaves the
///   other family alone. A line whose names all move gets a new address in place; elsewhere the names are taken off
///   wrong lines and join the first line of the address, the only one that answers lookups by address
///   (case `one-address-two-lines`), or a new line.
/// - **add** gives the names one more address, on a line of its own: both answer. A name that the file does not
///   have is refused.
/// - **remove** takes one address from the names.
/// - **unset** takes the names off all lines; a line without names goes (a bare address would answer with the empty
///   name, case `address-only`).
/// - **disable** comments whole lines out, and is refused where other names share them.
pub(crate) fn answer(text: &Text<EtcHosts>, request: &Request<Key>) -> Result<Answer<Key>, Refusal> {
    check_text(text)?;
    if let (Edit::Set { .. } | Edit::Add { .. }, Key::Names(names)) = (&request.edit, request.edit.key()) {
        names.names().iter().try_for_each(|name| value::check_name(name.as_bytes()))?;
    }
    let goal = Goal::of(&request.edit)?;
    let plan = Plan::of(text, &goal, &request.manner)?;
    match request.edit {
        Edit::Disable { .. } => plan.disable(),
        Edit::Set { .. } | Edit::Add { .. } => plan.provide(&request.edit),
        Edit::Unset { .. } | Edit::Remove { .. } => plan.withdraw(),
    }
}

/// True when no line gives the names an address they must not have, and each has those it must have.
pub(crate) fn holds(text: &Text<EtcHosts>, edit: &Edit<Key>) -> bool {
    let Ok(goal) = Goal::of(edit) else { return false };
    let mut missing: Vec<_> =
        goal.names.iter().flat_map(|name| goal.needed.iter().map(move |(address, _)| (name, *address))).collect();
    for record in records_named(text, goal.names) {
        let address = record.address();
        if goal.unwanted(address).is_some() {
            return false;
        }
        let found = |name, needed| goal::gives(address, needed) && record.answers(name) && !record.is_misread();
        missing.retain(|(name, needed)| !found(name, *needed));
    }
    missing.is_empty()
}

/// Refuses a file whose lines hide text from the C library.
fn check_text(text: &Text<EtcHosts>) -> Result<(), Refusal> {
    let mut at = 0;
    for chunk in text.chunks() {
        if let Some(nul) = memchr::memchr(0, chunk) {
            return Err(Refusal::new("nul", "a NUL hides the rest of its line from the C library")
                .at(Span::new(at + nul, at + nul + 1))
                .help("take the NUL out first: what stands behind it would be kept and not seen"));
        }
        at += chunk.len();
    }
    if text.len() == 1 && is_cut_by_cr(text.bytes_of(0)) {
        return Err(Refusal::new("cr-only", "the lines end in CR alone, which the C library takes for a blank")
            .at(Span::new(0, at))
            .help("end the lines in LF first: as it is, the whole file is one line"));
    }
    Ok(())
}
