//! What older versions, and the builds of Enterprise Linux, read otherwise.
//!
//! Only 0.9.4 is asked by the other tests; these are the facts that the sources of the others tell.

#![allow(clippy::unwrap_used, missing_docs)]

use camino::Utf8Path;
use kvmprep_lossless::effective::{Effective, Host};
use kvmprep_lossless::files::MemoryFiles;
use kvmprep_lossless::{Document, EditError, Format, Request, Value};
use kvmprep_multipath_conf::{Key, Multipath, Version};

const MAIN: &str = "/etc/multipath.conf";

fn dialect(version: &str) -> Multipath {
    Multipath { version: version.parse().unwrap() }
}

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

/// What is in force for a key, as the version reads these files.
fn taken_of(version: &str, files: &MemoryFiles, asked: &str) -> String {
    let explanation = dialect(version).explain(Host { files, path: Utf8Path::new(MAIN) }, &None, &key(asked));
    match &explanation.decisions[0].value {
        None => "unset".to_owned(),
        Some(Value::Known(values)) => values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | "),
        Some(Value::Unknown(why)) => format!("unknown: {why}"),
    }
}

fn taken(version: &str, text: &str, asked: &str) -> String {
    taken_of(version, &MemoryFiles::new().with(MAIN, text), asked)
}

/// A text, a key, and what versions take for it.
type Row = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const ALIAS: &str = "multipaths.multipath[wwid=1].alias";

const TABLE: &[Row] = &[
    (
        "multipaths {\n multipath {\n wwid 1\n alias \"a\"\"b\"\n }\n}\n",
        ALIAS,
        &[("0.4.9", "a"), ("el7", "a"), ("0.7.5", "a"), ("0.7.6", "a\"b"), ("el8", "a\"b")],
    ),
    (
        "multipaths {\n multipath {\n wwid 1\n alias \" \ta b \"\n }\n}\n",
        ALIAS,
        &[("el7", "a b "), ("0.7.6", " \ta b ")],
    ),
    (
        "multipaths {\n multipath {\n wwid 1\n alias \"#a\"\n }\n}\n",
        ALIAS,
        &[("0.7.5", ""), ("0.8.4", ""), ("el8", "#a"), ("0.8.5", "#a")],
    ),
    (
        "defaults {\n verbosity 3",
        "defaults.verbosity",
        &[("0.4.9", "unset"), ("el7", "unset"), ("el8", "3"), ("0.6.0", "3")],
    ),
    (
        "defaults {\n verbosity 3\r verbosity 4\n}\n",
        "defaults.verbosity",
        &[("0.4.9", "4"), ("el6", "4"), ("0.6.0", "3")],
    ),
    ("defaults {\r verbosity 3\r}\r", "defaults.verbosity", &[("el7", "3"), ("el9", "unset")]),
    (
        "defaults {\n user_friendly_names yes\n user_friendly_names on\n}\n",
        "defaults.user_friendly_names",
        &[("0.8.7", "unset"), ("el7", "unset"), ("el8", "yes"), ("el9", "yes"), ("0.8.8", "yes")],
    ),
    (
        "defaults {\n force_sync yes\n force_sync on\n}\n",
        "defaults.force_sync",
        &[("0.8.7", "no"), ("el7", "no"), ("el9", "yes"), ("0.9.4", "yes")],
    ),
    (
        "defaults {\n find_multipaths yes\n find_multipaths strict\n}\n",
        "defaults.find_multipaths",
        &[("el7", "on"), ("0.7.6", "on"), ("0.7.7", "strict"), ("el8", "strict")],
    ),
    (
        "overrides {\n no_path_retry fail\n}\n",
        "overrides.no_path_retry",
        &[("el6", "unset"), ("el7", "unset"), ("0.6.0", "fail"), ("el8", "fail")],
    ),
    (
        "overrides {\n protocol {\n type scsi:fcp\n dev_loss_tmo 60\n }\n}\n",
        "overrides.protocol[type=\"scsi:fcp\"].dev_loss_tmo",
        &[("0.8.9", "unset"), ("el7", "unset"), ("el8", "60"), ("el9", "60"), ("0.9.0", "60")],
    ),
    (
        "blacklist {\n protocol \"scsi:sas\"\n}\n",
        "blacklist.protocol",
        &[("el6", "unset"), ("0.7.7", "unset"), ("el7", "scsi:sas"), ("0.7.8", "scsi:sas")],
    ),
    (
        "devnode_blacklist {\n wwid a\n}\n",
        "blacklist.wwid",
        &[("el6", "a"), ("el9", "a"), ("0.9.0", "unset"), ("el10", "unset")],
    ),
    (
        "blacklist {\n devnode \"*\"\n}\n",
        "blacklist.devnode",
        &[
            ("el8", ".*"),
            ("el9", "unknown: multipath and multipathd do not start on these files"),
            ("0.9.4", "unknown: multipath and multipathd do not start on these files"),
        ],
    ),
    (
        "blacklist {\n devnode \"!+\"\n}\n",
        "blacklist.devnode",
        // Lost at first; where it inverts, nothing is left to repeat.
        &[("0.8.4", ""), ("el8", "unknown: multipath and multipathd do not start on these files")],
    ),
    (
        "multipaths {\n multipath {\n wwid 1\n alias a/b\n }\n}\n",
        ALIAS,
        &[("0.8.7", "a/b"), ("el9", "unset"), ("0.8.8", "unset")],
    ),
    (
        "defaults {\n features \"9 x\"\n}\n",
        "defaults.features",
        &[("el9", "9 x"), ("0.9.3", "9 x"), ("0.9.4", "unset"), ("el10", "unset")],
    ),
    (
        "defaults {\n verbosity 9\n}\n",
        "defaults.verbosity",
        &[("0.8.7", "unknown: that version takes such a number in a way of its own"), ("el8", "4"), ("0.9.4", "4")],
    ),
    (
        "defaults {\n path_grouping_policy group_by_tpg\n flush_on_last_del always\n}\n",
        "defaults.path_grouping_policy",
        &[("el9", "unset"), ("0.9.6", "group_by_tpg"), ("el10", "group_by_tpg")],
    ),
    (
        "defaults {\n flush_on_last_del always\n}\n",
        "defaults.flush_on_last_del",
        &[("0.9.8", "unset"), ("el10", "always")],
    ),
    (
        "defaults {\n bindings_file /a\n getuid_callout /b\n}\n",
        "defaults.bindings_file",
        &[("0.9.6", "/a"), ("el9", "/a"), ("0.9.7", "unset")],
    ),
    (
        "defaults {\n path_checker tur\n default_path_checker directio\n}\n",
        "defaults.path_checker",
        &[("el6", "directio"), ("el7", "directio"), ("el9", "directio"), ("0.8.9", "directio"), ("0.9.0", "tur")],
    ),
    (
        "defaults {\n default_path_grouping_policy multibus\n path_grouping_policy failover\n}\n",
        "defaults.default_path_grouping_policy",
        &[("el7", "failover"), ("el8", "failover"), ("el10", "failover")],
    ),
    (
        "defaults {\n default_getuid_callout /b\n}\n",
        "defaults.getuid_callout",
        &[("el6", "/b"), ("0.8.9", "/b"), ("0.9.0", "unset")],
    ),
    (
        "defaults {\n getuid_callout /b\n}\n",
        "defaults.getuid_callout",
        &[("el6", "/b"), ("0.8.9", "/b"), ("0.9.0", "unset")],
    ),
];

#[test]
fn what_each_version_takes() {
    for (text, asked, versions) in TABLE {
        for (version, expected) in *versions {
            assert_eq!(taken(version, text, asked), *expected, "{version}: {text:?}");
        }
    }
}

#[test]
fn drop_ins_are_read_since_they_are_and_where_the_main_file_says_while_it_may() {
    let files = MemoryFiles::new()
        .with(MAIN, "defaults {\n config_dir /etc/own.d\n verbosity 1\n}\n")
        .with("/etc/multipath/conf.d/a.conf", "defaults {\n verbosity 2\n}\n")
        .with("/etc/own.d/a.conf", "defaults {\n verbosity 3\n}\n");
    for (version, expected) in [("0.4.9", "1"), ("el6", "1"), ("el7", "3"), ("el9", "3"), ("0.9.0", "2"), ("el10", "2")]
    {
        assert_eq!(taken_of(version, &files, "defaults.verbosity"), expected, "{version}");
    }
    let nowhere = MemoryFiles::new()
        .with(MAIN, "defaults {\n config_dir \"\"\n verbosity 1\n}\n")
        .with("/etc/multipath/conf.d/a.conf", "defaults {\n verbosity 2\n}\n");
    assert_eq!(taken_of("el8", &nowhere, "defaults.verbosity"), "1");
}

#[test]
fn a_last_line_that_is_not_read_is_not_built_upon() {
    let text = "defaults {\n}\nblacklist {\n}";
    let refused = |version: &str, request: &Request<Key>| {
        let mut conf: Document<Multipath> = Document::parse_as(dialect(version), text);
        match conf.apply(request) {
            Ok(_) => conf.to_bytes(),
            Err(EditError::Refused(why)) => why.code().as_bytes().to_vec(),
            Err(other) => panic!("{other}"),
        }
    };
    let request = Request::add(key("blacklist.wwid"), "a");
    assert_eq!(refused("el7", &request), b"unended-line");
    assert_eq!(refused("el8", &request), b"defaults {\n}\nblacklist {\n\twwid \"a\"\n}");
}

#[test]
fn a_deprecated_keyword_says_since_when() {
    let said = |version: &str| {
        let conf: Document<Multipath> = Document::parse_as(dialect(version), "defaults {\n bindings_file /a\n}\n");
        let lint = dialect(version).lint(conf.text());
        lint.into_iter().map(|lint| (lint.diagnostic.message, lint.fix.is_some())).collect::<Vec<_>>()
    };
    let gone = "`bindings_file` has no effect since multipath-tools 0.9.7".to_owned();
    assert_eq!(said("0.9.7"), [(gone, true)]);
    let old = "`bindings_file` has no effect from multipath-tools 0.9.7 on".to_owned();
    assert_eq!(said("0.9.4"), [(old, false)]);
}

#[test]
fn an_old_name_is_told_by_those_who_know_it_and_by_those_who_do_not() {
    let said = |version: &str| {
        let text = "defaults {\n default_selector \"round-robin 0\"\n}\n";
        let conf: Document<Multipath> = Document::parse_as(dialect(version), text);
        let lint = dialect(version).lint(conf.text()).pop().unwrap().diagnostic;
        (lint.code, format!("{}; {}", lint.message, lint.help.unwrap_or_default()))
    };
    let (code, old) = said("el7");
    assert_eq!(code, "old-name");
    assert_eq!(
        old,
        "`default_selector` is an old name of `path_selector`: from multipath-tools 0.9.0 on it is unknown; write `path_selector`"
    );
    assert_eq!(said("el9"), (code, old));
    let (code, unknown) = said("0.9.0");
    assert_eq!(code, "unknown-keyword");
    assert_eq!(
        unknown.split_once("; ").unwrap().1,
        "until multipath-tools 0.9.0 it was another name of `path_selector`: write that"
    );
}

#[test]
fn an_edit_meets_an_old_name_as_the_keyword_it_is() {
    let mut conf: Document<Multipath> =
        Document::parse_as(dialect("el7"), "defaults {\n\tdefault_path_checker tur\n}\n");
    conf.apply(&Request::set(key("defaults.path_checker"), "directio")).unwrap();
    assert_eq!(conf.to_bytes(), b"defaults {\n\tdefault_path_checker directio\n}\n");
}

#[test]
fn a_keyword_is_refused_to_a_version_that_lacks_it() {
    let refused = |version: Version, asked: &str| {
        let mut conf: Document<Multipath> = Document::parse_as(Multipath { version }, "");
        let Err(EditError::Refused(why)) = conf.apply(&Request::set(key(asked), "5")) else { return None };
        Some(why.code())
    };
    let protocol = "overrides.protocol[type=\"scsi:fcp\"].dev_loss_tmo";
    assert_eq!(refused(Version::EL6, "overrides.no_path_retry"), Some("keyword-too-new"));
    assert_eq!(refused(Version::EL7, protocol), Some("keyword-too-new"));
    assert_eq!(refused(Version::EL8, protocol), None);
    assert_eq!(refused(Version::new(0, 8, 4), protocol), Some("keyword-too-new"));
}

#[test]
fn keywords_of_enterprise_linux_7_alone_are_read_there_and_nowhere_else() {
    for keyword in
        ["hw_str_match", "detect_path_checker", "unpriv_sgio", "ignore_new_boot_devs", "new_bindings_in_boot"]
    {
        let read = |version: Version| {
            let conf: Document<Multipath> =
                Document::parse_as(Multipath { version }, format!("defaults {{\n\t{keyword} yes\n}}\n"));
            !conf.get(&key(&format!("defaults.{keyword}"))).is_empty()
        };
        let versions = [Version::EL6, Version::new(0, 4, 9), Version::EL7, Version::EL8, Version::NEWEST];
        assert_eq!(versions.map(read), [false, false, true, false, false], "{keyword}");
    }
}

#[test]
fn without_a_main_file_the_builds_of_enterprise_linux_blacklist_every_device() {
    let files = MemoryFiles::new().with("/etc/multipath/conf.d/a.conf", "defaults {\n verbosity 3\n}\n");
    let said = |version: &str| {
        let host = Host { files: &files, path: Utf8Path::new(MAIN) };
        let explanation = dialect(version).explain(host, &None, &key("defaults.verbosity"));
        explanation.findings[0].diagnostic.message.trim_start_matches("there is no /etc/multipath.conf: ").to_owned()
    };
    assert_eq!(said("el6"), "every device is blacklisted");
    for version in ["el7", "el8", "el9", "el10"] {
        assert_eq!(said(version), "every device is blacklisted, and multipathd is not started");
    }
    assert_eq!(said("0.4.9"), "multipathd runs on what is built in");
    assert_eq!(said("0.14.3"), "multipathd runs on what is built in and on drop-ins");
}
