//! The promises as checks, in one place for property tests and fuzzers, generic over the formats.
//!
//! Each returns what is broken. A format's own tests decide on the inputs.

use std::collections::BTreeMap;

use bstr::{BString, ByteSlice};

use crate::editor::{Absent, Change, EditError, Move, Request};
use crate::reading::{Fact, Format, Reading, Subject};
use crate::store::Text;
use crate::{Document, Syntax};

/// A law that did not hold: which, and on what.
pub type Broken = String;

/// Statements tile the text: concatenated they are the input; the patch of an unedited text is empty.
pub fn reading_loses_nothing<S: Syntax>(dialect: &S, bytes: &[u8]) -> Result<(), Broken> {
    let text = Text::read(dialect.clone(), bytes);
    let printed: Vec<u8> = text.rows().flat_map(|row| row.bytes.to_vec()).collect();
    hold(printed == bytes && text.to_bytes() == bytes, || {
        format!("{:?} prints as {:?}", bytes.as_bstr(), printed.as_bstr())
    })?;
    hold(text.rows().all(|row| !row.bytes.is_empty()), || "an empty row".to_owned())?;
    hold(text.patch().is_empty(), || "an unedited text has a patch".to_owned())
}

/// Every promise an edit makes, for each request in turn: refused, the text is as it was; made, it moves what it
/// declares and nothing else, reads as a fresh read does, says what was asked for, and made again changes nothing; the
/// patch is the difference. All at once, the requests lead to the same text or leave it as it was.
pub fn edits_keep_their_promises<F: Format>(
    dialect: &F,
    bytes: &[u8],
    requests: &[Request<F::Key>],
) -> Result<(), Broken> {
    let mut document = Document::parse_as(dialect.clone(), bytes);
    for request in requests {
        one_edit(&mut document, request)
            .map_err(|broken| format!("{broken}\n in {:?}\n after {request:?}", bytes.as_bstr()))?;
    }
    let patch = document.patch();
    hold(patch.original() == bytes, || "the original changed".to_owned())?;
    hold(patch.apply() == document.to_bytes(), || "the patch is not the difference".to_owned())?;
    hold(patch.invert().apply() == bytes, || "the inverse patch does not lead back".to_owned())?;
    let mut batch = Document::parse_as(dialect.clone(), bytes);
    let done = batch.apply_all(requests).is_ok();
    let (wanted, other) =
        if done { (&document, "one by one") } else { (&Document::parse_as(dialect.clone(), bytes), "undone") };
    hold(batch.to_bytes() == wanted.to_bytes() && batch.patch() == wanted.patch(), || {
        format!("all at once gives {:?}, {other} {:?}", batch.to_bytes().as_bstr(), wanted.to_bytes().as_bstr())
    })
}

/// Between two whole texts, each reader's facts differ by what was declared and nothing else, what was declared moved
/// for some reader, and what was not stands in the order it stood in.
///
/// It knows nothing of rows and damage, so no verb and no fault of the re-reading can hide from it.
pub fn moved_as_declared<R: Reading>(
    dialect: &R,
    before: &[u8],
    after: &[u8],
    moves: &[Move<R::Key>],
) -> Result<(), Broken> {
    let mut declared = Counts::new();
    for Move { subject, from, to } in moves {
        from.iter().for_each(|value| *declared.entry((subject, value)).or_default() -= 1);
        to.iter().for_each(|value| *declared.entry((subject, value)).or_default() += 1);
    }
    let mut unseen = declared.clone();
    let readers = dialect.readers().iter();
    let readings: Vec<_> =
        readers.map(|&reader| (reader, facts(dialect, reader, before), facts(dialect, reader, after))).collect();
    for (reader, old, new) in &readings {
        let mut observed = Counts::new();
        old.iter().for_each(|fact| *observed.entry((&fact.subject, &fact.value)).or_default() -= 1);
        new.iter().for_each(|fact| *observed.entry((&fact.subject, &fact.value)).or_default() += 1);
        for (what, count) in observed {
            let told = declared.get(&what).copied().unwrap_or_default();
            let within = count.signum() * told.signum() >= 0 && count.abs() <= told.abs();
            hold(within, || format!("to {reader} {what:?} moved by {count}, declared {told}"))?;
            unseen.entry(what).and_modify(|left| *left -= count.clamp(-left.abs(), left.abs()));
        }
        for comments in [true, false] {
            let stays = |fact: &&Fact<R::Key>| {
                let told = moves.iter().any(|moved| moved.subject == fact.subject);
                !told && comments == (fact.subject == Subject::Comment)
            };
            let same = old.iter().filter(stays).eq(new.iter().filter(stays));
            hold(same, || format!("to {reader} what was not declared to move stands in another order"))?;
        }
    }
    match unseen.into_iter().find(|(_, left)| *left != 0) {
        Some((what, left)) => Err(format!("{what:?} was declared to move, by {left} more than any reader sees")),
        None => Ok(()),
    }
}

/// Set to a value, then back to what it was: the empty patch. For values that fit the quoting that stands there.
pub fn set_and_set_back_is_nothing<F: Format>(
    dialect: &F,
    bytes: &[u8],
    there: &Request<F::Key>,
    back: &Request<F::Key>,
) -> Result<(), Broken> {
    let mut document = Document::parse_as(dialect.clone(), bytes);
    for request in [there, back] {
        document.apply(request).map_err(|why| format!("{request:?}: {why}"))?;
    }
    hold(document.patch().is_empty(), || {
        format!("{:?} came back as {:?}", bytes.as_bstr(), document.to_bytes().as_bstr())
    })
}

fn one_edit<F: Format>(document: &mut Document<F>, request: &Request<F::Key>) -> Result<(), Broken> {
    let before = document.to_bytes();
    match document.apply(request) {
        Err(EditError::Moved(surprises)) => Err(format!("the verb broke its word: {surprises:?}")),
        Err(_) => hold(document.to_bytes() == before, || "refused, and the text changed".to_owned()),
        Ok(Change::AlreadySo { .. }) => {
            hold(document.to_bytes() == before, || "already so, and changed".to_owned())?;
            hold(request.manner.absent == Absent::Leave || holds(document, request), || "not so already".to_owned())
        }
        Ok(Change::Made { moves, .. }) => {
            let after = document.to_bytes();
            hold(after != before, || "made, and nothing changed".to_owned())?;
            reads_like_a_fresh_read(document)?;
            hold(holds(document, request), || format!("{:?} does not say what was asked for", after.as_bstr()))?;
            moved_as_declared(document.dialect(), &before, &after, &moves)?;
            let again = document.apply(request).map_err(|why| format!("the same edit again: {why}"))?;
            hold(!again.is_made() && document.to_bytes() == after, || {
                format!("the same edit twice changes {:?} to {:?}", after.as_bstr(), document.to_bytes().as_bstr())
            })
        }
    }
}

/// True when a fresh read of the printed text says to every reader what is asked for.
fn holds<F: Format>(document: &Document<F>, request: &Request<F::Key>) -> bool {
    let dialect = document.dialect();
    let text = Text::read(dialect.clone(), document.to_bytes());
    dialect.readers().iter().all(|&reader| dialect.holds(&text, reader, request))
}

type Counts<'m, K> = BTreeMap<(&'m Subject<K>, &'m BString), isize>;

/// What a reader takes from a text.
fn facts<R: Reading>(dialect: &R, reader: R::Reader, bytes: &[u8]) -> Vec<Fact<R::Key>> {
    let mut found = Vec::new();
    dialect.facts(reader, Text::read(dialect.clone(), bytes).run(), &mut found);
    found
}

fn reads_like_a_fresh_read<F: Format>(document: &Document<F>) -> Result<(), Broken> {
    let text = document.text();
    let fresh = Text::read(document.dialect().clone(), document.to_bytes());
    let same = text.len() == fresh.len()
        && text.end_state() == fresh.end_state()
        && text.rows().zip(fresh.rows()).all(|(a, b)| a.bytes == b.bytes && a.kind == b.kind && a.within == b.within);
    hold(same, || {
        let outline = |text: &Text<F>| text.rows().map(|row| format!("{row:?}")).collect::<Vec<_>>().join("\n  ");
        format!("rows after the edit:\n  {}\nrows of a fresh read:\n  {}", outline(text), outline(&fresh))
    })
}

fn hold(law: bool, broken: impl FnOnce() -> Broken) -> Result<(), Broken> {
    if law { Ok(()) } else { Err(broken()) }
}
