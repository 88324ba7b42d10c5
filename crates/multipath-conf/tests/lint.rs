//! What is remarked on a file, and that the edits it offers mend it and change nothing the daemon takes.

#![allow(clippy::unwrap_used, missing_docs)]

mod generated;

use bstr::ByteSlice;
use generated::{dialect, files, soup};
use kvmprep_lossless::{Document, Edit, Format, Lint, Place, Request};
use kvmprep_multipath_conf::{Effective, Key, Multipath, MultipathConf, effective};
use proptest::prelude::*;

fn lint(conf: &MultipathConf) -> Vec<Lint<Key>> {
    conf.dialect().lint(conf.text())
}

fn worded(fix: &Request<Key>) -> String {
    let dedupe = if fix.manner == Request::unset(fix.edit.key().clone()).manner { "" } else { " and no other" };
    match &fix.edit {
        Edit::Set { key, to } => format!("set {key} to {}{dedupe}", to[0]),
        Edit::Add { key, item } => format!("have {item} in {key}{dedupe}"),
        Edit::Unset { key } => format!("unset {key}"),
        other => panic!("{other:?}"),
    }
}

/// `line code: fix`, for each remark.
fn lines(text: &str) -> Vec<String> {
    let conf = MultipathConf::parse(text);
    let line = |Lint { diagnostic, fix, .. }: &Lint<Key>| {
        let line =
            diagnostic.span.map_or("-".to_owned(), |span| Place::of(text.as_bytes(), span.start).line.to_string());
        let fix = fix.as_ref().map(|fix| format!(": {}", worded(fix))).unwrap_or_default();
        format!("{line} {}{fix}", diagnostic.code)
    };
    lint(&conf).iter().map(line).collect()
}

fn taken(conf: &MultipathConf) -> Effective {
    let mut taken = effective(Some(conf.text()), [], &Effective::default());
    let starts = taken.starts();
    taken.complaints.clear();
    assert!(starts || taken == Effective::default());
    taken
}

/// Text, its remarks, and the text that all offered edits leave.
const TABLE: &[(&str, &str, &[&str], &str)] = &[
    ("nothing", "defaults {\n verbosity 3\n}\n", &[], "defaults {\n verbosity 3\n}\n"),
    (
        "a value that is set again, in the section and in the next",
        "defaults {\n verbosity 1\n verbosity 2 # two\n}\ndefaults {\n verbosity 3\n}\n",
        &[
            "2 shadowed: set defaults.verbosity to 3 and no other",
            "3 shadowed: set defaults.verbosity to 3 and no other",
            "5 duplicate-keyword",
        ],
        "defaults {\n # two\n}\ndefaults {\n verbosity 3\n}\n",
    ),
    (
        "a value that is set again in a block of the same wwid",
        "multipaths {\n multipath {\n  wwid 1\n  alias a\n }\n multipath {\n  wwid 1\n  alias b\n }\n}\n",
        &["4 shadowed: set multipaths.multipath[wwid=1].alias to b and no other", "6 duplicate-multipath"],
        "multipaths {\n multipath {\n  wwid 1\n }\n multipath {\n  wwid 1\n  alias b\n }\n}\n",
    ),
    (
        "equal entries",
        "blacklist {\n wwid a\n wwid \"a\"\n device {\n  vendor A\n  product B\n }\n device {\n  product B\n  vendor A\n }\n \
         device {\n }\n}\n",
        &[
            "3 duplicate: have a in blacklist.wwid and no other",
            "8 duplicate: have vendor=A,product=B in blacklist.device and no other",
            "12 empty-device",
        ],
        "blacklist {\n wwid a\n device {\n  vendor A\n  product B\n }\n device {\n }\n}\n",
    ),
    (
        "values out of range, and refused",
        "defaults {\n verbosity 9 # loud\n user_friendly_names on\n path_selector round-robin 0\n alias_prefix a/b\n}\n",
        &[
            "2 capped: set defaults.verbosity to 4",
            "3 invalid-value",
            "4 argument-count",
            "4 extra-data",
            "5 slash-in-name",
        ],
        "defaults {\n verbosity 4 # loud\n user_friendly_names on\n path_selector round-robin 0\n alias_prefix a/b\n}\n",
    ),
    (
        "keywords without effect",
        "defaults {\n getuid_callout \"/sbin/scsi_id\"\n config_dir /x # old\n disable_changed_wwids yes\n}\n",
        &[
            "2 deprecated: unset defaults.getuid_callout",
            "3 deprecated: unset defaults.config_dir",
            "4 no-effect: unset defaults.disable_changed_wwids",
        ],
        "defaults {\n # old\n}\n",
    ),
    (
        "what stops the daemon is not mended by a guess",
        "blacklist {\n devnode \"*\"\n devnode \"*\"\n}\n",
        &["2 parse-failed", "3 parse-failed", "3 duplicate", "- daemon-does-not-start"],
        "blacklist {\n devnode \"*\"\n devnode \"*\"\n}\n",
    ),
    (
        "a dead line that stops the daemon is not taken out: it would start",
        "defaults {\n reservation_key zz\n reservation_key 1\n reservation_key 2\n}\n",
        &["2 parse-failed", "3 shadowed", "- daemon-does-not-start"],
        "defaults {\n reservation_key zz\n reservation_key 1\n reservation_key 2\n}\n",
    ),
    (
        "names of maps",
        "defaults {\n user_friendly_names yes\n}\nmultipaths {\n multipath {\n  wwid 1\n  user_friendly_names yes\n  alias a\n }\n \
         multipath {\n  wwid 2\n  alias a\n }\n}\n",
        &["7 alias-wins", "12 shared-alias"],
        "defaults {\n user_friendly_names yes\n}\nmultipaths {\n multipath {\n  wwid 1\n  user_friendly_names yes\n  alias a\n }\n \
         multipath {\n  wwid 2\n  alias a\n }\n}\n",
    ),
    (
        "what overrides decides",
        "defaults {\n no_path_retry 5\n}\noverrides {\n no_path_retry fail\n}\ndevices {\n device {\n  vendor A\n  product B\n  \
         no_path_retry 6\n }\n}\n",
        &["2 overridden", "11 overridden"],
        "defaults {\n no_path_retry 5\n}\noverrides {\n no_path_retry fail\n}\ndevices {\n device {\n  vendor A\n  product B\n  \
         no_path_retry 6\n }\n}\n",
    ),
    (
        "patterns and quotes",
        "blacklist {\n wwid \"\"\n}\ndevices {\n device {\n  vendor 'A'\n  product \"[\"\n }\n}\n",
        &["2 matches-everything", "6 single-quotes", "7 bad-regex"],
        "blacklist {\n wwid \"\"\n}\ndevices {\n device {\n  vendor 'A'\n  product \"[\"\n }\n}\n",
    ),
    (
        "a dead feature that has become a keyword is not taken out",
        "devices {\n device {\n  vendor A\n  product B\n  features \"1 queue_if_no_path\"\n }\n device {\n  vendor A\n  product B\n \
         }\n device {\n  vendor A\n  product B\n  features \"0\"\n }\n}\n",
        &["5 shadowed", "7 duplicate-device", "7 deprecated-feature", "11 duplicate-device"],
        "devices {\n device {\n  vendor A\n  product B\n  features \"1 queue_if_no_path\"\n }\n device {\n  vendor A\n  product B\n \
         }\n device {\n  vendor A\n  product B\n  features \"0\"\n }\n}\n",
    ),
];

/// Makes every edit that is offered, until none is.
fn mended(mut conf: MultipathConf) -> Result<MultipathConf, String> {
    for _ in 0..100 {
        let Some((code, fix)) = lint(&conf).into_iter().find_map(|lint| Some((lint.diagnostic.code, lint.fix?))) else {
            return Ok(conf);
        };
        conf.apply(&fix).map_err(|why| format!("{code} {}: {why}", worded(&fix)))?;
        if lint(&conf).iter().any(|lint| lint.diagnostic.code == code && lint.fix.as_ref() == Some(&fix)) {
            return Err(format!("{code} is still there: {}\n{}", worded(&fix), conf.to_bytes().as_bstr()));
        }
    }
    Err("there is no end of it".to_owned())
}

#[test]
fn remarks_and_what_is_left_when_they_are_mended() {
    for (what, text, remarks, after) in TABLE {
        assert_eq!(lines(text), *remarks, "{what}");
        assert_eq!(
            mended(MultipathConf::parse(*text)).unwrap().to_bytes().as_bstr(),
            after.as_bytes().as_bstr(),
            "{what}"
        );
    }
}

#[test]
fn every_remark_has_a_code_of_its_kind_and_says_how_to_go_on() {
    for (what, text, ..) in TABLE {
        for Lint { diagnostic, .. } in lint(&MultipathConf::parse(*text)) {
            assert!(diagnostic.help.is_some(), "{what}: {}", diagnostic.code);
            assert!(
                diagnostic.span.is_some() || diagnostic.code == "daemon-does-not-start",
                "{what}: {}",
                diagnostic.code
            );
        }
    }
}

proptest! {
    #[test]
    fn every_fix_mends_its_remark_and_changes_nothing_that_is_taken(
        bytes in prop_oneof![4 => files(), 1 => soup()], dialect in dialect()
    ) {
        let conf: Document<Multipath> = Document::parse_as(dialect, bytes);
        let before = taken(&conf);
        let after = mended(conf).map_err(TestCaseError::fail)?;
        prop_assert_eq!(before, taken(&after));
    }
}
