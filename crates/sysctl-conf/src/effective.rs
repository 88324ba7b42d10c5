//! What the readers write to the kernel in the end.

use std::collections::BTreeMap;
use std::fmt;

use bstr::{BStr, BString, ByteSlice};
use kvmprep_lossless::Span;
use kvmprep_lossless::files::Location;

use crate::grammar::{Statement, statement};
use crate::kernel::{Kernel, Node, Walked};
use crate::key::{has_repeated_separator, is_glob, leads_up, swapped};
use crate::loaded::{Loaded, Taken};
use crate::precedence::{Content, Source};
use crate::reader::Reader;

/// systemd stops reading at a line of this length, or a longer one.
pub(crate) const LINE_LIMIT: usize = 1 << 20;

/// A write to the kernel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Write {
    /// The key as the reader names it.
    pub key: BString,
    /// The path below /proc/sys that the write arrives at; `None` for one that fails.
    pub path: Option<BString>,
    /// What is written, less the line end that both add.
    pub value: BString,
}

/// What a reader complains of; displays as `class` or `class:what`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Complaint {
    /// procps: a line without `=`.
    InvalidSyntax(usize),
    /// systemd: a line without `=`; the unit fails.
    NotAssignment(usize),
    /// systemd: the assignment on this line takes the place of an earlier one.
    Overwritten(usize),
    /// systemd: a line is too long and what follows it is not read, or the file is a directory.
    ReadFailed,
    /// procps: a link leads nowhere.
    CannotOpen,
    /// The kernel has no such key.
    UnknownKey(BString),
    /// The key is a directory, cannot be written, or holds `..`.
    WriteFailed(BString),
    /// systemd: a glob leaves alone a key with an entry of its own, or matches nothing but itself.
    KeptExplicit(BString),
    /// procps: two separators stand together.
    RepeatedSeparator,
    /// procps: the key leads out of /proc/sys.
    Outside,
    /// procps 3.3.15 to 3.3.17: a line without `=` writes what is left in a buffer.
    Garbage(BString),
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidSyntax(line) => write!(f, "invalid_syntax:{line}"),
            Self::NotAssignment(line) => write!(f, "not_assignment:{line}"),
            Self::Overwritten(line) => write!(f, "overwritten:{line}"),
            Self::ReadFailed => f.write_str("read_failed"),
            Self::CannotOpen => f.write_str("cannot_open"),
            Self::UnknownKey(path) => write!(f, "unknown_key:{path}"),
            Self::WriteFailed(key) => write!(f, "write_failed:{key}"),
            Self::KeptExplicit(path) => write!(f, "kept_explicit:{path}"),
            Self::RepeatedSeparator => f.write_str("repeated_separator"),
            Self::Outside => f.write_str("outside"),
            Self::Garbage(path) => write!(f, "garbage:{path}"),
        }
    }
}

/// What became of it all.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Outcome {
    /// procps: the writes that succeeded; systemd: all that were tried. In order.
    pub writes: Vec<Write>,
    /// What was complained of, in order.
    pub complaints: Vec<Complaint>,
    /// True when the exit status is not 0.
    pub failed: bool,
}

impl Outcome {
    /// What the settings that were written hold at the end, by path.
    pub fn values(&self) -> BTreeMap<&BStr, &BStr> {
        let done = self.writes.iter().filter_map(|write| Some((write.path.as_ref()?, write)));
        done.map(|(path, write)| (path.as_bstr(), write.value.as_bstr())).collect()
    }
}

/// What a reader does to a kernel with these files, given in the order it reads them: `sysctl -p FILE…`,
/// `systemd-sysctl FILE…`.
///
/// ```
/// use kvmprep_sysctl_conf::{Kernel, Reader, effective};
///
/// let kernel = Kernel::new(["vm/swappiness", "vm/dirty_ratio"]);
/// let file = "vm.swappiness = 1\nvm.* = 5\n";
/// let outcome = effective(Reader::SYSTEMD, [file], &kernel);
/// let values: Vec<_> = outcome.values().into_values().collect();
/// assert_eq!(values, ["5", "1"], "an explicit key beats every glob");
/// ```
pub fn effective<'t, T: AsRef<[u8]> + ?Sized + 't>(
    reader: Reader,
    files: impl IntoIterator<Item = &'t T>,
    kernel: &Kernel,
) -> Outcome {
    let mut loaded = Loaded::new(reader);
    let mut run = Run { kernel, ignores_unknown: false, outcome: Outcome::default() };
    for (number, file) in files.into_iter().enumerate() {
        run.complain(load(reader, number, file.as_ref(), &mut loaded));
    }
    run.write(reader, &loaded)
}

/// What `sysctl --system` does, or systemd-sysctl at boot, with the files that [`sources`](crate::sources) found.
///
/// `--system` says nothing of keys that the kernel does not have (case `tree-unknown-key`).
pub fn effective_system(reader: Reader, sources: &[Source], kernel: &Kernel) -> Outcome {
    let mut loaded = Loaded::new(reader);
    let mut run = Run { kernel, ignores_unknown: reader.is_procps(), outcome: Outcome::default() };
    for (number, source) in sources.iter().enumerate() {
        run.complain(match (&source.content, reader) {
            (Content::Text(text), _) => load(reader, number, text, &mut loaded),
            (Content::Absent, Reader::Procps(_)) => vec![Complaint::CannotOpen],
            (Content::Unreadable, Reader::Systemd(_)) => vec![Complaint::ReadFailed],
            (Content::Unreadable, _) | (Content::Absent, Reader::Systemd(_)) => Vec::new(),
        });
    }
    run.write(reader, &loaded)
}

/// Reads one file; what the reader complains of meanwhile.
pub(crate) fn load<'t>(reader: Reader, source: usize, file: &'t [u8], loaded: &mut Loaded<'t>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (line, number) in reader.lines(file).zip(1..) {
        if reader.stops_at_long_lines() && line.len() >= LINE_LIMIT {
            complaints.push(Complaint::ReadFailed);
            break;
        }
        let Some((text, statement)) = statement(reader, line) else { continue };
        match (reader, statement) {
            // procps passes over what is shorter than two bytes, an LF behind it counted (case `short-lines`).
            (Reader::Procps(_), _) if line.ends_with(text) && text.len() < 2 => {}
            (Reader::Procps(_), Statement::Malformed) => complaints.push(Complaint::InvalidSyntax(number)),
            (Reader::Systemd(_), Statement::Malformed) => complaints.push(Complaint::NotAssignment(number)),
            _ => {
                if reader.is_procps() && repeats_separator(statement) {
                    complaints.push(Complaint::RepeatedSeparator);
                }
                let span = Span::of_part(file, statement.value().unwrap_or(text)).unwrap_or_default();
                let taken = loaded.take(statement, Location { source, span });
                if !reader.is_procps() && taken == Taken::Overwriting {
                    complaints.push(Complaint::Overwritten(number));
                }
            }
        }
    }
    complaints
}

/// A reader at work on a kernel.
struct Run<'k> {
    kernel: &'k Kernel,
    ignores_unknown: bool,
    outcome: Outcome,
}

impl Run<'_> {
    fn complain(&mut self, complaints: Vec<Complaint>) {
        use Complaint::{CannotOpen, NotAssignment, ReadFailed};
        self.outcome.failed |= complaints.iter().any(|c| matches!(c, CannotOpen | NotAssignment(_) | ReadFailed));
        self.outcome.complaints.extend(complaints);
    }

    fn write(mut self, reader: Reader, loaded: &Loaded<'_>) -> Outcome {
        match reader {
            Reader::Procps(_) => self.write_as_procps(reader, loaded),
            Reader::Systemd(_) if reader.simplifies() => self.write_as_systemd(loaded),
            Reader::Systemd(_) => self.write_as_old_systemd(reader, loaded),
        }
        self.outcome
    }

    fn write_as_procps(&mut self, reader: Reader, loaded: &Loaded<'_>) {
        for (held, _) in loaded.in_order() {
            let Some(value) = held.value else { continue };
            if held.is_garbage {
                self.write_garbage(&held.opened);
            } else if is_glob(&held.opened) && reader.knows_patterns() {
                let found = self.kernel.globbed(reader, &held.opened);
                for path in found.iter().filter(|path| !loaded.is_explicit(path)) {
                    self.write_one_as_procps(reader, path.as_bstr(), value);
                }
            } else {
                self.write_one_as_procps(reader, held.opened.as_bstr(), value);
            }
        }
    }

    /// What a setting holds behind it is not known.
    fn write_garbage(&mut self, opened: &BString) {
        if let Walked::To(path, Node::Setting) = self.kernel.walk(opened) {
            self.outcome.writes.retain(|write| write.path.as_ref() != Some(&path));
            self.outcome.complaints.push(Complaint::Garbage(path));
        } else {
            self.outcome.complaints.push(Complaint::UnknownKey(opened.clone()));
        }
    }

    /// A `-` before the key changes nothing of this (case `dash-unknown`); before 4.0.6 a key that cannot be written is no
    /// failure (cases `readonly`, `directory-missing-tail`).
    fn write_one_as_procps(&mut self, reader: Reader, opened: &BStr, value: &[u8]) {
        let (path, node) = match self.kernel.walk(opened) {
            Walked::To(path, node) => (path, node),
            Walked::Root | Walked::Outside => return self.fail(Complaint::Outside),
            Walked::Nowhere if self.ignores_unknown => return,
            Walked::Nowhere => return self.fail(Complaint::UnknownKey(opened.into())),
        };
        let key = match opened.find_byteset(b"./") {
            Some(first) if opened[first] == b'/' => swapped(opened),
            _ => opened.into(),
        };
        if key != opened && has_repeated_separator(opened) {
            self.outcome.complaints.push(Complaint::RepeatedSeparator);
        }
        match node {
            Node::Setting => self.outcome.writes.push(Write { key, path: Some(path), value: value.into() }),
            Node::ReadOnly | Node::Directory => {
                self.outcome.complaints.push(Complaint::WriteFailed(key));
                self.outcome.failed |= reader.fails_on_unwritable();
            }
        }
    }

    fn fail(&mut self, complaint: Complaint) {
        self.outcome.complaints.push(complaint);
        self.outcome.failed = true;
    }

    fn write_as_systemd(&mut self, loaded: &Loaded<'_>) {
        for (held, tolerant) in loaded.in_order() {
            let Some(value) = held.value else { continue };
            if !is_glob(&held.opened) {
                self.write_one_as_systemd(held.opened.as_bstr(), value, tolerant);
                continue;
            }
            let found = self.kernel.globbed(Reader::SYSTEMD, &held.opened);
            if found.is_empty() {
                self.outcome.complaints.push(Complaint::KeptExplicit(held.opened.clone()));
            }
            for path in found {
                if loaded.is_explicit(&path) {
                    self.outcome.complaints.push(Complaint::KeptExplicit(path));
                } else {
                    self.write_one_as_systemd(path.as_bstr(), value, tolerant);
                }
            }
        }
    }

    /// Before 245 a path is handed to the kernel as it is spelled.
    fn write_as_old_systemd(&mut self, reader: Reader, loaded: &Loaded<'_>) {
        for (held, tolerant) in loaded.in_order() {
            let Some(value) = held.value else { continue };
            let opened = &held.opened;
            let (path, complaint) = match self.kernel.walk(opened) {
                Walked::To(path, Node::Setting) => (Some(path), None),
                Walked::To(_, Node::ReadOnly) if !reader.fails_on_unwritable() => (None, None),
                Walked::Nowhere if !self.kernel.is_below_setting(opened) => {
                    (None, Some(Complaint::UnknownKey(opened.clone())))
                }
                _ => (None, Some(Complaint::WriteFailed(opened.clone()))),
            };
            self.outcome.failed |= matches!(complaint, Some(Complaint::WriteFailed(_))) && !tolerant;
            self.outcome.complaints.extend(complaint);
            self.outcome.writes.push(Write { key: swapped(opened.as_bstr()), path, value: value.into() });
        }
    }

    /// An absent key is no failure (case `unknown`); a key that cannot be written is one unless `-` says otherwise,
    /// or the kernel denies the permission.
    fn write_one_as_systemd(&mut self, opened: &BStr, value: &[u8], tolerant: bool) {
        let leads_up = leads_up(opened);
        let names_root = opened.is_empty() || opened == "/";
        let node = self.kernel.node(opened);
        if !leads_up && !names_root {
            let path = (node == Some(Node::Setting)).then(|| opened.into());
            self.outcome.writes.push(Write { key: swapped(opened), path, value: value.into() });
        }
        match node {
            Some(Node::Setting | Node::ReadOnly) => {}
            None if !leads_up && !names_root && !self.kernel.is_below_setting(opened) => {
                self.outcome.complaints.push(Complaint::UnknownKey(opened.into()));
            }
            _ => {
                self.outcome.complaints.push(Complaint::WriteFailed(opened.into()));
                self.outcome.failed |= !tolerant;
            }
        }
    }
}

/// procps warns while it turns dots into slashes, so not of a key whose first separator is a slash already.
fn repeats_separator(statement: Statement<'_>) -> bool {
    let Some(name) = statement.name() else { return false };
    let first = name.find_byteset(b"./").map(|first| name[first]);
    first == Some(b'.') && has_repeated_separator(name)
}
