use std::path::{Path, PathBuf};
use std::time::Instant;

use xshell::{Shell, cmd};

use crate::{Outcome, faults, guests, oracle};

/// Past this a source file wants a wall.
const LONGEST_FILE: usize = 600;

pub fn run(shell: &Shell) -> Outcome {
    cmd!(shell, "cargo fmt --all --check").run()?;
    short_files(shell)?;
    cmd!(shell, "cargo clippy --workspace --all-targets --all-features -- -D warnings").run()?;
    cmd!(shell, "cargo test --workspace --all-features").run()?;
    examples(shell)?;
    documentation(shell)?;
    guests::run(shell)?;
    faults::run(shell, &faults::ROUND)?;
    a_round_of_the_oracle()
}

/// The time is told, since the round has to stay within a few minutes.
fn a_round_of_the_oracle() -> Outcome {
    let begun = Instant::now();
    let found = oracle::run(&oracle::ROUND);
    println!("the oracle took {} s", begun.elapsed().as_secs());
    found
}

/// Tests compile the examples; running them is what shows that they still work.
fn examples(shell: &Shell) -> Outcome {
    for folder in shell.read_dir("crates")? {
        let manifest = folder.join("Cargo.toml");
        for example in sources(shell, &folder.join("examples"))? {
            let name = example.file_stem().unwrap_or_default();
            cmd!(shell, "cargo run --quiet --all-features --manifest-path {manifest} --example {name}")
                .stdin("")
                .run()?;
        }
    }
    Ok(())
}

fn documentation(shell: &Shell) -> Outcome {
    let _denied = shell.push_env("RUSTDOCFLAGS", "-Dwarnings");
    Ok(cmd!(shell, "cargo doc --workspace --no-deps --all-features").run()?)
}

fn short_files(shell: &Shell) -> Outcome {
    let mut folders: Vec<PathBuf> = shell.read_dir("crates")?.into_iter().map(|folder| folder.join("src")).collect();
    folders.push("xtask/src".into());
    while let Some(folder) = folders.pop() {
        for source in sources(shell, &folder)? {
            let lines = shell.read_file(&source)?.lines().count();
            if lines > LONGEST_FILE {
                return Err(format!("{}: {lines} lines; split past {LONGEST_FILE}", source.display()).into());
            }
        }
        folders.extend(entries(shell, &folder)?.into_iter().filter(|path| path.is_dir()));
    }
    Ok(())
}

fn sources(shell: &Shell, folder: &Path) -> xshell::Result<Vec<PathBuf>> {
    let rust = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    Ok(entries(shell, folder)?.into_iter().filter(rust).collect())
}

/// In the order of names; a folder that is not there is empty.
fn entries(shell: &Shell, folder: &Path) -> xshell::Result<Vec<PathBuf>> {
    if shell.path_exists(folder) { shell.read_dir(folder) } else { Ok(Vec::new()) }
}
