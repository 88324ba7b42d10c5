use std::collections::BTreeSet;
use std::fmt::Write;

use camino::{Utf8Path, Utf8PathBuf};
use kvmprep_lossless::diff::Names;
use kvmprep_lossless::effective::Consumers;
use kvmprep_lossless::{Change, Diagnostic, Edit, Editor, Move, Request, Taken};
use sha2::{Digest, Sha256};

use super::refused;
use crate::file_type::FileType;
use crate::options::Options;

/// What would become of one file.
pub struct FilePlan {
    /// The path the profile names, or the one that an edit goes to in its place.
    pub path: Utf8PathBuf,
    /// The file that is written: the path with all links followed within the root.
    pub real: Utf8PathBuf,
    /// Its format.
    pub file_type: FileType,
    /// The bytes that the plan is made for.
    pub base: Base,
    /// The file with the edits made.
    pub editor: Box<dyn Editor>,
    /// The edits in order, and what became of each.
    pub edits: Vec<Planned>,
    /// Who reads the file.
    pub consumers: Box<dyn Consumers>,
    pub(crate) options: Options,
    pub(super) restart: BTreeSet<String>,
    /// The edits that were made: what is taken back is forgotten by making the others again.
    made: Vec<Request<String>>,
}

/// What a plan was made for: it may only be carried out on the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Base {
    /// No file.
    Absent,
    /// A file with this SHA-256, in lower-case hexadecimal digits.
    Present(String),
}

/// One edit of a plan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Planned {
    /// What is asked for.
    pub edit: Edit<String>,
    /// Why.
    pub why: String,
    /// What became of it.
    pub outcome: Outcome,
    /// The text that the outcome's places count in, where it names any: the file as the edit found it.
    pub text: Vec<u8>,
}

/// What became of an edit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Made.
    Made {
        /// What moves in the reading.
        moves: Vec<Move<String>>,
        /// What to know about it.
        notes: Vec<Diagnostic>,
    },
    /// Nothing to do.
    AlreadySo {
        /// What to know about it.
        notes: Vec<Diagnostic>,
    },
    /// Its condition does not hold.
    Skipped {
        /// Why.
        reason: String,
    },
    /// It could not be made: the plan must not be carried out.
    Refused(Box<Diagnostic>),
}

impl FilePlan {
    pub(super) fn new(
        path: &Utf8Path,
        real: Utf8PathBuf,
        (base, bytes): (Base, Vec<u8>),
        (file_type, options): (FileType, Options),
        consumers: Box<dyn Consumers>,
    ) -> Self {
        Self {
            path: path.to_owned(),
            real,
            file_type,
            base,
            editor: file_type.open(bytes, options),
            edits: Vec::new(),
            consumers,
            options,
            restart: BTreeSet::new(),
            made: Vec::new(),
        }
    }

    /// True when the file would be written.
    pub fn is_changed(&self) -> bool {
        !self.editor.patch().is_empty()
    }

    /// The names on the file's diff.
    pub fn names(&self) -> Names {
        match self.base {
            Base::Absent => Names::created(self.real.as_str()),
            Base::Present(_) => Names::of(self.real.as_str()),
        }
    }

    /// The file as it was read.
    pub(super) fn untouched(&self) -> Box<dyn Editor> {
        self.file_type.open(self.editor.original(), self.options)
    }

    /// True where the file as it was read has what is asked for.
    pub(super) fn was_so(&self, request: &Request<String>) -> bool {
        matches!(self.untouched().apply(request), Ok(Change::AlreadySo { .. }))
    }

    /// What the file says of a key, the edits before counted in.
    pub(super) fn says(&self, key: &str) -> Vec<Taken> {
        self.editor.get(key).unwrap_or_default()
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.says(key).iter().any(|taken| !taken.settings.is_empty())
    }

    pub(super) fn apply(&mut self, request: &Request<String>) -> Outcome {
        let outcome = self.editor.apply(request).map_or_else(refused, Outcome::of);
        if outcome.is_made() {
            self.made.push(request.clone());
        }
        outcome
    }

    /// Takes the last edit that was made back.
    pub(super) fn take_back(&mut self) {
        self.made.pop();
        self.editor = self.untouched();
        for request in &self.made {
            let made = self.editor.apply(request);
            debug_assert!(made.is_ok(), "the same edits on the same text: {made:?}");
        }
    }

    /// Notes what became of an edit; its number. Places in what there is to say of it count in the text it was tried on.
    pub(super) fn note(&mut self, request: &Request<String>, why: &str, outcome: Outcome, text: Vec<u8>) -> usize {
        let text = if outcome.diagnostics().next().is_some() { text } else { Vec::new() };
        self.edits.push(Planned { edit: request.edit.clone(), why: why.to_owned(), outcome, text });
        self.edits.len() - 1
    }
}

impl Outcome {
    /// True when the file was changed by it.
    pub fn is_made(&self) -> bool {
        matches!(self, Self::Made { .. })
    }

    pub(crate) fn is_refused(&self) -> bool {
        matches!(self, Self::Refused(_))
    }

    /// What became of an edit that was not refused.
    pub fn of(change: Change<String>) -> Self {
        match change {
            Change::Made { moves, notes } => Self::Made { moves, notes },
            Change::AlreadySo { notes } => Self::AlreadySo { notes },
        }
    }

    /// Something else to know of an edit that was made.
    pub(super) fn note(&mut self, note: Diagnostic) {
        if let Self::Made { notes, .. } = self {
            notes.push(note);
        }
    }

    /// Takes out the doubts of who saw the one file alone, once all files were looked at, with all edits made: whether
    /// another key still goes before this one.
    pub fn settle(&mut self, is_overridden: bool) {
        if let Self::Made { notes, .. } | Self::AlreadySo { notes } = self {
            let stays = |note: &Diagnostic| match note.code {
                "include-earlier" => false,
                "goes-before-the-default" => is_overridden,
                _ => true,
            };
            notes.retain(stays);
        }
    }

    /// What there is to say: notes of an edit, or the reason why there is none.
    pub fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        let (notes, refusal) = match self {
            Self::Made { notes, .. } | Self::AlreadySo { notes } => (notes.as_slice(), None),
            Self::Skipped { .. } => (&[][..], None),
            Self::Refused(diagnostic) => (&[][..], Some(&**diagnostic)),
        };
        notes.iter().chain(refusal)
    }
}

impl Base {
    /// The base that a file with these bytes is.
    pub fn of(bytes: &[u8]) -> Self {
        let mut digits = String::with_capacity(64);
        for byte in Sha256::digest(bytes) {
            let _ = write!(digits, "{byte:02x}");
        }
        Self::Present(digits)
    }
}
