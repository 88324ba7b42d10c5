//! The same trees, asked of the sshd of this machine.

use kvmprep_lossless::Value;
use kvmprep_sshd_config::Situation;

use crate::real::Real;
use crate::{explained, for_connection, host, started_with, told};

const MAIN: &str = "/etc/ssh/sshd_config";

/// A tree, the options sshd is started with, a connection, and what holds for a key.
type Asked<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str, &'a str, &'a [&'a str]);

const INCLUDE: &str = "Include /etc/ssh/sshd_config.d/*.conf\n";

#[test]
fn the_answers_are_those_of_sshd() {
    let include = |rest: &str| format!("{INCLUDE}{rest}");
    let ciphers = include("Ciphers aes256-ctr\n");
    let cloud = include("PasswordAuthentication no\nPort 2200\n");
    let blocks = include("Banner none\nMatch User bob\n\tBanner /b\nMatch User b*\n\tBanner /all-b\n");
    let nested = include("Match User bob\nInclude /etc/ssh/nested\nBanner /outer\n");
    let asked: &[Asked<'_>] = &[
        (
            &[
                (MAIN, &ciphers),
                ("/etc/ssh/sshd_config.d/10-a.conf", "Ciphers aes192-ctr\n"),
                ("/etc/ssh/sshd_config.d/20-b.conf", "\nCiphers aes128-ctr\n"),
            ],
            "",
            "",
            "Ciphers",
            &["Ciphers = aes192-ctr: 10-a.conf:1 > 20-b.conf:2 sshd_config:2"],
        ),
        (
            &[(MAIN, &cloud), ("/etc/ssh/sshd_config.d/50-cloud-init.conf", "PasswordAuthentication yes\n")],
            "",
            "",
            "PasswordAuthentication",
            &["PasswordAuthentication = yes: 50-cloud-init.conf:1 > sshd_config:2"],
        ),
        (
            &[(MAIN, &cloud), ("/etc/ssh/sshd_config.d/50-cloud-init.conf", "port 22\nPort 2222\n")],
            "-o Port=1",
            "",
            "Port",
            &["Port = 1|22|2222|2200: sshd's command line:1 50-cloud-init.conf:1 50-cloud-init.conf:2 sshd_config:3"],
        ),
        (&[(MAIN, &cloud)], "-p 1 -oPort=2", "", "Port", &["Port = 1: sshd's command line:1"]),
        (
            &[(MAIN, &ciphers)],
            "-D -oBanner=/x -oCiphers=aes192-ctr -oMACs=hmac-sha1",
            "",
            "Ciphers",
            &["Ciphers = aes192-ctr: sshd's command line:2 > sshd_config:2"],
        ),
        (
            &[(MAIN, "AddressFamily any\nLoginGraceTime 5\nFingerprintHash md5\n")],
            "-oFingerprintHash=sha256 -4 -oAddressFamily=inet6 -6 -g 1m -oLoginGraceTime=3",
            "",
            "FingerprintHash",
            &["FingerprintHash = MD5: sshd_config:3 > sshd's command line:4"],
        ),
        (
            &[(MAIN, "AddressFamily any\n")],
            "-4 -oAddressFamily=any -6",
            "",
            "AddressFamily",
            &[
                "AddressFamily = inet6: sshd's command line:1 > sshd's command line:2 sshd's command line:3 sshd_config:1",
            ],
        ),
        (
            &[(MAIN, "LoginGraceTime 5\n")],
            "-g 1m -oLoginGraceTime=3 -g2m",
            "",
            "LoginGraceTime",
            &[
                "LoginGraceTime = 120: sshd's command line:1 > sshd's command line:2 sshd's command line:3 sshd_config:1",
            ],
        ),
        (
            &[(MAIN, "Match all\n\tBanner /all\n")],
            "-oBanner=/x",
            "",
            "Banner",
            &["Banner = /all: sshd_config:2 > sshd's command line:1"],
        ),
        (
            &[(MAIN, &blocks)],
            "",
            "user=bob",
            "Banner",
            &["Banner (user=bob) = /b: sshd_config:4 > sshd_config:6 sshd_config:2"],
        ),
        (&[(MAIN, &blocks)], "", "user=eve", "Banner", &["Banner (user=eve) = none: sshd_config:2"]),
        (
            &[(MAIN, &nested), ("/etc/ssh/nested", "Match Address 10.0.0.0/8\nBanner /inner\n")],
            "",
            "user=bob,addr=10.1.1.1",
            "Banner",
            &["Banner (user=bob,addr=10.1.1.1) = /inner: nested:2 > sshd_config:4"],
        ),
        (
            &[(MAIN, "Subsystem sftp /x -f  a\nsubsystem other /y\n")],
            "",
            "",
            "Subsystem[sftp]",
            &["Subsystem[sftp] = /x -f a: sshd_config:1"],
        ),
    ];
    for (files, options, connection, key, answer) in asked {
        let connected = Some(connection).filter(|c| !c.is_empty()).map(|c| for_connection(c));
        let situation = Situation { connection: connected.and_then(|s| s.connection), ..started_with(options) };
        let explanation = explained(&host(files), &situation, key);
        assert_eq!(told(&explanation), *answer);
        let mut words: Vec<&str> = options.split_whitespace().filter(|word| *word != "-D").collect();
        if !connection.is_empty() {
            words.extend(["-C", connection]);
        }
        let keyword = key.split('[').next().unwrap();
        let Some(real) = Real::over(files) else { continue };
        let name = keyword.to_ascii_lowercase();
        let lines = real.lines(&words).unwrap().into_iter();
        let real: Vec<String> = lines.filter(|(printed, _)| *printed == name).map(|(_, value)| value).collect();
        let Some(Value::Known(values)) = &explanation.decisions[0].value else { panic!("{key}: {explanation:?}") };
        let values: Vec<String> = match keyword {
            "Subsystem" => values.iter().map(|value| format!("sftp {value}")).collect(),
            _ => values.iter().map(ToString::to_string).collect(),
        };
        let real: Vec<String> = real.into_iter().filter(|line| !line.starts_with("other ")).collect();
        assert_eq!(values, real, "{key} {options} {connection}");
    }
}

#[test]
fn what_stops_sshd_on_its_command_line_stops_it_here() {
    let files: &[(&str, &str)] = &[(MAIN, "Banner none\nPort bad/\n")];
    for (options, code) in [
        ("-p 22", None),
        ("-oPort=22", Some("bad-value")),
        ("-p 22 -oPort=bad/", None),
        ("-p 22 -oMatch=all", Some("not-an-option")),
        ("-p 22 -oInclude=/x", Some("not-an-option")),
        ("-p 22 -oFoo=1 -oPort=bad/", Some("unknown-keyword")),
        ("-p 22 -oBanner", Some("no-argument")),
        ("-p 22 -oUseLogin=no", None),
        ("-p bad/", Some("bad-value")),
    ] {
        let explanation = explained(&host(files), &started_with(options), "Banner");
        let codes: Vec<&str> = code.into_iter().chain(code.map(|_| "does-not-start")).collect();
        assert_eq!(crate::codes(&explanation), codes, "{options}");
        let words: Vec<&str> = options.split_whitespace().collect();
        let Some(real) = Real::over(files) else { continue };
        assert_eq!(real.lines(&words).is_none(), code.is_some(), "{options}");
    }
}

const OPTIONS: &[&str] = &[
    "-oPort=1",
    "-p 2222",
    "-oBanner=none",
    "-oAllowUsers=a",
    "-oFingerprintHash=md5",
    "-oUnusedConnectionTimeout=5m",
    "-oRekeyLimit=1G",
    "-oSubsystem=sftp",
    "-4",
    "-6",
    "-g 30",
    "-oAddressFamily=inet",
    "-oLoginGraceTime=5",
    "-oListenAddress=192.0.2.1",
    "-oMaxStartups=7",
    "-oAcceptEnv=A",
    "-oPermitRootLogin=no",
];

const MAINS: &[&str] = &[
    "",
    "Port 3\nBanner /m\nAllowUsers b\n",
    "ListenAddress 192.0.2.2\nListenAddress [2001:db8::1]:5\n",
    "FingerprintHash sha256\nUnusedConnectionTimeout none\nRekeyLimit 2G 1h\nMaxStartups 5\n",
    "LoginGraceTime 9\nAddressFamily any\nAcceptEnv B\n",
    "Match all\nBanner /all\nAllowUsers c\nMatch User bob\nPermitRootLogin yes\nBanner /bob\n",
];

/// Each two options before each file, asked of sshd for nobody and for bob.
#[test]
fn options_and_a_file_together_are_read_as_sshd_does() {
    let mut asked = 0;
    for main in MAINS {
        let files = [(MAIN, *main)];
        let Some(real) = Real::over(&files) else { return };
        for (i, one) in OPTIONS.iter().enumerate() {
            let other = OPTIONS[(i * 7 + main.len()) % OPTIONS.len()];
            let options = format!("{one} {other}");
            for connection in ["", "user=bob"] {
                let mut words: Vec<&str> = options.split_whitespace().collect();
                if !connection.is_empty() {
                    words.extend(["-C", connection]);
                }
                let situation =
                    Situation { connection: for_connection(connection).connection, ..started_with(&options) };
                let lines = real.lines(&words);
                for keyword in KEYWORDS {
                    let explanation = explained(&host(&files), &situation, keyword);
                    let decision = &explanation.decisions[0];
                    match (&lines, &decision.value) {
                        (None, value) => {
                            assert!(matches!(value, Some(Value::Unknown(why)) if why.contains("not start")))
                        }
                        (Some(_), None) => {}
                        (Some(lines), Some(Value::Known(values))) => {
                            let name = keyword.to_ascii_lowercase();
                            let real: Vec<&str> =
                                lines.iter().filter(|(n, _)| *n == name).map(|(_, value)| value.as_str()).collect();
                            assert_eq!(*values, real, "{keyword} {options} {connection} {main}");
                            asked += 1;
                        }
                        (Some(_), Some(Value::Unknown(why))) => assert!(why.contains("addresses"), "{why}"),
                    }
                }
            }
        }
    }
    assert!(asked > 500, "{asked}");
}

const KEYWORDS: [&str; 13] = [
    "Port",
    "Banner",
    "AllowUsers",
    "FingerprintHash",
    "UnusedConnectionTimeout",
    "RekeyLimit",
    "AddressFamily",
    "LoginGraceTime",
    "ListenAddress",
    "MaxStartups",
    "AcceptEnv",
    "PermitRootLogin",
    "PermitTTY",
];
