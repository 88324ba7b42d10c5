use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bstr::ByteSlice;
use kvmprep_lossless::Refusal;
use kvmprep_lossless::value::shown;

/// An address family.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Family {
    /// IPv4, `inet`.
    V4,
    /// IPv6, `inet6`.
    V6,
}

impl Family {
    /// Both.
    pub const ALL: [Self; 2] = [Self::V4, Self::V6];

    /// The family an address is written in.
    pub fn of(address: IpAddr) -> Self {
        if address.is_ipv4() { Self::V4 } else { Self::V6 }
    }

    /// What a query of this family makes of a line's address: an IPv4 query takes `::1` for 127.0.0.1 and a mapped
    /// address for the one it holds (cases `v6-loopback-as-v4`, `v4-mapped`), but not a compatible one
    /// (`v4-compat-loopback`).
    pub fn view(self, address: IpAddr) -> Option<IpAddr> {
        match (self, address) {
            (Self::V4, IpAddr::V6(Ipv6Addr::LOCALHOST)) => Some(Ipv4Addr::LOCALHOST.into()),
            (Self::V4, IpAddr::V6(v6)) => v6.to_ipv4_mapped().map(IpAddr::V4),
            (Self::V4, v4) => Some(v4),
            (Self::V6, address) => address.is_ipv6().then_some(address),
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V4 => "v4",
            Self::V6 => "v6",
        })
    }
}

/// The address a word is, by the rule of `inet_pton`: what it refuses, the C library skips with the whole line
/// (cases `v4-octal`, `v6-zone`, `malformed-skipped`).
pub(crate) fn address(word: &[u8]) -> Option<IpAddr> {
    let first = word.first()?;
    (first.is_ascii_hexdigit() || *first == b':').then(|| word.to_str().ok()?.parse().ok())?
}

/// 127.0.0.0/8, `::1`, and 127.0.0.0/8 mapped: what a peer must never be offered.
pub(crate) fn is_loopback(address: IpAddr) -> bool {
    Family::ALL.iter().filter_map(|family| family.view(address)).any(|view| view.is_loopback())
}

/// A mapped IPv4 address: it answers both families.
pub(crate) fn is_mapped(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some())
}

/// Names that systems expect on their loopback and multicast lines: no verb takes them from there.
pub(crate) fn is_kept_on(name: &[u8], address: IpAddr) -> bool {
    let name = name.to_ascii_lowercase();
    let local =
        name.starts_with(b"localhost.") || matches!(name.as_slice(), b"localhost" | b"localhost4" | b"localhost6");
    let numbered = name.starts_with(b"localhost4.") || name.starts_with(b"localhost6.");
    let ip6 = name.starts_with(b"ip6-");
    (is_loopback(address) && (local || numbered || ip6)) || (ip6 && is_scope_line(address))
}

/// `ff00::/8` and `fe00::`: the lines of `ip6-allnodes` and its like.
fn is_scope_line(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(v6) if v6.is_multicast() || v6.segments() == [0xfe00, 0, 0, 0, 0, 0, 0, 0])
}

/// What is wrong with a word that stands where an address should: a stable code and the form by name.
pub(crate) fn address_fault(word: &[u8]) -> (&'static str, &'static str) {
    let inner = word.split(|&b| b == b'%').next().unwrap_or_default();
    if word.contains(&b'%') && address(inner).is_some() {
        return ("address-zone", "it has a zone id");
    }
    if word.contains(&b'/') {
        return ("address-prefix", "it has a prefix length");
    }
    if word.starts_with(b"[") {
        return ("address-brackets", "it stands in brackets");
    }
    if word.contains(&b',') {
        return ("address-list", "several addresses stand in one word");
    }
    if is_number_form(word) {
        let zeros = word.split(|&b| b == b'.').any(|part| part.len() > 1 && part.starts_with(b"0"));
        return match word.split(|&b| b == b'.').count() {
            4 if zeros => ("address-leading-zero", "a part of it has a leading zero"),
            4 => ("address-range", "a part of it is over 255"),
            n if n < 4 => ("address-short", "it is a short form"),
            _ => ("address-syntax", "it has more than four parts"),
        };
    }
    ("address-syntax", "it is neither an IPv4 nor an IPv6 address")
}

/// The address to write, or why the C library would skip the line that holds it.
pub(crate) fn to_write(value: &[u8]) -> Result<IpAddr, Refusal> {
    address(value).ok_or_else(|| {
        let (code, why) = address_fault(value);
        let message = format!("`{}` would not be read as an address: {why}", shown(value));
        Refusal::new(code, message).help(
            "the C library reads four decimals without leading zeros, or a plain IPv6 address; it skips any other line",
        )
    })
}

/// Refuses a name that must not be written: what is no host name, and what no lookup would reach.
pub(crate) fn check_name(name: &[u8]) -> Result<(), Refusal> {
    let refuse = |code, why: &str| {
        let refusal = Refusal::new(code, format!("`{}` {why}", shown(name)));
        Err(refusal.help("a host name looks like `kvm1` or `kvm1.example.com`"))
    };
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"._-".contains(b);
    if name.is_empty() {
        return refuse("name-empty", "is no name");
    }
    if !name.iter().all(plain) {
        return refuse("name-character", "holds other characters than letters, digits, `.`, `_` and `-`");
    }
    if name.ends_with(b".") {
        return refuse("name-dot", "ends in a dot, which the C library takes for a part of the name");
    }
    if name.len() > 253 || name.split(|&b| b == b'.').any(|label| label.len() > 63) {
        return refuse("name-long", "is too long: 253 bytes are allowed, and 63 between dots");
    }
    if name.split(|&b| b == b'.').any(|label| label.is_empty()) || name.starts_with(b"-") {
        return refuse("name-syntax", "begins with a hyphen, or has nothing between its dots");
    }
    if is_number_form(name) {
        return refuse("name-is-address", "reads as an address: lookups of it never reach the file");
    }
    Ok(())
}

/// Numbers joined by dots, as `inet_aton` takes them: such a word is never looked up as a name (`name-is-address`).
pub(crate) fn is_number_form(word: &[u8]) -> bool {
    word.split(|&b| b == b'.').all(|part| {
        let hexadecimal = part.strip_prefix(b"0x").or_else(|| part.strip_prefix(b"0X"));
        match hexadecimal {
            Some(digits) => digits.iter().all(u8::is_ascii_hexdigit),
            None => !part.is_empty() && part.iter().all(u8::is_ascii_digit),
        }
    })
}
