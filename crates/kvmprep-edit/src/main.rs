//! The command line: arguments to requests, plans to output. All that an edit means is in the libraries.

mod cli;
mod failure;
mod file;
mod host;
mod output;
mod render;

use std::io::Write;
use std::process::ExitCode;

use camino::Utf8Path;
use clap::{CommandFactory, Parser};
use kvmprep_lossless::{Diagnostic, Edit};
use kvmprep_profile::{built_in_text, built_ins, reports_schema};

use cli::{Cli, Command, ProfileCommand};
use failure::{Ending, Failure};
use output::Output;

fn main() -> ExitCode {
    let Cli { look, command } = Cli::parse();
    let mut output = Output::new(&look);
    let ended = run(command, &mut output).and_then(|ending| Ok(output.flush().map(|()| ending)?));
    match ended {
        Ok(ending) => ExitCode::from(ending as u8),
        Err(failure) => {
            output.complain(&failure.message);
            ExitCode::from(failure.status)
        }
    }
}

fn run(command: Command, output: &mut Output) -> Result<Ending, Failure> {
    match command {
        Command::Diff(args) => host::diff(&args, output),
        Command::Apply(args) => host::apply(&args, output),
        Command::Check(args) => host::check(&args, output),
        Command::Get { file, key } => file::get(&file, &key, output),
        Command::Set { file, key, value, manner, output: out } => {
            let to = value.into_iter().map(Into::into).collect();
            file::edit(&file, Edit::Set { key, to }, &manner, &out, output)
        }
        Command::Unset { file, key, manner, output: out } => {
            file::edit(&file, Edit::Unset { key }, &manner, &out, output)
        }
        Command::Disable { file, key, manner, output: out } => {
            file::edit(&file, Edit::Disable { key }, &manner, &out, output)
        }
        Command::Add { file, key, item, manner, output: out } => {
            file::edit(&file, Edit::Add { key, item: item.into() }, &manner, &out, output)
        }
        Command::Remove { file, key, item, manner, output: out } => {
            file::edit(&file, Edit::Remove { key, item: item.into() }, &manner, &out, output)
        }
        Command::Show { file } => file::show(&file, output),
        Command::Profile(ProfileCommand::List) => list_profiles(output),
        Command::Profile(ProfileCommand::Show { name }) => show_profile(&name, output),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "kvmprep-edit", output);
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
    for profile in built_ins() {
        writeln!(output, "{}  {}", profile.name, profile.summary)?;
    }
    Ok(Ending::Done)
}

fn show_profile(name: &str, output: &mut Output) -> Result<Ending, Failure> {
    let text = built_in_text(name).ok_or_else(|| {
        let unknown = Diagnostic::error("unknown-profile", format!("there is no built-in profile `{name}`"))
            .help("`kvmprep-edit profile list` names them");
        Failure::usage("profile show", b"", &unknown)
    })?;
    output.write_all(text.as_bytes())?;
    Ok(Ending::Done)
}

fn write_man_pages(directory: &Utf8Path) -> Result<Ending, Failure> {
    clap_mangen::generate_to(Cli::command(), directory).map_err(|error| Failure::io(directory.as_str(), error))?;
    Ok(Ending::Done)
}
