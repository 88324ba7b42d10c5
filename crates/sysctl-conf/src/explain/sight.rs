use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use kvmprep_lossless::Place;
use kvmprep_lossless::effective::{Host, Source};
use kvmprep_lossless::files::{Files, FilesError};

use crate::effective::load;
use crate::key::Key;
use crate::loaded::Loaded;
use crate::precedence::{self, Content, DIRECTORIES, Listed, MAIN_FILE};
use crate::reader::Reader;

/// All files that consumers apply, each once, and in which order each consumer does.
pub(super) struct Sight<'h> {
    pub host: Host<'h>,
    /// False for a file that no consumer applies by itself: it is taken alone.
    pub is_system_wide: bool,
    pub consumers: Vec<Consumer>,
    pub opened: Vec<Opened>,
}

pub(super) struct Consumer {
    pub reader: Reader,
    pub name: String,
    /// Which files, by number.
    pub order: Vec<usize>,
    /// The directory whose names are not known.
    pub unlisted: Option<FilesError>,
}

/// A file that was opened.
pub(super) struct Opened {
    pub path: Utf8PathBuf,
    pub source: Result<precedence::Source, FilesError>,
}

impl<'h> Sight<'h> {
    pub fn of(readers: &[Reader], host: Host<'h>) -> Self {
        let listed: Vec<_> = readers.iter().map(|&reader| precedence::names(reader, host.files)).collect();
        let is_system_wide = is_applied(host, listed.iter().flatten().flatten());
        let mut sight = Self { host, is_system_wide, consumers: Vec::new(), opened: Vec::new() };
        for (&reader, listed) in readers.iter().zip(listed) {
            let (names, unlisted) = match listed {
                _ if !is_system_wide => (vec![host.path.to_owned()], None),
                Ok(names) => (names, None),
                Err(error) => (Vec::new(), Some(error)),
            };
            let order = names.into_iter().filter_map(|path| sight.open(reader, path)).collect();
            sight.consumers.push(Consumer { reader, name: sight.name_of(reader), order, unlisted });
        }
        sight
    }

    fn name_of(&self, reader: Reader) -> String {
        let command = match (reader, self.is_system_wide) {
            (Reader::Procps(_), true) => "sysctl --system".to_owned(),
            (Reader::Procps(_), false) => format!("sysctl -p {}", self.host.path),
            (Reader::Systemd(_), true) => "systemd-sysctl".to_owned(),
            (Reader::Systemd(_), false) => format!("systemd-sysctl {}", self.host.path),
        };
        if reader.is_of_today() { command } else { format!("{command}, {reader}") }
    }

    /// The number of a file that the reader applies.
    fn open(&mut self, reader: Reader, path: Utf8PathBuf) -> Option<usize> {
        if let Some(number) = self.opened.iter().position(|opened| opened.path == path) {
            return (!self.passes_over(reader, &self.opened[number])).then_some(number);
        }
        let source = precedence::Source::open(self.host.files, path.clone());
        let opened = Opened { path, source };
        if self.passes_over(reader, &opened) {
            return None;
        }
        self.opened.push(opened);
        Some(self.opened.len() - 1)
    }

    fn passes_over(&self, reader: Reader, opened: &Opened) -> bool {
        self.is_system_wide && opened.source.as_ref().is_ok_and(|source| source.is_passed_over(reader))
    }

    /// What the consumer holds when it has read its files.
    pub fn loaded(&self, consumer: &Consumer) -> Loaded<'_> {
        let mut loaded = Loaded::new(consumer.reader);
        for &number in &consumer.order {
            if let Ok(precedence::Source { content: Content::Text(text), .. }) = &self.opened[number].source {
                load(consumer.reader, number, text, &mut loaded);
            }
        }
        loaded
    }

    /// Why a value is not known: a file could not be read that stands behind the one that settles it, or any file where
    /// none does.
    pub fn doubt(&self, consumer: &Consumer, settled_by: Option<usize>) -> Option<String> {
        let worded = |error: &FilesError| format!("what {} says is not known: {}", error.path, error.why);
        if let Some(unlisted) = &consumer.unlisted {
            return Some(worded(unlisted));
        }
        let mut behind = consumer.order.iter().rev().take_while(|number| Some(**number) != settled_by);
        behind.find_map(|&number| self.opened[number].source.as_ref().err()).map(worded)
    }

    pub fn path(&self, number: usize) -> &Utf8Path {
        &self.opened[number].path
    }

    /// The files that set the key and are masked, each with the line that would count and the file that has the name.
    pub fn masked_settings(
        &self,
        consumer: &Consumer,
        key: &Key,
    ) -> impl Iterator<Item = (Utf8PathBuf, usize, Utf8PathBuf)> {
        let line = |path: &Utf8Path| {
            let source = precedence::Source::open(self.host.files, path.to_owned()).ok()?;
            let Content::Text(text) = &source.content else { return None };
            let mut loaded = Loaded::new(consumer.reader);
            load(consumer.reader, 0, text, &mut loaded);
            let place = loaded.places(key).last()?;
            Some(Place::of(text, place.at.span.start).line)
        };
        let masked = self.masked(consumer.reader).into_iter();
        masked.filter_map(move |(masked, by)| line(&masked).map(|line| (masked, line, by)))
    }

    /// Files that are not read as an earlier directory has their name. One directory under two names masks nothing.
    pub fn masked(&self, reader: Reader) -> Vec<(Utf8PathBuf, Utf8PathBuf)> {
        if !self.is_system_wide {
            return Vec::new();
        }
        let files = self.host.files;
        let mut masked = Listed::of(reader, files).unwrap_or_default().masked;
        masked.retain(|(masked, by)| directory_of(files, masked) != directory_of(files, by));
        masked
    }

    pub fn sources(&self) -> Vec<Source> {
        let source = |opened: &Opened| {
            let real = opened.source.as_ref().map_or(&opened.path, |source| &source.real).clone();
            let text = match &opened.source {
                Ok(precedence::Source { content: Content::Text(text), .. }) => Arc::clone(text),
                _ => Arc::default(),
            };
            Source { path: opened.path.clone(), real, text }
        };
        self.opened.iter().map(source).collect()
    }
}

/// True for a file that stands where a reader looks, or that a name there leads to.
fn is_applied<'n>(host: Host<'_>, mut names: impl Iterator<Item = &'n Utf8PathBuf>) -> bool {
    let real = |path: &Utf8Path| host.files.look(path).ok().map(|found| found.real);
    let is_at_home = host.path == MAIN_FILE
        || host.path.parent().is_some_and(|parent| DIRECTORIES.iter().any(|directory| parent == *directory));
    is_at_home || real(host.path).is_some_and(|meant| names.any(|name| real(name).as_ref() == Some(&meant)))
}

fn directory_of(files: &dyn Files, path: &Utf8Path) -> Option<Utf8PathBuf> {
    Some(files.look(path.parent()?).ok()?.real)
}
