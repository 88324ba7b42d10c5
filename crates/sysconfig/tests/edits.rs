//! What each verb writes, or why it does not: both texts in sight.
#![allow(clippy::unwrap_used, missing_docs)]

use bstr::{BStr, BString};
use kvmprep_lossless::{Absent, Change, EditError, Request};
use kvmprep_sysconfig::{Key, Reader, Sysconfig, SysconfigFile};

type Ask = Request<Key>;

fn key(name: &str) -> Key {
    name.parse().unwrap()
}
fn set(name: &str, value: &str) -> Ask {
    Request::set(key(name), value)
}
fn unset(name: &str) -> Ask {
    Request::unset(key(name))
}
fn disable(name: &str) -> Ask {
    Request::disable(key(name))
}
fn add(name: &str, item: &str) -> Ask {
    Request::add(key(name), item)
}
fn remove(name: &str, item: &str) -> Ask {
    Request::remove(key(name), item)
}

/// What is expected: the whole text after, the same text, or a refusal by code.
#[derive(Clone, Copy)]
enum Then<'a> {
    Text(&'a [u8]),
    Same,
    Refused(&'a str),
}
use Then::{Refused, Same, Text};

fn check(dialect: &Sysconfig, name: &str, before: &[u8], request: &Ask, then: Then<'_>) {
    let mut document = SysconfigFile::parse_as(dialect.clone(), before);
    let outcome = document.apply(request);
    let after = document.to_bytes();
    let shown = BStr::new(&after);
    match (then, &outcome) {
        (Text(wanted), Ok(change)) => {
            assert_eq!(shown, BStr::new(wanted), "{name}");
            assert!(change.is_made(), "{name}: already so");
            let again = document.apply(request).unwrap_or_else(|why| panic!("{name}, again: {why}"));
            assert!(!again.is_made() && document.to_bytes() == after, "{name}: not the same twice");
        }
        (Same, Ok(change)) => assert!(!change.is_made() && after == before, "{name}: {shown}"),
        (Refused(code), Err(EditError::Refused(refusal))) => {
            assert_eq!(refusal.code(), code, "{name}: {refusal}");
            assert_eq!(after, before, "{name}");
        }
        (_, outcome) => panic!("{name}: {outcome:?}\n{shown}"),
    }
}

fn table(dialect: &Sysconfig, rows: &[(&str, &str, Ask, Then<'_>)]) {
    for (name, before, request, then) in rows {
        check(dialect, name, before.as_bytes(), request, *then);
    }
}

fn text(after: &str) -> Then<'_> {
    Text(after.as_bytes())
}

#[test]
fn set_replaces_the_value_and_keeps_its_quotes() {
    table(
        &Sysconfig::default(),
        &[
            ("empty file", "", set("A", "1"), text("A=1\n")),
            ("no final newline", "A=1", set("A", "2"), text("A=2")),
            ("absent, no final newline", "B=1", set("A", "2"), text("B=1\nA=2\n")),
            ("already so", "A=1\n", set("A", "1"), Same),
            ("already so, spelt otherwise", "A='x y'\n", set("A", "x y"), Same),
            ("bare stays bare", "A=1\n", set("A", "2"), text("A=2\n")),
            ("bare cannot", "A=1\n", set("A", "x y"), text("A=\"x y\"\n")),
            ("double stays double", "A=\"1\"\n", set("A", "2"), text("A=\"2\"\n")),
            ("single stays single", "A='1'\n", set("A", "$x"), text("A='$x'\n")),
            ("single cannot", "A='1'\n", set("A", "it's"), text("A=\"it's\"\n")),
            (
                "a backslash between single quotes is lost to old systemd",
                "A='1'\n",
                set("A", "a\\b"),
                text("A=\"a\\\\b\"\n"),
            ),
            ("the four escapes", "A=\"1\"\n", set("A", "\"\\$`"), text("A=\"\\\"\\\\\\$\\`\"\n")),
            ("pieces become one", "A=a'b'\"c\"\n", set("A", "d"), text("A=\"d\"\n")),
            ("empty bare", "A=1\n", set("A", ""), text("A=\n")),
            ("empty quoted", "A=\"1\"\n", set("A", ""), text("A=\"\"\n")),
            ("indentation and trailing blanks stay", " \tA=1 \t\n", set("A", "2"), text(" \tA=2 \t\n")),
            ("many lines are one value", "A=\"x \\\n  y\"\nB=1\n", set("A", "z"), text("A=\"z\"\nB=1\n")),
            ("the last one counts", "A=1\nB=$A\nA=2\n", set("A", "3"), text("A=1\nB=$A\nA=3\n")),
            ("an expansion is replaced", "A=\"$B\"\n", set("A", "x"), text("A=\"x\"\n")),
        ],
    );
}

#[test]
fn set_makes_lines_that_both_readers_take_alike() {
    table(
        &Sysconfig::default(),
        &[
            ("a trailing comment moves above", "A=1 # c\nB=2\n", set("A", "3"), text("# c\nA=3\nB=2\n")),
            ("to the same value too", "A=1 # c\n", set("A", "1"), text("# c\nA=1\n")),
            ("export is split off", "export A=1\n", set("A", "2"), text("A=2\nexport A\n")),
            ("two on a line are split", "A=1; B='x y'\n", set("A", "2"), text("A=2\nB='x y'\n")),
            ("two in a command are split", "  A=1 B=2\n", set("B", "3"), text("  A=1\n  B=3\n")),
            ("a semicolon goes", "A=1;\n", set("A", "2"), text("A=2\n")),
            ("code on the line", "A=1; run it\n", set("A", "2"), Refused("shares-line")),
            ("a name broken over lines", "A\\\n=1\n", set("A", "2"), text("A=2\n")),
            ("a continuation behind the value", "A=1 \\\n\nB=1\n", set("A", "2"), text("A=2\nB=1\n")),
        ],
    );
}

#[test]
fn a_shell_alone_keeps_its_line_as_it_is() {
    table(
        &Sysconfig::shell(),
        &[
            ("a trailing comment", "A=1 # c\n", set("A", "2"), text("A=2 # c\n")),
            ("export", "export A=1\n", set("A", "2"), text("export A=2\n")),
            ("two on a line", "A=1; B=2\n", set("A", "3"), text("A=3; B=2\n")),
            ("code on the line", "A=1; run it\n", set("A", "2"), text("A=2; run it\n")),
            ("unset of one of two", "A=1; B=2\n", unset("A"), text("B=2\n")),
            ("unset of the other", "A=1; B=2\n", unset("B"), text("A=1\n")),
            ("unset in a command", "A=1 B=2 C=3\n", unset("B"), text("A=1 C=3\n")),
            ("unset of the last in a command", "A=1 B=2\n", unset("B"), text("A=1\n")),
            ("unset of an exported one", "export A=1 B=2\n", unset("A"), text("export B=2\n")),
            ("backslash between single quotes", "A='1'\n", set("A", "a\\b"), text("A='a\\b'\n")),
            ("a command of bash alone is split off", "declare A=1\n", set("A", "1"), text("A=1\ndeclare A\n")),
            ("braces behind export", "export A={a,b}\n", add("A", "c"), text("A=\"{a,b} c\"\nexport A\n")),
            ("add behind an expansion", "A=\"$B x\"\n", add("A", "y"), text("A=\"$B x y\"\n")),
        ],
    );
}

#[test]
fn systemd_alone_takes_what_a_shell_would_not() {
    table(
        &Sysconfig::systemd(),
        &[
            ("blanks around the sign", "A = 1\n", set("A", "2"), text("A = 2\n")),
            ("two words", "A=one two\n", set("A", "three four"), text("A=\"three four\"\n")),
            ("a line inside code", "if x; then\n  A=1\nfi\n", set("A", "2"), text("if x; then\n  A=2\nfi\n")),
            ("carriage returns stay", "A=1\r\nB=2\r\n", set("A", "3"), text("A=3\r\nB=2\r\n")),
            ("uncommenting keeps the carriage return", "#A=1\r\n", set("A", "3"), text("A=3\r\n")),
            ("unset", "A=one two\nB=1\n", unset("A"), text("B=1\n")),
            ("disable", "A=one two\nB=1\n", disable("A"), text("#A=one two\nB=1\n")),
            ("add", "A=one two\n", add("A", "three"), text("A=\"one two three\"\n")),
        ],
    );
}

#[test]
fn set_uncomments_the_default_in_place() {
    table(
        &Sysconfig::default(),
        &[
            ("as it stands", "# c\n#A=old\nB=1\n", set("A", "new"), text("# c\nA=new\nB=1\n")),
            ("one blank", "# A=old\n", set("A", "new"), text("A=new\n")),
            ("indented", "  #A=old\n", set("A", "new"), text("  A=new\n")),
            ("quotes of the comment", "#A='old'\n", set("A", "x y"), text("A='x y'\n")),
            ("trailing blanks stay", "#A=old \n", set("A", "new"), text("A=new \n")),
            (
                "CRLF: the line ends in LF, as a shell needs it",
                "#A=old\r\n# c\r\n",
                set("A", "new"),
                text("A=new\n# c\r\n"),
            ),
            ("no final newline", "#A=old", set("A", "new"), text("A=new")),
            ("its comment moves above", "#A=old # why\n", set("A", "new"), text("# why\nA=new\n")),
            ("the last of several", "#A=1\n#A=2\n", set("A", "3"), text("#A=1\nA=3\n")),
            ("the one that says it", "#A=3\n#A=2\n", set("A", "3"), text("A=3\n#A=2\n")),
            ("the one without a blank", "#A=1\n\n# A=2\n", set("A", "3"), text("A=3\n\n# A=2\n")),
        ],
    );
}

#[test]
fn prose_is_no_default() {
    for prose in [
        "#             A=shutdown, you must also set B to a\n",
        "# example: A='default xen:///'\n",
        "# set A=1 to\n",
        "##A=1\n",
        "# # A=1\n",
        "#A = 1\n",
        "#A=\"x \\\n",
        "#A=x y\n",
        "#A=x;\n",
        "#A=x\\\n",
        "#AB=1\n",
        "#A+=1\n",
        "# one\n# A=1\n# two\n",
    ] {
        let gap = if prose.ends_with("\\\n") { "\n" } else { "" };
        let after = format!("{prose}{gap}A=2\n");
        check(&Sysconfig::default(), prose, prose.as_bytes(), &set("A", "2"), Text(after.as_bytes()));
    }
}

#[test]
fn where_a_new_line_goes() {
    let below = |name, value| set(name, value).absent(Absent::InsertBelow);
    table(
        &Sysconfig::default(),
        &[
            ("below the kept default", "#A=old\nB=1\n", below("A", "new"), text("#A=old\nA=new\nB=1\n")),
            ("below an unended default", "#A=old", below("A", "new"), text("#A=old\nA=new\n")),
            ("nowhere", "#A=old\n", set("A", "new").absent(Absent::Leave), Same),
            ("behind a comment's backslash", "# c \\\n", set("A", "1"), text("# c \\\n\nA=1\n")),
            ("behind an unended comment's backslash", "# c \\", set("A", "1"), text("# c \\\n\nA=1\n")),
            ("behind an open continuation", "B=x \\\n", set("A", "1"), text("B=x \\\n\nA=1\n")),
            ("behind a last backslash", "B=x\\", set("A", "1"), Refused("backslash-at-end")),
            ("before a return", "B=1\nreturn 0\nC=1\n", set("A", "1"), text("B=1\nA=1\nreturn 0\nC=1\n")),
            (
                "before a conditional return",
                "[ -n \"$X\" ] || return 0\n",
                set("A", "1"),
                text("A=1\n[ -n \"$X\" ] || return 0\n"),
            ),
            ("a default behind a return is dead", "return\n#A=1\n", set("A", "2"), text("A=2\nreturn\n#A=1\n")),
            ("CRLF", "B=1\r\n", set("A", "1"), text("B=1\r\nA=1\n")),
            ("behind an unset", "A=1\nunset A\n", set("A", "1"), text("A=1\nunset A\nA=1\n")),
            ("behind an assignment out of reach", "export 'A=1'\n", set("A", "2"), text("export 'A=1'\nA=2\n")),
            ("a default before an unset", "#A=1\nunset A\n", set("A", "2"), text("#A=1\nunset A\nA=2\n")),
            (
                "before a return, with an unset behind",
                "return\nunset A\n",
                set("A", "2"),
                text("A=2\nreturn\nunset A\n"),
            ),
            ("an unset where the file may end", "[ x ] || return\nunset A\n", set("A", "2"), Refused("after-return")),
            ("quoted as the neighbour", "B=\"x y\"\n", set("A", "1 2"), text("B=\"x y\"\nA=\"1 2\"\n")),
            ("quoted without a neighbour", "B=1\n", set("A", "1 2"), text("B=1\nA='1 2'\n")),
            ("inside code only", "if x; then\n  A=1\nfi\n", set("A", "2"), text("if x; then\n  A=1\nfi\nA=2\n")),
            (
                "code behind it wins for systemd",
                "A=1\nif x; then\n  A=2\nfi\n",
                set("A", "3"),
                text("A=1\nif x; then\n  A=2\nfi\nA=3\n"),
            ),
            (
                "text in a here-document is no default",
                "cat <<E\n#A=1\nE\n",
                set("A", "2"),
                text("cat <<E\n#A=1\nE\nA=2\n"),
            ),
        ],
    );
}

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
            ("an array goes as one", "A=(1 2)\nB=1\n", unset("A"), text("B=1\n")),
        ],
    );
}

#[test]
fn duplicates_go_on_request() {
    table(
        &Sysconfig::default(),
        &[
            ("left", "A=1\nA=2\n", set("A", "2"), Same),
            ("taken out", "A=1\nB=1\nA=2\n", set("A", "3").dedupe(), text("B=1\nA=3\n")),
            ("taken out of a right file", "A=1\nA=2\n", set("A", "2").dedupe(), text("A=2\n")),
        ],
    );
}

#[test]
fn unset_takes_every_line() {
    table(
        &Sysconfig::default(),
        &[
            ("empty file", "", unset("A"), Same),
            ("absent", "#A=1\n", unset("A"), Same),
            ("all", "A=1\n# c\nB=1\nA=2\n", unset("A"), text("# c\nB=1\n")),
            ("no final newline", "B=1\nA=1", unset("A"), text("B=1\n")),
            ("CRLF", "A=1\r\nB=2\r\n", unset("A"), text("B=2\r\n")),
            ("its comment goes with it", "A=1 # c\nB=1\n", unset("A"), text("B=1\n")),
            ("exported", "export A=1\nB=1\n", unset("A"), text("B=1\n")),
            ("shared", "A=1; B=2\n", unset("A"), text("B=2\n")),
            ("inside code", "A=1\nif x; then\nA=2\nfi\n", unset("A"), Refused("inside-code")),
            ("set by code", ": ${A:=1}\n", unset("A"), Refused("inside-code")),
            ("set out of reach", "export 'A=1'\n", unset("A"), Refused("inside-code")),
            ("an unset stays", "A=1\nunset A\n", unset("A"), text("unset A\n")),
            ("unset by the file alone", "unset A\n", unset("A"), Same),
        ],
    );
}

#[test]
fn disable_comments_out() {
    table(
        &Sysconfig::default(),
        &[
            ("empty file", "", disable("A"), Same),
            ("a line", "A=1\nB=2\n", disable("A"), text("#A=1\nB=2\n")),
            ("no final newline", "A=1", disable("A"), text("#A=1")),
            ("CRLF", "A=1\r\n", disable("A"), text("#A=1\r\n")),
            ("indented", "  A=1\n", disable("A"), text("  #A=1\n")),
            ("many lines", "A=\"x \\\n  y\"\nB=1\n", disable("A"), text("#A=\"x \\\n#  y\"\nB=1\n")),
            ("with its comment", "A=1 # c\n", disable("A"), text("#A=1 # c\n")),
            ("exported", "export A=1\n", disable("A"), text("#export A=1\n")),
            ("all of them", "A=1\nA=2\n", disable("A"), text("#A=1\n#A=2\n")),
            ("shared", "A=1; B=2\n", disable("A"), Refused("shares-line")),
        ],
    );
}

#[test]
fn add_puts_an_item_at_the_end_of_the_words() {
    table(
        &Sysconfig::default(),
        &[
            ("empty file", "", add("A", "x"), Refused("absent-list")),
            ("absent, wanted so", "", add("A", "x").allow("absent-list"), text("A=x\n")),
            ("absent, left", "", add("A", "x").absent(Absent::Leave), Same),
            ("there", "A=\"a b\"\n", add("A", "b"), Same),
            ("part of a word is not there", "A=\"ab\"\n", add("A", "a"), text("A=\"ab a\"\n")),
            ("double", "A=\"a b\"\n", add("A", "c"), text("A=\"a b c\"\n")),
            ("single", "A='a b'\n", add("A", "c"), text("A='a b c'\n")),
            ("single cannot", "A='a'\n", add("A", "it's"), text("A=\"a it's\"\n")),
            ("bare", "A=a\n", add("A", "b"), text("A=\"a b\"\n")),
            ("empty", "A=\n", add("A", "b"), text("A=\"b\"\n")),
            ("empty quotes", "A=\"\"\n", add("A", "b"), text("A=\"b\"\n")),
            ("no final newline", "A=\"a\"", add("A", "b"), text("A=\"a b\"")),
            ("CRLF", "A=\"a\"\r\n", add("A", "b"), text("A=\"a b\"\n")),
            ("CRLF, there for systemd only", "A='a b'\r\n", add("A", "b"), text("A='a b'\n")),
            (
                "two words are one item",
                "A=\"--listen\"\n",
                add("A", "--timeout 120"),
                text("A=\"--listen --timeout 120\"\n"),
            ),
            ("two words are there", "A=\"--listen  --timeout 120\"\n", add("A", "--timeout 120"), Same),
            ("lines are kept", "A=\"a \\\n  b\"\n", add("A", "c"), text("A=\"a \\\n  b c\"\n")),
            ("an expansion is kept", "A=\"$B a\"\n", add("A", "c"), text("A=\"$B a c\"\n")),
            ("bare expansion", "A=$B\n", add("A", "c"), Refused("mixed-quotes")),
            ("a comment moves above", "A=\"a\" # c\n", add("A", "b"), text("# c\nA=\"a b\"\n")),
            ("nothing", "A=a\n", add("A", " "), Refused("empty-item")),
        ],
    );
}

#[test]
fn remove_takes_an_item_out_wherever_it_stands() {
    table(
        &Sysconfig::default(),
        &[
            ("empty file", "", remove("A", "x"), Same),
            ("not there", "A=\"a b\"\n", remove("A", "c"), Same),
            ("first", "A=\"a b\"\n", remove("A", "a"), text("A=\"b\"\n")),
            ("middle", "A='a b c'\n", remove("A", "b"), text("A='a c'\n")),
            ("last", "A=\"a b\"\n", remove("A", "b"), text("A=\"a\"\n")),
            ("twice", "A=\"a b a\"\n", remove("A", "a"), text("A=\"b\"\n")),
            ("only", "A=a\n", remove("A", "a"), text("A=\"\"\n")),
            ("only, quoted", "A='a'\n", remove("A", "a"), text("A=''\n")),
            (
                "two words",
                "A=\"--listen --timeout 120 -d\"\n",
                remove("A", "--timeout 120"),
                text("A=\"--listen -d\"\n"),
            ),
            ("over lines", "A=\"a \\\n  b \\\n  c\"\n", remove("A", "b"), text("A=\"a \\\n  \\\n  c\"\n")),
            ("no final newline", "A=\"a b\"", remove("A", "b"), text("A=\"a\"")),
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
            let mut document = SysconfigFile::parse_as(dialect.clone(), *file);
            match document.apply(&add("A", hostile)) {
                Ok(_) | Err(EditError::Refused(_)) => {}
                Err(moved) => panic!("{file:?} add {hostile:?}: {moved}"),
            }
        }
    }
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
fn what_generated_files_have_taught() {
    table(
        &Sysconfig::default(),
        &[
            (
                "a swallowed line stays a comment",
                "# c \\\n[ -n \"$X\" ] || return 0",
                set("A", "1"),
                Refused("runs-on-for-systemd"),
            ),
            ("a continuation that only a shell sees", "x\\\n", set("A", "1"), text("x\\\n\nA=1\n")),
            ("the last line is ended as a shell needs it", "C=1\r\nB=1", set("A", "1"), text("C=1\r\nB=1\nA=1\n")),
            ("a quote that systemd closes early", "A=\"$(echo \"a b\")\"", add("A", "c"), Refused("mixed-quotes")),
            ("dedupe leaves systemd its value", "A=1\nexport A=1\n", set("A", "1").dedupe(), text("A=1\nexport A\n")),
            (
                "a here-document that systemd reads",
                "A=1 # c\ncat <<E\nA=1\nE\n",
                set("A", "1").dedupe(),
                text("cat <<E\nA=1\nE\nA=1\n"),
            ),
            ("lines of a substitution", "A=`echo\n`\nB=1\n", set("A", "2"), text("A=\"2\"\nB=1\n")),
            ("nothing to remove from an exported list", "export B=\n", remove("B", "1"), Same),
        ],
    );
    table(
        &Sysconfig::shell(),
        &[("two exports on a line", "export A=1; export B=2\n", unset("B"), text("export A=1\n"))],
    );
    table(
        &Sysconfig::systemd(),
        &[(
            "a value over lines that a shell could not read",
            "; A=\nA=\"x\n y\"\nB=1\n",
            unset("A"),
            text("; A=\nB=1\n"),
        )],
    );
}

#[test]
fn names_that_are_no_names_are_refused() {
    for name in ["", "1A", "A-B", "a.b", "A=1;id #", "A B", "Ä", "A\n"] {
        assert!(name.parse::<Key>().is_err(), "{name:?}");
    }
}

#[test]
fn the_choice_among_defaults_and_what_may_override_is_told() {
    let notes = |before: &str, request: &Ask| {
        let mut document = SysconfigFile::parse(before);
        let change = document.apply(request).unwrap();
        change.notes().iter().map(|note| note.code).collect::<Vec<_>>()
    };
    assert_eq!(notes("#A=1\n#A=2\n", &set("A", "3")), ["commented-default-chosen"]);
    assert_eq!(notes("A=1\nA=2\n", &set("A", "3")), ["duplicate"]);
    assert_eq!(notes("A=1\n: ${A:=5}\n", &set("A", "3")), ["may-be-overridden"]);
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
