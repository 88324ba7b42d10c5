//! What a reader takes for a key, in this file alone.

use std::collections::HashSet;

use kvmprep_lossless::files::Location;
use kvmprep_lossless::{Setting, Text};

use crate::entries::entries;
use crate::key::Key;
use crate::loaded::{Held, Loaded};
use crate::reader::Reader;
use crate::syntax::SysctlConf;

/// The last assignment of the key, or the last glob that reaches it (cases `duplicate`, `explicit-then-glob`).
/// Whether the kernel has the key is not asked.
pub(crate) fn get(text: &Text<SysctlConf>, reader: Reader, key: &Key) -> Vec<Setting<Key>> {
    let loaded = loaded(text, reader, |name| key.concerns(name));
    loaded.winner(key).map(|winner| setting(&loaded, key, winner)).into_iter().collect()
}

/// A glob stands under its own pattern.
pub(crate) fn settings(text: &Text<SysctlConf>, reader: Reader) -> Vec<Setting<Key>> {
    let loaded = loaded(text, reader, |_| true);
    let mut seen = HashSet::new();
    let keys = loaded.keys().filter(|key| seen.insert(*key));
    keys.filter_map(|key| Some(setting(&loaded, key, loaded.winner(key)?))).collect()
}

/// What a reader holds of one file, of the keys that are asked for.
fn loaded(text: &Text<SysctlConf>, reader: Reader, asked: impl Fn(&[u8]) -> bool) -> Loaded<'_> {
    let mut loaded = Loaded::new(reader);
    for entry in entries(text, reader).filter(|entry| entry.statement.name().is_some_and(&asked)) {
        let span = entry.span_of(entry.statement.value().unwrap_or(entry.text));
        loaded.take(entry.statement, Location { source: 0, span });
    }
    loaded
}

fn setting(loaded: &Loaded<'_>, key: &Key, winner: &Held<'_>) -> Setting<Key> {
    let spelled = winner.key.as_ref().filter(|spelled| *spelled == key);
    let others = loaded.assignments(key).filter(|place| place.at != winner.at);
    Setting {
        key: spelled.unwrap_or(key).clone(),
        value: winner.value_or_unknown(),
        at: vec![winner.at.span],
        shadowed: others.map(|place| place.at.span).collect(),
    }
}
