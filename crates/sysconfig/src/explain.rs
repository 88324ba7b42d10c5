//! Who takes what for a key from the one file there is, and why.

use kvmprep_lossless::effective::{Decision, Effective, Explanation, Finding, Host, Point, Source};
use kvmprep_lossless::files::{Entry as Found, Location};
use kvmprep_lossless::{Diagnostic, Format, RowRef, Setting, Severity, Span, Text, Value, lines};

use crate::diagnostics::{UNREAD_BY_SYSTEMD, diagnostics};
use crate::disagreement::{differ, may_differ};
use crate::effective::{self, Variable, refused_whole};
use crate::key::Key;
use crate::parts::Parts;
use crate::statement::head;
use crate::syntax::{Flow, Kind, Reader, Sysconfig};
use crate::systemd::{self, Item};

impl Effective for Sysconfig {
    /// Nothing but the file is known: what hangs on the script that sources it is unknown.
    type Situation = ();

    /// One decision for each reader; both read this one file and no other.
    fn explain(&self, host: Host<'_>, (): &(), key: &Key) -> Explanation<Key> {
        let found = match host.files.look(host.path) {
            Ok(found) => found,
            Err(error) => {
                let finding = Diagnostic::error("not-read", format!("{} could not be read: {}", error.path, error.why));
                let unknown = Value::Unknown(format!("the file could not be read: {}", error.why));
                return self.without_text(key, Some(unknown), "what the file says is not known", finding);
            }
        };
        match found.entry {
            Found::File(bytes) => {
                let text = Text::read(self.clone(), bytes.to_vec());
                let source = Source { path: host.path.to_owned(), real: found.real, text: bytes };
                let (decisions, findings) = (self.decisions(&text, key), self.findings(&text, key));
                Explanation { sources: vec![source], decisions, findings }
            }
            Found::Absent => {
                let finding = Diagnostic::note("missing", format!("{} does not exist", host.path));
                self.without_text(key, None, "there is no file", finding)
            }
            Found::Directory(_) | Found::Other => {
                let finding = Diagnostic::error("not-a-file", format!("{} is not a regular file", host.path));
                self.without_text(key, None, "there is no file", finding)
            }
        }
    }
}

impl Sysconfig {
    fn without_text(&self, key: &Key, value: Option<Value>, why: &str, finding: Diagnostic) -> Explanation<Key> {
        let decision = |reader: &Reader| Decision {
            point: point(*reader, key),
            value: value.clone(),
            at: Vec::new(),
            follows: Vec::new(),
            shadowed: Vec::new(),
            details: Vec::new(),
            why: why.to_owned(),
        };
        Explanation {
            sources: Vec::new(),
            decisions: self.readers().iter().map(decision).collect(),
            findings: vec![Finding { source: None, diagnostic: finding }],
        }
    }

    fn decisions(&self, text: &Text<Self>, key: &Key) -> Vec<Decision<Key>> {
        let taken: Vec<Taken> = self.readers().iter().map(|&reader| self.taken(text, reader, key)).collect();
        let decide = |one: &Taken| {
            let others = taken.iter().filter(|other| other.reader != one.reader);
            let elsewhere = others.filter_map(|other| other.setting.as_ref()?.at.first()).next();
            one.decision(text, key, elsewhere.copied())
        };
        taken.iter().map(decide).collect()
    }

    fn taken(&self, text: &Text<Self>, reader: Reader, key: &Key) -> Taken {
        if reader == Reader::ServiceManager {
            let setting = self.get(text, reader, key).pop();
            let shadowed = setting.iter().flat_map(|setting| setting.shadowed.clone()).collect();
            return Taken { reader, setting, code: None, shadowed, unread: None };
        }
        let unread = behind_the_end(text, key);
        let Some(Variable { setting, unset, code, .. }) = effective::variable(text, key) else {
            return Taken { reader, setting: None, code: None, shadowed: Vec::new(), unread };
        };
        let mut shadowed = setting.shadowed.clone();
        shadowed.extend(setting.at.iter().filter(|_| unset));
        Taken { reader, setting: Some(setting).filter(|_| !unset), code, shadowed, unread }
    }

    /// What stops a reader, and where the two take different things.
    fn findings(&self, text: &Text<Self>, key: &Key) -> Vec<Finding> {
        let mut told = diagnostics(text);
        told.retain(|diagnostic| diagnostic.severity == Severity::Error);
        if let [shell, manager] = self.readers() {
            let [shell, manager] = [shell, manager].map(|reader| self.get(text, *reader, key).pop());
            let (shell, manager) = (shell.as_ref(), manager.as_ref());
            told.extend(differ(key, shell, manager).or_else(|| may_differ(key, shell, manager)));
        }
        told.into_iter().map(|diagnostic| Finding { source: Some(0), diagnostic }).collect()
    }
}

/// What a reader takes for a key, and what of the file has to do with it.
struct Taken {
    reader: Reader,
    setting: Option<Setting<Key>>,
    /// Code that unsets it, that may set it, or that may end the file before.
    code: Option<Span>,
    /// Assignments that do not count.
    shadowed: Vec<Span>,
    unread: Option<Unread>,
}

/// Assignments that a shell does not come to.
struct Unread {
    /// The statement that ends the file above them.
    end: Span,
    places: Vec<Span>,
}

impl Taken {
    fn decision(&self, text: &Text<Sysconfig>, key: &Key, elsewhere: Option<Span>) -> Decision<Key> {
        let bytes = text.contiguous();
        let end = self.unread.as_ref().map(|unread| unread.end);
        let place = |span: Span| Location { source: 0, span };
        // Of code the first line says which it is.
        let told = |span: Span| {
            let line = memchr::memchr(b'\n', span.of(&bytes)).map_or(span.end, |end| span.start + end);
            place(if [self.code, end].contains(&Some(span)) { Span::new(span.start, line) } else { span })
        };
        let at: Vec<Span> = self.setting.iter().flat_map(|setting| setting.at.clone()).collect();
        let unread = self.unread.iter().flat_map(|unread| &unread.places);
        Decision {
            point: point(self.reader, key),
            value: self.setting.as_ref().map(|setting| setting.value.clone()),
            follows: self.code.filter(|code| !at.contains(code)).into_iter().chain(end).map(told).collect(),
            at: at.into_iter().map(told).collect(),
            shadowed: self.shadowed.iter().chain(unread).copied().map(place).collect(),
            details: Vec::new(),
            why: self.why(text, elsewhere),
        }
    }

    fn why(&self, text: &Text<Sysconfig>, elsewhere: Option<Span>) -> String {
        match (&self.setting, self.code, &self.unread) {
            (Some(setting), _, None) => why(setting).to_owned(),
            (Some(setting), _, Some(_)) => format!("{}, and a `return` or `exit` ends the file below it", why(setting)),
            (None, Some(_), _) => "it is unset again".to_owned(),
            (None, None, Some(_)) => "a `return` or `exit` ends the file above where it is assigned".to_owned(),
            (None, None, None) => why_not(text, self.reader, elsewhere),
        }
    }
}

/// What assigns the key below an unconditional `return` or `exit`.
fn behind_the_end(text: &Text<Sysconfig>, key: &Key) -> Option<Unread> {
    let first = text.rows().find(|row| row.kind == Kind::Dead && row.within.flow == Flow::Ended)?;
    let end = text.rows().take_while(|row| row.at < first.at).last()?;
    let indentation = lines::indentation(end.bytes).len();
    let unread = Text::read(Sysconfig::shell(), &text.contiguous()[first.at..]);
    let setting = effective::settings(&unread, Reader::Shell, Some(key)).pop()?;
    let places = setting.shadowed.into_iter().chain(setting.at).map(|place| place.shifted(first.at));
    Some(Unread { end: Span::new(end.at + indentation, end.span().end), places: places.collect() })
}

fn point(reader: Reader, key: &Key) -> Point<Key> {
    Point { consumer: reader.to_string(), when: None, key: key.clone() }
}

fn why(setting: &Setting<Key>) -> &'static str {
    match (&setting.value, setting.shadowed.is_empty()) {
        (Value::Unknown(_), _) => "the file alone does not decide it",
        (Value::Known(_), false) => "the last assignment wins",
        (Value::Known(_), true) => "it is assigned once",
    }
}

/// Why a reader takes nothing for the key, where the other one may take something at `elsewhere`.
fn why_not(text: &Text<Sysconfig>, reader: Reader, elsewhere: Option<Span>) -> String {
    match (reader, elsewhere) {
        (Reader::ServiceManager, _) if refused_whole(text) => {
            format!("systemd takes nothing from this file: {UNREAD_BY_SYSTEMD}")
        }
        (Reader::ServiceManager, Some(at)) => {
            format!("systemd takes nothing from this line: {}", passed_over(text, at))
        }
        (Reader::Shell, Some(at)) => {
            let row = text.rows().find(|row| at.start < row.span().end);
            format!("a shell takes nothing from this line: {}", row.map_or("it is no assignment", not_assigned))
        }
        (_, None) => "nothing here assigns it".to_owned(),
    }
}

/// What systemd takes the text at a place for.
fn passed_over(text: &Text<Sysconfig>, at: Span) -> String {
    let mut taken = "it is part of a comment, which a backslash continues".to_owned();
    systemd::read(text.rows(), text.syntax().systemd, &mut |item| match item {
        Item::Entry(entry) if covers(entry.at, at) => taken = format!("it is part of the value of `{}`", entry.key),
        Item::Dropped { at: place, line } if covers(place, at) && systemd::holds_control(&line) => {
            taken = "its value holds a control character".to_owned();
        }
        Item::Dropped { at: line, .. } if covers(line, at) => {
            taken = "it does not begin with a name and `=`".to_owned();
        }
        _ => {}
    });
    taken
}

fn covers(outer: Span, inner: Span) -> bool {
    outer.start <= inner.start && inner.start <= outer.end
}

/// What a shell takes a line for that systemd takes for an assignment.
fn not_assigned(row: RowRef<'_, Sysconfig>) -> &'static str {
    match (row.kind, row.within.flow) {
        (Kind::Dead, Flow::Ended) => "a `return` or `exit` above ends the file",
        (Kind::Dead, _) => "it is lost behind what cannot be read above",
        (Kind::Open | Kind::Broken | Kind::Unclear, _) => "it cannot read it",
        (Kind::Comment | Kind::Blank, _) => "it is a comment",
        (Kind::Assignment | Kind::Code, _) => {
            let Parts { statement, .. } = Parts::of(row.bytes);
            let first = statement.commands.first().and_then(|command| statement.words(command).first());
            match first.and_then(|word| head(word.span.of(row.bytes))) {
                _ if !statement.here_documents.is_empty() => "it is part of a here-document, or of its command",
                Some(_) => "the assignment lasts as long as the command behind it",
                None => "it is a command, or part of one",
            }
        }
    }
}
