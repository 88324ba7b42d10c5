//! A statement taken apart into what an editor can reach and what it leaves alone.

use kvmprep_lossless::Span;

use crate::code::{Reach, keeps_variables};
use crate::key::Key;
use crate::scan;
use crate::statement::{Command, Hazard, HazardKind, Link, Piece, PieceKind, Runs, Statement, Word, head};
use crate::value::{Meaning, Style};

/// A part of a statement. Offsets count from the start of the row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Part {
    /// `NAME=value` that is always run and lasts.
    Assign(Assign),
    /// `export NAME`, `readonly NAME`, `declare -x NAME`: what is said beside the value.
    Declare { by: Span, name: Key },
    /// A value that is come to whatever happens, out of an edit's reach; `None`: the variable is unset.
    Fixed { span: Span, name: Key, value: Option<Vec<u8>> },
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
    /// Why it is not known though the word is: its command may do something else.
    pub(crate) hindrance: Option<&'static str>,
}

/// A row's statement and its parts in order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Parts {
    pub(crate) statement: Statement,
    pub(crate) parts: Vec<Part>,
}

impl Parts {
    /// Takes the one statement that these bytes are apart.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let statement = scan::statement(bytes);
        let mut parts = Vec::new();
        let mut sure = true;
        let mut left = false;
        for (number, command) in statement.commands.iter().enumerate() {
            let first = parts.len();
            let always = command.runs == Runs::Always || (command.runs == Runs::After && sure);
            take_apart(bytes, &statement, number, always, &mut parts);
            if command.runs == Runs::After {
                parts[first..].iter_mut().for_each(Part::fix);
            }
            let ends = matches!(command.link, Link::Sequence | Link::Background);
            if fails(&statement, command) {
                parts[first..].iter_mut().for_each(|part| part.hinder("an error before it may keep bash from it"));
            }
            if left {
                parts[first..].iter_mut().for_each(|part| part.hinder("code before it may end the file"));
            }
            left |= may_leave(bytes, &statement, command);
            sure = ends || (always && parts[first..].iter().all(|part| part.succeeds(bytes)));
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

impl Assign {
    /// The value, when the file alone decides it.
    pub(crate) fn known(&self) -> Option<&[u8]> {
        self.meaning.known().filter(|_| self.hindrance.is_none())
    }

    /// Why it does not.
    pub(crate) fn obstacle(&self) -> Option<&'static str> {
        self.meaning.obstacle.or(self.hindrance)
    }
}

impl Part {
    /// Behind `&&` it is run as surely as what stands before it, but no edit reaches it.
    fn fix(&mut self) {
        if let Self::Assign(assign) = self {
            let (span, name) = (assign.word, assign.key.clone());
            *self = match assign.known() {
                Some(value) => Self::Fixed { span, name, value: Some(value.to_vec()) },
                None => code(span),
            };
        }
    }

    /// What it assigns is not known, for this reason.
    fn hinder(&mut self, why: &'static str) {
        match self {
            Self::Assign(assign) => assign.hindrance = Some(why),
            Self::Fixed { span, .. } => *self = code(*span),
            Self::Declare { .. } | Self::Code { .. } => {}
        }
    }

    /// An assignment without expansions cannot fail.
    fn succeeds(&self, bytes: &[u8]) -> bool {
        match self {
            Self::Assign(assign) => assign.known().is_some(),
            Self::Declare { by, .. } => !is_of_bash(by.of(bytes)),
            Self::Fixed { .. } => true,
            Self::Code { .. } => false,
        }
    }
}

/// What a word says when nothing in it is expanded.
fn literal(bytes: &[u8], statement: &Statement, word: &Word) -> Option<Vec<u8>> {
    let meaning = Meaning::of(bytes, statement.pieces(word, word.span.start), word.span.start);
    meaning.obstacle.is_none().then_some(meaning.bytes)
}

fn take_apart(bytes: &[u8], statement: &Statement, number: usize, always: bool, parts: &mut Vec<Part>) {
    let command = &statement.commands[number];
    let words = statement.words(command);
    let prefix = words.iter().take_while(|word| head(word.span.of(bytes)).is_some()).count();
    let plain = !command.compound && !command.redirected && !command.negated && always;
    if plain && prefix == words.len() && prefix > 0 {
        let first = parts.len();
        let part = |word: &Word| assign(bytes, statement, number, word, None).map_or(code(word.span), Part::Assign);
        parts.extend(words.iter().map(part));
        if parts[first..].iter().any(|part| matches!(part, Part::Code { .. })) {
            let why = "`NAME+=` or `NAME[…]=` in its command, which dash takes for the command's name";
            parts[first..].iter_mut().for_each(|part| part.hinder(why));
        }
        return;
    }
    if plain && prefix == 0 && (declares(bytes, statement, number, parts) || unsets(bytes, statement, number, parts)) {
        return;
    }
    let (assigned, words) = words.split_at(prefix);
    let guarded = assigned.iter().any(|word| {
        assign(bytes, statement, number, word, None)
            .is_some_and(|assign| assign.key.is_guarded() || assign.key.is_the_shells())
    });
    parts.push(judge(bytes, statement, command, words, guarded));
}

/// The name of a simple command, behind its assignments; `None` where only running the shell can tell.
pub(crate) fn command_name(bytes: &[u8], statement: &Statement, command: &Command) -> Option<Vec<u8>> {
    let name = statement.words(command).iter().find(|word| head(word.span.of(bytes)).is_none());
    literal(bytes, statement, name.filter(|_| !command.compound)?)
}

/// True where this command may end the file, or make a later one end it [exit][set-e][set-u].
pub(crate) fn may_leave(bytes: &[u8], statement: &Statement, command: &Command) -> bool {
    let traps = || statement.words(command).iter().any(|word| sets_a_trap(word.span.of(bytes)));
    statement.leaving.iter().any(|word| command.span.start <= word.start && word.start < command.span.end)
        || (command_name(bytes, statement, command).as_deref() == Some(b"set") && traps())
}

/// `set -e`, `set -u`, `set -o …`
fn sets_a_trap(option: &[u8]) -> bool {
    option.starts_with(b"-") && option.iter().any(|byte| b"euno".contains(byte))
}

/// An error in this command or before it, behind which bash goes on with the next line only.
fn fails(statement: &Statement, command: &Command) -> bool {
    let fails = |hazard: &Hazard| matches!(hazard.kind, HazardKind::Fails | HazardKind::EndsScript);
    statement.hazards.iter().any(|hazard| fails(hazard) && hazard.at.start < command.span.end)
}

fn code(span: Span) -> Part {
    Part::Code { span, reach: Reach::Code, from: span.start, function: false }
}

/// Assignments before an ordinary command last as long as it runs [prefix-cmd]; before a special builtin dash and
/// POSIX keep them [prefix-special], as `sh` does where one of them is guarded.
fn judge(bytes: &[u8], statement: &Statement, command: &Command, words: &[Word], guarded: bool) -> Part {
    let span = command.span;
    if command.runs == Runs::Apart {
        return Part::Code { span, reach: Reach::Nothing, from: span.start, function: false };
    }
    let name = words.first().filter(|_| !command.compound).and_then(|word| literal(bytes, statement, word));
    match (words.first(), name) {
        (Some(first), Some(name)) if keeps_variables(&name) && !guarded => {
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
    let (key, word) = (Key::of(&name)?, word.span);
    Some(Assign { key, command, word, value, style, meaning, by, whole_name: head.plain, hindrance: None })
}

/// The pieces before the carriage return of a line that ends in CR LF: it says nothing about the quotes in use.
fn without_return<'p>(bytes: &[u8], pieces: &'p [Piece]) -> &'p [Piece] {
    match pieces {
        [kept @ .., last] if last.kind == PieceKind::Bare && last.span.of(bytes) == b"\r" => kept,
        all => all,
    }
}

/// `export`, `readonly`, `declare`, `typeset` with nothing but names and assignments behind them.
fn declares(bytes: &[u8], statement: &Statement, number: usize, parts: &mut Vec<Part>) -> bool {
    let words = statement.words(&statement.commands[number]);
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
        let Some(name) = declared(bytes, statement, number, word, by, &mut found) else { return false };
        found.push(Part::Declare { by, name });
    }
    if bash_only {
        found.iter_mut().for_each(|part| part.hinder("`declare` and `typeset` are commands of bash alone"));
    } else if words.iter().any(|word| is_expanded(bytes, statement, word, words[0].span.of(bytes) == builtin)) {
        found.iter_mut().for_each(|part| part.hinder("braces or a pattern, which a shell may expand here"));
    }
    let any = !found.is_empty();
    parts.append(&mut found);
    any
}

/// The name that an argument of `export` declares; an assignment goes to `found`. In quotes it is out of an edit's reach
/// [export-quoted-name].
fn declared(
    bytes: &[u8],
    statement: &Statement,
    number: usize,
    word: &Word,
    by: Span,
    found: &mut Vec<Part>,
) -> Option<Key> {
    if let Some(assign) = assign(bytes, statement, number, word, Some(by)) {
        let name = assign.key.clone();
        found.push(Part::Assign(assign));
        return Some(name);
    }
    let whole = literal(bytes, statement, word)?;
    let Some(sign) = memchr::memchr(b'=', &whole) else { return Key::of(&whole) };
    let name = Key::of(&whole[..sign])?;
    found.push(Part::Fixed { span: word.span, name: name.clone(), value: Some(whole[sign + 1..].to_vec()) });
    Some(name)
}

/// Braces are expanded behind `export`, and the words behind `\export` or `command export` are expanded and split like
/// those of any command.
fn is_expanded(bytes: &[u8], statement: &Statement, word: &Word, assigns: bool) -> bool {
    statement.pieces(word, word.span.start).iter().any(|piece| match piece.kind {
        PieceKind::Bare => piece.span.of(bytes).iter().any(|byte| b"{*?[".contains(byte)),
        PieceKind::Expansion => !assigns,
        _ => false,
    })
}

/// `unset NAME …`
fn unsets(bytes: &[u8], statement: &Statement, number: usize, parts: &mut Vec<Part>) -> bool {
    let command = &statement.commands[number];
    let mut words = statement.words(command).iter().map(|word| literal(bytes, statement, word)).peekable();
    if words.next().flatten().as_deref() != Some(b"unset") {
        return false;
    }
    words.next_if(|option| option.as_deref() == Some(b"-v"));
    let names: Option<Vec<Key>> = words.map(|word| Key::of(&word?)).collect();
    let Some(names) = names.filter(|names| !names.is_empty()) else { return false };
    parts.extend(names.into_iter().map(|name| Part::Fixed { span: command.span, name, value: None }));
    true
}

fn is_option(word: &[u8]) -> bool {
    matches!(word, [b'-', letters @ ..] if !letters.is_empty() && letters.iter().all(|byte| b"xrg".contains(byte)))
}

/// True for `declare` and `typeset`, which are commands of bash alone.
pub(crate) fn is_of_bash(by: &[u8]) -> bool {
    let mut words = by.split(u8::is_ascii_whitespace);
    words.any(|word| matches!(word.strip_prefix(b"\\").unwrap_or(word), b"declare" | b"typeset"))
}

/// True for `readonly` and `declare -r`, options and all.
pub(crate) fn makes_read_only(by: &[u8]) -> bool {
    says(by, b"readonly", b'r')
}

/// True for `export` and `declare -x`, options and all.
pub(crate) fn exports(by: &[u8]) -> bool {
    says(by, b"export", b'x')
}

fn says(by: &[u8], builtin: &[u8], letter: u8) -> bool {
    let mut words = by.split(u8::is_ascii_whitespace);
    words.any(|word| word.strip_prefix(b"\\").unwrap_or(word) == builtin || (is_option(word) && word.contains(&letter)))
}
