//! What the daemon does not complain of, and yet is dead, doubled, without effect or likely a mistake.

use std::collections::HashMap;

use kvmprep_lossless::{Diagnostic, Request, Setting, Span, Text};

use crate::effective::{Merge, goes_before};
use crate::key::Key;
use crate::outline::{Entry, Outline};
use crate::vocabulary::{Keyword, Taken};
use crate::{Multipath, Table, regex};

/// A remark, and what mends it.
type Remark = (Diagnostic, Option<Request<Key>>);

pub(super) struct Remarks<'r, 't> {
    pub(super) text: &'t Text<Multipath>,
    pub(super) outline: &'r Outline<'t>,
    pub(super) settings: &'r [Setting<Key>],
}

impl Remarks<'_, '_> {
    pub(super) fn all(&self) -> Vec<Remark> {
        let mut found = self.dead();
        found.extend(self.dropped());
        found.extend(self.overridden());
        found.extend(self.aliases());
        found.extend(self.outline.entries.iter().flat_map(|entry| self.of_value(entry)));
        found
    }

    /// Values that do not count, since a later line sets the same; entries that stand twice.
    fn dead(&self) -> Vec<Remark> {
        let dead = |setting: &Setting<Key>| {
            let of_list = setting.key.is_list();
            let remark = |span: &Span| if of_list { self.again(setting, *span) } else { self.shadowed(setting, *span) };
            setting.shadowed.iter().filter_map(remark).collect::<Vec<_>>()
        };
        self.settings.iter().flat_map(dead).collect()
    }

    /// Equal entries are one (`blacklist-dups`).
    fn again(&self, Setting { key, .. }: &Setting<Key>, span: Span) -> Option<Remark> {
        let item = match key.name {
            Some(_) => self.outline.entry_at(span)?.value.as_ref().into(),
            None => self.outline.block_at(span)?.identity.as_ref()?.text(key.table),
        };
        let message = format!("`{key}` has an equal entry above: the two are one");
        let diagnostic = Diagnostic::beaten(true, message).at(span).help("take one of them out");
        Some((diagnostic, Some(Request::add(key.clone(), item).dedupe())))
    }

    /// The last valid line counts (`duplicate-keyword`); of a value that is refused the daemon says so itself.
    fn shadowed(&self, Setting { key, value, at, .. }: &Setting<Key>, span: Span) -> Option<Remark> {
        let entry = self.outline.entry_at(span).filter(|entry| entry.taken().counts())?;
        let block = &self.outline.blocks[entry.block];
        if block.identity.as_ref().is_some_and(|identity| identity.has(block.table, entry.keyword.name, &entry.value)) {
            return None;
        }
        let now = value.known().and_then(|values| values.first()).filter(|_| !at.is_empty())?;
        let counts = at.last().and_then(|at| self.outline.entry_at(*at));
        let says_the_same = counts.is_some_and(|counts| counts.taken() == entry.taken());
        let message = match says_the_same {
            true => format!("`{key}` is set to the same value below"),
            false => format!("this value does not count: `{key}` is set again below"),
        };
        let help = "leave the one line that is meant";
        let diagnostic = Diagnostic::beaten(says_the_same, message).at(span).help(help);
        Some((diagnostic, Some(Request::set(key.clone(), now.clone()).dedupe())))
    }

    /// A `device` of a blacklist that names nothing is dropped without a word (`blacklist-device-empty`).
    fn dropped(&self) -> Vec<Remark> {
        let items = self.outline.blocks.iter().filter(|block| block.table.is_item() && block.identity.is_none());
        let remark = |at| {
            let message = "a `device` without `vendor` and `product` is dropped";
            (Diagnostic::warning("empty-device", message).at(at).help("write both, or take the block out"), None)
        };
        items.filter_map(|block| block.at).map(remark).collect()
    }

    /// What `overrides` decides for every map, wherever else it is set but in `multipath`.
    fn overridden(&self) -> Vec<Remark> {
        let merge = Merge::of([self.text]);
        let Some(overrides) = merge.section(Table::Overrides) else { return Vec::new() };
        let is_weaker = |entry: &&Entry<'_>| goes_before(Table::Overrides, self.outline.blocks[entry.block].table);
        let entries = self.outline.entries.iter().filter(is_weaker);
        let beaten = entries.filter(|entry| entry.taken().counts() && overrides.contains_key(entry.keyword.means));
        let remark = |entry: &Entry<'_>| {
            let message = format!("`{}` in `overrides` goes before this one, for every map", entry.keyword.name);
            let help = "take one of the two out; a value for one map goes into `multipaths.multipath`";
            (Diagnostic::note("overridden", message).at(entry.place()).help(help), None)
        };
        beaten.map(remark).collect()
    }

    /// A map has one name: its alias, where it has one, and no other map can have it.
    fn aliases(&self) -> Vec<Remark> {
        let of = |name| {
            let own =
                move |setting: &&Setting<Key>| setting.key.table == Table::Multipath && setting.key.name == Some(name);
            self.settings.iter().filter(own)
        };
        let friendly: HashMap<_, _> =
            of("user_friendly_names").filter_map(|setting| Some((&setting.key.block, *setting.at.last()?))).collect();
        let mut found = Vec::new();
        let mut named: HashMap<&[u8], &Key> = HashMap::new();
        for Setting { key, value, at, .. } in of("alias") {
            let (Some([alias]), Some(at)) = (value.known(), at.last()) else { continue };
            if let Some(other) = named.insert(alias.as_slice(), key) {
                let message = format!("`{other}` is the same name, and two maps cannot have one");
                let diagnostic = Diagnostic::warning("shared-alias", message).at(*at);
                found.push((diagnostic.help("give each map an alias of its own"), None));
            }
            if let Some(at) = friendly.get(&key.block) {
                let message = "it has no effect: this map has an `alias`";
                let help = "take it out, or the `alias`";
                found.push((Diagnostic::note("alias-wins", message).at(*at).help(help), None));
            }
        }
        found
    }

    fn of_value(&self, entry: &Entry<'_>) -> Vec<Remark> {
        let mut found = Vec::new();
        let mut remark = |diagnostic: Diagnostic, fix| found.push((diagnostic.at(entry.place()), fix));
        let value = entry.value.as_ref();
        let table = self.outline.blocks[entry.block].table;
        if matches!(entry.taken(), Taken::Ignored) {
            let message = format!("`{}` has no effect any more", entry.keyword.name);
            remark(
                Diagnostic::note("no-effect", message).help("take it out"),
                self.outline.key(entry).map(Request::unset),
            );
        }
        if let Some(since) = entry.keyword.removed_since() {
            let Keyword { name, means, .. } = entry.keyword;
            let message =
                format!("`{name}` is an old name of `{means}`: from multipath-tools {since} on it is unknown");
            remark(Diagnostic::note("old-name", message).help(format!("write `{means}`")), None);
        }
        if let [b'\'', .., b'\''] = value {
            let message = "single quotes are ordinary characters: they are part of the value";
            remark(Diagnostic::warning("single-quotes", message).help("quote with `\"`"), None);
        }
        if entry.keyword.is_regex() && regex::pattern(value, entry.version).is_empty() {
            let message = "an empty pattern matches every device";
            remark(Diagnostic::warning("matches-everything", message).help("write `.*` if that is meant"), None);
        }
        let names_device = table == Table::Device && table.identity().contains(&entry.keyword.name);
        if let Some(why) = regex::refused(value).filter(|_| names_device) {
            let message = format!("no device matches it, and the daemon says nothing: {why}");
            let help = "it is a POSIX extended regular expression: for every device, write `.*`";
            remark(Diagnostic::warning("bad-regex", message).help(help), None);
        }
        found
    }
}
