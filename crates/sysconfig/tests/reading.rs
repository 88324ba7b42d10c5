//! What a shell is said to take from a file: which names are listed, and which values the file alone decides.
#![allow(clippy::unwrap_used, missing_docs)]

use kvmprep_sysconfig::{Key, Sysconfig, SysconfigFile};

/// Each listed name with its value; `?` where it is not known.
fn listed(text: &str) -> String {
    let file = SysconfigFile::parse_as(Sysconfig::shell(), text);
    let settings = file.settings();
    let shown = settings.iter().map(|setting| match setting.value.known() {
        Some(values) => format!("{}={}", setting.key, values[0]),
        None => format!("{}?", setting.key),
    });
    shown.collect::<Vec<_>>().join(" ")
}

fn table(rows: &[(&str, &str)]) {
    for (text, wanted) in rows {
        assert_eq!(listed(text), *wanted, "{text}");
    }
}

#[test]
fn only_names_that_code_assigns_are_listed() {
    table(&[
        ("for A in 1 2; do :; done", "A?"),
        ("while read -r A B; do :; done <x", "A? B?"),
        ("printf -v A x", "A?"),
        ("printf '%s' A", ""),
        ("getopts ab: A", "A?"),
        ("let A=1 B+=2", "A? B?"),
        ("((A=1, B++, C==2))", "A? B?"),
        (": ${A:=1} ${B=2} ${C:-3} $((D=4))", "A? B? D?"),
        ("A+=x\nB[2]=y", "A? B?"),
        ("if x; then export A B='y z'; command read C; \\unset D; fi", "A? B? C? D?"),
        ("f() { local A=1; B=2; }", "A? B?"),
        ("eval 'A=1; b C'", "A?"),
        ("[ \"$A\" = b ] && C=1", "C?"),
        ("alias x=y", ""),
        ("dd if=/dev/zero of=x", ""),
        ("if LC_ALL=C sort x; then A=1 ls --sort=time; fi", ""),
        ("if LC_ALL=C sort ${A:=x}; then :; fi", "A?"),
        ("A=$(B=1; read C)", "A?"),
        ("read A <<E\nB=1\n", "A?"),
        ("A=1\n&> x\nB=2\n", "A=1 B?"),
    ]);
}

#[test]
fn a_name_that_code_only_mentions_is_told_to_who_asks() {
    let file = SysconfigFile::parse_as(Sysconfig::shell(), "alias A=1\n. x\n");
    let key: Key = "A".parse().unwrap();
    assert!(file.settings().is_empty());
    assert_eq!(file.get(&key)[0].value.known(), None);
}

#[test]
fn a_value_that_the_file_alone_decides_is_known() {
    table(&[
        ("A=1 && B=2", "A=1 B=2"),
        ("A=1 && export B=2 && C=3", "A=1 B=2 C=3"),
        ("A=1 && B=$x && C=3", "A=1 B? C?"),
        ("! A=1 && B=2", "A? B?"),
        ("A=1 || B=2", "A=1 B?"),
        ("A=1 & B=2", "B=2"),
        ("A=1 | cat", ""),
        ("( A=1 )", ""),
        ("A=0\n( A=1 )\nA=2 | cat\nA=3 &", "A=0"),
        ("A=http://h/?x=1&y=2", "y=2"),
        ("A=a|b", ""),
        ("export 'A=1' B'=2'", "A=1 B=2"),
        ("A={a,b}\nexport B={a,b}\n\\export C=*", "A={a,b} B? C?"),
        ("readonly A=1\nA=2; B=1\nC=1", "A? B? C?"),
        ("A=1 B+=2\nC=1", "A? B? C=1"),
        ("readonly A 'B'\nA=1", "A?"),
        ("[ x ] && readonly A\nA=1", "A?"),
        ("A=1\nunset A", ""),
        ("A=1\n\\unset -v A B\nB=2", "B=2"),
        ("A=1\nunset A\nA=2", "A=2"),
        ("A=1\nunset -f A", "A?"),
        ("A=1\nunset A\n. x", "A?"),
        ("[ x ] || return\nA=1\nunset A", "A?"),
        // A redirection that fails keeps dash from assigning, and bash not.
        ("A=x>out", "A?"),
        ("A=x<in", "A?"),
        ("A=1 :", "A?"),
    ]);
}
