//! Files of lines that the daemon has an opinion on, tokens in any order, and requests.

// Each test crate uses what it needs of this.
#![allow(dead_code)]

use kvmprep_lossless::{Absent, Request};
use kvmprep_multipath_conf::{Key, Multipath, Version};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

pub const LINES: &[&str] = &[
    "defaults {",
    "defaults{",
    "defaults",
    "blacklist {",
    "blacklist_exceptions {",
    "devices {",
    "device {",
    "overrides {",
    "overrides",
    "protocol {",
    "multipaths {",
    "multipath {",
    "multipath",
    "}",
    "}",
    "}",
    "}",
    "} # c",
    "}}",
    "{",
    "",
    "user_friendly_names yes",
    "user_friendly_names no # c",
    "user_friendly_names maybe",
    "user_friendly_names\"1\"",
    "#user_friendly_names no",
    "# user_friendly_names no",
    "find_multipaths strict",
    "find_multipaths     \"off\" x",
    "no_path_retry 5",
    "no_path_retry fail }",
    "no_path_retry {",
    "alias a",
    "alias\t\t\"b c\"",
    "alias a#b",
    "alias \"x\"\"y\"",
    "alias \"open # x",
    "alias { x",
    "alias a/b",
    "alias \"a\"\"b",
    "wwid 1",
    "wwid 1",
    "wwid 2",
    "wwid \"3 4\"",
    "wwid",
    "vendor A",
    "vendor A # v",
    "product C",
    "product \"D E\"",
    "revision R",
    "type scsi:fcp",
    "type foo",
    "devnode \"^sd\"",
    "wwid \"[\"",
    "property ID_X",
    "# comment",
    "! comment",
    "#alias x",
    "foo bar",
    "foo {",
    "foo",
    "\"alias\" b",
    "\"\" x",
    "alias x\ry",
    "alias x\0y",
    "\r\talias z",
    "alias \"\"",
    "checker tur",
    "path_checker rdac",
    "alias\u{a0}n",
    "blacklist { wwid a }",
    "defaults {}",
    "uid root",
    "bindings_file /a",
];

/// A section, and lines that are at home in it.
pub const FRAMES: &[(&str, &[&str], &str)] = &[
    ("", &["# c", ""], ""),
    (
        "defaults {\n",
        &["user_friendly_names no", "user_friendly_names \"1\" # c", "no_path_retry 5", "alias_prefix a"],
        "}\n",
    ),
    (
        "multipaths {\nmultipath {\nwwid 1\n",
        &["alias a", "alias \"b c\" # c", "no_path_retry fail", "wwid 2"],
        "}\n}\n",
    ),
    ("multipaths {\n\tmultipath {\n", &["wwid 1", "wwid 2", "alias a", "#alias b", "no_path_retry 1!"], "\t}\n}\n"),
    ("multipaths {\n", &["multipath {", "wwid 1", "alias a", "}"], "}\n"),
    ("devices {\n\tdevice {\n\t\tvendor A\n", &["product C", "no_path_retry 5 # c", "alias_prefix x"], "\t}\n}\n"),
    ("blacklist {\n", &["wwid a", "wwid \"a\" # c", "devnode ^sd", "devnode \"5\""], "}\n"),
    ("blacklist {\ndevice {\nvendor A\n", &["product C", "product C # c", "# c", ""], "}\n}\n"),
    ("overrides {\n", &["no_path_retry 5", "# no_path_retry 1"], "}\n"),
    ("overrides {\nprotocol {\ntype scsi:fcp\n", &["dev_loss_tmo 5", "dev_loss_tmo 1 # c"], "}\n}\n"),
];

pub const SCALARS: &[&str] = &[
    "defaults.user_friendly_names",
    "defaults.no_path_retry",
    "defaults.path_checker",
    "defaults.alias_prefix",
    "defaults.config_dir",
    "overrides.no_path_retry",
    "overrides.protocol[type=\"scsi:fcp\"].dev_loss_tmo",
    "multipaths.multipath[wwid=1].alias",
    "multipaths.multipath[wwid=2].no_path_retry",
    "devices.device[vendor=A,product=C].no_path_retry",
    "devices.device[vendor=A,product=\"D E\"].alias_prefix",
];

pub const LISTS: &[&str] =
    &["blacklist.wwid", "blacklist.devnode", "blacklist.device", "blacklist_exceptions.property"];

pub const OTHERS: &[&str] = &[
    "multipaths.multipath[*].alias",
    "multipaths.multipath[*].no_path_retry",
    "multipaths.multipath[wwid=1]",
    "multipaths.multipath[*]",
    "devices.device[*].no_path_retry",
    "devices.device[vendor=A,product=C]",
    "blacklist.device[vendor=A,product=C]",
];

pub const VALUES: &[&str] = &[
    "yes",
    "no",
    "1",
    "5",
    "5",
    "5",
    "fail",
    "a",
    "a",
    "b c",
    "\"",
    "}",
    "#x",
    "^sd",
    "x\ty",
    "",
    "vendor=A,product=C",
    "vendor=B,product=\"D E\"",
    "é",
    "x\"\"y",
];

pub fn files() -> impl Strategy<Value = Vec<u8>> {
    let framed = select(FRAMES).prop_flat_map(|(open, own, close)| {
        let ending = select(vec!["\n", "\n", "\n", "\n", "\r\n", " # c\n", " \n"]);
        let line = prop_oneof![12 => select(own), 1 => select(LINES)];
        let line = (select(vec!["", "\t", "  "]), line, ending);
        let line = line.prop_map(|(indent, line, ending)| format!("{indent}{line}{ending}"));
        vec(line, 0..6).prop_map(move |lines| format!("{open}{}{close}", lines.concat()))
    });
    let long = (1005_usize..1030).prop_map(|length| format!("# {}user_friendly_names no\n", "x".repeat(length)));
    let piece = prop_oneof![40 => framed, 1 => long];
    (vec(piece, 0..5), any::<bool>()).prop_map(|(pieces, ended)| {
        let text = pieces.concat();
        (if ended { text.as_str() } else { text.trim_end_matches('\n') }).as_bytes().to_vec()
    })
}

/// What the tokenizer cuts apart, in any order.
pub const TOKENS: &[&[u8]] = &[
    b"defaults",
    b"multipaths",
    b"multipath",
    b"devices",
    b"device",
    b"overrides",
    b"protocol",
    b"blacklist",
    b"user_friendly_names",
    b"no_path_retry",
    b"alias",
    b"wwid",
    b"vendor",
    b"product",
    b"type",
    b"scsi:fcp",
    b"foo",
    b"yes",
    b"5",
    b"1",
    b"A",
    b"{",
    b"{",
    b" {\n",
    b"}",
    b"}\n",
    b"\"",
    b"\"\"",
    b"\"b c\"",
    b"#",
    b"!",
    b" ",
    b" ",
    b"\t",
    b"\n",
    b"\n",
    b"\r\n",
    b"\r",
    b"\0",
    b"\x0b",
    b"\x01",
    b"\xa0",
    b"\xff",
    b"\xef\xbb\xbf",
];

pub fn soup() -> impl Strategy<Value = Vec<u8>> {
    vec(select(TOKENS), 0..40).prop_map(|tokens| tokens.concat())
}

pub fn dialect() -> impl Strategy<Value = Multipath> {
    let older = vec!["0.4.9", "0.6.0", "0.7.6", "0.8.4", "0.9.4", "el6", "el7", "el8", "el9", "el10"];
    let older = select(older).prop_map(|text| text.parse().unwrap());
    prop_oneof![Just(Version::NEWEST), older].prop_map(|version| Multipath { version })
}

pub fn requests() -> impl Strategy<Value = Vec<Request<Key>>> {
    let parsed = |key: &str| key.parse::<Key>().unwrap();
    let scalar = (select(SCALARS), select(VALUES), 0..5_u8).prop_map(move |(key, value, verb)| match verb {
        0..=2 => Request::set(parsed(key), value),
        3 => Request::unset(parsed(key)),
        _ => Request::disable(parsed(key)),
    });
    let list =
        (select(LISTS), select(VALUES), select(VALUES), 0..5_u8).prop_map(
            move |(key, value, other, verb)| match verb {
                0 => Request::set_all(parsed(key), [value, other]),
                1 => Request::unset(parsed(key)),
                2 => Request::disable(parsed(key)),
                3 => Request::add(parsed(key), value),
                _ => Request::remove(parsed(key), value),
            },
        );
    let other = (select(OTHERS), 0..3_u8).prop_map(move |(key, verb)| match verb {
        0 => Request::unset(parsed(key)),
        1 => Request::disable(parsed(key)),
        _ => Request::set(parsed(key), "5"),
    });
    let absent = select(vec![Absent::Usual, Absent::Usual, Absent::InsertBelow, Absent::Leave, Absent::Plus]);
    let request = (prop_oneof![4 => scalar, 2 => list, 1 => other], absent, any::<bool>(), any::<bool>()).prop_map(
        |(request, absent, dedupe, allow)| {
            let request = request.absent(absent);
            let request = if dedupe { request.dedupe() } else { request };
            if allow { request.allow("deprecated") } else { request }
        },
    );
    vec(request, 1..6)
}
