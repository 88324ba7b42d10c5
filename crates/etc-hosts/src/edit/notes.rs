//! What the verbs say: refusals, and what the caller should know of an edit.

use kvmprep_lossless::value::shown;
use kvmprep_lossless::{Answer, Diagnostic, Edit, Refusal, Span};

use super::plan::{Entry, Plan};
use crate::diagnostics;
use crate::key::{Key, Name};
use crate::record::Record;
use crate::value::{self, Family};

pub(super) fn absent(edit: &Edit<Key>) -> Answer<Key> {
    let note = Diagnostic::note("absent", format!("`{}` is not in the file and was left so", edit.key()));
    Answer { notes: vec![note], ..Answer::default() }
}

pub(super) fn no_relative_lists() -> Refusal {
    Refusal::new("no-relative-list", "no address is built in that a list could be relative to")
}

pub(super) fn nothing_to_add_to(edit: &Edit<Key>) -> Refusal {
    Refusal::new("not-there", format!("`{}` has no address that another one could be added to", edit.key()))
        .help("use `set` to give it its first address")
}

pub(super) fn shared_line(entry: &Entry, names: &[Name]) -> Refusal {
    let others = entry.before.names().filter(|word| !names.iter().any(|name| name.is(word)));
    let others = shown(&bstr::join(" ", others));
    Refusal::new("shared-line", format!("the line also names `{others}`: as a comment it would be lost"))
        .at(entry.address_span)
        .help("name all of them, or use `unset` to take the name off the line")
}

pub(super) fn kept_name(entry: &Entry, name: &Name) -> Refusal {
    Refusal::new("kept-name", format!("`{name}` stays on the line of {}: programs rely on it", entry.before.address))
        .at(entry.address_span)
        .help("give the host a name of its own and leave this one")
}

pub(super) fn mapped_line(entry: &Entry) -> Refusal {
    let address = entry.before.address;
    let v4 = Family::V4.view(address).unwrap_or(address);
    Refusal::new("other-family", format!("`{address}` also answers IPv4 queries, as {v4}, and that would be lost"))
        .at(entry.address_span)
        .help(format!("ask for both families: give {v4} as well, or do without it for IPv4 first"))
}

/// What the caller should know, of an edit or of a file that is already so.
pub(super) fn of(plan: &Plan<'_>) -> Vec<Diagnostic> {
    let by_entry = plan.entries.iter().flat_map(|entry| {
        let lost = [comment_removed(entry), ended(entry), canonical_changed(entry, plan.goal.names)];
        let left = [other_family(plan, entry), on_loopback(entry, plan.goal.names), mapped(plan, entry)];
        lost.into_iter().chain(left).flatten()
    });
    by_entry.chain(ended_above(plan)).chain(canonical_names(plan)).chain(several(plan)).collect()
}

fn comment_removed(entry: &Entry) -> Option<Diagnostic> {
    let comment = entry.before.comment();
    let gone = entry.after.is_none() && !comment.is_empty();
    gone.then(|| {
        let message = format!("the line had no other name and went with its comment `{}`", shown(comment));
        Diagnostic::note("comment-removed", message).at(entry.address_span)
    })
}

fn ended(entry: &Entry) -> Option<Diagnostic> {
    let ended = entry.before.is_misread() && !entry.after.as_ref()?.is_misread();
    ended.then(|| line_ended(entry.address_span))
}

/// A misread last line of other names: what goes below it ends it, and it is read as it stands from then on.
fn ended_above(plan: &Plan<'_>) -> Option<Diagnostic> {
    let last = plan.text.row(plan.text.len().checked_sub(1)?)?;
    let is_below = plan.new.iter().any(|(before, _)| *before > last.index);
    let is_another = plan.entries.iter().all(|entry| entry.row != last.index);
    let record = Record::read(last).filter(|record| is_below && is_another && record.is_misread())?;
    Some(line_ended(record.address_span()))
}

fn line_ended(address: Span) -> Diagnostic {
    let message = "the last line had no end: behind its leading blanks the C library misread its last name";
    Diagnostic::note("line-ended", message).at(address)
}

fn canonical_changed(entry: &Entry, names: &[Name]) -> Option<Diagnostic> {
    let (was, now) = (entry.before.canonical()?, entry.after.as_ref()?.canonical()?);
    let taken = !now.eq_ignore_ascii_case(was) && names.iter().any(|name| name.is(was));
    taken.then(|| {
        let message =
            format!("the canonical name of {} was `{}` and is now `{}`", entry.before.address, shown(was), shown(now));
        Diagnostic::warning("canonical-changed", message)
            .at(entry.address_span)
            .help("a key with all names of the line, joined by commas, takes them together")
    })
}

/// `::1` and mapped addresses count in both families: taken away for one, they are gone from the other.
pub(super) fn other_family(plan: &Plan<'_>, entry: &Entry) -> Option<Diagnostic> {
    let address = entry.before.address;
    let lost =
        Family::ALL.into_iter().find_map(|family| family.view(address).filter(|_| !plan.goal.is_about(family)))?;
    plan.is_wrong(entry).then(|| {
        let message = format!("the line of {address} answered both families: {lost} is no longer an answer either");
        Diagnostic::note("other-family", message).at(entry.address_span)
    })
}

/// Names that the edit puts or leaves on a loopback line, those it did not speak of too.
fn on_loopback(entry: &Entry, names: &[Name]) -> Option<Diagnostic> {
    let after = entry.after.as_ref().filter(|after| value::is_loopback(after.address))?;
    let asked = |word: &&[u8]| names.iter().any(|name| name.is(word));
    let mut offered = after.names().filter(|word| !value::is_kept_on(word, after.address)).peekable();
    let first = offered.peek().copied()?;
    let name = offered.find(asked).unwrap_or(first);
    Some(diagnostics::on_loopback(name, after.address).at(entry.address_span))
}

fn mapped(plan: &Plan<'_>, entry: &Entry) -> Option<Diagnostic> {
    let after = entry.after.as_ref().filter(|after| value::is_mapped(after.address))?;
    let named = plan.goal.names.iter().any(|name| after.has(name));
    named.then(|| diagnostics::mapped(after.address).at(entry.address_span))
}

/// Needed addresses that answer with another canonical name than the first one asked for.
fn canonical_names(plan: &Plan<'_>) -> impl Iterator<Item = Diagnostic> {
    plan.goal.needed.iter().filter_map(|(address, _)| {
        let has_address = |entry: &&Entry| entry.after.as_ref().is_some_and(|after| after.address == *address);
        let entry = plan.entries.iter().find(has_address)?;
        let canonical = entry.after.as_ref()?.canonical()?;
        let asked = plan.goal.names.first().filter(|name| !name.is(canonical))?;
        let message = format!("the canonical name of {address} is `{}`, not `{asked}`", shown(canonical));
        Some(Diagnostic::note("canonical-name", message).at(entry.address_span))
    })
}

/// Several addresses in one family: right with `multi on`, and the first one alone without.
fn several(plan: &Plan<'_>) -> Option<Diagnostic> {
    let name = plan.goal.names.first()?;
    let (address, _) = plan.goal.needed.first()?;
    let mut all: Vec<_> = plan
        .drafts()
        .filter(|draft| draft.has(name))
        .filter_map(|draft| Family::of(*address).view(draft.address))
        .collect();
    all.sort_unstable();
    all.dedup();
    (all.len() > 1).then(|| diagnostics::several(name.as_bytes(), all))
}
