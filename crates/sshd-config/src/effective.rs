//! What sshd would use: `sshd -T`, with a connection or without, over one text or all files that sshd reads.

mod command_line;
pub(crate) mod complaint;
pub(crate) mod daemon;
mod finish;
mod include;
mod pass;
mod printed;
mod situation;
mod sources;
mod taken;

use std::collections::{BTreeMap, HashSet};

use bstr::BString;
use camino::Utf8Path;
use kvmprep_lossless::files::{Files, Location};
use kvmprep_lossless::{Text, Value};

use crate::check::Family;
use crate::matching::Connection;
use crate::{Sshd, Version, vocabulary};

pub use command_line::CommandLine;
pub(crate) use complaint::diagnostics;
pub use complaint::{Complained, Complaint};
use daemon::Daemon;
pub use include::Unread;
use pass::Pass;
pub(crate) use pass::{BlockRead, UNTOLD};
pub use situation::{Situation, SituationError};
use sources::Sources;
pub use sources::{COMMAND_LINE, Source};
use taken::Taken;

/// The file that sshd reads unless its command line says otherwise.
pub const MAIN_FILE: &str = "/etc/ssh/sshd_config";

/// What an answer needs to know of the sshd that is asked about: nothing here is guessed. Lists come from that host:
/// defaults from `sshd -T` on an empty file, known names from `ssh -Q cipher`, `mac`, `kex`, `key`, `sig`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Build {
    defaults: BTreeMap<String, Vec<BString>>,
    known: BTreeMap<Family, Vec<BString>>,
    directory: Option<BString>,
    home: Option<BString>,
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

    /// The home of the daemon's user, `/root` as a rule: what `~` stands for.
    pub fn at_home(mut self, home: impl Into<BString>) -> Self {
        self.home = Some(home.into());
        self
    }
}

/// What decides a keyword, over all files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    /// What `sshd -T` prints for it, one element a line.
    pub value: Value,
    /// Where it stands: the arguments, of each line where lines add up. None where only other keywords decide it.
    pub at: Vec<Location>,
    /// Other lines that were read for it and do not count, in the order in which they would win.
    pub shadowed: Vec<Location>,
    /// True when a Match block that holds for the connection sets it: that beats the global section.
    pub by_block: bool,
    /// True when something that was not told or not read may decide instead; the value says what. A value may be unknown and
    /// its line certain.
    pub in_doubt: bool,
}

/// What sshd makes of its files.
#[derive(Clone, Debug, Default)]
pub struct Effective {
    pub(crate) version: Version,
    pub(crate) decisions: BTreeMap<&'static str, Decision>,
    complaints: Vec<Complained>,
    sources: Vec<Source>,
    unread: Vec<Unread>,
    /// What is said of a keyword that no line names when a file was not read: where it may stand anywhere, and where
    /// the file can only have blocks.
    unsaid: Unsaid,
}

#[derive(Clone, Debug, Default)]
struct Unsaid {
    anywhere: Option<Value>,
    in_blocks: Option<Value>,
}

impl Effective {
    /// What `sshd -T` prints for a keyword, one element a line; `None` where no file says anything and the built-in
    /// default holds.
    pub fn get(&self, keyword: &str) -> Option<&Value> {
        let decided = self.decision(keyword).map(|decision| &decision.value);
        let (keyword, _) = vocabulary::find(self.version, keyword.as_bytes())?;
        let in_blocks = || self.unsaid.in_blocks.as_ref().filter(|_| keyword.in_blocks(self.version));
        decided.or(self.unsaid.anywhere.as_ref()).or_else(in_blocks)
    }

    /// What decides a keyword; `None` where no line that was read does.
    pub fn decision(&self, keyword: &str) -> Option<&Decision> {
        let (keyword, _) = vocabulary::find(self.version, keyword.as_bytes())?;
        self.decisions.get(keyword.name)
    }

    /// True when sshd takes the files, as far as they could be read.
    pub fn starts(&self) -> bool {
        self.complaints.iter().all(|complained| complained.complaint == Complaint::Deprecated)
    }

    /// What sshd complains of, in its order.
    pub fn complaints(&self) -> &[Complained] {
        &self.complaints
    }

    /// The files that were read, each once, in the order sshd first opens them: what locations count in. None where one
    /// text was given.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// What was not read of what sshd reads: values that hang on it are unknown.
    pub fn unread(&self) -> &[Unread] {
        &self.unread
    }
}

/// What `sshd -T -C …` says of this text for a connection; an Include is not looked into. First the global section and
/// `Match all` are read, then the text again for the blocks that the connection meets: what those set replaces what the
/// first reading took.
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
    let mut sources = Sources::none(*text.syntax());
    Start::of(text, &mut sources, build).serving(text, &mut sources, connection, build)
}

/// What `sshd -T -C … -f path` says on a host for a connection: over the file and all that it includes.
///
/// Files that are planned and not written show through an [`Overlay`](kvmprep_lossless::files::Overlay).
///
/// ```
/// use kvmprep_lossless::files::MemoryFiles;
/// use kvmprep_sshd_config::{Build, Connection, MAIN_FILE, Sshd, effective_host};
///
/// let files = MemoryFiles::new()
///     .with(MAIN_FILE, "Include sshd_config.d/*.conf\nPermitRootLogin no\n")
///     .with("/etc/ssh/sshd_config.d/50-cloud.conf", "PermitRootLogin yes\n");
/// let sshd = effective_host(&files, MAIN_FILE.into(), Sshd::default(), &Connection::default(), &Build::default());
/// let decision = sshd.decision("PermitRootLogin").expect("it is set");
/// let source = &sshd.sources()[decision.at[0].source];
/// assert_eq!((source.path.as_str(), source.line(decision.at[0].span)), ("/etc/ssh/sshd_config.d/50-cloud.conf", 1));
/// assert_eq!(sshd.sources()[decision.shadowed[0].source].path, MAIN_FILE);
/// ```
pub fn effective_host(
    files: &dyn Files,
    path: &Utf8Path,
    dialect: Sshd,
    connection: &Connection,
    build: &Build,
) -> Effective {
    Daemon::started(files, path, dialect, &[], build).serving(connection)
}

/// What a start took, and what it complained of.
struct Start {
    taken: AllTaken,
    doubt: Option<String>,
    complaints: Vec<Complained>,
    unread: Vec<Unread>,
    blocks: Vec<BlockRead>,
}

impl From<Pass<'_, '_>> for Start {
    fn from(pass: Pass<'_, '_>) -> Self {
        let Pass { taken, doubt, complaints, unread, blocks, .. } = pass.finished();
        Self { taken, doubt, complaints, unread, blocks }
    }
}

impl Start {
    fn of(text: &Text<Sshd>, sources: &mut Sources<'_>, build: &Build) -> Self {
        Self::from(Pass::start(*text.syntax(), sources, build).over(text))
    }

    /// The text is read again for a connection, once the start has taken it.
    fn serving(
        &self,
        text: &Text<Sshd>,
        sources: &mut Sources<'_>,
        connection: &Connection,
        build: &Build,
    ) -> Effective {
        let version = text.syntax().version;
        let (complaints, unread) = (self.complaints.clone(), self.unread.clone());
        let mut effective = Effective { version, complaints, unread, ..Effective::default() };
        if !effective.starts() {
            return effective;
        }
        let login = Pass::start(*text.syntax(), sources, build).login(connection).over(text);
        let again = |complained: &Complained| complained.complaint != Complaint::Deprecated;
        effective.complaints.extend(login.complaints.into_iter().filter(again));
        let new: Vec<Unread> = login.unread.into_iter().filter(|unread| !effective.unread.contains(unread)).collect();
        effective.unread.extend(new);
        if !effective.starts() {
            return effective;
        }
        let unknown = |why: &Option<String>| why.clone().map(Value::Unknown);
        effective.unsaid = Unsaid { anywhere: unknown(&self.doubt), in_blocks: unknown(&login.doubt) };
        let taken = replaced(version, self.taken.clone(), login.taken, login.doubt);
        effective.decisions = decided(version, taken, build);
        effective
    }
}

type AllTaken = BTreeMap<&'static str, Taken>;

/// What the reading for a connection took beats what the start took.
fn replaced(version: Version, mut start: AllTaken, login: AllTaken, doubt: Option<String>) -> AllTaken {
    for taken in start.values_mut().filter(|taken| taken.keyword.in_blocks(version)) {
        taken.unknown = taken.unknown.take().or_else(|| doubt.clone());
    }
    for (name, mut taken) in login.into_iter().filter(|(_, taken)| taken.replaces(version)) {
        taken.by_block = true;
        if let Some(global) = start.remove(name) {
            taken.beats(global);
        }
        start.insert(name, taken);
    }
    start
}

fn decided(version: Version, mut taken: AllTaken, build: &Build) -> BTreeMap<&'static str, Decision> {
    let values = printed::all(version, &taken, build);
    let decision = |(name, value): (&'static str, Value)| {
        let (at, read, by_block, in_doubt) = taken
            .remove(name)
            .map(|taken| (taken.at, taken.read, taken.by_block, taken.unknown.is_some()))
            .unwrap_or_default();
        let mut listed: HashSet<Location> = at.iter().copied().collect();
        let shadowed = read.into_iter().filter(|place| listed.insert(*place)).collect();
        (name, Decision { value, at, shadowed, by_block, in_doubt })
    };
    values.into_iter().map(decision).collect()
}

/// The complaints of a start: what `sshd -t` prints of this text.
pub(crate) fn complaints(text: &Text<Sshd>) -> Vec<Complained> {
    Start::of(text, &mut Sources::none(*text.syntax()), &Build::default()).complaints
}

/// True when sshd takes this text, as far as it alone says.
pub(crate) fn starts(text: &Text<Sshd>) -> bool {
    complaints(text).iter().all(|complained| complained.complaint == Complaint::Deprecated)
}
