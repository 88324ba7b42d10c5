//! The command line: arguments to requests, plans to output. All that an edit means is in the libraries.

mod check;
mod cli;
mod explain;
mod failure;
mod file;
mod host;
mod input;
mod lint;
mod output;
mod patch;
mod plan_file;
mod render;
mod signals;
mod validate;
mod write;

use std::io::Write;
use std::process::ExitCode;

use camino::Utf8Path;
use clap::{CommandFactory, Parser};
use kvmprep_lossless::{Diagnostic, Edit};
use kvmprep_profile::{ProfileReport, ProfilesReport, Report, built_in, built_in_text, built_ins, reports_schema};

use cli::{Cli, Command, ProfileCommand};
use failure::{Ending, Failure};
use output::Output;

fn main() -> ExitCode {
    let Cli { look, command } = Cli::parse();
    let mut output = Output::new(&look);
    let ended = run(command, &mut output).and_then(|ending| Ok(output.flush().map(|()| ending)?));
    match ended {
        Ok(ending) => {
            signals::follow();
            ExitCode::from(ending as u8)
        }
        Err(failure) => {
            if let Some(message) = &failure.message {
                output.complain(message);
            }
            ExitCode::from(failure.status)
        }
    }
}

fn run(command: Command, output: &mut Output) -> Result<Ending, Failure> {
    match command {
        Command::Diff(args) => host::diff(&args.host, args.plan.as_deref(), output),
        Command::Apply(args) => host::apply(&args, output),
        Command::Check(args) => check::check(&args, output),
        Command::Explain(args) => explain::explain(&args, output),
        Command::Lint(args) => lint::lint(&args, output),
        Command::Get { file, key } => file::get(&file, &key, output),
        Command::Set { file, key, value, create, manner, output: out } => {
            let to = value.into_iter().map(Into::into).collect();
            file::edit(&file, create, Edit::Set { key, to }, &manner, &out, output)
        }
        Command::Unset { file, key, manner, output: out } => {
            file::edit(&file, false, Edit::Unset { key }, &manner, &out, output)
        }
        Command::Disable { file, key, manner, output: out } => {
            file::edit(&file, false, Edit::Disable { key }, &manner, &out, output)
        }
        Command::Add { file, key, item, create, manner, output: out } => {
            file::edit(&file, create, Edit::Add { key, item: item.into() }, &manner, &out, output)
        }
        Command::Remove { file, key, item, manner, output: out } => {
            file::edit(&file, false, Edit::Remove { key, item: item.into() }, &manner, &out, output)
        }
        Command::Show { file } => file::show(&file, output),
        Command::Patch(args) => patch::patch(&args, output),
        Command::Undo { id, root, writing } => write::undo(&root.root, id, &writing, output),
        Command::Recover { root, state } => write::recover(&root.root, state, output),
        Command::Status { root, state } => write::status(&root.root, state, output),
        Command::Profile(ProfileCommand::List) => list_profiles(output),
        Command::Profile(ProfileCommand::Show { name }) => show_profile(&name, output),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "kvmprep-edit", &mut script);
            output.write_all(&script)?;
            Ok(Ending::Done)
        }
        Command::Man { directory } => write_man_pages(&directory),
        Command::Schema => {
            output.json(&reports_schema())?;
            Ok(Ending::Done)
        }
    }
}

fn list_profiles(output: &mut Output) -> Result<Ending, Failure> {
    let profiles = built_ins();
    if output.json {
        let profiles = profiles.map(|profile| ProfileReport::of(&profile, None)).collect();
        output.report(&Report::Profiles(ProfilesReport { profiles }))?;
        return Ok(Ending::Done);
    }
    for profile in profiles {
        writeln!(output, "{}  {}", profile.name, profile.summary)?;
    }
    Ok(Ending::Done)
}

fn show_profile(name: &str, output: &mut Output) -> Result<Ending, Failure> {
    let (Some(profile), Some(text)) = (built_in(name), built_in_text(name)) else {
        let unknown = Diagnostic::error("unknown-profile", format!("there is no built-in profile `{name}`"))
            .help("`kvmprep-edit profile list` names them");
        return Err(Failure::usage("profile show", b"", &unknown));
    };
    if output.json {
        output.report(&Report::Profile(ProfileReport::of(&profile, Some(text))))?;
    } else {
        output.write_all(text.as_bytes())?;
    }
    Ok(Ending::Done)
}

fn write_man_pages(directory: &Utf8Path) -> Result<Ending, Failure> {
    std::fs::create_dir_all(directory).map_err(|error| Failure::io(directory.as_str(), error))?;
    clap_mangen::generate_to(Cli::command(), directory).map_err(|error| Failure::io(directory.as_str(), error))?;
    Ok(Ending::Done)
}
