//! The recorded answers of `multipath -t` 0.9.4 against this reading.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs)]

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use base64::Engine;
use bstr::BString;
use kvmprep_lossless::{Text, Value};
use kvmprep_multipath_conf::{Attributes, Class, Effective, Lists, Multipath, Version, effective, is_drop_in};
use serde::Deserialize;
use serde_json::{Map, json};

#[derive(Deserialize)]
struct Case {
    id: String,
    input: Option<String>,
    input_b64: Option<String>,
    #[serde(default)]
    confd: BTreeMap<String, String>,
    expect: String,
    effective: serde_json::Value,
    warnings: Vec<String>,
}

fn testdata(path: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata").join(path)).unwrap()
}

fn read(bytes: impl Into<Vec<u8>>) -> Text<Multipath> {
    Text::read(Multipath { version: Version::new(0, 9, 4) }, bytes)
}

fn decode(base64: &str) -> Vec<u8> {
    base64::engine::general_purpose::STANDARD.decode(base64).unwrap()
}

fn bytes(value: &BString) -> serde_json::Value {
    match std::str::from_utf8(value) {
        Ok(text) => json!(text),
        Err(_) => json!({ "b64": base64::engine::general_purpose::STANDARD.encode(value) }),
    }
}

fn value(value: &Value) -> serde_json::Value {
    match value {
        Value::Known(values) => bytes(&values[0]),
        Value::Unknown(why) => panic!("unknown: {why}"),
    }
}

fn attributes(attributes: &Attributes) -> serde_json::Value {
    // The program prints owners in octal digits.
    let printed = |name: &str, said: &Value| match (name, said) {
        ("uid" | "gid", Value::Known(number)) => json!(format!("0{:o}", number[0].to_string().parse::<u32>().unwrap())),
        _ => value(said),
    };
    attributes.iter().map(|(name, said)| ((*name).to_owned(), printed(name, said))).collect()
}

fn lists(lists: &Lists) -> Map<String, serde_json::Value> {
    let entries = lists.entries.iter().map(|(name, entries)| ((*name).to_owned(), entries.iter().map(bytes).collect()));
    let mut all: Map<_, _> = entries.collect();
    if !lists.devices.is_empty() {
        all.insert("device".to_owned(), lists.devices.iter().map(attributes).collect());
    }
    all
}

/// The shape of the cases: only what differs from the built-in configuration, and two settings always.
fn shown(now: &Effective, built_in: &Effective) -> serde_json::Value {
    let mut shown = Map::new();
    for (name, v) in &now.defaults {
        if built_in.defaults.get(name) != Some(v) || ["user_friendly_names", "find_multipaths"].contains(name) {
            shown.insert(format!("defaults.{name}"), value(v));
        }
    }
    for (name, v) in &now.overrides {
        shown.insert(format!("overrides.{name}"), value(v));
    }
    let devices: Vec<_> = now.devices.iter().filter(|device| !built_in.devices.contains(device)).cloned().collect();
    for (name, blocks) in [("protocols", &now.protocols), ("multipaths", &now.multipaths), ("devices", &devices)] {
        if !blocks.is_empty() {
            shown.insert(name.to_owned(), blocks.iter().map(attributes).collect());
        }
    }
    for (name, entries) in [("blacklist", &now.blacklist), ("blacklist_exceptions", &now.blacklist_exceptions)] {
        let entries = lists(entries);
        if !entries.is_empty() {
            shown.insert(name.to_owned(), entries.into());
        }
    }
    shown.into()
}

/// What the daemon says: of a keyword without effect once in a run, of what it dies of nothing.
fn said(now: &Effective) -> Vec<String> {
    let mut told = HashSet::new();
    let said = now.complaints.iter().filter(|complaint| match complaint.class {
        Class::Crash | Class::BadProductBlacklist => false,
        Class::Deprecated => told.insert(complaint.keyword),
        _ => true,
    });
    let named = said.map(|complaint| match complaint.line {
        Some(line) => format!("{}:{line}", complaint.class.name()),
        None => complaint.class.name().to_owned(),
    });
    named.collect()
}

#[test]
fn every_recorded_case_reads_as_the_daemon_read_it() {
    let built_in = effective(Some(&read(testdata("multipath/built-in-0.9.4.conf"))), [], &Effective::default());
    let (mut one_file, mut several_files, mut wrong) = (0, 0, Vec::new());
    let recorded = ["cases/multipath_conf", "multipath/blocks", "multipath/handlers"];
    let recorded = recorded.map(|name| testdata(&format!("{name}.cases.jsonl"))).concat();
    for line in String::from_utf8(recorded).unwrap().lines() {
        let case: Case = serde_json::from_str(line).unwrap();
        let main = case.input_b64.as_deref().map(decode).or(case.input.map(String::into_bytes)).map(read);
        // The keys of a BTreeMap come in byte order, as the daemon reads the names.
        let drop_ins = case.confd.iter().filter(|(name, _)| is_drop_in(name.as_bytes()));
        let drop_ins: Vec<_> = drop_ins.map(|(_, text)| read(text.as_bytes())).collect();
        let now = effective(main.as_ref(), &drop_ins, &built_in);
        let warnings = said(&now);
        let verdict = match warnings.is_empty() {
            _ if !now.starts() => "error",
            true => "ok",
            false => "warn",
        };
        let answer = if now.starts() { shown(&now, &built_in) } else { json!({}) };
        if (verdict, &answer, &warnings) == (case.expect.as_str(), &case.effective, &case.warnings) {
            *(if case.confd.is_empty() { &mut one_file } else { &mut several_files }) += 1;
        } else {
            let recorded = format!("{} {} {:?}", case.expect, case.effective, case.warnings);
            wrong.push(format!("{}\n  recorded {recorded}\n  read     {verdict} {answer} {warnings:?}", case.id));
        }
    }
    println!("passed: {one_file} of one file, {several_files} of several; not yet 0; wrong {}", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!((one_file, several_files), (248, 20));
}

/// `product-blacklist-replaced`, asked of 0.9.4: what it has built in follows from its devices.
#[test]
fn an_entry_that_follows_from_a_built_in_device_goes_where_a_file_makes_another_of_it() {
    let item = |product: &str| format!("\tdevice {{\n\t\tvendor \"^DGC\"\n\t\tproduct \"{product}\"\n\t}}\n");
    let device =
        |listed: &str| format!("\tdevice {{\nvendor \"^DGC\"\nproduct RAID\nproduct_blacklist {listed}\n\t}}\n");
    let dump = format!("blacklist {{\n{}}}\ndevices {{\n{}}}\n", item("LUNZ"), device("LUNZ"));
    let built_in = effective(Some(&read(dump)), [], &Effective::default());
    let listed = |text: String| {
        let now = effective(Some(&read(text)), [], &built_in);
        now.blacklist.devices.iter().map(|device| bytes(&device["product"].known().unwrap()[0])).collect::<Vec<_>>()
    };
    assert_eq!(listed(String::new()), [json!("LUNZ")]);
    assert_eq!(listed(format!("devices {{\n{}}}\n", device("OTHER"))), [json!("OTHER")]);
    // An entry of its own stays, and stands once.
    assert_eq!(listed(format!("blacklist {{\n{}}}\n", item("LUNZ"))), [json!("LUNZ")]);
}
