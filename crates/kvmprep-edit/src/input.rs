//! What the command line names: a file of a host, or standard input.

use std::io::{self, Read};
use std::sync::Arc;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use kvmprep_host_files::{Base, LIMIT, Root};
use kvmprep_lossless::diff::Names;
use kvmprep_lossless::effective;
use kvmprep_lossless::files::{Entry, Files, Overlay};
use kvmprep_lossless::{Diagnostic, Edit, Editor, Lint};
use kvmprep_profile::{
    ChangeReport, Circumstances, EditReport, Effect, EffectReport, FileType, Lines, Options, Outcome, Planned, Release,
    judged, remarks_beside,
};

use crate::cli::{FileArgs, ReadingArgs, WriteArgs};
use crate::failure::Failure;
use crate::output::Output;
use crate::render;
use crate::signals::held_off;
use crate::validate::{self, Candidate};
use crate::write;

/// A file that was named on the command line.
pub struct Input {
    /// As it is shown, and as it stands in diffs.
    pub name: String,
    pub bytes: Arc<[u8]>,
    pub file_type: FileType,
    pub editor: Box<dyn Editor>,
    options: Options,
    /// Where it is, for writing; none for standard input.
    place: Option<DiskPlace>,
    is_new: bool,
}

struct DiskPlace {
    root: Root,
    path: Utf8PathBuf,
    /// Links followed.
    real: Utf8PathBuf,
}

impl Input {
    /// Reads the file; where it is missing and may be created, there is nothing in it yet.
    pub fn open(args: &FileArgs, create: bool, output: &Output) -> Result<Self, Failure> {
        Self::of(&args.file, &args.reading, create, output)
    }

    pub fn of(file: &Utf8Path, reading: &ReadingArgs, create: bool, output: &Output) -> Result<Self, Failure> {
        let Source { name, place, bytes } = if file == "-" { standard_input()? } else { on_disk(file, reading)? };
        let on_host = place.as_ref().map(|place| (&place.root, &*place.path));
        let (file_type, options) = how_read(reading, on_host, &name, output)?;
        if bytes.is_none() && !create {
            let missing = Diagnostic::error("missing", "the file does not exist");
            let help = "check the path; `--create` lets `set` and `add` begin it";
            return Err(Failure::refused(&name, b"", &missing.help(help)));
        }
        let is_new = bytes.is_none();
        let bytes = bytes.unwrap_or_default();
        let editor = file_type.open(bytes.to_vec(), options);
        Ok(Self { name, bytes, file_type, options, editor, place, is_new })
    }

    /// What there is to remark of the file, by itself and beside the host's other files, in the order of its lines.
    pub fn remarks(&self) -> Vec<Lint<String>> {
        let mut remarks = self.editor.lint();
        if let Some(DiskPlace { root, path, .. }) = &self.place {
            let beside = remarks_beside(root, path, self.file_type, self.options, &*self.editor);
            remarks.extend(beside.into_iter().map(Lint::from));
            remarks.sort_by_key(|remark| remark.diagnostic.span.map(|span| span.start));
        }
        remarks
    }

    /// What the consumers of the file would take of an edit that was made; `None` where the file is all that they read.
    pub fn effect(&self, edit: &Edit<String>) -> Option<Effect> {
        let DiskPlace { root, path, real } = self.place.as_ref()?;
        let consumers = self.file_type.consumers(self.options, root, &Circumstances::default());
        consumers.drop_ins()?;
        let planned = Overlay::over(root).with(real.clone(), self.editor.to_bytes());
        let after = consumers.explain(effective::Host { files: &planned, path }, edit.key()).ok()?;
        Some(judged(&*consumers, edit, &after, &[Lines::of(real, &*self.editor, edit.key())]))
    }

    pub fn write_back(&mut self, writing: &WriteArgs, output: &Output) -> Result<(), Failure> {
        let Some(DiskPlace { root, path, real }) = self.place.take() else {
            let refusal = Diagnostic::error("standard-input", "standard input cannot be written back")
                .help("`-o FILE` writes the edited text elsewhere, `-o -` prints it");
            return Err(Failure::usage("-", b"", &refusal));
        };
        if self.editor.patch().is_empty() {
            return Ok(());
        }
        let root = writing.extend_to(root)?;
        let new = self.editor.to_bytes();
        let candidate = Candidate { real: &real, old: &self.bytes, new: &new };
        validate::ask(&root, [candidate], writing.strict, output)?;
        let written = held_off(|| match self.is_new {
            true => root.create(&path, write::new_file(self.file_type, &new)),
            false => root.write(&path, Base::Bytes(&self.bytes), &new),
        })?;
        let written = written.map_err(|error| {
            // It may be about the directory of the state.
            let name = if error.path == path { self.name.as_str() } else { error.path.as_str() };
            Failure::write(name, &error)
        })?;
        write::tell_written(&written, output);
        Ok(())
    }

    /// The names on the file's diff.
    pub fn names(&self) -> Names {
        if self.is_new { Names::created(&self.name) } else { Names::of(&self.name) }
    }

    pub fn planned(&self, edit: Edit<String>, outcome: Outcome) -> Planned {
        Planned { edit, why: String::new(), outcome, text: self.bytes.to_vec() }
    }

    pub fn report(&self, planned: &Planned, effect: Option<&Effect>, context: usize) -> ChangeReport {
        let diff = self.editor.patch().unified_diff(&self.names(), context).to_bytes();
        ChangeReport {
            path: self.name.clone(),
            file_type: self.file_type,
            edit: EditReport::of(planned),
            effect: effect.map(EffectReport::of),
            diff: diff.as_slice().into(),
        }
    }
}

/// The root that a file named on the command line is within.
pub fn root_of(reading: &ReadingArgs) -> &Utf8Path {
    reading.root.as_deref().unwrap_or("/".into())
}

struct Source {
    name: String,
    place: Option<DiskPlace>,
    /// None where there is no file.
    bytes: Option<Arc<[u8]>>,
}

fn standard_input() -> Result<Source, Failure> {
    let bytes = whole(io::stdin().lock()).map_err(|error| Failure::io("stdin", error))?;
    Ok(Source { name: "stdin".to_owned(), place: None, bytes: Some(bytes.into()) })
}

fn on_disk(file: &Utf8Path, reading: &ReadingArgs) -> Result<Source, Failure> {
    let Located { root, path, name } = located(file, reading)?;
    let found = root.look(&path).map_err(|error| Failure::io(&name, error.why))?;
    let bytes = match found.entry {
        Entry::File(bytes) => Some(bytes),
        Entry::Absent => None,
        Entry::Directory(_) => return Err(Failure::io(&name, "is a directory, not a file")),
        Entry::Other => return Err(Failure::io(&name, "is not a regular file")),
    };
    // patch(1) takes no names with `..` in them.
    let climbs = file.components().any(|part| part == Utf8Component::ParentDir);
    let name = if climbs { found.real.as_str().trim_start_matches('/').to_owned() } else { name };
    Ok(Source { name, place: Some(DiskPlace { root, path, real: found.real }), bytes })
}

/// A path of a host.
pub struct Located {
    pub root: Root,
    pub path: Utf8PathBuf,
    /// As it is shown.
    pub name: String,
}

/// Where a file that is named on the command line lies: within the root that is given, else where the path leads.
pub fn located(file: &Utf8Path, reading: &ReadingArgs) -> Result<Located, Failure> {
    let (root, path, name) = match &reading.root {
        Some(root) => {
            let path = Utf8Path::new("/").join(file);
            let name = path.as_str().trim_start_matches('/').to_owned();
            (root.clone(), path, name)
        }
        None => ("/".into(), absolute(file)?, file.as_str().trim_start_matches("./").to_owned()),
    };
    Ok(Located { root: Root::open(&root)?, path, name })
}

/// Where a host keeps what its daemons read. A file elsewhere may be of any host.
const OF_HOST: [&str; 4] = ["/etc", "/usr", "/run", "/lib"];

/// The type of a file and how it is read: from the options, from the path, and from what the host says of its release
/// where it is a file of a host.
pub fn how_read(
    reading: &ReadingArgs,
    on_host: Option<(&Root, &Utf8Path)>,
    name: &str,
    output: &Output,
) -> Result<(FileType, Options), Failure> {
    let of_path = || on_host.and_then(|(_, path)| FileType::of_path(path));
    let file_type = reading.file_type.or_else(of_path).ok_or_else(|| {
        let unknown = Diagnostic::error("unknown-type", "the path does not tell what type of file this is")
            .help("name it: --type sysconfig|sshd|multipath|hosts|sysctl");
        Failure::usage(name, b"", &unknown)
    })?;
    if reading.reader.is_some() && file_type != FileType::Sysconfig {
        let odd = Diagnostic::error("no-choice-of-reader", format!("`--reader` says nothing of a {file_type} file"));
        let help = "leave it out: only sysconfig files are read by one or the other";
        return Err(Failure::usage(name, b"", &odd.help(help)));
    }
    let options = match &reading.dialect {
        Some(dialect) => Options::default().with_dialect(file_type, dialect).map_err(|unknown| {
            let diagnostic = Diagnostic::error("unknown-dialect", unknown.to_string());
            let help = "leave it out: the host's own release is the usual one, or the newest that is known";
            Failure::usage("--dialect", b"", &diagnostic.help(help))
        })?,
        None => {
            let is_of_host = |path: &Utf8Path| OF_HOST.iter().any(|directory| path.starts_with(directory));
            let host = on_host.filter(|(_, path)| is_of_host(path));
            let release = host.and_then(|(root, _)| Release::of_host(root));
            if release.is_some() {
                output.remark(&format!("{name}: {}", render::read_by(release)));
            }
            Options::of_release(release)
        }
    };
    Ok((file_type, Options { readers: reading.reader.map(Into::into).unwrap_or_default(), ..options }))
}

/// The path from the system's own root.
pub fn absolute(path: &Utf8Path) -> Result<Utf8PathBuf, Failure> {
    camino::absolute_utf8(path).map_err(|error| Failure::io(path.as_str(), error))
}

/// All there is to read, up to the size that a host's file may have: a device has no end.
pub fn whole(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LIMIT {
        return Err(io::Error::other(format!("is larger than {} MiB", LIMIT >> 20)));
    }
    Ok(bytes)
}
