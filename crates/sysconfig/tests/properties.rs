//! The promises over arbitrary bytes and over files as they are written.
#![allow(clippy::unwrap_used, missing_docs)]

use kvmprep_lossless::{Absent, Document, Request, laws};
use kvmprep_sysconfig::{Key, Sysconfig};
use proptest::prelude::*;

fn dialect() -> impl Strategy<Value = Sysconfig> {
    prop_oneof![Just(Sysconfig::default()), Just(Sysconfig::shell()), Just(Sysconfig::systemd())]
}

/// Text of bytes that mean something to one of the readers.
fn wild() -> impl Strategy<Value = Vec<u8>> {
    const TOKENS: [&[u8]; 36] = [
        b"A=",
        b"B=",
        b"#A=",
        b"# A=",
        b"export ",
        b"\n",
        b"\r\n",
        b" ",
        b"'",
        b"\"",
        b"\\",
        b"$(",
        b")",
        b"${",
        b"}",
        b"`",
        b"$",
        b";",
        b"&&",
        b"|",
        b"<<E",
        b"E\n",
        b"if ",
        b"then ",
        b"fi",
        b"{ ",
        b"case ",
        b"(",
        b"esac",
        b"return\n",
        b"x",
        b"#",
        b"~",
        b"\xff",
        b"\0",
        b"A+=1",
    ];
    let token = prop::sample::select(&TOKENS[..]);
    prop_oneof![
        prop::collection::vec(token, 0..24).prop_map(|tokens| tokens.concat()),
        prop::collection::vec(any::<u8>(), 0..64),
    ]
}

/// Lines as people and packages write them.
fn realistic() -> impl Strategy<Value = Vec<u8>> {
    let name = prop_oneof![Just("A"), Just("B")];
    let value = prop_oneof![
        Just(""),
        Just("1"),
        Just("'x y'"),
        Just("\"x y\""),
        Just("\"x \\\n  y\""),
        Just("\"$B z\""),
        Just("a'b'"),
        Just("$(id)"),
        Just("'x\n#A=1\n'"),
        Just("it\\'s"),
        Just("1 # c"),
        Just("1; B=2"),
        Just("1; export B=2"),
        Just("1 B=2 # c"),
        Just("one two"),
        Just("\"a\" "),
        Just("\"$(echo \"a b\")\""),
    ];
    let before =
        prop_oneof![Just(""), Just("#"), Just("# "), Just("  "), Just("export "), Just("[ x ] && "), Just("; ")];
    let assignment = (before, name, value).prop_map(|(before, name, value)| format!("{before}{name}={value}"));
    let line = prop_oneof![
        6 => assignment,
        1 => Just("# prose".to_owned()),
        1 => Just("# c \\".to_owned()),
        1 => Just(String::new()),
        1 => Just("if x; then\n  A=5\nfi".to_owned()),
        1 => Just("export A".to_owned()),
        1 => Just("[ -n \"$X\" ] || return 0".to_owned()),
        1 => Just("cat <<E\nA=1\nE".to_owned()),
        1 => Just("A=x \\".to_owned()),
    ];
    let ending = prop_oneof![4 => Just("\n"), 1 => Just("\r\n")];
    (prop::collection::vec(line, 0..6), ending, any::<bool>()).prop_map(|(lines, ending, last)| {
        let mut text = lines.join(ending);
        text.push_str(if last { ending } else { "" });
        text.into_bytes()
    })
}

fn request() -> impl Strategy<Value = Request<Key>> {
    let key = prop_oneof![Just("A"), Just("B")].prop_map(|name| name.parse::<Key>().unwrap());
    let value = prop_oneof![
        Just(""),
        Just("1"),
        Just("x"),
        Just("x y"),
        Just("y"),
        Just("it's"),
        Just("\\"),
        Just("$(id)"),
        Just("1 # c"),
        Just("# c"),
        Just("\"x\""),
        Just("~"),
        Just("a\tb"),
        Just("x z"),
    ];
    (key, value, 0..7_u8, 0..4_u8).prop_map(|(key, value, verb, manner)| {
        let request = match verb {
            0..=2 => Request::set(key, value),
            3 => Request::unset(key),
            4 => Request::disable(key),
            5 => Request::add(key, value),
            _ => Request::remove(key, value),
        };
        match manner {
            0 => request.dedupe(),
            1 => request.absent(Absent::InsertBelow),
            2 => request.allow("inside-code").allow("absent-list"),
            _ => request,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reading_loses_nothing(dialect in dialect(), bytes in prop_oneof![wild(), realistic()]) {
        laws::reading_loses_nothing(&dialect, &bytes).map_err(TestCaseError::fail)?;
        let document = Document::parse_as(dialect, bytes);
        let _ = (document.settings(), document.diagnostics());
    }

    #[test]
    fn edits_keep_their_promises(
        dialect in dialect(),
        bytes in prop_oneof![1 => wild(), 3 => realistic()],
        requests in prop::collection::vec(request(), 1..4),
    ) {
        laws::edits_keep_their_promises(&dialect, &bytes, &requests).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn a_value_is_read_as_it_was_written(dialect in dialect(), value in "[ -~\t\u{e9}\u{4e2d}]{0,12}", quote in "['\"]?") {
        let key: Key = "A".parse().unwrap();
        let mut document = Document::parse_as(dialect, format!("B=1\nA={quote}x{quote}\n"));
        document.apply(&Request::set(key.clone(), value.as_str())).map_err(|why| TestCaseError::fail(why.to_string()))?;
        let fresh = Document::parse_as(document.dialect().clone(), document.to_bytes());
        for &reader in fresh.dialect().readers() {
            let settings = fresh.get_as(reader, &key);
            prop_assert_eq!(settings[0].value.known(), Some(&[value.as_str().into()][..]));
        }
    }

    #[test]
    fn set_and_set_back_is_nothing(dialect in dialect(), old in "[a-z]{1,4}", new in "[a-z]{1,4}", quote in "['\"]?") {
        let key: Key = "A".parse().unwrap();
        let bytes = format!("# c\n  A={quote}{old}{quote} \nB=2");
        let (there, back) = (Request::set(key.clone(), new.as_str()), Request::set(key, old.as_str()));
        laws::set_and_set_back_is_nothing(&dialect, bytes.as_bytes(), &there, &back).map_err(TestCaseError::fail)?;
    }
}

#[test]
fn reading_takes_linear_time() {
    for piece in [
        "\"$(",
        "\"${x:-",
        "$((",
        "`",
        "'",
        "A=\"",
        "\"a$x",
        "if ",
        "{ ",
        "$(case x in x) ",
        "<<E ",
        "#\n",
        "A=1\n",
        "(((",
        "\\\n",
        "A=(",
        "$'",
    ] {
        let bytes = piece.repeat(100_000);
        let document = Document::<Sysconfig>::parse(bytes.as_bytes());
        assert_eq!(document.to_bytes(), bytes.as_bytes());
        let _ = document.diagnostics();
    }
}
