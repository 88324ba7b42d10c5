//! What a reader of the decisions must know.

use bstr::{BStr, ByteSlice};
use camino::Utf8Path;
use kvmprep_lossless::effective::{Decision, Finding, MASKED};
use kvmprep_lossless::files::Entry;
use kvmprep_lossless::value::shown;
use kvmprep_lossless::{Diagnostic, Value};

use super::Situation;
use super::sight::{Consumer, Sight};
use crate::grammar::number;
use crate::key::Key;
use crate::precedence::{Content, MAIN_FILE, Source};

pub(super) fn findings(
    sight: &Sight<'_>,
    situation: &Situation,
    key: &Key,
    decisions: &[Decision<Key>],
) -> Vec<Finding> {
    let mut found = about_files(sight);
    found.extend(about_place(sight, key));
    found.extend(masks(sight, key));
    found.extend(differing(sight, key, decisions));
    found.extend(about_kernel(situation, decisions));
    // What is true for both consumers is said once.
    let mut distinct: Vec<Finding> = Vec::with_capacity(found.len());
    for finding in found {
        if !distinct.contains(&finding) {
            distinct.push(finding);
        }
    }
    distinct
}

fn of_all(diagnostic: Diagnostic) -> Finding {
    Finding { source: None, diagnostic }
}

/// Files that could not be read, and names that lead to none.
fn about_files(sight: &Sight<'_>) -> Vec<Finding> {
    let unread = |path: &Utf8Path, why: &str| {
        Diagnostic::error("not-read", format!("{path} could not be read: {why}"))
            .help("values that hang on it are unknown")
    };
    let unlisted = sight.consumers.iter().filter_map(|consumer| consumer.unlisted.as_ref());
    let mut found: Vec<Finding> = unlisted.map(|error| of_all(unread(&error.path, &error.why))).collect();
    for (number, opened) in sight.opened.iter().enumerate() {
        let path = &opened.path;
        let diagnostic = match &opened.source {
            Err(error) => unread(path, &error.why),
            Ok(Source { content: Content::Unreadable, .. }) => {
                Diagnostic::warning("not-a-file", format!("{path} is no regular file: systemd-sysctl fails on it"))
            }
            Ok(Source { content: Content::Absent, real, .. }) if real != path => {
                Diagnostic::warning("dangling-link", format!("{path} leads to {real}, which does not exist"))
                    .help("sysctl fails on it")
            }
            Ok(Source { content: Content::Absent, .. }) => {
                Diagnostic::note("missing", format!("{path} does not exist"))
            }
            Ok(Source { content: Content::Text(_), .. }) => continue,
        };
        found.push(Finding { source: Some(number), diagnostic });
    }
    found
}

/// The file that is asked about where some consumer does not read it; the main file where it sets the key.
fn about_place(sight: &Sight<'_>, key: &Key) -> Vec<Finding> {
    let path = sight.host.path;
    let mut found = Vec::new();
    let is_there = sight.host.files.look(MAIN_FILE.into()).is_ok_and(|found| found.entry != Entry::Absent);
    let listed = sight.consumers.iter().filter(|consumer| sight.is_system_wide && consumer.unlisted.is_none());
    for consumer in listed {
        let is_about_main = path == MAIN_FILE || main_sets(sight, key);
        if !consumer.reader.is_procps() && is_there && is_about_main && !reads(sight, consumer, MAIN_FILE.into()) {
            let message = "boot does not read /etc/sysctl.conf: no name in sysctl.d leads to it";
            found.push(of_all(Diagnostic::warning("main-file-not-at-boot", message).help(
                "set the key below /etc/sysctl.d, or link the file: `ln -s ../sysctl.conf /etc/sysctl.d/99-sysctl.conf`",
            )));
        }
        let is_masked = sight.masked_by(consumer).any(|masked| masked.path == path);
        if path != MAIN_FILE && !is_masked && !reads(sight, consumer, path) {
            let message = format!("{} does not read {path}: {}", consumer.name, why_unread(path));
            found.push(of_all(Diagnostic::warning("not-applied", message)));
        }
    }
    found
}

fn why_unread(path: &Utf8Path) -> &'static str {
    match path.file_name() {
        Some(name) if !name.ends_with(".conf") => "its name does not end in `.conf`",
        Some(name) if name.starts_with('.') => "its name begins with a dot",
        _ => "there is no such file",
    }
}

/// True when the consumer reads the file, by whatever name.
fn reads(sight: &Sight<'_>, consumer: &Consumer, path: &Utf8Path) -> bool {
    let Ok(meant) = sight.host.files.look(path) else { return true };
    let leads_there = |number: &usize| {
        sight.path(*number) == path
            || sight.opened[*number].source.as_ref().is_ok_and(|source| source.real == meant.real)
    };
    consumer.order.iter().any(leads_there)
}

fn main_sets(sight: &Sight<'_>, key: &Key) -> bool {
    sight.consumers.iter().any(|consumer| {
        let loaded = sight.loaded(consumer);
        let mut places = loaded.places(key);
        places.any(|place| sight.path(place.at.source) == MAIN_FILE)
    })
}

/// Files that set the key and are masked, each at the line that would count, and the file that is asked about.
fn masks(sight: &Sight<'_>, key: &Key) -> Vec<Finding> {
    let mut found = Vec::new();
    for consumer in &sight.consumers {
        for (number, masked) in consumer.masked.iter().zip(sight.masked_by(consumer)) {
            let span = masked.places(consumer.reader, key).pop();
            if span.is_none() && masked.path != sight.host.path {
                continue;
            }
            let message = format!("this file is not read: {} has its name and masks it whole", masked.by);
            // To mask a vendor's file is the documented way to change it.
            let is_asked = masked.path == sight.host.path;
            let told = if is_asked { Diagnostic::warning(MASKED, message) } else { Diagnostic::note(MASKED, message) };
            let diagnostic = Diagnostic { span, ..told.help("give it another name, or change the file that masks it") };
            found.push(Finding { source: Some(sight.opened.len() + number), diagnostic });
        }
    }
    found
}

/// Boot and `sysctl --system` leave the host with different values.
fn differing(sight: &Sight<'_>, key: &Key, decisions: &[Decision<Key>]) -> Option<Finding> {
    let mut of_key = decisions.iter().filter(|decision| decision.point.key == *key);
    let (one, other) = (of_key.next()?, of_key.next()?);
    let is_unknown = |decision: &Decision<Key>| matches!(decision.value, Some(Value::Unknown(_)));
    if one.value == other.value || is_unknown(one) || is_unknown(other) {
        return None;
    }
    let (first, second) = (&one.point.consumer, &other.point.consumer);
    let message = format!("`{first}` takes {}, and `{second}` {}", told(one), told(other));
    let diagnostic = Diagnostic::warning("readers-differ", message);
    Some(of_all(match sight.is_system_wide {
        true => diagnostic.help("the host has what was applied last: set one value in both places"),
        false => diagnostic.help("write `key = value` on a line of its own that LF ends"),
    }))
}

fn told(decision: &Decision<Key>) -> String {
    match decision.value.as_ref().and_then(Value::known) {
        Some(values) => format!("`{}`", shown(&values.concat())),
        None => "nothing".to_owned(),
    }
}

/// What the kernel does not have, and what it runs with until the files are applied.
fn about_kernel(situation: &Situation, decisions: &[Decision<Key>]) -> Vec<Finding> {
    let mut found = Vec::new();
    for decision in decisions.iter().filter(|decision| !decision.point.key.is_glob()) {
        let place = decision.at.first();
        let diagnostic = absent_key(situation, decision).or_else(|| running(situation, decision));
        found.extend(diagnostic.map(|diagnostic| Finding {
            source: place.map(|at| at.source),
            diagnostic: Diagnostic { span: place.map(|at| at.span), ..diagnostic },
        }));
    }
    found
}

fn absent_key(situation: &Situation, decision: &Decision<Key>) -> Option<Diagnostic> {
    let key = &decision.point.key;
    let kernel = situation.kernel.as_ref()?;
    (!kernel.has(key.path())).then(|| {
        Diagnostic::warning("unknown-key", format!("the kernel has no `{key}`: to set it does nothing"))
            .help("check the spelling, or load the module that brings it")
    })
}

fn running(situation: &Situation, decision: &Decision<Key>) -> Option<Diagnostic> {
    let running = situation.running.get(decision.point.key.path())?;
    let decided = decision.value.as_ref()?.known()?.first()?;
    (!alike(decided.as_bstr(), running.as_bstr())).then(|| {
        let (consumer, running, decided) = (&decision.point.consumer, shown(running), shown(decided));
        let message = format!("the kernel runs with `{running}`, and `{consumer}` sets `{decided}`");
        Diagnostic::warning("running-differs", message).help("apply the files, or find out what changed it behind them")
    })
}

/// True when the kernel shows a value like this where that one was written: numbers in decimal, tabs between them.
fn alike(written: &BStr, shown: &BStr) -> bool {
    let same = |(written, shown): (&[u8], &[u8])| {
        written == shown || number(written).is_some_and(|value| number(shown) == Some(value))
    };
    written.fields().count() == shown.fields().count() && written.fields().zip(shown.fields()).all(same)
}
