//! Others who write at the same time and know of no lock. What they write is never lost through us; what we write may be
//! theirs to overwrite.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs::{self, OpenOptions, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use kvmprep_host_files::{Base, Class, Root};
use tempfile::TempDir;

const ROUNDS: usize = 300;

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
        fs::write(host.path("etc/hosts"), "start\n").unwrap();
        host
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Reads, adds a line, writes; again where somebody was faster.
    fn add(&self, line: &str) {
        loop {
            let base = fs::read(self.path("etc/hosts")).unwrap();
            let new = [base.as_slice(), line.as_bytes(), b"\n"].concat();
            match self.root.write("/etc/hosts".into(), Base::Bytes(&base), &new) {
                Ok(_) => return,
                // Where the way back is barred both versions stay, the other one under a hidden name.
                Err(error) => assert!(matches!(error.class(), Class::Conflict | Class::Uncertain), "{error}"),
            }
        }
    }

    /// All that stands in the directory, under hidden names too.
    fn kept(&self) -> String {
        let files = fs::read_dir(self.path("etc")).unwrap().map(|entry| entry.unwrap().path());
        files.map(|path| fs::read_to_string(path).unwrap()).collect()
    }
}

/// As `sed -i` does: a new file over the name, without a look at what is there by then. It may lose our lines, as it read
/// before we wrote; each line of its own must be somewhere in the end.
#[test]
fn a_lockless_writer_that_renames_loses_nothing_through_us() {
    let host = Host::new();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut number = 0;
            while !done.load(Relaxed) {
                host.add(&format!("ours {number}"));
                number += 1;
            }
        });
        for number in 0..ROUNDS {
            let theirs = format!("theirs {number}");
            let text = fs::read_to_string(host.path("etc/hosts")).unwrap();
            fs::write(host.path("etc/sed"), format!("{text}{theirs}\n")).unwrap();
            fs::rename(host.path("etc/sed"), host.path("etc/hosts")).unwrap();
            // One run of sed after another; faster than that it would read what is taken back the next moment.
            thread::sleep(Duration::from_millis(1));
        }
        done.store(true, Relaxed);
    });
    let kept = host.kept();
    for number in 0..ROUNDS {
        assert!(kept.lines().any(|line| line == format!("theirs {number}")), "line {number} is lost");
    }
}

#[test]
fn a_new_file_of_somebody_else_is_never_overwritten() {
    for _ in 0..ROUNDS {
        let host = Host::new();
        thread::scope(|scope| {
            scope.spawn(|| {
                if let Ok(mut new) = OpenOptions::new().write(true).create_new(true).open(host.path("etc/new")) {
                    new.write_all(b"theirs").unwrap();
                }
            });
            let ours = host.root.write("/etc/new".into(), Base::Absent, b"ours");
            assert!(ours.is_ok() || ours.unwrap_err().class() == Class::Conflict);
        });
        assert!(["ours", "theirs"].contains(&fs::read_to_string(host.path("etc/new")).unwrap().as_str()));
    }
}

#[test]
fn a_link_that_is_swapped_in_on_the_way_leads_nowhere() {
    let host = Host::new();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("hosts"), "secret").unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Relaxed) {
                let _ = fs::rename(host.path("etc"), host.path("aside"));
                let _ = symlink(outside.path(), host.path("etc"));
                let _ = fs::remove_file(host.path("etc"));
                let _ = fs::rename(host.path("aside"), host.path("etc"));
            }
        });
        for _ in 0..ROUNDS {
            for base in [&b"start\n"[..], b"ours", b"secret"] {
                let _ = host.root.write("/etc/hosts".into(), Base::Bytes(base), b"ours");
            }
        }
        done.store(true, Relaxed);
    });
    assert_eq!(fs::read_to_string(outside.path().join("hosts")).unwrap(), "secret");
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
}
