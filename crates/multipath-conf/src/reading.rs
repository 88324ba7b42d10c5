use kvmprep_lossless::{Answer, Diagnostic, Fact, Format, Lint, Reading, Refusal, Request, RowRef, Run, Setting, Text};

use crate::key::Key;
use crate::outline::Outline;
use crate::statement::Statement;
use crate::syntax::{Kind, Multipath, Reader};
use crate::{Table, diagnostics, edit, lint, settings};

impl Reading for Multipath {
    type Key = Key;
    type Reader = Reader;

    fn readers(&self) -> &[Reader] {
        &[Reader]
    }

    /// A block is known by lines that may stand anywhere in it.
    fn is_border(&self, state: &Table) -> bool {
        state.identity().is_empty()
    }

    fn facts(&self, _: Reader, run: Run<'_, Self>, found: &mut Vec<Fact<Key>>) {
        let outline = Outline::of(run, self.version);
        let mut next = 0;
        for row in run.rows() {
            let entry = outline.entries.get(next).filter(|entry| entry.row.index == row.index).map(|_| next);
            next += usize::from(entry.is_some());
            row_facts(&outline, row, entry, found);
        }
    }
}

/// The facts of one row; `entry` is its place among the entries of the outline.
pub(crate) fn row_facts(
    outline: &Outline<'_>,
    row: RowRef<'_, Multipath>,
    entry: Option<usize>,
    found: &mut Vec<Fact<Key>>,
) {
    if row.kind == Kind::Blank && row.bytes.trim_ascii().is_empty() {
        return;
    }
    let statement = Statement::of(row.bytes, outline.version);
    let is_understood = match entry {
        Some(entry) => entry_fact(outline, entry, found),
        None => matches!(row.kind, Kind::Blank | Kind::Comment | Kind::Open | Kind::Close),
    };
    if !is_understood {
        found.push(Fact::opaque(statement.text()));
    } else if let Some(extra) = statement.extra {
        found.push(Fact::opaque(extra.of(row.bytes)));
    }
    found.extend(statement.comment().map(Fact::comment));
    found.extend(statement.unseen.map(|span| Fact::opaque(span.of(row.bytes))));
}

/// The fact of a line with a known keyword, unless it is dead. A `device` of a blacklist is one item, told at its last
/// line.
fn entry_fact(outline: &Outline<'_>, place: usize, found: &mut Vec<Fact<Key>>) -> bool {
    let entry = &outline.entries[place];
    let block = &outline.blocks[entry.block];
    if let Some(key) = outline.key(entry) {
        found.push(Fact::setting(key, entry.value.as_ref()));
        return true;
    }
    let Some(item) = &block.identity else { return false };
    if outline.ends_block(place) {
        found.push(Fact::setting(Key::items(block.table), item.text(block.table)));
    }
    item.0.iter().flatten().any(|value| value == entry.value.as_ref())
}

impl Format for Multipath {
    const NAME: &'static str = "multipath";

    fn get(&self, text: &Text<Self>, _: Reader, key: &Key) -> Vec<Setting<Key>> {
        settings::get(text, key)
    }

    fn settings(&self, text: &Text<Self>, _: Reader) -> Vec<Setting<Key>> {
        settings::settings(text)
    }

    fn answer(&self, text: &Text<Self>, request: &Request<Key>) -> Result<Answer<Key>, Refusal> {
        edit::answer(text, request)
    }

    fn holds(&self, text: &Text<Self>, _: Reader, request: &Request<Key>) -> bool {
        edit::holds(text, &request.edit)
    }

    fn diagnostics(&self, text: &Text<Self>) -> Vec<Diagnostic> {
        diagnostics::diagnostics(text)
    }

    fn lint(&self, text: &Text<Self>) -> Vec<Lint<Key>> {
        lint::lint(text)
    }
}
