//! What several files come to, and where each value is set: the one place where files are merged.

use std::collections::{BTreeMap, HashMap, HashSet};

use bstr::BString;
use kvmprep_lossless::files::Location;
use kvmprep_lossless::{Span, Text, Value};

use super::intervals::Intervals;
use super::{Attributes, features, owner};
use crate::complaint::{Class, Complaint};
use crate::key::{Identity, Key, Selector};
use crate::outline::{Block, Entry, Outline};
use crate::vocabulary::Taken;
use crate::{Multipath, Table, Version, regex};

/// A value in force.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Held {
    pub(crate) value: Value,
    /// The places that make it so; none where it is built in.
    pub(crate) at: Vec<Location>,
    /// What it follows from, where it is not what a line of its own says.
    pub(crate) derived: Option<&'static str>,
}

/// The values of a section or block, by keyword.
pub(crate) type Values = BTreeMap<&'static str, Held>;

/// A block, merged with those of the same identity.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Merged {
    pub(crate) table: Table,
    pub(crate) identity: Identity,
    pub(crate) values: Values,
    /// Where its blocks open, in order.
    pub(crate) at: Vec<Location>,
    /// The `features` of the first of its blocks.
    first: Option<Held>,
    /// Values of `uid`, `gid` and `mode` that earlier blocks set, in force or not.
    owner: Values,
}

/// Everything in force.
#[derive(Clone, Default, Debug)]
pub(crate) struct Merge {
    version: Version,
    sections: BTreeMap<Table, Values>,
    /// The blocks in the order the daemon has them; a merged one stands where its last block stood. `None` where one
    /// stood before that.
    blocks: Vec<Option<Merged>>,
    places: HashMap<(Table, Identity), usize>,
    lists: BTreeMap<(Table, &'static str), Held>,
    /// Entries of the lists that stand there already.
    listed: HashSet<(Table, &'static str, BString)>,
    intervals: Intervals,
    /// Every `multipath` block: what it is known by, in which file, and where.
    multipaths: Vec<(Option<Identity>, usize, Option<Span>)>,
    /// What the daemon says of blocks, and in which file.
    pub(crate) said: Vec<(usize, Complaint)>,
}

impl Merge {
    /// The files read one after the other.
    pub(crate) fn of<'t>(texts: impl IntoIterator<Item = &'t Text<Multipath>>) -> Self {
        let mut merge = Self::default();
        for (source, text) in texts.into_iter().enumerate() {
            merge.file(source, text);
        }
        merge.settle();
        merge
    }

    /// A device block that is built in.
    pub(crate) fn built_in(&mut self, device: &Attributes) {
        let values = Table::Device.identity().iter().map(|name| device.get(name)?.known()?.first().cloned());
        let identity = Identity(values.collect());
        let held = |value: &Value| Held { value: value.clone(), at: Vec::new(), derived: None };
        let values = device.iter().map(|(name, value)| (*name, held(value))).collect();
        self.block(Merged {
            table: Table::Device,
            identity,
            values,
            at: Vec::new(),
            first: None,
            owner: Values::new(),
        });
    }

    pub(crate) fn file(&mut self, source: usize, text: &Text<Multipath>) {
        self.version = text.syntax().version;
        let outline = Outline::of(text.run(), self.version);
        let mut blocks: Vec<Option<Merged>> = outline.blocks.iter().map(|block| merged(source, block)).collect();
        for entry in &outline.entries {
            let at = Location { source, span: entry.place() };
            match (outline.blocks[entry.block].table, blocks[entry.block].as_mut()) {
                (Table::Defaults, _) if self.intervals.take(entry, at) => {}
                (Table::Overrides, _) if entry.version == Version::EL7 => {}
                (table @ (Table::Defaults | Table::Overrides), _) => {
                    set(self.sections.entry(table).or_default(), entry, at);
                }
                (table, _) if table.is_list() => self.listed(table, entry, at),
                (_, Some(block)) => set(&mut block.values, entry, at),
                (_, None) => {}
            }
        }
        self.merge_blocks(source, &outline.blocks, blocks);
    }

    /// The blocks of a file. The daemon goes through those it has in their order: what it says of one comes before what
    /// it says of the next.
    fn merge_blocks(&mut self, source: usize, outline: &[Block], blocks: Vec<Option<Merged>>) {
        let first = self.blocks.len();
        let (mut devices, mut protocols) = (Vec::new(), Vec::new());
        for (Block { table, at, .. }, merged) in outline.iter().zip(blocks) {
            if *table == Table::Multipath {
                let identity = merged.as_ref().map(|merged| merged.identity.clone());
                self.multipaths.push((identity, source, *at));
            }
            match (table, merged) {
                (_, Some(merged)) => {
                    let Some((place, said)) = self.block(merged).filter(|_| *table == Table::Device) else { continue };
                    let again = (place >= first).then_some(Class::DuplicateDevice);
                    devices.extend(again.into_iter().chain(said).map(|class| (place, Complaint::of(class, *at))));
                }
                (Table::Device, None) => {
                    devices.push((self.blocks.len(), Complaint::of(Class::IncompleteDevice, *at)));
                    self.blocks.push(None);
                }
                (Table::Protocol, None) => protocols.push(Complaint::of(Class::ProtocolWithoutType, *at)),
                _ => {}
            }
        }
        devices.sort_by_key(|(place, _)| *place);
        let said = devices.into_iter().map(|(_, complaint)| complaint).chain(protocols);
        self.said.extend(said.map(|complaint| (source, complaint)));
    }

    /// Equal entries are one (`blacklist-dups`).
    fn listed(&mut self, table: Table, entry: &Entry<'_>, at: Location) {
        let name = entry.keyword.name;
        let value = entry.taken().value().map(BString::from);
        let Some(value) = value.filter(|value| self.listed.insert((table, name, value.clone()))) else { return };
        let nothing = Held { value: Value::Known(Vec::new()), at: Vec::new(), derived: None };
        let list = self.lists.entry((table, name)).or_insert(nothing);
        list.at.push(at);
        if let Value::Known(items) = &mut list.value {
            items.push(value);
        }
    }

    /// Blocks known by the same strings are one: later values win, earlier ones that the later block lacks stay
    /// (`multipath-duplicate-fill`, `device-duplicate`) unless they are empty (`duplicate-empty`), and it stands where the
    /// later block does. Of equal items of a list the first one stays. Tells where the block stood that was merged into this one, and what is said of that.
    fn block(&mut self, mut block: Merged) -> Option<(usize, Vec<Class>)> {
        let key = (block.table, block.identity.clone());
        let known = self.places.get(&key).copied();
        if block.table.is_item() && known.is_some() {
            return None;
        }
        let mut said = Vec::new();
        block.first = block.values.get("features").cloned();
        if let Some(Merged { mut values, mut at, first, owner, .. }) = known.and_then(|place| self.blocks[place].take())
        {
            if block.table == Table::Multipath {
                block.owner = owner::merge(&mut values, &mut block.values, owner);
            }
            block.first = first;
            values.retain(|_, held| held.value != Value::Known(vec![BString::default()]));
            values.append(&mut block.values);
            at.append(&mut block.at);
            (block.values, block.at) = (values, at);
            if block.table == Table::Device {
                said = features::reconcile(&mut block.values);
            }
        }
        self.places.insert(key, self.blocks.len());
        self.blocks.push(Some(block));
        known.map(|place| (place, said))
    }

    /// What follows once all files are read.
    pub(crate) fn settle(&mut self) {
        let intervals = self.intervals.settled();
        if !intervals.is_empty() {
            self.sections.entry(Table::Defaults).or_default().extend(intervals);
        }
        if let Some(stop) = self.bad_pattern() {
            return self.said.push(stop);
        }
        let mut known = HashSet::new();
        let (mut missing, mut again) = (Vec::new(), Vec::new());
        for (identity, source, at) in &self.multipaths {
            match identity {
                None => missing.push((*source, Complaint::of(Class::MissingWwid, *at))),
                Some(wwid) if known.insert(wwid) => {}
                Some(wwid) => again.push((wwid, (*source, Complaint::of(Class::DuplicateMultipath, *at)))),
            }
        }
        // Those without a `wwid` are dropped first, and the others sorted (`multipath-complaints-in-order`).
        again.sort_by_key(|(wwid, _)| *wwid);
        self.said.extend(missing.into_iter().chain(again.into_iter().map(|(_, complaint)| complaint)));
    }

    /// A `device` whose entry of the blacklist does not compile (`product-blacklist-bad-regex`).
    fn bad_pattern(&self) -> Option<(usize, Complaint)> {
        self.blocks(Table::Device).filter(|device| device.values.contains_key("product_blacklist")).find_map(|device| {
            let bad = |name: &&str| match &device.values.get(*name)?.value {
                Value::Known(value) => {
                    value.iter().find_map(|value| regex::refused(regex::pattern(value, self.version)))
                }
                Value::Unknown(_) => None,
            };
            let why = ["vendor", "product_blacklist"].iter().find_map(bad)?;
            let at = device.values.get("product_blacklist")?.at.last().or(device.at.last())?;
            Some((at.source, Complaint { why: Some(why), ..Complaint::of(Class::BadProductBlacklist, Some(at.span)) }))
        })
    }

    /// Leaves open what the built-in table decides, where that is not given.
    pub(crate) fn doubt(&mut self) {
        for block in self.blocks.iter_mut().flatten().filter(|block| block.table == Table::Device) {
            features::doubt(&mut block.values, block.first.as_ref(), block.at.len() > 1);
        }
    }

    /// The values of a section.
    pub(crate) fn section(&self, table: Table) -> Option<&Values> {
        self.sections.get(&table)
    }

    /// The blocks of a table, in the daemon's order, which for `multipath` is that of their names.
    pub(crate) fn blocks(&self, table: Table) -> impl Iterator<Item = &Merged> {
        let mut blocks: Vec<&Merged> = self.blocks.iter().flatten().filter(|block| block.table == table).collect();
        if table == Table::Multipath {
            blocks.sort_by_key(|block| &block.identity);
        }
        blocks.into_iter()
    }

    /// The entries of a blacklist, by keyword.
    pub(crate) fn entries(&self, table: Table) -> impl Iterator<Item = (&'static str, &Held)> {
        self.lists.iter().filter(move |((of, _), _)| *of == table).map(|((_, name), held)| (*name, held))
    }

    /// The `device` entries of a blacklist; those that follow from a `product_blacklist` stand behind.
    pub(crate) fn items(&self, table: Table) -> Vec<(Identity, Held)> {
        let own = self.blocks(table).map(|item| (item.identity.clone(), item.at.clone(), None));
        let follows = |device: &Merged| {
            let value = |name| device.values.get(name)?.value.known()?.first().cloned();
            let listed = device.values.get("product_blacklist")?;
            let identity = Identity([value("vendor"), value("product_blacklist")].into());
            // What is built in is no setting of a file.
            (!device.at.is_empty()).then(|| (identity, listed.at.clone(), Some(PRODUCT_BLACKLIST)))
        };
        let follow = self.blocks(Table::Device).filter(|_| table == Table::BlacklistDevice).filter_map(follows);
        let mut known = HashSet::new();
        let mut items = Vec::new();
        for (identity, at, derived) in own.chain(follow) {
            if known.insert(identity.clone()) {
                items.push((identity.clone(), Held { value: Value::Known(vec![identity.text(table)]), at, derived }));
            }
        }
        items
    }

    /// Everything in force, by key.
    pub(crate) fn all(&self) -> BTreeMap<Key, Held> {
        let mut all = BTreeMap::new();
        for table in [Table::Defaults, Table::Overrides] {
            let section = self.section(table).into_iter().flatten();
            all.extend(section.map(|(name, held)| (Key::setting(table, name), held.clone())));
        }
        for block in self.blocks.iter().flatten().filter(|block| !block.table.is_item()) {
            let own = |name: &&'static str| Key::in_block(block.table, block.identity.clone(), name);
            all.extend(block.values.iter().map(|(name, held)| (own(name), held.clone())));
        }
        for table in [Table::Blacklist, Table::Exceptions] {
            all.extend(self.entries(table).map(|(name, held)| (Key::setting(table, name), held.clone())));
        }
        for table in [Table::BlacklistDevice, Table::ExceptionsDevice] {
            all.extend(self.list_of_items(table).map(|held| (Key::items(table), held)));
        }
        all
    }

    fn list_of_items(&self, table: Table) -> Option<Held> {
        self.items(table).into_iter().map(|(_, held)| held).reduce(|mut list, item| {
            if let (Value::Known(items), Value::Known(item)) = (&mut list.value, item.value) {
                items.extend(item);
            }
            list.at.extend(item.at);
            list.derived = list.derived.or(item.derived);
            list
        })
    }

    /// What is in force for a key without a wildcard.
    pub(crate) fn held(&self, key: &Key) -> Option<Held> {
        let of_block =
            |identity| self.places.get(&(key.table, identity)).and_then(|place| self.blocks[*place].as_ref());
        match (&key.block, key.name) {
            (Selector::Of(identity), Some(name)) => of_block(identity.clone())?.values.get(name).cloned(),
            (Selector::Of(identity), None) if key.table.is_item() => {
                self.items(key.table).into_iter().find(|(item, _)| item == identity).map(|(_, held)| held)
            }
            (Selector::Of(identity), None) => {
                let block = of_block(identity.clone())?;
                let value = Value::Known(vec![identity.text(key.table)]);
                Some(Held { value, at: block.at.clone(), derived: None })
            }
            (Selector::None, None) => self.list_of_items(key.table),
            (Selector::None, Some(name)) if key.table.is_list() => self.lists.get(&(key.table, name)).cloned(),
            (Selector::None, Some(name)) => self.sections.get(&key.table)?.get(name).cloned(),
            (Selector::All, _) => None,
        }
    }
}

const PRODUCT_BLACKLIST: &str = "`product_blacklist` of a `device` adds to the entries of the blacklist";

fn merged(source: usize, block: &Block) -> Option<Merged> {
    let at = block.at.map(|span| Location { source, span }).into_iter().collect();
    Some(Merged {
        table: block.table,
        identity: block.identity.clone()?,
        values: Values::new(),
        at,
        first: None,
        owner: Values::new(),
    })
}

fn set(values: &mut Values, entry: &Entry<'_>, at: Location) {
    let (name, taken) = (entry.keyword.means, entry.taken());
    let mut hold = |value| _ = values.insert(name, Held { value, at: vec![at], derived: None });
    match taken.value() {
        Some(value) if entry.keyword.is_unset_by(value) => _ = values.remove(name),
        Some(value) => hold(Value::Known(vec![value.into()])),
        None => match taken {
            Taken::Unknown(why) => hold(Value::Unknown(why.to_owned())),
            Taken::Unset => _ = values.remove(name),
            _ => {}
        },
    }
}
