//! The commands over whole hosts, on the sample roots.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{Ran, copied, files_of, folder, kvmprep, sample, snapshot};

const PEER: [&str; 2] = ["--host", "192.0.2.12=kvm2.example.com,kvm2"];
const HOSTS: [&str; 4] = ["el6", "el9", "debian12", "shadowed"];

fn over(command: &str, root: &Path) -> Ran {
    let mut args = vec![command, "--root", root.to_str().unwrap()];
    args.extend(PEER);
    kvmprep(&args)
}

#[test]
fn the_whole_diff_of_each_sample_host_is_the_golden_one_byte_by_byte() {
    for host in HOSTS {
        let ran = over("diff", &sample(host));
        assert_eq!(ran.status, 1, "{}", ran.stderr);
        snapshot(&format!("diff_{host}"), &format!("{}---- stderr\n{}", ran.shown(), ran.stderr));
        let golden = sample(&format!("{host}.diff"));
        if std::env::var_os("INSTA_UPDATE").is_some_and(|update| update == "always") {
            fs::write(&golden, &ran.stdout).unwrap();
        }
        assert!(ran.stdout == fs::read(&golden).unwrap(), "{host} differs from its golden diff:\n{}", ran.shown());
    }
}

#[test]
fn el6_gets_exactly_the_chapters_edits_and_nothing_else() {
    let ran = over("diff", &sample("el6"));
    let diff = ran.shown();
    let side = |mark: &str, header: &str| -> Vec<&str> {
        diff.lines().filter(|line| line.starts_with(mark) && !line.starts_with(header)).collect()
    };
    assert_eq!(
        side("+", "+++"),
        [
            "+ON_BOOT=ignore",
            "+ON_SHUTDOWN=shutdown",
            "+SHUTDOWN_TIMEOUT=300",
            "+LANG=C",
            "+Ciphers aes128-ctr,aes192-ctr,aes256-ctr,3des-cbc",
            "+192.0.2.12 kvm2.example.com kvm2",
            "+\tuser_friendly_names yes",
        ]
    );
    assert_eq!(
        side("-", "---"),
        [
            "-#ON_BOOT=start",
            "-#ON_SHUTDOWN=suspend",
            "-#SHUTDOWN_TIMEOUT=0",
            "-Ciphers aes128-ctr,aes192-ctr,aes256-ctr",
            "-\tuser_friendly_names no",
            "-\t\talias\tvmstore0",
            "-\t\talias\tvmstore1",
        ]
    );
}

#[test]
fn check_tells_every_setting_of_each_sample_host() {
    for host in HOSTS {
        let ran = over("check", &sample(host));
        assert_eq!(ran.status, 1, "{}", ran.stderr);
        snapshot(&format!("check_{host}"), &format!("{}---- stderr\n{}", ran.shown(), ran.stderr));
    }
}

/// A tree of its own, without host.conf: the C library then takes the first line of a name.
#[test]
fn check_says_by_which_rule_a_line_goes_for_nothing() {
    let folder = folder();
    fs::create_dir(folder.path().join("etc")).unwrap();
    fs::write(folder.path().join("etc/hosts"), "192.0.2.12 kvm2\n192.0.2.13 kvm2\n").unwrap();
    let profile = folder.path().join("p.toml");
    let head = "schema = 1\nname = \"p\"\nsummary = \"s\"\n[[file]]\npath = \"/etc/hosts\"\ntype = \"hosts\"\n";
    let edits = [("first", "set = \"kvm2\"\nto = \"192.0.2.12\""), ("second", "add = \"kvm2\"\nitem = \"192.0.2.13\"")];
    for (name, edit) in edits {
        fs::write(&profile, format!("{head}[[file.edit]]\n{edit}\nwhy = \"w\"\n")).unwrap();
        let root = folder.path().to_str().unwrap();
        let ran = kvmprep(&["check", "-q", "--root", root, "--profile", profile.to_str().unwrap()]);
        assert_eq!(ran.status, 1, "{name}");
        snapshot(&format!("check_multi_off_{name}"), &ran.shown());
    }
}

#[test]
fn after_apply_diff_prints_nothing_check_is_content_and_a_second_apply_writes_nothing() {
    for host in HOSTS {
        let root = copied(&sample(host));
        let applied = over("apply", root.path());
        assert_eq!(applied.status, 0, "{host}: {}", applied.stderr);
        let diff = over("diff", root.path());
        assert_eq!((diff.status, diff.shown().as_str()), (0, ""), "{host}");
        assert_eq!(over("check", root.path()).status, 0, "{host}");
        let before = files_of(root.path());
        let again = over("apply", root.path());
        assert_eq!((again.status, again.shown().as_str()), (0, ""), "{host}: {}", again.stderr);
        assert_eq!(files_of(root.path()), before, "{host}: a second apply wrote");
    }
}

#[test]
fn gnu_patch_with_the_printed_diff_makes_the_tree_that_apply_makes_and_back() {
    if Command::new("patch").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "GNU patch is not installed");
        return println!("skipped: GNU patch is not installed");
    }
    for host in HOSTS {
        let (applied, patched) = (copied(&sample(host)), copied(&sample(host)));
        let diff = over("diff", patched.path()).stdout;
        assert_eq!(over("apply", applied.path()).status, 0);
        patch(patched.path(), &diff, &[]);
        assert_eq!(contents(patched.path()), contents(applied.path()), "{host}");
        patch(patched.path(), &diff, &["-R"]);
        assert_eq!(contents(patched.path()), contents(&sample(host)), "{host}");
    }
}

fn patch(root: &Path, diff: &[u8], more: &[&str]) {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), diff).unwrap();
    let mut command = Command::new("patch");
    command.args(["-p1", "--binary", "--fuzz=0", "--no-backup-if-mismatch", "-i"]).arg(file.path()).args(more);
    let output = command.current_dir(root).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && !said.contains("offset") && !said.contains("fuzz"), "{said}");
}

fn contents(root: &Path) -> Vec<(String, Vec<u8>)> {
    files_of(root).into_iter().map(|(path, bytes, _)| (path, bytes)).collect()
}

#[test]
fn a_dry_run_is_the_diff() {
    let root = sample("el6");
    let mut args = vec!["apply", "--dry-run", "--root", root.to_str().unwrap()];
    args.extend(PEER);
    assert_eq!(kvmprep(&args).stdout, over("diff", &root).stdout);
}

#[test]
fn file_narrows_to_one_file_of_the_profile() {
    let root = sample("el6");
    let mut args = vec!["diff", "--file", "/etc/hosts", "--root", root.to_str().unwrap()];
    args.extend(PEER);
    let diff = kvmprep(&args).shown();
    assert_eq!(diff.matches("--- a/").count(), 1, "{diff}");
}

#[test]
fn the_json_of_a_plan_and_of_a_check_is_as_snapshot() {
    for command in ["diff", "check"] {
        let root = sample("el6");
        let mut args = vec!["--format", "json", command, "--root", root.to_str().unwrap()];
        args.extend(PEER);
        snapshot(&format!("json_{command}_el6"), &kvmprep(&args).shown());
    }
}

#[test]
fn a_missing_multipath_conf_is_never_created() {
    let root = copied(&sample("debian12"));
    assert_eq!(over("apply", root.path()).status, 0);
    assert!(!root.path().join("etc/multipath.conf").exists());
}

#[test]
fn a_profile_of_ones_own_is_read_and_what_is_wrong_with_it_is_shown_at_its_place() {
    let folder = folder();
    let profile = folder.path().join("p.toml");
    let head = "schema = 1\nname = \"p\"\nsummary = \"s\"\n";
    let cases = [
        ("unknown_field", "[[file]]\npath = \"/etc/hosts\"\ntype = \"hosts\"\nedits = []\n"),
        ("unknown_type", "[[file]]\npath = \"/etc/fstab\"\ntype = \"fstab\"\nedit = []\n"),
        (
            "bad_key",
            "[[file]]\npath = \"/etc/sysconfig/x\"\ntype = \"sysconfig\"\n[[file.edit]]\nset = \"1A\"\nto = \"x\"\nwhy = \"y\"\n",
        ),
        (
            "two_verbs",
            "[[file]]\npath = \"/etc/hosts\"\ntype = \"hosts\"\n[[file.edit]]\nset = \"a\"\nunset = \"a\"\nto = \"x\"\nwhy = \"y\"\n",
        ),
        ("reader", "[[file]]\npath = \"/etc/hosts\"\ntype = \"hosts\"\nreader = \"shell\"\nedit = []\n"),
        ("relative_path", "[[file]]\npath = \"etc/hosts\"\ntype = \"hosts\"\nedit = []\n"),
        ("not_toml", "[[file\n"),
    ];
    for (name, text) in cases {
        fs::write(&profile, format!("{head}{text}")).unwrap();
        let ran = kvmprep(&["diff", "--root", "/", "--profile", profile.to_str().unwrap()]);
        assert_eq!((ran.status, ran.shown().as_str()), (2, ""), "{name}");
        snapshot(&format!("bad_profile_{name}"), &ran.stderr.replace(folder.path().to_str().unwrap(), "FOLDER"));
    }
}

#[test]
fn a_refused_edit_is_told_with_status_4_and_nothing_is_written() {
    let root = copied(&sample("el6"));
    let guests = root.path().join("etc/sysconfig/libvirt-guests");
    fs::write(&guests, "A=\"open\nON_BOOT=x\n").unwrap();
    let before = files_of(root.path());
    let ran = over("apply", root.path());
    assert_eq!(ran.status, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("etc/sysconfig/libvirt-guests:1:"), "{}", ran.stderr);
    assert_eq!(files_of(root.path()), before);
}

#[test]
fn a_file_that_no_profile_speaks_of_is_a_usage_error_and_not_a_host_in_order() {
    let root = sample("el6");
    for command in ["diff", "check", "apply"] {
        let ran = kvmprep(&[command, "--root", root.to_str().unwrap(), "--file", "/etc/host"]);
        assert_eq!((ran.status, ran.shown().as_str()), (2, ""), "{}", ran.stderr);
        assert!(ran.stderr.starts_with("--file: error[unknown-file]"), "{}", ran.stderr);
    }
}

#[test]
fn hosts_that_contradict_each_other_are_refused_and_nothing_is_written() {
    let root = copied(&sample("el6"));
    let before = files_of(root.path());
    let hosts = ["--host", "192.0.2.12=kvm2", "--host", "192.0.2.13=kvm2"];
    let mut args = vec!["apply", "--root", root.path().to_str().unwrap()];
    args.extend(hosts);
    let ran = kvmprep(&args);
    assert_eq!(ran.status, 4, "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("etc/hosts: error[contradiction]").count(), 2, "{}", ran.stderr);
    assert_eq!(files_of(root.path()), before);
}

#[test]
fn a_report_that_cannot_be_printed_after_writing_is_no_failure() {
    let root = copied(&sample("el6"));
    let mut command = Command::new(common::PROGRAM);
    command.args(["apply", "--root"]).arg(root.path());
    let output = command.stdout(fs::File::create("/dev/full").unwrap()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("standard output: warning[not-reported]"), "{said}");
    assert_eq!(kvmprep(&["diff", "--root", root.path().to_str().unwrap()]).status, 0, "it was written");
}

#[test]
fn a_profile_that_is_no_text_or_has_no_end_is_told_so() {
    let folder = folder();
    let profile = folder.path().join("p.toml");
    fs::write(&profile, b"schema = 1\nname = \"caf\xe9\"\n").unwrap();
    let ran = kvmprep(&["diff", "--profile", profile.to_str().unwrap()]);
    assert_eq!(ran.status, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("p.toml:2:12: error[not-utf8]"), "{}", ran.stderr);
    let endless = kvmprep(&["diff", "--profile", "/dev/zero"]);
    assert_eq!(endless.status, 5, "{}", endless.stderr);
    assert!(endless.stderr.contains("is larger than 64 MiB"), "{}", endless.stderr);
}

#[test]
fn variables_from_a_file_are_read_and_what_is_wrong_with_them_is_shown_at_its_place() {
    let folder = folder();
    let vars = folder.path().join("vars.toml");
    let args =
        ["diff", "--root", &sample("el6").display().to_string(), "--vars", vars.to_str().unwrap()].map(String::from);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    fs::write(&vars, "[[hosts]]\naddress = \"192.0.2.77\"\nnames = [\"kvm7\"]\n").unwrap();
    assert!(kvmprep(&args).shown().contains("+192.0.2.77"));
    fs::write(&vars, "[[hosts]]\naddress = \"192.0.2.77\"\nnames = [\"kvm 7\"]\n").unwrap();
    let ran = kvmprep(&args);
    assert_eq!(ran.status, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("vars.toml:3:9: error[bad-variables]"), "{}", ran.stderr);
}

#[test]
fn what_two_edits_have_to_say_alike_is_said_once() {
    let root = folder();
    fs::create_dir(root.path().join("etc")).unwrap();
    let generated = "# Your system has configured 'manage_etc_hosts' as True.\n127.0.0.1 localhost\n";
    fs::write(root.path().join("etc/hosts"), generated).unwrap();
    let root = root.path().to_str().unwrap();
    let ran = kvmprep(&["diff", "--root", root, "--host", "192.0.2.1=a", "--host", "192.0.2.2=b"]);
    assert_eq!(ran.stderr.matches("warning[generated]").count(), 1, "{}", ran.stderr);
}

/// Wants one file that is there, one that is missing and one that is a directory.
fn host_with_faults() -> tempfile::TempDir {
    let root = folder();
    fs::create_dir_all(root.path().join("etc/sysctl.d/20-b.conf")).unwrap();
    fs::write(root.path().join("etc/hosts"), "127.0.0.1 localhost\n").unwrap();
    let edit = "[[file.edit]]\nset = \"vm.swappiness\"\nto = \"1\"\nwhy = \"w\"\n";
    let file = |path: &str| format!("[[file]]\npath = \"{path}\"\ntype = \"sysctl\"\nplace = \"main\"\n{edit}");
    let hosts = "[[file]]\npath = \"/etc/hosts\"\ntype = \"hosts\"\n[[file.edit]]\nset = \"kvm2\"\nto = \"192.0.2.12\"\nwhy = \"w\"\n";
    let files = [file("/etc/sysctl.d/10-a.conf"), file("/etc/sysctl.d/20-b.conf"), hosts.to_owned()].concat();
    fs::write(root.path().join("p.toml"), format!("schema = 1\nname = \"p\"\nsummary = \"s\"\n{files}")).unwrap();
    root
}

#[test]
fn files_that_are_missing_or_unreadable_are_told_beside_the_others_and_nothing_is_written() {
    let root = host_with_faults();
    let path = root.path().to_str().unwrap();
    let profile = root.path().join("p.toml").display().to_string();
    let run = |command: &[&str]| kvmprep(&[command, &["--root", path, "--profile", &profile]].concat());
    let mut told = String::new();
    for command in ["check", "diff"] {
        let ran = run(&[command]);
        assert_eq!(ran.status, 5, "{}", ran.stderr);
        told += &format!("{}---- stderr\n{}", ran.shown(), ran.stderr);
    }
    snapshot("files_with_faults", &told);
    let only_missing = run(&["check", "--file", "/etc/sysctl.d/10-a.conf"]);
    assert_eq!(only_missing.status, 4, "{}", only_missing.shown());
    let before = files_of(root.path());
    let applied = run(&["apply"]);
    assert_eq!((applied.status, applied.shown().as_str()), (5, ""));
    assert_eq!(files_of(root.path()), before, "all or none");
    for command in ["check", "diff"] {
        let json = run(&["--format", "json", command]).shown();
        assert!(json.contains("\"unplanned\"") && json.contains("\"missing\""), "{json}");
    }
}

#[test]
fn what_stops_the_daemon_is_told_once_as_the_reason_why_nothing_is_known() {
    let root = folder();
    fs::create_dir_all(root.path().join("etc/ssh")).unwrap();
    fs::write(root.path().join("etc/ssh/sshd_config"), "Ciphers aes256-ctr,3des-cbc\nFoo bar\n").unwrap();
    let ran = kvmprep(&["check", "--root", root.path().to_str().unwrap(), "--file", "/etc/ssh/sshd_config"]);
    let why = "unknown: sshd does not start with these files: etc/ssh/sshd_config:2: sshd does not know `Foo`";
    assert!(ran.shown().lines().any(|line| line.ends_with(&format!("  {why}"))), "{}", ran.shown());
}

#[test]
fn a_note_that_an_edit_of_the_same_run_makes_void_is_not_told() {
    let note = "goes-before-the-default";
    assert!(!over("diff", &sample("el6")).stderr.contains(note), "the aliases go in the same run");
    let root = copied(&sample("el6"));
    let profile = root.path().join("p.toml");
    let edit = "[[file.edit]]\nset = \"defaults.user_friendly_names\"\nto = \"yes\"\nwhy = \"w\"\n";
    let file = format!("[[file]]\npath = \"/etc/multipath.conf\"\ntype = \"multipath\"\n{edit}");
    fs::write(&profile, format!("schema = 1\nname = \"p\"\nsummary = \"s\"\n{file}")).unwrap();
    let alone = kvmprep(&["diff", "--root", root.path().to_str().unwrap(), "--profile", profile.to_str().unwrap()]);
    assert!(alone.stderr.contains(note), "{}", alone.stderr);
}
