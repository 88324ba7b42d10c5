use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use kvmprep_lossless::files::{Entry, Files, Location};
use kvmprep_lossless::{Text, Value};

use super::sources::{Opened, Sources};
use super::{
    BlockRead, Build, CommandLine, Complained, Complaint, Connection, Effective, Pass, Source, Start, Unread, Unsaid,
};
use crate::Sshd;

/// sshd on a host after its start: its command line and its files are read, and are read again for each connection.
pub(crate) struct Daemon<'d> {
    sources: Sources<'d>,
    build: &'d Build,
    main: Main,
}

enum Main {
    Started(Arc<Text<Sshd>>, Start),
    /// It came to no start: the answer to every connection.
    Stopped(Box<Effective>),
}

impl<'d> Daemon<'d> {
    pub(crate) fn started(
        files: &'d dyn Files,
        path: &Utf8Path,
        dialect: Sshd,
        command_line: &[CommandLine],
        build: &'d Build,
    ) -> Self {
        let mut sources = Sources::of(files, dialect);
        let given: Vec<usize> = command_line.iter().map(|line| sources.given(line)).collect();
        let opened = sources.open(path, None);
        let text = match &opened {
            Opened::Text(number) => Some(sources.text(*number)),
            _ => None,
        };
        let pass = Pass::start(dialect, &mut sources, build);
        let pass = command_line.iter().zip(&given).fold(pass, |pass, (line, source)| pass.options(line, *source));
        let start = match &text {
            Some(text) => Start::from(pass.over(text)),
            None => Start::from(pass),
        };
        let main = match (text, opened) {
            (Some(text), _) => Main::Started(text, start),
            (None, opened) => Main::Stopped(Box::new(unopened(start.complaints, opened))),
        };
        Self { sources, build, main }
    }

    /// What holds for a connection.
    pub(crate) fn serving(&mut self, connection: &Connection) -> Effective {
        let mut effective = match &self.main {
            Main::Started(text, start) => start.serving(text, &mut self.sources, connection, self.build),
            Main::Stopped(effective) => (**effective).clone(),
        };
        effective.version = self.sources.dialect().version;
        effective.sources = self.sources.list().to_vec();
        effective
    }

    /// The Match blocks of all files, in the order the start meets them.
    pub(crate) fn blocks(&self) -> &[BlockRead] {
        match &self.main {
            Main::Started(_, start) => &start.blocks,
            Main::Stopped(_) => &[],
        }
    }

    pub(crate) fn sources(&self) -> &[Source] {
        self.sources.list()
    }

    /// True when the file is among those read, under whatever name.
    pub(crate) fn reads(&self, path: &Utf8Path, real: &Utf8PathBuf) -> bool {
        self.sources.list().iter().any(|source| source.path == path || source.real == *real)
    }
}

/// What is said of every connection where the main file was not read.
fn unopened(mut complaints: Vec<Complained>, opened: Opened) -> Effective {
    let at = Location::default();
    match opened {
        Opened::Unread(why) => Effective {
            complaints,
            unsaid: Unsaid { anywhere: Some(Value::Unknown(why.clone())), in_blocks: None },
            unread: vec![Unread { at, why }],
            ..Effective::default()
        },
        Opened::Missing(why) => {
            complaints.push(Complained { complaint: Complaint::CannotOpen, at, line: 0, message: why });
            Effective { complaints, ..Effective::default() }
        }
        Opened::Text(_) => Effective::default(),
    }
}

/// The file that a path leads to, and whether there is one.
pub(crate) fn real(files: &dyn Files, path: &Utf8Path) -> (Utf8PathBuf, bool) {
    match files.look(path) {
        Ok(found) => (found.real, matches!(found.entry, Entry::File(_))),
        Err(_) => (path.to_owned(), true),
    }
}
