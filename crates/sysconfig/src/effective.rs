//! What each reader takes from one file: the service manager's answer is complete; a shell's is known where neither
//! an expansion nor code decides.

use std::collections::HashMap;

use kvmprep_lossless::lines::line_end;
use kvmprep_lossless::{RowRef, Setting, Span, Text, Value, value::shown};
use memchr::memmem;

use crate::code::{
    Reach, assigned_in, assigns_in_pieces, each_assigned, holds_pieces, may_make_read_only, runs_unseen, words,
};
use crate::key::Key;
use crate::parts::{Assign, Part, Parts, makes_read_only};
use crate::statement::{Fault, Statement};
use crate::syntax::{Flow, Kind, Reader, Sysconfig};
use crate::systemd::{self, Entry, Item, Mode};

/// Every setting, or the one of a key.
pub(crate) fn settings(text: &Text<Sysconfig>, reader: Reader, wanted: Option<&Key>) -> Vec<Setting<Key>> {
    match reader {
        Reader::Shell => shell(text, wanted),
        Reader::ServiceManager if refused_whole(text) => Vec::new(),
        Reader::ServiceManager => service_manager(text, wanted),
    }
}

/// The entries of the service manager's reading in order, all or those of a key: rows from border to border that do
/// not hold its name are passed over.
pub(crate) fn entries(text: &Text<Sysconfig>, wanted: Option<&Key>) -> Vec<Entry> {
    let mut entries = Vec::new();
    let name = wanted.map(|key| memmem::Finder::new(key.name()));
    let mut run = Vec::new();
    let mut rows = text.rows().peekable();
    while let Some(row) = rows.next() {
        run.push(row);
        if rows.peek().is_some_and(|next| next.within.systemd != Mode::BeforeKey) {
            continue;
        }
        if name.as_ref().is_none_or(|name| run.iter().any(|row| name.find(row.bytes).is_some())) {
            systemd::read(run.iter().copied(), text.syntax().systemd, &mut |item| match item {
                Item::Entry(entry) if wanted.is_none_or(|wanted| *wanted == entry.key) => entries.push(entry),
                _ => {}
            });
        }
        run.clear();
    }
    entries
}

/// The service manager takes nothing from a file with a NUL anywhere, or with a value that is not UTF-8
/// [nul-comment][eucjp-value].
pub(crate) fn refused_whole(text: &Text<Sysconfig>) -> bool {
    let not_utf8 = |bytes: &[u8]| std::str::from_utf8(bytes).is_err();
    let clean = |chunk: &[u8]| memchr::memchr(0, chunk).is_none() && !not_utf8(chunk);
    if text.chunks().all(clean) {
        return false;
    }
    let nul = || text.chunks().any(|chunk| memchr::memchr(0, chunk).is_some());
    let mut refused = systemd::refuses_nul(text.syntax().systemd) && nul();
    systemd::read(text.rows(), text.syntax().systemd, &mut |item| match item {
        Item::Entry(entry) => refused |= not_utf8(&entry.value),
        Item::Dropped { line, .. } => refused |= systemd::is_assignment(&line) && not_utf8(&line),
        Item::Comment(_) => {}
    });
    refused
}

fn service_manager(text: &Text<Sysconfig>, wanted: Option<&Key>) -> Vec<Setting<Key>> {
    let mut found = Found::new(wanted, Reader::ServiceManager);
    for entry in entries(text, wanted) {
        found.assign(&entry.key, Value::Known(vec![entry.value.into()]), entry.value_at);
    }
    found.finish()
}

/// Settings in the order of first appearance; the last assignment wins [duplicate].
struct Found<'w> {
    /// The key that is asked for, or all.
    wanted: Option<&'w Key>,
    reader: Reader,
    variables: Vec<Variable>,
    index: HashMap<Key, usize>,
    /// Why the value of each stays in doubt whatever is assigned later: a function may set it, it is read-only.
    lasting: HashMap<Key, &'static str>,
    /// Why no shell but plain bash comes this far.
    stopped: Option<&'static str>,
    /// How often a variable had been touched when code that is not seen here last ran, and which code.
    unseen: Option<Unseen>,
    clock: usize,
    /// Arithmetic, which takes the values of variables for more arithmetic.
    arithmetic: Option<Span>,
    /// The first statement that may end the file.
    leaving: Option<Span>,
}

struct Unseen {
    clock: usize,
    why: String,
    at: Span,
}

/// What becomes of a variable.
pub(crate) struct Variable {
    /// Its value, and where it was assigned before it had none.
    pub(crate) setting: Setting<Key>,
    /// The text assigns it by a form that names it, rather than holding its name somewhere in code.
    named: bool,
    /// It has no value, for all that is seen here.
    pub(crate) unset: bool,
    /// The code that unset it last, that may set it, or that may end the file before it is assigned.
    pub(crate) code: Option<Span>,
    touched: usize,
}

impl<'w> Found<'w> {
    fn new(wanted: Option<&'w Key>, reader: Reader) -> Self {
        let (variables, index, lasting) = (Vec::new(), HashMap::new(), HashMap::new());
        let (stopped, unseen, arithmetic, leaving) = (None, None, None, None);
        Self { wanted, reader, variables, index, lasting, stopped, unseen, clock: 0, arithmetic, leaving }
    }

    fn wants(&self, key: &Key) -> bool {
        self.wanted.is_none_or(|wanted| wanted == key)
    }

    fn variable(&mut self, key: &Key) -> &mut Variable {
        let at = self.index.get(key).copied().unwrap_or_else(|| {
            let value = Value::Known(Vec::new());
            let setting = Setting { key: key.clone(), value, at: Vec::new(), shadowed: Vec::new() };
            self.index.insert(key.clone(), self.variables.len());
            self.variables.push(Variable { setting, named: false, unset: true, code: None, touched: 0 });
            self.variables.len() - 1
        });
        self.clock += 1;
        let variable = &mut self.variables[at];
        variable.touched = self.clock;
        variable
    }

    fn assign(&mut self, key: &Key, value: Value, at: Span) {
        let lasting = self.lasting.get(key).copied().or(self.stopped).or_else(|| own_rule(key));
        let lasting = lasting.filter(|_| self.reader == Reader::Shell);
        if lasting.is_some_and(|why| [READ_ONLY, MAY_BE_READ_ONLY, GUARDED, THE_SHELLS].contains(&why)) {
            self.stopped = Some(STOPPED);
        }
        if !self.wants(key) {
            return;
        }
        let leaving = self.leaving;
        let variable = self.variable(key);
        variable.named = true;
        variable.unset = false;
        variable.code = leaving;
        variable.setting.value = lasting.map_or(value, |why| Value::Unknown(why.to_owned()));
        let before = std::mem::replace(&mut variable.setting.at, vec![at]);
        variable.setting.shadowed.extend(before);
    }

    /// Something read-only is assigned in this code: then `sh` may keep what else stands before a command.
    fn refuses(&self, code: &[u8]) -> bool {
        let mut refuses = false;
        if !self.lasting.is_empty() {
            let why = |name| self.lasting.get(&Key::of(name)?);
            each_assigned(code, Reach::Code, |name| {
                refuses |= why(name).is_some_and(|why| [READ_ONLY, MAY_BE_READ_ONLY].contains(why));
            });
        }
        refuses
    }

    fn unset(&mut self, key: &Key, at: Span) {
        if self.wants(key) && !self.lasting.contains_key(key) {
            let variable = self.variable(key);
            (variable.unset, variable.code) = (true, Some(at));
        }
    }

    /// Code may set it.
    fn doubt(&mut self, name: &[u8], named: bool, why: &str, at: Span) {
        let Some(key) = Key::of(name).filter(|key| self.wants(key)) else { return };
        let variable = self.variable(&key);
        variable.named |= named;
        variable.unset = false;
        variable.code = Some(at);
        variable.setting.value = Value::Unknown(why.to_owned());
        if variable.setting.at.is_empty() {
            variable.setting.at.push(at);
        }
    }

    /// Code may set whatever it mentions; those in `names` it assigns by a form that names them.
    fn doubt_code<'c>(
        &mut self,
        code: &'c [u8],
        reach: Reach,
        names: impl Iterator<Item = &'c [u8]>,
        why: &str,
        at: Span,
    ) {
        each_assigned(code, reach, |name| self.doubt(name, false, why, at));
        names.for_each(|name| self.doubt(name, true, why, at));
    }

    /// What was last touched before code that is not seen here is in doubt. Names that code only mentions are told to
    /// who asks for them, and are not listed.
    fn finish(self) -> Vec<Setting<Key>> {
        let wanted = self.wanted;
        let told = |variable: &Variable| !variable.unset && (variable.named || wanted.is_some());
        self.settled().into_iter().filter(told).map(|variable| variable.setting).collect()
    }

    fn settled(mut self) -> Vec<Variable> {
        let unseen = self.unseen.take();
        if let (Some(wanted), Some(unseen)) = (self.wanted, &unseen)
            && self.variables.is_empty()
        {
            self.doubt(wanted.name().as_bytes(), false, &unseen.why, unseen.at);
        }
        let mut variables = self.variables;
        if let Some(Unseen { clock, why, at }) = unseen {
            for variable in variables.iter_mut().filter(|variable| variable.touched <= clock) {
                (variable.unset, variable.code) = (false, Some(at));
                variable.setting.value = Value::Unknown(why.clone());
            }
        }
        variables
    }
}

/// What a shell makes of one variable, which may be that it unsets it again.
pub(crate) fn variable(text: &Text<Sysconfig>, key: &Key) -> Option<Variable> {
    sourced(text, Some(key)).settled().pop()
}

fn shell(text: &Text<Sysconfig>, wanted: Option<&Key>) -> Vec<Setting<Key>> {
    sourced(text, wanted).finish()
}

fn sourced<'w>(text: &Text<Sysconfig>, wanted: Option<&'w Key>) -> Found<'w> {
    let mut found = Found::new(wanted, Reader::Shell);
    let (mut unclear, mut above) = (false, None);
    for row in text.rows() {
        if row.within.flow == Flow::Uncertain && found.leaving.is_none() {
            found.leaving = above;
        }
        above = Some(row.span());
        let Parts { statement, parts } = match row.kind {
            Kind::Assignment | Kind::Code | Kind::Open | Kind::Unclear => Parts::of(row.bytes),
            Kind::Dead if unclear => Parts::default(),
            Kind::Dead | Kind::Broken | Kind::Blank | Kind::Comment => continue,
        };
        parts.iter().for_each(|part| take(&mut found, part, &statement, row));
        if statement.hides_names && parts.iter().any(|part| matches!(part, Part::Code { .. })) {
            let why = "a name that an expansion or quotes hide may be this one".to_owned();
            found.unseen = Some(Unseen { clock: usize::MAX, why, at: row.span() });
        }
        for text in &statement.here_documents {
            expand(&mut found, text.of(row.bytes), row.span());
        }
        let unread = match (row.kind, statement.fault) {
            // A command is run though its here-document has no end [heredoc-unended].
            (Kind::Open, Some(Fault::Open { at, what: "a here-document" })) => {
                let text = line_end(row.bytes, at.min(row.bytes.len()));
                expand(&mut found, &row.bytes[text..], row.span());
                text
            }
            (Kind::Unclear | Kind::Dead, _) => row.bytes.len(),
            _ => continue,
        };
        unclear |= row.kind == Kind::Unclear;
        let broken = row.bytes.contains(&0) || row.bytes.ends_with(b"\\\n");
        if (unclear || row.kind == Kind::Open) && (broken || runs_unseen(row.bytes) || holds_pieces(row.bytes)) {
            let why = "text that is not understood may set it".to_owned();
            found.unseen = Some(Unseen { clock: usize::MAX, why, at: row.span() });
        }
        let code = &row.bytes[..unread];
        let names = statement.assigned_in(Span::new(0, unread), row.bytes).chain(assigned_in(code));
        found.doubt_code(code, Reach::Code, names, "text without a clear end may set it", row.span());
    }
    evaluate(&mut found, text);
    found
}

/// The text of a here-document is expanded where its mark is not quoted.
fn expand(found: &mut Found<'_>, text: &[u8], at: Span) {
    found.doubt_code(text, Reach::Expansions, std::iter::empty(), "an expansion in a here-document may set it", at);
}

/// In arithmetic `--x` is a step down, in a variable's value too: a name that stands anywhere may be assigned.
fn evaluate(found: &mut Found<'_>, text: &Text<Sysconfig>) {
    let (Some(wanted), Some(at)) = (found.wanted, found.arithmetic) else { return };
    let name = memmem::Finder::new(wanted.name());
    if found.variables.is_empty() && text.rows().any(|row| name.find(row.bytes).is_some()) {
        found.doubt(wanted.name().as_bytes(), false, "arithmetic may set it", at);
    }
}

fn take(found: &mut Found<'_>, part: &Part, statement: &Statement, row: RowRef<'_, Sysconfig>) {
    if memmem::find(row.bytes, b"((").is_some() {
        found.arithmetic = Some(row.span());
    }
    match part {
        Part::Assign(assign) => {
            let Assign { key, word, value, meaning, .. } = assign;
            let taken = reached(assign.known(), assign.obstacle(), row.within.flow);
            found.assign(key, taken, value.shifted(row.at));
            if own_rule(key).is_some() {
                let words = words(value.of(row.bytes));
                words.for_each(|(name, ..)| found.doubt(name, false, INTEGER, word.shifted(row.at)));
            }
            if meaning.obstacle.is_some() {
                let (why, text) = ("an expansion may set it", value.of(row.bytes));
                let names = statement.assigned_in(*value, row.bytes);
                found.doubt_code(text, Reach::Expansions, names, why, word.shifted(row.at));
            }
        }
        Part::Fixed { span, name, value: Some(value) } => {
            found.assign(name, reached(Some(value), None, row.within.flow), span.shifted(row.at));
        }
        Part::Fixed { span, name, value: None } if row.within.flow == Flow::Uncertain || found.stopped.is_some() => {
            let why = found.stopped.unwrap_or(NOT_REACHED);
            found.doubt(name.name().as_bytes(), true, why, span.shifted(row.at));
        }
        Part::Fixed { span, name, value: None } => found.unset(name, span.shifted(row.at)),
        Part::Declare { by, name } => {
            if makes_read_only(by.of(row.bytes)) {
                found.lasting.insert(name.clone(), READ_ONLY);
            }
        }
        Part::Code { span, function, .. } => {
            let Some((mut code, mut reach)) = part.reaching(row.bytes) else { return };
            if found.refuses(span.of(row.bytes)) {
                (code, reach) = (span.of(row.bytes), Reach::Code);
                found.stopped = Some(STOPPED);
            }
            let why = format!("shell code may set it: `{}`", excerpt(code));
            let names = statement.assigned_in(Span::new(span.end - code.len(), span.end), row.bytes);
            found.doubt_code(code, reach, names, &why, span.shifted(row.at));
            let mut own = false;
            each_assigned(code, reach, |name| own |= Key::of(name).is_some_and(|key| own_rule(&key).is_some()));
            if own {
                found.stopped = Some(STOPPED);
                words(code).for_each(|(name, ..)| found.doubt(name, false, INTEGER, span.shifted(row.at)));
            }
            if *function || may_make_read_only(code) {
                let why = if *function { "a function may set it" } else { MAY_BE_READ_ONLY };
                each_assigned(code, reach, |name| {
                    Key::of(name).into_iter().for_each(|key| _ = found.lasting.entry(key).or_insert(why));
                });
            }
            if runs_unseen(code) || assigns_in_pieces(code) {
                let why = format!("shell code that is not seen here may set it: `{}`", excerpt(code));
                let clock = found.unseen.as_ref().map_or(0, |unseen| unseen.clock);
                found.unseen = Some(Unseen {
                    clock: if *function { usize::MAX } else { found.clock.max(clock) },
                    why,
                    at: span.shifted(row.at),
                });
            }
        }
    }
}

/// Why a shell does not simply take what is assigned.
fn own_rule(key: &Key) -> Option<&'static str> {
    key.is_guarded().then_some(GUARDED).or_else(|| key.is_the_shells().then_some(THE_SHELLS))
}

const GUARDED: &str = "a variable that a shell may refuse to assign";

const STOPPED: &str = "`sh` ends the script where a read-only variable is assigned above";

const INTEGER: &str = "arithmetic may set it, which bash makes of the value of an integer variable";

const MAY_BE_READ_ONLY: &str = "code may make it read-only";

const THE_SHELLS: &str = "a variable to which a shell gives a value or a meaning of its own";

const READ_ONLY: &str = "it is read-only before it is assigned again";

const NOT_REACHED: &str = "shell code above may end the file before it";

fn reached(value: Option<&[u8]>, obstacle: Option<&'static str>, flow: Flow) -> Value {
    match value {
        Some(_) if flow == Flow::Uncertain => Value::Unknown(NOT_REACHED.to_owned()),
        Some(value) => Value::Known(vec![value.into()]),
        None => Value::Unknown(obstacle.unwrap_or_default().to_owned()),
    }
}

/// The first line of some code, for a message.
pub(crate) fn excerpt(code: &[u8]) -> String {
    let line = code.split(|byte| *byte == b'\n').next().unwrap_or(code);
    let cut = line.len().min(60);
    let more = if cut < code.len() { "…" } else { "" };
    format!("{}{more}", shown(&line[..cut]))
}
