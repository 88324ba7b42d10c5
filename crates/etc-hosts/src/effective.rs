//! What a lookup answers, as the C library's files back end finds it in this one file.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bstr::{BString, ByteSlice};
use kvmprep_lossless::{Setting, Text, Value};

use crate::grammar::{address_word, is_blank, is_misread};
use crate::key::{Folded, Key, Name, Names};
use crate::reading::name_key;
use crate::record::{Record, records, records_named};
use crate::syntax::EtcHosts;
use crate::value::{self, Family};

/// `multi` of `host.conf`: whether all lines of a name answer, or the first that the query can use. Debian, Fedora and
/// RHEL ship `multi on`; without the file it is off (cases `two-lines-one-name`, `two-lines-multi-off`).
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Multi {
    /// All lines answer.
    #[default]
    On,
    /// The first line answers.
    Off,
}

/// What a lookup answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Host {
    /// In the order of the file. `getaddrinfo` sorts them by what the host can reach (RFC 6724), which no file says:
    /// without a family, take them as a set.
    pub addresses: Vec<IpAddr>,
    /// The canonical name: the first name of the first line that answers (case `canonical-vs-alias`).
    pub canonical: BString,
    /// The other names of all lines that answer, repeats and all; later canonical names of another spelling join them
    /// (case `two-canonicals`).
    pub aliases: Vec<BString>,
}

/// Looks a name up: `gethostbyname2` for a family, `getaddrinfo` without one. `None`: the file does not have it.
///
/// A name that is a number is never looked up, it is its own answer (case `name-is-address`). `getaddrinfo` takes `*` for
/// no name (case `star-as-a-name`).
pub fn by_name(text: &Text<EtcHosts>, name: &[u8], family: Option<Family>, multi: Multi) -> Option<Host> {
    if let Some(text) = misread(text) {
        return by_name(&text, name, family, multi);
    }
    if let Some(address) = value::address(name).or_else(|| number(name).map(IpAddr::V4)) {
        let asked = family.is_none_or(|family| family == Family::of(address));
        return asked.then(|| Host { addresses: vec![address], canonical: name.into(), aliases: Vec::new() });
    }
    if family.is_none() && name == b"*" || is_refused(name, family) {
        return None;
    }
    in_file(text, name, family, multi)
}

/// What `gethostbyname2` does not look up: for IPv4, what begins like an IPv6 address (case `colon-in-a-name`); for IPv6,
/// what holds nothing but the characters of one and does not end in a dot.
fn is_refused(name: &[u8], family: Option<Family>) -> bool {
    let begins = name.first().is_some_and(|first| first.is_ascii_hexdigit() || *first == b':');
    let is_like_one = begins && name.contains(&b':');
    let is_part = |byte: &u8| byte.is_ascii_hexdigit() || b":.".contains(byte);
    match family {
        Some(Family::V4) => is_like_one,
        Some(Family::V6) => is_like_one && !name.ends_with(b".") && name.iter().all(is_part),
        None => false,
    }
}

/// What stands in the file for a name, whatever the caller makes of the name before it looks there. `getaddrinfo` for a
/// family takes this.
pub fn in_file(text: &Text<EtcHosts>, name: &[u8], family: Option<Family>, multi: Multi) -> Option<Host> {
    let names = [Name(name.into())];
    let lines: &mut dyn Iterator<Item = Record<'_>> = match name {
        [] => &mut records(text).filter(|record| record.canonical().is_none()),
        _ => &mut records_named(text, &names),
    };
    let lines = lines.filter_map(|record| Some((seen(family, record.address())?, record)));
    answer(lines.take(if multi == Multi::On { usize::MAX } else { 1 }), family)
}

/// Looks an address up: `gethostbyaddr`. Only the first line of the address answers (case `one-address-two-lines`).
pub fn by_address(text: &Text<EtcHosts>, address: IpAddr) -> Option<Host> {
    if let Some(text) = misread(text) {
        return by_address(&text, address);
    }
    let family = Some(Family::of(address));
    let line = lines_of(text, address).next()?;
    answer(std::iter::once((address, line)), family)
}

/// The file as the C library takes it, where that is not what it says.
///
/// Blanks before the address are skipped by moving the line to the front of a buffer, without its terminator: a line
/// that has no LF (an unended last line, or a NUL before the LF) keeps as many bytes of its old end as there were
/// blanks. `␠␠192.0.2.11 kvm1` without LF names `kvm1m1` (glibc 2.36).
fn misread(text: &Text<EtcHosts>) -> Option<Text<EtcHosts>> {
    let last = text.bytes_of(text.len().saturating_sub(1));
    let has_nul = || text.chunks().any(|chunk| memchr::memchr(0, chunk).is_some());
    if !is_misread(last) && !has_nul() {
        return None;
    }
    let mut seen = Vec::new();
    for row in text.rows() {
        let end = memchr::memchr2(0, b'\n', row.bytes).unwrap_or(row.bytes.len());
        let line = &row.bytes[..end];
        let blanks = line.iter().take_while(|&&byte| is_blank(byte)).count();
        seen.extend_from_slice(&line[blanks..]);
        if row.bytes.get(end) != Some(&b'\n') && blanks < end {
            seen.extend_from_slice(&line[end - blanks.min(end)..]);
        }
        seen.push(b'\n');
    }
    Some(Text::read(EtcHosts, seen))
}

/// The records that a lookup of the address would stop at. `::` is never looked up.
pub(crate) fn lines_of(text: &Text<EtcHosts>, address: IpAddr) -> impl Iterator<Item = Record<'_>> {
    let family = Family::of(address);
    let spelling = address.to_string();
    text.rows()
        .filter(move |row| {
            let word = address_word(row.bytes);
            word == spelling.as_bytes() || word.contains(&b':')
        })
        .filter_map(Record::read)
        .filter(move |record| family.view(record.address()) == Some(address) && address != Ipv6Addr::UNSPECIFIED)
}

/// What a query makes of a line's address; without a family it is taken as written.
pub(crate) fn seen(family: Option<Family>, address: IpAddr) -> Option<IpAddr> {
    family.map_or(Some(address), |family| family.view(address))
}

fn answer<'t>(mut lines: impl Iterator<Item = (IpAddr, Record<'t>)>, family: Option<Family>) -> Option<Host> {
    let name_of = |record: &Record<'_>| BString::from(record.canonical().unwrap_or_default());
    let aliases_of = |record: &Record<'t>| record.names().skip(1).map(|(name, _)| name.to_owned());
    let (address, first) = lines.next()?;
    let mut host = Host { addresses: vec![address], canonical: name_of(&first), aliases: aliases_of(&first).collect() };
    let mut known = HashSet::from([address]);
    for (address, record) in lines {
        if known.insert(address) || family.is_some() {
            host.addresses.push(address);
        }
        host.aliases.extend(aliases_of(&record));
        if record.canonical().unwrap_or_default() != host.canonical {
            host.aliases.push(name_of(&record));
        }
    }
    Some(host)
}

/// Digits and dots as `inet_aton` takes them: one to four parts, the last one filling what is left.
fn number(name: &[u8]) -> Option<Ipv4Addr> {
    let parts = name.split(|&b| b == b'.').map(part).collect::<Option<Vec<u32>>>()?;
    let (&last, bytes) = parts.split_last()?;
    let left = u32::try_from(4_usize.checked_sub(bytes.len())?).ok().filter(|&left| left > 0)?;
    let fits = bytes.iter().all(|&byte| byte <= 255) && u64::from(last) < 1 << (8 * left);
    let high = bytes.iter().fold(0_u64, |high, &byte| high << 8 | u64::from(byte)) << (8 * left);
    u32::try_from(high | u64::from(last)).ok().filter(|_| fits).map(Ipv4Addr::from)
}

fn part(digits: &[u8]) -> Option<u32> {
    let plain = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let radix = if digits.len() > 1 && digits.starts_with(b"0") { 8 } else { 10 };
    plain.then(|| u32::from_str_radix(digits.to_str().ok()?, radix).ok())?
}

/// The settings of a key: one for each of its names that the file has; for an address, its names.
pub(crate) fn get(text: &Text<EtcHosts>, key: &Key) -> Vec<Setting<Key>> {
    match key {
        Key::Names(names) => get_names(text, names),
        Key::Address(address) => get_address(text, *address).into_iter().collect(),
    }
}

fn get_names(text: &Text<EtcHosts>, asked: &Names) -> Vec<Setting<Key>> {
    let found: Vec<_> = records_named(text, asked.names()).collect();
    let setting = |name: &Name| {
        let mut collected: Option<Collected> = None;
        let mut known = HashSet::new();
        for record in found.iter().filter(|record| record.answers(name)) {
            let Some(address) = seen(asked.family(), record.address()) else { continue };
            let spelled = || record.names().find(|(word, _)| name.is(word)).map(|(word, _)| Name(word.to_owned()));
            let key = || spelled().as_ref().unwrap_or(name).key(asked.family());
            collected.get_or_insert_with(|| Collected::new(key())).take(address, record, known.insert(address));
        }
        collected.map(Collected::into_setting)
    };
    asked.names().iter().filter_map(setting).collect()
}

fn get_address(text: &Text<EtcHosts>, address: IpAddr) -> Option<Setting<Key>> {
    let mut lines = lines_of(text, address);
    let first = lines.next()?;
    let (names, at) = first.names().map(|(name, span)| (name.to_owned(), span)).unzip();
    let shadowed = lines.map(|line| line.address_span()).collect();
    Some(Setting { key: Key::Address(address), value: Value::Known(names), at, shadowed })
}

/// Every name in every family that finds it, in the order of first appearance.
pub(crate) fn settings(text: &Text<EtcHosts>) -> Vec<Setting<Key>> {
    let mut found: Vec<Collected> = Vec::new();
    let mut index: HashMap<(Family, Folded<'_>), usize> = HashMap::new();
    let mut later: HashSet<(usize, IpAddr)> = HashSet::new();
    for record in records(text) {
        let views = Family::ALL.into_iter().filter_map(|family| Some((family, family.view(record.address())?)));
        for (family, view) in views {
            for (name, _) in record.names() {
                let at = *index.entry((family, Folded(name))).or_insert_with(|| {
                    found.push(Collected::new(name_key(name, family)));
                    found.len() - 1
                });
                let is_new = found[at].addresses.first().is_none_or(|first| *first != view && later.insert((at, view)));
                found[at].take(view, &record, is_new);
            }
        }
    }
    found.into_iter().map(Collected::into_setting).collect()
}

/// The addresses of a name, without repeats: every line counts, and a repeated address says nothing new.
struct Collected {
    setting: Setting<Key>,
    addresses: Vec<IpAddr>,
}

impl Collected {
    fn new(key: Key) -> Self {
        let setting = Setting { key, value: Value::Known(Vec::new()), at: Vec::new(), shadowed: Vec::new() };
        Self { setting, addresses: Vec::new() }
    }

    fn take(&mut self, address: IpAddr, record: &Record<'_>, is_new: bool) {
        let span = record.address_span();
        if is_new {
            self.addresses.push(address);
            self.setting.at.push(span);
        } else if self.setting.at.last() != Some(&span) && self.setting.shadowed.last() != Some(&span) {
            self.setting.shadowed.push(span);
        }
    }

    fn into_setting(mut self) -> Setting<Key> {
        self.setting.value = Value::Known(self.addresses.iter().map(|address| address.to_string().into()).collect());
        self.setting
    }
}
