//! A plan as a file: made by `diff --plan`, looked at by whoever has to agree, carried out by `apply PLAN` to the byte or not
//! at all.

use std::io::{self, Write as _};

use camino::{Utf8Path, Utf8PathBuf};
use diffy::Patch;
use kvmprep_host_files::{Base, Digest, Goal, Root, Write};
use kvmprep_lossless::files::{Entry, Files};
use kvmprep_lossless::{Diagnostic, value};
use kvmprep_profile::{ByteText, FilePlan, FileType, Plan};
use serde::{Deserialize, Serialize};

use crate::cli::WriteArgs;
use crate::failure::{Ending, Failure};
use crate::host::shown_path;
use crate::input;
use crate::output::Output;
use crate::patch::place::patched;
use crate::render;
use crate::signals::held_off;
use crate::validate::{self, Candidate};
use crate::write;

/// The form of the file; another number is another form.
const FORM: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanFile {
    kvmprep_edit_plan: u32,
    made_by: String,
    files: Vec<PlannedFile>,
    restart: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlannedFile {
    /// As the profile names it.
    path: Utf8PathBuf,
    /// With links followed: the file that is written.
    real_path: Utf8PathBuf,
    /// The format: what mode a new file has hangs on it.
    #[serde(rename = "type")]
    file_type: FileType,
    /// The old bytes; none where there is no file.
    base_sha256: Option<Digest>,
    new_sha256: Digest,
    /// For whoever reads the plan.
    edits: Vec<String>,
    diff: ByteText,
}

impl PlanFile {
    pub fn of(plan: &Plan, context: usize) -> Self {
        Self {
            kvmprep_edit_plan: FORM,
            made_by: format!("kvmprep-edit {}", env!("CARGO_PKG_VERSION")),
            files: plan.changed().map(|file| PlannedFile::of(file, context)).collect(),
            restart: plan.restarts().into_iter().map(str::to_owned).collect(),
        }
    }

    pub fn write(&self, path: &Utf8Path) -> Result<(), Failure> {
        let mut text = serde_json::to_vec_pretty(self).map_err(|error| Failure::io(path.as_str(), error))?;
        text.push(b'\n');
        std::fs::write(path, text).map_err(|error| Failure::io(path.as_str(), error))
    }

    fn read(path: &Utf8Path) -> Result<Self, Failure> {
        let bytes = std::fs::File::open(path).and_then(input::whole);
        let bytes = bytes.map_err(|error| Failure::io(path.as_str(), error))?;
        let not_one = |why: String| {
            let help = "`diff --plan FILE` makes one";
            Failure::usage(path.as_str(), b"", &Diagnostic::error("not-a-plan", why).help(help))
        };
        let plan: Self = serde_json::from_slice(&bytes).map_err(|error| not_one(error.to_string()))?;
        match plan.kvmprep_edit_plan {
            FORM => Ok(plan),
            other => Err(not_one(format!("the plan has form {other}, and this program knows {FORM}"))),
        }
    }
}

/// A file with its old bytes and its new ones.
struct CarriedOut<'p> {
    file: &'p PlannedFile,
    old: Option<Vec<u8>>,
    new: Vec<u8>,
}

impl PlannedFile {
    fn of(file: &FilePlan, context: usize) -> Self {
        let base = match file.base {
            kvmprep_profile::Base::Absent => None,
            kvmprep_profile::Base::Present(_) => Some(Digest::of(file.editor.original())),
        };
        let made = file.edits.iter().filter(|edit| edit.outcome.is_made());
        Self {
            path: file.path.clone(),
            real_path: file.real.clone(),
            file_type: file.file_type,
            base_sha256: base,
            new_sha256: Digest::of(&file.editor.to_bytes()),
            edits: made.map(|edit| render::spelled(&edit.edit)).collect(),
            // Whatever is shown, there has to be a line to find the place by.
            diff: file.editor.patch().unified_diff(&file.names(), context.max(1)).to_bytes().as_slice().into(),
        }
    }

    /// None where the file is new already.
    fn carried_out(&self, root: &Root) -> Result<Option<CarriedOut<'_>>, Failure> {
        let found = root.look(&self.path).map_err(|error| Failure::io(shown_path(&self.path), error.why))?;
        let old = match &found.entry {
            Entry::File(bytes) => Some(bytes.to_vec()),
            Entry::Absent => None,
            Entry::Directory(_) | Entry::Other => return Err(self.conflict("is no regular file any more")),
        };
        let digest = old.as_deref().map(Digest::of);
        if found.real != self.real_path {
            return Err(self.conflict("leads to another file than the plan says"));
        }
        if digest == Some(self.new_sha256) {
            return Ok(None);
        }
        if digest != self.base_sha256 {
            return Err(self.conflict("is not the file that the plan was made for"));
        }
        let diff = self.diff.to_bytes();
        let patch = Patch::from_bytes(&diff).ok();
        let new = patch.and_then(|patch| patched(old.as_deref().unwrap_or_default(), patch.hunks()).ok());
        match new.filter(|new| Digest::of(new) == self.new_sha256) {
            Some(new) => Ok(Some(CarriedOut { file: self, old, new })),
            None => Err(self.conflict("the plan's diff does not make what the plan says")),
        }
    }

    fn conflict(&self, why: &str) -> Failure {
        let stale = Diagnostic::error("stale-plan", why).help("make the plan anew");
        Failure { status: 3, ..Failure::refused(shown_path(&self.path), b"", &stale) }
    }
}

/// Carries a plan out, all of it or nothing.
pub fn apply(path: &Utf8Path, root: &Utf8Path, writing: &WriteArgs, output: &mut Output) -> Result<Ending, Failure> {
    let plan = PlanFile::read(path)?;
    let root = writing.open(root)?;
    write::recover_first(&root, output)?;
    let mut changed = Vec::new();
    for file in &plan.files {
        changed.extend(file.carried_out(&root)?);
    }
    let writes = changed.iter().map(|CarriedOut { file, old, new }| {
        let path = &*file.path;
        match old {
            None => Write { path, base: Base::Absent, goal: write::new_file(file.file_type, new) },
            Some(old) => Write { path, base: Base::Bytes(old), goal: Goal::Bytes(new) },
        }
    });
    let writes: Vec<Write<'_>> = writes.collect();
    let candidates = changed.iter().map(|CarriedOut { file, old, new }| Candidate {
        real: &file.real_path,
        old: old.as_deref().unwrap_or_default(),
        new,
    });
    validate::ask(&root, candidates, writing.strict, output)?;
    let committed = held_off(|| root.commit(&writes))?.map_err(|error| write::failed(&error))?;
    committed.files.iter().for_each(|written| write::tell_written(written, output));
    let told = if output.quiet { Ok(()) } else { tell(&changed, &plan.restart, output) };
    output.settle(told, committed.id.is_some())?;
    Ok(Ending::Done)
}

fn tell(changed: &[CarriedOut<'_>], restart: &[String], output: &mut Output) -> io::Result<()> {
    for CarriedOut { file, .. } in changed {
        writeln!(output, "written: {}", value::shown(shown_path(&file.real_path).as_bytes()))?;
    }
    match restart {
        [_, ..] if !changed.is_empty() => writeln!(output, "restart: {}", restart.join(" ")),
        _ => Ok(()),
    }
}
