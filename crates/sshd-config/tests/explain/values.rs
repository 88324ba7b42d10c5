//! Every value that the files decide.

use std::collections::BTreeMap;

use kvmprep_lossless::Value;
use kvmprep_lossless::effective::{Effective, Host, Point};
use kvmprep_lossless::files::MemoryFiles;
use kvmprep_sshd_config::{Key, MAIN_FILE, Situation, Sshd, Version};

use crate::host;

fn values(files: &MemoryFiles) -> BTreeMap<Point<Key>, Value> {
    Sshd::from(Version(9, 2)).values(Host { files, path: MAIN_FILE.into() }, &Situation::default())
}

fn shown(values: &BTreeMap<Point<Key>, Value>) -> Vec<String> {
    let shown = |(point, value): (&Point<Key>, &Value)| {
        let value = match value {
            Value::Known(lines) => lines.iter().map(ToString::to_string).collect::<Vec<_>>().join("|"),
            Value::Unknown(why) => format!("unknown: {why}"),
        };
        format!("{}{} = {value}", point.key, point.when.iter().map(|when| format!(" ({when})")).collect::<String>())
    };
    values.iter().map(shown).collect()
}

#[test]
fn each_keyword_has_a_value_and_so_has_what_each_block_sets() {
    let host = host(&[
        (
            MAIN_FILE,
            "Include d/*\nBanner none\nCiphers +3des-cbc\nsubsystem sftp /x\nMatch User bob\nBanner /b\nMatch all\nPermitTTY no\n",
        ),
        ("/etc/ssh/d/1", "Banner /1\nMatch Group wheel\nX11Forwarding yes\n"),
    ]);
    assert_eq!(
        shown(&values(&host)),
        [
            "Banner = /1",
            "Ciphers = unknown: the prefix speaks of the built-in list, which was not told: +3des-cbc",
            "subsystem[sftp] = /x",
            "Match[all].PermitTTY = no",
            "Match[Group wheel].X11Forwarding (Match Group wheel) = yes",
            "Match[User bob].Banner (Match User bob) = /b",
        ]
    );
}

#[test]
fn an_edit_moves_its_own_value_and_no_other() {
    let before = "Port 22\nListenAddress 192.0.2.1\nCiphers +3des-cbc\nMatch User bob\nBanner /b\nX11Forwarding no\n";
    let dialect = Sshd::from(Version(9, 2));
    for (key, after) in [
        ("Port", before.replace("Port 22", "Port 23")),
        ("Ciphers", before.replace("3des-cbc", "aes128-cbc")),
        ("Match[User bob].Banner", before.replace("Banner /b\n", "Banner /c\n")),
        ("Match[User bob]", before.replace("Match User bob\nBanner /b\nX11Forwarding no\n", "")),
        ("UsePAM", format!("UsePAM no\n{before}")),
        ("ListenAddress", before.replace("192.0.2.1", "192.0.2.2")),
    ] {
        let (before, after) = (values(&host(&[(MAIN_FILE, before)])), values(&host(&[(MAIN_FILE, &after)])));
        let points: Vec<&Point<Key>> = before.keys().chain(after.keys()).collect();
        let moved: Vec<&&Point<Key>> = points.iter().filter(|point| before.get(point) != after.get(point)).collect();
        assert!(!moved.is_empty(), "{key}");
        let key: Key = key.parse().unwrap();
        assert!(moved.iter().all(|point| dialect.covers(&key, point)), "{key}: {moved:?}");
    }
}

#[test]
fn a_host_whose_sshd_does_not_start_has_other_values() {
    let good = values(&host(&[(MAIN_FILE, "Banner none\nUsePAM no\n")]));
    let bad = values(&host(&[(MAIN_FILE, "Banner none\nUsePAM no\nFoo bar\n")]));
    assert_eq!(bad.len(), 3, "{bad:?}");
    assert!(bad.values().all(|value| matches!(value, Value::Unknown(why) if why.contains("etc/ssh/sshd_config:3"))));
    assert!(good.keys().all(|point| bad.get(point) != good.get(point)));
}

#[test]
fn only_what_an_edit_asks_for_is_covered() {
    let point = |key: &str| Point { consumer: "sshd".to_owned(), when: None, key: key.parse::<Key>().unwrap() };
    let dialect = Sshd::from(Version(9, 2));
    for (asked, moved, covered) in [
        ("Banner", "banner", true),
        ("Banner", "Match[User bob].Banner", false),
        ("Match[User bob]#2.Banner", "Match[User bob].Banner", true),
        ("Match[User bob]", "Match[User bob].Banner", true),
        ("Match[User bob]", "Match[User eve].Banner", false),
        ("Match[User bob]", "Banner", false),
        ("Subsystem", "Subsystem[sftp]", true),
        ("Subsystem[x]", "Subsystem[sftp]", false),
        ("Port", "ListenAddress", true),
        ("AddressFamily", "ListenAddress", true),
        ("ListenAddress", "Port", false),
        ("ChallengeResponseAuthentication", "KbdInteractiveAuthentication", true),
    ] {
        assert_eq!(dialect.covers(&asked.parse().unwrap(), &point(moved)), covered, "{asked} {moved}");
    }
}
