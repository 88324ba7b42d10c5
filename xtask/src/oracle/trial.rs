//! The two rounds: what files say, and what edits bring about.

use std::collections::BTreeSet;

use bstr::ByteSlice;
use kvmprep_lossless::{Change, Document, EditError, Format, Reading, Request, Text};

use super::machine::Fault;
use super::{Key, Oracle, Wanted, keep, random, shrink};

/// Differences that are shrunk and shown in a round; a defect is met by many files.
const SHOWN: usize = 12;

/// Where we and the program do not say the same.
pub struct Difference {
    pub id: String,
    pub file: Vec<u8>,
    pub request: Option<String>,
    pub what: String,
    pub said: String,
}

pub fn run<O: Oracle>(oracle: &O, wanted: &Wanted) -> Result<usize, Fault> {
    let mut trial = Trial { oracle, wanted, found: BTreeSet::new(), differences: 0 };
    trial.readings()?;
    trial.edits()?;
    Ok(trial.differences)
}

/// A file, what is asked of it, and how it is read.
type Case<O> = (Vec<u8>, Request<Key<O>>, <O as Oracle>::Format);

struct Trial<'o, O> {
    oracle: &'o O,
    wanted: &'o Wanted,
    /// Inputs that were shown.
    found: BTreeSet<(Vec<u8>, Option<String>)>,
    differences: usize,
}

impl<O: Oracle> Trial<'_, O> {
    fn readings(&mut self) -> Result<(), Fault> {
        let (name, seed) = (O::Format::NAME, self.wanted.seed);
        let files: Vec<_> =
            (0..self.wanted.count).map(|case| self.oracle.file(&mut random::of_case(seed, "read", case))).collect();
        let before = self.differences;
        for (batch, files) in files.chunks(O::BATCH).enumerate() {
            for (i, what) in self.misread(files)?.into_iter().enumerate() {
                if what.is_some() {
                    self.show_reading(format!("{name}-read-{seed}-{}", batch * O::BATCH + i), &files[i])?;
                }
            }
        }
        println!("{name}: {} files read, {} differ", files.len(), self.differences - before);
        Ok(())
    }

    fn misread(&self, files: &[Vec<u8>]) -> Result<Vec<Option<String>>, Fault> {
        let said = self.oracle.ask(files)?;
        let misread = |(file, said)| self.oracle.misread(&Text::read(self.oracle.dialect(), Vec::clone(file)), said);
        Ok(files.iter().zip(&said).map(misread).collect())
    }

    fn show_reading(&mut self, id: String, file: &[u8]) -> Result<(), Fault> {
        self.differences += 1;
        if self.found.len() >= SHOWN {
            return Ok(());
        }
        let file =
            shrink::shrink(file, |files| Ok::<_, Fault>(self.misread(files)?.iter().map(Option::is_some).collect()))?;
        let said = self.oracle.ask(std::slice::from_ref(&file))?.remove(0);
        let what = self.oracle.misread(&Text::read(self.oracle.dialect(), file.clone()), &said).unwrap_or_default();
        self.show(Difference { id, file, request: None, what, said: format!("{said:?}") })
    }

    fn edits(&mut self) -> Result<(), Fault> {
        let (name, seed) = (O::Format::NAME, self.wanted.seed);
        let cases: Vec<Case<O>> = (0..self.wanted.count)
            .map(|case| {
                let mut random = random::of_case(seed, "edit", case);
                let (file, request) = (self.oracle.file(&mut random), self.oracle.request(&mut random));
                (file, request, self.oracle.dialect_of(&mut random))
            })
            .collect();
        let before = self.differences;
        let mut tally = Tally::default();
        for (batch, cases) in cases.chunks(O::BATCH).enumerate() {
            for (i, result) in self.edited(cases)?.into_iter().enumerate() {
                tally.count(&result);
                if let Edited::Wrong(_) = result {
                    self.show_edit(format!("{name}-edit-{seed}-{}", batch * O::BATCH + i), &cases[i])?;
                }
            }
        }
        let Tally { made, already_so, refused } = tally;
        println!(
            "{name}: {} edits, {made} made, {already_so} already so, {refused} refused, {} wrong",
            cases.len(),
            self.differences - before
        );
        Ok(())
    }

    /// Makes each edit by our crate, and asks the program about the file before and after; what we hold to be made
    /// already must be so to the program.
    fn edited(&self, cases: &[Case<O>]) -> Result<Vec<Edited>, Fault> {
        let mut results: Vec<Edited> = cases.iter().map(|case| self.edit(case)).collect();
        let after = |(i, result): (usize, &Edited)| match result {
            Edited::Made(after) => Some((i, after.clone())),
            Edited::AlreadySo => Some((i, cases[i].0.clone())),
            Edited::Refused | Edited::Wrong(_) => None,
        };
        let edited: Vec<(usize, Vec<u8>)> = results.iter().enumerate().filter_map(after).collect();
        let files = edited.iter().map(|(i, _)| &cases[*i].0).chain(edited.iter().map(|(_, after)| after));
        let said = self.oracle.ask(&files.cloned().collect::<Vec<_>>())?;
        let (before, after) = said.split_at(edited.len());
        for (((i, text), before), after) in edited.iter().zip(before).zip(after) {
            let (file, request, dialect) = &cases[*i];
            let [from, to] = [file, text].map(|text| Text::read(dialect.clone(), text.clone()));
            let misread = || self.oracle.misread(&to, after).map(|what| format!("the edited file is misread: {what}"));
            if let Some(what) = self.oracle.misdone(&from, request, before, after).or_else(misread) {
                results[*i] = Edited::Wrong(what);
            }
        }
        Ok(results)
    }

    /// What can be told without the program: a refused edit leaves the text alone, and the same edit again is made
    /// already.
    fn edit(&self, (file, request, dialect): &Case<O>) -> Edited {
        let mut document = Document::parse_as(dialect.clone(), file.clone());
        match document.apply(request) {
            Err(EditError::Moved(what)) => return Edited::Wrong(format!("taken back: {}", what.join("; "))),
            Err(_) | Ok(Change::AlreadySo { .. }) if document.to_bytes() != *file => {
                return Edited::Wrong("an edit that was not made changed the text".to_owned());
            }
            Err(_) => return Edited::Refused,
            Ok(Change::AlreadySo { .. }) => return Edited::AlreadySo,
            Ok(Change::Made { .. }) => {}
        }
        let after = document.to_bytes();
        let mut again = Document::parse_as(dialect.clone(), after.clone());
        for document in [&mut document, &mut again] {
            match document.apply(request) {
                Ok(Change::AlreadySo { .. }) => {}
                other => return Edited::Wrong(format!("the same edit again: {other:?}")),
            }
        }
        Edited::Made(after)
    }

    fn show_edit(&mut self, id: String, (file, request, dialect): &Case<O>) -> Result<(), Fault> {
        self.differences += 1;
        if self.found.len() >= SHOWN {
            return Ok(());
        }
        let case = |file: &[u8]| (file.to_vec(), request.clone(), dialect.clone());
        let file = shrink::shrink(file, |files| {
            let cases: Vec<Case<O>> = files.iter().map(|file| case(file)).collect();
            Ok::<_, Fault>(self.edited(&cases)?.iter().map(|result| matches!(result, Edited::Wrong(_))).collect())
        })?;
        let what = match self.edited(&[case(&file)])?.remove(0) {
            Edited::Wrong(what) => what,
            _ => String::new(),
        };
        let mut document = Document::parse_as(dialect.clone(), file.clone());
        let after = document.apply(request).map(|_| document.to_bytes()).unwrap_or_else(|_| file.clone());
        let said = format!("{:?}", self.oracle.ask(&[file.clone(), after.clone()])?);
        let what = format!("{what}\n    edited to {:?}", after.as_bstr());
        let readers = bstr::join(", ", dialect.readers().iter().map(ToString::to_string));
        let request = format!("{} for {}", worded(request), readers.as_bstr());
        self.show(Difference { id, file, request: Some(request), what, said })
    }

    fn show(&mut self, difference: Difference) -> Result<(), Fault> {
        if !self.found.insert((difference.file.clone(), difference.request.clone())) {
            return Ok(());
        }
        let request = difference.request.as_deref().unwrap_or("read");
        println!("  {}: {:?}\n    {request}\n    {}", difference.id, difference.file.as_bstr(), difference.what);
        if self.wanted.keep { keep::keep(O::Format::NAME, &difference) } else { Ok(()) }
    }
}

enum Edited {
    Made(Vec<u8>),
    AlreadySo,
    Refused,
    Wrong(String),
}

#[derive(Default)]
struct Tally {
    made: usize,
    already_so: usize,
    refused: usize,
}

impl Tally {
    fn count(&mut self, result: &Edited) {
        match result {
            Edited::Made(_) => self.made += 1,
            Edited::AlreadySo => self.already_so += 1,
            Edited::Refused => self.refused += 1,
            Edited::Wrong(_) => {}
        }
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
