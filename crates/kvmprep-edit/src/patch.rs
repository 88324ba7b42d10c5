//! `patch`: a unified diff to a host, through the same door as everything else that is written.

pub mod place;

use std::io::{self, Write as _};

use bstr::ByteSlice;
use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use diffy::Patch;
use diffy::patch_set::{FileOperation, ParseOptions, PatchKind, PatchSet};
use kvmprep_host_files::{Base, Change, Goal, Root, Write};
use kvmprep_lossless::files::{Entry, Files};
use kvmprep_lossless::{Diagnostic, value};
use kvmprep_profile::FileType;

use crate::cli::PatchArgs;
use crate::failure::{Ending, Failure};
use crate::host::shown_path;
use crate::input;
use crate::output::Output;
use crate::signals::held_off;
use crate::validate::{self, Candidate};
use crate::write;
use place::{Misfit, patched};

pub fn patch(args: &PatchArgs, output: &mut Output) -> Result<Ending, Failure> {
    let (name, diff) = match &args.diff {
        Some(path) => (path.as_str(), std::fs::File::open(path).and_then(input::whole)),
        None => ("stdin", input::whole(io::stdin().lock())),
    };
    let diff = diff.map_err(|error| Failure::io(name, error))?;
    let root = args.writing.open(&args.root.root)?;
    if !args.check {
        write::recover_first(&root, output)?;
    }
    let mut files: Vec<Planned> = Vec::new();
    for file in PatchSet::parse_bytes(&diff, ParseOptions::unidiff()) {
        let file = file.map_err(|error| not_a_diff(name, &error.to_string()))?;
        let PatchKind::Text(hunks) = file.patch() else { return Err(not_a_diff(name, "a binary diff")) };
        planned(&root, file.operation(), hunks, args, &mut files)?;
    }
    let changed: Vec<&Planned> = files.iter().filter(|file| file.new != file.old).collect();
    if args.check {
        changed.iter().try_for_each(|file| writeln!(output, "would change: {}", shown(&file.path)))?;
        return Ok(if changed.is_empty() { Ending::Done } else { Ending::Differs });
    }
    let writes: Vec<Write<'_>> = changed.iter().map(|file| file.write()).collect();
    let candidates = changed.iter().filter_map(|file| {
        let (old, new) = (file.old.as_deref().unwrap_or_default(), file.new.as_deref()?);
        Some(Candidate { real: &file.real, old, new })
    });
    validate::ask(&root, candidates, args.writing.strict, output)?;
    let committed = held_off(|| root.commit(&writes))?.map_err(|error| write::failed(&error))?;
    let mut told = Ok(());
    for written in &committed.files {
        write::tell_written(written, output);
        if !output.quiet {
            let done = if written.change == Change::Deleted { "removed" } else { "written" };
            told = told.and(writeln!(output, "{done}: {}", shown(&written.real)));
        }
    }
    output.settle(told, committed.id.is_some())?;
    Ok(Ending::Done)
}

/// A file as it is and as it is to be; `None` where there is none.
struct Planned {
    path: Utf8PathBuf,
    /// With links followed.
    real: Utf8PathBuf,
    old: Option<Vec<u8>>,
    new: Option<Vec<u8>>,
}

impl Planned {
    fn write(&self) -> Write<'_> {
        let base = self.old.as_deref().map_or(Base::Absent, Base::Bytes);
        let goal = match (&self.old, self.new.as_deref()) {
            (_, None) => Goal::Absent,
            (None, Some(new)) => {
                FileType::of_path(&self.real).map_or(Goal::Bytes(new), |file_type| write::new_file(file_type, new))
            }
            (Some(_), Some(new)) => Goal::Bytes(new),
        };
        Write { path: &self.path, base, goal }
    }
}

/// A file that another part of the diff is about already goes on from what that part makes of it.
fn planned(
    root: &Root,
    operation: &FileOperation<'_, [u8]>,
    hunks: &Patch<'_, [u8]>,
    args: &PatchArgs,
    files: &mut Vec<Planned>,
) -> Result<(), Failure> {
    let stripped = operation.strip_prefix(args.strip);
    let (path, creates, deletes) = match &stripped {
        FileOperation::Create(path) => (path, true, false),
        FileOperation::Delete(path) => (path, false, true),
        FileOperation::Modify { original, modified } if original == modified => (modified, false, false),
        FileOperation::Modify { modified, .. } | FileOperation::Rename { to: modified, .. } => {
            return Err(refused(
                &shown_bytes(modified),
                "renames",
                "a diff that renames a file is not applied",
                RENAMES,
            ));
        }
        FileOperation::Copy { to, .. } => {
            return Err(refused(&shown_bytes(to), "renames", "a diff that copies a file is not applied", RENAMES));
        }
    };
    let path = below_the_root(path)?;
    let (creates, deletes) = if args.reverse { (deletes, creates) } else { (creates, deletes) };
    let reversed = hunks.reverse();
    let hunks = if args.reverse { &reversed } else { hunks };
    let found = root.look(&path).map_err(|error| Failure::io(shown_path(&path), error.why))?;
    let before = files.iter().position(|file| file.real == found.real);
    let text = match &found.entry {
        _ if before.is_some() => before.and_then(|before| files[before].new.clone()),
        Entry::File(bytes) => Some(bytes.to_vec()),
        Entry::Absent => None,
        Entry::Directory(_) | Entry::Other => {
            return Err(refused(
                shown_path(&path),
                "not-regular",
                "is not a regular file",
                "only regular files are patched",
            ));
        }
    };
    let new = match (&text, creates, deletes) {
        (None, false, false) => return Err(refused(shown_path(&path), "missing", "the file does not exist", STRIP)),
        (None, false, true) => None,
        (None, true, _) => Some(applied(&path, b"", hunks)?),
        (Some(text), ..) => Some(applied(&path, text, hunks)?).filter(|new| !(deletes && new.is_empty())),
    };
    match before {
        Some(before) => files[before].new = new,
        None => files.push(Planned { path, real: found.real, old: text, new }),
    }
    Ok(())
}

const RENAMES: &str = "move the file first, and apply a diff of its new name";
const STRIP: &str = "check the path, and how many components `-p` leaves out";

fn applied(path: &Utf8Path, text: &[u8], hunks: &Patch<'_, [u8]>) -> Result<Vec<u8>, Failure> {
    patched(text, hunks.hunks()).map_err(|(number, misfit)| {
        let hunk = &hunks.hunks()[number];
        let (why, help) = match misfit {
            Misfit::NotFound => {
                ("neither the old lines nor the new ones stand in the file", "make the diff anew from this file")
            }
            Misfit::Ambiguous => ("the lines stand in several places", "make the diff anew, with more context"),
            Misfit::NoContext => ("there is no line to find the place by", "make the diff anew, with context"),
        };
        let message =
            format!("hunk {} of {}, of line {}: {why}", number + 1, hunks.hunks().len(), hunk.old_range().start());
        refused(shown_path(path), "hunk-misplaced", &message, help)
    })
}

/// A name of the diff as a path from the root. What leads up or is no text is nobody's file.
fn below_the_root(name: &[u8]) -> Result<Utf8PathBuf, Failure> {
    let plain = |path: &&Utf8Path| {
        let is_plain = |part| matches!(part, Utf8Component::Normal(_) | Utf8Component::RootDir | Utf8Component::CurDir);
        !path.as_str().is_empty() && path.components().all(is_plain)
    };
    match name.to_str().ok().map(Utf8Path::new).filter(plain) {
        Some(path) => Ok(Utf8Path::new("/").join(path)),
        None => Err(refused(&shown_bytes(name), "bad-name", "the diff names no path below the root", STRIP)),
    }
}

fn refused(path: &str, code: &'static str, message: &str, help: &str) -> Failure {
    Failure::refused(path, b"", &Diagnostic::error(code, message).help(help))
}

fn not_a_diff(name: &str, why: &str) -> Failure {
    Failure::usage(
        name,
        b"",
        &Diagnostic::error("not-a-diff", why).help("a unified diff is wanted, as `diff -u` makes it"),
    )
}

fn shown(path: &Utf8Path) -> String {
    value::shown(shown_path(path).as_bytes())
}

fn shown_bytes(name: &[u8]) -> String {
    value::shown(name)
}
