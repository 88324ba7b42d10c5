//! What the daemon itself says of a file before it is put in place: only where the host is the running one.

use std::fs::DirBuilder;
use std::io::{self, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use camino::Utf8Path;
use kvmprep_host_files::{Root, TransactionId};
use kvmprep_lossless::Diagnostic;

use crate::failure::Failure;
use crate::host::shown_path;
use crate::output::Output;

/// A program that says whether it would take a file, by its exit status; the file's name goes behind the arguments.
struct Validator {
    /// The one file that it is asked about: what is drawn in by it is read where it stands.
    path: &'static str,
    program: &'static str,
    arguments: &'static [&'static str],
}

const VALIDATORS: [Validator; 1] =
    [Validator { path: "/etc/ssh/sshd_config", program: "/usr/sbin/sshd", arguments: &["-t", "-f"] }];

const PATIENCE: Duration = Duration::from_secs(10);
const MOST_SAID: u64 = 64 << 10;

/// A file that is about to change.
pub struct Candidate<'c> {
    pub real: &'c Utf8Path,
    pub old: &'c [u8],
    pub new: &'c [u8],
}

/// Refuses what a daemon refuses. One that refuses the old file too says nothing of the new one: that is a warning, or
/// with `strict` a refusal.
pub fn ask<'c>(
    root: &Root,
    candidates: impl IntoIterator<Item = Candidate<'c>>,
    strict: bool,
    output: &Output,
) -> Result<(), Failure> {
    if root.path().canonicalize().ok().as_deref() != Some(Path::new("/")) {
        return Ok(());
    }
    for candidate in candidates {
        let known = VALIDATORS.iter().find(|validator| validator.path == candidate.real);
        let Some(validator) = known.filter(|validator| Path::new(validator.program).is_file()) else { continue };
        let failed = |error: io::Error| Failure::io(validator.program, error);
        let Some(said) = validator.complaint(candidate.new).map_err(failed)? else { continue };
        let was_broken = validator.complaint(candidate.old).map_err(failed)?.is_some();
        let message = format!("{} refuses the file: {said}", validator.program);
        let path = shown_path(candidate.real);
        if was_broken && !strict {
            let told = Diagnostic::warning("validator", format!("{message}; it refuses the present one too"));
            output.tell(path, b"", &told);
        } else {
            let told = Diagnostic::error("validator", message).help("nothing is written; mend what it names first");
            return Err(Failure::refused(path, b"", &told));
        }
    }
    Ok(())
}

impl Validator {
    /// What it says where it does not take this text. It gets a file of its own in a directory of its own.
    fn complaint(&self, text: &[u8]) -> io::Result<Option<String>> {
        let folder = Folder::new()?;
        let file = folder.0.join("candidate");
        std::fs::write(&file, text)?;
        let mut child = Command::new(self.program)
            .args(self.arguments)
            .arg(&file)
            .env_clear()
            .envs([("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"), ("LC_ALL", "C")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let said = child.stderr.take().map(|stderr| {
            std::thread::spawn(move || {
                let mut said = Vec::new();
                stderr.take(MOST_SAID).read_to_end(&mut said).map(|_| said)
            })
        });
        let begun = Instant::now();
        let status = loop {
            match child.try_wait()? {
                Some(status) => break status,
                None if begun.elapsed() < PATIENCE => sleep(Duration::from_millis(2)),
                None => {
                    child.kill()?;
                    child.wait()?;
                    return Ok(Some("it does not come to an end".to_owned()));
                }
            }
        };
        let said = said.and_then(|reader| reader.join().ok()).transpose()?.unwrap_or_default();
        let name = file.display().to_string();
        let said = String::from_utf8_lossy(&said).replace(&name, self.path.trim_start_matches('/'));
        Ok((!status.success()).then(|| said.lines().map(str::trim).collect::<Vec<_>>().join("; ")))
    }
}

/// A directory that nobody else looks into, and that goes with this value.
struct Folder(PathBuf);

impl Folder {
    fn new() -> io::Result<Self> {
        let name = TransactionId::fresh().map_err(|error| io::Error::other(error.to_string()))?;
        let path = std::env::temp_dir().join(format!("kvmprep-edit.{name}"));
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left of it is in a directory of nobody's.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
