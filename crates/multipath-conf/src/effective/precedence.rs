//! Which section goes before which, for a path or map.

use kvmprep_lossless::effective::{Finding, OVERRIDDEN};
use kvmprep_lossless::{Diagnostic, Value};

use super::merge::{Held, Merge, Merged};
use crate::Table;
use crate::key::{Key, Selector};

/// The sections that may set the same thing, weakest first: each selection of the daemon (`propsel.c`) takes the
/// first of them that is set, from the other end.
pub(crate) const WEAKEST_FIRST: [Table; 5] =
    [Table::Defaults, Table::Device, Table::Overrides, Table::Protocol, Table::Multipath];

/// True where a section decides for its maps or paths, whatever the other one says.
pub(crate) fn goes_before(table: Table, other: Table) -> bool {
    let rank = |table| WEAKEST_FIRST.iter().position(|known| *known == table);
    rank(table).zip(rank(other)).is_some_and(|(table, other)| table > other)
}

/// How many blocks of a table are told one by one.
const MOST: usize = 8;

/// Where stronger sections set the key's keyword to something else, and so win for their maps or paths. An alias goes
/// before any friendly name.
pub(crate) fn overridden(merge: &Merge, key: &Key, value: Option<&Value>) -> Vec<Finding> {
    let Some(name) = key.name else { return Vec::new() };
    let mut found = Vec::new();
    for table in WEAKEST_FIRST.iter().filter(|table| goes_before(**table, key.table)) {
        let section = merge.section(*table).and_then(|values| values.get(name));
        let wins = section.filter(|held| Some(&held.value) != value);
        found.extend(wins.and_then(|held| stronger(key, name, *table, held, "every map")));
        let blocks = merge.blocks(*table).filter_map(|block| Some((block, block.values.get(name)?)));
        let wins = blocks.filter(|(_, held)| Some(&held.value) != value);
        found.extend(of_blocks(key, name, *table, &wins.collect::<Vec<_>>()));
    }
    if name == "user_friendly_names" && WEAKEST_FIRST.contains(&key.table) {
        let own = merge.blocks(Table::Multipath).filter(|block| match &key.block {
            Selector::Of(identity) if key.table == Table::Multipath => block.identity == *identity,
            _ => true,
        });
        let named = own.filter_map(|block| Some((block, block.values.get("alias")?)));
        found.extend(of_blocks(key, "alias", Table::Multipath, &named.collect::<Vec<_>>()));
    }
    found
}

/// What blocks of a table decide for those they are for; many of them in one word.
fn of_blocks(key: &Key, name: &str, table: Table, blocks: &[(&Merged, &Held)]) -> Vec<Finding> {
    let whose = |block: &Merged| format!("`{}`", block.identity.text(table));
    match blocks {
        [(first, held), .., (last, _)] if blocks.len() > MOST => {
            let all = format!("{} blocks, from {} to {}", blocks.len(), whose(first), whose(last));
            stronger(key, name, table, held, &all).into_iter().collect()
        }
        few => few.iter().filter_map(|(block, held)| stronger(key, name, table, held, &whose(block))).collect(),
    }
}

fn stronger(key: &Key, name: &str, table: Table, held: &Held, whose: &str) -> Option<Finding> {
    let at = held.at.last()?;
    let message = format!("`{name}` in `{table}` goes before `{key}` for {whose}");
    let diagnostic = match table {
        Table::Overrides => Diagnostic::warning(OVERRIDDEN, message),
        _ => Diagnostic::note(OVERRIDDEN, message),
    };
    Some(Finding { source: Some(at.source), diagnostic: diagnostic.at(at.span) })
}
