//! Shell-style sysconfig files, asked of bash, bash in POSIX mode, dash, and systemd: one oracle for each set of readers
//! that a file can have.

mod ask;
mod files;
mod judge;
mod vocabulary;

use std::collections::BTreeMap;
use std::sync::Mutex;

use fastrand::Rng;
use kvmprep_lossless::{Absent, Change, Document, Request, Text};
use kvmprep_sysconfig::{Key, Sysconfig as Dialect};

use self::ask::{Program, Programs, Taken};
use self::judge::Tally;
use super::machine::Fault;
use super::random::pick;
use super::{Edited, Oracle};

/// The readers that a file has.
pub trait Readers: Sync {
    const NAME: &'static str;

    fn dialect() -> Dialect;

    /// Which of the files that one seed makes: each oracle is asked about others.
    const STREAM: usize;
}

/// A shell and systemd.
pub struct Both;

/// A shell alone.
pub struct Shell;

/// systemd alone.
pub struct Systemd;

impl Readers for Both {
    const NAME: &'static str = "sysconfig";
    const STREAM: usize = 0;

    fn dialect() -> Dialect {
        Dialect::default()
    }
}

impl Readers for Shell {
    const NAME: &'static str = "sysconfig-shell";
    const STREAM: usize = 1;

    fn dialect() -> Dialect {
        Dialect::shell()
    }
}

impl Readers for Systemd {
    const NAME: &'static str = "sysconfig-systemd";
    const STREAM: usize = 2;

    fn dialect() -> Dialect {
        Dialect::systemd()
    }
}

pub struct Sysconfig<R> {
    programs: Programs,
    tally: Mutex<BTreeMap<Program, Tally>>,
    readers: std::marker::PhantomData<fn() -> R>,
}

/// What each program takes from a file.
type Said = BTreeMap<Program, Taken>;

impl<R: Readers> Sysconfig<R> {
    pub fn found() -> Result<Self, Fault> {
        let programs = Programs::found(R::dialect().readers())?;
        Ok(Self { programs, tally: Mutex::default(), readers: std::marker::PhantomData })
    }
}

impl<R: Readers> Oracle for Sysconfig<R> {
    const NAME: &'static str = R::NAME;
    type Format = Dialect;
    type Input = Vec<u8>;
    type Said = Said;

    fn dialect(&self) -> Dialect {
        R::dialect().with_systemd(self.programs.systemd())
    }

    fn input(&self, random: &mut Rng) -> Vec<u8> {
        (0..R::STREAM).for_each(|_| _ = random.u64(..));
        files::any(random)
    }

    fn request(&self, random: &mut Rng, _: &Vec<u8>) -> Request<Key> {
        let key = loop {
            if let Ok(key) = files::name(random).parse() {
                break key;
            }
        };
        let value = pick(random, vocabulary::VALUES);
        let request = match random.u8(..12) {
            0..5 => Request::set(key, value),
            5..7 => Request::unset(key),
            7 => Request::disable(key),
            8..10 => Request::add(key, value),
            _ => Request::remove(key, value),
        };
        match random.u8(..10) {
            0 | 1 => request.dedupe(),
            2 => request.absent(Absent::InsertBelow),
            3 => request.allow("inside-code").allow("absent-list").allow("appended-later"),
            _ => request,
        }
    }

    fn ask(&self, files: &[Vec<u8>]) -> Result<Vec<Said>, Fault> {
        self.programs.ask(files)
    }

    /// A file and a program.
    fn questions(&self, said: &Said) -> usize {
        said.len()
    }

    fn misread(&self, file: &Vec<u8>, said: &Said) -> Option<String> {
        let text = Text::read(self.dialect(), file.as_slice());
        let mut tallies = self.tally.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        said.iter().find_map(|(program, taken)| {
            judge::misread(&text, *program, taken, &self.programs, tallies.entry(*program).or_default())
        })
    }

    fn misdone(&self, edited: &Edited<'_, Self>) -> Option<String> {
        let Edited { from, request, before, after, .. } = *edited;
        let mut document = Document::parse_as(self.dialect(), from.as_slice());
        let text = document.text().clone();
        let moves = match document.apply(request).ok()? {
            Change::Made { moves, .. } => moves,
            Change::AlreadySo { .. } => Vec::new(),
        };
        judge::misdone([&text, document.text()], (request, &moves), [before, after], &self.programs)
    }

    /// Who says little is never wrong: so it is told how much was said.
    fn left_open(&self) -> Option<String> {
        let tallies = self.tally.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let told: Vec<String> = tallies.iter().map(|(program, tally)| format!("{program}: {tally}")).collect();
        Some(told.join("; "))
    }
}
