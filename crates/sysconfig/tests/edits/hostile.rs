use super::*;

/// Values that would like to be more than a value.
const HOSTILE: [&str; 32] = [
    "$(id)",
    "`id`",
    "${IFS}",
    "$HOME",
    "\"; id; \"",
    "'; id; '",
    "'\\''; id #",
    "x\\",
    "\\",
    "\"",
    "'",
    "\\\"",
    "# c",
    "x # c",
    "x#y",
    "; id",
    "a && b",
    "a|b",
    "a>out",
    "a<b",
    "(x)",
    "~",
    "~root",
    "a:~",
    "!x",
    "*",
    "{a,b}",
    " x ",
    "\tx\t",
    "$'x\\'",
    "A=2",
    "é\u{4e2d}",
];

#[test]
fn a_hostile_value_stays_one_value_for_every_reader() {
    let files = [
        "",
        "A=1\n",
        "A='1'\nB=2\n",
        "A=\"1\"\nB=2\n",
        "#A=1\nB=2\n",
        "#A='x'\n",
        "A=1 # c\n",
        "A=1; B=2\n",
        "export A=1\n",
    ];
    for dialect in [Sysconfig::default(), Sysconfig::shell(), Sysconfig::systemd()] {
        for (file, hostile) in files.iter().flat_map(|file| HOSTILE.map(|hostile| (file, hostile))) {
            let mut document = SysconfigFile::parse_as(dialect.clone(), *file);
            match document.apply(&set("A", hostile)) {
                Ok(_) => assert_reads(&document, hostile),
                Err(EditError::Refused(_)) => {}
                Err(moved) => panic!("{file:?} {hostile:?}: {moved}"),
            }
        }
    }
}

#[test]
fn a_hostile_value_moves_nothing_else() {
    let file = "# c\nB='x y' # d\nA=1\ncat <<E\nC=1\nE\nif x; then D=1; fi\nE=2 ";
    for hostile in HOSTILE {
        let mut document = SysconfigFile::parse(file);
        document.apply(&set("A", hostile)).unwrap();
        let after = document.to_bytes();
        let (before, behind) = file.split_once("A=1").unwrap();
        assert!(after.starts_with(before.as_bytes()) && after.ends_with(behind.as_bytes()), "{hostile}");
        document.apply(&set("A", "1")).unwrap();
        assert_reads(&document, "1");
    }
}

#[test]
fn a_hostile_item_stays_in_its_list_and_goes_out_of_it_again() {
    let files = ["A=a\n", "A='a'\n", "A=\"a\"\n", "A=\"a \\\n  b\"\nB=2\n", "A=a # c\n", "A='a'\"b\"\n"];
    for dialect in [Sysconfig::default(), Sysconfig::shell(), Sysconfig::systemd()] {
        for (file, hostile) in files.iter().flat_map(|file| HOSTILE.map(|hostile| (file, hostile))) {
            let mut document = SysconfigFile::parse_as(dialect.clone(), *file);
            document.apply(&add("A", hostile)).unwrap_or_else(|why| panic!("{file:?} add {hostile:?}: {why}"));
            assert!(lists(&document).iter().all(|list| list.ends_with(&words(hostile))), "{file:?} {hostile:?}");
            document.apply(&remove("A", hostile)).unwrap_or_else(|why| panic!("{file:?} remove {hostile:?}: {why}"));
            let gone = |list: &Vec<String>| !list.windows(words(hostile).len()).any(|some| some == words(hostile));
            assert!(lists(&document).iter().all(gone), "{file:?} {hostile:?}");
        }
    }
}

/// The words of A to each reader.
fn lists(document: &SysconfigFile) -> Vec<Vec<String>> {
    let fresh = SysconfigFile::parse_as(document.dialect().clone(), document.to_bytes());
    let readers = document.dialect().readers().iter();
    readers.map(|&reader| words(&fresh.get_as(reader, &key("A"))[0].value.known().unwrap()[0].to_string())).collect()
}

fn words(text: &str) -> Vec<String> {
    text.split_ascii_whitespace().map(str::to_owned).collect()
}

fn assert_reads(document: &SysconfigFile, value: &str) {
    let fresh = SysconfigFile::parse_as(document.dialect().clone(), document.to_bytes());
    for &reader in document.dialect().readers() {
        let settings = fresh.get_as(reader, &key("A"));
        let wanted = [BString::from(value)];
        assert!(matches!(&settings[..], [one] if one.value.known() == Some(&wanted)), "{reader}: {settings:?}");
    }
}

#[test]
fn line_breaks_and_control_characters_are_refused() {
    for value in ["a\nB=1", "a\rb", "a\0b", "a\u{7f}", "a\u{1b}[0m", "a\u{202e}b"] {
        let mut document = SysconfigFile::parse("A=1\n");
        assert!(document.apply(&set("A", value)).is_err(), "{value:?}");
        assert_eq!(document.to_bytes(), b"A=1\n");
    }
}

#[test]
fn names_that_are_no_names_are_refused() {
    for name in ["", "1A", "A-B", "a.b", "A=1;id #", "A B", "Ä", "A\n"] {
        assert!(name.parse::<Key>().is_err(), "{name:?}");
    }
}
