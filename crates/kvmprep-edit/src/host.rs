//! The commands that change a whole host: `diff`, `apply`.

use std::io::{self, Write as _};

use camino::{Utf8Path, Utf8PathBuf};
use kvmprep_host_files::{Base, Goal, Root, Write};
use kvmprep_lossless::{Diagnostic, Span, value};
use kvmprep_profile::{
    Effect, FileFault, FilePlan, Given, Outcome, Plan, PlanError, PlanReport, Profile, Report, Unplanned, Variables,
    built_in, plan,
};

use crate::cli::{ApplyArgs, HostArgs};
use crate::failure::{Ending, Failure};
use crate::input;
use crate::output::Output;
use crate::plan_file::{self, PlanFile};
use crate::render;
use crate::signals::held_off;
use crate::validate::{self, Candidate};
use crate::write;

/// Prints the diff of all files.
pub fn diff(args: &HostArgs, plan_file: Option<&Utf8Path>, output: &mut Output) -> Result<Ending, Failure> {
    let plan = planned(args, &Root::open(&args.root)?)?;
    if let Some(path) = plan_file.filter(|_| plan.is_whole()) {
        PlanFile::of(&plan, output.context).write(path)?;
    }
    if output.json {
        output.report(&Report::Plan(PlanReport::of(&plan, output.context)))?;
    } else {
        for file in plan.changed() {
            render::diff::print(&file.editor.patch().unified_diff(&file.names(), output.context), output)?;
        }
        tell(&plan, Shown::Edits, output);
    }
    Ok(ending(&plan, plan.changed().next().is_some()))
}

/// How a command ends that shows what is to be done.
pub fn ending(plan: &Plan, differs: bool) -> Ending {
    let is_unread = |unplanned: &Unplanned| matches!(unplanned.fault, FileFault::Unreadable(_));
    match plan.is_whole() {
        false if plan.unplanned.iter().any(is_unread) => Ending::Unread,
        false => Ending::Refused,
        true if differs => Ending::Differs,
        true => Ending::Done,
    }
}

/// Writes all files, or none.
pub fn apply(args: &ApplyArgs, output: &mut Output) -> Result<Ending, Failure> {
    if args.dry_run {
        return diff(&args.host, None, output);
    }
    if let Some(path) = &args.plan {
        return plan_file::apply(path, &args.host.root, &args.writing, output);
    }
    let root = args.writing.open(&args.host.root)?;
    write::recover_first(&root, output)?;
    let plan = planned(&args.host, &root)?;
    if !plan.is_whole() {
        report(&plan, &[], output)?;
        return Ok(ending(&plan, false));
    }
    let changed: Vec<(&FilePlan, Vec<u8>)> = plan.changed().map(|file| (file, file.editor.to_bytes())).collect();
    let writes: Vec<Write<'_>> = changed.iter().map(|(file, bytes)| as_write(file, bytes)).collect();
    let candidates = changed.iter().map(|(file, new)| Candidate { real: &file.real, old: file.editor.original(), new });
    validate::ask(&root, candidates, args.writing.strict, output)?;
    let committed = held_off(|| root.commit(&writes))?.map_err(|error| write::failed(&error))?;
    committed.files.iter().for_each(|written| write::tell_written(written, output));
    if let Some(id) = &committed.id {
        output.remark(&format!("transaction {id}: `undo` takes it back"));
    }
    let written: Vec<&FilePlan> = changed.iter().map(|(file, _)| *file).collect();
    let reported = report(&plan, &written, output);
    output.settle(reported, !written.is_empty())?;
    Ok(Ending::Done)
}

/// What `apply` has to say once it is done.
fn report(plan: &Plan, written: &[&FilePlan], output: &mut Output) -> io::Result<()> {
    if output.json {
        return output.report(&Report::Plan(PlanReport::of(plan, output.context)));
    }
    tell(plan, Shown::Edits, output);
    if output.quiet {
        return Ok(());
    }
    for file in written {
        writeln!(output, "written: {}", value::shown(shown_path(&file.real).as_bytes()))?;
    }
    match restarts(plan).filter(|_| !written.is_empty()) {
        Some(services) => writeln!(output, "restart: {services}"),
        None => Ok(()),
    }
}

pub fn planned(args: &HostArgs, root: &Root) -> Result<Plan, Failure> {
    let profiles = args.profile.iter().map(|name| profile(name)).collect::<Result<Vec<_>, _>>()?;
    let mut variables = match &args.vars {
        Some(path) => parsed(path, |text| Variables::parse(text).map_err(|error| error.of_variables()))?,
        None => Variables::default(),
    };
    variables.hosts.extend(args.hosts.iter().cloned());
    let named: Vec<Utf8PathBuf> = args.files.iter().map(|file| Utf8Path::new("/").join(file)).collect();
    let files = profiles.iter().flat_map(|profile| &profile.files);
    let paths: Vec<&Utf8PathBuf> = files.flat_map(|file| &file.paths).collect();
    if let Some(stranger) = named.iter().find(|file| !paths.contains(file)) {
        return Err(no_such_file(stranger, &paths));
    }
    let wanted = |path: &Utf8Path| named.is_empty() || named.iter().any(|file| path == file);
    let given = Given { variables, placement: args.place.map(Into::into) };
    plan(&profiles, &given, root, wanted).map_err(|error| failed(&error))
}

/// A misspelt name would otherwise pass for a file in which all is as it should be.
fn no_such_file(stranger: &Utf8Path, paths: &[&Utf8PathBuf]) -> Failure {
    let paths: Vec<&str> = paths.iter().map(|path| path.as_str()).collect();
    let unknown = Diagnostic::error("unknown-file", format!("no profile has anything to say of `{stranger}`"))
        .help(format!("the files are {}", paths.join(", ")));
    Failure::usage("--file", b"", &unknown)
}

/// A built-in profile by its name; anything with a slash or an ending is a file.
fn profile(name: &str) -> Result<Profile, Failure> {
    match built_in(name) {
        Some(profile) => Ok(profile),
        None if name.contains(['/', '.']) => {
            parsed(Utf8Path::new(name), |text| Profile::parse(text).map_err(|error| error.diagnostic()))
        }
        None => {
            let unknown = Diagnostic::error("unknown-profile", format!("there is no built-in profile `{name}`"))
                .help("`kvmprep-edit profile list` names them; a profile of your own is given as a path, ./FILE.toml");
            Err(Failure::usage("--profile", b"", &unknown))
        }
    }
}

fn parsed<T>(path: &Utf8Path, parse: impl Fn(&str) -> Result<T, Diagnostic>) -> Result<T, Failure> {
    let bytes = std::fs::File::open(path).and_then(input::whole).map_err(|error| Failure::io(path.as_str(), error))?;
    let not_text = |error: std::str::Utf8Error| {
        let at = error.valid_up_to();
        Diagnostic::error("not-utf8", "TOML is written in UTF-8, and this byte is not").at(Span::new(at, at + 1))
    };
    let parsed = std::str::from_utf8(&bytes).map_err(not_text).and_then(parse);
    parsed.map_err(|diagnostic| Failure::usage(path.as_str(), &bytes, &diagnostic))
}

fn failed(error: &PlanError) -> Failure {
    match error {
        PlanError::NoDropIns { .. } => {
            let refused = Diagnostic::error("no-drop-ins", error.to_string());
            let help = "leave `--place` out: the file itself is edited";
            Failure::usage("--place", b"", &refused.help(help))
        }
        PlanError::TwoTypes { path, .. } => {
            Failure::usage(shown_path(path), b"", &Diagnostic::error("two-types", error.to_string()))
        }
        PlanError::TwoReaders { path } => {
            Failure::usage(shown_path(path), b"", &Diagnostic::error("two-readers", error.to_string()))
        }
    }
}

fn as_write<'p>(file: &'p FilePlan, bytes: &'p [u8]) -> Write<'p> {
    match file.base {
        kvmprep_profile::Base::Absent => {
            Write { path: &file.path, base: Base::Absent, goal: write::new_file(file.file_type, bytes) }
        }
        kvmprep_profile::Base::Present(_) => {
            Write { path: &file.path, base: Base::Bytes(file.editor.original()), goal: Goal::Bytes(bytes) }
        }
    }
}

/// Whether the edits of a plan are what is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// They are shown, or made: what there is to know of them is told.
    Edits,
    /// The files as they are: of edits that would change them it is told why there is none.
    Files,
}

/// Notes and refusals, and to whoever asked for more what became of every edit. What several edits of a file have to say
/// of it is said once.
pub fn tell(plan: &Plan, shown: Shown, output: &Output) {
    output.remark(&render::read_by(plan.release));
    let made = if shown == Shown::Edits { "changed" } else { "differs" };
    for file in &plan.files {
        let mut told: Vec<&Diagnostic> = Vec::new();
        for planned in &file.edits {
            output.remark(&format!("{}: {}", shown_path(&file.path), render::remark(planned, made)));
            let is_told = shown == Shown::Edits || !matches!(planned.outcome, Outcome::Made { .. });
            for diagnostic in planned.outcome.diagnostics().filter(|_| is_told) {
                if !told.contains(&diagnostic) {
                    output.tell(shown_path(&file.path), &planned.text, diagnostic);
                    told.push(diagnostic);
                }
            }
        }
    }
    for (wish, effect) in plan.without_effect() {
        let told = match effect {
            Effect::InForce => continue,
            Effect::Shadowed(shadow) => shadow.diagnostic(&wish.edit),
            Effect::Unknown { consumer, why } => Diagnostic::note(
                "effect-unknown",
                format!("whether {consumer} takes `{}` as written is unknown: {why}", wish.edit.key()),
            ),
        };
        output.tell(shown_path(&wish.path), b"", &told);
    }
    for skipped in &plan.skipped {
        output.remark(&format!("{}: skipped: {}", shown_path(&skipped.path), skipped.reason));
    }
    for unplanned in &plan.unplanned {
        output.tell(shown_path(&unplanned.path), b"", &unplanned.fault.diagnostic());
    }
    if let Some(services) = restarts(plan).filter(|_| shown == Shown::Edits) {
        output.remark(&format!("restart: {services}"));
    }
}

pub fn shown_path(path: &Utf8Path) -> &str {
    path.as_str().trim_start_matches('/')
}

fn restarts(plan: &Plan) -> Option<String> {
    let services: Vec<&str> = plan.restarts().into_iter().collect();
    (!services.is_empty()).then(|| services.join(" "))
}
