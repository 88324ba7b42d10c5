//! `lint`: what a careful reader would remark, and what mends it.

use std::io::Write;

use camino::Utf8Path;
use kvmprep_lossless::{Lint, Severity, value};
use kvmprep_profile::{LintReport, LintedFile, RemarkReport, Report};

use crate::cli::LintArgs;
use crate::failure::{Ending, Failure};
use crate::input::{Input, root_of};
use crate::output::Output;
use crate::render;
use crate::write;

/// Prints the remarks on every file; with `--fix` the diff of what mends them, or writes it.
pub fn lint(args: &LintArgs, output: &mut Output) -> Result<Ending, Failure> {
    if args.write {
        write::recover_first(&args.writing.open(root_of(&args.reading))?, output)?;
    }
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
    let mut remarks = input.remarks();
    if args.fix {
        mend(&mut remarks, &mut input);
    }
    *found |= remarks.iter().any(|remark| remark.diagnostic.severity > Severity::Note);
    if !output.json {
        remarks.iter().try_for_each(|remark| tell(remark, &input, args.fix, output))?;
    }
    let mut diff = None;
    if args.fix {
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
        input.write_back(&args.writing, output)?;
    }
    Ok(linted)
}

/// Remarks are what was asked for, unless the diff is.
fn tell(remark: &Lint<String>, input: &Input, fix: bool, output: &mut Output) -> Result<(), Failure> {
    let report = kvmprep_lossless::Report { path: &input.name, text: &input.bytes, diagnostic: &remark.diagnostic };
    let left_out = if fix { Severity::Error } else { Severity::Warning };
    if output.quiet && remark.diagnostic.severity < left_out {
        return Ok(());
    }
    let mut told = report.to_string();
    if let Some(why) = &remark.withheld {
        told += &format!("\n  fix: `--fix` leaves it: {}", value::shown(why.as_bytes()));
    } else if remark.fix.is_some() && !fix {
        told += "\n  fix: `--fix` mends it";
    }
    match fix {
        true => output.complain(&told),
        false => writeln!(output, "{told}")?,
    }
    Ok(())
}

/// Makes the edits that mend remarks, each on what the ones before left; one that is refused then is withheld.
fn mend(remarks: &mut [Lint<String>], input: &mut Input) {
    for remark in remarks {
        let refused = remark.fix.as_ref().and_then(|fix| input.editor.apply(fix).err());
        if let Some(refused) = refused {
            remark.fix = None;
            remark.withheld = Some(refused.diagnostic().message);
        }
    }
}
