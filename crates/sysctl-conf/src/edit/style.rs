use kvmprep_lossless::lines::{self, Ending};
use kvmprep_lossless::{Reading, Span, Text};

use crate::entries::entries;
use crate::grammar::{Statement, Template};
use crate::key::Key;
use crate::syntax::SysctlConf;

/// How a line is laid out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Style<'t> {
    indentation: &'t [u8],
    separator: &'t [u8],
    ending: Ending,
}

impl<'t> Style<'t> {
    /// The style of the assignment nearest to a place: the last one above it, else the first one below.
    pub fn near(text: &'t Text<SysctlConf>, row: usize) -> Self {
        let mut nearest = None;
        for entry in entries(text, text.syntax().readers()[0]) {
            let Statement::Assignment(assignment) = entry.statement else { continue };
            if entry.row >= row && nearest.is_some() {
                break;
            }
            nearest = Some((entry.row, assignment));
        }
        let dominant = || Ending::dominant(&text.contiguous());
        let Some((row, assignment)) = nearest else {
            return Self { indentation: b"", separator: b" = ", ending: dominant() };
        };
        let line = text.bytes_of(row);
        Self {
            indentation: lines::indentation(line),
            separator: separator(line, assignment.name, assignment.value).unwrap_or(b" = "),
            ending: Ending::of(line).unwrap_or_else(dominant),
        }
    }

    /// The style of a commented default.
    pub fn of_default(text: &'t Text<SysctlConf>, line: &'t [u8], template: &Template<'t>) -> Self {
        Self {
            indentation: template.indentation,
            separator: separator(line, template.assignment.name, template.assignment.value).unwrap_or(b" = "),
            ending: Ending::of(line).unwrap_or_else(|| Ending::dominant(&text.contiguous())),
        }
    }

    /// A whole line that sets a key.
    pub fn line(&self, key: &Key, value: &[u8]) -> Vec<u8> {
        [self.indentation, key.spelling(), self.separator, value, self.ending.bytes()].concat()
    }
}

/// What stands between key and value, when it is `=` and plain blanks.
fn separator<'t>(line: &'t [u8], name: &[u8], value: &[u8]) -> Option<&'t [u8]> {
    let (name, value) = (Span::of_part(line, name)?, Span::of_part(line, value)?);
    let separator = Span::new(name.end, value.start).of(line);
    let plain = !value.is_empty() && separator.iter().all(|byte| b" \t=".contains(byte));
    plain.then_some(separator)
}
