//! `lint`: what a careful reader would remark, and what mends it.

use std::io::Write;

use camino::Utf8Path;
use kvmprep_lossless::{Diagnostic, Lint, Severity};
use kvmprep_profile::{LintReport, LintedFile, RemarkReport, Report};

use crate::cli::LintArgs;
use crate::failure::{Ending, Failure};
use crate::input::Input;
use crate::output::Output;
use crate::render;

/// Prints the remarks on every file; with `--fix` the diff of what mends them, or writes it.
pub fn lint(args: &LintArgs, output: &mut Output) -> Result<Ending, Failure> {
    let mut linted = Vec::new();
    let mut found = false;
    for file in &args.files {
        linted.push(one(file, args, &mut found, output)?);
    }
    if output.json {
        output.report(&Report::Lint(LintReport { files: linted }))?;
    }
    Ok(if found { Ending::Differs } else { Ending::Done })
}

fn one(file: &Utf8Path, args: &LintArgs, found: &mut bool, output: &mut Output) -> Result<LintedFile, Failure> {
    let mut input = Input::of(file, &args.reading, false, output)?;
    let remarks = input.remarks();
    *found |= remarks.iter().any(|remark| remark.diagnostic.severity > Severity::Note);
    if !output.json {
        remarks.iter().try_for_each(|remark| tell(remark, &input, args.fix, output))?;
    }
    let mut diff = None;
    if args.fix {
        mend(&remarks, &mut input, output);
        let patch = input.editor.patch();
        let unified = patch.unified_diff(&input.names(), output.context);
        diff = Some(unified.to_bytes().as_slice().into());
        if !output.json && !args.write {
            render::diff::print(&unified, output)?;
        }
    }
    let remarks = remarks.iter().map(|remark| RemarkReport::of(&input.bytes, remark)).collect();
    let linted = LintedFile { path: input.name.clone(), file_type: input.file_type, remarks, diff };
    if args.write {
        input.write_back(&args.trust)?;
    }
    Ok(linted)
}

/// Remarks are what was asked for, unless the diff is.
fn tell(remark: &Lint<String>, input: &Input, fix: bool, output: &mut Output) -> Result<(), Failure> {
    let report = kvmprep_lossless::Report { path: &input.name, text: &input.bytes, diagnostic: &remark.diagnostic };
    if fix {
        output.tell(&input.name, &input.bytes, &remark.diagnostic);
        return Ok(());
    }
    if output.quiet && remark.diagnostic.severity == Severity::Note {
        return Ok(());
    }
    writeln!(output, "{report}")?;
    if remark.fix.is_some() {
        writeln!(output, "  fix: `--fix` mends it")?;
    }
    Ok(())
}

/// Makes the edits that mend remarks; what is refused stays, and is told.
fn mend(remarks: &[Lint<String>], input: &mut Input, output: &Output) {
    for fix in remarks.iter().filter_map(|remark| remark.fix.as_ref()) {
        if let Err(error) = input.editor.apply(fix) {
            let Diagnostic { message, .. } = error.diagnostic();
            let (verb, key) = (fix.edit.verb(), fix.edit.key());
            let note = Diagnostic::note("not-mended", format!("`{verb} {key}` was not made: {message}"));
            output.tell(&input.name, &input.bytes, &note);
        }
    }
}
