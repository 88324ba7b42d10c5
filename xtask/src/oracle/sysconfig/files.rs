//! Random sysconfig files: as packages and people write them, and shell code of every sort. What they run is harmless:
//! nothing of it writes outside its scratch directory or goes on without an end.

use fastrand::Rng;

use super::super::random::{file, odds, pick, spoil};
use super::vocabulary::{
    COMMANDS, COMMENTS, INSIDE, NAMES, NO_NAMES, ODD_VALUES, REAL_NAMES, REAL_VALUES, SHELLS_OWN, SPOILT,
};

/// Half are files as they are found on hosts, half are shell programs and worse.
pub fn any(random: &mut Rng) -> Vec<u8> {
    let realistic = odds(random, 45);
    let lines: Vec<String> =
        (0..random.usize(..9)).map(|_| if realistic { realistic_line(random) } else { statement(random, 2) }).collect();
    let mut text = file(random, &lines);
    if odds(random, if realistic { 20 } else { 40 }) {
        spoil(random, &mut text, SPOILT);
    }
    text
}

pub fn name(random: &mut Rng) -> &'static str {
    match random.u8(..100) {
        0..70 => pick(random, NAMES),
        70..95 => pick(random, REAL_NAMES),
        _ => pick(random, SHELLS_OWN),
    }
}

fn realistic_line(random: &mut Rng) -> String {
    match random.u8(..20) {
        0..4 => pick(random, COMMENTS).to_owned(),
        4 => String::new(),
        5 => pick(random, COMMANDS).to_owned(),
        6 => format!("[ -r /etc/default/x ] && {}", assignment(random, true)),
        _ => {
            let before = pick(random, &["", "", "", "", "", "", "  ", "export ", "#", "# ", "\t"]);
            let behind = pick(random, &["", "", "", "", "", "", " ", "  # c", "; B=2", ";"]);
            format!("{before}{}{behind}", assignment(random, true))
        }
    }
}

fn assignment(random: &mut Rng, real: bool) -> String {
    let name = if odds(random, 4) { pick(random, NO_NAMES) } else { name(random) };
    let equals = if odds(random, 4) { pick(random, &[" = ", "= ", " =", "+=", "=="]) } else { "=" };
    let value = match random.u8(..100) {
        0..60 if real => pick(random, REAL_VALUES).to_owned(),
        60..85 => word(random),
        _ => pick(random, ODD_VALUES).to_owned(),
    };
    [name, equals, &value].concat()
}

/// A word of a few pieces in every sort of quoting.
fn word(random: &mut Rng) -> String {
    let mut word = String::new();
    for _ in 0..random.usize(..4) {
        let inside: String = (0..random.usize(..3)).map(|_| pick(random, INSIDE)).collect();
        match random.u8(..10) {
            0..3 => word.push_str(pick(random, &["x", "y", "1", "/", "-", ":", "=", "%", "@", ",", ".", "+"])),
            3..5 => word.push_str(&format!("'{}'", inside.replace('\'', ""))),
            5..8 => word.push_str(&format!("\"{}\"", inside.replace('"', "\\\""))),
            8 => word
                .push_str(&format!("\\{}", pick(random, &["x", " ", "'", "\"", "\\", "$", "\n", "#", "`", "=", "~"]))),
            _ => word.push_str(pick(random, &["$A", "${B}", "${A:-z}", "$(echo z)", "`echo z`", "$((2*3))", "~", "*"])),
        }
    }
    word
}

/// One statement, with others inside it down to a depth.
fn statement(random: &mut Rng, depth: u8) -> String {
    if depth == 0 {
        return simple(random);
    }
    let inner = |random: &mut Rng| statement(random, depth - 1);
    match random.u8(..30) {
        0 => format!("if {}; then\n  {}\nfi", inner(random), inner(random)),
        1 => format!("if {}\nthen {}; else {}; fi", inner(random), inner(random), inner(random)),
        2 => format!("if false; then {}; elif {}; then {}; fi", inner(random), inner(random), inner(random)),
        3 => format!("for {} in 1 '2 3'; do {}; done", name(random), inner(random)),
        4 => format!("while false; do\n{}\ndone", inner(random)),
        5 => format!("until true; do {}; done", inner(random)),
        6 => format!("case $A in x) {};; *) {} ;; esac", inner(random), inner(random)),
        7 => format!("case x in\n  y|x)\n    {}\n    ;;\nesac", inner(random)),
        8 => format!("{{ {}; {}; }}", inner(random), inner(random)),
        9 => format!("( {} )", inner(random)),
        10 => format!("g() {{ {}; }}", inner(random)),
        11 => format!("g() {{\n{}\n}}\ng", inner(random)),
        12 => format!("{} >out", inner(random)),
        13 => format!("cat <<E\n{}\nE", inner(random)),
        14 => format!("cat <<'E F'\n{}\nE F", inner(random)),
        15..18 => {
            let between = pick(random, &["; ", " && ", " || ", " | ", " & ", ";", " \\\n ", " # c\n", "\n"]);
            [inner(random), inner(random)].join(between)
        }
        _ => simple(random),
    }
}

fn simple(random: &mut Rng) -> String {
    match random.u8(..20) {
        0..3 => pick(random, COMMENTS).to_owned(),
        3..9 => pick(random, COMMANDS).to_owned(),
        9..11 => {
            let by =
                pick(random, &["export", "readonly", "declare -x", "export", "typeset", "command export", "local"]);
            let words: Vec<String> = (0..random.usize(1..3)).map(|_| assignment(random, false)).collect();
            format!("{by} {}", words.join(" "))
        }
        11 => [assignment(random, false), assignment(random, false)].join(" "),
        12 => format!("{} {}", assignment(random, false), pick(random, COMMANDS)),
        13 => String::new(),
        _ => {
            let real = odds(random, 50);
            assignment(random, real)
        }
    }
}
