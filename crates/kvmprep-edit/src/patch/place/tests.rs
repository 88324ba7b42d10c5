#![allow(clippy::unwrap_used)]

use diffy::Patch;

use super::*;

fn apply(text: &str, diff: &str) -> Result<String, (usize, Misfit)> {
    let diff = format!("--- a\n+++ b\n{diff}");
    let patch = Patch::from_bytes(diff.as_bytes()).unwrap();
    patched(text.as_bytes(), patch.hunks()).map(|text| String::from_utf8(text).unwrap())
}

const CHANGED: &str = "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n";

#[test]
fn a_hunk_is_applied_once() {
    assert_eq!(apply("a\nb\nc\n", CHANGED).unwrap(), "a\nB\nc\n");
    assert_eq!(apply("a\nB\nc\n", CHANGED).unwrap(), "a\nB\nc\n");
}

#[test]
fn moved_text_is_found_and_changed_text_is_not() {
    assert_eq!(apply("x\ny\na\nb\nc\n", CHANGED).unwrap(), "x\ny\na\nB\nc\n");
    assert_eq!(apply("x\na\nB\nc\n", CHANGED).unwrap(), "x\na\nB\nc\n");
    assert_eq!(apply("a\nb \nc\n", CHANGED), Err((0, Misfit::NotFound)), "no fuzz");
    assert_eq!(apply("x\na\nb\nc\na\nb\nc\n", CHANGED), Err((0, Misfit::Ambiguous)));
    assert_eq!(apply("a\nb\nc\na\nb\nc\n", CHANGED).unwrap(), "a\nB\nc\na\nb\nc\n", "the diff names the first");
}

#[test]
fn lines_at_the_end_are_added_once() {
    let added = "@@ -1,2 +1,3 @@\n a\n b\n+c\n";
    assert_eq!(apply("a\nb\n", added).unwrap(), "a\nb\nc\n");
    assert_eq!(apply("a\nb\nc\n", added).unwrap(), "a\nb\nc\n");
    assert_eq!(apply("a\nb\nd\n", added), Err((0, Misfit::NotFound)), "it is said to be the end");
}

#[test]
fn of_equal_lines_one_is_taken_out_once() {
    let removed = "@@ -1,2 +1 @@\n a\n-a\n";
    assert_eq!(apply("a\na\n", removed).unwrap(), "a\n");
    assert_eq!(apply("a\n", removed).unwrap(), "a\n");
}

#[test]
fn hunks_stand_in_their_order_and_each_for_itself() {
    let both = "@@ -1,3 +1,4 @@\n a\n+x\n b\n c\n@@ -10,3 +11,3 @@\n j\n-k\n+K\n l\n";
    let (old, new) = ("a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\n", "a\nx\nb\nc\nd\ne\nf\ng\nh\ni\nj\nK\nl\n");
    assert_eq!(apply(old, both).unwrap(), new);
    assert_eq!(apply(new, both).unwrap(), new);
    assert_eq!(apply(&new.replace('K', "k"), both).unwrap(), new, "one was applied by hand");
    assert_eq!(apply(&old.replace('k', "z"), both), Err((1, Misfit::NotFound)));
}

#[test]
fn a_line_without_an_end_is_another_line() {
    let ended = "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n";
    assert_eq!(apply("a", ended).unwrap(), "a\n");
    assert_eq!(apply("a\n", ended).unwrap(), "a\n");
}

#[test]
fn without_context_nothing_is_guessed() {
    assert_eq!(apply("a\n", "@@ -1,0 +2 @@\n+b\n"), Err((0, Misfit::NoContext)));
    assert_eq!(apply("", "@@ -0,0 +1 @@\n+b\n").unwrap(), "b\n");
    assert_eq!(apply("b\n", "@@ -0,0 +1 @@\n+b\n").unwrap(), "b\n");
}

#[test]
fn what_goes_without_context_is_found_by_itself() {
    let gone = "@@ -2 +1,0 @@\n-b\n";
    assert_eq!(apply("a\nb\nc\n", gone).unwrap(), "a\nc\n");
    assert_eq!(apply("a\nx\nb\nc\n", gone).unwrap(), "a\nx\nc\n");
    assert_eq!(apply("a\nc\n", gone), Err((0, Misfit::NotFound)), "gone, or never there: nobody can tell");
}

#[test]
fn what_is_left_over_by_chance_is_not_taken_for_done() {
    let gone = "@@ -2,3 +2,2 @@\n \n-PermitRootLogin yes\n \n";
    assert_eq!(apply("x\n\nPermitRootLogin  yes\n\ny\n\n\nz\n", gone), Err((0, Misfit::NotFound)));
    assert_eq!(apply("x\n\nPermitRootLogin yes\n\ny\n", gone).unwrap(), "x\n\n\ny\n");
    assert_eq!(apply("x\n\n\ny\n", gone).unwrap(), "x\n\n\ny\n");
    let changed = "@@ -10,3 +10,3 @@\n dev {\n-v 1\n+v 2\n }\n";
    assert_eq!(apply("dev {\nv 1\n}\ndev {\nv 2\n}\n", changed), Err((0, Misfit::Ambiguous)));
}

#[test]
fn lines_that_a_hunk_has_added_already_are_counted() {
    let old: String = (1..=3)
        .map(|i| format!("h{i}\n"))
        .chain((0..40).map(|_| "c\n".to_owned()))
        .chain(["end\n".to_owned()])
        .collect();
    let heads = (1..=10).map(|i| format!("+N{i}\n")).collect::<String>();
    let both = format!("@@ -1,3 +1,13 @@\n{heads} h1\n h2\n h3\n@@ -23,6 +33,7 @@\n c\n c\n c\n+X\n c\n c\n c\n");
    let new = apply(&old, &both).unwrap();
    assert_eq!(new.matches("X\n").count(), 1);
    assert_eq!(apply(&new, &both).unwrap(), new);
}
