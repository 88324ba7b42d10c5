//! `lint`: remarks with a code and a place, and the diff that mends what can be mended safely.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::fs;

use common::{folder, kvmprep, kvmprep_with_input, sample, snapshot};

const SYSCONFIG: &str = "ON_BOOT=start\nON_BOOT=ignore\nexport LANG=C\nURIS = default\nA=1; B=2\n";
const SSHD: &str = "Protocol 2\nPort 22\nPermitRootLogin no\nPermitRootLogin yes\nCiphers aes256-ctr,3des-cbc\nMatch User bob\n\tX11Forwarding yes\nAllowTcpForwarding maybe\n";
const MULTIPATH: &str = "defaults {\n\tuser_friendly_names yes\n\tuser_friendly_names no\n\tgetuid_callout \"/lib/udev/scsi_id\"\n}\nblacklist {\n\tdevnode \"^sd\"\n\tdevnode \"^sd\"\n}\n";
const HOSTS: &str = "127.0.0.1 localhost localhost\n192.0.2.11 kvm1\n192.0.2.12 kvm1\n192.0.2.300 kvm3\n";
const SYSCTL: &str = "vm.swappiness = 60\nvm.swappiness = 10 # low\nvm.dirty_ratio 5\nkernel.sysrq = \"1\"\n";

const TYPES: [(&str, &str); 5] =
    [("sysconfig", SYSCONFIG), ("sshd", SSHD), ("multipath", MULTIPATH), ("hosts", HOSTS), ("sysctl", SYSCTL)];

/// What can be mended without a change in what a consumer takes.
const MENDABLE: [(&str, &str); 5] = [
    ("sysconfig", "ON_BOOT=start\n# twice\nON_BOOT=ignore\n"),
    ("sshd", "Protocol 2\nPort 22\nPermitRootLogin no\nPermitRootLogin yes\n"),
    ("multipath", "defaults {\n\tuser_friendly_names yes\n\tuser_friendly_names no\n}\n"),
    ("hosts", "127.0.0.1 localhost\n192.0.2.11 kvm1\n192.0.2.11 kvm1\n"),
    ("sysctl", "vm.swappiness = 60\nvm.dirty_ratio = 5\nvm.swappiness = 10\n"),
];

#[test]
fn a_bad_file_of_each_type_is_remarked_on() {
    for (file_type, text) in TYPES {
        let ran = kvmprep_with_input(&["lint", "--type", file_type, "-"], text.as_bytes());
        assert_eq!((ran.status, ran.stderr.as_str()), (1, ""), "{file_type}");
        snapshot(&format!("lint_{file_type}"), &ran.shown());
    }
}

#[test]
fn fix_prints_the_diff_of_what_is_safe_and_the_mended_file_has_nothing_left_to_fix() {
    for (file_type, text) in MENDABLE {
        let folder = folder();
        let file = folder.path().join("file");
        fs::write(&file, text).unwrap();
        let path = file.to_str().unwrap();
        let diff = kvmprep(&["-q", "lint", "--fix", "--type", file_type, path]);
        assert!(diff.shown().contains("@@"), "{file_type}: nothing is mended");
        let shown = diff.shown().replace(path.trim_start_matches('/'), "FILE");
        snapshot(&format!("lint_fix_{file_type}"), &shown);
        assert_eq!(fs::read_to_string(&file).unwrap(), text, "{file_type}: --fix alone wrote");
        kvmprep(&["-q", "lint", "--fix", "--write", "--allow-unsafe-dir", "--type", file_type, path]);
        let again = kvmprep(&["-q", "lint", "--fix", "--type", file_type, path]);
        assert_eq!(again.shown(), "", "{file_type}");
    }
}

#[test]
fn a_line_that_says_the_same_again_is_a_note_and_one_that_loses_a_warning_in_every_format() {
    let table = [
        ("sysconfig", "A=1\nA=1\n", "note[duplicate]"),
        ("sysconfig", "A=1\nA=2\n", "warning[shadowed]"),
        ("sshd", "PermitTTY no\nPermitTTY no\n", "note[duplicate]"),
        ("sshd", "PermitTTY no\nPermitTTY yes\n", "warning[shadowed]"),
        ("sshd", "Match User a\n PermitTTY no\nMatch User a\n PermitTTY no\n", "note[duplicate]"),
        ("sshd", "Match User a\n PermitTTY no\nMatch User a\n PermitTTY yes\n", "warning[shadowed]"),
        ("multipath", "defaults {\n verbosity 2\n verbosity 2\n}\n", "note[duplicate]"),
        ("multipath", "defaults {\n verbosity 2\n verbosity 3\n}\n", "warning[shadowed]"),
        ("multipath", "blacklist {\n wwid a\n wwid a\n}\n", "note[duplicate]"),
        ("hosts", "192.0.2.11 kvm1\n192.0.2.11 kvm1\n", "note[duplicate]"),
        ("hosts", "192.0.2.11 kvm1 kvm1\n", "note[duplicate]"),
        ("sysctl", "vm.swappiness=1\nvm.swappiness=1\n", "note[duplicate]"),
        ("sysctl", "vm.swappiness=1\nvm.swappiness=2\n", "warning[shadowed]"),
    ];
    for (file_type, text, head) in table {
        let ran = kvmprep_with_input(&["lint", "--type", file_type, "-"], text.as_bytes());
        assert_eq!(ran.shown().matches(head).count(), 1, "{file_type} {text:?}: {}", ran.shown());
        assert_eq!(ran.status, i32::from(head.starts_with("warning")), "{file_type} {text:?}");
    }
}

#[test]
fn an_edit_that_is_at_hand_and_not_safe_is_withheld_with_the_reason() {
    let table = [
        ("sysconfig", "A=1\nB=$A\nA=2\nA=3\n", "another assignment of it is read, or code runs behind one"),
        ("sshd", "Foo x\nUsePAM no\nUsePAM yes\n", "sshd does not start with this file: mend that first"),
        ("sshd", "RekeyLimit 1G\nRekeyLimit 2G 1h\n", "sshd takes its two words each for itself"),
        ("hosts", "192.0.2.11 kvm1\n192.0.2.11 kvm1 # mine\n", "its comment would go with it"),
        (
            "sysctl",
            "vm.swappiness=1\nvm.swappiness=500\n",
            "the kernel may refuse the last value, and this one counts then",
        ),
    ];
    for (file_type, text, why) in table {
        let told = format!("\n  fix: `--fix` leaves it: {why}\n");
        let ran = kvmprep_with_input(&["lint", "--type", file_type, "-"], text.as_bytes());
        assert!(ran.shown().contains(&told), "{file_type} {text:?}: {}", ran.shown());
        let fixed = kvmprep_with_input(&["lint", "--fix", "--type", file_type, "-"], text.as_bytes());
        assert_eq!(fixed.shown(), "", "{file_type} {text:?}");
        assert!(fixed.stderr.contains(&told), "{file_type} {text:?}: {}", fixed.stderr);
    }
}

#[test]
fn a_clean_file_ends_with_0_and_a_note_alone_does_too() {
    let clean = kvmprep_with_input(&["lint", "--type", "sysctl", "-"], b"vm.swappiness = 1\n");
    assert_eq!((clean.status, clean.shown().as_str()), (0, ""));
    let weak = kvmprep_with_input(&["lint", "--type", "sshd", "-"], b"Ciphers aes256-ctr,3des-cbc\n");
    assert_eq!(weak.status, 0, "{}", weak.shown());
    assert_eq!(weak.shown().matches("note[weak-algorithm]").count(), 1, "{}", weak.shown());
}

#[test]
fn the_json_is_as_snapshot() {
    let ran = kvmprep_with_input(&["--format", "json", "lint", "--type", "sshd", "-"], SSHD.as_bytes());
    snapshot("json_lint", &ran.shown());
}

#[test]
fn standard_input_cannot_be_written_back() {
    let ran = kvmprep_with_input(&["lint", "--fix", "--write", "--type", "sshd", "-"], SSHD.as_bytes());
    assert_eq!(ran.status, 2, "{}", ran.stderr);
}

#[test]
fn lines_that_count_nowhere_since_other_files_decide_are_told() {
    let root = sample("shadowed").display().to_string();
    let mut told = String::new();
    for file in
        ["etc/ssh/sshd_config", "etc/multipath.conf", "etc/sysctl.conf", "etc/ssh/sshd_config.d/60-hardening.conf"]
    {
        let ran = kvmprep(&["lint", "--root", &root, file]);
        let is_dead = file.ends_with("sshd_config") || file.ends_with("multipath.conf");
        assert_eq!(ran.status, i32::from(is_dead), "{file}");
        told += &ran.shown();
    }
    snapshot("lint_shadowed", &told);
}

#[test]
fn a_daemon_that_another_file_stops_is_told() {
    let folder = folder();
    let ssh = folder.path().join("etc/ssh");
    fs::create_dir_all(&ssh).unwrap();
    fs::write(ssh.join("sshd_config"), "Include /etc/ssh/b.conf\nPort 22\n").unwrap();
    fs::write(ssh.join("b.conf"), "# c\nFoo yes\n").unwrap();
    let root = folder.path().display().to_string();
    let ran = kvmprep(&["lint", "--root", &root, "etc/ssh/sshd_config"]);
    assert_eq!(ran.status, 1);
    assert!(ran.shown().contains("error[stopped-elsewhere]: etc/ssh/b.conf:2: "), "{}", ran.shown());
    assert!(!kvmprep(&["lint", "--root", &root, "etc/ssh/b.conf"]).shown().contains("elsewhere"));
}

#[test]
fn a_file_of_a_host_is_read_for_the_release_of_that_host_unless_a_dialect_is_given() {
    let root = sample("el6").display().to_string();
    let lint = |more: &[&str]| {
        let args = ["-v", "lint", "--fix", "--root", &root, "etc/ssh/sshd_config"];
        kvmprep(&[&args, more].concat())
    };
    let own = lint(&[]);
    assert_eq!((own.status, own.shown().as_str()), (0, ""), "OpenSSH 5.3 heeds `Protocol`");
    assert!(own.stderr.contains("read for el6"), "{}", own.stderr);
    assert!(lint(&["--dialect", "el9"]).shown().contains("-Protocol 2"));
}

#[test]
fn a_file_that_is_no_hosts_is_read_for_the_newest_programs() {
    let folder = folder();
    fs::create_dir_all(folder.path().join("etc")).unwrap();
    fs::create_dir_all(folder.path().join("srv")).unwrap();
    fs::write(folder.path().join("etc/redhat-release"), "CentOS release 6.10 (Final)\n").unwrap();
    fs::write(folder.path().join("srv/sshd_config"), "Protocol 2\n").unwrap();
    let root = folder.path().display().to_string();
    let ran = kvmprep(&["lint", "--fix", "--root", &root, "srv/sshd_config"]);
    assert!(ran.shown().contains("-Protocol 2"), "{}", ran.shown());
}

#[test]
fn values_that_libvirt_guests_does_not_know_are_told() {
    let folder = folder();
    let sysconfig = folder.path().join("etc/sysconfig");
    fs::create_dir_all(&sysconfig).unwrap();
    let text = "URIS=defualt\nON_BOOT=strat\nON_SHUTDOWN=suspnd\nSHUTDOWN_TIMEOUT=300s\nPARALLEL_SHUTDOWN=0\n\
                START_DELAY=five\nBYPASS_CACHE=no\nSYNC_TIMES=1\n";
    fs::write(sysconfig.join("libvirt-guests"), text).unwrap();
    fs::write(sysconfig.join("other"), text).unwrap();
    let root = folder.path().display().to_string();
    let ran = kvmprep(&["lint", "--root", &root, "etc/sysconfig/libvirt-guests"]);
    assert_eq!(ran.status, 1);
    snapshot("lint_libvirt_guests", &ran.shown());
    assert_eq!(
        kvmprep(&["lint", "--root", &root, "etc/sysconfig/other"]).status,
        0,
        "no service is known by that name"
    );
}
