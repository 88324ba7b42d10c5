//! Getting bytes back to the disk: what is kept, what is refused, and that a failure leaves nothing behind.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::PathBuf;

use kvmprep_host_files::{Base, Change, Class, Digest, Fault, Goal, LIMIT, Root, Way, Write, WriteError, Written};
use kvmprep_lossless::files::{Entry, Files};
use rustix::fs::{CWD, FileType, Gid, Mode, Uid, XattrFlags, mknodat};
use tempfile::TempDir;

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
        host.put("etc/hosts", "old");
        host
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn put(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
        fs::set_permissions(self.path(name), Permissions::from_mode(0o644)).unwrap();
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn write(&self, path: &str, base: Base<'_>, new: &str) -> Result<Written, WriteError> {
        self.root.write(path.into(), base, new.as_bytes())
    }

    /// The write fails with this code and class, and etc is as it was.
    fn fails(&self, path: &str, base: Base<'_>, code: &str, class: Class) -> WriteError {
        let before = self.names();
        let error = self.write(path, base, "new").unwrap_err();
        assert_eq!((error.code(), error.class()), (code, class), "{error}");
        assert_eq!(self.names(), before, "{error}");
        error
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(self.path("etc"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

const OLD: Base<'_> = Base::Bytes(b"old");

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[test]
fn a_file_is_replaced_and_nothing_stays_beside_it() {
    let host = Host::new();
    let inode = fs::metadata(host.path("etc/hosts")).unwrap().ino();
    let written = host.write("/etc/hosts", OLD, "new").unwrap();
    let expected = Written {
        real: "/etc/hosts".into(),
        change: Change::Replaced,
        way: Way::Swapped,
        dropped: Vec::new(),
        leftover: None,
    };
    assert_eq!(written, expected);
    assert_eq!(host.text("etc/hosts"), "new");
    assert_ne!(fs::metadata(host.path("etc/hosts")).unwrap().ino(), inode);
    assert_eq!(host.names(), ["hosts"]);
}

#[test]
fn the_base_may_be_a_digest() {
    let host = Host::new();
    host.fails("/etc/hosts", Base::Digest(Digest::of(b"other")), "changed", Class::Conflict);
    host.write("/etc/hosts", Base::Digest(Digest::of(b"old")), "new").unwrap();
    assert_eq!(host.text("etc/hosts"), "new");
}

#[test]
fn equal_bytes_touch_nothing() {
    let host = Host::new();
    let before = fs::metadata(host.path("etc/hosts")).unwrap();
    let folder = fs::metadata(host.path("etc")).unwrap();
    assert_eq!(host.write("/etc/hosts", OLD, "old").unwrap().change, Change::Unchanged);
    let after = fs::metadata(host.path("etc/hosts")).unwrap();
    let facts = |stat: &fs::Metadata| (stat.ino(), stat.mtime_nsec(), stat.mtime(), stat.ctime_nsec(), stat.ctime());
    assert_eq!(facts(&after), facts(&before));
    assert_eq!(facts(&fs::metadata(host.path("etc")).unwrap()), facts(&folder));
}

#[test]
fn mode_and_extended_attributes_are_kept() {
    let host = Host::new();
    for mode in [0o600, 0o640, 0o444, 0o4755] {
        fs::set_permissions(host.path("etc/hosts"), Permissions::from_mode(mode)).unwrap();
        let base = host.text("etc/hosts");
        host.write("/etc/hosts", Base::Bytes(base.as_bytes()), &format!("{base}+")).unwrap();
        assert_eq!(fs::metadata(host.path("etc/hosts")).unwrap().mode() & 0o7777, mode);
    }
    let (file, value) = (host.path("etc/hosts"), vec![7; 3000]);
    if let Err(errno) = rustix::fs::setxattr(&file, "user.note", &value, XattrFlags::empty()) {
        return println!("skipped: extended attributes: {errno}");
    }
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    let base = host.text("etc/hosts");
    host.write("/etc/hosts", Base::Bytes(base.as_bytes()), "new").unwrap();
    let mut kept = vec![0; 4000];
    let length = rustix::fs::getxattr(&file, "user.note", &mut kept).unwrap();
    assert_eq!(kept[..length], value);
}

#[test]
fn an_acl_is_kept_and_a_directory_hands_none_down() {
    // Version 2; user::rw-, user:1234:r--, group::r--, mask::r--, other::---
    let entries: [(u16, u16, u32); 5] = [(1, 6, !0), (2, 4, 1234), (4, 4, !0), (16, 4, !0), (32, 0, !0)];
    let mut acl = 2u32.to_le_bytes().to_vec();
    for (tag, permissions, id) in entries {
        acl.extend(tag.to_le_bytes().into_iter().chain(permissions.to_le_bytes()).chain(id.to_le_bytes()));
    }
    let host = Host::new();
    let (folder, plain, guarded) = (host.path("etc"), host.path("etc/hosts"), host.path("etc/guarded"));
    host.put("etc/guarded", "old");
    if let Err(errno) = rustix::fs::setxattr(&guarded, "system.posix_acl_access", &acl, XattrFlags::empty()) {
        return println!("skipped: access control lists: {errno}");
    }
    rustix::fs::setxattr(&folder, "system.posix_acl_default", &acl, XattrFlags::empty()).unwrap();
    host.write("/etc/hosts", OLD, "new").unwrap();
    host.write("/etc/guarded", OLD, "new").unwrap();
    let mut kept = vec![0; 100];
    let length = rustix::fs::getxattr(&guarded, "system.posix_acl_access", &mut kept).unwrap();
    assert_eq!(kept[..length], acl);
    assert!(rustix::fs::getxattr(&plain, "system.posix_acl_access", &mut kept).is_err());
    assert_eq!(fs::metadata(&plain).unwrap().mode() & 0o7777, 0o644);
}

#[test]
fn the_owner_is_kept() {
    if !is_root() {
        return println!("skipped: only root gives files away");
    }
    let host = Host::new();
    rustix::fs::chown(host.path("etc/hosts"), Some(Uid::from_raw(1234)), Some(Gid::from_raw(4321))).unwrap();
    fs::set_permissions(host.path("etc/hosts"), Permissions::from_mode(0o2755)).unwrap();
    host.write("/etc/hosts", OLD, "new").unwrap();
    let stat = fs::metadata(host.path("etc/hosts")).unwrap();
    assert_eq!((stat.uid(), stat.gid(), stat.mode() & 0o7777), (1234, 4321, 0o2755));
}

#[test]
fn a_new_file_has_a_fixed_mode_and_must_be_new() {
    let host = Host::new();
    let written = host.write("/etc/new.conf", Base::Absent, "new").unwrap();
    assert_eq!(written.change, Change::Created);
    assert_eq!(host.text("etc/new.conf"), "new");
    assert_eq!(fs::metadata(host.path("etc/new.conf")).unwrap().mode() & 0o7777, 0o644);
    assert_eq!(host.names(), ["hosts", "new.conf"]);
    host.fails("/etc/hosts", Base::Absent, "appeared", Class::Conflict);
    host.fails("/none/new.conf", Base::Absent, "no-directory", Class::Refused);
}

#[test]
fn a_long_name_leaves_room_for_the_hidden_one() {
    let host = Host::new();
    let name = format!("/etc/{}", "é".repeat(127));
    host.write(&name, Base::Absent, "new").unwrap();
    host.write(&name, Base::Bytes(b"new"), "newer").unwrap();
}

#[test]
fn a_file_is_deleted_once() {
    let host = Host::new();
    let (path, nothing) = ("/etc/hosts".into(), Vec::<String>::new());
    assert_eq!(host.root.delete(path, Base::Bytes(b"other")).unwrap_err().code(), "changed");
    assert_eq!(host.names(), ["hosts"]);
    assert_eq!(host.root.delete(path, OLD).unwrap().change, Change::Deleted);
    assert_eq!(host.names(), nothing);
    assert_eq!(host.root.delete(path, OLD).unwrap_err().code(), "vanished");
    assert_eq!(host.root.delete(path, Base::Absent).unwrap().change, Change::Unchanged);
    assert_eq!(host.root.delete("/none/at/all".into(), Base::Absent).unwrap().change, Change::Unchanged);
}

#[test]
fn what_the_caller_did_not_see_is_not_overwritten() {
    let host = Host::new();
    host.put("etc/hosts", "theirs");
    let error = host.fails("/etc/hosts", OLD, "changed", Class::Conflict);
    assert_eq!(error.to_string(), "/etc/hosts: has changed since it was read; plan again");
    assert_eq!(host.text("etc/hosts"), "theirs");
    host.fails("/etc/none", OLD, "vanished", Class::Conflict);
}

#[test]
fn the_file_at_the_end_of_a_link_is_written_and_the_link_stays() {
    let host = Host::new();
    symlink("/etc/hosts", host.path("etc/absolute")).unwrap();
    symlink("../../../../etc/new", host.path("etc/dangling")).unwrap();
    let written = host.write("/etc/absolute", OLD, "new").unwrap();
    assert_eq!(written.real, "/etc/hosts");
    assert_eq!(host.write("/etc/dangling", Base::Absent, "made").unwrap().real, "/etc/new");
    assert_eq!((host.text("etc/hosts"), host.text("etc/new")), ("new".to_owned(), "made".to_owned()));
    assert!(host.path("etc/absolute").is_symlink() && host.path("etc/dangling").is_symlink());
}

#[test]
fn no_link_leads_a_write_out_of_the_root() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("hosts"), "old").unwrap();
    let host = Host::new();
    symlink(outside.path(), host.path("etc/away")).unwrap();
    symlink(outside.path().join("hosts"), host.path("etc/file")).unwrap();
    host.fails("/etc/away/hosts", OLD, "vanished", Class::Conflict);
    host.fails("/etc/file", OLD, "vanished", Class::Conflict);
    host.fails("/etc/away/hosts", Base::Absent, "no-directory", Class::Refused);
    assert_eq!(fs::read_to_string(outside.path().join("hosts")).unwrap(), "old");
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
}

#[test]
fn only_regular_files_with_one_name_are_written() {
    let host = Host::new();
    mknodat(CWD, host.path("etc/pipe"), FileType::Fifo, Mode::RUSR, 0).unwrap();
    symlink("loop", host.path("etc/loop")).unwrap();
    fs::hard_link(host.path("etc/hosts"), host.path("etc/twin")).unwrap();
    fs::File::create(host.path("etc/huge")).unwrap().set_len(LIMIT + 1).unwrap();
    host.fails("/etc/pipe", OLD, "not-regular", Class::Refused);
    host.fails("/etc", OLD, "not-regular", Class::Refused);
    host.fails("/", OLD, "not-regular", Class::Refused);
    host.fails("/etc/loop", OLD, "link-loop", Class::Refused);
    host.fails("/etc/huge", OLD, "too-large", Class::Refused);
    host.fails("/etc/hosts", OLD, "hard-linked", Class::Refused);
    assert_eq!(host.write("/etc/hosts", OLD, "old").unwrap().change, Change::Unchanged, "nothing to refuse");
}

#[test]
fn an_immutable_or_append_only_file_is_refused_by_name() {
    use rustix::fs::{IFlags, ioctl_getflags, ioctl_setflags};
    let host = Host::new();
    let file = fs::File::open(host.path("etc/hosts")).unwrap();
    for flag in [IFlags::IMMUTABLE, IFlags::APPEND] {
        let usual = ioctl_getflags(&file).unwrap_or(IFlags::empty());
        if let Err(errno) = ioctl_setflags(&file, usual | flag) {
            return println!("skipped: {flag:?}: {errno}");
        }
        let outcome = std::panic::catch_unwind(|| host.fails("/etc/hosts", OLD, "protected", Class::Refused));
        ioctl_setflags(&file, usual).unwrap();
        outcome.unwrap();
    }
}

#[test]
fn where_others_may_write_nothing_is_written_unless_allowed() {
    let host = Host::new();
    for (mode, refused) in [(0o777, true), (0o1777, true), (0o755, false)] {
        fs::set_permissions(host.path("etc"), Permissions::from_mode(mode)).unwrap();
        let outcome = host.write("/etc/fresh", Base::Absent, "new");
        assert_eq!(outcome.is_err(), refused, "{mode:o}");
        if let Err(error) = outcome {
            let message = "/etc/fresh: /etc is writable by everyone, so others could redirect the write";
            assert_eq!((error.code(), &*error.to_string()), ("unsafe-directory", message));
        }
    }
    fs::set_permissions(host.path("etc"), Permissions::from_mode(0o777)).unwrap();
    let bold = Root::open(host.folder.path()).unwrap().allow_unsafe_directories();
    assert_eq!(bold.write("/etc/hosts".into(), OLD, b"new").unwrap().change, Change::Replaced);
}

#[test]
fn a_directory_or_link_of_another_user_is_not_trusted() {
    if !is_root() {
        return println!("skipped: only root gives files away");
    }
    let host = Host::new();
    let stranger = Some(Uid::from_raw(1234));
    symlink("hosts", host.path("etc/link")).unwrap();
    rustix::fs::chownat(CWD, host.path("etc/link"), stranger, None, rustix::fs::AtFlags::SYMLINK_NOFOLLOW).unwrap();
    let error = host.fails("/etc/link", OLD, "unsafe-directory", Class::Refused);
    assert_eq!(error.fault, Fault::Distrusted { at: "/etc/link".into(), why: "belongs to another user" });
    rustix::fs::chown(host.path("etc"), stranger, None).unwrap();
    host.fails("/etc/hosts", OLD, "unsafe-directory", Class::Refused);
    rustix::fs::chown(host.path("etc"), Some(Uid::ROOT), Some(Gid::from_raw(4321))).unwrap();
    fs::set_permissions(host.path("etc"), Permissions::from_mode(0o775)).unwrap();
    host.fails("/etc/hosts", OLD, "unsafe-directory", Class::Refused);
}

#[test]
fn a_failing_system_call_changes_nothing() {
    let Ok(proc) = Root::open("/proc") else { return println!("skipped: no /proc") };
    let error = proc.write("/kvmprep-edit".into(), Base::Absent, b"new").unwrap_err();
    assert_eq!((error.class(), error.class().exit_status()), (Class::Unchanged, 5), "{error}");
    let expected = "/var/lib/kvmprep-edit: cannot make the state directory: ";
    assert!(error.to_string().starts_with(expected), "{error}");

    if !is_root() {
        let host = Host::new();
        fs::set_permissions(host.path("etc"), Permissions::from_mode(0o555)).unwrap();
        host.fails("/etc/hosts", OLD, "io", Class::Unchanged);
        fs::set_permissions(host.path("etc"), Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn several_files_are_all_new() {
    let host = Host::new();
    host.put("etc/gone", "old");
    host.put("etc/same", "old");
    let write = |path: &'static str, base, goal| Write { path: path.into(), base, goal };
    let written = host.root.commit(&[
        write("/etc/hosts", OLD, Goal::Bytes(b"new")),
        write("/etc/same", OLD, Goal::Bytes(b"old")),
        write("/etc/made", Base::Absent, Goal::Bytes(b"new")),
        write("/etc/gone", OLD, Goal::Absent),
    ]);
    let changes: Vec<_> = written.unwrap().files.iter().map(|file| file.change).collect();
    assert_eq!(changes, [Change::Replaced, Change::Unchanged, Change::Created, Change::Deleted]);
    assert_eq!(host.names(), ["hosts", "made", "same"]);
}

#[test]
fn several_files_are_all_old_when_one_fails() {
    let host = Host::new();
    host.put("etc/gone", "old");
    let before = fs::metadata(host.path("etc/hosts")).unwrap().ino();
    let write = |path: &'static str, base, goal| Write { path: path.into(), base, goal };
    let good = [
        write("/etc/hosts", OLD, Goal::Bytes(b"new")),
        write("/etc/made", Base::Absent, Goal::Bytes(b"new")),
        write("/etc/gone", OLD, Goal::Absent),
    ];
    let bad = [
        (write("/etc/none", OLD, Goal::Bytes(b"new")), "vanished"),
        (write("/etc/hosts", OLD, Goal::Bytes(b"newer")), "written-twice"),
        (write("/etc/made", Base::Absent, Goal::Bytes(b"newer")), "written-twice"),
        (write("/etc/gone", OLD, Goal::Bytes(b"newer")), "written-twice"),
    ];
    for (last, code) in bad {
        let error = host.root.commit(&[good[0], good[1], good[2], last]).unwrap_err();
        assert_eq!((error.path.as_str(), error.code()), (last.path.as_str(), code));
        assert_eq!(host.names(), ["gone", "hosts"]);
        assert_eq!((host.text("etc/gone"), host.text("etc/hosts")), ("old".to_owned(), "old".to_owned()));
        assert_eq!(fs::metadata(host.path("etc/hosts")).unwrap().ino(), before);
    }
}

#[test]
fn a_commit_forgets_what_was_read() {
    let host = Host::new();
    host.root.look("/etc/hosts".into()).unwrap();
    host.write("/etc/hosts", OLD, "new").unwrap();
    assert_eq!(host.root.look("/etc/hosts".into()).unwrap().entry, Entry::File(b"new"[..].into()));
}

#[test]
fn a_root_directory_that_is_not_trusted_is_not_called_slash() {
    let said = |at: &str| Fault::Distrusted { at: at.into(), why: "belongs to another user" }.to_string();
    assert_eq!(said("/"), "the root directory belongs to another user, so others could redirect the write");
    assert_eq!(said("/etc"), "/etc belongs to another user, so others could redirect the write");
}
