//! What the daemon would run with, over every file it reads.

use std::collections::{BTreeMap, HashMap, HashSet};

use bstr::BString;
use kvmprep_lossless::{Text, Value};

use crate::complaint::{self, Class, Complaint};
use crate::key::Identity;
use crate::outline::{Block, Entry, Outline};
use crate::vocabulary::Taken;
use crate::{Multipath, Table};

/// Settings by keyword, in the form that equal meanings share: `1` is `yes`, a capped number is what it was capped to.
pub type Attributes = BTreeMap<&'static str, Value>;

/// The entries of `blacklist` or of `blacklist_exceptions`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Lists {
    /// `devnode`, `wwid`, `property` and `protocol`: the entries in order, equal ones once (`blacklist-dups`).
    pub entries: BTreeMap<&'static str, Vec<BString>>,
    /// The `device` entries.
    pub devices: Vec<Attributes>,
}

/// The configuration in force.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Effective {
    /// `defaults`, and what follows from them.
    pub defaults: Attributes,
    /// `overrides`.
    pub overrides: Attributes,
    /// `protocol` blocks of `overrides`, equal types merged.
    pub protocols: Vec<Attributes>,
    /// `device` blocks, merged with those that are built in.
    pub devices: Vec<Attributes>,
    /// `multipath` blocks by `wwid`, merged over all files.
    pub multipaths: Vec<Attributes>,
    /// `blacklist`.
    pub blacklist: Lists,
    /// `blacklist_exceptions`.
    pub blacklist_exceptions: Lists,
    /// What the daemon says while it reads.
    pub complaints: Vec<Complaint>,
}

impl Effective {
    /// False where the daemon refuses to start on these files.
    pub fn starts(&self) -> bool {
        !self.complaints.iter().any(|complaint| complaint.class == Class::Fatal)
    }
}

/// True for a name in the drop-in directory that the daemon reads (`confd-suffix`, `confd-hidden`). It reads them in the
/// byte order of their names (`confd-order`).
pub fn is_drop_in(name: &[u8]) -> bool {
    name.ends_with(b".conf")
}

/// What the daemon makes of a main file and of its drop-ins in the order of their names, on top of what is built in.
///
/// What is built in differs between distributions and is not known here: give [`Effective::default`] and only what the
/// files say is told. Only the main file can keep the daemon from starting (`confd-never-fatal`). Not modelled: that
/// `queue_if_no_path` in the `features` of merged `device` blocks becomes `no_path_retry`.
pub fn effective<'t>(
    main: Option<&'t Text<Multipath>>,
    drop_ins: impl IntoIterator<Item = &'t Text<Multipath>>,
    built_in: &Effective,
) -> Effective {
    let mut merge = Merge::onto(built_in);
    let mut complaints = Vec::new();
    let mut read = Vec::new();
    for (text, is_main) in
        main.map(|text| (text, true)).into_iter().chain(drop_ins.into_iter().map(|text| (text, false)))
    {
        let said = complaint::of_file(text, is_main);
        let fatal = said.iter().any(|complaint| complaint.class == Class::Fatal);
        complaints.extend(said);
        if fatal {
            return Effective { complaints, ..Effective::default() };
        }
        merge.file(text);
        read.push(text);
    }
    complaints.extend(complaint::of_blocks(&read));
    let mut effective = merge.finish(built_in);
    effective.complaints = complaints;
    effective
}

#[derive(Default)]
struct Merge {
    effective: Effective,
    multipaths: BTreeMap<Identity, Attributes>,
    /// Where each block of a table stands in its list.
    known: HashMap<(Table, Identity), usize>,
    /// Entries of the lists that stand there already.
    listed: HashSet<(Table, &'static str, BString)>,
    /// `polling_interval`; a bad first one counts as the largest number but one (`ints`).
    shortest: Option<u32>,
    /// `max_polling_interval`; 0 is not set.
    longest: Option<u32>,
}

impl Merge {
    fn onto(built_in: &Effective) -> Self {
        let identity = |device: &Attributes| {
            let values = Table::Device.identity().iter().map(|name| device.get(name)?.known()?.first().cloned());
            Identity(values.collect())
        };
        let known = built_in.devices.iter().enumerate();
        let known = known.map(|(place, device)| ((Table::Device, identity(device)), place)).collect();
        Self { effective: built_in.clone(), known, ..Self::default() }
    }

    fn file(&mut self, text: &Text<Multipath>) {
        let outline = Outline::of(text.run(), text.syntax().version);
        let mut blocks: Vec<Option<Attributes>> =
            outline.blocks.iter().map(|block| block.identity.is_some().then(Attributes::new)).collect();
        for entry in &outline.entries {
            match outline.blocks[entry.block].table {
                Table::Defaults => self.in_defaults(entry),
                Table::Overrides => set(&mut self.effective.overrides, entry),
                table if table.is_list() => self.listed(table, entry),
                _ => blocks[entry.block].iter_mut().for_each(|block| set(block, entry)),
            }
        }
        for (block, attributes) in outline.blocks.iter().zip(blocks) {
            if let (Some(identity), Some(attributes)) = (&block.identity, attributes) {
                self.block(block, identity, attributes);
            }
        }
    }

    fn in_defaults(&mut self, entry: &Entry<'_>) {
        let seconds = || entry.taken().value().and_then(|value| std::str::from_utf8(value).ok()?.parse().ok());
        match entry.keyword.name {
            "polling_interval" => self.shortest = seconds().or(self.shortest).or(Some(u32::MAX - 1)),
            "max_polling_interval" => self.longest = seconds().or(self.longest).filter(|longest| *longest > 0),
            _ => set(&mut self.effective.defaults, entry),
        }
    }

    /// Equal entries are one (`blacklist-dups`).
    fn listed(&mut self, table: Table, entry: &Entry<'_>) {
        let name = entry.keyword.name;
        let value = entry.taken().value().map(BString::from);
        if let Some(value) = value.filter(|value| self.listed.insert((table, name, value.clone()))) {
            self.lists(table).entries.entry(name).or_default().push(value);
        }
    }

    fn lists(&mut self, table: Table) -> &mut Lists {
        match table {
            Table::Blacklist | Table::BlacklistDevice => &mut self.effective.blacklist,
            _ => &mut self.effective.blacklist_exceptions,
        }
    }

    /// Blocks known by the same strings are one: later values win, earlier ones that the later block lacks stay
    /// (`multipath-duplicate-fill`, `device-duplicate`).
    fn block(&mut self, block: &Block, identity: &Identity, attributes: Attributes) {
        if block.table == Table::Multipath {
            return self.multipaths.entry(identity.clone()).or_default().extend(attributes);
        }
        let blocks = match block.table {
            Table::Device => &mut self.effective.devices,
            Table::Protocol => &mut self.effective.protocols,
            Table::BlacklistDevice => &mut self.effective.blacklist.devices,
            Table::ExceptionsDevice => &mut self.effective.blacklist_exceptions.devices,
            _ => return,
        };
        let place = *self.known.entry((block.table, identity.clone())).or_insert(blocks.len());
        match blocks.get_mut(place) {
            Some(known) => known.extend(attributes),
            None => blocks.push(attributes),
        }
    }

    fn finish(mut self, built_in: &Effective) -> Effective {
        self.effective.multipaths = self.multipaths.into_values().collect();
        let intervals = match (self.shortest, self.longest) {
            (None, None) => None,
            (Some(shortest), None) => Some((shortest, if shortest < u32::MAX / 4 { shortest * 4 } else { u32::MAX })),
            (None, Some(longest)) => Some(((longest / 4).max(1), longest)),
            (Some(shortest), Some(longest)) => Some((shortest.min(longest), longest)),
        };
        if let Some((shortest, longest)) = intervals {
            let seconds = |seconds: u32| Value::Known(vec![seconds.to_string().into()]);
            self.effective.defaults.insert("polling_interval", seconds(shortest));
            self.effective.defaults.insert("max_polling_interval", seconds(longest));
        }
        for device in &self.effective.devices {
            if let (Some(vendor), Some(product), false) =
                (device.get("vendor"), device.get("product_blacklist"), built_in.devices.contains(device))
            {
                let item = [("vendor", vendor.clone()), ("product", product.clone())];
                let item = item.into_iter().collect();
                if !self.effective.blacklist.devices.contains(&item) {
                    self.effective.blacklist.devices.push(item);
                }
            }
        }
        self.effective
    }
}

fn set(attributes: &mut Attributes, entry: &Entry<'_>) {
    let (name, taken) = (entry.keyword.means, entry.taken());
    match taken.value() {
        Some(value) if entry.keyword.is_unset_by(value) => _ = attributes.remove(name),
        Some(value) => _ = attributes.insert(name, Value::Known(vec![value.into()])),
        None if taken == Taken::Unknown => {
            let why = "the host decides: the number of a user or group, or what the daemon is built for".to_owned();
            attributes.insert(name, Value::Unknown(why));
        }
        None => {}
    }
}
