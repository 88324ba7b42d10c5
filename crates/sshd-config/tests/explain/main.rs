//! Who wins on a host and why; where sshd is installed, it is asked the same.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::disallowed_types, missing_docs)]

mod asked;
mod found;
mod policy;
#[path = "../real/mod.rs"]
mod real;
mod situation;
mod values;

use kvmprep_lossless::effective::{Decision, Effective, Explanation, Host};
use kvmprep_lossless::files::{Files, Location, MemoryFiles};
use kvmprep_lossless::{Place, Value};
use kvmprep_sshd_config::{CommandLine, Connection, Key, MAIN_FILE, Situation, Sshd, Version};

pub fn explained(files: &dyn Files, situation: &Situation, key: &str) -> Explanation<Key> {
    explained_from(files, MAIN_FILE, situation, key)
}

pub fn explained_from(files: &dyn Files, path: &str, situation: &Situation, key: &str) -> Explanation<Key> {
    Sshd::from(Version(9, 2)).explain(Host { files, path: path.into() }, situation, &key.parse().unwrap())
}

/// Each decision as `key (when) = value: winner > shadowed`, places as `file:line`.
pub fn told(explanation: &Explanation<Key>) -> Vec<String> {
    let place = |at: &Location| {
        let source = &explanation.sources[at.source];
        let name = source.path.file_name().unwrap_or(source.path.as_str());
        format!("{name}:{}", Place::of(&source.text, at.span.start).line)
    };
    let told = |decision: &Decision<Key>| {
        let places = |all: &[Location]| all.iter().map(place).collect::<Vec<_>>().join(" ");
        let when = decision.point.when.iter().map(|when| format!(" ({when})")).collect::<String>();
        let value = match &decision.value {
            None => "default".to_owned(),
            Some(Value::Unknown(why)) => format!("unknown: {why}"),
            Some(Value::Known(lines)) => lines.iter().map(ToString::to_string).collect::<Vec<_>>().join("|"),
        };
        let shadowed = match decision.shadowed.is_empty() {
            true => String::new(),
            false => format!(" > {}", places(&decision.shadowed)),
        };
        format!("{}{when} = {value}: {}{shadowed}", decision.point.key, places(&decision.at))
    };
    explanation.decisions.iter().map(told).collect()
}

pub fn codes(explanation: &Explanation<Key>) -> Vec<&'static str> {
    explanation.findings.iter().map(|finding| finding.diagnostic.code).collect()
}

pub fn host(files: &[(&str, &str)]) -> MemoryFiles {
    files.iter().fold(MemoryFiles::new(), |host, (path, text)| host.with(*path, *text))
}

pub fn for_connection(connection: &str) -> Situation {
    Situation { connection: Some(connection.parse::<Connection>().unwrap()), ..Situation::default() }
}

pub fn started_with(options: &str) -> Situation {
    let line = CommandLine::parse("/etc/sysconfig/sshd", options).unwrap();
    Situation { command_line: vec![line], ..Situation::default() }
}
