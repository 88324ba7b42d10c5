//! What the daemon takes for a key, in this file alone.

use std::collections::{HashMap, HashSet};

use bstr::BString;
use kvmprep_lossless::{Setting, Span, Text, Value};

use crate::key::{Key, Selector};
use crate::outline::{Entry, Outline};
use crate::vocabulary::Keyword;
use crate::{Multipath, Version};

/// What the key stands for: its last valid line (`duplicate-keyword`), or all lines of a list. A wildcard gives one
/// setting for each block that has it.
pub(crate) fn get(text: &Text<Multipath>, key: &Key) -> Vec<Setting<Key>> {
    let outline = Outline::of(text.run(), text.syntax().version);
    if key.name.is_none() {
        return blocks(&outline, key);
    }
    group(&outline, |entry| Some(entry.keyword.means) == key.name && outline.selects(key, entry.block))
}

/// Every live key with what it stands for, in the order of first appearance.
pub(crate) fn settings(text: &Text<Multipath>) -> Vec<Setting<Key>> {
    group(&Outline::of(text.run(), text.syntax().version), |_| true)
}

/// True where two values mean the same to the keyword's handler (`ufn-1`).
pub(crate) fn mean_the_same(keyword: &Keyword, version: Version, one: &[u8], other: &[u8]) -> bool {
    let meaning = |value| keyword.take(value, version);
    one == other || meaning(one).value().is_some_and(|meant| meaning(other).value() == Some(meant))
}

/// True where the entry already means this value.
pub(crate) fn same_meaning(entry: &Entry<'_>, to: &[u8]) -> bool {
    mean_the_same(entry.keyword, entry.version, &entry.value, to)
}

/// An item in the one form that equal items share.
pub(crate) fn canonical(key: &Key, item: &BString) -> BString {
    if !key.table.is_item() {
        return item.clone();
    }
    crate::key::Identity::parse(key.table, item.as_ref())
        .map_or_else(|| item.clone(), |item_of| item_of.text(key.table))
}

fn blocks(outline: &Outline<'_>, key: &Key) -> Vec<Setting<Key>> {
    let mut found = Groups::default();
    for (_, block) in outline.blocks_of(key) {
        let Some(identity) = &block.identity else { continue };
        let own = match key.block {
            Selector::None => key.clone(),
            _ => Key { table: key.table, block: Selector::Of(identity.clone()), name: None },
        };
        found.add(own, identity.text(key.table), block.at.unwrap_or_default(), true);
    }
    found.settings
}

fn group<'o>(outline: &'o Outline<'_>, wanted: impl Fn(&'o Entry<'_>) -> bool) -> Vec<Setting<Key>> {
    let mut found = Groups::default();
    for (place, entry) in outline.entries.iter().enumerate().filter(|(_, entry)| wanted(entry)) {
        let block = &outline.blocks[entry.block];
        if let Some(key) = outline.key(entry) {
            found.add(key, entry.value.as_ref().into(), entry.place(), entry.taken().counts());
        } else if let Some(item) = block.identity.as_ref().filter(|_| outline.ends_block(place)) {
            found.add(Key::items(block.table), item.text(block.table), block.at.unwrap_or_default(), true);
        }
    }
    found.settings.retain(|setting| !setting.at.is_empty());
    found.settings
}

#[derive(Default)]
struct Groups {
    settings: Vec<Setting<Key>>,
    places: HashMap<Key, usize>,
    listed: HashSet<(Key, BString)>,
}

impl Groups {
    fn add(&mut self, key: Key, value: BString, at: Span, counts: bool) {
        let place = *self.places.entry(key.clone()).or_insert(self.settings.len());
        if place == self.settings.len() {
            let nothing = Value::Known(Vec::new());
            self.settings.push(Setting { key: key.clone(), value: nothing, at: Vec::new(), shadowed: Vec::new() });
        }
        let setting = &mut self.settings[place];
        if key.is_list() {
            if self.listed.insert((key, value.clone())) {
                setting.at.push(at);
                if let Value::Known(items) = &mut setting.value {
                    items.push(value);
                }
            } else {
                setting.shadowed.push(at);
            }
        } else if counts {
            setting.shadowed.append(&mut setting.at);
            setting.at.push(at);
            setting.value = Value::Known(vec![value]);
        } else {
            setting.shadowed.push(at);
        }
    }
}
