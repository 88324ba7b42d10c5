//! A plan being made: each rule's files opened, each edit made where it belongs.

use camino::Utf8Path;
use kvmprep_lossless::effective::{Consumers, Explanation, Host};
use kvmprep_lossless::files::{Entry, Files};
use kvmprep_lossless::{Absent, Diagnostic, Request};

use super::effect::{self, Lines, Site, judged, relevant};
use super::file::{Base, FilePlan, Outcome};
use super::placement::{self, Main, Placement, targets};
use super::wish::Wish;
use super::{FileFault, Given, Plan, PlanError, Skipped, Unplanned};
use crate::consumers::Circumstances;
use crate::file_type::FileType;
use crate::options::Options;
use crate::profile::{EditRule, FileRule, Profile, When};
use crate::release::Release;

/// A plan being made.
struct Planning<'p> {
    files: &'p dyn Files,
    given: &'p Given,
    /// How the host's files are read, where a rule does not say otherwise.
    host: Options,
    plan: Plan,
}

/// What a path of a profile comes to.
enum Opened {
    /// The plan of the file, by number.
    Plan(usize),
    /// There is no file, and that is well.
    PassedOver,
    /// There is no plan for it.
    Faulty(FileFault),
}

/// The plan, its effects not judged yet.
pub(super) fn made(
    profiles: &[Profile],
    given: &Given,
    files: &dyn Files,
    wanted: &impl Fn(&Utf8Path) -> bool,
) -> Result<Plan, PlanError> {
    let rules = profiles.iter().flat_map(|profile| &profile.files);
    let rules = rules.flat_map(|rule| rule.paths.iter().map(move |path| (rule, path)));
    let rules: Vec<_> = rules.filter(|(_, path)| wanted(path)).collect();
    let drop_ins = rules.iter().any(|(rule, _)| rule.file_type.has_drop_ins());
    if given.placement == Some(Placement::DropIn) && !rules.is_empty() && !drop_ins {
        return Err(PlanError::NoDropIns { paths: rules.iter().map(|(_, path)| path.to_string()).collect() });
    }
    let release = Release::of_host(files);
    let plan = Plan { release, ..Plan::default() };
    let mut planning = Planning { files, given, host: Options::of_release(release), plan };
    rules.into_iter().try_for_each(|(rule, path)| planning.take(rule, path))?;
    Ok(planning.plan)
}

impl Planning<'_> {
    fn take(&mut self, rule: &FileRule, path: &Utf8Path) -> Result<(), PlanError> {
        let main = match self.file(rule, path, rule.create)? {
            Opened::Plan(number) => number,
            Opened::PassedOver => {
                let reason = "the file does not exist".to_owned();
                self.plan.skipped.push(Skipped { path: path.to_owned(), reason });
                return Ok(());
            }
            Opened::Faulty(fault) => {
                self.plan.unplanned.push(Unplanned { path: path.to_owned(), fault });
                return Ok(());
            }
        };
        self.plan.files[main].restart.extend(rule.restart.iter().cloned());
        for edit in &rule.edits {
            for request in edit.requests(&self.given.variables) {
                self.wish(rule, main, path, edit, &request)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, rule: &FileRule, path: &Utf8Path, create: bool) -> Result<Opened, PlanError> {
        let unreadable = |why: &str| Ok(Opened::Faulty(FileFault::Unreadable(why.to_owned())));
        let found = match self.files.look(path) {
            Ok(found) => found,
            Err(error) => return unreadable(&error.why),
        };
        if let Some(known) = self.plan.files.iter().position(|file| file.real == found.real) {
            self.plan.files[known].is_of(rule, rule.options(self.host), path)?;
            return Ok(Opened::Plan(known));
        }
        let (base, bytes) = match found.entry {
            Entry::File(bytes) => (Base::of(&bytes), bytes.to_vec()),
            Entry::Absent if create => (Base::Absent, Vec::new()),
            Entry::Absent if rule.when == When::FileExists => return Ok(Opened::PassedOver),
            Entry::Absent => return Ok(Opened::Faulty(FileFault::Missing)),
            Entry::Directory(_) => return unreadable("is a directory, not a file"),
            Entry::Other => return unreadable("is not a regular file"),
        };
        let options = rule.options(self.host);
        let consumers = rule.file_type.consumers(options, self.files, &Circumstances::default());
        let read_as = (rule.file_type, options);
        self.plan.files.push(FilePlan::new(path, found.real, (base, bytes), read_as, consumers));
        Ok(Opened::Plan(self.plan.files.len() - 1))
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
                    let number = match self.file(rule, &target, true)? {
                        Opened::Plan(number) => number,
                        Opened::PassedOver => continue,
                        Opened::Faulty(fault) => {
                            let Diagnostic { code, message, .. } = fault.diagnostic();
                            let refusal = Diagnostic::error(code, format!("the edit goes to {target}, but {message}"));
                            let outcome = Outcome::Refused(Box::new(refusal));
                            let noted = self.plan.files[main].note(request, &edit.why, outcome, Vec::new());
                            wish.edits.push((main, noted));
                            continue;
                        }
                    };
                    self.plan.files[number].restart.extend(rule.restart.iter().cloned());
                    wish.is_so &= self.plan.files[number].was_so(request);
                    let (mut outcome, text) = self.made(number, path, request);
                    if self.given.placement == Some(Placement::DropIn) && !rule.file_type.has_drop_ins() {
                        outcome.note(no_drop_ins(rule.file_type));
                    }
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
    fn is_of(&self, rule: &FileRule, options: Options, path: &Utf8Path) -> Result<(), PlanError> {
        if self.file_type != rule.file_type {
            let (first, second) = (self.file_type, rule.file_type);
            return Err(PlanError::TwoTypes { path: path.to_owned(), first, second });
        }
        match self.options == options {
            true => Ok(()),
            false => Err(PlanError::TwoReaders { path: path.to_owned() }),
        }
    }
}

/// Not in a file that may be edited, at least.
fn not_set(key: &str, before: &Explanation<String>) -> String {
    let at = relevant(before).find_map(|decision| decision.at.first());
    match at.and_then(|at| Site::of(before, *at)) {
        Some(site) => format!("only {site} sets `{key}`, and that file is not edited"),
        None => format!("`{key}` is not set"),
    }
}

/// For an edit that was to go into a drop-in, with others that can.
fn no_drop_ins(file_type: FileType) -> Diagnostic {
    Diagnostic::note("no-drop-ins", format!("there are no drop-ins of {file_type} files: the file itself is edited"))
}
