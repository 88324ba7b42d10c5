//! Decisions that one sentence explains, and what is found beside them.

use kvmprep_lossless::Value;
use kvmprep_lossless::files::{Location, MemoryFiles};
use kvmprep_sshd_config::{CommandLine, MAIN_FILE, Situation};

use crate::{codes, explained, explained_from, for_connection, host, started_with, told};

#[test]
fn a_keyword_that_blocks_set_is_decided_for_each() {
    let host = host(&[(
        MAIN_FILE,
        "X11Forwarding yes\nMatch User bob\n\tX11Forwarding no\nMatch Group wheel\n\tBanner /w\nMatch Address 10.0.0.0/8,!10.0.0.0/16\n\tx11forwarding no\n",
    )]);
    assert_eq!(
        told(&explained(&host, &Situation::default(), "X11Forwarding")),
        [
            "X11Forwarding = yes: sshd_config:1",
            "Match[User bob].X11Forwarding (Match User bob) = no: sshd_config:3 > sshd_config:1",
            "Match[Address 10.0.0.0/8,!10.0.0.0/16].x11forwarding (Match Address 10.0.0.0/8,!10.0.0.0/16) = no: sshd_config:7 > sshd_config:1",
        ]
    );
    assert_eq!(
        told(&explained(&host, &Situation::default(), "Match[User bob].X11Forwarding")),
        ["Match[User bob].X11Forwarding (Match User bob) = no: sshd_config:3 > sshd_config:1"]
    );
    assert_eq!(
        told(&explained(&host, &Situation::default(), "Match[User eve].X11Forwarding")),
        ["Match[User eve].X11Forwarding (Match User eve) = yes: sshd_config:1"]
    );
    assert_eq!(
        told(&explained(&host, &Situation::default(), "Match[User bob]")),
        ["Match[User bob] (Match User bob) = User bob: sshd_config:2"]
    );
    assert_eq!(
        told(&explained(&host, &Situation::default(), "Match[User eve]")),
        ["Match[User eve] (Match User eve) = default: "]
    );
}

#[test]
fn an_earlier_block_that_may_hold_leaves_the_value_unknown() {
    let host = host(&[(
        MAIN_FILE,
        "Match Group wheel\n\tBanner /w\nMatch User bob\n\tBanner /b\nMatch LocalPort 2222\n\tBanner /p\n",
    )]);
    assert_eq!(
        told(&explained(&host, &Situation::default(), "Banner")),
        [
            "Banner = default: ",
            "Match[Group wheel].Banner (Match Group wheel) = /w: sshd_config:2",
            "Match[User bob].Banner (Match User bob) = unknown: what is known of the connection does not decide its block: sshd_config:2 > sshd_config:4",
            "Match[LocalPort 2222].Banner (Match LocalPort 2222) = /p: sshd_config:6",
        ]
    );
}

#[test]
fn a_port_that_is_not_told_leaves_a_connection_undecided() {
    let host = host(&[(MAIN_FILE, "Banner none\nMatch LocalPort 2222\n\tBanner /p\n")]);
    let told_of = |connection| told(&explained(&host, &for_connection(connection), "Banner"));
    let untold = "the port of the connection decides: etc/ssh/sshd_config:2: LocalPort is asked for, and no port told";
    assert_eq!(told_of("user=bob"), [format!("Banner (user=bob) = unknown: {untold}: ")]);
    assert_eq!(told_of("lport=22"), ["Banner (lport=22) = none: sshd_config:1"]);
    assert_eq!(told_of("lport=2222"), ["Banner (lport=2222) = /p: sshd_config:3 > sshd_config:1"]);
}

#[test]
fn all_includes_of_a_scope_add_up() {
    let main = "Include d/* e\nMatch User bob\ninclude f\n";
    let host = host(&[(MAIN_FILE, main), ("/etc/ssh/d/1", "Include g\n")]);
    let told_of = |key| told(&explained(&host, &Situation::default(), key));
    assert_eq!(told_of("Include"), ["Include = d/*|e|g: sshd_config:1 1:1"]);
    assert_eq!(told_of("Match[User bob].Include"), ["Match[User bob].Include (Match User bob) = f: sshd_config:3"]);
}

#[test]
fn the_reason_is_one_sentence() {
    let asked: &[(&str, &str, &str)] = &[
        ("Banner none\n", "Banner", "nothing else sets it"),
        ("Banner none\nBanner /x\n", "Banner", "the first value that sshd reads wins: the other stands below it"),
        (
            "Banner none\nBanner /x\nBanner /y\n",
            "Banner",
            "the first value that sshd reads wins: the others stand below it",
        ),
        ("", "Banner", "no file sets it: the built-in default holds"),
        ("Port 1\nPort 2\n", "Port", "all lines add up, in the order sshd reads them"),
        ("Port 1\n", "ListenAddress", "other keywords decide it"),
        (
            "IPQoS ef\nIPQoS af21\n",
            "IPQoS",
            "the last value that sshd reads wins, which is a slip of its parser in 9.2",
        ),
        (
            "UnusedConnectionTimeout 5\nUnusedConnectionTimeout none\n",
            "UnusedConnectionTimeout",
            "`none` beats every other value, wherever it stands",
        ),
        (
            "Banner /x\nMatch all\nBanner /y\n",
            "Banner",
            "`Match all` holds for every connection, and a block beats the global section",
        ),
        (
            "Banner /x\nMatch User bob\nBanner /y\n",
            "Match[User bob].Banner",
            "a Match block that the connection meets beats the global section, and the first such block wins",
        ),
        (
            "AllowUsers a\nMatch User bob\nAllowUsers b\n",
            "Match[User bob].AllowUsers",
            "a Match block that the connection meets beats the global section, and the first such block wins; \
             there all lines add up, in the order sshd reads them",
        ),
        ("UseLogin no\n", "UseLogin", "sshd accepts it and does not look at it"),
        (
            "Port x/y\n",
            "Banner",
            "sshd does not start with these files: etc/ssh/sshd_config:1: `Port` wants a port from 1 to 65535",
        ),
        (
            "Match Group w\nBanner /x\nMatch User bob\nBanner /y\n",
            "Match[User bob].Banner",
            "which line counts hangs on what is not known of the connection",
        ),
        ("Include ~/x\nBanner none\n", "Banner", "a file that sshd reads was not read, and may set it"),
        ("UsePAM no\nInclude ~/x\n", "UsePAM", "nothing else sets it"),
        ("Ciphers +aes128-cbc\n", "Ciphers", "nothing else sets it"),
        (
            "AuthorizedKeysFile ~/x\nAuthorizedKeysFile /y\n",
            "AuthorizedKeysFile",
            "the first value that sshd reads wins: the other stands below it",
        ),
        (
            "RekeyLimit 1G\nRekeyLimit 2G 1h\n",
            "RekeyLimit",
            "bytes and time are taken each for itself, from the first line that sets them",
        ),
        (
            "RekeyLimit 1G 2h\nRekeyLimit 2G 1h\n",
            "RekeyLimit",
            "the first value that sshd reads wins: the other stands below it",
        ),
        (
            "RekeyLimit 1G 1h\nMatch User bob\nRekeyLimit 2G\n",
            "Match[User bob].RekeyLimit",
            "bytes and time are taken each for itself, from the first line that sets them; a Match block that the \
             connection meets beats the global section, and the first such block wins",
        ),
        (
            "MaxStartups 10:30:100\nMaxStartups 5\n",
            "MaxStartups",
            "the last value that sshd reads wins, and a number alone leaves the rate as it stands",
        ),
        ("Banner none\n", "Match[User !bob].Banner", "no connection was found that meets these criteria"),
        (
            "Include d/*\nBanner none\n",
            "Banner",
            "the first value that sshd reads wins: etc/ssh/d/b is read before this place of etc/ssh/sshd_config",
        ),
    ];
    for (main, key, why) in asked {
        let host = host(&[(MAIN_FILE, main), ("/etc/ssh/d/b", "Banner /b\n")]);
        let explanation = explained(&host, &Situation::default(), key);
        let reasons: Vec<&str> = explanation.decisions.iter().map(|decision| decision.why.as_str()).collect();
        assert_eq!(reasons[0], *why, "{main}{key}");
    }
    let host = host(&[(MAIN_FILE, "Banner none\n")]);
    for (options, why) in [
        ("-oBanner=/x", "the first value that sshd reads wins, and its command line is read before every file"),
        ("-oBanner=/x", "the first value that sshd reads wins, and its command line is read before every file"),
    ] {
        assert_eq!(explained(&host, &started_with(options), "Banner").decisions[0].why, why);
    }
    let nothing_else = explained(&host, &started_with("-oPort=2 -oUsePAM=no"), "UsePAM");
    assert_eq!(nothing_else.decisions[0].why, "sshd's command line is read before every file");
}

#[test]
fn what_stops_sshd_is_found_with_its_place_and_nothing_is_taken() {
    let host = host(&[(MAIN_FILE, "Banner none\nInclude d/*\n"), ("/etc/ssh/d/bad", "\nPort nonsense/\n")]);
    let explanation = explained(&host, &Situation::default(), "Banner");
    let finding = &explanation.findings[0];
    assert_eq!((finding.diagnostic.code, finding.source), ("bad-value", Some(1)));
    assert_eq!(explanation.sources[1].path, "/etc/ssh/d/bad");
    assert_eq!(finding.diagnostic.span.map(|span| span.start), Some(1));
    assert!(matches!(explanation.decisions[0].value, Some(Value::Unknown(_))), "{explanation:?}");
    let missing = explained(&MemoryFiles::new(), &Situation::default(), "Banner");
    assert_eq!(codes(&missing), ["cannot-open", "does-not-start"]);
    assert_eq!((missing.findings[0].source, missing.findings[0].diagnostic.span), (None, None));
    assert_eq!(
        codes(&explained(&MemoryFiles::new(), &started_with("-oPort=2"), "Port")),
        ["cannot-open", "does-not-start"]
    );
}

#[test]
fn a_drop_in_is_the_systems_and_another_file_is_read_by_a_daemon_of_its_own() {
    let host = host(&[
        (MAIN_FILE, "Include sshd_config.d/*.conf\nBanner none\n"),
        ("/etc/ssh/sshd_config.d/a.conf", "Banner /a\n"),
        ("/etc/ssh/sshd_config.d/b.off", "Banner /b\n"),
        ("/srv/sshd_config", "Banner /srv\n"),
    ]);
    let all = Situation::default();
    let system = ["Banner = /a: a.conf:1 > sshd_config:2"];
    for (path, told_there, found) in [
        ("/etc/ssh/sshd_config.d/a.conf", &system[..], &[][..]),
        ("/etc/ssh/sshd_config.d/b.off", &system, &["not-read"]),
        ("/etc/ssh/sshd_config.d/new.conf", &system, &[]),
        ("/srv/sshd_config", &["Banner = /srv: sshd_config:1"], &[]),
    ] {
        let explanation = explained_from(&host, path, &all, "Banner");
        assert_eq!(told(&explanation), told_there, "{path}");
        assert_eq!(codes(&explanation), found, "{path}");
    }
    let told_a_file = explained(&host, &started_with("-f /srv/sshd_config"), "Banner");
    assert_eq!(told(&told_a_file), ["Banner = /srv: sshd_config:1"]);
    assert_eq!(codes(&told_a_file), ["not-read"]);
    let gone = explained(&host, &started_with("-f /srv/other"), "Banner");
    assert_eq!(codes(&gone), ["not-read", "cannot-open", "does-not-start"]);
    assert!(matches!(gone.decisions[0].value, Some(Value::Unknown(_))), "{gone:?}");
    assert!(CommandLine::parse("/etc/sysconfig/sshd", "-f other").is_err(), "it hangs on where sshd is started");
    let from_there = explained_from(&host, "/srv/sshd_config", &started_with("-f /srv/sshd_config"), "Banner");
    assert_eq!(told(&from_there), ["Banner = /srv: sshd_config:1"]);
}

#[test]
fn a_file_that_was_not_read_leaves_unknown_what_it_may_set() {
    let host = host(&[(MAIN_FILE, "UseDNS no\nBanner none\nInclude ~/x\nUsePAM yes\n")]);
    for (key, told_of_it) in [
        ("UseDNS", "UseDNS = no: sshd_config:1"),
        ("Banner", "Banner = unknown: a path with `~`: the daemon's working directory decides: sshd_config:2"),
        ("UsePAM", "UsePAM = unknown: a path with `~`: the daemon's working directory decides: sshd_config:4"),
        ("StrictModes", "StrictModes = unknown: a path with `~`: the daemon's working directory decides: "),
    ] {
        let explanation = explained(&host, &Situation::default(), key);
        assert_eq!(told(&explanation), [told_of_it]);
        assert_eq!(codes(&explanation), ["unread"]);
    }
    let explanation = explained(&host, &Situation::default(), "StrictModes");
    assert_eq!(explanation.decisions[0].why, "a file that sshd reads was not read, and may set it");
}

#[test]
fn an_address_to_listen_on_names_the_lines_it_takes_its_port_from() {
    let asked: &[(&str, &str, &[&str])] = &[
        (
            "Port 1\nListenAddress 192.0.2.1\nPort 2\n",
            "ListenAddress = 192.0.2.1:1|192.0.2.1:2: sshd_config:2",
            &["1", "2"],
        ),
        ("Port 1\nListenAddress 192.0.2.1:22\n", "ListenAddress = 192.0.2.1:22: sshd_config:2", &[]),
        ("Port 1\nListenAddress \"[::1]:22\"\n", "ListenAddress = [::1]:22: sshd_config:2", &[]),
        ("ListenAddress 192.0.2.1\n", "ListenAddress = 192.0.2.1:22: sshd_config:1", &[]),
        (
            "AddressFamily inet\nPort 1\n",
            "ListenAddress = unknown: all addresses of that host, as Port and AddressFamily say: ",
            &["1", "inet"],
        ),
    ];
    for (main, decided, follows) in asked {
        let explanation = explained(&host(&[(MAIN_FILE, main)]), &Situation::default(), "ListenAddress");
        assert_eq!(told(&explanation), [*decided]);
        let text = |at: &Location| String::from_utf8(at.span.of(main.as_bytes()).to_vec()).unwrap();
        assert_eq!(explanation.decisions[0].follows.iter().map(text).collect::<Vec<_>>(), *follows, "{main}");
    }
}

/// The winner's line is taken out, again and again.
#[test]
fn what_is_shadowed_stands_in_the_order_in_which_it_would_win() {
    let main = "Include d/*\nIPQoS ef\nBanner /1\nUnusedConnectionTimeout 1\nBanner /2\nMatch User b*\n\tBanner /3\n\
                \tIPQoS af21\n\tInclude e\nMatch User bob\n\tBanner /4\n\tUnusedConnectionTimeout 2\n\tIPQoS cs1\n\
                \tUnusedConnectionTimeout none\nMatch all\n\tBanner /5\n\tIPQoS cs2\n";
    let first =
        "Banner /6\nIPQoS cs3\nUnusedConnectionTimeout none\nMatch User *b\n\tBanner /7\n\tUnusedConnectionTimeout 3\n";
    let included = "Banner /8\nUnusedConnectionTimeout 4\nUnusedConnectionTimeout none\nIPQoS cs4\n";
    let names = [MAIN_FILE, "/etc/ssh/d/1", "/etc/ssh/e"];
    for (key, lines) in [("Banner", 8), ("IPQoS", 6), ("UnusedConnectionTimeout", 7)] {
        let mut texts = [main.to_owned(), first.to_owned(), included.to_owned()];
        let mut expected: Option<Vec<String>> = None;
        for left in (1..=lines).rev() {
            let host =
                names.iter().zip(&texts).fold(MemoryFiles::new(), |host, (name, text)| host.with(*name, &**text));
            let explanation = explained(&host, &for_connection("user=bob"), key);
            let decision = &explanation.decisions[0];
            let line = |at: &Location| {
                let text = explanation.sources[at.source].text.to_vec();
                String::from_utf8(at.span.of(&text).to_vec()).unwrap()
            };
            let places: Vec<Location> = decision.at.iter().chain(&decision.shadowed).copied().collect();
            let said: Vec<String> = places.iter().map(line).collect();
            assert_eq!(said.len(), left, "{key}: {said:?}");
            if let Some(expected) = expected {
                assert_eq!(said, expected, "{key}");
            }
            expected = Some(said[1..].to_vec());
            let source = &explanation.sources[places[0].source];
            let number = names.iter().position(|name| *name == source.path).unwrap();
            let start = texts[number][..places[0].span.start].rfind('\n').map_or(0, |end| end + 1);
            texts[number].replace_range(start..places[0].span.end + 1, "");
        }
    }
}
