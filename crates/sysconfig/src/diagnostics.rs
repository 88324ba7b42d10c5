use std::collections::{HashMap, HashSet};

use kvmprep_lossless::{Diagnostic, Span, Text};

use crate::code::{each_assigned, may_make_read_only, runs_unseen};
use crate::disagreement::differ;
use crate::effective::{refused_whole, settings};
use crate::key::Key;
use crate::parts::{Assign, Part, Parts, is_of_bash, makes_read_only};
use crate::statement::{Command, Fault, HazardKind, Statement, head};
use crate::syntax::{Flow, Kind, Reader, Sysconfig};
use crate::systemd::{self, Item};

/// Why systemd reads nothing of a file.
pub(crate) const UNREAD_BY_SYSTEMD: &str = "it holds a NUL or a value that is not UTF-8";

/// What the readers would complain of, and what an edit has to leave alone.
pub(crate) fn diagnostics(text: &Text<Sysconfig>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if text.syntax().reads(Reader::Shell) {
        shell(text, &mut found);
    }
    if text.syntax().reads(Reader::ServiceManager) && refused_whole(text) {
        found.push(
            Diagnostic::error(
                "systemd-refuses-file",
                format!("systemd takes nothing from this file: {UNREAD_BY_SYSTEMD}"),
            )
            .help("convert the file to UTF-8; until then only a shell reads it"),
        );
    }
    if !text.syntax().reads(Reader::Shell) {
        dropped(text, &mut found);
    }
    if text.end_state().systemd.in_quotes() && text.syntax().reads(Reader::ServiceManager) {
        found.push(Diagnostic::warning("open-for-systemd", "systemd reads a quote that runs to the end of the file"));
    }
    if text.syntax().readers().len() == 2 && !refused_whole(text) {
        disagreements(text, &mut found);
    }
    found.sort_by_key(|diagnostic| diagnostic.span.map(|span| span.start));
    found
}

/// systemd complains of an assignment to what is no name, and goes on without it.
fn dropped(text: &Text<Sysconfig>, found: &mut Vec<Diagnostic>) {
    systemd::read(text.rows(), text.syntax().systemd, &mut |item| match item {
        Item::Dropped { line, at } if systemd::is_assignment(&line) => {
            found.push(Diagnostic::warning("no-name", "systemd drops this line: it does not begin with a name").at(at));
        }
        _ => {}
    });
}

fn shell(text: &Text<Sysconfig>, found: &mut Vec<Diagnostic>) {
    let mut read_only = HashSet::new();
    let mut functions = Functions::default();
    let mut dead = false;
    for row in text.rows() {
        match row.kind {
            Kind::Assignment | Kind::Code => {
                let parts = Parts::of(row.bytes);
                functions.take(&parts.statement, row.bytes, row.at);
                statement(parts, row.bytes, row.at, &mut read_only, found);
            }
            Kind::Open | Kind::Broken | Kind::Unclear => found.extend(fault(row.bytes, row.at)),
            Kind::Dead if !dead && row.within.flow == Flow::Ended => {
                dead = true;
                found.push(Diagnostic::note("dead", "no shell gets past the `return` or `exit` above").at(row.span()));
            }
            Kind::Dead | Kind::Blank | Kind::Comment => {}
        }
    }
    found.extend(functions.without_end());
}

/// The functions of a file, and what they run.
#[derive(Default)]
struct Functions<'t> {
    defined: HashSet<&'t [u8]>,
    called: Vec<(&'t [u8], Span)>,
}

impl<'t> Functions<'t> {
    fn take(&mut self, statement: &Statement, row: &'t [u8], at: usize) {
        self.defined.extend(statement.functions.iter().map(|name| name.of(row)));
        self.called.extend(statement.called.iter().map(|name| (name.of(row), name.shifted(at))));
    }

    /// Functions that call each other may do so until a shell has no room left.
    fn without_end(&self) -> impl Iterator<Item = Diagnostic> {
        let message = "a function that runs a function may never end, which ends dash";
        let calls = self.called.iter().filter(|(name, _)| self.defined.contains(name));
        calls.map(move |(_, at)| Diagnostic::warning("may-end-script", message).at(*at))
    }
}

fn statement(
    Parts { statement, parts }: Parts,
    row: &[u8],
    at: usize,
    read_only: &mut HashSet<Key>,
    found: &mut Vec<Diagnostic>,
) {
    for hazard in &statement.hazards {
        let code = match hazard.kind {
            HazardKind::NotPortable => "not-portable",
            HazardKind::EndsScript | HazardKind::EndsSh | HazardKind::Fails => "may-end-script",
        };
        found.push(Diagnostic::warning(code, hazard.what).at(hazard.at.shifted(at)));
    }
    found.extend(statement.commands.iter().filter_map(|command| mistaken(row, &statement, command, at)));
    for word in statement.commands.iter().flat_map(|command| prefix(&statement, command, row)) {
        if read_only.contains(&word.0) {
            found.push(assigns_read_only(&word.0, word.1.shifted(at)));
        }
    }
    for part in &parts {
        match part {
            Part::Assign(Assign { key, word: span, .. }) | Part::Fixed { name: key, span, .. }
                if read_only.contains(key) || key.is_guarded() || key.is_the_shells() =>
            {
                found.push(assigns_read_only(key, span.shifted(at)));
            }
            Part::Assign(assign) if assign.meaning.bytes.ends_with(b"\r") => {
                let message = "to a shell the carriage return at the end of the line is part of the value";
                found.push(Diagnostic::warning("crlf", message).at(assign.word.shifted(at)));
            }
            // Braces make several assignments of it.
            Part::Assign(assign)
                if assign.hindrance.is_some() && assign.by.is_some_and(|by| makes_read_only(by.of(row))) =>
            {
                found.push(assigns_read_only(&assign.key, assign.word.shifted(at)));
            }
            Part::Assign(_) | Part::Fixed { .. } => {}
            Part::Declare { by, name } => {
                if makes_read_only(by.of(row)) {
                    read_only.insert(name.clone());
                }
                if is_of_bash(by.of(row)) {
                    let message = "`declare` and `typeset` are commands of bash alone";
                    found.push(Diagnostic::warning("not-portable", message).at(by.shifted(at)));
                }
            }
            Part::Code { span, .. } => {
                let mut names = statement.assigned_in(*span, row).filter_map(Key::of);
                if let Some(key) = names.find(|key| read_only.contains(key) || key.is_guarded() || key.is_the_shells())
                {
                    found.push(assigns_read_only(&key, span.shifted(at)));
                }
                found.extend(code(span.of(row)).map(|told| told.at(span.shifted(at))));
                if let Some((code, reach)) = part.reaching(row).filter(|(code, _)| may_make_read_only(code)) {
                    each_assigned(code, reach, |name| read_only.extend(Key::of(name)));
                    if !is_one_declaration(code) {
                        let message =
                            "what is made read-only in this code may be assigned in it again, which ends dash and `sh`";
                        found.push(Diagnostic::warning("may-end-script", message).at(span.shifted(at)));
                    }
                }
            }
        }
    }
}

/// What is assigned for a command that follows.
fn prefix(statement: &Statement, command: &Command, row: &[u8]) -> Vec<(Key, Span)> {
    let words = statement.words(command);
    let assigned = words.iter().map_while(|word| Some((head(word.span.of(row))?.name, word.span)));
    let named: Vec<_> = assigned.collect();
    if named.len() == words.len() {
        return Vec::new();
    }
    named.into_iter().filter_map(|(name, span)| Some((Key::of(&span.of(row)[..name])?, span))).collect()
}

/// True for one command that makes read-only and does nothing else.
fn is_one_declaration(code: &[u8]) -> bool {
    [&b"readonly"[..], b"declare", b"typeset", b"command", b"\\"].iter().any(|start| code.starts_with(start))
}

/// A command that was likely meant to be an assignment: a name that is none, blanks around `=`, two words without
/// quotes [digit-first][space-before-eq][unquoted-two-words].
fn mistaken(row: &[u8], statement: &Statement, command: &Command, at: usize) -> Option<Diagnostic> {
    let words = statement.words(command);
    let assigned = words.iter().take_while(|word| head(word.span.of(row)).is_some()).count();
    let name = words.get(assigned)?;
    let next = words.get(assigned + 1).is_some_and(|word| word.span.of(row).starts_with(b"="));
    if assigned == 0 && (next || name.span.of(row).contains(&b'=')) {
        let message = "this is a command to a shell, and no assignment: `=` stands directly behind a name, unquoted";
        return Some(Diagnostic::warning("no-assignment", message).at(command.span.shifted(at)));
    }
    let message = "the assignment lasts as long as the command behind it";
    (assigned > 0).then(|| {
        Diagnostic::note("sets-nothing", message).at(Span::new(words[0].span.start, name.span.end).shifted(at))
    })
}

fn assigns_read_only(key: &Key, at: Span) -> Diagnostic {
    let message = format!("`{key}` may be read-only here: dash and `sh` end the script where it is assigned");
    Diagnostic::warning("may-end-script", message).at(at)
}

/// What code can do to the script that reads the file.
fn code(code: &[u8]) -> Option<Diagnostic> {
    let first = code.split(u8::is_ascii_whitespace).next().unwrap_or_default();
    match first.strip_prefix(b"\\").unwrap_or(first) {
        _ if runs_unseen(code) => {
            let message = "code that is not seen here may set anything, and may end the script";
            Some(Diagnostic::warning("runs-unseen", message))
        }
        b"set" => {
            let message = "options of the shell are changed for the script that reads the file";
            Some(Diagnostic::note("shell-options", message))
        }
        _ => None,
    }
}

fn fault(row: &[u8], at: usize) -> Option<Diagnostic> {
    let (code, message, place) = match Parts::of(row).statement.fault? {
        Fault::Open { at, what } => ("unclosed", format!("{what} is opened here and never closed"), at),
        Fault::Syntax { at } => {
            ("syntax-error", "a shell cannot read this: it is lost with all that follows".to_owned(), at)
        }
        Fault::Unclear { at, what } => ("not-understood", format!("the file is not edited behind {what}"), at),
    };
    let place = place.min(row.len());
    let span = Span::new(at + place, at + (place + 1).min(row.len()));
    let help = "bash loses this statement and all after it; dash and `sh` end the script that reads the file";
    Some(Diagnostic::error(code, message).at(span).help(help))
}

/// Keys that the two readers take differently.
fn disagreements(text: &Text<Sysconfig>, found: &mut Vec<Diagnostic>) {
    let shell = settings(text, Reader::Shell, None);
    let mut manager: HashMap<_, _> = settings(text, Reader::ServiceManager, None)
        .into_iter()
        .map(|setting| (setting.key.clone(), setting))
        .collect();
    for setting in &shell {
        found.extend(differ(&setting.key, Some(setting), manager.remove(&setting.key).as_ref()));
    }
    let mut rest: Vec<_> = manager.into_values().collect();
    rest.sort_by_key(|setting| setting.at.first().copied());
    found.extend(rest.iter().filter_map(|setting| differ(&setting.key, None, Some(setting))));
}
