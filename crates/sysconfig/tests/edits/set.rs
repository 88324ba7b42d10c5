use super::*;

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
            ("quoted lines are one value", "A='x\n#A=0\n'\nB=1\n", set("A", "z"), text("A='z'\nB=1\n")),
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
            ("a comment in CR LF moves too", "A=1 # c\r\n", set("A", "2"), text("# c\nA=2\n")),
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
            ("words that are split", "\\export A=$B\n", add("A", "c"), text("A=$B\" c\"\n\\export A\n")),
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
            (
                "a comment that goes on hides no default",
                "#A=1 # c \\\nd\n",
                set("A", "3"),
                text("#A=1 # c \\\nd\nA=3\n"),
            ),
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
            ("behind a trailing comment's backslash", "B=1 # c \\\n", set("A", "1"), text("B=1 # c \\\n\nA=1\n")),
            ("behind a commented continuation", "#B=\"x \\\n", set("A", "1"), text("#B=\"x \\\n\nA=1\n")),
            ("below a default, behind a backslash", "#A=1\n# c \\\n", below("A", "2"), text("#A=1\nA=2\n# c \\\n")),
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
fn duplicates_go_on_request() {
    table(
        &Sysconfig::default(),
        &[
            ("left", "A=1\nA=2\n", set("A", "2"), Same),
            ("taken out", "A=1\nB=1\nA=2\n", set("A", "3").dedupe(), text("B=1\nA=3\n")),
            ("taken out of a line with others", "A=1 B=1\nA=2\n", set("A", "3").dedupe(), text("B=1\nA=3\n")),
            ("their comments stay", "# c\nA=1\nA=2\n", set("A", "3").dedupe(), text("# c\nA=3\n")),
            ("not in one line with it", "A=1; A=2\n", set("A", "3").dedupe(), Refused("shares-line")),
            ("behind code that may set it", "A=1\n: ${A:=5}\nA=2\n", set("A", "3").dedupe(), text(": ${A:=5}\nA=3\n")),
            ("taken out of a right file", "A=1\nA=2\n", set("A", "2").dedupe(), text("A=2\n")),
        ],
    );
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
