//! Files as people write them for sshd, and spoilt ones: keywords in themes, so that the same one comes twice.

use fastrand::Rng;

use super::super::input::{Node, Tree};
use super::super::random::{file, odds, pick, spoil};
use super::MAIN;
use super::settings::{IGNORED, ODD, SETTINGS, Setting, Values};

/// What runs through a tree.
struct Mood {
    /// Keywords that come again and again.
    theme: Vec<&'static Setting>,
    /// How many of a hundred values are odd.
    odd: u8,
    /// Other files are there to include.
    includes: bool,
    spoilt: bool,
}

/// The main file, and now and then others.
pub fn tree(random: &mut Rng) -> Tree {
    let mood = Mood {
        theme: (0..random.usize(2..7)).map(|_| &SETTINGS[random.usize(..SETTINGS.len())]).collect(),
        odd: if odds(random, 30) { 12 } else { 0 },
        includes: odds(random, 35),
        spoilt: odds(random, 22),
    };
    let mut tree = Tree { edited: MAIN.into(), ..Tree::default() };
    let others = if mood.includes { random.usize(1..5) } else { 0 };
    for _ in 0..others {
        let node = match odds(random, 6) {
            true => Node::Link(pick(random, LINKS).into()),
            false => Node::File(text(random, &mood)),
        };
        tree.nodes.insert(pick(random, FILES).into(), node);
    }
    tree.nodes.insert(MAIN.into(), Node::File(text(random, &mood)));
    tree
}

const FILES: &[&str] = &[
    "/etc/ssh/sshd_config.d/10-a.conf",
    "/etc/ssh/sshd_config.d/20-b.conf",
    "/etc/ssh/sshd_config.d/50-cloud.conf",
    "/etc/ssh/sshd_config.d/9-last.conf",
    "/etc/ssh/sshd_config.d/.hidden.conf",
    "/etc/ssh/sshd_config.d/[x].conf",
    "/etc/ssh/sshd_config.d/README",
    "/etc/ssh/extra.conf",
    "/etc/ssh/sub/deep/y.conf",
    "/etc/ssh/sub/z",
];

const LINKS: &[&str] = &["/etc/ssh/extra.conf", "../extra.conf", "/etc/ssh/nowhere", "/dev/null", "sub", "20-b.conf"];

const PATTERNS: &[&str] = &[
    "sshd_config.d/*.conf",
    "/etc/ssh/sshd_config.d/*.conf",
    "/etc/ssh/sshd_config.d/*",
    "sshd_config.d/10-a.conf",
    "sshd_config.d/[12]*",
    "sshd_config.d/[!1]*.conf",
    "sshd_config.d/?0-?.conf",
    "sshd_config.d/.*",
    "sshd_config.d/[x].conf",
    "sshd_config.d/\\[x].conf",
    "sshd_config.d/{10-a,20-b}.conf",
    "sshd_config.d/nothing*.conf",
    "sshd_config.d",
    "extra.conf",
    "/etc/ssh/extra.*",
    "sub/*",
    "sub/*/y.conf",
    "*/*.conf",
    "missing.conf",
    "~/x.conf",
    "/dev/null",
    "sshd_config",
];

fn text(random: &mut Rng, mood: &Mood) -> Vec<u8> {
    let mut lines: Vec<String> = Vec::new();
    if odds(random, 15) {
        lines.extend(["# This is the sshd server system-wide configuration file.".to_owned(), String::new()]);
    }
    for _ in 0..random.usize(..8) {
        lines.push(line(random, mood, false));
    }
    if odds(random, 55) {
        for _ in 0..random.usize(1..4) {
            lines.push(header(random));
            let indent = pick(random, &["\t", "\t", "    ", "  ", ""]);
            for _ in 0..random.usize(..4) {
                lines.push([indent, &line(random, mood, true)].concat());
            }
            lines.extend(odds(random, 30).then(String::new));
        }
    }
    let mut text = file(random, &lines);
    if mood.spoilt {
        spoil(random, &mut text, SPOILT);
    }
    text
}

const SPOILT: &[&[u8]] = &[
    b"\nMatch all\n",
    b"\nMatch User bob\n",
    b"Match ",
    b"\nPort 22",
    b" # c",
    b"\t#",
    b"=",
    b"==",
    b"\"",
    b"'",
    b"\\\"",
    b"\\ ",
    b"\r\n",
    b"\r",
    b"\0",
    b"\0\n",
    b"\x0c\n",
    b"\x0b",
    b"\n=",
    b"\n\"",
    b"\nInclude *\n",
    b" , ",
    b",",
    b"none",
    b"any",
    b"+",
    b"-",
    b"^",
    b"\xc2\xa0",
    b"\n#\0\n",
    b"\nInclude extra.conf\n",
    b"\n \n",
];

fn line(random: &mut Rng, mood: &Mood, in_block: bool) -> String {
    match random.u8(..100) {
        0..6 => pick(random, &["", " ", "\t", "# prose about Port 22", "#", "  # x", "\r"]).to_owned(),
        6..12 => ["#", &directive(random, mood, in_block)].concat(),
        12..14 if !in_block => pick(random, IGNORED).to_owned(),
        14 if mood.odd > 0 => {
            pick(random, &["Bogus 1", "Port", "Port=", "\"Port 22", "==Port 22", "Match", "Hostkey\"x\""]).to_owned()
        }
        15..30 if mood.includes => include(random),
        15 => include(random),
        _ => directive(random, mood, in_block),
    }
}

fn include(random: &mut Rng) -> String {
    let mut words = vec!["Include".to_owned()];
    for _ in 0..if odds(random, 80) { 1 } else { 2 } {
        words.push(one_of(random, PATTERNS));
    }
    words.join(" ") + pick(random, &["", "", "", " # c"])
}

fn directive(random: &mut Rng, mood: &Mood, in_block: bool) -> String {
    let setting = loop {
        let setting = match odds(random, 65) {
            true => mood.theme[random.usize(..mood.theme.len())],
            false => &SETTINGS[random.usize(..SETTINGS.len())],
        };
        if !in_block || setting.anywhere || odds(random, 2) {
            break setting;
        }
        if mood.theme.iter().all(|setting| !setting.anywhere) && odds(random, 30) {
            break &SETTINGS[0];
        }
    };
    let values = match odds(random, mood.odd) {
        true => pick(random, ODD).to_owned(),
        false => values(random, setting),
    };
    let separator = pick(random, &[" ", " ", " ", " ", " ", "  ", "\t", "=", " = ", " =", "= "]);
    let behind = pick(random, &["", "", "", "", "", "", "", "", " ", "\t", " # c", "\t#c", "  # \"x", "#x"]);
    let behind = if matches!(setting.values, Values::Rest(_)) && odds(random, 70) { "" } else { behind };
    [&name(random, setting), separator, &values, behind].concat()
}

fn name(random: &mut Rng, setting: &Setting) -> String {
    let name = setting.names[if odds(random, 70) { 0 } else { random.usize(..setting.names.len()) }];
    match random.u8(..100) {
        0..8 => name.to_ascii_lowercase(),
        8..12 => name.to_ascii_uppercase(),
        12..15 => format!("\"{name}\""),
        15 => format!("={name}"),
        _ => name.to_owned(),
    }
}

fn values(random: &mut Rng, setting: &Setting) -> String {
    match setting.values {
        Values::One(values) | Values::Lines(values) => one_of(random, values),
        Values::Pair(values) | Values::Rest(values) => pick(random, values).to_owned(),
        Values::Words(values) => {
            let words: Vec<String> = (0..random.usize(1..4)).map(|_| one_of(random, values)).collect();
            words.join(pick(random, &[" ", " ", " ", "  ", "\t"]))
        }
        Values::Algorithms(names) => {
            let list = algorithms(random, names);
            quoted(random, &list)
        }
        Values::Subsystem => {
            let name = pick(random, &["sftp", "sftp", "backup", "SFTP"]);
            let command = pick(
                random,
                &["/usr/lib/sftp-server", "internal-sftp", "internal-sftp -l INFO", "/x  a", "/x \"a b\""],
            );
            format!("{} {command}", quoted(random, name))
        }
    }
}

pub fn algorithms(random: &mut Rng, names: &[&str]) -> String {
    let plain: Vec<&str> = names.iter().copied().filter(|name| !name.contains('*')).collect();
    let prefix = pick(random, &["", "", "", "+", "-", "^"]);
    let from = if prefix == "-" || odds(random, 30) { names } else { &plain };
    let list: Vec<&str> = (0..random.usize(1..4)).map(|_| pick(random, from)).collect();
    let end = pick(random, &["", "", "", "", "", "", "", "", "", ",", ",,aes128-ctr"]);
    [prefix, &list.join(","), end].concat()
}

fn one_of(random: &mut Rng, words: &[&str]) -> String {
    let word = pick(random, words);
    quoted(random, word)
}

/// A word in one of the quotes that stand for it, or in none.
fn quoted(random: &mut Rng, word: &str) -> String {
    match random.u8(..40) {
        0..3 => format!("\"{word}\""),
        3 => format!("'{word}'"),
        4 if word.is_char_boundary(1) && word.len() > 1 => format!("{}\"{}\"", &word[..1], &word[1..]),
        5 => format!("{word}\"\""),
        6 => format!("\\{word}"),
        _ => word.to_owned(),
    }
}

/// Criteria with the patterns that connections are made for, and what they take by mistake.
const CRITERIA: &[(&str, &[&str])] = &[
    (
        "User",
        &[
            "bob",
            "root",
            "alice",
            "b*",
            "?ob",
            "!bob,*",
            "bob,alice",
            "BOB",
            "*",
            "root,!bob",
            "!root",
            "\"bob\"",
            "a*,b*",
        ],
    ),
    ("Group", &["kvm", "staff", "root", "k*", "!kvm,*", "staff,kvm", "alice", "!staff", "*"]),
    ("Host", &["h.example.com", "*.example.com", "H.EXAMPLE.com", "!*.example.com,*", "kvm1", "KVM?"]),
    (
        "Address",
        &[
            "10.0.0.0/8",
            "012.0.0.0/8",
            "0xa000009",
            "10.0.0.5",
            "192.0.2.0/24,!192.0.2.7",
            "2001:db8::/32",
            "10.*",
            "!10.0.0.5,*",
            "::1",
            "*",
            "2001:DB8::5",
            "::ffff:10.0.0.5",
        ],
    ),
    ("LocalAddress", &["10.0.0.9", "192.0.2.0/24", "!10.0.0.9,*", "2001:db8::/64", "10.0.0.9/32"]),
    ("LocalPort", &["22", "2222", "022"]),
    ("RDomain", &["vrf1", "vrf*", "!vrf1", "*"]),
];

const ODD_CRITERIA: &[&str] = &[
    "User",
    "all User bob",
    "User bob all",
    "User bob,",
    "User ,",
    "User bob, alice",
    "Address 10.0.0.5/8",
    "Address 10.0.0.0/33",
    "LocalPort 22,23",
    "LocalPort 0",
    "LocalPort 65536",
    "LocalPort ssh",
    "Exec /bin/true",
    "final",
    "User \"bob",
    "User 'bob'",
    "User bo\"b\"",
    "User=bob",
    "User = bob",
    "User,bob",
    "User bob # c",
    "User bob#c",
    "# User bob",
    "Address 10.0.0.0/8,x/y",
    "User \"\"",
    "Address ,",
    "Address 1.2.3",
    "Address 010.0.0.5",
    "Host",
    "all # c",
    "all #",
    "User bob Group",
    "Invalid-User",
    "Version 9.2",
    "LocalPort +22",
];

fn header(random: &mut Rng) -> String {
    let separator = pick(random, &[" ", " ", " ", " ", "  ", "\t", "="]);
    let criteria = criteria(random);
    let behind = pick(random, &["", "", "", "", "", " ", "\t# c", " # User root"]);
    [pick(random, &["Match", "Match", "Match", "match", "MATCH", "\"Match\""]), separator, &criteria, behind].concat()
}

pub fn criteria(random: &mut Rng) -> String {
    match random.u8(..100) {
        0..10 => pick(random, &["all", "All", "ALL"]).to_owned(),
        10..14 => pick(random, ODD_CRITERIA).to_owned(),
        _ => {
            let mut words = Vec::new();
            for _ in 0..if odds(random, 75) { 1 } else { random.usize(2..4) } {
                let (name, patterns) = CRITERIA[random.usize(..CRITERIA.len())];
                words.push(if odds(random, 85) { name.to_owned() } else { name.to_ascii_lowercase() });
                words.push(pick(random, patterns).to_owned());
            }
            words.join(pick(random, &[" ", " ", " ", " ", " ", "  ", "\t"]))
        }
    }
}
