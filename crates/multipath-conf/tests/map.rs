//! What a map takes of a keyword, whatever section sets it.
//!
//! No program prints this without the devices: the order is that of the selections in `propsel.c` of multipath-tools.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::disallowed_types, missing_docs)]

mod told;

use camino::Utf8Path;
use kvmprep_lossless::effective::{Effective, Host};
use kvmprep_multipath_conf::{Map, Multipath};
use told::{MAIN, Tree, agrees_with_the_daemon, held, key, lines};

/// What a map takes, as a version decides it, with its circumstances.
#[track_caller]
fn of_map(version: &str, tree: Tree<'_>, map: &str, keyword: &str) -> Vec<String> {
    let map: Map = map.parse().unwrap();
    let asked = map.key(keyword).unwrap_or_else(|| key(keyword));
    let dialect = Multipath { version: version.parse().unwrap() };
    let files = held(tree);
    let explanation = dialect.explain(Host { files: &files, path: Utf8Path::new(MAIN) }, &Some(map), &asked);
    let when = explanation.decisions[0].point.when.as_deref();
    let provided = when.and_then(|when| Some(when.split_once(", where ")?.1)).map(|told| format!("  where {told}"));
    lines(&explanation).into_iter().chain(provided).collect()
}

const FILES: Tree<'_> = &[
    (
        MAIN,
        "defaults {\n user_friendly_names yes\n no_path_retry 5\n}\noverrides {\n failback 10\n dev_loss_tmo 60\n protocol {\n  \
         type scsi:fcp\n  dev_loss_tmo 30\n }\n}\nmultipaths {\n multipath {\n  wwid 1\n  alias db\n  failback manual\n }\n}\n",
    ),
    (
        "/etc/multipath/conf.d/a.conf",
        "devices {\n device {\n  vendor \"HP\"\n  product \"HSV2.*\"\n  no_path_retry queue\n  dev_loss_tmo 100\n  prio alua\n  \
         user_friendly_names no\n }\n device {\n  vendor \"^HP\"\n  product \"HSV(200|210)\"\n  no_path_retry 12\n }\n}\n",
    ),
];

const BUILT_IN: &str = "- note[built-in]: a `device` that is built in goes before `defaults`, where it is for the paths of \
                        this map and sets the keyword";

#[test]
fn a_multipath_block_goes_before_every_other_section() {
    assert_eq!(
        of_map("0.14.3", FILES, "1", "failback"),
        [
            "multipaths.multipath[wwid=1].failback = manual, at multipath.conf:17, over multipath.conf:6",
            "  for this map `multipaths.multipath` goes before `overrides`",
        ]
    );
    agrees_with_the_daemon(FILES);
}

#[test]
fn overrides_count_for_a_map_without_a_block_of_its_own() {
    assert_eq!(
        of_map("0.14.3", FILES, "2,vendor=HP,product=HSV210", "failback"),
        ["overrides.failback = 10, at multipath.conf:6", "  no section but `overrides` sets it for this map"]
    );
}

#[test]
fn of_the_device_blocks_that_match_the_last_one_wins_that_sets_the_keyword() {
    assert_eq!(
        of_map("0.14.3", FILES, "2,vendor=HP,product=HSV210", "no_path_retry"),
        [
            "devices.device[vendor=\"^HP\",product=\"HSV(200|210)\"].no_path_retry = 12, at a.conf:13, over a.conf:5 \
             multipath.conf:3",
            "  for this map `devices.device` goes before `defaults`, and of the `device` blocks for it the last one wins",
        ]
    );
    assert_eq!(
        of_map("el8", FILES, "2,vendor=HP,product=HSV220", "no_path_retry")[0],
        "devices.device[vendor=HP,product=HSV2.*].no_path_retry = queue, at a.conf:5, over multipath.conf:3"
    );
    assert_eq!(
        of_map("0.14.3", FILES, "2,vendor=HP,product=HSV210", "user_friendly_names")[0],
        "devices.device[vendor=HP,product=HSV2.*].user_friendly_names = no, at a.conf:8, over multipath.conf:2"
    );
}

#[test]
fn before_0_7_8_only_the_last_device_block_that_matches_counts_at_all() {
    let asked = |version| of_map(version, FILES, "2,vendor=HP,product=HSV210", "user_friendly_names")[0].clone();
    assert_eq!(asked("el7"), "defaults.user_friendly_names = yes, at multipath.conf:2");
    assert_eq!(asked("0.7.7"), asked("el7"));
    assert_eq!(asked("0.7.8"), asked("0.14.3"));
}

#[test]
fn a_device_that_no_block_matches_takes_the_defaults_unless_it_is_built_in() {
    assert_eq!(
        of_map("0.14.3", FILES, "2,vendor=DGC,product=VRAID", "no_path_retry"),
        [
            "defaults.no_path_retry = 5, at multipath.conf:3",
            "  no section but `defaults` sets it for this map",
            BUILT_IN,
            "  where no `device` that is built in sets it",
        ]
    );
}

#[test]
fn a_value_that_hangs_on_the_device_is_unknown_where_the_device_is_not_told() {
    let why = "whether `devices.device[vendor=\"^HP\",product=\"HSV(200|210)\"]` is for this map is not known: the vendor, \
               product and revision of its paths are not all told";
    assert_eq!(
        of_map("0.14.3", FILES, "1", "no_path_retry"),
        [
            format!(
                "multipaths.multipath[wwid=1].no_path_retry = unknown ({why}), from a.conf:13 a.conf:5 multipath.conf:3"
            ),
            format!("  {why}"),
        ]
    );
    // Whatever the device is, an earlier section has decided.
    assert_eq!(
        of_map("0.14.3", FILES, "1", "dev_loss_tmo")[0].split(" = ").nth(1).unwrap(),
        "unknown (whether `overrides.protocol[type=\"scsi:fcp\"]` is for this map is not known: by which protocol its paths \
         are reached is not told), from multipath.conf:10 multipath.conf:7, over a.conf:6"
            .replace("\"", "")
    );
}

#[test]
fn equal_values_need_no_telling() {
    let tree: Tree<'_> = &[(
        MAIN,
        "defaults {\n no_path_retry fail\n}\ndevices {\n device {\n  vendor A\n  product B\n  no_path_retry fail\n }\n}\n",
    )];
    assert_eq!(
        of_map("0.14.3", tree, "1", "no_path_retry")[0],
        "devices.device[vendor=A,product=B].no_path_retry = fail, at multipath.conf:8, over multipath.conf:2"
    );
}

#[test]
fn a_revision_that_is_not_told_leaves_a_block_open_that_asks_for_one() {
    let tree: Tree<'_> = &[(
        MAIN,
        "devices {\n device {\n  vendor A\n  product B\n  revision C\n  prio alua\n  detect_prio no\n }\n}\n",
    )];
    let value = |map| {
        of_map("0.14.3", tree, map, "prio")[0].split(" = ").nth(1).unwrap().split([',', ' ']).next().unwrap().to_owned()
    };
    assert_eq!(value("1,vendor=A,product=B"), "unknown");
    assert_eq!(value("1,vendor=A,product=B,revision=xCx"), "alua");
    assert_eq!(value("1,vendor=A,product=B,revision=D"), "unset");
    assert_eq!(value("1,vendor=Z"), "unset");
}

#[test]
fn a_protocol_goes_before_the_rest_of_overrides() {
    let asked = |version, map| of_map(version, FILES, map, "dev_loss_tmo")[0].clone();
    assert_eq!(
        asked("0.14.3", "1,protocol=scsi:fcp"),
        "overrides.protocol[type=scsi:fcp].dev_loss_tmo = 30, at multipath.conf:10, over multipath.conf:7 a.conf:6"
    );
    assert_eq!(
        asked("0.14.3", "1,protocol=scsi:iscsi"),
        "overrides.dev_loss_tmo = 60, at multipath.conf:7, over a.conf:6"
    );
    assert_eq!(
        asked("el7", "1,vendor=HP,product=HSV220"),
        "devices.device[vendor=HP,product=HSV2.*].dev_loss_tmo = 100, at a.conf:6",
        "the build of Enterprise Linux 7 does nothing with `overrides`"
    );
}

#[test]
fn a_map_is_named_by_its_alias_else_by_letters_else_by_its_wwid() {
    assert_eq!(
        of_map("0.14.3", FILES, "1", "alias")[0],
        "multipaths.multipath[wwid=1].alias = db, at multipath.conf:16"
    );
    assert_eq!(
        of_map("0.14.3", FILES, "2,vendor=HP,product=HSV220", "alias"),
        [
            "multipaths.multipath[wwid=2].alias = 2, from a.conf:8",
            "  no `alias`, and `user_friendly_names` is `no`: the WWID is the name",
        ]
    );
    assert_eq!(
        of_map("0.14.3", FILES, "2,vendor=DGC,product=VRAID", "alias")[1],
        "  no `alias`, and `user_friendly_names` is `yes`: the name is `mpath` and letters, kept in /etc/multipath/bindings"
    );
    assert_eq!(
        of_map("0.14.3", FILES, "1,vendor=DGC,product=VRAID", "user_friendly_names").get(3).unwrap(),
        "multipath.conf:16 note[overridden]: this map has an `alias`: that is its name, whatever `user_friendly_names` says"
    );
}

#[test]
fn a_friendly_name_that_is_kept_for_a_map_is_told() {
    let main = (MAIN, "defaults {\n user_friendly_names yes\n bindings_file /var/own\n}\n");
    let tree: Tree<'_> = &[
        main,
        ("/etc/multipath/bindings", "# names\nmpatha 10\nmpathb 1 # x\nmpathc 1\n"),
        ("/var/own", "mpathz 1\n"),
    ];
    let kept = |version, map| of_map(version, tree, map, "alias")[1].split_once(", kept in ").unwrap().1.to_owned();
    assert_eq!(kept("0.14.3", "1"), "/etc/multipath/bindings, which has `mpathb` for it");
    assert_eq!(kept("0.14.3", "2"), "/etc/multipath/bindings");
    assert_eq!(kept("el9", "1"), "/var/own, which has `mpathz` for it");
}

#[test]
fn what_the_device_tells_goes_before_the_files_unless_detection_is_off() {
    let asked = |defaults: &str, version, keyword| {
        let text = format!("defaults {{\n{defaults}}}\noverrides {{\n prio alua\n path_grouping_policy multibus\n}}\n");
        of_map(version, &[(MAIN, &text)], "1", keyword).pop().unwrap()
    };
    assert_eq!(asked("", "0.14.3", "prio"), "  where `detect_prio` finds no other");
    assert_eq!(asked(" detect_prio yes\n", "0.14.3", "prio"), "  where `detect_prio` finds no other");
    // A `device` that is built in might turn it on again; `overrides` go before that.
    let off = "}\noverrides {\n detect_prio no\n";
    assert_eq!(asked(off, "0.14.3", "prio"), "  no section but `overrides` sets it for this map");
    assert_eq!(asked("", "0.14.3", "path_grouping_policy"), "  where `detect_pgpolicy` finds no other");
    assert_eq!(asked("", "0.9.5", "path_grouping_policy"), "  no section but `overrides` sets it for this map");
}

#[test]
fn arguments_belong_to_the_prio_they_stand_beside() {
    let tree: Tree<'_> = &[(
        MAIN,
        "defaults {\n prio alua\n prio_args exclusive_pref_bit\n}\noverrides {\n detect_prio no\n prio weightedpath\n}\n",
    )];
    assert_eq!(
        of_map("0.14.3", tree, "1", "prio_args")[..2],
        [
            "multipaths.multipath[wwid=1].prio_args = unset",
            "  no section sets it for this map: the built-in default holds"
        ]
    );
}

#[test]
fn a_feature_queues_where_nothing_sets_no_path_retry() {
    let features = "defaults {\n features \"1 queue_if_no_path\"\n}\n";
    assert_eq!(
        of_map("0.14.3", &[(MAIN, features)], "1", "no_path_retry")[..2],
        [
            "multipaths.multipath[wwid=1].no_path_retry = queue, from multipath.conf:2",
            "  `queue_if_no_path` in the `features` of this map means `no_path_retry queue`",
        ]
    );
    let both = "defaults {\n features \"1 queue_if_no_path\"\n no_path_retry fail\n}\n";
    assert_eq!(
        of_map("0.14.3", &[(MAIN, both)], "1", "no_path_retry")[0],
        "defaults.no_path_retry = fail, at multipath.conf:3"
    );
}

#[test]
fn nothing_is_known_of_a_map_where_the_daemon_does_not_start() {
    let tree: Tree<'_> = &[(MAIN, "blacklist {\n devnode \"*\"\n}\ndefaults {\n no_path_retry fail\n}\n")];
    assert_eq!(
        of_map("0.14.3", tree, "1", "no_path_retry")[0],
        "multipaths.multipath[wwid=1].no_path_retry = unknown (multipath and multipathd do not start on these files), over \
         multipath.conf:5"
    );
}

#[test]
fn there_is_no_map_where_a_build_of_enterprise_linux_has_no_main_file() {
    let tree: Tree<'_> = &[("/etc/multipath/conf.d/a.conf", "defaults {\n user_friendly_names no\n}\n")];
    let value = |version| of_map(version, tree, "1", "alias")[0].split(" = ").nth(1).unwrap().to_owned();
    assert_eq!(value("el9"), "unknown (without a main file every device is blacklisted: there is no such map)");
    assert_eq!(value("0.8.7"), "1, from a.conf:2");
}

#[test]
fn a_map_is_told_by_its_wwid_and_what_is_known_of_its_paths() {
    let told = |text: &str| text.parse::<Map>().map(|map| map.to_string());
    assert_eq!(told("3600a").unwrap(), "wwid=3600a");
    assert_eq!(told("wwid=3600a,product=\"RAID 5\",vendor=DGC").unwrap(), "wwid=3600a,vendor=DGC,product=\"RAID 5\"");
    assert_eq!(told("eui.0025,protocol=nvme:tcp,revision=1").unwrap(), "wwid=eui.0025,revision=1,protocol=nvme:tcp");
    for text in ["", "vendor=A", "1,vendor", "1,colour=blue", "1,vendor=A,vendor=B", "wwid="] {
        assert_eq!(told(text).unwrap_err().text, text);
    }
}
