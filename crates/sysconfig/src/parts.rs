//! A statement taken apart into what an editor can reach and what it leaves alone.

use kvmprep_lossless::Span;

use crate::code::{Reach, keeps_variables};
use crate::key::Key;
use crate::scan;
use crate::statement::{Command, Piece, PieceKind, Statement, Word, head};
use crate::value::{Meaning, Style};

/// A part of a statement. Offsets count from the start of the row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Part {
    /// `NAME=value` that is always run and lasts.
    Assign(Assign),
    /// `export NAME`, `readonly NAME`, `declare -x NAME`: what is said beside the value.
    Declare { by: Span, name: Key },
    /// Anything else.
    Code { span: Span, reach: Reach, from: usize, function: bool },
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Assign {
    pub(crate) key: Key,
    /// Number of the command in the statement.
    pub(crate) command: usize,
    /// The whole word.
    pub(crate) word: Span,
    pub(crate) value: Span,
    pub(crate) style: Style,
    pub(crate) meaning: Meaning,
    /// The builtin and its options in front.
    pub(crate) by: Option<Span>,
    /// The name is spelt in one piece.
    pub(crate) whole_name: bool,
}

/// A row's statement and its parts in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Parts {
    pub(crate) statement: Statement,
    pub(crate) parts: Vec<Part>,
}

impl Parts {
    /// Takes the one statement that these bytes are apart.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let statement = scan::statement(bytes);
        let mut parts = Vec::new();
        for (number, command) in statement.commands.iter().enumerate() {
            take_apart(bytes, &statement, number, command, &mut parts);
        }
        Self { statement, parts }
    }

    pub(crate) fn assigns(&self) -> impl Iterator<Item = &Assign> {
        self.parts.iter().filter_map(|part| match part {
            Part::Assign(assign) => Some(assign),
            _ => None,
        })
    }
}

/// What a word says when nothing in it is expanded.
pub(crate) fn literal(bytes: &[u8], statement: &Statement, word: &Word) -> Option<Vec<u8>> {
    let meaning = Meaning::of(bytes, statement.pieces(word, word.span.start), word.span.start);
    meaning.obstacle.is_none().then_some(meaning.bytes)
}

fn take_apart(bytes: &[u8], statement: &Statement, number: usize, command: &Command, parts: &mut Vec<Part>) {
    let words = statement.words(command);
    let prefix = words.iter().take_while(|word| head(word.span.of(bytes)).is_some()).count();
    let plain = !command.compound && !command.redirected && !command.conditional;
    if plain && prefix == words.len() && prefix > 0 {
        for word in words {
            parts.push(assign(bytes, statement, number, word, None).map_or_else(|| code(word.span), Part::Assign));
        }
        return;
    }
    if plain && prefix == 0 && declares(bytes, statement, number, words, parts) {
        return;
    }
    parts.push(judge(bytes, statement, command, &words[prefix..]));
}

fn code(span: Span) -> Part {
    Part::Code { span, reach: Reach::Code, from: span.start, function: false }
}

/// Assignments before an ordinary command last as long as it runs [prefix-cmd]; before a special builtin dash and
/// POSIX keep them [prefix-special].
fn judge(bytes: &[u8], statement: &Statement, command: &Command, words: &[Word]) -> Part {
    let span = command.span;
    let name = words.first().filter(|_| !command.compound).and_then(|word| literal(bytes, statement, word));
    match (words.first(), name) {
        (Some(first), Some(name)) if keeps_variables(&name) => {
            Part::Code { span, reach: Reach::Expansions, from: first.span.start, function: false }
        }
        _ => Part::Code { span, reach: Reach::Code, from: span.start, function: command.function },
    }
}

fn assign(bytes: &[u8], statement: &Statement, command: usize, word: &Word, by: Option<Span>) -> Option<Assign> {
    let text = word.span.of(bytes);
    let head = head(text).filter(|head| head.sets)?;
    let name: Vec<u8> = text[..head.name].iter().copied().filter(|byte| !matches!(byte, b'\\' | b'\n')).collect();
    let value = Span::new(word.span.start + head.value, word.span.end);
    let pieces: Vec<Piece> = statement
        .pieces(word, value.start)
        .iter()
        .map(|piece| Piece { span: Span::new(piece.span.start.max(value.start), piece.span.end), ..*piece })
        .collect();
    let meaning = Meaning::of(bytes, &pieces, value.start);
    let style = Style::of(without_return(bytes, &pieces));
    Some(Assign { key: Key::of(&name)?, command, word: word.span, value, style, meaning, by, whole_name: head.plain })
}

/// The pieces before the carriage return of a line that ends in CR LF: it says nothing about the quotes in use.
fn without_return<'p>(bytes: &[u8], pieces: &'p [Piece]) -> &'p [Piece] {
    match pieces {
        [kept @ .., last] if last.kind == PieceKind::Bare && last.span.of(bytes) == b"\r" => kept,
        all => all,
    }
}

/// `export`, `readonly`, `declare`, `typeset` with nothing but names and assignments behind them.
fn declares(bytes: &[u8], statement: &Statement, number: usize, words: &[Word], parts: &mut Vec<Part>) -> bool {
    let text = |word: &Word| literal(bytes, statement, word);
    let Some(mut builtin) = words.first().and_then(text) else { return false };
    let mut first = 1;
    if builtin == b"command"
        && let Some(next) = words.get(1).and_then(text)
    {
        builtin = next;
        first = 2;
    }
    let bash_only = match &builtin[..] {
        b"export" | b"readonly" => false,
        b"declare" | b"typeset" => true,
        _ => return false,
    };
    let options = words[first..].iter().take_while(|word| bash_only && is_option(word.span.of(bytes))).count();
    let by = Span::new(words[0].span.start, words[first + options - 1].span.end);
    let mut found = Vec::new();
    for word in &words[first + options..] {
        let assign = assign(bytes, statement, number, word, Some(by));
        let Some(name) =
            assign.as_ref().map_or_else(|| Key::of(word.span.of(bytes)), |assign| Some(assign.key.clone()))
        else {
            return false;
        };
        found.extend(assign.map(|mut assign| {
            if bash_only {
                assign.meaning.obstacle.get_or_insert("`declare` and `typeset` are commands of bash alone");
            }
            Part::Assign(assign)
        }));
        found.push(Part::Declare { by, name });
    }
    let any = !found.is_empty();
    parts.append(&mut found);
    any
}

fn is_option(word: &[u8]) -> bool {
    matches!(word, [b'-', letters @ ..] if !letters.is_empty() && letters.iter().all(|byte| b"xrg".contains(byte)))
}

/// True for `readonly` and `declare -r`, options and all.
pub(crate) fn makes_read_only(by: &[u8]) -> bool {
    let mut words = by.split(u8::is_ascii_whitespace);
    words.any(|word| word == b"readonly" || (is_option(word) && word.contains(&b'r')))
}
