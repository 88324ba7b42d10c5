//! Every verb, before and after; bytes are compared as bytes.
#![allow(clippy::unwrap_used, missing_docs)]

use bstr::ByteSlice;
use kvmprep_lossless::{Absent, EditError, Request};
use kvmprep_sysctl_conf::{Key, Reader, SysctlConf, SysctlFile};

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

fn set(value: &str) -> Request<Key> {
    Request::set(key("vm.swappiness"), value)
}

fn unset() -> Request<Key> {
    Request::unset(key("vm.swappiness"))
}

fn disable() -> Request<Key> {
    Request::disable(key("vm.swappiness"))
}

/// The text afterwards, or the code of the refusal.
fn edited(before: &[u8], request: &Request<Key>) -> Result<Vec<u8>, String> {
    edited_as(SysctlConf::default(), before, request)
}

fn edited_as(dialect: SysctlConf, before: &[u8], request: &Request<Key>) -> Result<Vec<u8>, String> {
    let mut file = SysctlFile::parse_as(dialect, before);
    match file.apply(request) {
        Ok(_) => Ok(file.to_bytes()),
        Err(EditError::Refused(refusal)) => Err(refusal.code().to_owned()),
        Err(other) => Err(other.to_string()),
    }
}

type Row<'a> = (&'a str, &'a [u8], Request<Key>, Result<&'a [u8], &'a str>);

fn check(table: &[Row<'_>]) {
    for (name, before, request, after) in table {
        let edited = edited(before, request);
        let shown = edited.as_ref().map(|bytes| bytes.as_bstr().to_string()).map_err(Clone::clone);
        let expected = after.map(|bytes| bytes.as_bstr().to_string()).map_err(str::to_owned);
        assert_eq!(shown, expected, "{name}");
        assert_eq!(edited.ok().as_deref(), after.ok(), "{name}, as bytes");
    }
}

#[test]
fn set_edits_the_last_assignment_and_nothing_else() {
    check(&[
        ("already so", b"vm.swappiness = 1\n", set("1"), Ok(b"vm.swappiness = 1\n")),
        ("replaced", b"# c\nvm.swappiness=60\n# d\n", set("1"), Ok(b"# c\nvm.swappiness=1\n# d\n")),
        (
            "the last of two [duplicate]",
            b"vm.swappiness = 60\nvm.swappiness = 30\n",
            set("1"),
            Ok(b"vm.swappiness = 60\nvm.swappiness = 1\n"),
        ),
        (
            "the last has it, an earlier one has not",
            b"vm.swappiness = 60\nvm.swappiness = 1\n",
            set("1"),
            Ok(b"vm.swappiness = 60\nvm.swappiness = 1\n"),
        ),
        (
            "an earlier one has it, the last has not",
            b"vm.swappiness = 1\nvm.swappiness = 60\n",
            set("1"),
            Ok(b"vm.swappiness = 1\nvm.swappiness = 1\n"),
        ),
        (
            "two equal ones, which systemd holds at the earlier place [duplicate-same]",
            b"vm.swappiness = 60\nvm.swappiness = 60\n",
            set("1"),
            Ok(b"vm.swappiness = 60\nvm.swappiness = 1\n"),
        ),
        (
            "slashes, indentation, TABs and CRLF stay",
            b"  vm/swappiness\t=\t60\r\n",
            set("1"),
            Ok(b"  vm/swappiness\t=\t1\r\n"),
        ),
        ("the dash stays, and no line end is added", b"-vm.swappiness = 60", set("1"), Ok(b"-vm.swappiness = 1")),
        ("blanks at the end stay", b"vm.swappiness = 60 \t\n", set("1"), Ok(b"vm.swappiness = 1 \t\n")),
        ("an empty value is filled", b"vm.swappiness =\n", set("1"), Ok(b"vm.swappiness =1\n")),
        ("an empty value behind a blank", b"vm.swappiness = \t\r\n", set("1"), Ok(b"vm.swappiness = \t1\r\n")),
        (
            "bytes that are not UTF-8, in the value and beside it",
            b"# caf\xe9\nvm.swappiness = \xe9\n\xff\n",
            set("1"),
            Ok(b"# caf\xe9\nvm.swappiness = 1\n\xff\n"),
        ),
        ("several equals signs", b"vm.swappiness = a=b\n", set("= 1"), Ok(b"vm.swappiness = = 1\n")),
        (
            "a doubled separator is the same key [double-separator]",
            b"vm..swappiness = 60\n",
            set("1"),
            Ok(b"vm..swappiness = 1\n"),
        ),
        (
            "another key with dots in a name [vlan-dots]",
            b"net/ipv4/conf/eth0.100/rp_filter = 1\nnet.ipv4.conf.eth0.100.rp_filter = 1\n",
            Request::set(key("net.ipv4.conf.eth0/100.rp_filter"), "2"),
            Ok(b"net/ipv4/conf/eth0.100/rp_filter = 2\nnet.ipv4.conf.eth0.100.rp_filter = 1\n"),
        ),
    ]);
}

#[test]
fn what_looked_like_a_comment_behind_the_old_value_goes_to_a_line_above() {
    check(&[
        (
            "a comment that was value [trailing-comment]",
            b"vm.swappiness = 10 # low\n",
            set("1"),
            Ok(b"# low\nvm.swappiness = 1\n"),
        ),
        ("the same value", b"vm.swappiness = 10 ; low\n", set("10"), Ok(b"; low\nvm.swappiness = 10\n")),
        (
            "indented, CRLF",
            b"\tvm.swappiness = 10 #low\r\n# x\r\n",
            set("1"),
            Ok(b"\t#low\r\n\tvm.swappiness = 1\r\n# x\r\n"),
        ),
        ("no final newline", b"# x\r\nvm.swappiness = 10 # low", set("1"), Ok(b"# x\r\n# low\r\nvm.swappiness = 1")),
        (
            "a mark inside a word is none [hash-in-value]",
            b"kernel.core_pattern = |/usr/lib/x %P #%u\n",
            Request::set(key("kernel.core_pattern"), "core"),
            Ok(b"kernel.core_pattern = core\n"),
        ),
    ]);
}

#[test]
fn set_uncomments_the_last_commented_default_in_place() {
    check(&[
        ("glued", b"#vm.swappiness=60\n# other\n", set("1"), Ok(b"vm.swappiness=1\n# other\n")),
        (
            "the last of two",
            b"#vm.swappiness=60\n# vm.swappiness = 30\nvm.x=1\n",
            set("1"),
            Ok(b"#vm.swappiness=60\nvm.swappiness = 1\nvm.x=1\n"),
        ),
        ("semicolon, CRLF", b"; vm/swappiness\t= 60\r\n", set("1"), Ok(b"vm/swappiness\t= 1\r\n")),
        ("no final newline", b"# x\n#vm.swappiness = 60", set("1"), Ok(b"# x\nvm.swappiness = 1")),
        ("indented", b"  # vm.swappiness = 60\n", set("1"), Ok(b"  vm.swappiness = 1\n")),
        (
            "several numbers",
            b"#kernel.printk = 3 4 1 3\n",
            Request::set(key("kernel.printk"), "4 4 1 7"),
            Ok(b"kernel.printk = 4 4 1 7\n"),
        ),
        (
            "prose is no default",
            b"# vm.swappiness = 60 is too much\n#  vm.swappiness=60\n## vm.swappiness=60\n# vm.swappiness: 60\n",
            set("1"),
            Ok(b"# vm.swappiness = 60 is too much\n#  vm.swappiness=60\n## vm.swappiness=60\n# vm.swappiness: 60\nvm.swappiness = 1\n"),
        ),
        (
            "a default without a value is none",
            b"#vm.swappiness=\n",
            set("1"),
            Ok(b"#vm.swappiness=\nvm.swappiness = 1\n"),
        ),
        (
            "a live line counts more",
            b"vm.swappiness=30\n#vm.swappiness=60\n",
            set("1"),
            Ok(b"vm.swappiness=1\n#vm.swappiness=60\n"),
        ),
        (
            "insert below keeps it",
            b"#vm.swappiness=60\n# other\n",
            set("1").absent(Absent::InsertBelow),
            Ok(b"#vm.swappiness=60\nvm.swappiness=1\n# other\n"),
        ),
        (
            "insert below the last line, CRLF, no final newline",
            b"# x\r\n #vm.swappiness =60",
            set("1").absent(Absent::InsertBelow),
            Ok(b"# x\r\n #vm.swappiness =60\r\n vm.swappiness =1\r\n"),
        ),
        ("leave", b"#vm.swappiness=60\n", set("1").absent(Absent::Leave), Ok(b"#vm.swappiness=60\n")),
    ]);
}

#[test]
fn set_appends_a_missing_key_in_the_style_of_its_neighbours() {
    check(&[
        ("an empty file", b"", set("1"), Ok(b"vm.swappiness = 1\n")),
        ("nothing to imitate", b"# c\n", set("1"), Ok(b"# c\nvm.swappiness = 1\n")),
        ("nothing but CRLF to imitate", b"# c\r\n", set("1"), Ok(b"# c\r\nvm.swappiness = 1\r\n")),
        ("glued", b"a.b=1\n\n", set("1"), Ok(b"a.b=1\n\nvm.swappiness=1\n")),
        ("indented, TABs, CRLF", b"\ta.b\t=\t1\r\n", set("1"), Ok(b"\ta.b\t=\t1\r\n\tvm.swappiness\t=\t1\r\n")),
        ("the dash of a neighbour is not imitated", b"-a.b=1\n", set("1"), Ok(b"-a.b=1\nvm.swappiness=1\n")),
        ("no final newline", b"a.b = 1", set("1"), Ok(b"a.b = 1\nvm.swappiness = 1\n")),
        ("no final newline, CRLF", b"# c\r\na.b=1", set("1"), Ok(b"# c\r\na.b=1\r\nvm.swappiness=1\r\n")),
        ("bytes that are not UTF-8", b"\xff\xfe = \x80", set("1"), Ok(b"\xff\xfe = \x80\nvm.swappiness = 1\n")),
        ("in the spelling asked for", b"", Request::set(key("vm/swappiness"), "1"), Ok(b"vm/swappiness = 1\n")),
        ("a dash is not written unasked", b"", Request::set(key("-vm.swappiness"), "1"), Err("dash-key")),
        (
            "a dash that is asked for",
            b"",
            Request::set(key("-vm.swappiness"), "1").allow("dash-key"),
            Ok(b"-vm.swappiness = 1\n"),
        ),
        (
            "broken lines stay",
            b"[sysctl]\nvm.swappiness 10\n",
            set("1"),
            Ok(b"[sysctl]\nvm.swappiness 10\nvm.swappiness = 1\n"),
        ),
        ("leave", b"a = 1\n", set("1").absent(Absent::Leave), Ok(b"a = 1\n")),
    ]);
}

#[test]
fn an_exclusion_below_is_overcome_by_a_line_below_it() {
    check(&[
        ("alone", b"-vm.swappiness\n", set("1"), Ok(b"-vm.swappiness\nvm.swappiness = 1\n")),
        (
            "systemd drops the setting above [explicit-then-exclude]",
            b"vm.swappiness=1\n-vm.swappiness\n# end\n",
            set("1"),
            Ok(b"vm.swappiness=1\n-vm.swappiness\nvm.swappiness=1\n# end\n"),
        ),
        (
            "below it, the setting counts [exclude-then-explicit]",
            b"-vm.swappiness\nvm.swappiness=60\n",
            set("1"),
            Ok(b"-vm.swappiness\nvm.swappiness=1\n"),
        ),
        (
            "a default above stays a comment",
            b"#vm.swappiness=60\n-vm/swappiness",
            set("1"),
            Ok(b"#vm.swappiness=60\n-vm/swappiness\nvm.swappiness = 1\n"),
        ),
        (
            "a default below it does",
            b"-vm.swappiness\n#vm.swappiness=60\n",
            set("1"),
            Ok(b"-vm.swappiness\nvm.swappiness=1\n"),
        ),
    ]);
    let procps = SysctlConf::for_readers([Reader::PROCPS]);
    let before = b"vm.swappiness=60\n-vm.swappiness\n";
    assert_eq!(
        edited_as(procps, before, &set("1")).unwrap().as_bstr(),
        "vm.swappiness=1\n-vm.swappiness\n",
        "procps keeps a setting whatever excludes it from patterns"
    );
}

#[test]
fn a_pattern_gives_way_to_an_explicit_key() {
    check(&[
        ("a pattern has the value", b"vm.swap* = 1\n", set("1"), Ok(b"vm.swap* = 1\n")),
        (
            "it has another [glob-then-explicit]",
            b"vm.swap* = 60\n",
            set("1"),
            Ok(b"vm.swap* = 60\nvm.swappiness = 1\n"),
        ),
        (
            "it comes later [explicit-then-glob]",
            b"vm.swappiness = 1\nvm.swap* = 60\n",
            set("1"),
            Ok(b"vm.swappiness = 1\nvm.swap* = 60\n"),
        ),
        (
            "it has the value, and the key is excluded from it",
            b"vm.swap* = 1\n-vm.swappiness\n",
            set("1"),
            Ok(b"vm.swap* = 1\n-vm.swappiness\nvm.swappiness = 1\n"),
        ),
        (
            "procps lets it reach a key spelled with two separators",
            b"vm..swappiness = 1\nvm.swap* = 60\n",
            set("1"),
            Ok(b"vm..swappiness = 1\nvm.swappiness = 1\nvm.swap* = 60\n"),
        ),
        ("a pattern is not set by itself", b"", Request::set(key("vm.swap*"), "1"), Err("glob-key")),
        (
            "but may be",
            b"vm.swap* = 60\nvm.swappiness = 5\n",
            Request::set(key("vm/swap*"), "1").allow("glob-key"),
            Ok(b"vm.swap* = 1\nvm.swappiness = 5\n"),
        ),
    ]);
}

#[test]
fn duplicates_are_taken_out_when_that_is_asked() {
    check(&[
        (
            "with a change",
            b"vm.swappiness = 60\n# c\nvm/swappiness = 30\n",
            set("1").dedupe(),
            Ok(b"# c\nvm/swappiness = 1\n"),
        ),
        (
            "without one",
            b"vm.swappiness = 1\n# c\n-vm.swappiness = 1\n",
            set("1").dedupe(),
            Ok(b"# c\n-vm.swappiness = 1\n"),
        ),
        (
            "with a line below an exclusion",
            b"vm.swappiness = 60\n-vm.swappiness\n",
            set("1").dedupe(),
            Ok(b"-vm.swappiness\nvm.swappiness = 1\n"),
        ),
    ]);
}

#[test]
fn unset_takes_every_assignment_out_in_any_spelling() {
    check(&[
        ("an empty file", b"", unset(), Ok(b"")),
        ("not there", b"# vm.swappiness = 1\na = 1\n", unset(), Ok(b"# vm.swappiness = 1\na = 1\n")),
        (
            "all spellings",
            b"a=1\nvm.swappiness = 1\n-vm/swappiness=2\n .vm.swappiness = 3\n# c\n",
            unset(),
            Ok(b"a=1\n# c\n"),
        ),
        ("the last line, no final newline", b"a=1\nvm.swappiness = 1", unset(), Ok(b"a=1\n")),
        ("CRLF", b"vm.swappiness = 1\r\na=1\r\n", unset(), Ok(b"a=1\r\n")),
        ("bytes that are not UTF-8", b"vm.swappiness = \xe9\n\xff\n", unset(), Ok(b"\xff\n")),
        (
            "patterns and exclusions stay",
            b"vm.* = 1\n-vm.swappiness\nvm.swappiness=1\n",
            unset(),
            Ok(b"vm.* = 1\n-vm.swappiness\n"),
        ),
        ("an odd key", b"export vm.swappiness=10\na=1\n", Request::unset(key("export vm.swappiness")), Ok(b"a=1\n")),
        ("readers that take the line for different things", b"- vm.swappiness = 1\n", unset(), Err("readers-differ")),
        ("VT and FF too [vt-ff]", b"vm.swappiness\x0c=\x0b10\n", unset(), Err("readers-differ")),
    ]);
}

#[test]
fn disable_comments_out_and_set_brings_back() {
    check(&[
        ("an empty file", b"", disable(), Ok(b"")),
        ("one", b"vm.swappiness = 1\n", disable(), Ok(b"#vm.swappiness = 1\n")),
        (
            "all, behind their indentation",
            b"\tvm/swappiness=1\r\n-vm.swappiness = 2",
            disable(),
            Ok(b"\t#vm/swappiness=1\r\n#-vm.swappiness = 2"),
        ),
        ("already a comment", b"#vm.swappiness = 1\n", disable(), Ok(b"#vm.swappiness = 1\n")),
        ("with a tail", b"vm.swappiness = 10 # low\n", disable(), Ok(b"#vm.swappiness = 10 # low\n")),
        ("bytes that are not UTF-8", b"vm.swappiness = \xe9", disable(), Ok(b"#vm.swappiness = \xe9")),
        ("readers that take the line for different things", b"- vm.swappiness = 1\n", disable(), Err("readers-differ")),
    ]);
    let mut file = SysctlFile::parse("\tvm.swappiness=1 \r\n");
    file.apply(&disable()).unwrap();
    file.apply(&set("1")).unwrap();
    assert!(file.patch().is_empty(), "{:?}", file.to_bytes().as_bstr());
}

#[test]
fn there_are_no_lists() {
    for before in ["", "vm.swappiness = 1", "vm.swappiness = 1\r\n", "\u{feff}"] {
        let add = Request::add(key("vm.swappiness"), "1");
        let remove = Request::remove(key("vm.swappiness"), "1");
        assert_eq!(edited(before.as_bytes(), &add), Err("no-list".to_owned()));
        assert_eq!(edited(before.as_bytes(), &remove), Err("no-list".to_owned()));
    }
}

#[test]
fn a_line_that_one_reader_takes_otherwise_is_left_and_a_plain_one_goes_below() {
    check(&[
        (
            "a blank behind the dash [dash-space]",
            b"- vm.swappiness = 60\n# c\n",
            set("1"),
            Ok(b"- vm.swappiness = 60\nvm.swappiness = 1\n# c\n"),
        ),
        (
            "VT and FF [vt-ff]",
            b"vm.swappiness\x0c=\x0b10\n",
            set("1"),
            Ok(b"vm.swappiness\x0c=\x0b10\nvm.swappiness = 1\n"),
        ),
    ]);
    let systemd = SysctlConf::for_readers([Reader::SYSTEMD]);
    let edited = edited_as(systemd, b"- vm.swappiness = 60\n", &set("1"));
    assert_eq!(edited.unwrap().as_bstr(), "- vm.swappiness = 1\n", "for one reader there is no doubt");
}

#[test]
fn a_file_that_its_readers_cut_differently_is_edited_only_when_allowed() {
    check(&[
        ("NUL", b"a = 1\n# x\0y\n", set("1"), Err("nul")),
        ("CR", b"# old\rvm.swappiness = 10\n", set("1"), Err("lone-carriage-return")),
        ("BOM", b"\xef\xbb\xbfa = 1\n", set("1"), Err("byte-order-mark")),
        ("harmless CRs", b"\ra = 1\r\r\n\r\r\n\r", set("1"), Ok(b"\ra = 1\r\r\n\r\r\n\r\r\nvm.swappiness = 1\r\n")),
        ("NUL, allowed", b"vm.swappiness = 60\n# x\0y\n", set("1").allow("nul"), Ok(b"vm.swappiness = 1\n# x\0y\n")),
        (
            "CR, allowed; the line that hides a setting stays, and a plain one goes below",
            b"# old\rvm.swappiness = 10\n# c\n",
            set("1").allow("lone-carriage-return"),
            Ok(b"# old\rvm.swappiness = 10\nvm.swappiness = 1\n# c\n"),
        ),
        (
            "CR, allowed, and no way to take the setting out",
            b"# old\rvm.swappiness = 10\n",
            unset().allow("lone-carriage-return"),
            Err("readers-differ"),
        ),
        (
            "BOM, allowed",
            b"\xef\xbb\xbfvm.swappiness = 1\n",
            set("1").allow("byte-order-mark"),
            Ok(b"\xef\xbb\xbfvm.swappiness = 1\nvm.swappiness = 1\n"),
        ),
    ]);
    let long = ["# ", &"x".repeat(1 << 20), "\n"].concat();
    assert_eq!(edited(long.as_bytes(), &set("1")), Err("line-too-long".to_owned()));
}

#[test]
fn values_that_would_not_read_back_or_mean_nothing_are_refused() {
    check(&[
        ("empty", b"", set(""), Err("empty-value")),
        ("blank first", b"", set(" 1"), Err("blank-around-value")),
        ("TAB last", b"", set("1\t"), Err("blank-around-value")),
        ("a comment", b"", set("10 # low"), Err("trailing-comment")),
        ("a comment, allowed", b"", set("10 # low").allow("trailing-comment"), Ok(b"vm.swappiness = 10 # low\n")),
        ("a mark inside a word", b"", set("|/x #%u"), Ok(b"vm.swappiness = |/x #%u\n")),
        ("a mark inside the first word", b"", set("#x"), Ok(b"vm.swappiness = #x\n")),
        ("two values", b"", Request::set_all(key("a.b"), ["1", "2"]), Err("one-value")),
        ("no value", b"", Request::set_all(key("a.b"), [""; 0]), Err("one-value")),
        ("a line end", b"", set("1\nvm.x = 2"), Err("control-character")),
    ]);
    let long = "x".repeat(4096);
    assert_eq!(edited(b"", &set(&long)), Err("value-too-long".to_owned()));
    assert!(edited(b"", &set(&long[1..])).is_ok());
    assert_eq!(edited(b"vm.swappiness = 5\n", &set("").allow("empty-value")).unwrap().as_bstr(), "vm.swappiness = \n");
}

#[test]
fn keys_that_readers_would_take_apart_are_refused() {
    for text in ["", "-", ".", "/", "a=b", " a", "a ", "#a", ";a", "a\nb", "a/../b", "\u{a0}a"] {
        assert!(text.parse::<Key>().is_err(), "{text:?}");
    }
    for (text, code) in [
        ("--vm.swappiness", "key-components"),
        ("vm..swappiness", "key-components"),
        (".vm.swappiness", "key-components"),
        ("/vm/swappiness", "key-components"),
        ("vm.swappiness.", "key-components"),
        ("vm/./swappiness", "key-components"),
        ("vm.swap[p]iness", "glob-key"),
        ("vm.swap piness", "odd-key"),
        ("vm.swap#piness", "odd-key"),
        ("-#vm", "odd-key"),
        ("vm.é", "odd-key"),
    ] {
        assert_eq!(edited(b"", &Request::set(key(text), "1")), Err(code.to_owned()), "{text:?}");
    }
    let odd = Request::set(key("net.ipv4.conf.br-lan@2.rp_filter"), "1").allow("odd-key");
    assert_eq!(edited(b"", &odd).unwrap().as_bstr(), "net.ipv4.conf.br-lan@2.rp_filter = 1\n");
}

#[test]
fn notes_say_what_a_caller_should_know() {
    let codes = |before: &str, request: Request<Key>| -> Vec<&'static str> {
        let mut file = SysctlFile::parse(before);
        file.apply(&request).unwrap().notes().iter().map(|note| note.code).collect()
    };
    assert_eq!(codes("", set("017")), ["octal-value"]);
    assert_eq!(codes("", set("\"1\"")), ["quoted-value"]);
    assert_eq!(codes("", Request::set(key("kernel.core_pattern"), "|/x")), ["program-key"]);
    assert_eq!(codes("", Request::set(key("kernel/modprobe"), "/x")), ["program-key"]);
    assert_eq!(codes("vm.swappiness=5\nvm.swappiness=6\n", set("1")), ["shadowed"]);
    assert_eq!(codes("vm.swappiness=5\nvm.swappiness=6\n", set("1").dedupe()), [""; 0]);
    assert_eq!(codes("vm.swappiness=5 # x\n", set("1")), ["comment-moved"]);
    assert_eq!(codes("#vm.swappiness=5\n#vm.swappiness=6\n", set("1")), ["several-defaults"]);
    assert_eq!(codes("vm.* = 1\n", set("1")), ["set-by-glob"]);
    assert_eq!(codes("vm.* = 1\nvm.swappiness=1\n", unset()), ["set-by-glob"]);
}

/// Whatever comes as a value is refused, or reads back as that one value to both readers, with nothing else moved:
/// the core compares all other facts, and the file here is full of things that could move.
#[test]
fn a_hostile_value_is_refused_or_reads_back_as_one_value() {
    let attacks = [
        "1\nkernel.modprobe = /x",
        "1\r\nx=1",
        "1\rx=1",
        "1\0x=1",
        "\n",
        "\r",
        "\0",
        "\u{85}",
        "\u{2028}x = 1",
        "\u{b}1",
        "1\u{c}",
        " 1",
        "1 ",
        "\t1",
        "1\t",
        "",
        " ",
        "# x",
        "#",
        ";",
        "; x = 1",
        "1 # x",
        "1;x",
        "1 ; x = 2",
        "= 1",
        "=",
        "==",
        "-1",
        "-",
        "-x = 1",
        "\"1\"",
        "'",
        "\"",
        "\\",
        "1 \\",
        "$(x)",
        "`x`",
        "${x}",
        "%n",
        "*",
        "[a",
        "1\u{a0}",
        "\u{a0}1",
        "\u{feff}1",
        "1\u{202e}x",
        "\u{200b}",
        "é",
        "日本",
        "a=b=c",
        "|/bin/sh",
        "../../x",
        "\u{1b}[2J",
        "\u{7f}",
        "\t",
        "1\t2",
        "1  2",
        "{",
        "}",
        "<<EOF",
        "!x",
        "&x",
        "0x10",
        "017",
        "yes",
    ];
    let texts: [&[u8]; 6] = [
        b"",
        b"vm.swappiness = 60 # low\n",
        b"#vm.swappiness=60",
        b"# c\r\nvm.dirty_ratio=5\r\n-vm.swappiness\r\nkernel.modprobe=/sbin/modprobe",
        b"vm.* = 3\nvm.swappiness\n  -vm/swappiness\t=\t\xff\n; z",
        b"vm.swappiness =\nvm.swappiness",
    ];
    let allowing = ["", "empty-value", "trailing-comment", "format-character"];
    let (mut refused, mut made) = (0, 0);
    for attack in attacks {
        for text in texts {
            for allowed in allowing {
                let mut file = SysctlFile::parse(text);
                match file.apply(&set(attack).allow(allowed)) {
                    Err(EditError::Refused(_)) => refused += 1,
                    Err(other) => panic!("{attack:?} in {:?}: {other}", text.as_bstr()),
                    Ok(_) => {
                        made += 1;
                        let fresh = SysctlFile::parse(file.to_bytes());
                        for reader in [Reader::PROCPS, Reader::SYSTEMD] {
                            let got = fresh.get_as(reader, &key("vm/swappiness"));
                            assert_eq!(got[0].value.known().unwrap(), [attack], "to {reader}");
                        }
                    }
                }
            }
        }
    }
    println!("{refused} refused, {made} read back");
    assert!(refused > 500 && made > 500, "{refused} {made}");
}
