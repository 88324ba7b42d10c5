//! What a write leaves on record: `status`, `undo`, `recover`.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::Command;

use common::{PROGRAM, Ran, copied, files_of, folder, sample};
use tempfile::TempDir;

/// A host of its own, with its own state.
struct Host {
    root: TempDir,
    state: TempDir,
}

impl Host {
    fn new(name: &str) -> Self {
        Self { root: copied(&sample(name)), state: folder() }
    }

    fn run(&self, args: &[&str]) -> Ran {
        let mut command = Command::new(PROGRAM);
        command.args(args).arg("--root").arg(self.root.path());
        let output = command.env("KVMPREP_EDIT_STATE", self.state.path().join("state")).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        Ran { status: output.status.code().unwrap(), stdout: output.stdout, stderr }
    }

    /// Names, bytes and modes; an inode is not kept.
    fn files(&self) -> Vec<(String, Vec<u8>, u32)> {
        let mode = |name: &str| fs::metadata(self.root.path().join(name)).unwrap().mode();
        let files = files_of(self.root.path()).into_iter();
        files.map(|(name, bytes, _)| (name.clone(), bytes, mode(&name))).collect()
    }

    fn backups(&self) -> usize {
        fs::read_dir(self.state.path().join("state/backup")).unwrap().count()
    }
}

const SET: [&str; 4] = ["--host", "192.0.2.11=kvm1", "--host", "192.0.2.77=kvm7"];

#[test]
fn an_apply_is_undone_to_the_byte() {
    let host = Host::new("el6");
    let before = host.files();
    let applied = host.run(&[&["apply", "-v"], &SET[..]].concat());
    assert_eq!(applied.status, 0, "{}", applied.stderr);
    assert!(applied.stderr.contains("transaction 20"), "{}", applied.stderr);
    let after = host.files();
    assert_ne!(after, before);

    let listed = host.run(&["status"]).shown();
    assert!(listed.lines().next().unwrap().ends_with("  can be undone"), "{listed}");
    assert!(listed.contains("\n  replaced  etc/multipath.conf\n"), "{listed}");

    let undone = host.run(&["undo"]);
    assert_eq!(undone.status, 0, "{}", undone.stderr);
    assert!(undone.shown().contains("etc/hosts is as before\n"), "{}", undone.shown());
    assert_eq!(host.files(), before);

    assert_eq!(host.run(&["undo"]).status, 0, "an undo is a transaction as well");
    assert_eq!(host.files(), after);
}

#[test]
fn a_second_apply_leaves_no_record() {
    let host = Host::new("el6");
    host.run(&[&["apply"], &SET[..]].concat());
    let after = files_of(host.root.path());
    assert_eq!(host.run(&[&["apply"], &SET[..]].concat()).status, 0);
    assert_eq!((files_of(host.root.path()), host.backups()), (after, 1), "the same inodes");
}

#[test]
fn a_limit_of_the_file_size_ends_nothing_and_changes_nothing() {
    let host = Host::new("el6");
    let before = host.files();
    let line = "ulimit -f 0; exec \"$0\" \"$@\"";
    let mut command = Command::new("sh");
    command.args(["-c", line, PROGRAM, "set", "--write", "etc/multipath.conf", "defaults.user_friendly_names", "yes"]);
    command.arg("--root").arg(host.root.path()).env("KVMPREP_EDIT_STATE", host.state.path().join("state"));
    let ran = command.output().unwrap();
    assert_eq!(ran.status.code(), Some(5), "{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(host.files(), before);
}

#[test]
fn what_was_edited_since_is_not_undone() {
    let host = Host::new("el6");
    host.run(&["set", "--write", "etc/multipath.conf", "defaults.user_friendly_names", "yes"]);
    let path = host.root.path().join("etc/multipath.conf");
    let theirs = [fs::read(&path).unwrap().as_slice(), b"# theirs\n"].concat();
    fs::write(&path, &theirs).unwrap();
    let undone = host.run(&["undo"]);
    assert_eq!(undone.status, 3, "{}", undone.stderr);
    assert!(undone.stderr.starts_with("etc/multipath.conf: error[changed]: "), "{}", undone.stderr);
    assert_eq!(fs::read(&path).unwrap(), theirs);
}

#[test]
fn without_a_record_there_is_nothing_to_undo_or_to_recover() {
    let host = Host::new("el6");
    assert_eq!((host.run(&["recover"]).status, host.run(&["status"]).shown().as_str()), (0, ""));
    let undone = host.run(&["undo"]);
    assert_eq!(undone.status, 4);
    assert!(undone.stderr.contains("error[nothing-to-undo]"), "{}", undone.stderr);
    assert_eq!(host.run(&["undo", "20200101T000000000000Z-00000000"]).status, 4);
    assert_eq!(host.run(&["undo", "../../etc"]).status, 2);
}

impl Host {
    fn patch(&self, diff: &[u8], more: &[&str]) -> Ran {
        let path = self.state.path().join("a.diff");
        fs::write(&path, diff).unwrap();
        self.run(&[&["patch", path.to_str().unwrap()], more].concat())
    }
}

/// What a package pipes in: made on one host, applied on another like it.
#[test]
fn the_diff_of_a_host_is_applied_once_and_taken_back() {
    let host = Host::new("el6");
    let diff = host.run(&[&["diff", "-q"], &SET[..]].concat()).stdout;
    let before = host.files();
    assert_eq!(host.patch(&diff, &["--check"]).status, 1);
    assert_eq!(host.files(), before);
    let applied = host.patch(&diff, &[]);
    assert_eq!(applied.status, 0, "{}", applied.stderr);
    assert_eq!(applied.shown().lines().count(), 5, "{}", applied.shown());
    assert_eq!(host.run(&[&["diff", "-q"], &SET[..]].concat()).status, 0, "all is as the profile wants it");

    let after = files_of(host.root.path());
    let again = host.patch(&diff, &[]);
    assert_eq!((again.status, again.shown().as_str(), again.stderr.as_str()), (0, "", ""));
    assert_eq!(files_of(host.root.path()), after, "the same inodes");
    assert_eq!(host.patch(&diff, &["--check"]).status, 0);

    assert_eq!(host.patch(&diff, &["-R"]).status, 0);
    assert_eq!(host.files(), before);
}

#[test]
fn of_a_diff_that_does_not_fit_nothing_is_applied() {
    let host = Host::new("el6");
    let diff = host.run(&[&["diff", "-q"], &SET[..]].concat()).stdout;
    let path = host.root.path().join("etc/multipath.conf");
    fs::write(&path, "defaults {\n}\n").unwrap();
    let before = host.files();
    let refused = host.patch(&diff, &[]);
    assert_eq!(refused.status, 4);
    assert!(refused.stderr.starts_with("etc/multipath.conf: error[hunk-misplaced]: hunk 1 of "), "{}", refused.stderr);
    assert_eq!(host.files(), before);
}

#[test]
fn a_diff_makes_and_removes_files_below_the_root_alone() {
    let host = Host::new("el6");
    let created = b"--- /dev/null\n+++ b/etc/sysctl.d/90-kvm.conf\n@@ -0,0 +1 @@\n+vm.swappiness = 10\n";
    fs::create_dir_all(host.root.path().join("etc/sysctl.d")).unwrap();
    let before = host.files();
    assert_eq!(host.patch(created, &[]).status, 0);
    let path = host.root.path().join("etc/sysctl.d/90-kvm.conf");
    assert_eq!(fs::read(&path).unwrap(), b"vm.swappiness = 10\n");
    assert_eq!(host.patch(created, &["-R"]).status, 0);
    assert_eq!(host.files(), before);
    for name in ["b/../../etc/passwd", "b/etc/../../x", "b/"] {
        let diff = format!("--- a/x\n+++ {name}\n@@ -1 +1 @@\n-a\n+b\n").replace("a/x", &name.replacen('b', "a", 1));
        let refused = host.patch(diff.as_bytes(), &[]);
        assert_ne!(refused.status, 0, "{name}: {}", refused.stderr);
    }
    assert_eq!(host.patch(b"no diff at all\n", &[]).status, 2);
    assert_eq!(host.files(), before);
}

#[test]
fn a_plan_is_carried_out_to_the_byte_or_not_at_all() {
    let host = Host::new("el6");
    let plan = host.state.path().join("plan.json");
    let plan = plan.to_str().unwrap();
    let planned = host.run(&[&["diff", "-q", "--plan", plan], &SET[..]].concat());
    assert_eq!(planned.status, 1, "{}", planned.stderr);
    let text = fs::read_to_string(plan).unwrap();
    assert!(text.contains("\"base_sha256\"") && text.contains("set defaults.user_friendly_names yes"), "{text}");
    let before = host.files();

    let other = Host::new("el6");
    assert_eq!(other.run(&["apply", plan]).status, 0, "another host like it");
    assert_eq!(other.run(&[&["diff", "-q"], &SET[..]].concat()).status, 0, "all is as the profile wants it");
    let again = other.run(&["apply", plan]);
    assert_eq!((again.status, again.shown().as_str(), other.backups()), (0, "", 1), "already so");

    let path = host.root.path().join("etc/hosts");
    fs::write(&path, [fs::read(&path).unwrap().as_slice(), b"# theirs\n"].concat()).unwrap();
    let stale = host.run(&["apply", plan]);
    assert_eq!(stale.status, 3);
    assert!(stale.stderr.starts_with("etc/hosts: error[stale-plan]: "), "{}", stale.stderr);
    assert_eq!(host.files().len(), before.len());

    let elsewhere = Host::new("el6");
    let etc = elsewhere.root.path().join("etc");
    fs::rename(etc.join("hosts"), etc.join("hosts.real")).unwrap();
    std::os::unix::fs::symlink("hosts.real", etc.join("hosts")).unwrap();
    let led_away = elsewhere.run(&["apply", plan]);
    assert_eq!(led_away.status, 3);
    assert!(led_away.stderr.contains("leads to another file than the plan says"), "{}", led_away.stderr);

    fs::write(plan, text.replace("SHUTDOWN_TIMEOUT=300", "SHUTDOWN_TIMEOUT=301")).unwrap();
    let tampered = Host::new("el6").run(&["apply", plan]);
    assert!(tampered.stderr.contains("does not make what the plan says"), "{}", tampered.stderr);
    fs::write(plan, text.replacen("\"kvmprep_edit_plan\": 1", "\"kvmprep_edit_plan\": 2", 1)).unwrap();
    assert_eq!(host.run(&["apply", plan]).status, 2);
}

#[test]
fn a_new_file_has_the_mode_that_packages_give_such_files() {
    let host = Host::new("el9");
    for (file, key, value, mode) in [
        ("etc/ssh/sshd_config.d/10-own.conf", "Banner", "none", 0o600),
        ("etc/sysctl.d/90-own.conf", "vm.swappiness", "1", 0o644),
    ] {
        fs::create_dir_all(host.root.path().join(file).parent().unwrap()).unwrap();
        let ran = host.run(&["set", "--create", "--write", file, key, value]);
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        assert_eq!(fs::metadata(host.root.path().join(file)).unwrap().mode() & 0o777, mode, "{file}");
    }
}

#[test]
fn two_parts_of_a_diff_about_one_file_follow_each_other() {
    let host = Host::new("el6");
    let path = host.root.path().join("etc/two");
    fs::write(&path, "a\nb\nc\n").unwrap();
    let diff = "--- a/etc/two\n+++ b/etc/two\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n\
                --- a/etc/two\n+++ b/etc/two\n@@ -1,3 +1,3 @@\n a\n B\n-c\n+C\n";
    assert_eq!(host.patch(diff.as_bytes(), &[]).status, 0);
    assert_eq!(fs::read_to_string(&path).unwrap(), "a\nB\nC\n");
}

#[test]
fn a_file_that_is_not_what_a_diff_deletes_stays() {
    let host = Host::new("el6");
    let path = host.root.path().join("etc/gone");
    fs::write(&path, "mine\n").unwrap();
    let diff = b"--- a/etc/gone\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-a\n-b\n";
    assert_eq!(host.patch(diff, &[]).status, 4);
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine\n");
    fs::write(&path, "a\nb\n").unwrap();
    assert_eq!(host.patch(diff, &[]).status, 0);
    assert!(!path.exists());
    assert_eq!(host.patch(diff, &[]).status, 0);
}
