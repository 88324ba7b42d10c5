//! Facts of OpenSSH 9.2 that the recorded cases do not hold, each asked of the daemon.

#![allow(clippy::unwrap_used, missing_docs)]

use kvmprep_lossless::{Text, Value};
use kvmprep_sshd_config::{Build, Connection, Family, Grammar, Sshd, Truth, Version, effective};

fn bob() -> Connection {
    Connection { user: Some("bob".into()), ..Connection::default() }
}

#[test]
fn values_that_other_lines_or_blocks_change() {
    let asked = [
        ("UnusedConnectionTimeout 5m\nUnusedConnectionTimeout 1h\n", "UnusedConnectionTimeout", "300"),
        ("UnusedConnectionTimeout none\nUnusedConnectionTimeout 1h\n", "UnusedConnectionTimeout", "none"),
        ("UnusedConnectionTimeout 5m\nUnusedConnectionTimeout none\n", "UnusedConnectionTimeout", "none"),
        ("RekeyLimit 1G\nRekeyLimit 2G 1h\n", "RekeyLimit", "1073741824 3600"),
        ("RekeyLimit default\nRekeyLimit 1G 1h\n", "RekeyLimit", "0 3600"),
        ("SetEnv # none\nSetEnv A=1\n", "SetEnv", "A=1"),
        ("AllowUsers a\nMatch User bob\nAllowUsers # none\n", "AllowUsers", "a"),
        ("PerSourceNetBlockSize 24\n", "PerSourceNetBlockSize", "24:0"),
        ("MaxStartups 20\n", "MaxStartups", "20:30:20"),
        ("PermitListen 22\n", "PermitListen", "*:22"),
        ("IPQoS 0x20\n", "IPQoS", "cs1 cs1"),
    ];
    for (input, keyword, value) in asked {
        let text = Text::read(Sshd::from(Version(9, 2)), input);
        let answer = effective(&text, &bob(), &Build::default());
        assert!(answer.starts(), "{input}: {:?}", answer.complaints());
        assert_eq!(answer.get(keyword), Some(&Value::Known(vec![value.into()])), "{input}");
    }
}

#[test]
fn complaints_go_on_or_stop_as_the_daemon_does() {
    let asked: [(&str, &[&str]); 12] = [
        ("AuthorizedKeysFile a \"\"\nPermitTunnel Yes\n", &["empty-argument", "bad-value"]),
        ("PubkeyAuthOptions x\nFoo y\n", &["unknown-option", "unknown-keyword"]),
        ("Foo \"x\nBar y\n", &["unknown-keyword", "open-quote", "unknown-keyword"]),
        ("Match User bob\nFoo x\nBar y\n", &["unknown-keyword", "global-only"]),
        ("ListenAddress 10.0.0.1:22 x\nFoo y\n", &["bad-value"]),
        ("Subsystem sftp\nFoo y\n", &["bad-value"]),
        ("Ciphers ,\n", &["empty-list"]),
        ("AuthorizedKeysCommand /x\n", &["command-without-user"]),
        ("AddressFamily inet\nListenAddress ::1\n", &["other-family"]),
        ("PubkeyAuthentication no\nAuthenticationMethods publickey,password\n", &["unmet-methods"]),
        ("PubkeyAuthentication no\nAuthenticationMethods publickey password\n", &[]),
        ("UseLogin no\nProtocol 2\n", &["deprecated"]),
    ];
    for (input, codes) in asked {
        let text = Text::read(Sshd::from(Version(9, 2)), input);
        let answer = effective(&text, &bob(), &Build::default());
        let found: Vec<&str> = answer.complaints().iter().map(|complained| complained.complaint.code()).collect();
        assert_eq!(found, codes, "{input}");
    }
}

#[test]
fn the_name_of_a_type_of_key_is_taken_and_names_no_algorithm() {
    for (list, value) in [("ssh-rsa,rsa", vec!["ssh-rsa".into()]), ("RSA,Ed25519-sk", vec![])] {
        let text = Text::read(Sshd::from(Version(9, 2)), format!("HostKeyAlgorithms {list}\n"));
        let answer = effective(&text, &bob(), &Build::default().with_known(Family::KeyTypes, "ssh-rsa,ssh-ed25519"));
        assert!(answer.starts(), "{list}");
        assert_eq!(answer.get("HostKeyAlgorithms"), Some(&Value::Known(value)), "{list}");
    }
}

#[test]
fn what_the_file_does_not_decide_is_unknown() {
    let asked = [
        "Ciphers +3des-cbc\n",
        "HostKeyAlgorithms ssh-*\n",
        "Banner issue\n",
        "Port ssh\n",
        "Include x\nUsePAM no\n",
        "Match Group wheel\nBanner /x\n",
        "ListenAddress localhost\n",
    ];
    for input in asked {
        let text = Text::read(Sshd::from(Version(9, 2)), input);
        let answer = effective(&text, &bob(), &Build::default());
        let keyword = ["Ciphers", "HostKeyAlgorithms", "Banner", "Port", "UsePAM", "ListenAddress"]
            .iter()
            .find_map(|keyword| answer.get(keyword))
            .unwrap();
        assert!(matches!(keyword, Value::Unknown(_)), "{input}: {keyword:?}");
    }
}

#[test]
fn before_8_7_an_open_quote_silently_ends_the_list() {
    let text = Text::read(
        Sshd::from(Grammar::Before87),
        "AllowUsers \"a b\nDenyUsers x=y#z\nBanner none # \"c\nSetEnv A=1 B=\"2 3\"\n",
    );
    let answer = effective(&text, &bob(), &Build::default());
    assert_eq!(answer.get("AllowUsers"), None);
    assert_eq!(answer.get("DenyUsers"), Some(&Value::Known(vec!["x".into(), "y".into()])));
    assert_eq!(answer.get("Banner"), Some(&Value::Known(vec!["none".into()])));
    assert_eq!(answer.get("SetEnv"), Some(&Value::Known(vec!["A=1".into(), "B=2 3".into()])));
}

#[test]
fn criteria_are_met_or_not_or_undecided() {
    let connection = Connection { address: Some("10.1.2.3".parse().unwrap()), local_port: Some(22), ..bob() };
    let asked = [
        ("User bob", Truth::Yes),
        ("User B*", Truth::No),
        ("User *,!bob", Truth::No),
        ("Address 10.0.0.0/8 LocalPort 22", Truth::Yes),
        ("Address 10.0.0.0/8,!10.1.0.0/16", Truth::No),
        ("Address 10.1.?.3", Truth::Yes),
        ("Host x", Truth::No),
        ("Group wheel", Truth::Unknown),
        ("Group wheel User eve", Truth::No),
        ("all", Truth::Yes),
    ];
    for (criteria, truth) in asked {
        let key = kvmprep_sshd_config::Key::block(criteria).unwrap();
        assert_eq!(key.scope().unwrap().criteria.matches(&connection), truth, "{criteria}");
    }
}
