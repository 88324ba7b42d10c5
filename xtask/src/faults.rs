//! What is left of a host's files when a run is killed at any system call, or any system call fails.

mod hazards;
mod strace;
mod tree;

use std::path::{Path, PathBuf};

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

/// What is written in one trial: the arguments behind `apply`, on the sample host that is edited in all five formats.
struct Scenario {
    name: &'static str,
    arguments: &'static [&'static str],
}

const HOST: &str = "testdata/hosts/el6";

const SCENARIOS: [Scenario; 2] = [
    Scenario { name: "one file", arguments: &["--file", "/etc/multipath.conf"] },
    Scenario { name: "five files", arguments: &["--host", "192.0.2.11=kvm1", "--host", "192.0.2.77=kvm7"] },
];

/// Errors as strace injects them. A short write is one that returns less than it was asked to.
const LIKELY: [&str; 2] = ["error=EIO", "error=ENOSPC"];
const ALL: [&str; 7] =
    ["error=EIO", "error=ENOSPC", "error=EDQUOT", "error=EPERM", "error=EMFILE", "error=EINTR", "retval=0"];

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
    for scenario in &SCENARIOS {
        let (new, calls) = trial.undisturbed(scenario)?;
        let killed: Vec<_> = calls.iter().map(|call| call.with("signal=KILL")).collect();
        found += trial.round(scenario, "killed", &new, &killed)?;
        let failed: Vec<_> = calls.iter().flat_map(|call| errors.iter().map(|error| call.with(error))).collect();
        found += trial.round(scenario, "an error", &new, &failed)?;
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

    fn arguments(scenario: &Scenario, root: &Path) -> Vec<String> {
        let fixed = ["apply", "--root"].map(str::to_owned);
        let arguments = scenario.arguments.iter().map(ToString::to_string);
        fixed.into_iter().chain([root.display().to_string()]).chain(arguments).collect()
    }

    /// The host as it is to be, and the system calls on the way there.
    fn undisturbed(&self, scenario: &Scenario) -> Result<(Tree, Vec<Call>), Fault> {
        let root = self.root()?;
        let calls = strace::calls(&self.program, &Self::arguments(scenario, root.path()))?;
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
        for (injected, wrong) in injected.iter().zip(&tried).filter(|(_, wrong)| wrong.count() > 0).take(10) {
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
        let ended = strace::disturbed(&self.program, &Self::arguments(scenario, root.path()), injected)?;
        let at_once = Tree::of(root.path())?;
        let mut wrong =
            Wrong { torn: at_once.torn(&self.host, new), lost: at_once.lost(&self.host), ..Wrong::default() };
        let mut is_told = false;
        match ended {
            Ended::With(0, _) if at_once.without_hidden() != *new => wrong.status += 1,
            // "Refused", "unchanged": as if nothing had been run.
            Ended::With(2..=5 | 7, _) if at_once != self.host => wrong.status += 1,
            Ended::With(_, told) => is_told = told.contains("warning[leftover]"),
            Ended::Killed => {}
        }
        strace::undisturbed(&self.program, &["recover", "--quiet", "--root", &root.path().display().to_string()])?;
        let recovered = Tree::of(root.path())?;
        if recovered.without_hidden() != self.host && recovered.without_hidden() != *new {
            wrong.mixed += 1;
        }
        wrong.litter += if is_told { 0 } else { recovered.hidden() };
        Ok(wrong)
    }
}
