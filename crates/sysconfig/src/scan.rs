use kvmprep_lossless::Span;
use memchr::memchr;

use crate::expansion::name_of_parameter;
use crate::fault::{broken_dollar, escaped_quote, old_arithmetic, quoted_parameter, unclosed_backquote};
use crate::level::{Frame, Level, OpenWord, Operand, Shield};
use crate::lexer::{Bare, Braced, Double, Lexer};
use crate::redirect::HereDocument;
use crate::statement::{Command, Fault, Hazard, HazardKind, Link, Piece, PieceKind, Runs, Statement, Word};

/// Reads the one statement a text begins with. One pass, no recursion, whatever the nesting.
pub(crate) fn statement(text: &[u8]) -> Statement {
    read(text, Frame::Top)
}

/// Reads the text of here-documents: as between double quotes, which are text themselves there.
pub(crate) fn here_document(text: &[u8]) -> Statement {
    read(text, Frame::Double)
}

fn read(text: &[u8], frame: Frame) -> Statement {
    let mut scan = Scan {
        text,
        lexer: Lexer::new(text),
        now: Level::new(frame, 0, Shield::None),
        outer: Vec::new(),
        here_documents: Vec::new(),
        found: Statement::default(),
        command: None,
        word_pieces: 0,
    };
    loop {
        let step = match scan.now.frame {
            Frame::Double => scan.double(),
            Frame::Parameter { .. } | Frame::Arithmetic { .. } => scan.braced(),
            _ => scan.bare(),
        };
        match step {
            Ok(false) => {}
            Ok(true) => break,
            Err(fault) => {
                scan.fail(fault);
                break;
            }
        }
    }
    scan.found.assigned.sort_by_key(|assigned| assigned.name.start);
    scan.found
}

pub(crate) struct Scan<'s> {
    pub(crate) text: &'s [u8],
    pub(crate) lexer: Lexer<'s>,
    pub(crate) now: Level,
    pub(crate) outer: Vec<Level>,
    pub(crate) here_documents: Vec<HereDocument>,
    pub(crate) found: Statement,
    pub(crate) command: Option<Command>,
    word_pieces: usize,
}

/// `Ok(true)`: the statement is complete.
type Step = Result<bool, Fault>;

impl Scan<'_> {
    fn bare(&mut self) -> Step {
        let Some(token) = self.lexer.bare() else { return self.end_of_text() };
        let span = Span::from(self.lexer.span());
        if self.is_broken_operator(span) {
            return Err(Fault::Unclear { at: span.start, what: "an operator that is broken over two lines" });
        }
        match token {
            Bare::Blank => self.end_word(span.start)?,
            Bare::Newline => {
                self.end_word(span.start)?;
                return self.line_end(span);
            }
            Bare::Hash if self.now.word.is_none() => {
                self.nothing_negated(span)?;
                let length = memchr(b'\n', self.lexer.rest()).unwrap_or(self.lexer.rest().len());
                self.lexer.bump(length);
                if self.outer.is_empty() {
                    self.found.comments.push(Span::from(self.lexer.span()));
                }
            }
            Bare::Text | Bare::Hash => self.piece(PieceKind::Bare, span),
            Bare::Join => self.join(span),
            Bare::Escape => self.quoted(PieceKind::Escape, span),
            Bare::LastBackslash if self.now.word.is_none() => {
                return Err(Fault::Unclear {
                    at: span.start,
                    what: "a backslash that ends the file, a word to some shells",
                });
            }
            Bare::LastBackslash => self.quoted(PieceKind::LastBackslash, span),
            Bare::Single => {
                let span = self.single(span)?;
                self.quoted(PieceKind::Single, span);
            }
            Bare::DoublePlain => {
                self.quoted(PieceKind::Mark, Span::new(span.start, span.start + 1));
                if span.len() > 2 {
                    self.quoted(PieceKind::InDouble, Span::new(span.start + 1, span.end - 1));
                }
                self.quoted(PieceKind::Mark, Span::new(span.end - 1, span.end));
            }
            Bare::Double => {
                self.quoted(PieceKind::Mark, span);
                self.push(Frame::Double, span.start);
            }
            Bare::Locale => {
                self.quoted(PieceKind::BashQuote, span);
                self.hazard(HazardKind::NotPortable, span, "`$\"…\"`: dash keeps the `$`");
                self.push(Frame::Double, span.start);
            }
            Bare::AnsiC => {
                self.quoted(PieceKind::BashQuote, span);
                self.hazard(HazardKind::NotPortable, span, "`$'…'`: dash keeps the `$` and the escapes");
            }
            Bare::AnsiCQuote => return Err(escaped_quote(span)),
            Bare::Dollar if self.lexer.rest().starts_with(b"\\\n") => return Err(broken_dollar(span)),
            Bare::Dollar => self.piece(PieceKind::Bare, span),
            Bare::Variable => self.quoted(PieceKind::Expansion, span),
            Bare::Backquoted => self.backquoted(span)?,
            Bare::Parameter if self.is_quoted_parameter() => return Err(quoted_parameter(span)),
            Bare::Parameter => self.parameter(span, false),
            Bare::Substitution => self.substitution(span),
            Bare::Arithmetic => self.arithmetic(span),
            Bare::OldArithmetic => return Err(old_arithmetic(span)),
            Bare::Backquote => return Err(unclosed_backquote(span)),
            Bare::Semicolon | Bare::CaseEnd | Bare::Background | Bare::And | Bare::Or | Bare::Pipe => {
                self.end_word(span.start)?;
                self.operator(token, span)?;
            }
            Bare::BashOperator if self.now.frame == Frame::Test => self.end_word(span.start)?,
            Bare::BashOperator => {
                return Err(Fault::Unclear { at: span.start, what: "`&>` or `|&`, which dash reads as two operators" });
            }
            Bare::Open => self.open(span)?,
            Bare::Close => self.close(span)?,
            Bare::HereDocument => self.redirection(span, Operand::HereDocument { tabs: false })?,
            Bare::HereDocumentTabs => self.redirection(span, Operand::HereDocument { tabs: true })?,
            Bare::HereString => {
                self.hazard(HazardKind::NotPortable, span, "`<<<`: a syntax error in dash");
                self.redirection(span, Operand::File)?;
            }
            Bare::Redirection if span.of(self.text).ends_with(b"&") => self.redirection(span, Operand::Descriptor)?,
            Bare::Redirection => self.redirection(span, Operand::File)?,
            Bare::Process => {
                self.hazard(HazardKind::NotPortable, span, "`<(…)`: a syntax error in dash");
                self.quoted(PieceKind::Expansion, span);
                self.push(Frame::Substitution, span.start);
            }
        }
        Ok(false)
    }

    fn double(&mut self) -> Step {
        let is_document = self.outer.is_empty();
        let Some(token) = self.lexer.double() else {
            if is_document {
                return Ok(true);
            }
            return Err(Fault::Open { at: self.now.opened, what: "a double quote" });
        };
        let span = Span::from(self.lexer.span());
        match token {
            Double::Dollar if self.lexer.rest().starts_with(b"\\\n") => return Err(broken_dollar(span)),
            Double::Text | Double::LastBackslash | Double::Dollar => self.piece(PieceKind::InDouble, span),
            Double::Close if is_document => self.piece(PieceKind::InDouble, span),
            Double::Close => {
                self.pop();
                self.quoted(PieceKind::Mark, span);
            }
            Double::Variable => self.quoted(PieceKind::Expansion, span),
            Double::Backquoted => self.backquoted(span)?,
            Double::Parameter if self.is_quoted_parameter() => return Err(quoted_parameter(span)),
            Double::Parameter => self.parameter(span, true),
            Double::Substitution => self.substitution(span),
            Double::Arithmetic => self.arithmetic(span),
            Double::OldArithmetic => return Err(old_arithmetic(span)),
            Double::Backquote => return Err(unclosed_backquote(span)),
        }
        Ok(false)
    }

    fn braced(&mut self) -> Step {
        let Some(token) = self.lexer.braced() else {
            return Err(Fault::Open { at: self.now.opened, what: "an expansion" });
        };
        let span = Span::from(self.lexer.span());
        let quoted = self.is_quoted_parameter();
        if matches!(self.now.frame, Frame::Arithmetic { .. })
            && span.of(self.text).iter().any(|byte| b"'\"\\".contains(byte))
        {
            return Err(Fault::Unclear {
                at: span.start,
                what: "a quote in arithmetic, whose end shells find in different places",
            });
        }
        match (token, &mut self.now.frame) {
            (Braced::CloseBrace, Frame::Parameter { .. }) => self.end_expansion(span.end),
            (Braced::Single, Frame::Parameter { in_double: false }) => {
                self.single(span)?;
            }
            (Braced::Single, Frame::Parameter { in_double: true }) => {
                let what = "a single quote in an expansion within double quotes";
                return Err(Fault::Unclear { at: span.start, what });
            }
            (Braced::AnsiCQuote, _) => return Err(escaped_quote(span)),
            (Braced::Double, _) => self.push(Frame::Double, span.start),
            (Braced::Open, Frame::Arithmetic { depth, .. }) => *depth += 1,
            (Braced::Close, Frame::Arithmetic { depth, last, .. }) => {
                *depth -= 1;
                let adjacent = *last + 1 == span.start;
                *last = span.start;
                if *depth == 0 && !adjacent {
                    return Err(Fault::Unclear { at: self.now.opened, what: "`((`, which closes like two brackets" });
                }
                if *depth == 0 {
                    self.end_arithmetic(span.end);
                }
            }
            (Braced::Parameter, _) if quoted => return Err(quoted_parameter(span)),
            (Braced::Parameter, frame) => {
                let in_double = matches!(frame, Frame::Parameter { in_double: true });
                self.parameter(span, in_double);
            }
            (Braced::Substitution, _) => self.substitution(span),
            (Braced::Arithmetic, _) => self.arithmetic(span),
            (Braced::Backquote, _) => return Err(unclosed_backquote(span)),
            (Braced::Text, _) if span.of(self.text).starts_with(b"`") => readable_backquotes(self.text, span)?,
            (Braced::Text, Frame::Arithmetic { .. }) => self.note_arithmetic(span),
            (Braced::Text | Braced::CloseBrace | Braced::Single | Braced::Open | Braced::Close, _) => {}
        }
        Ok(false)
    }

    /// Takes `'…'` to its end: nothing inside it is special.
    fn single(&mut self, open: Span) -> Result<Span, Fault> {
        let length = memchr(b'\'', self.lexer.rest()).ok_or(Fault::Open { at: open.start, what: "a single quote" })?;
        self.lexer.bump(length + 1);
        Ok(Span::new(open.start, open.end + length + 1))
    }

    pub(crate) fn position(&self) -> usize {
        self.lexer.span().end
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.lexer.rest().first().copied()
    }

    /// Takes one byte into the last token.
    pub(crate) fn take_byte(&mut self) {
        self.lexer.bump(1);
    }

    /// Gives the digits before a redirection back: they are no word.
    pub(crate) fn drop_word(&mut self) {
        self.now.word = None;
        self.found.pieces.truncate(if self.outer.is_empty() { self.word_pieces } else { self.found.pieces.len() });
    }

    /// `NAME=(`: the word goes on to the closing bracket.
    pub(crate) fn array(&mut self, span: Span) {
        self.quoted(PieceKind::Array, span);
        self.push(Frame::Array, span.start);
    }

    pub(crate) fn push(&mut self, frame: Frame, at: usize) {
        let inner = Level::new(frame, at, self.now.shield.within(frame, &self.now));
        self.outer.push(std::mem::replace(&mut self.now, inner));
    }

    pub(crate) fn pop(&mut self) {
        if let Some(outer) = self.outer.pop() {
            self.now = outer;
        }
    }

    /// True where words and pieces are taken apart: at the outermost level and in double quotes directly in it.
    pub(crate) fn visible(&self) -> bool {
        self.outer.is_empty() || (self.outer.len() == 1 && self.now.frame == Frame::Double)
    }

    fn piece(&mut self, kind: PieceKind, span: Span) {
        if self.now.frame != Frame::Double && self.now.word.is_none() {
            self.begin_word(span.start);
        }
        if self.visible() {
            self.found.pieces.push(Piece { kind, span });
        }
    }

    pub(crate) fn quoted(&mut self, kind: PieceKind, span: Span) {
        self.piece(kind, span);
        if let Some(word) = &mut self.now.word {
            word.plain = false;
        }
    }

    /// `${`, `${NAME` or `${NAME:` and a quote, behind which the shells find the end in different places.
    fn is_quoted_parameter(&self) -> bool {
        let rest = self.lexer.rest();
        let name = name_of_parameter(rest);
        let operator = name + usize::from(name > 0 && rest.get(name) == Some(&b':'));
        matches!(rest.get(operator), Some(b'\\' | b'\'' | b'"' | b'`'))
    }

    fn backquoted(&mut self, span: Span) -> Result<(), Fault> {
        readable_backquotes(self.text, span)?;
        self.quoted(PieceKind::Expansion, span);
        Ok(())
    }

    /// An operator behind nothing but joins and another one: bash reads the two as one, and dash does not.
    fn is_broken_operator(&self, token: Span) -> bool {
        let is_operator = |byte: Option<&u8>| byte.is_some_and(|byte| b";&|<>()".contains(byte));
        let mut before = &self.text[..token.start];
        if !is_operator(token.of(self.text).first()) || !before.ends_with(b"\\\n") {
            return false;
        }
        while let Some(shorter) = before.strip_suffix(b"\\\n") {
            before = shorter;
        }
        is_operator(before.last())
    }

    fn join(&mut self, span: Span) {
        if let Some(word) = &mut self.now.word {
            word.joined = true;
            if self.visible() {
                self.found.pieces.push(Piece { kind: PieceKind::Join, span });
            }
        }
    }

    fn begin_word(&mut self, at: usize) {
        self.now.word = Some(OpenWord { start: at, plain: true, joined: false });
        self.word_pieces = if self.outer.is_empty() { self.found.pieces.len() } else { self.word_pieces };
    }

    /// Notes a word of a simple command of the outermost level.
    pub(crate) fn note_word(&mut self, span: Span) {
        if self.outer.is_empty() {
            self.begin_command(span.start);
            self.found.words.push(Word { span, pieces: self.word_pieces..self.found.pieces.len() });
            if let Some(command) = &mut self.command {
                command.words.end = self.found.words.len();
            }
        }
    }

    /// The command that is read, when it is one of the outermost level.
    pub(crate) fn outermost(&mut self) -> Option<&mut Command> {
        if self.outer.is_empty() { self.command.as_mut() } else { None }
    }

    pub(crate) fn begin_command(&mut self, at: usize) {
        let next = self.found.words.len();
        if self.outer.is_empty() {
            self.command.get_or_insert(Command {
                span: Span::empty(at),
                words: next..next,
                compound: false,
                function: false,
                redirected: false,
                negated: false,
                runs: Runs::Always,
                link: Link::Sequence,
            });
        }
    }

    pub(crate) fn end_command(&mut self, end: usize, link: Link) {
        if self.outer.is_empty()
            && let Some(mut command) = self.command.take()
        {
            command.span.end = end;
            command.link = link;
            self.found.commands.push(command);
        }
    }

    pub(crate) fn hazard(&mut self, kind: HazardKind, at: Span, what: &'static str) {
        self.found.hazards.push(Hazard { at, kind, what });
    }

    pub(crate) fn complete(&mut self) {
        self.found.end = self.position();
        self.found.mark_runs();
    }
}

/// dash reads the code in backquotes with all the rest, and bash when it comes to run it.
fn readable_backquotes(text: &[u8], span: Span) -> Result<(), Fault> {
    let mut code = Vec::with_capacity(span.len());
    let mut inner = Span::new(span.start + 1, span.end.saturating_sub(1)).of(text).iter();
    while let Some(byte) = inner.next() {
        match byte {
            b'\\' => code.extend(inner.next().into_iter().flat_map(|next| match next {
                b'`' | b'\\' | b'$' => vec![*next],
                _ => vec![b'\\', *next],
            })),
            _ => code.push(*byte),
        }
    }
    let mut rest = &code[..];
    while !rest.is_empty() {
        let read = statement(rest);
        if read.fault.is_some() {
            return Err(Fault::Unclear { at: span.start, what: "code in backquotes that a shell may not read" });
        }
        rest = &rest[read.end.clamp(1, rest.len())..];
    }
    Ok(())
}
