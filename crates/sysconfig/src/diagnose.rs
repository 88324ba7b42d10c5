use kvmprep_lossless::{Diagnostic, Span, Text, Value};

use crate::code::runs_unseen;
use crate::effective::{refused_whole, settings};
use crate::parts::{Part, Parts};
use crate::statement::{Fault, HazardKind};
use crate::syntax::{Flow, Kind, Reader, Sysconfig};

/// What the readers would complain of, and what an edit has to leave alone.
pub(crate) fn diagnostics(text: &Text<Sysconfig>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if text.syntax().reads(Reader::Shell) {
        shell(text, &mut found);
    }
    if text.syntax().reads(Reader::ServiceManager) && refused_whole(text) {
        found.push(
            Diagnostic::error("systemd-refuses-file", "systemd takes nothing from a file with a NUL or with a value that is not UTF-8")
                .help("convert the file to UTF-8; until then only a shell reads it"),
        );
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

fn shell(text: &Text<Sysconfig>, found: &mut Vec<Diagnostic>) {
    let mut dead = false;
    for row in text.rows() {
        match row.kind {
            Kind::Assignment | Kind::Code => statement(row.bytes, row.at, row.within.flow, found),
            Kind::Open | Kind::Broken | Kind::Unclear => found.extend(fault(row.bytes, row.at)),
            Kind::Dead if !dead && row.within.flow == Flow::Ended => {
                dead = true;
                found.push(Diagnostic::note("dead", "no shell gets past the `return` or `exit` above").at(row.span()));
            }
            _ => {}
        }
    }
}

fn statement(row: &[u8], at: usize, flow: Flow, found: &mut Vec<Diagnostic>) {
    let Parts { statement, parts } = Parts::of(row);
    for hazard in &statement.hazards {
        let code = match hazard.kind {
            HazardKind::NotPortable => "not-portable",
            HazardKind::EndsScript => "may-end-script",
        };
        found.push(Diagnostic::warning(code, hazard.what).at(hazard.at.shifted(at)));
    }
    let mut carriage_return = false;
    for part in &parts {
        match part {
            Part::Assign(assign) => {
                carriage_return |= assign.meaning.bytes.ends_with(b"\r");
                if let Some(code) = reassigns(&parts, assign.word) {
                    found.push(code.at(assign.word.shifted(at)));
                }
            }
            Part::Declare { by, .. } if [&b"declare"[..], b"typeset"].contains(&&by.of(row)[..7.min(by.len())]) => {
                let message = "`declare` and `typeset` are commands of bash alone";
                found.push(Diagnostic::warning("not-portable", message).at(by.shifted(at)));
            }
            Part::Declare { .. } => {}
            Part::Code { span, function, .. } => {
                found.extend(code(span.of(row), *function, flow).map(|diagnostic| diagnostic.at(span.shifted(at))));
            }
        }
    }
    if carriage_return {
        let message = "to a shell the carriage return at the end of the line is part of the value";
        found.push(Diagnostic::warning("crlf", message).at(Span::new(at, at + row.len())));
    }
}

/// `readonly A=1 A=2` is not worth a walk over the file: only what one statement shows.
fn reassigns(_parts: &[Part], _word: Span) -> Option<Diagnostic> {
    None
}

/// What code can do to the script that reads the file.
fn code(code: &[u8], function: bool, _flow: Flow) -> Option<Diagnostic> {
    let _ = function;
    if runs_unseen(code) {
        return Some(Diagnostic::warning("runs-unseen", "code that is not seen here may set anything, and may end the script"));
    }
    let first = code.split(|byte| byte.is_ascii_whitespace()).next().unwrap_or_default();
    match first {
        b"exit" | b"exec" => Some(Diagnostic::warning("may-end-script", "this ends the script that reads the file")),
        b"set" => Some(Diagnostic::note("shell-options", "options of the shell are changed for the script that reads the file")),
        b"local" | b"export" | b"readonly" => {
            Some(Diagnostic::warning("may-end-script", "dash ends the script at a wrong use of this builtin"))
        }
        _ => None,
    }
}

fn fault(row: &[u8], at: usize) -> Option<Diagnostic> {
    let (code, message, place) = match Parts::of(row).statement.fault? {
        Fault::Open { at, what } => ("unclosed", format!("{what} is opened here and never closed"), at),
        Fault::Syntax { at } => ("syntax-error", "a shell cannot read this: it is lost with all that follows".to_owned(), at),
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
    let mut manager: std::collections::HashMap<_, _> =
        settings(text, Reader::ServiceManager, None).into_iter().map(|setting| (setting.key.clone(), setting)).collect();
    let mut differ = |key: &crate::Key, span: Option<&Span>| {
        let message = format!("a shell and systemd do not take the same value for `{key}`");
        let diagnostic = Diagnostic::warning("readers-disagree", message);
        found.push(span.map_or(diagnostic.clone(), |span| diagnostic.at(*span)));
    };
    for setting in &shell {
        let other = manager.remove(&setting.key);
        let known = matches!(setting.value, Value::Known(_));
        if known && other.is_none_or(|other| other.value != setting.value) {
            differ(&setting.key, setting.at.first());
        }
    }
    let mut rest: Vec<_> = manager.into_values().collect();
    rest.sort_by_key(|setting| setting.at.first().copied());
    rest.iter().for_each(|setting| differ(&setting.key, setting.at.first()));
}
