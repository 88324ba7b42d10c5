use super::*;

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
            ("over lines", "A=\"x \\\n  y\"\nB=1\n", unset("A"), text("B=1\n")),
            ("two of three in a command", "A=1 B=2 A=3\n", unset("A"), text("B=2\n")),
            ("an export beside another", "export A=1 B=2\n", unset("A"), text("B=2\nexport B\n")),
            ("the only command of a block", "if x; then\n  A=1\nfi\n", unset("A"), Refused("inside-code")),
            ("inside code", "A=1\nif x; then\nA=2\nfi\n", unset("A"), Refused("inside-code")),
            ("set by code", ": ${A:=1}\n", unset("A"), Refused("inside-code")),
            ("set out of reach", "export 'A=1'\n", unset("A"), Refused("inside-code")),
            ("a name in pieces", "export \"A\"B=\n", unset("AB"), Refused("inside-code")),
            ("surely set", "B=&&A=1\n", unset("A").allow("inside-code"), Refused("inside-code")),
            ("surely set above", "B=&&A=1\nA=2\n", unset("A").allow("inside-code"), Refused("inside-code")),
            ("perhaps set", "x && A=1\n", unset("A").allow("inside-code"), Same),
            ("an unset stays", "A=1\nunset A\n", unset("A"), text("unset A\n")),
            ("unset by the file alone", "unset A\n", unset("A"), Same),
        ],
    );
}

#[test]
fn unset_leaves_alone_a_command_whose_words_hang_together() {
    let row = ("a pattern", "readonly A=[ B=\n", unset("A"), Refused("shares-line"));
    table(&Sysconfig::shell(), &[row]);
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
            ("quoted lines", "A='x\ny'\n", disable("A"), text("#A='x\n#y'\n")),
            ("a continuation behind it", "A=1 \\\n\nB=1\n", disable("A"), text("#A=1 \\\n#\nB=1\n")),
            ("the only command of a block", "if x; then\n  A=1\nfi\n", disable("A"), Refused("inside-code")),
            ("with its comment", "A=1 # c\n", disable("A"), text("#A=1 # c\n")),
            ("exported", "export A=1\n", disable("A"), text("#export A=1\n")),
            ("all of them", "A=1\nA=2\n", disable("A"), text("#A=1\n#A=2\n")),
            ("shared", "A=1; B=2\n", disable("A"), Refused("shares-line")),
        ],
    );
}
