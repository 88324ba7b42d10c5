//! A connection that meets the criteria of a block, so that what holds in it can be asked for.

use std::net::IpAddr;

use bstr::{BString, ByteSlice, ByteVec};

use crate::criteria::{Criteria, Criterion};
use crate::matching::{self, Connection, Truth};

/// What stands in for `*` and `?` of a pattern.
const FILLINGS: [(&str, &str); 6] = [("anyone", "x"), ("", "x"), ("x", "0"), ("1", "1"), ("1.1", "2"), ("1.1.1", "3")];

/// Addresses kept for documentation.
const ADDRESSES: [&str; 3] = ["192.0.2.1", "198.51.100.1", "2001:db8::1"];

/// How many names or addresses are tried.
const CANDIDATES: usize = 1_024;

/// A connection that meets all of these, and of which nothing else is told; `None` where none was found.
pub(super) fn witness<'c>(criteria: impl Iterator<Item = &'c Criteria>) -> Option<Connection> {
    let list: Vec<(Criterion, BString)> = criteria.flat_map(|criteria| criteria.list().to_vec()).collect();
    let asked = Asked { list: &list };
    let mut connection = Connection { local_port: Some(0), ..Connection::default() };
    connection.invalid_user = list.iter().any(|(criterion, _)| *criterion == Criterion::InvalidUser);
    connection.user = asked.name(Criterion::User, |connection, user| connection.user = Some(user))?;
    connection.host = asked.name(Criterion::Host, |connection, host| connection.host = Some(host))?;
    connection.rdomain = asked.name(Criterion::RDomain, |connection, name| connection.rdomain = Some(name))?;
    connection.address = asked.address(Criterion::Address, |connection, address| connection.address = Some(address))?;
    connection.local_address =
        asked.address(Criterion::LocalAddress, |connection, address| connection.local_address = Some(address))?;
    if let Some(port) = asked.patterns(Criterion::LocalPort).next() {
        connection.local_port = crate::scan::port(port);
    }
    if let Some(groups) = asked.groups() {
        let member = || [b"a member of ", groups[0].as_slice()].concat().into();
        connection.user = connection.user.or_else(|| Some(member()));
        connection.groups = Some(groups);
    }
    (matching::matches(&list, &connection) == Truth::Yes).then_some(connection)
}

struct Asked<'c> {
    list: &'c [(Criterion, BString)],
}

impl<'c> Asked<'c> {
    fn patterns(&self, criterion: Criterion) -> impl Iterator<Item = &'c BString> {
        self.list.iter().filter(move |(asked, _)| *asked == criterion).map(|(_, pattern)| pattern)
    }

    /// The patterns of a criterion, one by one, without their `!`.
    fn items(&self, criterion: Criterion) -> impl Iterator<Item = &'c [u8]> {
        self.patterns(criterion)
            .flat_map(|list| list.split(|b| *b == b','))
            .map(|item| item.strip_prefix(b"!").unwrap_or(item))
    }

    /// A name that meets all that is asked of one kind: inner `None` where nothing is, outer where none was found.
    fn name(&self, criterion: Criterion, tell: impl Fn(&mut Connection, BString)) -> Option<Option<BString>> {
        let names = self.items(criterion).flat_map(filled).map(|name| match criterion {
            Criterion::Host => name.to_ascii_lowercase().into(),
            _ => name,
        });
        self.first(criterion, names.filter(|name| !name.is_empty()), tell)
    }

    fn address(&self, criterion: Criterion, tell: impl Fn(&mut Connection, IpAddr)) -> Option<Option<IpAddr>> {
        let parsed = |text: BString| text.to_str().ok()?.parse().ok();
        let named = self.items(criterion).flat_map(filled).filter_map(parsed);
        let within = self.items(criterion).flat_map(matching::addresses);
        let others = ADDRESSES.iter().filter_map(|address| address.parse().ok());
        self.first(criterion, within.chain(named).chain(others), tell)
    }

    fn first<T: Clone>(
        &self,
        criterion: Criterion,
        candidates: impl Iterator<Item = T>,
        tell: impl Fn(&mut Connection, T),
    ) -> Option<Option<T>> {
        let asked: Vec<(Criterion, BString)> = self.list.iter().filter(|(a, _)| *a == criterion).cloned().collect();
        if asked.is_empty() {
            return Some(None);
        }
        let meets = |candidate: &T| {
            let mut connection = Connection::default();
            tell(&mut connection, candidate.clone());
            matching::matches(&asked, &connection) == Truth::Yes
        };
        candidates.take(CANDIDATES).find(meets).map(Some)
    }

    /// A group for each list of groups that is asked for.
    fn groups(&self) -> Option<Vec<BString>> {
        let one = |list: &BString| {
            let mut names = list.split(|b| *b == b',').filter(|item| !item.starts_with(b"!")).flat_map(filled);
            names.find(|name| matching::pattern_list(name, list))
        };
        let groups: Vec<BString> = self.patterns(Criterion::Group).filter_map(one).collect();
        (!groups.is_empty()).then_some(groups)
    }
}

/// Texts that a pattern may match.
fn filled(pattern: &[u8]) -> Vec<BString> {
    if !pattern.contains(&b'*') && !pattern.contains(&b'?') {
        return vec![pattern.into()];
    }
    let fill = |(star, question): &(&str, &str)| {
        let mut text = Vec::new();
        for byte in pattern {
            match byte {
                b'*' => text.push_str(star),
                b'?' => text.push_str(question),
                byte => text.push(*byte),
            }
        }
        BString::from(text)
    };
    FILLINGS.iter().map(fill).collect()
}
