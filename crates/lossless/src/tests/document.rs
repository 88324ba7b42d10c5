use proptest::prelude::*;

use super::toy::{Key, Toy};
use crate::laws::{edits_keep_their_promises, reading_loses_nothing, set_and_set_back_is_nothing};
use crate::{Change, Document, EditError, Request};

fn key(name: &str) -> Key {
    Key(name.to_owned())
}

fn careless(text: &str) -> Document<Toy> {
    Document::parse_as(Toy { careless: true, ..Toy::default() }, text)
}

#[test]
fn a_careless_verb_is_taken_back_whatever_it_pastes() {
    let text = "a=1\ns {\nb=2\n}\nc=3\n";
    for value in ["\"", "\"x", "1\nz=9", "1\n}", "1\nt {", "x\"\ny=\"", "1\n# gone", "1\ns {\nb=2\n}\ns {"] {
        for name in ["a", "s.b", "c", "new"] {
            let mut document = careless(text);
            // The core vets values; what is tested here is what stands behind it.
            let answer = document.apply(&Request::set(key(name), value).allow("format-character"));
            assert!(answer.is_err(), "{name} = {value:?}: {answer:?}");
            assert_eq!(document.to_bytes(), text.as_bytes());
            assert!(document.patch().is_empty());
        }
    }
}

#[test]
fn a_surprise_names_what_would_move() {
    let mut document = careless("a=1\nb=2\nc=\"3\"\n");
    let Err(EditError::Moved(surprises)) = document.apply(&Request::set(key("a"), "\"")) else {
        panic!("a careless edit was made")
    };
    assert!(surprises.iter().any(|surprise| surprise.contains("`b` would move from `2`")), "{surprises:?}");
}

#[test]
fn a_batch_is_a_fold_and_each_request_sees_the_one_before() {
    let mut document = Document::<Toy>::parse("a=1\n");
    document.apply(&Request::set(key("b"), "2")).unwrap();
    document.apply(&Request::set(key("b"), "3")).unwrap();
    assert_eq!(document.to_bytes(), b"a=1\nb=3\n");
}

#[test]
fn all_or_none_leaves_the_document_as_it_was() {
    let mut document = Document::<Toy>::parse("a=1\n");
    let requests = [Request::set(key("a"), "2"), Request::add(key("a"), "3")];
    let (refused, _) = document.apply_all(&requests).unwrap_err();
    assert_eq!(refused, 1);
    assert_eq!(document.to_bytes(), b"a=1\n");
    assert_eq!(document.text().store, b"a=1\n");
    assert!(document.patch().is_empty());
}

#[test]
fn an_unended_last_line_is_ended_once_in_the_files_own_ending() {
    let mut document = Document::<Toy>::parse("a=1\r\nb=2");
    document.apply(&Request::set(key("c"), "3")).unwrap();
    assert_eq!(document.to_bytes(), b"a=1\r\nb=2\r\nc=3\n");
}

#[test]
fn the_first_edit_of_an_empty_file_is_an_insertion() {
    let mut document = Document::<Toy>::parse("");
    assert!(matches!(document.apply(&Request::set(key("a"), "1")), Ok(Change::Made { .. })));
    assert_eq!(document.to_bytes(), b"a=1\n");
}

#[test]
fn values_that_could_be_more_than_one_line_are_refused_before_any_verb_sees_them() {
    for value in ["a\nb", "a\rb", "a\0b", "\x1b[2J", "\u{7f}", "\u{85}", "\u{202e}x"] {
        let mut document = Document::<Toy>::parse("a=1\n");
        assert!(matches!(document.apply(&Request::set(key("a"), value)), Err(EditError::Refused(_))), "{value:?}");
    }
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let realistic =
        prop::collection::vec("(a|b|s\\.b) *= *[a-z0-9]{0,3}\n|# c\n|s \\{\n|\\}\n|b=\"[a-z\n]{0,4}\"\r\n", 0..12)
            .prop_map(|lines| lines.concat().into_bytes());
    prop_oneof![realistic, prop::collection::vec(any::<u8>(), 0..60)]
}

fn request() -> impl Strategy<Value = Request<Key>> {
    let name = prop::sample::select(vec!["a", "b", "s.b", "new"]).prop_map(key);
    prop_oneof![
        (name.clone(), "[a-z0-9 \"{}#]{0,4}").prop_map(|(name, value)| Request::set(name, value)),
        name.prop_map(Request::unset),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn any_bytes_read_and_print_as_they_were(bytes in bytes()) {
        reading_loses_nothing(&Toy::default(), &bytes).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn edits_keep_their_promises_or_are_not_made(bytes in bytes(), requests in prop::collection::vec(request(), 1..4)) {
        for careless in [false, true] {
            let broken = edits_keep_their_promises(&Toy { careless, ..Toy::default() }, &bytes, &requests);
            // The toy's verbs do not look at open blocks and quotes: they may be taken back; nothing else may go wrong.
            if let Err(broken) = broken && !broken.contains("broke its word") {
                return Err(TestCaseError::fail(broken));
            }
        }
    }

    #[test]
    fn set_and_set_back_is_the_empty_patch(old in "[a-z]{1,3}", new in "[a-z]{1,3}") {
        let text = format!("# a=0\nb=1\na={old}\nc=2");
        let broken = set_and_set_back_is_nothing(
            &Toy::default(), text.as_bytes(), &Request::set(key("a"), new), &Request::set(key("a"), old),
        );
        broken.map_err(TestCaseError::fail)?;
    }
}
