//! The verbs. Where an edit goes and what it may not do is decided here and in the modules below.

mod block;
mod company;
mod insert;
mod list;
mod set;
mod take;

use bstr::BString;
use kvmprep_lossless::{
    Answer, Diagnostic, Edit, Manner, Move, Refusal, Request, RowEdit, Setting, Span, Subject, Text,
};

use crate::grammar::{self, Line};
use crate::key::{Key, Name, is_word};
use crate::reading::{self, Place, Scope};
use crate::value::AlgorithmList;
use crate::vocabulary::{self, Keyword, Shape};
use crate::{Kind, Sshd};

/// The answer to a request.
pub(crate) fn answer(text: &Text<Sshd>, request: &Request<Key>) -> Result<Answer<Key>, Refusal> {
    let answer = answer_alone(text, request)?;
    company::check(text, request, &answer)?;
    Ok(answer)
}

/// The answer by the lines of the key alone.
fn answer_alone(text: &Text<Sshd>, request: &Request<Key>) -> Result<Answer<Key>, Refusal> {
    if let Some(row) = text.rows().find(|row| row.kind == Kind::Nul) {
        return Err(Refusal::new("nul-in-file", "a NUL byte hides the rest of its line and glues the next one to it")
            .at(row.span())
            .help("take the NUL out by hand: what sshd reads here is not what an editor shows"));
    }
    let key = request.edit.key().resolved(text.syntax().version);
    let Some(name) = key.name().cloned() else { return block::answer(text, &key, request) };
    let keyword = vocabulary::find(text.syntax().version, name.spelled.as_bytes()).map(|(keyword, _)| keyword);
    let writes = matches!(request.edit, Edit::Set { .. } | Edit::Add { .. });
    if writes {
        may_write(*text.syntax(), &key, &name, keyword, &request.manner)?;
    }
    needs_selector(&name, keyword)?;
    let Some(scope) = reading::scope(text, key.scope()) else {
        return match &request.edit {
            Edit::Set { to, .. } => block::create(text, key, name, keyword, to, &request.manner),
            Edit::Add { .. } => Err(block::absent(&key)),
            Edit::Unset { .. } | Edit::Disable { .. } | Edit::Remove { .. } => Ok(Answer::default()),
        };
    };
    let (places, broken) = reading::places(text, scope, &name);
    if let Some(row) = broken.first() {
        return Err(Refusal::new("broken-line", format!("sshd complains of a line with `{}`", name.spelled))
            .at(row.span())
            .help("mend or remove that line first: what it is meant to say cannot be told"));
    }
    let mut work = Work { text, key, name, keyword, scope, manner: &request.manner, answer: Answer::default() };
    match &request.edit {
        Edit::Set { to, .. } => work.set(&places, to)?,
        Edit::Unset { .. } => work.unset(&places)?,
        Edit::Disable { .. } => work.disable(&places)?,
        Edit::Add { item, .. } => work.add(&places, item)?,
        Edit::Remove { item, .. } => work.remove(&places, item)?,
    }
    Ok(work.answer)
}

/// True when a text says what was asked for; values are compared as sshd does.
pub(crate) fn holds(text: &Text<Sshd>, edit: &Edit<Key>) -> bool {
    let settings = reading::get(text, edit.key());
    let version = text.syntax().version;
    let keyword = edit.key().keyword().and_then(|spelled| vocabulary::find(version, spelled.as_bytes()));
    let Some((keyword, _)) = keyword else { return edit.holds_for(&settings) };
    let list = |setting: &Setting<Key>| AlgorithmList::of_values(setting.value.known().unwrap_or_default());
    match (edit, keyword.shape) {
        (Edit::Set { to, .. }, shape) => {
            let asked = asked(shape, to);
            let says =
                |setting: &Setting<Key>| setting.value.known().is_some_and(|values| keyword.same(values, &asked));
            !settings.is_empty() && settings.iter().all(says)
        }
        (Edit::Add { item, .. }, Shape::Commas(_)) => {
            !settings.is_empty() && settings.iter().all(|setting| list(setting).offers(item))
        }
        (Edit::Remove { item, .. }, Shape::Commas(_)) => {
            !settings.iter().any(|setting| list(setting).names_to_offer(item))
        }
        _ => edit.holds_for(&settings),
    }
}

/// The values of a Set as a reading would give them: an algorithm list may come whole or item by item.
fn asked(shape: Shape, to: &[BString]) -> Vec<BString> {
    match shape {
        Shape::Commas(_) => AlgorithmList::of_values(to).values(),
        _ => to.to_vec(),
    }
}

/// One verb at work on one keyword in one scope.
struct Work<'t> {
    text: &'t Text<Sshd>,
    key: Key,
    name: Name,
    keyword: Option<&'static Keyword>,
    scope: Scope,
    manner: &'t Manner,
    answer: Answer<Key>,
}

impl Work<'_> {
    fn dialect(&self) -> Sshd {
        *self.text.syntax()
    }

    fn shape(&self) -> Shape {
        self.keyword.map_or(Shape::Words(usize::MAX), |keyword| keyword.shape)
    }

    fn adds_up(&self) -> bool {
        self.keyword.is_some_and(Keyword::adds_up)
    }

    fn later_may_win(&self) -> bool {
        self.keyword.is_some_and(|keyword| keyword.later_may_win(self.dialect().version))
    }

    /// Declares that values of the key go and come.
    fn moved(&mut self, from: &[BString], to: &[BString]) {
        let subject = Subject::Setting(self.key.unnumbered());
        self.answer.moves.push(Move { subject, from: from.to_vec(), to: to.to_vec() });
    }

    fn comment_moved(&mut self, from: Option<&[u8]>, to: Option<&[u8]>) {
        let values = |text: Option<&[u8]>| text.map(BString::from).into_iter().collect();
        self.answer.moves.push(Move { subject: Subject::Comment, from: values(from), to: values(to) });
    }

    fn note(&mut self, note: Diagnostic) {
        self.answer.notes.push(note);
    }

    fn replace(&mut self, row: usize, with: Vec<u8>) {
        self.answer.rows.push(RowEdit::Replace { row, with });
    }

    /// Refuses to change words that hang together.
    fn has_gaps(place: &Place<'_>) -> Result<(), Refusal> {
        if place.said.has_gaps() {
            return Ok(());
        }
        Err(Refusal::new("glued-words", "a quote ends one word and begins the next, or never closes")
            .at(place.row.span())
            .help("write the line anew by hand, or take it out with `unset`"))
    }

    /// Takes a line out. Its trailing comment outlives it, as a line of its own.
    fn take_out(&mut self, place: &Place<'_>) {
        let bytes = place.row.bytes;
        match place.said.comment.and_then(|comment| Span::of_part(bytes, comment)) {
            Some(comment) => {
                let line = [kvmprep_lossless::lines::indentation(bytes), &bytes[comment.start..]].concat();
                self.replace(place.row.index, line);
            }
            None => self.answer.rows.push(RowEdit::Drop { row: place.row.index }),
        }
        self.moved(&place.said.values, &[]);
        self.dead_text_goes(place);
    }

    fn dead_text_goes(&mut self, place: &Place<'_>) {
        if let Some(dead) = place.said.dead {
            let from = vec![BString::from(dead.trim_ascii())];
            self.answer.moves.push(Move { subject: Subject::Opaque, from, to: Vec::new() });
        }
    }

    /// What may beat an edited or new line from elsewhere in the file.
    fn warn_of_rivals(&mut self, row: usize) {
        let says = |index: usize| match grammar::line(self.dialect().grammar, self.text.bytes_of(index)) {
            Line::Directive(directive) => std::str::from_utf8(&directive.keyword)
                .map(|spelled| vocabulary::shared_name(self.dialect().version, spelled).to_ascii_lowercase())
                .ok(),
            _ => None,
        };
        let rows = || self.text.rows().filter(|row| row.kind == Kind::Directive);
        let this = |index: usize| says(index).is_some_and(|said| self.name.is(&said));
        let mut notes = Vec::new();
        if self.scope.header.is_none() && !self.adds_up() {
            let include = rows().take_while(|r| r.index < row).find(|r| says(r.index).as_deref() == Some("include"));
            notes.extend(include.map(|include| {
                Diagnostic::warning("include-earlier", format!("an Include stands before `{}`", self.name.spelled))
                    .at(include.span())
                    .help("a file it names may set the keyword first, and the first one wins: look there")
            }));
            let in_blocks = self.keyword.is_none_or(|keyword| keyword.in_blocks(self.dialect().version));
            let all = rows()
                .find(|r| r.within.as_ref().is_some_and(|criteria| criteria.is_all()) && in_blocks && this(r.index));
            notes.extend(all.map(|all| {
                Diagnostic::warning("match-all-wins", format!("`Match all` sets `{}` too", self.name.spelled))
                    .at(all.span())
                    .help("what stands under `Match all` beats the global section for every connection")
            }));
        } else if let Some(header) = self.scope.header {
            let earlier = rows().take_while(|r| r.index < header).find(|r| r.within.is_some() && this(r.index));
            notes.extend(earlier.map(|earlier| {
                Diagnostic::warning("earlier-block", format!("an earlier block sets `{}` too", self.name.spelled))
                    .at(earlier.span())
                    .help("for connections that meet the criteria of both blocks the earlier one wins")
            }));
        }
        self.answer.notes.extend(notes);
    }
}

/// Whether a keyword may be written here at all.
fn may_write(dialect: Sshd, key: &Key, name: &Name, keyword: Option<&Keyword>, manner: &Manner) -> Result<(), Refusal> {
    let spelled = &name.spelled;
    let allowed = |code: &'static str, message: String, help: &str| {
        if manner.allows(code) { Ok(()) } else { Err(Refusal::new(code, message).help(help).overridable()) }
    };
    if !is_word(spelled.as_bytes()) {
        return Err(Refusal::new("not-a-keyword", "a keyword is made of letters and digits")
            .help("put the value where values go"));
    }
    if name.is("Match") {
        return Err(Refusal::new("match-line", "a Match line is no setting")
            .help("address a block as `Match[User bob]`, a keyword in it as `Match[User bob].Banner`"));
    }
    let Some(keyword) = keyword else {
        let help = "check the spelling; sshd refuses to start on a keyword it does not know";
        return allowed("unknown-keyword", format!("`{spelled}` is not a keyword of sshd_config"), help);
    };
    if name.is("Include") {
        allowed("include", "an Include draws in other files".to_owned(), "the keyword to set may be named instead")?;
    }
    if matches!(keyword.shape, Shape::Ignored { .. }) {
        let help = "it is kept for old files; setting it has no effect";
        allowed("ignored-keyword", format!("sshd does not look at `{spelled}`"), help)?;
    }
    if !keyword.known_to(dialect.version) {
        let message = format!("`{spelled}` came with OpenSSH {}, this is {}", keyword.since, dialect.version);
        allowed("keyword-too-new", message, "an older sshd refuses to start on it")?;
    }
    if key.scope().is_some_and(|block| !block.criteria.is_all()) && !keyword.in_blocks(dialect.version) {
        return Err(Refusal::new(
            "global-only",
            format!("sshd {} refuses to start on `{spelled}` under a Match", dialect.version),
        )
        .help(format!("set `{spelled}` in the global section")));
    }
    Ok(())
}

fn needs_selector(name: &Name, keyword: Option<&Keyword>) -> Result<(), Refusal> {
    let named = keyword.is_some_and(|keyword| keyword.shape == Shape::Named);
    match (&name.selector, named) {
        (None, true) => Err(Refusal::new("name-needed", format!("`{0}` is told by its name", name.spelled))
            .help(format!("write `{}[sftp]`", name.spelled))),
        (Some(_), false) => Err(Refusal::new("no-such-name", format!("`{}` takes no name in brackets", name.spelled))
            .help(format!("write `{}`", name.spelled))),
        _ => Ok(()),
    }
}

/// The gap between two words, as it may stand between two others: before 8.7 a `=` separates words too, but not
/// behind a closing quote.
fn gap(between: &[u8]) -> &[u8] {
    if between.contains(&b'=') { b" " } else { between }
}

/// `line` with the bytes of a span replaced.
fn spliced(line: &[u8], span: Span, with: &[u8]) -> Vec<u8> {
    [&line[..span.start], with, &line[span.end..]].concat()
}
