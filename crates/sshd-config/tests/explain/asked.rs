//! The same trees, asked of the sshd of this machine.

use std::path::Path;
use std::process::Command;

use kvmprep_lossless::Value;
use kvmprep_sshd_config::Situation;

use crate::{explained, for_connection, host, started_with, told};

const MAIN: &str = "/etc/ssh/sshd_config";

/// What `sshd -T` prints for a keyword, line by line; none where there is no sshd here, which is an error under CI.
fn sshd(files: &[(&str, &str)], options: &[&str], keyword: &str) -> Option<Vec<String>> {
    let program = Path::new("/usr/sbin/sshd");
    if !program.is_file() {
        assert!(std::env::var_os("CI").is_none(), "sshd is not installed");
        return None;
    }
    let root = tempfile::tempdir().unwrap();
    let key = root.path().join("key");
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key).status().unwrap();
    assert!(made.success());
    let at_root = format!("{}/etc/", root.path().display());
    for (path, text) in files {
        let path = root.path().join(path.trim_start_matches('/'));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text.replace("/etc/", &at_root)).unwrap();
    }
    // As root it wants the directory of its privilege separation.
    _ = std::fs::create_dir_all("/run/sshd");
    let mut asked = Command::new(program);
    asked.arg("-T").arg("-f").arg(root.path().join("etc/ssh/sshd_config")).arg("-h").arg(&key).args(options);
    let answer = asked.output().unwrap();
    let text = String::from_utf8(answer.stdout).unwrap();
    if !answer.status.success() {
        return Some(vec!["does not start".to_owned()]);
    }
    let keyword = format!("{} ", keyword.to_ascii_lowercase());
    let lines = text.lines().filter_map(|line| {
        let (name, value) = line.split_at_checked(keyword.len())?;
        name.eq_ignore_ascii_case(&keyword).then(|| value.replace(&at_root, "/etc/"))
    });
    Some(lines.collect())
}

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
            &["Banner (user=bob) = /b: sshd_config:4 > sshd_config:2 sshd_config:6"],
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
        let Some(real) = sshd(files, &words, keyword) else { continue };
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
        assert_eq!(crate::codes(&explanation), code.into_iter().collect::<Vec<_>>(), "{options}");
        let words: Vec<&str> = options.split_whitespace().collect();
        let Some(real) = sshd(files, &words, "Banner") else { continue };
        assert_eq!(real == ["does not start"], code.is_some(), "{options}");
    }
}
