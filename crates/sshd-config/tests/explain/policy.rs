//! The roots of three distributions, and the system-wide crypto policy.

use std::path::Path;

use kvmprep_lossless::files::MemoryFiles;
use kvmprep_sshd_config::{CommandLine, MAIN_FILE, Situation};

use crate::{codes, explained, host, told};

/// The files of a root below /etc and /usr; a link is the file that it leads to within the root.
fn root(name: &str) -> MemoryFiles {
    fn add(root: &Path, below: &Path, files: MemoryFiles) -> MemoryFiles {
        let entries = std::fs::read_dir(root.join(below)).unwrap();
        entries.map(|entry| below.join(entry.unwrap().file_name())).fold(files, |files, path| {
            let real = root.join(&path);
            let real = match std::fs::read_link(&real) {
                Ok(target) if target.is_absolute() => root.join(target.strip_prefix("/").unwrap()),
                _ => real,
            };
            match real.is_dir() {
                true => add(root, &path, files),
                false => files.with(format!("/{}", path.to_str().unwrap()), std::fs::read(real).unwrap()),
            }
        })
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/hosts").join(name);
    add(&root, Path::new("etc"), MemoryFiles::new())
}

const POLICY: &str =
    "aes256-gcm@openssh.com,chacha20-poly1305@openssh.com,aes256-ctr,aes128-gcm@openssh.com,aes128-ctr";

#[test]
fn on_el9_the_policy_decides_until_a_drop_in_sorts_before_it() {
    let el9 = root("el9");
    let explanation = explained(&el9, &Situation::default(), "Ciphers");
    assert_eq!(told(&explanation), [format!("Ciphers = {POLICY}: opensshserver.config:1")]);
    assert_eq!(codes(&explanation), ["crypto-policy"]);
    let help = explanation.findings[0].diagnostic.help.clone().unwrap();
    assert!(help.contains("sorts before etc/ssh/sshd_config.d/50-redhat.conf"), "{help}");

    let later = root("el9").with("/etc/ssh/sshd_config.d/60-ours.conf", "Ciphers aes256-ctr\n");
    let explanation = explained(&later, &Situation::default(), "Ciphers");
    assert_eq!(told(&explanation), [format!("Ciphers = {POLICY}: opensshserver.config:1 > 60-ours.conf:1")]);

    let earlier = root("el9").with("/etc/ssh/sshd_config.d/00-kvmprep.conf", "Ciphers aes256-ctr\n");
    let explanation = explained(&earlier, &Situation::default(), "Ciphers");
    assert_eq!(told(&explanation), ["Ciphers = aes256-ctr: 00-kvmprep.conf:1 > opensshserver.config:1"]);
    assert_eq!(codes(&explanation), ["crypto-policy-overridden"]);

    let explanation = explained(&el9, &Situation::default(), "X11Forwarding");
    assert_eq!(told(&explanation), ["X11Forwarding = yes: 50-redhat.conf:15"]);
    assert_eq!(codes(&explanation), [""; 0]);
}

#[test]
fn on_el8_the_policy_stands_on_the_command_line_before_every_file() {
    let host = host(&[(MAIN_FILE, "Ciphers aes256-ctr\nMACs hmac-sha1\n")]);
    let origin = "/etc/crypto-policies/back-ends/opensshserver.config";
    let policy = CommandLine::parse(origin, "-oMACs=hmac-sha2-256 -oCiphers=aes128-ctr").unwrap();
    let options = CommandLine::parse("/etc/sysconfig/sshd", "-u0").unwrap();
    let situation = Situation { command_line: vec![options, policy], ..Situation::default() };
    let explanation = explained(&host, &situation, "Ciphers");
    assert_eq!(told(&explanation), ["Ciphers = aes128-ctr: sshd's command line:2 > sshd_config:1"]);
    assert_eq!(codes(&explanation), ["crypto-policy"]);
    let help = explanation.findings[0].diagnostic.help.clone().unwrap();
    assert!(help.contains("`CRYPTO_POLICY=` in etc/sysconfig/sshd"), "{help}");
    let source = &explanation.sources[explanation.decisions[0].at[0].source];
    assert_eq!(source.real, origin);
    assert_eq!(&source.text[..], b"MACs=hmac-sha2-256\nCiphers=aes128-ctr\n");
    assert_eq!(explanation.decisions[0].at[0].span.of(&source.text), b"aes128-ctr");
}

#[test]
fn on_debian_12_a_block_overrides_the_main_file() {
    let debian12 = root("debian12");
    assert_eq!(
        told(&explained(&debian12, &Situation::default(), "X11Forwarding")),
        [
            "X11Forwarding = yes: sshd_config:43",
            "Match[User console].X11Forwarding (Match User console) = no: sshd_config:58 > sshd_config:43",
        ]
    );
    let cloud = debian12.with("/etc/ssh/sshd_config.d/50-cloud-init.conf", "kbdinteractiveauthentication yes\n");
    let explanation = explained(&cloud, &Situation::default(), "ChallengeResponseAuthentication");
    assert_eq!(told(&explanation), ["kbdinteractiveauthentication = yes: 50-cloud-init.conf:1 > sshd_config:38"]);
}
