//! Programs of the machine, run where they can harm nothing: in a scratch directory, with an environment of our own, in
//! a mount namespace of their own where files of /etc or /proc must be others, and not for long.

use std::error::Error;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Lines, Write};
use std::num::NonZero;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
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

/// A program that is not there is passed over, and said to be; in CI that is a failure.
pub fn skipped(what: &str, why: Fault) -> Result<(), Fault> {
    if std::env::var_os("CI").is_some_and(|ci| ci == "true") {
        return Err(format!("{what}: {why}").into());
    }
    println!("{what} skipped: {why}");
    Ok(())
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
        let output = self.shell(script, scratch).output()?;
        if output.status.success() {
            return Ok(output);
        }
        let told = String::from_utf8_lossy(&output.stderr);
        Err(format!("the script in the namespace ended with {}: {told}", output.status).into())
    }

    /// A script of sh in the scratch directory, yet to be started.
    pub fn shell(self, script: &str, scratch: &Path) -> Command {
        let mut shell = command("unshare", scratch);
        shell.args(self.flags).args(["sh", "-euc", script]);
        shell
    }
}

/// A shell in a private namespace that runs one command after the other: cheaper than a namespace for each, or mounts.
pub struct Session {
    shell: Child,
    /// `None` once the session is to end.
    commands: Option<ChildStdin>,
    statuses: Lines<BufReader<ChildStdout>>,
}

impl Namespace {
    /// Starts one in the scratch directory, behind a script that prepares the namespace.
    pub fn session(self, preparation: &str, scratch: &Path) -> Result<Session, Fault> {
        let script = format!("{preparation}\n{SESSION}");
        let mut shell = self.shell(&script, scratch);
        let mut shell = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn()?;
        let (commands, statuses) = (shell.stdin.take(), shell.stdout.take());
        let statuses = BufReader::new(statuses.ok_or("the shell has no output")?).lines();
        Ok(Session { shell, commands, statuses })
    }
}

/// The words of a line are a command; its status is answered.
const SESSION: &str = r#"
while read -r command; do
    status=0
    $command </dev/null >/dev/null 2>&1 || status=$?
    echo "$status"
done
"#;

impl Session {
    /// Runs a command, without quotes, to its end. What is its status?
    pub fn run(&mut self, command: &str) -> Result<i32, Fault> {
        let commands = self.commands.as_mut().ok_or("the session has ended")?;
        writeln!(commands, "{command}")?;
        let status = self.statuses.next().ok_or("the shell in the namespace ended before its time")??;
        Ok(status.parse()?)
    }
}

impl Drop for Session {
    /// Without commands the shell ends.
    fn drop(&mut self) {
        self.commands = None;
        let _ = self.shell.wait();
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
