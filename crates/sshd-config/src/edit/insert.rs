use std::borrow::Cow;

use bstr::BString;
use kvmprep_lossless::lines::{Ending, indentation};
use kvmprep_lossless::{Absent, Diagnostic, Refusal, RowEdit, RowRef, Span};

use super::{Work, spliced};
use crate::grammar::{self, Directive, Line};
use crate::reading::{Place, Statement};
use crate::vocabulary::{self, Shape};
use crate::{Kind, Sshd, Version};

/// Where a new line goes, and how the lines around it are dressed.
struct Spot<'t> {
    before: usize,
    indent: &'t [u8],
    separator: &'t [u8],
}

impl<'t> Work<'t> {
    /// The first occurrence of a keyword. In the global section in place of its commented default, else behind the
    /// last directive, else before the first Match and the comment that leads it; in a block behind its last
    /// directive. Cases `edit-global-before-match`, `edit-match-block-end`.
    pub(super) fn insert(&mut self, values: &[BString]) -> Result<(), Refusal> {
        let anchors = self.anchors();
        let Some(anchor) = anchors.last() else {
            let spot = self.spot();
            return self.insert_at(spot, values);
        };
        if anchors.len() > 1 {
            let message = format!("`{}` is commented out in several places; the last one is taken", self.name.spelled);
            self.note(Diagnostic::note("several-defaults", message).at(anchor.row.span()));
        }
        if self.manner.absent == Absent::InsertBelow {
            return self.insert_at(Spot { before: anchor.row.index + 1, indent: b"", separator: b" " }, values);
        }
        self.uncomment(anchor, values)
    }

    fn insert_at(&mut self, spot: Spot<'_>, values: &[BString]) -> Result<(), Refusal> {
        let ending = Ending::dominant(&self.text.contiguous());
        let lines = self.lines(values, spot.indent, spot.separator, ending)?;
        self.answer.rows.push(RowEdit::Insert { before: spot.before, lines });
        self.moved(&[], values);
        self.warn_of_rivals(spot.before);
        Ok(())
    }

    /// New lines: one, or one for each value.
    pub(super) fn lines(
        &self,
        values: &[BString],
        indent: &[u8],
        separator: &[u8],
        ending: Ending,
    ) -> Result<Vec<u8>, Refusal> {
        let mut lines = Vec::new();
        let each = if self.shape() == Shape::Lines { 1 } else { values.len() };
        for values in values.chunks(each.max(1)) {
            let name = self.name_to_write();
            let head = [indent, name.as_bytes(), separator];
            head.iter().for_each(|part| lines.extend_from_slice(part));
            if let Some(selector) = &self.name.selector {
                lines.extend(self.dialect().spell(selector, None)?);
                lines.push(b' ');
            }
            lines.extend(self.spelled(values, None)?);
            lines.extend_from_slice(ending.bytes());
        }
        Ok(lines)
    }

    /// The manual's spelling for this release, or the alias that was asked for.
    fn name_to_write(&self) -> String {
        match vocabulary::find(self.dialect().version, self.name.spelled.as_bytes()) {
            Some((keyword, barred)) => {
                let alias = !keyword.name.eq_ignore_ascii_case(&self.name.spelled);
                let asked_for = alias && !(barred && self.scope.header.is_some());
                if asked_for { self.name.spelled.clone() } else { keyword.name_for(self.dialect().version).to_owned() }
            }
            None => self.name.spelled.clone(),
        }
    }

    /// The commented default itself becomes the live line; further values go below it.
    fn uncomment(&mut self, anchor: &Place<'_>, values: &[BString]) -> Result<(), Refusal> {
        let line = &anchor.row.bytes[1..];
        let lines = self.shape() == Shape::Lines;
        let (first, more) = values.split_at(if lines { 1 } else { values.len() });
        let with = self.spelled(first, Some(anchor))?;
        self.replace(anchor.row.index, spliced(line, anchor.said.extent(line), &with));
        if let Line::Comment(text) = grammar::line(self.dialect().grammar, anchor.row.bytes) {
            self.comment_moved(Some(text), None);
        }
        self.moved(&[], first);
        if !more.is_empty() {
            let mut below = Vec::new();
            let head = &line[..anchor.said.extent(line).start];
            for value in more {
                below.extend_from_slice(head);
                below.extend(self.spelled(std::slice::from_ref(value), None)?);
                below.extend_from_slice(self.ending_like(anchor.row.bytes).bytes());
            }
            self.answer.rows.push(RowEdit::Insert { before: anchor.row.index + 1, lines: below });
            self.moved(&[], more);
        }
        self.warn_of_rivals(anchor.row.index);
        Ok(())
    }

    pub(super) fn ending_like(&self, line: &[u8]) -> Ending {
        Ending::of(line).unwrap_or_else(|| Ending::dominant(&self.text.contiguous()))
    }

    /// Commented defaults of the keyword in the global section: `#Keyword value` and nothing else on the line, the
    /// mark in the first column and no blank behind it. The sample block at the end of stock files is indented.
    fn anchors(&self) -> Vec<Place<'t>> {
        let (text, dialect) = (self.text, self.dialect());
        if self.scope.header.is_some() {
            return Vec::new();
        }
        let commented = |row: RowRef<'t, Sshd>| {
            let line = row.bytes.strip_prefix(b"#").filter(|line| line.first().is_some_and(u8::is_ascii_alphabetic))?;
            let Line::Directive(directive) = grammar::line(dialect.grammar, line) else { return None };
            let spelled = std::str::from_utf8(&directive.keyword).ok()?;
            if !self.name.is(vocabulary::shared_name(dialect.version, spelled)) {
                return None;
            }
            match dialect.statement(&directive) {
                Statement::Said(said) => Some(Place { row, said }),
                _ => None,
            }
        };
        let whole = |place: &Place<'t>| {
            let values: Vec<Cow<'_, [u8]>> =
                place.said.arguments.iter().map(|argument| argument.value.clone()).collect();
            let alone = place.said.comment.is_none() && place.said.dead.is_none();
            let taken = self.keyword.is_none_or(|keyword| keyword.check.check(keyword.shape, &values).is_ok());
            place.said.name == self.name && alone && taken
        };
        let rows = text.run_of(self.scope.start..self.scope.end).rows();
        rows.filter(|row| row.kind == Kind::Comment).filter_map(commented).filter(whole).collect()
    }

    fn spot(&self) -> Spot<'t> {
        let directives: Vec<(RowRef<'t, Sshd>, Directive<'t>)> = self.directives().collect();
        let separator = usual_separator(&directives);
        if let Some(header) = self.scope.header {
            return match directives.last() {
                Some((row, _)) => Spot { before: row.index + 1, indent: indentation(row.bytes), separator },
                None => Spot { before: header + 1, indent: b"\t", separator },
            };
        }
        let early = self.name.is("Port") || self.name.is("AddressFamily");
        let listen = directives.iter().find(|(_, directive)| directive.is("ListenAddress"));
        let last = directives.iter().rev().find(|(_, directive)| !directive.is("Include"));
        let before = match (listen, last) {
            (Some((row, _)), _) if early && self.dialect().version < LISTEN_BEFORE_PORT => row.index,
            (_, Some((row, _))) => row.index + 1,
            (_, None) => self.before_first_match(self.scope.end),
        };
        Spot { before, indent: b"", separator }
    }

    /// The directives of the scope, right or wrong.
    fn directives(&self) -> impl Iterator<Item = (RowRef<'t, Sshd>, Directive<'t>)> + use<'t> {
        let grammar = self.dialect().grammar;
        let rows = self.text.run_of(self.scope.start..self.scope.end).rows();
        rows.filter(|row| row.kind == Kind::Directive).filter_map(move |row| match grammar::line(grammar, row.bytes) {
            Line::Directive(directive) => Some((row, directive)),
            _ => None,
        })
    }

    /// Before the comment that stands directly above a Match line, and the blank lines above that.
    pub(super) fn before_first_match(&self, header: usize) -> usize {
        if header == self.text.len() {
            return header;
        }
        let above: Vec<Kind> = self.text.run_of(0..header).rows().map(|row| row.kind).collect();
        let comments = above.iter().rev().take_while(|kind| **kind == Kind::Comment).count();
        let blanks = above[..header - comments].iter().rev().take_while(|kind| **kind == Kind::Blank).count();
        header - comments - blanks
    }
}

/// In releases before this one, a Port or AddressFamily behind a ListenAddress is fatal.
const LISTEN_BEFORE_PORT: Version = Version(6, 9);

/// The separator of most lines, where it is a plain one; a blank where they differ.
fn usual_separator(directives: &[(RowRef<'_, Sshd>, Directive<'_>)]) -> &'static [u8] {
    let used = |separator: &[u8]| {
        let same = |(row, directive): &&(RowRef<'_, Sshd>, Directive<'_>)| {
            let end = Span::of_part(row.bytes, directive.rest).unwrap_or_default().start;
            row.bytes[..end].strip_suffix(separator).and_then(|head| head.last()).is_some_and(u8::is_ascii_alphanumeric)
        };
        2 * directives.iter().filter(same).count() > directives.len()
    };
    let plain: [&'static [u8]; 3] = [b"\t", b"=", b" = "];
    plain.into_iter().find(|separator| used(separator)).unwrap_or(b" ")
}
