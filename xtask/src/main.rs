//! What a shell script would do: `cargo xtask test`, `cargo xtask build`, `cargo xtask snap`.

mod build;
mod snap;
mod test;

use std::error::Error;
use std::path::Path;

use clap::Parser;
use xshell::Shell;

type Outcome = Result<(), Box<dyn Error>>;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's chores")]
enum Chore {
    /// Format, lints, tests, examples, documentation: what must be green
    Test,
    /// The optimized static binary: dist/kvmprep-edit
    Build,
    /// Accept all snapshots as the tests make them now, and show what changed
    Snap,
}

fn main() -> Outcome {
    let chore = Chore::parse();
    let shell = Shell::new()?;
    shell.change_dir(workspace());
    match chore {
        Chore::Test => test::run(&shell),
        Chore::Build => build::run(&shell),
        Chore::Snap => snap::run(&shell),
    }
}

fn workspace() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("xtask is a folder of the workspace")
}
