use std::collections::HashSet;

use kvmprep_lossless::{Span, Text, Value};

use crate::key::Key;
use crate::parts::{Part, Parts, exports};
use crate::syntax::{Kind, Reader, Sysconfig};

/// An assignment as it stands in the file: one that is always run, and that an edit can reach.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assignment {
    /// The variable.
    pub key: Key,
    /// Its value to a shell.
    pub value: Value,
    /// The whole word, `NAME=value`, in the printed text.
    pub word: Span,
    /// The value as it is spelt.
    pub spelling: Span,
    /// It is the argument of `export`, `readonly` or `declare`.
    pub declared: bool,
    /// The variable is exported in the end, by its own command or another that is always run (case `export-dup`), and
    /// no code may say otherwise.
    pub exported: bool,
}

/// The assignments of a file in order, as a shell takes the text apart; assignments inside shell code are not among
/// them. Empty for a file that no shell reads.
///
/// ```
/// use kvmprep_sysconfig::{SysconfigFile, assignments};
/// let file = SysconfigFile::parse("A=1; export B='x y'\nif true; then C=3; fi\n");
/// let names: Vec<_> = assignments(file.text()).map(|assignment| assignment.key.to_string()).collect();
/// assert_eq!(names, ["A", "B"]);
/// ```
pub fn assignments(text: &Text<Sysconfig>) -> impl Iterator<Item = Assignment> + '_ {
    let shell = text.syntax().reads(Reader::Shell);
    let exported = if shell { exported(text) } else { HashSet::new() };
    text.rows().filter(move |row| shell && row.kind == Kind::Assignment).flat_map(move |row| {
        let parts = Parts::of(row.bytes).parts;
        let assignments = parts.into_iter().filter_map(|part| match part {
            Part::Assign(assign) => Some(Assignment {
                value: match assign.known() {
                    Some(value) => Value::Known(vec![value.into()]),
                    None => Value::Unknown(assign.obstacle().unwrap_or_default().to_owned()),
                },
                word: assign.word.shifted(row.at),
                spelling: assign.value.shifted(row.at),
                declared: assign.by.is_some(),
                exported: exported.contains(&assign.key),
                key: assign.key,
            }),
            _ => None,
        });
        assignments.collect::<Vec<_>>()
    })
}

fn exported(text: &Text<Sysconfig>) -> HashSet<Key> {
    let mut exported = HashSet::new();
    for row in text.rows().filter(|row| matches!(row.kind, Kind::Assignment | Kind::Code)) {
        let Parts { statement, parts } = Parts::of(row.bytes);
        for part in parts {
            match part {
                Part::Declare { by, name } if exports(by.of(row.bytes)) => {
                    exported.insert(name);
                }
                Part::Fixed { name, value: None, .. } => {
                    exported.remove(&name);
                }
                // `export -n NAME`, `unset` under a condition.
                Part::Code { span, .. } => {
                    statement.assigned_in(span, row.bytes).filter_map(Key::of).for_each(|name| {
                        exported.remove(&name);
                    });
                }
                _ => {}
            }
        }
    }
    exported
}
