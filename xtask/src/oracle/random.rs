//! Choices, all made from one seed.

use std::str::FromStr;

use fastrand::Rng;

/// The generator of one case: cases do not hang on each other, so that each can be made again alone.
pub fn of_case(seed: u64, round: &str, case: usize) -> Rng {
    let mut mixed = seed;
    for byte in round.bytes().chain(case.to_le_bytes()) {
        mixed = Rng::with_seed(mixed ^ u64::from(byte)).u64(..);
    }
    Rng::with_seed(mixed)
}

pub fn pick<'a, T: ?Sized>(random: &mut Rng, from: &[&'a T]) -> &'a T {
    from[random.usize(..from.len())]
}

/// One of these keys; those that the format refuses to take for a key are passed over.
pub fn key<K: FromStr>(random: &mut Rng, from: &[&str]) -> K {
    loop {
        if let Ok(key) = pick(random, from).parse() {
            return key;
        }
    }
}

/// True this many times in a hundred.
pub fn odds(random: &mut Rng, percent: u8) -> bool {
    random.u8(..100) < percent
}

/// Lines as a file, in one line ending, the last one now and then unended.
pub fn file(random: &mut Rng, lines: &[String]) -> Vec<u8> {
    let ending = if odds(random, 12) { "\r\n" } else { "\n" };
    let mut text = lines.join(ending);
    if !lines.is_empty() && odds(random, 80) {
        text.push_str(ending);
    }
    text.into_bytes()
}

/// What no format likes to see.
const ODD: &[&[u8]] = &[
    b"\0",
    b"\r",
    b"\n",
    b"\r\n",
    b"\x0b",
    b"\x0c",
    b"\x7f",
    b"\x01",
    b"\xff",
    b"\xc3\xa9",
    b"\xe2\x80\xae",
    b"\xef\xbb\xbf",
    b"\\",
    b"\\\n",
    b"\"",
    b"'",
    b"#",
    b";",
    b"=",
    b" ",
    b"\t",
    b"  ",
    b"{",
    b"}",
    b"$",
    b"!",
    b"-",
    b"*",
    b"%",
];

/// Spoils a file in a few places: odd bytes put in, bytes taken out, a line said twice, another line end.
pub fn spoil(random: &mut Rng, text: &mut Vec<u8>, own: &[&[u8]]) {
    for _ in 0..random.usize(1..4) {
        let at = random.usize(..=text.len());
        match random.u8(..10) {
            0 => {
                let end = (at + random.usize(1..6)).min(text.len());
                text.drain(at..end);
            }
            1 => {
                let line = text[..at].rsplit(|&byte| byte == b'\n').next().unwrap_or_default().to_vec();
                text.splice(at..at, [b"\n", &line[..]].concat());
            }
            2 => {
                let byte = random.u8(..);
                text.insert(at, byte);
            }
            3..6 if !own.is_empty() => {
                text.splice(at..at, pick(random, own).iter().copied());
            }
            _ => {
                text.splice(at..at, pick(random, ODD).iter().copied());
            }
        }
    }
}
