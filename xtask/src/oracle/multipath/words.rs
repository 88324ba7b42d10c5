//! Files as people write them and as they break them, and edits that mean something to many of them.

use bstr::ByteSlice;
use camino::Utf8PathBuf;
use fastrand::Rng;
use kvmprep_lossless::Request;
use kvmprep_multipath_conf::Key;

use super::shown::HIDDEN;
use crate::oracle::input::{Node, Tree};
use crate::oracle::random::{odds, pick, spoil};

pub const MAIN: &str = "/etc/multipath.conf";
pub const DROP_INS: &str = "/etc/multipath/conf.d";

/// A keyword, the sections it is at home in (`d`efaults, de`v`ice, `o`verrides, `m`ultipath, `p`rotocol), and values.
type Word = (&'static str, &'static str, &'static [&'static str]);

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

const WWIDS: &[&str] = &["1", "2", "3600a0b8", "eui.0025 38b", "1", "2", ""];
const VENDORS: &[&str] = &["A", "NETAPP", "^DGC", "HP", "SGI", "A B", "A", "A", ""];
const PRODUCTS: &[&str] = &["B", "LUN", "^(RAID|DISK|VRAID)", "A6189A", "IS", "B \"C\"", "B", "B", ""];
const TYPES: &[&str] = &["scsi:fcp", "scsi:iscsi", "nvme:tcp", "undef", "scsi:fcp", "foo", "nvme:apple-nvme", ""];

/// Blocks that many files have, as keys select them.
const BLOCKS: &[(&str, &str)] = &[
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

const ENTRIES: &[&str] = &["devnode", "wwid", "property", "protocol"];

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

const DEVICE_ITEMS: &[&str] = &[
    "vendor=A,product=B",
    "vendor=IBM,product=\"Universal Xport\"",
    "vendor=\"^DGC\",product=LUNZ",
    "vendor=\"A B\",product=\"C\"",
    "vendor=A",
    "product=B",
];

const SPOILT: &[&[u8]] = &[
    b"}\n",
    b"\n}",
    b" }",
    b"{\n",
    b" {",
    b"\ndefaults {\n",
    b"\ndevices {\n\tdevice {\n",
    b"\nmultipaths {\n",
    b"\noverrides\n{\n",
    b"\nprotocol\n",
    b"device\n{\n",
    b"\nblacklist {",
    b"\"",
    b"\"\"",
    b"#",
    b"!",
    b"\nfoo {\n",
    b"\nfoo bar\n",
    b"\nuser_friendly_names yes\n",
    b"\nwwid 1\n",
    b"\nalias\n",
    b"\x0b",
    b"\r",
];

/// How a file is written.
struct Hand {
    step: &'static str,
    gap: &'static str,
    /// Slips, so many in a hundred.
    slips: u8,
}

pub fn tree(random: &mut Rng) -> Tree {
    let mut tree = Tree { edited: MAIN.into(), ..Tree::default() };
    if odds(random, 92) {
        tree.nodes.insert(MAIN.into(), node(random));
    }
    if odds(random, 35) {
        let names = ["10-a.conf", "9-b.conf", "B.conf", "a.conf", ".hidden.conf", "x.CONF", "y.conf.bak", ".conf", "z"];
        for _ in 0..random.usize(1..4) {
            let path = Utf8PathBuf::from(DROP_INS).join(pick(random, &names));
            let node = match random.u8(..40) {
                0 => Node::Link("/dev/null".into()),
                1 => Node::Link("nowhere".into()),
                2 => Node::Link(MAIN.into()),
                _ => node(random),
            };
            if matches!(node, Node::File(_)) && (odds(random, 25) || !tree.nodes.contains_key(&tree.edited)) {
                tree.edited.clone_from(&path);
            }
            tree.nodes.insert(path, node);
        }
    }
    tree.nodes.entry(tree.edited.clone()).or_insert_with(|| node(random));
    tree
}

fn node(random: &mut Rng) -> Node {
    Node::File(text(random))
}

fn text(random: &mut Rng) -> Vec<u8> {
    let hand = Hand {
        step: pick(random, &["\t", "\t", "    ", "  ", "", " \t"]),
        gap: pick(random, &[" ", " ", " ", "\t", "   ", "\t\t"]),
        slips: *[0, 0, 2, 6].get(random.usize(..4)).unwrap_or(&0),
    };
    let mut lines = Vec::new();
    for _ in 0..random.usize(..6) {
        section(random, &hand, &mut lines);
    }
    let ending = if odds(random, 10) { "\r\n" } else { "\n" };
    let mut text = lines.join(ending).into_bytes();
    if !lines.is_empty() && odds(random, 85) {
        text.extend_from_slice(ending.as_bytes());
    }
    if odds(random, 25) {
        spoil(random, &mut text, SPOILT);
    }
    if odds(random, 4) {
        stretch(random, &mut text);
    }
    text
}

/// Makes a line long enough for the daemon's buffer to cut it, or nearly.
fn stretch(random: &mut Rng, text: &mut Vec<u8>) {
    let at = random.usize(..=text.len());
    let line = at - text[..at].iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    let until = [1022, 2044, 3066][random.usize(..3)] + random.usize(..6) - random.usize(..6);
    let fill = pick(random, &["x", " ", "#", "\"", "\t", "x y "]);
    let behind = pick(random, &["", "user_friendly_names yes", "}", "no_path_retry 5", "\n", "defaults {"]);
    let filling: Vec<u8> =
        fill.bytes().cycle().take(usize::saturating_sub(until, line)).chain(behind.bytes()).collect();
    text.splice(at..at, filling);
}

fn section(random: &mut Rng, hand: &Hand, lines: &mut Vec<String>) {
    if odds(random, 20) {
        lines.push(other(random));
    }
    match random.u8(..12) {
        0..3 => block(random, hand, "defaults", 0, lines, |random, hand, lines| words(random, hand, "d", 1, lines)),
        3..5 => lists(random, hand, "blacklist", lines),
        5 => lists(random, hand, "blacklist_exceptions", lines),
        6..8 => block(random, hand, "devices", 0, lines, |random, hand, lines| {
            for _ in 0..random.usize(..4) {
                block(random, hand, "device", 1, lines, device);
            }
        }),
        8 => block(random, hand, "overrides", 0, lines, |random, hand, lines| {
            words(random, hand, "o", 1, lines);
            for _ in 0..random.usize(..3) {
                block(random, hand, "protocol", 1, lines, |random, hand, lines| {
                    known_by(random, hand, "type", TYPES, 2, lines);
                    words(random, hand, "p", 2, lines);
                });
            }
        }),
        9..12 => block(random, hand, "multipaths", 0, lines, |random, hand, lines| {
            for _ in 0..random.usize(..4) {
                block(random, hand, "multipath", 1, lines, |random, hand, lines| {
                    known_by(random, hand, "wwid", WWIDS, 2, lines);
                    words(random, hand, "m", 2, lines);
                });
            }
        }),
        _ => lines.push(String::new()),
    }
    if odds(random, 25) {
        lines.push(String::new());
    }
}

fn device(random: &mut Rng, hand: &Hand, lines: &mut Vec<String>) {
    let place = random.usize(..VENDORS.len());
    for (name, values) in [("vendor", VENDORS), ("product", PRODUCTS)] {
        if odds(random, 90) {
            lines.push(line(random, hand, name, values[place], 2));
        } else {
            known_by(random, hand, name, values, 2, lines);
        }
    }
    if odds(random, 15) {
        known_by(random, hand, "revision", &["R", "1.0"], 2, lines);
    }
    words(random, hand, "v", 2, lines);
}

fn lists(random: &mut Rng, hand: &Hand, name: &str, lines: &mut Vec<String>) {
    block(random, hand, name, 0, lines, |random, hand, lines| {
        for _ in 0..random.usize(..5) {
            if odds(random, 70) {
                let entry = pick(random, ENTRIES);
                let value = pattern(random);
                lines.push(line(random, hand, entry, value, 1));
            } else {
                block(random, hand, "device", 1, lines, |random, hand, lines| {
                    for name in ["vendor", "product", "vendor", "product"] {
                        if odds(random, 45) {
                            let value = pattern(random);
                            let value = if name == "vendor" { pick(random, &["A", "IBM", value]) } else { value };
                            let value =
                                if name == "product" { pick(random, &["B", "Universal Xport", value]) } else { value };
                            lines.push(line(random, hand, name, value, 2));
                        }
                    }
                });
            }
        }
    });
}

fn pattern(random: &mut Rng) -> &'static str {
    let patterns = if odds(random, 98) { PATTERNS } else { BAD_PATTERNS };
    patterns[random.usize(..patterns.len())]
}

/// Mostly one of the values a block is known by; now and then none or several.
fn known_by(random: &mut Rng, hand: &Hand, name: &str, values: &[&str], depth: usize, lines: &mut Vec<String>) {
    let times = match random.u8(..20) {
        0 => 0,
        1 => 2,
        _ => 1,
    };
    for _ in 0..times {
        let value = pick(random, values);
        lines.push(line(random, hand, name, value, depth));
    }
}

/// A section or block around a body, its braces now and then elsewhere.
fn block(
    random: &mut Rng,
    hand: &Hand,
    name: &str,
    depth: usize,
    lines: &mut Vec<String>,
    body: impl FnOnce(&mut Rng, &Hand, &mut Vec<String>),
) {
    let indent = hand.step.repeat(depth);
    let slips = |random: &mut Rng| odds(random, hand.slips);
    if slips(random) {
        lines.push(format!("{indent}{name}"));
        if odds(random, 80) {
            lines.push(format!("{indent}{{"));
        }
    } else if slips(random) {
        lines.push(format!("{indent}{name} {{ {} }}", pick(random, &["", "wwid 1", "user_friendly_names yes"])));
        return;
    } else {
        let open = pick(random, &[" {", " {", " {", "{", " { # c", "\t{", " {"]);
        lines.push(format!("{indent}{name}{open}"));
    }
    body(random, hand, lines);
    if slips(random) {
        return;
    }
    let close = if slips(random) { pick(random, &["}}", "} }", "} foo", "} defaults {"]) } else { "}" };
    let behind = pick(random, &["", "", "", "", " # c", " "]);
    lines.push(format!("{indent}{close}{behind}"));
}

/// Some lines of a section.
fn words(random: &mut Rng, hand: &Hand, section: &str, depth: usize, lines: &mut Vec<String>) {
    for _ in 0..random.usize(..5) {
        if odds(random, 12) {
            lines.push(format!("{}{}", hand.step.repeat(depth), other(random)));
            continue;
        }
        let section = if odds(random, 96) { section } else { pick(random, &["d", "v", "o", "m", "p"]) };
        let (name, _, values) = word(random, section);
        let value = pick(random, values);
        lines.push(line(random, hand, name, value, depth));
    }
}

/// A keyword of a section; those that many files have come more often.
fn word(random: &mut Rng, section: &str) -> Word {
    loop {
        let common = ["user_friendly_names", "no_path_retry", "alias", "features", "failback"];
        let (name, sections, values) = WORDS[random.usize(..WORDS.len())];
        if sections.contains(section) && (common.contains(&name) || odds(random, 60)) {
            return (name, sections, values);
        }
    }
}

fn line(random: &mut Rng, hand: &Hand, name: &str, value: &str, depth: usize) -> String {
    let indent = hand.step.repeat(depth);
    let bare = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"#!{}".contains(&byte));
    let written = match random.u8(..20) {
        0 => value.to_owned(),
        1..12 if bare => value.to_owned(),
        _ => format!("\"{}\"", value.replace('"', "\"\"")),
    };
    let comment = pick(random, &["", "", "", "", "", "", "", " # c", "#c", " ! c", " x", " }", " \""]);
    let comment = if odds(random, 50 + hand.slips) { comment } else { "" };
    let mark = if odds(random, 5) { pick(random, &["#", "# ", "!"]) } else { "" };
    let gap = if written.starts_with('"') && odds(random, 5) { "" } else { hand.gap };
    let line = format!("{indent}{mark}{name}{gap}{written}{comment}");
    if odds(random, hand.slips / 2) { format!("{indent}{name}") } else { line }
}

fn other(random: &mut Rng) -> String {
    let other = [
        "",
        "# c",
        "! c",
        "#user_friendly_names no",
        "# alias x",
        "#no_path_retry 5",
        "foo bar",
        "foo",
        "# defaults {",
        "#\tfeatures \"0\"",
        "\"alias\" x",
        "# }",
        " \t",
    ];
    pick(random, &other).to_owned()
}

pub fn request(random: &mut Rng, text: &[u8]) -> Request<Key> {
    let request = match random.u8(..10) {
        0..7 => of_setting(random, text),
        7..9 => of_list(random),
        _ => of_block(random),
    };
    if odds(random, 15) { request.dedupe() } else { request }
}

/// Mostly a keyword that the file has, and a value that it takes.
fn of_setting(random: &mut Rng, text: &[u8]) -> Request<Key> {
    let (place, section) = match random.u8(..10) {
        0..4 => ("defaults", "d"),
        4 => ("overrides", "o"),
        _ => BLOCKS[random.usize(..BLOCKS.len())],
    };
    let mut tries = if odds(random, 70) { 40 } else { 0 };
    loop {
        let (name, _, values) = word(random, section);
        if tries > 0 && !text.contains_str(name) {
            tries -= 1;
            continue;
        }
        let values = if odds(random, 60) { &values[..values.len().min(3)] } else { values };
        let Ok(key) = format!("{place}.{name}").parse::<Key>() else { continue };
        if HIDDEN.contains(&name) {
            continue;
        }
        return match random.u8(..10) {
            0..6 => Request::set(key, pick(random, values)),
            6..8 => Request::unset(key),
            8 => Request::disable(key),
            _ if odds(random, 20) => Request::add(key, pick(random, values)),
            _ => Request::set(key, pick(random, values)),
        };
    }
}

fn of_list(random: &mut Rng) -> Request<Key> {
    let list = pick(random, &["blacklist", "blacklist", "blacklist_exceptions"]);
    let is_device = odds(random, 30);
    let name = if is_device { "device" } else { pick(random, ENTRIES) };
    let item = |random: &mut Rng| if is_device { pick(random, DEVICE_ITEMS) } else { pattern(random) };
    loop {
        let Ok(key) = format!("{list}.{name}").parse::<Key>() else { continue };
        return match random.u8(..10) {
            0..4 => Request::add(key, item(random)),
            4..7 => Request::remove(key, item(random)),
            7 => Request::set_all(key, (0..random.usize(..3)).map(|_| item(random)).collect::<Vec<_>>()),
            8 => Request::unset(key),
            _ => Request::disable(key),
        };
    }
}

fn of_block(random: &mut Rng) -> Request<Key> {
    let items = ["blacklist.device[vendor=A,product=B]", "blacklist_exceptions.device[vendor=A,product=B]"];
    let (mut block, _) = BLOCKS[random.usize(..BLOCKS.len())];
    if odds(random, 20) {
        block = pick(random, &items);
    }
    loop {
        let Ok(key) = block.parse::<Key>() else { continue };
        return if odds(random, 85) { Request::unset(key) } else { Request::set(key, "x") };
    }
}
