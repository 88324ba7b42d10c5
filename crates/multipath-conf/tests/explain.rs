//! Who decides a key over the main file and the drop-ins, and why; and that `multipath -t` takes the same.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::disallowed_types, missing_docs)]

mod told;

use camino::Utf8Path;
use kvmprep_lossless::effective::{Consumers, ConsumersOf, Host, Point};
use kvmprep_multipath_conf::Multipath;
use told::{IN_ORDER, MAIN, Tree, agrees_with_the_daemon, check, held, key, values};

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
fn a_device_that_no_device_matches_is_told_so() {
    check(
        &[(MAIN, "devices {\n device {\n  vendor A\n  product \"*\"\n  no_path_retry 5\n }\n}\n")],
        "devices.device[*].no_path_retry",
        &[
            "devices.device[vendor=A,product=*].no_path_retry = 5, at multipath.conf:5",
            "  blocks of the same strings are merged, and the last value wins",
            "multipath.conf:5 warning[bad-regex]: no device matches `devices.device[vendor=A,product=*]`: there is nothing \
             to repeat",
        ],
    );
}

#[test]
fn many_blocks_that_go_before_a_key_are_told_at_once() {
    let block = |number| format!(" multipath {{\n  wwid {number}\n  alias a{number}\n }}\n");
    let blocks: String = (10..30).map(block).collect();
    let text = format!("defaults {{\n user_friendly_names yes\n}}\nmultipaths {{\n{blocks}}}\n");
    check(
        &[(MAIN, &text)],
        "defaults.user_friendly_names",
        &[
            "defaults.user_friendly_names = yes, at multipath.conf:2",
            "  the last value in a section wins",
            "multipath.conf:7 note[overridden]: `alias` in `multipaths.multipath` goes before \
             `defaults.user_friendly_names` for 20 blocks, from `wwid=10` to `wwid=29`",
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
            "blacklist.device = vendor=A,product=B | vendor=C,product=LUNZ, at multipath.conf:2, from b.conf:5",
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
        &["defaults.max_polling_interval = 28, from multipath.conf:2", "  it is four times `polling_interval`"],
    );
    check(
        tree,
        "defaults.config_dir",
        &[
            "defaults.config_dir = unset, over multipath.conf:3",
            "  no line that sets it counts: the built-in default holds",
            "multipath.conf:3 warning[deprecated]: `config_dir` has no effect since multipath-tools 0.9.0",
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
            // One that is built in may have the keyword, and that would count.
            "devices.device[vendor=A,product=B].no_path_retry = unknown (it hangs on whether the daemon has a `device` of \
             these strings built in, and what that one says), from multipath.conf:5",
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
fn a_slash_in_the_first_partition_delimiter_makes_the_daemon_crash_from_any_file() {
    let bad = "defaults {\n partition_delimiter a/b\n verbosity 3\n}\n";
    check(
        &[(MAIN, ""), ("/etc/multipath/conf.d/a.conf", bad)],
        "defaults.partition_delimiter",
        &[
            "defaults.partition_delimiter = unknown (multipath and multipathd do not start on these files), over a.conf:2",
            "  multipath and multipathd do not start on these files",
            "a.conf:2 error[daemon-crashes]: no earlier value stands in for this one: multipath and multipathd crash",
            "a.conf:2 warning[slash-in-name]: a slash cannot stand in a name: the old value stays",
        ],
    );
    agrees_with_the_daemon(&[(MAIN, "defaults {\n partition_delimiter x\n}\n"), ("/etc/multipath/conf.d/a.conf", bad)]);
}

#[test]
fn a_product_blacklist_that_is_no_pattern_stops_the_daemon_from_any_file() {
    let bad = "devices {\n device {\n  vendor A\n  product B\n  product_blacklist \"[\"\n }\n}\n";
    check(
        &[(MAIN, "defaults {\n verbosity 3\n}\n"), ("/etc/multipath/conf.d/a.conf", bad)],
        "defaults.verbosity",
        &[
            "defaults.verbosity = unknown (multipath and multipathd do not start on these files), over multipath.conf:2",
            "  multipath and multipathd do not start on these files",
            "a.conf:5 error[bad-product-blacklist]: a `product_blacklist`, or the `vendor` beside it, is no regular \
             expression: multipath and multipathd do not start: a `[` is not closed",
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
fn values_that_mean_the_same_are_one() {
    let consumers = ConsumersOf { dialect: Multipath::default(), situation: None };
    for (asked, one, other) in [
        ("defaults.user_friendly_names", "1", "yes"),
        ("defaults.uid", "0144", "144"),
        ("defaults.mode", "660", "0660"),
        ("defaults.reservation_key", "1A", "0x1a"),
        ("blacklist.device", "product=\"B\",vendor=A", "vendor=A,product=B"),
    ] {
        let items = |value: &str| consumers.items(asked, &[value.into()]);
        assert_eq!(items(one), items(other), "{asked}");
        assert_eq!(items(one), consumers.items(asked, &items(one)), "{asked}");
    }
}

#[test]
fn the_face_with_text_keys_says_the_same_and_knows_what_an_edit_moves() {
    let consumers = ConsumersOf { dialect: Multipath::default(), situation: None };
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
        ("devices.device[vendor=A,product=B].product_blacklist", "blacklist.device"),
        ("devices.device[vendor=A,product=B]", "blacklist.device"),
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
