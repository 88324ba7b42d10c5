mod effect;
mod file;
mod placement;
mod planning;
mod trial;
mod wish;

use std::collections::BTreeSet;

use bstr::BString;
use camino::{Utf8Path, Utf8PathBuf};
use kvmprep_lossless::effective::{Decision, Host, OVERRIDDEN};
use kvmprep_lossless::files::{Files, Overlay};
use kvmprep_lossless::{Diagnostic, Edit, EditError, Value};

pub use effect::{Effect, Lines, Shadow, Site, judged};
pub(crate) use effect::{decided_at, relevant};
pub use file::{Base, FilePlan, Outcome, Planned};
pub use placement::Placement;
pub(crate) use placement::{Main, targets};
pub(crate) use trial::tried;
pub use wish::{Standing, Wish};

use crate::file_type::FileType;
use crate::profile::Profile;
use crate::release::Release;
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
    /// The files that are missing or cannot be read.
    pub unplanned: Vec<Unplanned>,
    /// The release whose programs read the files, where the host names one that is known; the newest do else.
    pub release: Option<&'static Release>,
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

/// A file that a profile demands, and that there is no plan for: the rest must not be carried out without it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unplanned {
    /// The path the profile names.
    pub path: Utf8PathBuf,
    /// What is wrong with it.
    pub fault: FileFault,
}

/// What is wrong with a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FileFault {
    /// It is missing, and the profile does not say to create it.
    Missing,
    /// It could not be looked at, or is no file: permission, a directory, a loop of links, …
    Unreadable(String),
}

/// Why there is no plan.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PlanError {
    /// Every edit is to go into a drop-in, and none of the files is of a type that has any.
    #[error("no edit can go into a drop-in: what reads {} knows none", paths.join(" and "))]
    NoDropIns {
        /// The paths the profiles name.
        paths: Vec<String>,
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
/// looked at, what their consumers read beside them, and what the host says of its release. A file that is missing or cannot
/// be read stands in [`Plan::unplanned`], and the others are planned all the same.
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
    let mut plan = planning::made(profiles, given, files, &wanted)?;
    if plan.files.iter().flat_map(|file| &file.edits).any(|edit| edit.outcome.is_made()) {
        let again = planning::made(profiles, given, &plan.carried_out(files), &wanted)?;
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

    /// True where all that is wanted can be carried out: no edit was refused, and every file was read.
    pub fn is_whole(&self) -> bool {
        self.unplanned.is_empty() && self.refusals().next().is_none()
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

    /// What the consumers that a wish concerns take as the files are: whatever the circumstances; of a key that only counts
    /// under some, under those.
    pub fn decisions<'p>(&'p self, wish: &'p Wish) -> impl Iterator<Item = &'p Decision<String>> {
        let consumers = &self.files[wish.file].consumers;
        relevant(&wish.before).filter(|decision| consumers.concerns(&wish.edit, &decision.point))
    }

    /// Why the consumers of a wish that differs take what is wanted all the same: by a rule of theirs they leave out
    /// what the file says beside it. `None` where they do not take it.
    pub fn in_force_by(&self, wish: &Wish) -> Option<String> {
        let is_so = self.standing(wish) == Standing::Differs && matches!(wish.edit, Edit::Set { .. });
        let items = |values: &[BString]| self.files[wish.file].consumers.items(wish.edit.key(), values);
        let wanted = items(wish.edit.values());
        let takes = |decision: &Decision<String>| {
            decision.value.as_ref().and_then(Value::known).is_some_and(|values| items(values) == wanted)
        };
        let first = self.decisions(wish).next().filter(|_| is_so && self.decisions(wish).all(takes))?;
        Some(first.why.clone())
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
                let is_overridden = after.findings.iter().any(|finding| finding.diagnostic.code == OVERRIDDEN);
                let edits = wish.edits.iter();
                edits.for_each(|(file, edit)| self.files[*file].edits[*edit].outcome.settle(is_overridden));
            }
        }
    }
}

impl FileFault {
    /// What there is to say of the file.
    pub fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::Missing => Diagnostic::error("missing", "the file does not exist")
                .help("create it, or let the profile say `create = true`"),
            Self::Unreadable(why) => Diagnostic::error("io", why),
        }
    }
}

fn contradiction(edit: &Edit<String>) -> Diagnostic {
    let message = format!(
        "`{}` would not last: other edits of this run undo it, and a second run makes it again",
        wish::spelled(edit)
    );
    Diagnostic::error("contradiction", message).help("let the profiles, and the hosts given, ask for one thing only")
}

fn refused(error: EditError) -> Outcome {
    Outcome::Refused(Box::new(error.diagnostic()))
}
