use super::*;

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
fn a_number_that_the_daemon_caps_is_written_out() {
    let out_of_range = "defaults {\n verbosity 9 # loud\n}\n";
    check("it means 4", out_of_range, &set("defaults.verbosity", "4"), is(&out_of_range.replace('9', "4")));
    check("it is 4", "defaults {\n verbosity 4", &set("defaults.verbosity", "4"), Same);
    check("no file", "", &set("defaults.verbosity", "4"), is("defaults {\n\tverbosity 4\n}\n"));
    check(
        "CRLF",
        "defaults {\r\n verbosity 9\r\n}\r\n",
        &set("defaults.verbosity", "4"),
        is("defaults {\r\n verbosity 4\r\n}\r\n"),
    );
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
