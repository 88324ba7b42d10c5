use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use crate::oracle::machine::{Fault, command, scratch};

/// A system call of a run: its name, and how often that name was called before and with it.
pub struct Call {
    name: String,
    number: usize,
}

impl Call {
    pub fn is_write(&self) -> bool {
        self.name == "write"
    }

    /// For `strace --inject`.
    pub fn with(&self, what: &str) -> String {
        format!("{}:{what}:when={}", self.name, self.number)
    }
}

/// How a disturbed run ended.
pub enum Ended {
    /// A status, and what was told.
    With(i32, String),
    Killed,
}

/// The calls of an undisturbed run, from the first that names the host's files, or a place of the root, on. Those before
/// start the program, and change nothing.
pub fn calls(program: &Path, arguments: &[String], injected: Option<&str>) -> Result<Vec<Call>, Fault> {
    let scratch = scratch()?;
    let log = scratch.path().join("log");
    let injected = injected.map(inject);
    let mut strace = command("strace", scratch.path());
    let run = strace.arg("-o").arg(&log).args(injected.iter().flatten()).arg(program).args(arguments).output()?;
    let status = run.status;
    if !status.success() {
        return Err(format!("an undisturbed run ended with {status}").into());
    }
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    let log = fs::read_to_string(log)?;
    let mut calls = Vec::new();
    let mut is_begun = false;
    for (name, rest) in log.lines().filter_map(|line| line.split_once('(')) {
        let name = name.trim();
        if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            continue;
        }
        let number = numbers.entry(name.to_owned()).or_default();
        *number += 1;
        is_begun |=
            name != "execve" && arguments.iter().any(|argument| argument.starts_with('/') && rest.contains(argument));
        if is_begun {
            calls.push(Call { name: name.to_owned(), number: *number });
        }
    }
    Ok(calls)
}

fn inject(what: &str) -> [String; 2] {
    ["-e".to_owned(), format!("inject={what}")]
}

/// A run of which one call is killed, or fails.
pub fn disturbed(program: &Path, arguments: &[String], injected: &str) -> Result<Ended, Fault> {
    let scratch = scratch()?;
    let mut strace = command("strace", scratch.path());
    strace.args(["-o", "/dev/null"]).args(injected.split(' ').flat_map(inject)).arg(program).args(arguments);
    let output = strace.output()?;
    Ok(match (output.status.code(), output.status.signal()) {
        // `timeout` and a shell tell of a signal so; strace dies by that of its child.
        (Some(137), _) | (None, Some(_)) => Ended::Killed,
        (code, _) => Ended::With(code.unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned()),
    })
}

/// Whatever it says, but it must come to an end.
pub fn undisturbed(program: &Path, arguments: &[&str], injected: Option<&str>) -> Result<(), Fault> {
    let injected = injected.map(inject);
    let mut strace = command("strace", Path::new("/"));
    strace.args(["-o", "/dev/null"]).args(injected.iter().flatten()).arg(program).args(arguments).output()?;
    Ok(())
}
