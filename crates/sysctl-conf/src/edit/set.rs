use bstr::BString;
use kvmprep_lossless::lines::{self, Ending};
use kvmprep_lossless::{
    Absent, Answer, Diagnostic, Duplicates, Format, Manner, Move, Reading, Refusal, RowEdit, Setting, Span, Subject,
    Text, Value,
};

use super::places::{CommentedDefault, Place, Places};
use super::style::Style;
use super::vet;
use crate::key::Key;
use crate::syntax::SysctlConf;
use crate::value::{self, comment_tail};
use crate::vocabulary;

/// Sets one value.
///
/// The last assignment is edited, as the last one wins (case `duplicate`). Where none counts, because a line below
/// excludes the key or a reader does not take the line for it, a new line goes below all that speak of the key. Where
/// there is none, the last commented default comes to life, else a line goes to the end.
pub(super) fn answer(
    text: &Text<SysctlConf>,
    key: &Key,
    to: &[BString],
    manner: &Manner,
) -> Result<Answer<Key>, Refusal> {
    let [value] = to else {
        return Err(Refusal::new("one-value", format!("`{key}` has one value, and {} are given", to.len()))
            .help("several numbers are one value with blanks inside"));
    };
    vet::key(key, manner)?;
    value::vet(value, manner)?;
    vet::for_old_readers(text.syntax().readers(), key, value)?;
    let set = Set { text, key, value, manner, places: Places::find(text, key, manner)? };
    Ok(set.answer())
}

struct Set<'t> {
    text: &'t Text<SysctlConf>,
    key: &'t Key,
    value: &'t BString,
    manner: &'t Manner,
    places: Places<'t>,
}

impl Set<'_> {
    fn answer(&self) -> Answer<Key> {
        let readers = self.text.syntax().readers().iter();
        let taken: Vec<_> = readers.map(|reader| self.text.syntax().get(self.text, *reader, self.key)).collect();
        let is_so = |setting: &Setting<Key>| setting.value == Value::Known(vec![self.value.clone()]);
        let already = taken.iter().all(|settings| settings.iter().any(is_so));
        let last = self.places.live().last();
        let counting = last.filter(|place| {
            place.agreed
                && (place.plain || self.places.glob.is_none())
                && taken.iter().all(|settings| stands_at(settings, place.span))
        });
        let mut answer = match counting {
            Some(_) if already => Answer::default(),
            None if already => return Answer { notes: super::still_set(&self.places), ..Answer::default() },
            Some(place) => self.replaced(place),
            None if last.is_none() && self.manner.absent == Absent::Leave => return Answer::default(),
            None => self.written(),
        };
        self.dedupe(&mut answer, counting);
        let program = vocabulary::starts_program(self.key).map(|when| {
            Diagnostic::warning(
                "program-key",
                format!("`{}` names a program that the kernel starts as root {when}", self.key),
            )
        });
        answer.notes.extend(value::warnings(self.value).chain(program));
        answer
    }

    /// The value's bytes are replaced and nothing else of the line; what looked like a comment behind the old value
    /// goes to a line above, as it was part of the value (case `trailing-comment`).
    fn replaced(&self, place: &Place<'_>) -> Answer<Key> {
        let line = self.text.bytes_of(place.row);
        let with = self.spliced(line, place.value);
        let mut answer = self.moving(RowEdit::Replace { row: place.row, with }, vec![place.value.into()]);
        if let Some(tail) = comment_tail(place.value) {
            let ending = Ending::of(line).unwrap_or_else(|| Ending::dominant(&self.text.contiguous()));
            let lines = [lines::indentation(line), tail, ending.bytes()].concat();
            answer.rows.push(RowEdit::Insert { before: place.row, lines });
            answer.moves.push(Move { subject: Subject::Comment, from: Vec::new(), to: vec![tail.into()] });
            answer.notes.push(
                Diagnostic::note(
                    "comment-moved",
                    "there are no trailing comments: this was part of the value, and now stands on a line of its own",
                )
                .at(Span::new(place.span.end - tail.len(), place.span.end)),
            );
        }
        answer
    }

    /// A place for a key that has none, or none that counts.
    fn written(&self) -> Answer<Key> {
        let last_row = self.places.last_row();
        let default = self.places.defaults.last().filter(|default| last_row.is_none_or(|row| row < default.row.index));
        match (default, last_row) {
            (Some(default), _) if self.manner.absent == Absent::InsertBelow => {
                let style = Style::of_default(self.text, default.row.bytes, &default.template);
                self.inserted(default.row.index + 1, &style)
            }
            (Some(default), _) => self.uncommented(default),
            (None, Some(row)) => self.inserted(row + 1, &Style::near(self.text, row + 1)),
            (None, None) => self.inserted(self.text.len(), &Style::near(self.text, self.text.len())),
        }
    }

    /// The comment mark goes, with the blank behind it; key, blanks and line end stay as they are.
    fn uncommented(&self, default: &CommentedDefault<'_>) -> Answer<Key> {
        let CommentedDefault { row, template } = default;
        let with = [template.indentation, &self.spliced(template.line, template.assignment.value)].concat();
        let mut answer = self.moving(RowEdit::Replace { row: row.index, with }, Vec::new());
        let comment = row.bytes[template.indentation.len()..].trim_ascii_end().into();
        answer.moves.push(Move { subject: Subject::Comment, from: vec![comment], to: Vec::new() });
        if self.places.defaults.len() > 1 {
            let note = Diagnostic::note("several-defaults", "of several commented defaults the last is taken");
            answer.notes.push(note.at(row.span()));
        }
        answer
    }

    fn inserted(&self, before: usize, style: &Style<'_>) -> Answer<Key> {
        self.moving(RowEdit::Insert { before, lines: style.line(self.key, self.value) }, Vec::new())
    }

    fn moving(&self, row: RowEdit, from: Vec<BString>) -> Answer<Key> {
        let moved = Move { subject: Subject::Setting(self.key.clone()), from, to: vec![self.value.clone()] };
        Answer { rows: vec![row], moves: vec![moved], notes: Vec::new() }
    }

    /// A line with the value put in the place of the old one; an empty one stands behind the blanks after the `=`.
    fn spliced(&self, line: &[u8], old: &[u8]) -> Vec<u8> {
        let Span { start, end } = Span::of_part(line, old).unwrap_or(Span::empty(line.len()));
        let blanks = if old.is_empty() { lines::indentation(&line[start..]).len() } else { 0 };
        [&line[..start + blanks], self.value, &line[end + blanks..]].concat()
    }

    /// Assignments that do not count are harmless: they are reported, and taken out when that is asked.
    fn dedupe(&self, answer: &mut Answer<Key>, kept: Option<&Place<'_>>) {
        let shadowed = self.places.live().iter().filter(|place| Some(*place) != kept);
        if self.manner.duplicates == Duplicates::Leave {
            let note = |place: &Place<'_>| {
                Diagnostic::note("shadowed", "this assignment of the key does not count: a later line wins")
                    .at(place.span)
            };
            answer.notes.extend(shadowed.map(note));
            return;
        }
        let dropped: Vec<_> = shadowed.filter(|place| place.agreed).collect();
        answer.rows.extend(dropped.iter().map(|place| RowEdit::Drop { row: place.row }));
        if !dropped.is_empty() {
            let from = dropped.iter().map(|place| place.value.into()).collect();
            answer.moves.push(Move { subject: Subject::Setting(self.key.clone()), from, to: Vec::new() });
        }
    }
}

fn stands_at(settings: &[Setting<Key>], span: Span) -> bool {
    matches!(settings, [setting] if setting.at == [span])
}
