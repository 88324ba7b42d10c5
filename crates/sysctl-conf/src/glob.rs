//! glob(7), as both readers use it on paths below /proc/sys (cases `glob`, `glob-question-bracket`).

use bstr::ByteSlice;

/// True when a pattern matches a path: name by name, so that `*` stops at `/`.
pub(crate) fn matches(pattern: &[u8], path: &[u8]) -> bool {
    let (mut patterns, mut names) = (pattern.split_str("/"), path.split_str("/"));
    loop {
        match (patterns.next(), names.next()) {
            (None, None) => return true,
            (Some(pattern), Some(name)) if matches_name(pattern, name) => {}
            _ => return false,
        }
    }
}

/// A dot at the front is matched by a dot alone.
fn matches_name(pattern: &[u8], name: &[u8]) -> bool {
    let hidden = name.starts_with(b".") && !pattern.starts_with(b".") && !pattern.starts_with(b"\\.");
    !hidden && matches_tail(pattern, name)
}

/// Walks both; where it fails, the last `*` takes one byte more.
fn matches_tail(mut pattern: &[u8], mut name: &[u8]) -> bool {
    let mut star: Option<(&[u8], &[u8])> = None;
    loop {
        match (pattern.first(), name.first()) {
            (Some(b'*'), _) => {
                pattern = &pattern[1..];
                star = Some((pattern, name));
                continue;
            }
            (None, None) => return true,
            (Some(_), Some(byte)) => {
                if let Some(behind) = one(pattern, *byte) {
                    (pattern, name) = (behind, &name[1..]);
                    continue;
                }
            }
            _ => {}
        }
        match star {
            Some((behind, [_, rest @ ..])) => {
                (pattern, name) = (behind, rest);
                star = Some((behind, rest));
            }
            _ => return false,
        }
    }
}

/// What is left of the pattern when its first element takes this byte.
fn one(pattern: &[u8], byte: u8) -> Option<&[u8]> {
    let (taken, behind) = match pattern {
        [b'?', behind @ ..] => (true, behind),
        [b'\\', escaped, behind @ ..] => (*escaped == byte, behind),
        [b'[', set @ ..] => in_set(set, byte).unwrap_or((byte == b'[', set)),
        [literal, behind @ ..] => (*literal == byte, behind),
        [] => return None,
    };
    taken.then_some(behind)
}

/// Reads a set behind its `[`; `None` when no `]` closes it, which makes the `[` a plain one.
fn in_set(set: &[u8], byte: u8) -> Option<(bool, &[u8])> {
    let (negated, mut rest) = match set {
        [b'!' | b'^', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let mut found = false;
    let mut first = true;
    loop {
        rest = match rest {
            [] => return None,
            [b']', behind @ ..] if !first => return Some((found != negated, behind)),
            [b'[', b':', class @ ..] if class.contains_str(":]") => {
                let (name, behind) = class.split_once_str(":]")?;
                found |= in_class(name, byte);
                behind
            }
            [low, b'-', high, behind @ ..] if *high != b']' => {
                found |= (*low..=*high).contains(&byte);
                behind
            }
            [b'\\', escaped, behind @ ..] => {
                found |= *escaped == byte;
                behind
            }
            [literal, behind @ ..] => {
                found |= *literal == byte;
                behind
            }
        };
        first = false;
    }
}

fn in_class(name: &[u8], byte: u8) -> bool {
    match name {
        b"alnum" => byte.is_ascii_alphanumeric(),
        b"alpha" => byte.is_ascii_alphabetic(),
        b"blank" => matches!(byte, b' ' | b'\t'),
        b"cntrl" => byte.is_ascii_control(),
        b"digit" => byte.is_ascii_digit(),
        b"graph" => byte.is_ascii_graphic(),
        b"lower" => byte.is_ascii_lowercase(),
        b"print" => byte.is_ascii_graphic() || byte == b' ',
        b"punct" => byte.is_ascii_punctuation(),
        b"space" => matches!(byte, b' ' | b'\t'..=b'\r'),
        b"upper" => byte.is_ascii_uppercase(),
        b"xdigit" => byte.is_ascii_hexdigit(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_match_as_glob_7_says() {
        for (pattern, path, expected) in [
            ("vm/*", "vm/swappiness", true),
            ("*/swappiness", "vm/swappiness", true),
            ("*", "vm/swappiness", false),
            ("vm/swappines?", "vm/swappiness", true),
            ("vm/s*s*s", "vm/swappiness", true),
            ("vm/s*x", "vm/swappiness", false),
            ("vm/overcommit_[mr]*", "vm/overcommit_memory", true),
            ("vm/[!s]*", "vm/swappiness", false),
            ("vm/[^d]*", "vm/swappiness", true),
            ("vm/[a-s]wappiness", "vm/swappiness", true),
            ("vm/[[:alpha:]]wappiness", "vm/swappiness", true),
            ("vm/[]s]wappiness", "vm/swappiness", true),
            ("vm/swap[i", "vm/swap[i", true),
            ("vm/\\s*", "vm/swappiness", true),
            ("vm/*", "vm/.hidden", false),
            ("vm/.*", "vm/.hidden", true),
        ] {
            assert_eq!(matches(pattern.as_bytes(), path.as_bytes()), expected, "{pattern} on {path}");
        }
    }
}
