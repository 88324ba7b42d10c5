//! The promises as checks, in one place for property tests and fuzzers, generic over the formats.
//!
//! Each returns what is broken. A format's own tests decide on the inputs.

use std::collections::BTreeMap;

use bstr::{BString, ByteSlice};

use crate::editor::{Change, EditError, Request};
use crate::reading::{Fact, Format, Subject};
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
/// declares and nothing else, reads as a fresh read does, and made again changes nothing; the patch is the difference.
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
    hold(patch.invert().apply() == bytes, || "the inverse patch does not lead back".to_owned())
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
    let facts_before = all_facts(document);
    match document.apply(request) {
        Err(EditError::Moved(surprises)) => Err(format!("the verb broke its word: {surprises:?}")),
        Err(_) => hold(document.to_bytes() == before, || "refused, and the text changed".to_owned()),
        Ok(Change::AlreadySo { .. }) => hold(document.to_bytes() == before, || "already so, and changed".to_owned()),
        Ok(Change::Made { moves, .. }) => {
            hold(document.to_bytes() != before, || "made, and nothing changed".to_owned())?;
            reads_like_a_fresh_read(document)?;
            let declared: Vec<_> = moves.iter().map(|moved| &moved.subject).collect();
            for (before, after) in facts_before.iter().zip(&all_facts(document)) {
                let keys = before.keys().chain(after.keys()).filter(|key| !declared.contains(key));
                for key in keys {
                    let values = (before.get(key), after.get(key));
                    hold(values.0 == values.1, || format!("{key:?} moved undeclared: {values:?}"))?;
                }
            }
            let after = document.to_bytes();
            let again = document.apply(request).map_err(|why| format!("the same edit again: {why}"))?;
            hold(!again.is_made() && document.to_bytes() == after, || {
                format!("the same edit twice changes {:?} to {:?}", after.as_bstr(), document.to_bytes().as_bstr())
            })
        }
    }
}

type Facts<K> = BTreeMap<Subject<K>, Vec<BString>>;

/// What each reader takes from a fresh read of the printed text.
fn all_facts<F: Format>(document: &Document<F>) -> Vec<Facts<F::Key>> {
    let text = Text::read(document.dialect().clone(), document.to_bytes());
    let readers = document.dialect().readers().iter();
    let facts = readers.map(|&reader| {
        let mut found = Vec::new();
        document.dialect().facts(reader, text.run(), &mut found);
        let mut grouped = Facts::new();
        for Fact { subject, value } in found {
            grouped.entry(subject).or_default().push(value);
        }
        grouped
    });
    facts.collect()
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
