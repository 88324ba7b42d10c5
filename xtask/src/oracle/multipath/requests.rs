//! Edits that mean something to many of the random files.

use bstr::ByteSlice;
use fastrand::Rng;
use kvmprep_lossless::Request;
use kvmprep_multipath_conf::Key;

use super::shown::HIDDEN;
use super::words::{BLOCKS, DEVICE_ITEMS, ENTRIES, pattern, word};
use crate::oracle::random::{odds, pick};

pub fn request(random: &mut Rng, text: &[u8]) -> Request<Key> {
    let request = match random.u8(..10) {
        0..7 => of_setting(random, text),
        7..9 => of_list(random),
        _ => of_block(random),
    };
    if odds(random, 15) { request.dedupe() } else { request }
}

/// Mostly a keyword that the file has, and a value that it takes.
fn of_setting(random: &mut Rng, text: &[u8]) -> Request<Key> {
    let (place, section) = match random.u8(..10) {
        0..4 => ("defaults", "d"),
        4 => ("overrides", "o"),
        _ => BLOCKS[random.usize(..BLOCKS.len())],
    };
    let mut tries = if odds(random, 70) { 40 } else { 0 };
    loop {
        let (name, _, values) = word(random, section);
        if tries > 0 && !text.contains_str(name) {
            tries -= 1;
            continue;
        }
        let values = if odds(random, 60) { &values[..values.len().min(3)] } else { values };
        let Ok(key) = format!("{place}.{name}").parse::<Key>() else { continue };
        if HIDDEN.contains(&name) {
            continue;
        }
        return match random.u8(..10) {
            0..6 => Request::set(key, pick(random, values)),
            6..8 => Request::unset(key),
            8 => Request::disable(key),
            _ if odds(random, 20) => Request::add(key, pick(random, values)),
            _ => Request::set(key, pick(random, values)),
        };
    }
}

fn of_list(random: &mut Rng) -> Request<Key> {
    let list = pick(random, &["blacklist", "blacklist", "blacklist_exceptions"]);
    let is_device = odds(random, 30);
    let name = if is_device { "device" } else { pick(random, ENTRIES) };
    let item = |random: &mut Rng| if is_device { pick(random, DEVICE_ITEMS) } else { pattern(random) };
    loop {
        let Ok(key) = format!("{list}.{name}").parse::<Key>() else { continue };
        return match random.u8(..10) {
            0..4 => Request::add(key, item(random)),
            4..7 => Request::remove(key, item(random)),
            7 => Request::set_all(key, (0..random.usize(..3)).map(|_| item(random)).collect::<Vec<_>>()),
            8 => Request::unset(key),
            _ => Request::disable(key),
        };
    }
}

fn of_block(random: &mut Rng) -> Request<Key> {
    let items = ["blacklist.device[vendor=A,product=B]", "blacklist_exceptions.device[vendor=A,product=B]"];
    let (mut block, _) = BLOCKS[random.usize(..BLOCKS.len())];
    if odds(random, 20) {
        block = pick(random, &items);
    }
    loop {
        let Ok(key) = block.parse::<Key>() else { continue };
        return if odds(random, 85) { Request::unset(key) } else { Request::set(key, "x") };
    }
}
