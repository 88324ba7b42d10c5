//! `explain`: on the sample host whose files say one thing while another counts, and as the real programs see it.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use common::{Ran, copied, folder, kvmprep, sample, snapshot};

fn explain(args: &[&str]) -> Ran {
    let root = sample("shadowed").display().to_string();
    let mut all = vec!["explain", "--root", &root];
    all.extend(args);
    kvmprep(&all)
}

#[test]
fn who_decides_is_told_with_everything_it_shadows() {
    let map = "360060160a0b1c2d3e4f5061728394a5b,vendor=DGC,product=VRAID";
    let asked: [(&str, &[&str]); 13] = [
        ("sshd_ciphers", &["--type", "sshd", "Ciphers"]),
        ("sshd_in_blocks", &["etc/ssh/sshd_config", "PasswordAuthentication"]),
        ("sshd_connection", &["--connection", "user=backup", "--type", "sshd", "PasswordAuthentication"]),
        ("sshd_unset", &["--type", "sshd", "MaxAuthTries"]),
        ("multipath_names", &["--type", "multipath", "defaults.user_friendly_names"]),
        ("multipath_no_block", &["--type", "multipath", "devices.device[*].no_path_retry"]),
        ("multipath_map_alias", &["--map", map, "--type", "multipath", "alias"]),
        ("multipath_map_names", &["--map", map, "--type", "multipath", "user_friendly_names"]),
        ("multipath_map_main", &["--map", "1", "--type", "multipath", "defaults.user_friendly_names"]),
        ("sysctl_two_orders", &["--type", "sysctl", "vm.swappiness"]),
        ("sysconfig_two_readers", &["etc/sysconfig/libvirt-guests", "ON_SHUTDOWN"]),
        ("sysconfig_commented", &["etc/sysconfig/libvirt-guests", "ON_BOOT"]),
        ("hosts_own_name", &["--type", "hosts", "kvm1"]),
    ];
    for (name, args) in asked {
        let ran = explain(args);
        assert_eq!(ran.status, 0, "{name}: {}", ran.stderr);
        snapshot(&format!("explain_{name}"), &format!("{}---- stderr\n{}", ran.shown(), ran.stderr));
    }
}

#[test]
fn the_crypto_policy_of_el9_is_named_as_the_winner() {
    let root = sample("el9").display().to_string();
    let ran = kvmprep(&["explain", "--root", &root, "--type", "sshd", "Ciphers"]);
    snapshot("explain_crypto_policy_el9", &format!("{}---- stderr\n{}", ran.shown(), ran.stderr));
}

/// A file of its name in /etc is read in the stead of the vendor's.
#[test]
fn what_a_masked_file_sets_is_told_as_shadowed_with_the_reason() {
    let host = folder();
    for (path, text) in [
        ("usr/lib/sysctl.d/50-kvm.conf", "# from the package\nvm.swappiness = 10\n"),
        ("etc/sysctl.d/50-kvm.conf", "vm.swappiness = 1\n"),
        ("etc/sysctl.d/90-tuning.conf", "vm.swappiness = 60\n"),
    ] {
        let path = host.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let root = host.path().to_str().unwrap();
    let ran = kvmprep(&["explain", "--root", root, "--type", "sysctl", "vm.swappiness"]);
    snapshot("explain_sysctl_masked", &format!("{}---- stderr\n{}", ran.shown(), ran.stderr));
    let ran = kvmprep(&["explain", "--format", "json", "--root", root, "--type", "sysctl", "vm.swappiness"]);
    snapshot("json_explain_masked", &ran.shown());
}

#[test]
fn the_code_that_decides_a_variable_is_told_with_its_line() {
    let host = folder();
    let path = host.path().join("etc/sysconfig/libvirt-guests");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(
        path,
        "ON_BOOT=start\nURIS=default\nif [ -f /etc/no-guests ]; then\n\tON_BOOT=ignore\nfi\nunset URIS\n\
         SHUTDOWN_TIMEOUT=300\nreturn 0\nSHUTDOWN_TIMEOUT=600\n",
    )
    .unwrap();
    let asked = ["ON_BOOT", "URIS", "SHUTDOWN_TIMEOUT"].map(|key| {
        let ran = kvmprep(&["explain", "--root", host.path().to_str().unwrap(), "etc/sysconfig/libvirt-guests", key]);
        format!("{}---- stderr\n{}", ran.shown(), ran.stderr)
    });
    snapshot("explain_sysconfig_code", &asked.join("====\n"));
}

#[test]
fn where_sshd_does_not_start_that_is_told_before_all_else() {
    for (name, line) in [("unknown_cipher", "Ciphers aes256-ctr,aes-128"), ("unknown_keyword", "Foo yes")] {
        let host = folder();
        fs::create_dir_all(host.path().join("etc/ssh")).unwrap();
        fs::write(host.path().join("etc/ssh/sshd_config"), format!("PermitRootLogin no\n{line}\n")).unwrap();
        let root = host.path().display().to_string();
        let ran = kvmprep(&["explain", "--root", &root, "--type", "sshd", "PermitRootLogin"]);
        snapshot(&format!("explain_stopped_{name}"), &format!("{}---- stderr\n{}", ran.shown(), ran.stderr));
    }
}

#[test]
fn the_json_is_as_snapshot() {
    snapshot("json_explain", &explain(&["--format", "json", "--type", "sysctl", "vm.swappiness"]).shown());
    snapshot("json_explain_hosts", &explain(&["--format", "json", "--type", "hosts", "kvm1/v4"]).shown());
    let of_map =
        ["--format", "json", "--type", "multipath", "--map", "1,vendor=DGC,product=VRAID", "user_friendly_names"];
    snapshot("json_explain_map", &explain(&of_map).shown());
}

#[test]
fn what_cannot_be_asked_is_a_usage_error() {
    let asked: [(&str, &[&str]); 7] = [
        ("key_alone", &["PermitRootLogin"]),
        ("sysconfig_key_alone", &["--type", "sysconfig", "ON_BOOT"]),
        ("bad_key", &["--type", "multipath", "user_friendly_names"]),
        ("bad_dialect", &["--type", "sshd", "--dialect", "new", "Port"]),
        ("bad_map", &["--type", "multipath", "--map", "vendor=DGC", "alias"]),
        ("bad_key_of_map", &["--type", "multipath", "--map", "1", "hardware_handler"]),
        ("bad_connection", &["--type", "sshd", "--connection", "colour=blue", "Port"]),
    ];
    for (name, args) in asked {
        let ran = explain(args);
        assert_eq!((ran.status, ran.shown().as_str()), (2, ""), "{name}: {}", ran.stderr);
        snapshot(&format!("explain_usage_{name}"), &ran.stderr);
    }
}

#[test]
fn the_value_that_runs_is_told_of_the_host_at_hand() {
    let Ok(running) = fs::read_to_string("/proc/sys/vm/swappiness") else { return println!("skipped: no /proc/sys") };
    let ran = kvmprep(&["--format", "json", "explain", "--type", "sysctl", "vm.swappiness"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let other = if running.trim() == "1" { "2" } else { "1" };
    let folder = folder();
    let file = folder.path().join("99-x.conf");
    fs::write(&file, format!("vm.swappiness = {other}\n")).unwrap();
    let ran = kvmprep(&["explain", "--type", "sysctl", file.to_str().unwrap(), "vm.swappiness"]);
    assert!(ran.stderr.contains(running.trim()), "{}{}", ran.shown(), ran.stderr);
}

/// The host's files over /etc in a mount namespace of its own, kernel settings over /proc/sys, and the programs asked.
const ASK: &str = r#"
mkdir "$scratch/etc" "$scratch/proc" "$scratch/proc/vm"
for name in passwd group nsswitch.conf ld.so.cache; do cp "/etc/$name" "$scratch/etc"; done
cp -a "$host/etc/." "$scratch/etc"
ssh-keygen -q -t ed25519 -N '' -f "$scratch/key"
: >"$scratch/proc/vm/swappiness"
mount --bind "$scratch/etc" /etc
mount --bind "$scratch/proc" /proc/sys
mkdir -p /run/sshd
sshd -T -h "$scratch/key" -C user=kvm,host=x,addr=192.0.2.1 | sed -n 's/^ciphers /Ciphers=/p; s/^passwordauthentication /PasswordAuthentication=/p'
sshd -T -h "$scratch/key" -C user=backup,host=x,addr=192.0.2.1 | sed -n 's/^passwordauthentication /backup.PasswordAuthentication=/p'
multipath -t | sed -n '/^defaults/,/^}/s/.*user_friendly_names "*\([a-z]*\)"*$/user_friendly_names=\1/p'
/lib/systemd/systemd-sysctl
head -n 1 /proc/sys/vm/swappiness | sed 's/^/boot=/'
sysctl --system >/dev/null
head -n 1 /proc/sys/vm/swappiness | sed 's/^/by hand=/'
bash -c '. /etc/sysconfig/libvirt-guests; echo "ON_SHUTDOWN=$ON_SHUTDOWN"'
getent -s files ahostsv4 kvm1 | sed -n 's/ *STREAM.*//p' | sed 's/^/kvm1=/'
"#;

#[test]
fn the_real_programs_take_what_explain_says_they_take() {
    let host = copied(&sample("shadowed"));
    let scratch = folder();
    let script = format!("set -eu; host={:?}; scratch={:?}\n{ASK}", host.path(), scratch.path());
    let asked = Command::new("unshare").args(["--mount", "sh", "-c", &script]).env("LC_ALL", "C").output();
    let Some(output) = asked.ok().filter(|output| output.status.success()) else {
        assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "the real programs could not be asked");
        return println!("skipped: the real programs could not be asked");
    };
    let said: BTreeSet<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    let ours: BTreeSet<String> = [
        ("Ciphers", told(&["--type", "sshd", "Ciphers"], "sshd", None)),
        ("PasswordAuthentication", told(&["--type", "sshd", "PasswordAuthentication"], "sshd", None)),
        (
            "backup.PasswordAuthentication",
            told(&["--type", "sshd", "PasswordAuthentication"], "sshd", Some("Match User backup")),
        ),
        ("user_friendly_names", told(&["--type", "multipath", "defaults.user_friendly_names"], "multipathd", None)),
        ("boot", told(&["--type", "sysctl", "vm.swappiness"], "systemd-sysctl", None)),
        ("by hand", told(&["--type", "sysctl", "vm.swappiness"], "sysctl --system", None)),
        ("ON_SHUTDOWN", told(&["etc/sysconfig/libvirt-guests", "ON_SHUTDOWN"], "shell", None)),
        ("kvm1", told(&["--type", "hosts", "kvm1"], "", None)),
    ]
    .into_iter()
    .map(|(key, value)| format!("{key}={value}"))
    .collect();
    assert_eq!(ours, said);
}

/// The value of a consumer's decision; the first consumer's where none is named.
fn told(args: &[&str], consumer: &str, when: Option<&str>) -> String {
    let mut all = vec!["--format", "json"];
    all.extend(args);
    let ran = explain(&all);
    let report: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    let is_meant = |decision: &&serde_json::Value| {
        (consumer.is_empty() || decision["consumer"] == consumer) && decision["when"].as_str() == when
    };
    let decision = report["effective"].as_array().unwrap().iter().find(is_meant);
    let decision = decision.unwrap_or_else(|| panic!("no decision of {consumer}: {report}"));
    let values: Vec<&str> =
        decision["values"].as_array().unwrap().iter().map(|value| value.as_str().unwrap()).collect();
    values.join(" ")
}

#[test]
fn a_path_given_without_a_root_is_where_it_leads() {
    let folder = folder();
    let file = folder.path().join("sshd_config");
    fs::write(&file, "Port 2222\n").unwrap();
    let ran = kvmprep(&["explain", Path::new(&file).to_str().unwrap(), "Port"]);
    assert!(ran.shown().starts_with("Port = 2222  (sshd)\n"), "{}{}", ran.shown(), ran.stderr);
}

#[test]
fn a_file_that_is_missing_is_told_once_and_a_new_one_is_called_new() {
    let root = folder();
    fs::create_dir_all(root.path().join("etc/sysctl.d")).unwrap();
    let path = root.path().to_str().unwrap();
    let edits = |args: &[&str]| {
        let shown = kvmprep(&[&["explain", "--root", path], args].concat()).shown();
        shown.lines().filter_map(|line| line.strip_prefix("  edit      ")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(edits(&["--type", "hosts", "kvm2"]), ["of etc/hosts (a new file) takes effect"]);
    assert_eq!(edits(&["etc/default/x", "A"]), ["of etc/default/x (a new file) takes effect"]);
    assert_eq!(edits(&["--type", "sshd", "Port"]), ["of etc/ssh/sshd_config (a new file) takes effect"]);
    let drop_in = ["etc/sysctl.conf does not exist", "of etc/sysctl.d/99-zz-kvmprep.conf (a new file) takes effect"];
    assert_eq!(edits(&["--type", "sysctl", "vm.swappiness"]), drop_in);
}

#[test]
fn where_another_line_of_the_file_itself_wins_it_is_told_by_its_line() {
    let root = folder();
    fs::create_dir_all(root.path().join("etc/ssh")).unwrap();
    fs::write(root.path().join("etc/ssh/sshd_config"), "PermitTTY yes\nMatch all\n\tPermitTTY no\n").unwrap();
    let ran = kvmprep(&["explain", "--root", root.path().to_str().unwrap(), "--type", "sshd", "PermitTTY"]);
    let told = "  edit      of `PermitTTY` in etc/ssh/sshd_config takes no effect: sshd would still take line 3\n";
    assert!(ran.shown().contains(told), "{}", ran.shown());
}
