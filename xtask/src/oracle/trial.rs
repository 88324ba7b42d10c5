//! The two rounds: what files say, and what edits bring about.

use std::collections::BTreeSet;
use std::ops::AddAssign;

use kvmprep_lossless::{Change, Document, EditError, Request};

use super::found::Stored;
use super::input::Input;
use super::machine::{Fault, in_parallel};
use super::{Edited, Key, Oracle, Run, found, random, shrink};

/// Inputs that are made and asked about at once.
const BATCH: usize = 200;

/// Differences that are shrunk and shown; a defect is met by many inputs.
const SHOWN: usize = 12;

/// Where we and the program do not say the same.
pub struct Difference<I, K> {
    pub id: String,
    pub input: I,
    pub request: Option<Request<K>>,
    pub what: String,
    pub said: String,
}

pub fn run<O: Oracle>(oracle: &O, runs: &[Run]) -> Result<Tally, Fault> {
    let mut trial = Trial { oracle, shown: BTreeSet::new() };
    let mut tally = Tally { found_before: trial.found_before()?, ..Tally::default() };
    for run in runs {
        tally.read += trial.readings(run)?;
        tally.edited += trial.edits(run)?;
    }
    Ok(tally)
}

/// What came of the rounds of an oracle.
#[derive(Default)]
pub struct Tally {
    /// How many of the cases that were found before differ still.
    found_before: usize,
    pub read: Round,
    pub edited: Round,
}

impl Tally {
    pub fn differences(&self) -> usize {
        self.found_before + self.read.wrong + self.edited.wrong
    }
}

/// An input and what is asked of it.
type Case<O> = (<O as Oracle>::Input, Request<Key<O>>);

struct Trial<'o, O: Oracle> {
    oracle: &'o O,
    /// Inputs that were shown.
    shown: BTreeSet<(O::Input, Option<String>)>,
}

/// What became of one case, and how many questions that took.
struct Judged<I> {
    questions: usize,
    verdict: Verdict<I>,
}

enum Verdict<I> {
    /// The program says what we say; after an edit, of this.
    Made(I),
    AlreadySo,
    Refused,
    Wrong(String),
}

impl<I> Judged<I> {
    /// Without the program.
    fn alone(verdict: Verdict<I>) -> Self {
        Self { questions: 0, verdict }
    }

    fn is_wrong(&self) -> bool {
        matches!(self.verdict, Verdict::Wrong(_))
    }
}

impl<O: Oracle> Trial<'_, O> {
    /// What was a difference once is asked about again.
    fn found_before(&mut self) -> Result<usize, Fault> {
        let found = found::stored::<O::Input, Key<O>>(O::NAME)?;
        let (asked, mut wrong) = (found.len(), 0);
        for Stored { id, input, request } in found {
            let judged = match &request {
                None => self.read(std::slice::from_ref(&input))?.remove(0),
                Some(request) => self.edit(&[(input.clone(), request.clone())])?.remove(0),
            };
            if let Verdict::Wrong(what) = judged.verdict {
                wrong += 1;
                tell(&id, &input, request.as_ref(), &what);
                self.shown.insert((input, request.as_ref().map(worded)));
            }
        }
        if asked > 0 {
            println!("{}: {asked} cases found before, {wrong} differ", O::NAME);
        }
        Ok(wrong)
    }

    /// Every input is read by the program and by us.
    fn readings(&mut self, run: &Run) -> Result<Round, Fault> {
        let mut round = Round::default();
        for numbers in batches(run) {
            let case = |case| self.oracle.input(&mut random::of_case(run.seed, "read", case));
            let inputs: Vec<_> = numbers.clone().map(case).collect();
            for ((number, input), judged) in numbers.zip(&inputs).zip(self.read(&inputs)?) {
                round.count(&judged);
                if judged.is_wrong() {
                    self.show_reading(run, number, input)?;
                }
            }
        }
        println!("{}: {} inputs read, {} questions, {} differ", O::NAME, run.count, round.questions, round.wrong);
        Ok(round)
    }

    fn read(&self, inputs: &[O::Input]) -> Result<Vec<Judged<O::Input>>, Fault> {
        in_parallel(inputs, |inputs| {
            let said = self.oracle.ask(inputs)?;
            let judged = |(input, said): (&O::Input, &O::Said)| Judged {
                questions: self.oracle.questions(said),
                verdict: self.oracle.misread(input, said).map_or_else(|| Verdict::Made(input.clone()), Verdict::Wrong),
            };
            Ok(inputs.iter().zip(&said).map(judged).collect())
        })
    }

    fn show_reading(&mut self, run: &Run, number: usize, input: &O::Input) -> Result<(), Fault> {
        if self.shown.len() >= SHOWN {
            return Ok(());
        }
        let input = shrink::shrink(input.clone(), |inputs| {
            Ok::<_, Fault>(self.read(inputs)?.iter().map(Judged::is_wrong).collect())
        })?;
        let said = self.oracle.ask(std::slice::from_ref(&input))?.remove(0);
        let what = self.oracle.misread(&input, &said).unwrap_or_default();
        let id = format!("{}-read-{}-{number}", O::NAME, run.seed);
        self.show(Difference { id, input, request: None, what, said: format!("{said:?}") }, run.store)
    }

    /// Every edit is made by us, and the program reads the input before and after it.
    fn edits(&mut self, run: &Run) -> Result<Round, Fault> {
        let mut round = Round::default();
        for numbers in batches(run) {
            let case = |case| {
                let mut random = random::of_case(run.seed, "edit", case);
                let input = self.oracle.input(&mut random);
                let request = self.oracle.request(&mut random, &input);
                (input, request)
            };
            let cases: Vec<Case<O>> = numbers.clone().map(case).collect();
            for ((number, (input, request)), judged) in numbers.zip(&cases).zip(self.edit(&cases)?) {
                round.count(&judged);
                if judged.is_wrong() {
                    self.show_edit(run, number, (input, request))?;
                }
            }
        }
        let Round { questions, made, already_so, refused, wrong } = round;
        println!(
            "{}: {} edits, {made} made, {already_so} already so, {refused} refused, {questions} questions, {wrong} wrong",
            O::NAME,
            run.count
        );
        Ok(round)
    }

    /// What we hold to be made already must be so to the program too.
    fn edit(&self, cases: &[Case<O>]) -> Result<Vec<Judged<O::Input>>, Fault> {
        in_parallel(cases, |cases| {
            let mut judged: Vec<_> =
                cases.iter().map(|(input, request)| Judged::alone(self.edit_alone(input, request))).collect();
            let after = |(i, judged): (usize, &Judged<O::Input>)| match &judged.verdict {
                Verdict::Made(after) => Some((i, after.clone())),
                Verdict::AlreadySo => Some((i, cases[i].0.clone())),
                Verdict::Refused | Verdict::Wrong(_) => None,
            };
            let (numbers, to): (Vec<usize>, Vec<O::Input>) = judged.iter().enumerate().filter_map(after).unzip();
            let from: Vec<O::Input> = numbers.iter().map(|&i| cases[i].0.clone()).collect();
            let (before, after) = (self.oracle.ask(&from)?, self.oracle.ask(&to)?);
            for (k, &i) in numbers.iter().enumerate() {
                let edited =
                    Edited { from: &from[k], to: &to[k], request: &cases[i].1, before: &before[k], after: &after[k] };
                judged[i].questions = self.oracle.questions(edited.before) + self.oracle.questions(edited.after);
                let misread = || {
                    let what = self.oracle.misread(edited.to, edited.after)?;
                    Some(format!("the edited file is misread: {what}"))
                };
                if let Some(what) = self.oracle.misdone(&edited).or_else(misread) {
                    judged[i].verdict = Verdict::Wrong(what);
                }
            }
            Ok(judged)
        })
    }

    /// What can be told without the program: a refused edit leaves the text alone, and the same edit again is made
    /// already.
    fn edit_alone(&self, input: &O::Input, request: &Request<Key<O>>) -> Verdict<O::Input> {
        let mut document = Document::parse_as(self.oracle.dialect(), input.edited());
        match document.apply(request) {
            Err(EditError::Moved(what)) => return Verdict::Wrong(format!("taken back: {}", what.join("; "))),
            Err(_) | Ok(Change::AlreadySo { .. }) if document.to_bytes() != input.edited() => {
                return Verdict::Wrong("an edit that was not made changed the text".to_owned());
            }
            Err(_) => return Verdict::Refused,
            Ok(Change::AlreadySo { .. }) => return Verdict::AlreadySo,
            Ok(Change::Made { .. }) => {}
        }
        let after = document.to_bytes();
        let mut again = Document::parse_as(self.oracle.dialect(), after.clone());
        for document in [&mut document, &mut again] {
            match document.apply(request) {
                Ok(Change::AlreadySo { .. }) => {}
                other => return Verdict::Wrong(format!("the same edit again: {other:?}")),
            }
        }
        Verdict::Made(input.with_edited(after))
    }

    fn show_edit(
        &mut self,
        run: &Run,
        number: usize,
        (input, request): (&O::Input, &Request<Key<O>>),
    ) -> Result<(), Fault> {
        if self.shown.len() >= SHOWN {
            return Ok(());
        }
        let input = shrink::shrink(input.clone(), |inputs| {
            let cases: Vec<_> = inputs.iter().map(|input| (input.clone(), request.clone())).collect();
            Ok::<_, Fault>(self.edit(&cases)?.iter().map(Judged::is_wrong).collect())
        })?;
        let what = match self.edit(&[(input.clone(), request.clone())])?.remove(0).verdict {
            Verdict::Wrong(what) => what,
            _ => String::new(),
        };
        let mut document = Document::parse_as(self.oracle.dialect(), input.edited());
        let _ = document.apply(request);
        let after = input.with_edited(document.to_bytes());
        let what = format!("{what}\n    edited to {}", after.edited().to_vec().shown());
        let said = format!("{:?}", self.oracle.ask(&[input.clone(), after])?);
        let id = format!("{}-edit-{}-{number}", O::NAME, run.seed);
        self.show(Difference { id, input, request: Some(request.clone()), what, said }, run.store)
    }

    fn show(&mut self, difference: Difference<O::Input, Key<O>>, store: bool) -> Result<(), Fault> {
        let Difference { id, input, request, what, .. } = &difference;
        if !self.shown.insert((input.clone(), request.as_ref().map(worded))) {
            return Ok(());
        }
        tell(id, input, request.as_ref(), what);
        if store { found::store(O::NAME, &difference) } else { Ok(()) }
    }
}

fn tell<K: std::fmt::Display>(id: &str, input: &impl Input, request: Option<&Request<K>>, what: &str) {
    let request = request.map_or("read".to_owned(), worded);
    println!("  {id}: {}\n    {request}\n    {what}", input.shown());
}

/// The numbers of the cases, so many at once.
fn batches(run: &Run) -> impl Iterator<Item = std::ops::Range<usize>> {
    let (from, end) = (run.from, run.from + run.count);
    (from..end).step_by(BATCH).map(move |start| start..end.min(start + BATCH))
}

/// What came of reading, or of editing, so many inputs. An input that was read as the program reads it is `made`.
#[derive(Default)]
pub struct Round {
    pub questions: usize,
    pub made: usize,
    pub already_so: usize,
    pub refused: usize,
    pub wrong: usize,
}

impl Round {
    pub fn inputs(&self) -> usize {
        self.made + self.already_so + self.refused + self.wrong
    }

    fn count<I>(&mut self, judged: &Judged<I>) {
        self.questions += judged.questions;
        *match judged.verdict {
            Verdict::Made(_) => &mut self.made,
            Verdict::AlreadySo => &mut self.already_so,
            Verdict::Refused => &mut self.refused,
            Verdict::Wrong(_) => &mut self.wrong,
        } += 1;
    }
}

fn worded<K: std::fmt::Display>(request: &Request<K>) -> String {
    use kvmprep_lossless::Edit::{Add, Disable, Remove, Set, Unset};
    let (verb, key) = (request.edit.verb(), request.edit.key());
    let values = match &request.edit {
        Set { to, .. } => format!(" {to:?}"),
        Add { item, .. } | Remove { item, .. } => format!(" {item:?}"),
        Unset { .. } | Disable { .. } => String::new(),
    };
    format!("{verb} {key}{values} {:?}", request.manner)
}

impl AddAssign for Round {
    fn add_assign(&mut self, other: Self) {
        self.questions += other.questions;
        self.made += other.made;
        self.already_so += other.already_so;
        self.refused += other.refused;
        self.wrong += other.wrong;
    }
}
