//! The verbs. All rules about where an edit goes and how it is written live here and below.

mod absent;
mod declare;
mod list;
mod rewrite;
mod survey;
mod take_out;

use bstr::BString;
use kvmprep_lossless::lines::split_ending;
use kvmprep_lossless::{
    Absent, Answer, Diagnostic, Duplicates, Edit, Refusal, Request, RowEdit, Span, Text, value::shown,
};

use crate::effective::{excerpt, refused_whole};
use crate::parts::Parts;
use crate::statement::Fault;
use crate::syntax::{Flow, Kind, Reader};
use crate::value::quote;
use crate::{Key, Sysconfig};
use declare::Declared;
use rewrite::Word;
use survey::{Place, Survey};

pub(crate) fn answer(text: &Text<Sysconfig>, request: &Request<Key>) -> Result<Answer<Key>, Refusal> {
    editable(text)?;
    let survey = Survey::of(text, request.edit.key(), text.syntax().readers());
    let mut verb = Verb { text, request, survey, rows: Vec::new(), declared: Declared::default(), notes: Vec::new() };
    match &request.edit {
        Edit::Set { to, .. } => match &to[..] {
            [value] => verb.set(value)?,
            _ => {
                return Err(Refusal::new("one-value", "a variable has one value")
                    .help("for a list give the words as one value, or use add and remove"));
            }
        },
        Edit::Unset { .. } => verb.unset()?,
        Edit::Disable { .. } => verb.disable()?,
        Edit::Add { item, .. } => verb.list(item, true)?,
        Edit::Remove { item, .. } => verb.list(item, false)?,
    }
    verb.finish()
}

/// What each reader must find for the edit to have been made. Code that runs later may still override a shell's value:
/// that is told in a note, as it cannot be known.
pub(crate) fn holds(text: &Text<Sysconfig>, reader: Reader, edit: &Edit<Key>) -> bool {
    let survey = Survey::of(text, edit.key(), &[reader]);
    match edit {
        Edit::Set { to, .. } => matches!(&to[..], [value] if survey.reads(reader, value)),
        Edit::Unset { .. } | Edit::Disable { .. } => !survey.has(reader),
        Edit::Add { item, .. } => survey.value(reader).is_some_and(|value| list::holds(value, item)),
        Edit::Remove { item, .. } => !survey.value(reader).is_some_and(|value| list::holds(value, item)),
    }
}

/// A file that a reader does not get through is not edited: what is appended might vanish [append-after-unclosed].
fn editable(text: &Text<Sysconfig>) -> Result<(), Refusal> {
    if text.chunks().any(|chunk| memchr::memchr(0, chunk).is_some()) {
        return Err(Refusal::new("nul", "the file holds a NUL byte, for which systemd refuses all of it")
            .help("take the NUL bytes out first"));
    }
    let dialect = text.syntax();
    if dialect.reads(Reader::Shell)
        && let Some(row) = text.rows().find(|row| matches!(row.kind, Kind::Open | Kind::Broken | Kind::Unclear))
        && let Some(fault) = Parts::of(row.bytes).statement.fault
    {
        return Err(not_clean(fault, row.at, row.bytes.len()));
    }
    if dialect.reads(Reader::ServiceManager) {
        if text.end_state().systemd.in_quotes() {
            return Err(Refusal::new("unclosed", "to systemd a quote is open at the end of the file")
                .help("close the quote, or edit for `shell` alone"));
        }
        if refused_whole(text) {
            return Err(Refusal::new(
                "systemd-refuses-file",
                "a value in the file is not UTF-8: systemd refuses the file",
            )
            .help("convert the value to UTF-8, or edit for `shell` alone"));
        }
    }
    Ok(())
}

fn not_clean(fault: Fault, row: usize, length: usize) -> Refusal {
    let (code, at, message) = match fault {
        Fault::Open { at, what } => ("unclosed", at, format!("{what} is opened here and never closed")),
        Fault::Syntax { at } => ("syntax-error", at, "a shell cannot read this".to_owned()),
        Fault::Unclear { at, what } => ("not-understood", at, what.to_owned()),
    };
    let start = at.min(length.saturating_sub(1));
    Refusal::new(code, message)
        .at(Span::new(row + start, row + (start + 1).min(length)))
        .help("repair it first: what is written behind it might never be read")
}

struct Verb<'t> {
    text: &'t Text<Sysconfig>,
    request: &'t Request<Key>,
    survey: Survey<'t>,
    rows: Vec<RowEdit>,
    declared: Declared,
    notes: Vec<Diagnostic>,
}

impl<'t> Verb<'t> {
    fn key(&self) -> &'t Key {
        self.request.edit.key()
    }

    fn reads(&self, reader: Reader) -> bool {
        self.text.syntax().reads(reader)
    }

    fn finish(self) -> Result<Answer<Key>, Refusal> {
        Ok(Answer {
            moves: self.declared.into_moves(self.request.edit.key(), &self.rows)?,
            rows: self.rows,
            notes: self.notes,
        })
    }

    /// Changes the last assignment that is always run, else uncomments the default, else writes a new line [duplicate].
    fn set(&mut self, value: &BString) -> Result<(), Refusal> {
        self.is_assignable()?;
        let so = self.text.syntax().readers().iter().all(|reader| self.survey.reads(*reader, value))
            && !self.loses_its_place();
        let target = self.survey.target();
        if !so {
            match target {
                Some(target) => {
                    let style = self.survey.places[target].style;
                    let raw = quote(value, style, self.reads(Reader::ServiceManager));
                    self.write(target, &Word::known(raw, value))?;
                }
                None => self.set_absent(value)?,
            }
        }
        let counts = if so { self.survey.places.len().checked_sub(1) } else { target };
        self.duplicates(counts)?;
        self.note_overriders(counts);
        if self.key().steers_the_shell() && !self.rows.is_empty() {
            let message = format!("`{}` steers the shell or the loader of every program started", self.key());
            self.notes.push(Diagnostic::warning("dangerous-name", message));
        }
        Ok(())
    }

    /// One word cannot be written to an array, to a value that is appended to later, and to what is read-only.
    fn is_assignable(&self) -> Result<(), Refusal> {
        let key = self.key();
        if let Some(array) = self.survey.array {
            return Err(Refusal::new(
                "array",
                format!("`{key}` is an array: to assign a word is to change one element"),
            )
            .at(array)
            .help("edit the array by hand; dash ends the script at one"));
        }
        if (key.is_guarded() || key.is_the_shells()) && self.reads(Reader::Shell) {
            let message =
                format!("`{key}` is a variable that shells guard, or to which they give a meaning of their own");
            return Err(Refusal::new("read-only", message)
                .help("take another name: what is assigned to this one is not what is read from it"));
        }
        let target = self.survey.target();
        if let Some(by) = if target.is_some() { self.survey.behind_read_only } else { self.survey.read_only } {
            return Err(Refusal::new("read-only", format!("`{key}` is read-only before it would be assigned"))
                .at(by)
                .help("take that line out first: to assign it again ends the script in dash and `sh`"));
        }
        let written_before = target.is_some() && !self.request.manner.allows("appended-later");
        match self.survey.appended.filter(|_| written_before) {
            Some(appended) => Err(Refusal::new("appended-later", format!("`{key}` is appended to behind that place"))
                .at(appended)
                .help("write the whole value in one place, or allow `appended-later` to leave the appending as it is")
                .overridable()),
            None => Ok(()),
        }
    }

    /// systemd takes the value from a line that shall go: the one that stays must be made one that it reads.
    fn loses_its_place(&self) -> bool {
        let row = self.survey.places.last().map(|place| place.row.index);
        let dedupe = self.request.manner.duplicates == Duplicates::Dedupe;
        dedupe && self.survey.entries.last().is_some_and(|entry| Some(entry.row) != row)
    }

    /// Earlier assignments feed later expansions; they go on request only.
    fn duplicates(&mut self, target: Option<usize>) -> Result<(), Refusal> {
        let others: Vec<usize> = (0..self.survey.places.len()).filter(|place| Some(*place) != target).collect();
        let Some(first) = others.first() else { return Ok(()) };
        if self.request.manner.duplicates == Duplicates::Dedupe {
            let row = target.map(|target| self.survey.places[target].row.index);
            return self.take_out(&others, row);
        }
        if self.request.manner.absent != Absent::Leave || target.is_some() {
            let times = if others.len() == 1 { "once".to_owned() } else { format!("{} times", others.len()) };
            let message = format!("`{}` is assigned {times} before this; the last one counts", self.key());
            let span = self.survey.places[*first].span();
            self.notes.push(Diagnostic::note("shadowed", message).at(span).help("dedupe removes them"));
        }
        Ok(())
    }

    fn note_overriders(&mut self, target: Option<usize>) {
        let from = target.map_or(0, |target| self.survey.places[target].span().start);
        let appended = target.is_none();
        if let Some(code) = self.survey.code.iter().find(|code| code.at.start > from && !appended) {
            let message = format!("shell code behind it may set `{}` again: `{}`", self.key(), excerpt(code.text));
            self.notes.push(Diagnostic::warning("may-be-overridden", message).at(code.at));
        }
        if let Some(place) = target.map(|target| &self.survey.places[target])
            && place.row.within.flow == Flow::Uncertain
        {
            let message = format!("shell code above may end the file before `{}` is set", self.key());
            self.notes.push(Diagnostic::warning("may-not-be-reached", message).at(place.span()));
        }
        if appended && let Some(code) = self.survey.code.first() {
            let message = format!("shell code sets `{}`; the new line behind it wins", self.key());
            self.notes.push(Diagnostic::note("inside-code", message).at(code.at));
        }
    }

    /// A shell takes the carriage return of a line for part of the value, so the new line ends in LF [crlf-mixed-lf].
    fn note_line_ending(&mut self, row: &[u8], at: usize) {
        if row.ends_with(b"\r\n") && self.reads(Reader::Shell) {
            let message = "the line now ends in LF: a shell would read the CR as part of the value; systemd takes both";
            self.notes.push(Diagnostic::note("crlf", message).at(Span::new(at, at + row.len())));
        }
    }

    /// Where only code, or only systemd's lines inside it, have the key: an edit would have to reach inside.
    fn reachable(&self) -> Result<(), Refusal> {
        let key = self.key();
        if let Some(entry) = self.survey.missed() {
            return Err(Refusal::new("inside-code", format!("systemd reads `{key}` from a line that is shell code"))
                .at(entry.at)
                .help("edit that code by hand, or edit for `shell` alone"));
        }
        if let Some(certain) = self.survey.certain {
            return Err(Refusal::new("inside-code", format!("shell code sets `{key}` whatever stands elsewhere"))
                .at(certain)
                .help("edit that code by hand"));
        }
        match self.survey.code.first().filter(|_| !self.request.manner.allows("inside-code")) {
            Some(code) => {
                let message = format!("shell code may set `{key}`: `{}`", excerpt(code.text));
                Err(Refusal::new("inside-code", message)
                    .at(code.at)
                    .help("edit the code by hand, or allow `inside-code` to leave it alone")
                    .overridable())
            }
            None => Ok(()),
        }
    }

    fn shares_line(&self, place: &Place<'_>) -> Refusal {
        Refusal::new(
            "shares-line",
            format!(
                "`{}` shares its line with other commands: `{}`",
                self.key(),
                shown(split_ending(place.row.bytes).0)
            ),
        )
        .at(place.row.span())
        .help("put it on a line of its own first")
    }
}
