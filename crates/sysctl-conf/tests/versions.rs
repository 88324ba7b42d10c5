//! What procps 3.3 makes of the recorded inputs where procps 4 does otherwise: its releases 3.3.10, 3.3.15, 3.3.16 and
//! 3.3.17 were built and run over them.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs)]

use std::collections::BTreeMap;

use kvmprep_lossless::effective::{Effective, Host};
use kvmprep_lossless::files::MemoryFiles;
use kvmprep_lossless::{Document, Format, Request, Text, Value};
use kvmprep_sysctl_conf::{Complaint, Kernel, Key, Reader, Situation, SysctlConf, effective, sources};
use serde::Deserialize;

const RHEL_7: Reader = Reader::Procps3(10);
const RHEL_8: Reader = Reader::Procps3(15);
const RHEL_9: Reader = Reader::Procps3(17);
const ALL: [Reader; 5] = [RHEL_7, RHEL_8, Reader::Procps3(16), RHEL_9, Reader::Procps];

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
    assert_eq!(set_by("-vm.swappiness = 1\n", "vm.swappiness", "1"), [Reader::Procps3(16), RHEL_9, Reader::Procps]);
}

#[test]
fn an_empty_value_is_skipped_by_all_of_3_3() {
    let file = "vm.swappiness = 1\nvm.swappiness =\n";
    assert_eq!(set_by(file, "vm.swappiness", "1"), [RHEL_7, RHEL_8, Reader::Procps3(16), RHEL_9]);
    assert_eq!(get(Reader::Procps, &input("empty-value"), "kernel.domainname"), known(""));
    assert_eq!(get(RHEL_9, &input("empty-value"), "kernel.domainname"), None);
}

#[test]
fn patterns_are_keys_that_the_kernel_does_not_have_to_all_of_3_3() {
    assert_eq!(set_by("vm.swap* = 1\n", "vm.swappiness", "1"), [Reader::Procps]);
    assert_eq!(get(RHEL_9, "vm.swap* = 1\n", "vm.swap*"), known("1"), "the line is there all the same");
    let complaints = effective(RHEL_9, ["vm.swap* = 1\n"], &Kernel::new(["vm/swappiness"])).complaints;
    assert_eq!(complaints, [Complaint::UnknownKey("vm/swap*".into())]);
}

#[test]
fn a_bare_key_is_written_with_garbage_from_3_3_15_to_3_3_17() {
    let file = "vm.swappiness = 1\nvm.swappiness\n";
    for reader in ALL {
        let is_garbage = [RHEL_8, Reader::Procps3(16), RHEL_9].contains(&reader);
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
    for (reader, unknown) in [(RHEL_7, false), (RHEL_8, false), (Reader::Procps3(16), true), (RHEL_9, true)] {
        let value = get(reader, "-vm.swappiness\n", "vm.swappiness");
        assert_eq!(matches!(value, Some(Value::Unknown(_))), unknown, "{reader}");
    }
}

#[test]
fn a_cr_inside_cuts_a_value_and_vt_and_ff_are_no_blanks() {
    assert_eq!(get(RHEL_8, "kernel.domainname = a\rb\n", "kernel.domainname"), known("a"));
    assert_eq!(get(Reader::Procps, "kernel.domainname = a\rb\n", "kernel.domainname"), known("a\rb"));
    assert_eq!(set_by("vm.swappiness =\x0b1\n", "vm.swappiness", "1"), [Reader::Procps]);
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
    let dialect = SysctlConf::for_readers([RHEL_8, Reader::Systemd]);
    let host = Host { files: &files, path: "/etc/sysctl.d/50-kvm.conf".into() };
    let key: Key = "vm.swappiness".parse().unwrap();
    let explanation = dialect.explain(host, &Situation::default(), &key);
    let told: Vec<_> = explanation.decisions.iter().map(|decision| decision.point.consumer.as_str()).collect();
    assert_eq!(told, ["sysctl --system, procps 3.3.15", "systemd-sysctl"]);
    let paths: Vec<_> = explanation.sources.iter().map(|source| source.path.as_str()).collect();
    assert_eq!(paths, [run.as_str(), &etc]);
    let codes: Vec<_> = explanation.findings.iter().map(|finding| finding.diagnostic.code).collect();
    assert_eq!(codes, ["masked", "masked", "readers-differ"], "each masks what the other reads");
}

#[test]
fn an_edit_for_an_old_reader_is_read_by_it() {
    let apply = |file: &str| {
        let dialect = SysctlConf::for_readers([RHEL_8, Reader::Systemd]);
        let mut document = Document::parse_as(dialect, file);
        document.apply(&Request::set("vm.swappiness".parse().unwrap(), "1")).unwrap();
        String::from_utf8(document.to_bytes()).unwrap()
    };
    let below = "-vm.swappiness = 60\nvm.swappiness = 1\n";
    assert_eq!(apply("-vm.swappiness = 60\n"), below, "the line is no setting to procps 3.3.15");
    assert_eq!(apply("#-vm.swappiness = 60\n"), "#-vm.swappiness = 60\nvm.swappiness = 1\n");
    assert_eq!(apply("vm.swap* = 60\n"), "vm.swap* = 60\nvm.swappiness = 1\n");
}
