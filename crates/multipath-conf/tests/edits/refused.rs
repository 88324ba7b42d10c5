use super::*;

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

#[test]
fn an_empty_value_is_not_written_where_a_later_block_loses_it() {
    let block = |lines: &str| format!("multipath {{\nwwid 1\n{lines}}}\n");
    let twice = |first: &str, second: &str| format!("multipaths {{\n{}{}}}\n", block(first), block(second));
    let request = set("multipaths.multipath[wwid=1].alias", "");
    check("in the earlier block", twice("alias a\n", ""), &request, Refused("empty-is-lost"));
    check("in the later block", twice("", "alias a\n"), &request, is(&twice("", "alias \"\"\n")));
    check("without a line", twice("", ""), &request, is(&twice("", "alias \"\"\n")));
}
