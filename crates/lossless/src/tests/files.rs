use std::collections::BTreeMap;

use bstr::BString;
use camino::{Utf8Path, Utf8PathBuf};

use crate::files::{Entry, Files, FilesError, Found, Glob, Hidden, MemoryFiles, Overlay};

/// A host with links, names that are not UTF-8, and places that cannot be looked at.
#[derive(Default)]
struct Host {
    files: MemoryFiles,
    links: BTreeMap<Utf8PathBuf, Utf8PathBuf>,
    names: BTreeMap<Utf8PathBuf, Vec<BString>>,
    closed: Vec<Utf8PathBuf>,
}

impl Files for Host {
    fn look(&self, path: &Utf8Path) -> Result<Found, FilesError> {
        let path = self.links.get(path).map_or(path, |target| target);
        if self.closed.iter().any(|closed| path == closed) {
            return Err(FilesError { path: path.to_owned(), why: "permission denied".to_owned() });
        }
        let mut found = self.files.look(path)?;
        if let Entry::Directory(names) = &mut found.entry {
            names.extend(self.names.get(path).into_iter().flatten().cloned());
            let links = self.links.keys().filter(|link| link.parent() == Some(path));
            names.extend(links.filter_map(|link| link.file_name()).map(BString::from));
            names.sort();
        }
        Ok(found)
    }
}

fn paths(files: &dyn Files, pattern: &str) -> Result<Vec<Utf8PathBuf>, String> {
    Glob::GNU.paths(files, pattern.as_bytes()).map_err(|error| error.to_string())
}

#[test]
fn patterns_match_as_glob_7_says() {
    for (pattern, path, expected) in [
        ("vm/*", "vm/swappiness", true),
        ("*/swappiness", "vm/swappiness", true),
        ("*", "vm/swappiness", false),
        ("vm/swappines?", "vm/swappiness", true),
        ("vm/s*s*s", "vm/swappiness", true),
        ("vm/s*x", "vm/swappiness", false),
        ("vm/overcommit_[mr]*", "vm/overcommit_memory", true),
        ("vm/[!s]*", "vm/swappiness", false),
        ("vm/[^d]*", "vm/swappiness", true),
        ("vm/[a-s]wappiness", "vm/swappiness", true),
        ("vm/[[:alpha:]]wappiness", "vm/swappiness", true),
        ("vm/[]s]wappiness", "vm/swappiness", true),
        ("vm/swap[i", "vm/swap[i", true),
        ("vm/\\s*", "vm/swappiness", true),
        ("vm/*", "vm/.hidden", false),
        ("vm/.*", "vm/.hidden", true),
    ] {
        assert_eq!(Glob::GNU.matches(pattern.as_bytes(), path.as_bytes()), expected, "{pattern} on {path}");
    }
    assert!(!Glob::BSD.matches(b"[^a]", b"b"));
    assert!(Glob::BSD.matches(b"[^a]", b"^"));
    assert!(Glob { hidden: Hidden::Plain, ..Glob::GNU }.matches(b"*", b".hidden"));
}

#[test]
fn a_glob_lists_names_in_byte_order_component_by_component() {
    let files = ["9-a", "10-a", "B", "_", "a", ".h", "a.d/x", "b.d/x", "b.d/y", "\\", "x y"];
    let files = files.iter().fold(MemoryFiles::new(), |files, name| files.with(format!("/d/{name}"), ""));
    for (pattern, expected) in [
        ("/d/*", &["/d/10-a", "/d/9-a", "/d/B", "/d/\\", "/d/_", "/d/a", "/d/a.d", "/d/b.d", "/d/x y"][..]),
        ("/d/[0-9]*", &["/d/10-a", "/d/9-a"]),
        ("/d/*.d/x", &["/d/a.d/x", "/d/b.d/x"]),
        ("/d/*/*", &["/d/a.d/x", "/d/b.d/x", "/d/b.d/y"]),
        ("/d/a/*", &[]),
        ("/d/a/x", &[]),
        ("/d/.h", &["/d/.h"]),
        ("/d/\\\\", &["/d/\\"]),
        ("/d/x\\ y", &["/d/x y"]),
        ("//d//a", &["/d/a"]),
        ("/d/../d/a", &["/d/../d/a"]),
        ("/no/../d/a", &[]),
        ("/d/a/../a", &[]),
        ("/d/*/", &["/d/a.d", "/d/b.d"]),
        ("/d/b.d/.*/a", &["/d/b.d/../a"]),
        ("/d/no", &[]),
        ("/no/*", &[]),
    ] {
        assert_eq!(paths(&files, pattern), Ok(expected.iter().map(Utf8PathBuf::from).collect()), "{pattern}");
    }
}

#[test]
fn a_backslash_before_a_slash_is_none() {
    let files = MemoryFiles::new().with("/etc/sub/z", "").with("/etc/sub\\/y", "");
    for pattern in ["/etc/sub\\/*", "/etc/s*\\/z", "/etc\\/sub/z", "/etc/sub/\\z"] {
        assert_eq!(Glob::BSD.paths(&files, pattern.as_bytes()).unwrap(), ["/etc/sub/z"], "{pattern}");
    }
    assert_eq!(Glob::BSD.paths(&files, br"/etc/sub\\/*").unwrap(), ["/etc/sub\\/y"]);
}

#[test]
fn what_a_glob_cannot_see_is_an_error_and_no_guess() {
    let host = Host {
        files: MemoryFiles::new().with("/d/a.conf", "").with("/closed/b.conf", "").with("/e/c.conf", ""),
        names: [("/d".into(), vec![b"\xff.conf".into(), b"\xff.txt".into()])].into(),
        closed: vec!["/closed".into(), "/e/c.conf".into()],
        ..Host::default()
    };
    assert_eq!(paths(&host, "/d/*.conf"), Err("/d: the name `\\xff.conf` is not UTF-8".to_owned()));
    assert_eq!(paths(&host, "/d/a*"), Ok(vec!["/d/a.conf".into()]));
    assert!(Glob::GNU.paths(&host, b"/d/\xff.txt").is_err());
    assert_eq!(Glob::GNU.paths(&host, b"/d/\xfe"), Ok(vec![]));
    assert_eq!(paths(&host, "/closed/*"), Err("/closed: permission denied".to_owned()));
    assert_eq!(paths(&host, "/e/*"), Ok(vec!["/e/c.conf".into()]));
    assert_eq!(paths(&host, "/e/c.conf"), Err("/e/c.conf: permission denied".to_owned()));
}

#[test]
fn a_glob_that_matches_too_much_is_an_error() {
    let files = (0..5).fold(MemoryFiles::new(), |files, n| files.with(format!("/d/{n}"), ""));
    let few = |most| Glob { most, ..Glob::GNU }.paths(&files, b"/d/*").map_err(|error| error.why);
    assert_eq!(few(5).map(|found| found.len()), Ok(5));
    assert_eq!(few(4), Err("`*` matches more than 4 names".to_owned()));
}

#[test]
fn a_link_that_leads_nowhere_has_a_name() {
    let host = Host {
        files: MemoryFiles::new().with("/d/a", ""),
        links: [("/d/l".into(), "/gone".into())].into(),
        ..Host::default()
    };
    assert_eq!(paths(&host, "/d/*"), Ok(vec!["/d/a".into(), "/d/l".into()]));
    assert_eq!(paths(&host, "/d/l"), Ok(vec!["/d/l".into()]));
    assert_eq!(paths(&host, "/d/m"), Ok(vec![]));
}

fn names(files: &dyn Files, path: &str) -> Option<Vec<String>> {
    match files.look(path.into()).ok()?.entry {
        Entry::Directory(names) => Some(names.iter().map(ToString::to_string).collect()),
        _ => None,
    }
}

#[test]
fn a_plan_shows_through_links() {
    let host = Host {
        files: MemoryFiles::new().with("/etc/sysctl.conf", "old").with("/etc/sysctl.d/10", ""),
        links: [("/etc/sysctl.d/99".into(), "/etc/sysctl.conf".into())].into(),
        ..Host::default()
    };
    let planned = Overlay::over(&host).with("/etc/sysctl.conf", "new");
    let new = Entry::File(b"new"[..].into());
    assert_eq!(planned.look("/etc/sysctl.d/99".into()).map(|found| found.entry), Ok(new));
    let deleted = Overlay::over(&host).without("/etc/sysctl.conf");
    assert_eq!(deleted.look("/etc/sysctl.d/99".into()).map(|found| found.entry), Ok(Entry::Absent));
    assert_eq!(names(&deleted, "/etc/sysctl.d"), Some(vec!["10".to_owned(), "99".to_owned()]));
    assert_eq!(names(&deleted, "/etc"), Some(vec!["sysctl.d".to_owned()]));
}

#[test]
fn new_drop_ins_appear_and_deleted_ones_vanish() {
    let host = MemoryFiles::new().with("/d/b", "").with("/d/d", "").with("/d.conf", "").with("/e/sub/x", "");
    let planned = Overlay::over(&host).with("/d/a", "").with("/d/c", "").without("/d/d").without("/d/gone");
    let planned = planned.with("/new/sub/x", "").without("/e/sub/x");
    for (directory, expected) in [
        ("/d", Some("a b c")),
        ("/new", Some("sub")),
        ("/new/sub", Some("x")),
        ("/e", Some("sub")),
        ("/e/sub", Some("")),
        ("/no", None),
        ("/", Some("d d.conf e new")),
    ] {
        assert_eq!(names(&planned, directory).map(|names| names.join(" ")).as_deref(), expected, "{directory}");
    }
    assert_eq!(paths(&planned, "/d/*").map(|found| found.len()), Ok(3));
}

#[test]
fn what_cannot_be_looked_at_stays_so_under_a_plan() {
    let host = Host { closed: vec!["/closed".into()], ..Host::default() };
    assert!(Overlay::over(&host).with("/closed/a", "").look("/closed".into()).is_err());
}
