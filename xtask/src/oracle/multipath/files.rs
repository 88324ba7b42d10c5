//! Files as people write them and as they break them: a main file and drop-ins.

use camino::Utf8PathBuf;
use fastrand::Rng;

use super::words::{ENTRIES, PRODUCTS, TYPES, VENDORS, WWIDS, pattern, word};
use crate::oracle::input::{Node, Tree};
use crate::oracle::random::{odds, pick, spoil};

pub const MAIN: &str = "/etc/multipath.conf";
pub const DROP_INS: &str = "/etc/multipath/conf.d";

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
