//! The commands on one file.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::fs;
use std::os::unix::fs::MetadataExt;

use common::{files_of, folder, kvmprep, kvmprep_with_input, sample, snapshot};

#[test]
fn help_of_every_command_is_as_snapshot() {
    let commands = [
        "", "diff", "apply", "check", "get", "set", "unset", "disable", "add", "remove", "show", "patch", "undo",
        "recover", "status", "profile", "man",
    ];
    for command in commands {
        let args: Vec<&str> = [command, "--help"].into_iter().filter(|arg| !arg.is_empty()).collect();
        let ran = kvmprep(&args);
        assert_eq!(ran.status, 0);
        snapshot(&format!("help_{}", if command.is_empty() { "all" } else { command }), &ran.shown());
    }
}

#[test]
fn the_default_is_to_show_and_not_to_write() {
    let folder = folder();
    let hosts = folder.path().join("hosts");
    fs::write(&hosts, "192.0.2.11 kvm1\n").unwrap();
    let ran = kvmprep(&["set", hosts.to_str().unwrap(), "kvm1", "192.0.2.12"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(ran.shown().ends_with("@@ -1 +1 @@\n-192.0.2.11 kvm1\n+192.0.2.12 kvm1\n"), "{}", ran.shown());
    assert_eq!(fs::read(&hosts).unwrap(), b"192.0.2.11 kvm1\n");
}

#[test]
fn write_writes_once_and_keeps_the_mode() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let path = folder.path().join("sysctl.conf");
    fs::write(&path, "#vm.swappiness=60\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let root = folder.path().to_str().unwrap();
    let args = ["set", "--write", "--root", root, "sysctl.conf", "vm.swappiness", "1"];
    let ran = kvmprep(&args);
    assert_eq!((ran.status, ran.shown().as_str()), (0, ""), "{}", ran.stderr);
    assert_eq!(fs::read(&path).unwrap(), b"vm.swappiness=1\n");
    let metadata = fs::metadata(&path).unwrap();
    assert_eq!(metadata.mode() & 0o777, 0o640);
    assert_eq!(kvmprep(&args).status, 0);
    assert_eq!(fs::metadata(&path).unwrap().ino(), metadata.ino());
    assert_eq!(files_of(folder.path()).len(), 1, "a temporary file was left behind");
}

#[test]
fn a_diff_on_a_pipe_is_byte_exact() {
    let input = b"# caf\xe9 \x1b[31m\nvm.swappiness = 60\n";
    let ran = kvmprep_with_input(&["set", "--type", "sysctl", "-", "vm.swappiness", "1"], input);
    let wanted: &[u8] =
        b"--- a/stdin\n+++ b/stdin\n@@ -1,2 +1,2 @@\n # caf\xe9 \x1b[31m\n-vm.swappiness = 60\n+vm.swappiness = 1\n";
    assert_eq!(ran.stdout, wanted, "{}", ran.stderr);
}

#[test]
fn standard_input_to_standard_output_is_a_filter() {
    let ran = kvmprep_with_input(&["set", "--type", "sysctl", "-o", "-", "-", "a.b", "1"], b"\xff\r\n");
    assert_eq!(ran.stdout, b"\xff\r\na.b = 1\r\n", "{}", ran.stderr);
}

#[test]
fn output_goes_elsewhere_and_the_file_stays() {
    let folder = folder();
    let (from, to) = (folder.path().join("hosts"), folder.path().join("new"));
    fs::write(&from, "192.0.2.11 kvm1\n").unwrap();
    let args = ["unset", from.to_str().unwrap(), "kvm1", "-o", to.to_str().unwrap(), "--allow-unsafe-dir"];
    assert_eq!(kvmprep(&args).status, 0);
    assert_eq!((fs::read(&from).unwrap(), fs::read(&to).unwrap()), (b"192.0.2.11 kvm1\n".to_vec(), b"".to_vec()));
}

#[test]
fn show_and_get_read_the_sample_files() {
    let root = sample("el6");
    let root = root.to_str().unwrap();
    for (name, file) in
        [("multipath", "/etc/multipath.conf"), ("sshd", "/etc/ssh/sshd_config"), ("hosts", "/etc/hosts")]
    {
        let ran = kvmprep(&["show", "--root", root, file]);
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        snapshot(&format!("show_{name}_el6"), &format!("{}---- stderr\n{}", ran.shown(), ran.stderr));
    }
    let ran = kvmprep(&["get", "--root", root, "/etc/hosts", "kvm1"]);
    assert_eq!(ran.shown(), "192.0.2.11\n");
}

#[test]
fn what_goes_wrong_has_its_status_and_its_message() {
    let folder = folder();
    let odd = folder.path().join("odd");
    fs::write(&odd, "x").unwrap();
    let odd = odd.to_str().unwrap();
    let cases: [(&str, &[&str], i32); 9] = [
        ("no_command", &[], 2),
        ("unknown_type", &["get", odd, "x"], 2),
        ("bad_key", &["get", "--type", "sysconfig", odd, "1A"], 2),
        ("missing_file", &["get", "--type", "hosts", "/nowhere/hosts", "x"], 4),
        ("directory", &["get", "--type", "hosts", "/", "x"], 5),
        ("unknown_profile", &["diff", "--profile", "nope"], 2),
        ("bad_host", &["diff", "--host", "kvm2"], 2),
        ("reader_of_hosts", &["get", "--type", "hosts", "--reader", "shell", odd, "x"], 2),
        ("no_lists", &["add", "--type", "sysctl", odd, "a.b", "x"], 4),
    ];
    for (name, args, status) in cases {
        let ran = kvmprep(args);
        assert_eq!((ran.status, ran.shown().as_str()), (status, ""), "{name}: {}", ran.stderr);
        snapshot(&format!("error_{name}"), &ran.stderr.replace(odd, "ODD"));
    }
}

#[test]
fn control_bytes_never_reach_a_message() {
    let ran = kvmprep_with_input(&["set", "--type", "sysctl", "-", "a.b", "\x1b[2J"], b"");
    assert_eq!(ran.status, 4);
    assert!(!ran.stderr.contains('\x1b'), "{:?}", ran.stderr);
}

#[test]
fn completions_and_man_pages_are_made_from_the_command_line() {
    let ran = kvmprep(&["completions", "bash"]);
    assert!(ran.shown().contains("_kvmprep__edit"), "{}", ran.shown());
    let folder = folder();
    assert_eq!(kvmprep(&["man", folder.path().to_str().unwrap()]).status, 0);
    let pages: Vec<String> = files_of(folder.path()).into_iter().map(|(name, ..)| name).collect();
    assert!(pages.contains(&"kvmprep-edit-set.1".to_owned()), "{pages:?}");
}

#[test]
fn the_written_schema_is_the_one_of_the_types() {
    let path = sample("../../docs/reports.schema.json");
    let schema = kvmprep(&["schema"]).stdout;
    if std::env::var_os("INSTA_UPDATE").is_some_and(|update| update == "always") {
        fs::write(&path, &schema).unwrap();
    }
    assert!(fs::read(&path).unwrap() == schema, "docs/reports.schema.json is old: `cargo xtask snap` makes it anew");
}

#[test]
fn every_built_in_profile_parses_and_prints_as_it_is_written() {
    let listed = kvmprep(&["profile", "list"]).shown();
    let names: Vec<&str> = listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, ["kvm-host"]);
    let shown = kvmprep(&["profile", "show", "kvm-host"]).stdout;
    assert_eq!(shown, fs::read(sample("../../crates/profile/profiles/kvm-host.toml")).unwrap());
}

const ODD: &[u8] = b"# caf\xe9 \x1b[31m\n#vm.swappiness = 60\nvm.dirty_ratio = 10";

#[test]
fn a_coloured_diff_marks_the_words_that_differ() {
    let args = ["--color", "always", "set", "--type", "sysctl", "-", "vm.swappiness", "1"];
    snapshot(
        "diff_coloured",
        &kvmprep_with_input(&args, b"#vm.swappiness = 60\nvm.dirty_ratio = 10").shown().replace('\x1b', "ESC"),
    );
}

#[test]
fn on_a_terminal_control_bytes_are_shown_escaped_with_colour_and_without() {
    let folder = folder();
    let path = folder.path().join("sysctl.conf");
    fs::write(&path, ODD).unwrap();
    for color in ["always", "never"] {
        let command = format!("{} --color {color} set {} vm.swappiness 1", common::PROGRAM, path.display());
        let Some(shown) = common::on_a_terminal(&command) else { return };
        assert!(shown.contains("# caf\\xe9 \\x1b[31m"), "{shown:?}");
        assert_eq!(shown.contains('\x1b'), color == "always", "{shown:?}");
    }
}

#[test]
fn a_text_that_is_no_key_is_a_usage_error_for_every_command() {
    let root = sample("el6");
    let root = root.to_str().unwrap();
    let file = "etc/sysconfig/libvirt-guests";
    for args in [&["get", "1A"][..], &["set", "1A", "x"], &["unset", "1A"], &["add", "1A", "x"]] {
        let mut all = vec![args[0], "--root", root, file];
        all.extend(&args[1..]);
        let ran = kvmprep(&all);
        assert_eq!(ran.status, 2, "{}", ran.stderr);
        assert!(ran.stderr.starts_with("etc/sysconfig/libvirt-guests: error[bad-key]"), "{}", ran.stderr);
    }
}

#[test]
fn a_refusal_is_a_report_too() {
    let args = ["--format", "json", "set", "--type", "sysconfig", "-", "A", "x"];
    let ran = kvmprep_with_input(&args, b"B=\"open\n");
    assert_eq!(ran.status, 4, "{}", ran.stderr);
    let report: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(report["edit"]["verdict"], "refused");
    assert_eq!(report["edit"]["diagnostics"][0]["code"], "unclosed");
    assert_eq!(report["diff"], "");
}

#[test]
fn verbose_says_what_became_of_the_edit() {
    let args = ["set", "-v", "--type", "sysconfig", "-", "A", "x"];
    assert_eq!(kvmprep_with_input(&args, b"A=x\n").stderr, "stdin: set A x: already so\n");
    assert_eq!(kvmprep_with_input(&args, b"").stderr, "stdin: set A x: changed\n");
}

#[test]
fn a_value_that_the_file_does_not_decide_is_told_even_when_quiet() {
    let args = ["get", "-q", "--type", "sysconfig", "--reader", "shell", "-", "A"];
    let ran = kvmprep_with_input(&args, b"A=$(hostname)\n");
    assert_eq!(ran.shown(), "");
    assert!(ran.stderr.contains("note[unknown]"), "{}", ran.stderr);
}

#[test]
fn a_diff_names_no_parent_directory_which_patch_would_not_follow() {
    let folder = folder();
    fs::create_dir(folder.path().join("etc")).unwrap();
    fs::write(folder.path().join("etc/hosts"), "").unwrap();
    let root = folder.path().to_str().unwrap();
    let ran = kvmprep(&["set", "--root", root, "../etc/x/../hosts", "kvm1", "192.0.2.1"]);
    assert_eq!(ran.status, 4, "{}", ran.stderr);
    let ran = kvmprep(&["set", "--root", root, "../etc/hosts", "kvm1", "192.0.2.1"]);
    assert!(ran.shown().starts_with("--- a/etc/hosts\n+++ b/etc/hosts\n"), "{}{}", ran.shown(), ran.stderr);
}

#[test]
fn a_reader_that_leaves_early_is_not_complained_of_and_a_full_disk_is() {
    use std::process::Command;
    for args in [&["schema"][..], &["completions", "bash"], &["profile", "show", "kvm-host"]] {
        let (gone, stdout) = std::io::pipe().unwrap();
        drop(gone);
        let left = Command::new(common::PROGRAM).args(args).stdout(stdout).output().unwrap();
        assert_eq!((left.status.code(), left.stderr.as_slice()), (Some(5), &b""[..]), "{args:?}");
        let mut full = Command::new(common::PROGRAM);
        let full = full.args(args).stdout(fs::File::create("/dev/full").unwrap()).output().unwrap();
        assert_eq!(full.status.code(), Some(5), "{args:?}");
        assert!(full.stderr.starts_with(b"standard output: error[io]"), "{args:?}");
    }
}

#[test]
fn profiles_are_listed_and_printed_as_json() {
    let list: serde_json::Value =
        serde_json::from_slice(&kvmprep(&["--format", "json", "profile", "list"]).stdout).unwrap();
    assert_eq!(list["profiles"][0]["name"], "kvm-host");
    let shown = kvmprep(&["--format", "json", "profile", "show", "kvm-host"]);
    let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(shown["text"].as_str().unwrap(), kvmprep(&["profile", "show", "kvm-host"]).shown());
}

#[test]
fn a_missing_file_is_begun_only_when_asked_to() {
    let folder = folder();
    let path = folder.path().join("sysctl.conf");
    let path = path.to_str().unwrap();
    assert_eq!(kvmprep(&["set", "--write", "--allow-unsafe-dir", path, "vm.swappiness", "1"]).status, 4);
    assert!(files_of(folder.path()).is_empty());
    let shown = kvmprep(&["set", "--create", path, "vm.swappiness", "1"]).shown();
    assert!(
        shown.starts_with("--- /dev/null\n+++ b/") && shown.ends_with("@@ -0,0 +1 @@\n+vm.swappiness = 1\n"),
        "{shown}"
    );
    assert_eq!(kvmprep(&["set", "--create", "--write", "--allow-unsafe-dir", path, "vm.swappiness", "1"]).status, 0);
    assert_eq!(fs::read(path).unwrap(), b"vm.swappiness = 1\n");
}
