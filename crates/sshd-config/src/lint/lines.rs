//! Single lines that mean something else than they seem to, and those that older releases stop at.

use bstr::ByteSlice;
use kvmprep_lossless::value::shown;
use kvmprep_lossless::{Diagnostic, Span};

use super::File;
use crate::check::listen_address;
use crate::reading::Place;
use crate::vocabulary::Shape;
use crate::{Grammar, Keyword, Kind, Version};

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

/// Releases 6.1 to 7.7 stop at a line of 4095 bytes, older ones read pieces of 1023 bytes.
pub(super) fn too_long(file: &File<'_>) -> Vec<Diagnostic> {
    let (most, message) = match file.dialect().version {
        version if version >= Version(7, 8) => return Vec::new(),
        version if version >= Version(6, 1) => (4094, "sshd stops at lines of more than 4094 bytes, comments too"),
        _ => (1023, "sshd reads lines in pieces of 1023 bytes: what follows is a line of its own"),
    };
    let long = file.text.rows().filter(|row| row.kind != Kind::Nul && row.bytes.len() > most);
    let diagnostic = |row: kvmprep_lossless::RowRef<'_, _>| {
        let span = Span::new(row.at + most, row.at + row.bytes.len());
        Diagnostic::error("line-too-long", message).at(span).help("write it shorter, or on several lines")
    };
    long.map(diagnostic).collect()
}

/// Ports and addresses that have to do with each other.
pub(super) fn listening(file: &File<'_>) -> Vec<Diagnostic> {
    let global: Vec<(&Place<'_>, &Keyword)> =
        file.known().filter(|(block, _, _)| block.is_none()).map(|(_, place, keyword)| (place, keyword)).collect();
    let mut addresses = global.iter().filter(|(_, keyword)| keyword.name == "ListenAddress").peekable();
    let Some((first, _)) = addresses.peek().copied() else { return Vec::new() };
    let has_port = |place: &Place<'_>| {
        place
            .said
            .arguments
            .first()
            .and_then(|word| listen_address(&word.value))
            .is_some_and(|(_, port)| port.is_some())
    };
    let all_have_ports = addresses.all(|(place, _)| has_port(place)) && !file.includes();
    let too_late = |place: &Place<'_>| file.dialect().version < Version(6, 9) && place.row.index > first.row.index;
    let mut found = Vec::new();
    for (place, keyword) in global.iter().filter(|(_, keyword)| matches!(keyword.name, "Port" | "AddressFamily")) {
        if too_late(place) {
            let message = format!("before 6.9 sshd stops at `{}` behind a ListenAddress", keyword.name);
            found.push(Diagnostic::error("port-too-late", message).at(place.span()).help("put it above"));
        } else if keyword.name == "Port" && all_have_ports {
            let message = "no socket has this port: every ListenAddress names its own";
            let help = "`Port` holds for addresses without a port";
            found.push(Diagnostic::warning("port-unused", message).at(place.span()).help(help));
        }
    }
    found
}
