use bstr::ByteSlice;
use kvmprep_lossless::{Manner, Refusal, RowRef, Span, lines};

use crate::effective::LINE_LIMIT;
use crate::entries::BYTE_ORDER_MARK;
use crate::key::Key;
use crate::reader::Reader;
use crate::syntax::{Kind, SysctlConf};

/// What makes the readers take a file for different lines.
pub(crate) fn doubt(row: RowRef<'_, SysctlConf>) -> Option<Refusal> {
    let at = |byte: u8| Span::empty(row.at + row.bytes.find_byte(byte).unwrap_or(0));
    let refusal = if row.kind == Kind::Split && row.bytes.contains(&0) {
        Refusal::new("nul", "a NUL hides the rest of the line from procps and ends the line for systemd")
            .at(at(0))
            .help("take the NUL out")
    } else if row.kind == Kind::Split {
        Refusal::new("lone-carriage-return", "a CR inside a line is text for procps and ends the line for systemd")
            .at(at(b'\r'))
            .help("end the line with LF, or with CR and LF")
    } else if row.at == 0 && row.bytes.starts_with(BYTE_ORDER_MARK) {
        Refusal::new("byte-order-mark", "a byte order mark is no blank: it spoils the first line for both readers")
            .at(Span::new(0, BYTE_ORDER_MARK.len()))
            .help("take the mark out")
    } else if lines::split_ending(row.bytes).0.len() >= LINE_LIMIT {
        Refusal::new("line-too-long", "systemd stops reading at this line: it is 1 MiB long or longer")
            .at(row.span())
            .help("shorten the line")
    } else {
        return None;
    };
    Some(refusal.overridable())
}

/// Refuses what an older reader would not take as asked, whatever the caller allows.
pub(super) fn for_old_readers(readers: &[Reader], key: &Key, value: &[u8]) -> Result<(), Refusal> {
    let old = |is_lost: fn(Reader) -> bool| readers.iter().find(|reader| is_lost(**reader));
    if let Some(reader) = old(|reader| !reader.takes_any_value()).filter(|_| value.is_empty()) {
        return Err(Refusal::new("empty-value", format!("{reader} takes an empty value for a syntax error"))
            .help("to take the setting out of the file, unset it"));
    }
    match old(|reader| !reader.knows_dash()).filter(|_| key.spelling().starts_with(b"-")) {
        Some(reader) => Err(Refusal::new("dash-key", format!("the dash is part of the key to {reader}"))
            .help(format!("write `{}`", key.path()))),
        None => Ok(()),
    }
}

/// Refuses to write a key that the readers take for different things, or that the kernel cannot have.
pub(super) fn key(key: &Key, manner: &Manner) -> Result<(), Refusal> {
    let name = key.spelling().strip_prefix(b"-").unwrap_or(key.spelling());
    if Reader::PROCPS.opened(name) != key.path() {
        return Err(Refusal::new("key-components", format!("`{key}` holds an empty name, a `.` or a second `-`"))
            .help(format!("spell it `{}`", key.path())));
    }
    if key.is_glob() && !manner.allows("glob-key") {
        return Err(Refusal::new(
            "glob-key",
            format!("`{key}` is a pattern: procps 3 and systemd before 245 know none, and what it reaches is up to the kernel"),
        )
        .help("set each key by its name")
        .overridable());
    }
    let pattern_marks: &[u8] = if key.is_glob() { b"*?[]!^" } else { b"" };
    let is_usual = |byte: &u8| byte.is_ascii_alphanumeric() || b"_./-".contains(byte) || pattern_marks.contains(byte);
    if !name.iter().all(is_usual) && !manner.allows("odd-key") {
        return Err(Refusal::new("odd-key", format!("`{key}` holds more than letters, digits, `_`, `.`, `/` and `-`"))
            .help("check the name below /proc/sys")
            .overridable());
    }
    if name.len() < key.spelling().len() && !manner.allows("dash-key") {
        return Err(Refusal::new(
            "dash-key",
            format!("`{key}` begins with a dash: failures to set it would not be told"),
        )
        .help(format!("write `{}`; a dash that stands in the file stays", key.path()))
        .overridable());
    }
    Ok(())
}
