//! Where a reading of shell text stands: what is open, and what may come next at each level.

use kvmprep_lossless::Span;

use crate::builtin::Demands;
use crate::names::Takes;

/// What is open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Frame {
    Top,
    /// Between `if` or `elif` and `then`.
    Condition,
    Then,
    Else,
    /// Between `while` or `until` and `do`.
    LoopCondition,
    /// Between `for` or `select` and `do`.
    LoopHead,
    Do,
    Case,
    Brace,
    Paren,
    Substitution,
    /// `[[ … ]]`
    Test,
    /// `NAME=( … )`
    Array,
    Double,
    Parameter {
        in_double: bool,
    },
    Arithmetic {
        depth: usize,
        last: usize,
        command: bool,
    },
}

/// What may come next at a level.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Expect {
    /// A command; reserved words count.
    Command,
    /// More assignments or redirections, or the command word.
    Prefix,
    Argument,
    /// Redirections or a separator.
    AfterCompound,
    FunctionName,
    /// `)` of `name()`
    FunctionClose,
    FunctionBody,
    LoopName,
    In,
    LoopWords,
    LoopDo,
    CaseWord,
    CaseIn,
    Pattern,
    /// Behind `|` or `(`: `esac` is a pattern there.
    NextPattern,
    PatternEnd,
    /// Words of `[[ ]]` and arrays.
    Anything,
}

/// What a command must follow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Pending {
    Nothing,
    /// `&&` or `||`
    List,
    Pipe,
    /// `!`
    Negated,
}

impl Pending {
    pub(crate) fn is_open(self) -> bool {
        self != Self::Nothing
    }
}

/// What an `exit` or `return` at a level can end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shield {
    /// The file, or the script that reads it.
    None,
    /// A `return` ends the function only.
    Function,
    /// A process of its own.
    Process,
}

impl Shield {
    pub(crate) fn within(self, frame: Frame, outer: &Level) -> Self {
        match frame {
            Frame::Paren | Frame::Substitution => Self::Process,
            _ if self == Self::None && outer.expect == Expect::FunctionBody => Self::Function,
            _ => self,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Operand {
    File,
    /// Behind `>&` and `<&`.
    Descriptor,
    HereDocument {
        tabs: bool,
    },
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct OpenWord {
    pub(crate) start: usize,
    /// No quoting: it may be a reserved word.
    pub(crate) plain: bool,
    pub(crate) joined: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Level {
    pub(crate) frame: Frame,
    pub(crate) opened: usize,
    pub(crate) expect: Expect,
    /// The list read at this level has a command: an empty body is a syntax error [if-empty-body].
    pub(crate) filled: bool,
    pub(crate) pending: Pending,
    pub(crate) word: Option<OpenWord>,
    pub(crate) operand: Option<Operand>,
    pub(crate) words: u32,
    /// Nothing stands before the command word, so that it may be a function's name.
    pub(crate) first: bool,
    /// The command word, where it could name a function.
    pub(crate) named: Option<Span>,
    pub(crate) shield: Shield,
    pub(crate) takes: Takes,
    pub(crate) demands: Demands,
    /// The command is a special builtin.
    pub(crate) special: bool,
    /// The command is redirected to or from a file that may not open.
    pub(crate) reads_file: bool,
    /// How many names had been assigned when the command began.
    pub(crate) assigned: usize,
}

impl Level {
    pub(crate) fn new(frame: Frame, opened: usize, shield: Shield) -> Self {
        let expect = match frame {
            Frame::LoopHead => Expect::LoopName,
            Frame::Case => Expect::CaseWord,
            Frame::Test | Frame::Array => Expect::Anything,
            _ => Expect::Command,
        };
        Self {
            frame,
            opened,
            expect,
            filled: false,
            pending: Pending::Nothing,
            word: None,
            operand: None,
            words: 0,
            first: false,
            named: None,
            shield,
            takes: Takes::Nothing,
            demands: Demands::Nothing,
            special: false,
            reads_file: false,
            assigned: 0,
        }
    }

    /// A command stands complete, so that a separator or a closing word may follow.
    pub(crate) fn has_command(&self) -> bool {
        self.operand.is_none() && matches!(self.expect, Expect::Prefix | Expect::Argument | Expect::AfterCompound)
    }

    /// The list read at this level may be closed here by a reserved word.
    pub(crate) fn closable(&self) -> bool {
        self.filled && !self.pending.is_open() && matches!(self.expect, Expect::Command | Expect::AfterCompound)
    }
}
