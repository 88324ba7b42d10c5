use std::env::consts::ARCH;
use std::path::Path;

use xshell::{Shell, cmd};

use crate::Outcome;

const BINARY: &str = "kvmprep-edit";

pub fn run(shell: &Shell) -> Outcome {
    let target = target(shell)?;
    // With --target given, the flags reach the binary alone and not the build's own proc macros, which static linking would break.
    let _flags = target.ends_with("gnu").then(|| shell.push_env("RUSTFLAGS", "-C target-feature=+crt-static"));
    cmd!(shell, "cargo build --profile dist --package {BINARY} --target {target} --target-dir target").run()?;
    shell.create_dir("dist")?;
    let dist = Path::new("dist").join(BINARY);
    shell.copy_file(Path::new("target").join(&target).join("dist").join(BINARY), &dist)?;
    report(shell, &dist, &target)
}

/// musl where its standard library is installed, else glibc linked in.
fn target(shell: &Shell) -> Result<String, xshell::Error> {
    let musl = format!("{ARCH}-unknown-linux-musl");
    let library = cmd!(shell, "rustc --print target-libdir --target {musl}").quiet().ignore_stderr().read()?;
    Ok(if shell.path_exists(library) { musl } else { format!("{ARCH}-unknown-linux-gnu") })
}

fn report(shell: &Shell, binary: &Path, target: &str) -> Outcome {
    let size = shell.read_binary_file(binary)?.len();
    println!("{}: {} KiB, {target}", binary.display(), size.div_ceil(1024));
    Ok(())
}
