use std::collections::BTreeSet;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use kvmprep_lossless::Span;
use kvmprep_lossless::effective::{Host, Source};
use kvmprep_lossless::files::{Files, FilesError, Location};

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
    /// Files that some consumer does not read, as another has the name, once they are looked for; numbered on from those
    /// that are opened.
    pub masked: Vec<Masked>,
}

pub(super) struct Consumer {
    pub reader: Reader,
    pub name: String,
    /// Which files, by number.
    pub order: Vec<usize>,
    /// Which of the masked files are so for it.
    pub masked: BTreeSet<usize>,
    /// The directory whose names are not known.
    pub unlisted: Option<FilesError>,
}

/// A file that is not read.
pub(super) struct Masked {
    pub path: Utf8PathBuf,
    /// The file that has its name in an earlier directory.
    pub by: Utf8PathBuf,
    real: Utf8PathBuf,
    text: Arc<[u8]>,
}

impl Masked {
    fn open(files: &dyn Files, path: Utf8PathBuf, by: Utf8PathBuf) -> Self {
        match precedence::Source::open(files, path.clone()) {
            Ok(precedence::Source { content: Content::Text(text), real, .. }) => Self { path, by, real, text },
            _ => Self { real: path.clone(), path, by, text: Arc::default() },
        }
    }

    /// Where it would set the key.
    pub fn places(&self, reader: Reader, key: &Key) -> Vec<Span> {
        let mut loaded = Loaded::new(reader);
        load(reader, 0, &self.text, &mut loaded);
        loaded.places(key).map(|place| place.at.span).collect()
    }
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
        let mut sight = Self { host, is_system_wide, consumers: Vec::new(), opened: Vec::new(), masked: Vec::new() };
        for (&reader, listed) in readers.iter().zip(listed) {
            let (names, unlisted) = match listed {
                _ if !is_system_wide => (vec![host.path.to_owned()], None),
                Ok(names) => (names, None),
                Err(error) => (Vec::new(), Some(error)),
            };
            let order = names.into_iter().filter_map(|path| sight.open(reader, path)).collect();
            let name = sight.name_of(reader);
            sight.consumers.push(Consumer { reader, name, order, masked: BTreeSet::new(), unlisted });
        }
        sight
    }

    /// Finds the files that are not read as an earlier directory has their name: those that set the key, and the one that
    /// is asked about. One directory under two names masks nothing.
    pub fn look_behind(&mut self, key: &Key) {
        let files = self.host.files;
        for number in 0..if self.is_system_wide { self.consumers.len() } else { 0 } {
            let reader = self.consumers[number].reader;
            let listed = Listed::of(reader, files).unwrap_or_default().masked.into_iter();
            for (path, by) in listed.filter(|(path, by)| directory_of(files, path) != directory_of(files, by)) {
                let masked = Masked::open(files, path, by);
                if masked.path == self.host.path || !masked.places(reader, key).is_empty() {
                    let masked = self.number_masked(masked);
                    self.consumers[number].masked.insert(masked);
                }
            }
        }
    }

    fn number_masked(&mut self, masked: Masked) -> usize {
        let is_known = |known: &Masked| known.real == masked.real && known.by == masked.by;
        self.masked.iter().position(is_known).unwrap_or_else(|| {
            self.masked.push(masked);
            self.masked.len() - 1
        })
    }

    fn name_of(&self, reader: Reader) -> String {
        let command = match (reader, self.is_system_wide) {
            (Reader::Procps(_), true) => "sysctl --system".to_owned(),
            (Reader::Procps(_), false) => format!("sysctl -p {}", self.host.path),
            (Reader::Systemd(_), true) => "systemd-sysctl".to_owned(),
            (Reader::Systemd(_), false) => format!("systemd-sysctl {}", self.host.path),
        };
        if reader.is_of_today() { command } else { format!("{command} of {reader}") }
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

    /// The path of a source, of a masked one too.
    pub fn path(&self, number: usize) -> &Utf8Path {
        match self.opened.get(number) {
            Some(opened) => &opened.path,
            None => &self.masked[number - self.opened.len()].path,
        }
    }

    /// The files that are masked from the consumer.
    pub fn masked_by<'s>(&'s self, consumer: &'s Consumer) -> impl Iterator<Item = &'s Masked> {
        consumer.masked.iter().map(|number| &self.masked[*number])
    }

    /// With the places of the key in masked files, each where the name of its file stands in the order.
    pub fn with_masked(&self, consumer: &Consumer, key: &Key, read: Vec<Location>) -> Vec<Location> {
        let masked = consumer.masked.iter().flat_map(|number| {
            let source = self.opened.len() + number;
            self.masked[*number].places(consumer.reader, key).into_iter().map(move |span| Location { source, span })
        });
        let mut places: Vec<Location> = masked.chain(read).collect();
        places.sort_by_key(|place| {
            let path = self.path(place.source);
            (path == MAIN_FILE, path.file_name().map(str::to_owned))
        });
        places
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
        let masked = self.masked.iter().map(|masked| Source {
            path: masked.path.clone(),
            real: masked.real.clone(),
            text: Arc::clone(&masked.text),
        });
        self.opened.iter().map(source).chain(masked).collect()
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
