//! What is explained of a tree, in lines; and `multipath -t` asked whether it takes the same.

// Each test crate uses what it needs of this.
#![allow(dead_code)]

pub mod daemon;

use std::collections::BTreeMap;

use camino::Utf8Path;
use kvmprep_lossless::effective::{Effective, Explanation, Host, Point};
use kvmprep_lossless::files::{Files, Location, MemoryFiles};
use kvmprep_lossless::value::shown;
use kvmprep_lossless::{Place, Value};
use kvmprep_multipath_conf::{Key, Multipath};

pub const MAIN: &str = "/etc/multipath.conf";

pub type Tree<'t> = &'t [(&'t str, &'t str)];

pub fn held(tree: Tree<'_>) -> MemoryFiles {
    tree.iter().fold(MemoryFiles::new(), |files, (path, text)| files.with(*path, *text))
}

pub fn key(text: &str) -> Key {
    text.parse().unwrap()
}

pub fn explained(files: &dyn Files, path: &str, asked: &str) -> Explanation<Key> {
    Multipath::default().explain(Host { files, path: Utf8Path::new(path) }, &None, &key(asked))
}

pub fn worded(value: Option<&Value>) -> String {
    match value {
        None => "unset".to_owned(),
        Some(Value::Known(values)) => values.iter().map(|value| shown(value)).collect::<Vec<_>>().join(" | "),
        Some(Value::Unknown(why)) => format!("unknown ({why})"),
    }
}

/// Each decision, and each finding, as lines.
pub fn lines(explanation: &Explanation<Key>) -> Vec<String> {
    let place = |at: &Location| {
        let source = &explanation.sources[at.source];
        format!("{}:{}", source.path.file_name().unwrap(), Place::of(&source.text, at.span.start).line)
    };
    let places = |all: &[Location]| all.iter().map(place).collect::<Vec<_>>().join(" ");
    let mut lines = Vec::new();
    for decision in &explanation.decisions {
        let mut line = format!("{} = {}", decision.point.key, worded(decision.value.as_ref()));
        if !decision.at.is_empty() {
            line = format!("{line}, at {}", places(&decision.at));
        }
        if !decision.follows.is_empty() {
            line = format!("{line}, from {}", places(&decision.follows));
        }
        if !decision.shadowed.is_empty() {
            line = format!("{line}, over {}", places(&decision.shadowed));
        }
        lines.push(line);
        lines.push(format!("  {}", decision.why));
    }
    for finding in &explanation.findings {
        let diagnostic = &finding.diagnostic;
        let span = finding.source.zip(diagnostic.span).map(|(source, span)| Location { source, span });
        let at = span.map_or("-".to_owned(), |at| place(&at));
        lines.push(format!("{at} {}[{}]: {}", diagnostic.severity, diagnostic.code, diagnostic.message));
    }
    lines
}

pub fn values(files: &dyn Files) -> BTreeMap<Point<Key>, Value> {
    Multipath::default().values(Host { files, path: Utf8Path::new(MAIN) }, &None)
}

/// Every value that we say is in force is so to the program of this machine, and it starts where we say so.
pub fn agrees_with_the_daemon(tree: Tree<'_>) {
    let files = tree.iter().map(|(path, text)| (*path, text.as_bytes()));
    let Some(dumped) = daemon::dump(files) else { return };
    let values = values(&held(tree));
    let starts = !values.values().any(|value| matches!(value, Value::Unknown(why) if why.contains("do not start")));
    assert_eq!(starts, !dumped.is_empty(), "{tree:?}");
    for (point, value) in values.iter().filter(|_| starts) {
        let text = point.key.to_string();
        let path = point.key.table().to_string();
        let blocks = dumped.iter().filter(|block| block.path.join(".") == path);
        let Some(value) = value.known() else { continue };
        let has = |block: &daemon::Dumped, name: &str, value: &[u8]| {
            block.lines.iter().any(|(of, is)| of == name && is.as_bytes() == value)
        };
        let Some(name) = point.key.keyword() else {
            let item = |block: &daemon::Dumped| {
                let parts: Vec<String> = block.lines.iter().map(|(name, value)| format!("{name}={value}")).collect();
                parts.join(",")
            };
            let items: Vec<String> = blocks.map(item).collect();
            assert!(value.iter().all(|value| items.contains(&value.to_string())), "{text}: {value:?} {items:?}");
            continue;
        };
        let of_block = text.split_once('[').map(|(_, rest)| rest.rsplit_once(']').unwrap().0.to_owned());
        let attributes = of_block.map(|attributes| attributes.replace('"', "")).unwrap_or_default();
        let is_it = |block: &&daemon::Dumped| {
            attributes
                .split(',')
                .filter_map(|part| part.split_once('='))
                .all(|(name, is)| has(block, name, is.as_bytes()))
        };
        let blocks: Vec<_> = blocks.filter(is_it).collect();
        let said = |value: &bstr::BString| blocks.iter().any(|block| has(block, name, value));
        assert!(!blocks.is_empty() && value.iter().all(said), "{text}: {value:?} {blocks:?}");
    }
}

/// What is explained of a tree, line by line, by us and by the program.
#[track_caller]
pub fn check(tree: Tree<'_>, asked: &str, expected: &[&str]) {
    let found = lines(&explained(&held(tree), MAIN, asked));
    assert_eq!(found, expected, "{asked}");
    agrees_with_the_daemon(tree);
}

pub const IN_ORDER: &str =
    "  the last value in a section wins, drop-ins are read after the main file in the order of their names";
