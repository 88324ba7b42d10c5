//! What is shown to people: a reading, diagnostics, refusals, notes.

#![allow(clippy::unwrap_used, missing_docs)]

use std::fmt::Write;

use kvmprep_lossless::{Absent, EditError, Reading, Report, Request, Subject, Text};
use kvmprep_sshd_config::{Grammar, Key, Reader, Sshd, SshdConfig};

const LIVED_IN: &[u8] = b"\
#\t$OpenBSD: sshd_config $

# caf\xe9
Include /etc/ssh/sshd_config.d/*.conf

#Port 22
Port 2222 # lab
port=22\r
\"Port 3
==Port 4
#HostKey /etc/ssh/ssh_host_rsa_key
Ciphers +aes256-cbc,aes128-cbc\t# old peers
Ciphers aes128-ctr
PermitRootLogin no
PermitRootLogin yes
AllowUsers admin \"o'neil smith\" DOM\\\\bob a#b #c
AllowUsers root@10.0.0.0/8
ForceCommand echo \"hi\" # not a comment
Subsystem\tsftp\t/usr/libexec/openssh/sftp-server -f AUTHPRIV # s
UsePrivilegeSeparation sandbox
X11Forwarding maybe so
AllowUsers a \"b
PermitTunnel
Frobnicate yes

# Backups
Match user=backup Address 10.0.0.0/24,!10.0.0.7 # rack
\tForceCommand rsync --server
\tPermitTTY no
\t# end of backups

Match User backup
\tBanner none
Match all
\tLogLevel VERBOSE
\tMaxStartups 10";

fn snapshot(name: &str, shown: &str) {
    insta::with_settings!({
        snapshot_path => "../../../snapshots/sshd-config",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, { insta::assert_snapshot!(name, shown) });
}

fn outline(dialect: Sshd) -> String {
    let text = Text::read(dialect, LIVED_IN);
    let mut shown = String::new();
    for row in text.rows() {
        writeln!(shown, "{:?} {:?}", row.kind, bstr::BStr::new(row.bytes)).unwrap();
        let mut facts = Vec::new();
        dialect.facts(Reader, text.run_of(row.index..row.index + 1), &mut facts);
        for fact in facts {
            let subject = match fact.subject {
                Subject::Setting(key) => key.to_string(),
                other => format!("{other:?}"),
            };
            writeln!(shown, "    {subject} = {:?}", fact.value).unwrap();
        }
    }
    shown
}

#[test]
fn a_reading_in_outline() {
    snapshot("reading", &outline(Sshd::default()));
    snapshot("reading_before_8_7", &outline(Sshd::from(Grammar::Before87)));
}

#[test]
fn diagnostics_of_a_lived_in_file() {
    let reported = |text: &[u8]| {
        let report = |diagnostic| format!("{}\n", Report { path: "etc/ssh/sshd_config", text, diagnostic });
        SshdConfig::parse(text).diagnostics().iter().map(report).collect::<String>()
    };
    let fatal: [&[u8]; 6] = [
        b"Match User bob\nPort 1\n",
        b"Match exec true\n",
        b"Match Address 10.0.0.5/24\n",
        b"Subsystem sftp /a\nSubsystem sftp /b\n",
        b"Banner # none\n",
        b"X11Forwarding yes\0\nPort 5\n",
    ];
    snapshot("diagnostics", &reported(LIVED_IN));
    snapshot("diagnostics_fatal", &fatal.map(reported).concat());
}

#[test]
fn refusals_and_notes_of_the_verbs() {
    let k = |key: &str| key.parse::<Key>().unwrap();
    let requests = [
        Request::set(k("PermitRootLogin"), "prohibit-password"),
        Request::set(k("Port"), "22"),
        Request::set(k("HostKey"), "/etc/ssh/k"),
        Request::add(k("Ciphers"), "3des-cbc"),
        Request::remove(k("Ciphers"), "aes256-cbc"),
        Request::add(k("MACs"), "hmac-md5"),
        Request::add(k("MACs"), "hmac-md5").absent(Absent::Leave),
        Request::add(k("MACs"), "hmac-md5").absent(Absent::Plus),
        Request::set(k("KexAlgorithms"), "-*"),
        Request::set(k("X11Forwarding"), "no"),
        Request::set(k("GatewayPorts"), "perhaps"),
        Request::set(k("PermitRotLogin"), "no"),
        Request::set(k("Banner"), "/a \"b\""),
        Request::set(k("Match[User backup].Ciphers"), "aes128-ctr"),
        Request::set(k("Match[User backup].ForceCommand"), "rsync"),
        Request::set(k("Match[User eve].Banner"), "/b"),
        Request::set(k("Match[User eve].Banner"), "/b").allow("no-such-block"),
        Request::unset(k("Match[User backup]")),
        Request::set(k("LogLevel"), "INFO"),
        Request::disable(k("Subsystem[sftp]")),
        Request::set(k("Subsystem"), "x"),
        Request::set(k("Include"), "x"),
        Request::unset(k("DenyUsers")),
        Request::set(k("UsePrivilegeSeparation"), "no"),
    ];
    let mut shown = String::new();
    for request in &requests {
        let mut sshd = SshdConfig::parse(LIVED_IN);
        writeln!(shown, "{} {}", request.edit.verb(), request.edit.key()).unwrap();
        let report = |diagnostic| format!("{}\n", Report { path: "etc/ssh/sshd_config", text: LIVED_IN, diagnostic });
        match sshd.apply(request) {
            Err(EditError::Refused(refusal)) => shown += &report(&refusal.0),
            Err(other) => panic!("{other}"),
            Ok(change) => {
                change.notes().iter().for_each(|note| shown += &report(note));
                shown += &sshd.unified_diff("etc/ssh/sshd_config").to_string();
            }
        }
        shown.push('\n');
    }
    snapshot("verbs", &shown);
}

#[test]
fn keys_that_name_nothing() {
    let keys = [
        "",
        "a.b",
        "Match",
        "Match[]",
        "Match[exec x]",
        "Match[all].Match[all].Banner",
        "Port#2",
        "Po rt",
        "Subsystem[\"\"]",
        "Match[Address 10.0.0.1/8]",
    ];
    let shown = keys.map(|key| format!("{}\n", key.parse::<Key>().unwrap_err())).concat();
    snapshot("keys", &shown);
}

#[test]
fn stock_files_have_nothing_to_say() {
    let stock = "Include /etc/ssh/sshd_config.d/*.conf\n\n#Port 22\nKbdInteractiveAuthentication no\nUsePAM yes\nX11Forwarding yes\n\
        PrintMotd no\nAcceptEnv LANG LC_*\nSubsystem\tsftp\t/usr/lib/openssh/sftp-server\n# Example\n#Match User anoncvs\n#\tPermitTTY no\n";
    assert_eq!(SshdConfig::parse(stock).diagnostics(), []);
}
