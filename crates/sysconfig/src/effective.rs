//! What each reader takes from one file: the service manager's answer is complete; a shell's is known where neither
//! an expansion nor code decides.

use std::collections::HashMap;

use kvmprep_lossless::lines::line_end;
use kvmprep_lossless::{Setting, Span, Text, Value, value::shown};

use crate::code::{Reach, each_assigned, runs_unseen};
use crate::key::Key;
use crate::parts::{Assign, Part, Parts, makes_read_only};
use crate::statement::Fault;
use crate::syntax::{Flow, Kind, Reader, Sysconfig};
use crate::systemd::{self, Entry, Item};

/// Every setting, or the one of a key.
pub(crate) fn settings(text: &Text<Sysconfig>, reader: Reader, wanted: Option<&Key>) -> Vec<Setting<Key>> {
    match reader {
        Reader::Shell => shell(text, wanted),
        Reader::ServiceManager if refused_whole(text) => Vec::new(),
        Reader::ServiceManager => service_manager(text, wanted),
    }
}

/// The entries of the service manager's reading in order, all or those of a key.
pub(crate) fn entries(text: &Text<Sysconfig>, wanted: Option<&Key>) -> Vec<Entry> {
    let mut entries = Vec::new();
    systemd::read(text.rows(), &mut |item| match item {
        Item::Entry(entry) if wanted.is_none_or(|wanted| *wanted == entry.key) => entries.push(entry),
        _ => {}
    });
    entries
}

/// The service manager takes nothing from a file with a NUL anywhere, or with a value that is not UTF-8
/// [nul-comment][eucjp-value].
pub(crate) fn refused_whole(text: &Text<Sysconfig>) -> bool {
    let not_utf8 = |bytes: &[u8]| std::str::from_utf8(bytes).is_err();
    let mut refused = text.chunks().any(|chunk| memchr::memchr(0, chunk).is_some());
    systemd::read(text.rows(), &mut |item| match item {
        Item::Entry(entry) => refused |= not_utf8(&entry.value),
        Item::Dropped(line) => refused |= line.contains(&b'=') && not_utf8(&line),
        Item::Comment(_) => {}
    });
    refused
}

fn service_manager(text: &Text<Sysconfig>, wanted: Option<&Key>) -> Vec<Setting<Key>> {
    let mut found = Found::default();
    for entry in entries(text, wanted) {
        found.assign(&entry.key, Value::Known(vec![entry.value.into()]), entry.value_at);
    }
    found.finish()
}

/// Settings in the order of first appearance; the last assignment wins [duplicate].
#[derive(Default)]
struct Found {
    settings: Vec<Setting<Key>>,
    index: HashMap<Key, usize>,
    /// Why the value of each stays in doubt whatever is assigned later: a function may set it, it is read-only.
    lasting: HashMap<Key, &'static str>,
    /// How many settings had been seen or changed when each was last, and when code that is not seen here last ran.
    touched: Vec<usize>,
    clock: usize,
    unseen: Option<(usize, String)>,
}

impl Found {
    fn entry(&mut self, key: &Key) -> &mut Setting<Key> {
        let at = *self.index.entry(key.clone()).or_insert_with(|| {
            let setting =
                Setting { key: key.clone(), value: Value::Known(Vec::new()), at: Vec::new(), shadowed: Vec::new() };
            self.settings.push(setting);
            self.touched.push(0);
            self.settings.len() - 1
        });
        self.clock += 1;
        self.touched[at] = self.clock;
        &mut self.settings[at]
    }

    fn assign(&mut self, key: &Key, value: Value, at: Span) {
        let lasting = self.lasting.get(key).copied();
        let setting = self.entry(key);
        setting.value = lasting.map_or(value, |why| Value::Unknown(why.to_owned()));
        let before = std::mem::replace(&mut setting.at, vec![at]);
        setting.shadowed.extend(before);
    }

    /// Settings that were last touched before code that is not seen here are in doubt.
    fn finish(mut self) -> Vec<Setting<Key>> {
        if let Some((clock, why)) = self.unseen {
            for (setting, _) in self.settings.iter_mut().zip(self.touched).filter(|(_, touched)| *touched <= clock) {
                setting.value = Value::Unknown(why.clone());
            }
        }
        self.settings
    }

    fn doubt(&mut self, key: &Key, why: &str, at: Span) {
        let setting = self.entry(key);
        setting.value = Value::Unknown(why.to_owned());
        if setting.at.is_empty() {
            setting.at.push(at);
        }
    }
}

fn shell(text: &Text<Sysconfig>, wanted: Option<&Key>) -> Vec<Setting<Key>> {
    let mut found = Found::default();
    let mut unclear = false;
    for row in text.rows() {
        match row.kind {
            Kind::Assignment | Kind::Code => {
                for part in &Parts::of(row.bytes).parts {
                    take(&mut found, part, row.bytes, row.at, row.within.flow, wanted);
                }
            }
            Kind::Open => {
                // A command is run though its here-document has no end [heredoc-unended].
                if let Some(at) = open_here_document(row.bytes) {
                    let code = &row.bytes[..line_end(row.bytes, at)];
                    doubt_each(&mut found, code, Reach::Code, row.span(), UNCLEAR, wanted);
                }
            }
            Kind::Unclear => {
                unclear = true;
                doubt_each(&mut found, row.bytes, Reach::Code, row.span(), UNCLEAR, wanted);
            }
            Kind::Dead if unclear => {
                doubt_each(&mut found, row.bytes, Reach::Code, row.span(), UNCLEAR, wanted);
            }
            Kind::Dead | Kind::Broken | Kind::Blank | Kind::Comment => {}
        }
    }
    found.finish()
}

const UNCLEAR: &str = "text without a clear end may set it";

/// Where the end word of a here-document stands that has no body or no end.
fn open_here_document(row: &[u8]) -> Option<usize> {
    match Parts::of(row).statement.fault {
        Some(Fault::Open { at, what: "a here-document" }) => Some(at.min(row.len())),
        _ => None,
    }
}

fn take(found: &mut Found, part: &Part, row: &[u8], at: usize, flow: Flow, wanted: Option<&Key>) {
    match part {
        Part::Assign(assign) => {
            if wanted.is_none_or(|wanted| *wanted == assign.key) {
                found.assign(&assign.key, value(assign, flow), assign.value.shifted(at));
            }
            if assign.meaning.obstacle.is_some() {
                let why = "an expansion may set it";
                doubt_each(found, assign.value.of(row), Reach::Expansions, assign.word.shifted(at), why, wanted);
            }
        }
        Part::Declare { by, name } => {
            if makes_read_only(by.of(row)) {
                found.lasting.insert(name.clone(), "it is read-only before it is assigned again");
            }
        }
        Part::Code { span, function, .. } => {
            let Some((code, reach)) = part.reaching(row) else { return };
            let why = format!("shell code may set it: `{}`", excerpt(code));
            doubt_each(found, code, reach, span.shifted(at), &why, wanted);
            if *function {
                each_assigned(code, reach, |name| {
                    found.lasting.extend(Key::of(name).map(|key| (key, "a function may set it")));
                });
            } else if runs_unseen(code) {
                let why = format!("shell code that is not seen here may set it: `{}`", excerpt(code));
                found.unseen = Some((found.clock, why));
            }
        }
    }
}

fn doubt_each(found: &mut Found, code: &[u8], reach: Reach, at: Span, why: &str, wanted: Option<&Key>) {
    each_assigned(code, reach, |name| {
        if let Some(key) = Key::of(name).filter(|key| wanted.is_none_or(|wanted| wanted == key)) {
            found.doubt(&key, why, at);
        }
    });
}

fn value(assign: &Assign, flow: Flow) -> Value {
    match (assign.meaning.known(), assign.meaning.obstacle) {
        (Some(_), _) if flow == Flow::Uncertain => {
            Value::Unknown("shell code above may end the file before it".to_owned())
        }
        (Some(bytes), _) => Value::Known(vec![bytes.into()]),
        (None, why) => Value::Unknown(why.unwrap_or_default().to_owned()),
    }
}

/// The first line of some code, for a message.
pub(crate) fn excerpt(code: &[u8]) -> String {
    let line = code.split(|byte| *byte == b'\n').next().unwrap_or(code);
    let cut = line.len().min(60);
    let more = if cut < code.len() { "…" } else { "" };
    format!("{}{more}", shown(&line[..cut]))
}
