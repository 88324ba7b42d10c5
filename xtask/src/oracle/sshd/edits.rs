//! Edits that mean something to many files: of keys the file has, and of others.

use bstr::{BString, ByteSlice};
use fastrand::Rng;
use kvmprep_lossless::{Absent, Format, Request, Text};
use kvmprep_sshd_config::{Key, Reader, Sshd};

use super::super::random::{odds, pick};
use super::files::{algorithms, criteria};
use super::settings::{self, ODD, SETTINGS, Setting, Values};

pub fn request(dialect: Sshd, random: &mut Rng, file: &[u8]) -> Request<Key> {
    let text = Text::read(dialect, file);
    let known: Vec<Key> = dialect.settings(&text, Reader).into_iter().map(|setting| setting.key).collect();
    let key = key(random, &known);
    let setting = key.keyword().and_then(|keyword| settings::find(keyword.as_bytes()));
    let mut request = match random.u8(..20) {
        0..9 => Request::set_all(key, setting.map_or_else(Vec::new, |setting| values(random, setting))),
        9..12 => Request::unset(key),
        12..14 => Request::disable(key),
        14..17 => Request::add(key, setting.map_or_else(|| "x".into(), |setting| item(random, setting))),
        _ => Request::remove(key, setting.map_or_else(|| "x".into(), |setting| item(random, setting))),
    };
    if odds(random, 15) {
        request = request.dedupe();
    }
    for code in ["no-such-block", "opens-access"] {
        if odds(random, 70) {
            request = request.allow(code);
        }
    }
    match random.u8(..10) {
        0 => request.absent(Absent::InsertBelow),
        1 => request.absent(Absent::Leave),
        2 | 3 => request.absent(Absent::Plus),
        _ => request,
    }
}

/// A key of the file, a keyword in a block of the file, or any.
fn key(random: &mut Rng, known: &[Key]) -> Key {
    if !known.is_empty() && odds(random, 60) {
        return known[random.usize(..known.len())].clone();
    }
    let setting = &SETTINGS[random.usize(..SETTINGS.len())];
    let keyword = setting.names[if odds(random, 80) { 0 } else { random.usize(..setting.names.len()) }];
    let blocks: Vec<&Key> = known.iter().filter(|key| key.scope().is_some() && key.keyword().is_none()).collect();
    match random.u8(..10) {
        0..5 if !blocks.is_empty() => {
            let block = blocks[random.usize(..blocks.len())];
            format!("{block}.{keyword}").parse().unwrap_or_else(|_| block.clone())
        }
        5 | 6 => Key::in_block(&criteria(random), keyword).unwrap_or_else(|_| Key::global(keyword)),
        _ if matches!(setting.values, Values::Subsystem) => Key::subsystem(pick(random, &["sftp", "backup", "SFTP"])),
        _ => Key::global(keyword),
    }
}

fn values(random: &mut Rng, setting: &Setting) -> Vec<BString> {
    // Which names of algorithms there are is that build's to know.
    if odds(random, 4) && !matches!(setting.values, Values::Algorithms(_)) {
        return vec![pick(random, ODD).into()];
    }
    match setting.values {
        Values::One(values) | Values::Rest(values) => vec![pick(random, values).into()],
        Values::Pair(values) => pick(random, values).split(' ').map(BString::from).collect(),
        Values::Words(values) | Values::Lines(values) => {
            (0..random.usize(1..4)).map(|_| pick(random, values).into()).collect()
        }
        Values::Algorithms(names) => vec![algorithms(random, names).into()],
        Values::Subsystem => vec![pick(random, &["/usr/lib/sftp-server", "internal-sftp -l INFO", "/x"]).into()],
    }
}

fn item(random: &mut Rng, setting: &Setting) -> BString {
    match setting.values {
        Values::Algorithms(names) | Values::Words(names) | Values::Lines(names) => pick(random, names).into(),
        _ => values(random, setting).remove(0),
    }
}

/// The spelling of a keyword's arguments that needs no knowledge of which characters are harmless.
pub fn spelled(setting: &Setting, values: &[BString]) -> Vec<u8> {
    match setting.values {
        Values::Rest(_) | Values::Subsystem => bstr::join(" ", values),
        _ => {
            let word = |value: &BString| [b"\"", &*value.replace("\\", "\\\\").replace("\"", "\\\""), b"\""].concat();
            bstr::join(" ", values.iter().map(word))
        }
    }
}
