//! What sshd would use: `sshd -T`, with a connection or without, over the one file given.

mod complaint;
mod finish;
mod printed;

pub(crate) use complaint::diagnostics;
pub use complaint::{Complained, Complaint};

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use bstr::{BString, ByteSlice};
use kvmprep_lossless::{RowRef, Span, Text, Value};

use crate::check::{Check, Family, Fault};
use crate::criteria::Criteria;
use crate::grammar::{self, Directive, Line};
use crate::matching::{Connection, Truth};
use crate::vocabulary::{self, Keyword, Shape, Wins};
use crate::{Grammar, Sshd, Version};

/// What an answer needs to know of the sshd that is asked about: nothing here is guessed. Lists come from that host:
/// defaults from `sshd -T` on an empty file, known names from `ssh -Q cipher`, `mac`, `kex`, `key`, `sig`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Build {
    defaults: BTreeMap<String, Vec<BString>>,
    known: BTreeMap<Family, Vec<BString>>,
    directory: Option<BString>,
}

impl Build {
    /// The built-in list of a keyword like Ciphers, by comma.
    pub fn with_default(mut self, keyword: &str, list: &str) -> Self {
        self.defaults.insert(keyword.to_ascii_lowercase(), list.split(',').map(BString::from).collect());
        self
    }

    /// All names of a family that the build knows, by comma.
    pub fn with_known(mut self, family: Family, list: &str) -> Self {
        self.known.insert(family, list.split(',').map(BString::from).collect());
        self
    }

    /// The daemon's working directory, which relative paths are made absolute with.
    pub fn in_directory(mut self, directory: impl Into<BString>) -> Self {
        self.directory = Some(directory.into());
        self
    }
}

/// What sshd makes of a file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Effective {
    values: BTreeMap<&'static str, Value>,
    complaints: Vec<Complained>,
    includes: Vec<usize>,
}

impl Effective {
    /// What `sshd -T` prints for a keyword, one element a line; `None` where the file says nothing and the built-in
    /// default holds.
    pub fn get(&self, keyword: &str) -> Option<&Value> {
        let named = |(name, _): &(&&'static str, &Value)| name.eq_ignore_ascii_case(keyword);
        self.values.iter().find(named).map(|(_, value)| value)
    }

    /// True when sshd takes the file; files it includes are not looked into.
    pub fn starts(&self) -> bool {
        self.complaints.iter().all(|complained| complained.complaint == Complaint::Deprecated)
    }

    /// What sshd complains of, in its order.
    pub fn complaints(&self) -> &[Complained] {
        &self.complaints
    }

    /// Rows of Include lines that are read: what they set is not known here.
    pub fn includes(&self) -> &[usize] {
        &self.includes
    }
}

/// What `sshd -T -C …` says of this file for a connection. First the global section and `Match all` are read, then the
/// file again for the blocks that the connection meets: what those set replaces what the first reading took.
///
/// ```
/// use kvmprep_lossless::{Text, Value};
/// use kvmprep_sshd_config::{Build, Connection, Sshd, effective};
///
/// let text = Text::read(Sshd::default(), "Banner none\nMatch User bob\n\tBanner /etc/bob\n");
/// let bob = Connection { user: Some("bob".into()), ..Connection::default() };
/// let sshd = effective(&text, &bob, &Build::default());
/// assert_eq!(sshd.get("Banner"), Some(&Value::Known(vec!["/etc/bob".into()])));
/// ```
pub fn effective(text: &Text<Sshd>, connection: &Connection, build: &Build) -> Effective {
    let mut start = Pass::over(text, None, build);
    start.finish();
    let mut effective = Effective { complaints: start.complaints, ..Effective::default() };
    if !effective.starts() {
        return effective;
    }
    let login = Pass::over(text, Some(connection), build);
    let again = |complained: &Complained| complained.complaint != Complaint::Deprecated;
    effective.complaints.extend(login.complaints.into_iter().filter(again));
    if !effective.starts() {
        return effective;
    }
    let mut taken = start.taken;
    let version = text.syntax().version;
    let replaced = |(_, taken): &(&'static str, Taken)| taken.keyword.in_blocks(version);
    taken.extend(login.taken.into_iter().filter(replaced));
    effective.includes = [start.includes, login.includes].concat();
    effective.values = printed::all(taken, build);
    effective
}

/// The complaints of a start: what `sshd -t` prints.
fn complaints(text: &Text<Sshd>) -> Vec<Complained> {
    let build = Build::default();
    let mut pass = Pass::over(text, None, &build);
    pass.finish();
    pass.complaints
}

/// What one keyword took in one pass.
struct Taken {
    keyword: &'static Keyword,
    /// Where it was taken first.
    first: Site,
    /// The arguments of each line that counts.
    lines: Vec<Vec<BString>>,
    /// Why it cannot be told, if so.
    unknown: Option<String>,
}

/// A line, as sshd and as the printed text count.
#[derive(Clone, Copy)]
struct Site {
    line: usize,
    span: Span,
}

impl Site {
    fn of(row: RowRef<'_, Sshd>) -> Self {
        Self { line: row.index + 1, span: row.span() }
    }

    fn complained(self, complaint: Complaint, message: String) -> Complained {
        Complained { complaint, line: self.line, span: self.span, message }
    }
}

/// One reading of the file: at the start, or for a connection.
struct Pass<'p> {
    dialect: Sshd,
    build: &'p Build,
    connection: Option<&'p Connection>,
    taken: BTreeMap<&'static str, Taken>,
    complaints: Vec<Complained>,
    includes: Vec<usize>,
    /// Whether the lines read are taken.
    active: Truth,
}

impl<'p> Pass<'p> {
    fn over(text: &Text<Sshd>, connection: Option<&'p Connection>, build: &'p Build) -> Self {
        let mut pass = Self {
            dialect: *text.syntax(),
            build,
            connection,
            taken: BTreeMap::new(),
            complaints: Vec::new(),
            includes: Vec::new(),
            active: connection.is_none().into(),
        };
        for row in text.rows() {
            let line = grammar::glued(pass.dialect.grammar, row.bytes);
            let Line::Directive(directive) = grammar::line(pass.dialect.grammar, &line) else { continue };
            if pass.directive(&directive, row) == Flow::Stop {
                break;
            }
        }
        pass
    }

    fn complain(&mut self, row: RowRef<'_, Sshd>, complaint: Complaint, message: String) -> Flow {
        self.complaints.push(Site::of(row).complained(complaint, message));
        if complaint.is_fatal() { Flow::Stop } else { Flow::On }
    }

    /// In the order of `process_server_config_line`: argument, keyword, quotes, place, value, extra words.
    fn directive(&mut self, directive: &Directive<'_>, row: RowRef<'_, Sshd>) -> Flow {
        let spelled = directive.keyword.to_str_lossy();
        let newer = self.dialect.grammar == Grammar::Since87;
        if directive.rest.is_empty() && newer {
            return self.complain(row, Complaint::NoArgument, format!("`{spelled}` has no argument"));
        }
        let found = vocabulary::find(self.dialect.version, &directive.keyword);
        let found = found.filter(|(keyword, _)| keyword.known_to(self.dialect.version));
        if found.is_none() {
            self.complain(row, Complaint::UnknownKeyword, format!("sshd does not know `{spelled}`"));
        }
        let mut split = directive.arguments();
        let arguments: Vec<Cow<'_, [u8]>> = split.by_ref().map(|argument| argument.value).collect();
        if split.open_quote {
            return self.complain(row, Complaint::OpenQuote, "a quote does not close".to_owned());
        }
        let in_block = found.is_some_and(|(keyword, barred)| !barred && keyword.in_blocks(self.dialect.version));
        if self.active == Truth::No && !in_block {
            return match self.connection {
                None => self.complain(row, Complaint::GlobalOnly, format!("`{spelled}` may not stand under a Match")),
                Some(_) => Flow::On,
            };
        }
        let Some((keyword, _)) = found else { return Flow::On };
        match keyword.shape {
            Shape::Ignored { loud: true } => {
                self.complain(row, Complaint::Deprecated, format!("`{spelled}` is no longer looked at"))
            }
            Shape::Ignored { loud: false } => Flow::On,
            _ if keyword.name == "Match" => self.enter(directive, row),
            _ => self.setting(keyword, directive, arguments, row),
        }
    }

    /// A Match line: whether what follows is taken.
    fn enter(&mut self, directive: &Directive<'_>, row: RowRef<'_, Sshd>) -> Flow {
        let Some(criteria) = Criteria::of_directive(self.dialect, directive).map(Arc::new) else { return Flow::On };
        if let Some(fault) = criteria.fault() {
            return self.complain(row, Complaint::Match(fault), fault.explained().to_owned());
        }
        self.active = match self.connection {
            None => criteria.is_all().into(),
            Some(connection) if criteria.needs_port() && connection.local_port.is_none() => {
                let message = "LocalPort is asked for, and no port told".to_owned();
                return self.complain(row, Complaint::Untold, message);
            }
            Some(connection) => criteria.matches(connection),
        };
        Flow::On
    }

    fn setting(
        &mut self,
        keyword: &'static Keyword,
        directive: &Directive<'_>,
        arguments: Vec<Cow<'_, [u8]>>,
        row: RowRef<'_, Sshd>,
    ) -> Flow {
        let arguments = match keyword.shape {
            Shape::Rest => vec![Cow::Borrowed(directive.rest)],
            _ => arguments,
        };
        if let Err((complaint, expected)) = self.check(keyword, &arguments) {
            return self.complain(row, complaint, format!("`{}` wants {expected}", keyword.name));
        }
        let most = match keyword.shape {
            Shape::Words(most) => most,
            Shape::Named | Shape::Rest => usize::MAX,
            Shape::Lines if arguments.len() == 3 && *arguments[1] == *b"rdomain" => 3,
            _ => 1,
        };
        if self.active != Truth::No {
            let line: Vec<BString> = arguments.iter().take(most).map(|argument| argument.as_bytes().into()).collect();
            self.take(keyword, line, row);
        }
        if arguments.len() > most {
            return self.complain(row, Complaint::ExtraArguments, format!("`{}` has too many words", keyword.name));
        }
        Flow::On
    }

    /// What a line says goes where the keyword keeps it.
    fn take(&mut self, keyword: &'static Keyword, line: Vec<BString>, row: RowRef<'_, Sshd>) {
        if keyword.name == "Include" {
            self.includes.push(row.index);
        }
        if line.is_empty() {
            return;
        }
        let unknown = match self.active {
            Truth::Unknown => Some("what is known of the connection does not decide its block".to_owned()),
            _ if self.includes.is_empty() => None,
            _ => Some("an Include stands before it".to_owned()),
        };
        let taken = self.taken.entry(keyword.name).or_insert(Taken {
            keyword,
            first: Site::of(row),
            lines: Vec::new(),
            unknown: None,
        });
        let counts = match keyword.wins {
            Wins::All => keyword.shape != Shape::Named || taken.lines.iter().all(|taken| taken[0] != line[0]),
            Wins::First => taken.lines.is_empty(),
            Wins::LastBefore(_) | Wins::NoneOrFirst => {
                let words = taken.lines.iter().chain([&line]).map(|line| line[0].as_slice());
                let counts = keyword.winner(self.dialect.version, words) == taken.lines.len();
                taken.lines.retain(|_| !counts);
                counts
            }
        };
        if keyword.check == Check::RekeyLimit && taken.lines.first().is_some_and(|first| first.len() < 2) {
            taken.lines[0].extend(line.into_iter().skip(1).filter(|time| *time != "none"));
        } else if counts {
            taken.lines.push(line);
            taken.unknown = taken.unknown.take().or(unknown);
        }
    }

    fn check(&self, keyword: &Keyword, arguments: &[Cow<'_, [u8]>]) -> Result<(), (Complaint, &'static str)> {
        let fault = |fault| match fault {
            Fault::Missing => (Complaint::MissingValue, "a value"),
            Fault::Bad(expected) if keyword.check == Check::Filled => (Complaint::EmptyArgument, expected),
            Fault::Bad(expected) if keyword.check.is_soft() => (Complaint::UnknownOption, expected),
            Fault::Bad(expected) => (Complaint::BadValue, expected),
        };
        keyword.check.check(keyword.shape, arguments).map_err(fault)?;
        let lines = self.taken.get(keyword.name).map_or(&[][..], |taken| &taken.lines);
        let version = self.dialect.version;
        match (keyword.shape, keyword.check) {
            (Shape::Commas(family), _) if !self.names_known(family, &arguments[0]) => {
                Err((Complaint::BadValue, "algorithm names that this sshd knows"))
            }
            (Shape::Named, _) if version < Version(9, 5) && lines.iter().any(|line| line[0] == *arguments[0]) => {
                Err((Complaint::DuplicateSubsystem, "each name once"))
            }
            (Shape::Named, _) if arguments.len() < 2 || arguments[1].is_empty() => {
                Err((Complaint::BadValue, "a name and a command"))
            }
            (_, Check::Port) if lines.len() >= 256 => Err((Complaint::BadValue, "at most 256 lines")),
            (_, Check::Methods) if version < Version(9, 7) && !lines.is_empty() && *arguments[0] == *b"any" => {
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
            let patterned = family.takes_patterns();
            known.iter().any(|known| known == name || (patterned && crate::matching::pattern(known, name)))
        };
        !names.is_empty() && names.split(|b| *b == b',').take_while(|name| !name.is_empty()).all(is_known)
    }
}

/// Whether sshd reads on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    Stop,
}
