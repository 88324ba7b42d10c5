//! What one map takes of a keyword.

use bstr::BString;
use kvmprep_lossless::effective::{Decision, Finding, OVERRIDDEN, Point};
use kvmprep_lossless::files::{Files, Location};
use kvmprep_lossless::value::shown;
use kvmprep_lossless::{Diagnostic, Value};

use super::{Asked, NOT_STARTED, point};
use crate::effective::bindings;
use crate::effective::selection::{BUILT_IN, Selected, provided, select};
use crate::key::Key;
use crate::{Map, Table, Version};

/// What the daemon names a map with that has neither an alias nor a prefix set.
const PREFIX: &str = "mpath";

const NO_MAPS: &str = "without a main file every device is blacklisted: there is no such map";

pub(super) struct OfMap {
    pub(super) decision: Decision<Key>,
    pub(super) findings: Vec<Finding>,
}

/// A value, where it comes from, and why.
struct Taken {
    value: Option<Value>,
    at: Vec<Location>,
    follows: Vec<Location>,
    why: String,
}

impl Asked {
    pub(super) fn of_map(
        &self,
        files: &dyn Files,
        version: Version,
        map: &Map,
        (key, name): (&Key, &'static str),
    ) -> OfMap {
        let select = |name| select(&self.merge, version, map, name);
        let selected = select(name);
        let settles = if name == "alias" && selected.layers.is_empty() { "user_friendly_names" } else { name };
        let taken = match (self.starts, self.loaded.gaps.last(), name) {
            (false, ..) => unknown(NOT_STARTED.to_owned()),
            (_, Some((_, why)), _) => unknown(why.clone()),
            _ if self.loaded.is_off => unknown(NO_MAPS.to_owned()),
            (.., "alias") if selected.layers.is_empty() => {
                let kept = self.kept(files, map);
                named(map, &select("user_friendly_names"), &select("alias_prefix"), &kept)
            }
            (.., "no_path_retry") if selected.layers.is_empty() => self.queued(&select("features")),
            _ => self.taken(&selected),
        };
        let mut provided = provided(&self.merge, version, map, settles);
        if matches!(taken.value, Some(Value::Unknown(_))) {
            provided.clear();
        }
        let when = match &provided[..] {
            [] => format!("map {map}"),
            told => format!("map {map}, {}", told.join(" and ")),
        };
        let mut findings: Vec<Finding> = provided.contains(&BUILT_IN).then(built_in).into_iter().collect();
        findings.extend((name == "user_friendly_names").then(|| beaten(&select("alias"))).flatten());
        let counts = [&taken.at[..], &taken.follows].concat();
        let places = selected.layers.iter().flat_map(|layer| self.places(&layer.key).into_values().flatten());
        let shadowed = places.filter(|place| !counts.contains(place)).collect();
        let Taken { value, at, follows, why } = taken;
        let winner = selected.layers.first().filter(|_| !at.is_empty()).map_or(key, |layer| &layer.key);
        let point = Point { when: Some(when), ..point(winner.clone()) };
        OfMap { decision: Decision { point, value, at, follows, shadowed, details: Vec::new(), why }, findings }
    }

    fn taken(&self, selected: &Selected) -> Taken {
        let value = selected.value();
        let Some(first) = selected.layers.first() else {
            let why = "no section sets it for this map: the built-in default holds".to_owned();
            return Taken { value, at: Vec::new(), follows: Vec::new(), why };
        };
        if let Some(Value::Unknown(why)) = &value {
            let follows = selected.candidates().iter().flat_map(|layer| layer.held.at.clone()).collect();
            return Taken { follows, ..unknown(why.clone()) };
        }
        let (at, follows) = match first.held.derived {
            Some(_) => (Vec::new(), first.held.at.clone()),
            None => (first.held.at.clone(), Vec::new()),
        };
        let why = match first.held.derived {
            Some(derived) => derived.to_owned(),
            None if self.places(&first.key).values().flatten().count() > 1 => {
                format!("{}; {}", why(selected), self.why(&first.key))
            }
            None => why(selected),
        };
        Taken { value, at, follows, why }
    }

    /// Where friendly names are kept, and which one is kept for the map.
    fn kept(&self, files: &dyn Files, map: &Map) -> String {
        let path = bindings::file(&self.merge);
        match bindings::bound(files, &path, &map.wwid) {
            Some(name) => format!("{path}, which has `{}` for it", shown(&name)),
            None => path,
        }
    }

    /// Nothing sets `no_path_retry`: a feature of the map may mean it (`reconcile_features_with_options`).
    fn queued(&self, features: &Selected) -> Taken {
        let unset = || self.taken(&Selected::default());
        let (Some(value), Some(first)) = (features.value(), features.layers.first()) else { return unset() };
        let has = |value: &BString| bstr::ByteSlice::contains_str(&value[..], "queue_if_no_path");
        let means = match value {
            Value::Known(values) if values.iter().any(has) => Value::Known(vec!["queue".into()]),
            Value::Known(_) => return unset(),
            unknown @ Value::Unknown(_) => unknown,
        };
        let why = "`queue_if_no_path` in the `features` of this map means `no_path_retry queue`".to_owned();
        Taken { value: Some(means), at: Vec::new(), follows: first.held.at.clone(), why }
    }
}

fn unknown(why: String) -> Taken {
    Taken { value: Some(Value::Unknown(why.clone())), at: Vec::new(), follows: Vec::new(), why }
}

/// Which sections the one that wins goes before.
fn why(selected: &Selected) -> String {
    let Some((first, others)) = selected.layers.split_first() else { return String::new() };
    let mut tables: Vec<Table> = others.iter().map(|layer| layer.key.table).collect();
    tables.dedup();
    let is_last = tables.first() == Some(&first.key.table);
    tables.retain(|table| *table != first.key.table);
    let tables: Vec<String> = tables.iter().map(|table| format!("`{table}`")).collect();
    let last = if is_last { ", and of the `device` blocks for it the last one wins" } else { "" };
    match tables.is_empty() {
        true => format!("no section but `{}` sets it for this map{last}", first.key.table),
        false => format!("for this map `{}` goes before {}{last}", first.key.table, tables.join(", ")),
    }
}

/// The name of a map without an `alias`.
fn named(map: &Map, friendly: &Selected, prefix: &Selected, kept: &str) -> Taken {
    let follows = friendly.layers.first().map_or_else(Vec::new, |layer| layer.held.at.clone());
    let is_yes = |value: &Value| value.known().is_some_and(|values| values == [BString::from("yes")]);
    match friendly.value() {
        Some(Value::Unknown(why)) => Taken { follows, ..unknown(format!("`user_friendly_names` decides: {why}")) },
        Some(value) if is_yes(&value) => {
            let prefix = match prefix.value() {
                Some(Value::Known(values)) => values.iter().map(|value| value.to_string()).collect(),
                Some(Value::Unknown(_)) => "the `alias_prefix`".to_owned(),
                None => PREFIX.to_owned(),
            };
            let why = format!(
                "no `alias`, and `user_friendly_names` is `yes`: the name is `{prefix}` and letters, kept in {kept}"
            );
            Taken { follows, ..unknown(why) }
        }
        value => {
            let is = if value.is_some() { "is `no`" } else { "is not set" };
            let why = format!("no `alias`, and `user_friendly_names` {is}: the WWID is the name");
            Taken { value: Some(Value::Known(vec![map.wwid.clone()])), at: Vec::new(), follows, why }
        }
    }
}

fn built_in() -> Finding {
    let message = "a `device` that is built in goes before `defaults`, where it is for the paths of this map and sets the keyword";
    let diagnostic =
        Diagnostic::note("built-in", message).help("`multipath -t` on the host prints those that are built in");
    Finding { source: None, diagnostic }
}

/// The name of a map is its alias, where it has one.
fn beaten(alias: &Selected) -> Option<Finding> {
    let at = alias.layers.first()?.held.at.last()?;
    let message = "this map has an `alias`: that is its name, whatever `user_friendly_names` says";
    Some(Finding { source: Some(at.source), diagnostic: Diagnostic::note(OVERRIDDEN, message).at(at.span) })
}
