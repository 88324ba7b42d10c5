//! Whether an edit brought about what was asked for and nothing else, as the program's answers show it.

use std::collections::{BTreeMap, BTreeSet};

use bstr::{BStr, BString, ByteSlice};
use kvmprep_lossless::effective::{Effective, Host};
use kvmprep_lossless::{Edit, key};
use kvmprep_multipath_conf::{Key, Table};

use super::files::MAIN;
use super::shown::{self, Block, Device, Entries, HIDDEN, Shown, Value, Whole};
use super::{Conf, End, Said, read};
use crate::oracle::input::{Node, Tree};
use crate::oracle::machine::Fault;
use crate::oracle::{Edited, Oracle};

/// Everything that is printed: by section or block, and keyword. Settings have one value, lists have several.
pub type Points = BTreeMap<(BString, BString), Vec<Value>>;

pub fn misdone(conf: &Conf, edited: &Edited<'_, Conf>) -> Result<Option<String>, Fault> {
    let Edited { from, to, before, after, .. } = *edited;
    if before.end != End::Starts {
        // What would be in force is not printed.
        return Ok(None);
    }
    if after.end != End::Starts {
        return Ok(Some("the daemon does not start any more".to_owned()));
    }
    let is_host = is_for_the_host(&edited.request.edit);
    if let Some(class) = louder(before, after, read(to).len() > 1).filter(|_| !is_host) {
        return Ok(Some(format!("there is more of {class}: {:?}, then {:?}", before.complaints, after.complaints)));
    }
    let judge = Judge { conf, asked: Asked::of(edited.request.edit.key()), edit: &edited.request.edit, from, to };
    judge.judge(&points(conf, &before.shown), &points(conf, &after.shown))
}

/// True for a value that only the host can tell: a name, or what the daemon must be built for.
fn is_for_the_host(edit: &Edit<Key>) -> bool {
    matches!((edit, edit.key().keyword()), (Edit::Set { .. }, Some("uid" | "gid" | "marginal_pathgroups")))
}

/// A class of complaints that there are more of. Not counted: features that the daemon takes for keywords, told of where
/// a value first makes blocks disagree; blocks that another file has too.
fn louder<'s>(before: &'s Said, after: &'s Said, has_others: bool) -> Option<&'s str> {
    fn class(complaint: &str) -> &str {
        complaint.split(':').next().unwrap_or_default()
    }
    let count = |said: &Said, wanted: &str| said.complaints.iter().filter(|it| class(it) == wanted).count();
    let classes = after.complaints.iter().map(|complaint| class(complaint));
    let counts = |class: &&str| !(class.contains("feature") || (has_others && class.starts_with("duplicate_")));
    classes.filter(counts).find(|class| count(after, class) > count(before, class))
}

/// What a key names, in the words of what is printed.
struct Asked {
    table: Table,
    name: Option<&'static str>,
    /// Which block; `None` for a section, and for every block.
    place: Option<BString>,
}

impl Asked {
    fn of(key: &Key) -> Self {
        let table = key.table();
        let segments = key::parse(&key.to_string()).unwrap_or_default();
        let selector = segments.iter().find_map(|segment| segment.selector.clone());
        let all = selector.as_deref() == Some("*");
        let values = selector.as_deref().and_then(key::attributes).unwrap_or_default();
        let value = |name: &str| values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
        let place = (!all).then(|| place(table, |name| value(name).map(BString::from)));
        Self { table, name: key.keyword(), place }
    }

    /// True for a `device` of a blacklist, or the list of them.
    fn is_item(&self) -> bool {
        matches!(self.table, Table::BlacklistDevice | Table::ExceptionsDevice)
    }

    fn is_list(&self) -> bool {
        self.table.is_list() || self.is_item()
    }

    /// The list, as it is printed.
    fn list(&self) -> (BString, BString) {
        let section = match self.table {
            Table::Blacklist | Table::BlacklistDevice => "blacklist",
            _ => "blacklist_exceptions",
        };
        (section.into(), self.name.unwrap_or("device").into())
    }

    /// A value or item as it is printed.
    fn printed(&self, value: &BString) -> Value {
        if !self.is_item() {
            return Value::Is(shown::printed(self.name.unwrap_or_default(), value));
        }
        let values = value.to_str().ok().and_then(key::attributes).unwrap_or_default();
        let value = |name: &str| values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
        Value::Is(place(Table::BlacklistDevice, |name| value(name).map(BString::from)))
    }

    fn is_at(&self, place: &BStr) -> bool {
        match &self.place {
            Some(own) => own == place,
            None => place.starts_with(&place_of(self.table)),
        }
    }
}

fn place_of(table: Table) -> BString {
    format!("{table} ").into()
}

/// A section, or a block with the values it is known by.
fn place(table: Table, value: impl Fn(&str) -> Option<BString>) -> BString {
    let mut place = place_of(table);
    for name in table.identity() {
        if let Some(value) = value(name) {
            place.extend_from_slice(&[name.as_bytes(), b"=", value.as_slice(), b";"].concat());
        }
    }
    place
}

fn place_of_block(table: Table, block: &Block) -> BString {
    place(table, |name| match block.get(BStr::new(name)) {
        Some(Value::Is(value)) => Some(value.clone()),
        _ => None,
    })
}

fn points(conf: &Conf, shown: &Shown) -> Points {
    let mut points = Points::new();
    let mut add = |place: &BString, block: &Block| {
        points.extend(block.iter().map(|(name, value)| ((place.clone(), name.clone()), vec![value.clone()])));
    };
    add(&place_of(Table::Defaults), &shown.defaults);
    add(&place_of(Table::Overrides), &shown.overrides);
    for (table, blocks) in [(Table::Protocol, &shown.protocols), (Table::Multipath, &shown.multipaths)] {
        blocks.iter().for_each(|block| add(&place_of_block(table, block), block));
    }
    for device in &shown.devices {
        match device {
            Device::Own(block) => add(&place_of_block(Table::Device, block), block),
            Device::BuiltIn(run) => conf.whole.devices[run.clone()]
                .iter()
                .for_each(|block| add(&place_of_block(Table::Device, block), block)),
        }
    }
    for (section, entries) in [("blacklist", &shown.blacklist), ("blacklist_exceptions", &shown.exceptions)] {
        let Entries { lines, devices, gone } = entries;
        let is = |values: &Vec<BString>| values.iter().cloned().map(Value::Is).collect();
        points.extend(lines.iter().map(|(name, values)| ((section.into(), name.clone()), is(values))));
        let items: Vec<BString> = devices.iter().map(|device| place_of_block(Table::BlacklistDevice, device)).collect();
        points.extend((!items.is_empty()).then(|| ((section.into(), "device".into()), is(&items))));
        let gone: Vec<BString> = gone.iter().map(|entry| entry.as_str().into()).collect();
        points.extend((!gone.is_empty()).then(|| ((section.into(), "gone".into()), is(&gone))));
    }
    points
}

/// All that is printed, what is built in included.
pub fn points_of(whole: &Whole) -> Points {
    let mut points = Points::new();
    let sections = [(Table::Defaults, &whole.defaults), (Table::Overrides, &whole.overrides)];
    let devices = whole.devices.iter().map(|block| (place_of_block(Table::Device, block), block));
    for (place, block) in sections.map(|(table, block)| (place_of(table), block)).into_iter().chain(devices) {
        points.extend(block.iter().map(|(name, value)| ((place.clone(), name.clone()), vec![value.clone()])));
    }
    for (section, lists) in [("blacklist", &whole.blacklist), ("blacklist_exceptions", &whole.exceptions)] {
        let is = |values: &Vec<BString>| values.iter().cloned().map(Value::Is).collect();
        points.extend(lists.lines.iter().map(|(name, values)| ((section.into(), name.clone()), is(values))));
        let items: Vec<BString> =
            lists.devices.iter().map(|item| place_of_block(Table::BlacklistDevice, item)).collect();
        points.extend((!items.is_empty()).then(|| ((section.into(), "device".into()), is(&items))));
    }
    points
}

/// Where the values that we say the files decide are not those that are printed beyond what is built in.
pub fn unlike_values(conf: &Conf, tree: &Tree, said: &Said) -> Option<String> {
    let values = conf.dialect().values(Host { files: tree, path: MAIN.into() }, &None);
    if said.end != End::Starts {
        let known = values.iter().find(|(_, value)| value.known().is_some());
        return known.map(|(point, _)| format!("{} is said to be known where the daemon does not start", point.key));
    }
    let printed = points(conf, &said.shown);
    let mut told = BTreeSet::new();
    for (point, value) in &values {
        let asked = Asked::of(&point.key);
        // A key with other bytes than UTF-8 is not spelled.
        if point.key.to_string().contains(char::REPLACEMENT_CHARACTER) {
            return None;
        }
        let (place, name) = match (asked.is_list(), &asked.place, asked.name) {
            (true, ..) => asked.list(),
            (false, Some(place), Some(name)) => (place.clone(), name.into()),
            _ => continue,
        };
        let at = (place, name);
        told.insert(at.clone());
        let Some(known) = value.known() else { continue };
        if asked.is_item() && known.iter().any(|item| item.to_str().is_err()) {
            continue;
        }
        let items: BTreeSet<Value> = known.iter().map(|value| asked.printed(value)).collect();
        let shown = |points: &Points| points.get(&at).into_iter().flatten().cloned().collect::<BTreeSet<Value>>();
        let (now, built_in) = (shown(&printed), shown(&conf.known));
        let is_hidden = HIDDEN.iter().any(|hidden| at.1 == *hidden) || (at.1 == "max_fds" && known[0] == "0");
        let agrees = match asked.is_list() {
            true => items.is_subset(&(&now | &built_in)) && now.is_subset(&items),
            false => items == if now.is_empty() { built_in } else { now.clone() },
        };
        if !(agrees || is_hidden || (asked.is_item() && conf.has_partial_items(tree))) {
            return Some(format!("{}: by values() it is {value:?}, by the program {now:?}", point.key));
        }
    }
    let is_told = |point: &&(BString, BString)| {
        told.contains(*point) || printed.get(*point) == conf.known.get(*point) || point.1 == "gone"
    };
    let untold = printed.keys().find(|point| !is_told(point))?;
    Some(format!("values() does not tell of {untold:?}, which is {:?}", printed.get(untold)))
}

struct Judge<'a> {
    conf: &'a Conf,
    asked: Asked,
    edit: &'a Edit<Key>,
    from: &'a Tree,
    to: &'a Tree,
}

impl Judge<'_> {
    fn judge(&self, before: &Points, after: &Points) -> Result<Option<String>, Fault> {
        let known: BTreeSet<_> = before.keys().chain(after.keys()).collect();
        for point in known.into_iter().filter(|point| !self.is_meant(point)) {
            if before.get(point) != after.get(point) {
                return Ok(Some(format!("{point:?} moved: {:?}, then {:?}", before.get(point), after.get(point))));
            }
        }
        if self.is_open() {
            return Ok(None);
        }
        if self.asked.is_list() {
            return Ok(self.judge_list(before, after));
        }
        let meant = after.keys().filter(|(place, name)| {
            self.asked.is_at(place.as_bstr()) && self.asked.name.is_none_or(|asked| asked == name.as_bstr())
        });
        let wanted = match self.edit {
            Edit::Set { to, .. } => self.printed(to.first())?,
            _ => None,
        };
        if let (Edit::Set { .. }, Some(place), Some(name)) = (self.edit, &self.asked.place, self.asked.name) {
            let found = after.get(&(place.clone(), name.into()));
            return Ok((found != wanted.as_ref()).then(|| format!("asked for {wanted:?}, got {found:?}")));
        }
        // What is built in stays.
        let built_in = points(self.conf, &self.conf.nothing());
        let mut left = meant.filter(|point| after.get(*point) != built_in.get(*point));
        Ok(left.next().map(|point| format!("{point:?} is still {:?}", after.get(point))))
    }

    fn judge_list(&self, before: &Points, after: &Points) -> Option<String> {
        let list = self.asked.list();
        let set = |points: &Points| -> BTreeSet<Value> { points.get(&list).into_iter().flatten().cloned().collect() };
        let item = |asked: &BString| self.asked.printed(asked);
        let wanted: BTreeSet<Value> = match (self.edit, &self.asked.place) {
            (Edit::Set { to, .. }, _) => to.iter().map(item).collect(),
            (Edit::Unset { .. } | Edit::Disable { .. }, Some(own)) if self.asked.is_item() && own.contains(&b'=') => {
                let own = own.strip_prefix(place_of(self.asked.table).as_slice()).unwrap_or_default();
                let own = Value::Is([place_of(Table::BlacklistDevice).as_slice(), own].concat().into());
                set(before).into_iter().filter(|item| *item != own).collect()
            }
            (Edit::Unset { .. } | Edit::Disable { .. }, _) => BTreeSet::new(),
            (Edit::Add { item: asked, .. }, _) => set(before).into_iter().chain([item(asked)]).collect(),
            (Edit::Remove { item: asked, .. }, _) => set(before).into_iter().filter(|it| *it != item(asked)).collect(),
        };
        let (wanted, found) = (self.listed(wanted, after), self.listed(set(after), after));
        (wanted != found).then(|| format!("asked for {wanted:?}, got {found:?}"))
    }

    /// A list without what stands there anyway: what is built in, and what follows from `product_blacklist`.
    fn listed(&self, mut list: BTreeSet<Value>, after: &Points) -> BTreeSet<Value> {
        let (section, name) = self.asked.list();
        let built_in = match section.as_slice() {
            b"blacklist" => &self.conf.whole.blacklist,
            _ => &self.conf.whole.exceptions,
        };
        let lines = built_in.lines.get(&name).into_iter().flatten().cloned();
        let mut anyway: BTreeSet<Value> = lines.map(Value::Is).collect();
        if self.asked.is_item() {
            let items = built_in.devices.iter().map(|device| place_of_block(Table::BlacklistDevice, device));
            anyway.extend(items.map(Value::Is));
            for ((place, name), values) in after {
                let vendor = (place.clone(), "vendor".into());
                if let (b"product_blacklist", [Value::Is(product)], Some([Value::Is(vendor)])) =
                    (name.as_slice(), values.as_slice(), after.get(&vendor).map(Vec::as_slice))
                {
                    let value = |name: &str| Some(if name == "vendor" { vendor.clone() } else { product.clone() });
                    anyway.insert(Value::Is(self::place(Table::BlacklistDevice, value)));
                }
            }
        }
        list.retain(|item| !anyway.contains(item));
        list
    }

    /// True for what may move with the key.
    fn is_meant(&self, (place, name): &(BString, BString)) -> bool {
        let Asked { table, name: asked, .. } = &self.asked;
        if self.asked.is_list() {
            return (place, name) == (&self.asked.list().0, &self.asked.list().1);
        }
        let lists_product = *table == Table::Device && matches!(asked, None | Some("product_blacklist"));
        if lists_product && place == "blacklist" && (name == "device" || name == "gone") {
            return true;
        }
        if !self.asked.is_at(place.as_bstr()) {
            return false;
        }
        let Some(asked) = asked else { return true };
        let groups: &[(Table, &[&str])] = &[
            (Table::Defaults, &["polling_interval", "max_polling_interval"]),
            // Which of them are set is kept once for all three, so that the last block that sets one hides the others.
            (Table::Multipath, &["uid", "gid", "mode"]),
        ];
        let in_group = |(of, names): &(Table, &[&str])| {
            of == table && names.contains(asked) && names.iter().any(|one| name == one)
        };
        name == asked
            || table.identity().iter().any(|identity| name == identity)
            || groups.iter().any(in_group)
            || (self.has_features() && is_of_features(asked) && is_of_features(name.to_str().unwrap_or_default()))
    }

    /// True where features may stand for keywords: then these move together.
    fn has_features(&self) -> bool {
        let has = |tree: &Tree, what: &str| read(tree).iter().any(|(_, bytes)| bytes.contains_str(what));
        let named = |tree| has(tree, "queue_if_no_path") || has(tree, "features");
        self.asked.table == Table::Device && (named(self.from) || named(self.to))
    }

    /// True where the program's answer does not tell whether the edit did what it should: another file has a say too.
    fn is_open(&self) -> bool {
        let name = self.asked.name.unwrap_or_else(|| self.asked.table.name());
        let others = read(self.to).into_iter().filter(|(path, _)| *path != self.to.edited);
        let is_read = read(self.to).iter().any(|(path, _)| *path == self.to.edited);
        // An empty value does not outlive its block, and another file may have one of the same strings.
        let may_be_lost = matches!(self.edit, Edit::Set { to, .. } if to.concat().is_empty());
        let named =
            |bytes: &[u8]| bytes.contains_str(name) || (name == "path_checker" && bytes.contains_str("checker"));
        let pair = matches!(name, "polling_interval" | "max_polling_interval" | "uid" | "gid" | "mode");
        let partly = self.asked.is_item() && [self.from, self.to].iter().any(|tree| self.conf.has_partial_items(tree));
        !is_read
            || is_for_the_host(self.edit)
            || pair
            || partly
            || (self.has_features() && is_of_features(name))
            || others.into_iter().any(|(_, bytes)| named(&bytes) || may_be_lost)
    }

    /// How the program prints the value where nothing else is set.
    fn printed(&self, value: Option<&BString>) -> Result<Option<Vec<Value>>, Fault> {
        let (Some(value), Some(name), Some(place)) = (value, self.asked.name, &self.asked.place) else {
            return Ok(None);
        };
        let own = key::parse(&self.edit.key().to_string()).unwrap_or_default();
        let values = own.iter().find_map(|segment| key::attributes(segment.selector.as_deref()?)).unwrap_or_default();
        let quoted = |value: &[u8]| [b"\"".as_slice(), &value.replace("\"", "\"\""), b"\""].concat();
        let mut text = Vec::new();
        let mut put = |parts: &[&[u8]]| parts.iter().for_each(|part| text.extend_from_slice(part));
        let parent = self.asked.table.parent();
        if parent != Table::Top {
            put(&[parent.name().as_bytes(), b" {\n"]);
        }
        put(&[self.asked.table.name().as_bytes(), b" {\n"]);
        for (name, value) in &values {
            put(&[name.as_bytes(), b" ", &quoted(value.as_bytes()), b"\n"]);
        }
        put(&[name.as_bytes(), b" ", &quoted(value), b"\n}\n"]);
        if parent != Table::Top {
            put(&[b"}\n"]);
        }
        let tree = Tree { nodes: [(MAIN.into(), Node::File(text))].into(), edited: MAIN.into() };
        let shown = self.conf.alone(tree)?;
        Ok(points(self.conf, &shown).remove(&(place.clone(), name.into())))
    }
}

fn is_of_features(name: &str) -> bool {
    matches!(name, "features" | "no_path_retry" | "retain_attached_hw_handler")
}
