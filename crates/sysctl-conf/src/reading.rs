use bstr::ByteSlice;
use kvmprep_lossless::{Answer, Diagnostic, Fact, Format, Lint, Reading, Refusal, Request, Run, Setting, Text};

use crate::grammar::{Statement, statement};
use crate::key::Key;
use crate::reader::Reader;
use crate::syntax::SysctlConf;
use crate::{diagnostics, edit, lint, settings};

impl Reading for SysctlConf {
    type Key = Key;
    type Reader = Reader;

    fn readers(&self) -> &[Reader] {
        &self.readers
    }

    /// Every assignment is a fact, shadowed ones too: procps writes them all (case `duplicate`).
    fn facts(&self, reader: Reader, run: Run<'_, Self>, found: &mut Vec<Fact<Key>>) {
        for row in run.rows() {
            found.extend(reader.lines(row.bytes).filter_map(|line| fact(reader, line)));
            if let (true, Some(nul)) = (reader.hides_behind_nul(), memchr::memchr(0, row.bytes)) {
                found.push(Fact::opaque(row.bytes[nul..].trim_end_with(|c| matches!(c, '\r' | '\n'))));
            }
        }
    }
}

fn fact(reader: Reader, line: &[u8]) -> Option<Fact<Key>> {
    let (text, statement) = statement(reader, line)?;
    Some(match statement {
        Statement::Comment => Fact::comment(text),
        Statement::Assignment(assignment) => match Key::read(reader, assignment.name) {
            Some(key) => Fact::setting(key, assignment.value),
            None => Fact::opaque(text),
        },
        Statement::Exclusion(_) | Statement::Bare(_) | Statement::Malformed => Fact::opaque(text),
    })
}

impl Format for SysctlConf {
    const NAME: &'static str = "sysctl";

    fn get(&self, text: &Text<Self>, reader: Reader, key: &Key) -> Vec<Setting<Key>> {
        settings::get(text, reader, key)
    }

    fn settings(&self, text: &Text<Self>, reader: Reader) -> Vec<Setting<Key>> {
        settings::settings(text, reader)
    }

    fn answer(&self, text: &Text<Self>, request: &Request<Key>) -> Result<Answer<Key>, Refusal> {
        edit::answer(text, request)
    }

    fn holds(&self, text: &Text<Self>, reader: Reader, request: &Request<Key>) -> bool {
        edit::holds(text, reader, &request.edit)
    }

    fn diagnostics(&self, text: &Text<Self>) -> Vec<Diagnostic> {
        diagnostics::diagnostics(text, self.readers())
    }

    fn lint(&self, text: &Text<Self>) -> Vec<Lint<Key>> {
        lint::lint(text)
    }
}
