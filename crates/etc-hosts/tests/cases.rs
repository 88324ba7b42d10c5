//! Every recorded case, asked of the C library itself, against our lookups.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs)]

use std::net::IpAddr;

use base64::Engine;
use bstr::BString;
use kvmprep_etc_hosts::effective::{Host, Multi, by_address, by_name};
use kvmprep_etc_hosts::{EtcHosts, Family, Key, OwnName};
use kvmprep_lossless::effective::{Decision, Effective, Host as OnHost};
use kvmprep_lossless::files::MemoryFiles;
use kvmprep_lossless::{Text, Value};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    id: String,
    input: Option<String>,
    input_b64: Option<String>,
    #[serde(default = "on")]
    multi: bool,
    lookups: Vec<Lookup>,
}

fn on() -> bool {
    true
}

#[derive(Deserialize)]
struct Lookup {
    name: Option<Bytes>,
    family: Option<String>,
    addr: Option<IpAddr>,
    addrs: Option<Vec<IpAddr>>,
    canonical: Option<Bytes>,
    aliases: Option<Vec<Bytes>>,
}

#[derive(Deserialize, Clone)]
#[serde(untagged)]
enum Bytes {
    Text(String),
    Base64 { b64: String },
}

fn decoded(base64: &str) -> Vec<u8> {
    base64::engine::general_purpose::STANDARD.decode(base64).unwrap()
}

impl From<Bytes> for BString {
    fn from(bytes: Bytes) -> Self {
        match bytes {
            Bytes::Text(text) => text.into(),
            Bytes::Base64 { b64 } => decoded(&b64).into(),
        }
    }
}

fn answers_alike(text: &Text<EtcHosts>, lookup: &Lookup, multi: Multi) -> Result<(), String> {
    let host = match (&lookup.name, lookup.addr) {
        (Some(name), _) => {
            let family = match lookup.family.as_deref() {
                Some("inet") => Some(Family::V4),
                Some("inet6") => Some(Family::V6),
                _ => None,
            };
            by_name(text, &BString::from(name.clone()), family, multi)
        }
        (None, address) => by_address(text, address.unwrap()),
    };
    let mut expected = lookup.addrs.clone();
    let mut addresses = host.as_ref().map_or(Vec::new(), |host: &Host| host.addresses.clone());
    // getaddrinfo sorts by what the asking host can reach: the recorded answers are sets, in the order of their text.
    if lookup.family.as_deref() == Some("any") {
        addresses.sort();
        expected.iter_mut().for_each(|expected| expected.sort());
    }
    let canonical = host.as_ref().map(|host| host.canonical.clone());
    let aliases = host.map_or(Vec::new(), |host| host.aliases);
    let alike = canonical == lookup.canonical.clone().map(BString::from)
        && expected.is_none_or(|expected| addresses == expected)
        && lookup.aliases.clone().is_none_or(|a| a.into_iter().map(BString::from).eq(aliases.iter().cloned()));
    if alike { Ok(()) } else { Err(format!("{addresses:?} {canonical:?} {aliases:?}")) }
}

/// The canonical name and the aliases that were answered.
fn names_of(lookup: &Lookup) -> Vec<(&'static str, Vec<BString>)> {
    let canonical = lookup.canonical.clone().map(|canonical| ("canonical", vec![canonical.into()]));
    let aliases = lookup.aliases.clone().filter(|aliases| !aliases.is_empty());
    canonical.into_iter().chain(aliases.map(|all| ("aliases", all.into_iter().map(BString::from).collect()))).collect()
}

/// What is explained must be what was answered: the addresses once each, or all names of the address.
fn explained_alike(files: &MemoryFiles, lookup: &Lookup) -> Result<(), String> {
    let key = match (&lookup.name, lookup.family.as_deref(), lookup.addr) {
        (Some(name), Some("inet"), _) => Key::name(BString::from(name.clone())).of_family(Family::V4),
        (Some(name), Some("inet6"), _) => Key::name(BString::from(name.clone())).of_family(Family::V6),
        (None, _, Some(address)) => Key::Address(address),
        _ => return Ok(()),
    };
    let host = OnHost { files, path: "/etc/hosts".into() };
    let Decision { value, details, .. } = EtcHosts.explain(host, &OwnName::default(), &key).decisions.remove(0);
    let mut expected: Vec<BString> = match (&lookup.addrs, &lookup.canonical) {
        (Some(addresses), _) => addresses.iter().map(|address| address.to_string().into()).collect(),
        (None, Some(canonical)) => {
            [canonical.clone()].into_iter().chain(lookup.aliases.clone().unwrap()).map(BString::from).collect()
        }
        (None, None) => Vec::new(),
    };
    if lookup.addrs.is_some() {
        let mut seen = std::collections::HashSet::new();
        expected.retain(|address| seen.insert(address.clone()));
    }
    let names = names_of(lookup);
    if lookup.name.is_some() && value.is_some() && details != names {
        return Err(format!("explained with {details:?}, recorded is {names:?}"));
    }
    let expected = (!expected.is_empty()).then_some(Value::Known(expected));
    if value == expected { Ok(()) } else { Err(format!("explained as {value:?}, recorded is {expected:?}")) }
}

/// Counts of (cases passed, lookups made); prints them and what is wrong.
fn checked(path: &str) -> (usize, usize) {
    let cases = std::fs::read_to_string(format!("{}/../../testdata/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let (mut passed, mut lookups, mut wrong) = (0, 0, Vec::new());
    for line in cases.lines() {
        let case: Case = serde_json::from_str(line).unwrap();
        let input = case.input.map_or_else(|| decoded(&case.input_b64.unwrap()), String::into_bytes);
        let text = Text::read(EtcHosts, input.clone());
        let multi = if case.multi { Multi::On } else { Multi::Off };
        let host_conf = if case.multi { "multi on\n" } else { "multi off\n" };
        let files = MemoryFiles::new().with("/etc/hosts", input).with("/etc/host.conf", host_conf);
        let answered = case.lookups.iter().filter_map(|lookup| answers_alike(&text, lookup, multi).err());
        let explained = case.lookups.iter().filter_map(|lookup| explained_alike(&files, lookup).err());
        let differences: Vec<String> = answered.chain(explained).collect();
        lookups += case.lookups.len();
        if differences.is_empty() {
            passed += 1;
        } else {
            wrong.push(format!("{}: {differences:?}", case.id));
        }
    }
    println!("{path}: {passed} passed, 0 not yet, 0 unknown, {} wrong; {lookups} lookups", wrong.len());
    assert_eq!(wrong, Vec::<String>::new());
    (passed, lookups)
}

#[test]
fn every_recorded_lookup_answers_as_the_c_library_does() {
    assert_eq!(checked("cases/hosts.cases.jsonl"), (80, 253));
}

#[test]
fn misread_ends_and_random_files_answer_as_the_c_library_does() {
    assert_eq!(checked("etc-hosts/lookups.cases.jsonl"), (69, 875));
}
