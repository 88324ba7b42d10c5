//! Every verb on small files: before, request, after, both texts in sight.

#![allow(clippy::unwrap_used, missing_docs)]

use bstr::{BStr, ByteSlice};
use kvmprep_lossless::{Absent, Document, EditError, Request, laws};
use kvmprep_multipath_conf::{Key, Multipath, MultipathConf, Version};

fn key(text: &str) -> Key {
    text.parse().unwrap_or_else(|why| panic!("{why}"))
}

fn set(text: &str, to: &str) -> Request<Key> {
    Request::set(key(text), to)
}

fn unset(text: &str) -> Request<Key> {
    Request::unset(key(text))
}

fn disable(text: &str) -> Request<Key> {
    Request::disable(key(text))
}

fn add(text: &str, item: &str) -> Request<Key> {
    Request::add(key(text), item)
}

fn remove(text: &str, item: &str) -> Request<Key> {
    Request::remove(key(text), item)
}

enum After<'a> {
    Is(&'a [u8]),
    Same,
    Refused(&'static str),
}

use After::{Refused, Same};

fn is(after: &(impl AsRef<[u8]> + ?Sized)) -> After<'_> {
    After::Is(after.as_ref())
}

fn check(name: &str, before: impl AsRef<[u8]>, request: &Request<Key>, after: After<'_>) {
    let before = before.as_ref();
    let mut document = MultipathConf::parse(before);
    match (document.apply(request), after) {
        (Ok(change), After::Is(after)) => {
            assert_eq!(document.to_bytes().as_bstr(), BStr::new(after), "{name}");
            assert!(change.is_made(), "{name}: not made");
        }
        (Ok(change), Same) => {
            assert_eq!(document.to_bytes().as_bstr(), BStr::new(before), "{name}");
            assert!(!change.is_made(), "{name}: made");
        }
        (Err(EditError::Refused(refusal)), Refused(code)) => {
            assert_eq!(refusal.code(), code, "{name}: {refusal}");
            assert!(refusal.0.help.is_some(), "{name}: a refusal says how to go on");
            assert_eq!(document.to_bytes().as_bstr(), BStr::new(before), "{name}");
        }
        (answer, After::Is(_)) => panic!("{name}: {answer:?}"),
        (answer, Same) => panic!("{name}: not already so: {answer:?}"),
        (answer, Refused(code)) => {
            panic!("{name}: not refused with {code}: {answer:?}\n{}", document.to_bytes().as_bstr())
        }
    }
    laws::edits_keep_their_promises(&Multipath::default(), before, std::slice::from_ref(request))
        .unwrap_or_else(|broken| panic!("{name}: {broken}"));
}

const UFN: &str = "defaults.user_friendly_names";
const ALIASES: &str = "multipaths.multipath[*].alias";

#[test]
fn set_edits_the_value_that_counts_and_nothing_else() {
    for (name, before, after) in [
        (
            "the value alone",
            "defaults {\n\tuser_friendly_names no # why\n}\n",
            "defaults {\n\tuser_friendly_names yes # why\n}\n",
        ),
        (
            "its quotes stay",
            "defaults {\n\tuser_friendly_names \"no\"\n}\n",
            "defaults {\n\tuser_friendly_names \"yes\"\n}\n",
        ),
        (
            "glued quotes stay",
            "defaults {\nuser_friendly_names\"no\"\n}\n",
            "defaults {\nuser_friendly_names\"yes\"\n}\n",
        ),
        (
            "a word that only begins so",
            "defaults {\n\tuser_friendly_names nope\n}\n",
            "defaults {\n\tuser_friendly_names yes\n}\n",
        ),
        (
            "the last valid of several",
            "defaults {\n user_friendly_names no\n user_friendly_names 0\n user_friendly_names maybe\n}\n",
            "defaults {\n user_friendly_names no\n user_friendly_names yes\n user_friendly_names maybe\n}\n",
        ),
        (
            "the last of two sections",
            "defaults {\n user_friendly_names yes\n}\ndefaults {\n user_friendly_names no\n}\n",
            "defaults {\n user_friendly_names yes\n}\ndefaults {\n user_friendly_names yes\n}\n",
        ),
        ("no final newline", "defaults {\n\tuser_friendly_names no\n}", "defaults {\n\tuser_friendly_names yes\n}"),
        ("CRLF", "defaults {\r\n\tuser_friendly_names no\r\n}\r\n", "defaults {\r\n\tuser_friendly_names yes\r\n}\r\n"),
        (
            "a dropped brace stays dropped",
            "defaults {\nuser_friendly_names no}\n}\n",
            "defaults {\nuser_friendly_names yes}\n}\n",
        ),
        (
            "a brace is not glued to the keyword",
            "defaults {\nuser_friendly_names{no}\n}\n",
            "defaults {\nuser_friendly_names yes no}\n}\n",
        ),
        (
            "an unclosed quote is closed",
            "defaults {\nuser_friendly_names \"no\n}\n",
            "defaults {\nuser_friendly_names \"yes\"\n}\n",
        ),
        (
            "an indented section",
            "  defaults {\n  user_friendly_names no\n  }\n",
            "  defaults {\n  user_friendly_names yes\n  }\n",
        ),
        (
            "the brace on the next line",
            "defaults\n{\nuser_friendly_names no\n}\n",
            "defaults\n{\nuser_friendly_names yes\n}\n",
        ),
        (
            "a value in a file with an unknown block",
            "foo {\n}\ndefaults {\nuser_friendly_names no\n}\n",
            "foo {\n}\ndefaults {\nuser_friendly_names yes\n}\n",
        ),
        (
            "what the daemon does not see stays",
            "defaults {\nuser_friendly_names no\rfoo\n}\n",
            "defaults {\nuser_friendly_names yes\rfoo\n}\n",
        ),
    ] {
        check(name, before, &set(UFN, "yes"), is(after));
    }
}

#[test]
fn a_number_of_seconds_takes_no_sign() {
    let signed = "defaults {\n\tpolling_interval 5\n\tpolling_interval +7\n}\n";
    let after = "defaults {\n\tpolling_interval 9\n\tpolling_interval +7\n}\n";
    check("the signed line does not count", signed, &set("defaults.polling_interval", "9"), is(after));
    check("a signed one is not written", signed, &set("defaults.polling_interval", "+9"), Refused("invalid-value"));
}

#[test]
fn what_already_means_yes_is_left_alone() {
    for value in ["yes", "1", "\"yes\"", "\"1\" # c", "yes#c", "yes junk"] {
        check(value, format!("defaults {{\n\tuser_friendly_names {value}\n}}\n"), &set(UFN, "yes"), Same);
    }
    check(
        "an invalid last line",
        "defaults {\nuser_friendly_names yes\nuser_friendly_names on\n}\n",
        &set(UFN, "yes"),
        Same,
    );
    check("meaning both ways", "defaults {\nuser_friendly_names yes\n}\n", &set(UFN, "1"), Same);
}

#[test]
fn set_uncomments_a_default_inside_a_live_section() {
    for (name, before, after) in [
        (
            "a mark at the line's start",
            "#defaults {\n#\tuser_friendly_names yes\n#}\n## Use names\ndefaults {\n#\tuser_friendly_names no\n\tpath_checker tur\n}\n",
            "#defaults {\n#\tuser_friendly_names yes\n#}\n## Use names\ndefaults {\n\tuser_friendly_names yes\n\tpath_checker tur\n}\n",
        ),
        (
            "a mark behind the indentation",
            "defaults {\n    # user_friendly_names no\n}\n",
            "defaults {\n    user_friendly_names yes\n}\n",
        ),
        ("the other mark", "defaults {\n\t!user_friendly_names no\n}\n", "defaults {\n\tuser_friendly_names yes\n}\n"),
        (
            "CRLF",
            "defaults {\r\n\t#user_friendly_names no\r\n}\r\n",
            "defaults {\r\n\tuser_friendly_names yes\r\n}\r\n",
        ),
        (
            "the last of several",
            "defaults {\n#user_friendly_names no\n  #user_friendly_names no\n}\n",
            "defaults {\n#user_friendly_names no\n  user_friendly_names yes\n}\n",
        ),
        (
            "prose is none, and the line goes below the opening one",
            "defaults {\n\t# user_friendly_names no by default\n\t#  user_friendly_names no\n\t#user_friendly_names\n}\n",
            "defaults {\n\tuser_friendly_names yes\n\t# user_friendly_names no by default\n\t#  user_friendly_names no\n\t#user_friendly_names\n}\n",
        ),
    ] {
        check(name, before, &set(UFN, "yes"), is(after));
    }
    check(
        "the default is kept",
        "defaults {\n\t#user_friendly_names no\n}\n",
        &set(UFN, "yes").absent(Absent::InsertBelow),
        is("defaults {\n\t#user_friendly_names no\n\tuser_friendly_names yes\n}\n"),
    );
    check("left alone", "defaults {\n\t#user_friendly_names no\n}\n", &set(UFN, "yes").absent(Absent::Leave), Same);
}

#[test]
fn set_inserts_like_its_neighbours() {
    for (name, before, after) in [
        ("an empty file", "", "defaults {\n\tuser_friendly_names yes\n}\n"),
        ("comments only", "# a", "# a\n\ndefaults {\n\tuser_friendly_names yes\n}\n"),
        (
            "behind the last setting",
            "defaults {\n\tfind_multipaths yes\n\n}\n",
            "defaults {\n\tfind_multipaths yes\n\tuser_friendly_names yes\n\n}\n",
        ),
        ("an empty section", "defaults {\n}\n", "defaults {\n\tuser_friendly_names yes\n}\n"),
        ("the brace on the next line", "defaults\n{\n}\n", "defaults\n{\n\tuser_friendly_names yes\n}\n"),
        (
            "values in a column",
            "defaults {\n    find_multipaths     yes\n}\n",
            "defaults {\n    find_multipaths     yes\n    user_friendly_names yes\n}\n",
        ),
        (
            "CRLF, unended",
            "blacklist {\r\n}\r\n\r\n! c\r\ndefaults {\r\n}",
            "blacklist {\r\n}\r\n\r\n! c\r\ndefaults {\r\n\tuser_friendly_names yes\r\n}",
        ),
        (
            "a new section, the last line unended",
            "blacklist {\r\n  wwid a\r\n}\r\nmultipaths {\r\n}",
            "blacklist {\r\n  wwid a\r\n}\r\nmultipaths {\r\n}\r\ndefaults {\r\n  user_friendly_names yes\r\n}\r\n",
        ),
        (
            "a blank line where the file has them",
            "blacklist{\n}\n\n# c\nmultipaths{\n}\n",
            "blacklist{\n}\n\n# c\nmultipaths{\n}\n\ndefaults{\n\tuser_friendly_names yes\n}\n",
        ),
        (
            "not at the top of what is dead",
            "#defaults {\n#}\ndefaults {\n\tfind_multipaths yes\n}\n",
            "#defaults {\n#}\ndefaults {\n\tfind_multipaths yes\n\tuser_friendly_names yes\n}\n",
        ),
        (
            "other bytes than UTF-8 stay",
            "# caf\u{e9}\ndefaults {\n}\n",
            "# caf\u{e9}\ndefaults {\n\tuser_friendly_names yes\n}\n",
        ),
    ] {
        check(name, before, &set(UFN, "yes"), is(after));
    }
    let latin1 = b"# caf\xe9\ndefaults {\n}\n".as_slice();
    check("Latin-1", latin1, &set(UFN, "yes"), is(b"# caf\xe9\ndefaults {\n\tuser_friendly_names yes\n}\n".as_slice()));
}

#[test]
fn blocks_are_known_by_their_own_lines() {
    let before = "multipaths {\n\tmultipath {\n\t\talias a\n\t\twwid 1\n\t}\n\tmultipath {\n\t\twwid 2\n\t}\n}\n";
    check(
        "a value",
        before,
        &set("multipaths.multipath[wwid=1].alias", "b"),
        is(&before.replace("alias a", "alias b")),
    );
    check(
        "a new line",
        before,
        &set("multipaths.multipath[wwid=2].alias", "b c"),
        is(&before.replace("wwid 2\n", "wwid 2\n\t\talias \"b c\"\n")),
    );
    check(
        "a new block",
        before,
        &set("multipaths.multipath[wwid=3600].alias", "x"),
        is(&before.replace("\t}\n}\n", "\t}\n\tmultipath {\n\t\twwid 3600\n\t\talias x\n\t}\n}\n")),
    );
    check(
        "a new section",
        "",
        &set("multipaths.multipath[wwid=1].alias", "x"),
        is("multipaths {\n\tmultipath {\n\t\twwid 1\n\t\talias x\n\t}\n}\n"),
    );
    check(
        "into an empty section",
        "multipaths{\n}\n",
        &set("multipaths.multipath[wwid=\"a b\"].alias", "x"),
        is("multipaths{\n\tmultipath {\n\t\twwid \"a b\"\n\t\talias x\n\t}\n}\n"),
    );
    check(
        "a device",
        "devices {\n    device {\n        vendor  \"A\"\n        product \"B\"\n    }\n}\n",
        &set("devices.device[vendor=A,product=C].no_path_retry", "5"),
        is(
            "devices {\n    device {\n        vendor  \"A\"\n        product \"B\"\n    }\n    device {\n        vendor  \"A\"\n        product \"C\"\n        no_path_retry 5\n    }\n}\n",
        ),
    );
    check(
        "a protocol",
        "overrides {\n\tno_path_retry fail\n}\n",
        &set("overrides.protocol[type=\"scsi:fcp\"].dev_loss_tmo", "60"),
        is("overrides {\n\tno_path_retry fail\n\tprotocol {\n\t\ttype scsi:fcp\n\t\tdev_loss_tmo 60\n\t}\n}\n"),
    );
    check(
        "blocks with one wwid are one: the last counts",
        "multipaths {\nmultipath {\nwwid 1\nalias a\n}\nmultipath {\nwwid 1\nalias b\n}\n}\n",
        &set("multipaths.multipath[wwid=1].alias", "c"),
        is("multipaths {\nmultipath {\nwwid 1\nalias a\n}\nmultipath {\nwwid 1\nalias c\n}\n}\n"),
    );
    check(
        "a protocol of no type",
        "",
        &set("overrides.protocol[type=foo].dev_loss_tmo", "60"),
        Refused("invalid-value"),
    );
    check("every block", before, &set(ALIASES, "x"), Refused("wildcard"));
    check("what it is known by", before, &set("multipaths.multipath[wwid=1].wwid", "3"), Refused("names-the-block"));
    check("a block has no value", before, &set("multipaths.multipath[wwid=1]", "3"), Refused("not-a-setting"));
}

#[test]
fn values_that_the_daemon_would_not_take_are_refused() {
    for (text, value, code) in [
        (UFN, "on", "invalid-value"),
        (UFN, "Yes", "invalid-value"),
        (UFN, "", "invalid-value"),
        (UFN, " yes", "invalid-value"),
        ("defaults.verbosity", "9", "out-of-range"),
        ("defaults.no_path_retry", "-1", "out-of-range"),
        ("defaults.features", "2 queue_if_no_path", "invalid-value"),
        ("defaults.path_selector", "round-robin", "invalid-value"),
        ("defaults.alias_prefix", "a/b", "invalid-value"),
        ("defaults.reservation_key", "zz", "stops-the-daemon"),
        ("defaults.getuid_callout", "x", "deprecated"),
        ("multipaths.multipath[wwid=1].alias", "a/b", "invalid-value"),
    ] {
        check(value, "", &set(text, value), Refused(code));
    }
    check("two values", "", &Request::set_all(key(UFN), ["yes", "no"]), Refused("one-value"));
    let long = "x".repeat(1100);
    check(
        "too long for the daemon's buffer",
        "",
        &set("multipaths.multipath[wwid=1].alias", &long),
        Refused("line-too-long"),
    );
    check(
        "too long in place",
        "defaults {\nalias_prefix a\n}\n",
        &set("defaults.alias_prefix", &long),
        Refused("line-too-long"),
    );
}

#[test]
fn keywords_and_spellings_belong_to_versions() {
    let old = Multipath { version: Version::new(0, 8, 4) };
    let code = |request: &Request<Key>| match Document::parse_as(old, "").apply(request) {
        Err(EditError::Refused(refusal)) => refusal.code(),
        other => panic!("{other:?}"),
    };
    assert_eq!(code(&set("defaults.auto_resize", "never")), "keyword-too-new");
    assert_eq!(code(&set("overrides.protocol[type=ccw].dev_loss_tmo", "5")), "keyword-too-new");
    assert_eq!(code(&set("multipaths.multipath[wwid=1].alias", "#1")), "not-expressible");
}

#[test]
fn hostile_values_stay_one_value() {
    let before =
        "defaults {\n\tfind_multipaths yes\n}\nmultipaths {\n\tmultipath {\n\t\twwid 1\n\t\talias a # c\n\t}\n}\n";
    for value in [
        "\"",
        "\"\"",
        "a\" }",
        "}",
        "{",
        "a}",
        "#",
        "a#b",
        "! c",
        "a b",
        "'",
        "\\",
        "a\\",
        "",
        "\t",
        "x\ty",
        "é",
        "}\"{\"",
        "a\"b\"c",
        "yes }\" defaults {",
        "wwid 2",
        "\"\"\"",
        " ",
        "} multipath {",
    ] {
        let request = set("multipaths.multipath[wwid=1].alias", value);
        let mut document = MultipathConf::parse(before);
        document.apply(&request).unwrap_or_else(|why| panic!("{value:?}: {why}"));
        let now = document.get(request.edit.key());
        assert_eq!(now[0].value.known().unwrap(), [value], "{value:?}");
        laws::edits_keep_their_promises(&Multipath::default(), before.as_bytes(), &[request]).unwrap();
        let new = set(&format!("multipaths.multipath[wwid={}].alias", kvmprep_lossless::key::quoted(value)), value);
        laws::edits_keep_their_promises(&Multipath::default(), before.as_bytes(), &[new]).unwrap();
    }
    for value in ["a\nb", "a\rb", "a\0b", "a\u{1b}b", "a\u{202e}b", "\u{85}"] {
        let request = set("multipaths.multipath[wwid=1].alias", value);
        assert!(MultipathConf::parse(before).apply(&request).is_err(), "{value:?}");
        let request = add("blacklist.wwid", value);
        assert!(MultipathConf::parse(before).apply(&request).is_err(), "{value:?}");
    }
}

#[test]
fn unset_takes_out_every_live_line_and_keeps_comments() {
    for (name, before, after) in [
        ("the line", "defaults {\n\tuser_friendly_names no\n}\n", "defaults {\n}\n"),
        ("its comment stays", "defaults {\n\tuser_friendly_names no # why\n}\n", "defaults {\n\t# why\n}\n"),
        ("with its mark", "defaults {\r\n  user_friendly_names no!why\r\n}\r\n", "defaults {\r\n  !why\r\n}\r\n"),
        (
            "every one",
            "defaults {\n user_friendly_names no\n user_friendly_names on\n}\ndefaults {\n user_friendly_names yes\n}\n",
            "defaults {\n}\ndefaults {\n}\n",
        ),
        ("the last, unended", "defaults {\nuser_friendly_names no", "defaults {\n"),
    ] {
        check(name, before, &unset(UFN), is(after));
    }
    check("nothing there", "multipaths {\n}\n", &unset(UFN), Same);
    check("an empty file", "", &unset(UFN), Same);
    check("what is dead is not there", "defaults { user_friendly_names yes\n}\n", &unset(UFN), Same);
    check("text unseen", "defaults {\nuser_friendly_names no\rx\n}\n", &unset(UFN), Refused("unseen-text"));
}

#[test]
fn unset_of_a_wildcard_takes_all_in_one_pass() {
    let before = "multipaths {\n\tmultipath {\n\t\twwid 1\n\t\talias a # db\n\t\talias b\n\t}\n\tmultipath {\n\t\t# alias kept\n\t\twwid 1\n\t\talias c\n\t\tno_path_retry 5\n\t}\n\tmultipath {\n\t\talias dead\n\t}\n\tmultipath {\n\t\twwid 2\n\t\talias d\n\t}\n}\n";
    let after = "multipaths {\n\tmultipath {\n\t\twwid 1\n\t\t# db\n\t}\n\tmultipath {\n\t\t# alias kept\n\t\twwid 1\n\t\tno_path_retry 5\n\t}\n\tmultipath {\n\t\talias dead\n\t}\n\tmultipath {\n\t\twwid 2\n\t}\n}\n";
    check("aliases", before, &unset(ALIASES), is(after));
    check("none", after, &unset(ALIASES), Same);
    check("an empty file", "", &unset(ALIASES), Same);
    let key = "multipaths.multipath[wwid=1].wwid";
    check("not what the block is known by", before, &unset(key), Refused("names-the-block"));
}

#[test]
fn unset_of_a_block_takes_it_out_and_keeps_its_comments() {
    check(
        "a block",
        "multipaths {\n\tmultipath {\n\t\t# db\n\t\twwid 1\n\n\t\talias a # lun\n\t} # end\n\tmultipath {\n\t\twwid 2\n\t}\n}\n",
        &unset("multipaths.multipath[wwid=1]"),
        is("multipaths {\n\t\t# db\n\t\t# lun\n\t# end\n\tmultipath {\n\t\twwid 2\n\t}\n}\n"),
    );
    check(
        "a block with a line that is not understood",
        "multipaths {\nmultipath {\nwwid 1\nfoo bar\n}\n}\n",
        &unset("multipaths.multipath[wwid=1]"),
        Refused("dead-text"),
    );
}

#[test]
fn disable_turns_lines_into_comments_that_set_finds_again() {
    let before = "defaults {\n\tuser_friendly_names no # why\n}\n";
    let after = "defaults {\n\t#user_friendly_names no # why\n}\n";
    check("a line", before, &disable(UFN), is(after));
    check("nothing there", after, &disable(UFN), Same);
    check(
        "no final newline",
        "defaults {\r\n user_friendly_names no",
        &disable(UFN),
        is("defaults {\r\n #user_friendly_names no"),
    );
    let before = "defaults {\n\tuser_friendly_names no\n}\n";
    laws::set_and_set_back_is_nothing(&Multipath::default(), before.as_bytes(), &disable(UFN), &set(UFN, "no"))
        .unwrap();
    check("a block", before, &disable("multipaths.multipath[wwid=1]"), Refused("not-a-setting"));
}

#[test]
fn set_and_set_back_is_the_empty_patch() {
    for before in [
        "defaults {\n\tuser_friendly_names no # c\n}\n",
        "defaults{\r\nuser_friendly_names\"no\"\r\n}",
        "defaults {\nuser_friendly_names no\nuser_friendly_names maybe\n",
    ] {
        laws::set_and_set_back_is_nothing(&Multipath::default(), before.as_bytes(), &set(UFN, "yes"), &set(UFN, "no"))
            .unwrap();
    }
}

#[test]
fn dedupe_takes_out_what_does_not_count() {
    check(
        "duplicates",
        "defaults {\n user_friendly_names no # a\n user_friendly_names yes\n user_friendly_names on\n}\n",
        &set(UFN, "yes").dedupe(),
        is("defaults {\n # a\n user_friendly_names yes\n}\n"),
    );
}

#[test]
fn blacklist_entries_are_added_beside_their_kind() {
    let before = "blacklist {\n\tdevnode \"^hd\"\n\twwid a\n\tdevice {\n\t\tvendor V\n\t\tproduct P\n\t}\n}\n";
    check(
        "a devnode",
        before,
        &add("blacklist.devnode", "^sd"),
        is(&before.replace("\"^hd\"\n", "\"^hd\"\n\tdevnode \"^sd\"\n")),
    );
    check(
        "a kind that is new",
        before,
        &add("blacklist.property", "ID_X"),
        is(&before.replace("wwid a\n", "wwid a\n\tproperty \"ID_X\"\n")),
    );
    check("there already, quoted otherwise", before, &add("blacklist.wwid", "a"), Same);
    check(
        "an inverted one",
        before,
        &add("blacklist.wwid", "!b"),
        is(&before.replace("wwid a\n", "wwid a\n\twwid \"!b\"\n")),
    );
    check(
        "a device",
        before,
        &add("blacklist.device", "vendor=V,product=\"P 2\""),
        is(&before.replace("\t}\n}\n", "\t}\n\tdevice {\n\t\tvendor \"V\"\n\t\tproduct \"P 2\"\n\t}\n}\n")),
    );
    check("that device", before, &add("blacklist.device", "product=P,vendor=V"), Same);
    check("left alone", "", &add("blacklist.wwid", "a").absent(Absent::Leave), Same);
    check("no section", "", &add("blacklist.wwid", "a"), is("blacklist {\n\twwid \"a\"\n}\n"));
    check(
        "no section for a device",
        "",
        &add("blacklist.device", "vendor=V,product=P"),
        is("blacklist {\n\tdevice {\n\t\tvendor \"V\"\n\t\tproduct \"P\"\n\t}\n}\n"),
    );
    check(
        "the last section",
        "blacklist {\r\nwwid a\r\n}\r\nblacklist {\r\n}\r\n",
        &add("blacklist.wwid", "b"),
        is("blacklist {\r\nwwid a\r\n}\r\nblacklist {\r\n\twwid \"b\"\r\n}\r\n"),
    );
    check(
        "exceptions",
        "blacklist_exceptions {\n wwid b\n}",
        &add("blacklist_exceptions.wwid", "c"),
        is("blacklist_exceptions {\n wwid b\n wwid \"c\"\n}"),
    );
    check("not a list", before, &add(UFN, "yes"), Refused("not-a-list"));
    check("half a device", before, &add("blacklist.device", "vendor=V"), Refused("incomplete-device"));
    for pattern in ["*", "+", "(", "[", "a{2", "\\", "^*", "[[:foo:]]", "a{2,1}", "!*"] {
        check(pattern, before, &add("blacklist.devnode", pattern), Refused("bad-regex"));
        let device = format!("vendor=V,product={}", kvmprep_lossless::key::quoted(pattern));
        check(pattern, before, &add("blacklist.device", &device), Refused("bad-regex"));
    }
    for pattern in ["", "!"] {
        check(pattern, before, &add("blacklist.devnode", pattern), Refused("matches-everything"));
    }
}

#[test]
fn blacklist_entries_are_removed_wherever_they_stand() {
    let before = "blacklist {\n\twwid a # x\n\twwid \"a\"\n\twwid b\n\tdevice {\n\t\tvendor V # v\n\t\t# in\n\t\tproduct P\n\t}\n\tdevice {\n\t\tvendor V\n\t}\n}\nblacklist {\n\twwid a\n}\n";
    check(
        "every equal one",
        before,
        &remove("blacklist.wwid", "a"),
        is(
            "blacklist {\n\t# x\n\twwid b\n\tdevice {\n\t\tvendor V # v\n\t\t# in\n\t\tproduct P\n\t}\n\tdevice {\n\t\tvendor V\n\t}\n}\nblacklist {\n}\n",
        ),
    );
    let without = before.replace("\tdevice {\n\t\tvendor V # v\n\t\t# in\n\t\tproduct P\n\t}\n", "\t\t# v\n\t\t# in\n");
    check("a device", before, &remove("blacklist.device", "vendor=V,product=P"), is(&without));
    check("the same as a key", before, &unset("blacklist.device[vendor=V,product=P]"), is(&without));
    check(
        "half a device",
        before,
        &remove("blacklist.device", "vendor=V"),
        is(&before.replace("\tdevice {\n\t\tvendor V\n\t}\n", "")),
    );
    check("none", before, &remove("blacklist.wwid", "c"), Same);
    check("an empty file", "", &remove("blacklist.wwid", "c"), Same);
    check(
        "the whole list",
        "blacklist {\n wwid a\n wwid b\n}",
        &Request::set_all(key("blacklist.wwid"), ["b", "c"]),
        is("blacklist {\n wwid b\n wwid \"c\"\n}"),
    );
    check(
        "the whole list, in another order",
        "blacklist {\n wwid a\n wwid b\n}",
        &Request::set_all(key("blacklist.wwid"), ["b", "a"]),
        Same,
    );
    check(
        "all entries",
        "blacklist {\n wwid a\n wwid b\n devnode x\n}",
        &unset("blacklist.wwid"),
        is("blacklist {\n devnode x\n}"),
    );
    check(
        "all entries commented out",
        "blacklist {\n wwid a\n devnode x\n}",
        &disable("blacklist.wwid"),
        is("blacklist {\n #wwid a\n devnode x\n}"),
    );
}

#[test]
fn lines_are_not_put_into_a_file_that_reads_otherwise_than_it_looks() {
    let long = format!("#{}\ndefaults {{\n}}\n", "x".repeat(1022));
    for (name, before, code) in [
        ("a long line", long.as_str(), "long-line"),
        ("NUL", "# a\0b\ndefaults {\n}\n", "nul-byte"),
        ("CR", "# a\rb\ndefaults {\n}\n", "lone-carriage-return"),
        ("CR-only", "defaults {\r}\r", "lone-carriage-return"),
        ("an unknown block", "foo {\n bar 1\n}\n", "unknown-block"),
        ("a section in a section", "defaults {\n blacklist {\n }\n}\n", "unknown-block"),
        ("a block on one line", "blacklist { wwid a }\nmultipaths {\n}\n", "lost-brace"),
        ("an empty block on one line", "blacklist {}\n", "lost-brace"),
        ("a brace behind a value", "blacklist {\n wwid a }\nmultipaths {\n}\n", "lost-brace"),
        ("an open section", "blacklist {\n", "open-section"),
        ("overrides without a brace", "overrides\n{\n}\n", "unknown-block"),
        ("protocol without a brace", "overrides {\n protocol\n {\n }\n}\n", "unknown-block"),
    ] {
        check(name, before, &set(UFN, "yes"), Refused(code));
        check(name, before, &add("blacklist.wwid", "zz"), Refused(code));
    }
    let message = |before: &str| MultipathConf::parse(before).apply(&set(UFN, "yes")).unwrap_err().to_string();
    assert!(message("foo {\n}\n").contains("unknown_keyword:1"));
    assert!(message("blacklist {\n wwid a }\nmultipaths {\n}\n").contains("extra_data:2"));
    check(
        "a brace that is lost and made up for",
        "blacklist {\n wwid a}\n}\n",
        &set(UFN, "yes"),
        is("blacklist {\n wwid a}\n}\ndefaults {\n user_friendly_names yes\n}\n"),
    );
    let cut = format!("defaults {{\n#{}user_friendly_names no\n}}\n", "x".repeat(1022));
    check("the tail of a long line is live", &cut, &set(UFN, "yes"), is(&cut.replace("names no", "names yes")));
    check("and is no line to take out", &cut, &unset(UFN), Refused("long-line"));
}

/// Augeas 1.14 refuses the file for `enable_foreign "^$"`, and an editor that works on columns misses the TABs.
#[test]
fn the_file_that_mpathconf_writes_gets_friendly_names_and_loses_its_aliases() {
    let before = "# device-mapper-multipath configuration file\n\n# For a complete list of the default configuration values, run either:\n# # multipath -t\n# or\n# # multipathd show config\n\ndefaults {\n\tuser_friendly_names no\n\tfind_multipaths yes\n\tenable_foreign \"^$\"\n}\n\nblacklist_exceptions {\n        property \"(SCSI_IDENT_|ID_WWN)\"\n}\n\nblacklist {\n}\n\nmultipaths {\n\tmultipath {\n\t\twwid\t\t\"360060160a0b1c2d3e4f5061728394a5b\"\n\t\talias\t\tvmstore0\n\t}\n\tmultipath {\n\t\twwid\t\t360060160a0b1c2d3e4f5061728394a5c\n\t\talias\t\t\"vm store\"\t# exported to kvm2 as well\n\t\tno_path_retry\t12\n\t}\n}\n";
    let after = before
        .replace("user_friendly_names no", "user_friendly_names yes")
        .replace("\t\talias\t\tvmstore0\n", "")
        .replace("\t\talias\t\t\"vm store\"\t# exported", "\t\t# exported");
    let requests = [set(UFN, "yes"), unset(ALIASES)];
    let mut conf = MultipathConf::parse(before);
    let notes = conf.apply(&requests[0]).unwrap();
    assert_eq!(notes.notes()[0].code, "goes-before-the-default");
    assert!(conf.apply(&requests[1]).unwrap().is_made());
    assert_eq!(conf.to_bytes().as_bstr(), after.as_bytes().as_bstr());
    assert_eq!(conf.patch().invert().apply().as_bstr(), before.as_bytes().as_bstr());
    laws::edits_keep_their_promises(&Multipath::default(), before.as_bytes(), &requests).unwrap();
}

#[test]
fn an_empty_value_is_not_written_where_a_later_block_loses_it() {
    let block = |lines: &str| format!("multipath {{\nwwid 1\n{lines}}}\n");
    let twice = |first: &str, second: &str| format!("multipaths {{\n{}{}}}\n", block(first), block(second));
    let request = set("multipaths.multipath[wwid=1].alias", "");
    check("in the earlier block", twice("alias a\n", ""), &request, Refused("empty-is-lost"));
    check("in the later block", twice("", "alias a\n"), &request, is(&twice("", "alias \"\"\n")));
    check("without a line", twice("", ""), &request, is(&twice("", "alias \"\"\n")));
}
