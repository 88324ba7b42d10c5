//! What procps 4.0.2 and systemd 252 were recorded to do, against what `effective` says they do.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs)]

mod tree;

use std::collections::BTreeMap;

use base64::Engine;
use bstr::{BString, ByteSlice};
use camino::Utf8PathBuf;
use kvmprep_lossless::effective::{Effective, Host};
use kvmprep_lossless::{Format, Text, Value};
use kvmprep_sysctl_conf::{
    Complaint, Kernel, Key, MAIN_FILE, Outcome, ProcpsVersion, Reader, Situation, SysctlConf, SystemdVersion, decision,
    effective, effective_system, sources,
};
use serde::Deserialize;
use tree::{Node, Tree};

#[derive(Deserialize)]
struct Case {
    id: String,
    input: Option<String>,
    input_b64: Option<String>,
    tree: Option<BTreeMap<Utf8PathBuf, Node>>,
    procps: Recorded,
    systemd: Recorded,
}

#[derive(Deserialize)]
struct Recorded {
    assignments: Vec<(Bytes, Bytes)>,
    r#final: BTreeMap<String, Bytes>,
    warnings: Vec<String>,
    failed: bool,
    #[serde(default)]
    files: Vec<Utf8PathBuf>,
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

/// The versions that were asked.
const PROCPS: Reader = Reader::Procps(ProcpsVersion(4, 0, 2));
const SYSTEMD: Reader = Reader::Systemd(SystemdVersion(252));

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
        Reader::Procps(_) => Kernel::new(KEYS).with_read_only("dev/cdrom/info"),
        Reader::Systemd(_) => Kernel::new(KEYS.iter().chain(&["dev/cdrom/info"])),
    }
}

/// The recording sorts runs of one value, as systemd takes what a glob matches in the order of the directory; its
/// debug log, which the recording is taken from, has no lines over 2 KiB.
fn settled(reader: Reader, mut writes: Vec<(BString, BString)>) -> Vec<(BString, BString)> {
    if !reader.is_procps() {
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
    let changed = outcome.values().into_iter().filter(|(_, value)| reader.is_procps() || !value.is_empty());
    let dotted = |path: &[u8]| path.replace("/", "\0").replace(".", "/").replace("\0", ".");
    changed.map(|(path, value)| (String::from_utf8(dotted(path)).unwrap(), value.into())).collect()
}

fn compare(reader: Reader, outcome: &Outcome, recorded: &Recorded) -> Vec<String> {
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
    expect("final", format!("{:?}", changed(reader, outcome)), format!("{last:?}"));
    expect("warnings", format!("{:?}", worded(outcome)), format!("{:?}", recorded.warnings));
    expect("failed", outcome.failed.to_string(), recorded.failed.to_string());
    wrong
}

/// What a file says knows no kernel: it must be what the reader left in every stand-in file that changed, and nothing of
/// others, or that it cannot be known; counts the latter.
fn compare_values(
    reader: Reader,
    said: impl Fn(&Key) -> Option<Value>,
    recorded: &Recorded,
    unknown: &mut usize,
) -> Vec<String> {
    let mut wrong = Vec::new();
    for path in KEYS {
        let dotted = path.replace('/', "\0").replace('.', "/").replace('\0', ".");
        let recorded = recorded.r#final.get(&dotted).map(Bytes::get);
        let said = said(&path.parse().unwrap());
        if matches!(said, Some(Value::Unknown(_))) {
            *unknown += 1;
            continue;
        }
        let said = said.and_then(|value| value.known()?.first().cloned());
        let said = said.filter(|value| reader.is_procps() || !value.is_empty());
        if said != recorded {
            wrong.push(format!("{reader} {path}: we say {said:?}, recorded is {recorded:?}"));
        }
    }
    wrong
}

fn compare_file(reader: Reader, input: &[u8], recorded: &Recorded, unknown: &mut usize) -> Vec<String> {
    let mut wrong = compare(reader, &effective(reader, [input], &kernel(reader)), recorded);
    let text = Text::read(SysctlConf::for_readers([reader]), input);
    let get = |key: &Key| Some(text.syntax().get(&text, reader, key).into_iter().next()?.value);
    wrong.extend(compare_values(reader, get, recorded, unknown));
    wrong
}

fn compare_tree(reader: Reader, tree: &Tree, recorded: &Recorded, unknown: &mut usize) -> Vec<String> {
    let sources = sources(reader, tree).unwrap();
    let mut wrong = compare(reader, &effective_system(reader, &sources, &kernel(reader)), recorded);
    let read: Vec<_> = sources.iter().map(|source| &source.path).collect();
    if !read.iter().copied().eq(&recorded.files) {
        wrong.push(format!("{reader} files: we say {read:?}, recorded is {:?}", recorded.files));
    }
    let decided = |key: &Key| Some(decision(reader, &sources, key)?.value);
    wrong.extend(compare_values(reader, decided, recorded, unknown));
    let host = Host { files: tree, path: MAIN_FILE.into() };
    let explained = |key: &Key| {
        let explanation = SysctlConf::for_readers([reader]).explain(host, &Situation::default(), key);
        explanation.decisions.into_iter().next()?.value
    };
    wrong.extend(compare_values(reader, explained, recorded, &mut 0));
    wrong
}

#[derive(Default, Debug, PartialEq)]
struct Counts {
    passed: usize,
    /// Passed, and one value `get` says it cannot know.
    unknown: usize,
    wrong: usize,
}

fn check(cases: &str) -> Counts {
    let path = format!("{}/../../testdata/{cases}", env!("CARGO_MANIFEST_DIR"));
    let recorded = std::fs::read_to_string(path).unwrap();
    let mut counts = Counts::default();
    for case in recorded.lines().map(|line| serde_json::from_str::<Case>(line).unwrap()) {
        let tree = case.tree.map(Tree);
        let input = case.input.map(String::into_bytes).or(case.input_b64.as_deref().map(decoded)).unwrap_or_default();
        let mut unknown = 0;
        let mut complaints = Vec::new();
        for (reader, recorded) in [(PROCPS, &case.procps), (SYSTEMD, &case.systemd)] {
            complaints.extend(match &tree {
                Some(tree) => compare_tree(reader, tree, recorded, &mut unknown),
                None => compare_file(reader, &input, recorded, &mut unknown),
            });
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
    let expected = Counts { passed: 99, unknown: 1, wrong: 0 };
    assert_eq!(check("cases/sysctl.cases.jsonl"), expected);
}

/// Recorded with the same oracle: keys spelled oddly, line ends of all sorts, what overrides what, names
/// that are taken by what cannot be read.
#[test]
fn both_readers_do_what_was_recorded_at_the_edges() {
    let expected = Counts { passed: 82, unknown: 6, wrong: 0 };
    assert_eq!(check("sysctl/edges.cases.jsonl"), expected);
}

/// The oracle says `read_failed` of such a file; it is too long to be kept.
#[test]
fn systemd_stops_reading_at_a_line_of_1_mib() {
    let file = ["vm.swappiness = 1\n# ", &"x".repeat(1 << 20), "\nvm.dirty_ratio = 1\n"].concat();
    let outcome = effective(SYSTEMD, [&file], &kernel(SYSTEMD));
    assert_eq!(worded(&outcome), ["read_failed"]);
    assert!(outcome.failed && outcome.writes.len() == 1);
    assert_eq!(effective(PROCPS, [&file], &kernel(PROCPS)).writes.len(), 2);
}
