//! Lists of algorithms.

use std::collections::HashSet;

use bstr::BString;
use kvmprep_lossless::value::shown;
use kvmprep_lossless::{Diagnostic, Lint, Span};

use super::File;
use crate::Version;
use crate::algorithms::{self, Known};
use crate::check::Family;
use crate::key::Key;
use crate::reading::Place;
use crate::value::{AlgorithmList, Prefix, is_weak};
use crate::vocabulary::Shape;

pub(super) fn lists(file: &File<'_>) -> Vec<Lint<Key>> {
    let mut told = HashSet::new();
    let mut lints = Vec::new();
    for (_, place, keyword) in file.known() {
        let (Shape::Commas(family), [argument]) = (keyword.shape, place.said.arguments.as_slice()) else { continue };
        let list =
            List { place, family, written: AlgorithmList::parse(&argument.value), version: file.dialect().version };
        lints.extend(list.prefix());
        lints.extend(list.items());
        lints.extend(list.weak(&mut told));
    }
    lints.into_iter().map(Lint::from).collect()
}

struct List<'p> {
    place: &'p Place<'p>,
    family: Family,
    written: AlgorithmList,
    version: Version,
}

impl List<'_> {
    /// Where an item stands; the whole list where quotes hide it.
    fn at(&self, item: &[u8]) -> Span {
        let whole = self.place.span();
        let written = &self.place.row.bytes[whole.start - self.place.row.at..whole.end - self.place.row.at];
        let quoted = |b: &u8| matches!(b, b'"' | b'\'');
        let mut start = 0;
        for piece in written.split(|b| *b == b',') {
            let quotes = piece.iter().take_while(|b| quoted(b)).count();
            let lead = quotes + if start == 0 { self.written.prefix.text().len() } else { 0 };
            let name = piece.get(lead..).unwrap_or_default();
            if name.strip_suffix(b"\"").or_else(|| name.strip_suffix(b"'")).unwrap_or(name) == item {
                return Span::new(start + lead, start + lead + item.len()).shifted(whole.start);
            }
            start += piece.len() + 1;
        }
        whole
    }

    fn prefix(&self) -> Option<Diagnostic> {
        let prefix = self.written.prefix;
        let all = |name: &BString| name.iter().all(|b| *b == b'*');
        if let Some(since) = prefix.since().filter(|since| self.version < *since) {
            let message = format!("the prefix `{}` came with OpenSSH {since}, this is {}", prefix.text(), self.version);
            let diagnostic = Diagnostic::error("prefix-too-new", message).at(self.place.span());
            return Some(diagnostic.help("sshd takes it for part of a name, and stops: write the whole list"));
        }
        if prefix == Prefix::Minus && self.written.names().any(all) {
            let message = format!("`{}` takes every algorithm away", self.place.said.name.spelled);
            let diagnostic = Diagnostic::error("removes-everything", message).at(self.place.span());
            return Some(diagnostic.help("neither `sshd -t` nor `sshd -T` shows it, and nobody can log in"));
        }
        None
    }

    fn items(&self) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        let items: Vec<&BString> = self.written.items().collect();
        let checked = items.iter().take_while(|item| !item.is_empty()).count();
        if checked > 0 && checked < items.len() {
            let message = "an empty item: sshd does not check the names behind it";
            let diagnostic = Diagnostic::warning("empty-item", message).at(self.place.span());
            found.push(
                diagnostic.help("a wrong name there is left out without a word; write one comma between two names"),
            );
        }
        for item in &items[..checked] {
            found.extend(self.prefixed(item).or_else(|| self.unknown(item)));
        }
        found
    }

    /// A second prefix is part of a name. Cases `cipher-plus-each`, `cipher-minus-each`.
    fn prefixed(&self, item: &BString) -> Option<Diagnostic> {
        let prefix = item.first().filter(|first| b"+-^!".contains(first))?;
        let message = format!("`{}` is part of a name here", char::from(*prefix));
        let diagnostic = Diagnostic::warning("prefix-in-list", message).at(self.at(item));
        Some(diagnostic.help("one prefix in front governs the whole list; there is no `!`"))
    }

    fn unknown(&self, item: &BString) -> Option<Diagnostic> {
        let pattern = self.family.takes_patterns() && item.iter().any(|b| b"*?".contains(b));
        if self.written.prefix == Prefix::Minus || pattern {
            return None;
        }
        let name = shown(item);
        if self.family.names_none(item) {
            let message = format!("`{name}` names no algorithm: it is the name of a type of key");
            let diagnostic = Diagnostic::warning("names-nothing", message).at(self.at(item));
            return Some(
                diagnostic.help("sshd takes it, and offers nothing for it; `ssh -Q HostKeyAlgorithms` lists names"),
            );
        }
        let known = algorithms::known(self.family, item, self.version);
        let message = match known {
            Known::Yes => return None,
            Known::Since(since) => format!("`{name}` came with OpenSSH {since}, this is {}", self.version),
            Known::Until(until) => {
                format!("`{name}` was removed in OpenSSH {until}; the file is read as for {}", self.version)
            }
            Known::Never => format!("OpenSSH has no algorithm `{name}`"),
        };
        let help = "a name that sshd does not know stops it; `ssh -Q` lists those of a build";
        let told = match known.is_certain(self.family, item, self.version) {
            true => Diagnostic::error("unknown-algorithm", message),
            false => Diagnostic::warning("unknown-algorithm", message),
        };
        Some(told.at(self.at(item)).help(help))
    }

    /// Weak is told once for each name, and not of one that nobody knows.
    fn weak(&self, told: &mut HashSet<BString>) -> Vec<Diagnostic> {
        if self.written.prefix == Prefix::Minus {
            return Vec::new();
        }
        let is_known = |name: &BString| algorithms::known(self.family, name, self.version) == Known::Yes;
        let weak = self.written.names().filter(|name| is_weak(name) && is_known(name) && told.insert((*name).clone()));
        let diagnostic = |name: &BString| {
            let message = format!("`{}` is weak: for peers that know nothing better", shown(name));
            Diagnostic::note("weak-algorithm", message).at(self.at(name))
        };
        weak.map(diagnostic).collect()
    }
}
