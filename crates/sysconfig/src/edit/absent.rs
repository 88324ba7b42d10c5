use bstr::BString;
use kvmprep_lossless::lines::{Ending, indentation, split_ending};
use kvmprep_lossless::{Absent, Diagnostic, Fact, Refusal, RowEdit, RowRef, Span, SystemdVersion};

use super::Verb;
use super::rewrite::Word;
use crate::parts::Parts;
use crate::statement::PieceKind;
use crate::syntax::{Flow, Kind, Reader, Sysconfig};
use crate::systemd::Mode;
use crate::value::{Style, fresh_style, quote};

/// A commented default: `#`, at most one blank, `KEY=` and one complete word, then nothing or a comment.
struct Candidate<'t> {
    row: RowRef<'t, Sysconfig>,
    /// One blank stands behind the mark.
    spaced: bool,
    style: Style,
    value: Option<Vec<u8>>,
    /// Blanks behind the word.
    blanks: &'t [u8],
    comment: Option<&'t [u8]>,
}

impl<'t> Verb<'t> {
    /// Uncomments the default in place, or writes below it, or at the end of what is always run.
    pub(super) fn set_absent(&mut self, value: &BString) -> Result<(), Refusal> {
        if self.request.manner.absent == Absent::Leave {
            self.notes.push(Diagnostic::note("absent", format!("`{}` is not set, and is left so", self.key())));
            return Ok(());
        }
        let used = !self.survey.places.is_empty()
            || !self.survey.code.is_empty()
            || !self.survey.entries.is_empty()
            || self.survey.fixed.is_some();
        match self.candidate(value).filter(|_| !used) {
            Some(candidate) if self.request.manner.absent == Absent::InsertBelow => {
                let indent = indentation(candidate.row.bytes);
                let word = self.fresh(value, Some(candidate.style));
                self.insert(candidate.row.index + 1, indent, &word)
            }
            Some(candidate) => {
                self.uncomment(&candidate, value);
                Ok(())
            }
            None => {
                let before = self.end_of_what_runs()?;
                let word = self.fresh(value, None);
                self.insert(before, b"", &word)
            }
        }
    }

    /// Prefers the text that is wanted, then no blank behind the mark, then the last.
    fn candidate(&mut self, value: &BString) -> Option<Candidate<'t>> {
        let candidates = self.candidates();
        let rank = |candidate: &Candidate<'_>| (candidate.value.as_deref() == Some(&value[..]), !candidate.spaced);
        let best = candidates.iter().map(&rank).max()?;
        let several = candidates.len();
        let chosen = candidates.into_iter().rfind(|candidate| rank(candidate) == best)?;
        if several > 1 {
            let message = format!("{several} commented defaults of `{}`; this one is taken", self.key());
            self.notes.push(Diagnostic::note("commented-default-chosen", message).at(chosen.row.span()));
        }
        Some(chosen)
    }

    fn candidates(&self) -> Vec<Candidate<'t>> {
        let name = self.key().name().as_bytes();
        let mut found = Vec::new();
        let mut before: Option<RowRef<'t, Sysconfig>> = None;
        let mut rows = self.text.rows().peekable();
        while let Some(row) = rows.next() {
            let live = row.kind == Kind::Comment && row.within.flow == Flow::Live;
            let border = !self.reads(Reader::ServiceManager) || row.within.systemd == Mode::BeforeKey;
            if live
                && border
                && let Some(candidate) = candidate(row, name)
            {
                let prose =
                    candidate.spaced && before.is_some_and(is_prose) && rows.peek().copied().is_some_and(is_prose);
                found.extend((!prose).then_some(candidate));
            }
            before = Some(row);
        }
        found
    }

    fn uncomment(&mut self, candidate: &Candidate<'t>, value: &BString) {
        let row = candidate.row;
        let key = self.key();
        let (shell, manager) = (self.reads(Reader::Shell), self.reads(Reader::ServiceManager));
        let word = self.fresh(value, Some(candidate.style));
        let indent = indentation(row.bytes);
        let ending = match Ending::of(row.bytes) {
            Some(_) if shell => Ending::Lf.bytes(),
            Some(ending) => ending.bytes(),
            None => b"",
        };
        let line = [indent, key.name().as_bytes(), b"=", &word.raw].concat();
        let with = match candidate.comment {
            Some(comment) if manager => [indent, comment, b"\n", &line, ending].concat(),
            Some(comment) => [&line, candidate.blanks, comment, ending].concat(),
            None => [&line, candidate.blanks, ending].concat(),
        };
        for &reader in self.text.syntax().readers() {
            self.declared.goes(self.text.syntax(), reader, row);
            self.declared.comes(reader, candidate.comment.map(Fact::comment));
            self.declared.comes(reader, [Fact::setting(key.clone(), value.clone())]);
        }
        self.rows.push(RowEdit::Replace { row: row.index, with });
        self.note_line_ending(row.bytes, row.at);
    }

    /// A word that takes no other's place; quoted like the last one that is.
    pub(super) fn fresh(&self, value: &[u8], style: Option<Style>) -> Word {
        let manager = self.reads(Reader::ServiceManager);
        let style = style.filter(|style| *style != Style::Mixed).unwrap_or_else(|| match fresh_style(value, manager) {
            Style::Bare => Style::Bare,
            _ if value.is_empty() => Style::Double,
            fresh => self.neighbour_style().unwrap_or(fresh),
        });
        Word::known(quote(value, style, manager), value)
    }

    fn neighbour_style(&self) -> Option<Style> {
        let quoted = |row: &RowRef<'_, Sysconfig>| memchr::memchr2(b'\'', b'"', row.bytes).is_some();
        let rows: Vec<_> = self.text.rows().filter(|row| row.kind == Kind::Assignment && quoted(row)).collect();
        rows.iter().rev().find_map(|row| {
            let styles = Parts::of(row.bytes).assigns().map(|assign| assign.style).collect::<Vec<_>>();
            styles.into_iter().rfind(|style| matches!(style, Style::Single | Style::Double))
        })
    }

    /// The row to write before: the end, or the first statement that can end the file [append-after-return].
    fn end_of_what_runs(&self) -> Result<usize, Refusal> {
        let end = self.text.len();
        if !self.reads(Reader::Shell) {
            return Ok(end);
        }
        let gone = self.text.rows().find(|row| row.within.flow != Flow::Live).map(|row| row.index);
        let before = match gone {
            Some(row) => row - 1,
            None if self.text.end_state().flow != Flow::Live => end - 1,
            None => end,
        };
        let overridden = self
            .survey
            .places
            .last()
            .map(|place| place.row.index)
            .into_iter()
            .chain(self.survey.entries.last().map(|entry| entry.row))
            .chain(self.survey.code.last().map(|code| code.row))
            .chain(self.survey.fixed.as_ref().map(|fixed| fixed.row))
            .max()
            .filter(|row| *row >= before);
        match overridden.and_then(|_| self.text.row(before)) {
            Some(row) => {
                Err(Refusal::new("after-return", "code here may end the file, and the variable is set at or behind it")
                    .at(row.span())
                    .help("edit that part of the file by hand"))
            }
            None => Ok(before),
        }
    }

    pub(super) fn insert(&mut self, before: usize, indent: &[u8], word: &Word) -> Result<(), Refusal> {
        let ending = if self.reads(Reader::Shell) { Ending::Lf } else { Ending::dominant(&self.text.contiguous()) };
        let gap = self.gap(before)?;
        if before == self.text.len() {
            self.end_last_line(ending);
        }
        let line = [gap, indent, self.key().name().as_bytes(), b"=", &word.raw, ending.bytes()].concat();
        for &reader in self.text.syntax().readers() {
            self.declared.comes(reader, [Fact::setting(self.key().clone(), word.manager.clone())]);
        }
        self.rows.push(RowEdit::Insert { before, lines: line });
        if self.reads(Reader::Shell) && Ending::dominant(&self.text.contiguous()) == Ending::CrLf {
            let message = "the new line ends in LF: a shell would read a CR as part of the value; systemd takes both";
            self.notes.push(Diagnostic::note("crlf", message));
        }
        Ok(())
    }

    /// Ends an unended last line as the new one ends: in a file with CR LF lines the core would give it a carriage
    /// return, which a shell takes for part of the value [crlf-no-final].
    fn end_last_line(&mut self, ending: Ending) {
        let last = self.text.len().checked_sub(1).and_then(|row| self.text.row(row));
        if let Some(last) = last.filter(|last| !last.bytes.ends_with(b"\n")) {
            self.rows.push(RowEdit::Replace { row: last.index, with: [last.bytes, ending.bytes()].concat() });
        }
    }

    /// An empty line where systemd would take the new line for the continuation of what stands before it
    /// [comment-backslash-blank-line][open-cont-blank-line].
    fn gap(&self, before: usize) -> Result<&'static [u8], Refusal> {
        let last = before.checked_sub(1).and_then(|row| self.text.row(row));
        let Some(last) = last else { return Ok(b"") };
        let unended = !last.bytes.ends_with(b"\n");
        let comment = last.kind == Kind::Comment;
        if unended && !comment && ends_in_backslash(last.bytes) {
            return Err(Refusal::new(
                "backslash-at-end",
                "the last line ends in a backslash, which would join a new line to it",
            )
            .at(last.span())
            .help("end that line first"));
        }
        let continued = last.bytes.strip_suffix(b"\n").is_some_and(ends_in_backslash);
        if self.reads(Reader::Shell) && continued && !comment && before == self.text.len() {
            return Ok(b"\n");
        }
        // A comment's backslash joins lines up to 253, which many hosts have: an empty line is right for all.
        let version = self.text.syntax().systemd.min(SystemdVersion(253));
        let mut mode = last.within.systemd.past(last.bytes, version);
        if unended {
            mode = mode.past(b"\n", version);
        }
        match mode {
            _ if !self.reads(Reader::ServiceManager) => Ok(b""),
            Mode::BeforeKey => Ok(b""),
            open if open.past(b"\n", version) == Mode::BeforeKey && before == self.text.len() => Ok(b"\n"),
            open if !open.in_quotes() => Err(Refusal::new(
                "runs-on-for-systemd",
                "to systemd the line before goes on here, and an empty line would change what follows",
            )
            .at(last.span())
            .help("take the backslash at its end out first")),
            _ => Err(Refusal::new("unclosed", "to systemd a quote is open where the line would go")
                .at(Span::empty(last.span().end))),
        }
    }
}

fn ends_in_backslash(line: &[u8]) -> bool {
    line.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// Reads a comment line as a commented default of a variable.
fn candidate<'t>(row: RowRef<'t, Sysconfig>, name: &[u8]) -> Option<Candidate<'t>> {
    let (line, _) = split_ending(row.bytes);
    let body = line[indentation(line).len()..].strip_prefix(b"#")?;
    let assignment = body.strip_prefix(b" ").or_else(|| body.strip_prefix(b"\t")).unwrap_or(body);
    assignment.strip_prefix(name)?.strip_prefix(b"=")?;
    let parts = Parts::of(assignment);
    let [command] = &parts.statement.commands[..] else { return None };
    let assign = parts.assigns().next()?;
    let whole = parts.statement.words(command).len() == 1
        && !parts.statement.pieces.iter().any(|piece| piece.kind == PieceKind::LastBackslash)
        && assign.word.start == 0;
    let behind = &assignment[assign.word.end..];
    let blanks = indentation(behind);
    let comment = &behind[blanks.len()..];
    let fits =
        comment.is_empty() || (comment.starts_with(b"#") && !ends_in_backslash(comment) && !comment.contains(&b'\n'));
    (whole && fits).then(|| Candidate {
        row,
        spaced: assignment.len() < body.len(),
        style: assign.style,
        value: assign.meaning.known().map(<[u8]>::to_vec),
        blanks,
        comment: (!comment.is_empty()).then_some(comment),
    })
}

/// A comment line with text on it that is no commented assignment itself.
fn is_prose(row: RowRef<'_, Sysconfig>) -> bool {
    let (line, _) = split_ending(row.bytes);
    let Some(body) = line[indentation(line).len()..].strip_prefix(b"#").filter(|_| row.kind == Kind::Comment) else {
        return false;
    };
    let text = &body[indentation(body).len()..];
    let name = text.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    !text.is_empty() && candidate(row, &text[..name]).is_none()
}
