use super::*;

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
