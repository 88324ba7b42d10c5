//! `add`, `remove` and `set` of the lists of `blacklist` and `blacklist_exceptions`.

use std::collections::HashSet;

use bstr::BString;
use kvmprep_lossless::{Absent, Answer, Diagnostic, Duplicates, Refusal, RowEdit};

use super::{Editing, moved, structure};
use crate::key::{Identity, Key};
use crate::outline::Entry;
use crate::settings::canonical;
use crate::vocabulary::Taken;
use crate::{Version, regex, value};

impl<'t> Editing<'t> {
    /// Adds an entry, unless an equal one is there, of which `Dedupe` leaves the first; built-in rules stay whatever is
    /// added.
    pub(super) fn add(&self, item: &BString) -> Result<Answer<Key>, Refusal> {
        self.list()?;
        let item = self.check_item(item)?;
        let mut equal = self.items().filter(|(now, _)| *now == item);
        if equal.next().is_some() {
            return if self.manner.duplicates == Duplicates::Dedupe {
                self.take_out_all(equal)
            } else {
                Ok(Answer::default())
            };
        }
        if self.manner.absent == Absent::Leave && self.items().next().is_none() {
            return Ok(self.left_absent());
        }
        self.append(&[item])
    }

    /// Takes every equal entry out; the daemon collapses them anyway (`blacklist-dups`).
    pub(super) fn remove(&self, item: &BString) -> Result<Answer<Key>, Refusal> {
        self.list()?;
        let item = canonical(self.key, item);
        self.take_out_items(|now| *now == item)
    }

    /// Makes these the entries of the list; their order means nothing.
    pub(super) fn set_list(&self, to: &[BString]) -> Result<Answer<Key>, Refusal> {
        self.list()?;
        let to: Vec<BString> = to.iter().map(|item| self.check_item(item)).collect::<Result<_, _>>()?;
        let now: HashSet<BString> = self.items().map(|(item, _)| item).collect();
        let wanted: HashSet<&BString> = to.iter().collect();
        let mut answer = self.take_out_items(|item| !wanted.contains(item))?;
        let mut added = HashSet::new();
        let missing: Vec<BString> =
            to.iter().filter(|item| !now.contains(*item) && added.insert(*item)).cloned().collect();
        if !missing.is_empty() {
            let more = self.append(&missing)?;
            answer.rows.extend(more.rows);
            answer.moves.extend(more.moves);
            answer.notes.extend(more.notes);
        }
        Ok(answer)
    }

    /// Every entry of the list, with the line or the block that it stands in.
    fn items(&self) -> Box<dyn Iterator<Item = (BString, Place<'_, 't>)> + '_> {
        if self.key.table.is_item() {
            Box::new(
                self.outline
                    .blocks_of(self.key)
                    .filter_map(|(block, of)| Some((of.identity.as_ref()?.text(of.table), Place::Block(block)))),
            )
        } else {
            Box::new(self.outline.lines_of(self.key).map(|entry| (entry.value.as_ref().into(), Place::Line(entry))))
        }
    }

    fn take_out_items(&self, wanted: impl Fn(&BString) -> bool) -> Result<Answer<Key>, Refusal> {
        self.take_out_all(self.items().filter(|(item, _)| wanted(item)))
    }

    fn take_out_all<'o>(&'o self, items: impl Iterator<Item = (BString, Place<'o, 't>)>) -> Result<Answer<Key>, Refusal>
    where
        't: 'o,
    {
        let mut answer = Answer::default();
        let mut blocks = Vec::new();
        for (_, place) in items {
            match place {
                Place::Line(entry) => self.take_out(entry, &mut answer)?,
                Place::Block(block) => blocks.push(block),
            }
        }
        let more = self.take_out_blocks(&blocks)?;
        answer.rows.extend(more.rows);
        answer.moves.extend(more.moves);
        Ok(answer)
    }

    /// New entries: in the last live section, behind the last entry of the kind; else in a new section.
    fn append(&self, items: &[BString]) -> Result<Answer<Key>, Refusal> {
        structure::check(self.text)?;
        let table = self.key.table;
        let mut answer = Answer { moves: vec![moved(self.key.clone(), &[], items)], ..Answer::default() };
        if table.is_item() {
            let blocks: Vec<_> =
                items.iter().filter_map(|item| Some((Identity::parse(table, item.as_ref())?, None))).collect();
            answer.rows.push(self.insert_blocks(table, &blocks)?);
            return Ok(answer);
        }
        let keyword = self.keyword()?;
        let pairs = items.iter().map(|item| Ok((keyword.name, value::written(item, true, self.version)?)));
        let pairs: Vec<_> = pairs.collect::<Result<_, Refusal>>()?;
        let rows: RowEdit = match self.section(table) {
            Some(section) => self.insert_into(section, &pairs, |entry: &Entry<'t>| entry.keyword == keyword)?,
            None => {
                let note = format!("there was no `{table}` section: one is appended");
                answer.notes.push(Diagnostic::note("section-created", note));
                self.append_settings(table, &pairs)?
            }
        };
        answer.rows.push(rows);
        Ok(answer)
    }

    /// The item in its one form, where it may be written.
    fn check_item(&self, item: &BString) -> Result<BString, Refusal> {
        let table = self.key.table;
        if !table.is_item() {
            check_pattern(self.keyword()?.take(item, self.version), item, self.version)?;
            return Ok(item.clone());
        }
        let parsed = Identity::parse(table, item.as_ref()).filter(|item| item.0.iter().all(Option::is_some));
        let Some(identity) = parsed else {
            return Err(Refusal::new("incomplete-device", format!("`{item}` is no device: both strings are needed"))
                .help("an item reads `vendor=A,product=B`; quote values that hold more than a word"));
        };
        for (name, value) in table.identity().iter().zip(identity.0.iter()) {
            let keyword = table.keyword(name.as_bytes(), self.version);
            if let (Some(keyword), Some(value)) = (keyword, value) {
                check_pattern(keyword.take(value, self.version), value, self.version)?;
            }
        }
        Ok(identity.text(table))
    }
}

enum Place<'o, 't> {
    Line(&'o Entry<'t>),
    Block(usize),
}

/// Refuses a pattern that stops the daemon (`blacklist-bad-regex`), and one that takes in every device
/// (`blacklist-regex-9`).
fn check_pattern(taken: Taken<'_>, item: &BString, version: Version) -> Result<(), Refusal> {
    if let Taken::Fatal(why) = taken {
        return Err(Refusal::new(
            "bad-regex",
            format!("`{item}` is no regular expression, and the daemon would not start: {why}"),
        )
        .help("entries are POSIX extended regular expressions: for every device, write `.*`"));
    }
    if regex::pattern(item, version).is_empty() {
        return Err(Refusal::new("matches-everything", "an empty pattern matches every device")
            .help("write `.*` if that is meant"));
    }
    Ok(())
}
