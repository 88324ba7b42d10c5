//! What lookups of a key answer on a host, by which lines, and why.

mod finding;

pub(crate) use finding::{nameless, unread};

use std::collections::HashSet;
use std::net::IpAddr;

use bstr::BString;
use kvmprep_lossless::effective::{Decision, Effective, Explanation, Finding, Host, Point, Source};
use kvmprep_lossless::files::{Entry, FilesError, Location};
use kvmprep_lossless::{Diagnostic, Edit, Span, Text, Value};

use crate::effective::{Host as Answer, Multi, by_address, by_name, lines_of, seen};
use crate::key::{Key, Name, Names};
use crate::record::{Record, records_named};
use crate::surroundings::{OwnName, Surroundings};
use crate::syntax::EtcHosts;
use crate::value::{self, Family};

impl Effective for EtcHosts {
    /// What a lookup hangs on stands in files: `multi` of host.conf, the services of nsswitch.conf. What is said of the host's
    /// own name hangs on how the host boots.
    type Situation = OwnName;

    /// One decision for each name and family that the key names: what the C library answers who asks for IPv4 addresses,
    /// and who asks for IPv6. For an address, what a lookup by address answers.
    fn explain(&self, host: Host<'_>, own: &OwnName, key: &Key) -> Explanation<Key> {
        let opened = Opened::of(host);
        let bytes = opened.source.as_ref().map_or_else(Vec::new, |source| source.text.to_vec());
        let asked = Asked { text: &Text::read(EtcHosts, bytes), around: &Surroundings::of(host.files, own) };
        let mut decisions = asked.decisions(key);
        if let Some(error) = &opened.error {
            decisions = decisions.into_iter().map(|decision| doubted(decision, error)).collect();
        }
        let of_all = |diagnostic| Finding { source: None, diagnostic };
        let of_file = |diagnostic| Finding { source: Some(0), diagnostic };
        let findings = opened.diagnostic.into_iter().chain(asked.about_host(host)).map(of_all);
        let findings = findings.chain(asked.about_lines(key).into_iter().map(of_file)).collect();
        Explanation { sources: opened.source.into_iter().collect(), decisions, findings }
    }

    /// An address is for those who ask for its family.
    fn concerns(&self, edit: &Edit<Key>, point: &Point<Key>) -> bool {
        let addresses: Vec<IpAddr> = edit.values().iter().filter_map(|value| value::address(value)).collect();
        let shows =
            |address: &IpAddr, family: Family| family.view(*address).is_some() && asking_for(family) == point.consumer;
        let is_for = |address: &IpAddr| Family::ALL.into_iter().any(|family| shows(address, family));
        addresses.is_empty() || addresses.iter().any(is_for)
    }
}

fn asking_for(family: Family) -> String {
    format!("C library, {}", finding::told(family))
}

/// The hosts file, or what is in its place.
#[derive(Default)]
struct Opened {
    source: Option<Source>,
    error: Option<FilesError>,
    diagnostic: Option<Diagnostic>,
}

impl Opened {
    fn of(Host { files, path }: Host<'_>) -> Self {
        let found = match files.look(path) {
            Ok(found) => found,
            Err(error) => {
                return Self { diagnostic: Some(unread(&error)), error: Some(error), ..Self::default() };
            }
        };
        let diagnostic = match found.entry {
            Entry::File(text) => {
                let source = Source { path: path.to_owned(), real: found.real, text };
                return Self { source: Some(source), ..Self::default() };
            }
            Entry::Absent => Diagnostic::note("missing", format!("{path} does not exist")),
            Entry::Directory(_) | Entry::Other => {
                Diagnostic::error("not-a-file", format!("{path} is not a regular file"))
            }
        };
        Self { diagnostic: Some(diagnostic), ..Self::default() }
    }
}

/// A text, and how lookups in it are made.
struct Asked<'t> {
    text: &'t Text<EtcHosts>,
    around: &'t Surroundings,
}

impl Asked<'_> {
    /// Where the C library does not ask the file, who else answers what is not known.
    fn decisions(&self, key: &Key) -> Vec<Decision<Key>> {
        let decisions = self.answers(key);
        match &self.around.services {
            Ok(Some(services)) if !services.iter().any(|service| service == "files") => {
                decisions.into_iter().map(|decision| unknown(decision, NOT_ASKED.to_owned())).collect()
            }
            _ => decisions,
        }
    }

    fn answers(&self, key: &Key) -> Vec<Decision<Key>> {
        let names = match key {
            Key::Address(address) => return vec![self.of_address(*address)],
            Key::Names(names) => names,
        };
        let families = || Family::ALL.into_iter().filter(|family| names.family().is_none_or(|meant| meant == *family));
        let each = names.names().iter().flat_map(|name| families().map(move |family| (name, family)));
        each.map(|(name, family)| self.of_name(names, name, family)).collect()
    }

    /// Every line of a name answers, or with `multi off` the first; a repeated address says nothing new.
    fn of_name(&self, names: &Names, name: &Name, family: Family) -> Decision<Key> {
        let multi = self.multi();
        let (mut at, mut shadowed, mut known) = (Vec::new(), Vec::new(), HashSet::new());
        let mut other_family = None;
        for record in records_named(self.text, std::slice::from_ref(name)).filter(|record| !record.is_misread()) {
            let Some(address) = seen(Some(family), record.address()) else { continue };
            other_family = other_family.or(Some((record.address(), address)).filter(|(written, seen)| written != seen));
            let counts = known.insert(address) && (multi == Multi::On || at.is_empty());
            let places = if counts { &mut at } else { &mut shadowed };
            places.push(place(record.address_span()));
        }
        let answer = by_name(self.text, name.as_bytes(), Some(family), multi);
        let value = answer.as_ref().map(|host| {
            let mut distinct = HashSet::new();
            let addresses = host.addresses.iter().filter(|address| distinct.insert(**address));
            Value::Known(addresses.map(|address| address.to_string().into()).collect())
        });
        let details = answer.map_or_else(Vec::new, names_of);
        let point = Point { consumer: asking_for(family), when: None, key: name.key(names.family()) };
        let family = finding::told(family);
        let why = match (&value, at.len() + shadowed.len()) {
            _ if is_number(name.as_bytes()) => "it is a number: no lookup of it reaches the file".to_owned(),
            (None, _) => {
                let next = self.around.asked_next();
                let next = next.map(|next| format!("; {next} is asked next")).unwrap_or_default();
                format!("no line gives it an address that a query for {family} can use{next}")
            }
            (Some(_), 0) => "the C library takes it from a line that it misreads".to_owned(),
            (Some(_), 1) => "one line answers".to_owned(),
            (Some(_), _) if multi == Multi::On => "every line counts, as host.conf says `multi on`".to_owned(),
            (Some(_), _) => {
                "the first line that the query can use answers alone, as host.conf does not say `multi on`".to_owned()
            }
        };
        let why = match other_family {
            Some((written, seen)) => format!("{why}; `{written}` is {seen} to who asks for {family}"),
            None => why,
        };
        let decision = Decision { point, value, at, follows: Vec::new(), shadowed, details, why };
        match &self.around.multi {
            Err(error) if known.len() > 1 => doubted(decision, error),
            _ => decision,
        }
    }

    /// `on` where it is not known: the caller says so.
    fn multi(&self) -> Multi {
        self.around.multi.as_ref().map_or(Multi::On, |multi| *multi)
    }

    fn of_address(&self, address: IpAddr) -> Decision<Key> {
        let mut lines = lines_of(self.text, address).filter(|record| !record.is_misread());
        let at: Vec<Location> = lines.next().map_or_else(Vec::new, |record| {
            let names: Vec<Location> = record.names().map(|(_, span)| place(span)).collect();
            if names.is_empty() { vec![place(record.address_span())] } else { names }
        });
        let others: Vec<Record<'_>> = lines.collect();
        let shadowed: Vec<Location> = others.iter().map(|record| place(record.address_span())).collect();
        let other_family = others.iter().map(Record::address).find(|written| *written != address);
        let value = by_address(self.text, address)
            .map(|host| Value::Known([host.canonical].into_iter().chain(host.aliases).collect()));
        let why = match (&value, shadowed.is_empty()) {
            (None, _) => "no line has the address",
            (Some(_), true) => "one line has the address",
            (Some(_), false) => "the first line of an address answers, and no other",
        };
        let why = match other_family {
            Some(written) => format!("{why}; `{written}` is {address} too, to who asks for IPv4"),
            None => why.to_owned(),
        };
        let point = Point { consumer: "C library, by address".to_owned(), when: None, key: Key::Address(address) };
        Decision { point, value, at, follows: Vec::new(), shadowed, details: Vec::new(), why }
    }
}

/// What a look-up tells with the addresses: `h_name` of `gethostbyname2`, which `getaddrinfo` gives for `AI_CANONNAME`, and
/// `h_aliases`.
fn names_of(answer: Answer) -> Vec<(&'static str, Vec<BString>)> {
    let aliases = (!answer.aliases.is_empty()).then_some(("aliases", answer.aliases));
    [("canonical", vec![answer.canonical])].into_iter().chain(aliases).collect()
}

fn place(span: Span) -> Location {
    Location { source: 0, span }
}

fn is_number(name: &[u8]) -> bool {
    value::is_number_form(name) || value::address(name).is_some()
}

fn doubted(decision: Decision<Key>, error: &FilesError) -> Decision<Key> {
    unknown(decision, format!("what {} says is not known: {}", error.path, error.why))
}

const NOT_ASKED: &str = "/etc/nsswitch.conf does not ask /etc/hosts";

fn unknown(decision: Decision<Key>, why: String) -> Decision<Key> {
    Decision { value: Some(Value::Unknown(why.clone())), details: Vec::new(), why, ..decision }
}
