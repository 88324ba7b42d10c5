//! What is left of a host's files when a run is killed at any system call, or any system call fails.

mod hazards;
mod strace;
mod tree;

use std::path::PathBuf;

use clap::Args;
use xshell::{Shell, cmd};

use crate::Outcome;
use crate::oracle::machine::{Fault, find, in_parallel, scratch, skipped};
use strace::{Call, Ended};
use tree::Tree;

/// How much is tried.
#[derive(Args)]
pub struct Wanted {
    /// Every error at every call, and not the likeliest alone
    #[arg(long)]
    all: bool,
}

/// The bounded round of every test run.
pub const ROUND: Wanted = Wanted { all: false };

/// What is written in one trial, on the sample host that is edited in all five formats.
struct Scenario {
    name: &'static str,
    /// None for ours.
    peer: Option<&'static str>,
    /// What the file system cannot do, all the while.
    without: Option<&'static str>,
    /// For a root.
    arguments: fn(&str) -> Vec<String>,
}

const HOST: &str = "testdata/hosts/el6";

const FIVE: fn(&str) -> Vec<String> =
    |root| words(&["apply", "--root", root, "--host", "192.0.2.11=kvm1", "--host", "192.0.2.77=kvm7"]);

const OURS: [Scenario; 3] = [
    Scenario {
        name: "one file",
        peer: None,
        without: None,
        arguments: |root| words(&["apply", "--root", root, "--file", "/etc/multipath.conf"]),
    },
    Scenario { name: "five files", peer: None, without: None, arguments: FIVE },
    Scenario {
        name: "five files, no exchange of names",
        peer: None,
        without: Some("renameat2:error=EINVAL"),
        arguments: FIVE,
    },
];

/// What others do to one file. They are measured, not judged.
const PEERS: [Scenario; 2] = [
    Scenario {
        name: "sed -i, one file",
        peer: Some("sed"),
        without: None,
        arguments: |root| words(&["-i", "s/kvm1/kvm9/", &format!("{root}/etc/hosts")]),
    },
    Scenario {
        name: "augtool, one file",
        peer: Some("augtool"),
        without: None,
        arguments: |root| {
            let set = "set /files/etc/hosts/1/canonical renamed";
            words(&["-s", "-L", "-A", "-r", root, "-t", "Hosts incl /etc/hosts", set])
        },
    },
];

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

/// Errors as strace injects them.
const LIKELY: [&str; 2] = ["error=EIO", "error=ENOSPC"];
const ALL: [&str; 6] = ["error=EIO", "error=ENOSPC", "error=EDQUOT", "error=EPERM", "error=EMFILE", "error=EINTR"];

/// A write that writes nothing. Of other calls strace would make lies that no kernel tells.
const SHORT: &str = "retval=0";

/// What goes wrong, at every call.
fn failures(calls: &[Call], errors: &[&str]) -> Vec<String> {
    let short = calls.iter().filter(|call| call.is_write()).map(|call| call.with(SHORT));
    calls.iter().flat_map(|call| errors.iter().map(|error| call.with(error))).chain(short).collect()
}

pub fn run(shell: &Shell, wanted: &Wanted) -> Outcome {
    if let Err(why) = find("strace") {
        return skipped("faults", why);
    }
    cmd!(shell, "cargo build --quiet --package kvmprep-edit").run()?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| shell.current_dir().join("target"), PathBuf::from);
    let trial = Trial { program: target.join("debug/kvmprep-edit"), host: Tree::of(&shell.current_dir().join(HOST))? };
    let errors: &[&str] = if wanted.all { &ALL } else { &LIKELY };
    let heading = "| hazard | cases | torn | lost | mixed | litter | wrong status |\n|---|---|---|---|---|---|---|";
    let mut found = hazards::round(&trial.program, &trial.host)?;
    println!("{heading}");
    for scenario in &OURS {
        let (new, calls) = trial.undisturbed(scenario)?;
        let killed: Vec<_> = calls.iter().map(|call| call.with("signal=KILL")).collect();
        found += trial.round(scenario, "killed", &new, &killed)?;
        let failed = failures(&calls, errors);
        found += trial.round(scenario, "an error", &new, &failed)?;
    }
    for scenario in &PEERS {
        if let Some(why) = scenario.peer.and_then(|program| find(program).err()) {
            skipped(scenario.name, why)?;
            continue;
        }
        let (new, calls) = trial.undisturbed(scenario)?;
        let killed: Vec<_> = calls.iter().map(|call| call.with("signal=KILL")).collect();
        trial.round(scenario, "killed", &new, &killed)?;
        let failed: Vec<_> = calls.iter().map(|call| call.with("error=ENOSPC")).collect();
        trial.round(scenario, "ENOSPC", &new, &failed)?;
    }
    if found == 0 { Ok(()) } else { Err(format!("{found} times files were not whole").into()) }
}

struct Trial {
    program: PathBuf,
    host: Tree,
}

/// What was wrong in one trial.
#[derive(Default, Clone, Copy)]
struct Wrong {
    /// A file that is neither old nor new.
    torn: usize,
    /// A name that is gone.
    lost: usize,
    /// Some files old and some new, after `recover`.
    mixed: usize,
    /// A file that nobody asked for and no warning names, after `recover`.
    litter: usize,
    /// Exit status 0 without the new bytes, or a status that says "unchanged" where something has changed.
    status: usize,
}

impl Wrong {
    fn count(self) -> usize {
        self.torn + self.lost + self.mixed + self.litter + self.status
    }

    fn plus(self, other: Self) -> Self {
        Self {
            torn: self.torn + other.torn,
            lost: self.lost + other.lost,
            mixed: self.mixed + other.mixed,
            litter: self.litter + other.litter,
            status: self.status + other.status,
        }
    }
}

impl Trial {
    fn root(&self) -> Result<tempfile::TempDir, Fault> {
        let root = scratch()?;
        self.host.write_to(root.path())?;
        Ok(root)
    }

    fn program(&self, scenario: &Scenario) -> Result<PathBuf, Fault> {
        scenario.peer.map_or_else(|| Ok(self.program.clone()), find)
    }

    /// The host as it is to be, and the system calls on the way there.
    fn undisturbed(&self, scenario: &Scenario) -> Result<(Tree, Vec<Call>), Fault> {
        let root = self.root()?;
        let arguments = (scenario.arguments)(&root.path().display().to_string());
        let calls = strace::calls(&self.program(scenario)?, &arguments, scenario.without)?;
        let new = Tree::of(root.path())?;
        if new == self.host {
            return Err(format!("{}: nothing was written", scenario.name).into());
        }
        Ok((new, calls))
    }

    fn round(&self, scenario: &Scenario, hazard: &str, new: &Tree, injected: &[String]) -> Result<usize, Fault> {
        let tried = in_parallel(injected, |injected| {
            injected.iter().map(|injected| self.one(scenario, new, injected)).collect()
        })?;
        let shown = if scenario.peer.is_none() { 10 } else { 0 };
        for (injected, wrong) in injected.iter().zip(&tried).filter(|(_, wrong)| wrong.count() > 0).take(shown) {
            let Wrong { torn, lost, mixed, litter, status } = wrong;
            println!(
                "  {}, {injected}: torn {torn}, lost {lost}, mixed {mixed}, litter {litter}, status {status}",
                scenario.name
            );
        }
        let Wrong { torn, lost, mixed, litter, status } = tried.iter().copied().fold(Wrong::default(), Wrong::plus);
        println!(
            "| {}: {hazard} at any call | {} | {torn} | {lost} | {mixed} | {litter} | {status} |",
            scenario.name,
            tried.len()
        );
        Ok(torn + lost + mixed + litter + status)
    }

    fn one(&self, scenario: &Scenario, new: &Tree, injected: &str) -> Result<Wrong, Fault> {
        let root = self.root()?;
        let path = root.path().display().to_string();
        let injected = scenario.without.map_or(injected.to_owned(), |without| format!("{without} {injected}"));
        let ended = strace::disturbed(&self.program(scenario)?, &(scenario.arguments)(&path), &injected)?;
        let at_once = Tree::of(root.path())?;
        let mut wrong =
            Wrong { torn: at_once.torn(&self.host, new), lost: at_once.lost(&self.host), ..Wrong::default() };
        let mut is_told = false;
        match ended {
            Ended::With(0, _) if at_once.of_names_in(new) != *new => wrong.status += 1,
            // "Refused", "unchanged": as if nothing had been run.
            Ended::With(2..=5 | 7, _) if scenario.peer.is_none() && at_once != self.host => wrong.status += 1,
            Ended::With(_, told) => is_told = told.contains("warning[leftover]"),
            Ended::Killed => {}
        }
        if scenario.peer.is_none() {
            strace::undisturbed(&self.program, &["recover", "--quiet", "--root", &path], scenario.without)?;
        }
        let recovered = Tree::of(root.path())?;
        let is_mixed = recovered.of_names_in(&self.host) != self.host && recovered.of_names_in(new) != *new;
        wrong.mixed += usize::from(is_mixed && wrong.torn + wrong.lost == 0);
        wrong.litter += if is_told { 0 } else { recovered.strangers(&self.host, new) };
        Ok(wrong)
    }
}
