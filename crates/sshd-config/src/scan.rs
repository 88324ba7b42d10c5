//! Numbers, times and hosts as OpenSSH and the C library scan them: white space and a sign in front, and what some of
//! them let stand behind. All asked of 9.2.

use std::borrow::Cow;
use std::net::IpAddr;

use bstr::ByteSlice;

/// The white space of `isspace`, which the C library skips in front of a number.
fn unspaced(value: &[u8]) -> &[u8] {
    &value[value.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)).count()..]
}

/// A sign, and what follows it.
fn signed(value: &[u8]) -> (bool, &[u8]) {
    match value {
        [b'-', left @ ..] => (true, left),
        [b'+', left @ ..] => (false, left),
        _ => (false, value),
    }
}

/// A number in a base, as far as it goes, and what follows; nothing where there is no digit.
fn prefix(value: &[u8], base: u32) -> Option<(i128, &[u8])> {
    let (negative, left) = signed(unspaced(value));
    let digits = left.iter().take_while(|b| char::from(**b).is_digit(base)).count();
    let number = left[..digits].iter().filter_map(|b| char::from(*b).to_digit(base));
    let number = number.fold(0_i128, |sum, digit| sum.saturating_mul(base.into()).saturating_add(digit.into()));
    (digits > 0).then(|| (if negative { -number } else { number }, &left[digits..]))
}

/// `strtonum` from 0 to `most`: white space and a sign in front, nothing behind.
pub(crate) fn number(value: &[u8], most: u32) -> Option<u32> {
    let (number, left) = prefix(value, 10)?;
    u32::try_from(number).ok().filter(|number| left.is_empty() && *number <= most)
}

/// `strtol`, whose base the number tells, over the whole value.
pub(crate) fn based(value: &[u8]) -> Option<i128> {
    let (negative, left) = signed(unspaced(value));
    let (number, left) = match left {
        [b'0', b'x' | b'X', digits @ ..] if digits.first()?.is_ascii_hexdigit() => prefix(digits, 16)?,
        [b'0', ..] => prefix(left, 8)?,
        [digit, ..] if digit.is_ascii_digit() => prefix(left, 10)?,
        _ => return None,
    };
    left.is_empty().then_some(if negative { -number } else { number })
}

/// `strtol` to the base of 8; whatever may stand behind.
pub(crate) fn octal(value: &[u8]) -> Option<u32> {
    u32::try_from(prefix(value, 8)?.0).ok()
}

/// `sscanf` of numbers with colons between: those that are found until one is not, whatever stands behind.
pub(crate) fn colons(value: &[u8]) -> Vec<i32> {
    let mut found = Vec::new();
    let mut left = Some(value);
    while let Some((number, rest)) = left.and_then(|left| prefix(left, 10)) {
        found.push(wrapped(number));
        left = rest.strip_prefix(b":");
    }
    found
}

/// As a C library with longs of 64 bits stores a number in an int.
fn wrapped(number: i128) -> i32 {
    let long = number.clamp(i64::MIN.into(), i64::MAX.into());
    i32::from_le_bytes(long.to_le_bytes().first_chunk().copied().unwrap_or_default())
}

/// A port number as sshd takes it; services by name are not looked up.
pub(crate) fn port(text: &[u8]) -> Option<u16> {
    number(text, u16::MAX.into()).and_then(|port| u16::try_from(port).ok())
}

/// `convtime`: numbers with units, added up. Case `time-value`.
pub(crate) fn seconds(value: &[u8]) -> Option<u32> {
    const MOST: u32 = i32::MAX.unsigned_abs();
    let mut total = 0_u32;
    let mut left = value;
    while !left.is_empty() {
        let digits = left.iter().take_while(|b| !b"smhdw".contains(&b.to_ascii_lowercase())).count();
        let count = number(&left[..digits], MOST)?;
        let unit = match left.get(digits).map(u8::to_ascii_lowercase) {
            None | Some(b's') => 1,
            Some(b'm') => 60,
            Some(b'h') => 60 * 60,
            Some(b'd') => 24 * 60 * 60,
            _ => 7 * 24 * 60 * 60,
        };
        left = left.get(digits + 1..).unwrap_or(&[]);
        total = total.checked_add(count.checked_mul(unit)?)?;
    }
    (!value.is_empty() && total <= MOST).then_some(total)
}

/// `scan_scaled`: digits, perhaps a fraction, perhaps a unit from bytes to exabytes; behind a unit stands what is no
/// letter or digit.
pub(crate) fn scaled(value: &[u8]) -> Option<i64> {
    /// More digits than this are out of range, or ignored in a fraction.
    const DIGITS: usize = 21;
    let (negative, left) = signed(unspaced(value));
    let end = left.iter().take_while(|b| b.is_ascii_digit() || **b == b'.').count();
    let (number, unit) = left.split_at(end);
    let (whole, fraction) = number.split_once_str(".").unwrap_or((number, b""));
    if whole.len() >= DIGITS || fraction.contains(&b'.') {
        return None;
    }
    let digits = |digits: &[u8]| prefix(digits, 10).map_or(0, |(number, _)| number);
    let scale: i128 = match unit {
        [] => return i64::try_from(if negative { -digits(whole) } else { digits(whole) }).ok(),
        [_, next, ..] if next.is_ascii_alphanumeric() => return None,
        [unit, ..] => 1 << (10 * b"BKMGTPE".iter().position(|known| unit.to_ascii_uppercase() == *known)?),
    };
    let fraction = &fraction[..fraction.len().min(DIGITS - 2)];
    let parts = digits(fraction) * scale / 10_i128.pow(u32::try_from(fraction.len()).ok()?);
    let sum = digits(whole) * scale + parts;
    i64::try_from(if negative { -sum } else { sum }).ok()
}

/// `hpdelim`: what stands before the first colon outside brackets, and what behind it. Nothing where a bracket does not
/// close, and where a slash would divide.
pub(crate) fn host_and_rest(value: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    let end = match value.first() {
        Some(b'[') => value.find_byte(b']')? + 1,
        _ => value.find_byteset(b":/").unwrap_or(value.len()),
    };
    match value.get(end) {
        None => Some((value, None)),
        Some(b':') => Some((&value[..end], Some(&value[end + 1..]))),
        Some(_) => None,
    }
}

/// `cleanhostname`: an address without its brackets.
pub(crate) fn unbracketed(host: &[u8]) -> &[u8] {
    host.strip_prefix(b"[").and_then(|host| host.strip_suffix(b"]")).unwrap_or(host)
}

/// The address, and the port where one is given: none behind an address of many colons without brackets.
pub(crate) fn listen_address(value: &[u8]) -> Option<(String, Option<u16>)> {
    let bare = !value.contains(&b'[') && value.iter().filter(|b| **b == b':').count() > 1;
    let (host, behind) = if bare { (value, None) } else { host_and_rest(value)? };
    let port = match behind {
        Some(digits) => Some(port(digits).filter(|port| *port > 0)?),
        None => None,
    };
    let host = if bare { host } else { unbracketed(host) };
    Some((host.to_str_lossy().into_owned(), port))
}

/// An address as `getaddrinfo` takes it for one without asking anybody: of IPv4 also in fewer parts, octal and hexadecimal
/// (`10.1`, `012.0.0.1`, `0x7f.1`).
pub(crate) fn numeric_host(host: &str) -> Option<IpAddr> {
    host.parse().ok().or_else(|| {
        let numbers = host.split('.').map(number_of_address).collect::<Option<Vec<u32>>>()?;
        let (last, bytes) = numbers.split_last().filter(|(_, bytes)| bytes.len() < 4)?;
        let bytes = bytes.iter().map(|byte| u8::try_from(*byte).ok()).collect::<Option<Vec<u8>>>()?;
        let mut octets = [0; 4];
        octets[..bytes.len()].copy_from_slice(&bytes);
        let left = last.checked_shr(8 * (4 - u32::try_from(bytes.len()).ok()?)).unwrap_or(0);
        (left == 0).then(|| IpAddr::V4((u32::from_be_bytes(octets) | last).into()))
    })
}

fn number_of_address(text: &str) -> Option<u32> {
    let (radix, digits) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (16, digits),
        None if text.len() > 1 && text.starts_with('0') => (8, text),
        None => (10, text),
    };
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, radix).ok())?
}

/// A socket as `sshd -T` prints it; `None` for a name, which is the resolver's.
pub(crate) fn socket(address: &str, port: u16) -> Option<String> {
    Some(match numeric_host(address)? {
        IpAddr::V4(v4) => format!("{v4}:{port}"),
        IpAddr::V6(v6) => match v6.octets() {
            // As `inet_ntop` of the C library has it.
            [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d] if (a, b) != (0, 0) => {
                format!("[::{a}.{b}.{c}.{d}]:{port}")
            }
            _ => format!("[{v6}]:{port}"),
        },
    })
}

#[rustfmt::skip]
const SERVICE_CLASSES: &[(&str, u8)] = &[
    ("af11", 0x28), ("af12", 0x30), ("af13", 0x38), ("af21", 0x48), ("af22", 0x50), ("af23", 0x58), ("af31", 0x68),
    ("af32", 0x70), ("af33", 0x78), ("af41", 0x88), ("af42", 0x90), ("af43", 0x98), ("cs0", 0x00), ("cs1", 0x20),
    ("cs2", 0x40), ("cs3", 0x60), ("cs4", 0x80), ("cs5", 0xa0), ("cs6", 0xc0), ("cs7", 0xe0), ("ef", 0xb8),
    ("le", 0x04), ("lowdelay", 0x10), ("throughput", 0x08), ("reliability", 0x04),
];

pub(crate) fn ip_qos(value: &[u8]) -> Option<Cow<'static, str>> {
    if value.eq_ignore_ascii_case(b"none") {
        return Some("none".into());
    }
    if let Some((name, _)) = SERVICE_CLASSES.iter().find(|(name, _)| value.eq_ignore_ascii_case(name.as_bytes())) {
        return Some((*name).into());
    }
    let class = u8::try_from(based(value)?).ok()?;
    let named = SERVICE_CLASSES.iter().find(|(_, known)| *known == class);
    Some(named.map_or_else(|| format!("0x{class:02x}").into(), |(name, _)| (*name).into()))
}

pub(crate) fn mask(value: &[u8]) -> Option<u32> {
    octal(value).filter(|mask| *mask <= 0o777)
}

/// A single number: refuse at that many, the rate between staying as built in.
pub(crate) fn max_startups(value: &[u8]) -> Option<[i32; 3]> {
    match colons(value)[..] {
        [start] if start > 0 => Some([start, 30, start]),
        [start, rate, full, ..] if start > 0 && start <= full && (1..=100).contains(&rate) => Some([start, rate, full]),
        _ => None,
    }
}

pub(crate) fn net_block_size(value: &[u8]) -> Option<(i32, i32)> {
    match colons(value)[..] {
        [v4] if (0..=32).contains(&v4) => Some((v4, 0)),
        [v4, v6, ..] if (0..=32).contains(&v4) && (0..=128).contains(&v6) => Some((v4, v6)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_scanned_as_sshd_scans_them() {
        assert_eq!(number(b" +7", 9), Some(7));
        assert_eq!([number(b"7 ", 9), number(b"10", 9), number(b"", 9), number(b"-1", 9)], [None; 4]);
        assert_eq!([based(b"010"), based(b" 0X1f"), based(b"+4")], [Some(8), Some(31), Some(4)]);
        assert_eq!([based(b"0x"), based(b"08"), based(b"")], [None; 3]);
        assert_eq!([octal(b"0888"), octal(b"x")], [Some(0), None]);
        assert_eq!(colons(b" 1:+2:3g"), [1, 2, 3]);
        assert_eq!(colons(b"1:2g:3"), [1, 2]);
        assert_eq!(colons(b"99999999999"), [1_215_752_191]);
        assert_eq!(seconds(b" 5m +6"), Some(306));
        assert_eq!([seconds(b""), seconds(b"s"), seconds(b"1mm")], [None; 3]);
    }

    #[test]
    fn sizes_are_scaled_as_sshd_scales_them() {
        assert_eq!([scaled(b"1.5G"), scaled(b".5M"), scaled(b"1K,")], [Some(1_610_612_736), Some(524_288), Some(1024)]);
        assert_eq!([scaled(b"e"), scaled(b"1."), scaled(b"-1K")], [Some(0), Some(1), Some(-1024)]);
        assert_eq!([scaled(b"1KB"), scaled(b"1..2"), scaled(b"99999999999999999999"), scaled(b"1x")], [None; 4]);
    }

    #[test]
    fn an_address_may_be_written_in_fewer_parts_and_other_bases() {
        let printed = |host| socket(host, 22).unwrap_or_default();
        assert_eq!(
            ["::1:2", "::1", "::ffff:1.2.3.4"].map(printed),
            ["[::0.1.0.2]:22", "[::1]:22", "[::ffff:1.2.3.4]:22"]
        );
        assert_eq!(
            ["5", "10.1", "0x7f.1", "012.0.0.1"].map(printed),
            ["0.0.0.5:22", "10.0.0.1:22", "127.0.0.1:22", "10.0.0.1:22"]
        );
        assert_eq!(
            ["08", "0x", "+5", "1.2.3.4.5", "1.2.3.256", "256.1", "4294967296", "a"].map(numeric_host),
            [None; 8]
        );
    }
}
