//! `[[ … ]]`: a test that is not well-formed ends the file for bash, and is a command like any other to dash.

const UNARY: &[u8] = b"abcdefghkoprstuvwxzGLNORSn";

const BINARY: [&[u8]; 13] =
    [b"=", b"==", b"!=", b"=~", b"-eq", b"-ne", b"-lt", b"-le", b"-gt", b"-ge", b"-nt", b"-ot", b"-ef"];

/// True where bash surely takes what stands between the brackets: operands with operators before and between them, on one
/// line. Of what else it may take nothing is said.
pub(crate) fn is_well_formed(test: &[u8]) -> bool {
    let Some(words) = words(test) else { return false };
    let mut rest = words.as_slice();
    loop {
        rest = match term(rest) {
            Some([]) => return true,
            Some([b"&&" | b"||", more @ ..]) => more,
            _ => return false,
        };
    }
}

/// What stands behind the first term.
fn term<'w, 't>(words: &'w [&'t [u8]]) -> Option<&'w [&'t [u8]]> {
    match words {
        [b"!", rest @ ..] => term(rest),
        [operator, operand, rest @ ..] if is_unary(operator) && is_operand(operand) => Some(rest),
        [left, operator, right, rest @ ..] if BINARY.contains(operator) && is_operand(left) && is_operand(right) => {
            Some(rest)
        }
        [operand, rest @ ..] if is_operand(operand) => Some(rest),
        _ => None,
    }
}

fn is_unary(word: &[u8]) -> bool {
    matches!(word, [b'-', letter] if UNARY.contains(letter))
}

fn is_operand(word: &[u8]) -> bool {
    !is_unary(word) && !BINARY.contains(&word) && !matches!(word, b"&&" | b"||" | b"!")
}

/// The words between blanks, quoted blanks within them; `None` where more than blanks and quotes divides words.
fn words(test: &[u8]) -> Option<Vec<&[u8]>> {
    let mut words = Vec::new();
    let (mut start, mut quote) = (None, None);
    for (at, &byte) in test.iter().enumerate() {
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (Some(_), b'\\' | b'`' | b'$') if quote != Some(b'\'') && is_command(&test[at..]) => return None,
            (Some(_), _) => {}
            (None, b' ' | b'\t') => words.extend(start.take().map(|start| &test[start..at])),
            (None, b'\'' | b'"') => {
                quote = Some(byte);
                start.get_or_insert(at);
            }
            (None, b'\n' | b'\\' | b'`' | b'<' | b'>' | b';' | b'(' | b')' | b'#' | b'{' | b'}') => return None,
            (None, b'&' | b'|') if !is_joint(test, at) => return None,
            (None, _) => _ = start.get_or_insert(at),
        }
    }
    words.extend(start.map(|start| &test[start..]));
    quote.is_none().then_some(words)
}

/// A command's output, or a backslash, which may hide a quote.
fn is_command(rest: &[u8]) -> bool {
    !rest.starts_with(b"$") || rest.starts_with(b"$(") || rest.starts_with(b"${")
}

/// True within `&&` or `||` with blanks around it.
fn is_joint(test: &[u8], at: usize) -> bool {
    let is_blank = |byte: Option<&u8>| byte.is_none_or(|byte| b" \t".contains(byte));
    let pair_at = |first: usize| {
        test.get(first) == test.get(first + 1)
            && is_blank(first.checked_sub(1).and_then(|before| test.get(before)))
            && is_blank(test.get(first + 2))
    };
    pair_at(at) || at.checked_sub(1).is_some_and(pair_at)
}
