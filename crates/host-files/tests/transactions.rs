//! What outlives a run: the lock, backups and their undo.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::thread;

use kvmprep_host_files::{Base, Change, Class, Goal, Root, Way, Write};
use rustix::fs::{FlockOperation, flock};
use tempfile::TempDir;

const STATE: &str = "var/lib/kvmprep-edit";

struct Host {
    folder: TempDir,
    root: Root,
}

impl Host {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = Root::open(folder.path()).unwrap();
        let host = Self { folder, root };
        fs::create_dir(host.path("etc")).unwrap();
        fs::set_permissions(host.path("etc"), Permissions::from_mode(0o755)).unwrap();
        for name in ["etc/hosts", "etc/multipath.conf"] {
            fs::write(host.path(name), "old").unwrap();
        }
        host
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, base: &str, new: &str) {
        self.root.write("/etc/hosts".into(), Base::Bytes(base.as_bytes()), new.as_bytes()).unwrap();
    }

    fn backups(&self) -> usize {
        fs::read_dir(self.path(STATE).join("backup")).unwrap().count()
    }
}

/// Names, bytes, modes, owners and the user's attributes of all files below.
fn tree(folder: &Path) -> Vec<(PathBuf, Vec<u8>, u32, u32, u32)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let stat = fs::metadata(&path).unwrap();
            if stat.is_dir() {
                folders.push(path);
            } else {
                files.push((path.clone(), fs::read(&path).unwrap(), stat.mode(), stat.uid(), stat.gid()));
            }
        }
    }
    files.sort();
    files
}

#[test]
fn an_undone_transaction_leaves_the_tree_as_it_was() {
    let host = Host::new();
    fs::set_permissions(host.path("etc/hosts"), Permissions::from_mode(0o640)).unwrap();
    fs::set_permissions(host.path("etc/multipath.conf"), Permissions::from_mode(0o600)).unwrap();
    let before = tree(&host.path("etc"));
    let writes = [
        Write { path: "/etc/hosts".into(), base: Base::Bytes(b"old"), goal: Goal::Bytes(b"new") },
        Write { path: "/etc/new.conf".into(), base: Base::Absent, goal: Goal::Bytes(b"new") },
        Write { path: "/etc/multipath.conf".into(), base: Base::Bytes(b"old"), goal: Goal::Absent },
    ];
    let id = host.root.commit(&writes).unwrap().id.unwrap();
    assert_eq!(host.root.backups().unwrap()[0].id, id);
    let changes: Vec<_> = host.root.backups().unwrap()[0].files.iter().map(|(_, change)| *change).collect();
    assert_eq!(changes, [Change::Replaced, Change::Created, Change::Deleted]);
    assert_ne!(tree(&host.path("etc")), before);

    host.root.undo(&id).unwrap();
    assert_eq!(tree(&host.path("etc")), before);
}

#[test]
fn what_was_changed_since_is_not_undone() {
    let host = Host::new();
    let writes = ["/etc/hosts", "/etc/multipath.conf"].map(|path| Write {
        path: path.into(),
        base: Base::Bytes(b"old"),
        goal: Goal::Bytes(b"new"),
    });
    let id = host.root.commit(&writes).unwrap().id.unwrap();
    fs::write(host.path("etc/multipath.conf"), "theirs").unwrap();
    let error = host.root.undo(&id).unwrap_err();
    assert_eq!((error.class(), error.path.as_str()), (Class::Conflict, "/etc/multipath.conf"));
    assert_eq!(fs::read_to_string(host.path("etc/hosts")).unwrap(), "new", "none is touched");

    let strange = "20200101T000000000000Z-00000000".parse().unwrap();
    assert_eq!(host.root.undo(&strange).unwrap_err().code(), "no-such-transaction");
    assert!("../../etc".parse::<kvmprep_host_files::TransactionId>().is_err());
}

#[test]
fn the_last_ten_transactions_are_kept() {
    let host = Host::new();
    let mut base = "old".to_owned();
    for number in 0..12 {
        let new = format!("new {number}");
        host.write(&base, &new);
        base = new;
    }
    assert_eq!(host.backups(), 10);
    assert_eq!(fs::read_dir(host.path(STATE).join("journal")).unwrap().count(), 0);
    assert_eq!(fs::metadata(host.path(STATE)).unwrap().mode() & 0o777, 0o700);
}

#[test]
fn where_nothing_is_to_do_no_state_is_made() {
    let host = Host::new();
    host.write("old", "old");
    assert!(host.root.recover().unwrap().is_empty() && host.root.backups().unwrap().is_empty());
    assert!(!host.path("var").exists());
}

#[test]
fn a_state_directory_that_is_open_to_others_is_refused() {
    let host = Host::new();
    fs::create_dir_all(host.path(STATE)).unwrap();
    for folder in ["var", "var/lib", STATE] {
        fs::set_permissions(host.path(folder), Permissions::from_mode(0o755)).unwrap();
    }
    let error = host.root.write("/etc/hosts".into(), Base::Bytes(b"old"), b"new").unwrap_err();
    assert_eq!((error.code(), error.class()), ("shared-state", Class::Refused));
    assert_eq!(fs::read_to_string(host.path("etc/hosts")).unwrap(), "old");
}

#[test]
fn written_in_place_a_file_keeps_its_inode_and_its_other_names() {
    let host = Host::new();
    fs::hard_link(host.path("etc/hosts"), host.path("etc/other-name")).unwrap();
    let inode = fs::metadata(host.path("etc/hosts")).unwrap().ino();
    let refused = host.root.write("/etc/hosts".into(), Base::Bytes(b"old"), b"new").unwrap_err();
    assert_eq!(refused.code(), "hard-linked");

    let root = Root::open(host.folder.path()).unwrap().write_in_place();
    for (base, new) in [("old", "longer than before"), ("longer than before", "")] {
        let written = root.write("/etc/hosts".into(), Base::Bytes(base.as_bytes()), new.as_bytes()).unwrap();
        assert_eq!(written.way, Way::InPlace);
        assert_eq!(fs::read_to_string(host.path("etc/other-name")).unwrap(), new);
    }
    assert_eq!(fs::metadata(host.path("etc/hosts")).unwrap().ino(), inode);
    let writes = [
        Write { path: "/etc/hosts".into(), base: Base::Bytes(b""), goal: Goal::Bytes(b"new") },
        Write { path: "/etc/multipath.conf".into(), base: Base::Bytes(b"older"), goal: Goal::Bytes(b"new") },
    ];
    assert_eq!(root.commit(&writes).unwrap_err().class(), Class::Conflict);
    assert_eq!(fs::read_to_string(host.path("etc/hosts")).unwrap(), "");
}

#[test]
fn a_run_waits_for_the_one_before_it() {
    let host = Host::new();
    host.write("old", "first");
    let lock = fs::File::open(host.path(STATE).join("lock")).unwrap();
    flock(&lock, FlockOperation::LockExclusive).unwrap();
    thread::scope(|scope| {
        let second = scope.spawn(|| host.write("first", "second"));
        thread::sleep(std::time::Duration::from_millis(100));
        assert!(!second.is_finished());
        drop(lock);
    });
    assert_eq!(fs::read_to_string(host.path("etc/hosts")).unwrap(), "second");
}

/// Each adds its line to what it read, and reads again where the other was faster.
#[test]
fn two_writers_lose_nothing_of_each_other() {
    let host = Host::new();
    let add = |name: &str| {
        for number in 0..40 {
            loop {
                let base = fs::read(host.path("etc/hosts")).unwrap();
                let new = [base.as_slice(), format!("\n{name}{number}").as_bytes()].concat();
                match host.root.write("/etc/hosts".into(), Base::Bytes(&base), &new) {
                    Ok(_) => break,
                    Err(error) => assert_eq!(error.class(), Class::Conflict, "{error}"),
                }
            }
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| add("a"));
        scope.spawn(|| add("b"));
    });
    assert_eq!(fs::read_to_string(host.path("etc/hosts")).unwrap().lines().count(), 81);
}

#[test]
fn what_a_dead_run_left_without_a_record_is_swept_away_and_nothing_else() {
    let host = Host::new();
    host.write("old", "first");
    let ours = host.root.backups().unwrap()[0].id.to_string();
    fs::write(host.path("etc").join(format!(".hosts.kvmprep-edit.{ours}.0~")), "old").unwrap();
    host.write("first", "again");
    assert!(!host.path("etc").join(format!(".hosts.kvmprep-edit.{ours}.0~")).exists(), "the record has its bytes");
    let kept = [
        format!(".hosts.kvmprep-edit.{ours}.0~"),
        ".hosts.kvmprep-edit.20990101T000000000000Z-0123abcd.x~".to_owned(),
        ".hosts.kvmprep-edit~".to_owned(),
        ".other.kvmprep-edit.20990101T000000000000Z-0123abcd.0~".to_owned(),
    ];
    let swept = ".hosts.kvmprep-edit.20990101T000000000000Z-0123abcd.0~";
    for name in kept.iter().map(String::as_str).chain([swept]) {
        fs::write(host.path("etc").join(name), "bytes").unwrap();
    }
    host.write("again", "second");
    assert!(!host.path("etc").join(swept).exists());
    for name in kept {
        assert!(host.path("etc").join(&name).exists(), "{name}");
    }
}

#[test]
fn hard_links_are_parted_where_that_is_asked_for() {
    let host = Host::new();
    fs::hard_link(host.path("etc/hosts"), host.path("etc/other-name")).unwrap();
    let root = Root::open(host.folder.path()).unwrap().break_hard_links();
    root.write("/etc/hosts".into(), Base::Bytes(b"old"), b"new").unwrap();
    assert_eq!(fs::read_to_string(host.path("etc/hosts")).unwrap(), "new");
    assert_eq!(fs::read_to_string(host.path("etc/other-name")).unwrap(), "old");
}

#[test]
fn what_is_not_ours_in_the_state_directory_stays_and_is_in_nobodys_way() {
    let host = Host::new();
    host.write("old", "new 0");
    let backup = host.path(STATE).join("backup");
    fs::create_dir(backup.join("0-admin")).unwrap();
    fs::write(backup.join("0-admin/precious"), "theirs").unwrap();
    fs::write(backup.join("note"), "theirs").unwrap();
    fs::write(host.path(STATE).join("journal/note"), "theirs").unwrap();
    for number in 1..13 {
        host.write(&format!("new {}", number - 1), &format!("new {number}"));
    }
    assert_eq!(host.root.backups().unwrap().len(), 10);
    assert_eq!(fs::read_to_string(backup.join("0-admin/precious")).unwrap(), "theirs");
}

#[test]
fn a_clock_that_was_set_back_puts_no_transaction_before_another() {
    let host = Host::new();
    for number in 0..10 {
        host.write(&if number == 0 { "old".to_owned() } else { number.to_string() }, &(number + 1).to_string());
    }
    let backup = host.path(STATE).join("backup");
    for entry in fs::read_dir(&backup).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        fs::rename(entry.path(), backup.join(name.replacen("20", "29", 1))).unwrap();
    }
    host.write("10", "11");
    let last = host.root.backups().unwrap().pop().unwrap();
    host.root.undo(&last.id).unwrap();
    assert_eq!(fs::read_to_string(host.path("etc/hosts")).unwrap(), "10");
}

#[test]
fn one_file_by_two_names_is_not_written_twice_at_once() {
    let host = Host::new();
    std::os::unix::fs::symlink("hosts", host.path("etc/other-name")).unwrap();
    let writes = ["/etc/hosts", "/etc/other-name"].map(|path| Write {
        path: path.into(),
        base: Base::Bytes(b"old"),
        goal: Goal::Bytes(b"new"),
    });
    assert_eq!(host.root.commit(&writes).unwrap_err().code(), "written-twice");
    assert!(!host.path("var").exists(), "what is refused makes nothing");
}
