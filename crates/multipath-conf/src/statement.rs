//! One logical line as the daemon's validation takes it, before any table is looked at.

use std::borrow::Cow;

use kvmprep_lossless::Span;

use crate::complaint::Class;
use crate::lexer::{self, Token, Tokens};
use crate::table::opens_alone;
use crate::value;
use crate::{Table, Version};

/// What the first token says the line is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Head {
    /// No token at all.
    Nothing,
    /// `}`
    Close,
    /// `{`, which begins nothing.
    Open,
    /// A name that opens a section whatever follows it.
    Section,
    /// Any other word or quote.
    Key,
}

/// A logical line taken apart; spans count in the line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Statement<'t> {
    pub(crate) line: &'t [u8],
    pub(crate) head: Head,
    /// The first token.
    pub(crate) keyword: Span,
    /// The value with its quotes; for a section name, the brace.
    pub(crate) value: Option<Span>,
    /// The value without its quotes, not decoded.
    pub(crate) inner: Span,
    /// Tokens that are dropped.
    pub(crate) extra: Option<Span>,
    /// An unquoted `}` among the dropped tokens, or in the place of a value: the writer meant to close something.
    pub(crate) lost_close: bool,
    pub(crate) comment: Option<Span>,
    /// Text behind a NUL or an inner CR.
    pub(crate) unseen: Option<Span>,
    /// What the validation complains of.
    pub(crate) flaw: Option<Class>,
}

impl<'t> Statement<'t> {
    pub(crate) fn of(line: &'t [u8], version: Version) -> Self {
        let live = lexer::live(line, version);
        let mut this = Self {
            line,
            head: Head::Nothing,
            keyword: Span::empty(live.end),
            value: None,
            inner: Span::empty(live.end),
            extra: None,
            lost_close: false,
            comment: None,
            unseen: lexer::unseen(line, live),
            flaw: None,
        };
        let mut tokens =
            Tokens::of(live.of(line), version).map(|(token, span)| (token, span.shifted(live.start))).peekable();
        if let Some((_, span)) = tokens.next_if(|(token, _)| *token == Token::Comment) {
            this.comment = Some(span);
            return this;
        }
        let Some((token, keyword)) = tokens.next() else { return this };
        this.keyword = keyword;
        this.head = match token {
            Token::Close => Head::Close,
            Token::Open => Head::Open,
            Token::Word if opens_alone(keyword.of(line)) => Head::Section,
            _ => Head::Key,
        };
        match this.head {
            Head::Section => this.section(&mut tokens),
            Head::Key => this.pair(&mut tokens),
            _ => {}
        }
        this.rest(tokens);
        this
    }

    fn section(&mut self, tokens: &mut impl Iterator<Item = (Token, Span)>) {
        match tokens.next() {
            Some((Token::Open, brace)) => self.value = Some(brace),
            Some((Token::Comment, span)) => {
                self.comment = Some(span);
                self.flaw = Some(Class::MissingOpenBrace);
            }
            Some((token, span)) => {
                self.flaw = Some(Class::NotOpenBrace);
                self.lost_close = token == Token::Close;
                self.extra = Some(span);
            }
            None => self.flaw = Some(Class::MissingOpenBrace),
        }
    }

    fn pair(&mut self, tokens: &mut impl Iterator<Item = (Token, Span)>) {
        match tokens.next() {
            Some((Token::Quote, quote)) => {
                let mut closing = tokens.next();
                self.inner = Span::empty(quote.end);
                // Behind a quoted keyword without text even a brace is the text here (`quoted-keyword-brace`).
                if let Some((token @ (Token::Word | Token::Open | Token::Close), text)) = closing {
                    self.inner = text;
                    self.lost_close = token == Token::Close;
                    closing = tokens.next();
                }
                // Behind an empty quoted keyword the value's quote may be followed by anything.
                let end = match closing {
                    Some((Token::Quote, quote)) => quote.end,
                    Some((Token::Comment, span)) => {
                        self.comment = Some(span);
                        self.flaw = Some(Class::UnclosedQuote);
                        self.inner.end
                    }
                    Some((_, other)) => {
                        self.flaw = Some(Class::TextAfterString);
                        other.end
                    }
                    None => {
                        self.flaw = Some(Class::UnclosedQuote);
                        self.inner.end
                    }
                };
                self.value = Some(Span::new(quote.start, end));
            }
            Some((Token::Comment, span)) => {
                self.comment = Some(span);
                self.flaw = Some(Class::MissingValue);
            }
            Some((token, word)) => {
                self.value = Some(word);
                self.inner = word;
                self.lost_close = token == Token::Close;
            }
            None => self.flaw = Some(Class::MissingValue),
        }
    }

    fn rest(&mut self, tokens: impl Iterator<Item = (Token, Span)>) {
        for (token, span) in tokens {
            if token == Token::Comment {
                self.comment = Some(span);
                return;
            }
            let start = self.extra.map_or(span.start, |extra| extra.start);
            self.extra = Some(Span::new(start, span.end));
            self.lost_close |= token == Token::Close;
            match self.head {
                Head::Open => {}
                _ => self.flaw = self.flaw.or(Some(Class::ExtraData)),
            }
        }
    }

    /// The keyword's bytes.
    pub(crate) fn name(&self) -> &'t [u8] {
        self.keyword.of(self.line)
    }

    /// The value the daemon's handler gets.
    pub(crate) fn decoded(&self) -> Cow<'t, [u8]> {
        let inner = self.inner.of(self.line);
        if self.is_quoted() { value::unescape(inner) } else { Cow::Borrowed(inner) }
    }

    /// True when the value stands in quotes.
    pub(crate) fn is_quoted(&self) -> bool {
        self.value.is_some_and(|value| self.line.get(value.start) == Some(&b'"'))
    }

    /// The text of the statement itself, from its first token to its last.
    pub(crate) fn text(&self) -> &'t [u8] {
        let end = self.extra.or(self.value).map_or(self.keyword.end, |last| last.end);
        Span::new(self.keyword.start, end).of(self.line)
    }

    /// The comment's bytes, from its mark on.
    pub(crate) fn comment(&self) -> Option<&'t [u8]> {
        self.comment.map(|span| span.of(self.line))
    }
}

/// What a line is to the table it stands in, and the table that follows it; reads no further than needed.
pub(crate) fn classify(line: &[u8], table: Table, version: Version) -> (crate::Kind, Table) {
    use crate::Kind;
    let live = lexer::live(line, version).of(line);
    let mut tokens = Tokens::of(live, version);
    let Some((token, span)) = tokens.next() else { return (Kind::Blank, table) };
    let name = match token {
        Token::Comment => return (Kind::Comment, table),
        Token::Close if table == Table::Top => return (Kind::Unmatched, table),
        Token::Close => return (Kind::Close, table.parent()),
        Token::Open => return (Kind::StrayOpen, table),
        Token::Quote => b"",
        Token::Word => span.of(live),
    };
    let second = tokens.next().map(|(token, _)| token).filter(|token| *token != Token::Comment);
    let kind = match second {
        Some(_) if table.keyword(name, version).is_some() => Kind::Setting,
        _ if token == Token::Word && opens_alone(name) => Kind::UnknownBlock,
        None => Kind::Valueless,
        Some(Token::Open) => Kind::UnknownBlock,
        Some(_) => Kind::Unknown,
    };
    // No table has a keyword and a block of one name.
    match table.child(name, version).filter(|_| !matches!(kind, Kind::Setting | Kind::Valueless)) {
        Some(child) => (Kind::Open, child),
        None => (kind, table),
    }
}
