//! sshd_config and what it includes, asked through `sshd -T`, without a connection and with random ones.

mod asked;
mod connections;
mod daemon;
mod edits;
mod files;
mod judge;
mod settings;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use bstr::{BString, ByteSlice};
use camino::Utf8Path;
use fastrand::Rng;
use kvmprep_lossless::{Request, Value};
use kvmprep_sshd_config::{
    Build, Complained, Complaint, Connection, Effective, Family, Key, MAIN_FILE as MAIN, MatchFault, Sshd as Dialect,
    effective_host,
};

use super::input::{Input, Node, Tree};
use super::machine::Fault;
use super::random::odds;
use super::{Edited, Oracle};
use asked::Asked;
use daemon::{DIRECTORY, Daemon, KEY, Outcome, Room};

pub struct Sshd {
    daemon: Daemon,
    /// Of the release that is installed.
    dialect: Dialect,
    /// What is printed where the files say nothing.
    defaults: BTreeMap<String, Vec<BString>>,
    build: Build,
    probes: Mutex<judge::Probes>,
    open: Open,
}

/// How often nothing was compared.
#[derive(Default)]
struct Open {
    values: AtomicUsize,
    of_values: AtomicUsize,
    starts: AtomicUsize,
}

/// Keywords whose built-in lists prefixes speak of.
const LISTS: [&str; 7] = [
    "ciphers",
    "macs",
    "kexalgorithms",
    "hostkeyalgorithms",
    "pubkeyacceptedalgorithms",
    "hostbasedacceptedalgorithms",
    "casignaturealgorithms",
];

const FAMILIES: [(Family, &str); 5] = [
    (Family::Ciphers, "cipher"),
    (Family::Macs, "mac"),
    (Family::Kex, "kex"),
    (Family::KeyTypes, "HostKeyAlgorithms"),
    (Family::Signatures, "sig"),
];

impl Sshd {
    pub fn found() -> Result<Self, Fault> {
        let daemon = Daemon::found()?;
        let mut room = daemon.room()?;
        room.enter(&single(Vec::new()))?;
        let empty = room.ask(None)?;
        if !empty.starts {
            return Err(format!("sshd does not take an empty file: {:?}", empty.complaints).into());
        }
        let defaults = empty.printed;
        let mut build = Build::default().in_directory(DIRECTORY).at_home("/root");
        for list in LISTS {
            build = build.with_default(list, defaults.get(list).ok_or(list)?[0].to_str()?);
        }
        for (family, question) in FAMILIES {
            build = build.with_known(family, &daemon.known(question)?);
        }
        let dialect = daemon.version()?.into();
        Ok(Self { daemon, dialect, defaults, build, probes: Mutex::default(), open: Open::default() })
    }

    /// What is printed for a keyword by our account; nothing where that is unknown.
    fn ours(&self, effective: &Effective, keyword: &str) -> Option<Vec<BString>> {
        let default = || self.defaults.get(keyword).cloned().unwrap_or_default();
        match effective.get(keyword) {
            None => Some(default()),
            Some(Value::Unknown(_)) => {
                self.open.values.fetch_add(1, Relaxed);
                None
            }
            Some(Value::Known(values)) if keyword == "hostkey" => {
                Some([KEY.into()].into_iter().chain(values.iter().cloned()).collect())
            }
            Some(Value::Known(values)) => Some(values.clone()),
        }
    }

    fn misread_for(&self, tree: &Tree, connection: &Connection, said: &Outcome) -> Option<String> {
        let ours = effective_host(tree, MAIN.into(), self.dialect, connection, &self.build);
        let complaints: Vec<String> =
            ours.complaints().iter().flat_map(|complained| classes(&ours, complained)).collect();
        let as_ours = |complaint: &String| match complaint.strip_prefix("bad_port") {
            Some(place) => ["bad_value", place].concat(),
            None => complaint.clone(),
        };
        let sshds: Vec<String> = said.complaints.iter().map(as_ours).collect();
        if ours.starts() != said.starts || once(&complaints) != once(&sshds) {
            let differs = format!("we complain of {complaints:?}, sshd of {:?}", said.complaints);
            let is_open = self.is_open(tree, &ours, said);
            self.open.starts.fetch_add(is_open.into(), Relaxed);
            return (!is_open).then_some(differs);
        }
        if !said.starts {
            return None;
        }
        let keywords: BTreeSet<&String> = said.printed.keys().chain(self.defaults.keys()).collect();
        self.open.of_values.fetch_add(keywords.len(), Relaxed);
        keywords.into_iter().find_map(|keyword| {
            let printed = said.printed.get(keyword).cloned().unwrap_or_default();
            let ours = self.ours(&ours, keyword)?;
            (!is_same(&ours, &printed)).then(|| format!("{keyword}: we say {ours:?}, sshd {printed:?}"))
        })
    }

    /// What stops sshd is that host's to know, and our crate says so: names of hosts and services, homes of users, files that
    /// are none of ours.
    fn is_open(&self, tree: &Tree, ours: &Effective, said: &Outcome) -> bool {
        let Some(last) = said.complaints.last() else { return false };
        // A file that we did not get to may say anything.
        let elsewhere = !ours.unread().is_empty();
        let is_read = |file: &str| ours.sources().iter().any(|source| source.path == file);
        let is_unknown = |keyword: &String| matches!(ours.get(keyword), Some(Value::Unknown(_)));
        // What stops sshd before its second reading is not in our answer of the second.
        let needs_port = ours.complaints().iter().any(|complained| complained.complaint == Complaint::Untold);
        match last.split_once('@') {
            None if elsewhere && last == "include_depth" => true,
            None => {
                last == "other"
                    && (self.defaults.keys().any(is_unknown) || elsewhere || needs_port || names_a_home(tree))
            }
            Some((class, place)) => {
                let (file, line) = place.rsplit_once(':').unwrap_or((place, ""));
                if elsewhere && !is_read(file) {
                    return true;
                }
                let Some(Node::File(text)) = tree.nodes.get(Utf8Path::new(file)) else { return file.starts_with('/') };
                let line = line.parse().ok().and_then(|line: usize| text.lines().nth(line - 1)).unwrap_or_default();
                let words = line.split(|byte| b" \t=:\"'".contains(byte)).filter(|word| !word.is_empty());
                let in_a_domain = class == "bad_value" && line.contains_str("rdomain");
                in_a_domain
                    || matches!(class, "bad_port" | "bad_match")
                        && words.skip(1).any(|word| word.iter().any(u8::is_ascii_alphabetic))
            }
        }
    }
}

/// `none` is the same in any case, and the same as nothing: sshd prints it as written where a block says it, else in lower
/// case or not at all.
fn is_same(ours: &[BString], printed: &[BString]) -> bool {
    let is_none = |values: &[BString]| match values {
        [] => true,
        [one] => one.eq_ignore_ascii_case(b"none"),
        _ => false,
    };
    ours == printed || (is_none(ours) && is_none(printed))
}

/// True where a `~` may stand for the home of a user of its own.
fn names_a_home(tree: &Tree) -> bool {
    let named =
        |bytes: &[u8]| bytes.split_str("~").skip(1).any(|behind| !matches!(behind.first(), None | Some(b'/' | b'\n')));
    tree.nodes.values().any(|node| matches!(node, Node::File(bytes) if named(bytes)))
}

/// A main file alone.
fn single(main: Vec<u8>) -> Tree {
    Tree { nodes: BTreeMap::from([(MAIN.into(), Node::File(main))]), edited: MAIN.into() }
}

impl Oracle for Sshd {
    const NAME: &'static str = "sshd";

    type Format = Dialect;
    type Input = Asked;
    /// For no connection, then for each; no connection can mend what stops sshd at its start.
    type Said = Vec<Outcome>;

    fn dialect(&self) -> Dialect {
        self.dialect
    }

    fn input(&self, random: &mut Rng) -> Asked {
        let tree = files::tree(random);
        let has_blocks = tree.nodes.values().any(|node| match node {
            Node::File(bytes) => bytes.to_ascii_lowercase().contains_str("match"),
            Node::Link(_) => false,
        });
        let count = if has_blocks { 3 } else { usize::from(odds(random, 25)) };
        Asked { tree, connections: (0..count).map(|_| connections::connection(random)).collect() }
    }

    fn request(&self, random: &mut Rng, input: &Asked) -> Request<Key> {
        edits::request(self.dialect, random, input.edited())
    }

    fn ask(&self, inputs: &[Asked]) -> Result<Vec<Vec<Outcome>>, Fault> {
        let mut room = self.daemon.room()?;
        inputs.iter().map(|input| ask_in(&mut room, input)).collect()
    }

    fn questions(&self, said: &Vec<Outcome>) -> usize {
        said.len()
    }

    fn misread(&self, input: &Asked, said: &Vec<Outcome>) -> Option<String> {
        let connections = input.connections.iter().map(|told| (told.as_str(), connections::told(told)));
        let all = [("no connection", Connection::default())].into_iter().chain(connections);
        all.zip(said).find_map(|((told, connection), said)| {
            self.misread_for(&input.tree, &connection, said).map(|what| format!("{told}: {what}"))
        })
    }

    fn misdone(&self, edited: &Edited<'_, Self>) -> Option<String> {
        self.judged(edited)
    }

    fn left_open(&self) -> Option<String> {
        let Open { values, of_values, starts } = &self.open;
        let [values, of_values, starts] = [values, of_values, starts].map(|count| count.load(Relaxed));
        Some(format!("{values} of {of_values} values left unknown, and {starts} times whether it starts"))
    }
}

fn ask_in(room: &mut Room, input: &Asked) -> Result<Vec<Outcome>, Fault> {
    room.enter(&input.tree)?;
    let mut said = vec![room.ask(None)?];
    let needs_port =
        |outcome: &Outcome| outcome.complaints.iter().any(|complaint| complaint.starts_with("match_needs"));
    if said[0].starts || needs_port(&said[0]) {
        for connection in &input.connections {
            said.push(room.ask(Some(connection))?);
        }
    }
    Ok(said)
}

/// Complaints as sshd's are classed.
fn classes(answer: &Effective, complained: &Complained) -> Vec<String> {
    let path = answer.sources().get(complained.at.source).map_or(MAIN, |source| source.path.as_str());
    let here = |class: &str| format!("{class}@{path}:{}", complained.line);
    let class = match complained.complaint {
        Complaint::UnknownKeyword => "bad_keyword",
        Complaint::NoArgument => "no_argument",
        Complaint::OpenQuote => "bad_quotes",
        Complaint::ExtraArguments => "extra_arguments",
        Complaint::GlobalOnly => "not_in_match",
        Complaint::BadValue | Complaint::UnknownOption => "bad_value",
        Complaint::MissingValue | Complaint::EmptyArgument => "missing_value",
        Complaint::DuplicateSubsystem => "duplicate_subsystem",
        Complaint::Deprecated => "deprecated",
        Complaint::EmptyList
        | Complaint::NegatedName
        | Complaint::OtherFamily
        | Complaint::UnmetMethods
        | Complaint::CommandWithoutUser
        | Complaint::CannotOpen
        | Complaint::NotAnOption
        | Complaint::TooLate
        | Complaint::LineTooLong => return vec!["other".to_owned()],
        Complaint::IncludeDepth => return vec!["include_depth".to_owned()],
        Complaint::Untold => return vec!["match_needs".to_owned()],
        Complaint::Match(fault) => {
            let class = match fault {
                MatchFault::Empty => "match_empty",
                MatchFault::NoValue => "match_no_value",
                MatchFault::Unknown => "match_unknown",
                MatchFault::AllCombined => "match_all_combined",
                MatchFault::BadPort => "match_bad_port",
                MatchFault::BadAddress => return vec![format!("match_bad_address@?:{}", complained.line)],
            };
            return vec![class.to_owned(), here("bad_match")];
        }
    };
    vec![here(class)]
}

/// sshd complains again of a deprecated keyword when it reads an included file for a connection.
fn once(complaints: &[String]) -> Vec<&String> {
    let mut seen = BTreeSet::new();
    complaints.iter().filter(|complaint| !complaint.starts_with("deprecated") || seen.insert(*complaint)).collect()
}
