//! Single lines that mean something else than they seem to, and those that older releases stop at.

use bstr::ByteSlice;
use kvmprep_lossless::value::shown;
use kvmprep_lossless::{Diagnostic, RowRef, Span};

use super::File;
use crate::check::listen_address;
use crate::reading::Place;
use crate::vocabulary::{self, Shape};
use crate::{Grammar, Keyword, Kind, Sshd, Version};

/// What older releases read at a time.
const PIECE: usize = 1_023;

pub(super) fn values(file: &File<'_>) -> Vec<Diagnostic> {
    let version = file.dialect().version;
    let mut found = Vec::new();
    for (_, place, keyword) in file.known() {
        found.extend(dead_words(place));
        match keyword.shape {
            Shape::Rest if file.dialect().grammar == Grammar::Since87 => found.extend(comment_in_value(place)),
            Shape::Words(_) if keyword.adds_up() => found.extend(comma(place, keyword)),
            _ => {}
        }
        found.extend(old_name(place, keyword, version));
        found.extend(in_some_builds(place, keyword, version));
    }
    found
}

/// Before 8.7 a quote that does not close silently ends the list.
fn dead_words(place: &Place<'_>) -> Option<Diagnostic> {
    let dead = place.said.dead?;
    let span = Span::of_part(place.row.bytes, dead)?.shifted(place.row.at);
    let message = format!("sshd reads no further than this: `{}` is left out", shown(dead.trim_ascii()));
    Some(Diagnostic::warning("dead-words", message).at(span).help("close the quote, or take the empty word out"))
}

/// Cases `comment-in-forcecommand`, `comment-in-authkeyscommand`, `comment-in-versionaddendum`.
fn comment_in_value(place: &Place<'_>) -> Option<Diagnostic> {
    let value = place.said.arguments.first()?.raw;
    let hash = value.find(" #").or_else(|| value.find("\t#"))? + 1;
    let span = Span::of_part(place.row.bytes, &value[hash..])?.shifted(place.row.at);
    let message = format!("this is part of the value of `{}`: the rest of the line is", place.said.name.spelled);
    Some(Diagnostic::warning("comment-in-value", message).at(span).help("put the comment on a line of its own"))
}

/// Names are told by blanks: `a,b` is one pattern. Addresses behind `@` may be a list by comma.
fn comma(place: &Place<'_>, keyword: &Keyword) -> Vec<Diagnostic> {
    if !matches!(keyword.name, "AllowUsers" | "DenyUsers" | "AllowGroups" | "DenyGroups") {
        return Vec::new();
    }
    let wrong = place.said.arguments.iter().filter(|argument| {
        let name = argument.value.rsplit_once_str("@").map_or(&*argument.value, |(name, _)| name);
        name.contains(&b',')
    });
    let diagnostic = |argument: &crate::grammar::Argument<'_>| {
        let span = Span::of_part(place.row.bytes, argument.raw).unwrap_or_default().shifted(place.row.at);
        let message = format!("`{}` is one pattern: a comma separates nothing here", shown(&argument.value));
        Diagnostic::warning("comma-in-pattern", message).at(span).help("put a blank between two names")
    };
    wrong.map(diagnostic).collect()
}

fn old_name(place: &Place<'_>, keyword: &Keyword, version: Version) -> Option<Diagnostic> {
    let spelled = &place.said.name.spelled;
    let old = !spelled.eq_ignore_ascii_case(keyword.name) && keyword.name_for(version) == keyword.name;
    let span = Span::new(place.row.at, place.row.at + place.row.bytes.len());
    old.then(|| {
        let message = format!("`{spelled}` is an old name of `{}`", keyword.name);
        Diagnostic::note("old-name", message).at(span).help("both are one keyword: of two lines the first counts")
    })
}

/// Keywords that not every build of the release knows: one that does not stops at them.
fn in_some_builds(place: &Place<'_>, keyword: &Keyword, version: Version) -> Option<Diagnostic> {
    let spelled = &place.said.name.spelled;
    let carried_back = vocabulary::taken(version, spelled.as_bytes()).is_some() && !keyword.known_to(version);
    let message = match keyword.patched || spelled.eq_ignore_ascii_case("RSAMinSize") {
        true => format!("only builds of Red Hat know `{spelled}`"),
        false if carried_back => format!("`{spelled}` came with OpenSSH {}, this is {version}", keyword.since),
        false => return None,
    };
    let span = Span::new(place.row.at, place.row.at + place.row.bytes.len());
    Some(Diagnostic::note("in-some-builds", message).at(span).help("a build that does not know it does not start"))
}

/// Before 6.1 long lines are read in pieces, comments too.
pub(super) fn too_long(file: &File<'_>) -> Vec<Diagnostic> {
    if file.dialect().version >= Version(6, 1) {
        return Vec::new();
    }
    let long = file.text.rows().filter(|row| row.kind != Kind::Nul && row.bytes.len() > PIECE);
    let diagnostic = |row: RowRef<'_, Sshd>| {
        let message = format!("sshd reads lines in pieces of {PIECE} bytes: what follows is a line of its own");
        let span = Span::new(row.at + PIECE, row.at + row.bytes.len());
        Diagnostic::warning("line-in-pieces", message).at(span).help("write it shorter, or on several lines")
    };
    long.map(diagnostic).collect()
}

/// Ports and addresses that have to do with each other.
pub(super) fn listening(file: &File<'_>) -> Vec<Diagnostic> {
    let global: Vec<(&Place<'_>, &Keyword)> =
        file.known().filter(|(block, _, _)| block.is_none()).map(|(_, place, keyword)| (place, keyword)).collect();
    let mut addresses = global.iter().filter(|(_, keyword)| keyword.name == "ListenAddress").peekable();
    if addresses.peek().is_none() {
        return Vec::new();
    }
    let has_port = |place: &Place<'_>| {
        place
            .said
            .arguments
            .first()
            .and_then(|word| listen_address(&word.value))
            .is_some_and(|(_, port)| port.is_some())
    };
    let all_have_ports = addresses.all(|(place, _)| has_port(place)) && !file.includes();
    let unused = global.iter().filter(|(_, keyword)| all_have_ports && keyword.name == "Port");
    let diagnostic = |(place, _): &(&Place<'_>, &Keyword)| {
        Diagnostic::warning("port-unused", "no socket has this port: every ListenAddress names its own")
            .at(place.span())
            .help("`Port` holds for addresses without a port")
    };
    unused.map(diagnostic).collect()
}
