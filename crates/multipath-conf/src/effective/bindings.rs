//! Names that the daemon has given to maps, and keeps.

use bstr::{BString, ByteSlice};
use camino::Utf8Path;
use kvmprep_lossless::files::{Entry, Files};

use super::merge::Merge;
use crate::Table;

/// Where they are kept, unless `bindings_file` says otherwise to a daemon that asks it.
const BINDINGS: &str = "/etc/multipath/bindings";

/// The file that keeps them.
pub(crate) fn file(merge: &Merge) -> String {
    let moved = merge.section(Table::Defaults).and_then(|values| values.get("bindings_file")?.value.known()?.first());
    moved.map_or_else(|| BINDINGS.to_owned(), ToString::to_string)
}

/// The name that is kept for a map: the first line with its WWID, of a name and a WWID each.
pub(crate) fn bound(files: &dyn Files, path: &str, wwid: &[u8]) -> Option<BString> {
    let Entry::File(text) = files.look(Utf8Path::new(path)).ok()?.entry else { return None };
    let name = |line: &[u8]| {
        let line = line.split(|byte| b"#\r".contains(byte)).next()?;
        let mut words = line.split(|byte| b" \t".contains(byte)).filter(|word| !word.is_empty());
        let name = words.next()?;
        (words.next()? == wwid).then(|| name.into())
    };
    text.lines().find_map(name)
}
