//! The commands over a whole host: `diff`, `apply`, `check`.

use std::io::Write as _;

use anstyle::{AnsiColor, Style};
use bstr::ByteSlice;
use camino::Utf8Path;
use kvmprep_host_files::{Base, Goal, Root, Write};
use kvmprep_lossless::{Diagnostic, Edit, Taken, Value, value};
use kvmprep_profile::{
    CheckReport, CheckRow, FilePlan, Outcome, Plan, PlanError, PlanReport, Planned, Profile, ProfileError, Report,
    Standing, Variables, built_in, plan,
};

use crate::cli::{ApplyArgs, HostArgs};
use crate::failure::{Ending, Failure};
use crate::output::Output;
use crate::render;
use crate::render::table::Table;

/// Prints the diff of all files.
pub fn diff(args: &HostArgs, output: &mut Output) -> Result<Ending, Failure> {
    let plan = planned(args, &Root::open(&args.root)?)?;
    if output.json {
        output.report(&Report::Plan(PlanReport::of(&plan, output.context)))?;
    } else {
        for file in plan.changed() {
            render::diff::print(&file.editor.patch().unified_diff(&file.names(), output.context), output)?;
        }
        tell(&plan, output);
    }
    Ok(match (plan.refusals().next(), plan.changed().next()) {
        (Some(_), _) => Ending::Refused,
        (None, Some(_)) => Ending::Differs,
        (None, None) => Ending::Done,
    })
}

/// Writes all files, or none.
pub fn apply(args: &ApplyArgs, output: &mut Output) -> Result<Ending, Failure> {
    if args.dry_run {
        return diff(&args.host, output);
    }
    let root = args.trust.extend_to(Root::open(&args.host.root)?);
    let plan = planned(&args.host, &root)?;
    let refused = plan.refusals().next().is_some();
    let changed: Vec<(&FilePlan, Vec<u8>)> = plan.changed().map(|file| (file, file.editor.to_bytes())).collect();
    if !refused {
        let writes: Vec<Write<'_>> = changed.iter().map(|(file, bytes)| write(file, bytes)).collect();
        for written in root.commit(&writes)? {
            if let Some(leftover) = written.leftover {
                let warning = Diagnostic::warning("leftover", format!("the old file stays as {leftover}"));
                output.tell(written.real.as_str(), b"", &warning.help("remove it"));
            }
        }
    }
    if output.json {
        output.report(&Report::Plan(PlanReport::of(&plan, output.context)))?;
    } else {
        tell(&plan, output);
        if !refused && !output.quiet {
            changed.iter().try_for_each(|(file, _)| {
                writeln!(output, "written: {}", value::shown(file.real.as_str().as_bytes()))
            })?;
            restarts(&plan).map_or(Ok(()), |services| writeln!(output, "restart: {services}"))?;
        }
    }
    Ok(if refused { Ending::Refused } else { Ending::Done })
}

/// Prints what every setting of the profiles is and should be.
pub fn check(args: &HostArgs, output: &mut Output) -> Result<Ending, Failure> {
    let plan = planned(args, &Root::open(&args.root)?)?;
    let report = CheckReport::of(&plan);
    let differs = report.settings.iter().any(|row| row.standing == Standing::Differs);
    if output.json {
        output.report(&Report::Check(report))?;
    } else {
        table(&plan, &report).print(output)?;
        tell(&plan, output);
    }
    Ok(match (plan.refusals().next(), differs) {
        (Some(_), _) => Ending::Refused,
        (None, true) => Ending::Differs,
        (None, false) => Ending::Done,
    })
}

fn planned(args: &HostArgs, root: &Root) -> Result<Plan, Failure> {
    let profiles = args.profile.iter().map(|name| profile(name)).collect::<Result<Vec<_>, _>>()?;
    let mut variables = match &args.vars {
        Some(path) => parsed(path, Variables::parse)?,
        None => Variables::default(),
    };
    variables.hosts.extend(args.hosts.iter().cloned());
    let wanted =
        |path: &Utf8Path| args.files.is_empty() || args.files.iter().any(|file| path == Utf8Path::new("/").join(file));
    plan(&profiles, &variables, root, wanted).map_err(|error| failed(&error))
}

/// A built-in profile by its name; anything with a slash or an ending is a file.
fn profile(name: &str) -> Result<Profile, Failure> {
    match built_in(name) {
        Some(profile) => Ok(profile),
        None if name.contains(['/', '.']) => parsed(Utf8Path::new(name), Profile::parse),
        None => {
            let unknown = Diagnostic::error("unknown-profile", format!("there is no built-in profile `{name}`"))
                .help("`kvmprep-edit profile list` names them; a profile of your own is given as a path, ./FILE.toml");
            Err(Failure::usage("--profile", b"", &unknown))
        }
    }
}

fn parsed<T>(path: &Utf8Path, parse: impl Fn(&str) -> Result<T, ProfileError>) -> Result<T, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::io(path.as_str(), error))?;
    parse(&text).map_err(|error| Failure::usage(path.as_str(), text.as_bytes(), &error.diagnostic()))
}

fn failed(error: &PlanError) -> Failure {
    match error {
        PlanError::Missing { path } => Failure::refused(
            path.as_str(),
            b"",
            &Diagnostic::error("missing", "the file does not exist")
                .help("create it, or let the profile say `create = true`"),
        ),
        PlanError::Unreadable { path, why } => Failure::io(path.as_str(), why),
        PlanError::TwoTypes { path, .. } => {
            Failure::usage(path.as_str(), b"", &Diagnostic::error("two-types", error.to_string()))
        }
        PlanError::TwoReaders { path } => {
            Failure::usage(path.as_str(), b"", &Diagnostic::error("two-readers", error.to_string()))
        }
    }
}

fn write<'p>(file: &'p FilePlan, bytes: &'p [u8]) -> Write<'p> {
    let base = match file.base {
        kvmprep_profile::Base::Absent => Base::Absent,
        kvmprep_profile::Base::Present(_) => Base::Bytes(file.editor.original()),
    };
    Write { path: &file.path, base, goal: Goal::Bytes(bytes) }
}

/// Notes and refusals, and to whoever asked for more what became of every edit.
fn tell(plan: &Plan, output: &Output) {
    for file in &plan.files {
        for planned in &file.edits {
            output.remark(&format!("{}: {}", shown_path(&file.path), remark(planned)));
            planned
                .outcome
                .diagnostics()
                .for_each(|diagnostic| output.tell(shown_path(&file.path), &planned.text, diagnostic));
        }
    }
    for skipped in &plan.skipped {
        output.remark(&format!("{}: skipped: {}", shown_path(&skipped.path), skipped.reason));
    }
    if let Some(services) = restarts(plan) {
        output.remark(&format!("restart: {services}"));
    }
}

fn shown_path(path: &Utf8Path) -> &str {
    path.as_str().trim_start_matches('/')
}

fn remark(planned: &Planned) -> String {
    let became = match &planned.outcome {
        Outcome::Made { .. } => "changed",
        Outcome::AlreadySo { .. } => "already so",
        Outcome::Skipped { reason } => reason,
        Outcome::Refused(_) => "refused",
    };
    format!("{}: {became} ({})", spelled(&planned.edit), planned.why)
}

fn spelled(edit: &Edit<String>) -> String {
    format!("{} {}{}", edit.verb(), edit.key(), wanted(edit).map(|to| format!(" {to}")).unwrap_or_default())
}

fn wanted(edit: &Edit<String>) -> Option<String> {
    match edit {
        Edit::Set { to, .. } => Some(to.iter().map(|value| value.to_str_lossy()).collect::<Vec<_>>().join(" ")),
        Edit::Add { item, .. } | Edit::Remove { item, .. } => Some(item.to_str_lossy().into_owned()),
        Edit::Unset { .. } | Edit::Disable { .. } => None,
    }
}

fn restarts(plan: &Plan) -> Option<String> {
    let services: Vec<&str> = plan.restarts().into_iter().collect();
    (!services.is_empty()).then(|| services.join(" "))
}

fn table(plan: &Plan, report: &CheckReport) -> Table {
    let mut table = Table::new(&["FILE", "SETTING", "WANTED", "WRITTEN", "VERDICT"]);
    let edits = plan.files.iter().flat_map(|file| file.edits.iter().map(move |edit| (file, edit)));
    for ((file, planned), row) in edits.zip(&report.settings) {
        let (verdict, style) = verdict(row);
        let wanted = match &planned.edit {
            Edit::Add { item, .. } => format!("has {}", value::shown(item)),
            Edit::Remove { item, .. } => format!("without {}", value::shown(item)),
            Edit::Unset { .. } | Edit::Disable { .. } => "not set".to_owned(),
            Edit::Set { .. } => wanted(&planned.edit).unwrap_or_default(),
        };
        let cells =
            [shown_path(&file.path).to_owned(), planned.edit.key().clone(), wanted, written(&planned.found), verdict];
        table.row(style, cells.to_vec());
    }
    for skipped in &plan.skipped {
        let verdict = format!("skipped: {}", skipped.reason);
        let cells = [shown_path(&skipped.path).to_owned(), String::new(), String::new(), String::new(), verdict];
        table.row(Style::new().dimmed(), cells.to_vec());
    }
    table
}

fn verdict(row: &CheckRow) -> (String, Style) {
    match row.standing {
        Standing::Ok => ("ok".to_owned(), AnsiColor::Green.on_default()),
        Standing::Differs => ("differs".to_owned(), AnsiColor::Red.on_default()),
        Standing::Skipped => {
            let reason = row.reason.as_deref().unwrap_or("not asked for");
            (format!("skipped: {reason}"), Style::new().dimmed())
        }
        Standing::Refused => ("refused".to_owned(), AnsiColor::Red.on_default().bold()),
    }
}

/// What the file says, in a word or two.
fn written(found: &[Taken]) -> String {
    let said = |taken: &Taken| -> Vec<String> {
        let value = |value: &Value| match value {
            Value::Known(values) => values.iter().map(|value| value::shown(value)).collect::<Vec<_>>().join(" "),
            Value::Unknown(_) => "unknown".to_owned(),
        };
        let mut said: Vec<String> = taken.settings.iter().map(|setting| value(&setting.value)).collect();
        said.dedup();
        said
    };
    match found {
        [] => "-".to_owned(),
        [all] if all.settings.is_empty() => "-".to_owned(),
        [all] => said(all).join(", "),
        several => {
            let each = several.iter().map(|taken| format!("{}: {}", taken.readers.join(", "), said(taken).join(", ")));
            each.collect::<Vec<_>>().join("; ")
        }
    }
}
