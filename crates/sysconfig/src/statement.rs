use std::ops::Range;

use kvmprep_lossless::Span;

/// One complete shell statement: all commands of one logical line, or of a compound command or here-document that runs
/// over several. Offsets count from its start.
///
/// Only the outermost level is taken apart: what stands inside `if … fi`, `{ … }`, a function or a substitution is
/// one piece of code.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Statement {
    pub(crate) end: usize,
    pub(crate) commands: Vec<Command>,
    pub(crate) words: Vec<Word>,
    pub(crate) pieces: Vec<Piece>,
    pub(crate) comments: Vec<Span>,
    /// The text of here-documents, each stretch behind the line that announces it.
    pub(crate) here_documents: Vec<Span>,
    pub(crate) hazards: Vec<Hazard>,
    /// The variables that it assigns by name, at any level.
    pub(crate) assigned: Vec<Assigned>,
    /// The names of the functions it defines, and of the commands that functions run, at any level.
    pub(crate) functions: Vec<Span>,
    pub(crate) called: Vec<Span>,
    /// It assigns a name that an expansion or quotes hide.
    pub(crate) hides_names: bool,
    pub(crate) fault: Option<Fault>,
    /// The words that can leave the file, at any level, in order.
    pub(crate) leaving: Vec<Span>,
}

/// Why a shell does not get through a statement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    /// Something opened here is not closed before the text ends.
    Open { at: usize, what: &'static str },
    /// A syntax error.
    Syntax { at: usize },
    /// Shells disagree where it ends, or it is beyond this reader.
    Unclear { at: usize, what: &'static str },
}

/// Something a shell may stumble over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Hazard {
    pub(crate) at: Span,
    pub(crate) kind: HazardKind,
    pub(crate) what: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum HazardKind {
    /// bash reads it, dash does not or reads it otherwise.
    NotPortable,
    /// It can end the script that reads the file.
    EndsScript,
    /// It ends the script, or the script of dash and `sh`: what comes behind it is for those that go on.
    EndsSh,
    /// An error, after which dash and `sh` end the script, and bash goes on with the next line.
    Fails,
}

/// A name that is assigned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Assigned {
    pub(crate) name: Span,
    /// By a word in front of a command, if any.
    pub(crate) prefix: bool,
}

/// What separates two commands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Link {
    /// `;`, a line end, or an end of the statement.
    Sequence,
    And,
    Or,
    Pipe,
    Background,
}

/// Whether a command is run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Runs {
    Always,
    /// When what stands before it succeeds: behind `&&`.
    After,
    /// Behind `||`, or last in a pipe.
    Maybe,
    /// In a process of its own, so that what it sets is lost: in brackets, in a pipe, in the background.
    Apart,
}

/// A command of the outermost level.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Command {
    pub(crate) span: Span,
    pub(crate) words: Range<usize>,
    pub(crate) compound: bool,
    pub(crate) function: bool,
    pub(crate) redirected: bool,
    /// `!` stands before it.
    pub(crate) negated: bool,
    pub(crate) runs: Runs,
    pub(crate) link: Link,
}

/// A word of a command of the outermost level.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Word {
    pub(crate) span: Span,
    pub(crate) pieces: Range<usize>,
}

/// A part of a word that is read by one rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Piece {
    pub(crate) kind: PieceKind,
    pub(crate) span: Span,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum PieceKind {
    /// Bytes that stand for themselves.
    Bare,
    /// A backslash and the byte it protects.
    Escape,
    /// A backslash and a line feed, which vanish.
    Join,
    /// A backslash as the last byte of the text.
    LastBackslash,
    /// `'…'`, marks included.
    Single,
    /// The mark of a double quote.
    Mark,
    /// Text between double quotes, escapes included.
    InDouble,
    /// What only running the shell can tell.
    Expansion,
    /// `$'…'` or `$"…"`, which bash and dash read differently.
    BashQuote,
    /// `(…)` behind an assignment.
    Array,
}

/// The part of an assignment word before its value: `NAME=`, `NAME+=`, `NAME[…]=`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Head {
    /// Bytes of the name, which a line join may stand in.
    pub(crate) name: usize,
    /// Offset of the value.
    pub(crate) value: usize,
    /// A plain `=` directly behind a name without joins.
    pub(crate) plain: bool,
    /// A plain `=`, joins allowed: it sets the variable, wherever the line is broken.
    pub(crate) sets: bool,
}

/// Reads the head of an assignment word; `None` when the word is none.
///
/// A name is `[A-Za-z_][A-Za-z0-9_]*`, directly followed by `=` [space-before-eq][digit-first][quoted-assign].
pub(crate) fn head(word: &[u8]) -> Option<Head> {
    let mut at = 0;
    let mut joined = false;
    let skip = |at: &mut usize, joined: &mut bool| {
        while word[*at..].starts_with(b"\\\n") {
            *at += 2;
            *joined = true;
        }
    };
    let mut letters = 0;
    skip(&mut at, &mut joined);
    while let Some(byte) = word.get(at) {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'_' => {}
            b'0'..=b'9' if letters > 0 => {}
            _ => break,
        }
        letters += 1;
        at += 1;
        skip(&mut at, &mut joined);
    }
    if letters == 0 {
        return None;
    }
    let name = at;
    match &word[at..] {
        [b'=', ..] => Some(Head { name, value: at + 1, plain: !joined, sets: true }),
        [b'+', b'=', ..] => Some(Head { name, value: at + 2, plain: false, sets: false }),
        [b'[', rest @ ..] => {
            let close = memchr::memchr(b']', rest)?;
            let value = match &rest[close + 1..] {
                [b'=', ..] => close + 2,
                [b'+', b'=', ..] => close + 3,
                _ => return None,
            };
            Some(Head { name, value: at + 1 + value, plain: false, sets: false })
        }
        _ => None,
    }
}

impl Statement {
    /// The words of a command.
    pub(crate) fn words(&self, command: &Command) -> &[Word] {
        &self.words[command.words.clone()]
    }

    /// The pieces of a word that lie at or behind an offset.
    pub(crate) fn pieces(&self, word: &Word, from: usize) -> &[Piece] {
        let pieces = &self.pieces[word.pieces.clone()];
        &pieces[pieces.iter().take_while(|piece| piece.span.end <= from).count()..]
    }

    /// The names that a stretch of it assigns.
    pub(crate) fn assigned_in<'t>(&self, stretch: Span, text: &'t [u8]) -> impl Iterator<Item = &'t [u8]> {
        let first = self.assigned.partition_point(|assigned| assigned.name.start < stretch.start);
        let names = self.assigned[first..].iter().map(|assigned| assigned.name);
        names.take_while(move |name| name.end <= stretch.end).map(|name| name.of(text))
    }

    /// Says of each command whether it is run.
    pub(crate) fn mark_runs(&mut self) {
        let commands = &mut self.commands[..];
        let mut list_start = 0;
        let mut before = Link::Sequence;
        for i in 0..commands.len() {
            let link = commands[i].link;
            commands[i].runs = match (commands[i].runs, link, before) {
                (Runs::Apart, ..) | (_, Link::Pipe, _) => Runs::Apart,
                (.., Link::Sequence | Link::Background) => Runs::Always,
                (.., Link::And) => Runs::After,
                (.., Link::Or | Link::Pipe) => Runs::Maybe,
            };
            if link == Link::Background {
                commands[list_start..=i].iter_mut().for_each(|command| command.runs = Runs::Apart);
            }
            if matches!(link, Link::Sequence | Link::Background) {
                list_start = i + 1;
            }
            before = link;
        }
    }
}
