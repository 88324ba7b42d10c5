//! Where the releases of RHEL 6 to 10 differ in meaning: what `servconf.c` of each says.

#![allow(clippy::unwrap_used, missing_docs)]

use kvmprep_lossless::files::MemoryFiles;
use kvmprep_lossless::{Request, Value};
use kvmprep_sshd_config::{Build, Connection, Effective, Key, MAIN_FILE, Sshd, SshdConfig, Version, effective_host};

const EL6: &str = "5.3p1";
const EL7_0: &str = "6.6.1p1";
const EL7: &str = "7.4p1";
const EL8: &str = "8.0p1";
const EL9: &str = "8.7p1";
const EL10: &str = "9.9p1";
const ALL: [&str; 6] = [EL6, EL7_0, EL7, EL8, EL9, EL10];

fn release(version: &str) -> Sshd {
    Sshd::from(version.replace("6.6.1", "6.6").parse::<Version>().unwrap())
}

fn asked(version: &str, text: &str) -> Effective {
    let files = MemoryFiles::new().with(MAIN_FILE, text).with("/etc/ssh/x", "Banner /included\n");
    let connection: Connection = "user=bob,lport=22".parse().unwrap();
    effective_host(&files, MAIN_FILE.into(), release(version), &connection, &Build::default())
}

/// The first complaint that is more than a warning.
fn stops(version: &str, text: &str) -> Option<&'static str> {
    let answer = asked(version, text);
    answer.complaints().iter().map(|complained| complained.complaint.code()).find(|code| *code != "deprecated")
}

/// The releases that take a text.
fn takers(text: &str) -> Vec<&'static str> {
    ALL.into_iter().filter(|version| stops(version, text).is_none()).collect()
}

#[test]
fn versions_read_as_they_are_written_anywhere() {
    for (text, version) in [
        ("7.4", Version(7, 4)),
        ("8.7p1", Version(8, 7)),
        ("8.7p1-38.el9_4.4", Version(8, 7)),
        ("OpenSSH_9.2p1 Debian-2+deb12u3, OpenSSL 3.0.14 4 Jun 2024", Version(9, 2)),
        ("OpenSSH_10.0p2", Version(10, 0)),
    ] {
        assert_eq!(text.parse::<Version>().unwrap(), version);
    }
    for text in ["", "8", "8.", ".7", "8.x", "8.7x", "x8.7", "+8.7", "8.70000", "-8.7", "8 .7"] {
        let error = text.parse::<Version>().unwrap_err();
        assert!(error.to_string().contains("8.7p1"), "{error}");
    }
}

#[test]
fn a_keyword_is_known_from_its_release_on() {
    let known: &[(&str, &[&str])] = &[
        ("Port 22\nUsePAM yes\nMaxSessions 3\nAllowAgentForwarding no\n", &ALL),
        ("AuthenticationMethods any\n", &ALL[1..]),
        ("RekeyLimit 1G\nHostKeyAgent x\nIPQoS ef\nVersionAddendum none\nPermitTTY no\n", &ALL[1..]),
        ("HostKeyAlgorithms ssh-rsa\nPubkeyAcceptedKeyTypes ssh-rsa\nFingerprintHash md5\n", &ALL[2..]),
        ("DisableForwarding yes\nAllowStreamLocalForwarding no\nPermitUserRC no\n", &ALL[2..]),
        ("SetEnv A=1\nPermitListen 22\nExposeAuthInfo no\nCASignatureAlgorithms ssh-rsa\n", &ALL[3..]),
        ("PubkeyAcceptedAlgorithms ssh-rsa\nLogVerbose x\nModuliFile /x\nPubkeyAuthOptions none\n", &ALL[4..]),
        ("ChannelTimeout x=1\nUnusedConnectionTimeout 1\nPerSourcePenalties no\nRefuseConnection no\n", &ALL[5..]),
        ("Include x\n", &ALL[3..]),
        ("RequiredRSASize 2048\n", &ALL[4..]),
        ("KexAlgorithms diffie-hellman-group14-sha1\nAuthorizedKeysCommand none\n", &ALL),
    ];
    for (text, releases) in known {
        assert_eq!(takers(text), *releases, "{text}");
    }
}

#[test]
fn a_keyword_that_came_later_is_told_with_its_release() {
    for (text, message) in [
        ("PerSourcePenalties no\n", "sshd 8.7 does not know `PerSourcePenalties`, which came with 9.8"),
        ("Foo no\n", "sshd does not know `Foo`"),
        ("ServerKeyBit 1\n", "sshd does not know `ServerKeyBit`"),
    ] {
        assert_eq!(asked(EL9, text).complaints()[0].message, message);
    }
}

#[test]
fn what_a_distribution_carried_back_is_read_and_not_written() {
    let answer = asked(EL8, "Include x\nBanner none\n");
    assert_eq!(answer.get("Banner"), Some(&Value::Known(vec!["/included".into()])));
    let mut sshd = SshdConfig::parse_as(release(EL8), "");
    let refused = sshd.apply(&Request::set(Key::global("Include"), "x").allow("include")).unwrap_err().to_string();
    assert!(refused.contains("came with OpenSSH 8.2"), "{refused}");
    let refused = SshdConfig::parse_as(release(EL9), "")
        .apply(&Request::set(Key::global("RequiredRSASize"), "2048"))
        .unwrap_err()
        .to_string();
    assert!(refused.contains("came with OpenSSH 9.1"), "{refused}");
}

#[test]
fn a_keyword_stands_in_blocks_from_its_release_on() {
    let known: &[(&str, &[&str])] = &[
        ("X11Forwarding no", &ALL),
        ("AllowUsers a", &ALL[1..]),
        ("AcceptEnv A", &ALL[1..]),
        ("PermitTunnel no", &ALL[1..]),
        ("AuthorizedKeysFile x", &ALL[1..]),
        ("ClientAliveInterval 5", &ALL[2..]),
        ("LogLevel INFO", &ALL[3..]),
        ("IgnoreRhosts yes", &ALL[4..]),
        ("ChallengeResponseAuthentication no", &ALL[4..]),
        ("Subsystem sftp /x", &ALL[5..]),
        ("Ciphers aes128-ctr", &[]),
    ];
    for (line, releases) in known {
        assert_eq!(takers(&format!("Match User bob\n{line}\n")), *releases, "{line}");
    }
}

#[test]
fn criteria_and_all_came_later() {
    let known: &[(&str, &[&str])] = &[
        ("Match Address 10.0.0.0/8 Host h Group g", &ALL),
        ("Match LocalPort 22", &ALL[1..]),
        ("Match all", &ALL[1..]),
        ("Match RDomain x", &ALL[3..]),
        ("Match Invalid-User", &ALL[5..]),
        ("Match User=bob", &ALL[..5]),
    ];
    for (line, releases) in known {
        assert_eq!(takers(&format!("{line}\n")), *releases, "{line}");
    }
}

#[test]
fn what_was_a_setting_is_no_longer_looked_at() {
    let live = |version: &str, text: &str, keyword: &str| asked(version, text).get(keyword).is_some();
    for version in ALL {
        let before_7_4 = matches!(version, EL6 | EL7_0);
        assert_eq!(live(version, "UseLogin no\n", "UseLogin"), before_7_4, "{version}");
        assert_eq!(live(version, "Protocol 2\n", "Protocol"), before_7_4, "{version}");
        assert_eq!(live(version, "RSAAuthentication no\n", "RSAAuthentication"), before_7_4, "{version}");
        let before_7_5 = before_7_4 || version == EL7;
        assert_eq!(live(version, "UsePrivilegeSeparation no\n", "UsePrivilegeSeparation"), before_7_5, "{version}");
        let bad_value = stops(version, "UseLogin maybe\n");
        assert_eq!(bad_value.is_some(), before_7_4, "{version}: {bad_value:?}");
    }
}

#[test]
fn words_came_later_and_case_did_not_matter_from_5_7_on() {
    let known: &[(&str, &[&str])] = &[
        ("PermitRootLogin without-password\n", &ALL),
        ("PermitRootLogin prohibit-password\n", &ALL[2..]),
        ("AllowTcpForwarding local\n", &ALL[1..]),
        ("IgnoreRhosts shosts-only\n", &ALL[4..]),
        ("X11Forwarding Yes\n", &ALL[1..]),
        ("LogLevel verbose\nAddressFamily INET\n", &ALL),
        ("AuthorizedKeysFile a b\n", &ALL[1..]),
        ("AllowUsers # nobody\n", &ALL[4..5]),
    ];
    for (text, releases) in known {
        match text.contains('#') {
            // The older grammar cuts the comment off, and a list keyword alone does nothing there.
            true => assert_eq!(takers(text), [EL6, EL7_0, EL7, EL8, EL9], "{text} {releases:?}"),
            false => assert_eq!(takers(text), *releases, "{text}"),
        }
    }
    let refused = SshdConfig::parse_as(release(EL6), "")
        .apply(&Request::set(Key::global("PermitRootLogin"), "prohibit-password"))
        .unwrap_err()
        .to_string();
    assert!(refused.contains("bad-value") || refused.contains("does not take"), "{refused}");
}

#[test]
fn places_and_lengths_that_stopped_older_releases() {
    let long = format!("# {}\nBanner none\n", "x".repeat(4_092));
    assert_eq!(takers(&long), [EL6, EL8, EL9, EL10]);
    assert_eq!(stops(EL7, &long), Some("line-too-long"));
    assert_eq!(takers("ListenAddress 192.0.2.1\nPort 22\n"), ALL[2..]);
    assert_eq!(takers("Port 22\nListenAddress 192.0.2.1\n"), ALL);
    assert_eq!(takers("Subsystem sftp /x\nSubsystem sftp /y\n"), [EL10]);
}

#[test]
fn root_without_a_password_is_printed_by_its_new_name_from_10_1_on() {
    for (version, printed) in [("9.9", "without-password"), ("10.0", "without-password"), ("10.1", "prohibit-password")]
    {
        for written in ["without-password", "prohibit-password"] {
            let answer = asked(version, &format!("PermitRootLogin {written}\n"));
            assert_eq!(answer.get("PermitRootLogin"), Some(&Value::Known(vec![printed.into()])), "{version} {written}");
        }
    }
}

#[test]
fn older_releases_have_room_for_256_names() {
    let names = |count: usize| " a".repeat(count);
    for keyword in ["AllowUsers", "DenyUsers", "AllowGroups", "DenyGroups", "AcceptEnv"] {
        let full = format!("{keyword}{}\n{keyword}{}\n", names(200), names(56));
        assert_eq!(takers(&full), ALL, "{keyword}");
        assert_eq!(takers(&format!("{full}{keyword} b\n")), ALL[3..], "{keyword}");
    }
}
