//! `--place`: which of several files an edit goes to, on the sample host where drop-ins decide.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::fs;

use common::{copied, files_of, kvmprep, sample, snapshot};

const PEER: [&str; 2] = ["--host", "192.0.2.12=kvm2.example.com,kvm2"];

#[test]
fn each_place_has_its_diff_and_its_warnings() {
    let root = sample("shadowed").display().to_string();
    for place in ["auto", "main", "drop-in"] {
        let mut args = vec!["diff", "--root", &root, "--place", place, "--context", "1"];
        args.extend(["--file", "/etc/ssh/sshd_config", "--file", "/etc/multipath.conf"]);
        let ran = kvmprep(&args);
        snapshot(&format!("place_{place}"), &format!("{}---- stderr\n{}", ran.shown(), ran.stderr));
    }
}

#[test]
fn apply_to_the_main_file_leaves_a_host_that_check_is_not_content_with() {
    let root = copied(&sample("shadowed"));
    let path = root.path().to_str().unwrap();
    let run = |command: &str, place: &str| {
        let mut args = vec![command, "--root", path, "--place", place];
        args.extend(PEER);
        kvmprep(&args)
    };
    assert_eq!(run("apply", "main").status, 0);
    let check = run("check", "main");
    assert_eq!(check.status, 1, "{}", check.shown());
    let rows: Vec<String> =
        check.shown().lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for row in [
        "yes yes no etc/multipath/conf.d/50-array.conf:3 shadowed",
        "- vmstore0 etc/multipath/conf.d/50-array.conf:8 still set",
    ] {
        assert!(rows.iter().any(|told| told.ends_with(row)), "{}", check.shown());
    }
    assert_eq!(run("apply", "auto").status, 0);
    assert_eq!(run("check", "auto").status, 0, "{}", run("check", "auto").shown());
    let before = files_of(root.path());
    assert_eq!(run("apply", "auto").shown(), "");
    assert_eq!(files_of(root.path()), before, "a second apply wrote");
}

#[test]
fn a_new_drop_in_is_written_under_a_name_that_wins() {
    let root = copied(&sample("shadowed"));
    let profile = root.path().join("p.toml");
    let text = "schema = 1\nname = \"p\"\nsummary = \"s\"\n[[file]]\npath = \"/etc/ssh/sshd_config\"\ntype = \"sshd\"\n\
                place = \"drop-in\"\n[[file.edit]]\nset = \"MaxAuthTries\"\nto = \"3\"\nwhy = \"w\"\n";
    fs::write(&profile, text).unwrap();
    let path = root.path().to_str().unwrap();
    let args = |command| vec![command, "--root", path, "--profile", profile.to_str().unwrap()];
    let applied = kvmprep(&args("apply"));
    assert_eq!((applied.status, applied.stderr.as_str()), (0, ""));
    let made = fs::read_to_string(root.path().join("etc/ssh/sshd_config.d/00-kvmprep.conf")).unwrap();
    assert_eq!(made, "MaxAuthTries 3\n");
    assert_eq!(kvmprep(&args("check")).status, 0);
}

#[test]
fn one_edit_of_one_file_says_when_it_does_not_count() {
    let root = sample("shadowed").display().to_string();
    let set = |file: &str, key: &str, value: &str| kvmprep(&["set", "--root", &root, file, key, value]).stderr;
    let shadowed = set("etc/ssh/sshd_config", "PasswordAuthentication", "no");
    assert!(shadowed.contains("warning[shadowed]") && shadowed.contains("50-cloud-init.conf:1"), "{shadowed}");
    assert_eq!(set("etc/ssh/sshd_config.d/50-cloud-init.conf", "PasswordAuthentication", "no"), "");
    assert!(set("etc/sysctl.conf", "vm.swappiness", "2").contains("99-zz-tuning.conf:1"));
}

#[test]
fn a_drop_in_of_a_format_that_has_none_is_refused_and_beside_others_it_is_told_which_files_are_edited_themselves() {
    let root = sample("shadowed").display().to_string();
    let diff = |files: &[&str]| {
        let mut args = vec!["diff", "--root", &root, "--place", "drop-in", "--host", "192.0.2.13=kvm3"];
        files.iter().for_each(|file| args.extend(["--file", file]));
        kvmprep(&args)
    };
    let alone = diff(&["/etc/hosts", "/etc/sysconfig/libvirtd"]);
    assert_eq!((alone.status, alone.shown().as_str()), (2, ""));
    assert!(alone.stderr.contains("error[no-drop-ins]") && alone.stderr.contains("help: "), "{}", alone.stderr);
    let both = diff(&["/etc/hosts", "/etc/ssh/sshd_config"]);
    assert_eq!(both.status, 1, "{}", both.stderr);
    assert!(both.shown().contains("+++ b/etc/hosts") && both.shown().contains("60-hardening.conf"));
    assert!(both.stderr.contains("etc/hosts: note[no-drop-ins]"), "{}", both.stderr);
    assert!(!both.stderr.contains("sshd_config: note[no-drop-ins]"), "{}", both.stderr);
}

/// Wishes of every kind: what is taken out, under a Match, beaten, refused.
const WISHES: &str = r#"
schema = 1
name = "p"
summary = "s"
[[file]]
path = "/etc/ssh/sshd_config"
type = "sshd"
edit = [
    { remove = "Ciphers", item = "aes256-ctr", why = "w" },
    { unset = "PasswordAuthentication", why = "w" },
    { set = "Match[User backup].PasswordAuthentication", to = "no", why = "w" },
    { set = "Match[User nobody].PasswordAuthentication", to = "no", why = "w" },
]
[[file]]
path = "/etc/sysctl.conf"
type = "sysctl"
edit = [{ set = "vm.swappiness", to = "1", why = "w" }, { disable = "kernel.sysrq", why = "w" }]
[[file]]
path = "/etc/multipath.conf"
type = "multipath"
edit = [{ unset = "multipaths.multipath[*].alias", why = "w" }]
"#;

#[test]
fn a_host_is_judged_by_what_counts_for_wishes_of_every_kind() {
    let root = copied(&sample("shadowed"));
    let profile = root.path().join("p.toml");
    fs::write(&profile, WISHES).unwrap();
    let (path, profile) = (root.path().to_str().unwrap(), profile.to_str().unwrap());
    let told = ["auto", "main", "drop-in"].map(|place| {
        let ran = kvmprep(&["check", "--root", path, "--profile", profile, "--place", place]);
        assert_eq!(ran.status, 4, "{}", ran.stderr);
        format!("{place}\n{}---- stderr\n{}", ran.shown(), ran.stderr)
    });
    snapshot("check_wishes", &told.concat());
}
