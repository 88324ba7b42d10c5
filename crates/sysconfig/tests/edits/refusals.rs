use super::*;

#[test]
fn what_no_one_word_can_be_written_to_is_refused() {
    let allowed = |request: Ask| request.allow("appended-later");
    table(
        &Sysconfig::default(),
        &[
            ("appended later", "A=1\nA+=2\n", set("A", "3"), Refused("appended-later")),
            ("and already so before that", "A=1\nA+=2\n", set("A", "1"), Refused("appended-later")),
            ("on the same line", "A=1; A+=2\n", set("A", "3"), Refused("appended-later")),
            ("to a list", "A=a\nA+=' b'\n", add("A", "c"), Refused("appended-later")),
            ("left as it is", "A=1\nA+=2\n", allowed(set("A", "3")), text("A=3\nA+=2\n")),
            ("appended before", "A=1\nA+=2\nA=3\n", set("A", "4"), text("A=1\nA+=2\nA=4\n")),
            ("appended only", "A+=2\n", set("A", "4"), text("A+=2\nA=4\n")),
            ("an array", "A=(1 2)\n", set("A", "3"), Refused("array")),
            ("an array appended to", "A=1\nA+=(2)\n", set("A", "3"), Refused("array")),
            ("an element", "A[1]=2\nA=1\n", set("A", "3"), Refused("array")),
            ("items of an array", "A=(1 2)\n", add("A", "3"), Refused("array")),
            ("read-only before", "readonly A=1\nA=2\n", set("A", "3"), Refused("read-only")),
            ("read-only and not set", "readonly A\n", set("A", "3"), Refused("read-only")),
            ("read-only from here on", "A=1\nreadonly A\n", set("A", "3"), text("A=3\nreadonly A\n")),
            ("read-only and unset", "readonly A=1\nunset A\n", set("A", "3"), Refused("read-only")),
            ("read-only now and then", "[ x ] && readonly A\nA=1\n", set("A", "3"), Refused("read-only")),
            ("a function behind an assignment", "A=1 f() { :; }\n", set("A", "3"), Refused("syntax-error")),
            ("an array goes as one", "A=(1 2)\nB=1\n", unset("A"), text("B=1\n")),
        ],
    );
}

#[test]
fn a_file_that_a_reader_does_not_get_through_is_not_edited() {
    for (before, code) in [
        ("B=\"x\nA=1\n", "unclosed"),
        ("B='x\nA=1\n", "unclosed"),
        ("B=`x\nA=1\n", "unclosed"),
        ("if x; then\nA=1\n", "unclosed"),
        ("cat <<E\nA=1\n", "unclosed"),
        ("A=1 &&\n", "unclosed"),
        ("A=1\nfi\n", "syntax-error"),
        ("if true; then\nfi\n", "syntax-error"),
        ("A=a(b)\n", "syntax-error"),
        ("B=$'it\\'s'\nA=1\n", "not-understood"),
        ("A=1\n# x\0y\n", "nul"),
    ] {
        for request in [set("A", "2"), unset("A"), disable("A"), add("A", "x"), remove("A", "1")] {
            check(&Sysconfig::default(), before, before.as_bytes(), &request, Refused(code));
        }
    }
}

#[test]
fn the_refusal_points_at_the_opening() {
    let mut document = SysconfigFile::parse("A=1\nif x; then\n  B=\"y\nfi\n");
    let Err(EditError::Refused(refusal)) = document.apply(&set("A", "2")) else { panic!() };
    assert_eq!(refusal.0.span.unwrap().start, "A=1\nif x; then\n  B=".len());
}

#[test]
fn bytes_that_are_not_utf8_stay_as_they_are() {
    let comment = b"# caf\xe9\nA=1\n";
    check(&Sysconfig::default(), "a comment", comment, &set("A", "2"), Text(b"# caf\xe9\nA=2\n"));
    check(&Sysconfig::default(), "below", b"#A=0\n# caf\xe9", &set("B", "2"), Text(b"#A=0\n# caf\xe9\nB=2\n"));
    // To systemd such a trailing comment is part of the value, and the file is refused.
    let shell = Sysconfig::shell();
    check(&shell, "its line goes", b"# caf\xe9\nA=1 # caf\xe9\n", &unset("A"), Text(b"# caf\xe9\n"));
    check(&shell, "commented out", b"A=1 # caf\xe9\n", &disable("A"), Text(b"#A=1 # caf\xe9\n"));
    check(&shell, "beside a list", b"A=1 # caf\xe9\n", &add("A", "2"), Text(b"A=\"1 2\" # caf\xe9\n"));
    let value = b"B=caf\xe9\nA=1\n";
    check(
        &Sysconfig::default(),
        "a value kills the file for systemd",
        value,
        &set("A", "2"),
        Refused("systemd-refuses-file"),
    );
    check(&Sysconfig::shell(), "a value is fine for a shell", value, &set("A", "2"), Text(b"B=caf\xe9\nA=2\n"));
}

#[test]
fn the_choice_among_defaults_and_what_may_override_is_told() {
    let notes = |before: &str, request: &Ask| {
        let mut document = SysconfigFile::parse(before);
        let change = document.apply(request).unwrap();
        change.notes().iter().map(|note| note.code).collect::<Vec<_>>()
    };
    assert_eq!(notes("#A=1\n#A=2\n", &set("A", "3")), ["commented-default-chosen"]);
    assert_eq!(notes("A=1\nA=2\n", &set("A", "3")), ["shadowed"]);
    assert_eq!(notes("A=1\n: ${A:=5}\n", &set("A", "3")), ["may-be-overridden"]);
    assert_eq!(notes("A=\"$B x\"\n", &remove("A", "x")), ["may-hold-item"]);
    assert_eq!(notes("[ x ] || return\nA=1\n", &set("A", "3")), ["may-not-be-reached"]);
    assert_eq!(notes("#A=1\r\n", &set("A", "3")), ["crlf"]);
    assert_eq!(notes("", &set("PATH", "/x")), ["dangerous-name"]);
    assert_eq!(notes("[ -n \"$X\" ] && A=1\n", &set("A", "3")), ["inside-code"]);
}

#[test]
fn a_moved_value_is_told_reader_by_reader() {
    let mut document = SysconfigFile::parse("A=1 # c\n");
    let Change::Made { moves, .. } = document.apply(&set("A", "2")).unwrap() else { panic!() };
    let told: Vec<_> = moves.iter().map(|moved| (&moved.from[..], &moved.to[..])).collect();
    assert_eq!(told, [(&["1".into(), "1 # c".into()][..], &["2".into()][..]), (&[][..], &["# c".into()][..])]);
    assert_eq!(document.get_as(Reader::ServiceManager, &key("A"))[0].value.known(), Some(&["2".into()][..]));
}
