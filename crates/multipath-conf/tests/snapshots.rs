//! Rendered things: the reading of a realistic file, what is said of a broken one, and refusals.

#![allow(clippy::unwrap_used, missing_docs)]

use std::fmt::Write;

use bstr::ByteSlice;
use kvmprep_lossless::{Diagnostic, Format, Lint, Request, Setting};
use kvmprep_multipath_conf::{Key, MultipathConf};

fn assert_snapshot(name: &str, text: &str) {
    insta::with_settings!({
        snapshot_path => "../../../snapshots/multipath-conf",
        prepend_module_to_snapshot => false,
    }, { insta::assert_snapshot!(name, text) });
}

const FILE: &str = include_str!("../../../testdata/multipath/array.conf");

const BROKEN: &str = include_str!("../../../testdata/multipath/broken.conf");

fn rows(conf: &MultipathConf) -> String {
    let mut outline = String::new();
    for row in conf.text().rows() {
        let (kind, within) = (format!("{:?}", row.kind), format!("{:?}", row.within));
        writeln!(outline, "{kind:<12} {within:<16} {}", row.bytes.trim_end().escape_ascii()).unwrap();
    }
    outline
}

fn settings(settings: &[Setting<Key>]) -> String {
    let mut listed = String::new();
    for setting in settings {
        let values: Vec<_> = setting.value.known().unwrap().iter().map(|value| value.to_str_lossy()).collect();
        let shadowed =
            if setting.shadowed.is_empty() { String::new() } else { format!("  (and {})", setting.shadowed.len()) };
        writeln!(listed, "{} = {}{shadowed}", setting.key, values.join(" | ")).unwrap();
    }
    listed
}

fn said(text: &[u8], diagnostic: &Diagnostic) -> String {
    let Diagnostic { severity, code, message, help, span, .. } = diagnostic;
    let place = span.map_or_else(String::new, |span| {
        let line = text[..span.start].find_iter("\n").count() + 1;
        format!("line {line} `{}`: ", span.of(text).trim_end().escape_ascii())
    });
    let help = help.as_deref().map_or_else(String::new, |help| format!("\n    help: {help}"));
    format!("{severity:?}[{code}] {place}{message}{help}\n")
}

#[test]
fn reading_of_a_file() {
    let conf = MultipathConf::parse(FILE);
    assert!(conf.diagnostics().is_empty(), "{:?}", conf.diagnostics());
    assert_snapshot("array_rows", &rows(&conf));
    assert_snapshot("array_settings", &settings(&conf.settings()));
}

#[test]
fn reading_of_a_broken_file() {
    let conf = MultipathConf::parse(BROKEN);
    assert_snapshot("broken_rows", &rows(&conf));
    assert_snapshot("broken_settings", &settings(&conf.settings()));
    let diagnostics: String = conf.diagnostics().iter().map(|said_of| said(BROKEN.as_bytes(), said_of)).collect();
    assert_snapshot("broken_diagnostics", &diagnostics);
}

/// Loads, and every block of it is worth a remark.
const WORN: &str = "\
defaults {
	user_friendly_names no
	user_friendly_names yes
	verbosity 7
	getuid_callout \"/sbin/scsi_id -g\"
	no_path_retry 5
}
overrides {
	no_path_retry fail
}
blacklist {
	devnode \"^sd\"
	devnode \"^sd\"
	wwid \"\"
	device {
	}
}
devices {
	device {
		vendor 'ACME'
		product \"[\"
	}
}
multipaths {
	multipath {
		wwid 1
		alias a
		user_friendly_names yes
	}
	multipath {
		wwid 2
		alias a
	}
}
";

#[test]
fn remarks_of_a_worn_file() {
    let conf = MultipathConf::parse(WORN);
    let mut remarks = String::new();
    for Lint { diagnostic, fix, .. } in conf.dialect().lint(conf.text()) {
        remarks.push_str(&said(WORN.as_bytes(), &diagnostic));
        if fix.is_some() {
            remarks.push_str("    mended by an edit\n");
        }
    }
    assert_snapshot("worn_remarks", &remarks);
}

#[test]
fn refusals() {
    let mut refusals = String::new();
    for (before, key, value) in [
        ("", "defaults.user_friendly_names", "on"),
        ("", "defaults.verbosity", "9"),
        ("", "defaults.reservation_key", "zz"),
        ("", "defaults.getuid_callout", "x"),
        ("", "multipaths.multipath[*].alias", "x"),
        ("", "multipaths.multipath[wwid=1].wwid", "x"),
        ("", "multipaths.multipath[wwid=1]", "x"),
        ("", "blacklist.devnode", "*"),
        ("", "blacklist.devnode", ""),
        ("", "blacklist.device", "vendor=A"),
        ("", "blacklist.device[vendor=A]", "x"),
        ("foo {\n}\n", "defaults.user_friendly_names", "yes"),
        ("blacklist { wwid a }\nmultipaths {\n}\n", "defaults.user_friendly_names", "yes"),
        ("overrides\n{\n}\n", "defaults.user_friendly_names", "yes"),
        ("blacklist {\n", "defaults.user_friendly_names", "yes"),
        ("# a\0b\n", "defaults.user_friendly_names", "yes"),
        ("# a\rb\n", "defaults.user_friendly_names", "yes"),
    ] {
        let why = MultipathConf::parse(before).apply(&Request::set(key.parse().unwrap(), value)).unwrap_err();
        let kvmprep_lossless::EditError::Refused(refusal) = why else { panic!("{why}") };
        refusals.push_str(&said(before.as_bytes(), &refusal.0));
    }
    assert_snapshot("refusals", &refusals);
}

#[test]
fn texts_that_are_no_keys() {
    let mut errors = String::new();
    for key in [
        "",
        "defaults",
        "user_friendly_names",
        "defaults.alias",
        "defaults.User_Friendly_Names",
        "multipaths.alias",
        "multipaths.multipath.alias",
        "multipaths.multipath[1].alias",
        "multipaths.multipath[wwid=1]#2.alias",
        "defaults[x=1].verbosity",
        "devices.device[vendor=A].prio",
        "blacklist.device[vendor=A].vendor",
        "blacklist",
        "multipaths.multipath[wwid=1].alias.x",
    ] {
        writeln!(errors, "{}", key.parse::<Key>().unwrap_err()).unwrap();
    }
    assert_snapshot("key_errors", &errors);
}
