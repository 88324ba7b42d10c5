//! What a map or its paths take of a keyword: the selections of the daemon's `propsel.c`.
//!
//! No program prints these without the devices, so they are known from the sources: of each kind of section the first one
//! counts that sets the keyword, from the strongest to the weakest.

use kvmprep_lossless::Value;

use super::merge::{Held, Merge};
use super::precedence::WEAKEST_FIRST;
use crate::key::Key;
use crate::map::{Applies, Map};
use crate::version::Change;
use crate::{Table, Version, vocabulary};

/// A section or block that sets a keyword for a map.
#[derive(Clone, Debug)]
pub(crate) struct Layer {
    pub(crate) key: Key,
    pub(crate) held: Held,
    /// Why it is not known that it is for the map.
    pub(crate) doubt: Option<&'static str>,
}

/// What decides a keyword for a map.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selected {
    /// Every layer that sets it, the one that wins in front.
    pub(crate) layers: Vec<Layer>,
}

/// What the devices tell goes before the files: a keyword, the one that turns that off with `no`, and how it is told.
const DETECTED: [(&str, &str, &str); 3] = [
    ("path_checker", "detect_checker", "where `detect_checker` finds no other"),
    ("prio", "detect_prio", "where `detect_prio` finds no other"),
    ("path_grouping_policy", "detect_pgpolicy", "where `detect_pgpolicy` finds no other"),
];

/// Selects the keyword for the map.
pub(crate) fn select(merge: &Merge, version: Version, map: &Map, name: &'static str) -> Selected {
    let mut layers: Vec<Layer> = Vec::new();
    for table in WEAKEST_FIRST.into_iter().rev() {
        if table.identity().is_empty() {
            let held = merge.section(table).and_then(|values| values.get(name));
            layers.extend(held.map(|held| Layer { key: Key::setting(table, name), held: held.clone(), doubt: None }));
        } else {
            layers.extend(of_blocks(merge, version, map, (table, name)));
        }
    }
    if name == "prio_args" {
        // They belong to the `prio` they stand beside.
        let prio = select(merge, version, map, "prio").layers.into_iter().next().map(|layer| layer.key.table);
        layers.retain(|layer| Some(layer.key.table) == prio);
    }
    Selected { layers }
}

/// The last of the blocks that are for the map wins. Before several entries could be for one device, the last one that
/// matches is the only one, whether it sets the keyword or not.
fn of_blocks(merge: &Merge, version: Version, map: &Map, (table, name): (Table, &'static str)) -> Vec<Layer> {
    let alone = table == Table::Device && !version.has(Change::SEVERAL_DEVICES);
    let mut layers = Vec::new();
    let mut hidden = None;
    let blocks: Vec<_> = merge.blocks(table).collect();
    for block in blocks.into_iter().rev() {
        let doubt = match map.applies(table, &block.identity) {
            Applies::No => continue,
            Applies::Yes => hidden,
            Applies::Maybe(why) => hidden.or(Some(why)),
        };
        let key = Key::in_block(table, block.identity.clone(), name);
        layers.extend(block.values.get(name).map(|held| Layer { key, held: held.clone(), doubt }));
        if alone && doubt.is_none() {
            break;
        }
        hidden = if alone { doubt } else { None };
    }
    layers
}

impl Selected {
    /// The value, if any section sets one; unknown where it hangs on what is not told.
    pub(crate) fn value(&self) -> Option<Value> {
        let Layer { key, held, doubt } = self.layers.first()?;
        let is_settled = self.layers.iter().any(|layer| layer.doubt.is_none());
        let is_same = is_settled && self.candidates().iter().all(|layer| layer.held.value == held.value);
        match doubt.filter(|_| !is_same) {
            Some(why) => {
                Some(Value::Unknown(format!("whether `{}` is for this map is not known: {why}", key.block_name())))
            }
            None => Some(held.value.clone()),
        }
    }

    /// The layer that wins, and those that may in its stead.
    pub(crate) fn candidates(&self) -> &[Layer] {
        let sure = self.layers.iter().position(|layer| layer.doubt.is_none());
        &self.layers[..sure.map_or(self.layers.len(), |sure| sure + 1)]
    }

    /// True where a `device` that is built in would go before what the files say.
    fn is_below_devices(&self) -> bool {
        self.candidates().last().is_none_or(|layer| layer.key.table == Table::Defaults)
    }
}

/// The circumstance that the daemon's own table is.
pub(crate) const BUILT_IN: &str = "where no `device` that is built in sets it";

/// The circumstances, told in no file, under which a selection holds.
pub(crate) fn provided(merge: &Merge, version: Version, map: &Map, name: &'static str) -> Vec<&'static str> {
    let mut provided: Vec<&'static str> = Vec::new();
    if let Some((_, by, told)) = DETECTED.iter().find(|(keyword, ..)| *keyword == name) {
        let is_known = Table::Defaults.keyword(by.as_bytes(), version).is_some();
        let is_off = select(merge, version, map, by).value() == Some(Value::Known(vec!["no".into()]));
        provided.extend((is_known && !is_off).then_some(*told));
    }
    let has_uid_attrs = || merge.section(Table::Defaults).is_some_and(|values| values.contains_key("uid_attrs"));
    match name {
        "retain_attached_hw_handler" if version.has(Change::RETAINED) => provided.push("with a kernel before 4.3"),
        "hardware_handler" => provided.push("where the kernel has attached none"),
        "uid_attribute" | "getuid_callout" if has_uid_attrs() => {
            provided.push("where `uid_attrs` names none for its paths");
        }
        _ => {}
    }
    let may_be_built_in = vocabulary::find(Table::Device, name.as_bytes()).is_some();
    let is_below = select(merge, version, map, name).is_below_devices();
    provided.extend((may_be_built_in && is_below).then_some(BUILT_IN));
    provided
}
