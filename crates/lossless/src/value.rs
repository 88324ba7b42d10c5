//! Characters that no format lets into a key, a value or a comment.

use bstr::ByteSlice;

use crate::editor::{Edit, Refusal, Request};

/// Overrides the refusal of bidirectional and invisible format characters.
const FORMAT_CHARACTER: &str = "format-character";

/// Refuses a request whose text could be taken for more than one value, or would show as something else than it is.
pub(crate) fn vet<K: std::fmt::Display>(request: &Request<K>) -> Result<(), Refusal> {
    let allow = request.manner.allows(FORMAT_CHARACTER);
    check("the key", request.edit.key().to_string().as_bytes(), allow)?;
    match &request.edit {
        Edit::Set { to, .. } => to.iter().try_for_each(|value| check("the value", value, allow)),
        Edit::Add { item, .. } => check("the item", item, allow),
        Edit::Unset { .. } | Edit::Disable { .. } | Edit::Remove { .. } => Ok(()),
    }
}

/// Refuses text with a character that no format lets in: NUL, line ends, control characters but TAB, bytes that are
/// not UTF-8, and (unless allowed) bidirectional and invisible format characters.
pub fn check(what: &str, text: &[u8], allow_format_characters: bool) -> Result<(), Refusal> {
    let Some(text) = text.to_str().ok() else {
        return Err(Refusal::new("not-utf-8", format!("{what} is not UTF-8: `{}`", text.escape_ascii()))
            .help("convert it to UTF-8; existing bytes in a file are kept as they are"));
    };
    for c in text.chars() {
        if c.is_control() && c != '\t' {
            return Err(Refusal::new("control-character", format!("{what} holds {}", escaped(c)))
                .help("leave control characters and line breaks out: a value is one line of text"));
        }
        if is_format(c) && !allow_format_characters {
            return Err(Refusal::new(
                FORMAT_CHARACTER,
                format!("{what} holds {}, which does not show or reorders what does", escaped(c)),
            )
            .help("leave it out")
            .overridable());
        }
    }
    Ok(())
}

/// True for characters that are invisible or change the direction of their neighbours: Unicode's
/// Default_Ignorable_Code_Point, the line and paragraph separators, and the bidirectional and interlinear controls.
pub fn is_format(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Text as it is shown to people: control and format characters and bytes that are not UTF-8 as escapes.
pub fn shown(text: &[u8]) -> String {
    let mut shown = String::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            if is_format(c) || (c.is_control() && c != '\t') {
                shown.push_str(&escaped(c));
            } else {
                shown.push(c);
            }
        }
        for byte in chunk.invalid() {
            shown.push_str(&format!("\\x{byte:02x}"));
        }
    }
    shown
}

fn escaped(c: char) -> String {
    if c.is_ascii() { format!("\\x{:02x}", u32::from(c)) } else { format!("<U+{:04X}>", u32::from(c)) }
}
