use bstr::ByteSlice;
use camino::{Utf8Path, Utf8PathBuf};
use kvmprep_lossless::effective::Explanation;
use kvmprep_lossless::{Edit, Request, Taken};

use super::effect::{Effect, Lines, Shadow, judged};
use super::file::{FilePlan, Outcome};

/// One thing that a profile wants of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wish {
    /// The path the profile names.
    pub path: Utf8PathBuf,
    /// What is asked for.
    pub edit: Edit<String>,
    /// Why.
    pub why: String,
    /// What the file at that path says of the key: its places count in the file as it was read.
    pub written: Vec<Taken>,
    /// The number of that file.
    pub file: usize,
    /// What the consumers take for the key as the files are.
    pub before: Explanation<String>,
    /// Whether they take what that file says.
    pub effect_before: Effect,
    /// Whether they take what the files say that the edits go to.
    pub(super) effect_now: Effect,
    /// Whether they take what is wanted once the plan is carried out.
    pub effect: Effect,
    /// The edits that this came to: numbers of a file and of an edit in it.
    pub edits: Vec<(usize, usize)>,
    /// True where the file at that path has it already.
    is_written: bool,
    /// True where all the files have it already that the edits go to.
    pub(super) is_so: bool,
}

/// How a wish stands in the files as they are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It is written, and it is what the consumers take.
    Ok,
    /// It is not so; an edit would bring it about.
    Differs,
    /// It is written, and something else counts.
    Shadowed(Shadow),
    /// Whether it is what the consumers take cannot be told.
    Unknown(String),
    /// It was not asked for.
    Skipped(String),
    /// It is not so, and no edit can bring it about.
    Refused(String),
}

impl Wish {
    pub(super) fn new(
        path: &Utf8Path,
        why: &str,
        request: &Request<String>,
        before: &Explanation<String>,
        (number, file): (usize, &FilePlan),
    ) -> Self {
        let written = file.untouched().get(request.edit.key()).unwrap_or_default();
        Self {
            path: path.to_owned(),
            edit: request.edit.clone(),
            why: why.to_owned(),
            written,
            file: number,
            before: before.clone(),
            effect_before: judged(
                &*file.consumers,
                &request.edit,
                before,
                &[Lines::of(&file.real, &*file.untouched(), request.edit.key())],
            ),
            effect_now: Effect::InForce,
            effect: Effect::InForce,
            edits: Vec::new(),
            is_written: file.was_so(request),
            is_so: true,
        }
    }

    pub(super) fn standing<'o>(&self, outcomes: impl Iterator<Item = &'o Outcome>) -> Standing {
        let mut standing = Standing::Ok;
        for outcome in outcomes {
            match outcome {
                Outcome::Refused(diagnostic) => return Standing::Refused(diagnostic.message.clone()),
                Outcome::Skipped { reason } => return Standing::Skipped(reason.clone()),
                Outcome::Made { .. } => standing = Standing::Differs,
                Outcome::AlreadySo { .. } => {}
            }
        }
        match (standing, &self.effect_before, &self.effect_now) {
            (Standing::Differs, Effect::Shadowed(shadow), _) if self.is_written && !self.edit.takes_out() => {
                Standing::Shadowed(shadow.clone())
            }
            // Another edit of the same run brings it about.
            (Standing::Ok, _, _) if !self.is_so => Standing::Differs,
            (Standing::Ok, _, Effect::Shadowed(shadow)) => Standing::Shadowed(shadow.clone()),
            (Standing::Ok, _, Effect::Unknown { consumer, why }) => {
                let who = if why.starts_with(consumer) { String::new() } else { format!("{consumer}: ") };
                Standing::Unknown(format!("{who}{why}"))
            }
            (standing, _, _) => standing,
        }
    }
}

/// An edit as it would be typed.
pub(super) fn spelled(edit: &Edit<String>) -> String {
    let mut asked = format!("{} {}", edit.verb(), edit.key());
    edit.values().iter().for_each(|value| asked.extend([" ", &value.to_str_lossy()]));
    asked
}
