use std::ops::Range;

use logos::Logos;

/// Shell text outside quotes.
#[derive(Logos, Clone, Copy, PartialEq, Eq, Debug)]
#[logos(utf8 = false)]
pub(crate) enum Bare {
    #[regex(b"[ \t]+")]
    Blank,
    #[token(b"\n")]
    Newline,
    #[token(b"\\\n")]
    Join,
    #[regex(b"\\\\[^\n]")]
    Escape,
    #[token(b"\\")]
    LastBackslash,
    #[regex(b"[^ \t\n\\\\'\"$`;&|<>()#][^ \t\n\\\\'\"$`;&|<>()]*")]
    Text,
    #[token(b"#")]
    Hash,
    #[token(b"'")]
    Single,
    #[regex(b"\"([^\"\\\\$`]|\\\\(?s:.))*\"")]
    DoublePlain,
    #[token(b"\"")]
    Double,
    #[token(b"$\"")]
    Locale,
    #[regex(b"\\$'([^'\\\\]|\\\\[^'])*'", priority = 20)]
    AnsiC,
    /// An escaped quote inside `$'…'`: bash and dash disagree where the word ends.
    #[regex(b"\\$'([^'\\\\]|\\\\[^'])*\\\\'", priority = 21)]
    AnsiCQuote,
    #[regex(b"\\$([A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-])")]
    Variable,
    #[token(b"${")]
    Parameter,
    #[token(b"$(")]
    Substitution,
    #[token(b"$((")]
    Arithmetic,
    #[token(b"$[")]
    OldArithmetic,
    #[token(b"$")]
    Dollar,
    #[regex(b"`([^`\\\\]|\\\\(?s:.))*`")]
    Backquoted,
    #[token(b"`")]
    Backquote,
    #[token(b";")]
    Semicolon,
    #[token(b";;")]
    #[token(b";&")]
    #[token(b";;&")]
    CaseEnd,
    #[token(b"&")]
    Background,
    #[token(b"&&")]
    And,
    #[token(b"||")]
    Or,
    #[token(b"|")]
    Pipe,
    #[token(b"|&")]
    #[token(b"&>")]
    #[token(b"&>>")]
    BashOperator,
    #[token(b"(")]
    Open,
    #[token(b")")]
    Close,
    #[token(b"<<")]
    HereDocument,
    #[token(b"<<-")]
    HereDocumentTabs,
    #[token(b"<<<")]
    HereString,
    #[token(b"<(")]
    #[token(b">(")]
    Process,
    #[token(b"<")]
    #[token(b">")]
    #[token(b">>")]
    #[token(b"<&")]
    #[token(b">&")]
    #[token(b"<>")]
    #[token(b">|")]
    Redirection,
}

/// Shell text between double quotes.
#[derive(Logos, Clone, Copy, PartialEq, Eq, Debug)]
#[logos(utf8 = false)]
pub(crate) enum Double {
    #[regex(b"([^\"\\\\$`]|\\\\(?s:.))+")]
    Text,
    #[token(b"\\")]
    LastBackslash,
    #[token(b"\"")]
    Close,
    #[regex(b"\\$([A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-])")]
    Variable,
    #[token(b"${")]
    Parameter,
    #[token(b"$(")]
    Substitution,
    #[token(b"$((")]
    Arithmetic,
    #[token(b"$[")]
    OldArithmetic,
    #[token(b"$")]
    Dollar,
    #[regex(b"`([^`\\\\]|\\\\(?s:.))*`")]
    Backquoted,
    #[token(b"`")]
    Backquote,
}

/// Shell text inside `${…}` and `$((…))`, whose ends and brackets differ only in who looks at them.
#[derive(Logos, Clone, Copy, PartialEq, Eq, Debug)]
#[logos(utf8 = false)]
pub(crate) enum Braced {
    #[regex(b"([^{}()\"'\\\\$`]|\\\\(?s:.))+")]
    #[token(b"{")]
    #[token(b"\\")]
    #[token(b"$")]
    #[regex(b"\\$([A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-])")]
    #[regex(b"`([^`\\\\]|\\\\(?s:.))*`")]
    Text,
    #[token(b"}")]
    CloseBrace,
    #[token(b"(")]
    Open,
    #[token(b")")]
    Close,
    #[token(b"'")]
    Single,
    /// As in [`Bare::AnsiCQuote`].
    #[regex(b"\\$'([^'\\\\]|\\\\[^'])*\\\\'")]
    AnsiCQuote,
    #[token(b"\"")]
    #[token(b"$\"")]
    Double,
    #[token(b"${")]
    Parameter,
    #[token(b"$(")]
    Substitution,
    #[token(b"$((")]
    Arithmetic,
    #[token(b"`")]
    Backquote,
}

/// The lines that most files are made of, told at a glance.
#[derive(Logos, Clone, Copy, PartialEq, Eq, Debug)]
#[logos(utf8 = false)]
pub(crate) enum Line {
    /// One assignment of a constant word.
    #[regex(b"[ \t]*[A-Za-z_][A-Za-z0-9_]*=([A-Za-z0-9_./:@%+,=-]*|\"[^\"\\\\$`\n\0]*\"|'[^'\n\0]*')[ \t]*\n")]
    Assignment,
}

/// One pass over shell text that changes its alphabet as quotes open and close.
#[derive(Clone)]
pub(crate) enum Lexer<'s> {
    Bare(logos::Lexer<'s, Bare>),
    Double(logos::Lexer<'s, Double>),
    Braced(logos::Lexer<'s, Braced>),
}

macro_rules! alphabet {
    ($next:ident, $mode:ident) => {
        /// The next token in this alphabet; `None` at the end of the text.
        pub(crate) fn $next(&mut self) -> Option<$mode> {
            let mut lexer = match self.clone() {
                Self::Bare(lexer) => lexer.morph(),
                Self::Double(lexer) => lexer.morph(),
                Self::Braced(lexer) => lexer.morph(),
            };
            let token = lexer.next();
            *self = Self::$mode(lexer);
            token?.ok()
        }
    };
}

impl<'s> Lexer<'s> {
    pub(crate) fn new(text: &'s [u8]) -> Self {
        Self::Bare(Bare::lexer(text))
    }

    alphabet!(bare, Bare);
    alphabet!(double, Double);
    alphabet!(braced, Braced);

    /// Where the last token stands.
    pub(crate) fn span(&self) -> Range<usize> {
        match self {
            Self::Bare(lexer) => lexer.span(),
            Self::Double(lexer) => lexer.span(),
            Self::Braced(lexer) => lexer.span(),
        }
    }

    /// What is left to read.
    pub(crate) fn rest(&self) -> &'s [u8] {
        match self {
            Self::Bare(lexer) => lexer.remainder(),
            Self::Double(lexer) => lexer.remainder(),
            Self::Braced(lexer) => lexer.remainder(),
        }
    }

    /// Takes bytes into the last token.
    pub(crate) fn bump(&mut self, bytes: usize) {
        match self {
            Self::Bare(lexer) => lexer.bump(bytes),
            Self::Double(lexer) => lexer.bump(bytes),
            Self::Braced(lexer) => lexer.bump(bytes),
        }
    }
}
