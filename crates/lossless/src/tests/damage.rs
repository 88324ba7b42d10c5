use proptest::prelude::*;

use super::toy::Toy;
use crate::Splice;
use crate::editor::RowEdit;
use crate::store::Text;

/// Statements and parts of statements that change how what follows reads.
pub fn scrap() -> impl Strategy<Value = Vec<u8>> {
    let texts: [&[u8]; 14] = [
        b"a=1\n",
        b"b=\"x\n",
        b"\"\n",
        b"s {\n",
        b"}\n",
        b"# c\n",
        b"\n",
        b"c=\"q\"\n",
        b"d=2",
        b"\"",
        b"=\"",
        b"t {\r\n",
        b"\xff\r\n",
        b"e=\"two\nlines\"\n",
    ];
    prop::sample::select(texts.to_vec()).prop_map(<[u8]>::to_vec)
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(scrap(), 0..24).prop_map(|scraps| scraps.concat())
}

pub fn edits(rows: usize) -> impl Strategy<Value = Vec<RowEdit>> {
    let edit = (0..=rows, scrap(), 0..3_u8).prop_map(move |(row, bytes, kind)| match kind {
        0 if row < rows => RowEdit::Replace { row, with: bytes },
        1 if row < rows => RowEdit::Drop { row },
        _ => RowEdit::Insert { before: row, lines: [bytes.as_slice(), b"\n"].concat() },
    });
    prop::collection::vec(edit, 0..5).prop_map(|mut edits| {
        let place = |edit: &RowEdit| match edit {
            RowEdit::Replace { row, .. } | RowEdit::Drop { row } => (*row, 1),
            RowEdit::Insert { before, .. } => (*before, 0),
        };
        edits.sort_by_key(place);
        edits.dedup_by_key(|edit| place(edit));
        edits
    })
}

/// The edited bytes, put together the slow way.
fn expected(text: &Text<Toy>, edits: &[RowEdit]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for row in 0..=text.len() {
        for edit in edits {
            match edit {
                RowEdit::Insert { before, lines } if *before == row => {
                    if row == text.len() && !bytes.is_empty() && !bytes.ends_with(b"\n") {
                        bytes.extend(crate::lines::Ending::dominant(&text.to_bytes()).bytes());
                    }
                    bytes.extend(lines);
                }
                _ => {}
            }
        }
        let own = edits.iter().find(|edit| match edit {
            RowEdit::Replace { row: own, .. } | RowEdit::Drop { row: own } => *own == row,
            RowEdit::Insert { .. } => false,
        });
        match own {
            Some(RowEdit::Replace { with, .. }) => bytes.extend(with),
            Some(_) => {}
            None => bytes.extend(text.bytes_of(row)),
        }
    }
    bytes
}

fn outline(text: &Text<Toy>) -> Vec<String> {
    text.rows().map(|row| format!("{row:?}")).chain([format!("{:?}", text.end_state())]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn re_reading_the_damage_equals_reading_anew_and_can_be_taken_back(
        (original, rounds) in text().prop_flat_map(|original| {
            let rows = Text::read(Toy::default(), original.clone()).len();
            (Just(original), prop::collection::vec(edits(rows), 1..4))
        })
    ) {
        let mut text = Text::read(Toy::default(), original.clone());
        for round in rounds {
            let round: Vec<RowEdit> = round.into_iter().filter(|edit| match edit {
                RowEdit::Replace { row, .. } | RowEdit::Drop { row } => *row < text.len(),
                RowEdit::Insert { before, .. } => *before <= text.len(),
            }).collect();
            let (before, outlined) = (text.to_bytes(), outline(&text));
            let wanted = expected(&text, &round);

            let damage = text.edit(&round);
            prop_assert_eq!(text.to_bytes(), wanted.clone());
            prop_assert_eq!(outline(&text), outline(&Text::read(Toy::default(), wanted.clone())));

            text.take_back(damage);
            prop_assert_eq!(text.to_bytes(), before);
            prop_assert_eq!(outline(&text), outlined);

            text.edit(&round);
            let patch = text.patch();
            prop_assert_eq!(patch.apply(), wanted);
            prop_assert!(patch.splices().windows(2).all(|pair| pair[0].span.end < pair[1].span.start));
            for Splice { span, with } in patch.splices() {
                let gone = span.of(&original);
                prop_assert!(!gone.is_empty() || !with.is_empty());
                let both = !gone.is_empty() && !with.is_empty();
                prop_assert!(!both || (gone[0] != with[0] && gone.last() != with.last()));
            }
            let inverse = patch.invert();
            prop_assert_eq!(inverse.apply(), original.clone());
        }
    }

    #[test]
    fn typing_every_line_again_is_the_empty_patch(original in text()) {
        let mut text = Text::read(Toy::default(), original);
        let again: Vec<RowEdit> =
            text.rows().map(|row| RowEdit::Replace { row: row.index, with: row.bytes.to_vec() }).collect();
        text.edit(&again);
        prop_assert!(text.patch().is_empty());
    }
}

#[test]
fn an_edit_of_one_line_reads_again_only_its_neighbours() {
    let mut text = Text::read(Toy::default(), b"a=1\n".repeat(1000));
    let damage = text.edit(&[RowEdit::Replace { row: 500, with: b"a=2\n".to_vec() }]);
    assert_eq!(damage.stretches().len(), 1);
    assert_eq!(damage.stretches()[0].new, 499..501);
}

#[test]
fn an_opened_quote_damages_all_that_it_swallows() {
    let mut text = Text::read(Toy::default(), b"a=1\nb=2\nc=3\nd=\"4\"\ne=5\n".to_vec());
    let damage = text.edit(&[RowEdit::Replace { row: 1, with: b"b=\"\n".to_vec() }]);
    assert_eq!(damage.stretches()[0].old.len(), 4);
}

#[test]
fn a_replacement_by_nothing_is_a_row_dropped() {
    let mut text = Text::read(Toy::default(), b"a=1\nb=2".to_vec());
    text.edit(&[
        RowEdit::Replace { row: 1, with: Vec::new() },
        RowEdit::Insert { before: 2, lines: b"c=3\n".to_vec() },
    ]);
    assert_eq!(text.to_bytes(), b"a=1\nc=3\n");
}
