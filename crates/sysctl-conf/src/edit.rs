//! The verbs: where an edit goes, and what it moves.

mod places;
mod set;
mod style;
mod vet;

use bstr::BString;
use kvmprep_lossless::{Answer, Diagnostic, Edit, Manner, Move, Refusal, Request, RowEdit, Span, Subject, Text};

use crate::entries::entries;
use crate::key::Key;
use crate::reader::Reader;
use crate::settings;
use crate::syntax::SysctlConf;
use places::{Place, Places};
pub(crate) use vet::doubt;

/// Answers a request; the rules of each verb stand with it.
pub(crate) fn answer(text: &Text<SysctlConf>, request: &Request<Key>) -> Result<Answer<Key>, Refusal> {
    match &request.edit {
        Edit::Set { key, to } => set::answer(text, key, to, &request.manner),
        Edit::Unset { key } => unset(text, key, &request.manner),
        Edit::Disable { key } => disable(text, key, &request.manner),
        Edit::Add { key, .. } | Edit::Remove { key, .. } => {
            Err(Refusal::new("no-list", format!("`{key}` has one value: sysctl.conf knows no lists"))
                .help("set the whole value"))
        }
    }
}

/// True when the reader takes the key as asked. One that is taken out may still be reached by a glob: what counts is
/// that no assignment is left.
pub(crate) fn holds(text: &Text<SysctlConf>, reader: Reader, edit: &Edit<Key>) -> bool {
    match edit {
        Edit::Unset { key } | Edit::Disable { key } => {
            let concerned = entries(text, reader).filter(|entry| entry.concerns(key));
            concerned.filter_map(|entry| entry.live(reader)).all(|live| live.key != *key)
        }
        edit => edit.holds_for(&settings::get(text, reader, edit.key())),
    }
}

/// Takes every assignment of the key out, however it is spelled. The running kernel keeps its value.
fn unset(text: &Text<SysctlConf>, key: &Key, manner: &Manner) -> Result<Answer<Key>, Refusal> {
    let places = Places::find(text, key, manner)?;
    let rows = places.all_agreed()?.iter().map(|place| RowEdit::Drop { row: place.row }).collect();
    Ok(Answer { rows, moves: gone(key, places.live()), notes: still_set(&places) })
}

/// Comments every assignment of the key out. The mark goes behind the indentation: `set` brings the line back as it
/// was.
fn disable(text: &Text<SysctlConf>, key: &Key, manner: &Manner) -> Result<Answer<Key>, Refusal> {
    let places = Places::find(text, key, manner)?;
    let mut rows = Vec::new();
    let mut comments: Vec<BString> = Vec::new();
    for place in places.all_agreed()? {
        let line = text.bytes_of(place.row);
        let start = Span::of_part(line, place.text).map_or(0, |text| text.start);
        let (indentation, rest) = line.split_at(start);
        rows.push(RowEdit::Replace { row: place.row, with: [indentation, b"#", rest].concat() });
        comments.push([b"#", place.text].concat().into());
    }
    let mut moves = gone(key, places.live());
    if !comments.is_empty() {
        moves.push(Move { subject: Subject::Comment, from: Vec::new(), to: comments });
    }
    Ok(Answer { rows, moves, notes: still_set(&places) })
}

/// The move of a key whose places go.
fn gone(key: &Key, places: &[Place<'_>]) -> Vec<Move<Key>> {
    let from: Vec<BString> = places.iter().map(|place| place.value.into()).collect();
    let moved = Move { subject: Subject::Setting(key.clone()), from, to: Vec::new() };
    if places.is_empty() { Vec::new() } else { vec![moved] }
}

fn still_set(places: &Places<'_>) -> Vec<Diagnostic> {
    let note = |glob| {
        Diagnostic::note("set-by-glob", "a pattern reaches the key where the readers know patterns: it is set by that")
            .at(glob)
    };
    places.glob.filter(|_| places.exclusion.is_none()).map(note).into_iter().collect()
}
