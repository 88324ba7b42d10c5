//! Which files are read, and what becomes of those that are not.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::disallowed_types, missing_docs)]

mod told;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use camino::Utf8Path;
use kvmprep_lossless::Value;
use kvmprep_lossless::effective::Effective;
use kvmprep_lossless::files::{Entry, Files, FilesError, Found, MemoryFiles, Overlay};
use kvmprep_multipath_conf::Multipath;
use told::{IN_ORDER, MAIN, agrees_with_the_daemon, check, explained, held, lines, values};

#[test]
fn names_that_do_not_end_in_conf_are_not_read_and_hidden_ones_are() {
    check(
        &[
            (MAIN, ""),
            ("/etc/multipath/conf.d/.hidden.conf", "defaults {\n verbosity 3\n}\n"),
            ("/etc/multipath/conf.d/b.CONF", "defaults {\n verbosity 1\n}\n"),
            ("/etc/multipath/conf.d/c.conf.bak", "defaults {\n verbosity 1\n}\n"),
        ],
        "defaults.verbosity",
        &[
            "defaults.verbosity = 3, at .hidden.conf:2",
            IN_ORDER,
            "- note[not-a-drop-in]: /etc/multipath/conf.d/b.CONF is not read: its name does not end in `.conf`",
            "- note[not-a-drop-in]: /etc/multipath/conf.d/c.conf.bak is not read: its name does not end in `.conf`",
        ],
    );
}

#[test]
fn without_a_main_file_drop_ins_are_in_force_all_the_same() {
    check(
        &[("/etc/multipath/conf.d/a.conf", "defaults {\n verbosity 3\n}\n")],
        "defaults.verbosity",
        &[
            "defaults.verbosity = 3, at a.conf:2",
            "  the last value in a section wins",
            "- note[no-main-file]: there is no /etc/multipath.conf: multipathd runs on what is built in and on drop-ins",
        ],
    );
}

#[test]
fn a_file_elsewhere_is_a_main_file_by_itself() {
    let files = held(&[
        (MAIN, "defaults {\n verbosity 1\n}\n"),
        ("/srv/multipath.conf", "defaults {\n verbosity 3\n}\n"),
        ("/etc/multipath/conf.d/a.conf", "defaults {\n verbosity 2\n}\n"),
        ("/etc/multipath/conf.d/README", ""),
    ]);
    let by = |path| lines(&explained(&files, path, "defaults.verbosity"))[0].clone();
    assert_eq!(by("/srv/multipath.conf"), "defaults.verbosity = 3, at multipath.conf:2");
    for path in [MAIN, "/etc/multipath/conf.d/a.conf", "/etc/multipath/conf.d/README"] {
        assert_eq!(by(path), "defaults.verbosity = 2, at a.conf:2, over multipath.conf:2");
    }
}

/// Files with names that stand for something else, or cannot be looked at.
struct Odd(MemoryFiles, BTreeMap<&'static str, Result<(&'static str, Entry), &'static str>>);

impl Files for Odd {
    fn look(&self, path: &Utf8Path) -> Result<Found, FilesError> {
        match self.1.get(path.as_str()) {
            None => self.0.look(path),
            Some(Ok((real, entry))) => Ok(Found { real: (*real).into(), entry: entry.clone() }),
            Some(Err(why)) => Err(FilesError { path: path.to_owned(), why: (*why).to_owned() }),
        }
    }
}

#[test]
fn what_cannot_be_read_leaves_unknown_what_it_may_decide_and_no_more() {
    let directory = || {
        let names = ["a.conf", "b.conf", "c.conf"].map(bstr::BString::from);
        Ok(("/etc/multipath/conf.d", Entry::Directory(names.to_vec())))
    };
    let files = Odd(
        held(&[
            (MAIN, "defaults {\n verbosity 1\n user_friendly_names no\n}\nblacklist {\n wwid 1\n}\n"),
            ("/etc/multipath/conf.d/c.conf", "defaults {\n verbosity 3\n}\n"),
        ]),
        BTreeMap::from([
            ("/etc/multipath/conf.d", directory()),
            ("/etc/multipath/conf.d/a.conf", Ok(("/dev/null", Entry::Other))),
            ("/etc/multipath/conf.d/b.conf", Err("permission denied")),
        ]),
    );
    let said = |asked| lines(&explained(&files, MAIN, asked))[0].clone();
    let unread = "unknown (/etc/multipath/conf.d/b.conf could not be read: permission denied)";
    assert_eq!(said("defaults.verbosity"), "defaults.verbosity = 3, at c.conf:2, over multipath.conf:2");
    let names = format!("defaults.user_friendly_names = {unread}, at multipath.conf:3");
    assert_eq!(said("defaults.user_friendly_names"), names);
    assert_eq!(said("blacklist.wwid"), format!("blacklist.wwid = {unread}, at multipath.conf:6"));
    assert_eq!(said("defaults.find_multipaths"), format!("defaults.find_multipaths = {unread}"));
    let findings = lines(&explained(&files, MAIN, "defaults.verbosity"));
    assert_eq!(
        findings[2..],
        [
            "- note[empty-file]: /etc/multipath/conf.d/a.conf leads to /dev/null, which the daemon reads as an empty file",
            "- error[not-read]: /etc/multipath/conf.d/b.conf could not be read: permission denied",
        ]
    );
}

#[test]
fn a_link_that_leads_nowhere_and_a_directory_hold_nothing() {
    let names = ["a.conf", "b.conf"].map(bstr::BString::from);
    let files = Odd(
        held(&[(MAIN, "")]),
        BTreeMap::from([
            ("/etc/multipath/conf.d", Ok(("/etc/multipath/conf.d", Entry::Directory(names.to_vec())))),
            ("/etc/multipath/conf.d/a.conf", Ok(("/nowhere", Entry::Absent))),
            ("/etc/multipath/conf.d/b.conf", Ok(("/etc/multipath/conf.d/b.conf", Entry::Directory(Vec::new())))),
        ]),
    );
    let found = lines(&explained(&files, MAIN, "defaults.verbosity"));
    assert_eq!(found[0], "defaults.verbosity = unset");
    let codes = explained(&files, MAIN, "defaults.verbosity").findings;
    let codes: Vec<_> = codes.iter().map(|finding| finding.diagnostic.code).collect();
    assert_eq!(codes, ["dangling-link", "empty-file"]);
}

#[test]
fn a_planned_drop_in_wins_by_its_name() {
    let files = held(&[
        (MAIN, "defaults {\n user_friendly_names no\n}\n"),
        ("/etc/multipath/conf.d/99-vendor.conf", "defaults {\n user_friendly_names no\n}\n"),
    ]);
    let drop_ins = Multipath::DROP_INS.unwrap();
    let wins = |name: &&&str| {
        let path = Utf8Path::new(drop_ins.directory).join(**name);
        let planned = Overlay::over(&files).with(path, "defaults {\n user_friendly_names yes\n}\n");
        values(&planned).into_values().next() == Some(Value::Known(vec!["yes".into()]))
    };
    assert_eq!(drop_ins.names.iter().find(wins), Some(&"zz-kvmprep.conf"));
}

/// The sample roots, as they lie on the disk.
struct Root(std::path::PathBuf);

impl Files for Root {
    fn look(&self, path: &Utf8Path) -> Result<Found, FilesError> {
        let on_disk = self.0.join(path.as_str().trim_start_matches('/'));
        let entry = match std::fs::read(&on_disk) {
            Ok(bytes) => Entry::File(Arc::from(bytes)),
            Err(_) => Entry::Absent,
        };
        Ok(Found { real: path.to_owned(), entry })
    }
}

#[test]
fn the_sample_hosts_are_explained() {
    let host = |name: &str| Root(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/hosts").join(name));
    let said = |name: &str, asked| lines(&explained(&host(name), MAIN, asked));
    assert_eq!(
        said("el6", "defaults.user_friendly_names"),
        [
            "defaults.user_friendly_names = no, at multipath.conf:16",
            "  the last value in a section wins",
            "multipath.conf:34 note[overridden]: `alias` in `multipaths.multipath` goes before \
             `defaults.user_friendly_names` for `wwid=3600a0b80000f0b8a00000000deadbe01`",
            "multipath.conf:38 note[overridden]: `alias` in `multipaths.multipath` goes before \
             `defaults.user_friendly_names` for `wwid=3600a0b80000f0b8a00000000deadbe02`",
        ]
    );
    assert_eq!(said("el9", "multipaths.multipath[*].alias").len(), 4);
    assert_eq!(said("debian12", "defaults.user_friendly_names")[0], "defaults.user_friendly_names = unset");
    for name in ["el6", "el9"] {
        let Ok(Found { entry: Entry::File(text), .. }) = host(name).look(Utf8Path::new(MAIN)) else { panic!("{name}") };
        agrees_with_the_daemon(&[(MAIN, std::str::from_utf8(&text).unwrap())]);
    }
}
