//! The files that the daemon reads, in its order.

use bstr::ByteSlice;
use camino::{Utf8Path, Utf8PathBuf};
use kvmprep_lossless::effective::{Finding, Host, Source};
use kvmprep_lossless::files::{Entry, Files, Found};
use kvmprep_lossless::{Diagnostic, Text};

use super::{Merge, is_drop_in};
use crate::complaint::{self, Before, Complaint};
use crate::key::Key;
use crate::version::Change;
use crate::{Multipath, Table, Version};

/// The main file.
pub(crate) const MAIN: &str = "/etc/multipath.conf";

/// Where drop-ins are.
pub(crate) const DROP_INS: &str = "/etc/multipath/conf.d";

/// What was read of a host.
#[derive(Default)]
pub(crate) struct Loaded {
    pub(crate) sources: Vec<Source>,
    /// One for each source.
    pub(crate) texts: Vec<Text<Multipath>>,
    /// True where the first source is the main file.
    pub(crate) has_main: bool,
    /// True where the build takes the missing main file for a multipath that is not wanted.
    pub(crate) is_off: bool,
    /// What could not be read: how many sources were read before it, and why.
    pub(crate) gaps: Vec<(usize, String)>,
    pub(crate) findings: Vec<Finding>,
}

impl Loaded {
    /// What the daemon reads of a host: `/etc/multipath.conf` and the drop-ins. A file that is neither is taken for the
    /// main file by itself.
    pub(crate) fn of(dialect: Multipath, host: Host<'_>) -> Self {
        let mut loaded = Self::default();
        loaded.main(dialect, host.files, MAIN.into());
        let directory = loaded.directory(dialect.version);
        if !is_read_by_name(host, directory.as_deref()) {
            let mut alone = Self::default();
            alone.main(dialect, host.files, host.path);
            return alone;
        }
        if let Some(directory) = directory {
            loaded.drop_ins(dialect, host.files, &directory);
        }
        loaded
    }

    /// Where drop-ins are: where `config_dir` of the main file says, to a daemon that still asks it.
    fn directory(&self, version: Version) -> Option<Utf8PathBuf> {
        if !version.has(Change::DROP_INS) {
            return None;
        }
        let main = self.texts.first().filter(|_| self.has_main && !version.has(Change::FIXED_PLACES));
        let moved = main.and_then(|main| Merge::of([main]).held(&Key::setting(Table::Defaults, "config_dir")));
        let Some(moved) = moved else { return Some(DROP_INS.into()) };
        let path = moved.value.known()?.first()?.to_str().ok()?;
        path.starts_with('/').then(|| path.into())
    }

    fn main(&mut self, dialect: Multipath, files: &dyn Files, path: &Utf8Path) {
        match files.look(path) {
            Ok(Found { entry: Entry::Absent, .. }) => {
                self.is_off = dialect.version.is_enterprise();
                self.find(no_main_file(dialect.version, path));
            }
            Ok(found) => {
                self.file(dialect, path, found);
                self.has_main = self.sources.len() == 1;
            }
            Err(error) => self.gap(path, &error.why),
        }
    }

    /// The drop-ins in the byte order of their names (`confd-order`), whether there is a main file or not
    /// (`confd-without-main`).
    fn drop_ins(&mut self, dialect: Multipath, files: &dyn Files, directory: &Utf8Path) {
        let mut names = match files.look(directory) {
            Ok(Found { entry: Entry::Directory(names), .. }) => names,
            Ok(Found { entry: Entry::Absent, .. }) => return,
            Ok(_) => {
                let message = format!("{directory} is no directory: the daemon reads no drop-ins");
                return self.find(Diagnostic::warning("no-directory", message));
            }
            Err(error) => return self.gap(directory, &error.why),
        };
        names.sort();
        for name in names {
            if !is_drop_in(&name) {
                let message = format!("{directory}/{} is not read: its name does not end in `.conf`", name.as_bstr());
                self.find(Diagnostic::note("not-a-drop-in", message).help("rename it if it is meant to be in force"));
                continue;
            }
            let Ok(utf8) = name.to_str() else {
                self.gap(directory, &format!("the name `{}` is not UTF-8", name.escape_ascii()));
                continue;
            };
            let path = directory.join(utf8);
            match files.look(&path) {
                Ok(Found { entry: Entry::Absent, .. }) => {
                    let message = format!("{path} leads nowhere: the daemon cannot open it, and goes on");
                    self.find(Diagnostic::warning("dangling-link", message));
                }
                Ok(found) => self.file(dialect, &path, found),
                Err(error) => self.gap(&path, &error.why),
            }
        }
    }

    /// A directory reads as an empty file (asked of 0.9.4), and so does what leads to /dev/null.
    fn file(&mut self, dialect: Multipath, path: &Utf8Path, Found { real, entry }: Found) {
        match entry {
            Entry::File(bytes) => {
                self.texts.push(Text::read(dialect, bytes.to_vec()));
                self.sources.push(Source { path: path.to_owned(), real, text: bytes });
            }
            Entry::Other if real != "/dev/null" => self.gap(path, "it is not a regular file"),
            _ => {
                let message = format!("{path} leads to {real}, which the daemon reads as an empty file");
                self.find(Diagnostic::note("empty-file", message));
            }
        }
    }

    fn gap(&mut self, path: &Utf8Path, why: &str) {
        let why = format!("{path} could not be read: {why}");
        self.find(Diagnostic::error("not-read", why.clone()).help("what it sets is not known here"));
        self.gaps.push((self.sources.len(), why));
    }

    fn find(&mut self, diagnostic: Diagnostic) {
        self.findings.push(Finding { source: None, diagnostic });
    }

    /// What is said while the files are read; nothing more once the daemon has given up.
    pub(crate) fn complaints(&self) -> Vec<(usize, Complaint)> {
        let (mut said, mut before) = (Vec::new(), Before::default());
        for (source, text) in self.texts.iter().enumerate() {
            let is_main = self.has_main && source == 0;
            said.extend(
                complaint::of_lines(text, is_main, &mut before).into_iter().map(|complaint| (source, complaint)),
            );
            if said.last().is_some_and(|(_, complaint)| complaint.class.ends_all()) {
                break;
            }
        }
        said
    }
}

/// The builds of Enterprise Linux take a missing file for a multipath that is not wanted; upstream's do not.
fn no_main_file(version: Version, path: &Utf8Path) -> Diagnostic {
    let (goes_on, help) = match (version.is_enterprise(), version.has(Change::DROP_INS)) {
        (false, true) => (
            "multipathd runs on what is built in and on drop-ins",
            "a build of Enterprise Linux would blacklist every device instead",
        ),
        (false, false) => {
            ("multipathd runs on what is built in", "a build of Enterprise Linux would blacklist every device instead")
        }
        (true, true) => (
            "every device is blacklisted, and multipathd is not started",
            "drop-ins alone change nothing; where the file is made, devices are mapped that were not before",
        ),
        (true, false) => {
            ("every device is blacklisted", "where the file is made, devices are mapped that were not before")
        }
    };
    Diagnostic::note("no-main-file", format!("there is no {path}: {goes_on}")).help(help)
}

/// True for the main file, and for what is in the directory of drop-ins.
fn is_read_by_name(host: Host<'_>, directory: Option<&Utf8Path>) -> bool {
    let real = |path: &Utf8Path| host.files.look(path).map_or_else(|_| path.to_owned(), |found| found.real);
    let own = real(host.path);
    let is_below =
        |directory: &Utf8Path| host.path.parent() == Some(directory) || own.parent() == Some(&*real(directory));
    host.path == MAIN || own == real(MAIN.into()) || directory.is_some_and(is_below)
}
