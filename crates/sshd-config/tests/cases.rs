//! The recorded answers of OpenSSH 9.2p1 (Debian 12) against the reading of all files.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs)]

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use base64::Engine;
use bstr::{BString, ByteSlice, ByteVec};
use kvmprep_lossless::Value;
use kvmprep_lossless::files::MemoryFiles;
use kvmprep_sshd_config::{
    Build, Complained, Complaint, Connection, Effective, Family, MatchFault, Sshd, Version, effective_host,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    id: String,
    input: Option<String>,
    input_b64: Option<String>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(rename = "match")]
    connection: Option<String>,
    expect: String,
    effective: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    errors: Vec<String>,
    #[serde(default)]
    warnings: Vec<String>,
}

impl Case {
    fn input(&self) -> Vec<u8> {
        let input = match (&self.input, &self.input_b64) {
            (Some(input), _) => input.clone().into_bytes(),
            (None, Some(encoded)) => base64::engine::general_purpose::STANDARD.decode(encoded).unwrap(),
            (None, None) => Vec::new(),
        };
        filled(&input)
    }

    fn host(&self) -> MemoryFiles {
        let host = MemoryFiles::new().with(MAIN, self.input());
        self.files.iter().fold(host, |host, (name, text)| host.with(format!("/DIR/{name}"), filled(text.as_bytes())))
    }
}

const MAIN: &str = "/DIR/sshd_config";

fn filled(input: &[u8]) -> Vec<u8> {
    ["DIR", "KEY1", "KEY2"]
        .iter()
        .fold(input.to_vec(), |input, name| input.replace(format!("@{name}@"), format!("/{name}")))
}

fn connection(case: &Case) -> Connection {
    let mut connection = Connection { groups: Some(Vec::new()), ..Connection::default() };
    for (name, value) in case.connection.iter().flat_map(|c| c.split(',')).filter_map(|pair| pair.split_once('=')) {
        match name {
            "user" => {
                connection.user = Some(value.into());
                connection.groups = Some(if value == "root" { vec!["root".into()] } else { Vec::new() });
            }
            "host" => connection.host = Some(value.into()),
            "addr" => connection.address = Some(value.parse().unwrap()),
            "laddr" => connection.local_address = Some(value.parse().unwrap()),
            "lport" => connection.local_port = Some(value.parse().unwrap()),
            other => panic!("{other}"),
        }
    }
    connection
}

const CIPHERS: &str =
    "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com";
const MACS: &str = "umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,umac-64@openssh.com,umac-128@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1";
const KEX: &str = "sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,diffie-hellman-group14-sha256";
const CA_SIGNATURES: &str = "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,sk-ssh-ed25519@openssh.com,sk-ecdsa-sha2-nistp256@openssh.com,rsa-sha2-512,rsa-sha2-256";
const KNOWN_CIPHERS: &str = "3des-cbc,aes128-cbc,aes192-cbc,aes256-cbc,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com,chacha20-poly1305@openssh.com";
const KNOWN_MACS: &str = "hmac-sha1,hmac-sha1-96,hmac-sha2-256,hmac-sha2-512,hmac-md5,hmac-md5-96,umac-64@openssh.com,umac-128@openssh.com,hmac-sha1-etm@openssh.com,hmac-sha1-96-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-md5-etm@openssh.com,hmac-md5-96-etm@openssh.com,umac-64-etm@openssh.com,umac-128-etm@openssh.com";
const KNOWN_KEX: &str = "diffie-hellman-group1-sha1,diffie-hellman-group14-sha1,diffie-hellman-group14-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,diffie-hellman-group-exchange-sha1,diffie-hellman-group-exchange-sha256,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,curve25519-sha256,curve25519-sha256@libssh.org,sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com";
const KNOWN_KEYS: &str = "ssh-ed25519,ssh-ed25519-cert-v01@openssh.com,sk-ssh-ed25519@openssh.com,sk-ssh-ed25519-cert-v01@openssh.com,ecdsa-sha2-nistp256,ecdsa-sha2-nistp256-cert-v01@openssh.com,ecdsa-sha2-nistp384,ecdsa-sha2-nistp384-cert-v01@openssh.com,ecdsa-sha2-nistp521,ecdsa-sha2-nistp521-cert-v01@openssh.com,sk-ecdsa-sha2-nistp256@openssh.com,sk-ecdsa-sha2-nistp256-cert-v01@openssh.com,webauthn-sk-ecdsa-sha2-nistp256@openssh.com,ssh-dss,ssh-dss-cert-v01@openssh.com,ssh-rsa,ssh-rsa-cert-v01@openssh.com,rsa-sha2-256,rsa-sha2-256-cert-v01@openssh.com,rsa-sha2-512,rsa-sha2-512-cert-v01@openssh.com";

/// Debian 12's OpenSSH 9.2p1, as `sshd -T` on an empty file and `ssh -Q` tell it.
fn debian12() -> Build {
    Build::default()
        .with_default("Ciphers", CIPHERS)
        .with_default("MACs", MACS)
        .with_default("KexAlgorithms", KEX)
        .with_default("CASignatureAlgorithms", CA_SIGNATURES)
        .with_known(Family::Ciphers, KNOWN_CIPHERS)
        .with_known(Family::Macs, KNOWN_MACS)
        .with_known(Family::Kex, KNOWN_KEX)
        .with_known(Family::KeyTypes, KNOWN_KEYS)
        .in_directory("/DIR")
        .at_home("/root")
}

/// What that build answers where the file says nothing.
fn default_of(keyword: &str) -> Vec<String> {
    let default = match keyword {
        "port" => "22",
        "permitrootlogin" => "without-password",
        "x11forwarding" | "usedns" | "usepam" => "no",
        "ciphers" => CIPHERS,
        "banner" | "forcecommand" | "unusedconnectiontimeout" => "none",
        "passwordauthentication" => "yes",
        "fingerprinthash" => "SHA256",
        "loglevel" => "INFO",
        "maxstartups" => "10:30:100",
        "ipqos" => "lowdelay throughput",
        "rekeylimit" => "0 0",
        "permitopen" => "any",
        "listenaddress" => return vec!["[::]:22".to_owned(), "0.0.0.0:22".to_owned()],
        "allowusers" | "acceptenv" | "setenv" | "subsystem" => return Vec::new(),
        other => panic!("no default recorded for {other}"),
    };
    vec![default.to_owned()]
}

/// Complaints as the recorded answers call them.
fn classes(answer: &Effective, complained: &Complained) -> Vec<String> {
    let line = complained.line;
    let path = &answer.sources()[complained.at.source].path;
    let path = path.as_str().replace("d/../", "");
    let file = if path == MAIN { "main" } else { path.strip_prefix("/DIR/").unwrap() };
    let here = |class: &str| format!("{class}@{file}:{line}");
    let fault = |class: &str| vec![class.to_owned(), here("bad_match")];
    match complained.complaint {
        Complaint::UnknownKeyword => vec![here("bad_keyword")],
        Complaint::NoArgument => vec![here("no_argument")],
        Complaint::OpenQuote => vec![here("bad_quotes")],
        Complaint::ExtraArguments => vec![here("extra_arguments")],
        Complaint::GlobalOnly => vec![here("not_in_match")],
        Complaint::BadValue => vec![here("bad_value")],
        Complaint::MissingValue => vec![here("missing_value")],
        Complaint::EmptyArgument => vec![here("missing_value")],
        Complaint::UnknownOption => vec![here("bad_value")],
        Complaint::EmptyList
        | Complaint::NegatedName
        | Complaint::OtherFamily
        | Complaint::UnmetMethods
        | Complaint::CommandWithoutUser => {
            vec!["other".to_owned()]
        }
        Complaint::DuplicateSubsystem => vec![here("duplicate_subsystem")],
        Complaint::Deprecated => vec![here("deprecated")],
        Complaint::IncludeDepth => vec!["include_depth".to_owned()],
        Complaint::CannotOpen | Complaint::NotAnOption | Complaint::TooLate | Complaint::LineTooLong => {
            vec!["other".to_owned()]
        }
        Complaint::Untold => vec!["match_needs".to_owned()],
        Complaint::Match(MatchFault::Empty) => fault("match_empty"),
        Complaint::Match(MatchFault::NoValue) => fault("match_no_value"),
        Complaint::Match(MatchFault::Unknown) => fault("match_unknown"),
        Complaint::Match(MatchFault::AllCombined) => fault("match_all_combined"),
        Complaint::Match(MatchFault::BadPort) => fault("match_bad_port"),
        Complaint::Match(MatchFault::BadAddress) => vec![format!("match_bad_address@?:{line}")],
    }
}

enum Verdict {
    Passed,
    Unknown(String),
    Wrong(String),
}

/// sshd complains again of a deprecated keyword when it reads an included file for a connection.
fn once(complaints: &[String]) -> Vec<&String> {
    let mut seen = HashSet::new();
    complaints.iter().filter(|complaint| !complaint.starts_with("deprecated") || seen.insert(*complaint)).collect()
}

fn judge(case: &Case, answer: &Effective) -> Verdict {
    let complaints: Vec<String> =
        answer.complaints().iter().flat_map(|complained| classes(answer, complained)).collect();
    let recorded = if case.expect == "ok" { &case.warnings } else { &case.errors };
    if answer.starts() != (case.expect == "ok") || once(&complaints) != once(recorded) {
        return Verdict::Wrong(format!("complains {complaints:?}, sshd {recorded:?}"));
    }
    let mut unknown = None;
    for (keyword, recorded) in &case.effective {
        let values = match answer.get(keyword) {
            None => default_of(keyword),
            Some(Value::Known(values)) => values.iter().map(as_recorded).collect(),
            Some(Value::Unknown(why)) => {
                unknown = Some(format!("{keyword}: {why}"));
                continue;
            }
        };
        if values != *recorded {
            return Verdict::Wrong(format!("{keyword} is {values:?}, sshd {recorded:?}"));
        }
    }
    unknown.map_or(Verdict::Passed, Verdict::Unknown)
}

/// The oracle escapes what is not UTF-8, and puts its directory's names back.
fn as_recorded(value: &BString) -> String {
    let mut text = Vec::new();
    for chunk in value.utf8_chunks() {
        text.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|byte| text.push_str(format!("\\x{byte:02x}")));
    }
    let text = String::from_utf8(text).unwrap();
    text.replace("/DIR", "@DIR@").replace("/KEY1", "@KEY1@").replace("/KEY2", "@KEY2@")
}

/// Passed, unknown, wrong.
fn judged(path: &str) -> (usize, usize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata").join(path);
    let recorded = std::fs::read_to_string(path).unwrap();
    let cases: Vec<Case> = recorded.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (mut passed, mut unknown, mut wrong) = (0, Vec::new(), Vec::new());
    for case in &cases {
        let answer =
            effective_host(&case.host(), MAIN.into(), Sshd::from(Version(9, 2)), &connection(case), &debian12());
        match judge(case, &answer) {
            Verdict::Passed => passed += 1,
            Verdict::Unknown(why) => unknown.push(format!("{}: {why}", case.id)),
            Verdict::Wrong(how) => wrong.push(format!("{}: {how}", case.id)),
        }
    }
    println!("{passed} passed, 0 not yet, {} unknown, {} wrong of {}", unknown.len(), wrong.len(), cases.len());
    println!("unknown: {unknown:#?}");
    assert!(wrong.is_empty(), "{wrong:#?}");
    (passed, unknown.len())
}

#[test]
fn every_case_is_answered_as_sshd_does() {
    assert_eq!(judged("cases/sshd_config.cases.jsonl"), (241, 0));
}

/// A sample of thousands of random trees with Includes and blocks, recorded with sshd 9.2. Unknown are the addresses
/// that a host name or an address family stands for.
#[test]
fn every_tree_of_files_is_answered_as_sshd_does() {
    assert_eq!(judged("sshd-config/trees.cases.jsonl"), (230, 10));
}

/// How values are scanned, and which of several lines counts: what random files asked of sshd 9.2 have shown.
#[test]
fn every_odd_value_is_taken_as_sshd_takes_it() {
    assert_eq!(judged("sshd-config/values.cases.jsonl"), (52, 0));
}
