//! What shell code that is not run here may do to variables: a guess on the safe side, by the names it mentions.

/// How far a piece of code can be judged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reach {
    /// Anything that looks like an assignment may be one, and every name where a command takes names.
    Code,
    /// A command that sets no variable by its arguments: only expansions may assign.
    Expansions,
    /// A process of its own: what it sets is lost.
    Nothing,
}

/// Commands that set the variables they are given by name.
const TAKES_NAMES: [&[u8]; 18] = [
    b"read",
    b"unset",
    b"printf",
    b"getopts",
    b"mapfile",
    b"readarray",
    b"let",
    b"for",
    b"select",
    b"readonly",
    b"declare",
    b"typeset",
    b"local",
    b"wait",
    b"eval",
    b"trap",
    b"coproc",
    b"alias",
];

/// True when `name` sets no variable that it is given as an argument.
pub(crate) fn keeps_variables(name: &[u8]) -> bool {
    !TAKES_NAMES.contains(&name)
        && !matches!(
            name,
            b"export"
                | b"command"
                | b"builtin"
                | b"set"
                | b"."
                | b"source"
                | b":"
                | b"exec"
                | b"return"
                | b"exit"
                | b"break"
                | b"continue"
                | b"shift"
                | b"times"
                | b"enable"
                | b"shopt"
        )
}

/// True when the code runs text or a file that may do anything.
pub(crate) fn runs_unseen(code: &[u8]) -> bool {
    words(code).any(|(word, before, _)| matches!(word, b"eval" | b"source") && before != Some(b'$'))
        || code.starts_with(b". ")
        || code == b"."
        || code.ends_with(b" .")
        || [&b" . "[..], b";. ", b"\n. ", b"\t. ", b"&. ", b" .\n", b"\n.\n"]
            .iter()
            .any(|dot| memchr::memmem::find(code, dot).is_some())
}

/// True when a name that the code assigns may be put together of pieces, quoted or broken over lines
/// [export-quoted-name].
pub(crate) fn assigns_in_pieces(code: &[u8]) -> bool {
    let takes = |(word, ..): (&[u8], _, &[u8])| TAKES_NAMES.contains(&word) || word == b"export";
    in_pieces(code, || words(code).any(takes))
}

/// True when any word may be put together of pieces, the name of a command that takes names too.
pub(crate) fn holds_pieces(code: &[u8]) -> bool {
    in_pieces(code, || true)
}

fn in_pieces(code: &[u8], quoted: impl FnOnce() -> bool) -> bool {
    if memchr::memchr3(b'\'', b'"', b'\\', code).is_none() {
        return false;
    }
    let quoted = quoted();
    let mut ends_a_name = false;
    words(code).any(|(_, before, behind)| {
        let goes_on = ends_a_name;
        let joined = behind.starts_with(b"\\\n");
        ends_a_name = joined || (quoted && matches!(behind.first(), Some(b'\'' | b'"' | b'\\')));
        goes_on && matches!(before, Some(b'\'' | b'"' | b'\\' | b'\n'))
    })
}

/// True when the code may make variables read-only.
pub(crate) fn may_make_read_only(code: &[u8]) -> bool {
    words(code).any(|(word, ..)| matches!(word, b"readonly" | b"declare" | b"typeset"))
}

/// Variables that a command sets unasked.
const SETS_UNASKED: [(&[u8], &[&[u8]]); 9] = [
    (b"getopts", &[b"OPTARG", b"OPTIND"]),
    (b"read", &[b"REPLY"]),
    (b"select", &[b"REPLY"]),
    (b"mapfile", &[b"MAPFILE"]),
    (b"readarray", &[b"MAPFILE"]),
    (b"cd", &[b"PWD", b"OLDPWD"]),
    (b"pushd", &[b"PWD", b"OLDPWD"]),
    (b"popd", &[b"PWD", b"OLDPWD"]),
    // `set -o posix`
    (b"posix", &[b"POSIXLY_CORRECT"]),
];

/// Calls back with each name that the code may assign.
pub(crate) fn each_assigned<'c>(code: &'c [u8], reach: Reach, mut each: impl FnMut(&'c [u8])) {
    let every = memchr::memmem::find(code, b"((").is_some()
        || (reach == Reach::Code && words(code).any(|(word, ..)| TAKES_NAMES.contains(&word)));
    for (word, before, behind) in words(code) {
        let unasked = SETS_UNASKED.iter().filter(|(command, _)| *command == word);
        unasked.flat_map(|(_, names)| *names).for_each(|name| each(name));
        let assigned = match before {
            Some(b'$') => false,
            Some(b'{') => matches!(behind, [b'=', ..] | [b':', b'=', ..]) || (reach == Reach::Code && assigns(behind)),
            Some(b'-' | b'.' | b'/') => false,
            _ => every || (reach == Reach::Code && assigns(behind)),
        };
        if assigned {
            each(word);
        }
    }
}

/// Each name that text assigns which may be code.
pub(crate) fn assigned_in(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let spelt = |(name, before, behind): (_, Option<u8>, &[u8])| {
        (!matches!(before, Some(b'$' | b'{' | b'-' | b'.' | b'/')) && assigns(behind)).then_some(name)
    };
    words(text).filter_map(spelt)
}

fn assigns(behind: &[u8]) -> bool {
    matches!(behind, [b'=', ..] | [b'+', b'=', ..] | [b'[', ..] | [b'\\', b'\n', ..])
}

/// Every name in the code with the byte before it and the text behind it.
pub(crate) fn words(code: &[u8]) -> impl Iterator<Item = (&[u8], Option<u8>, &[u8])> {
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let mut at = 0;
    std::iter::from_fn(move || {
        at += code[at..].iter().take_while(|byte| !part(byte)).count();
        let length = code[at..].iter().take_while(|byte| part(byte)).count();
        let start = at;
        at += length;
        (length > 0).then(|| (&code[start..at], start.checked_sub(1).map(|before| code[before]), &code[at..]))
    })
}
