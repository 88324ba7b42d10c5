//! `/etc/hosts`, asked through `getent` of the C library.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::IpAddr;
use std::path::Path;

use bstr::{BString, ByteSlice};
use fastrand::Rng;
use kvmprep_etc_hosts::effective::{Host, Multi, by_address, by_name, in_file};
use kvmprep_etc_hosts::{EtcHosts, Family, Key, Names};
use kvmprep_lossless::{Edit, Request, Text};

use super::machine::{Fault, Namespace, find, scratch};
use super::random::{file, odds, pick, spoil};
use super::{Edited, Oracle};

pub struct Hosts {
    namespace: Namespace,
}

impl Hosts {
    pub fn found() -> Result<Self, Fault> {
        find("getent")?;
        Ok(Self { namespace: Namespace::found()? })
    }
}

/// How getent is asked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Database {
    /// `getaddrinfo` for IPv4: a set of addresses and the canonical name.
    V4,
    /// The same for either family.
    Any,
    /// `gethostbyname2` for IPv6, then IPv4; `gethostbyaddr` for an address: addresses in order, all names.
    Hosts,
}

impl Database {
    const ALL: [Self; 3] = [Self::V4, Self::Any, Self::Hosts];

    /// `getaddrinfo` answers addresses without the file.
    fn takes(self, name: &[u8]) -> bool {
        self == Self::Hosts || address(name).is_none()
    }

    fn name(self) -> &'static str {
        match self {
            Self::V4 => "ahostsv4",
            Self::Any => "ahosts",
            Self::Hosts => "hosts",
        }
    }

    /// A question that each database answers by itself, put between the others: getent does not say which it answers.
    fn divider(self) -> (&'static str, &'static str) {
        match self {
            Self::V4 | Self::Any => ("203.0.113.250", "203.0.113.250 203.0.113.250"),
            Self::Hosts => ("1.2", "1.0.0.2 1.2"),
        }
    }
}

type Said = BTreeMap<(Database, BString), Vec<BString>>;

const NAMES: &[&str] = &[
    "kvm1",
    "KVM1",
    "kvm1.example.com",
    "kvm2",
    "kvm2.example.com",
    "stor1",
    "localhost",
    "localhost.localdomain",
    "ip6-loopback",
    "kvm10",
];

const ADDRESSES: &[&str] = &[
    "192.0.2.11",
    "192.0.2.12",
    "10.0.0.1",
    "127.0.0.1",
    "127.0.1.1",
    "::1",
    "0:0::1",
    "2001:db8::11",
    "2001:DB8:0::11",
    "::ffff:192.0.2.11",
];

const NO_ADDRESSES: &[&str] =
    &["127.1", "010.0.0.1", "fe80::1%lo", "10.0.0.1/8", "[::1]", "256.0.0.1", "nonsense", "::127.0.0.1"];

const SPOILT: &[&[u8]] = &[
    b"kvm1",
    b"192.0.2.11",
    b"::1",
    b"\nkvm2",
    b" # ",
    b"\t#",
    b" \n",
    b"\r\n",
    b"\x0b",
    b"1.2.3",
    b"0x7f.1",
    b"kvm1.",
];

impl Oracle for Hosts {
    const NAME: &'static str = "hosts";
    type Format = EtcHosts;
    type Input = Vec<u8>;
    type Said = Said;

    fn dialect(&self) -> EtcHosts {
        EtcHosts
    }

    fn input(&self, random: &mut Rng) -> Vec<u8> {
        let lines: Vec<String> = (0..random.usize(..8)).map(|_| line(random)).collect();
        let mut text = file(random, &lines);
        if odds(random, 35) {
            spoil(random, &mut text, SPOILT);
        }
        text
    }

    fn request(&self, random: &mut Rng, _: &Vec<u8>) -> Request<Key> {
        let mut key = Key::names((0..random.usize(1..4)).map(|_| pick(random, NAMES)));
        if odds(random, 25) {
            key = key.of_family(Family::ALL[random.usize(..2)]);
        }
        let known = if odds(random, 93) { ADDRESSES } else { NO_ADDRESSES };
        let address = pick(random, known);
        let request = match random.u8(..10) {
            0..4 if odds(random, 25) => Request::set_all(key, [address, pick(random, ADDRESSES)]),
            0..4 => Request::set(key, address),
            4..6 => Request::unset(key),
            6 => Request::disable(key),
            7..9 => Request::add(key, address),
            _ => Request::remove(key, address),
        };
        if odds(random, 15) { request.dedupe() } else { request }
    }

    fn ask(&self, files: &[Vec<u8>]) -> Result<Vec<Said>, Fault> {
        let scratch = scratch()?;
        fs::write(scratch.path().join("nsswitch"), "hosts: files\n")?;
        fs::write(scratch.path().join("host.conf"), "multi on\n")?;
        fs::write(scratch.path().join("etc-hosts"), "")?;
        let questions: Vec<Vec<BString>> = files.iter().map(|file| names_in(file)).collect();
        for (number, (file, names)) in files.iter().zip(&questions).enumerate() {
            fs::write(scratch.path().join(number.to_string()), file)?;
            for database in Database::ALL {
                let divider = database.divider().0.as_bytes();
                let taken = names.iter().filter(|name| database.takes(name));
                let asked: Vec<&[u8]> = taken.flat_map(|name| [name.as_slice(), divider]).collect();
                fs::write(scratch.path().join(format!("{number}.{}", database.name())), bstr::join("\0", asked))?;
            }
        }
        let script = format!("last={}\n{SCRIPT}", files.len());
        self.namespace.run(&script, scratch.path())?;
        questions.iter().enumerate().map(|(number, names)| answers(scratch.path(), number, names)).collect()
    }

    /// Look-ups: a word in one of the databases of getent.
    fn questions(&self, said: &Said) -> usize {
        said.len()
    }

    fn misread(&self, file: &Vec<u8>, said: &Said) -> Option<String> {
        let text = &Text::read(EtcHosts, file.as_slice());
        said.iter().find_map(|((database, name), said)| {
            let ours = expected(text, *database, name);
            (ours != *said).then(|| format!("{database:?} {name:?}: we say {ours:?}, the C library {said:?}"))
        })
    }

    fn misdone(&self, edited: &Edited<'_, Self>) -> Option<String> {
        let Edited { from, request, before, after, .. } = *edited;
        if is_misread_at_end(&Text::read(EtcHosts, from.as_slice())) {
            return None;
        }
        let Key::Names(key) = request.edit.key() else { return None };
        let questions = before.keys().chain(after.keys()).filter(|(_, name)| address(name).is_none());
        for question @ (database, name) in questions {
            let family = match database {
                Database::V4 => Family::V4,
                Database::Hosts => Family::V6,
                Database::Any => continue,
            };
            let stood = addresses(before, question, family);
            let stands = addresses(after, question, family);
            let asked = match key.names().iter().any(|asked| asked.is(name)) {
                true => asked(&request.edit, key, family, &stood),
                false => Some(stood.clone()),
            };
            if asked.is_some_and(|asked| asked != stands) {
                return Some(format!("{family} of {name:?}: was {stood:?}, is {stands:?}"));
            }
        }
        None
    }
}

/// An unended last line that begins with blanks is misread by the C library; an edit that ends it mends that, and says so.
fn is_misread_at_end(text: &Text<EtcHosts>) -> bool {
    let last = text.bytes_of(text.len().saturating_sub(1));
    last.first().is_some_and(|byte| b" \t\r\x0b\x0c".contains(byte)) && !last.ends_with(b"\n")
}

/// One file after the other as the /etc/hosts of the namespace.
const SCRIPT: &str = r#"
mount --bind nsswitch /etc/nsswitch.conf
mount --bind host.conf /etc/host.conf
mount --bind etc-hosts /etc/hosts
for database in ahostsv4 ahosts hosts; do mkdir "$database"; done
number=0
while [ "$number" -lt "$last" ]; do
    cat "$number" >/etc/hosts
    for database in ahostsv4 ahosts hosts; do
        xargs -0 -a "$number.$database" getent -A -i -- "$database" >"$database/$number" || [ $? -eq 123 ]
    done
    number=$((number + 1))
done
"#;

fn line(random: &mut Rng) -> String {
    if odds(random, 15) {
        return pick(random, &["", "# c", "  # kvm1 192.0.2.11", "nonsense", "\t", "#192.0.2.11 kvm1"]).to_owned();
    }
    let known = if odds(random, 93) { ADDRESSES } else { NO_ADDRESSES };
    let mut line = [pick(random, &["", "", "", "", "", "  ", "#"]), pick(random, known)].concat();
    for _ in 0..random.usize(..4) {
        line.push_str(pick(random, &[" ", " ", "   ", "\t", " \t "]));
        line.push_str(pick(random, NAMES));
    }
    line + pick(random, &["", "", "", "", " # kvm1", "#c", "   # x y", " "])
}

/// Digits, colons and dots that are no address, what begins with a colon, and addresses with a zone: the C library never looks such a name up in
/// the file, but answers or refuses by itself.
fn is_number(name: &[u8]) -> bool {
    let (unscoped, is_scoped) = name.split_once_str("%").map_or((name, false), |(name, _)| (name, true));
    let is_numeric = unscoped.iter().all(|byte| byte.is_ascii_hexdigit() || b".:xX".contains(byte));
    let begins = unscoped.first().is_none_or(u8::is_ascii_digit) || unscoped.contains(&b':');
    (is_numeric || name.starts_with(b":")) && begins && (is_scoped || address(unscoped).is_none())
}

/// What is asked about a file: each word of it, and what edits are about.
fn names_in(file: &[u8]) -> Vec<BString> {
    let words = file.split(|byte| b" \t\n\r\x0b\x0c#\0".contains(byte));
    let known = NAMES.iter().chain(ADDRESSES).map(|name| name.as_bytes());
    let names: BTreeSet<&[u8]> = words.chain(known).filter(|name| !is_number(name)).collect();
    names.into_iter().map(BString::from).collect()
}

fn answers(scratch: &Path, number: usize, names: &[BString]) -> Result<Said, Fault> {
    let mut said = Said::new();
    for database in Database::ALL {
        let printed = fs::read(scratch.join(database.name()).join(number.to_string()))?;
        let mut lines = printed.lines().filter_map(|line| worded(database, line));
        for name in names.iter().filter(|name| database.takes(name)) {
            let own = |line: &BString| *line != database.divider().1;
            let told = settled(database, lines.by_ref().take_while(own).collect());
            said.insert((database, name.clone()), told);
        }
        if lines.next().is_some() {
            return Err(format!("{} answered more than it was asked", database.name()).into());
        }
    }
    Ok(said)
}

/// A line of getent with single blanks and the address as we spell it; of the three sorts of socket that the ahosts
/// databases tell of, one.
fn worded(database: Database, line: &[u8]) -> Option<BString> {
    let mut words = line.split(|&byte| byte == b' ').filter(|word| !word.is_empty());
    let first = words.next()?;
    let address = address(first).map_or(first.to_vec(), |address| address.to_string().into());
    let is_told = database == Database::Hosts || line.contains_str(" STREAM ");
    let words = words.filter(|word| database == Database::Hosts || *word != b"STREAM").map(<[u8]>::to_vec);
    is_told.then(|| bstr::join(" ", [address].into_iter().chain(words)).into())
}

/// The ahosts databases sort addresses by what the host can reach, and print the canonical name with the first: only
/// the set counts, and the name, put in front.
fn settled(database: Database, lines: Vec<BString>) -> Vec<BString> {
    let (Database::V4 | Database::Any, Some(first)) = (database, lines.first()) else { return lines };
    let canonical = first.split_once_str(" ").map_or(BString::default(), |(_, canonical)| canonical.into());
    let addresses: BTreeSet<BString> =
        lines.iter().filter_map(|line| Some(line.split_str(" ").next()?.into())).collect();
    [canonical].into_iter().chain(addresses).collect()
}

/// What we hold getent to print.
fn expected(text: &Text<EtcHosts>, database: Database, name: &BString) -> Vec<BString> {
    let found = |family| by_name(text, name, family, Multi::On);
    let host = match (database, address(name)) {
        (Database::V4, _) if name == "*" => None,
        (Database::V4, _) if name.contains(&b':') => in_file(text, name, Some(Family::V4), Multi::On),
        (Database::V4, _) => found(Some(Family::V4)),
        (Database::Any, _) => found(None),
        (Database::Hosts, Some(address)) => by_address(text, address),
        (Database::Hosts, None) => found(Some(Family::V6)).or_else(|| found(Some(Family::V4))),
    };
    let line = |host: &Host, address: &IpAddr| {
        let names = host.aliases.iter().filter(|_| database == Database::Hosts);
        let words = [BString::from(address.to_string()), host.canonical.clone()];
        bstr::join(" ", words.iter().chain(names).filter(|word| !word.is_empty())).into()
    };
    let lines = host.iter().flat_map(|host| host.addresses.iter().map(|address| line(host, address)));
    settled(database, lines.collect())
}

/// The addresses of a name in a family: `hosts` answers with IPv4 addresses where there are no others. The canonical name
/// that the others put in front may be spelled like an address.
fn addresses(said: &Said, question: &(Database, BString), family: Family) -> BTreeSet<IpAddr> {
    let canonical = usize::from(question.0 != Database::Hosts);
    let lines = said.get(question).into_iter().flatten().skip(canonical);
    let addresses = lines.filter_map(|line| address(line.split_str(" ").next()?));
    addresses.filter(|address| Family::of(*address) == family).collect()
}

fn address(word: &[u8]) -> Option<IpAddr> {
    word.to_str().ok()?.parse().ok()
}

/// What the addresses of a name in a family must be; `None` where the request leaves that open.
fn asked(edit: &Edit<Key>, key: &Names, family: Family, stood: &BTreeSet<IpAddr>) -> Option<BTreeSet<IpAddr>> {
    let seen = |values: &[BString]| {
        values.iter().filter_map(|value| address(value)).filter_map(|address| family.view(address)).collect()
    };
    let is_meant = key.family().is_none_or(|meant| meant == family);
    let is_about = |values: &[BString]| match key.family() {
        Some(meant) => meant == family,
        None => values.iter().filter_map(|value| address(value)).any(|address| Family::of(address) == family),
    };
    match edit {
        Edit::Set { to, .. } if is_about(to) => Some(seen(to)),
        Edit::Add { item, .. } if is_about(std::slice::from_ref(item)) => {
            Some(stood | &seen(std::slice::from_ref(item)))
        }
        Edit::Remove { item, .. } if is_about(std::slice::from_ref(item)) => {
            Some(stood - &seen(std::slice::from_ref(item)))
        }
        Edit::Unset { .. } | Edit::Disable { .. } if is_meant => Some(BTreeSet::new()),
        _ => None,
    }
}
