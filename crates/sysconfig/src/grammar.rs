use kvmprep_lossless::Span;
use memchr::memmem;

use crate::code::keeps_variables;
use crate::conditional::is_well_formed;
use crate::key::Key;
use crate::level::{Expect, Frame, Pending, Shield};
use crate::scan::Scan;
use crate::statement::{Fault, HazardKind, head};

const RESERVED: [&[u8]; 21] = [
    b"if",
    b"then",
    b"elif",
    b"else",
    b"fi",
    b"for",
    b"select",
    b"while",
    b"until",
    b"do",
    b"done",
    b"case",
    b"esac",
    b"{",
    b"}",
    b"!",
    b"[[",
    b"function",
    b"in",
    b"time",
    b"coproc",
];

impl Scan<'_> {
    pub(crate) fn end_word(&mut self, end: usize) -> Result<(), Fault> {
        let Some(word) = self.now.word.take() else { return Ok(()) };
        let span = Span::new(word.start, end);
        let text = span.of(self.text);
        if text.contains(&0) && !self.nul_is_nothing(text, end) {
            return Err(Fault::Unclear { at: span.start, what: "a NUL, which shells leave out before they read" });
        }
        if word.joined && word.plain {
            let whole: Vec<u8> = without_joins(text);
            if RESERVED.contains(&&whole[..]) {
                return Err(Fault::Unclear { at: span.start, what: "a reserved word that is broken over two lines" });
            }
        }
        if let Some(operand) = self.now.operand.take() {
            self.operand_word(operand, span);
            return Ok(());
        }
        let reserved = match self.now.expect {
            Expect::Command | Expect::FunctionBody if word.plain => self.reserved(text, span)?,
            Expect::AfterCompound if word.plain => self.closing(text, span)?,
            _ => false,
        };
        if reserved {
            return Ok(());
        }
        match self.now.expect {
            Expect::Command | Expect::Prefix => self.command_word(text, span)?,
            Expect::Argument => {
                self.now.words += 1;
                self.note_argument(span);
                self.judge_argument(span);
                self.note_word(span);
            }
            Expect::FunctionBody => {
                return Err(Fault::Unclear {
                    at: span.start,
                    what: "a function without braces, which dash alone reads",
                });
            }
            Expect::AfterCompound | Expect::FunctionClose | Expect::PatternEnd => {
                return Err(Fault::Syntax { at: span.start });
            }
            Expect::FunctionName => {
                self.found.functions.push(span);
                self.now.expect = Expect::FunctionBody;
            }
            Expect::LoopName if Key::of(text).is_none() => {
                return Err(Fault::Unclear { at: span.start, what: "a loop over what is no name" });
            }
            Expect::LoopName => {
                self.note_name(span);
                self.now.expect = Expect::In;
            }
            Expect::In if text == b"in" => self.now.expect = Expect::LoopWords,
            Expect::In | Expect::LoopDo if text == b"do" => self.stage(Frame::Do),
            Expect::In | Expect::LoopDo => return Err(Fault::Syntax { at: span.start }),
            Expect::LoopWords => {}
            Expect::CaseWord => self.now.expect = Expect::CaseIn,
            Expect::CaseIn if text == b"in" => self.now.expect = Expect::Pattern,
            Expect::CaseIn => return Err(Fault::Syntax { at: span.start }),
            Expect::Pattern if text == b"esac" => self.end_compound(end),
            Expect::Pattern | Expect::NextPattern => self.now.expect = Expect::PatternEnd,
            Expect::Anything if self.now.frame == Frame::Test && text == b"]]" => {
                let (at, behind) = (self.now.opened, end.saturating_sub(text.len()));
                if !is_well_formed(self.text.get(at + 2..behind).unwrap_or_default()) {
                    return Err(Fault::Unclear { at, what: "a test that bash may refuse, and is a command to dash" });
                }
                self.end_compound(end)
            }
            Expect::Anything => {}
        }
        Ok(())
    }

    /// A NUL in a value, away from what is special, and NULs at the end of the file are left out and change nothing else
    /// [nul-value][nul-padding].
    fn nul_is_nothing(&self, word: &[u8], end: usize) -> bool {
        let glued = memmem::find(word, b"\\\0").is_some() || memmem::find(word, b"$\0").is_some();
        let in_value = head(word).is_some_and(|head| !word[..head.value].contains(&0));
        let padding = self.now.expect == Expect::Command
            && !self.now.pending.is_open()
            && end == self.text.len()
            && word.iter().all(|byte| *byte == 0);
        (in_value && !glued) || padding
    }

    pub(crate) fn begin_simple(&mut self) {
        if self.now.expect == Expect::Command {
            self.now.assigned = self.found.assigned.len();
            (self.now.special, self.now.reads_file) = (false, false);
        }
        self.now.filled = true;
        self.now.pending = Pending::Nothing;
    }

    /// The first words of a simple command.
    fn command_word(&mut self, text: &[u8], span: Span) -> Result<(), Fault> {
        let first = self.now.expect == Expect::Command;
        self.begin_simple();
        self.note_word(span);
        if let Some(head) = head(text) {
            self.note_prefix(span);
            if !head.sets {
                self.hazard(HazardKind::NotPortable, span, "`NAME+=` and `NAME[…]=` are commands to dash");
                let subscript = &text[head.name..head.value];
                let number = subscript.iter().all(|byte| byte.is_ascii_digit() || b"[]+=".contains(byte));
                if subscript.starts_with(b"[") {
                    self.hazard(HazardKind::Fails, span, "an element of an array, which `sh` may refuse to assign");
                }
                if !number || subscript.starts_with(b"[]") {
                    self.hazard(HazardKind::EndsScript, span, "bash leaves the file where this is no number");
                }
            }
            self.now.expect = Expect::Prefix;
            return Ok(());
        }
        if opens_a_subscript(text) {
            return Err(Fault::Unclear { at: span.start, what: "`NAME[`, whose end bash alone looks for" });
        }
        if hides_a_builtin(text) {
            return Err(Fault::Unclear { at: span.start, what: "a builtin whose name is quoted" });
        }
        if is_expanded(text) || text == b"alias" {
            self.found.hides_names |= self.now.shield != Shield::Process;
            let what = "an alias, or a command that is expanded, may be any command, and end the script";
            self.hazard(HazardKind::EndsScript, span, what);
        }
        self.note_command(text);
        self.judge_command(span);
        self.now.expect = Expect::Argument;
        self.now.words = 1;
        self.now.first = first;
        let name = !text.first().is_some_and(u8::is_ascii_digit)
            && text.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        self.now.named = name.then_some(span);
        if self.now.shield == Shield::Function {
            self.found.called.push(span);
        }
        self.note_leaving(span);
        Ok(())
    }

    /// A reserved word where a command begins; `false` when it is a word like any other.
    fn reserved(&mut self, text: &[u8], span: Span) -> Result<bool, Fault> {
        if self.now.expect == Expect::FunctionBody && matches!(text, b"!" | b"function") {
            return Err(Fault::Unclear { at: span.start, what: "a body of a function that shells need not take" });
        }
        let frame = match text {
            b"if" => Frame::Condition,
            b"while" | b"until" => Frame::LoopCondition,
            b"select" => {
                self.hazard(HazardKind::NotPortable, span, "`select`: a command like any other to dash");
                // What is typed comes to stand in REPLY.
                self.found.hides_names = true;
                Frame::LoopHead
            }
            b"for" => Frame::LoopHead,
            b"case" => Frame::Case,
            b"{" => Frame::Brace,
            b"[[" => {
                self.hazard(HazardKind::NotPortable, span, "`[[`: a command like any other to dash");
                Frame::Test
            }
            b"!" => {
                match self.now.pending {
                    Pending::Pipe => return Err(Fault::Syntax { at: span.start }),
                    Pending::Negated => {
                        return Err(Fault::Unclear { at: span.start, what: "`! !`, which bash alone takes" });
                    }
                    Pending::Nothing | Pending::List => {}
                }
                self.begin_command(span.start);
                self.outermost().into_iter().for_each(|command| command.negated = true);
                self.now.pending = Pending::Negated;
                return Ok(true);
            }
            b"function" => {
                self.hazard(HazardKind::NotPortable, span, "`function`: a command like any other to dash");
                self.begin_compound(span.start);
                self.now.expect = Expect::FunctionName;
                return Ok(true);
            }
            b"time" | b"coproc" | b"in" => {
                let what = "`time`, `coproc` or `in`, words of bash's grammar that are commands to dash";
                return Err(Fault::Unclear { at: span.start, what });
            }
            _ => return self.closing(text, span),
        };
        self.begin_compound(span.start);
        self.push(frame, span.start);
        Ok(true)
    }

    /// A reserved word that goes on with or ends what is open.
    fn closing(&mut self, text: &[u8], span: Span) -> Result<bool, Fault> {
        let now = &self.now;
        match (text, now.frame) {
            (b"then", Frame::Condition) if now.closable() => self.stage(Frame::Then),
            (b"elif", Frame::Then) if now.closable() => self.stage(Frame::Condition),
            (b"else", Frame::Then) if now.closable() => self.stage(Frame::Else),
            (b"do", Frame::LoopCondition) if now.closable() => self.stage(Frame::Do),
            (b"fi", Frame::Then | Frame::Else) if now.closable() => self.end_compound(span.end),
            (b"done", Frame::Do) if now.closable() => self.end_compound(span.end),
            (b"}", Frame::Brace) if now.closable() => self.end_compound(span.end),
            (b"esac", Frame::Case) if !now.pending.is_open() => self.end_compound(span.end),
            (b"]]", _) => {
                return Err(Fault::Unclear {
                    at: span.start,
                    what: "`]]`, a syntax error in bash and a command to dash",
                });
            }
            (b"then" | b"elif" | b"else" | b"fi" | b"do" | b"done" | b"esac" | b"}", _) => {
                return Err(Fault::Syntax { at: span.start });
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    pub(crate) fn stage(&mut self, frame: Frame) {
        self.now.frame = frame;
        self.now.expect = Expect::Command;
        self.now.filled = false;
        self.now.pending = Pending::Nothing;
    }

    pub(crate) fn begin_compound(&mut self, at: usize) {
        self.begin_command(at);
        let function = self.now.expect == Expect::FunctionBody;
        if let Some(command) = self.outermost() {
            command.compound = true;
            command.function |= function;
        }
    }

    pub(crate) fn end_compound(&mut self, end: usize) {
        self.pop();
        self.after_compound(end);
    }

    pub(crate) fn after_compound(&mut self, end: usize) {
        self.now.expect = Expect::AfterCompound;
        self.now.filled = true;
        self.now.pending = Pending::Nothing;
        self.outermost().into_iter().for_each(|command| command.span.end = end);
    }
}

fn opens_a_subscript(word: &[u8]) -> bool {
    let name = word.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    let begins = word.first().is_some_and(|first| !first.is_ascii_digit());
    name > 0 && begins && word[name..].starts_with(b"[") && !word.contains(&b']')
}

/// A command word that a variable, other code, the names of files or braces make.
fn is_expanded(word: &[u8]) -> bool {
    word.iter().any(|byte| b"$`*?".contains(byte)) || (word.len() > 1 && word.iter().any(|byte| b"[{".contains(byte)))
}

/// The name of a builtin that heeds variables, in quotes or pieces; a backslash in front is common, and read.
fn hides_a_builtin(word: &[u8]) -> bool {
    let bare = word.strip_prefix(b"\\").unwrap_or(word);
    let name: Vec<u8> = bare.iter().copied().filter(|byte| !b"'\"\\\n".contains(byte)).collect();
    name.len() < bare.len() && !keeps_variables(&name)
}

fn without_joins(text: &[u8]) -> Vec<u8> {
    let mut whole = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, tail)) = rest.split_first() {
        if let Some(behind) = rest.strip_prefix(b"\\\n") {
            rest = behind;
        } else {
            whole.push(*byte);
            rest = tail;
        }
    }
    whole
}
