//! The real programs against our crates, over random files: what a file says, and what an edit brought about.

mod found;
mod hosts;
mod input;
pub mod machine;
mod multipath;
mod random;
mod record;
mod shrink;
mod sshd;
mod sysconfig;
mod sysctl;
mod trial;

use std::fmt::Debug;
use std::time::Instant;

use clap::builder::PossibleValuesParser;
use clap::{ArgAction, Args};
use fastrand::Rng;
use kvmprep_lossless::{Format, Reading, Request};

use crate::Outcome;
use input::Input;
use machine::Fault;
use trial::Tally;

/// What is asked about.
#[derive(Args)]
pub struct Wanted {
    /// One oracle; all of them without it
    #[arg(long, value_parser = PossibleValuesParser::new(ORACLES.iter().map(|(name, _)| name)))]
    format: Option<String>,
    /// What the random inputs are made from: the same number makes the same inputs
    #[arg(long, default_value_t = ROUND.seed)]
    seed: u64,
    /// How many inputs of each oracle are read, and how many edited
    #[arg(long, default_value_t = ROUND.count)]
    count: usize,
    /// The number of the first of them: a case can be made again alone
    #[arg(long, default_value_t = 0)]
    from: usize,
    /// Store no difference below testdata/found
    #[arg(long = "no-store", action = ArgAction::SetFalse)]
    store: bool,
    /// All that docs/conformance.md has on record, and its table at the end: takes an hour or more
    #[arg(long, conflicts_with_all = ["seed", "count", "from"])]
    record: bool,
}

impl Wanted {
    fn runs(&self, oracle: &str) -> Vec<Run> {
        let Self { seed, count, from, store, .. } = *self;
        if self.record { record::runs(oracle, store) } else { vec![Run { seed, count, from, store }] }
    }
}

/// The cases of one seed.
struct Run {
    seed: u64,
    count: usize,
    from: usize,
    store: bool,
}

/// The round of every test run: the same inputs each time, and no more than fit into a few minutes over all oracles.
pub const ROUND: Wanted = Wanted { format: None, seed: 1, count: 1000, from: 0, store: false, record: false };

/// What runs an oracle.
type Trial = fn(&[Run]) -> Result<Tally, Fault>;

/// Every oracle with its name. A format whose consumer reads several files may have two: of one file, and of trees.
const ORACLES: &[(&str, Trial)] = &[
    (hosts::Hosts::NAME, |runs| tried(hosts::Hosts::found(), runs)),
    (sshd::Sshd::NAME, |runs| tried(sshd::Sshd::found(), runs)),
    (multipath::Conf::NAME, |runs| tried(multipath::Conf::found(), runs)),
    (sysconfig::Sysconfig::<sysconfig::Both>::NAME, |runs| {
        tried(sysconfig::Sysconfig::<sysconfig::Both>::found(), runs)
    }),
    (sysconfig::Sysconfig::<sysconfig::Shell>::NAME, |runs| {
        tried(sysconfig::Sysconfig::<sysconfig::Shell>::found(), runs)
    }),
    (sysconfig::Sysconfig::<sysconfig::Systemd>::NAME, |runs| {
        tried(sysconfig::Sysconfig::<sysconfig::Systemd>::found(), runs)
    }),
    (sysctl::OneFile::NAME, |runs| tried(sysctl::OneFile::found(), runs)),
    (sysctl::Trees::NAME, |runs| tried(sysctl::Trees::found(), runs)),
];

/// A format with the program that reads it.
trait Oracle: Sync + Sized {
    /// The format's name; with what is asked about behind it, where there are two.
    const NAME: &'static str;

    type Format: Format + Reading<Key: Sync>;
    /// What is asked about: one file (`Vec<u8>`), or a `Tree`.
    type Input: Input;
    /// What the program says of one input.
    type Said: Debug + Send;

    fn dialect(&self) -> Self::Format;

    /// An input: as people write it, or spoilt.
    fn input(&self, random: &mut Rng) -> Self::Input;

    /// An edit that means something to many of these inputs.
    fn request(&self, random: &mut Rng, input: &Self::Input) -> Request<Key<Self>>;

    /// Asks the program about each input. Several threads ask at a time.
    fn ask(&self, inputs: &[Self::Input]) -> Result<Vec<Self::Said>, Fault>;

    /// How many questions were answered by this: the unit that is counted in the end.
    fn questions(&self, said: &Self::Said) -> usize;

    /// What we take the input for, where the program says otherwise.
    fn misread(&self, input: &Self::Input, said: &Self::Said) -> Option<String>;

    /// What the program sees of an edit that it should not, or does not see; judged by its answers, not by our reading.
    fn misdone(&self, edited: &Edited<'_, Self>) -> Option<String>;

    /// What our crate left to that host, so that nothing was compared; told at the end.
    fn left_open(&self) -> Option<String> {
        None
    }
}

type Key<O> = <<O as Oracle>::Format as Reading>::Key;

/// An edit that was made, or was made already.
struct Edited<'a, O: Oracle> {
    from: &'a O::Input,
    to: &'a O::Input,
    request: &'a Request<Key<O>>,
    /// What the program says of `from`.
    before: &'a O::Said,
    /// What the program says of `to`.
    after: &'a O::Said,
}

pub fn run(wanted: &Wanted) -> Outcome {
    let mut tallies = Vec::new();
    for (name, trial) in ORACLES {
        if wanted.format.as_ref().is_none_or(|only| only == name) {
            let begun = Instant::now();
            tallies.push((*name, trial(&wanted.runs(name))?, begun.elapsed()));
        }
    }
    if wanted.record {
        print!("{}", record::table(&tallies));
    }
    match tallies.iter().map(|(_, tally, _)| tally.differences()).sum() {
        0 => Ok(()),
        differences => Err(format!("{differences} differences").into()),
    }
}

fn tried<O: Oracle>(oracle: Result<O, Fault>, runs: &[Run]) -> Result<Tally, Fault> {
    match oracle {
        Ok(oracle) => {
            let tally = trial::run(&oracle, runs)?;
            if let Some(open) = oracle.left_open() {
                println!("{}: {open}", O::NAME);
            }
            Ok(tally)
        }
        Err(why) => {
            let inputs: usize = runs.iter().map(|run| 2 * run.count).sum();
            machine::skipped(&format!("{}: {inputs} inputs", O::NAME), why).map(|()| Tally::default())
        }
    }
}
