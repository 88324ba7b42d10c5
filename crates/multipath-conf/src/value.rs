//! Values: how they are quoted, and how a quoted one is read back.

use std::borrow::Cow;

use bstr::ByteSlice;
use kvmprep_lossless::Refusal;

use crate::Version;
use crate::version::Change;

/// The text between quotes as the daemon takes it: `""` stands for `"` (`dq-escape`).
pub(crate) fn unescape(inner: &[u8]) -> Cow<'_, [u8]> {
    if inner.contains(&b'"') { Cow::Owned(inner.replace("\"\"", "\"")) } else { Cow::Borrowed(inner) }
}

/// True where the value, written bare, would be read as something else.
pub(crate) fn needs_quotes(value: &[u8]) -> bool {
    let bare = |byte: &u8| byte.is_ascii_graphic() && !b"\"#!{}".contains(byte);
    value.is_empty() || !value.iter().all(bare)
}

/// The value as it is written.
///
/// # Errors
/// `not-expressible`: a line end or NUL, or what a reader of this version would not read back.
pub(crate) fn written(value: &[u8], quoted: bool, version: Version) -> Result<Vec<u8>, Refusal> {
    let refuse = |why: String| Err(Refusal::new("not-expressible", why).help("choose another value"));
    if let Some(byte) = value.iter().find(|byte| matches!(byte, 0 | b'\r' | b'\n')) {
        return refuse(format!("a value cannot hold the byte 0x{byte:02x}: nothing in the file can spell it"));
    }
    if !quoted && !needs_quotes(value) {
        return Ok(value.to_vec());
    }
    let blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'\x0b' || *byte >= 0x80;
    if !version.has(Change::ESCAPES) && (value.contains(&b'"') || value.first().is_some_and(blank)) {
        return refuse(format!("multipath-tools {version} cannot read a double quote or a leading blank in a value"));
    }
    if !version.has(Change::MARKS_FIRST) && matches!(value.first(), Some(b'#' | b'!')) {
        return refuse(format!("multipath-tools {version} loses a value that begins with `#` or `!`"));
    }
    let mut written = Vec::with_capacity(value.len() + 2);
    written.push(b'"');
    written.extend_from_slice(&value.replace("\"", "\"\""));
    written.push(b'"');
    Ok(written)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::statement::Statement;

    #[test]
    fn whatever_is_written_is_read_back() {
        for value in
            [&b""[..], b"a", b"a b", b"a\"b", b"\"", b"\"\"", b"#", b"!x", b"{", b"a}", b"caf\xe9", b" y", b"'"]
        {
            for quoted in [false, true] {
                let line = [b"alias ".as_slice(), &written(value, quoted, Version::NEWEST).unwrap(), b" # c"].concat();
                let statement = Statement::of(&line, Version::NEWEST);
                assert_eq!(statement.decoded(), value, "{}", line.as_bstr());
                assert_eq!(statement.comment(), Some(&b"# c"[..]), "{}", line.as_bstr());
                assert_eq!(statement.flaw, None);
            }
        }
    }
}
