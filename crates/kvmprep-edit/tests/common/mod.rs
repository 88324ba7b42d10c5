//! Runs the built program, and looks at trees of files.
#![allow(dead_code)]

use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use tempfile::TempDir;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_kvmprep-edit");

/// The machine's own state is not the tests' to write to, and a tree that is compared shall not hold any.
static STATE: LazyLock<TempDir> = LazyLock::new(|| TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap());

pub struct Ran {
    pub status: i32,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Ran {
    pub fn shown(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
}

pub fn kvmprep(args: &[&str]) -> Ran {
    kvmprep_with_input(args, b"")
}

pub fn kvmprep_with_input(args: &[&str], input: &[u8]) -> Ran {
    let mut command = Command::new(PROGRAM);
    command
        .args(args)
        .env("COLUMNS", "100")
        .env("KVMPREP_EDIT_STATE", STATE.path().join("state"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    Ran {
        status: output.status.code().unwrap(),
        stdout: output.stdout,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

pub fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/hosts").join(name)
}

pub fn snapshot(name: &str, text: &str) {
    insta::with_settings!({ snapshot_path => "../../../../snapshots/kvmprep-edit", prepend_module_to_snapshot => false,
        omit_expression => true }, {
        insta::assert_snapshot!(name, text);
    });
}

/// A new directory. A checkout may stand below `/tmp`, where others may write on the way: what writes here takes it for
/// its root, or allows unsafe directories.
pub fn folder() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// A copy that may be written to.
pub fn copied(root: &Path) -> TempDir {
    let copy = folder();
    copy_tree(root, copy.path());
    copy
}

fn copy_tree(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().unwrap();
        if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(&from).unwrap(), &to).unwrap();
        } else if kind.is_dir() {
            fs::create_dir(&to).unwrap();
            copy_tree(&from, &to);
        } else {
            fs::copy(&from, &to).unwrap();
        }
    }
}

/// Path, bytes and inode of every file below a directory, sorted.
pub fn files_of(root: &Path) -> Vec<(String, Vec<u8>, u64)> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let metadata = fs::symlink_metadata(&path).unwrap();
            if metadata.is_dir() {
                folders.push(path);
            } else if metadata.is_file() {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                found.push((name, fs::read(&path).unwrap(), metadata.ino()));
            }
        }
    }
    found.sort();
    found
}

/// What a command prints on a terminal; none where script(1) is not installed.
pub fn on_a_terminal(command: &str) -> Option<String> {
    let output = Command::new("script").args(["-qec", command, "/dev/null"]).stdin(Stdio::null()).output();
    match output {
        Ok(output) => Some(String::from_utf8_lossy(&output.stdout).into_owned()),
        Err(_) => {
            assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "script(1) is not installed");
            println!("skipped: script(1) is not installed");
            None
        }
    }
}
