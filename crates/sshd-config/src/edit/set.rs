use std::borrow::Cow;
use std::net::Ipv6Addr;

use bstr::{BString, ByteSlice};
use kvmprep_lossless::{Diagnostic, Duplicates, Refusal, RowEdit, Span};

use super::{Work, asked, spliced};
use crate::check::{Check, Family, Fault};
use crate::reading::{Place, same};
use crate::scan::listen_address;
use crate::value::{AlgorithmList, Prefix, is_weak};
use crate::vocabulary::Shape;

impl Work<'_> {
    /// Set: the occurrence that counts gets the value; of a list that adds up, the lines together get the whole set.
    pub(super) fn set(&mut self, places: &[Place<'_>], to: &[BString]) -> Result<(), Refusal> {
        self.check(to)?;
        (0..to.len()).try_for_each(|i| self.named_first(&to[..i], &to[i]))?;
        let values = asked(self.shape(), to);
        match self.shape() {
            _ if places.is_empty() => {
                self.insert(&values)?;
                self.note_weak(&[], &values);
            }
            Shape::Lines => self.set_lines(places, &values)?,
            Shape::Words(_) if self.adds_up() => self.set_all_words(places, &values)?,
            _ => self.set_one(places, &values)?,
        }
        Ok(())
    }

    /// The first occurrence is changed; where the last one wins, all are. Cases `first-wins`, `last-wins-ipqos`.
    fn set_one(&mut self, places: &[Place<'_>], values: &[BString]) -> Result<(), Refusal> {
        let dedupe = self.manner.duplicates == Duplicates::Dedupe;
        let counts = |i: usize| match (self.later_may_win(), dedupe) {
            (true, true) => i + 1 == places.len(),
            (true, false) => true,
            (false, _) => i == 0,
        };
        let (counting, dead): (Vec<_>, Vec<_>) = places.iter().enumerate().partition(|(i, _)| counts(*i));
        for (_, place) in counting {
            if !place.said.same(values) {
                self.rewrite(place, values)?;
                self.note_weak(&place.said.values, values);
                self.warn_of_rivals(place.row.index);
            }
        }
        if dedupe {
            dead.iter().for_each(|(_, place)| self.take_out(place));
        } else if let Some((_, place)) = dead.first() {
            let message = format!("`{}` stands here again and does not count", self.name.spelled);
            self.note(
                Diagnostic::note("shadowed", message)
                    .at(place.span())
                    .help("sshd still checks it: a wrong value here stops the daemon; `--dedupe` takes it out"),
            );
        }
        Ok(())
    }

    /// A line for each value: changed in place as far as they go, the rest below the last or taken out.
    fn set_lines(&mut self, places: &[Place<'_>], values: &[BString]) -> Result<(), Refusal> {
        for (place, value) in places.iter().zip(values) {
            if !place.said.same(std::slice::from_ref(value)) {
                self.rewrite(place, std::slice::from_ref(value))?;
            }
        }
        for place in places.iter().skip(values.len()) {
            self.take_out(place);
        }
        match (places.last(), values.get(places.len()..)) {
            (Some(last), Some(more)) if !more.is_empty() => self.lines_below(last, more),
            _ => Ok(()),
        }
    }

    /// The first line gets all the words, the others go.
    fn set_all_words(&mut self, places: &[Place<'_>], values: &[BString]) -> Result<(), Refusal> {
        let all: Vec<BString> = places.iter().flat_map(|place| place.said.values.clone()).collect();
        if same(self.keyword, &all, values) {
            return Ok(());
        }
        if places[0].said.values != values {
            self.rewrite(&places[0], values)?;
        }
        places[1..].iter().for_each(|place| self.take_out(place));
        Ok(())
    }

    /// New values in the place of those of one line; the rest of the line stays.
    pub(super) fn rewrite(&mut self, place: &Place<'_>, values: &[BString]) -> Result<(), Refusal> {
        Self::has_gaps(place)?;
        let line = place.row.bytes;
        let with = match self.shape() {
            Shape::Words(_) if values.len() == place.said.arguments.len() => self.word_by_word(place, values)?,
            _ => self.spelled(values, Some(place))?,
        };
        self.replace(place.row.index, spliced(line, place.said.extent(line), &with));
        self.moved(&place.said.values, values);
        Ok(())
    }

    /// As many words as there were: the gaps between them stay.
    fn word_by_word(&self, place: &Place<'_>, values: &[BString]) -> Result<Vec<u8>, Refusal> {
        let line = place.row.bytes;
        let mut with = Vec::new();
        let mut at = place.said.extent(line).start;
        for (argument, value) in place.said.arguments.iter().zip(values) {
            let span = Span::of_part(line, argument.raw).unwrap_or_default();
            with.extend_from_slice(super::gap(&line[at..span.start]));
            with.extend(match *argument.value == **value {
                true => argument.raw.to_vec(),
                false => self.dialect().spell(value, Some(argument.raw))?,
            });
            at = span.end;
        }
        Ok(with)
    }

    /// Values as they stand behind a keyword. Words that stood there keep their spelling.
    pub(super) fn spelled(&self, values: &[BString], replaces: Option<&Place<'_>>) -> Result<Vec<u8>, Refusal> {
        let arguments = replaces.map_or(&[][..], |place| &place.said.arguments);
        let first = arguments.first().map(|argument| argument.raw);
        match self.shape() {
            Shape::Rest | Shape::Ignored { .. } => self.dialect().spell_rest(&values[0]),
            Shape::Named => self.dialect().spell_command(&values[0]),
            Shape::Commas(_) => self.dialect().spell(&AlgorithmList::of_values(values).text(), first),
            Shape::Scalar | Shape::Lines => self.dialect().spell(&values[0], first),
            Shape::Words(_) => {
                let word = |value: &BString| match arguments.iter().find(|argument| *argument.value == **value) {
                    Some(argument) => Ok(argument.raw.to_vec()),
                    None => self.dialect().spell(value, None),
                };
                let words: Result<Vec<_>, _> = values.iter().map(word).collect();
                Ok(bstr::join(" ", words?))
            }
        }
    }

    /// Refuses values that the keyword does not take.
    pub(super) fn check(&self, values: &[BString]) -> Result<(), Refusal> {
        let wrong = |why: String, help: &str| Refusal::new("wrong-number", why).help(help.to_owned());
        let spelled = &self.name.spelled;
        if values.is_empty() {
            return Err(wrong(format!("`{spelled}` needs a value"), "take the keyword out with `unset`"));
        }
        let most = match self.shape() {
            Shape::Scalar | Shape::Rest | Shape::Named | Shape::Ignored { .. } => 1,
            Shape::Words(most) => most,
            Shape::Commas(family) => return self.check_algorithms(family, values),
            Shape::Lines => usize::MAX,
        };
        if values.len() > most {
            return Err(wrong(format!("`{spelled}` takes at most {most}, not {}", values.len()), "ask for fewer"));
        }
        let Some(keyword) = self.keyword else { return Ok(()) };
        let arguments: Vec<Cow<'_, [u8]>> = values.iter().map(|value| Cow::Borrowed(value.as_bytes())).collect();
        let checked = match keyword.shape {
            Shape::Lines if keyword.check == Check::ListenAddress && values.iter().any(|value| is_no_host(value)) => {
                Err(Fault::Bad("an address, with or without a port"))
            }
            Shape::Lines => values.iter().try_for_each(|value| keyword.check.one(value)),
            shape => keyword.check.check(shape, &arguments),
        };
        let checked = checked.and_then(|()| keyword.check_for(self.dialect().version, &arguments));
        let is_none = |value: &BString| value.eq_ignore_ascii_case(b"none");
        let checked = checked.and_then(|()| match keyword.check {
            Check::ChannelTimeout if values.len() > 1 && values.iter().any(is_none) => Err(Fault::Bad("`none` alone")),
            _ => Ok(()),
        });
        let checked = checked.and_then(|()| match arguments.len() > keyword.reach(&arguments).1 && most > 1 {
            true if keyword.shape != Shape::Lines => Err(Fault::Bad("any or none alone")),
            _ => Ok(()),
        });
        checked.or_else(|fault| self.bad_value(values, fault))
    }

    /// Of the variables of a name sshd takes the first.
    pub(super) fn named_first(&self, before: &[BString], pair: &BString) -> Result<(), Refusal> {
        let name = |pair: &BString| pair.split_once_str("=").map(|(name, _)| name.to_vec());
        let is_pair = self.keyword.is_some_and(|keyword| keyword.check == Check::EnvironmentPair);
        let Some(first) = before.iter().find(|first| is_pair && *first != pair && name(first) == name(pair)) else {
            return Ok(());
        };
        let shown = kvmprep_lossless::value::shown;
        let message = format!("sshd passes over `{}` behind `{}`", shown(pair), shown(first));
        Err(Refusal::new("passed-over", message).help("the first value of a variable counts: `remove` that one first"))
    }

    fn bad_value(&self, values: &[BString], fault: Fault) -> Result<(), Refusal> {
        const CODE: &str = "bad-value";
        if self.manner.allows(CODE) {
            return Ok(());
        }
        let expected = match fault {
            Fault::Missing => "a value",
            Fault::Empty => "no empty word",
            Fault::Bad(expected) | Fault::Option(expected) => expected,
        };
        let shown = kvmprep_lossless::value::shown(&bstr::join(" ", values));
        Err(Refusal::new(CODE, format!("sshd does not take `{shown}` for `{}`", self.name.spelled))
            .help(format!("it wants {expected}; on anything else the daemon does not start"))
            .overridable())
    }

    fn check_algorithms(&self, family: Family, values: &[BString]) -> Result<(), Refusal> {
        let list = AlgorithmList::of_values(values);
        let names: Vec<_> = list.names().cloned().collect();
        if names.is_empty() {
            return Err(Refusal::new("bad-value", format!("`{}` needs algorithm names", self.name.spelled))
                .help("take the keyword out with `unset`: the built-in list returns"));
        }
        if bstr::join(",", values)[list.prefix.text().len()..].split(|b| *b == b',').any(<[u8]>::is_empty) {
            return Err(Refusal::new("bad-value", "an empty item: sshd stops checking there")
                .help("name algorithms with one comma between them"));
        }
        self.prefix_known(list.prefix)?;
        let patterns = list.prefix == Prefix::Minus || family.takes_patterns();
        names.iter().try_for_each(|name| check_name(name, patterns))?;
        if list.prefix == Prefix::Minus && names.iter().any(|name| name.iter().all(|b| *b == b'*')) {
            return Err(Refusal::new("removes-everything", "a `-` list that takes out every algorithm locks all out")
                .help("neither `sshd -t` nor `sshd -T` shows it; name what is to go"));
        }
        Ok(())
    }

    /// Refuses a prefix that this release takes for part of a name.
    pub(super) fn prefix_known(&self, prefix: Prefix) -> Result<(), Refusal> {
        let Some(since) = prefix.since() else { return Ok(()) };
        let version = self.dialect().version;
        if version >= since || self.manner.allows("prefix-too-new") {
            return Ok(());
        }
        Err(Refusal::new(
            "prefix-too-new",
            format!("the prefix `{}` came with OpenSSH {since}, this is {version}", prefix.text()),
        )
        .help("write the whole list")
        .overridable())
    }

    /// Weak is told once: one note for all weak names that come.
    pub(super) fn note_weak(&mut self, old: &[BString], new: &[BString]) {
        if !matches!(self.shape(), Shape::Commas(_)) {
            return;
        }
        let (old, new) = (AlgorithmList::of_values(old), AlgorithmList::of_values(new));
        if new.prefix == Prefix::Minus {
            return;
        }
        let weak: Vec<String> =
            new.names().filter(|name| is_weak(name) && !old.has(name)).map(|name| format!("`{name}`")).collect();
        if !weak.is_empty() {
            let message = format!("{} is weak: kept for peers that know nothing better", weak.join(", "));
            self.note(Diagnostic::note("weak-algorithm", message));
        }
    }

    /// Further lines of the same keyword below one of them, dressed like it.
    pub(super) fn lines_below(&mut self, last: &Place<'_>, values: &[BString]) -> Result<(), Refusal> {
        let head = &last.row.bytes[..last.said.extent(last.row.bytes).start];
        let mut lines = Vec::new();
        for value in values {
            lines.extend_from_slice(head);
            lines.extend(self.spelled(std::slice::from_ref(value), None)?);
            lines.extend_from_slice(self.ending_like(last.row.bytes).bytes());
        }
        self.answer.rows.push(RowEdit::Insert { before: last.row.index + 1, lines });
        self.moved(&[], values);
        Ok(())
    }
}

/// What no resolver finds an address for: blanks, nothing, and colons that make no address.
fn is_no_host(value: &[u8]) -> bool {
    let is_none = |host: &str| {
        let (address, _) = host.split_once('%').unwrap_or((host, ""));
        host.is_empty() || (host.contains(':') && address.parse::<Ipv6Addr>().is_err())
    };
    value.contains(&b' ') || listen_address(value).is_some_and(|(host, _)| is_none(&host))
}

/// An algorithm's name, or a pattern of names where those are taken.
pub(super) fn check_name(name: &[u8], patterns: bool) -> Result<(), Refusal> {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"-_.@".contains(b) || (patterns && b"*?".contains(b));
    let prefixed = name.first().is_some_and(|b| b"+-^!".contains(b));
    if !name.is_empty() && !prefixed && name.iter().all(plain) {
        return Ok(());
    }
    Err(Refusal::new(
        "bad-value",
        format!("`{}` is not the name of an algorithm", kvmprep_lossless::value::shown(name)),
    )
    .help("names have letters, digits, `-`, `.` and `@`; one prefix governs the whole list"))
}
