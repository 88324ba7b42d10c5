use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::oracle::machine::Fault;

/// The files below a directory, with their bytes and modes; the state that a run keeps beside them is left out.
#[derive(Clone, PartialEq, Eq)]
pub struct Tree(BTreeMap<PathBuf, (Vec<u8>, u32)>);

const STATE: &str = "var/lib/kvmprep-edit";

impl Tree {
    pub fn of(root: &Path) -> Result<Self, Fault> {
        let mut files = BTreeMap::new();
        let mut folders = vec![root.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let path = entry?.path();
                let below = path.strip_prefix(root)?.to_owned();
                let stat = fs::symlink_metadata(&path)?;
                match below {
                    below if below == Path::new(STATE) => {}
                    _ if stat.is_dir() => folders.push(path),
                    below if stat.is_file() => _ = files.insert(below, (fs::read(&path)?, stat.mode() & 0o7777)),
                    _ => {}
                }
            }
        }
        Ok(Self(files))
    }

    pub fn write_to(&self, root: &Path) -> Result<(), Fault> {
        for (path, (bytes, mode)) in &self.0 {
            let path = root.join(path);
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(&path, bytes)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(*mode))?;
        }
        Ok(())
    }

    /// Files under names that were there before which are neither old nor new.
    pub fn torn(&self, old: &Self, new: &Self) -> usize {
        let is_torn = |(path, file): &(&PathBuf, &(Vec<u8>, u32))| {
            let known = [old.0.get(*path), new.0.get(*path)];
            known.iter().any(Option::is_some) && !known.contains(&Some(file))
        };
        self.0.iter().filter(is_torn).count()
    }

    /// Names that were there before and are not any more.
    pub fn lost(&self, old: &Self) -> usize {
        old.0.keys().filter(|path| !self.0.contains_key(*path)).count()
    }

    /// Names that are neither old nor new.
    pub fn strangers(&self, old: &Self, new: &Self) -> usize {
        self.0.keys().filter(|path| !old.0.contains_key(*path) && !new.0.contains_key(*path)).count()
    }

    /// The files whose names the other tree has.
    pub fn of_names_in(&self, other: &Self) -> Self {
        let known = self.0.iter().filter(|(path, _)| other.0.contains_key(*path));
        Self(known.map(|(path, file)| (path.clone(), file.clone())).collect())
    }
}
