//! What a shell is said to take from a file: which names are listed, and which values the file alone decides.
#![allow(clippy::unwrap_used, missing_docs)]

use kvmprep_lossless::Severity;
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

/// Found by asking bash, dash and systemd about random files.
#[test]
fn what_shells_guard_or_give_a_meaning_of_their_own_is_not_known() {
    table(&[
        ("UID=5\nB=1", "UID? B?"),
        ("RANDOM=1", "RANDOM?"),
        ("FUNCNAME=x", "FUNCNAME?"),
        ("B=1\nOPTIND=x", "B=1 OPTIND?"),
        ("declare A && B=1", "B?"),
        ("declare -r A && A=; B=", "A? B?"),
        ("command declare A && B=1", "B?"),
        ("A[]=1; B=", "A? B?"),
        ("A[1]= x; A=", "A?"),
        ("x | ! y\nB=1", ""),
        ("OPTARG=\nfor C in ''; do getopts b A; done", "OPTARG? C? A?"),
        ("readonly B\ng() {\nB=''\n}\nB= A=", "B? A?"),
        ("B=1\ncase x in y|esac\nC=1", "B=1"),
        ("B=1\nOPTIND=x\nunset B", "B? OPTIND?"),
    ]);
}

#[test]
fn a_command_may_set_a_variable_unasked() {
    for (text, name) in [("set -o posix", "POSIXLY_CORRECT"), ("read A", "REPLY"), ("cd /", "OLDPWD")] {
        let file = SysconfigFile::parse_as(Sysconfig::shell(), text);
        let [setting] = &file.get(&name.parse().unwrap())[..] else { panic!("{text}: {name} is said not to be set") };
        assert!(setting.value.known().is_none(), "{text}");
    }
}

#[test]
fn what_stands_behind_code_that_may_leave_the_file_is_not_known() {
    for leaving in [
        "return",
        "[ x ] || return",
        "command -p return",
        "builtin return",
        "eval 're''turn'",
        "{ return; }",
        "for C in ''; do return; done",
        "if x; then command return; fi",
        "exec x",
        "set -e",
    ] {
        for between in ["\n", "; "] {
            let file = SysconfigFile::parse_as(Sysconfig::shell(), format!("{leaving}{between}A=1\n"));
            let settings = file.get(&"A".parse().unwrap());
            let known = settings.iter().any(|setting| setting.value.known().is_some());
            assert!(!known, "{leaving}{between}");
        }
    }
    table(&[
        ("f() { return; }\nA=1", "A=1"),
        ("(return)\nA=1", "A=1"),
        ("f() { command return; }; A=1", "A=1"),
        ("command -v x; A=1", "A=1"),
    ]);
}

#[test]
fn an_error_keeps_bash_from_the_rest_of_its_line() {
    table(&[
        ("A=$((1+)) B=2; C=3\nD=4", "A? B? C? D=4"),
        ("A=1; : ${x/y/z}; B=2\nC=3", "A=1 B? C=3"),
        ("${};B=", "B?"),
        ("A[x]=1\nB=2", "A? B?"),
        ("shift 5 F\nB=2", "B?"),
        ("exit <missing\nB=2", "B?"),
        ("export A=1 UID=5", "A? UID?"),
    ]);
}

#[test]
fn a_line_that_is_continued_does_not_end_a_here_document() {
    table(&[("cat <<E\nx \\\nE\nA=1\nE\nB=2", "B=2"), ("cat <<'E'\nx \\\nE\nA=1", "A=1")]);
}

#[test]
fn a_quote_in_a_here_document_is_text_but_for_its_code() {
    table(&[
        ("cat <<E\nUsage: `basename \"$0\"` \"\nE\nA=1", "A=1"),
        ("cat <<E\n\"$(echo \"$0\")'\nE\nA=1", "A=1"),
        ("cat <<E\n$(\")\nE\nA=1", "A?"),
    ]);
}

#[test]
fn what_shells_read_differently_is_not_understood() {
    for text in [
        "]]",
        "time&",
        ": \"${A-'}\"",
        "g()! {(x)}",
        "<<E\n$(\")\nE",
        "! ! x",
        "in",
        "((')\n",
        "[[\nif A=``; then\nb\nfi",
        "case x in\nx);\\\n;esac",
        ": ${A:\\\n=}",
        "\0#'\nA=1",
        "A= B= \\",
        "! time; A=1",
        "ti\\\nme;A=1",
        "coproc { A=1; }",
        "!;A=1",
        "A=`if`",
        "for A.B in 1; do :; done",
        "'.' ./x",
        "A=(\n(\nB=1",
        "th\0en",
        "B[\nC=1",
        "[[ ]]\nA=1",
        "[[ [ x ]]\nA=1",
        "[[ -f ]]\nA=1",
        "[[ a b ]]\nA=1",
        "[[ a && ]]\nA=1",
        "cat <<E\n$(\nE\nA=1",
        "cat <<E\n`\nE\nA=1",
        "T=<a=()",
        "T=<b a=()",
        "case x in x) B=;\\\n;esac",
        "[[ (]]\nA=1",
        "! # c\nA=1",
        "\"${\\}\"",
        "\"${A\\}\"",
        "A=$\\\nB",
        "A=\"$\\\n(x)\"",
        "${A=\"\"$'\\''}",
        "<<E\n\\\nE\nB=1",
        "<<E\nE\\\n\nB=1\nE\n",
    ] {
        let file = SysconfigFile::parse_as(Sysconfig::shell(), text);
        assert!(file.diagnostics().iter().any(|told| told.code == "not-understood"), "{text}");
    }
}

#[test]
fn what_ends_dash_or_sh_is_foretold_at_any_depth() {
    for text in [
        "if x; then local A=1; fi",
        "while x; do export 1A=x; done",
        "A= export =",
        "set -o nosuch",
        "f() { set -e; }",
        "export <x",
        "break x",
        "return $RC",
        "trap x NOSUCH",
        ": $(())",
        ": ${x }",
        "OPTIND=x",
        "UID=5",
        "for A in 1 2; do readonly B=$A; done",
        "if x; then readonly A; fi\nA=1",
        "shift",
        "$A.",
        "trap ''",
        ">&o",
        ": $((1\r))",
        ".*",
        "typeset \"A[x]=\"",
        "export t -p",
        "f() { f; }; f",
        "f() { g; }\ng() { f; }",
        "readonly A={a,b}",
        "readonly A\nA=1 x",
        "command exit",
        "set \\+\r",
        "set '-o' nosuch",
        "f() { command -p exec x; }; f",
    ] {
        let file = SysconfigFile::parse_as(Sysconfig::shell(), text);
        let told = file.diagnostics();
        assert!(told.iter().any(|told| told.code == "may-end-script" && told.severity == Severity::Warning), "{text}");
    }
    for text in [
        "trap '' INT",
        "f() { g; }; f",
        "( exit 1 )",
        "export A=1 B",
        "unset -v A",
        "set -a",
        "return $?",
        ": $((1 + 2))",
        "export A >/dev/null",
    ] {
        let file = SysconfigFile::parse_as(Sysconfig::shell(), text);
        assert!(file.diagnostics().iter().all(|told| told.code != "may-end-script"), "{text}");
    }
}

#[test]
fn code_that_is_not_seen_may_set_any_name() {
    let key: Key = "Z".parse().unwrap();
    for text in [
        ". x\n",
        "f() {\n. x\n}\nf\n",
        "if x; then export \"$Y\"=1; fi\n",
        "if x; then read A\"\"B; fi\n",
        "Z= FUNCNAME= x\n",
        "A\\\nB=''<<E",
        "readonly B\nZ= B= x\n",
        "alias x='A='\nZ= x",
        "{readonly,} Z=1\n",
        "RANDOM=--Z>t\n",
        "exp\\ort 'Z'=1\n",
        "A=--Z\nif ((A)); then x; fi\n",
    ] {
        let file = SysconfigFile::parse_as(Sysconfig::shell(), text);
        assert!(file.get(&key).iter().any(|setting| setting.value.known().is_none()), "{text}");
    }
}

#[test]
fn an_equals_sign_begins_a_key_to_systemd_and_ends_none() {
    let file = SysconfigFile::parse_as(Sysconfig::systemd(), b"A=1\n=\x83\n".to_vec());
    assert_eq!(file.settings().len(), 1);
    assert!(file.diagnostics().is_empty());
    let refused = SysconfigFile::parse_as(Sysconfig::systemd(), b"A=1\n==\x83\n".to_vec());
    assert!(refused.settings().is_empty());
}
