//! What procps 3.3 makes of the recorded inputs where procps 4 does otherwise: its releases 3.3.10, 3.3.15, 3.3.16 and
//! 3.3.17 were built and run over them.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs)]

use std::collections::BTreeMap;

use kvmprep_lossless::effective::{Effective, Host};
use kvmprep_lossless::files::MemoryFiles;
use kvmprep_lossless::{Document, Format, Request, Text, Value};
use kvmprep_sysctl_conf::{
    Complaint, Kernel, Key, ProcpsVersion, Reader, Situation, SysctlConf, SystemdVersion, decision, effective, sources,
};
use serde::Deserialize;

const RHEL_7: Reader = procps(3, 3, 10);
const RHEL_8: Reader = procps(3, 3, 15);
const THREE_16: Reader = procps(3, 3, 16);
const RHEL_9: Reader = procps(3, 3, 17);
const DEBIAN_12: Reader = procps(4, 0, 2);
const ALL: [Reader; 5] = [RHEL_7, RHEL_8, THREE_16, RHEL_9, DEBIAN_12];

const fn procps(major: u8, minor: u8, patch: u8) -> Reader {
    Reader::Procps(ProcpsVersion(major, minor, patch))
}

const fn systemd(version: u16) -> Reader {
    Reader::Systemd(SystemdVersion(version))
}

#[derive(Deserialize)]
struct Case {
    id: String,
    input: Option<String>,
}

/// The input of a recorded case.
fn input(id: &str) -> String {
    let path = format!("{}/../../testdata/cases/sysctl.cases.jsonl", env!("CARGO_MANIFEST_DIR"));
    let recorded = std::fs::read_to_string(path).unwrap();
    let cases = recorded.split('\n').filter(|line| !line.is_empty());
    cases.map(|line| serde_json::from_str::<Case>(line).unwrap()).find(|case| case.id == id).unwrap().input.unwrap()
}

/// What a reader leaves in the settings of a kernel.
fn values(reader: Reader, file: &str) -> BTreeMap<String, String> {
    let kernel = Kernel::new(["vm/swappiness", "vm/overcommit_memory", "vm/dirty_ratio", "kernel/domainname"]);
    let outcome = effective(reader, [file], &kernel);
    outcome.values().into_iter().map(|(path, value)| (path.to_string(), value.to_string())).collect()
}

fn get(reader: Reader, file: &str, key: &str) -> Option<Value> {
    let text = Text::read(SysctlConf::for_readers([reader]), file);
    Some(text.syntax().get(&text, reader, &key.parse().unwrap()).pop()?.value)
}

fn known(value: &str) -> Option<Value> {
    Some(Value::Known(vec![value.into()]))
}

/// Which of the releases set the key to the value by this file; the others must not set it.
fn set_by(file: &str, key: &str, value: &str) -> Vec<Reader> {
    let path = key.replace('.', "/");
    let set = ALL.into_iter().filter(|reader| {
        let set = get(*reader, file, key) == known(value);
        assert_eq!(values(*reader, file).get(&path).is_some_and(|did| did == value), set, "{reader} {file:?}");
        set
    });
    set.collect()
}

#[test]
fn a_dash_is_part_of_the_key_up_to_3_3_15() {
    assert!(input("dash-known").starts_with("-vm.swappiness"));
    assert_eq!(set_by("-vm.swappiness = 1\n", "vm.swappiness", "1"), [THREE_16, RHEL_9, DEBIAN_12]);
}

#[test]
fn an_empty_value_is_skipped_by_all_of_3_3() {
    let file = "vm.swappiness = 1\nvm.swappiness =\n";
    assert_eq!(set_by(file, "vm.swappiness", "1"), [RHEL_7, RHEL_8, THREE_16, RHEL_9]);
    assert_eq!(get(DEBIAN_12, &input("empty-value"), "kernel.domainname"), known(""));
    assert_eq!(get(RHEL_9, &input("empty-value"), "kernel.domainname"), None);
}

#[test]
fn patterns_are_keys_that_the_kernel_does_not_have_to_all_of_3_3() {
    assert_eq!(set_by("vm.swap* = 1\n", "vm.swappiness", "1"), [DEBIAN_12]);
    assert_eq!(get(RHEL_9, "vm.swap* = 1\n", "vm.swap*"), known("1"), "the line is there all the same");
    let complaints = effective(RHEL_9, ["vm.swap* = 1\n"], &Kernel::new(["vm/swappiness"])).complaints;
    assert_eq!(complaints, [Complaint::UnknownKey("vm/swap*".into())]);
}

#[test]
fn a_bare_key_is_written_with_garbage_from_3_3_15_to_3_3_17() {
    let file = "vm.swappiness = 1\nvm.swappiness\n";
    for reader in ALL {
        let is_garbage = [RHEL_8, THREE_16, RHEL_9].contains(&reader);
        let value = get(reader, file, "vm.swappiness");
        assert_eq!(matches!(value, Some(Value::Unknown(_))), is_garbage, "{reader}");
        assert_eq!(values(reader, file).contains_key("vm/swappiness"), !is_garbage, "{reader}: not guessed");
    }
    for reader in ALL {
        assert_eq!(get(reader, "vm.swappiness 10\n", "vm.swappiness"), None, "{reader}: no such key");
    }
}

#[test]
fn an_exclusion_is_written_from_3_3_16_to_3_3_17() {
    for (reader, unknown) in [(RHEL_7, false), (RHEL_8, false), (THREE_16, true), (RHEL_9, true)] {
        let value = get(reader, "-vm.swappiness\n", "vm.swappiness");
        assert_eq!(matches!(value, Some(Value::Unknown(_))), unknown, "{reader}");
    }
}

#[test]
fn a_cr_inside_cuts_a_value_and_vt_and_ff_are_no_blanks() {
    assert_eq!(get(RHEL_8, "kernel.domainname = a\rb\n", "kernel.domainname"), known("a"));
    assert_eq!(get(DEBIAN_12, "kernel.domainname = a\rb\n", "kernel.domainname"), known("a\rb"));
    assert_eq!(set_by("vm.swappiness =\x0b1\n", "vm.swappiness", "1"), [DEBIAN_12]);
}

#[test]
fn lines_are_cut_at_4095_bytes_by_3_3_10() {
    let file = format!("#{}vm.swappiness = 1\n", "x".repeat(4094));
    assert_eq!(set_by(&file, "vm.swappiness", "1"), [RHEL_7]);
}

#[test]
fn run_counts_before_etc_up_to_3_3_16() {
    let files = MemoryFiles::new()
        .with("/etc/sysctl.d/50-kvm.conf", "vm.swappiness = 1\n")
        .with("/run/sysctl.d/50-kvm.conf", "vm.swappiness = 2\n");
    let first = ALL.map(|reader| sources(reader, &files).unwrap()[0].path.to_string());
    let [run, etc] = ["/run", "/etc"].map(|top| format!("{top}/sysctl.d/50-kvm.conf"));
    assert_eq!(first, [run.clone(), run.clone(), run.clone(), etc.clone(), etc.clone()]);
    let dialect = SysctlConf::for_readers([RHEL_8, Reader::SYSTEMD]);
    let host = Host { files: &files, path: "/etc/sysctl.d/50-kvm.conf".into() };
    let key: Key = "vm.swappiness".parse().unwrap();
    let explanation = dialect.explain(host, &Situation::default(), &key);
    let told: Vec<_> = explanation.decisions.iter().map(|decision| decision.point.consumer.as_str()).collect();
    assert_eq!(told, ["sysctl --system of procps 3.3.15", "systemd-sysctl"]);
    let paths: Vec<_> = explanation.sources.iter().map(|source| source.path.as_str()).collect();
    assert_eq!(paths, [run.as_str(), &etc, &etc, &run], "each is masked from the other reader");
    let codes: Vec<_> = explanation.findings.iter().map(|finding| finding.diagnostic.code).collect();
    assert_eq!(codes, ["masked", "masked", "readers-differ"], "each masks what the other reads");
}

#[test]
fn an_edit_for_an_old_reader_is_read_by_it() {
    let apply = |file: &str| {
        let dialect = SysctlConf::for_readers([RHEL_8, Reader::SYSTEMD]);
        let mut document = Document::parse_as(dialect, file);
        document.apply(&Request::set("vm.swappiness".parse().unwrap(), "1")).unwrap();
        String::from_utf8(document.to_bytes()).unwrap()
    };
    let below = "-vm.swappiness = 60\nvm.swappiness = 1\n";
    assert_eq!(apply("-vm.swappiness = 60\n"), below, "the line is no setting to procps 3.3.15");
    assert_eq!(apply("#-vm.swappiness = 60\n"), "#-vm.swappiness = 60\nvm.swappiness = 1\n");
    assert_eq!(apply("vm.swap* = 60\n"), "vm.swap* = 60\nvm.swappiness = 1\n");
}

const RHEL_7_BOOT: Reader = systemd(219);
const RHEL_8_BOOT: Reader = systemd(239);
const BOOTS: [Reader; 4] = [RHEL_7_BOOT, RHEL_8_BOOT, systemd(247), Reader::SYSTEMD];

/// Which systemds set swappiness to 1 by this file; what is read and what is written agree.
fn boots_setting(file: &str) -> Vec<Reader> {
    let set = BOOTS.into_iter().filter(|reader| {
        let set = get(*reader, file, "vm.swappiness") == known("1");
        assert_eq!(values(*reader, file).get("vm/swappiness").is_some_and(|did| did == "1"), set, "{reader} {file:?}");
        set
    });
    set.collect()
}

#[test]
fn systemd_before_245_takes_a_pattern_for_a_key_that_the_kernel_does_not_have() {
    assert_eq!(boots_setting("vm.swap* = 1\n"), BOOTS[2..]);
    for reader in [RHEL_7_BOOT, RHEL_8_BOOT] {
        let outcome = effective(reader, ["vm.swap* = 1\n"], &Kernel::new(["vm/swappiness"]));
        assert_eq!(outcome.complaints, [Complaint::UnknownKey("vm/swap*".into())]);
        assert!(!outcome.failed, "{reader} says so, and does not fail");
    }
}

#[test]
fn what_does_nothing_for_old_readers_is_told_so() {
    let codes = |readers: [Reader; 2], file: &str| {
        let text = Text::read(SysctlConf::for_readers(readers), file);
        let told = text.syntax().diagnostics(&text).into_iter();
        told.map(|diagnostic| (diagnostic.code, diagnostic.message)).collect::<Vec<_>>()
    };
    let rhel_7 = [RHEL_7, RHEL_7_BOOT];
    let dash = "the dash is part of the key to procps 3.3.10: the line sets nothing".to_owned();
    assert_eq!(codes(rhel_7, "-vm.swappiness = 1\n"), [("odd-key", dash)]);
    let glob = "procps 3.3.10 knows no patterns: the line sets nothing".to_owned();
    assert_eq!(codes(rhel_7, "vm.swap* = 1\n"), [("glob", glob)]);
    let differ = "procps 3.3.15 takes this line for `-vm/swappiness = 1`, and systemd 239 for `vm/swappiness = 1`";
    assert_eq!(codes([RHEL_8, RHEL_8_BOOT], "-vm.swappiness = 1\n"), [("readers-differ", differ.to_owned())]);
    let differ =
        "procps 3.3.15 takes this line for `-vm.swappiness` and what is left in a buffer, and systemd 239 for an error";
    assert_eq!(codes([RHEL_8, RHEL_8_BOOT], "-vm.swappiness\n"), [("readers-differ", differ.to_owned())]);

    let files = MemoryFiles::new().with("/etc/sysctl.d/50-a.conf", "vm.swap* = 1\n");
    let host = Host { files: &files, path: "/etc/sysctl.d/50-a.conf".into() };
    let explanation = SysctlConf::for_readers([RHEL_8_BOOT, Reader::SYSTEMD]).explain(
        host,
        &Situation::default(),
        &"vm.swappiness".parse().unwrap(),
    );
    let why: Vec<&str> = explanation.decisions.iter().map(|decision| decision.why.as_str()).collect();
    let in_vain = "no file sets it by its name, and systemd 239 knows no patterns";
    assert_eq!(why, [in_vain, "the pattern `vm.swap*` reaches it"]);
}

#[test]
fn systemd_before_245_fails_on_an_exclusion() {
    let file = "vm.swappiness = 1\n-vm.swappiness\n";
    assert_eq!(boots_setting(file), BOOTS[..2], "later ones drop what is set above it");
    let outcome = effective(RHEL_8_BOOT, [file], &Kernel::new(["vm/swappiness"]));
    assert_eq!(outcome.complaints, [Complaint::NotAssignment(2)]);
    assert!(outcome.failed);
}

#[test]
fn a_dash_is_part_of_the_key_to_the_systemd_of_rhel_7() {
    assert_eq!(boots_setting("-vm.swappiness = 1\n"), BOOTS[1..]);
    assert_eq!(boots_setting("- vm.swappiness = 1\n"), BOOTS[2..], "and a blank behind it, to that of RHEL 8");
}

#[test]
fn systemd_before_245_ends_no_line_at_a_cr_and_that_of_rhel_7_none_at_a_nul() {
    assert_eq!(boots_setting("# old\rvm.swappiness = 1\n"), BOOTS[2..]);
    assert_eq!(boots_setting("# old\0vm.swappiness = 1\n"), BOOTS[1..]);
    assert_eq!(boots_setting("vm.swappiness = 1\r\n"), BOOTS);
}

#[test]
fn systemd_before_245_writes_every_spelling_of_a_key() {
    let file = "vm.swappiness = 60\nvm//swappiness = 1\n";
    assert_eq!(boots_setting(file), BOOTS);
    let writes = |reader| effective(reader, [file], &Kernel::new(["vm/swappiness"])).writes.len();
    assert_eq!(BOOTS.map(writes), [2, 2, 1, 1]);
    let file = "vm.swappiness = 1\nvm//swappiness = 60\nvm.swappiness = 1\n";
    assert_eq!(boots_setting(file), BOOTS[2..], "an equal value leaves the first one where it stands");
}

#[test]
fn the_systemd_of_rhel_7_cuts_lines_at_2047_bytes() {
    let file = format!("#{}vm.swappiness = 1\n", "x".repeat(2046));
    assert_eq!(boots_setting(&file), [RHEL_7_BOOT]);
}

#[test]
fn a_key_that_cannot_be_written_is_a_failure_to_procps_since_4_0_6_and_the_systemd_of_rhel_7() {
    let kernel = Kernel::new(["vm/swappiness"]).with_read_only("vm/stat");
    let fails = |reader| effective(reader, ["vm.stat = 1\n"], &kernel).failed;
    assert_eq!([DEBIAN_12, procps(4, 0, 5), procps(4, 0, 6)].map(fails), [false, false, true]);
    assert_eq!(BOOTS.map(fails), [true, false, false, false]);
}

#[test]
fn sysctl_conf_is_read_last_at_boot_on_rhel_7_alone() {
    let files = MemoryFiles::new()
        .with("/etc/sysctl.conf", "vm.swappiness = 60\n")
        .with("/etc/sysctl.d/zz-kvm.conf", "vm.swappiness = 1\n");
    let key: Key = "vm.swappiness".parse().unwrap();
    let decided = |reader| decision(reader, &sources(reader, &files).unwrap(), &key).unwrap().value;
    assert_eq!(BOOTS.map(|reader| Some(decided(reader))), [known("60"), known("1"), known("1"), known("1")]);
    let host = Host { files: &files, path: "/etc/sysctl.conf".into() };
    let explanation = SysctlConf::for_readers([RHEL_7_BOOT]).explain(host, &Situation::default(), &key);
    let told = &explanation.decisions[0];
    assert_eq!(told.point.consumer, "systemd-sysctl of systemd 219");
    assert_eq!(told.why, "sysctl.conf is read last by RHEL 7's systemd-sysctl");
    assert!(explanation.findings.is_empty(), "boot does read it");
}

#[test]
fn a_pattern_is_an_exclusion_to_procps_since_4_0_5() {
    let newer = procps(4, 0, 5);
    for (exclusion, keeps_off) in [("-vm.*", true), ("-v*ness", true), ("-vm.dirty*", false), ("-*/swappiness", true)] {
        let file = format!("vm.swap* = 1\n{exclusion}\n");
        assert_eq!(get(DEBIAN_12, &file, "vm.swappiness"), known("1"), "{exclusion}");
        assert_eq!(get(newer, &file, "vm.swappiness"), known("1").filter(|_| !keeps_off), "{exclusion}");
        assert_eq!(values(newer, &file).contains_key("vm/swappiness"), !keeps_off, "{exclusion}");
    }
    assert_eq!(get(newer, "vm.swappiness = 1\n-vm.*\n", "vm.swappiness"), known("1"), "its own line stays");
    let files = MemoryFiles::new().with("/etc/sysctl.conf", "vm.swap* = 1\n-vm.*\n");
    let host = Host { files: &files, path: "/etc/sysctl.conf".into() };
    let key: Key = "vm.swappiness".parse().unwrap();
    let explanation = SysctlConf::for_readers([newer]).explain(host, &Situation::default(), &key);
    assert_eq!(explanation.decisions[0].why, "an exclusion keeps patterns off the key");
}

#[test]
fn lines_are_cut_at_255_bytes_by_3_2_8() {
    let file = format!("#{}vm.swappiness = 1\n", "x".repeat(254));
    assert_eq!(get(procps(3, 2, 8), &file, "vm.swappiness"), known("1"));
    assert_eq!(get(RHEL_7, &file, "vm.swappiness"), None);
}

#[test]
fn a_version_of_procps_is_read_from_what_it_says_and_from_a_packages_version() {
    for (text, version) in [
        ("3.3.17", ProcpsVersion(3, 3, 17)),
        ("sysctl from procps-ng 4.0.2", ProcpsVersion(4, 0, 2)),
        ("2:4.0.4-4ubuntu3", ProcpsVersion(4, 0, 4)),
    ] {
        assert_eq!(text.parse(), Ok(version), "{text}");
    }
    for text in ["", "4", "4.0", "2.0.18", "4.0.x", "4.0.2.1"] {
        assert!(text.parse::<ProcpsVersion>().is_err(), "{text}");
    }
}

#[test]
fn an_edit_for_the_readers_of_an_old_release_is_read_by_them() {
    let apply = |file: &str| {
        let dialect = SysctlConf::for_readers([RHEL_7, RHEL_7_BOOT]);
        let mut document = Document::parse_as(dialect, file);
        document.apply(&Request::set("vm.swappiness".parse().unwrap(), "1")).unwrap();
        String::from_utf8(document.to_bytes()).unwrap()
    };
    assert_eq!(apply("-vm.swappiness = 60\n"), "-vm.swappiness = 60\nvm.swappiness = 1\n");
    assert_eq!(apply("vm.swap* = 60\n"), "vm.swap* = 60\nvm.swappiness = 1\n");
    assert_eq!(apply("vm.swappiness = 60\n-vm.swappiness\n"), "vm.swappiness = 1\n-vm.swappiness\n");
}
