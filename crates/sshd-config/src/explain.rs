//! Who wins on a host, and why.

mod findings;
mod parts;
mod reasons;
mod witness;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bstr::{BString, ByteSlice};
use camino::Utf8Path;
use kvmprep_lossless::Value;
use kvmprep_lossless::effective::{self, Decision, DropIns, Explanation, Host, Point};
use kvmprep_lossless::files::Location;

use crate::criteria::Criteria;
use crate::effective::daemon::{self, Daemon};
use crate::effective::{BlockRead, Effective, MAIN_FILE, Situation, Source};
use crate::key::{Block, Key};
use crate::matching::Connection;
use crate::vocabulary::{self, Keyword, Shape};
use crate::{Sshd, views};
use findings::Findings;
use parts::{Part, follows, parts};
use witness::witness;

/// Where the distributions' main files look first.
const DROP_IN_DIRECTORY: &str = "/etc/ssh/sshd_config.d";

/// The first value wins, so these sort early: byte by byte, `0-` stands before `00`, and `00-0` before `00-a`.
const DROP_IN_NAMES: &[&str] = &["00-kvmprep.conf", "00-00-kvmprep.conf", "0-kvmprep.conf", "0-0-kvmprep.conf"];

impl effective::Effective for Sshd {
    type Situation = Situation;

    const DROP_INS: Option<DropIns> = Some(DropIns { directory: DROP_IN_DIRECTORY, names: DROP_IN_NAMES });

    /// For a keyword of the global section what holds without a connection, or for the one that the situation names;
    /// without one, what connections take that meet a block which sets it, too. For a keyword in a block what a
    /// connection takes that meets the block.
    fn explain(&self, host: Host<'_>, situation: &Situation, key: &Key) -> Explanation<Key> {
        Answer::of(*self, host, situation).explanation(&key.resolved(self.version))
    }

    /// What holds without a connection, and what each block sets for a connection that meets it. Where sshd does not
    /// start, all that the files say is unknown.
    fn values(&self, host: Host<'_>, situation: &Situation) -> BTreeMap<Point<Key>, Value> {
        Answer::of(*self, host, situation).values()
    }

    /// A block moves what stands in it; ports and the family move the addresses that are listened on.
    fn covers(&self, asked: &Key, moved: &Point<Key>) -> bool {
        let (asked, moved) = (asked.resolved(self.version).unnumbered(), moved.key.resolved(self.version).unnumbered());
        let listens = |key: &Key| key.scope().is_none() && key.name().is_some_and(|name| name.is("ListenAddress"));
        match (asked.name(), moved.name()) {
            _ if asked == moved => true,
            (None, _) => asked.scope() == moved.scope(),
            (Some(all), Some(one)) if all.selector.is_none() && one.selector.is_some() => {
                asked.scope() == moved.scope() && all.is(&one.spelled)
            }
            (Some(name), _) => (name.is("Port") || name.is("AddressFamily")) && listens(&moved),
        }
    }

    /// `sshd -T` prints a list of algorithms on one line.
    fn items(&self, key: &Key, values: &[BString]) -> Vec<BString> {
        let keyword = key.keyword().and_then(|keyword| vocabulary::find(self.version, keyword.as_bytes()));
        match keyword {
            Some((Keyword { shape: Shape::Commas(_), .. }, _)) => {
                values.iter().flat_map(|value| value.split_str(",")).map(BString::from).collect()
            }
            _ => values.to_vec(),
        }
    }
}

/// What a connection takes.
struct Circumstance {
    /// Whose, where it is not everybody's.
    when: Option<String>,
    block: Option<Block>,
    /// What it takes; or why it was not found out.
    effective: Result<Effective, &'static str>,
}

/// How many blocks are asked for: the files are read again for each.
const BLOCKS: usize = 256;

struct Answer<'h> {
    dialect: Sshd,
    situation: &'h Situation,
    daemon: Daemon<'h>,
    findings: Findings,
    /// How many blocks were asked for.
    asked: usize,
}

impl<'h> Answer<'h> {
    /// The daemon that reads the file: the system's, or one that is started with the file. Who asks about the usual file or
    /// a drop-in means the system's, whether it reads them or not.
    fn of(dialect: Sshd, host: Host<'h>, situation: &'h Situation) -> Self {
        let main = situation.main_file();
        let started =
            |path: &Utf8Path| Daemon::started(host.files, path, dialect, &situation.command_line, &situation.build);
        let mut findings = Findings::default();
        let mut daemon = started(&main);
        let (real, is_there) = daemon::real(host.files, host.path);
        if host.path != main && !daemon.reads(host.path, &real) {
            if let (MAIN_FILE, Some(line)) = (host.path.as_str(), situation.told_main_file()) {
                findings.started_with(host.path, &main, line.origin());
            } else if !host.path.starts_with(DROP_IN_DIRECTORY) {
                daemon = started(host.path);
            } else if is_there {
                findings.not_read(host.path, &main);
            }
        }
        Self { dialect, situation, daemon, findings, asked: 0 }
    }

    fn explanation(mut self, key: &Key) -> Explanation<Key> {
        let keyword = key.name().and_then(|name| vocabulary::find(self.dialect.version, name.spelled.as_bytes()));
        let keyword = keyword.map(|(keyword, _)| keyword);
        if let (Some(name), None) = (key.name(), keyword.filter(|keyword| keyword.taken_by(self.dialect.version))) {
            self.findings.unknown_keyword(&name.spelled, self.dialect.version);
        }
        let mut decisions: Vec<Decision<Key>> = Vec::new();
        for circumstance in self.circumstances(key, keyword) {
            if let Ok(effective) = &circumstance.effective {
                self.findings.of(effective);
            }
            let decided = match key.name() {
                Some(_) => self.decided(key, keyword, &circumstance),
                None => self.block_as_a_whole(&circumstance),
            };
            let new = |decision: &Decision<Key>| !decisions.contains(decision);
            let new: Vec<Decision<Key>> = decided.into_iter().filter(new).collect();
            decisions.extend(new);
        }
        let sources = self.daemon.sources();
        decisions.iter().for_each(|decision| self.findings.of_policy(decision, sources));
        Explanation { decisions, findings: self.findings.into_list(), sources: sources.iter().map(shared).collect() }
    }

    fn circumstances(&mut self, key: &Key, keyword: Option<&Keyword>) -> Vec<Circumstance> {
        let mut blocks = self.blocks();
        match (key.scope(), &self.situation.connection) {
            (Some(block), _) => {
                blocks.retain(|read| read.block.criteria == block.criteria);
                if blocks.is_empty() {
                    blocks.push(Asked { block: block.clone(), chain: vec![block.criteria.clone()], sets: Vec::new() });
                }
                blocks.into_iter().map(|block| self.met(block)).collect()
            }
            (None, Some(connection)) => vec![self.told(connection)],
            (None, None) => {
                let sets = |asked: &Asked| keyword.is_some_and(|k| asked.sets.iter().any(|set| set.name == k.name));
                blocks.retain(|block| sets(block) && !block.is_all());
                let all = self.untold();
                [all].into_iter().chain(blocks.into_iter().map(|block| self.met(block)).collect::<Vec<_>>()).collect()
            }
        }
    }

    /// A connection of which nothing is told: it meets `Match all` alone.
    fn untold(&mut self) -> Circumstance {
        let connection = Connection { local_port: Some(0), ..Connection::default() };
        Circumstance { when: None, block: None, effective: Ok(self.daemon.serving(&connection)) }
    }

    fn told(&mut self, connection: &Connection) -> Circumstance {
        let when = Some(connection.to_string()).filter(|told| !told.is_empty());
        Circumstance { when, block: None, effective: Ok(self.daemon.serving(connection)) }
    }

    fn met(&mut self, asked: Asked) -> Circumstance {
        self.asked += 1;
        let effective = match self.asked > BLOCKS {
            true => Err(reasons::TOO_MANY),
            false => witness(asked.chain.iter().map(|criteria| &**criteria)).ok_or(reasons::NO_WITNESS),
        };
        let lines = asked.chain.iter().map(|criteria| format!("Match {criteria}"));
        Circumstance {
            when: Some(lines.collect::<Vec<_>>().join(", ")),
            block: Some(asked.block),
            effective: effective.map(|connection| self.daemon.serving(&connection)),
        }
    }

    /// The Match blocks of all files, and what each sets.
    fn blocks(&self) -> Vec<Asked> {
        let named: HashMap<Location, Block> = self
            .daemon
            .sources()
            .iter()
            .enumerate()
            .flat_map(|(source, read)| {
                let at = move |span| Location { source, span };
                views::blocks(read.text()).into_iter().map(move |block| (at(block.header), block.block))
            })
            .collect();
        let asked = |read: &BlockRead| {
            let block = named.get(&read.header)?.clone();
            Some(Asked { block, chain: read.criteria.clone(), sets: read.sets.clone() })
        };
        self.daemon.blocks().iter().filter_map(asked).collect()
    }

    fn decided(&self, key: &Key, keyword: Option<&'static Keyword>, circumstance: &Circumstance) -> Vec<Decision<Key>> {
        let point = |key: Key| Point { consumer: reasons::SSHD.to_owned(), when: circumstance.when.clone(), key };
        let undecided = |value: Option<Value>, why: String| {
            let point = point(in_block(&circumstance.block, key.clone()));
            let (at, follows, shadowed, details) = Default::default();
            Decision { point, value, at, follows, shadowed, details, why }
        };
        let effective = match &circumstance.effective {
            Ok(effective) => effective,
            Err(why) => return vec![undecided(Some(Value::Unknown((*why).into())), (*why).into())],
        };
        if let Some(why) = reasons::stopped(effective) {
            return vec![undecided(Some(Value::Unknown(why.clone())), why)];
        }
        let Some(keyword) = keyword else { return vec![undecided(None, reasons::UNKNOWN_KEYWORD.into())] };
        let parts = match keyword.name {
            "Include" => self.includes(&circumstance.block),
            _ => parts(effective, keyword, self.dialect),
        };
        let selector = key.name().and_then(|name| name.selector.as_ref());
        let asked =
            |part: &Part| selector.is_none() || part.name.as_ref().is_some_and(|n| n.selector.as_ref() == selector);
        let decisions: Vec<Decision<Key>> = parts
            .into_iter()
            .filter(asked)
            .map(|part| {
                let why = reasons::decided(effective, keyword, &part, circumstance.when.is_none());
                let follows = follows(effective, keyword);
                let name = part.name.or_else(|| key.name().cloned());
                let Part { value, at, shadowed, .. } = part;
                let key = Key::from_parts(circumstance.block.clone().or(key.scope().cloned()), name);
                Decision { point: point(key), value: Some(value), at, follows, shadowed, details: Vec::new(), why }
            })
            .collect();
        if decisions.is_empty() {
            let others = effective.decision(keyword.name).is_some_and(|decision| decision.at.is_empty());
            let value = effective.get(keyword.name).filter(|_| others || keyword.shape != Shape::Named).cloned();
            let why = if others { reasons::OTHERS.to_owned() } else { reasons::undecided(keyword, value.as_ref()) };
            return vec![Decision { follows: follows(effective, keyword), ..undecided(value, why) }];
        }
        decisions
    }

    /// All Includes of a scope, of every file.
    fn includes(&self, block: &Option<Block>) -> Vec<Part> {
        let scope = |key: &Key| key.scope().map(|block| block.criteria.clone());
        let wanted = block.as_ref().map(|block| block.criteria.clone());
        let (mut files, mut at) = (Vec::new(), Vec::new());
        for (source, read) in self.daemon.sources().iter().enumerate() {
            let said = |d: &views::Directive| scope(&d.key) == wanted && d.key.name().is_some_and(|n| n.is("Include"));
            for directive in views::directives(read.text()).filter(said) {
                files.extend(directive.values);
                at.push(Location { source, span: directive.at });
            }
        }
        let part = Part { name: None, value: Value::Known(files), at, shadowed: Vec::new() };
        if part.at.is_empty() { Vec::new() } else { vec![part] }
    }

    fn block_as_a_whole(&self, circumstance: &Circumstance) -> Vec<Decision<Key>> {
        let Some(block) = &circumstance.block else { return Vec::new() };
        let headers = self
            .daemon
            .blocks()
            .iter()
            .filter(|read| read.criteria.last().is_some_and(|criteria| *criteria == block.criteria));
        let at: Vec<Location> = headers.map(|read| read.header).collect();
        let point = Point {
            consumer: reasons::SSHD.to_owned(),
            when: circumstance.when.clone(),
            key: Key::from_parts(Some(block.clone()), None),
        };
        let value = Some(Value::Known(vec![block.criteria.text()])).filter(|_| !at.is_empty());
        let why = if at.is_empty() { reasons::NO_BLOCK } else { reasons::BLOCK };
        let why = why.to_owned();
        vec![Decision { point, value, at, follows: Vec::new(), shadowed: Vec::new(), details: Vec::new(), why }]
    }

    fn values(mut self) -> BTreeMap<Point<Key>, Value> {
        let base = self.untold();
        if let Some(why) = base.effective.as_ref().ok().and_then(reasons::stopped) {
            return self.all_unknown(&why);
        }
        let mut values = BTreeMap::new();
        let keywords: Vec<&'static str> = base.effective.iter().flat_map(|e| e.decisions.keys().copied()).collect();
        self.value_of(&keywords, &base, &mut values);
        for asked in self.blocks().into_iter().filter(|asked| !asked.is_all()) {
            let keywords: Vec<&'static str> = asked.sets.iter().map(|keyword| keyword.name).collect();
            let circumstance = self.met(asked);
            self.value_of(&keywords, &circumstance, &mut values);
        }
        values
    }

    fn value_of(
        &self,
        keywords: &[&'static str],
        circumstance: &Circumstance,
        values: &mut BTreeMap<Point<Key>, Value>,
    ) {
        for name in keywords {
            let keyword = vocabulary::find(self.dialect.version, name.as_bytes()).map(|(keyword, _)| keyword);
            for decision in self.decided(&Key::global(name), keyword, circumstance) {
                let Decision { mut point, value, at, .. } = decision;
                let Some(value) = value else { continue };
                if circumstance.block.is_none() {
                    point.key = self.in_match_all(point.key, &at);
                }
                values.insert(point, self.with_what_is_written(value, &at));
            }
        }
    }

    /// What a `Match all` decides for everybody is named by its block: an edit there moves it.
    fn in_match_all(&self, key: Key, at: &[Location]) -> Key {
        let block = at.first().and_then(|at| {
            let row = findings::row(&self.daemon.sources()[at.source], at.span)?;
            row.within.clone().map(|criteria| Block { criteria, ordinal: 1 })
        });
        in_block(&block, key)
    }

    /// Two values may be unknown for the same reason, and not be the same.
    fn with_what_is_written(&self, value: Value, at: &[Location]) -> Value {
        let Value::Unknown(why) = value else { return value };
        let written = at.iter().map(|at| {
            let text = self.daemon.sources()[at.source].text().contiguous();
            String::from_utf8_lossy(at.span.of(&text)).into_owned()
        });
        Value::Unknown([why].into_iter().chain(written).collect::<Vec<_>>().join(": "))
    }

    fn all_unknown(&self, why: &str) -> BTreeMap<Point<Key>, Value> {
        let sources = self.daemon.sources().iter();
        let keys = sources.flat_map(|source| views::directives(source.text()).map(|directive| directive.key));
        let point = |key| Point { consumer: reasons::SSHD.to_owned(), when: None, key };
        keys.map(|key| (point(key), Value::Unknown(why.to_owned()))).collect()
    }
}

/// A block that is asked about.
struct Asked {
    block: Block,
    chain: Vec<Arc<Criteria>>,
    sets: Vec<&'static Keyword>,
}

impl Asked {
    /// True where everybody meets it.
    fn is_all(&self) -> bool {
        self.chain.iter().all(|criteria| criteria.is_all())
    }
}

fn in_block(block: &Option<Block>, key: Key) -> Key {
    match block {
        Some(block) if key.scope().is_none() => Key::from_parts(Some(block.clone()), key.name().cloned()),
        _ => key,
    }
}

fn shared(source: &Source) -> effective::Source {
    let text = source.text().contiguous().into_owned().into();
    effective::Source { path: source.path.clone(), real: source.real.clone(), text }
}
