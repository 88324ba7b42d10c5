mod effect;
mod file;
mod placement;
mod trial;
mod wish;

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use kvmprep_lossless::effective::{Consumers, Explanation, Host};
use kvmprep_lossless::files::{Entry, Files, Overlay};
use kvmprep_lossless::{Absent, Diagnostic, Edit, EditError, Request};

pub use effect::{Effect, Lines, Shadow, Site, judged};
pub(crate) use effect::{decided_at, relevant};
pub use file::{Base, FilePlan, Outcome, Planned};
pub use placement::Placement;
pub(crate) use placement::{Main, targets};
pub(crate) use trial::tried;
pub use wish::{Standing, Wish};

use crate::consumers::Circumstances;
use crate::file_type::FileType;
use crate::profile::{EditRule, FileRule, Profile, When};
use crate::variables::Variables;

/// What profiles would do to a host: a pure function of the profiles and the files.
#[derive(Default)]
pub struct Plan {
    /// The files that were looked into, edited or not, in the order the profiles name them; a file that an edit goes to
    /// in another's place stands behind it.
    pub files: Vec<FilePlan>,
    /// What is wanted, in the order of the profiles.
    pub wishes: Vec<Wish>,
    /// The files that were passed over, and why.
    pub skipped: Vec<Skipped>,
}

/// What the caller gives beside the profiles.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Given {
    /// What the profiles leave open.
    pub variables: Variables,
    /// Where edits go, whatever the profiles say.
    pub placement: Option<Placement>,
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
    /// Two rules take one file for different readers or dialects: an edit would mean one thing to the first and another to
    /// the second.
    #[error("{path} has one `reader` or `dialect` in one rule and another in a second")]
    TwoReaders {
        /// The path the second rule names.
        path: Utf8PathBuf,
    },
}

/// Makes the plan for some profiles, in their order. Only files that `wanted` picks by the path the profile names are
/// looked at, and what their consumers read beside them.
///
/// An edit counts only if no effective value but those it is about moves, over all files that the consumer reads; else it
/// is refused with `moves-others`. A plan carried out leaves nothing to do: edits that take each other back, so that every
/// run would write again and no check would ever be content, are refused with `contradiction`.
pub fn plan(
    profiles: &[Profile],
    given: &Given,
    files: &dyn Files,
    wanted: impl Fn(&Utf8Path) -> bool,
) -> Result<Plan, PlanError> {
    let mut plan = Planning::all(profiles, given, files, &wanted)?;
    if plan.files.iter().flat_map(|file| &file.edits).any(|edit| edit.outcome.is_made()) {
        let again = Planning::all(profiles, given, &plan.carried_out(files), &wanted)?;
        plan.refuse_what_is_made_again(again);
    }
    plan.judge_effects(files);
    Ok(plan)
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

    /// The edits that could not be made, with their file.
    pub fn refusals(&self) -> impl Iterator<Item = (&FilePlan, &Planned, &Diagnostic)> {
        self.files.iter().flat_map(|file| {
            file.edits.iter().filter_map(move |edit| match &edit.outcome {
                Outcome::Refused(diagnostic) => Some((file, edit, &**diagnostic)),
                _ => None,
            })
        })
    }

    /// What is wanted and would not count once the plan is carried out, or of which that cannot be told.
    pub fn without_effect(&self) -> impl Iterator<Item = (&Wish, &Effect)> {
        let is_asked = |wish: &&Wish| !matches!(self.standing(wish), Standing::Skipped(_) | Standing::Refused(_));
        let wishes = self.wishes.iter().filter(is_asked).map(|wish| (wish, &wish.effect));
        wishes.filter(|(_, effect)| **effect != Effect::InForce)
    }

    /// How a wish stands: in the files as they are.
    pub fn standing(&self, wish: &Wish) -> Standing {
        wish.standing(self.outcomes(wish))
    }

    /// Why the consumers of a wish that differs take what is wanted all the same: by a rule of theirs they leave out
    /// what the file says beside it. `None` where they do not take it.
    pub fn in_force_by(&self, wish: &Wish) -> Option<String> {
        let is_so = self.standing(wish) == Standing::Differs && matches!(wish.edit, Edit::Set { .. });
        let consumers = &self.files.get(wish.file)?.consumers;
        wish.in_force_by(&**consumers).filter(|_| is_so)
    }

    /// What became of the edits that a wish came to.
    pub fn outcomes(&self, wish: &Wish) -> impl Iterator<Item = &Outcome> {
        wish.edits.iter().filter_map(|(file, edit)| Some(&self.files.get(*file)?.edits.get(*edit)?.outcome))
    }

    /// The host as it is once the plan is carried out.
    fn carried_out<'f>(&self, files: &'f dyn Files) -> Overlay<'f> {
        let planned = Overlay::over(files);
        self.changed().fold(planned, |planned, file| planned.with(file.real.clone(), file.editor.to_bytes()))
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

    fn judge_effects(&mut self, files: &dyn Files) {
        let planned = self.carried_out(files);
        for wish in &mut self.wishes {
            let files = wish.edits.iter().map(|(file, _)| &self.files[*file]);
            let lines: Vec<Lines> = files.map(|file| Lines::of(&file.real, &*file.editor, wish.edit.key())).collect();
            let Some(consumers) = wish.edits.first().map(|(file, _)| &self.files[*file].consumers) else { continue };
            let host = Host { files: &planned, path: &wish.path };
            let Ok(after) = consumers.explain(host, wish.edit.key()) else { continue };
            wish.effect = judged(&**consumers, &wish.edit, &after, &lines);
            if !matches!(wish.effect, Effect::Unknown { .. }) {
                wish.edits.iter().for_each(|(file, edit)| self.files[*file].edits[*edit].outcome.settle());
            }
        }
    }
}

/// Not in a file that may be edited, at least.
fn not_set(key: &str, before: &Explanation<String>) -> String {
    let at = relevant(before).find_map(|decision| decision.at.first());
    match at.and_then(|at| Site::of(before, *at)) {
        Some(site) => format!("only {site} sets `{key}`, which is not edited"),
        None => format!("`{key}` is not set"),
    }
}

fn contradiction(edit: &Edit<String>) -> Diagnostic {
    let message = format!(
        "`{}` would not last: other edits of this run undo it, and a second run makes it again",
        wish::spelled(edit)
    );
    Diagnostic::error("contradiction", message).help("let the profiles, and the hosts given, ask for one thing only")
}

/// A plan being made.
struct Planning<'p> {
    files: &'p dyn Files,
    given: &'p Given,
    plan: Plan,
}

impl<'p> Planning<'p> {
    fn all(
        profiles: &[Profile],
        given: &'p Given,
        files: &'p dyn Files,
        wanted: &impl Fn(&Utf8Path) -> bool,
    ) -> Result<Plan, PlanError> {
        let mut planning = Self { files, given, plan: Plan::default() };
        for rule in profiles.iter().flat_map(|profile| &profile.files) {
            for path in rule.paths.iter().filter(|path| wanted(path)) {
                planning.take(rule, path)?;
            }
        }
        Ok(planning.plan)
    }

    fn take(&mut self, rule: &FileRule, path: &Utf8Path) -> Result<(), PlanError> {
        let Some(main) = self.file(rule, path, rule.create)? else { return Ok(()) };
        self.plan.files[main].restart.extend(rule.restart.iter().cloned());
        for edit in &rule.edits {
            for request in edit.requests(&self.given.variables) {
                self.wish(rule, main, path, edit, &request)?;
            }
        }
        Ok(())
    }

    /// The plan of a file, by number; `None` where there is no file and that is well.
    fn file(&mut self, rule: &FileRule, path: &Utf8Path, create: bool) -> Result<Option<usize>, PlanError> {
        let unreadable = |why: String| PlanError::Unreadable { path: path.to_owned(), why };
        let found = self.files.look(path).map_err(|error| unreadable(error.why))?;
        if let Some(known) = self.plan.files.iter().position(|file| file.real == found.real) {
            self.plan.files[known].is_of(rule, path)?;
            return Ok(Some(known));
        }
        let (base, bytes) = match found.entry {
            Entry::File(bytes) => (Base::of(&bytes), bytes.to_vec()),
            Entry::Absent if create => (Base::Absent, Vec::new()),
            Entry::Absent if rule.when == When::FileExists => {
                let reason = "the file does not exist".to_owned();
                self.plan.skipped.push(Skipped { path: path.to_owned(), reason });
                return Ok(None);
            }
            Entry::Absent => return Err(PlanError::Missing { path: path.to_owned() }),
            Entry::Directory(_) => return Err(unreadable("is a directory, not a file".to_owned())),
            Entry::Other => return Err(unreadable("is not a regular file".to_owned())),
        };
        let consumers = rule.file_type.consumers(rule.options, self.files, &Circumstances::default());
        self.plan.files.push(FilePlan::new(rule, path, found.real, base, bytes, consumers));
        Ok(Some(self.plan.files.len() - 1))
    }

    /// One edit that a profile wants, made where it belongs.
    fn wish(
        &mut self,
        rule: &FileRule,
        main: usize,
        path: &Utf8Path,
        edit: &EditRule,
        request: &Request<String>,
    ) -> Result<(), PlanError> {
        let file = &self.plan.files[main];
        let key = request.edit.key();
        let before = file.consumers.explain(Host { files: self.files, path }, key).unwrap_or_default();
        let mut wish = Wish::new(path, &edit.why, request, &before, (main, file));
        let only_live = edit.when == When::KeyPresent || request.manner.absent == Absent::Leave;
        let is_live = file.has(key) || placement::is_in_drop_in(file.main(path), &before);
        let placement = self.given.placement.or(rule.placement).unwrap_or_default();
        let targets = match only_live && !is_live {
            true => Err(Outcome::Skipped { reason: not_set(key, &before) }),
            false => targets(placement, file.main(path), request, &before, &self.plan.carried_out(self.files))
                .map_err(|refusal| Outcome::Refused(Box::new(refusal))),
        };
        match targets {
            Err(outcome) => {
                wish.edits.push((main, self.plan.files[main].note(request, &edit.why, outcome, Vec::new())));
            }
            Ok(targets) => {
                for target in targets {
                    let Some(number) = self.file(rule, &target, true)? else { continue };
                    self.plan.files[number].restart.extend(rule.restart.iter().cloned());
                    wish.is_so &= self.plan.files[number].was_so(request);
                    let (outcome, text) = self.made(number, path, request);
                    wish.edits.push((number, self.plan.files[number].note(request, &edit.why, outcome, text)));
                }
            }
        }
        let files = wish.edits.iter().map(|(file, _)| &self.plan.files[*file]);
        let lines: Vec<Lines> = files.map(|file| Lines::of(&file.real, &*file.untouched(), key)).collect();
        wish.effect_now = judged(&*self.plan.files[main].consumers, &request.edit, &before, &lines);
        self.plan.wishes.push(wish);
        Ok(())
    }

    /// Makes an edit in one file; taken back where it moves what other keys mean, over all files. The text is the one that
    /// the edit was tried on.
    fn made(&mut self, number: usize, main: &Utf8Path, request: &Request<String>) -> (Outcome, Vec<u8>) {
        let before = self.values(number, main);
        let text = self.plan.files[number].editor.to_bytes();
        let outcome = self.plan.files[number].apply(request);
        let Outcome::Made { moves, .. } = &outcome else { return (outcome, text) };
        let after = self.values(number, main);
        let file = &mut self.plan.files[number];
        let moved = effect::moved(&*file.consumers, request.edit.key(), moves, &before, &after);
        if moved.is_empty() {
            return (outcome, text);
        }
        file.take_back();
        (Outcome::Refused(Box::new(effect::moves_others(&moved))), text)
    }

    fn values(&self, number: usize, main: &Utf8Path) -> effect::Values {
        let consumers: &dyn Consumers = &*self.plan.files[number].consumers;
        match consumers.drop_ins() {
            Some(_) => consumers.values(Host { files: &self.plan.carried_out(self.files), path: main }),
            None => effect::Values::new(),
        }
    }
}

impl FilePlan {
    fn main<'m>(&'m self, path: &'m Utf8Path) -> Main<'m> {
        Main { path, file_type: self.file_type, options: self.options, consumers: &*self.consumers }
    }

    /// True where the rule takes the file as the one before did.
    fn is_of(&self, rule: &FileRule, path: &Utf8Path) -> Result<(), PlanError> {
        if self.file_type != rule.file_type {
            let (first, second) = (self.file_type, rule.file_type);
            return Err(PlanError::TwoTypes { path: path.to_owned(), first, second });
        }
        match self.options == rule.options {
            true => Ok(()),
            false => Err(PlanError::TwoReaders { path: path.to_owned() }),
        }
    }
}

fn refused(error: EditError) -> Outcome {
    Outcome::Refused(Box::new(error.diagnostic()))
}
