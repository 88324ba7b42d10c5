use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use bstr::BString;
use camino::{Utf8Path, Utf8PathBuf};

use super::{Entry, Files, FilesError, Found};

/// Files as they will be: what is planned and not written lies over what is there.
///
/// Plans are kept by real path, so that one shows through every link that leads to it.
///
/// ```
/// use kvmprep_lossless::files::{Entry, Files, MemoryFiles, Overlay};
///
/// let host = MemoryFiles::new().with("/etc/sysctl.d/10-a.conf", "").with("/etc/sysctl.d/20-b.conf", "");
/// let planned = Overlay::over(&host).with("/etc/sysctl.d/15-kvm.conf", "vm.swappiness = 1\n").without("/etc/sysctl.d/20-b.conf");
/// let names = planned.look("/etc/sysctl.d".into())?.entry;
/// assert_eq!(names, Entry::Directory(vec!["10-a.conf".into(), "15-kvm.conf".into()]));
/// # Ok::<(), kvmprep_lossless::files::FilesError>(())
/// ```
pub struct Overlay<'u> {
    under: &'u dyn Files,
    planned: BTreeMap<Utf8PathBuf, Option<Arc<[u8]>>>,
}

impl<'u> Overlay<'u> {
    /// Nothing planned yet.
    pub fn over(under: &'u dyn Files) -> Self {
        Self { under, planned: BTreeMap::new() }
    }

    /// A real path gets this text, whatever is there.
    #[must_use]
    pub fn with(mut self, real: impl Into<Utf8PathBuf>, bytes: impl Into<Vec<u8>>) -> Self {
        self.planned.insert(real.into(), Some(bytes.into().into()));
        self
    }

    /// A real path is deleted. A link that led to it leads nowhere.
    #[must_use]
    pub fn without(mut self, real: impl Into<Utf8PathBuf>) -> Self {
        self.planned.insert(real.into(), None);
        self
    }
}

impl Files for Overlay<'_> {
    fn look(&self, path: &Utf8Path) -> Result<Found, FilesError> {
        let Found { real, entry } = self.under.look(path)?;
        let entry = match self.planned.get(&real) {
            Some(Some(bytes)) => Entry::File(Arc::clone(bytes)),
            Some(None) => Entry::Absent,
            None => self.listed(&real, entry),
        };
        Ok(Found { real, entry })
    }
}

impl Overlay<'_> {
    fn listed(&self, directory: &Utf8Path, entry: Entry) -> Entry {
        let (mut names, is_there) = match entry {
            Entry::Directory(names) => (names, true),
            Entry::Absent => (Vec::new(), false),
            other => return other,
        };
        for (below, bytes) in self.below(directory) {
            let Some(name) = below.components().next().map(|name| BString::from(name.as_str())) else { continue };
            match (names.binary_search(&name), bytes) {
                (Ok(at), None) if below.components().count() == 1 => _ = names.remove(at),
                (Err(at), Some(_)) => names.insert(at, name),
                _ => {}
            }
        }
        if is_there || !names.is_empty() { Entry::Directory(names) } else { Entry::Absent }
    }

    fn below<'p>(&'p self, directory: &'p Utf8Path) -> impl Iterator<Item = (&'p Utf8Path, &'p Option<Arc<[u8]>>)> {
        let from = self.planned.range::<Utf8Path, _>((Bound::Included(directory), Bound::Unbounded));
        from.map_while(move |(path, bytes)| Some((path.strip_prefix(directory).ok()?, bytes)))
    }
}
