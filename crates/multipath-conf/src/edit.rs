//! The verbs: where an edit goes, and when one is refused.

mod entries;
mod line;
mod place;
mod remove;
mod set;
mod structure;

use std::collections::HashSet;

use bstr::BString;
use kvmprep_lossless::{Answer, Diagnostic, Edit, Manner, Move, Refusal, Request, Setting, Subject, Text};

use crate::key::{Key, Selector};
use crate::outline::Outline;
use crate::vocabulary::{self, Keyword};
use crate::{Multipath, Version, settings};

/// Answers a request; the rules of each verb stand with it.
pub(crate) fn answer(text: &Text<Multipath>, request: &Request<Key>) -> Result<Answer<Key>, Refusal> {
    let version = text.syntax().version;
    let editing = Editing {
        text,
        outline: Outline::of(text.run(), version),
        version,
        key: request.edit.key(),
        manner: &request.manner,
    };
    match &request.edit {
        Edit::Set { to, .. } if editing.key.is_list() => editing.set_list(to),
        Edit::Set { to, .. } => editing.set(to),
        Edit::Unset { .. } => editing.unset(),
        Edit::Disable { .. } => editing.disable(),
        Edit::Add { item, .. } => editing.add(item),
        Edit::Remove { item, .. } => editing.remove(item),
    }
}

/// True where the settings of a key are what is asked: by meaning, and for lists whatever the order.
pub(crate) fn holds(text: &Text<Multipath>, edit: &Edit<Key>) -> bool {
    let known = |setting: &Setting<Key>| setting.value.known().unwrap_or_default().to_vec();
    let key = edit.key();
    let found = settings::get(text, key);
    match edit {
        Edit::Set { to, .. } if key.is_list() => {
            let items: HashSet<BString> = found.iter().flat_map(known).collect();
            items == to.iter().map(|item| settings::canonical(key, item)).collect()
        }
        Edit::Set { key, to } => {
            let keyword = key.name.and_then(|name| vocabulary::find(key.table, name.as_bytes()));
            let (Some(keyword), [value]) = (keyword, to.as_slice()) else { return false };
            let means_so = |setting| {
                known(setting)
                    .first()
                    .is_some_and(|now| settings::mean_the_same(keyword, text.syntax().version, now, value))
            };
            !found.is_empty() && found.iter().all(means_so)
        }
        Edit::Unset { .. } | Edit::Disable { .. } => found.is_empty(),
        Edit::Add { item, .. } => found.iter().any(|setting| known(setting).contains(&settings::canonical(key, item))),
        Edit::Remove { item, .. } => {
            !found.iter().any(|setting| known(setting).contains(&settings::canonical(key, item)))
        }
    }
}

/// One request, and the text it is about.
struct Editing<'t> {
    text: &'t Text<Multipath>,
    outline: Outline<'t>,
    version: Version,
    key: &'t Key,
    manner: &'t Manner,
}

impl<'t> Editing<'t> {
    /// The key's keyword, where the daemon of this version has it.
    fn keyword(&self) -> Result<&'static Keyword, Refusal> {
        let key = self.key;
        let keyword = key.name.and_then(|name| vocabulary::find(key.table, name.as_bytes())).ok_or_else(|| {
            Refusal::new("not-a-setting", format!("`{key}` is a block: it has settings, and no value of its own"))
                .help(format!("name one of its keywords, or `unset {key}` to take the whole block out"))
        })?;
        if let Some(change) = key.table.missing(keyword, self.version) {
            let since = match change.only {
                Some(release) => format!("by the build of Enterprise Linux {release} alone"),
                None => format!("since multipath-tools {}", change.since),
            };
            return Err(Refusal::new(
                "keyword-too-new",
                format!("`{key}` is read {since}, and the file is for {}", self.version),
            )
            .help("leave it out, or read the file in the dialect of a version that has it"));
        }
        Ok(keyword)
    }

    /// The answer to a key that is not there, and is to be left so.
    fn left_absent(&self) -> Answer<Key> {
        let note = Diagnostic::note("absent", format!("`{}` is not in the file and was left so", self.key));
        Answer { notes: vec![note], ..Answer::default() }
    }

    /// Refuses a key that a block is known by.
    fn not_identity(&self) -> Result<(), Refusal> {
        match self.key.name {
            Some(name) if self.key.table.identity().contains(&name) => Err(Refusal::new(
                "names-the-block",
                format!(
                    "a `{}` is known by its `{name}`: without it, it would be another block or none",
                    self.key.table.name()
                ),
            )
            .help("take the block out, or write the other one")),
            _ => Ok(()),
        }
    }

    /// Refuses anything but a list.
    fn list(&self) -> Result<(), Refusal> {
        let key = self.key;
        match (&key.block, key.is_list()) {
            (Selector::None, true) => Ok(()),
            (_, true) => Err(Refusal::new("not-a-list", format!("`{key}` is one item of a list"))
                .help(format!("the list is `{}`, its items read `vendor=A,product=B`", key.table))),
            _ => Err(Refusal::new("not-a-list", format!("`{key}` holds one value, not a list")).help("use `set`")),
        }
    }
}

/// The move of a setting's values.
fn moved(key: Key, from: &[BString], to: &[BString]) -> Move<Key> {
    Move { subject: Subject::Setting(key), from: from.to_vec(), to: to.to_vec() }
}
