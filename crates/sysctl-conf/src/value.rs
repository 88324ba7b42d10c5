//! What a value may hold. There is no quoting: the bytes between `=` and the line's end are the value.

use bstr::ByteSlice;
use kvmprep_lossless::{Diagnostic, Manner, Refusal};

use crate::grammar::is_number;

/// The kernel takes at most one page in a write, the line end included.
const PAGE: usize = 4096;

/// Refuses a value that would not read back as it is, or that no reader makes sense of.
pub(crate) fn vet(value: &[u8], manner: &Manner) -> Result<(), Refusal> {
    let is_blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    if is_blank(value.first()) || is_blank(value.last()) {
        return Err(Refusal::new(
            "blank-around-value",
            "blanks around a value are not part of it: it would not read back",
        )
        .help("leave the blanks at both ends out"));
    }
    let doubts: [(&str, bool, &str, &str); 3] = [
        (
            "empty-value",
            value.is_empty(),
            "an empty value is a syntax error for procps 3, and procps 4 writes an empty line",
            "to take the setting out of the file, unset it",
        ),
        (
            "trailing-comment",
            comment_tail(value).is_some(),
            "there are no trailing comments: all of it would be written to the kernel",
            "put the comment on a line of its own",
        ),
        ("value-too-long", value.len() >= PAGE, "the kernel takes at most 4095 bytes", "shorten the value"),
    ];
    match doubts.into_iter().find(|(code, doubtful, ..)| *doubtful && !manner.allows(code)) {
        Some((code, _, why, help)) => Err(Refusal::new(code, why).help(help).overridable()),
        None => Ok(()),
    }
}

/// What somebody meant for a comment behind a value: from a `#` or `;` that stands alone, or that follows numbers.
///
/// `|/usr/lib/x %P #%u` has none: its mark is part of a word (case `hash-in-value`).
pub(crate) fn comment_tail(value: &[u8]) -> Option<&[u8]> {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let first = value.find_byteset(b"#;")?;
    let mut head = value[..first].fields().peekable();
    if head.peek().is_some() && head.all(is_number) {
        return Some(&value[first..]);
    }
    let alone = |at: &usize| {
        b"#;".contains(&value[*at])
            && value[..*at].last().is_none_or(is_blank)
            && value.get(at + 1).is_none_or(is_blank)
    };
    (first..value.len()).find(alone).map(|at| &value[at..])
}

/// What a value likely does not mean.
pub(crate) fn warnings(value: &[u8]) -> impl Iterator<Item = Diagnostic> {
    let octal = value.fields().find(|word| is_octal(word)).map(|word| {
        let word = word.as_bstr();
        Diagnostic::warning("octal-value", format!("the kernel reads `{word}` as an octal number"))
            .help("write it without the leading 0")
    });
    let quoted = is_quoted(value).then(|| {
        Diagnostic::warning("quoted-value", "quotes are part of the value: they are written to the kernel")
            .help("leave the quotes out")
    });
    octal.into_iter().chain(quoted)
}

fn is_octal(word: &[u8]) -> bool {
    word.len() > 1 && word[0] == b'0' && word.iter().all(u8::is_ascii_digit)
}

fn is_quoted(value: &[u8]) -> bool {
    matches!(value, [open @ (b'"' | b'\''), .., close] if open == close)
}
