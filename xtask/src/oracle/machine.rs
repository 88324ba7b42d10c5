//! Programs of the machine, run where they can harm nothing: in a scratch directory, with an environment of our own, in
//! a mount namespace of their own where files of /etc or /proc must be others, and not for long.

use std::error::Error;
use std::ffi::OsStr;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;

use tempfile::TempDir;

pub type Fault = Box<dyn Error + Send + Sync>;

const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";
const SECONDS: &str = "120";

/// Where a program is, or that it is not installed.
pub fn find(program: &str) -> Result<PathBuf, Fault> {
    let found = PATH.split(':').map(|folder| Path::new(folder).join(program)).find(|path| path.is_file());
    found.ok_or_else(|| format!("{program} is not installed").into())
}

/// A command with an environment of two variables and nothing on its standard input, killed with its children when it
/// takes too long.
pub fn command(program: impl AsRef<OsStr>, directory: &Path) -> Command {
    let mut command = Command::new("/usr/bin/timeout");
    command.args(["--signal=KILL", SECONDS]).arg(program);
    command.current_dir(directory).stdin(Stdio::null());
    command.env_clear().env("PATH", PATH).env("LC_ALL", "C");
    command
}

/// A private mount namespace: what is mounted in it is seen by its programs alone.
#[derive(Clone, Copy)]
pub struct Namespace {
    flags: &'static [&'static str],
}

impl Namespace {
    /// As root in a user namespace where that is allowed, else as the root we are.
    pub fn found() -> Result<Self, Fault> {
        find("unshare")?;
        let works = |flags: &&&[&str]| {
            let tried = command("unshare", Path::new("/")).args(**flags).arg("true").output();
            tried.is_ok_and(|output| output.status.success())
        };
        let flags = [&["--map-root-user", "--mount"][..], &["--mount"]].iter().find(works).copied();
        flags.map(|flags| Self { flags }).ok_or_else(|| "no private mount namespace is allowed here".into())
    }

    /// Runs a script of sh in the scratch directory; it must end with success.
    pub fn run(self, script: &str, scratch: &Path) -> Result<Output, Fault> {
        let output = command("unshare", scratch).args(self.flags).args(["sh", "-euc", script]).output()?;
        if output.status.success() {
            return Ok(output);
        }
        let told = String::from_utf8_lossy(&output.stderr);
        Err(format!("the script in the namespace ended with {}: {told}", output.status).into())
    }
}

/// A directory of our own, in memory where the machine has such: thousands of small files come and go.
pub fn scratch() -> Result<TempDir, Fault> {
    Ok(tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir())?)
}

/// The work on all items, shared out among the processors.
pub fn in_parallel<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&[T]) -> Result<Vec<R>, Fault> + Sync,
) -> Result<Vec<R>, Fault> {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let share = items.len().div_ceil(processors).max(1);
    thread::scope(|scope| {
        let workers: Vec<_> = items.chunks(share).map(|items| scope.spawn(|| work(items))).collect();
        let mut results = Vec::with_capacity(items.len());
        for worker in workers {
            results.extend(worker.join().unwrap_or_else(|panic| resume_unwind(panic))?);
        }
        Ok(results)
    })
}
