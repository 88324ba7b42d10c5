use std::collections::HashMap;
use std::sync::Arc;

use bstr::BString;
use camino::{Utf8Path, Utf8PathBuf};
use kvmprep_lossless::files::{Entry, Files, Glob, Location};
use kvmprep_lossless::{Span, Text};

use super::CommandLine;
use crate::Sshd;

/// What sshd calls the options it is started with, where a file is expected.
pub const COMMAND_LINE: &str = "sshd's command line";

/// A file that sshd reads, or its command line.
#[derive(Clone)]
pub struct Source {
    /// The name it is read by.
    pub path: Utf8PathBuf,
    /// The file that the name leads to, links followed.
    pub real: Utf8PathBuf,
    /// The first Include that drew it in.
    pub drawn_in_by: Option<Location>,
    text: Arc<Text<Sshd>>,
}

impl Source {
    /// Its lines.
    pub fn text(&self) -> &Text<Sshd> {
        &self.text
    }

    /// True for the options that sshd is started with: `real` is the file they come from, each line an option.
    pub fn is_command_line(&self) -> bool {
        self.path == COMMAND_LINE
    }

    /// The line a span begins in, as sshd counts, from 1: lines glued by a NUL count once.
    pub fn line(&self, span: Span) -> usize {
        self.text.rows().take_while(|row| row.at <= span.start).count().max(1)
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("path", &self.path).field("real", &self.real).finish_non_exhaustive()
    }
}

/// What comes of opening a file.
#[derive(Clone)]
pub(crate) enum Opened {
    /// A text, by its number.
    Text(usize),
    /// There is no file behind the name: sshd stops.
    Missing(String),
    /// It was not read; says why.
    Unread(String),
}

/// The files of a host, each read and cut into lines once; both readings of sshd share them, and its memory of which
/// files an Include drew in.
pub(crate) struct Sources<'f> {
    files: Option<&'f dyn Files>,
    dialect: Sshd,
    list: Vec<Source>,
    /// The number of the main file: its command line stands before it.
    pub(crate) main: usize,
    opened: HashMap<Utf8PathBuf, Opened>,
    /// By pattern, filled file by file as sshd ends them: an Include met meanwhile sees what is there already.
    pub(crate) included: HashMap<BString, Vec<Opened>>,
}

impl<'f> Sources<'f> {
    pub(crate) fn of(files: &'f dyn Files, dialect: Sshd) -> Self {
        Self { files: Some(files), ..Self::none(dialect) }
    }

    /// No file but the text that was given.
    pub(crate) fn none(dialect: Sshd) -> Self {
        Self { files: None, dialect, list: Vec::new(), main: 0, opened: HashMap::new(), included: HashMap::new() }
    }

    pub(crate) fn text(&self, number: usize) -> Arc<Text<Sshd>> {
        Arc::clone(&self.list[number].text)
    }

    pub(crate) fn dialect(&self) -> Sshd {
        self.dialect
    }

    pub(crate) fn list(&self) -> &[Source] {
        &self.list
    }

    /// The options that sshd is started with, in front of the main file.
    pub(crate) fn given(&mut self, line: &CommandLine) -> usize {
        self.push(COMMAND_LINE.into(), line.origin().to_owned(), None, &line.text());
        self.main = self.list.len();
        self.main - 1
    }

    /// The files that a pattern matches, in sshd's order. An error says why they are not known.
    pub(crate) fn matching(&self, pattern: &[u8]) -> Result<Vec<Utf8PathBuf>, String> {
        let files = self.files.ok_or("an Include decides, and its files were not given")?;
        Glob::BSD.paths(files, pattern).map_err(|error| error.to_string())
    }

    /// A directory reads as empty. Case `include-directory`.
    pub(crate) fn open(&mut self, path: &Utf8Path, by: Option<Location>) -> Opened {
        if let Some(known) = self.opened.get(path) {
            return known.clone();
        }
        let opened = match self.files.map(|files| files.look(path)) {
            None => Opened::Unread(format!("{path} was not given")),
            Some(Err(error)) => Opened::Unread(error.to_string()),
            Some(Ok(found)) => match found.entry {
                Entry::File(bytes) => self.push(path, found.real, by, &bytes),
                Entry::Directory(_) => self.push(path, found.real, by, b""),
                Entry::Other if found.real == "/dev/null" => self.push(path, found.real, by, b""),
                Entry::Other => Opened::Unread(format!("{path} is no regular file")),
                Entry::Absent => Opened::Missing(format!("there is no file {path}")),
            },
        };
        self.opened.insert(path.to_owned(), opened.clone());
        opened
    }

    fn push(&mut self, path: &Utf8Path, real: Utf8PathBuf, drawn_in_by: Option<Location>, bytes: &[u8]) -> Opened {
        let text = Arc::new(Text::read(self.dialect, bytes));
        self.list.push(Source { path: path.to_owned(), real, drawn_in_by, text });
        Opened::Text(self.list.len() - 1)
    }
}
