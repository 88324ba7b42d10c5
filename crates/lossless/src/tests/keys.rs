use proptest::prelude::*;

use crate::key::{Segment, attributes, parse, quoted};

#[test]
fn segments_selectors_and_ordinals_split_and_print_back() {
    for text in ["Port", "defaults.user_friendly_names", "Match[User bob]#2.Banner", "multipaths.multipath[*].alias"] {
        let printed: Vec<String> = parse(text).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(printed.join("."), text);
    }
}

#[test]
fn quotes_keep_brackets_dots_and_commas_as_text() {
    let segments = parse(r#"devices.device[vendor="a].b",product="x, \"y\""].prio"#).unwrap();
    assert_eq!(segments.len(), 3);
    let pairs = attributes(segments[1].selector.as_deref().unwrap()).unwrap();
    assert_eq!(pairs, [("vendor".to_owned(), "a].b".to_owned()), ("product".to_owned(), "x, \"y\"".to_owned())]);
}

#[test]
fn what_names_nothing_is_an_error() {
    for text in ["", ".", "a.", ".a", "a[", "a]", "a[x]y", "a#0", "a#x", "a[\"]"] {
        assert!(parse(text).is_err(), "{text}");
    }
}

#[test]
fn a_quoted_value_reads_back() {
    for value in ["plain", "", "a b", "x\"y", "x\\", "]", ",", "3600508b400105e210000900000490000"] {
        assert_eq!(attributes(&format!("k={}", quoted(value))).unwrap()[0].1, value);
    }
    assert_eq!(Segment::name("a").to_string(), "a");
}

proptest! {
    #[test]
    fn any_value_quoted_in_a_selector_reads_back_within_a_key(value in any::<String>(), ordinal in 1..4_usize) {
        let selector = format!("k={}", quoted(&value));
        let segment = Segment { name: "block".to_owned(), selector: Some(selector.clone()), ordinal };
        prop_assert_eq!(parse(&format!("{segment}.name")).unwrap(), [segment, Segment::name("name")]);
        prop_assert_eq!(attributes(&selector).unwrap(), [("k".to_owned(), value)]);
    }

    #[test]
    fn any_text_that_is_a_key_prints_as_it_was(text in "[a-z.#0-9\\[\\]\"\\\\= ]{0,16}") {
        if let Ok(segments) = parse(&text) {
            let printed: Vec<String> = segments.iter().map(ToString::to_string).collect();
            prop_assert_eq!(parse(&printed.join(".")).unwrap(), segments);
        }
    }
}
