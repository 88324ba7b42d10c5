//! What a careful reader of one file would remark beyond what sshd says: each remark rests on a fact of the daemon.

mod algorithms;
mod blocks;
mod dead;
mod lines;

use std::cell::RefCell;
use std::collections::HashMap;

use kvmprep_lossless::{Diagnostic, Lint, Request, Text};

use crate::key::{Block, Key};
use crate::reading::{self, Place, Statement};
use crate::vocabulary::{Keyword, Shape};
use crate::{Sshd, edit, effective};

/// All remarks, in the order of the file.
pub(crate) fn lint(text: &Text<Sshd>) -> Vec<Lint<Key>> {
    let file = File::of(text);
    // These two are told anew, with what mends them.
    let others = effective::diagnostics(text)
        .into_iter()
        .filter(|said| !matches!(said.code, "shadowed" | "duplicate" | "deprecated"));
    let mut lints: Vec<Lint<Key>> = others.map(Lint::from).collect();
    for rule in [dead::shadowed, dead::repeated, dead::ignored, dead::same_criteria, dead::match_all, algorithms::lists]
    {
        lints.extend(rule(&file));
    }
    for rule in [
        blocks::criteria,
        blocks::lone_subsystems,
        blocks::unindented,
        lines::values,
        lines::too_long,
        lines::listening,
    ] {
        lints.extend(rule(&file).into_iter().map(Lint::from));
    }
    lints.sort_by_key(|lint| lint.diagnostic.span.map(|span| span.start));
    lints
}

/// Lists of algorithms that stop sshd: errors; as warnings those that may, which its build decides.
pub(crate) fn stopping_lists(text: &Text<Sshd>) -> impl Iterator<Item = Diagnostic> {
    const STOPS: [&str; 2] = ["prefix-too-new", "unknown-algorithm"];
    let told = algorithms::lists(&File::of(text)).into_iter().map(|lint| lint.diagnostic);
    told.filter(|diagnostic| STOPS.contains(&diagnostic.code))
}

/// What became of edits that were tried, by their verb and key.
type Asked = HashMap<(&'static str, Key), Result<(), String>>;

/// A file that is looked at.
struct File<'t> {
    text: &'t Text<Sshd>,
    /// Every line that says something, and the block it stands in.
    said: Vec<(Option<Block>, Place<'t>)>,
    /// Whether sshd takes the file: one that stops it is mended by hand.
    starts: bool,
    /// Whether an edit can be made, or why not.
    asked: RefCell<Asked>,
}

/// How many edits of one file are tried. Remarks go on without.
const TRIED: usize = 256;

impl<'t> File<'t> {
    fn of(text: &'t Text<Sshd>) -> Self {
        let said = reading::read(text).filter_map(|read| match read.statement {
            Statement::Said(said) => Some((read.block, Place { row: read.row, said })),
            _ => None,
        });
        Self { text, said: said.collect(), starts: effective::starts(text), asked: RefCell::default() }
    }

    fn dialect(&self) -> Sshd {
        *self.text.syntax()
    }

    fn key(block: &Option<Block>, place: &Place<'_>) -> Key {
        Key::from_parts(block.clone(), Some(place.said.name.clone()))
    }

    /// The keywords that are known, line by line.
    fn known(&self) -> impl Iterator<Item = (&Option<Block>, &Place<'t>, &'static Keyword)> {
        self.said.iter().filter_map(|(block, place)| Some((block, place, place.said.keyword?)))
    }

    /// True where the file draws in others.
    fn includes(&self) -> bool {
        self.known().any(|(_, _, keyword)| keyword.name == "Include")
    }

    /// A remark with what mends it, or why that is not made.
    fn mended(&self, diagnostic: Diagnostic, fix: Result<Request<Key>, String>) -> Lint<Key> {
        let made = |fix: Request<Key>| match self.starts {
            true => self.made(&fix).map(|()| fix),
            false => Err("sshd does not start with this file: mend that first".to_owned()),
        };
        Lint::from(diagnostic).mended(fix.and_then(made))
    }

    /// An edit that would be refused mends nothing.
    fn made(&self, fix: &Request<Key>) -> Result<(), String> {
        let mut asked = self.asked.borrow_mut();
        let tried = asked.len();
        let made = || match tried < TRIED {
            true => edit::answer(self.text, fix).map(drop).map_err(|refusal| refusal.0.message),
            false => Err("other remarks come first: so many edits are not tried at once".to_owned()),
        };
        asked.entry((fix.edit.verb(), fix.edit.key().clone())).or_insert_with(made).clone()
    }
}

/// True where only the first line is looked at, whole.
fn first_wins(keyword: &Keyword) -> bool {
    keyword.wins == crate::Wins::First
        && !matches!(keyword.shape, Shape::Words(2))
        && !matches!(keyword.shape, Shape::Ignored { .. })
}
