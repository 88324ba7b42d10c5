//! Which section goes before which, for a path or map.

use kvmprep_lossless::effective::{Finding, OVERRIDDEN};
use kvmprep_lossless::{Diagnostic, Value};

use super::merge::{Held, Merge};
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

/// Where stronger sections set the key's keyword to something else, and so win for their maps or paths. An alias goes
/// before any friendly name.
pub(crate) fn overridden(merge: &Merge, key: &Key, value: Option<&Value>) -> Vec<Finding> {
    let Some(name) = key.name else { return Vec::new() };
    let mut found = Vec::new();
    for table in WEAKEST_FIRST.iter().filter(|table| goes_before(**table, key.table)) {
        let section =
            merge.section(*table).into_iter().flatten().map(|(name, held)| (*name, held, "every map".to_owned()));
        let blocks = merge.blocks(*table).flat_map(|block| {
            let whose = format!("`{}`", block.identity.text(*table));
            block.values.iter().map(move |(name, held)| (*name, held, whose.clone()))
        });
        let wins = section.chain(blocks).filter(|(of, held, _)| *of == name && Some(&held.value) != value);
        found.extend(wins.filter_map(|(_, held, whose)| stronger(key, name, *table, held, &whose)));
    }
    if name == "user_friendly_names" && WEAKEST_FIRST.contains(&key.table) {
        let own = merge.blocks(Table::Multipath).filter(|block| match &key.block {
            Selector::Of(identity) if key.table == Table::Multipath => block.identity == *identity,
            _ => true,
        });
        found.extend(own.filter_map(|block| {
            let whose = format!("`{}`", block.identity.text(Table::Multipath));
            stronger(key, "alias", Table::Multipath, block.values.get("alias")?, &whose)
        }));
    }
    found
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
