//! What is remarked on a file, and that what mends it changes nothing sshd takes.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::disallowed_types, missing_docs)]

mod real;

use kvmprep_lossless::files::MemoryFiles;
use kvmprep_lossless::{Document, Format, Lint, Place, Request, Severity, Value};
use kvmprep_sshd_config::{Build, Connection, Key, MAIN_FILE, Sshd, Version, effective_host};
use proptest::prelude::*;
use proptest::sample::select;

fn lint(dialect: Sshd, text: &[u8]) -> Vec<Lint<Key>> {
    dialect.lint(Document::parse_as(dialect, text).text())
}

/// Each remark as `line:column code`, with `fixed` behind it where something mends it.
fn told(dialect: Sshd, text: &str) -> Vec<String> {
    let told = |lint: Lint<Key>| {
        let place = lint.diagnostic.span.map(|span| Place::of(text.as_bytes(), span.start).to_string());
        let fixed = if lint.fix.is_some() { " fixed" } else { "" };
        format!("{} {}{fixed}", place.unwrap_or_default(), lint.diagnostic.code)
    };
    lint(dialect, text.as_bytes()).into_iter().map(told).collect()
}

#[test]
fn a_file_without_fault_gets_no_remark() {
    let text = "Include /etc/ssh/sshd_config.d/*.conf\nPort 22\nPort 2222\nListenAddress 192.0.2.1\nHostKey /a\nHostKey /b\n\
                Ciphers aes128-ctr,aes256-ctr\nPubkeyAcceptedAlgorithms ssh-*\nAllowUsers a b@10.0.0.0/8,192.0.2.0/24\n\
                AllowUsers c\nSubsystem sftp /x\nSubsystem other /y\nMatch User bob,*,!eve\n\tBanner none\nMatch Host 192.0.2.*\n  Banner /x\n";
    assert_eq!(told(Sshd::default(), text), [""; 0]);
}

#[test]
fn remarks_stand_in_the_order_of_the_file() {
    let asked: &[(&str, &[&str])] = &[
        ("Banner none\nBanner /x\nbanner /y\n", &["2:8 shadowed fixed", "3:8 shadowed fixed"]),
        ("IPQoS ef\nIPQoS af21\n", &["1:7 shadowed fixed"]),
        ("SetEnv A=1\nSetEnv B=2\n", &["2:8 shadowed fixed"]),
        ("RekeyLimit 1G\nRekeyLimit 1G 1h\n", &["2:12 shadowed"]),
        ("UnusedConnectionTimeout 5\nUnusedConnectionTimeout 6\n", &["2:25 shadowed fixed"]),
        ("UnusedConnectionTimeout 5\nInclude x\nUnusedConnectionTimeout 6\n", &["3:25 shadowed"]),
        ("Match User bob\n\tBanner none\n\tBanner /x\n", &["3:9 shadowed fixed"]),
        ("Match User bob\n\tBanner none\nMatch user bob\n\tBanner /x\n\tPermitTTY no\n", &["4:9 shadowed fixed"]),
        ("UseLogin no\nProtocol 2\nUseDNS no\n", &["1:1 deprecated fixed", "2:1 ignored fixed"]),
        ("Banner none\nMatch all\nBanner /x\n", &["1:8 match-all-wins"]),
        ("Foo x\nUseLogin no\nUsePAM no\nUsePAM no\n", &["1:1 unknown-keyword", "2:1 deprecated", "4:8 duplicate"]),
        ("Match User bob\nPort 22\n", &["2:1 global-only"]),
        ("Ciphers aes128-ctr,3des-cbc\nMACs hmac-md5\n", &["1:20 weak-algorithm", "2:6 weak-algorithm"]),
        ("Ciphers 3des-cbc\nCiphers \"3des-cbc\"\n", &["1:9 weak-algorithm", "2:9 duplicate fixed"]),
        ("Ciphers \"+arcfour\"\n", &["1:11 unknown-algorithm"]),
        ("Port 22\nPort 23\nPort 022\n", &["3:6 duplicate"]),
        (
            "AllowUsers a b a\nallowusers c b\nDenyUsers a\nMatch User x\n\tAllowUsers a\n",
            &["1:16 duplicate", "2:14 duplicate"],
        ),
        (
            "ListenAddress ::1 rdomain a\nListenAddress ::1 rdomain b\nListenAddress ::1 rdomain a\n",
            &["3:15 duplicate"],
        ),
        ("Subsystem a /x\nSubsystem b /x\nInclude x\nInclude x\n", &[]),
        ("Ciphers aes128-ctr,aes-128\n", &["1:20 unknown-algorithm"]),
        ("Ciphers -arcfour,3des-cbc\nHostKeyAlgorithms -ssh-*\n", &[]),
        ("Ciphers aes128-ctr,,foo\n", &["1:9 empty-item"]),
        ("Ciphers -3des-cbc,-aes128-cbc\n", &["1:19 prefix-in-list"]),
        ("HostKeyAlgorithms rsa-sha2-256,rsa\n", &["1:32 names-nothing"]),
        ("Ciphers -*\n", &["1:9 removes-everything"]),
        ("Match User !bob\n\tBanner none\n", &["1:1 never-matches"]),
        ("Match Host a.example.com\n\tBanner none\n", &["1:1 host-needs-dns"]),
        ("UseDNS yes\nMatch Host a.example.com\n\tBanner none\n", &[]),
        ("UseDNS no\nInclude x\nMatch Host a.example.com\n\tBanner none\n", &["3:1 host-needs-dns"]),
        ("Include x\nMatch Host a.example.com\n\tBanner none\n", &[]),
        ("Match User bob\n\tBanner none\nPermitTTY no\n", &["3:1 unindented"]),
        ("Match User bob\nBanner none\nPermitTTY no\n", &[]),
        ("VersionAddendum x # y\nForceCommand echo a#b\n", &["1:19 comment-in-value"]),
        ("AllowUsers a,b c\nDenyGroups x,y\n", &["1:12 comma-in-pattern", "2:12 comma-in-pattern"]),
        ("ChallengeResponseAuthentication no\n", &["1:1 old-name"]),
        ("Port 1\nListenAddress 192.0.2.1:22\nListenAddress [::1]:22\n", &["1:6 port-unused"]),
        ("Port 1\nListenAddress 192.0.2.1:22\nListenAddress ::1\n", &[]),
        ("\"Port 22\n==Port 1\nPort 3\0\n", &["1:1 line-ignored", "2:1 line-ignored", "3:1 nul-in-file"]),
    ];
    for (text, remarks) in asked {
        assert_eq!(told(Sshd::default(), text), *remarks, "{text}");
    }
}

#[test]
fn releases_differ_in_what_they_take() {
    let long = format!("# {}\n", "x".repeat(4091));
    let longer = format!("# {}\n", "x".repeat(4092));
    let asked: &[(Version, &str, &[&str])] = &[
        (Version(6, 6), "Ciphers +3des-cbc\n", &["1:9 prefix-too-new", "1:10 weak-algorithm"]),
        (Version(7, 4), "Ciphers +aes128-cbc\nMACs -hmac-md5\n", &["1:10 weak-algorithm", "2:6 prefix-too-new"]),
        (Version(8, 0), "MACs -hmac-md5\nCiphers ^aes128-ctr\n", &["2:9 prefix-too-new"]),
        (Version(8, 7), "Ciphers ^aes128-ctr\n", &[]),
        (Version(5, 3), "Ciphers arcfour,aes128-gcm@openssh.com\n", &["1:9 weak-algorithm", "1:17 unknown-algorithm"]),
        (Version(9, 9), "HostKeyAlgorithms ssh-dss\n", &["1:19 weak-algorithm"]),
        (Version(10, 0), "HostKeyAlgorithms ssh-dss\n", &["1:19 unknown-algorithm"]),
        (Version(5, 3), "ListenAddress 192.0.2.1\nPort 22\n", &["2:1 too-late"]),
        (Version(7, 4), "ListenAddress 192.0.2.1\nPort 22\n", &[]),
        (Version(8, 0), "AllowUsers a \"b c\n", &["1:14 dead-words"]),
        (
            Version(8, 0),
            "ChallengeResponseAuthentication no\nPubkeyAcceptedKeyTypes ssh-rsa\n",
            &["2:24 weak-algorithm"],
        ),
        (Version(7, 4), &long, &[]),
        (Version(7, 4), &longer, &["1:1 line-too-long"]),
        (Version(5, 3), &longer, &["1:1024 line-in-pieces"]),
        (Version(8, 0), &longer, &[]),
        (Version(8, 0), "Include x\n", &["1:1 in-some-builds"]),
        (Version(7, 4), "Include x\n", &["1:1 unknown-keyword"]),
        (
            Version(8, 7),
            "RSAMinSize 2048\nKerberosUseKuserok no\n",
            &["1:1 old-name", "1:1 in-some-builds", "2:1 in-some-builds"],
        ),
        (
            Version(7, 4),
            "UsePrivilegeSeparation sandbox\nUseLogin no\nProtocol 2\n",
            &["2:1 deprecated fixed", "3:1 ignored fixed"],
        ),
        (Version(9, 9), "Match User bob\n\tSubsystem sftp /x\n", &["2:17 lone-subsystem"]),
        (Version(10, 3), "Match User bob\n\tSubsystem sftp /x\n", &[]),
        (Version(9, 9), "Subsystem a /x\nMatch User bob\n\tSubsystem sftp /x\n", &[]),
        (Version(9, 9), "Match User bob\n\tSubsystem sftp /x\nMatch all\n\tSubsystem a /x\n", &[]),
        (Version(9, 9), "Include x\nMatch User bob\n\tSubsystem sftp /x\n", &[]),
        (Version(10, 4), "Ciphers ,aes128-ctr\n", &["1:1 bad-value"]),
        (Version(10, 1), "Ciphers ,aes128-ctr\n", &[]),
        (Version(5, 3), "UseLogin no\nProtocol 2\nSkeyAuthentication no\n", &["3:1 old-name"]),
    ];
    for (version, text, remarks) in asked {
        assert_eq!(told(Sshd::from(*version), text), *remarks, "{version} {text:.40}");
    }
}

#[test]
fn a_name_that_no_build_takes_is_an_error_and_one_that_some_may_take_a_warning() {
    let severity = |version: Version, text: &str| {
        let lints = lint(Sshd::from(version), text.as_bytes());
        let told = lints.into_iter().find(|lint| lint.diagnostic.code == "unknown-algorithm");
        told.map(|lint| lint.diagnostic.severity)
    };
    for (version, text, told) in [
        (Version(9, 2), "Ciphers aes-128\n", Some(Severity::Error)),
        (Version(9, 2), "Ciphers x@openssh.com\n", Some(Severity::Error)),
        (Version(9, 2), "Ciphers chacha20-poly1305-mt@hpnssh.org\n", Some(Severity::Warning)),
        (Version(9, 2), "Ciphers arcfour\n", Some(Severity::Error)),
        (Version::NEWEST, "Ciphers arcfour\n", Some(Severity::Warning)),
        (Version(5, 3), "Ciphers aes128-gcm@openssh.com\n", Some(Severity::Error)),
        (Version(8, 7), "KexAlgorithms mlkem768x25519-sha256\n", Some(Severity::Warning)),
        (Version(8, 7), "HostKeyAlgorithms *foo*,ssh-ed25519\n", None),
        (Version(9, 2), "Ciphers -aes-128\n", None),
    ] {
        assert_eq!(severity(version, text), told, "{version} {text}");
    }
}

#[test]
fn every_remark_says_how_to_go_on_and_errors_are_what_stops_sshd_or_all_logins() {
    let text = b"Foo x\nBanner none\nBanner /x\nUseLogin no\nProtocol 2\nCiphers -*\nMatch User !b\n\tBanner none\nPermitTTY no\n";
    for lint in lint(Sshd::default(), text) {
        assert!(lint.diagnostic.help.is_some() && lint.diagnostic.span.is_some(), "{lint:?}");
        let stops = matches!(lint.diagnostic.code, "unknown-keyword" | "removes-everything");
        assert_eq!(lint.diagnostic.severity == Severity::Error, stops, "{lint:?}");
    }
}

const LINES: &[&str] = &[
    "# comment",
    "Banner none",
    "Banner /x # keep",
    "banner \"/y\"",
    "UseLogin no",
    "RSAAuthentication yes # why",
    "Protocol 2",
    "Ciphers aes128-ctr,aes256-ctr",
    "Ciphers +3des-cbc",
    "SetEnv A=1 B=2",
    "SetEnv C=3",
    "IPQoS ef",
    "IPQoS af21 cs1",
    "FingerprintHash md5",
    "FingerprintHash sha256",
    "RekeyLimit 1G",
    "RekeyLimit 2G 1h",
    "UnusedConnectionTimeout 5m",
    "UnusedConnectionTimeout none",
    "MaxStartups 5",
    "MaxStartups 6",
    "AllowUsers a b",
    "AllowUsers c",
    "ForceCommand echo hi # x",
    "ForceCommand /bin/true",
    "PermitTTY no",
    "PermitTTY yes",
    "ChallengeResponseAuthentication no",
    "KbdInteractiveAuthentication yes",
    "PasswordAuthentication no",
    "Subsystem sftp /x",
    "Include x",
    "Match User bob",
    "Match user bob # again",
    "Match User b*",
    "Match all",
    "Match User eve",
];

fn file() -> impl Strategy<Value = Vec<u8>> {
    let line = (select(LINES), select(&["\n", "\n", "\r\n"][..]));
    prop::collection::vec(line, 0..12)
        .prop_map(|lines| lines.iter().map(|(line, ending)| format!("{line}{ending}")).collect::<String>().into_bytes())
}

/// What sshd takes for everything that the lines above speak of, for some connections.
fn taken(dialect: Sshd, bytes: Vec<u8>) -> Vec<Option<Value>> {
    let included = "Banner /inc\nIPQoS cs3\nUnusedConnectionTimeout 7m\nMatch User bob\nPermitTTY no\n";
    let files = MemoryFiles::new().with(MAIN_FILE, bytes).with("/etc/ssh/x", included);
    let connections = ["", "user=bob,lport=1", "user=eve", "user=bill"];
    let answer = |connection: &str| {
        let connection: Connection = connection.parse().unwrap();
        let answer = effective_host(&files, MAIN_FILE.into(), dialect, &connection, &Build::default());
        let keywords = LINES.iter().filter_map(|line| line.split_whitespace().next());
        let mut values: Vec<Option<Value>> = keywords.map(|keyword| answer.get(keyword).cloned()).collect();
        values.push(Some(Value::Known(vec![answer.starts().to_string().into()])));
        values
    };
    connections.iter().flat_map(|connection| answer(connection)).collect()
}

/// Files made of the lines above, by rotation: sshd prints the same of each before and after it is mended.
#[test]
fn sshd_takes_the_same_from_a_file_that_was_mended() {
    let dialect = Sshd::default();
    let mut mended = 0;
    for start in 0..60 {
        let lines = (0..9).map(|i| LINES[(start * 7 + i * (2 + start % 5)) % LINES.len()]);
        let text: String = lines.map(|line| format!("{}\n", line.replace("Include x", "Include /etc/ssh/x"))).collect();
        let mut document = Document::parse_as(dialect, text.clone());
        let fixes: Vec<Request<Key>> = dialect.lint(document.text()).into_iter().filter_map(|lint| lint.fix).collect();
        fixes.iter().for_each(|fix| _ = document.apply(fix).unwrap());
        if fixes.is_empty() {
            continue;
        }
        mended += 1;
        let after = String::from_utf8(document.to_bytes()).unwrap();
        let (main, included) = ("/etc/ssh/sshd_config", ("/etc/ssh/x", "Banner /inc\nIPQoS cs3\n"));
        let Some(before) = real::Real::over(&[(main, &text), included]) else { return };
        let after = real::Real::over(&[(main, &after), included]).unwrap();
        for connection in [&[][..], &["-C", "user=bob"], &["-C", "user=bill"]] {
            let lines = |real: &real::Real| {
                let mut lines = real.lines(connection).unwrap();
                lines.retain(|(keyword, _)| keyword != "hostkey");
                lines
            };
            assert_eq!(lines(&before), lines(&after), "{text}");
        }
    }
    assert!(mended > 10, "{mended}");
}

fn dialect() -> impl Strategy<Value = Sshd> {
    select(vec![Sshd::default(), Sshd::from(Version(8, 7)), Sshd::from(Version(10, 5)), Sshd::from(Version(8, 0))])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn what_mends_a_file_changes_nothing_that_sshd_takes(bytes in file(), dialect in dialect()) {
        let mut document = Document::parse_as(dialect, bytes.clone());
        let fixes: Vec<Request<Key>> = dialect.lint(document.text()).into_iter().filter_map(|lint| lint.fix).collect();
        let before = taken(dialect, bytes);
        for fix in &fixes {
            document.apply(fix).unwrap();
            prop_assert_eq!(&taken(dialect, document.to_bytes()), &before, "after {:?}", fix);
        }
        let left: Vec<_> = dialect.lint(document.text()).into_iter().filter(|lint| lint.fix.is_some()).collect();
        prop_assert!(left.is_empty(), "{:?}", left);
    }

    #[test]
    fn no_bytes_make_a_remark_panic(bytes in prop::collection::vec(any::<u8>(), 0..80), lines in file(), dialect in dialect()) {
        let mixed = [bytes, lines].concat();
        for lint in lint(dialect, &mixed) {
            prop_assert!(lint.diagnostic.span.is_none_or(|span| span.end <= mixed.len()), "{:?}", lint);
        }
    }
}
