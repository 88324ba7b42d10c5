use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fmt::Write;

use bstr::{BString, ByteSlice};
use camino::{Utf8Path, Utf8PathBuf};
use kvmprep_lossless::diff::Names;
use kvmprep_lossless::files::{Entry, Files, FilesError, Found};
use kvmprep_lossless::{Absent, Change, Diagnostic, Edit, EditError, Editor, Move, Request, Taken};
use sha2::{Digest, Sha256};

use crate::file_type::{FileType, Options};
use crate::profile::{EditRule, FileRule, Profile, When};
use crate::variables::{Host, Variables};

/// What profiles would do to a host: a pure function of the profiles and the files.
#[derive(Default)]
pub struct Plan {
    /// The files that were looked into, edited or not, in the order the profiles name them.
    pub files: Vec<FilePlan>,
    /// The files that were passed over, and why.
    pub skipped: Vec<Skipped>,
}

/// What would become of one file.
pub struct FilePlan {
    /// The path the profile names.
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
    untouched: Box<dyn Editor>,
    options: Options,
    restart: BTreeSet<String>,
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
    /// What the file says of the key: its places count in the file as it was read.
    pub found: Vec<Taken>,
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

/// A file that was passed over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Skipped {
    /// The path the profile names.
    pub path: Utf8PathBuf,
    /// Why.
    pub reason: String,
}

/// Why there is no plan.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PlanError {
    /// A file that a profile wants is missing, and it does not say to create it.
    #[error("{path} does not exist, and the profile does not say `create = true`")]
    Missing {
        /// The path the profile names.
        path: Utf8PathBuf,
    },
    /// A path could not be looked at, or does not name a file.
    #[error("{path}: {why}")]
    Unreadable {
        /// The path the profile names.
        path: Utf8PathBuf,
        /// Permission, a directory, a loop of links, …
        why: String,
    },
    /// Two rules take one file for different types.
    #[error("{path} is taken for {first} by one rule and for {second} by another")]
    TwoTypes {
        /// The path the second rule names.
        path: Utf8PathBuf,
        /// The first type.
        first: FileType,
        /// The second type.
        second: FileType,
    },
    /// Two rules take one file for different readers: an edit would mean one thing to the first and another to the second.
    #[error("{path} has one `reader` in one rule and another in a second")]
    TwoReaders {
        /// The path the second rule names.
        path: Utf8PathBuf,
    },
}

/// Makes the plan for some profiles, in their order. Only files that `wanted` picks by the path the profile names are
/// looked at.
///
/// A plan carried out leaves nothing to do: edits that take each other back, so that every run would write again and no
/// check would ever be content, are refused with `contradiction`.
pub fn plan(
    profiles: &[Profile],
    variables: &Variables,
    files: &dyn Files,
    wanted: impl Fn(&Utf8Path) -> bool,
) -> Result<Plan, PlanError> {
    let mut plan = Plan::of(profiles, variables, files, &wanted)?;
    if plan.files.iter().flat_map(|file| &file.edits).any(|edit| edit.outcome.is_made()) {
        let again = Plan::of(profiles, variables, &CarriedOut { plan: &plan, files }, &wanted)?;
        plan.refuse_what_is_made_again(again);
    }
    Ok(plan)
}

/// A host as it is once a plan is carried out.
struct CarriedOut<'p> {
    plan: &'p Plan,
    files: &'p dyn Files,
}

impl Files for CarriedOut<'_> {
    fn look(&self, path: &Utf8Path) -> Result<Found, FilesError> {
        let mut found = self.files.look(path)?;
        if let Some(file) = self.plan.changed().find(|file| file.real == found.real) {
            found.entry = Entry::File(file.editor.to_bytes().into());
        }
        Ok(found)
    }
}

impl Plan {
    /// The files that change.
    pub fn changed(&self) -> impl Iterator<Item = &FilePlan> {
        self.files.iter().filter(|file| file.is_changed())
    }

    /// Services to restart, each once, in the order of their names.
    pub fn restarts(&self) -> BTreeSet<&str> {
        self.changed().flat_map(|file| &file.restart).map(String::as_str).collect()
    }

    /// The edits that could not be made, with the path of their file.
    pub fn refusals(&self) -> impl Iterator<Item = (&FilePlan, &Planned, &Diagnostic)> {
        self.files.iter().flat_map(|file| {
            file.edits.iter().filter_map(move |edit| match &edit.outcome {
                Outcome::Refused(diagnostic) => Some((file, edit, &**diagnostic)),
                _ => None,
            })
        })
    }

    fn of(
        profiles: &[Profile],
        variables: &Variables,
        files: &dyn Files,
        wanted: &impl Fn(&Utf8Path) -> bool,
    ) -> Result<Self, PlanError> {
        let mut plan = Self::default();
        for rule in profiles.iter().flat_map(|profile| &profile.files) {
            for path in rule.paths.iter().filter(|path| wanted(path)) {
                plan.take(rule, path, variables, files)?;
            }
        }
        Ok(plan)
    }

    fn take(
        &mut self,
        rule: &FileRule,
        path: &Utf8Path,
        variables: &Variables,
        files: &dyn Files,
    ) -> Result<(), PlanError> {
        let unreadable = |why: String| PlanError::Unreadable { path: path.to_owned(), why };
        let found = files.look(path).map_err(|error| unreadable(error.why))?;
        let file = match self.files.iter().position(|file| file.real == found.real) {
            Some(known) => &mut self.files[known],
            None => {
                let (base, bytes) = match found.entry {
                    Entry::File(bytes) => (Base::of(&bytes), bytes.to_vec()),
                    Entry::Absent if rule.create => (Base::Absent, Vec::new()),
                    Entry::Absent if rule.when == When::FileExists => {
                        let reason = "the file does not exist".to_owned();
                        self.skipped.push(Skipped { path: path.to_owned(), reason });
                        return Ok(());
                    }
                    Entry::Absent => return Err(PlanError::Missing { path: path.to_owned() }),
                    Entry::Directory(_) => return Err(unreadable("is a directory, not a file".to_owned())),
                    Entry::Other => return Err(unreadable("is not a regular file".to_owned())),
                };
                self.files.push(FilePlan::new(rule, path, found.real, base, bytes));
                self.files.last_mut().expect("one was pushed")
            }
        };
        if file.file_type != rule.file_type {
            let (first, second) = (file.file_type, rule.file_type);
            return Err(PlanError::TwoTypes { path: path.to_owned(), first, second });
        }
        if file.options != rule.options {
            return Err(PlanError::TwoReaders { path: path.to_owned() });
        }
        rule.edits.iter().for_each(|edit| file.make_all(edit, variables));
        file.restart.extend(rule.restart.iter().cloned());
        Ok(())
    }

    fn refuse_what_is_made_again(&mut self, again: Self) {
        let made = again.files.into_iter().flat_map(|file| {
            let real = file.real;
            file.edits.into_iter().filter(|edit| edit.outcome.is_made()).map(move |edit| (real.clone(), edit))
        });
        for (real, undone) in made {
            let refusal = contradiction(&undone.edit);
            let file = self.files.iter_mut().find(|file| file.real == real);
            let edits = file.into_iter().flat_map(|file| &mut file.edits);
            let same = |planned: &&mut Planned| planned.edit == undone.edit && !planned.outcome.is_refused();
            edits.filter(same).for_each(|planned| planned.outcome = Outcome::Refused(Box::new(refusal.clone())));
        }
    }
}

fn contradiction(edit: &Edit<String>) -> Diagnostic {
    let mut asked = format!("{} {}", edit.verb(), edit.key());
    let values = match edit {
        Edit::Set { to, .. } => to.as_slice(),
        Edit::Add { item, .. } | Edit::Remove { item, .. } => std::slice::from_ref(item),
        Edit::Unset { .. } | Edit::Disable { .. } => &[],
    };
    values.iter().for_each(|value| asked.extend([" ", &value.to_str_lossy()]));
    let message = format!("`{asked}` would not last: other edits of this run undo it, and a second run makes it again");
    Diagnostic::error("contradiction", message).help("let the profiles, and the hosts given, ask for one thing only")
}

impl FilePlan {
    fn new(rule: &FileRule, path: &Utf8Path, real: Utf8PathBuf, base: Base, bytes: Vec<u8>) -> Self {
        Self {
            path: path.to_owned(),
            real,
            file_type: rule.file_type,
            base,
            untouched: rule.file_type.open(bytes.clone(), rule.options),
            editor: rule.file_type.open(bytes, rule.options),
            edits: Vec::new(),
            options: rule.options,
            restart: BTreeSet::new(),
        }
    }

    /// True when the file would be written.
    pub fn is_changed(&self) -> bool {
        !self.editor.patch().is_empty()
    }

    fn make_all(&mut self, rule: &EditRule, variables: &Variables) {
        match rule.for_each {
            Some(_) => variables.hosts.iter().for_each(|host| self.make(rule, &filled_request(&rule.request, host))),
            None => self.make(rule, &rule.request),
        }
    }

    fn make(&mut self, rule: &EditRule, request: &Request<String>) {
        let found = self.untouched.get(request.edit.key()).unwrap_or_default();
        let now = self.editor.get(request.edit.key()).unwrap_or_default();
        let absent = now.iter().all(|taken| taken.settings.is_empty());
        let only_live = rule.when == When::KeyPresent || request.manner.absent == Absent::Leave;
        let (outcome, text) = if only_live && absent {
            (Outcome::Skipped { reason: format!("`{}` is not set", request.edit.key()) }, Vec::new())
        } else {
            let before = self.editor.to_bytes();
            let refused = |error: EditError| Outcome::Refused(Box::new(error.diagnostic()));
            let outcome = self.editor.apply(request).map_or_else(refused, Outcome::of);
            let text = if outcome.diagnostics().next().is_some() { before } else { Vec::new() };
            (outcome, text)
        };
        self.edits.push(Planned { edit: request.edit.clone(), why: rule.why.clone(), found, outcome, text });
    }
}

impl FilePlan {
    /// The names on the file's diff.
    pub fn names(&self) -> Names {
        match self.base {
            Base::Absent => Names::created(self.real.as_str()),
            Base::Present(_) => Names::of(self.real.as_str()),
        }
    }
}

impl Outcome {
    fn is_made(&self) -> bool {
        matches!(self, Self::Made { .. })
    }

    fn is_refused(&self) -> bool {
        matches!(self, Self::Refused(_))
    }

    /// What became of an edit that was not refused.
    pub fn of(change: Change<String>) -> Self {
        match change {
            Change::Made { moves, notes } => Self::Made { moves, notes },
            Change::AlreadySo { notes } => Self::AlreadySo { notes },
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

/// A text of a rule that is made for each host, for one of them.
pub(crate) fn filled(text: &str, address: &str, names: &str) -> String {
    text.replace("{names}", names).replace("{address}", address)
}

fn filled_request(request: &Request<String>, host: &Host) -> Request<String> {
    let (address, names) = (host.address.to_string(), host.names.join(","));
    let value = |value: &BString| {
        BString::from(value.to_str().map_or_else(|_| value.to_vec(), |v| filled(v, &address, &names).into_bytes()))
    };
    let Ok(edit) = request.edit.try_map(|key| Ok::<_, Infallible>(filled(key, &address, &names)));
    let edit = edit.map_values(value);
    Request { edit, manner: request.manner.clone() }
}
