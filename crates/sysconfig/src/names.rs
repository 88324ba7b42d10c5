//! Which variables shell code assigns by a form that names them: what a person would call its variables.

use kvmprep_lossless::Span;

use crate::code::{assigned_in, keeps_variables, words};
use crate::key::Key;
use crate::level::Shield;
use crate::scan::Scan;
use crate::statement::{Assigned, HazardKind, head};

/// What the next argument of a command is to variables.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Takes {
    Nothing,
    /// The command itself: behind `command` and `builtin`.
    Command,
    /// Names, as all that follow.
    Names,
    /// Names and assignments, arrays too: the word is no other than `export` or one like it.
    Assignments,
    /// One name.
    Name,
    /// A name follows when it is `-v`.
    Option,
    /// The letters of `getopts`, which a name follows.
    Letters,
    Arithmetic,
    /// More code.
    Code,
}

impl Takes {
    fn of(command: &[u8]) -> Self {
        if matches!(command, b"export" | b"readonly" | b"declare" | b"typeset" | b"local") {
            return Self::Assignments;
        }
        match command.strip_prefix(b"\\").unwrap_or(command) {
            b"command" | b"builtin" => Self::Command,
            b"read" | b"unset" | b"export" | b"readonly" | b"declare" | b"typeset" | b"local" | b"mapfile"
            | b"readarray" => Self::Names,
            b"printf" | b"wait" => Self::Option,
            b"getopts" => Self::Letters,
            b"let" => Self::Arithmetic,
            b"eval" => Self::Code,
            _ => Self::Nothing,
        }
    }

    fn behind_command(self) -> Self {
        if self == Self::Assignments { Self::Names } else { self }
    }
}

impl Scan<'_> {
    /// An assignment word in front of a command or of nothing.
    pub(crate) fn note_prefix(&mut self, word: Span) {
        let name = head(word.of(self.text)).map_or(0, |head| head.name);
        self.note(Span::new(word.start, word.start + name), true);
    }

    /// The command word: what stands before it lasts only as long as most commands run [prefix-cmd].
    pub(crate) fn note_command(&mut self, word: &[u8]) {
        self.now.takes = Takes::of(word);
        if keeps_variables(word) {
            let mine = self.found.assigned.split_off(self.now.assigned.min(self.found.assigned.len()));
            self.found.assigned.extend(mine.into_iter().filter(|assigned| !assigned.prefix));
        }
    }

    /// The command itself, which may leave the file; `eval` runs what may say `return`.
    pub(crate) fn note_leaving(&mut self, word: Span) {
        let text = word.of(self.text);
        match (self.now.shield, text.strip_prefix(b"\\").unwrap_or(text)) {
            (Shield::None, b"return" | b"eval") => self.found.leaving.push(word),
            (Shield::None | Shield::Function, b"exit" | b"exec") => {
                self.found.leaving.push(word);
                self.hazard(HazardKind::EndsSh, word, "this ends the script that reads the file");
            }
            _ => {}
        }
    }

    /// An argument that may name a variable.
    pub(crate) fn note_argument(&mut self, word: Span) {
        let text = word.of(self.text);
        match self.now.takes {
            Takes::Nothing => {}
            Takes::Command if text.starts_with(b"-") => {}
            Takes::Command => {
                self.now.takes = Takes::of(text).behind_command();
                self.note_leaving(word);
            }
            Takes::Names | Takes::Assignments => self.note_name(word),
            Takes::Name => {
                self.note_name(word);
                self.now.takes = Takes::Nothing;
            }
            Takes::Option if text == b"-v" || text == b"-p" => self.now.takes = Takes::Name,
            Takes::Option => self.now.takes = Takes::Nothing,
            Takes::Letters => self.now.takes = Takes::Name,
            Takes::Arithmetic => self.note_arithmetic(word),
            Takes::Code => assigned_in(text).for_each(|name| self.note_part(name)),
        }
    }

    /// The name a word is or begins with, in quotes or not [export-quoted-name].
    pub(crate) fn note_name(&mut self, word: Span) {
        let text = word.of(self.text);
        if text.contains(&b'[') {
            self.hazard(HazardKind::EndsScript, word, "bash leaves the file where a subscript is no number");
        }
        let quote = text.iter().take_while(|byte| matches!(byte, b'\'' | b'"')).count();
        let name = text[quote..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        let behind = &text[quote + name..];
        if matches!(behind.first(), None | Some(b'=' | b'+' | b'[' | b'\'' | b'"')) {
            self.note(Span::new(word.start + quote, word.start + quote + name), false);
        }
        let whole = behind.first().is_none_or(|next| b"=+[".contains(next)) || (quote > 0 && behind.len() == 1);
        let option = text.starts_with(b"-");
        self.found.hides_names |= !whole && !option && self.now.shield != Shield::Process;
    }

    /// `NAME=…`, `NAME+=…`, `NAME++` and the like in arithmetic.
    pub(crate) fn note_arithmetic(&mut self, span: Span) {
        let text = span.of(self.text);
        for (name, _, behind) in words(text) {
            let behind = &behind[behind.iter().take_while(|byte| **byte == b' ').count()..];
            let start = Span::of_part(text, name).unwrap_or_default().start;
            let before = text[..start].ends_with(b"++") || text[..start].ends_with(b"--");
            let sets = match behind {
                [b'=', b'=', ..] => false,
                [b'=', ..] | [b'+', b'+', ..] | [b'-', b'-', ..] => true,
                [b'<', b'<', b'=', ..] | [b'>', b'>', b'=', ..] => true,
                [operator, b'=', ..] => b"+-*/%&^|".contains(operator),
                _ => false,
            };
            if sets || before {
                self.note_part(name);
            }
        }
    }

    fn note_part(&mut self, name: &[u8]) {
        self.note(Span::of_part(self.text, name).unwrap_or_default(), false);
    }

    /// What a process of its own assigns is lost.
    fn note(&mut self, name: Span, prefix: bool) {
        if self.now.shield != Shield::Process {
            if Key::of(name.of(self.text)).is_some_and(|key| key.is_guarded()) {
                self.hazard(HazardKind::Fails, name, "a variable that a shell may refuse to assign");
            }
            self.found.assigned.push(Assigned { name, prefix });
        }
    }
}
