//! The way to the disk: where a run keeps its state, what it recovers first, and the commands `undo`, `recover`, `status`.

use std::env;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use camino::{Utf8Path, Utf8PathBuf};
use kvmprep_host_files::{
    Change, Committed, Digest, Goal, Metadata, Outcome, Recorded, Recovered, Root, TransactionId, Way, WriteError,
    Written,
};
use kvmprep_lossless::{Diagnostic, value};
use kvmprep_profile::FileType;

use crate::cli::{HardLinksArg, StateArgs, WriteArgs};
use crate::failure::{Ending, Failure};
use crate::host::shown_path;
use crate::output::Output;
use crate::signals::held_off;

impl WriteArgs {
    pub fn open(&self, root: impl AsRef<Path>) -> Result<Root, Failure> {
        self.extend_to(Root::open(root)?)
    }

    pub fn extend_to(&self, root: Root) -> Result<Root, Failure> {
        let mut root = self.state.extend_to(root)?;
        if self.allow_unsafe_dir {
            root = root.allow_unsafe_directories();
        }
        if self.in_place {
            root = root.write_in_place();
        }
        if self.hardlinks == Some(HardLinksArg::Break) {
            root = root.break_hard_links();
        }
        if self.lossy_metadata {
            root = root.allow_lossy_metadata();
        }
        Ok(root)
    }
}

impl StateArgs {
    fn extend_to(&self, root: Root) -> Result<Root, Failure> {
        match &self.directory {
            Some(directory) => Ok(root.keep_state_in(directory)),
            None if rustix::process::geteuid().is_root() => Ok(root),
            None => at_home(root),
        }
    }

    fn writing(self) -> WriteArgs {
        WriteArgs { state: self, ..WriteArgs::default() }
    }
}

/// Who is not root may not write to the host's own state: theirs is below their home, by the host's path.
fn at_home(root: Root) -> Result<Root, Failure> {
    let home = || env::var("HOME").map(|home| Utf8PathBuf::from(home).join(".local/state"));
    let Ok(states) = env::var("XDG_STATE_HOME").map(Utf8PathBuf::from).or_else(|_| home()) else { return Ok(root) };
    let host = root.path().canonicalize().map_err(|error| Failure::io(&root.path().to_string_lossy(), error))?;
    let name = &Digest::of(host.as_os_str().as_bytes()).to_string()[..16];
    Ok(root.keep_state_in(states.join("kvmprep-edit").join(name)))
}

/// A new file of a format, for a caller who has seen that there is none.
pub fn new_file(file_type: FileType, bytes: &[u8]) -> Goal<'_> {
    static PRIVATE: Metadata = Metadata::of_mode(0o600);
    static PUBLIC: Metadata = Metadata::of_mode(0o644);
    Goal::File(bytes, if file_type.is_private() { &PRIVATE } else { &PUBLIC })
}

/// Before anything is read that is to be written: what it says may be half-done.
pub fn recover_first(root: &Root, output: &mut Output) -> Result<(), Failure> {
    // Where nothing is open nothing is written: whoever wants to end the planning that follows may.
    let is_open = !root.open_transactions().map_err(|error| failed(&error))?.is_empty();
    let recovered = if is_open { held_off(|| root.recover())? } else { root.recover() };
    let recovered = recovered.map_err(|error| failed(&error))?;
    recovered.iter().for_each(|transaction| tell_recovered(transaction, output));
    if recovered.iter().any(|transaction| !transaction.foreign.is_empty()) {
        return Err(Failure { status: 3, message: None });
    }
    Ok(())
}

pub fn failed(error: &WriteError) -> Failure {
    Failure::write(shown_path(&error.path), error)
}

/// What is worth a word of a file that was written.
pub fn tell_written(written: &Written, output: &Output) {
    let tell = |told: Diagnostic| output.tell(shown_path(&written.real), b"", &told);
    if let Some(leftover) = &written.leftover {
        tell(Diagnostic::warning("leftover", format!("the old file stays as {leftover}")).help("remove it"));
    }
    if !written.dropped.is_empty() {
        let dropped = written.dropped.join(", ");
        tell(Diagnostic::warning("metadata-lost", format!("not kept: {dropped}")));
    }
    match written.way {
        Way::Swapped => {}
        Way::Renamed => tell(Diagnostic::note(
            "weak-swap",
            "this file system cannot exchange two names: a change of somebody else in the last moment would be lost",
        )),
        Way::InPlace => tell(Diagnostic::note(
            "in-place",
            "written over, as its name cannot be given to another file: readers may have seen a mixture",
        )),
    }
}

pub fn recover(root: &Utf8Path, state: StateArgs, output: &mut Output) -> Result<Ending, Failure> {
    recover_first(&state.writing().open(root)?, output)?;
    Ok(Ending::Done)
}

pub fn undo(
    root: &Utf8Path,
    id: Option<TransactionId>,
    args: &WriteArgs,
    output: &mut Output,
) -> Result<Ending, Failure> {
    let root = args.open(root)?;
    recover_first(&root, output)?;
    let last = || root.backups().map_err(|error| failed(&error)).map(|done| done.last().map(|done| done.id.clone()));
    let Some(id) = id.map_or_else(last, |id| Ok(Some(id)))? else {
        let none = Diagnostic::error("nothing-to-undo", "no transaction is on record");
        return Err(Failure::refused("undo", b"", &none));
    };
    let Committed { files, .. } = held_off(|| root.undo(&id))?.map_err(|error| failed(&error))?;
    let mut told = Ok(());
    for written in files {
        tell_written(&written, output);
        if !output.quiet {
            let done = match written.change {
                Change::Unchanged => "was so already",
                Change::Created => "is there again",
                Change::Replaced => "is as before",
                Change::Deleted => "is gone",
            };
            told = told.and(writeln!(output, "{} {done}", value::shown(shown_path(&written.real).as_bytes())));
        }
    }
    output.settle(told, true)?;
    Ok(Ending::Done)
}

pub fn status(root: &Utf8Path, state: StateArgs, output: &mut Output) -> Result<Ending, Failure> {
    let root = state.writing().open(root)?;
    let open = root.open_transactions().map_err(|error| failed(&error))?;
    let done = root.backups().map_err(|error| failed(&error))?;
    for (transactions, state) in
        [(&done, "can be undone"), (&open, "open: a run is at work, or died; `recover` ends it")]
    {
        for Recorded { id, files } in transactions {
            writeln!(output, "{id}  {state}")?;
            for (path, change) in files {
                writeln!(output, "  {}  {}", change_word(*change), value::shown(shown_path(path).as_bytes()))?;
            }
        }
    }
    Ok(Ending::Done)
}

fn change_word(change: Change) -> &'static str {
    match change {
        Change::Unchanged => "unchanged",
        Change::Created => "created",
        Change::Replaced => "replaced",
        Change::Deleted => "deleted",
    }
}

fn tell_recovered(recovered: &Recovered, output: &Output) {
    let how = match recovered.outcome {
        Outcome::New => "finished",
        Outcome::Old => "taken back",
    };
    for path in &recovered.files {
        let foreign = recovered.foreign.contains(path);
        let told = match foreign {
            true => Diagnostic::error(
                "foreign-change",
                format!("a run that died was {how}, but for this file, which somebody else has changed since: it is left as it is"),
            )
            .help(format!("what it held before is in backup/{} of the state directory", recovered.id)),
            false => Diagnostic::note("recovered", format!("a run that died amid writing was {how}")),
        };
        output.tell(shown_path(path), b"", &told);
    }
}
