#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;
use crate::look::look;
use crate::write::{Base, Write};

struct Host {
    folder: TempDir,
    root: Root,
}

impl Host {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "old").unwrap();
        let root = Root::open(folder.path()).unwrap();
        Self { folder, root }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("file")
    }

    fn stage<'w>(&self, path: &'w str, base: Base<'w>, goal: Goal<'w>) -> Box<Staged<'w>> {
        let looked = look(&self.root, &Write { path: path.into(), base, goal }).unwrap();
        match stage(looked, &self.root, &TransactionId::fresh().unwrap(), 0).unwrap() {
            Stage::Ready(staged) => staged,
            Stage::Settled(written) => panic!("{written:?}"),
        }
    }

    fn replacing(&self) -> Box<Staged<'static>> {
        self.stage("/file", Base::Bytes(b"old"), Goal::Bytes(b"new"))
    }

    fn creating(&self) -> Box<Staged<'static>> {
        self.stage("/other", Base::Absent, Goal::Bytes(b"new"))
    }

    fn deleting(&self) -> Box<Staged<'static>> {
        self.stage("/file", Base::Bytes(b"old"), Goal::Absent)
    }

    /// Only `file` is there, with this text.
    fn holds(&self, text: &str) {
        assert_eq!(fs::read_to_string(self.file()).unwrap(), text);
        assert_eq!(fs::read_dir(self.folder.path()).unwrap().count(), 1);
    }
}

#[test]
fn what_is_staged_and_dropped_leaves_nothing() {
    let host = Host::new();
    drop((host.replacing(), host.creating(), host.deleting()));
    host.holds("old");
}

#[test]
fn the_hidden_name_is_no_drop_in() {
    let id = TransactionId::fresh().unwrap();
    assert_eq!(id.hidden(3, "50-redhat.conf"), format!(".50-redhat.conf.kvmprep-edit.{id}.3~"));
}

#[test]
fn a_file_replaced_or_appended_to_after_staging_is_a_conflict() {
    for change in [Host::replacing, Host::deleting] {
        let host = Host::new();
        let mut staged = change(&host);
        fs::write(host.folder.path().join("theirs"), "old").unwrap();
        fs::rename(host.folder.path().join("theirs"), host.file()).unwrap();
        assert_eq!(staged.publish(), Err(Fault::Changed), "the same bytes, yet another file");
        staged.retract().unwrap();
        host.holds("old");

        let mut staged = change(&host);
        fs::write(host.file(), "old and more").unwrap();
        assert_eq!(staged.publish(), Err(Fault::Changed));
        staged.retract().unwrap();
        host.holds("old and more");
    }
}

#[test]
fn where_the_target_is_known_to_have_changed_no_swap_is_begun() {
    let host = Host::new();
    let mut staged = host.replacing();
    fs::write(host.file(), "theirs").unwrap();
    assert_eq!(staged.publish(), Err(Fault::Changed));
    assert!(staged.state == State::Prepared, "nobody saw the new file, and there is nothing to take back");
    drop(staged);
    host.holds("theirs");
}

#[test]
fn what_is_written_to_the_old_file_behind_the_swap_is_put_back_with_it() {
    let host = Host::new();
    let mut held = fs::OpenOptions::new().append(true).open(host.file()).unwrap();
    let mut staged = host.replacing();
    staged.publish().unwrap();
    assert_eq!(staged.look_again(), Ok(()));
    held.write_all(b" and more").unwrap();
    assert_eq!(staged.look_again(), Err(Fault::Changed));
    staged.retract().unwrap();
    host.holds("old and more");
}

#[test]
fn a_name_taken_or_gone_after_staging_is_a_conflict() {
    let host = Host::new();
    let (mut replacing, mut creating, mut deleting) = (host.replacing(), host.creating(), host.deleting());
    fs::rename(host.file(), host.folder.path().join("other")).unwrap();
    assert_eq!(creating.publish(), Err(Fault::Appeared));
    assert_eq!(replacing.publish(), Err(Fault::Vanished));
    assert_eq!(deleting.publish(), Err(Fault::Vanished));
    drop((creating, replacing, deleting));
    fs::rename(host.folder.path().join("other"), host.file()).unwrap();
    host.holds("old");
}

#[test]
fn a_swap_can_be_reversed() {
    for change in [Host::replacing, Host::creating, Host::deleting] {
        let host = Host::new();
        let mut staged = change(&host);
        staged.publish().unwrap();
        staged.retract().unwrap();
        host.holds("old");
    }
}

#[test]
fn work_of_others_is_not_taken_back_with_ours() {
    let host = Host::new();
    let mut staged = host.creating();
    staged.publish().unwrap();
    let other = host.folder.path().join("other");
    fs::remove_file(&other).unwrap();
    fs::write(&other, "theirs").unwrap();
    assert!(staged.retract().unwrap_err().starts_with("/other (beside it: .other.kvmprep-edit."));
    assert_eq!(fs::read_to_string(&other).unwrap(), "theirs");
}

#[test]
fn without_an_exchange_the_base_is_looked_at_first() {
    let host = Host::new();
    let mut staged = host.replacing();
    fs::write(host.file(), "theirs").unwrap();
    assert_eq!(staged.overwrite(), Err(Fault::Changed));
    drop(staged);
    host.holds("theirs");

    fs::write(host.file(), "old").unwrap();
    let mut staged = host.replacing();
    staged.overwrite().unwrap();
    assert_eq!(staged.settle().change, Change::Replaced);
    host.holds("new");
}

#[test]
fn what_cannot_be_put_back_is_named() {
    let host = Host::new();
    let mut staged = host.replacing();
    staged.overwrite().unwrap();
    assert_eq!(staged.retract(), Err("/file".to_owned()));
    host.holds("new");
}
