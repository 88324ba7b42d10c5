//! What a careful reader of the file would remark beside the diagnostics: what is doubled, what systemd passes over or
//! takes for part of a value, and the edits that mend what can be mended without moving a value.

use std::collections::HashMap;

use kvmprep_lossless::{Diagnostic, Document, Format, Lint, Request, Setting, Span, Text};

use crate::code::words;
use crate::diagnostics::diagnostics;
use crate::effective::{entries, refused_whole};
use crate::key::Key;
use crate::parts::{Part, Parts};
use crate::syntax::{Kind, Reader, Sysconfig};
use crate::systemd::{self, Item, Mode};

/// Fixes are tried out before they are told; past so many a file wants more than fixes.
const TRIED: usize = 50;

pub(crate) fn lint(text: &Text<Sysconfig>) -> Vec<Lint<Key>> {
    let mut found: Vec<Lint<Key>> = diagnostics(text).into_iter().map(Lint::from).collect();
    duplicates(text, &mut found);
    if text.syntax().reads(Reader::ServiceManager) && !refused_whole(text) {
        found.extend(passed_over(text).into_iter().map(Lint::from));
        found.extend(swallowed(text).into_iter().map(Lint::from));
        found.extend(trailing_comments(text).into_iter().map(Lint::from));
    }
    found.sort_by_key(|lint| lint.diagnostic.span.map(|span| span.start));
    found
}

/// Assignments that a later one makes void, and that nothing reads before [duplicate]: by their text, as it is written.
fn duplicates(text: &Text<Sysconfig>, found: &mut Vec<Lint<Key>>) {
    let first = text.syntax().readers()[0];
    let bytes = text.contiguous();
    let code = code(text);
    let mut tried = 0;
    for setting in text.syntax().settings(text, first) {
        let places: Vec<Span> = setting.shadowed.iter().chain(&setting.at).copied().collect();
        let void = |pair: &&[Span]| {
            let between = Span::new(pair[0].end, pair[1].end);
            let runs = code.iter().any(|code| between.start < code.end && code.start < between.end);
            !runs && !is_read(between.of(&bytes), &setting.key)
        };
        let void: Vec<Span> = places.windows(2).filter(void).map(|pair| pair[0]).collect();
        if void.is_empty() {
            continue;
        }
        tried += 1;
        let fix = if void.len() + 1 < places.len() {
            Err("another assignment of it is read, or code runs behind one".to_owned())
        } else if tried > TRIED {
            Err("other variables that are assigned again come first".to_owned())
        } else {
            without_duplicates(text, &setting)
        };
        let counts = places.last().map(|at| at.of(&bytes));
        for at in void {
            let says_the_same = Some(at.of(&bytes)) == counts;
            let message = match says_the_same {
                true => format!("`{}` is assigned the same below", setting.key),
                false => format!("`{}` is assigned again below, and nothing reads this value", setting.key),
            };
            let told = Diagnostic::beaten(says_the_same, message).at(at).help("keep the last one alone");
            found.push(Lint::from(told).mended(fix.clone()));
        }
    }
}

/// The places of shell code, which may read any variable.
fn code(text: &Text<Sysconfig>) -> Vec<Span> {
    let rows = text.rows().filter(|row| text.syntax().reads(Reader::Shell) && row.kind != Kind::Dead);
    let runs = rows.filter(|row| match row.kind {
        Kind::Blank | Kind::Comment => false,
        Kind::Assignment => Parts::of(row.bytes).parts.iter().any(|part| matches!(part, Part::Code { .. })),
        _ => true,
    });
    runs.map(|row| row.span()).collect()
}

fn is_read(text: &[u8], key: &Key) -> bool {
    let name = key.name().as_bytes();
    words(text).any(|(word, before, behind)| {
        word == name && (matches!(before, Some(b'$' | b'{' | b'!')) || !behind.starts_with(b"="))
    })
}

/// Setting what is set, with the others taken out; tried out on every reader.
fn without_duplicates(text: &Text<Sysconfig>, setting: &Setting<Key>) -> Result<Request<Key>, String> {
    let Some([value]) = setting.value.known() else { return Err("what is assigned last is not known".to_owned()) };
    let fix = Request::set(setting.key.clone(), value.clone()).dedupe();
    let mut document = Document::parse_as(text.syntax().clone(), text.to_bytes());
    let change = document.apply(&fix).map_err(|refusal| refusal.diagnostic().message)?;
    let taken = |text: &Text<Sysconfig>, reader: Reader| {
        let settings = text.syntax().settings(text, reader);
        settings.into_iter().map(|setting| (setting.key, setting.value)).collect::<HashMap<_, _>>()
    };
    let same = |reader: &Reader| taken(text, *reader) == taken(document.text(), *reader);
    match change.is_made() && text.syntax().readers().iter().all(same) {
        true => Ok(fix),
        false => Err("it would change what a reader takes".to_owned()),
    }
}

/// What systemd drops, once a statement: it runs no code, and knows no `export`.
fn passed_over(text: &Text<Sysconfig>) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = Vec::new();
    if !text.syntax().reads(Reader::Shell) {
        return found;
    }
    let rows: Vec<Span> = text.rows().map(|row| row.span()).collect();
    let mut told = None;
    systemd::read(text.rows(), text.syntax().systemd, &mut |item| {
        let Item::Dropped { line, at } = item else { return };
        let row = rows.partition_point(|row| row.end <= at.start);
        if told.replace(row) == Some(row) {
            return;
        }
        let declares = [&b"export "[..], b"readonly ", b"declare ", b"typeset "].iter().any(|by| line.starts_with(by));
        found.push(if declares && line.contains(&b'=') {
            let help = "assign on a line of its own, and declare the name alone on the next";
            Diagnostic::warning("declared-for-systemd", "systemd takes no value from a line that declares")
                .at(at)
                .help(help)
        } else if systemd::is_assignment(&line) && systemd::holds_control(&line) {
            let message = "systemd drops this: before 248 it takes no value with a control character";
            Diagnostic::warning("control-for-systemd", message).at(at)
        } else {
            Diagnostic::note("systemd-ignores", "systemd takes nothing from this: it runs no code").at(at)
        });
    });
    found
}

/// A comment that ends in a backslash takes the next line with it, up to systemd 253 [comment-backslash].
fn swallowed(text: &Text<Sysconfig>) -> Vec<Diagnostic> {
    let ends = text.rows().skip(1).zip(text.rows()).filter(|(next, row)| {
        let begins = row.within.systemd == Mode::BeforeKey && row.kind == Kind::Comment;
        begins && next.within.systemd != Mode::BeforeKey
    });
    let told = |row: Span| {
        let message = "to systemd up to version 253 the next line is part of this comment, which ends in a backslash";
        Diagnostic::warning("comment-swallows", message).at(row).help("take the backslash at its end out")
    };
    ends.map(|(_, row)| told(row.span())).collect()
}

/// systemd knows no comments behind a value [quote-then-comment].
fn trailing_comments(text: &Text<Sysconfig>) -> Vec<Diagnostic> {
    let bytes = text.contiguous();
    let comment = |entry: &systemd::Entry| {
        let value = entry.value_at.of(&bytes);
        let quoted = matches!(value.first(), Some(b'\'' | b'"'));
        let from = if quoted { 1 + memchr::memchr(value[0], &value[1..])? } else { 0 };
        let mark = memchr::memmem::find(&value[from..], b" #")? + from + 1;
        (entry.value.contains(&b'#')).then(|| Span::new(entry.value_at.start + mark, entry.value_at.end))
    };
    let message = "systemd takes this for part of the value: it knows no comments behind one";
    let told = |at| Diagnostic::warning("trailing-comment", message).at(at).help("put it on a line of its own above");
    entries(text, None).iter().filter_map(comment).map(told).collect()
}
