#![allow(clippy::disallowed_methods, clippy::disallowed_types)]

use std::path::Path;
use std::process::Command;

use bstr::ByteSlice;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::diff::{CONTEXT, Names};
use crate::{Patch, Span};

fn diff(old: &str, new: &str) -> String {
    Patch::between(old.as_bytes(), new.as_bytes()).unified_diff(&Names::of("etc/f"), CONTEXT).to_string()
}

#[test]
fn a_missing_final_newline_is_marked_on_its_side() {
    assert_eq!(diff("a", "a\n"), "--- a/etc/f\n+++ b/etc/f\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n");
    assert_eq!(diff("a\n", "b"), "--- a/etc/f\n+++ b/etc/f\n@@ -1 +1 @@\n-a\n+b\n\\ No newline at end of file\n");
}

#[test]
fn an_empty_side_is_named_by_the_line_before_it() {
    assert_eq!(diff("", "a\n"), "--- a/etc/f\n+++ b/etc/f\n@@ -0,0 +1 @@\n+a\n");
    assert_eq!(diff("a\nb\n", ""), "--- a/etc/f\n+++ b/etc/f\n@@ -1,2 +0,0 @@\n-a\n-b\n");
}

#[test]
fn no_difference_is_no_output() {
    assert_eq!(diff("a\n", "a\n"), "");
}

#[test]
fn names_that_patch_would_misread_are_quoted() {
    let header = |name: &str| Patch::between(b"", b"a\n").unified_diff(&Names::created(name), 3).header();
    assert_eq!(header("/etc/a b"), "--- /dev/null\n+++ b/etc/a b\t\n");
    assert_eq!(header("etc/a\n\"é"), "--- /dev/null\n+++ \"b/etc/a\\012\\\"\\303\\251\"\n");
}

#[test]
fn a_huge_replacement_is_shown_whole_and_still_applies() {
    let old = (0..15_000).map(|n| format!("{n}\n")).collect::<String>();
    let new = (0..15_000).rev().map(|n| format!("{n}\n")).collect::<String>();
    let shown = diff(&old, &new);
    assert!(shown.starts_with("--- a/etc/f\n+++ b/etc/f\n@@ -1,15000 +1,15000 @@\n-0\n-1\n"));
}

fn side() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        4 => "[a-c]{0,2}\n".prop_map(String::into_bytes),
        1 => "[a-c]{0,2}\r\n".prop_map(String::into_bytes),
        1 => Just(b"\xa4\xb3\xff\n".to_vec()),
        1 => Just(b"-- \n".to_vec()),
        1 => Just(b"x\ry\n".to_vec()),
    ];
    (prop::collection::vec(line, 0..30), any::<bool>()).prop_map(|(lines, ended)| {
        let mut text = lines.concat();
        if !ended && text.ends_with(b"\n") {
            text.pop();
        }
        text
    })
}

/// An old text and splices of it, so that hunks lie near and far; or a file that comes or goes.
fn pair() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    let edited = (side(), prop::collection::vec((any::<prop::sample::Index>(), 0..6_usize, side()), 0..4)).prop_map(
        |(old, splices)| {
            let mut new = old.clone();
            for (at, len, with) in splices {
                let at = at.index(new.len() + 1);
                let end = (at + len).min(new.len());
                let with: Vec<u8> = with.into_iter().take(5).collect();
                new.splice(at..end, with);
            }
            (old, new)
        },
    );
    prop_oneof![
        8 => edited,
        1 => side().prop_map(|new| (Vec::new(), new)),
        1 => side().prop_map(|old| (old, Vec::new())),
    ]
}

/// A store of an original and of bytes written behind it, and the spans of it that spell a new text: splices wherever
/// they fall, several on one line too.
fn spliced() -> impl Strategy<Value = (Vec<u8>, usize, Vec<Span>)> {
    let splice = (0..8_usize, 0..4_usize, prop::sample::select(vec![&b""[..], b"x", b"\n", b"y\n", b"\xff\r\nz"]));
    (side(), prop::collection::vec(splice, 0..12)).prop_map(|(old, splices)| {
        let sealed = old.len();
        let (mut store, mut spans, mut kept) = (old, Vec::new(), 0);
        for (keep, gap, with) in splices {
            let until = (kept + keep).min(sealed);
            spans.push(Span::new(kept, until));
            spans.push(Span::new(store.len(), store.len() + with.len()));
            store.extend_from_slice(with);
            kept = (until + gap).min(sealed);
        }
        spans.push(Span::new(kept, sealed));
        spans.retain(|span| !span.is_empty());
        (store, sealed, spans)
    })
}

/// Runs GNU patch in a directory; anything but a clean application, without offset and fuzz, is a failure.
fn patched(directory: &Path, reverse: bool, diff: &[u8]) {
    std::fs::write(directory.join("change.diff"), diff).unwrap();
    let mut patch = Command::new("patch");
    patch.args(["-p1", "--binary", "--fuzz=0", "--no-backup-if-mismatch", "-i", "change.diff"]).current_dir(directory);
    if reverse {
        patch.arg("-R");
    }
    let output = patch.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let clean = output.status.success() && !said.contains("fuzz") && !said.contains("offset");
    assert!(clean, "{said}\n{}\n{}", String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(diff));
}

fn have_patch() -> bool {
    let found = Command::new("patch").arg("--version").output().is_ok_and(|output| output.status.success());
    assert!(found || std::env::var_os("CI").is_none_or(|ci| ci != "true"), "GNU patch is not installed");
    if !found {
        println!("skipped: GNU patch is not installed");
    }
    found
}

/// What a diff must survive, and how many of the pairs had it.
#[derive(Debug, Default)]
struct Seen {
    crlf: usize,
    not_utf8: usize,
    old_unended: usize,
    new_unended: usize,
    created: usize,
    deleted: usize,
    emptied: usize,
    several_splices: usize,
    several_hunks: usize,
}

/// Has GNU patch apply the diff of a patch, and its reverse, to the file `f`.
fn round_trip(directory: &Path, patch: &Patch<'_>, pair: usize, seen: &mut Seen) {
    let (old, new) = (patch.original(), patch.apply());
    let (created, deleted) = (old.is_empty() && pair.is_multiple_of(2), new.is_empty() && pair.is_multiple_of(2));
    let names = match (created, deleted) {
        (true, _) => Names::created("f"),
        (_, true) => Names::deleted("f"),
        _ => Names::of("f"),
    };
    let diff = patch.unified_diff(&names, pair % 4);
    let unended = |text: &[u8]| usize::from(!text.is_empty() && !text.ends_with(b"\n"));
    seen.crlf += usize::from(old.contains_str("\r\n") && new.contains_str("\r\n"));
    seen.not_utf8 += usize::from(!diff.to_bytes().is_utf8());
    seen.old_unended += unended(old);
    seen.new_unended += unended(&new);
    seen.created += usize::from(created);
    seen.deleted += usize::from(deleted);
    seen.emptied += usize::from(new.is_empty() && !deleted);
    seen.several_splices += usize::from(patch.splices().len() > 1);
    seen.several_hunks += usize::from(diff.hunks().len() > 1);

    let (file, diff) = (directory.join("f"), diff.to_bytes());
    let _ = std::fs::remove_file(&file);
    if !created {
        std::fs::write(&file, old).unwrap();
    }
    patched(directory, false, &diff);
    assert_eq!(std::fs::read(&file).ok(), (!deleted).then_some(new), "{diff}");
    patched(directory, true, &diff);
    assert_eq!(std::fs::read(&file).ok().as_deref(), (!created).then_some(old), "{diff}");
}

#[test]
fn gnu_patch_applies_every_diff_and_its_reverse_byte_by_byte() {
    if !have_patch() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let mut runner = TestRunner::deterministic();
    let (mut pairs, mut seen) = (0, Seen::default());
    while pairs < 1_200 {
        let (old, new) = pair().new_tree(&mut runner).unwrap().current();
        let (store, sealed, spans) = spliced().new_tree(&mut runner).unwrap().current();
        let spliced = Patch::read_off(&store[..sealed], spans.into_iter(), &store);
        for patch in [Patch::between(&old, &new), spliced].iter().filter(|patch| !patch.is_empty()) {
            pairs += 1;
            round_trip(directory.path(), patch, pairs, &mut seen);
        }
    }
    println!("{pairs} pairs applied and reversed by GNU patch: {seen:?}");
    let Seen { crlf, not_utf8, old_unended, new_unended, created, deleted, emptied, several_splices, several_hunks } =
        seen;
    let each = [crlf, not_utf8, old_unended, new_unended, created, deleted, emptied, several_splices, several_hunks];
    assert!(each.iter().all(|count| *count >= 20), "{each:?}");
}

#[test]
fn gnu_patch_finds_files_of_odd_names() {
    if !have_patch() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    for name in ["a b", "it's", "a\"b", "a\\b", "a\tb", "a\nb", "\u{e9} \u{4e2d}", "\u{e9}\"", "\u{1}"] {
        let file = directory.path().join(name);
        std::fs::write(&file, "old\n").unwrap();
        let diff = Patch::between(b"old\n", b"new\n").unified_diff(&Names::of(name), CONTEXT).to_bytes();
        patched(directory.path(), false, &diff);
        assert_eq!(std::fs::read(&file).unwrap(), b"new\n", "{diff}");
        patched(directory.path(), true, &diff);
        assert_eq!(std::fs::read(&file).unwrap(), b"old\n", "{diff}");
    }
}
