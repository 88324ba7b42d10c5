//! Keywords, values and blocks that the random files and edits are made of.

use fastrand::Rng;

use crate::oracle::random::odds;

/// A keyword, the sections it is at home in (`d`efaults, de`v`ice, `o`verrides, `m`ultipath, `p`rotocol), and values.
pub type Word = (&'static str, &'static str, &'static [&'static str]);

const YES_NO: &[&str] = &["yes", "no", "1", "0", "yes", "no", "on", "maybe", "Yes", "", " yes", "yes "];
const COUNT: &[&str] =
    &["5", "60", "0", "00", "+7", " 8 ", "-1", "-0", "4294967296", "99999999999999999999", "no", "5x", "", "\x0b9"];
const NO_OR_COUNT: &[&str] = &["5", "no", "0", "1", "60", "-3", "off", "00", "yes", "", "2147483648", "x"];
const OFF_OR_COUNT: &[&str] = &["5", "off", "0", "1", "60", "-3", "no", "00", "", "2147483648", "x"];
const TEXT: &[&str] = &["tur", "a", "a b", "2.5\" SSD", "", "#x", "!x", "}", "{", "caf\u{e9}", "a\tb", "x\"\"y", "'a'"];
const COUNTED: &[&str] = &[
    "0",
    "1 alua",
    "2 pg_init_retries 50",
    "1 queue_if_no_path",
    "2 pg_init_retries",
    "x",
    "",
    "-0",
    " 1\t a",
    "1 retain_attached_hw_handler",
    "3 queue_if_no_path pg_init_retries 50",
    "1 queue_if_no_path",
];
const SELECTOR: &[&str] =
    &["round-robin 0", "service-time 0", "queue-length 1 5", "round-robin", "round-robin 1", "a 0 b", ""];
const OWNER: &[&str] = &["0", "6", "root", "12x", "-1", "", "99999999999999999999", "\x0b7", "nobody-here", " 3"];
const DEV_LOSS: &[&str] = &[
    "60",
    "infinity",
    "0",
    "4294967295",
    "4294967296",
    "-1",
    "12x",
    "x",
    "",
    " 8",
    "99999999999999999999",
    "-99999999999999999999",
];
const KEYS: &[&str] = &[
    "0x123abc",
    "123ABC",
    "file",
    "0x0",
    "0",
    "00",
    "x1",
    "0X1f",
    "0x1:aptpl",
    "1:other",
    "00000000000000001",
    "0x12345678901234567",
    "xyz",
    "",
    ":aptpl",
    "00x1",
];

const WORDS: &[Word] = &[
    ("alias", "m", &["db", "vm store", "a/b", "", "\u{e9}", "x#y", "mpatha"]),
    ("alias_prefix", "dvo", &["mp", "a/b", "", "x y"]),
    ("all_tg_pt", "dvo", YES_NO),
    ("allow_usb_devices", "d", YES_NO),
    ("auto_resize", "d", &["never", "grow_only"]),
    ("bindings_file", "d", &["/etc/multipath/bindings", "/var/b", "relative", ""]),
    ("checker", "dvo", TEXT),
    ("checker_timeout", "d", COUNT),
    ("config_dir", "d", &["/etc/multipath/other", "x"]),
    ("deferred_remove", "dvom", YES_NO),
    ("delay_wait_checks", "dvom", NO_OR_COUNT),
    ("delay_watch_checks", "dvom", NO_OR_COUNT),
    ("detect_checker", "dvo", YES_NO),
    ("detect_pgpolicy", "dvo", YES_NO),
    ("detect_prio", "dvo", YES_NO),
    ("dev_loss_tmo", "dvop", DEV_LOSS),
    ("disable_changed_wwids", "d", YES_NO),
    ("eh_deadline", "dvop", OFF_OR_COUNT),
    ("enable_foreign", "d", &["^$", "NONE", "", "nvme"]),
    ("failback", "dvom", &["immediate", "manual", "followover", "5", "0", "00", "-1", "x", "", "2147483648"]),
    ("fast_io_fail_tmo", "dvop", OFF_OR_COUNT),
    ("features", "dvom", COUNTED),
    ("find_multipaths", "d", &["off", "no", "0", "on", "yes", "1", "strict", "greedy", "smart", "x", "", "On"]),
    ("find_multipaths_timeout", "d", &["5", "-5", "0", "-2147483648", "-2147483649", "x", ""]),
    ("flush_on_last_del", "dvom", &["yes", "no", "always", "unused", "never", "1", "0", ""]),
    ("force_sync", "d", YES_NO),
    ("getuid_callout", "dvo", &["/lib/udev/scsi_id -g", ""]),
    ("ghost_delay", "dvom", NO_OR_COUNT),
    ("gid", "dm", OWNER),
    ("hardware_handler", "v", COUNTED),
    ("log_checker_err", "d", &["once", "always", "x", ""]),
    ("marginal_path_double_failed_time", "dvom", NO_OR_COUNT),
    ("marginal_path_err_rate_threshold", "dvom", NO_OR_COUNT),
    ("marginal_path_err_recheck_gap_time", "dvom", NO_OR_COUNT),
    ("marginal_path_err_sample_time", "dvom", NO_OR_COUNT),
    ("marginal_pathgroups", "d", &["yes", "no", "on", "off", "1", "0", "fpin", "x", ""]),
    ("max_fds", "d", &["max", "1024", "0", "-1", "x", ""]),
    ("max_polling_interval", "d", COUNT),
    ("max_sectors_kb", "dvom", COUNT),
    ("missing_uev_wait_timeout", "d", COUNT),
    ("mode", "dm", &["0660", "600", "777", "1000", "8", "08", "", "x", "-1", "4294967296", "37777777777", " 7"]),
    ("multipath_dir", "d", &["/lib/multipath"]),
    ("no_path_retry", "dvom", &["fail", "queue", "0", "5", "12", "-1", "no", "00", "", "x"]),
    ("overrides", "d", &["x"]),
    ("partition_delimiter", "d", &["-part", "p", "", "a/b", "/UNSET/"]),
    ("path_checker", "dvo", TEXT),
    (
        "path_grouping_policy",
        "dvom",
        &["failover", "multibus", "group_by_prio", "group_by_serial", "group_by_node_name", "group_by_tpg", "x", ""],
    ),
    ("path_selector", "dvom", SELECTOR),
    ("pg_timeout", "dvm", &["none", "5"]),
    ("polling_interval", "d", COUNT),
    ("prio", "dvom", &["alua", "const", "", "x y"]),
    ("prio_args", "dvom", &["exclusive_pref_bit", "", "a b"]),
    ("prkeys_file", "d", &["/p", "p"]),
    ("product", "v", PRODUCTS),
    ("product_blacklist", "v", &["LUNZ", "Universal Xport", "", "[", "X"]),
    ("purge_disconnected", "dvom", YES_NO),
    ("queue_without_daemon", "d", &["yes", "no", "forced", "1"]),
    ("reassign_maps", "d", YES_NO),
    ("recheck_wwid", "dvo", YES_NO),
    ("remove_retries", "d", COUNT),
    ("reservation_key", "dm", KEYS),
    ("retain_attached_hw_handler", "dvo", YES_NO),
    ("retrigger_delay", "d", COUNT),
    ("retrigger_tries", "d", COUNT),
    ("revision", "v", &["R", "", "1.0"]),
    ("rr_min_io", "dvom", COUNT),
    ("rr_min_io_rq", "dvom", COUNT),
    ("rr_weight", "dvom", &["priorities", "uniform", "x", ""]),
    ("san_path_err_forget_rate", "dvom", NO_OR_COUNT),
    ("san_path_err_recovery_time", "dvom", NO_OR_COUNT),
    ("san_path_err_threshold", "dvom", NO_OR_COUNT),
    ("skip_kpartx", "dvom", YES_NO),
    ("strict_timing", "d", YES_NO),
    ("type", "p", TYPES),
    ("uid", "dm", OWNER),
    ("uid_attribute", "dvo", &["ID_SERIAL", "ID_WWN", ""]),
    ("uid_attrs", "d", &["sd:ID_SERIAL", "sd:ID_SERIAL dasd:ID_UID", "sd", "a:b c", "", " ", "a:b\t c:d", "\"x:y\""]),
    ("user_friendly_names", "dvom", YES_NO),
    ("uxsock_timeout", "d", &["4000", "5000", "3", "x", ""]),
    ("vendor", "v", VENDORS),
    ("verbosity", "d", &["2", "3", "0", "9", "-1", "x", ""]),
    ("vpd_vendor", "v", &["hp3par", "undef", "x", ""]),
    ("wwid", "m", WWIDS),
    ("wwids_file", "d", &["/w", "w"]),
];

pub const WWIDS: &[&str] = &["1", "2", "3600a0b8", "eui.0025 38b", "1", "2", ""];
pub const VENDORS: &[&str] = &["A", "NETAPP", "^DGC", "HP", "SGI", "A B", "A", "A", ""];
pub const PRODUCTS: &[&str] = &["B", "LUN", "^(RAID|DISK|VRAID)", "A6189A", "IS", "B \"C\"", "B", "B", ""];
pub const TYPES: &[&str] = &["scsi:fcp", "scsi:iscsi", "nvme:tcp", "undef", "scsi:fcp", "foo", "nvme:apple-nvme", ""];

/// Blocks that many files have, as keys select them.
pub const BLOCKS: &[(&str, &str)] = &[
    ("multipaths.multipath[wwid=1]", "m"),
    ("multipaths.multipath[wwid=2]", "m"),
    ("multipaths.multipath[wwid=3600a0b8]", "m"),
    ("multipaths.multipath[wwid=\"eui.0025 38b\"]", "m"),
    ("multipaths.multipath[*]", "m"),
    ("devices.device[vendor=A,product=B]", "v"),
    ("devices.device[vendor=A,product=B,revision=R]", "v"),
    ("devices.device[vendor=NETAPP,product=LUN]", "v"),
    ("devices.device[vendor=\"^DGC\",product=\"^(RAID|DISK|VRAID)\"]", "v"),
    ("devices.device[*]", "v"),
    ("overrides.protocol[type=\"scsi:fcp\"]", "p"),
    ("overrides.protocol[type=\"nvme:tcp\"]", "p"),
    ("overrides.protocol[*]", "p"),
];

pub const ENTRIES: &[&str] = &["devnode", "wwid", "property", "protocol"];

const PATTERNS: &[&str] = &[
    "^sd[a-z]",
    "36.*",
    "1",
    "2",
    "!^sd",
    "(SCSI_IDENT_|ID_WWN)",
    "scsi:sas",
    ".*",
    "^(ram|loop)[0-9]*",
    "x y",
    "2.5\" SSD",
    "caf\u{e9}",
    "a#b",
];

const BAD_PATTERNS: &[&str] = &["*", "[", "a{2,1}", "(", "\\", "", "!", "!*", "a{1", "[[:foo:]]", "a\\1"];

pub const DEVICE_ITEMS: &[&str] = &[
    "vendor=A,product=B",
    "vendor=IBM,product=\"Universal Xport\"",
    "vendor=\"^DGC\",product=LUNZ",
    "vendor=\"A B\",product=\"C\"",
    "vendor=A",
    "product=B",
];

pub fn pattern(random: &mut Rng) -> &'static str {
    let patterns = if odds(random, 98) { PATTERNS } else { BAD_PATTERNS };
    patterns[random.usize(..patterns.len())]
}

/// A keyword of a section; those that many files have come more often.
pub fn word(random: &mut Rng, section: &str) -> Word {
    loop {
        let common = ["user_friendly_names", "no_path_retry", "alias", "features", "failback"];
        let (name, sections, values) = WORDS[random.usize(..WORDS.len())];
        if sections.contains(section) && (common.contains(&name) || odds(random, 60)) {
            return (name, sections, values);
        }
    }
}
