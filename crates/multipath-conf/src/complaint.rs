//! What the daemon complains of while it reads the file, in its own order.

use kvmprep_lossless::{Diagnostic, Severity, Span, Text};

use crate::effective::Merge;
use crate::statement::Statement;
use crate::vocabulary::{Keyword, Taken};
use crate::{Kind, Multipath, Table, Version};

/// A class of complaints. The names are those of the recorded cases.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Class {
    /// A keyword without a value: the line is skipped.
    MissingValue,
    /// Text behind the value or brace: dropped.
    ExtraData,
    /// A section name without a brace: the section opens all the same.
    MissingOpenBrace,
    /// A section name with something else than a brace behind it.
    NotOpenBrace,
    /// A line that begins with `{`: skipped.
    StrayOpenBrace,
    /// A `}` with nothing to end.
    UnmatchedCloseBrace,
    /// A section that the file does not end.
    MissingCloseBrace,
    /// A quote that its line does not close.
    UnclosedQuote,
    /// Text glued behind a string: the line is skipped.
    TextAfterString,
    /// A word that the section does not know: skipped.
    UnknownKeyword,
    /// A keyword that its section has already: the last valid one counts.
    DuplicateKeyword,
    /// A number taken for the nearest one allowed.
    Capped,
    /// A pattern that is none, taken for the one that is meant.
    Rewritten,
    /// A value that the keyword does not take: the old one stays.
    InvalidValue,
    /// A count that does not fit the arguments behind it.
    ArgCount,
    /// A name with a slash.
    HasSlash,
    /// A path that is not absolute.
    NotAbsolute,
    /// A keyword without effect.
    Deprecated,
    /// A word of `uid_attrs` without a colon.
    BadUidAttrs,
    /// A value that its handler fails on; in the main file it stops the daemon.
    ParseFailed,
    /// The daemon does not start.
    Fatal,
    /// A `multipath` without `wwid`: dropped.
    MissingWwid,
    /// A second `multipath` with the same `wwid`: merged.
    DuplicateMultipath,
    /// A second `device` with the same strings: merged.
    DuplicateDevice,
    /// A `device` without vendor or product: dropped.
    IncompleteDevice,
    /// A `protocol` without a known type: dropped.
    ProtocolWithoutType,
    /// A feature of merged `device` blocks that has a keyword of its own: taken for that.
    DeprecatedFeature,
    /// Such a feature where the keyword says otherwise: the keyword counts.
    FeatureConflict,
    /// A slash in `partition_delimiter`, where none is set before it: the daemon crashes.
    Crash,
    /// A `product_blacklist`, or the vendor beside it, that is no regular expression: the daemon does not start, and does
    /// not say why.
    BadProductBlacklist,
}

impl Class {
    /// The name in the recorded cases, and the diagnostic's code with hyphens.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::MissingValue => ("missing_value", "missing-value"),
            Self::ExtraData => ("extra_data", "extra-data"),
            Self::MissingOpenBrace => ("missing_open_brace", "missing-open-brace"),
            Self::NotOpenBrace => ("not_open_brace", "not-open-brace"),
            Self::StrayOpenBrace => ("stray_open_brace", "stray-open-brace"),
            Self::UnmatchedCloseBrace => ("unmatched_close_brace", "unmatched-close-brace"),
            Self::MissingCloseBrace => ("missing_close_brace", "missing-close-brace"),
            Self::UnclosedQuote => ("unclosed_quote", "unclosed-quote"),
            Self::TextAfterString => ("text_after_string", "text-after-string"),
            Self::UnknownKeyword => ("unknown_keyword", "unknown-keyword"),
            Self::DuplicateKeyword => ("duplicate_keyword", "duplicate-keyword"),
            Self::Capped => ("capped", "capped"),
            Self::Rewritten => ("rewritten", "rewritten"),
            Self::InvalidValue => ("invalid_value", "invalid-value"),
            Self::ArgCount => ("arg_count", "argument-count"),
            Self::HasSlash => ("has_slash", "slash-in-name"),
            Self::NotAbsolute => ("not_absolute", "not-absolute"),
            Self::Deprecated => ("deprecated", "deprecated"),
            Self::BadUidAttrs => ("bad_uid_attrs", "bad-uid-attrs"),
            Self::ParseFailed => ("parse_failed", "parse-failed"),
            Self::Fatal => ("fatal", "daemon-does-not-start"),
            Self::MissingWwid => ("missing_wwid", "missing-wwid"),
            Self::DuplicateMultipath => ("duplicate_multipath", "duplicate-multipath"),
            Self::DuplicateDevice => ("duplicate_device", "duplicate-device"),
            Self::IncompleteDevice => ("incomplete_device", "incomplete-device"),
            Self::ProtocolWithoutType => ("protocol_without_type", "protocol-without-type"),
            Self::DeprecatedFeature => ("deprecated_feature", "deprecated-feature"),
            Self::FeatureConflict => ("feature_conflict", "feature-conflict"),
            Self::Crash => ("crash", "daemon-crashes"),
            Self::BadProductBlacklist => ("bad_product_blacklist", "bad-product-blacklist"),
        }
    }

    /// The name in the recorded cases, as in `unknown_keyword`.
    pub fn name(self) -> &'static str {
        self.names().0
    }

    /// The diagnostic's code.
    pub(crate) fn code(self) -> &'static str {
        self.names().1
    }

    /// True where the daemon reads no further.
    pub(crate) fn ends_all(self) -> bool {
        matches!(self, Self::Fatal | Self::Crash | Self::BadProductBlacklist)
    }

    fn severity(self) -> Severity {
        match self {
            Self::Fatal | Self::Crash | Self::BadProductBlacklist | Self::ParseFailed => Severity::Error,
            _ => Severity::Warning,
        }
    }

    /// What happened, and what becomes of it.
    pub(crate) fn says(self) -> &'static str {
        match self {
            Self::MissingValue => "a keyword without a value: the line is skipped",
            Self::ExtraData => "text behind the value or brace is dropped",
            Self::MissingOpenBrace => "`{` is missing; the section opens all the same",
            Self::NotOpenBrace => "`{` is expected; the section opens all the same",
            Self::StrayOpenBrace => "a line cannot begin with `{`: it is skipped",
            Self::UnmatchedCloseBrace => "a `}` with nothing to end",
            Self::MissingCloseBrace => "a section is still open where the file ends",
            Self::UnclosedQuote => "a quote is not closed: the value runs to the end of the line",
            Self::TextAfterString => "text is glued to a string: the line is skipped",
            Self::UnknownKeyword => "this section does not know the word: the line is skipped, and it opens nothing",
            Self::DuplicateKeyword => "the section has this keyword already: the last valid one counts",
            Self::Capped => "the number is out of range and taken for the nearest one allowed",
            Self::Rewritten => "a `*` alone is no pattern: this daemon takes it for `.*`, others do not start",
            Self::InvalidValue => "the keyword does not take this value: the old one stays",
            Self::ArgCount => "the argument count does not fit: the old value stays",
            Self::HasSlash => "a slash cannot stand in a name: the old value stays",
            Self::NotAbsolute => "a path must begin with a slash",
            Self::Deprecated => "the keyword has no effect any more",
            Self::BadUidAttrs => "a word of `uid_attrs` reads `type:attribute`",
            Self::ParseFailed => "the value cannot be read",
            Self::Fatal => "a value in the main file cannot be read: multipath and multipathd do not start",
            Self::MissingWwid => "a `multipath` without `wwid` is dropped",
            Self::DuplicateMultipath => "another block has this `wwid`: they are merged, later values win",
            Self::DuplicateDevice => {
                "another block has this vendor, product and revision: they are merged, later values win"
            }
            Self::IncompleteDevice => "a `device` without vendor or product is dropped",
            Self::ProtocolWithoutType => "a `protocol` without a known `type` is dropped",
            Self::DeprecatedFeature => {
                "merged `device` blocks have a feature with a keyword of its own (`no_path_retry queue`, \
                 `retain_attached_hw_handler yes`): it is taken for that"
            }
            Self::FeatureConflict => "a feature of merged `device` blocks does not count: its keyword says otherwise",
            Self::Crash => "no earlier value stands in for this one: multipath and multipathd crash",
            Self::BadProductBlacklist => {
                "a `product_blacklist`, or the `vendor` beside it, is no regular expression: multipath and multipathd do \
                 not start"
            }
        }
    }
}

impl Class {
    /// How to go on, where that does not hang on the keyword.
    fn help(self) -> Option<&'static str> {
        Some(match self {
            Self::MissingValue => "write the value, or the `{`, behind it, or take the line out",
            Self::ExtraData => "put it on a line of its own, or quote the value of several words as one",
            Self::MissingOpenBrace | Self::NotOpenBrace => "write the `{` behind the name, and nothing behind the `{`",
            Self::StrayOpenBrace => "write the `{` on the line of the name that it belongs to",
            Self::UnmatchedCloseBrace => "take it out, or open the section that it is to end",
            Self::MissingCloseBrace => "end every section with a `}` on a line of its own",
            Self::UnclosedQuote => "close it, or take it out; for a quote in a value write `\"\"`",
            Self::UnknownKeyword => "keywords are case-sensitive, and each belongs to its sections (multipath.conf(5))",
            Self::DuplicateKeyword => "leave the one line that is meant",
            Self::Deprecated => "take it out",
            Self::Fatal => "correct each value that cannot be read: until then nothing of the file is in force",
            Self::Crash => "take the slash out",
            Self::BadProductBlacklist => "it is a POSIX extended regular expression: for every product, write `.*`",
            Self::MissingWwid => "write the `wwid` of the map into it, or take the block out",
            Self::DuplicateMultipath | Self::DuplicateDevice => "make them one block",
            Self::IncompleteDevice => "write both `vendor` and `product`; `.*` stands for every one",
            Self::ProtocolWithoutType => "write a `type`, as in `type \"scsi:fcp\"`",
            Self::DeprecatedFeature | Self::FeatureConflict => "use the keyword, and take the feature out",
            _ => return None,
        })
    }

    /// True for a complaint about what value the keyword has.
    pub(crate) fn is_about_value(self) -> bool {
        matches!(
            self,
            Self::Capped | Self::InvalidValue | Self::ArgCount | Self::HasSlash | Self::NotAbsolute | Self::ParseFailed
        )
    }
}

/// One complaint of the daemon.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Complaint {
    /// Of what.
    pub class: Class,
    /// The logical line the daemon names, from 1: a physical line of more than 1,022 bytes counts several times.
    pub line: Option<usize>,
    /// Where in the printed text.
    pub at: Option<Span>,
    /// The keyword whose value it is about.
    pub keyword: Option<&'static str>,
    /// What more there is to say.
    pub why: Option<&'static str>,
}

impl Complaint {
    pub(crate) fn of(class: Class, at: Option<Span>) -> Self {
        Self { class, line: None, at, keyword: None, why: None }
    }
}

impl From<Complaint> for Diagnostic {
    fn from(complaint: Complaint) -> Self {
        let class = complaint.class;
        let mut message = class.says().to_owned();
        if let Some(why) = complaint.why {
            message = format!("{message}: {why}");
        }
        let mut diagnostic = Diagnostic::new(class.severity(), class.code(), message);
        diagnostic.span = complaint.at;
        diagnostic.help = class.help().map(str::to_owned);
        diagnostic
    }
}

/// Everything the daemon says of this file, were it the main and only one; of a keyword without effect it tells once, and
/// here each line is told of.
pub fn complaints(text: &Text<Multipath>) -> Vec<Complaint> {
    let mut found = of_lines(text, true, &mut Before::default());
    if found.last().is_none_or(|complaint| !complaint.class.ends_all()) {
        found.extend(Merge::of([text]).said.into_iter().map(|(_, complaint)| complaint));
    }
    found
}

/// What the files read before have left, as far as it decides what is said.
#[derive(Clone, Default, Debug)]
pub(crate) struct Before {
    /// True where `partition_delimiter` is set.
    delimiter: bool,
}

/// What is said while a file is read; where the daemon gives up, the last complaint says so.
pub(crate) fn of_lines(text: &Text<Multipath>, is_main: bool, before: &mut Before) -> Vec<Complaint> {
    let version = text.syntax().version;
    let mut reader = Complaints { version, found: Vec::new(), seen: vec![Vec::new()], fatal: false, before };
    for row in text.rows() {
        reader.line(row.index + 1, row.at, row.bytes, row.kind, *row.within);
        if reader.found.last().is_some_and(|complaint| complaint.class == Class::Crash) {
            return reader.found;
        }
    }
    let mut found = reader.found;
    if *text.end_state() != Table::Top {
        found.push(Complaint::of(Class::MissingCloseBrace, None));
    }
    if reader.fatal && is_main {
        found.push(Complaint::of(Class::Fatal, None));
    }
    found
}

struct Complaints<'b> {
    version: Version,
    found: Vec<Complaint>,
    /// The names met in each open section, outermost first; duplicates are told apart per instance.
    seen: Vec<Vec<&'static str>>,
    fatal: bool,
    before: &'b mut Before,
}

impl Complaints<'_> {
    fn line(&mut self, line: usize, at: usize, bytes: &[u8], kind: Kind, table: Table) {
        if matches!(kind, Kind::Blank | Kind::Comment) {
            return;
        }
        let statement = Statement::of(bytes, self.version);
        let place = |span: Span| Some(span.shifted(at));
        let mut say = |class, span: Span, why| {
            self.found.push(Complaint { class, line: Some(line), at: place(span), keyword: None, why });
        };
        let keyword = statement.keyword;
        if let Some(class) = statement.flaw {
            say(class, statement.extra.filter(|_| class == Class::ExtraData).unwrap_or(keyword), None);
        }
        match kind {
            Kind::StrayOpen => say(Class::StrayOpenBrace, keyword, None),
            Kind::Unmatched => {
                say(Class::UnmatchedCloseBrace, keyword, None);
                say(Class::UnknownKeyword, keyword, None);
            }
            Kind::Unknown | Kind::UnknownBlock if statement.flaw != Some(Class::TextAfterString) => {
                say(Class::UnknownKeyword, keyword, None);
            }
            Kind::Open => self.open(line, at, &statement, table),
            Kind::Close => {
                self.seen.pop();
            }
            Kind::Setting => self.setting(line, at, &statement, table),
            _ => {}
        }
    }

    fn open(&mut self, line: usize, at: usize, statement: &Statement<'_>, table: Table) {
        // A block may stand several times; a section is complained of, and merged (`duplicate-section`).
        if let Some(section) = table.child(statement.name(), self.version).filter(|_| table == Table::Top) {
            self.once(line, at, statement, section.name());
        }
        self.seen.push(Vec::new());
    }

    fn once(&mut self, line: usize, at: usize, statement: &Statement<'_>, name: &'static str) {
        let Some(seen) = self.seen.last_mut() else { return };
        if seen.contains(&name) {
            let at = Some(statement.keyword.shifted(at));
            let class = Class::DuplicateKeyword;
            self.found.push(Complaint { class, line: Some(line), at, keyword: Some(name), why: None });
        } else {
            seen.push(name);
        }
    }

    fn setting(&mut self, line: usize, at: usize, statement: &Statement<'_>, table: Table) {
        let Some(keyword) = table.keyword(statement.name(), self.version) else { return };
        if !keyword.is_entry() {
            self.once(line, at, statement, keyword.name);
        }
        let span = statement.value.map(|value| value.shifted(at));
        let value = statement.decoded();
        let taken = keyword.take(&value, self.version);
        if let Taken::Part(_, words) = taken {
            self.found.extend(vec![Complaint::of(Class::BadUidAttrs, span); words]);
        }
        for (class, why) in said(keyword, &taken) {
            self.fatal |= class == Class::ParseFailed;
            self.found.push(Complaint { class, line: Some(line), at: span, keyword: Some(keyword.name), why });
        }
        match taken {
            Taken::Crash(_) if !self.before.delimiter => self.found.push(Complaint::of(Class::Crash, span)),
            Taken::As(_) if keyword.name == "partition_delimiter" => self.before.delimiter = true,
            _ => {}
        }
    }
}

/// What a handler says of a value.
fn said(keyword: &Keyword, taken: &Taken<'_>) -> Vec<(Class, Option<&'static str>)> {
    match *taken {
        Taken::As(_) | Taken::Unknown(_) | Taken::Unset | Taken::Ignored => Vec::new(),
        Taken::Part(..) => vec![(Class::BadUidAttrs, None)],
        Taken::Old(_) => vec![(Class::Deprecated, None)],
        Taken::Capped(_) if keyword.is_regex() => vec![(Class::Rewritten, None)],
        Taken::Capped(_) => vec![(Class::Capped, None)],
        Taken::Deprecated(more) => {
            [(Class::Deprecated, None)].into_iter().chain(more.map(|class| (class, None))).collect()
        }
        Taken::Refused(class) | Taken::Crash(class) => vec![(class, None)],
        Taken::Fatal(why) => vec![(Class::ParseFailed, Some(why))],
    }
}
