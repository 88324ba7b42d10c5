use std::fmt;

use crate::{Span, lines, value};

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Likely not what is meant.
    Warning,
    /// The consumer refuses, or the verb does.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// Something to say about a text: a stable code, a place, what and why, and how to go on.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Stable, kebab-case: what scripts and tests match on.
    pub code: &'static str,
    /// Where, in the printed text as it stood when this was said.
    pub span: Option<Span>,
    /// What, and why.
    pub message: String,
    /// How to go on.
    pub help: Option<String>,
    /// True for a refusal that the caller may override by its code.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "std::ops::Not::not"))]
    pub overridable: bool,
}

impl Diagnostic {
    /// A diagnostic without a place.
    pub fn new(severity: Severity, code: &'static str, message: impl Into<String>) -> Self {
        Self { severity, code, span: None, message: message.into(), help: None, overridable: false }
    }

    /// Worth knowing.
    pub fn note(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, message)
    }

    /// Likely not what is meant.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    /// The consumer refuses.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    /// A live line beside the one of its key that counts. The rule for all formats: one that says the same is a
    /// `duplicate`, a note, since nothing goes with it; one that says something else and loses is `shadowed`, a warning,
    /// since whoever wrote it believes in it.
    pub fn beaten(says_the_same: bool, message: impl Into<String>) -> Self {
        match says_the_same {
            true => Self::note("duplicate", message),
            false => Self::warning("shadowed", message),
        }
    }

    /// Where in the printed text.
    pub fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    /// How to go on.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A place as people name it: both count from 1, the column in bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Place {
    /// Line number.
    pub line: usize,
    /// Byte of the line.
    pub column: usize,
}

impl Place {
    /// The place of an offset; an offset past the end is the end's.
    pub fn of(text: &[u8], offset: usize) -> Self {
        let before = &text[..offset.min(text.len())];
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |lf| lf + 1);
        Self { line: memchr::memchr_iter(b'\n', before).count() + 1, column: before.len() - line_start + 1 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// A diagnostic as people read it: `path:line:col: error[code]: …`, the line with a caret, and the help.
///
/// Control bytes and bytes that are not UTF-8 are shown as escapes, in the path too.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The file's name.
    pub path: &'a str,
    /// The text that the diagnostic's span counts in.
    pub text: &'a [u8],
    /// What to report.
    pub diagnostic: &'a Diagnostic,
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Diagnostic { severity, code, span, message, help, .. } = self.diagnostic;
        write!(f, "{}:", value::shown(self.path.as_bytes()))?;
        if let Some(span) = span {
            write!(f, "{}:", Place::of(self.text, span.start))?;
        }
        write!(f, " {severity}[{code}]: {}", value::shown(message.as_bytes()))?;
        if let Some(span) = span {
            self.excerpt(f, *span)?;
        }
        if let Some(help) = help {
            write!(f, "\n  help: {}", value::shown(help.as_bytes()))?;
        }
        if self.diagnostic.overridable {
            write!(f, "\n  help: allow `{code}` to do it all the same")?;
        }
        Ok(())
    }
}

impl Report<'_> {
    /// The line the span begins on, and carets below the part of it that is meant.
    fn excerpt(&self, f: &mut fmt::Formatter<'_>, span: Span) -> fmt::Result {
        let Place { line, column } = Place::of(self.text, span.start);
        let start = span.start.min(self.text.len()) + 1 - column;
        let (whole, _) = lines::split_ending(Span::new(start, lines::line_end(self.text, start)).of(self.text));
        let (before, rest) = whole.split_at((column - 1).min(whole.len()));
        let meant = &rest[..span.len().min(rest.len())];
        let carets = value::shown(meant).chars().count().max(1);
        let lead: String = value::shown(before).chars().map(|c| if c == '\t' { c } else { ' ' }).collect();
        let margin = line.to_string();
        let blank = " ".repeat(margin.len());
        write!(f, "\n {margin} | {}\n {blank} | {lead}{}", value::shown(whole), "^".repeat(carets))
    }
}
