//! `set` of one value.

use std::ops::Range;
use std::slice::from_ref;

use bstr::BString;
use kvmprep_lossless::lines::indentation;
use kvmprep_lossless::{Absent, Answer, Diagnostic, Duplicates, Move, Refusal, RowEdit, RowRef, Subject};

use super::line::{fits, replaced};
use super::{Editing, moved, structure};
use crate::complaint::Class;
use crate::effective::goes_before;
use crate::key::Selector;
use crate::outline::Entry;
use crate::settings::same_meaning;
use crate::statement::Statement;
use crate::vocabulary::{Keyword, Taken};
use crate::{Kind, Multipath, Table, Version, regex, value};

impl<'t> Editing<'t> {
    /// Sets one value: in the last valid line, which is the one that counts (`duplicate-keyword`,
    /// `duplicate-keyword-invalid`); else in place of a commented default; else on a new line.
    pub(super) fn set(&self, to: &[BString]) -> Result<Answer<crate::Key>, Refusal> {
        let keyword = self.keyword()?;
        self.not_identity()?;
        if self.key.block == Selector::All {
            return Err(Refusal::new("wildcard", format!("`{}` names every block: a value is for one", self.key))
                .help("set it block by block"));
        }
        let [to] = to else {
            return Err(Refusal::new("one-value", format!("`{}` takes one value, not {}", self.key, to.len()))
                .help("quote a value of several words as one"));
        };
        self.check_value(keyword, to)?;
        let lines: Vec<&Entry<'t>> = self.outline.lines_of(self.key).collect();
        let counts = lines.iter().rposition(|entry| entry.taken().counts());
        let mut answer = match counts.or(lines.len().checked_sub(1)) {
            Some(place) => self.set_line(&lines, place, to)?,
            None => self.set_absent(keyword, to)?,
        };
        answer.notes.extend(self.decided_elsewhere(keyword, to));
        Ok(answer)
    }

    fn check_value(&self, keyword: &Keyword, to: &BString) -> Result<(), Refusal> {
        let name = keyword.name;
        let help = keyword.takes();
        match keyword.take(to, self.version) {
            Taken::As(_) if name == "product_blacklist" => self.check_listed(to),
            Taken::As(_) | Taken::Unknown(_) => Ok(()),
            Taken::Part(..) => {
                Err(Refusal::new("invalid-value", format!("`{name}` cannot be `{to}`: {}", Class::BadUidAttrs.says()))
                    .help(help))
            }
            Taken::Capped(value) => Err(Refusal::new(
                "out-of-range",
                format!("`{name}` would take `{to}` for `{}`", String::from_utf8_lossy(&value)),
            )
            .help(help)),
            Taken::Deprecated(_) | Taken::Old(_) | Taken::Ignored if !self.manner.allows("deprecated") => {
                Err(Refusal::new("deprecated", format!("`{name}` has no effect any more"))
                    .help("leave it out")
                    .overridable())
            }
            Taken::Deprecated(_) | Taken::Old(_) | Taken::Ignored => Ok(()),
            Taken::Unset => Err(Refusal::new(
                "invalid-value",
                format!("`{name}` would be unset by `{to}`: that version says nothing of it"),
            )
            .help(help)),
            Taken::Refused(class) | Taken::Crash(class) => {
                Err(Refusal::new("invalid-value", format!("`{name}` cannot be `{to}`: {}", class.says())).help(help))
            }
            Taken::Fatal(why) => Err(Refusal::new(
                "stops-the-daemon",
                format!("`{name}` does not take `{to}`, and the daemon would not start: {why}"),
            )
            .help(help)),
        }
    }

    /// The daemon makes an entry of its blacklist of a `product_blacklist` and the vendor beside it, and does not start
    /// where that does not compile (`product-blacklist-bad-regex`).
    fn check_listed(&self, to: &BString) -> Result<(), Refusal> {
        let vendor = match &self.key.block {
            Selector::Of(identity) => identity.0.first().cloned().flatten(),
            _ => None,
        };
        for (name, value) in [("product_blacklist", Some(to)), ("vendor", vendor.as_ref())] {
            if let Some((value, why)) =
                value.and_then(|value| Some((value, regex::refused(regex::pattern(value, self.version))?)))
            {
                return Err(Refusal::new(
                    "stops-the-daemon",
                    format!(
                        "`{name}` is `{value}`, which is no regular expression, and the daemon would not start: {why}"
                    ),
                )
                .help("both strings are POSIX extended regular expressions"));
            }
        }
        Ok(())
    }

    /// A block of the same strings behind this one takes over what it lacks, unless that is empty (`duplicate-empty`).
    fn check_outlives(&self, entry: &Entry<'t>, to: &BString) -> Result<(), Refusal> {
        let last = self.outline.blocks_of(self.key).last();
        if !to.is_empty() || last.is_none_or(|(block, _)| block == entry.block) || self.key.block == Selector::None {
            return Ok(());
        }
        Err(Refusal::new("empty-is-lost", "a later block of the same strings does not take over an empty value")
            .at(entry.place())
            .help("make them one block, or take the line out"))
    }

    fn set_line(&self, lines: &[&Entry<'t>], place: usize, to: &BString) -> Result<Answer<crate::Key>, Refusal> {
        let mut answer = Answer::default();
        let entry = lines[place];
        // A value that is taken for the nearest one allowed is written out: the daemon complains of it.
        let stays = matches!(
            entry.taken(),
            Taken::As(_) | Taken::Old(_) | Taken::Unknown(_) | Taken::Deprecated(_) | Taken::Ignored
        );
        if !(stays && same_meaning(entry, to)) {
            self.check_outlives(entry, to)?;
            answer.rows.push(RowEdit::Replace { row: entry.row.index, with: self.with_value(entry, to)? });
            answer.moves.push(moved(self.key.clone(), &[entry.value.as_ref().into()], from_ref(to)));
        }
        for other in lines.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, entry)| *entry) {
            if self.manner.duplicates == Duplicates::Dedupe {
                self.take_out(other, &mut answer)?;
            } else {
                let message = format!("`{}` stands here too, and does not count", self.key);
                answer.notes.push(Diagnostic::note("shadowed", message).at(other.place()));
            }
        }
        Ok(answer)
    }

    fn set_absent(&self, keyword: &Keyword, to: &BString) -> Result<Answer<crate::Key>, Refusal> {
        if self.manner.absent == Absent::Leave {
            return Ok(self.left_absent());
        }
        let mut answer = Answer::default();
        structure::check(self.text)?;
        let name = keyword.name;
        answer.moves.push(moved(self.key.clone(), &[], from_ref(to)));
        if let Some(Uncommented { row, line, others }) = self.commented_default(name, to)? {
            if others > 0 {
                let message = format!("of {} commented defaults of `{name}`, the last one is taken", others + 1);
                answer.notes.push(Diagnostic::note("several-defaults", message).at(row.span()));
            }
            if self.manner.absent == Absent::InsertBelow {
                let ended = if line.ends_with(b"\n") { line } else { [line.as_slice(), b"\n"].concat() };
                answer.rows.push(RowEdit::Insert { before: row.index + 1, lines: ended });
            } else {
                let comment = Statement::of(row.bytes, self.version).comment().unwrap_or_default().into();
                answer.moves.push(Move { subject: Subject::Comment, from: vec![comment], to: Vec::new() });
                answer.rows.push(RowEdit::Replace { row: row.index, with: line });
            }
            return Ok(answer);
        }
        let pair = (name, value::written(to, false, self.version)?);
        let block = self.outline.blocks_of(self.key).last().map(|(block, _)| block);
        answer.rows.push(match (block, &self.key.block) {
            (Some(block), _) => self.insert_into(block, &[pair], |_| true)?,
            (None, Selector::Of(identity)) => {
                for (name, value) in self.key.table.identity().iter().zip(identity.0.iter()) {
                    if let Some(value) = value {
                        self.check_identity(name, value)?;
                        let own = crate::Key::in_block(self.key.table, identity.clone(), name);
                        answer.moves.push(moved(own, &[], from_ref(value)));
                    }
                }
                self.insert_blocks(self.key.table, &[(identity.clone(), Some(pair))])?
            }
            (None, _) => self.append_settings(self.key.table, &[pair])?,
        });
        Ok(answer)
    }

    /// A block is only written where the daemon would know it by these values.
    fn check_identity(&self, name: &str, value: &BString) -> Result<(), Refusal> {
        match self.key.table.keyword(name.as_bytes(), self.version) {
            Some(keyword) => self.check_value(keyword, value),
            None => Ok(()),
        }
    }

    /// The last commented default of the key in a section or block that is live, as the line it becomes: a mark, at
    /// most one blank, the keyword and one value, and nothing else. A section that is commented out as a whole is no
    /// section (`real-commented-template`).
    fn commented_default(&self, name: &str, to: &BString) -> Result<Option<Uncommented<'t>>, Refusal> {
        let live: Vec<Range<usize>> = self
            .outline
            .blocks_of(self.key)
            .map(|(_, block)| block.open.unwrap_or(0)..block.close.unwrap_or(self.text.len()))
            .collect();
        let is_live = |row: &RowRef<'_, Multipath>| {
            let before = live.partition_point(|range| range.start < row.index);
            before.checked_sub(1).is_some_and(|last| live[last].contains(&row.index))
        };
        let comments = self.text.rows().filter(|row| row.kind == Kind::Comment && *row.within == self.key.table);
        let mut defaults = comments
            .filter(is_live)
            .filter_map(|row| Some((row, default_of(&row, name, self.version)?)))
            .collect::<Vec<_>>();
        let Some((row, rest)) = defaults.pop() else { return Ok(None) };
        let statement = Statement::of(rest, self.version);
        let Some(span) = statement.value else { return Ok(None) };
        let written = value::written(to, statement.is_quoted(), self.version)?;
        let line = [self.indent_of(&row).as_slice(), &replaced(rest, span, &written)].concat();
        fits(&line, &row)?;
        Ok(Some(Uncommented { row, line, others: defaults.len() }))
    }

    /// The indentation of a line that stops being a comment: what stands before the mark; else the TAB behind it; else
    /// that of the section's other lines.
    fn indent_of(&self, row: &RowRef<'t, Multipath>) -> Vec<u8> {
        let indent = indentation(row.bytes);
        if !indent.is_empty() {
            return indent.to_vec();
        }
        if row.bytes.get(1) == Some(&b'\t') {
            return b"\t".to_vec();
        }
        let own = self.outline.entries.iter().filter(|entry| *entry.row.within == self.key.table);
        let nearest = own.min_by_key(|entry| entry.row.index.abs_diff(row.index));
        nearest.map(|entry| indentation(entry.row.bytes).to_vec()).unwrap_or_default()
    }

    /// What goes before a default in this file; an alias goes before any friendly name.
    fn decided_elsewhere(&self, keyword: &Keyword, to: &BString) -> Option<Diagnostic> {
        if self.key.table != Table::Defaults {
            return None;
        }
        let beats = |entry: &&Entry<'t>| {
            let table = *entry.row.within;
            match entry.keyword.means {
                "alias" => keyword.name == "user_friendly_names" && self.outline.key(entry).is_some(),
                means => means == keyword.means && goes_before(table, self.key.table) && !same_meaning(entry, to),
            }
        };
        let mut others = self.outline.entries.iter().filter(beats);
        let first = others.next()?;
        let more = others.count();
        let message = format!(
            "`{}` in `{}` takes precedence over the default{}",
            first.keyword.name,
            first.row.within,
            match more {
                0 => String::new(),
                1 => ", and so does another line".to_owned(),
                more => format!(", and so do {more} other lines"),
            }
        );
        Some(Diagnostic::note("goes-before-the-default", message).at(first.place()))
    }
}

/// A commented default, and the line it becomes.
struct Uncommented<'t> {
    row: RowRef<'t, Multipath>,
    line: Vec<u8>,
    /// How many more there are.
    others: usize,
}

/// The text behind the mark of a commented default, blank left out.
fn default_of<'t>(row: &RowRef<'t, Multipath>, name: &str, version: Version) -> Option<&'t [u8]> {
    let mark = Statement::of(row.bytes, version).comment?.start;
    let rest = &row.bytes[mark + 1..];
    let rest = rest.strip_prefix(b" ").or(rest.strip_prefix(b"\t")).unwrap_or(rest);
    let statement = Statement::of(rest, version);
    let complete = statement.flaw.is_none() && statement.comment.is_none() && statement.unseen.is_none();
    (complete && statement.keyword.start == 0 && statement.name() == name.as_bytes()).then_some(rest)
}
