//! Lines that sshd reads and does not use.

use std::collections::HashMap;

use bstr::{BString, ByteSlice};
use kvmprep_lossless::value::shown;
use kvmprep_lossless::{Diagnostic, Lint, Request, Span, Value};

use super::{File, first_wins};
use crate::key::Key;
use crate::reading::{self, Place};
use crate::vocabulary::{self, Shape, Wins};
use crate::{Keyword, Version};

/// Lines of a keyword that another line of the same scope beats. RekeyLimit is told and not mended: its two words are
/// taken each for itself.
pub(super) fn shadowed(file: &File<'_>) -> Vec<Lint<Key>> {
    let version = file.dialect().version;
    let includes = file.includes();
    let said = reading::said_at(file.text);
    let mut lints = Vec::new();
    for setting in reading::settings(file.text).into_iter().filter(|setting| !setting.shadowed.is_empty()) {
        let keyword = setting.key.keyword().and_then(|spelled| vocabulary::find(version, spelled.as_bytes()));
        let keyword = keyword.map(|(keyword, _)| keyword);
        if keyword.is_some_and(|keyword| matches!(keyword.shape, Shape::Ignored { .. })) {
            continue;
        }
        let fix = match (&setting.value, keyword.and_then(|keyword| may_count(keyword, version, includes))) {
            (_, Some(why)) => Err(why.to_owned()),
            (Value::Unknown(why), _) => Err(why.clone()),
            (Value::Known(values), None) => Ok(Request::set_all(setting.key.clone(), values.clone()).dedupe()),
        };
        for diagnostic in reading::beaten(&said, &setting) {
            lints.push(file.mended(diagnostic.help(help(keyword, version)), fix.clone()));
        }
    }
    lints
}

/// Why a line that does not count by itself is not taken out.
fn may_count(keyword: &Keyword, version: Version, includes: bool) -> Option<&'static str> {
    match keyword.wins {
        // What stands in an included file may say so first, when only the last place is left.
        Wins::NoneOrFirst => includes.then_some("an included file may set it too, and which one counts may change"),
        _ if keyword.name == "RekeyLimit" => Some("sshd takes its two words each for itself"),
        _ => keyword.lost_behind(version).map(|_| "whether it counts hangs on `AuthorizedKeysCommand`"),
    }
}

fn help(keyword: Option<&Keyword>, version: Version) -> &'static str {
    match keyword {
        Some(keyword) if keyword.wins == Wins::NoneOrFirst => "sshd takes the first one, unless one says `none`",
        Some(keyword) if keyword.later_may_win(version) => {
            "sshd takes a later one; it checks this one too: a wrong value here stops it"
        }
        Some(keyword) if matches!(keyword.shape, Shape::Words(usize::MAX)) => {
            "sshd takes the first line alone: what is to count as well goes there"
        }
        _ => "sshd takes the first one; it checks this one too: a wrong value here stops it",
    }
}

/// A value that a keyword whose lines add up has already. sshd keeps both: two equal patterns say no more than one, and a
/// socket that is taken is complained of in the log. Asked of 9.2.
pub(super) fn repeated(file: &File<'_>) -> Vec<Lint<Key>> {
    let mut first: HashMap<(Key, Vec<u8>), usize> = HashMap::new();
    let mut lints = Vec::new();
    let adds = |keyword: &Keyword| keyword.adds_up() && keyword.shape != Shape::Named && keyword.name != "Include";
    for (block, place, keyword) in file.known().filter(|(_, _, keyword)| adds(keyword)) {
        for (value, span) in values(place, keyword) {
            let meaning = keyword.check.meaning(&value).into_owned();
            let Some(line) = first.insert((File::key(block, place), meaning), place.row.index + 1) else { continue };
            let message = format!("`{}` says `{}` already, in line {line}", keyword.name, shown(&value));
            let help = match keyword.name {
                "Port" | "ListenAddress" => "sshd listens once, and complains in its log that the address is in use",
                _ => "lines add up, and one of the two adds nothing",
            };
            lints.push(Diagnostic::beaten(true, message).at(span).help(help).into());
        }
    }
    lints
}

/// What one line adds, and where it stands.
fn values(place: &Place<'_>, keyword: &Keyword) -> Vec<(BString, Span)> {
    if keyword.shape == Shape::Lines {
        return place.said.values.iter().map(|value| (value.clone(), place.span())).collect();
    }
    let at = |raw| Span::of_part(place.row.bytes, raw).unwrap_or_default().shifted(place.row.at);
    place.said.arguments.iter().map(|word| (word.value.as_bytes().into(), at(word.raw))).collect()
}

/// Keywords that are kept for old files.
pub(super) fn ignored(file: &File<'_>) -> Vec<Lint<Key>> {
    let lint = |(block, place, keyword): (&Option<_>, &Place<'_>, &Keyword)| {
        let Shape::Ignored { loud } = keyword.shape else { return None };
        let since = match keyword.since {
            Version(0, 0) => "sshd does not look at it, since before 5.3".to_owned(),
            since => format!("sshd has ignored it since OpenSSH {since}"),
        };
        let message = format!("`{}`: {since}", place.said.name.spelled);
        let diagnostic = match loud {
            true => Diagnostic::warning("deprecated", message),
            false => Diagnostic::note("ignored", message),
        };
        let fix = Request::unset(File::key(block, place));
        Some(file.mended(diagnostic.at(place.row.span()).help("the line may go"), Ok(fix)))
    };
    file.known().filter_map(lint).collect()
}

/// A keyword that an earlier block with the same criteria sets: the first block that is met wins.
pub(super) fn same_criteria(file: &File<'_>) -> Vec<Lint<Key>> {
    let mut first: HashMap<Key, (usize, &Place<'_>)> = HashMap::new();
    let mut lints = Vec::new();
    for (block, place, keyword) in file.known().filter(|(_, _, keyword)| first_wins(keyword)) {
        let Some(block_here) = block else { continue };
        let key = File::key(block, place);
        let (ordinal, counts) = *first.entry(key.unnumbered()).or_insert((block_here.ordinal, place));
        if ordinal == block_here.ordinal {
            continue;
        }
        let says_the_same = counts.said.values == place.said.values;
        let message = match says_the_same {
            true => format!("an earlier block with these criteria sets `{}` to the same value", keyword.name),
            false => {
                format!("an earlier block with these criteria sets `{}`: this does not count", keyword.name)
            }
        };
        let diagnostic = Diagnostic::beaten(says_the_same, message).at(place.span());
        let diagnostic = diagnostic.help("the first block that a connection meets wins");
        lints.push(file.mended(diagnostic, Ok(Request::unset(key))));
    }
    lints
}

/// A global value that `Match all` beats for every connection.
pub(super) fn match_all(file: &File<'_>) -> Vec<Lint<Key>> {
    let version = file.dialect().version;
    let mut in_all: HashMap<&str, usize> = HashMap::new();
    for (_, place, keyword) in file.known().filter(|(block, ..)| block.as_ref().is_some_and(|b| b.criteria.is_all())) {
        in_all.entry(keyword.name).or_insert(place.row.index + 1);
    }
    let lint = |(block, place, keyword): (&Option<_>, &Place<'_>, &'static Keyword)| {
        let plain = block.is_none() && keyword.in_blocks(version) && keyword.name != "Include";
        let line = in_all.get(keyword.name).filter(|_| plain)?;
        let message = format!("`Match all` sets `{}` too, in line {line}", keyword.name);
        let diagnostic = Diagnostic::warning("match-all-wins", message).at(place.span());
        Some(diagnostic.help("what stands under `Match all` beats the global section for every connection").into())
    };
    file.known().filter_map(lint).collect()
}
