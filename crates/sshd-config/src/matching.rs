//! Whether a connection meets the criteria of a block: `match.c` and `addrmatch.c` of OpenSSH.

use std::net::IpAddr;

use bstr::{BString, ByteSlice};

use crate::criteria::Criterion;
use crate::scan::{numeric_host, port};

/// A connection, as far as it is known: what `sshd -T -C user=…,host=…` is told. A criterion about what is not told
/// is not met, as in sshd's test mode.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Connection {
    /// The user asked for.
    pub user: Option<BString>,
    /// The user's groups; without them a Group criterion is undecided.
    pub groups: Option<Vec<BString>>,
    /// The client's name.
    pub host: Option<BString>,
    /// The client's address.
    pub address: Option<IpAddr>,
    /// The address connected to.
    pub local_address: Option<IpAddr>,
    /// The port connected to; 0 meets no LocalPort.
    pub local_port: Option<u16>,
    /// The routing domain.
    pub rdomain: Option<BString>,
    /// There is no such user.
    pub invalid_user: bool,
}

/// Whether something holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Truth {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// What is known does not decide it.
    Unknown,
}

impl Truth {
    /// Both hold.
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Unknown,
        }
    }
}

impl From<bool> for Truth {
    fn from(truth: bool) -> Self {
        if truth { Self::Yes } else { Self::No }
    }
}

/// All criteria must be met.
pub(crate) fn matches(criteria: &[(Criterion, BString)], connection: &Connection) -> Truth {
    let mut all = Truth::Yes;
    for (criterion, pattern) in criteria {
        match one(*criterion, pattern, connection) {
            Truth::No => return Truth::No,
            Truth::Unknown => all = Truth::Unknown,
            Truth::Yes => {}
        }
    }
    all
}

fn one(criterion: Criterion, pattern: &[u8], connection: &Connection) -> Truth {
    let listed = |value: &Option<BString>| value.as_ref().is_some_and(|value| pattern_list(value, pattern)).into();
    let within = |address: Option<IpAddr>| address.is_some_and(|a| address_list(a, pattern)).into();
    match criterion {
        Criterion::All => Truth::Yes,
        Criterion::User => listed(&connection.user),
        Criterion::Group if connection.user.is_none() => Truth::No,
        Criterion::Group => match &connection.groups {
            Some(groups) => group_list(groups, pattern).into(),
            None => Truth::Unknown,
        },
        Criterion::Host => {
            let host = connection.host.as_ref().map(|host| host.to_ascii_lowercase());
            host.is_some_and(|host| pattern_list(&host, &pattern.to_ascii_lowercase())).into()
        }
        Criterion::Address => within(connection.address),
        Criterion::LocalAddress => within(connection.local_address),
        Criterion::LocalPort => match (connection.local_port, port(pattern)) {
            (None | Some(0), _) => Truth::No,
            (Some(_), None) => Truth::Unknown,
            (Some(local), Some(port)) => (local == port).into(),
        },
        Criterion::RDomain => listed(&connection.rdomain),
        Criterion::InvalidUser => connection.invalid_user.into(),
        Criterion::Version => Truth::Unknown,
    }
}

/// Patterns by comma; `!` negates and wins, negations alone never match. Cases `match-negated`,
/// `match-negated-alone`.
pub(crate) fn pattern_list(value: &[u8], list: &[u8]) -> bool {
    let mut found = false;
    for item in list.split(|b| *b == b',') {
        match item.strip_prefix(b"!") {
            Some(negated) if pattern(value, negated) => return false,
            None if pattern(value, item) => found = true,
            _ => {}
        }
    }
    found
}

fn group_list(groups: &[BString], list: &[u8]) -> bool {
    let mut found = false;
    for item in list.split(|b| *b == b',') {
        let negated = item.strip_prefix(b"!");
        if groups.iter().any(|group| pattern(group, negated.unwrap_or(item))) {
            if negated.is_some() {
                return false;
            }
            found = true;
        }
    }
    found
}

/// `*` and `?`. Goes back to the last `*` only: time grows with the product of the lengths, no further.
pub(crate) fn pattern(value: &[u8], pattern: &[u8]) -> bool {
    let (mut v, mut p) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while v < value.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, v));
                p += 1;
            }
            Some(b) if *b == b'?' || *b == value[v] => {
                p += 1;
                v += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    p = at + 1;
                    v = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|b| *b == b'*')
}

/// True when every CIDR of the list is one: an item that is no CIDR at all is a pattern.
pub(crate) fn is_address_list(list: &[u8]) -> bool {
    list.split(|b| *b == b',').all(|item| {
        let item = item.strip_prefix(b"!").unwrap_or(item);
        !item.is_empty() && cidr(item) != Cidr::Inconsistent
    })
}

fn address_list(address: IpAddr, list: &[u8]) -> bool {
    let spelled = address.to_string();
    let mut found = false;
    for item in list.split(|b| *b == b',') {
        let negated = item.strip_prefix(b"!");
        let item = negated.unwrap_or(item);
        let met = match cidr(item) {
            Cidr::Network(network, bits) => network == masked(address, bits),
            Cidr::None => pattern(spelled.as_bytes(), item),
            Cidr::Inconsistent => false,
        };
        if met && negated.is_some() {
            return false;
        }
        found |= met;
    }
    found
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Cidr {
    Network(IpAddr, u32),
    /// Not an address: a pattern.
    None,
    /// Too long a mask, or host bits that are not zero: fatal. Case `match-address-hostbits`.
    Inconsistent,
}

fn cidr(text: &[u8]) -> Cidr {
    let Ok(text) = text.to_str() else { return Cidr::None };
    let (address, bits) = match text.split_once('/') {
        None => (text, None),
        Some((address, bits)) => match bits.parse::<u32>() {
            Ok(bits) if bits <= 128 && bits_are_digits(text) => (address, Some(bits)),
            _ => return Cidr::None,
        },
    };
    let Some(address) = numeric_host(address) else { return Cidr::None };
    let width = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.unwrap_or(width);
    if bits > width || masked(address, bits) != address { Cidr::Inconsistent } else { Cidr::Network(address, bits) }
}

/// Addresses that an item of an address list may be about: the ends of its network, and one inside.
pub(crate) fn addresses(item: &[u8]) -> Vec<IpAddr> {
    let Cidr::Network(network, bits) = cidr(item) else { return Vec::new() };
    match network {
        IpAddr::V4(first) => {
            let hosts = u32::MAX.checked_shr(bits).unwrap_or(0);
            [0, 1, hosts / 2 + 1, hosts]
                .iter()
                .map(|n| IpAddr::from((first.to_bits() | (n & hosts)).to_be_bytes()))
                .collect()
        }
        IpAddr::V6(first) => {
            let hosts = u128::MAX.checked_shr(bits).unwrap_or(0);
            [0, 1, hosts / 2 + 1, hosts]
                .iter()
                .map(|n| IpAddr::from((first.to_bits() | (n & hosts)).to_be_bytes()))
                .collect()
        }
    }
}

fn bits_are_digits(text: &str) -> bool {
    text.rsplit('/').next().is_some_and(|bits| bits.bytes().all(|b| b.is_ascii_digit()))
}

fn masked(address: IpAddr, bits: u32) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32_u32.saturating_sub(bits)).unwrap_or(0);
            IpAddr::from((v4.to_bits() & mask).to_be_bytes())
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128_u32.saturating_sub(bits)).unwrap_or(0);
            IpAddr::from((v6.to_bits() & mask).to_be_bytes())
        }
    }
}
