//! Twenty ways out of a root, none of which is one: a file outside stays as it is, whatever a path or a link says.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use kvmprep_host_files::{Base, Root};
use tempfile::TempDir;

/// A root beside a secret: `TOP/root` and `TOP/outside/hosts`.
struct Jail {
    top: TempDir,
}

impl Jail {
    fn new() -> Self {
        let jail = Self { top: tempfile::tempdir().unwrap() };
        for folder in ["root/etc", "root/opt", "outside"] {
            fs::create_dir_all(jail.path(folder)).unwrap();
            fs::set_permissions(jail.path(folder), Permissions::from_mode(0o755)).unwrap();
        }
        fs::set_permissions(jail.path("root"), Permissions::from_mode(0o755)).unwrap();
        fs::write(jail.path("outside/hosts"), "secret").unwrap();
        jail
    }

    fn path(&self, name: &str) -> PathBuf {
        self.top.path().join(name)
    }

    fn outside(&self) -> String {
        self.path("outside").display().to_string()
    }
}

/// What is laid out below the root, and the path that is written to.
type Shape = (&'static str, fn(&Jail), &'static str);

fn link(jail: &Jail, target: impl AsRef<Path>, at: &str) {
    symlink(target, jail.path("root").join(at)).unwrap();
}

const SHAPES: [Shape; 20] = [
    ("`..` at the front", |_| {}, "/../outside/hosts"),
    ("`..` many times", |_| {}, "/../../../../../../outside/hosts"),
    ("`..` behind a directory", |_| {}, "/etc/../../outside/hosts"),
    ("`..` behind a directory that is not there", |_| {}, "/no/../../outside/hosts"),
    ("an absolute link", |jail| link(jail, format!("{}/hosts", jail.outside()), "etc/hosts"), "/etc/hosts"),
    ("a link with `..`", |jail| link(jail, "../../outside/hosts", "etc/hosts"), "/etc/hosts"),
    (
        "a link with `..` beyond the top",
        |jail| link(jail, "../../../../../../outside/hosts", "etc/hosts"),
        "/etc/hosts",
    ),
    ("an absolute link in the way", |jail| link(jail, jail.outside(), "etc/d"), "/etc/d/hosts"),
    ("a link with `..` in the way", |jail| link(jail, "../../outside", "etc/d"), "/etc/d/hosts"),
    ("`..` behind a link in the way", |jail| link(jail, "/opt", "etc/d"), "/etc/d/../../outside/hosts"),
    (
        "a link to a link",
        |jail| {
            link(jail, "b", "etc/a");
            link(jail, "../../outside/hosts", "etc/b");
        },
        "/etc/a",
    ),
    (
        "a link to a link in the way",
        |jail| {
            link(jail, "b", "etc/a");
            link(jail, jail.outside(), "etc/b");
        },
        "/etc/a/hosts",
    ),
    ("a link to the root's own parent", |jail| link(jail, "..", "up"), "/up/outside/hosts"),
    ("a link to itself", |jail| link(jail, "hosts", "etc/hosts"), "/etc/hosts"),
    (
        "links in a circle",
        |jail| {
            link(jail, "b", "etc/a");
            link(jail, "a", "etc/b");
        },
        "/etc/a/hosts",
    ),
    ("a link by way of this process", |jail| link(jail, "/proc/self/root/etc/hosts", "etc/hosts"), "/etc/hosts"),
    ("a link by way of its working directory", |jail| link(jail, "/proc/self/cwd/hosts", "etc/hosts"), "/etc/hosts"),
    ("a link that leads nowhere outside", |jail| link(jail, format!("{}/new", jail.outside()), "etc/new"), "/etc/new"),
    ("a link with dots and slashes", |jail| link(jail, "./.././/.././outside//hosts", "etc/hosts"), "/etc/hosts"),
    (
        "the state by a link",
        |jail| {
            fs::create_dir_all(jail.path("root/var/lib")).unwrap();
            link(jail, jail.outside(), "var/lib/kvmprep-edit");
            fs::write(jail.path("root/etc/hosts"), "old").unwrap();
        },
        "/etc/hosts",
    ),
];

#[test]
fn no_shape_of_path_or_link_leads_a_write_out_of_the_root() {
    for (shape, lay_out, path) in SHAPES {
        let jail = Jail::new();
        lay_out(&jail);
        let before: Vec<_> =
            fs::read_dir(jail.path("outside")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        let root = Root::open(jail.path("root")).unwrap().allow_unsafe_directories();
        for base in [Base::Absent, Base::Bytes(b"secret"), Base::Bytes(b"old")] {
            let _ = root.write(path.into(), base, b"ours");
            let _ = root.delete(path.into(), base);
        }
        assert_eq!(fs::read_to_string(jail.path("outside/hosts")).unwrap(), "secret", "{shape}");
        let after: Vec<_> =
            fs::read_dir(jail.path("outside")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(after, before, "{shape}");
    }
}
