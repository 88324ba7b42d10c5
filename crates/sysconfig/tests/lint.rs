//! What is remarked on a file, and that each fix moves nothing that a reader takes.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;

use kvmprep_lossless::{Document, Format, Lint, Value};
use kvmprep_sysconfig::{Key, Sysconfig, SystemdVersion};
use proptest::prelude::*;

fn lints(dialect: &Sysconfig, text: &[u8]) -> Vec<Lint<Key>> {
    let document = Document::parse_as(dialect.clone(), text);
    dialect.lint(document.text())
}

/// The code of each lint with the text it is about; `*` where it has a fix.
fn told(dialect: &Sysconfig, text: &str) -> Vec<String> {
    let told = |lint: &Lint<Key>| {
        let at = lint.diagnostic.span.map(|span| String::from_utf8_lossy(span.of(text.as_bytes())).into_owned());
        format!("{}{} {}", lint.diagnostic.code, if lint.fix.is_some() { "*" } else { "" }, at.unwrap_or_default())
    };
    lints(dialect, text.as_bytes()).iter().map(told).collect()
}

#[test]
fn each_remark_has_its_code_and_its_place() {
    let both = Sysconfig::default().with_systemd(SystemdVersion(252));
    for (text, wanted) in [
        ("A=1\nB=2\n", &[][..]),
        ("A=1\nA=2\n", &["shadowed* 1"]),
        ("A=1\nA='2'\nA=3\n", &["shadowed* 1", "shadowed* '2'"]),
        ("A=1\nA=\"$A 2\"\n", &[]),
        ("A=1\necho $A\nA=2\n", &["systemd-ignores echo $A"]),
        ("export A=1\n", &["declared-for-systemd export A=1", "readers-differ 1"]),
        ("A=1 # c\n", &["readers-differ 1", "trailing-comment # c"]),
        ("A='1' # c\n", &["readers-differ '1'", "trailing-comment # c"]),
        ("A='x # y'\n", &[]),
        ("# c \\\nA=1\n", &["comment-swallows # c \\\n", "readers-differ 1"]),
        ("A=\"x\n", &["unclosed \"", "readers-differ \"x\n", "open-for-systemd "]),
        ("A = 1\n", &["no-assignment A = 1", "readers-differ 1"]),
        ("A= 1\n", &["sets-nothing A= 1", "readers-differ 1"]),
        ("return\nA=1\n", &["systemd-ignores return", "dead A=1\n", "readers-differ 1"]),
    ] {
        let mut said = told(&both, text);
        let mut wanted = wanted.to_vec();
        said.sort();
        wanted.sort();
        assert_eq!(said, wanted, "{text:?}");
    }
    assert_eq!(told(&Sysconfig::systemd(), "A=1 # c\nA-B=1\n"), ["trailing-comment # c", "no-name A-B=1"]);
    assert_eq!(told(&Sysconfig::shell(), "export A=1 # c\n"), [] as [&str; 0]);
}

fn taken(dialect: &Sysconfig, text: &[u8]) -> Vec<BTreeMap<String, Value>> {
    let document = Document::parse_as(dialect.clone(), text);
    let by_reader = dialect.readers().iter().map(|reader| {
        let settings = dialect.settings(document.text(), *reader);
        settings.into_iter().map(|setting| (setting.key.to_string(), setting.value)).collect()
    });
    by_reader.collect()
}

/// Lines that make fixes likely.
fn text() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("A=1"),
        Just("A=2"),
        Just("A='x y'"),
        Just("A=\"$A z\""),
        Just("B=1"),
        Just("export A=3"),
        Just("A=1; B=2"),
        Just("A=1 # c"),
        Just("# c"),
        Just("#A=1"),
        Just("# c \\"),
        Just("unset A"),
        Just("echo $A"),
        Just("readonly A"),
        Just("export A"),
        Just("A=1 \\"),
        Just("A="),
        Just("return"),
        Just("A=\"x"),
        Just("A+=1"),
        Just("if x; then A=5; fi"),
    ];
    let ending = prop_oneof![4 => Just("\n"), 1 => Just("\r\n")];
    (prop::collection::vec(line, 0..7), ending)
        .prop_map(|(lines, ending)| lines.iter().map(|line| [*line, ending].concat()).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_fix_moves_nothing_and_the_remark_is_gone(
        text in text(),
        dialect in prop_oneof![Just(Sysconfig::default()), Just(Sysconfig::shell()), Just(Sysconfig::systemd())],
    ) {
        for lint in lints(&dialect, text.as_bytes()) {
            let Some(fix) = lint.fix else { continue };
            let mut document = Document::parse_as(dialect.clone(), text.as_str());
            prop_assert!(document.apply(&fix).unwrap().is_made());
            prop_assert_eq!(taken(&dialect, text.as_bytes()), taken(&dialect, &document.to_bytes()));
            let left = lints(&dialect, &document.to_bytes());
            let same = |left: &Lint<Key>| left.diagnostic.code == lint.diagnostic.code && left.fix.as_ref() == Some(&fix);
            prop_assert!(!left.iter().any(same), "{:?}", document.to_bytes());
        }
    }

    #[test]
    fn no_text_is_too_odd(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        for dialect in [Sysconfig::default(), Sysconfig::shell(), Sysconfig::systemd()] {
            let _ = lints(&dialect, &bytes);
        }
    }
}
