//! What divides commands: operators, brackets, line ends and the end of the text.

use kvmprep_lossless::Span;

use crate::level::{Expect, Frame, Pending};
use crate::lexer::Bare;
use crate::names::Takes;
use crate::scan::Scan;
use crate::statement::{Fault, HazardKind, Link, Runs, head};

impl Scan<'_> {
    pub(crate) fn operator(&mut self, token: Bare, span: Span) -> Result<(), Fault> {
        let now = &mut self.now;
        match (token, now.frame, now.expect) {
            (Bare::And | Bare::Or | Bare::Pipe, Frame::Test, _) => return Ok(()),
            (Bare::Semicolon, Frame::LoopHead, Expect::In | Expect::LoopWords) => {
                now.expect = Expect::LoopDo;
                return Ok(());
            }
            (Bare::Pipe, Frame::Case, Expect::PatternEnd) => {
                now.expect = Expect::NextPattern;
                return Ok(());
            }
            (Bare::CaseEnd, Frame::Case, Expect::Command) if !now.pending.is_open() => {
                now.expect = Expect::Pattern;
                return Ok(());
            }
            (Bare::CaseEnd, Frame::Case, _) if now.has_command() => {
                now.expect = Expect::Pattern;
                return Ok(());
            }
            _ => {}
        }
        if !now.has_command() || token == Bare::CaseEnd {
            self.nothing_negated(span)?;
            return Err(Fault::Syntax { at: span.start });
        }
        now.expect = Expect::Command;
        now.pending = match token {
            Bare::And | Bare::Or => Pending::List,
            Bare::Pipe => Pending::Pipe,
            _ => Pending::Nothing,
        };
        if now.pending.is_open() {
            now.opened = if self.outer.is_empty() { span.start } else { now.opened };
        }
        match token {
            Bare::And => self.end_command(span.end, Link::And),
            Bare::Or => self.end_command(span.end, Link::Or),
            Bare::Pipe => self.end_command(span.end, Link::Pipe),
            Bare::Background => self.end_command(span.end, Link::Background),
            _ => self.end_command(span.start, Link::Sequence),
        }
        Ok(())
    }

    /// `!` with nothing behind it: a command to bash, a syntax error to dash.
    pub(crate) fn nothing_negated(&self, end: Span) -> Result<(), Fault> {
        if self.now.pending == Pending::Negated {
            return Err(Fault::Unclear {
                at: end.start,
                what: "`!` with no command behind it, which bash alone takes",
            });
        }
        Ok(())
    }

    pub(crate) fn open(&mut self, span: Span) -> Result<(), Fault> {
        if let (Some(word), Some(_)) = (self.now.word, self.now.operand) {
            return Err(Fault::Unclear { at: word.start, what: "a bracket in the name of a file" });
        }
        if let Some(word) = self.now.word {
            let assigns =
                head(&self.text[word.start..span.start]).is_some_and(|head| word.start + head.value == span.start);
            let argument = self.now.expect == Expect::Argument;
            if assigns && self.now.reads_file {
                return Err(Fault::Unclear { at: word.start, what: "an array behind a redirection" });
            }
            if assigns && argument && self.now.takes != Takes::Assignments {
                return Err(Fault::Unclear { at: word.start, what: "an array where bash takes no assignment" });
            }
            if assigns && (argument || matches!(self.now.expect, Expect::Command | Expect::Prefix)) {
                self.hazard(HazardKind::NotPortable, span, "an array: a syntax error in dash");
                self.array(span);
                return Ok(());
            }
        }
        self.end_word(span.start)?;
        match self.now.expect {
            // `function name ()`
            Expect::FunctionBody if self.peek() == Some(b')') => self.take_byte(),
            Expect::Command | Expect::FunctionBody if self.now.operand.is_none() => {
                let function = self.now.expect == Expect::FunctionBody;
                self.begin_compound(span.start);
                if self.peek() == Some(b'(') {
                    self.take_byte();
                    self.hazard(HazardKind::NotPortable, span, "`((`: two subshells to dash");
                    self.push(Frame::Arithmetic { depth: 2, last: usize::MAX - 1, command: true }, span.start);
                } else {
                    self.outermost().filter(|_| !function).into_iter().for_each(|command| command.runs = Runs::Apart);
                    self.push(Frame::Paren, span.start);
                }
            }
            Expect::Argument if self.now.words == 1 && self.now.first && self.now.operand.is_none() => {
                let Some(name) = self.now.named else {
                    return Err(Fault::Unclear { at: span.start, what: "a function by a name that bash alone takes" });
                };
                self.found.functions.push(name);
                self.now.expect = Expect::FunctionClose;
            }
            Expect::Anything if self.now.frame == Frame::Test => {
                return Err(Fault::Unclear { at: span.start, what: "brackets in `[[ ]]`, which bash alone reads" });
            }
            Expect::Pattern => self.now.expect = Expect::NextPattern,
            Expect::Anything if self.now.frame != Frame::Array => {}
            _ => return Err(Fault::Syntax { at: span.start }),
        }
        Ok(())
    }

    pub(crate) fn close(&mut self, span: Span) -> Result<(), Fault> {
        self.end_word(span.start)?;
        let now = &self.now;
        match (now.frame, now.expect) {
            (_, Expect::FunctionClose) => {
                self.begin_compound(span.start);
                self.outermost().into_iter().for_each(|command| command.function = true);
                self.now.expect = Expect::FunctionBody;
            }
            (Frame::Paren, _) if now.filled && !now.pending.is_open() && !self.mid_command() => {
                self.end_compound(span.end)
            }
            (Frame::Substitution, _) if !now.pending.is_open() && !self.mid_command() => {
                if !self.here_documents.is_empty() {
                    return Err(Fault::Unclear {
                        at: now.opened,
                        what: "a here-document begun in `$(…)` and not ended in it",
                    });
                }
                let opened = now.opened;
                self.pop();
                self.extend_expansion(opened, span.end);
            }
            (Frame::Case, Expect::PatternEnd) => {
                self.now.expect = Expect::Command;
                self.now.filled = false;
            }
            (Frame::Array, _) => {
                let opened = now.opened;
                self.pop();
                self.extend_expansion(opened, span.end);
            }
            (Frame::Test, _) => {}
            _ => return Err(Fault::Syntax { at: span.start }),
        }
        Ok(())
    }

    /// Something is begun that a bracket cannot close.
    fn mid_command(&self) -> bool {
        self.now.operand.is_some()
            || !matches!(self.now.expect, Expect::Command | Expect::Prefix | Expect::Argument | Expect::AfterCompound)
    }

    /// A line feed outside quotes; `Ok(true)` where it ends the statement.
    pub(crate) fn line_end(&mut self, span: Span) -> Result<bool, Fault> {
        if self.now.operand.is_some() {
            return Err(Fault::Syntax { at: span.start });
        }
        self.nothing_negated(span)?;
        match self.now.expect {
            Expect::Prefix | Expect::Argument | Expect::AfterCompound => {
                self.now.expect = Expect::Command;
                self.end_command(span.start, Link::Sequence);
            }
            Expect::LoopWords => self.now.expect = Expect::LoopDo,
            Expect::Command
            | Expect::FunctionBody
            | Expect::In
            | Expect::LoopDo
            | Expect::CaseIn
            | Expect::Pattern
            | Expect::Anything => {}
            Expect::LoopName
            | Expect::CaseWord
            | Expect::NextPattern
            | Expect::PatternEnd
            | Expect::FunctionClose
            | Expect::FunctionName => {
                return Err(Fault::Syntax { at: span.start });
            }
        }
        self.read_here_documents()?;
        let complete = self.outer.is_empty() && self.now.expect == Expect::Command && !self.now.pending.is_open();
        if complete {
            self.complete();
        }
        Ok(complete)
    }

    pub(crate) fn end_of_text(&mut self) -> Result<bool, Fault> {
        let end = self.text.len();
        self.end_word(end)?;
        if self.now.operand.is_some() {
            return Err(Fault::Syntax { at: end });
        }
        if let Some(document) = self.here_documents.first() {
            return Err(Fault::Open { at: document.at, what: "a here-document" });
        }
        if self.now.frame == Frame::Test {
            return Err(Fault::Unclear { at: self.now.opened, what: "an open `[[`, which is a command to dash" });
        }
        if !self.outer.is_empty() {
            return Err(Fault::Open { at: self.now.opened, what: "a compound command or substitution" });
        }
        if self.now.has_command() {
            self.end_command(end, Link::Sequence);
        } else if self.now.expect != Expect::Command || self.now.pending.is_open() {
            return Err(Fault::Open { at: self.now.opened, what: "a command list or function" });
        }
        self.complete();
        Ok(true)
    }
}
