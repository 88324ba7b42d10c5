//! Who decides a key over the main file and the drop-ins, and why; and that `multipath -t` takes the same.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::disallowed_types, missing_docs)]

mod daemon;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use camino::Utf8Path;
use kvmprep_lossless::effective::{Consumers, ConsumersOf, Effective, Explanation, Host, Point};
use kvmprep_lossless::files::{Entry, Files, FilesError, Found, Location, MemoryFiles, Overlay};
use kvmprep_lossless::value::shown;
use kvmprep_lossless::{Place, Value};
use kvmprep_multipath_conf::{Key, Multipath};

const MAIN: &str = "/etc/multipath.conf";

type Tree<'t> = &'t [(&'t str, &'t str)];

fn held(tree: Tree<'_>) -> MemoryFiles {
    tree.iter().fold(MemoryFiles::new(), |files, (path, text)| files.with(*path, *text))
}

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

fn explained(files: &dyn Files, path: &str, asked: &str) -> Explanation<Key> {
    Multipath::default().explain(Host { files, path: Utf8Path::new(path) }, &(), &key(asked))
}

fn worded(value: Option<&Value>) -> String {
    match value {
        None => "unset".to_owned(),
        Some(Value::Known(values)) => values.iter().map(|value| shown(value)).collect::<Vec<_>>().join(" | "),
        Some(Value::Unknown(why)) => format!("unknown ({why})"),
    }
}

/// Each decision, and each finding, as lines.
fn lines(explanation: &Explanation<Key>) -> Vec<String> {
    let place = |at: &Location| {
        let source = &explanation.sources[at.source];
        format!("{}:{}", source.path.file_name().unwrap(), Place::of(&source.text, at.span.start).line)
    };
    let places = |all: &[Location]| all.iter().map(place).collect::<Vec<_>>().join(" ");
    let mut lines = Vec::new();
    for decision in &explanation.decisions {
        let mut line = format!("{} = {}", decision.point.key, worded(decision.value.as_ref()));
        if !decision.at.is_empty() {
            line = format!("{line}, at {}", places(&decision.at));
        }
        if !decision.shadowed.is_empty() {
            line = format!("{line}, over {}", places(&decision.shadowed));
        }
        lines.push(line);
        lines.push(format!("  {}", decision.why));
    }
    for finding in &explanation.findings {
        let diagnostic = &finding.diagnostic;
        let span = finding.source.zip(diagnostic.span).map(|(source, span)| Location { source, span });
        let at = span.map_or("-".to_owned(), |at| place(&at));
        lines.push(format!("{at} {}[{}]: {}", diagnostic.severity, diagnostic.code, diagnostic.message));
    }
    lines
}

fn values(files: &dyn Files) -> BTreeMap<Point<Key>, Value> {
    Multipath::default().values(Host { files, path: Utf8Path::new(MAIN) }, &())
}

/// Every value that we say is in force is so to the program of this machine, and it starts where we say so.
fn agrees_with_the_daemon(tree: Tree<'_>) {
    let files = tree.iter().map(|(path, text)| (*path, text.as_bytes()));
    let Some(dumped) = daemon::dump(files) else { return };
    let values = values(&held(tree));
    let starts = values.values().all(|value| matches!(value, Value::Known(_)));
    assert_eq!(starts, !dumped.is_empty(), "{tree:?}");
    for (point, value) in values.iter().filter(|_| starts) {
        let text = point.key.to_string();
        let path = point.key.table().to_string();
        let blocks = dumped.iter().filter(|block| block.path.join(".") == path);
        let value = value.known().unwrap();
        let has = |block: &daemon::Dumped, name: &str, value: &[u8]| {
            block.lines.iter().any(|(of, is)| of == name && is.as_bytes() == value)
        };
        let Some(name) = point.key.keyword() else {
            let item = |block: &daemon::Dumped| {
                let parts: Vec<String> = block.lines.iter().map(|(name, value)| format!("{name}={value}")).collect();
                parts.join(",")
            };
            let items: Vec<String> = blocks.map(item).collect();
            assert!(value.iter().all(|value| items.contains(&value.to_string())), "{text}: {value:?} {items:?}");
            continue;
        };
        let of_block = text.split_once('[').map(|(_, rest)| rest.rsplit_once(']').unwrap().0.to_owned());
        let attributes = of_block.map(|attributes| attributes.replace('"', "")).unwrap_or_default();
        let is_it = |block: &&daemon::Dumped| {
            attributes
                .split(',')
                .filter_map(|part| part.split_once('='))
                .all(|(name, is)| has(block, name, is.as_bytes()))
        };
        let blocks: Vec<_> = blocks.filter(is_it).collect();
        let said = |value: &bstr::BString| blocks.iter().any(|block| has(block, name, value));
        assert!(!blocks.is_empty() && value.iter().all(said), "{text}: {value:?} {blocks:?}");
    }
}

/// What is explained of a tree, line by line, by us and by the program.
#[track_caller]
fn check(tree: Tree<'_>, asked: &str, expected: &[&str]) {
    let found = lines(&explained(&held(tree), MAIN, asked));
    assert_eq!(found, expected, "{asked}");
    agrees_with_the_daemon(tree);
}

const IN_ORDER: &str =
    "  the last value in a section wins, drop-ins are read after the main file in the order of their names";
const MERGED: &str = "  blocks of the same strings are merged, and the last value wins, drop-ins are read after the \
                      main file in the order of their names";

#[test]
fn a_drop_in_resets_what_the_main_file_and_earlier_drop_ins_set() {
    let tree: Tree<'_> = &[
        (MAIN, "defaults {\n\tuser_friendly_names yes\n\tuser_friendly_names 1\n}\n"),
        ("/etc/multipath/conf.d/9-b.conf", "defaults {\n user_friendly_names no\n}\n"),
        ("/etc/multipath/conf.d/10-a.conf", "defaults {\n user_friendly_names yes\n}\n"),
        ("/etc/multipath/conf.d/A.conf", "defaults {\n user_friendly_names maybe\n}\n"),
    ];
    check(
        tree,
        "defaults.user_friendly_names",
        &[
            "defaults.user_friendly_names = no, at 9-b.conf:2, over multipath.conf:2 multipath.conf:3 10-a.conf:2 A.conf:2",
            IN_ORDER,
            "A.conf:2 warning[invalid-value]: the keyword does not take this value: the old one stays",
        ],
    );
}

#[test]
fn a_value_of_one_file_is_explained_without_drop_ins() {
    check(
        &[(MAIN, "defaults {\n user_friendly_names 1\n}\n")],
        "defaults.user_friendly_names",
        &["defaults.user_friendly_names = yes, at multipath.conf:2", "  the last value in a section wins"],
    );
}

#[test]
fn names_that_do_not_end_in_conf_are_not_read_and_hidden_ones_are() {
    check(
        &[
            (MAIN, ""),
            ("/etc/multipath/conf.d/.hidden.conf", "defaults {\n verbosity 3\n}\n"),
            ("/etc/multipath/conf.d/b.CONF", "defaults {\n verbosity 1\n}\n"),
            ("/etc/multipath/conf.d/c.conf.bak", "defaults {\n verbosity 1\n}\n"),
        ],
        "defaults.verbosity",
        &[
            "defaults.verbosity = 3, at .hidden.conf:2",
            IN_ORDER,
            "- note[not-a-drop-in]: /etc/multipath/conf.d/b.CONF is not read: its name does not end in `.conf`",
            "- note[not-a-drop-in]: /etc/multipath/conf.d/c.conf.bak is not read: its name does not end in `.conf`",
        ],
    );
}

#[test]
fn multipath_blocks_of_one_wwid_are_merged_over_all_files() {
    let tree: Tree<'_> = &[
        (
            MAIN,
            "multipaths {\n multipath {\n  wwid 1\n  alias a\n  no_path_retry 5\n }\n multipath {\n  alias lost\n }\n}\n",
        ),
        ("/etc/multipath/conf.d/a.conf", "multipaths {\n multipath {\n  wwid 1\n  no_path_retry fail\n }\n}\n"),
        ("/etc/multipath/conf.d/b.conf", "multipaths {\n multipath {\n  alias c\n  wwid 2\n }\n}\n"),
    ];
    check(
        tree,
        "multipaths.multipath[wwid=1].no_path_retry",
        &[
            "multipaths.multipath[wwid=1].no_path_retry = fail, at a.conf:4, over multipath.conf:5",
            MERGED,
            "multipath.conf:7 warning[missing-wwid]: a `multipath` without `wwid` is dropped",
        ],
    );
    check(
        tree,
        "multipaths.multipath[*].alias",
        &[
            "multipaths.multipath[wwid=1].alias = a, at multipath.conf:4",
            MERGED,
            "multipaths.multipath[wwid=2].alias = c, at b.conf:3",
            MERGED,
            "multipath.conf:7 warning[missing-wwid]: a `multipath` without `wwid` is dropped",
        ],
    );
    check(
        tree,
        "multipaths.multipath[wwid=1]",
        &[
            "multipaths.multipath[wwid=1] = wwid=1, at multipath.conf:2 a.conf:2",
            "  blocks of the same strings are merged, drop-ins are read after the main file in the order of their names",
            "multipath.conf:7 warning[missing-wwid]: a `multipath` without `wwid` is dropped",
        ],
    );
}

#[test]
fn stronger_sections_that_say_otherwise_are_found() {
    let tree: Tree<'_> = &[
        (MAIN, "defaults {\n no_path_retry 5\n}\noverrides {\n no_path_retry 6\n}\n"),
        (
            "/etc/multipath/conf.d/a.conf",
            "devices {\n device {\n  vendor A\n  product B\n  no_path_retry queue\n }\n device {\n  vendor C\n  product D\n  \
             no_path_retry 5\n }\n}\nmultipaths {\n multipath {\n  wwid 1\n  no_path_retry fail\n }\n}\n",
        ),
    ];
    check(
        tree,
        "defaults.no_path_retry",
        &[
            "defaults.no_path_retry = 5, at multipath.conf:2",
            IN_ORDER,
            "a.conf:5 note[overridden]: `no_path_retry` in `devices.device` goes before `defaults.no_path_retry` for \
             `vendor=A,product=B`",
            "multipath.conf:5 warning[overridden]: `no_path_retry` in `overrides` goes before `defaults.no_path_retry` \
             for every map",
            "a.conf:16 note[overridden]: `no_path_retry` in `multipaths.multipath` goes before `defaults.no_path_retry` \
             for `wwid=1`",
        ],
    );
    check(
        tree,
        "devices.device[vendor=A,product=B].no_path_retry",
        &[
            "devices.device[vendor=A,product=B].no_path_retry = queue, at a.conf:5",
            MERGED,
            "multipath.conf:5 warning[overridden]: `no_path_retry` in `overrides` goes before \
             `devices.device[vendor=A,product=B].no_path_retry` for every map",
            "a.conf:16 note[overridden]: `no_path_retry` in `multipaths.multipath` goes before \
             `devices.device[vendor=A,product=B].no_path_retry` for `wwid=1`",
        ],
    );
}

#[test]
fn a_protocol_goes_before_overrides() {
    check(
        &[(MAIN, "overrides {\n dev_loss_tmo 5\n protocol {\n  type scsi:fcp\n  dev_loss_tmo 60\n }\n}\n")],
        "overrides.dev_loss_tmo",
        &[
            "overrides.dev_loss_tmo = 5, at multipath.conf:2",
            "  the last value in a section wins",
            "multipath.conf:5 note[overridden]: `dev_loss_tmo` in `overrides.protocol` goes before \
             `overrides.dev_loss_tmo` for `type=scsi:fcp`",
        ],
    );
}

#[test]
fn an_alias_goes_before_friendly_names() {
    check(
        &[(MAIN, "defaults {\n user_friendly_names yes\n}\nmultipaths {\n multipath {\n  wwid 1\n  alias a\n }\n}\n")],
        "defaults.user_friendly_names",
        &[
            "defaults.user_friendly_names = yes, at multipath.conf:2",
            "  the last value in a section wins",
            "multipath.conf:7 note[overridden]: `alias` in `multipaths.multipath` goes before \
             `defaults.user_friendly_names` for `wwid=1`",
        ],
    );
}

#[test]
fn entries_add_up_and_equal_ones_are_one() {
    check(
        &[
            (MAIN, "blacklist {\n devnode \"^sd\"\n devnode ^sd\n wwid 1\n}\n"),
            (
                "/etc/multipath/conf.d/a.conf",
                "blacklist {\n devnode \"^hd\"\n devnode \"[\"\n device {\n  vendor A\n  product B\n }\n}\n",
            ),
            (
                "/etc/multipath/conf.d/b.conf",
                "devices {\n device {\n  vendor C\n  product D\n  product_blacklist LUNZ\n }\n}\n",
            ),
        ],
        "blacklist.devnode",
        &[
            "blacklist.devnode = ^sd | ^hd, at multipath.conf:2 a.conf:2, over multipath.conf:3 a.conf:3",
            "  entries of all sections and files add up, on top of those that are built in, drop-ins are read after the \
             main file in the order of their names",
            "a.conf:3 warning[parse-failed]: the value cannot be read: a `[` is not closed",
        ],
    );
}

#[test]
fn a_device_adds_to_the_blacklist_by_its_product_blacklist() {
    check(
        &[
            (MAIN, "blacklist {\n device {\n  vendor A\n  product B\n }\n}\n"),
            (
                "/etc/multipath/conf.d/b.conf",
                "devices {\n device {\n  vendor C\n  product D\n  product_blacklist LUNZ\n }\n}\n",
            ),
        ],
        "blacklist.device",
        &[
            "blacklist.device = vendor=A,product=B | vendor=C,product=LUNZ, at multipath.conf:2 b.conf:5",
            "  `product_blacklist` of a `device` adds to the entries of the blacklist",
        ],
    );
}

#[test]
fn what_no_file_sets_is_built_in_or_follows() {
    let tree: Tree<'_> = &[(MAIN, "defaults {\n polling_interval 7\n config_dir /x\n}\n")];
    check(
        tree,
        "defaults.find_multipaths",
        &["defaults.find_multipaths = unset", "  no file sets it: the built-in default holds"],
    );
    check(
        tree,
        "defaults.max_polling_interval",
        &["defaults.max_polling_interval = 28, at multipath.conf:2", "  it is four times `polling_interval`"],
    );
    check(
        tree,
        "defaults.config_dir",
        &[
            "defaults.config_dir = unset, over multipath.conf:3",
            "  no line that sets it counts: the built-in default holds",
            "multipath.conf:3 warning[deprecated]: the keyword has no effect any more",
        ],
    );
    check(
        tree,
        "multipaths.multipath[wwid=1].alias",
        &[
            "multipaths.multipath[wwid=1].alias = unset",
            "  no file sets it: `overrides`, the device and `defaults` decide",
        ],
    );
    check(tree, "multipaths.multipath[*].alias", &[]);
}

#[test]
fn a_feature_of_merged_devices_becomes_its_keyword() {
    let tree: Tree<'_> = &[
        (MAIN, "devices {\n device {\n  vendor A\n  product B\n  features \"1 queue_if_no_path\"\n }\n}\n"),
        ("/etc/multipath/conf.d/a.conf", "devices {\n device {\n  vendor A\n  product B\n  rr_min_io 5\n }\n}\n"),
    ];
    let said = "a.conf:2 warning[deprecated-feature]: merged `device` blocks have a feature with a keyword of its own \
                (`no_path_retry queue`, `retain_attached_hw_handler yes`): it is taken for that";
    check(
        tree,
        "devices.device[vendor=A,product=B].no_path_retry",
        &[
            "devices.device[vendor=A,product=B].no_path_retry = queue, at multipath.conf:5",
            "  `queue_if_no_path` in the `features` of merged `device` blocks means `no_path_retry queue`",
            said,
        ],
    );
    check(
        tree,
        "devices.device[vendor=A,product=B].features",
        &[
            "devices.device[vendor=A,product=B].features = 0, at multipath.conf:5",
            "  a feature with a keyword of its own is taken out where `device` blocks are merged",
            said,
        ],
    );
}

#[test]
fn what_stops_the_daemon_stands_in_the_main_file_and_leaves_every_value_unknown() {
    let bad = "blacklist {\n devnode \"*\"\n}\ndefaults {\n verbosity 3\n}\n";
    let unknown = "unknown (multipath and multipathd do not start on these files)";
    let tree: Tree<'_> = &[(MAIN, bad), ("/etc/multipath/conf.d/a.conf", "defaults {\n verbosity 1\n}\n")];
    check(
        tree,
        "defaults.verbosity",
        &[
            &format!("defaults.verbosity = {unknown}, over multipath.conf:5 a.conf:2"),
            "  multipath and multipathd do not start on these files",
            "multipath.conf:2 error[parse-failed]: the value cannot be read: there is nothing to repeat",
            "- error[daemon-does-not-start]: a value in the main file cannot be read: multipath and multipathd do not start",
        ],
    );
    let points = values(&held(tree));
    let names: Vec<String> = points.keys().map(|point| point.key.to_string()).collect();
    assert_eq!(names, ["defaults.verbosity", "blacklist.devnode"]);
    let tree: Tree<'_> = &[(MAIN, ""), ("/etc/multipath/conf.d/a.conf", bad)];
    check(tree, "defaults.verbosity", &["defaults.verbosity = 3, at a.conf:5", IN_ORDER]);
    let lost: Tree<'_> = &[(MAIN, "multipaths {\n multipath {\n  reservation_key x\n }\n}\n")];
    let points = values(&held(lost));
    assert_eq!(points.keys().next().unwrap().key, key("multipaths.multipath[*].reservation_key"));
    agrees_with_the_daemon(lost);
}

#[test]
fn without_a_main_file_multipath_is_not_in_use() {
    check(
        &[("/etc/multipath/conf.d/a.conf", "defaults {\n verbosity 3\n}\n")],
        "defaults.verbosity",
        &[
            "defaults.verbosity = 3, at a.conf:2",
            "  the last value in a section wins",
            "- note[no-main-file]: there is no /etc/multipath.conf: DM-Multipath is not in use, whatever drop-ins say",
        ],
    );
}

#[test]
fn a_line_that_seems_to_set_the_key_and_is_ignored_is_found() {
    check(
        &[(MAIN, "defaults { user_friendly_names yes }\n}\nuser_friendly_names yes\n")],
        "defaults.user_friendly_names",
        &[
            "defaults.user_friendly_names = unset",
            "  no file sets it: the built-in default holds",
            "multipath.conf:1 warning[extra-data]: text behind the value or brace is dropped",
            "multipath.conf:3 warning[unknown-keyword]: this section does not know the word: the line is skipped, and it \
             opens nothing",
        ],
    );
}

#[test]
fn a_file_elsewhere_is_a_main_file_by_itself() {
    let files = held(&[
        (MAIN, "defaults {\n verbosity 1\n}\n"),
        ("/srv/multipath.conf", "defaults {\n verbosity 3\n}\n"),
        ("/etc/multipath/conf.d/a.conf", "defaults {\n verbosity 2\n}\n"),
        ("/etc/multipath/conf.d/README", ""),
    ]);
    let by = |path| lines(&explained(&files, path, "defaults.verbosity"))[0].clone();
    assert_eq!(by("/srv/multipath.conf"), "defaults.verbosity = 3, at multipath.conf:2");
    for path in [MAIN, "/etc/multipath/conf.d/a.conf", "/etc/multipath/conf.d/README"] {
        assert_eq!(by(path), "defaults.verbosity = 2, at a.conf:2, over multipath.conf:2");
    }
}

/// Files with names that stand for something else, or cannot be looked at.
struct Odd(MemoryFiles, BTreeMap<&'static str, Result<(&'static str, Entry), &'static str>>);

impl Files for Odd {
    fn look(&self, path: &Utf8Path) -> Result<Found, FilesError> {
        match self.1.get(path.as_str()) {
            None => self.0.look(path),
            Some(Ok((real, entry))) => Ok(Found { real: (*real).into(), entry: entry.clone() }),
            Some(Err(why)) => Err(FilesError { path: path.to_owned(), why: (*why).to_owned() }),
        }
    }
}

#[test]
fn what_cannot_be_read_leaves_unknown_what_it_may_decide_and_no_more() {
    let directory = || {
        let names = ["a.conf", "b.conf", "c.conf"].map(bstr::BString::from);
        Ok(("/etc/multipath/conf.d", Entry::Directory(names.to_vec())))
    };
    let files = Odd(
        held(&[
            (MAIN, "defaults {\n verbosity 1\n user_friendly_names no\n}\nblacklist {\n wwid 1\n}\n"),
            ("/etc/multipath/conf.d/c.conf", "defaults {\n verbosity 3\n}\n"),
        ]),
        BTreeMap::from([
            ("/etc/multipath/conf.d", directory()),
            ("/etc/multipath/conf.d/a.conf", Ok(("/dev/null", Entry::Other))),
            ("/etc/multipath/conf.d/b.conf", Err("permission denied")),
        ]),
    );
    let said = |asked| lines(&explained(&files, MAIN, asked))[0].clone();
    let unread = "unknown (/etc/multipath/conf.d/b.conf could not be read: permission denied)";
    assert_eq!(said("defaults.verbosity"), "defaults.verbosity = 3, at c.conf:2, over multipath.conf:2");
    let names = format!("defaults.user_friendly_names = {unread}, at multipath.conf:3");
    assert_eq!(said("defaults.user_friendly_names"), names);
    assert_eq!(said("blacklist.wwid"), format!("blacklist.wwid = {unread}, at multipath.conf:6"));
    assert_eq!(said("defaults.find_multipaths"), format!("defaults.find_multipaths = {unread}"));
    let findings = lines(&explained(&files, MAIN, "defaults.verbosity"));
    assert_eq!(
        findings[2..],
        [
            "- note[empty-file]: /etc/multipath/conf.d/a.conf leads to /dev/null, which the daemon reads as an empty file",
            "- error[not-read]: /etc/multipath/conf.d/b.conf could not be read: permission denied",
        ]
    );
}

#[test]
fn a_link_that_leads_nowhere_and_a_directory_hold_nothing() {
    let names = ["a.conf", "b.conf"].map(bstr::BString::from);
    let files = Odd(
        held(&[(MAIN, "")]),
        BTreeMap::from([
            ("/etc/multipath/conf.d", Ok(("/etc/multipath/conf.d", Entry::Directory(names.to_vec())))),
            ("/etc/multipath/conf.d/a.conf", Ok(("/nowhere", Entry::Absent))),
            ("/etc/multipath/conf.d/b.conf", Ok(("/etc/multipath/conf.d/b.conf", Entry::Directory(Vec::new())))),
        ]),
    );
    let found = lines(&explained(&files, MAIN, "defaults.verbosity"));
    assert_eq!(found[0], "defaults.verbosity = unset");
    let codes = explained(&files, MAIN, "defaults.verbosity").findings;
    let codes: Vec<_> = codes.iter().map(|finding| finding.diagnostic.code).collect();
    assert_eq!(codes, ["dangling-link", "empty-file"]);
}

#[test]
fn a_planned_drop_in_wins_by_its_name() {
    let files = held(&[
        (MAIN, "defaults {\n user_friendly_names no\n}\n"),
        ("/etc/multipath/conf.d/99-vendor.conf", "defaults {\n user_friendly_names no\n}\n"),
    ]);
    let drop_ins = Multipath::DROP_INS.unwrap();
    let wins = |name: &&&str| {
        let path = Utf8Path::new(drop_ins.directory).join(**name);
        let planned = Overlay::over(&files).with(path, "defaults {\n user_friendly_names yes\n}\n");
        values(&planned).into_values().next() == Some(Value::Known(vec!["yes".into()]))
    };
    assert_eq!(drop_ins.names.iter().find(wins), Some(&"zz-kvmprep.conf"));
}

#[test]
fn the_face_with_text_keys_says_the_same_and_knows_what_an_edit_moves() {
    let consumers = ConsumersOf { dialect: Multipath::default(), situation: () };
    let files = held(&[(MAIN, "multipaths {\n multipath {\n  wwid 1\n  alias a\n }\n}\n")]);
    let host = Host { files: &files, path: Utf8Path::new(MAIN) };
    let explanation = consumers.explain(host, "multipaths.multipath[*].alias").unwrap();
    assert_eq!(explanation.decisions[0].point.key, "multipaths.multipath[wwid=1].alias");
    let covers = |asked: &str, moved: &str| {
        consumers.covers(asked, &Point { consumer: "multipathd".to_owned(), when: None, key: moved.to_owned() })
    };
    for (asked, moved) in [
        ("multipaths.multipath[*].alias", "multipaths.multipath[wwid=1].alias"),
        ("multipaths.multipath[wwid=1].alias", "multipaths.multipath[wwid=1].wwid"),
        ("multipaths.multipath[wwid=1]", "multipaths.multipath[wwid=1].alias"),
        ("defaults.polling_interval", "defaults.max_polling_interval"),
        ("devices.device[vendor=A,product=B].features", "devices.device[vendor=A,product=B].no_path_retry"),
        ("blacklist.device[vendor=A,product=B]", "blacklist.device"),
        ("defaults.checker", "defaults.path_checker"),
    ] {
        assert!(covers(asked, moved), "{asked} {moved}");
    }
    for (asked, moved) in [
        ("multipaths.multipath[wwid=2].alias", "multipaths.multipath[wwid=1].alias"),
        ("multipaths.multipath[*].alias", "multipaths.multipath[wwid=1].no_path_retry"),
        ("defaults.no_path_retry", "overrides.no_path_retry"),
        ("blacklist.wwid", "blacklist.devnode"),
    ] {
        assert!(!covers(asked, moved), "{asked} {moved}");
    }
}

/// The sample roots, as they lie on the disk.
struct Root(std::path::PathBuf);

impl Files for Root {
    fn look(&self, path: &Utf8Path) -> Result<Found, FilesError> {
        let on_disk = self.0.join(path.as_str().trim_start_matches('/'));
        let entry = match std::fs::read(&on_disk) {
            Ok(bytes) => Entry::File(Arc::from(bytes)),
            Err(_) => Entry::Absent,
        };
        Ok(Found { real: path.to_owned(), entry })
    }
}

#[test]
fn the_sample_hosts_are_explained() {
    let host = |name: &str| Root(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/hosts").join(name));
    let said = |name: &str, asked| lines(&explained(&host(name), MAIN, asked));
    assert_eq!(
        said("el6", "defaults.user_friendly_names"),
        [
            "defaults.user_friendly_names = no, at multipath.conf:16",
            "  the last value in a section wins",
            "multipath.conf:34 note[overridden]: `alias` in `multipaths.multipath` goes before \
             `defaults.user_friendly_names` for `wwid=3600a0b80000f0b8a00000000deadbe01`",
            "multipath.conf:38 note[overridden]: `alias` in `multipaths.multipath` goes before \
             `defaults.user_friendly_names` for `wwid=3600a0b80000f0b8a00000000deadbe02`",
        ]
    );
    assert_eq!(said("el9", "multipaths.multipath[*].alias").len(), 4);
    assert_eq!(said("debian12", "defaults.user_friendly_names")[0], "defaults.user_friendly_names = unset");
    for name in ["el6", "el9"] {
        let Ok(Found { entry: Entry::File(text), .. }) = host(name).look(Utf8Path::new(MAIN)) else { panic!("{name}") };
        agrees_with_the_daemon(&[(MAIN, std::str::from_utf8(&text).unwrap())]);
    }
}
