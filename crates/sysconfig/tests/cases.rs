//! Every recorded answer of bash, bash in POSIX mode, dash and systemd against the reading of one file.
#![allow(clippy::unwrap_used, missing_docs, clippy::disallowed_methods)]

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use bstr::{BStr, BString};
use kvmprep_lossless::Value;
use kvmprep_sysconfig::{Reader, Sysconfig, SysconfigFile, SystemdVersion, assignments};
use serde_json::Value as Json;

/// Diagnostics that foretell the end of a script, or a file that is not read.
const ENDS: [&str; 7] = [
    "unclosed",
    "syntax-error",
    "not-understood",
    "may-end-script",
    "runs-unseen",
    "not-portable",
    "systemd-refuses-file",
];

#[derive(Default, Debug)]
struct Count {
    passed: usize,
    unknown: usize,
    foretold: usize,
    /// Complaints that were recorded: some diagnostic says so, or none.
    told: usize,
    untold: Vec<String>,
    wrong: Vec<String>,
}

#[test]
fn every_recorded_answer_agrees_with_the_reading() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/cases/sysconfig.cases.jsonl");
    let mut counts: BTreeMap<&str, Count> = BTreeMap::new();
    let mut exported = Count::default();
    let mut cases = 0;
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        cases += 1;
        judge_exported(&case, &mut exported);
        for who in ["bash", "bash_posix", "dash", "systemd"] {
            // POSIX mode is recorded only where it differs from bash.
            let recorded = case.get(who).or_else(|| case.get("bash")).unwrap();
            judge(&case, who, recorded, counts.entry(who).or_default());
            judge_complaint(&case, who, counts.entry(who).or_default());
        }
    }
    let wrong: Vec<_> = counts.values().chain([&exported]).flat_map(|count| &count.wrong).collect();
    for (who, count) in &counts {
        let Count { passed, unknown, foretold, told, untold, wrong } = count;
        println!(
            "{who}: {passed} passed, of them {foretold} ends of a script foretold; {unknown} unknown, {} wrong, 0 not yet; \
             complaints: {told} told, not told: {untold:?}",
            wrong.len()
        );
    }
    println!("exported: {} passed, not told: {:?}, {} wrong", exported.passed, exported.untold, exported.wrong.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(cases, 280);
    assert_eq!(counts["systemd"].passed, 280, "the service manager's model is complete");
    assert_eq!(counts["systemd"].told, 61, "every complaint of systemd's is told");
    assert!(
        counts["bash"].told >= 41 && counts["dash"].told >= 57 && exported.passed >= 276,
        "{counts:?} {exported:?}"
    );
    let known = |who: &str| counts[who].passed;
    assert!(known("bash") >= 199 && known("dash") >= 212 && known("bash_posix") >= 200, "{counts:?}");
}

/// Wrong is a value that is known to be another, a variable missing that is set, or one that is not.
fn judge(case: &Json, who: &str, recorded: &Json, count: &mut Count) {
    let bytes = input(case);
    let reader = if who == "systemd" { Reader::ServiceManager } else { Reader::Shell };
    let document = SysconfigFile::parse_as(dialect(reader), bytes.clone());
    let settings = document.settings();
    let mut unknown = false;
    let mut wrong = Vec::new();
    let Some(recorded) = recorded.as_object() else {
        // The reader gave up on the file: that must be foretold. What is known is compared with the shells that did not.
        let told = document.diagnostics().iter().any(|diagnostic| ENDS.contains(&diagnostic.code));
        let open = settings.iter().any(|setting| setting.value.known().is_none());
        match (told, open) {
            (true, _) => {
                count.passed += 1;
                count.foretold += 1;
            }
            (false, true) => count.unknown += 1,
            (false, false) => count.wrong.push(format!("{who} {}: an end of the script not foretold", case["id"])),
        }
        return;
    };
    let recorded: BTreeMap<&str, BString> = recorded.iter().map(|(name, value)| (name.as_str(), text(value))).collect();
    for setting in &settings {
        match &setting.value {
            Value::Unknown(_) => unknown = true,
            Value::Known(values) if recorded.get(setting.key.name()) == values.first() => {}
            Value::Known(values) => wrong.push(format!("{} is {values:?}", setting.key)),
        }
    }
    for name in recorded.keys() {
        let name = name.split('[').next().unwrap();
        if !settings.iter().any(|setting| setting.key.name() == name) {
            wrong.push(format!("{name} is not found"));
        }
    }
    if !wrong.is_empty() {
        count.wrong.push(format!("{who} {}: {wrong:?} in {:?}, recorded {recorded:?}", case["id"], BStr::new(&bytes)));
    } else if unknown {
        count.unknown += 1;
    } else {
        count.passed += 1;
    }
}

/// A reader that complained: some diagnostic must say something of it, but for what only running the file can tell, as
/// whether there is such a command.
fn judge_complaint(case: &Json, who: &str, count: &mut Count) {
    let complained = case["diag"].as_array().is_some_and(|readers| readers.iter().any(|reader| reader == who));
    if !complained {
        return;
    }
    let reader = if who == "systemd" { Reader::ServiceManager } else { Reader::Shell };
    let document = SysconfigFile::parse_as(dialect(reader), input(case));
    match document.diagnostics().is_empty() {
        false => count.told += 1,
        true => count.untold.push(case["id"].to_string()),
    }
}

/// What bash left exported: what is said to be must be among it, and it should be said of all.
fn judge_exported(case: &Json, count: &mut Count) {
    let document = SysconfigFile::parse_as(dialect(Reader::Shell), input(case));
    let said: BTreeSet<_> =
        assignments(document.text()).filter(|found| found.exported).map(|found| found.key.to_string()).collect();
    let names = case["exported"].as_array().into_iter().flatten();
    let recorded: BTreeSet<_> = names.map(|name| name.as_str().unwrap().to_owned()).collect();
    if !said.is_subset(&recorded) {
        count.wrong.push(format!("exported {}: {said:?}, recorded {recorded:?}", case["id"]));
    } else if said == recorded {
        count.passed += 1;
    } else {
        count.untold.push(case["id"].to_string());
    }
}

fn dialect(reader: Reader) -> Sysconfig {
    match reader {
        Reader::Shell => Sysconfig::shell(),
        // The one that was asked.
        Reader::ServiceManager => Sysconfig::systemd().with_systemd(SystemdVersion(252)),
    }
}

fn input(case: &Json) -> Vec<u8> {
    match case.get("input_b64") {
        Some(text) => decode(text),
        None => case["input"].as_str().unwrap().into(),
    }
}

fn text(value: &Json) -> BString {
    value.as_str().map_or_else(|| decode(&value["b64"]).into(), Into::into)
}

fn decode(text: &Json) -> Vec<u8> {
    base64::engine::general_purpose::STANDARD.decode(text.as_str().unwrap()).unwrap()
}
