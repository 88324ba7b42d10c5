//! The real programs against our crates, over random files: what a file says, and what an edit brought about.

mod hosts;
mod keep;
mod machine;
mod random;
mod shrink;
mod sysconfig;
mod sysctl;
mod trial;

use std::fmt::Debug;

use clap::{Args, ValueEnum};
use fastrand::Rng;
use kvmprep_lossless::{Format, Request, Text};

use crate::Outcome;

/// What is asked about.
#[derive(Args)]
pub struct Wanted {
    /// One format; all of them without it
    #[arg(long, value_enum)]
    format: Option<Name>,
    /// What the random files are made from: the same number makes the same files
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many files of each format are read, and how many edited
    #[arg(long, default_value_t = 300)]
    count: usize,
    /// Store the input and the program's answer of each difference below testdata/found
    #[arg(long)]
    keep: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Name {
    Hosts,
    Sysconfig,
    Sysctl,
}

/// A format with the program that reads it.
trait Oracle {
    type Format: Format;
    /// What the program says of one file.
    type Said: Debug;

    /// Files that are asked about at once.
    const BATCH: usize = 100;

    fn dialect(&self) -> Self::Format;

    /// How the file of an edit is read, where there are several ways.
    fn dialect_of(&self, _random: &mut Rng) -> Self::Format {
        self.dialect()
    }

    /// A file: as people write it, or spoilt.
    fn file(&self, random: &mut Rng) -> Vec<u8>;

    /// An edit that means something to many of these files.
    fn request(&self, random: &mut Rng) -> Request<<Self::Format as kvmprep_lossless::Reading>::Key>;

    /// Asks the program about each file.
    fn ask(&self, files: &[Vec<u8>]) -> Result<Vec<Self::Said>, machine::Fault>;

    /// What we take the file for, where the program says otherwise.
    fn misread(&self, text: &Text<Self::Format>, said: &Self::Said) -> Option<String>;

    /// What the program sees of an edit that it should not, or does not see. The text is the one before the edit; judged
    /// by the program's answers, not by our reading.
    fn misdone(
        &self,
        text: &Text<Self::Format>,
        request: &Request<<Self::Format as kvmprep_lossless::Reading>::Key>,
        before: &Self::Said,
        after: &Self::Said,
    ) -> Option<String>;
}

type Key<O> = <<O as Oracle>::Format as kvmprep_lossless::Reading>::Key;

pub fn run(wanted: &Wanted) -> Outcome {
    let mut differences = 0;
    for &name in Name::value_variants() {
        if wanted.format.is_none_or(|only| only == name) {
            differences += match name {
                Name::Hosts => tried(hosts::Hosts::found(), wanted)?,
                Name::Sysconfig => tried(sysconfig::Sysconfig::found(), wanted)?,
                Name::Sysctl => tried(sysctl::Sysctl::found(), wanted)?,
            };
        }
    }
    if differences == 0 { Ok(()) } else { Err(format!("{differences} differences").into()) }
}

/// A program that is not there is skipped, and said to be; in CI that is a failure.
fn tried<O: Oracle>(oracle: Result<O, machine::Fault>, wanted: &Wanted) -> Result<usize, machine::Fault> {
    match oracle {
        Ok(oracle) => trial::run(&oracle, wanted),
        Err(why) if std::env::var_os("CI").is_some_and(|ci| ci == "true") => Err(why),
        Err(why) => {
            println!("{}: {} files skipped: {why}", O::Format::NAME, 2 * wanted.count);
            Ok(0)
        }
    }
}
