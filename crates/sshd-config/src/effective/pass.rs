use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use bstr::{BString, ByteSlice};
use kvmprep_lossless::files::Location;
use kvmprep_lossless::{RowRef, Span, Text};

use super::command_line::SshdOption;
use super::sources::Sources;
use super::taken::Taken;
use super::{Build, CommandLine, Complained, Complaint, Unread};
use crate::check::{self, Check, Family, Fault};
use crate::criteria::{self, Criteria};
use crate::grammar::{self, Argument, Directive, Line};
use crate::matching::{Connection, Truth};
use crate::vocabulary::{self, Keyword, Shape};
use crate::{Grammar, Sshd, Version};

/// What a line may have, its line feed included, where releases 6.1 to 7.7 set a limit: comments too.
const LINE: usize = 4_094;

/// Why a value is unknown that a block sets for some of the connections of which so much is told.
pub(crate) const UNTOLD: &str = "what is known of the connection does not decide its block";

/// A line, as sshd and as the printed text count.
#[derive(Clone, Copy)]
pub(crate) struct Site {
    pub(crate) at: Location,
    pub(crate) line: usize,
}

impl Site {
    pub(crate) fn complained(self, complaint: Complaint, message: String) -> Complained {
        Complained { complaint, at: self.at, line: self.line, message }
    }
}

/// A file being read.
pub(crate) struct Frame {
    pub(crate) source: usize,
    /// How many Includes lead to it.
    pub(crate) depth: usize,
    /// Reading for a connection, no Match met yet in this file and those that lead to it: nothing is taken here, and
    /// blocks may be.
    pub(crate) between_blocks: bool,
    /// Whether blocks are taken: a Match cannot reopen what an outer one closed. Case `include-in-match-nested`.
    pub(crate) gate: Truth,
    /// The block that the Include which led here stands in, by number.
    pub(crate) within: Option<usize>,
}

/// A Match block, as the start sees it.
#[derive(Clone)]
pub(crate) struct BlockRead {
    /// The criteria that must be met, those of blocks around it first.
    pub(crate) criteria: Vec<Arc<Criteria>>,
    /// Its Match line.
    pub(crate) header: Location,
    /// What it sets, each keyword once.
    pub(crate) sets: Vec<&'static Keyword>,
}

/// One reading of all files: at the start, or for a connection.
pub(crate) struct Pass<'p, 'f> {
    pub(crate) dialect: Sshd,
    pub(crate) build: &'p Build,
    pub(crate) sources: &'p mut Sources<'f>,
    connection: Option<&'p Connection>,
    pub(crate) taken: BTreeMap<&'static str, Taken>,
    pub(crate) complaints: Vec<Complained>,
    /// Why lines from here on may not be the first that sshd sees.
    pub(crate) doubt: Option<String>,
    pub(crate) unread: Vec<Unread>,
    /// Whether the lines read are taken.
    pub(crate) active: Truth,
    /// The blocks met at the start, and the one that is read.
    pub(crate) blocks: Vec<BlockRead>,
    pub(crate) block: Option<usize>,
    /// The option of the command line that is read.
    option: Option<SshdOption>,
    /// `-p` was given: ports by any other way are not looked at.
    fixed_ports: bool,
    /// Something was complained of that stops sshd, at the end of the file if not there.
    pub(crate) failed: bool,
    pub(crate) files: usize,
    pub(crate) bytes: usize,
}

impl<'p, 'f> Pass<'p, 'f> {
    /// The start, before any file is read.
    pub(crate) fn start(dialect: Sshd, sources: &'p mut Sources<'f>, build: &'p Build) -> Self {
        Self {
            dialect,
            build,
            sources,
            connection: None,
            taken: BTreeMap::new(),
            complaints: Vec::new(),
            doubt: None,
            unread: Vec::new(),
            active: Truth::Yes,
            blocks: Vec::new(),
            block: None,
            option: None,
            fixed_ports: false,
            failed: false,
            files: 0,
            bytes: 0,
        }
    }

    /// What is read again for a connection.
    pub(crate) fn login(self, connection: &'p Connection) -> Self {
        Self { connection: Some(connection), active: Truth::No, ..self }
    }

    /// The options of the command line, each like a file of one line: sshd stops at the first it complains of.
    pub(crate) fn options(mut self, line: &CommandLine, source: usize) -> Self {
        let text = self.sources.text(source);
        for (row, option) in text.rows().zip(line.options()) {
            if self.failed {
                break;
            }
            self.option = Some(option.clone());
            self.line(row, &mut Frame::of(source, false));
            self.fixed_ports |= option.fixes_ports;
        }
        self.option = None;
        self
    }

    /// The main file, and all that it draws in.
    pub(crate) fn over(mut self, text: &Text<Sshd>) -> Self {
        if self.failed {
            return self;
        }
        self.files += 1;
        self.bytes += text.contiguous().len();
        let frame = Frame::of(self.sources.main, self.connection.is_some());
        self.read(text, frame);
        self
    }

    /// Reads a file to its end; sshd stops there when it has complained of one of its lines.
    pub(crate) fn read(&mut self, text: &Text<Sshd>, mut frame: Frame) -> Flow {
        let outer = std::mem::take(&mut self.failed);
        for row in text.rows() {
            if self.line(row, &mut frame) == Flow::Stop {
                return Flow::Stop;
            }
        }
        if self.failed {
            return Flow::Stop;
        }
        self.failed = outer;
        Flow::On
    }

    fn line(&mut self, row: RowRef<'_, Sshd>, frame: &mut Frame) -> Flow {
        let refuses_long_lines = (Version(6, 1)..Version(7, 8)).contains(&self.dialect.version);
        if refuses_long_lines && self.option.is_none() && row.bytes.len() > LINE {
            let at = Location { source: frame.source, span: row.span() };
            let site = Site { at, line: row.index + 1 };
            return self.complain(site, Complaint::LineTooLong, format!("the line has more than {LINE} bytes"));
        }
        let line = grammar::glued(self.dialect.grammar, row.bytes);
        match grammar::line(self.dialect.grammar, &line) {
            Line::Directive(directive) => self.directive(&directive, row, frame),
            _ => Flow::On,
        }
    }

    pub(crate) fn complain(&mut self, site: Site, complaint: Complaint, message: String) -> Flow {
        self.complaints.push(site.complained(complaint, message));
        self.failed |= complaint != Complaint::Deprecated;
        if complaint.is_fatal() { Flow::Stop } else { Flow::On }
    }

    /// In the order of `process_server_config_line`: argument, keyword, quotes, place, value, extra words.
    fn directive(&mut self, directive: &Directive<'_>, row: RowRef<'_, Sshd>, frame: &mut Frame) -> Flow {
        let line = if self.option.is_some() { 0 } else { row.index + 1 };
        let site = Site { at: Location { source: frame.source, span: row.span() }, line };
        let spelled = directive.keyword.to_str_lossy();
        let newer = self.dialect.grammar == Grammar::Since87;
        if directive.rest.is_empty() && newer {
            return self.complain(site, Complaint::NoArgument, format!("`{spelled}` has no argument"));
        }
        let found = vocabulary::taken(self.dialect.version, &directive.keyword);
        if found.is_none() {
            let message = match vocabulary::since(&directive.keyword) {
                Some(since) if self.dialect.version < since => {
                    format!("sshd {} does not know `{spelled}`, which came with {since}", self.dialect.version)
                }
                _ => format!("sshd does not know `{spelled}`"),
            };
            self.complain(site, Complaint::UnknownKeyword, message);
        }
        let mut split = directive.arguments();
        let arguments: Vec<Argument<'_>> = split.by_ref().collect();
        if split.open_quote {
            return self.complain(site, Complaint::OpenQuote, "a quote does not close".to_owned());
        }
        let in_block = found.is_some_and(|(keyword, barred)| !barred && keyword.in_blocks(self.dialect.version));
        if self.active == Truth::No && !in_block {
            return match self.connection {
                None => self.complain(site, Complaint::GlobalOnly, format!("`{spelled}` may not stand under a Match")),
                Some(_) => Flow::On,
            };
        }
        let Some((keyword, _)) = found else { return Flow::On };
        match keyword.shape {
            Shape::Ignored { loud: true } => {
                self.complain(site, Complaint::Deprecated, format!("`{spelled}` is no longer looked at"))
            }
            Shape::Ignored { loud: false } => Flow::On,
            _ if self.option.is_some() && matches!(keyword.name, "Match" | "Include") => {
                self.complain(site, Complaint::NotAnOption, format!("`{spelled}` cannot stand on the command line"))
            }
            _ if keyword.name == "Port" && self.fixed_ports && !self.option.as_ref().is_some_and(|o| o.fixes_ports) => {
                Flow::On
            }
            _ if keyword.name == "Match" => self.enter(directive, site, frame),
            _ if keyword.name == "Include" => self.include(&arguments, site, frame),
            Shape::Rest => {
                let whole = Argument { raw: directive.rest, value: Cow::Borrowed(directive.rest) };
                self.setting(keyword, &[whole], row, site)
            }
            _ => self.setting(keyword, &arguments, row, site),
        }
    }

    /// A Match line: whether what follows is taken.
    fn enter(&mut self, directive: &Directive<'_>, site: Site, frame: &mut Frame) -> Flow {
        let Some(criteria) = Criteria::of_directive(self.dialect, directive) else { return Flow::On };
        if let Some(fault) = criteria.fault() {
            return self.complain(site, Complaint::Match(fault), fault.explained().to_owned());
        }
        if self.connection.is_none() {
            self.open_block(criteria.clone(), site.at, frame);
        }
        let met = match self.connection.filter(|_| frame.gate != Truth::No) {
            None => criteria.is_all().into(),
            Some(connection) if criteria.needs_port() && connection.local_port.is_none() => {
                let message = "LocalPort is asked for, and no port told".to_owned();
                return self.complain(site, Complaint::Untold, message);
            }
            Some(connection) => criteria.matches(connection),
        };
        self.active = frame.gate.and(met);
        frame.between_blocks = false;
        if criteria::has_words_behind(self.dialect, directive) {
            return self.complain(site, Complaint::ExtraArguments, "`Match` has too many words".to_owned());
        }
        Flow::On
    }

    fn open_block(&mut self, criteria: Criteria, header: Location, frame: &Frame) {
        let around = frame.within.map(|number| self.blocks[number].criteria.clone()).unwrap_or_default();
        let criteria = around.into_iter().chain([Arc::new(criteria)]).collect();
        self.blocks.push(BlockRead { criteria, header, sets: Vec::new() });
        self.block = Some(self.blocks.len() - 1);
    }

    fn setting(
        &mut self,
        keyword: &'static Keyword,
        arguments: &[Argument<'_>],
        row: RowRef<'_, Sshd>,
        site: Site,
    ) -> Flow {
        if let Err((complaint, expected)) = self.check(keyword, arguments) {
            return self.complain(site, complaint, format!("`{}` wants {expected}", keyword.name));
        }
        if let Some(block) = self.block.filter(|_| !arguments.is_empty()) {
            let sets = &mut self.blocks[block].sets;
            if sets.iter().all(|known| known.name != keyword.name) {
                sets.push(keyword);
            }
        }
        let words: Vec<Cow<'_, [u8]>> = arguments.iter().map(|argument| Cow::Borrowed(&*argument.value)).collect();
        let (taken, looked_at) = keyword.reach(&words);
        if self.active != Truth::No && !arguments.is_empty() {
            let counted = &arguments[..arguments.len().min(taken)];
            let line = counted.iter().map(|argument| argument.value.as_bytes().into()).collect();
            let at = Location { span: extent(row, counted), ..site.at };
            self.take(keyword, line, at, site);
        }
        if arguments.len() > looked_at {
            return self.complain(site, Complaint::ExtraArguments, format!("`{}` has too many words", keyword.name));
        }
        Flow::On
    }

    /// What a line says goes where the keyword keeps it.
    fn take(&mut self, keyword: &'static Keyword, line: Vec<BString>, at: Location, site: Site) {
        let mut unknown = match self.active {
            Truth::Unknown => Some(UNTOLD.to_owned()),
            _ => self.doubt.clone(),
        };
        let stands_before = keyword.lost_behind(self.dialect.version).and_then(|name| self.taken.get(name));
        match stands_before.map(|before| before.unknown.clone()) {
            Some(None) => {
                self.taken.entry(keyword.name).and_modify(|taken| taken.read.push(at));
                return;
            }
            Some(why) => unknown = unknown.or(why),
            None => {}
        }
        let taken = self.taken.entry(keyword.name).or_insert_with(|| Taken::new(keyword, site));
        taken.take(self.dialect.version, line, at, unknown);
    }

    fn check(&self, keyword: &Keyword, arguments: &[Argument<'_>]) -> Result<(), (Complaint, &'static str)> {
        let fault = |fault| match fault {
            Fault::Missing => (Complaint::MissingValue, "a value"),
            Fault::Empty => (Complaint::EmptyArgument, "no empty word"),
            Fault::Option(expected) => (Complaint::UnknownOption, expected),
            Fault::Bad(expected) => (Complaint::BadValue, expected),
        };
        let words: Vec<Cow<'_, [u8]>> = arguments.iter().map(|argument| Cow::Borrowed(&*argument.value)).collect();
        match keyword.check {
            Check::Methods if self.active == Truth::No && !words.is_empty() => check::methods(&words, false),
            check => check.check(keyword.shape, &words),
        }
        .map_err(fault)?;
        let version = self.dialect.version;
        keyword.check_for(version, &words).map_err(fault)?;
        let lines = self.taken.get(keyword.name).map_or(&[][..], |taken| &taken.lines);
        match (keyword.shape, keyword.check) {
            (Shape::Commas(_), _) if words[0].starts_with(b",") && version >= Version(10, 4) => {
                Err((Complaint::BadValue, "no comma in front"))
            }
            (Shape::Commas(family), _) if !self.names_known(family, &words[0]) => {
                Err((Complaint::BadValue, "algorithm names that this sshd knows"))
            }
            (Shape::Named, _) if version < Version(9, 5) && lines.iter().any(|line| line[0] == *words[0]) => {
                Err((Complaint::DuplicateSubsystem, "each name once"))
            }
            (Shape::Named, _) if words.len() < 2 || words[1].is_empty() => {
                Err((Complaint::BadValue, "a name and a command"))
            }
            _ if matches!(keyword.name, "Port" | "AddressFamily")
                && version < Version(6, 9)
                && self.taken.contains_key("ListenAddress") =>
            {
                Err((Complaint::TooLate, "a place before ListenAddress"))
            }
            (Shape::Words(_), _)
                if keyword.counts_names(version)
                    && self.active != Truth::No
                    && lines.iter().map(Vec::len).sum::<usize>() + words.len() > vocabulary::NAMES =>
            {
                Err((Complaint::BadValue, "at most 256 names"))
            }
            (_, Check::Port) if lines.len() >= 256 => Err((Complaint::BadValue, "at most 256 lines")),
            (_, Check::Methods)
                if version < Version(9, 7) && !lines.is_empty() && words.iter().any(|word| **word == *b"any") =>
            {
                Err((Complaint::BadValue, "`any` alone: other methods are set already"))
            }
            _ => Ok(()),
        }
    }

    /// Whether the names of a list are known to the build, as far as sshd looks: up to the first empty item.
    fn names_known(&self, family: Family, list: &[u8]) -> bool {
        let Some(known) = self.build.known.get(&family) else { return true };
        let names = match list.first() {
            Some(b'-') => return true,
            Some(b'+' | b'^') => &list[1..],
            _ => list,
        };
        let is_known = |name: &[u8]| {
            let met = name.strip_prefix(b"!").unwrap_or(name);
            let patterned = family.takes_patterns();
            let mut known = known.iter();
            family.names_none(name)
                || known.any(|known| known == name || (patterned && crate::matching::pattern(known, met)))
        };
        !names.is_empty() && names.split(|b| *b == b',').take_while(|name| !name.is_empty()).all(is_known)
    }
}

impl Frame {
    fn of(source: usize, between_blocks: bool) -> Self {
        Self { source, depth: 0, between_blocks, gate: Truth::Yes, within: None }
    }
}

/// Where arguments stand in the printed text; the whole row where a NUL glued it together.
fn extent(row: RowRef<'_, Sshd>, arguments: &[Argument<'_>]) -> Span {
    let place = |argument: Option<&Argument<'_>>| Span::of_part(row.bytes, argument?.raw);
    match (place(arguments.first()), place(arguments.last())) {
        (Some(first), Some(last)) => Span::new(first.start, last.end).shifted(row.at),
        _ => row.span(),
    }
}

/// Whether sshd reads on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    On,
    Stop,
}
