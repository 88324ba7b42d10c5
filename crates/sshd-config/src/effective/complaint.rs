use kvmprep_lossless::files::Location;
use kvmprep_lossless::{Diagnostic, Text};

use super::complaints;
use crate::criteria::MatchFault;
use crate::{Kind, Sshd};

/// Why sshd complains of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Complaint {
    /// A keyword it does not know; all of them are reported, then it stops. Case `unknown-keyword`.
    UnknownKeyword,
    /// A keyword alone. Case `keyword-alone`.
    NoArgument,
    /// A quote that does not close. Case `quote-open`.
    OpenQuote,
    /// More words than the keyword takes. Case `line-extra`.
    ExtraArguments,
    /// A global keyword under a Match: it stops there. Case `match-global-keyword`.
    GlobalOnly,
    /// A value the keyword does not take: it stops there. Case `first-wins-later-checked`.
    BadValue,
    /// A comment or an empty word where a value should be. Case `only-comment-as-value`.
    MissingValue,
    /// An empty word in a list: sshd reads on to report more.
    EmptyArgument,
    /// An option it does not have: sshd reads on to report more.
    UnknownOption,
    /// A list without any name. Seen when all lines are read.
    EmptyList,
    /// `!name` in a list of algorithms whose names may be patterns. Seen when all lines are read. Case `negated-name`.
    NegatedName,
    /// An address that is not of the AddressFamily. Seen when all lines are read.
    OtherFamily,
    /// Methods of authentication that are switched off. Seen when all lines are read.
    UnmetMethods,
    /// A command to ask for keys or principals, and no user to run it as. Seen when all lines are read.
    CommandWithoutUser,
    /// Before 6.9, a Port or AddressFamily behind a ListenAddress.
    TooLate,
    /// From 6.1 to 7.7, a line of 4095 bytes or more.
    LineTooLong,
    /// A subsystem of that name is there already. Case `subsystem-twice`.
    DuplicateSubsystem,
    /// Criteria it cannot take. Cases `match-unknown`, `match-address-hostbits`.
    Match(MatchFault),
    /// `sshd -T` without a local port cannot decide a LocalPort. Case `match-localport-no-c`.
    Untold,
    /// Files draw each other in without end, or deeper than it goes. Case `include-recursion`.
    IncludeDepth,
    /// A name without a file behind it: a link that leads nowhere, or the main file.
    CannotOpen,
    /// Match and Include are for files: sshd stops at them on its command line.
    NotAnOption,
    /// Accepted, and not looked at. Case `deprecated`.
    Deprecated,
}

impl Complaint {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::UnknownKeyword => "unknown-keyword",
            Self::NoArgument => "no-argument",
            Self::OpenQuote => "open-quote",
            Self::ExtraArguments => "extra-arguments",
            Self::GlobalOnly => "global-only",
            Self::BadValue => "bad-value",
            Self::MissingValue => "missing-value",
            Self::EmptyArgument => "empty-argument",
            Self::UnknownOption => "unknown-option",
            Self::EmptyList => "empty-list",
            Self::NegatedName => "negated-name",
            Self::OtherFamily => "other-family",
            Self::UnmetMethods => "unmet-methods",
            Self::CommandWithoutUser => "command-without-user",
            Self::TooLate => "too-late",
            Self::LineTooLong => "line-too-long",
            Self::DuplicateSubsystem => "duplicate-subsystem",
            Self::Match(_) => "bad-match",
            Self::Untold => "connection-untold",
            Self::IncludeDepth => "include-depth",
            Self::CannotOpen => "cannot-open",
            Self::NotAnOption => "not-an-option",
            Self::Deprecated => "deprecated",
        }
    }

    /// True when sshd reads no further.
    pub(crate) fn is_fatal(self) -> bool {
        use Complaint::{
            Deprecated, EmptyArgument, ExtraArguments, NoArgument, OpenQuote, UnknownKeyword, UnknownOption,
        };
        let reads_on = matches!(
            self,
            UnknownKeyword | NoArgument | OpenQuote | ExtraArguments | EmptyArgument | UnknownOption | Deprecated
        );
        !reads_on
    }
}

/// A complaint and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Complained {
    /// What.
    pub complaint: Complaint,
    /// The line in the printed text of its source; for a file that was not read the Include that names it.
    pub at: Location,
    /// The line as sshd counts, from 1: lines glued by a NUL count once. 0 on its command line, and where the main file
    /// is missing.
    pub line: usize,
    /// The keyword as spelled, and what was expected.
    pub message: String,
}

/// What `sshd -t` complains of, and what would surprise an editor.
pub(crate) fn diagnostics(text: &Text<Sshd>) -> Vec<Diagnostic> {
    let mut diagnostics: Vec<Diagnostic> = complaints(text).into_iter().map(worded).collect();
    for row in text.rows() {
        diagnostics.extend(match row.kind {
            Kind::Ignored => Some(
                Diagnostic::warning("line-ignored", "sshd passes over this line without a word")
                    .at(row.span())
                    .help("a quote opens before the value and does not close, or `=` stands twice before the keyword"),
            ),
            Kind::Nul => Some(
                Diagnostic::error("nul-in-file", "a NUL byte hides the rest of its line and glues the next one to it")
                    .at(row.span())
                    .help("take it out by hand"),
            ),
            _ => None,
        });
    }
    let said = crate::reading::said_at(text);
    for setting in crate::reading::settings(text) {
        diagnostics.extend(crate::reading::beaten(&said, &setting));
    }
    diagnostics.sort_by_key(|diagnostic| diagnostic.span);
    diagnostics
}

pub(crate) fn worded(complained: Complained) -> Diagnostic {
    let code = complained.complaint.code();
    match complained.complaint {
        Complaint::Deprecated => Diagnostic::warning(code, complained.message).help("the line may go"),
        Complaint::Untold => Diagnostic::error(code, complained.message).help("tell it: `lport=22`"),
        complaint if complaint.is_fatal() => {
            Diagnostic::error(code, complained.message).help("sshd stops here; what follows is not looked at")
        }
        _ => Diagnostic::error(code, complained.message).help("sshd reads on to report more, then stops"),
    }
    .at(complained.at.span)
}
