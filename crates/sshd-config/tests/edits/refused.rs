//! What is not written, and what hostile values come to.

use bstr::BString;
use kvmprep_lossless::{Absent, EditError, Request};
use kvmprep_sshd_config::{Grammar, Key, Sshd, SshdConfig, Version};

use crate::Then::{AlreadySo, Made, Noted, Refused};
use crate::{g, k, run, run_as};

#[test]
fn what_cannot_be_promised_is_refused() {
    run(vec![
        ("an unknown keyword", "", Request::set(g("PermitRotLogin"), "no"), Refused("unknown-keyword")),
        ("by decision", "", Request::set(g("FooBar"), "no").allow("unknown-keyword"), Made("FooBar no\n")),
        ("no word", "", Request::set(g("Port 22"), "no").allow("unknown-keyword"), Refused("not-a-keyword")),
        ("Match", "", Request::set(g("Match"), "all"), Refused("match-line")),
        ("Include", "", Request::add(g("Include"), "/x"), Refused("include")),
        ("a wrong value", "", Request::set(g("PermitRootLogin"), "maybe"), Refused("bad-value")),
        (
            "a wrong value, by decision",
            "",
            Request::set(g("PermitRootLogin"), "maybe").allow("bad-value"),
            Made("PermitRootLogin maybe\n"),
        ),
        ("two values", "", Request::set_all(g("PermitRootLogin"), ["yes", "no"]), Refused("wrong-number")),
        ("no value", "", Request::set_all(g("AllowUsers"), Vec::<BString>::new()), Refused("wrong-number")),
        ("an old relic", "", Request::set(g("UsePrivilegeSeparation"), "yes"), Refused("ignored-keyword")),
        ("newer than that sshd", "", Request::set(g("PerSourcePenalties"), "no"), Refused("keyword-too-new")),
        ("a subsystem without its name", "", Request::set(g("Subsystem"), "sftp /x"), Refused("name-needed")),
        ("a name where none belongs", "", Request::set(k("Port[x]"), "1"), Refused("no-such-name")),
        ("all ciphers taken out", "", Request::set(g("Ciphers"), "-*"), Refused("removes-everything")),
        ("an empty item", "", Request::set(g("Ciphers"), "a,,b"), Refused("bad-value")),
        ("a lone prefix", "", Request::set(g("Ciphers"), "+"), Refused("bad-value")),
        ("a pattern for ciphers", "", Request::set(g("Ciphers"), "aes*"), Refused("bad-value")),
        ("a broken line of the keyword", "Port 22 23\n", Request::set(g("Port"), "1"), Refused("broken-line")),
        ("a comment for a value", "AllowUsers # nobody\n", Request::set(g("AllowUsers"), "a"), Refused("broken-line")),
        ("a relative command", "", Request::set(g("AuthorizedKeysCommand"), "\"/bin/x\""), Refused("bad-value")),
        ("a quote that does not close", "", Request::set(g("ForceCommand"), "echo it's"), Refused("unwritable-value")),
        ("blanks around the rest of a line", "", Request::set(g("ForceCommand"), " x"), Refused("unwritable-value")),
    ]);
    let mut nul = SshdConfig::parse(&b"#c\0\nPort 5\nPort 6\n"[..]);
    assert!(
        matches!(nul.apply(&Request::set(g("Port"), "7")), Err(EditError::Refused(why)) if why.code() == "nul-in-file")
    );
}

#[test]
fn before_8_7_nothing_is_written_that_the_older_grammar_reads_otherwise() {
    let old = Sshd::from(Grammar::Before87);
    run_as(
        old,
        vec![
            ("no #", "", Request::set(g("Banner"), "/x#y"), Refused("unwritable-value")),
            ("= in quotes", "", Request::set(g("Banner"), "/x=y"), Made("Banner \"/x=y\"\n")),
            ("an apostrophe is a letter", "", Request::set(g("AllowUsers"), "o'neil"), Made("AllowUsers o'neil\n")),
            (
                "= separates words",
                "AllowUsers a=b c#d\n",
                Request::add(g("AllowUsers"), "e"),
                Made("AllowUsers a=b c e#d\n"),
            ),
            (
                "dead words behind an open quote are not read",
                "AllowUsers a \"b c\n",
                Request::remove(g("AllowUsers"), "b"),
                AlreadySo,
            ),
            ("they go with their line", "DenyUsers a \"b c\n", Request::unset(g("DenyUsers")), Made("")),
            (
                "two keywords, one today",
                "ChallengeResponseAuthentication yes\n",
                Request::set(g("KbdInteractiveAuthentication"), "no"),
                Made("ChallengeResponseAuthentication yes\nKbdInteractiveAuthentication no\n"),
            ),
            (
                "the name that release knows",
                "",
                Request::set(g("PubkeyAcceptedAlgorithms"), "ssh-rsa"),
                Made("PubkeyAcceptedKeyTypes ssh-rsa\n"),
            ),
            ("^ came later", "", Request::set(g("Ciphers"), "^aes128-ctr"), Refused("prefix-too-new")),
        ],
    );
    run_as(
        Sshd::from(Version(5, 3)),
        vec![
            ("no + in 5.3", "", Request::add(g("Ciphers"), "3des-cbc").absent(Absent::Plus), Refused("prefix-too-new")),
            (
                "Port goes before ListenAddress",
                "UsePAM no\nListenAddress 10.0.0.1\n",
                Request::set(g("Port"), "2222"),
                Made("UsePAM no\nPort 2222\nListenAddress 10.0.0.1\n"),
            ),
            (
                "global-only there",
                "Match User bob\n",
                Request::set(k("Match[User bob].AllowUsers"), "x"),
                Refused("global-only"),
            ),
        ],
    );
}

/// Attempts to make one value into more: each is refused, or reads back as exactly that value and nothing else moves.
#[test]
fn a_hostile_value_never_becomes_a_second_directive() {
    const ATTACKS: &[&str] = &[
        "x\nPermitRootLogin yes",
        "x\r\nMatch all",
        "x\rPort 1",
        "x\0y",
        "x y",
        "x\ty",
        "x # y",
        "#",
        "# x",
        "\"",
        "x\" \"y",
        "\"x\"",
        "'",
        "x'y",
        "x\\",
        "\\",
        "x\\\" y",
        "x \\\" y\\",
        "=",
        "=x",
        "==x",
        "x=y",
        "",
        " ",
        " x",
        "x ",
        "\t",
        "x,y",
        "+x",
        "-*",
        "*",
        "!x",
        "Match all",
        "x\u{202e}y",
        "x\u{feff}",
        "x\u{200b}",
        "\u{7f}",
        "\u{85}",
        "x\u{a0}y",
        "\x0b",
        "\x0c",
        "x\x0c",
        "%h/../x",
        "$(id)",
        "`id`",
        "${HOME}",
        "/x;y",
        "a\\ b",
        "a b\\",
        "\"a b",
        "a b\"",
        "@",
        "~",
        "é",
        "x\u{2028}y",
    ];
    const BEFORE: &str = "Banner /a # c\nAllowUsers u v # w\nCiphers aes128-ctr # d\nForceCommand echo\nPort 22\n#PidFile none\nSubsystem sftp /x\nMatch User bob\n\tBanner /b\n";
    let keys = [
        "Banner",
        "AllowUsers",
        "Ciphers",
        "ForceCommand",
        "Port",
        "PidFile",
        "Subsystem[sftp]",
        "Subsystem[new]",
        "Match[User bob].Banner",
        "Match[User bob].AllowUsers",
        "XAuthLocation",
        "AcceptEnv",
        "VersionAddendum",
    ];
    for dialect in [Sshd::default(), Sshd::from(Grammar::Before87), Sshd::from(Version(10, 5))] {
        for (key, attack) in keys.iter().flat_map(|key| ATTACKS.iter().map(move |attack| (k(key), *attack))) {
            for request in [
                Request::set(key.clone(), attack),
                Request::add(key.clone(), attack),
                Request::set(key.clone(), attack).allow("bad-value"),
            ] {
                kvmprep_lossless::laws::edits_keep_their_promises(
                    &dialect,
                    BEFORE.as_bytes(),
                    std::slice::from_ref(&request),
                )
                .unwrap_or_else(|broken| panic!("{key} {attack:?}: {broken}"));
                let mut document = SshdConfig::parse_as(dialect, BEFORE);
                if document.apply(&request).is_ok_and(|change| change.is_made()) {
                    let values = document.get(&key)[0].value.known().unwrap().to_vec();
                    assert!(
                        values.contains(&attack.into()) || key.keyword() == Some("Ciphers"),
                        "{key} {attack:?}: {values:?}"
                    );
                }
            }
        }
        for name in ATTACKS {
            let request = Request::set(Key::subsystem(*name), "/x");
            kvmprep_lossless::laws::edits_keep_their_promises(&dialect, BEFORE.as_bytes(), &[request]).unwrap();
            if let Ok(key) = Key::in_block(&format!("User {name}"), "Banner") {
                let request = Request::set(key, "/x").allow("no-such-block");
                kvmprep_lossless::laws::edits_keep_their_promises(&dialect, BEFORE.as_bytes(), &[request]).unwrap();
            }
        }
    }
}

/// Each of these stopped a real sshd, or was not heard by it.
#[test]
fn edits_that_stop_sshd_or_that_it_does_not_hear() {
    run(vec![
        (
            "a command to ask for keys, and nobody to run it",
            "Port 22\n",
            Request::set(g("AuthorizedKeysCommand"), "/k"),
            Refused("stops-daemon"),
        ),
        (
            "with somebody to run it",
            "AuthorizedKeysCommandUser nobody\n",
            Request::set(g("AuthorizedKeysCommand"), "/k"),
            Made("AuthorizedKeysCommandUser nobody\nAuthorizedKeysCommand /k\n"),
        ),
        (
            "the one who runs it goes",
            "AuthorizedKeysCommandUser nobody\nAuthorizedKeysCommand /k\n",
            Request::unset(g("AuthorizedKeysCommandUser")),
            Refused("stops-daemon"),
        ),
        (
            "by decision",
            "AuthorizedKeysCommandUser nobody\nAuthorizedKeysCommand /k\n",
            Request::unset(g("AuthorizedKeysCommandUser")).allow("stops-daemon"),
            Made("AuthorizedKeysCommand /k\n"),
        ),
        (
            "the only method of authentication is switched off",
            "AuthenticationMethods publickey\n",
            Request::set(g("PubkeyAuthentication"), "no"),
            Refused("stops-daemon"),
        ),
        (
            "an address of another family",
            "ListenAddress ::1\n",
            Request::set(g("AddressFamily"), "inet"),
            Refused("stops-daemon"),
        ),
        (
            "an included file may say who runs it",
            "Include x\n",
            Request::set(g("AuthorizedKeysCommand"), "/k"),
            Noted("Include x\nAuthorizedKeysCommand /k\n", &["include-earlier"]),
        ),
        (
            "behind an AuthorizedKeysCommand nothing is heard. Case principals-command-passed-over",
            "AuthorizedPrincipalsCommandUser a\nAuthorizedKeysCommandUser a\nAuthorizedKeysCommand /k\n",
            Request::set(g("AuthorizedPrincipalsCommand"), "/p"),
            Refused("passed-over"),
        ),
        (
            "and what stands there comes to be heard with that line gone",
            "AuthorizedKeysCommand /k\nAuthorizedPrincipalsCommand /p\n",
            Request::unset(g("AuthorizedKeysCommand")),
            Refused("passed-over"),
        ),
        (
            "of a variable's values the first counts",
            "SetEnv LC_X=\n",
            Request::add(g("SetEnv"), "LC_X=a=b"),
            Refused("passed-over"),
        ),
        ("in one request too", "", Request::set_all(g("SetEnv"), ["A=1", "B=2", "A=3"]), Refused("passed-over")),
        (
            "nothing goes behind none. Case permitopen-none-and-more",
            "PermitOpen none\n",
            Request::add(g("PermitOpen"), "h:22"),
            Refused("bad-value"),
        ),
        ("nor may it be asked for so", "", Request::set_all(g("PermitListen"), ["none", "8080"]), Refused("bad-value")),
        (
            "a global keyword is not taken out of the built-in list in a block",
            "Match User bob\n",
            Request::remove(k("Match[User bob].HostKeyAlgorithms"), "ssh-rsa").absent(Absent::Plus),
            Refused("global-only"),
        ),
        (
            "a later line tells the time where the first leaves it open",
            "RekeyLimit 1G\nRekeyLimit 0 3\n",
            Request::set_all(g("RekeyLimit"), ["64K", "none"]),
            Made("RekeyLimit 64K none\nRekeyLimit 64K none\n"),
        ),
        ("colons that make no address", "", Request::set(g("ListenAddress"), "10:0:100"), Refused("bad-value")),
        ("none stands alone", "ChannelTimeout n=0\n", Request::add(g("ChannelTimeout"), "none"), Refused("bad-value")),
        ("none is no port", "", Request::set_all(g("PermitListen"), ["8080", "none"]), Refused("bad-value")),
        ("quotes in a subsystem's command", "", Request::set(k("Subsystem[a]"), "\"#\""), Refused("unwritable-value")),
        (
            "names that sshd never looked at come to the front",
            "MACs hmac-sha2-512,,r\n",
            Request::remove(g("MACs"), "hmac-sha2-512"),
            Refused("empty-item"),
        ),
    ]);
}
