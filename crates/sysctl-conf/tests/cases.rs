//! What procps 4.0.2 and systemd 252 were recorded to do, against what `effective` says they do.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs)]

use std::collections::BTreeMap;

use base64::Engine;
use bstr::{BString, ByteSlice};
use kvmprep_lossless::{Format, Text};
use kvmprep_sysctl_conf::{Complaint, Kernel, Outcome, Reader, SysctlConf, effective};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    id: String,
    input: Option<String>,
    input_b64: Option<String>,
    procps: Recorded,
    systemd: Recorded,
}

#[derive(Deserialize)]
struct Recorded {
    assignments: Vec<(Bytes, Bytes)>,
    r#final: BTreeMap<String, Bytes>,
    warnings: Vec<String>,
    failed: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Bytes {
    Text(String),
    Base64 { b64: String },
}

impl Bytes {
    fn get(&self) -> BString {
        match self {
            Self::Text(text) => text.as_str().into(),
            Self::Base64 { b64 } => decoded(b64).into(),
        }
    }
}

fn decoded(base64: &str) -> Vec<u8> {
    base64::engine::general_purpose::STANDARD.decode(base64).unwrap()
}

/// The files that stood in for /proc/sys when the cases were recorded.
const KEYS: &[&str] = &[
    "vm/swappiness",
    "vm/overcommit_memory",
    "vm/overcommit_ratio",
    "vm/dirty_ratio",
    "vm/nr_hugepages",
    "vm/stat_refresh",
    "kernel/domainname",
    "kernel/core_pattern",
    "kernel/pid_max",
    "kernel/modprobe",
    "net/ipv4/ip_forward",
    "net/ipv4/ip_local_port_range",
    "net/ipv4/conf/all/rp_filter",
    "net/ipv4/conf/default/rp_filter",
    "net/ipv4/conf/eth0/rp_filter",
    "net/ipv4/conf/eth0.100/rp_filter",
    "net/ipv4/conf/br0/rp_filter",
    "net/ipv4/conf/eth0.100/forwarding",
    "net/bridge/bridge-nf-call-iptables",
];

/// procps looks at the mode bits of a file; systemd, run as root, opens a stand-in whatever its mode.
fn kernel(reader: Reader) -> Kernel {
    match reader {
        Reader::Procps => Kernel::new(KEYS).with_read_only("dev/cdrom/info"),
        Reader::Systemd => Kernel::new(KEYS.iter().chain(&["dev/cdrom/info"])),
    }
}

/// The recording sorts runs of one value, as systemd takes what a glob matches in the order of the directory; its
/// debug log, which the recording is taken from, has no lines over 2 KiB.
fn settled(reader: Reader, mut writes: Vec<(BString, BString)>) -> Vec<(BString, BString)> {
    if reader == Reader::Systemd {
        writes.retain(|(_, value)| value.len() < 2048);
        writes.chunk_by_mut(|a, b| a.1 == b.1).for_each(<[_]>::sort);
    }
    writes
}

/// The recording has debug messages about explicit keys at the end, sorted.
fn worded(outcome: &Outcome) -> Vec<String> {
    let is_kept = |complaint: &&Complaint| matches!(complaint, Complaint::KeptExplicit(_));
    let (mut kept, told): (Vec<_>, Vec<_>) = outcome.complaints.iter().partition(is_kept);
    kept.sort();
    told.into_iter().chain(kept).map(ToString::to_string).collect()
}

/// The stand-in files were empty at first; systemd does not write what a file already holds.
fn changed(reader: Reader, outcome: &Outcome) -> BTreeMap<String, BString> {
    let changed = outcome.values().into_iter().filter(|(_, value)| reader == Reader::Procps || !value.is_empty());
    let dotted = |path: &[u8]| path.replace("/", "\0").replace(".", "/").replace("\0", ".");
    changed.map(|(path, value)| (String::from_utf8(dotted(path)).unwrap(), value.into())).collect()
}

fn compare(reader: Reader, input: &[u8], recorded: &Recorded) -> Vec<String> {
    let outcome = effective(reader, [input], &kernel(reader));
    let writes = outcome.writes.iter().map(|write| (write.key.clone(), write.value.clone())).collect();
    let assignments = recorded.assignments.iter().map(|(key, value)| (key.get(), value.get())).collect();
    let last: BTreeMap<String, BString> = recorded.r#final.iter().map(|(k, v)| (k.clone(), v.get())).collect();
    let mut wrong = Vec::new();
    let mut expect = |what: &str, ours: String, theirs: String| {
        if ours != theirs {
            wrong.push(format!("{reader} {what}: we say {ours}, recorded is {theirs}"));
        }
    };
    expect("assignments", format!("{:?}", settled(reader, writes)), format!("{:?}", settled(reader, assignments)));
    expect("final", format!("{:?}", changed(reader, &outcome)), format!("{last:?}"));
    expect("warnings", format!("{:?}", worded(&outcome)), format!("{:?}", recorded.warnings));
    expect("failed", outcome.failed.to_string(), recorded.failed.to_string());
    wrong
}

/// `get` knows no kernel: it must say what the reader left in every stand-in file that changed, and nothing of others,
/// or that it cannot know; counts the latter.
fn compare_get(reader: Reader, input: &[u8], recorded: &Recorded, unknown: &mut usize) -> Vec<String> {
    let text = Text::read(SysctlConf::for_readers([reader]), input);
    let mut wrong = Vec::new();
    for path in KEYS {
        let dotted = path.replace('/', "\0").replace('.', "/").replace('\0', ".");
        let recorded = recorded.r#final.get(&dotted).map(Bytes::get);
        let got = text.syntax().get(&text, reader, &path.parse().unwrap());
        if got.iter().any(|setting| setting.value.known().is_none()) {
            *unknown += 1;
            continue;
        }
        let got = got.first().and_then(|setting| setting.value.known()?.first().cloned());
        let got = got.filter(|value| reader == Reader::Procps || !value.is_empty());
        if got != recorded {
            wrong.push(format!("{reader} get {path}: we say {got:?}, recorded is {recorded:?}"));
        }
    }
    wrong
}

#[derive(Default, Debug, PartialEq)]
struct Counts {
    passed: usize,
    /// Passed, and one value `get` says it cannot know.
    unknown: usize,
    /// Of several files.
    not_yet: usize,
    wrong: usize,
}

fn check(cases: &str) -> Counts {
    let path = format!("{}/../../testdata/{cases}", env!("CARGO_MANIFEST_DIR"));
    let recorded = std::fs::read_to_string(path).unwrap();
    let mut counts = Counts::default();
    for case in recorded.lines().map(|line| serde_json::from_str::<Case>(line).unwrap()) {
        let input = case.input.map(String::into_bytes).or(case.input_b64.as_deref().map(decoded));
        let Some(input) = input else {
            counts.not_yet += 1;
            continue;
        };
        let mut unknown = 0;
        let mut complaints = Vec::new();
        for (reader, recorded) in [(Reader::Procps, &case.procps), (Reader::Systemd, &case.systemd)] {
            complaints.extend(compare(reader, &input, recorded));
            complaints.extend(compare_get(reader, &input, recorded, &mut unknown));
        }
        match (complaints.is_empty(), unknown) {
            (true, 0) => counts.passed += 1,
            (true, _) => counts.unknown += 1,
            (false, _) => {
                counts.wrong += 1;
                println!("{} {:?}:\n  {}", case.id, input.as_bstr(), complaints.join("\n  "));
            }
        }
    }
    println!("{cases}: {counts:?}");
    counts
}

#[test]
fn both_readers_do_what_was_recorded_of_them() {
    let expected = Counts { passed: 80, unknown: 1, not_yet: 19, wrong: 0 };
    assert_eq!(check("cases/sysctl.cases.jsonl"), expected);
}

/// Recorded with the same oracle: keys spelled oddly, line ends of all sorts, what overrides what.
#[test]
fn both_readers_do_what_was_recorded_at_the_edges() {
    let expected = Counts { passed: 64, unknown: 3, not_yet: 0, wrong: 0 };
    assert_eq!(check("sysctl/edges.cases.jsonl"), expected);
}

/// The oracle says `read_failed` of such a file; it is too long to be kept.
#[test]
fn systemd_stops_reading_at_a_line_of_1_mib() {
    let file = ["vm.swappiness = 1\n# ", &"x".repeat(1 << 20), "\nvm.dirty_ratio = 1\n"].concat();
    let outcome = effective(Reader::Systemd, [&file], &kernel(Reader::Systemd));
    assert_eq!(worded(&outcome), ["read_failed"]);
    assert!(outcome.failed && outcome.writes.len() == 1);
    assert_eq!(effective(Reader::Procps, [&file], &kernel(Reader::Procps)).writes.len(), 2);
}
