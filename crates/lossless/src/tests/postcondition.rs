//! Verbs that lie: whatever rows they change and whatever they declare, an edit that counts moved exactly that.

use super::toy::{Key, Toy};
use crate::{Answer, Document, Move, Request, RowEdit, Subject};

fn key(name: &str) -> Key {
    Key(name.to_owned())
}

fn setting(name: &str, from: &[&str], to: &[&str]) -> Move<Key> {
    let values = |values: &[&str]| values.iter().map(|value| (*value).into()).collect();
    Move { subject: Subject::Setting(key(name)), from: values(from), to: values(to) }
}

#[test]
fn many_edits_of_one_block_without_borders_are_compared_in_linear_time() {
    let text = format!("s {{\n{}}}\n", "a=1\nb=2\nb=2\nb=2\n".repeat(50_000));
    let rows = (0..50_000).map(|n| RowEdit::Drop { row: 1 + 4 * n }).collect();
    let script = Some(Answer { rows, moves: vec![setting("s.a", &["1"; 50_000], &[])], notes: vec![] });
    let mut document = Document::parse_as(Toy { known_by_id: true, script, ..Toy::default() }, text);
    document.apply(&Request::unset(key("s.a"))).unwrap();
}
