//! The commands on one file: `get`, `set`, `unset`, `disable`, `add`, `remove`, `show`.

use std::io::Write;

use anstyle::Style;
use bstr::BString;
use camino::Utf8Path;
use kvmprep_host_files::{Base, Root};
use kvmprep_lossless::files::{Entry, Files};
use kvmprep_lossless::{
    Absent, Diagnostic, Duplicates, Edit, EditError, KeyError, Manner, Place, Request, Setting, Taken, Value, value,
};
use kvmprep_profile::{DiagnosticReport, Effect, GetReport, Outcome, ReadingReport, Report, ShowReport};

use crate::cli::{AbsentArg, FileArgs, MannerArgs, OutputArgs, WriteArgs};
use crate::failure::{Ending, Failure};
use crate::input::{self, Input, root_of};
use crate::output::Output;
use crate::render;
use crate::render::table::Table;
use crate::signals::held_off;
use crate::write;

/// Makes one edit and prints the diff, or writes.
pub fn edit(
    file: &FileArgs,
    create: bool,
    edit: Edit<String>,
    manner: &MannerArgs,
    out: &OutputArgs,
    output: &mut Output,
) -> Result<Ending, Failure> {
    if out.write {
        write::recover_first(&out.writing.open(root_of(&file.reading))?, output)?;
    }
    let mut input = Input::open(file, create, output)?;
    let request = Request { edit, manner: as_manner(manner) };
    let change = input.editor.apply(&request);
    let outcome = match change {
        Ok(change) => Outcome::of(change),
        Err(EditError::Key(error)) => return Err(bad_key(&input.name, &error)),
        Err(error) if output.json && out.output.is_none() => {
            let planned = input.planned(request.edit, Outcome::Refused(Box::new(error.diagnostic())));
            output.report(&Report::Change(Box::new(input.report(&planned, None, output.context))))?;
            return Ok(Ending::Refused);
        }
        Err(error) => return Err(Failure::refused(&input.name, &input.bytes, &error.diagnostic())),
    };
    let mut planned = input.planned(request.edit, outcome);
    let effect = input.effect(&planned.edit);
    if matches!(effect, Some(Effect::InForce | Effect::Shadowed(_))) {
        planned.outcome.settle(true);
    }
    output.remark(&format!("{}: {}", input.name, render::remark(&planned, "changed")));
    if !output.json || out.output.is_some() {
        planned.outcome.diagnostics().for_each(|note| output.tell(&input.name, &input.bytes, note));
    }
    if let Some(Effect::Shadowed(shadow)) = effect.as_ref().filter(|_| !output.json) {
        output.tell(&input.name, &input.bytes, &shadow.diagnostic(&planned.edit));
    }
    if out.write {
        input.write_back(&out.writing, output)?;
    }
    match &out.output {
        Some(path) if path == "-" => input.editor.chunks().try_for_each(|chunk| output.write_all(chunk))?,
        Some(path) => write_elsewhere(path, &input.editor.to_bytes(), &out.writing)?,
        None if output.json => {
            let change = Report::Change(Box::new(input.report(&planned, effect.as_ref(), output.context)));
            let reported = output.report(&change);
            output.settle(reported, out.write)?;
        }
        None if !out.write => {
            let patch = input.editor.patch();
            render::diff::print(&patch.unified_diff(&input.names(), output.context), output)?;
        }
        None => {}
    }
    Ok(Ending::Done)
}

/// Prints what a file says of a key, a value a line.
pub fn get(file: &FileArgs, key: &str, output: &mut Output) -> Result<Ending, Failure> {
    let input = Input::open(file, false, output)?;
    let taken = input.editor.get(key).map_err(|error| bad_key(&input.name, &error))?;
    if output.json {
        let readings = taken.iter().map(|taken| ReadingReport::of(&input.bytes, taken)).collect();
        output.report(&Report::Get(GetReport { path: input.name, file_type: input.file_type, readings }))?;
        return Ok(Ending::Done);
    }
    if taken.iter().all(|taken| taken.settings.is_empty()) {
        output.tell(&input.name, &input.bytes, &Diagnostic::note("not-set", format!("`{key}` is not set here")));
    }
    for group in &taken {
        let who = if taken.len() > 1 { format!("{}: ", group.readers.join(", ")) } else { String::new() };
        for setting in &group.settings {
            let which = if group.settings.len() > 1 { format!("{}: ", setting.key) } else { String::new() };
            print_value(&format!("{who}{which}"), setting, &input, output)?;
        }
    }
    Ok(Ending::Done)
}

/// Prints all settings with the line that decides each.
pub fn show(file: &FileArgs, output: &mut Output) -> Result<Ending, Failure> {
    let input = Input::open(file, false, output)?;
    let (taken, diagnostics) = (input.editor.settings(), input.editor.diagnostics());
    if output.json {
        output.report(&Report::Show(ShowReport {
            path: input.name,
            file_type: input.file_type,
            readings: taken.iter().map(|taken| ReadingReport::of(&input.bytes, taken)).collect(),
            diagnostics: diagnostics.iter().map(|said| DiagnosticReport::of(&input.bytes, said)).collect(),
        }))?;
        return Ok(Ending::Done);
    }
    for group in &taken {
        if taken.len() > 1 {
            writeln!(output, "# as read by {}", group.readers.join(", "))?;
        }
        let table = outline(group, &input.bytes);
        if !table.is_empty() {
            table.print(output)?;
        }
    }
    diagnostics.iter().for_each(|said| output.tell(&input.name, &input.bytes, said));
    Ok(Ending::Done)
}

fn write_elsewhere(path: &Utf8Path, bytes: &[u8], writing: &WriteArgs) -> Result<(), Failure> {
    let root = Root::open("/")?;
    let path = input::absolute(path)?;
    let found = root.look(&path).map_err(|error| Failure::io(path.as_str(), error.why))?;
    let base = match &found.entry {
        Entry::File(bytes) => Base::Bytes(bytes),
        _ => Base::Absent,
    };
    let root = writing.extend_to(root)?;
    let written = held_off(|| root.write(&path, base, bytes))?;
    written.map(drop).map_err(|error| Failure::write(path.as_str(), &error))
}

pub fn bad_key(name: &str, error: &KeyError) -> Failure {
    let diagnostic = Diagnostic::error("bad-key", format!("`{}` is not a key: {}", error.key, error.why));
    Failure::usage(name, b"", &diagnostic.help(error.help.clone()))
}

fn as_manner(args: &MannerArgs) -> Manner {
    let absent = match (args.absent, args.keep_default) {
        (Some(AbsentArg::Leave), _) => Absent::Leave,
        (Some(AbsentArg::Plus), _) => Absent::Plus,
        (None, true) => Absent::InsertBelow,
        (None, false) => Absent::Usual,
    };
    let duplicates = if args.dedupe { Duplicates::Dedupe } else { Duplicates::Leave };
    Manner { absent, duplicates, allow: args.allow.clone() }
}

/// Exact bytes on a pipe, escapes on a terminal.
fn print_value(lead: &str, setting: &Setting<String>, input: &Input, output: &mut Output) -> Result<(), Failure> {
    match &setting.value {
        Value::Known(values) => {
            for value in values {
                write!(output, "{lead}")?;
                let shown = if output.escaped { BString::from(value::shown(value)) } else { value.clone() };
                output.write_all(&shown)?;
                writeln!(output)?;
            }
        }
        Value::Unknown(why) => {
            let mut note = Diagnostic::note("unknown", format!("{lead}the file alone does not decide it: {why}"));
            note.span = setting.at.first().copied();
            output.answer(&input.name, &input.bytes, &note);
        }
    }
    Ok(())
}

fn outline(taken: &Taken, text: &[u8]) -> Table {
    let mut table = Table::new(&["LINE", "KEY", "VALUE"]);
    let line = |span: &kvmprep_lossless::Span| Place::of(text, span.start).line.to_string();
    for setting in &taken.settings {
        let value = match &setting.value {
            Value::Known(values) => values.iter().map(|value| value::shown(value)).collect::<Vec<_>>().join(" "),
            Value::Unknown(why) => format!("unknown: {why}"),
        };
        let shadowed: Vec<String> = setting.shadowed.iter().map(line).collect();
        let also = if shadowed.is_empty() { String::new() } else { format!("   (not line {})", shadowed.join(", ")) };
        let lines: Vec<String> = setting.at.iter().map(line).collect();
        table.row(Style::new(), vec![lines.join(","), setting.key.clone(), format!("{value}{also}")]);
    }
    table
}
