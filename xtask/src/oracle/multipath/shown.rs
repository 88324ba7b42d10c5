//! What `multipath -t` prints: the configuration in force.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use bstr::{BString, ByteSlice};
use kvmprep_lossless::Value as Told;
use kvmprep_multipath_conf::{Attributes, Effective, Lists};

use crate::oracle::machine::Fault;

/// Settings by keyword.
pub type Block = BTreeMap<BString, Value>;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Value {
    Is(BString),
    /// We do not say which: it hangs on the host.
    Unknown,
    /// There is one without any file, and now there is none.
    Gone,
}

/// What a configuration has beyond the one that is built in.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Shown {
    /// Those that are not as built in.
    pub defaults: Block,
    pub overrides: Block,
    pub protocols: Vec<Block>,
    pub devices: Vec<Device>,
    pub multipaths: Vec<Block>,
    pub blacklist: Entries,
    pub exceptions: Entries,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Device {
    /// A run of those that are built in, as they are.
    BuiltIn(Range<usize>),
    Own(Block),
}

/// A blacklist.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Entries {
    pub lines: BTreeMap<BString, Vec<BString>>,
    pub devices: Vec<Block>,
    /// Which of the built-in entries are not there any more, as text.
    pub gone: BTreeSet<String>,
}

impl Shown {
    /// Takes out of both what we do not say, and that is the same block in both.
    pub fn forget_unknown(&mut self, other: &mut Self) {
        let settings = [(&mut self.defaults, &mut other.defaults), (&mut self.overrides, &mut other.overrides)];
        let blocks = self.multipaths.iter_mut().zip(&mut other.multipaths);
        for (ours, theirs) in settings.into_iter().chain(blocks) {
            theirs.retain(|name, _| ours.get(name) != Some(&Value::Unknown));
            ours.retain(|_, value| *value != Value::Unknown);
        }
    }

    /// The first part where two are not the same.
    pub fn difference(&self, other: &Self) -> Option<String> {
        fn unlike<T: PartialEq + std::fmt::Debug>(name: &str, ours: &T, theirs: &T) -> Option<String> {
            (ours != theirs).then(|| format!("{name}: we say {ours:?}, it did {theirs:?}"))
        }
        unlike("defaults", &self.defaults, &other.defaults)
            .or_else(|| unlike("overrides", &self.overrides, &other.overrides))
            .or_else(|| unlike("protocols", &self.protocols, &other.protocols))
            .or_else(|| unlike("devices", &self.devices, &other.devices))
            .or_else(|| unlike("multipaths", &self.multipaths, &other.multipaths))
            .or_else(|| unlike("blacklist", &self.blacklist, &other.blacklist))
            .or_else(|| unlike("exceptions", &self.exceptions, &other.exceptions))
    }
}

/// All that is printed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Whole {
    pub defaults: Block,
    pub overrides: Block,
    pub protocols: Vec<Block>,
    pub devices: Vec<Block>,
    pub multipaths: Vec<Block>,
    pub blacklist: Lines,
    pub exceptions: Lines,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Lines {
    pub lines: BTreeMap<BString, Vec<BString>>,
    pub devices: Vec<Block>,
}

impl Whole {
    /// Reads the dump. The indentation is trusted, not the braces: a `device` of a blacklist that has a vendor alone is
    /// printed without its closing brace, one with a product alone without its opening line.
    pub fn of_dump(text: &[u8]) -> Result<Self, Fault> {
        let mut whole = Self::default();
        let mut section: &[u8] = b"";
        let mut is_open = false;
        for line in text.lines() {
            let words = line.trim_start_with(|c| c == '\t');
            match (line.len() - words.len(), words) {
                (0, b"}") => section = b"",
                (1, b"}") => is_open = false,
                (0, words) => section = words.strip_suffix(b" {").ok_or_else(|| unread(line))?,
                (1, words) if words.ends_with(b" {") && !words.contains(&b'"') => {
                    whole.blocks(section).ok_or_else(|| unread(line))?.push(Block::new());
                    is_open = true;
                }
                (1, words) => {
                    let (name, value) = pair(words).ok_or_else(|| unread(line))?;
                    match section {
                        b"defaults" => _ = whole.defaults.insert(name, Value::Is(value)),
                        b"overrides" => _ = whole.overrides.insert(name, Value::Is(value)),
                        b"blacklist" => whole.blacklist.lines.entry(name).or_default().push(value),
                        b"blacklist_exceptions" => whole.exceptions.lines.entry(name).or_default().push(value),
                        _ => return Err(unread(line)),
                    }
                }
                (_, words) => {
                    let (name, value) = pair(words).ok_or_else(|| unread(line))?;
                    let blocks = whole.blocks(section).ok_or_else(|| unread(line))?;
                    if !std::mem::replace(&mut is_open, true) {
                        blocks.push(Block::new());
                    }
                    blocks.last_mut().ok_or_else(|| unread(line))?.insert(name, Value::Is(value));
                }
            }
        }
        whole.defaults.retain(|name, _| !is_hidden(name));
        // Of this list alone equal entries are printed as often as they stand there; to us they are one.
        for lists in [&mut whole.blacklist, &mut whole.exceptions] {
            let mut known = BTreeSet::new();
            let protocols = lists.lines.get_mut(b"protocol".as_bstr());
            protocols.into_iter().for_each(|values| values.retain(|value| known.insert(value.clone())));
        }
        if section.is_empty() { Ok(whole) } else { Err("the dump ends within a section".into()) }
    }

    /// The blocks that stand in a section.
    fn blocks(&mut self, section: &[u8]) -> Option<&mut Vec<Block>> {
        match section {
            b"overrides" => Some(&mut self.protocols),
            b"devices" => Some(&mut self.devices),
            b"multipaths" => Some(&mut self.multipaths),
            b"blacklist" => Some(&mut self.blacklist.devices),
            b"blacklist_exceptions" => Some(&mut self.exceptions.devices),
            _ => None,
        }
    }

    /// What we hold to be in force.
    pub fn of_ours(effective: &Effective) -> Self {
        let blocks = |blocks: &[Attributes]| blocks.iter().map(block).collect();
        let mut defaults = block(&effective.defaults);
        // No limit is not printed.
        let is_no_limit = |name: &BString, value: &Value| name == "max_fds" && *value == Value::Is("0".into());
        defaults.retain(|name, value| !is_hidden(name) && !is_no_limit(name, value));
        Self {
            defaults,
            overrides: block(&effective.overrides),
            protocols: blocks(&effective.protocols),
            devices: blocks(&effective.devices),
            multipaths: blocks(&effective.multipaths),
            blacklist: Lines::of_ours(&effective.blacklist),
            exceptions: Lines::of_ours(&effective.blacklist_exceptions),
        }
    }

    /// What it has beyond what is built in.
    pub fn beyond(self, built_in: &Self) -> Shown {
        let mut defaults = self.defaults;
        for (name, value) in &built_in.defaults {
            if defaults.get(name) == Some(value) {
                defaults.remove(name);
            } else {
                defaults.entry(name.clone()).or_insert(Value::Gone);
            }
        }
        Shown {
            defaults,
            overrides: self.overrides,
            protocols: self.protocols,
            devices: devices(self.devices, &built_in.devices),
            multipaths: self.multipaths,
            blacklist: self.blacklist.beyond(&built_in.blacklist),
            exceptions: self.exceptions.beyond(&built_in.exceptions),
        }
    }
}

impl Lines {
    fn of_ours(lists: &Lists) -> Self {
        let lines = lists.entries.iter().map(|(name, entries)| (BString::from(*name), entries.clone())).collect();
        let mut devices: Vec<Block> = Vec::new();
        for device in lists.devices.iter().map(block) {
            // Printed, these two are one.
            match devices.last_mut() {
                Some(last) if !last.contains_key(PRODUCT.as_bstr()) && !device.contains_key(VENDOR.as_bstr()) => {
                    last.extend(device)
                }
                _ => devices.push(device),
            }
        }
        Self { lines, devices }
    }

    fn beyond(mut self, built_in: &Self) -> Entries {
        let mut found = BTreeSet::new();
        for (name, values) in &mut self.lines {
            let known = built_in.lines.get(name).map_or(&[][..], Vec::as_slice);
            values.retain(|value| !(known.contains(value) && found.insert(format!("{name} {value}"))));
        }
        self.lines.retain(|_, values| !values.is_empty());
        let known = |device: &Block| built_in.devices.contains(device);
        for device in self.devices.iter().filter(|device| known(device)) {
            found.insert(format!("{device:?}"));
        }
        self.devices.retain(|device| !known(device));
        let lines =
            built_in.lines.iter().flat_map(|(name, values)| values.iter().map(move |value| format!("{name} {value}")));
        let devices = built_in.devices.iter().map(|device| format!("{device:?}"));
        let gone = lines.chain(devices).filter(|entry| !found.contains(entry)).collect();
        Entries { lines: self.lines, devices: self.devices, gone }
    }
}

/// Settings of `defaults` that `multipath` prints alike whatever they are set to: it has its own values for them, or none.
pub const HIDDEN: &[&str] = &["disable_changed_wwids", "force_sync", "retrigger_tries"];

fn is_hidden(name: &BString) -> bool {
    HIDDEN.iter().any(|hidden| name == hidden)
}

const VENDOR: &[u8] = b"vendor";
const PRODUCT: &[u8] = b"product";

fn block(attributes: &Attributes) -> Block {
    // Owners are printed in octal digits.
    let octal = |value: &BString| value.to_str().ok()?.parse::<u32>().ok().map(|number| format!("0{number:o}").into());
    let value = |name: &str, told: &Told| match (name, told) {
        ("uid" | "gid", Told::Known(values)) => Value::Is(values.first().and_then(octal).unwrap_or_default()),
        (_, Told::Known(values)) => Value::Is(values.first().cloned().unwrap_or_default()),
        (_, Told::Unknown(_)) => Value::Unknown,
    };
    attributes.iter().map(|(name, told)| (BString::from(*name), value(name, told))).collect()
}

fn devices(devices: Vec<Block>, built_in: &[Block]) -> Vec<Device> {
    let mut shown: Vec<Device> = Vec::new();
    for device in devices {
        match (built_in.iter().position(|known| *known == device), shown.last_mut()) {
            (Some(place), Some(Device::BuiltIn(run))) if run.end == place => run.end += 1,
            (Some(place), _) => shown.push(Device::BuiltIn(place..place + 1)),
            (None, _) => shown.push(Device::Own(device)),
        }
    }
    shown
}

/// A keyword and its value; the one list of words is printed without quotes.
fn pair(words: &[u8]) -> Option<(BString, BString)> {
    let (name, value) = words.split_once_str(" ")?;
    let quoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
    let value = match quoted {
        Some(quoted) if name != b"uid_attrs" => quoted.replace("\"\"", "\""),
        _ => value.to_vec(),
    };
    Some((name.into(), value.into()))
}

fn unread(line: &[u8]) -> Fault {
    format!("multipath printed what is not understood: {:?}", line.as_bstr()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(settings: &[(&str, &str)]) -> Block {
        settings.iter().map(|(name, value)| ((*name).into(), Value::Is((*value).into()))).collect()
    }

    #[test]
    fn a_dump_is_read_by_its_indentation() {
        let dump = "defaults {\n\tuid_attrs \"x:y\" a:b\n\tprio \"2.5\"\" x\"\n\tforce_sync \"yes\"\n}\n\
                    blacklist {\n\twwid \"1\"\n\tdevice {\n\t\tvendor \"A\"\n\tdevice {\n\t\tvendor \"B\"\n\t\tproduct \"C\"\n\
                    \t}\n\t\tproduct \"D\"\n\t}\n}\noverrides {\n\tprotocol {\n\t\ttype \"undef\"\n\t}\n}\n";
        let whole = Whole::of_dump(dump.as_bytes()).unwrap_or_default();
        assert_eq!(whole.defaults, block(&[("uid_attrs", "\"x:y\" a:b"), ("prio", "2.5\" x")]));
        let devices = [&[("vendor", "A")][..], &[("vendor", "B"), ("product", "C")], &[("product", "D")]];
        assert_eq!(whole.blacklist.devices, devices.map(block));
        assert_eq!(whole.protocols, [block(&[("type", "undef")])]);
        assert!(Whole::of_dump(b"defaults {\n").is_err());
        assert!(Whole::of_dump(b"stray\n").is_err());
    }
}
