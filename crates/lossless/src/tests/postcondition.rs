//! Verbs that lie: whatever rows they change and whatever they declare, an edit that counts moved exactly that.

use proptest::prelude::*;

use super::damage::{edits, scrap};
use super::toy::{Key, Only, Toy};
use crate::laws::moved_as_declared;
use crate::{Absent, Answer, Change, Document, EditError, Move, Reading, Request, RowEdit, Subject, Text};

fn key(name: &str) -> Key {
    Key(name.to_owned())
}

fn setting(name: &str, from: &[&str], to: &[&str]) -> Move<Key> {
    let values = |values: &[&str]| values.iter().map(|value| (*value).into()).collect();
    Move { subject: Subject::Setting(key(name)), from: values(from), to: values(to) }
}

/// What becomes of an edit whose verb answers this, whatever it is asked for.
fn answered(text: &str, rows: Vec<RowEdit>, moves: Vec<Move<Key>>) -> Result<Vec<u8>, Vec<String>> {
    let script = Some(Answer { rows, moves, notes: vec![] });
    let mut document = Document::parse_as(Toy { script, ..Toy::default() }, text);
    match document.apply(&Request::unset(key("asked"))) {
        Ok(_) => Ok(document.to_bytes()),
        Err(EditError::Moved(surprises)) => {
            assert_eq!(document.to_bytes(), text.as_bytes());
            Err(surprises)
        }
        Err(refused) => panic!("{refused}"),
    }
}

fn drop_and_insert(row: usize, before: usize, lines: &str) -> Vec<RowEdit> {
    vec![RowEdit::Drop { row }, RowEdit::Insert { before, lines: lines.into() }]
}

#[test]
fn a_line_carried_past_duplicates_that_no_edit_touches_is_noticed() {
    let text = "a=1\n# c\n# d\na=2\n# e\n# f\n";
    let carried = answered(text, drop_and_insert(0, 6, "a=1\n"), vec![]);
    assert_eq!(carried, Err(vec!["`a` would stand in another order".to_owned()]));
}

#[test]
fn neighbours_of_unlike_keys_that_change_places_are_noticed() {
    let swapped = answered("a.*=1\na.b=2\n", drop_and_insert(0, 2, "a.*=1\n"), vec![]);
    assert_eq!(swapped, Err(vec!["`a.*` would stand in another order".to_owned()]));
    let past_code = answered("return\na=2\n", drop_and_insert(0, 2, "return\n"), vec![]);
    assert_eq!(past_code, Err(vec!["text that is not understood would stand in another order".to_owned()]));
}

#[test]
fn a_comment_may_pass_a_setting() {
    let rows = vec![RowEdit::Replace { row: 0, with: b"# c\na=1\n".to_vec() }, RowEdit::Drop { row: 1 }];
    let passed = answered("a=1\n# c\n", rows, vec![]);
    assert_eq!(passed, Ok(b"# c\na=1\n".to_vec()));
}

#[test]
fn a_verb_that_does_nothing_must_have_nothing_to_do() {
    let mut document = Document::parse_as(Toy { idle: true, ..Toy::default() }, "a=1\n");
    assert!(matches!(document.apply(&Request::set(key("a"), "1")), Ok(Change::AlreadySo { .. })));
    assert!(matches!(document.apply(&Request::set(key("a"), "2")), Err(EditError::Moved(_))));
    let leave = Request::set(key("b"), "2").absent(Absent::Leave);
    assert!(matches!(document.apply(&leave), Ok(Change::AlreadySo { .. })));
}

#[test]
fn many_edits_of_one_block_without_borders_are_compared_in_linear_time() {
    let text = format!("s {{\n{}}}\n", "a=1\nb=2\nb=2\nb=2\n".repeat(50_000));
    let rows = (0..50_000).map(|n| RowEdit::Drop { row: 1 + 4 * n }).collect();
    let script = Some(Answer { rows, moves: vec![setting("s.a", &["1"; 50_000], &[])], notes: vec![] });
    let mut document = Document::parse_as(Toy { known_by_id: true, script, ..Toy::default() }, text);
    document.apply(&Request::unset(key("s.a"))).unwrap();
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        3 => scrap(),
        1 => prop::sample::select(vec![&b"id=x\n"[..], b"id=y\n", b"a=1\n", b"a=2\n"]).prop_map(<[u8]>::to_vec),
    ];
    prop::collection::vec(line, 0..20).prop_map(|lines| lines.concat())
}

/// What would have to be declared for these row edits, by a reading of both whole texts.
fn honest(dialect: &Toy, before: &[u8], after: &[u8]) -> Vec<Move<Key>> {
    let facts = |bytes: &[u8]| {
        let mut found = Vec::new();
        let text = Text::read(dialect.clone(), bytes);
        dialect.facts(Only::Reader, text.run(), &mut found);
        found
    };
    let (mut gone, mut come) = (facts(before), facts(after));
    gone.retain(|fact| {
        let same = come.iter().position(|other| other == fact);
        same.map(|same| come.remove(same)).is_none()
    });
    let from = gone.into_iter().map(|fact| Move { subject: fact.subject, from: vec![fact.value], to: vec![] });
    let to = come.into_iter().map(|fact| Move { subject: fact.subject, from: vec![], to: vec![fact.value] });
    from.chain(to).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn what_counts_moved_as_declared_in_the_whole_file(
        (bytes, rows) in text().prop_flat_map(|bytes| {
            let rows = Text::read(Toy::default(), bytes.clone()).len();
            (Just(bytes), edits(rows))
        }),
        known_by_id in any::<bool>(),
        forgotten in prop::option::of(any::<prop::sample::Index>()),
        invented in prop::option::of((prop::sample::select(vec!["a", "s.b", "xa"]), "[12]")),
    ) {
        let dialect = Toy { known_by_id, ..Toy::default() };
        let mut edited = Text::read(dialect.clone(), bytes.clone());
        edited.edit(&rows);
        let mut moves = honest(&dialect, &bytes, &edited.to_bytes());
        if let Some(forgotten) = forgotten.filter(|_| !moves.is_empty()) {
            moves.remove(forgotten.index(moves.len()));
        }
        moves.extend(invented.map(|(name, value)| setting(name, &[], &[&value])));
        let script = Some(Answer { rows, moves: moves.clone(), notes: vec![] });
        let mut document = Document::parse_as(Toy { script, ..dialect }, bytes.clone());
        let made = document.apply(&Request::unset(key("asked")));
        if made.is_ok_and(|change| change.is_made()) {
            moved_as_declared(document.dialect(), &bytes, &document.to_bytes(), &moves).map_err(TestCaseError::fail)?;
        } else {
            prop_assert_eq!(document.to_bytes(), bytes);
            prop_assert!(document.patch().is_empty());
        }
    }
}
