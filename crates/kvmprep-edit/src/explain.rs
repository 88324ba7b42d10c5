//! `explain`: who decides a key on a host, and why.

use std::collections::BTreeMap;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use bstr::{BString, ByteSlice};
use camino::Utf8Path;
use kvmprep_host_files::Root;
use kvmprep_lossless::effective::{Decision, Explanation, STOPPED};
use kvmprep_lossless::files::{Entry, Files, Location};
use kvmprep_lossless::{Diagnostic, Place, Value, value};
use kvmprep_profile::{
    Circumstances, EditHere, Effect, ExplainError, ExplainReport, Explained, FileType, Report, Shadow,
    explain as explained,
};

use crate::cli::{ExplainArgs, ReadingArgs};
use crate::failure::{Ending, Failure};
use crate::file::bad_key;
use crate::host::shown_path;
use crate::input::{Located, how_read, located};
use crate::output::Output;

pub fn explain(args: &ExplainArgs, output: &mut Output) -> Result<Ending, Failure> {
    let (file, key) = match args.what.as_slice() {
        [file, key] => (Utf8Path::new(file), key),
        [key] => (usual_file(args.reading.file_type)?, key),
        _ => unreachable!("clap takes one or two"),
    };
    let Located { root, path, name } = located(file, &args.reading)?;
    let (file_type, options) = how_read(&args.reading, Some((&root, &path)), &name, output)?;
    let running = if is_running_host(&args.reading) { running(&root, file_type, key) } else { BTreeMap::new() };
    let circumstances = Circumstances { connection: args.connection.clone(), map: args.map.clone(), running };
    let told = explained(&root, &path, file_type, options, &circumstances, key).map_err(|error| match error {
        ExplainError::Key(error) => bad_key(&name, &error),
        ExplainError::Files(error) => Failure::io(&name, error.why),
    })?;
    if output.json {
        output.report(&Report::Explain(Box::new(ExplainReport::of(&told))))?;
    } else {
        print(&told, &root, output)?;
    }
    Ok(Ending::Done)
}

fn is_running_host(reading: &ReadingArgs) -> bool {
    reading.root.as_ref().is_none_or(|root| root == "/")
}

/// What the kernel runs with, where it can be read.
fn running(root: &Root, file_type: FileType, key: &str) -> BTreeMap<BString, BString> {
    let path = Circumstances::kernel_path(file_type, key);
    let held = path.and_then(|path| match root.look(&Utf8Path::new("/proc/sys").join(&path)).ok()?.entry {
        Entry::File(value) => Some((BString::from(path), BString::from(value.trim_end_with(|c| c == '\n')))),
        _ => None,
    });
    held.into_iter().collect()
}

fn usual_file(file_type: Option<FileType>) -> Result<&'static Utf8Path, Failure> {
    file_type.and_then(FileType::main_file).ok_or_else(|| {
        let message = "a key alone does not say which file is meant";
        let help =
            "name the file before the key, or a type that has one usual file: --type sshd|multipath|hosts|sysctl";
        Failure::usage("explain", b"", &Diagnostic::error("no-file", message).help(help))
    })
}

fn print(told: &Explained, root: &Root, output: &mut Output) -> io::Result<()> {
    let explanation = &told.explanation;
    if let Some(stopped) = explanation.stopped() {
        print_stopped(stopped, output)?;
    }
    for decision in &explanation.decisions {
        print_decision(explanation, decision, output)?;
    }
    if explanation.decisions.is_empty() {
        let (bold, unset) = (output.style(Style::new().bold()), output_unset(output));
        writeln!(output, "{bold}{}{bold:#} = {unset}", value::shown(told.edited.as_bytes()))?;
        row("because", "nothing that is read sets it", output)?;
    }
    let is_stopped = |why: &str| explanation.stopped().is_some_and(|stopped| stopped.message == why);
    if let Some(comment) = &told.commented {
        let text = value::shown(&comment.text);
        row("default", &format!("{}:{}: {text}", shown_path(&told.path), comment.line), output)?;
    }
    if told.edited != told.key {
        row("edit", &format!("means to set {}", told.edited), output)?;
    }
    let path = shown_path(&told.path);
    match &told.edit_here {
        // Said with the row below.
        EditHere::NoFile if told.edit_there.contains(&told.path) => {}
        EditHere::NoFile => row("edit", &format!("{path} does not exist"), output)?,
        EditHere::Refused(why) => {
            let help = why.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
            row("edit", &format!("of {path} is refused: {}{help}", why.message), output)?;
        }
        EditHere::Would(Effect::InForce) => {
            let until = if told.is_packaged() { ", until its package is updated" } else { "" };
            row("edit", &format!("of {path} takes effect{until}"), output)?;
        }
        EditHere::Would(Effect::Unknown { consumer, why }) if is_stopped(why) => {
            row(
                "edit",
                &format!("of {path}: whether {consumer} takes it is unknown as long as it does not start"),
                output,
            )?;
        }
        EditHere::Would(Effect::Unknown { consumer, why }) => {
            row("edit", &format!("of {path}: whether {consumer} takes it is unknown: {why}"), output)?;
        }
        EditHere::Would(Effect::Shadowed(shadow)) => {
            let Shadow { consumer, by, .. } = shadow;
            let told = match by {
                Some(by) if by.path == told.path => {
                    format!(
                        "of `{}` in {path} takes no effect: {consumer} would still take line {}",
                        told.key, by.place.line
                    )
                }
                Some(by) => format!("of {path} takes no effect: {consumer} would still take {by}"),
                None => format!("of {path} takes no effect: {consumer} does not read it from there"),
            };
            row("edit", &told, output)?;
        }
    }
    if !told.edit_there.is_empty() {
        let there: Vec<String> = told.edit_there.iter().map(|path| or_new(path, root)).collect();
        row("edit", &format!("of {} takes effect", there.join(" together with ")), output)?;
    }
    for instead in &told.edit_instead {
        let edit = match &instead.key {
            Some(key) => format!("of `{key}` in {} takes effect", instead.site),
            None => format!("of {} takes effect, by hand", instead.site),
        };
        row("edit", &edit, output)?;
    }
    row("taken in", told.file_type.taken_in(), output)?;
    if !told.restart.is_empty() {
        row("restart", &told.restart.join(" "), output)?;
    }
    for finding in explanation.findings.iter().filter(|finding| finding.diagnostic.code != STOPPED) {
        let source = finding.source.and_then(|number| explanation.sources.get(number));
        let (path, text) = source.map_or((path, &b""[..]), |source| (shown_path(&source.path), &source.text));
        output.tell(path, text, &finding.diagnostic);
    }
    Ok(())
}

/// A path, and whether there is a file.
fn or_new(path: &Utf8Path, root: &Root) -> String {
    let is_new = root.look(path).is_ok_and(|found| found.entry == Entry::Absent);
    format!("{}{}", shown_path(path), if is_new { " (a new file)" } else { "" })
}

/// First of all: the rest is what would be.
fn print_stopped(stopped: &Diagnostic, output: &mut Output) -> io::Result<()> {
    let red = output.style(AnsiColor::Red.on_default().bold());
    writeln!(output, "{red}{}{red:#}", value::shown(stopped.message.as_bytes()))?;
    stopped.help.iter().try_for_each(|help| row("meanwhile", help, output))
}

fn print_decision(
    explanation: &Explanation<String>,
    decision: &Decision<String>,
    output: &mut Output,
) -> io::Result<()> {
    let bold = output.style(Style::new().bold());
    let dim = output.style(Style::new().dimmed());
    let when = decision.point.when.as_ref().map(|when| format!(", {when}")).unwrap_or_default();
    let (key, consumer) = (value::shown(decision.point.key.as_bytes()), &decision.point.consumer);
    let is_unknown = matches!(decision.value, Some(Value::Unknown(_)));
    let once = if explanation.stopped().is_some() && !is_unknown { ", once it starts" } else { "" };
    let who = value::shown(format!("({consumer}{when}{once})").as_bytes());
    let taken = match &decision.value {
        None => output_unset(output),
        Some(Value::Unknown(why)) => format!("unknown: {}", value::shown(why.as_bytes())),
        Some(Value::Known(values)) => values.iter().map(|value| value::shown(value)).collect::<Vec<_>>().join(" | "),
    };
    writeln!(output, "{bold}{key}{bold:#} = {taken}  {dim}{who}{dim:#}")?;
    for location in &decision.at {
        row("set in", &place(explanation, *location), output)?;
    }
    for location in &decision.follows {
        row("follows", &place(explanation, *location), output)?;
    }
    for (name, values) in &decision.details {
        let values: Vec<_> = values.iter().map(|value| value::shown(value)).collect();
        row(name, &values.join(" "), output)?;
    }
    row("because", &decision.why, output)?;
    decision.shadowed.iter().try_for_each(|location| {
        let why = if explanation.is_masked(location.source) { "  (masked)" } else { "" };
        row("shadowed", &(place(explanation, *location) + why), output)
    })
}

fn output_unset(output: &Output) -> String {
    let yellow = output.style(AnsiColor::Yellow.on_default());
    format!("{yellow}not set{yellow:#}")
}

/// A place with what stands there.
fn place(explanation: &Explanation<String>, location: Location) -> String {
    let Some(source) = explanation.sources.get(location.source) else { return String::new() };
    let place = Place::of(&source.text, location.span.start);
    format!("{}:{}: {}", shown_path(&source.path), place.line, value::shown(location.span.of(&source.text).trim_end()))
}

fn row(name: &str, text: &str, output: &mut Output) -> io::Result<()> {
    writeln!(output, "  {name:<9} {}", value::shown(text.as_bytes()))
}
