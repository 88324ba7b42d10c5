use kvmprep_lossless::{Manner, Reading, Refusal, RowRef, Span, Text};

use super::vet;
use crate::entries::{Entry, entries_of};
use crate::grammar::{Statement, Template, template};
use crate::key::{Key, leads_up, matches, wanders};
use crate::reader::Reader;
use crate::syntax::{Kind, SysctlConf};

/// An assignment of the key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Place<'t> {
    pub row: usize,
    /// The assignment without the blanks around it, and where it stands.
    pub text: &'t [u8],
    pub line: Span,
    /// The value, and where it stands.
    pub value: &'t [u8],
    pub span: Span,
    /// All readers take the line for this one assignment, whatever directories the kernel has.
    pub agreed: bool,
    /// No patterns reach the key past this line: not so for `vm..swappiness`, as procps compares spellings.
    pub plain: bool,
}

/// A commented default of the key.
#[derive(Clone, Copy, Debug)]
pub(super) struct CommentedDefault<'t> {
    pub row: RowRef<'t, SysctlConf>,
    pub template: Template<'t>,
}

/// Where a file speaks of a key.
pub(super) struct Places<'t> {
    live: Vec<Place<'t>>,
    /// Commented defaults.
    pub defaults: Vec<CommentedDefault<'t>>,
    /// The row of the last exclusion: systemd drops settings above it (case `explicit-then-exclude`).
    pub exclusion: Option<usize>,
    /// The last pattern that reaches the key.
    pub glob: Option<Span>,
    /// The row of the last pattern that procps lets reach even an explicit key: `vm..swap*`.
    past: Option<usize>,
}

impl<'t> Places<'t> {
    /// Looks through the file once; refuses one that its readers do not take for the same lines, unless the caller
    /// allows it.
    pub fn find(text: &'t Text<SysctlConf>, key: &Key, manner: &Manner) -> Result<Self, Refusal> {
        let mut places = Self { live: Vec::new(), defaults: Vec::new(), exclusion: None, glob: None, past: None };
        let readers = text.syntax().readers();
        for row in text.rows() {
            if let Some(refusal) = vet::doubt(row).filter(|refusal| !manner.allows(refusal.code())) {
                return Err(refusal);
            }
            match row.kind {
                Kind::Blank => {}
                Kind::Comment => places.defaults.extend(default(row, readers, key)),
                Kind::Statement | Kind::Split => places.look(row, readers, key),
            }
        }
        Ok(places)
    }

    fn look(&mut self, row: RowRef<'t, SysctlConf>, readers: &[Reader], key: &Key) {
        let mut found: Vec<Place<'t>> = Vec::new();
        for &reader in readers {
            for entry in entries_of(row, reader).filter(|entry| entry.concerns(key)) {
                match Concern::of(&entry, reader, key) {
                    Some(Concern::Set(place)) => found.push(place),
                    Some(Concern::Excluded) if reader.drops_excluded() => self.exclusion = Some(row.index),
                    Some(Concern::Reached { span, is_spelled_past }) => {
                        self.glob = Some(span);
                        if is_spelled_past {
                            self.past = Some(row.index);
                        }
                    }
                    Some(Concern::Excluded) | None => {}
                }
            }
        }
        let Some(last) = found.last() else { return };
        let alike = found.iter().all(|place| (place.text, place.span) == (last.text, last.span));
        let agreed = row.kind == Kind::Statement && found.len() == readers.len() && alike && last.agreed;
        self.live.push(Place { agreed, plain: found.iter().all(|place| place.plain), ..*last });
    }

    /// The assignments of the key, shadowed ones too, in order.
    pub fn live(&self) -> &[Place<'t>] {
        &self.live
    }

    /// The assignments, when all readers take each for the same.
    pub fn all_agreed(&self) -> Result<&[Place<'t>], Refusal> {
        match self.live.iter().find(|place| !place.agreed) {
            None => Ok(&self.live),
            Some(place) => {
                Err(Refusal::new("readers-differ", "procps and systemd take this line for different things")
                    .at(place.line)
                    .help("rewrite the line as `key = value` with spaces for blanks"))
            }
        }
    }

    /// The last row that says anything live of the key.
    pub fn last_row(&self) -> Option<usize> {
        self.live.last().map(|place| place.row).max(self.exclusion).max(self.past)
    }
}

enum Concern<'t> {
    Set(Place<'t>),
    Excluded,
    Reached { span: Span, is_spelled_past: bool },
}

impl<'t> Concern<'t> {
    fn of(entry: &Entry<'t>, reader: Reader, key: &Key) -> Option<Self> {
        if let Statement::Exclusion(name) = entry.statement {
            return (Key::read(reader, name).as_ref() == Some(key)).then_some(Self::Excluded);
        }
        let live = entry.live(reader)?;
        if live.key == *key {
            let opened = reader.opened(live.name);
            let (plain, agreed) = (opened == key.path(), !leads_up(&opened));
            let Entry { row, text, span: line, .. } = *entry;
            return Some(Self::Set(Place { row, text, line, value: live.value, span: live.span, agreed, plain }));
        }
        let opened = reader.opened(live.name);
        let wanders = reader.gets_past_spellings() && wanders(&opened);
        let is_pattern = live.key.is_glob() && reader.knows_patterns();
        let reached = !key.is_glob() && is_pattern && (wanders || matches(live.key.path(), key.path()));
        let is_spelled_past = reader.gets_past_spellings() && (wanders || opened != live.key.path());
        reached.then_some(Self::Reached { span: live.span, is_spelled_past })
    }
}

/// A commented default, when every reader would take it for the key, spelled the plain way.
fn default<'t>(row: RowRef<'t, SysctlConf>, readers: &[Reader], key: &Key) -> Option<CommentedDefault<'t>> {
    let template = template(row.bytes)?;
    let is_plain = |reader: &Reader| {
        let has_dash = template.assignment.tolerant && !reader.knows_dash();
        !has_dash && reader.opened(template.assignment.name) == key.path()
    };
    let plain = readers.iter().all(is_plain);
    plain.then_some(CommentedDefault { row, template })
}
