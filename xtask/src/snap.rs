use xshell::{Shell, cmd};

use crate::Outcome;

pub fn run(shell: &Shell) -> Outcome {
    {
        let _accept = shell.push_env("INSTA_UPDATE", "always");
        cmd!(shell, "cargo test --workspace --all-features").run()?;
    }
    cmd!(shell, "git status --short -- snapshots docs").run()?;
    Ok(cmd!(shell, "git --no-pager diff -- snapshots docs").run()?)
}
