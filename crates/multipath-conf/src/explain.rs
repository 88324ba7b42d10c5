//! Who decides a key over all files, and why.

mod of_map;

use std::collections::{BTreeMap, BTreeSet};

use bstr::BString;
use kvmprep_lossless::effective::{Decision, DropIns, Effective, Explanation, Finding, Host, Point};
use kvmprep_lossless::files::Location;
use kvmprep_lossless::{Diagnostic, Severity, Value};

use crate::complaint::{Class, Complaint};
use crate::diagnostics::worded;
use crate::effective::files::{DROP_INS, Loaded};
use crate::effective::merge::{Held, Merge, Merged};
use crate::effective::precedence::overridden;
use crate::key::{Identity, Key, Selector};
use crate::outline::{Block, Outline};
use crate::settings::canonical;
use crate::syntax::Reader;
use crate::{Map, Multipath, Table, regex};

/// Why a value is unknown where nothing is in force.
const NOT_STARTED: &str = "multipath and multipathd do not start on these files";

impl Effective for Multipath {
    /// The map that is asked about, if it is one. What is built in differs between versions and distributions: it is not
    /// told, and where no file decides it holds.
    type Situation = Option<Map>;

    const DROP_INS: Option<DropIns> =
        Some(DropIns { directory: DROP_INS, names: &["99-kvmprep.conf", "zz-kvmprep.conf", "zzz-kvmprep.conf"] });

    /// One decision for a key; with `[*]`, one for each block that has it. Of a map that is asked about, what it takes for
    /// the key's keyword, whatever section sets that.
    fn explain(&self, host: Host<'_>, map: &Option<Map>, key: &Key) -> Explanation<Key> {
        let asked = Asked::of(*self, host);
        let mut findings: Vec<Finding> = asked.stoppers().map(|said| asked.finding(said)).collect();
        findings.extend(asked.ignored(key));
        let decisions = match (map, key.name.filter(|_| !key.is_list())) {
            (Some(map), Some(name)) => {
                let of_map = asked.of_map(host.files, self.version, map, (key, name));
                findings.extend(of_map.findings);
                vec![of_map.decision]
            }
            _ => asked.decisions(key),
        };
        findings.extend(decisions.iter().filter_map(unmatched));
        if map.is_none() {
            let value = decisions.first().and_then(|decision| decision.value.as_ref());
            findings.extend(overridden(&asked.merge, key, value));
        }
        let Asked { loaded: Loaded { sources, findings: of_files, .. }, .. } = asked;
        findings.splice(0..0, of_files);
        Explanation { sources, decisions, findings }
    }

    /// Where the daemon does not start, no value is known.
    fn values(&self, host: Host<'_>, _: &Option<Map>) -> BTreeMap<Point<Key>, Value> {
        let asked = Asked::of(*self, host);
        let mut values: BTreeMap<Point<Key>, Value> =
            asked.merge.all().into_iter().map(|(key, held)| (point(key.clone()), asked.known(&key, held))).collect();
        if !asked.starts {
            let unknown = Value::Unknown(NOT_STARTED.to_owned());
            values.values_mut().for_each(|value| *value = unknown.clone());
            values.extend(asked.fatal_keys().into_iter().map(|key| (point(key), unknown.clone())));
        }
        values
    }

    /// In the one form that equal meanings share: `yes` for `1`.
    fn items(&self, key: &Key, values: &[BString]) -> Vec<BString> {
        let keyword = key.name.and_then(|name| key.table.keyword(name.as_bytes(), self.version));
        let meant = |value: &BString| match keyword {
            Some(keyword) => keyword.take(value, self.version).value().map_or_else(|| value.clone(), BString::from),
            None => canonical(key, value),
        };
        values.iter().map(meant).collect()
    }

    /// A wildcard moves what it reaches, a block all that is in it, and a value what follows from it.
    fn covers(&self, asked: &Key, moved: &Point<Key>) -> bool {
        covers(asked, &moved.key)
    }
}

fn covers(asked: &Key, moved: &Key) -> bool {
    if asked.table.is_item() && moved.table == asked.table {
        return true;
    }
    if asked.table == Table::Device && moved.table == Table::BlacklistDevice {
        return asked.name.is_none_or(|name| name == "product_blacklist");
    }
    let same_block = match (&asked.block, &moved.block) {
        (Selector::All, _) => true,
        (one, other) => one == other,
    };
    let follows = |name| match (asked.name, name) {
        (None, _) => true,
        (Some("polling_interval"), "max_polling_interval") | (Some("max_polling_interval"), "polling_interval") => true,
        (Some("features"), "no_path_retry" | "retain_attached_hw_handler") => asked.table == Table::Device,
        // `features` shows that the keyword took a feature's place, or no longer does.
        (Some("no_path_retry" | "retain_attached_hw_handler"), "features") => asked.table == Table::Device,
        // A block that is written for a setting has the values that name it.
        (Some(asked_name), name) => asked_name == name || asked.table.identity().contains(&name),
    };
    asked.table == moved.table && same_block && moved.name.is_none_or(follows)
}

/// A host, read.
struct Asked {
    loaded: Loaded,
    merge: Merge,
    /// What is said while the lines are read, and of the blocks once they are.
    said: Vec<(usize, Complaint)>,
    starts: bool,
}

impl Asked {
    fn of(dialect: Multipath, host: Host<'_>) -> Self {
        let loaded = Loaded::of(dialect, host);
        let mut merge = Merge::of(&loaded.texts);
        merge.doubt();
        let mut said = loaded.complaints();
        let starts = |said: &[(usize, Complaint)]| !said.iter().any(|(_, complaint)| complaint.class.ends_all());
        if starts(&said) {
            said.extend(merge.said.iter().cloned());
        }
        let starts = starts(&said);
        Self { loaded, merge, said, starts }
    }

    fn outlines(&self) -> impl Iterator<Item = (usize, Outline<'_>)> {
        let texts = self.loaded.texts.iter().enumerate();
        texts.map(|(source, text)| (source, Outline::of(text.run(), text.syntax().version)))
    }

    /// Every live place that a key names, in the order it is read, by the key that the files spell there.
    fn places(&self, key: &Key) -> BTreeMap<Key, Vec<Location>> {
        let mut places: BTreeMap<Key, Vec<Location>> = BTreeMap::new();
        for (source, outline) in self.outlines() {
            let own = |identity: Option<&Identity>| match (&key.block, identity) {
                (Selector::None, _) | (_, None) => key.clone(),
                (_, Some(identity)) => of_block(key, identity),
            };
            let mut add = |block: &Block, span| {
                places.entry(own(block.identity.as_ref())).or_default().push(Location { source, span });
            };
            if key.name.is_some() {
                outline.lines_of(key).for_each(|entry| add(&outline.blocks[entry.block], entry.place()));
            } else {
                outline
                    .blocks_of(key)
                    .filter_map(|(_, block)| Some((block, block.at?)))
                    .for_each(|(block, at)| add(block, at));
            }
        }
        places
    }

    /// The decisions of a key: one, or one for each block that a wildcard finds it in.
    fn decisions(&self, key: &Key) -> Vec<Decision<Key>> {
        let mut places = self.places(key);
        if key.block == Selector::All {
            let has = |block: &&Merged| key.name.is_none_or(|name| block.values.contains_key(name));
            for block in self.merge.blocks(key.table).filter(has) {
                places.entry(of_block(key, &block.identity)).or_default();
            }
        } else {
            places.entry(key.clone()).or_default();
        }
        places.into_iter().map(|(key, places)| self.decision(key, places)).collect()
    }

    fn decision(&self, key: Key, mut shadowed: Vec<Location>) -> Decision<Key> {
        let held = self.merge.held(&key);
        let (value, at, why) = match &held {
            _ if !self.starts => (Some(Value::Unknown(NOT_STARTED.to_owned())), Vec::new(), NOT_STARTED.to_owned()),
            Some(held) => {
                let why = held.derived.map_or_else(|| self.why(&key), str::to_owned);
                (Some(self.known(&key, held.clone())), held.at.clone(), why)
            }
            None => match self.loaded.gaps.last() {
                Some((_, why)) => (Some(Value::Unknown(why.clone())), Vec::new(), "a file that may set it".to_owned()),
                None => (None, Vec::new(), unset(&key, !shadowed.is_empty())),
            },
        };
        let is_derived = held.is_some_and(|held| held.derived.is_some());
        let (follows, at): (Vec<_>, Vec<_>) = at.into_iter().partition(|place| is_derived && !shadowed.contains(place));
        let counts: BTreeSet<&Location> = at.iter().collect();
        shadowed.retain(|place| !counts.contains(place));
        Decision { point: point(key), value, at, follows, shadowed, details: Vec::new(), why }
    }

    /// The value, unless a file that could not be read may have the last word: one read behind the places that decide,
    /// or any for what adds up.
    fn known(&self, key: &Key, held: Held) -> Value {
        let last = held.at.iter().map(|place| place.source).max();
        let is_after = |(before, _): &&(usize, String)| key.is_list() || last.is_none_or(|last| last < *before);
        match self.loaded.gaps.iter().rfind(is_after) {
            Some((_, why)) => Value::Unknown(why.clone()),
            None => held.value,
        }
    }

    fn why(&self, key: &Key) -> String {
        let order = match self.loaded.sources.len() {
            0 | 1 => "",
            _ => ", drop-ins are read after the main file in the order of their names",
        };
        let rule = match (key.is_list(), &key.block, key.name) {
            (true, ..) => "entries of all sections and files add up, on top of those that are built in",
            (_, Selector::None, _) => "the last value in a section wins",
            (_, _, None) => "blocks of the same strings are merged",
            _ => "blocks of the same strings are merged, and the last value wins",
        };
        format!("{rule}{order}")
    }

    /// True for a complaint that says what keeps the daemon from starting, or that it does.
    fn stops(&self, source: usize, complaint: &Complaint) -> bool {
        let failed = complaint.class == Class::ParseFailed && source == 0 && self.loaded.has_main;
        complaint.class.ends_all() || (failed && !self.starts)
    }

    /// What keeps the daemon from starting.
    fn stoppers(&self) -> impl Iterator<Item = &(usize, Complaint)> {
        self.said.iter().filter(|(source, complaint)| self.stops(*source, complaint))
    }

    fn finding(&self, (source, complaint): &(usize, Complaint)) -> Finding {
        let text = &self.loaded.texts[*source];
        let mut diagnostic = worded(complaint.clone(), text, &Outline::of(text.run(), text.syntax().version));
        if complaint.class == Class::ParseFailed && !self.stops(*source, complaint) {
            diagnostic.severity = Severity::Warning;
            diagnostic = diagnostic.help("a drop-in does not keep the daemon from starting: the line is left out");
        }
        Finding { source: Some(*source), diagnostic }
    }

    /// The keys of the lines that keep the daemon from starting.
    fn fatal_keys(&self) -> Vec<Key> {
        let outlines: Vec<Outline<'_>> = self.outlines().map(|(_, outline)| outline).collect();
        let key = |(source, complaint): &(usize, Complaint)| {
            let outline = &outlines[*source];
            let entry = outline.entry_at(complaint.at?)?;
            Some(match outline.blocks[entry.block].table {
                table if table.is_item() => Key::items(table),
                table => {
                    let dropped = Key { table, block: Selector::All, name: Some(entry.keyword.means) };
                    outline.key(entry).unwrap_or(dropped)
                }
            })
        };
        self.stoppers().filter_map(key).collect()
    }

    /// What is ignored of lines that name the key, and blocks of its table that are dropped.
    fn ignored(&self, key: &Key) -> Vec<Finding> {
        let about = |(source, complaint): &&(usize, Complaint)| match complaint.class {
            _ if self.stops(*source, complaint) => false,
            Class::DuplicateKeyword | Class::DuplicateDevice | Class::DuplicateMultipath => false,
            Class::MissingWwid => key.table == Table::Multipath,
            Class::IncompleteDevice => key.table == Table::Device,
            Class::DeprecatedFeature | Class::FeatureConflict => {
                key.table == Table::Device
                    && matches!(key.name, Some("features" | "no_path_retry" | "retain_attached_hw_handler"))
            }
            Class::ProtocolWithoutType => key.table == Table::Protocol,
            _ => self.names(*source, complaint, key),
        };
        self.said.iter().filter(about).map(|said| self.finding(said)).collect()
    }

    /// True where the line that is complained of holds the name of the key.
    fn names(&self, source: usize, complaint: &Complaint, key: &Key) -> bool {
        let name = key.name.unwrap_or(key.table.name());
        let row = complaint.line.and_then(|line| self.loaded.texts[source].row(line - 1));
        row.is_some_and(|row| {
            let is_part = |byte: &u8| !(byte.is_ascii_alphanumeric() || *byte == b'_');
            row.bytes.split(is_part).any(|word| word == name.as_bytes())
        })
    }
}

/// A `device` whose pattern does not compile is none's (`device-bad-regex`).
fn unmatched(decision: &Decision<Key>) -> Option<Finding> {
    let Selector::Of(identity) = &decision.point.key.block else { return None };
    let patterns = identity.0.iter().flatten().filter(|_| decision.point.key.table == Table::Device);
    let why = patterns.filter_map(|pattern| regex::refused(pattern)).next()?;
    let at = decision.at.first()?;
    let message = format!("no device matches `{}`: {why}", decision.point.key.block_name());
    let diagnostic = Diagnostic::warning("bad-regex", message).at(at.span);
    Some(Finding { source: Some(at.source), diagnostic: diagnostic.help("for every device, write `.*`") })
}

fn of_block(key: &Key, identity: &Identity) -> Key {
    Key { table: key.table, block: Selector::Of(identity.clone()), name: key.name }
}

fn point(key: Key) -> Point<Key> {
    Point { consumer: Reader.to_string(), when: None, key }
}

/// Why nothing that the files say is in force.
fn unset(key: &Key, is_there: bool) -> String {
    let who = if is_there { "no line that sets it counts" } else { "no file sets it" };
    let holds = match key.table {
        Table::Defaults => "the built-in default holds",
        Table::Blacklist | Table::BlacklistDevice => "what is built in is blacklisted",
        Table::Device => "what is built in for the device holds, if anything, else `defaults`",
        Table::Multipath => "`overrides`, the device and `defaults` decide",
        Table::Overrides | Table::Protocol => "nothing is overridden",
        _ => "nothing is in force",
    };
    format!("{who}: {holds}")
}
