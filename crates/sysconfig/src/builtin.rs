//! Builtins that end a script: because they are meant to, or because dash and `sh` end it where they are used wrongly.

use kvmprep_lossless::Span;

use crate::level::Shield;
use crate::scan::Scan;
use crate::statement::{HazardKind, head};

/// What the arguments of a command must be for dash to go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Demands {
    Nothing,
    /// Names and assignments, behind options of these letters where any may come [export-space-eq].
    Names(Option<&'static [u8]>),
    /// A whole number, which dash takes alone.
    Number,
    /// Nothing behind the number, or bash leaves the file.
    NoMore,
    /// What is to be done at the signals behind it.
    Action,
    Signals,
    /// Options of `set` that no shell refuses, and that do not make a later error end the script; behind `--` anything.
    Options,
}

/// The builtins at whose errors POSIX has a shell end [set-e].
const SPECIAL: [&[u8]; 15] = [
    b":",
    b".",
    b"break",
    b"continue",
    b"eval",
    b"exec",
    b"exit",
    b"export",
    b"readonly",
    b"return",
    b"set",
    b"shift",
    b"times",
    b"trap",
    b"unset",
];

const WRONG: &str = "dash ends the script at a wrong use of this builtin";

impl Demands {
    fn of(command: &[u8]) -> Self {
        match command {
            b"export" | b"readonly" => Self::Names(Some(b"p")),
            b"unset" => Self::Names(Some(b"fv")),
            b"local" => Self::Names(Some(b"")),
            b"break" | b"continue" | b"return" | b"exit" | b"shift" => Self::Number,
            b"trap" => Self::Action,
            b"set" => Self::Options,
            _ => Self::Nothing,
        }
    }

    /// Whether an argument is right, with or without more behind it, and what is demanded of the next one.
    fn met_by(self, argument: &[u8], more: bool) -> (bool, Self) {
        match self {
            Self::Nothing => (true, self),
            Self::Names(letters) => match argument {
                b"--" => (letters.is_some(), Self::Names(None)),
                [b'-', given @ ..] if !given.is_empty() => {
                    (letters.is_some_and(|letters| given.iter().all(|letter| letters.contains(letter))), self)
                }
                _ => {
                    let name = argument.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
                    let begins = argument.first().is_some_and(|first| !first.is_ascii_digit());
                    (head(argument).is_some_and(|head| head.sets) || (name && begins), Self::Names(None))
                }
            },
            Self::Number => {
                let status = matches!(argument, b"$?" | b"\"$?\"");
                (status || argument.iter().all(u8::is_ascii_digit), Self::NoMore)
            }
            Self::NoMore => (false, self),
            Self::Action => {
                let quoted = matches!(argument.first(), Some(b'\'' | b'"'));
                (more && (quoted || argument == b"-"), Self::Signals)
            }
            Self::Signals => {
                const SIGNALS: [&[u8]; 8] = [b"EXIT", b"0", b"HUP", b"INT", b"QUIT", b"TERM", b"PIPE", b"USR1"];
                (SIGNALS.contains(&argument), self)
            }
            Self::Options => match unquoted(argument) {
                b"--" | b"-" => (true, Self::Nothing),
                [b'-' | b'+', letters @ ..] => (letters.iter().all(|letter| b"abfvxCm".contains(letter)), self),
                _ => (true, Self::Nothing),
            },
        }
    }
}

/// Without what hides its first byte.
fn unquoted(argument: &[u8]) -> &[u8] {
    &argument[argument.iter().take_while(|byte| matches!(byte, b'\'' | b'"' | b'\\')).count()..]
}

impl Scan<'_> {
    /// A command word: `local` wants a function around it, `shift` an argument to drop.
    pub(crate) fn judge_command(&mut self, span: Span) {
        let text = span.of(self.text);
        let command = text.strip_prefix(b"\\").unwrap_or(text);
        self.now.demands = Demands::of(command);
        self.now.special = SPECIAL.contains(&command);
        self.judge_redirection(span);
        match (command, self.now.shield) {
            (_, Shield::Process) => self.now.demands = Demands::Nothing,
            (b"local", Shield::None) | (b"shift", _) => self.hazard(HazardKind::EndsSh, span, WRONG),
            _ => {}
        }
    }

    /// A file that does not open ends the script where a special builtin is redirected.
    pub(crate) fn judge_redirection(&mut self, span: Span) {
        if self.now.special && self.now.reads_file && self.now.shield != Shield::Process {
            self.hazard(HazardKind::EndsSh, span, "dash and `sh` end the script where this file does not open");
        }
    }

    pub(crate) fn judge_argument(&mut self, span: Span) {
        let demands = self.now.demands;
        let behind = self.text[span.end..].iter().find(|byte| !b" \t".contains(byte));
        let more = behind.is_some_and(|byte| !b"\n;&|()<>#".contains(byte));
        let (right, next) = demands.met_by(span.of(self.text), more);
        self.now.demands = next;
        if !right {
            let kind = if demands == Demands::NoMore { HazardKind::EndsScript } else { HazardKind::EndsSh };
            self.hazard(kind, span, WRONG);
        }
    }
}
