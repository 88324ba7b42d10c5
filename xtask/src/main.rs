//! What a shell script would do: `cargo xtask test`, `build`, `snap`, `oracle`, `guests`.

mod build;
mod faults;
mod guests;
mod oracle;
mod snap;
mod test;

use std::error::Error;
use std::path::PathBuf;

use clap::Parser;
use xshell::Shell;

type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's chores")]
enum Chore {
    /// Format, lints, tests, examples, documentation, the guests, a round of the oracle: what must be green
    Test,
    /// The optimized static binary: dist/kvmprep-edit
    Build,
    /// Accept all snapshots as the tests make them now, and show what changed
    Snap,
    /// Ask the real programs what they make of random files and of our edits, and show where we say otherwise
    Oracle(oracle::Wanted),
    /// Kill a run at every system call and let every one fail, and look at what is left of the host's files
    Faults(faults::Wanted),
    /// Run libvirt's own libvirt-guests before our edit of its file and after, and see what it does to guests
    Guests,
}

fn main() -> Outcome {
    let chore = Chore::parse();
    let shell = Shell::new()?;
    shell.change_dir(workspace()?);
    match chore {
        Chore::Test => test::run(&shell),
        Chore::Build => build::run(&shell),
        Chore::Snap => snap::run(&shell),
        Chore::Oracle(wanted) => oracle::run(&wanted),
        Chore::Faults(wanted) => faults::run(&shell, &wanted),
        Chore::Guests => guests::run(&shell),
    }
}

/// Asked of cargo when run, not when built: one target directory may serve several checkouts.
fn workspace() -> Result<PathBuf, Box<dyn Error + Send + Sync>> {
    let here = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    Ok(here.parent().ok_or("xtask is a folder of the workspace")?.to_owned())
}
