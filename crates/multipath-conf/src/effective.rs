//! What the daemon would run with, over every file it reads.

pub(crate) mod bindings;
mod features;
pub(crate) mod files;
mod intervals;
pub(crate) mod merge;
mod owner;
pub(crate) mod precedence;
pub(crate) mod selection;

use std::collections::{BTreeMap, HashSet};

use bstr::BString;
use kvmprep_lossless::{Text, Value};

pub(crate) use self::merge::{Merge, Values};
pub(crate) use self::precedence::goes_before;
use crate::complaint::{self, Before, Complaint};
use crate::key::Identity;
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
        !self.complaints.iter().any(|complaint| complaint.class.ends_all())
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
/// files say is told. A value that cannot be read keeps the daemon from starting in the main file alone
/// (`confd-never-fatal`); what makes it crash (`delimiter-crash`), or fail once all is read
/// (`product-blacklist-bad-regex`), does so from every file.
pub fn effective<'t>(
    main: Option<&'t Text<Multipath>>,
    drop_ins: impl IntoIterator<Item = &'t Text<Multipath>>,
    built_in: &Effective,
) -> Effective {
    let mut merge = Merge::default();
    built_in.devices.iter().for_each(|device| merge.built_in(device));
    let (mut complaints, mut before) = (Vec::new(), Before::default());
    let main = main.map(|text| (text, true));
    let files = main.into_iter().chain(drop_ins.into_iter().map(|text| (text, false)));
    for (source, (text, is_main)) in files.enumerate() {
        complaints.extend(complaint::of_lines(text, is_main, &mut before));
        if complaints.last().is_some_and(|complaint| complaint.class.ends_all()) {
            return Effective { complaints, ..Effective::default() };
        }
        merge.file(source, text);
        complaints.extend(merge.said.drain(..).map(|(_, complaint)| complaint));
    }
    merge.settle();
    complaints.extend(merge.said.drain(..).map(|(_, complaint)| complaint));
    Effective { complaints, ..on_top(built_in, &merge) }
}

fn on_top(built_in: &Effective, merge: &Merge) -> Effective {
    let mut now = built_in.clone();
    now.defaults.extend(merge.section(Table::Defaults).map(attributes).unwrap_or_default());
    now.overrides.extend(merge.section(Table::Overrides).map(attributes).unwrap_or_default());
    let blocks = |table| merge.blocks(table).map(|block| attributes(&block.values)).collect();
    now.devices = blocks(Table::Device);
    now.protocols = blocks(Table::Protocol);
    now.multipaths = blocks(Table::Multipath);
    // What follows from a device that is built in goes where a file makes another of it (`product-blacklist-replaced`).
    let still = listed(&now.devices);
    let gone: HashSet<_> = listed(&built_in.devices).difference(&still).cloned().collect();
    now.blacklist.devices.retain(|item| strings(item, "product").is_none_or(|strings| !gone.contains(&strings)));
    add(&mut now.blacklist, merge, Table::Blacklist, Table::BlacklistDevice);
    add(&mut now.blacklist_exceptions, merge, Table::Exceptions, Table::ExceptionsDevice);
    now
}

/// What `product_blacklist` of these devices adds to the blacklist.
fn listed(devices: &[Attributes]) -> HashSet<[BString; 2]> {
    devices.iter().filter_map(|device| strings(device, "product_blacklist")).collect()
}

/// The vendor, and the product under that name.
fn strings(device: &Attributes, product: &str) -> Option<[BString; 2]> {
    let string = |name| device.get(name)?.known()?.first().cloned();
    Some([string("vendor")?, string(product)?])
}

fn attributes(values: &Values) -> Attributes {
    values.iter().map(|(name, held)| (*name, held.value.clone())).collect()
}

/// Puts what the files list before what is built in, as the daemon does; equal entries are one.
fn add(lists: &mut Lists, merge: &Merge, entries: Table, items: Table) {
    for (name, held) in merge.entries(entries) {
        let listed = lists.entries.entry(name).or_default();
        let mut now = held.value.known().unwrap_or_default().to_vec();
        listed.retain(|entry| !now.contains(entry));
        now.append(listed);
        *listed = now;
    }
    let item = |identity: Identity| -> Attributes {
        let values = items.identity().iter().zip(identity.0.iter());
        values.filter_map(|(name, value)| Some((*name, Value::Known(vec![value.clone()?])))).collect()
    };
    let mut now: Vec<Attributes> = merge.items(items).into_iter().map(|(identity, _)| item(identity)).collect();
    lists.devices.retain(|device| !now.contains(device));
    now.append(&mut lists.devices);
    lists.devices = now;
}
