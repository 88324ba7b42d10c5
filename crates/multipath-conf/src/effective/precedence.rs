//! Which section goes before which, for a path or map.

use kvmprep_lossless::effective::Finding;
use kvmprep_lossless::{Diagnostic, Value};

use super::merge::{Held, Merge};
use crate::Table;
use crate::key::{Key, Selector};

/// The sections that may set the same thing, weakest first. Asked of the sources of 0.9.4 (`propsel.c`): each selection
/// takes the first that is set of `multipath`, `protocol`, `overrides`, `device`, `defaults`.
const WEAKEST_FIRST: [Table; 5] = [Table::Defaults, Table::Device, Table::Overrides, Table::Protocol, Table::Multipath];

/// Where stronger sections set the key's keyword to something else, and so win for their maps or paths. An alias goes
/// before any friendly name.
pub(super) fn overridden(merge: &Merge, key: &Key, value: Option<&Value>) -> Vec<Finding> {
    let (Some(name), Some(rank)) = (key.name, WEAKEST_FIRST.iter().position(|table| *table == key.table)) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for table in &WEAKEST_FIRST[rank + 1..] {
        let section =
            merge.section(*table).into_iter().flatten().map(|(name, held)| (*name, held, "every map".to_owned()));
        let blocks = merge.blocks(*table).flat_map(|block| {
            let whose = format!("`{}`", block.identity.text(*table));
            block.values.iter().map(move |(name, held)| (*name, held, whose.clone()))
        });
        let wins = section.chain(blocks).filter(|(of, held, _)| *of == name && Some(&held.value) != value);
        found.extend(wins.filter_map(|(_, held, whose)| stronger(key, name, *table, held, &whose)));
    }
    if name == "user_friendly_names" {
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
        Table::Overrides => Diagnostic::warning("overridden", message),
        _ => Diagnostic::note("overridden", message),
    };
    Some(Finding { source: Some(at.source), diagnostic: diagnostic.at(at.span) })
}
