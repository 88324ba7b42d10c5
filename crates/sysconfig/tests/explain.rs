//! Who takes what for a variable from the one file there is, and why; and that the programs say so too.
#![allow(clippy::unwrap_used, missing_docs, clippy::disallowed_methods, clippy::disallowed_types)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use camino::Utf8Path;
use kvmprep_lossless::effective::{Consumers, ConsumersOf, Decision, Effective, Explanation, Host};
use kvmprep_lossless::files::{Entry, Files, FilesError, Found, MemoryFiles};
use kvmprep_lossless::{Severity, Span, Value, value::shown};
use kvmprep_sysconfig::{Key, Sysconfig, SystemdVersion};

const PATH: &str = "/etc/default/libvirtd";

fn explained(dialect: &Sysconfig, files: &dyn Files) -> Explanation<Key> {
    dialect.explain(Host { files, path: Utf8Path::new(PATH) }, &(), &"A".parse().unwrap())
}

fn of(text: &str) -> Explanation<Key> {
    explained(&Sysconfig::default().with_systemd(SystemdVersion(252)), &MemoryFiles::new().with(PATH, text))
}

/// `reader takes value: why`, with what counts and what is shadowed as they are spelt.
fn told(explanation: &Explanation<Key>) -> Vec<String> {
    let spelt = |places: &[kvmprep_lossless::files::Location]| {
        let text = |span: &Span| shown(span.of(&explanation.sources[0].text));
        places.iter().map(|place| format!("`{}`", text(&place.span))).collect::<Vec<_>>().join(" ")
    };
    let line = |Decision { point, value, at, follows, shadowed, why, .. }: &Decision<Key>| {
        let value = match value {
            None => "nothing".to_owned(),
            Some(Value::Known(values)) => format!("{:?}", shown(&values[0])),
            Some(Value::Unknown(why)) => format!("? ({why})"),
        };
        let shadowed = if shadowed.is_empty() { String::new() } else { format!(" over {}", spelt(shadowed)) };
        let at = if at.is_empty() { String::new() } else { format!(" at {}", spelt(at)) };
        let follows = if follows.is_empty() { String::new() } else { format!(" following {}", spelt(follows)) };
        format!("{} takes {value}{at}{follows}{shadowed}: {why}", point.consumer)
    };
    explanation.decisions.iter().map(line).collect()
}

fn findings(explanation: &Explanation<Key>) -> Vec<String> {
    let line = |finding: &kvmprep_lossless::effective::Finding| {
        let diagnostic = &finding.diagnostic;
        let help = diagnostic.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{}: {}{help}", diagnostic.code, diagnostic.message)
    };
    explanation.findings.iter().map(line).collect()
}

/// Text, what a shell takes, what systemd takes, what is found.
const TABLE: &[(&str, &str, &str, &[&str])] = &[
    ("A=1\n", "\"1\" at `1`: it is assigned once", "\"1\" at `1`: it is assigned once", &[]),
    (
        "A=1\n# c\nA='2'\n",
        "\"2\" at `'2'` over `1`: the last assignment wins",
        "\"2\" at `'2'` over `1`: the last assignment wins",
        &[],
    ),
    ("#A=1\n", "nothing: nothing here assigns it", "nothing: nothing here assigns it", &[]),
    (
        "A=1; B=2\n",
        "\"1\" at `1`: it is assigned once",
        "\"1; B=2\" at `1; B=2`: it is assigned once",
        &["readers-differ: a shell takes `1` for `A`, and systemd `1; B=2` (both agree on `A=1`, or on `A='1; B=2'` \
           for what systemd takes now, on a line of its own, nothing before or behind it)"],
    ),
    (
        "export A=1\n",
        "\"1\" at `1`: it is assigned once",
        "nothing: systemd takes nothing from this line: it does not begin with a name and `=`",
        &[
            "readers-differ: a shell takes `1` for `A`, and systemd nothing (both agree on `A=1`, on a line of its own, \
           nothing before or behind it)",
        ],
    ),
    (
        "A=1 # low\n",
        "\"1\" at `1`: it is assigned once",
        "\"1 # low\" at `1 # low`: it is assigned once",
        &[
            "readers-differ: a shell takes `1` for `A`, and systemd `1 # low` (both agree on `A=1`, or on `A='1 # low'` \
           for what systemd takes now, on a line of its own, nothing before or behind it)",
        ],
    ),
    (
        "A=$HOME/x\n",
        "? (an expansion, which only the shell can tell) at `$HOME/x`: the file alone does not decide it",
        "\"$HOME/x\" at `$HOME/x`: it is assigned once",
        &[
            "readers-may-differ: what a shell takes for `A` is not known (an expansion, which only the shell can tell); \
           systemd takes `$HOME/x` (systemd runs and expands nothing: write the value out for both to agree)",
        ],
    ),
    (
        "A=C:\\new\\\\x\n",
        "\"C:new\\\\x\" at `C:\\new\\\\x`: it is assigned once",
        "\"C:new\\\\x\" at `C:\\new\\\\x`: it is assigned once",
        &[],
    ),
    (
        "A='it'\\''s'\n",
        "\"it's\" at `'it'\\''s'`: it is assigned once",
        "\"it''s'\" at `'it'\\''s'`: it is assigned once",
        &["readers-differ: a shell takes `it's` for `A`, and systemd `it''s'` (both agree on `A=\"it's\"`, or on \
           `A=\"it''s'\"` for what systemd takes now, on a line of its own, nothing before or behind it)"],
    ),
    (
        "A = 1\n",
        "nothing: a shell takes nothing from this line: it is a command, or part of one",
        "\"1\" at `1`: it is assigned once",
        &[
            "readers-differ: a shell takes nothing for `A`, and systemd `1` (both agree on `A=1`, on a line of its own, \
           nothing before or behind it)",
        ],
    ),
    (
        "A=one two\n",
        "nothing: a shell takes nothing from this line: the assignment lasts as long as the command behind it",
        "\"one two\" at `one two`: it is assigned once",
        &["readers-differ: a shell takes nothing for `A`, and systemd `one two` (both agree on `A='one two'`, on a \
           line of its own, nothing before or behind it)"],
    ),
    (
        "# c \\\nA=1\n",
        "\"1\" at `1`: it is assigned once",
        "nothing: systemd takes nothing from this line: it is part of a comment, which a backslash continues",
        &[
            "readers-differ: a shell takes `1` for `A`, and systemd nothing (both agree on `A=1`, on a line of its own, \
           nothing before or behind it)",
        ],
    ),
    (
        "B=1; A=2\n",
        "\"2\" at `2`: it is assigned once",
        "nothing: systemd takes nothing from this line: it is part of the value of `B`",
        &[
            "readers-differ: a shell takes `2` for `A`, and systemd nothing (both agree on `A=2`, on a line of its own, \
           nothing before or behind it)",
        ],
    ),
    (
        "return\nA=1\n",
        "nothing following `return` over `1`: a `return` or `exit` ends the file above where it is assigned",
        "\"1\" at `1`: it is assigned once",
        &[
            "readers-differ: a shell takes nothing for `A`, and systemd `1` (both agree on `A=1`, on a line of its own, \
           nothing before or behind it)",
        ],
    ),
    (
        "cat <<E\nA=1\nE\n",
        "nothing: a shell takes nothing from this line: it is part of a here-document, or of its command",
        "\"1\" at `1`: it is assigned once",
        &[
            "readers-differ: a shell takes nothing for `A`, and systemd `1` (both agree on `A=1`, on a line of its own, \
           nothing before or behind it)",
        ],
    ),
    (
        "A=1\nunset A\n",
        "nothing following `unset A` over `1`: it is unset again",
        "\"1\" at `1`: it is assigned once",
        &[
            "readers-differ: a shell takes nothing for `A`, and systemd `1` (both agree on `A=1`, on a line of its own, \
           nothing before or behind it)",
        ],
    ),
    (
        "A=1\nreturn\nA=2\nA=3\n",
        "\"1\" at `1` following `return` over `2` `3`: it is assigned once, and a `return` or `exit` ends the file below it",
        "\"3\" at `3` over `1` `2`: the last assignment wins",
        &[
            "readers-differ: a shell takes `1` for `A`, and systemd `3` (both agree on `A=1`, or on `A=3` for what systemd \
           takes now, on a line of its own, nothing before or behind it)",
        ],
    ),
    (
        "A=1\nif test -f x; then\n A=2\nfi\n",
        "? (shell code may set it: `if test -f x; then…`) at `1` following `if test -f x; then`: the file alone does not \
         decide it",
        "\"2\" at `2` over `1`: the last assignment wins",
        &[
            "readers-may-differ: what a shell takes for `A` is not known (shell code may set it: `if test -f x; then…`); \
           systemd takes `2` (systemd runs and expands nothing: write the value out for both to agree)",
        ],
    ),
    (
        ". ./other\nA=1\nB=2\n. ./other\n",
        "? (shell code that is not seen here may set it: `. ./other`) at `1` following `. ./other`: the file alone does \
         not decide it",
        "\"1\" at `1`: it is assigned once",
        &["readers-may-differ: what a shell takes for `A` is not known (shell code that is not seen here may set it: \
           `. ./other`); systemd takes `1` (systemd runs and expands nothing: write the value out for both to agree)"],
    ),
    (
        "test -f x || return\nA=1\n",
        "? (shell code above may end the file before it) at `1` following `test -f x || return`: the file alone does not \
         decide it",
        "\"1\" at `1`: it is assigned once",
        &[
            "readers-may-differ: what a shell takes for `A` is not known (shell code above may end the file before it); \
           systemd takes `1` (systemd runs and expands nothing: write the value out for both to agree)",
        ],
    ),
    (
        "A=1\n# \0\n",
        "\"1\" at `1`: it is assigned once",
        "nothing: systemd takes nothing from this file: it holds a NUL or a value that is not UTF-8",
        &[
            "systemd-refuses-file: systemd takes nothing from this file: it holds a NUL or a value that is not UTF-8 \
             (convert the file to UTF-8; until then only a shell reads it)",
            "readers-differ: a shell takes `1` for `A`, and systemd nothing (both agree on `A=1`, on a line of its \
             own, nothing before or behind it)",
        ],
    ),
];

#[test]
fn each_reader_has_a_decision_with_its_place_its_reason_and_what_it_shadows() {
    for (text, shell, manager, found) in TABLE {
        let explanation = of(text);
        let wanted = [format!("shell takes {shell}"), format!("systemd takes {manager}")];
        assert_eq!(told(&explanation), wanted, "{text:?}");
        assert_eq!(findings(&explanation), *found, "{text:?}");
    }
}

#[test]
fn what_is_said_of_a_line_that_both_agree_on_is_so_to_both() {
    for (text, ..) in TABLE {
        let explanation = of(text);
        let help = explanation.findings.iter().filter(|finding| finding.diagnostic.code == "readers-differ");
        for help in help.filter_map(|finding| finding.diagnostic.help.clone()) {
            let lines: Vec<&str> = help.split('`').skip(1).step_by(2).filter(|line| line.starts_with("A=")).collect();
            assert!(!lines.is_empty(), "{help}");
            for line in lines {
                let again = of(&format!("{line}\n"));
                assert_eq!(again.decisions[0].value, again.decisions[1].value, "{line}");
                assert!(again.findings.is_empty(), "{line}");
            }
        }
    }
}

#[test]
fn the_programs_take_what_is_said_to_be_known() {
    let script = ". ./file >/dev/null 2>&1; printf '%s' \"${A-nothing}\"";
    let shells: [&[&str]; 3] = [&["bash", "--norc", "-c"], &["bash", "--norc", "--posix", "-c"], &["dash", "-c"]];
    for shell in shells {
        check("shell", &mut |folder| {
            let mut command = Command::new(shell[0]);
            command.args(&shell[1..]).arg(script);
            run(command, folder)
        });
    }
    check("systemd", &mut |folder| {
        let mut command = Command::new("python3");
        command.args(["-c", ASK_SYSTEMD]);
        run(command, folder)
    });
}

/// Compares a program's answer with the decision, for each row of the table that a value is known for or none.
fn check(consumer: &str, ask: &mut dyn FnMut(&Path) -> Option<Vec<u8>>) {
    let folder = tempfile::tempdir().unwrap();
    for (text, ..) in TABLE {
        std::fs::write(folder.path().join("file"), text).unwrap();
        let Some(answer) = ask(folder.path()) else {
            assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "no program to ask as {consumer}");
            println!("skipped: no program to ask as {consumer}");
            return;
        };
        let explanation = of(text);
        let decision = explanation.decisions.iter().find(|decision| decision.point.consumer == consumer).unwrap();
        let taken: &[u8] = match &decision.value {
            Some(Value::Unknown(_)) => continue,
            Some(Value::Known(values)) => &values[0],
            None => b"nothing",
        };
        assert_eq!(shown(&answer), shown(taken), "{consumer}: {text:?}");
    }
}

/// The function behind `EnvironmentFile=`, in systemd's own library. It fails where systemd refuses the file.
const ASK_SYSTEMD: &str = "
import ctypes, glob, sys
library = sorted(glob.glob('/usr/lib*/systemd/libsystemd-shared-*.so') + glob.glob('/usr/lib/*/systemd/libsystemd-shared-*.so'))
if not library: sys.exit(9)
found = ctypes.POINTER(ctypes.c_char_p)()
ctypes.CDLL(library[-1]).load_env_file(None, b'file', ctypes.byref(found))
value, i = b'nothing', 0
while found and found[i] is not None:
    if found[i].startswith(b'A='): value = found[i][2:]
    i += 1
sys.stdout.buffer.write(value)
";

fn run(mut command: Command, folder: &Path) -> Option<Vec<u8>> {
    let output = command.current_dir(folder).stdin(Stdio::null()).output().ok()?;
    (output.status.code() != Some(9)).then_some(output.stdout)
}

#[test]
fn one_reader_has_one_decision() {
    for (dialect, consumer) in [(Sysconfig::shell(), "shell"), (Sysconfig::systemd(), "systemd")] {
        let explanation = explained(&dialect, &MemoryFiles::new().with(PATH, "export A=1\nA=2 # c\n"));
        let consumers: Vec<_> = explanation.decisions.iter().map(|decision| &decision.point.consumer).collect();
        assert_eq!(consumers, [consumer]);
        assert!(explanation.findings.is_empty());
    }
}

#[test]
fn the_source_is_named_by_both_its_paths_and_holds_the_bytes() {
    struct Linked;
    impl Files for Linked {
        fn look(&self, _: &Utf8Path) -> Result<Found, FilesError> {
            Ok(Found { real: "/srv/libvirtd".into(), entry: Entry::File(Arc::from(*b"A=1\n")) })
        }
    }
    let explanation = explained(&Sysconfig::default(), &Linked);
    assert_eq!(explanation.sources.len(), 1);
    assert_eq!(explanation.sources[0].path, PATH);
    assert_eq!(explanation.sources[0].real, "/srv/libvirtd");
    assert_eq!(*explanation.sources[0].text, *b"A=1\n");
}

#[test]
fn without_the_file_nothing_is_decided_and_that_is_said() {
    let explanation = explained(&Sysconfig::default(), &MemoryFiles::new());
    assert_eq!(
        told(&explanation),
        ["shell takes nothing: there is no file", "systemd takes nothing: there is no file"]
    );
    assert_eq!(findings(&explanation), ["missing: /etc/default/libvirtd does not exist"]);
    let directory = MemoryFiles::new().with("/etc/default/libvirtd/x", "");
    assert_eq!(
        findings(&explained(&Sysconfig::default(), &directory)),
        ["not-a-file: /etc/default/libvirtd is not a regular file"]
    );
}

#[test]
fn what_could_not_be_read_leaves_the_value_unknown() {
    struct Unreadable;
    impl Files for Unreadable {
        fn look(&self, path: &Utf8Path) -> Result<Found, FilesError> {
            Err(FilesError { path: path.to_owned(), why: "permission denied".to_owned() })
        }
    }
    let explanation = explained(&Sysconfig::default(), &Unreadable);
    assert!(explanation.decisions.iter().all(|decision| matches!(decision.value, Some(Value::Unknown(_)))));
    assert_eq!(explanation.findings[0].diagnostic.severity, Severity::Error);
}

#[test]
fn the_text_face_refuses_a_name_that_is_none() {
    let consumers = ConsumersOf { dialect: Sysconfig::default(), situation: () };
    let files = MemoryFiles::new().with(PATH, "A=1\n");
    let host = Host { files: &files, path: Utf8Path::new(PATH) };
    assert_eq!(consumers.explain(host, "A").unwrap().decisions[1].point.key, "A");
    assert!(consumers.explain(host, "A-B").is_err());
}
