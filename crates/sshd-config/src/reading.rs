//! What sshd takes from each line, and what a key stands for.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use bstr::{BString, ByteSlice};
use kvmprep_lossless::{
    Answer, Diagnostic, Fact, Format, Lint, Reading, Refusal, Request, RowRef, Run, Setting, Span, Text, Value,
};

use crate::criteria::{self, Criteria};
use crate::grammar::{self, Argument, Directive, Line};
use crate::key::{Block, Key, Name, is_word};
use crate::vocabulary::{self, Keyword, Shape};
use crate::{Grammar, Kind, Reader, Sshd, edit, effective, lint};

/// What a directive says.
#[derive(Clone, Debug)]
pub(crate) struct Said<'l> {
    pub(crate) name: Name,
    /// `None` for a keyword that is not in the vocabulary.
    pub(crate) keyword: Option<&'static Keyword>,
    pub(crate) values: Vec<BString>,
    /// The arguments that the values come from; for rest-of-line keywords one, raw.
    pub(crate) arguments: Vec<Argument<'l>>,
    pub(crate) comment: Option<&'l [u8]>,
    /// Before 8.7, what stands behind an argument that silently ended the list.
    pub(crate) dead: Option<&'l [u8]>,
}

impl<'l> Said<'l> {
    /// The bytes of `line` from the first argument's start to the last one's end.
    pub(crate) fn extent(&self, line: &[u8]) -> Span {
        let place =
            |argument: Option<&Argument<'l>>| argument.and_then(|a| Span::of_part(line, a.raw)).unwrap_or_default();
        Span::new(place(self.arguments.first()).start, place(self.arguments.last()).end)
    }

    /// True when words can be changed one by one: a gap between any two, and nothing dead behind them. Before 8.7 a
    /// quote may end one word and begin the next.
    pub(crate) fn has_gaps(&self) -> bool {
        let end = |argument: &Argument<'l>| argument.raw.as_ptr_range().end;
        self.dead.is_none() && self.arguments.windows(2).all(|pair| end(&pair[0]) < pair[1].raw.as_ptr())
    }

    pub(crate) fn shape(&self) -> Shape {
        self.keyword.map_or(Shape::Words(usize::MAX), |keyword| keyword.shape)
    }

    /// The form in which values that mean the same are equal.
    pub(crate) fn same(&self, values: &[BString]) -> bool {
        same(self.keyword, &self.values, values)
    }
}

pub(crate) fn same(keyword: Option<&Keyword>, a: &[BString], b: &[BString]) -> bool {
    keyword.map_or_else(|| a == b, |keyword| keyword.same(a, b))
}

/// A line that says something: what, or why sshd complains of it.
pub(crate) enum Statement<'l> {
    Said(Said<'l>),
    Match(Criteria, Option<&'l [u8]>),
    Broken,
}

impl Sshd {
    /// What a directive line says. A line that the daemon complains of, whatever the value, is broken.
    pub(crate) fn statement<'l>(self, directive: &Directive<'l>) -> Statement<'l> {
        let Some(spelled) = directive.keyword.to_str().ok().filter(|spelled| is_word(spelled.as_bytes())) else {
            return Statement::Broken;
        };
        if directive.is("Match") {
            return match Criteria::of_directive(self, directive).filter(|criteria| criteria.fault().is_none()) {
                Some(criteria) => Statement::Match(criteria, criteria::comment(self, directive)),
                None => Statement::Broken,
            };
        }
        let keyword = vocabulary::find(self.version, spelled.as_bytes()).map(|(keyword, _)| keyword);
        let name = Key::said_name(spelled, keyword);
        match self.said(directive, keyword, name) {
            Some(said) => Statement::Said(said),
            None => Statement::Broken,
        }
    }

    fn said<'l>(self, directive: &Directive<'l>, keyword: Option<&'static Keyword>, name: Name) -> Option<Said<'l>> {
        let shape = keyword.map_or(Shape::Words(usize::MAX), |keyword| keyword.shape);
        let mut split = directive.arguments();
        let mut arguments: Vec<Argument<'l>> = split.by_ref().collect();
        if directive.rest.is_empty() || split.open_quote {
            return None;
        }
        if matches!(shape, Shape::Rest | Shape::Ignored { .. }) {
            let whole = Argument { raw: directive.rest, value: Cow::Borrowed(directive.rest) };
            let values = vec![directive.rest.into()];
            return Some(Said { name, keyword, values, arguments: vec![whole], comment: directive.cut, dead: None });
        }
        let left = split.left();
        let (comment, dead) = match self.grammar {
            Grammar::Since87 => (Some(left).filter(|left| !left.is_empty()), None),
            Grammar::Before87 => (directive.cut, Some(left).filter(|left| !left.is_empty())),
        };
        let value = |arguments: &[Argument<'l>]| BString::from(bstr::join(" ", arguments.iter().map(|a| &a.value)));
        let mut name = name;
        let values = match (shape, arguments.as_slice()) {
            (_, []) => return None,
            (Shape::Scalar, [one]) => vec![one.value.as_bytes().into()],
            (Shape::Commas(_), [one]) => split_commas(&one.value),
            (Shape::Lines, [_]) => vec![value(&arguments)],
            (Shape::Lines, [_, word, _]) if *word.value == *b"rdomain" && name.is("ListenAddress") => {
                vec![value(&arguments)]
            }
            (Shape::Words(most), all) if all.len() <= most => all.iter().map(|a| a.value.as_bytes().into()).collect(),
            (Shape::Named, [subsystem, _, ..]) => {
                name.selector = Some(subsystem.value.as_bytes().into());
                arguments.remove(0);
                vec![value(&arguments)]
            }
            _ => return None,
        };
        Some(Said { name, keyword, values, arguments, comment, dead })
    }
}

/// The items of a comma list, the prefix on the first; empty ones say nothing.
pub(crate) fn split_commas(list: &[u8]) -> Vec<BString> {
    list.split(|b| *b == b',').filter(|item| !item.is_empty()).map(BString::from).collect()
}

impl Reading for Sshd {
    type Key = Key;
    type Reader = Reader;

    fn readers(&self) -> &[Reader] {
        &[Reader]
    }

    fn facts(&self, _: Reader, run: Run<'_, Self>, found: &mut Vec<Fact<Key>>) {
        run.rows().for_each(|row| self.facts_of(row, found));
    }
}

impl Format for Sshd {
    const NAME: &'static str = "sshd";

    fn get(&self, text: &Text<Self>, _: Reader, key: &Key) -> Vec<Setting<Key>> {
        get(text, key)
    }

    fn settings(&self, text: &Text<Self>, _: Reader) -> Vec<Setting<Key>> {
        settings(text)
    }

    fn answer(&self, text: &Text<Self>, request: &Request<Key>) -> Result<Answer<Key>, Refusal> {
        edit::answer(text, request)
    }

    fn holds(&self, text: &Text<Self>, _: Reader, request: &Request<Key>) -> bool {
        edit::holds(text, &request.edit)
    }

    fn diagnostics(&self, text: &Text<Self>) -> Vec<Diagnostic> {
        effective::diagnostics(text)
    }

    fn lint(&self, text: &Text<Self>) -> Vec<Lint<Key>> {
        lint::lint(text)
    }
}

impl Sshd {
    pub(crate) fn facts_of(&self, row: RowRef<'_, Self>, found: &mut Vec<Fact<Key>>) {
        let opaque = |bytes: &[u8]| Fact::opaque(bytes.trim_ascii());
        let behind_a_fault = row.kind == Kind::Directive && is_dead(row.within);
        if row.kind == Kind::Nul || behind_a_fault {
            found.push(opaque(row.bytes));
            return;
        }
        let directive = match grammar::line(self.grammar, row.bytes) {
            Line::Blank => return,
            Line::Comment(text) => return found.push(Fact::comment(text)),
            Line::Ignored(_) => return found.push(opaque(row.bytes)),
            Line::Directive(directive) => directive,
        };
        match self.statement(&directive) {
            Statement::Broken => found.push(opaque(row.bytes)),
            Statement::Match(criteria, comment) => {
                let text = criteria.text();
                found.push(Fact::setting(Key::said(&Some(criteria.into()), None), text));
                found.extend(comment.map(Fact::comment));
            }
            Statement::Said(Said { name, values, comment, dead, .. }) => {
                let key = Key::said(row.within, Some(name));
                found.extend(values.into_iter().map(|value| Fact::setting(key.clone(), value)));
                found.extend(dead.map(opaque));
                found.extend(comment.map(Fact::comment));
            }
        }
    }
}

/// True behind a Match line at which sshd stops.
fn is_dead(within: &Option<Arc<Criteria>>) -> bool {
    within.as_ref().is_some_and(|criteria| criteria.fault().is_some())
}

/// The global section, or one block: rows by number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Scope {
    /// The Match line; `None` for the global section.
    pub(crate) header: Option<usize>,
    /// The first row behind it.
    pub(crate) start: usize,
    /// The next Match line, or the end of the text.
    pub(crate) end: usize,
}

/// Finds the rows of a scope; `None` where there is no such block.
pub(crate) fn scope(text: &Text<Sshd>, block: Option<&Block>) -> Option<Scope> {
    let mut matches = text.rows().filter(|row| row.kind == Kind::Match);
    let header = match block {
        None => None,
        Some(block) => {
            let same = |row: &RowRef<'_, Sshd>| criteria_of(text, row).is_some_and(|c| c == *block.criteria);
            Some(matches.by_ref().filter(same).nth(block.ordinal - 1)?.index)
        }
    };
    let end = matches.next().map_or(text.len(), |row| row.index);
    Some(Scope { header, start: header.map_or(0, |header| header + 1), end })
}

/// The criteria of a Match row.
pub(crate) fn criteria_of(text: &Text<Sshd>, row: &RowRef<'_, Sshd>) -> Option<Criteria> {
    match grammar::line(text.syntax().grammar, row.bytes) {
        Line::Directive(directive) => Criteria::of_directive(*text.syntax(), &directive),
        _ => None,
    }
}

/// A row of a scope that says something.
pub(crate) struct Place<'t> {
    pub(crate) row: RowRef<'t, Sshd>,
    pub(crate) said: Said<'t>,
}

impl Place<'_> {
    /// Where the value stands in the printed text.
    pub(crate) fn span(&self) -> Span {
        self.said.extent(self.row.bytes).shifted(self.row.at)
    }
}

/// The places of a name in a scope, in order, and the lines of it that are broken.
pub(crate) fn places<'t>(text: &'t Text<Sshd>, scope: Scope, name: &Name) -> (Vec<Place<'t>>, Vec<RowRef<'t, Sshd>>) {
    let dialect = *text.syntax();
    let (mut places, mut broken) = (Vec::new(), Vec::new());
    for row in text.run_of(scope.start..scope.end).rows().filter(|row| row.kind == Kind::Directive) {
        let Line::Directive(directive) = grammar::line(dialect.grammar, row.bytes) else { continue };
        let Ok(spelled) = directive.keyword.to_str() else { continue };
        if !name.is(vocabulary::shared_name(dialect.version, spelled)) {
            continue;
        }
        match dialect.statement(&directive) {
            Statement::Said(said) if name.selector.is_none() || name.selector == said.name.selector => {
                places.push(Place { row, said });
            }
            Statement::Broken => broken.push(row),
            _ => {}
        }
    }
    (places, broken)
}

/// What counts among the places of one name: a setting for each value that stands by itself.
pub(crate) fn taken(dialect: Sshd, block: Option<&Block>, places: &[Place<'_>]) -> Vec<Setting<Key>> {
    let Some(first) = places.first() else { return Vec::new() };
    let keyword = first.said.keyword;
    let key = |place: &Place<'_>| Key::from_parts(block.cloned(), Some(place.said.name.clone()));
    if first.said.shape() == Shape::Named {
        let mut subsystems: Vec<Setting<Key>> = Vec::new();
        for place in places {
            let key = key(place);
            match subsystems.iter_mut().find(|setting| setting.key == key) {
                Some(setting) => setting.shadowed.push(place.span()),
                None => subsystems.push(setting(key, place.said.values.clone(), vec![place.span()], Vec::new())),
            }
        }
        return subsystems;
    }
    if keyword.is_some_and(Keyword::adds_up) {
        let values = places.iter().flat_map(|place| place.said.values.clone()).collect();
        return vec![setting(key(first), values, places.iter().map(Place::span).collect(), Vec::new())];
    }
    let words = places.iter().map(|place| place.said.values.first().map_or(&b""[..], |value| value));
    let winner = keyword.map_or(0, |keyword| keyword.winner(dialect.version, words));
    let shadowed = places.iter().enumerate().filter(|(i, _)| *i != winner).map(|(_, place)| place.span());
    let place = &places[winner];
    vec![setting(key(place), place.said.values.clone(), vec![place.span()], shadowed.collect())]
}

fn setting(key: Key, values: Vec<BString>, at: Vec<Span>, shadowed: Vec<Span>) -> Setting<Key> {
    Setting { key, value: Value::Known(values), at, shadowed }
}

/// What a key stands for in this file.
pub(crate) fn get(text: &Text<Sshd>, key: &Key) -> Vec<Setting<Key>> {
    let key = key.resolved(text.syntax().version);
    let Some(scope) = scope(text, key.scope()) else { return Vec::new() };
    match (key.name(), scope.header.and_then(|header| text.row(header))) {
        (Some(name), _) => taken(*text.syntax(), key.scope(), &places(text, scope, name).0),
        (None, Some(header)) => vec![of_block(key, header)],
        (None, None) => Vec::new(),
    }
}

fn of_block(key: Key, header: RowRef<'_, Sshd>) -> Setting<Key> {
    let text = key.scope().map(|block| block.criteria.text()).unwrap_or_default();
    let content = header.bytes.trim_ascii();
    let at = Span::of_part(header.bytes, content).unwrap_or_default().shifted(header.at);
    setting(key, vec![text], vec![at], Vec::new())
}

/// A row that says something, or should, and the block it is in; a Match row is in its own.
pub(crate) struct Read<'t> {
    pub(crate) block: Option<Block>,
    pub(crate) row: RowRef<'t, Sshd>,
    pub(crate) statement: Statement<'t>,
}

/// Every directive and Match line in order; what stands behind a Match that stops sshd is left out.
pub(crate) fn read(text: &Text<Sshd>) -> impl Iterator<Item = Read<'_>> {
    let dialect = *text.syntax();
    let mut ordinals: HashMap<Criteria, usize> = HashMap::new();
    let mut block: Option<Block> = None;
    text.rows().filter(|row| matches!(row.kind, Kind::Directive | Kind::Match)).filter_map(move |row| {
        let Line::Directive(directive) = grammar::line(dialect.grammar, row.bytes) else { return None };
        let statement = dialect.statement(&directive);
        if row.kind == Kind::Match {
            let criteria = Criteria::of_directive(dialect, &directive)?;
            let ordinal = ordinals.entry(criteria.clone()).or_default();
            *ordinal += 1;
            block = Some(Block { criteria: Arc::new(criteria), ordinal: *ordinal });
        } else if is_dead(row.within) {
            return None;
        }
        Some(Read { block: block.clone(), row, statement })
    })
}

/// Every key of the file, in the order of first appearance.
pub(crate) fn settings(text: &Text<Sshd>) -> Vec<Setting<Key>> {
    enum Found<'t> {
        Block(Setting<Key>),
        Places(Option<Block>, Vec<Place<'t>>),
    }
    let mut found: Vec<Found<'_>> = Vec::new();
    let mut index: HashMap<Name, usize> = HashMap::new();
    for Read { block, row, statement } in read(text) {
        match statement {
            Statement::Broken => {}
            Statement::Match(..) => {
                index.clear();
                found.push(Found::Block(of_block(Key::from_parts(block, None), row)));
            }
            Statement::Said(said) => {
                let at = *index.entry(said.name.clone()).or_insert_with(|| {
                    found.push(Found::Places(block, Vec::new()));
                    found.len() - 1
                });
                if let Found::Places(_, places) = &mut found[at] {
                    places.push(Place { row, said });
                }
            }
        }
    }
    let settings = found.into_iter().flat_map(|found| match found {
        Found::Block(setting) => vec![setting],
        Found::Places(block, places) => taken(*text.syntax(), block.as_ref(), &places),
    });
    settings.collect()
}

/// What lines say, by where their values stand.
pub(crate) fn said_at(text: &Text<Sshd>) -> HashMap<Span, Vec<BString>> {
    let places = read(text).filter_map(|Read { row, statement, .. }| match statement {
        Statement::Said(said) => Some(Place { row, said }),
        _ => None,
    });
    places.map(|place| (place.span(), place.said.values)).collect()
}

/// The lines of a setting that do not count.
pub(crate) fn beaten(said: &HashMap<Span, Vec<BString>>, setting: &Setting<Key>) -> Vec<Diagnostic> {
    let told = |at: &Span| {
        let here = said.get(at);
        let says_the_same = here.is_some() && setting.at.iter().any(|counts| said.get(counts) == here);
        let message = match says_the_same {
            true => format!("`{}` stands here again, with the same value", setting.key),
            false => format!("`{}` stands here again and does not count", setting.key),
        };
        Diagnostic::beaten(says_the_same, message).at(*at)
    };
    setting.shadowed.iter().map(told).collect()
}
