use bstr::{BString, ByteSlice};
use kvmprep_lossless::{Absent, Diagnostic, Duplicates, Refusal, Span};

use super::set::check_name;
use super::{Work, spliced};
use crate::check::Family;
use crate::reading::Place;
use crate::value::{AlgorithmList, Prefix};
use crate::vocabulary::Shape;

impl AlgorithmList {
    /// True when the daemon offers the name, as far as the line says it: a `-` line leaves the rest to the default.
    pub(super) fn offers(&self, name: &[u8]) -> bool {
        if self.prefix == Prefix::Minus { !self.matches(name) } else { self.matches(name) }
    }

    /// True when the line itself puts the name on offer.
    pub(super) fn names_to_offer(&self, name: &[u8]) -> bool {
        if self.prefix == Prefix::Minus { !self.matches(name) } else { self.has(name) }
    }
}

impl Work<'_> {
    /// Add: by the shape of the list.
    pub(super) fn add(&mut self, places: &[Place<'_>], item: &BString) -> Result<(), Refusal> {
        let family = self.listed()?;
        if let Some(family) = family {
            check_name(item, family.takes_patterns())?;
        } else {
            self.check(std::slice::from_ref(item))?;
        }
        match (places, family) {
            ([], _) => self.add_to_none(item, family),
            ([first, ..], Some(family)) => self.add_algorithm(first, item, family),
            (_, None) => self.add_word(places, item),
        }
    }

    /// The keyword's family for an algorithm list, none for another list.
    fn listed(&self) -> Result<Option<Family>, Refusal> {
        match (self.shape(), self.keyword) {
            (Shape::Commas(family), _) => Ok(Some(family)),
            (_, Some(keyword)) if keyword.is_list() => Ok(None),
            _ => Err(Refusal::new("not-a-list", format!("`{}` holds one value, not items", self.name.spelled))
                .help("use `set`")),
        }
    }

    /// No line to add to: the built-in list applies, and a new line would replace it.
    fn add_to_none(&mut self, item: &BString, family: Option<Family>) -> Result<(), Refusal> {
        let spelled = &self.name.spelled;
        match (self.manner.absent, family) {
            (Absent::Leave, _) => {
                let message = format!("`{spelled}` is not set here: left as it is");
                self.note(Diagnostic::note("not-set", message));
                Ok(())
            }
            (Absent::Plus, Some(_)) => {
                self.prefix_known(Prefix::Plus)?;
                let values = [[b"+", item.as_bytes()].concat().into()];
                self.insert(&values)?;
                self.note_weak(&[], &values);
                Ok(())
            }
            (_, family) => {
                let refusal =
                    Refusal::new("not-set", format!("`{spelled}` is not set here: there is no list to add to"));
                Err(match family {
                    Some(_) => refusal.help(format!(
                        "the built-in list applies; `--absent leave` changes nothing, `--absent plus` writes `{spelled} +{item}`"
                    )),
                    None => refusal.help("a first item replaces what holds by default: say so with `set`"),
                })
            }
        }
    }

    /// The table of the digest, section 8.6. Cases `edit-plus-to-plus`, `cipher-plus-each`, `cipher-minus-each`.
    fn add_algorithm(&mut self, place: &Place<'_>, item: &BString, family: Family) -> Result<(), Refusal> {
        let mut list = self.list(place);
        let present = list.has(item) || (family.takes_patterns() && list.matches(item));
        match list.prefix {
            Prefix::Plus if list.hides_names() => return Err(empty_item(place)),
            Prefix::Plain | Prefix::Plus | Prefix::Caret if present => return Ok(()),
            Prefix::Plain | Prefix::Plus | Prefix::Caret => list.push(item),
            Prefix::Minus if list.has(item) => {
                list.drop_item(item);
                if list.matches(item) {
                    return Err(wildcard(place, item));
                }
                if list.is_empty() {
                    return Err(Refusal::new("empties-list", format!("`{item}` is all that the line takes out"))
                        .at(place.span())
                        .help(format!(
                            "`unset` the line: the built-in list of `{}` returns whole",
                            self.name.spelled
                        )));
                }
                self.note_default(item);
            }
            Prefix::Minus if list.matches(item) => return Err(wildcard(place, item)),
            Prefix::Minus => {
                self.note_default(item);
                return Ok(());
            }
        }
        self.rewrite_list(place, &list)
    }

    fn list(&self, place: &Place<'_>) -> AlgorithmList {
        AlgorithmList::parse(place.said.arguments.first().map_or(&b""[..], |argument| &argument.value))
    }

    fn rewrite_list(&mut self, place: &Place<'_>, list: &AlgorithmList) -> Result<(), Refusal> {
        Self::has_gaps(place)?;
        let line = place.row.bytes;
        let raw = place.said.arguments.first().map(|argument| argument.raw);
        let with = self.dialect().spell(&list.text(), raw)?;
        self.replace(place.row.index, spliced(line, place.said.extent(line), &with));
        self.moved(&place.said.values, &list.values());
        self.note_weak(&place.said.values, &list.values());
        self.warn_of_rivals(place.row.index);
        Ok(())
    }

    fn note_default(&mut self, item: &BString) {
        let message = format!("whether `{item}` is offered is up to the built-in list of that sshd");
        self.note(Diagnostic::warning("default-decides", message).help("ask it: `sshd -T` on an empty file"));
    }

    /// Behind the last word of the last line of the keyword; of keywords whose first line counts, of that line.
    fn add_word(&mut self, places: &[Place<'_>], item: &BString) -> Result<(), Refusal> {
        let counting = if self.adds_up() { places } else { &places[..1] };
        if counting.iter().any(|place| place.said.values.contains(item)) {
            return Ok(());
        }
        let Some(last) = counting.last() else { return Ok(()) };
        if self.shape() == Shape::Lines {
            return self.lines_below(last, std::slice::from_ref(item));
        }
        self.check(&[last.said.values.as_slice(), std::slice::from_ref(item)].concat())?;
        self.named_first(&last.said.values, item)?;
        Self::has_gaps(last)?;
        let line = last.row.bytes;
        if line[..last.said.extent(line).end].ends_with(b"\\") {
            let message = "the line ends in a backslash, which would make the gap behind it part of the word";
            return Err(Refusal::new("open-backslash", message).at(last.span()).help("write the list out with `set`"));
        }
        let word = [b" ", self.dialect().spell(item, None)?.as_slice()].concat();
        self.replace(last.row.index, spliced(line, Span::empty(last.said.extent(line).end), &word));
        self.moved(&[], std::slice::from_ref(item));
        self.warn_of_rivals(last.row.index);
        Ok(())
    }

    /// Remove: by the shape of the list.
    pub(super) fn remove(&mut self, places: &[Place<'_>], item: &BString) -> Result<(), Refusal> {
        match (places, self.listed()?) {
            ([], Some(_)) if self.manner.absent == Absent::Plus => {
                super::may_write(self.dialect(), &self.key, &self.name, self.keyword, self.manner)?;
                check_name(item, false)?;
                self.prefix_known(Prefix::Minus)?;
                self.insert(&[[b"-", item.as_bytes()].concat().into()])
            }
            ([], Some(_)) => {
                self.note_default(item);
                Ok(())
            }
            ([first, ..], Some(family)) => self.remove_algorithm(places, first, item, family),
            (_, None) => self.remove_word(places, item),
        }
    }

    fn remove_algorithm(
        &mut self,
        places: &[Place<'_>],
        place: &Place<'_>,
        item: &BString,
        family: Family,
    ) -> Result<(), Refusal> {
        let mut list = self.list(place);
        if list.prefix == Prefix::Minus {
            if list.matches(item) {
                return Ok(());
            }
            check_name(item, false)?;
            list.push(item);
            return self.rewrite_list(place, &list);
        }
        if list.prefix != Prefix::Plain {
            self.note_default(item);
        }
        if !list.has(item) {
            let by_pattern = family.takes_patterns() && list.matches(item);
            return if by_pattern { Err(wildcard(place, item)) } else { Ok(()) };
        }
        if list.hides_names() {
            return Err(empty_item(place));
        }
        list.drop_item(item);
        if family.takes_patterns() && list.matches(item) {
            return Err(wildcard(place, item));
        }
        if !list.is_empty() {
            return self.rewrite_list(place, &list);
        }
        if self.manner.absent == Absent::Plus {
            check_name(item, false)?;
            self.prefix_known(Prefix::Minus)?;
            let minus = AlgorithmList::parse(&[b"-", item.as_bytes()].concat());
            return self.rewrite_list(place, &minus);
        }
        self.take_out_winner(places)?;
        let message = format!("that was the last item of `{}`: the built-in list returns", self.name.spelled);
        self.note(Diagnostic::warning("default-returns", message).at(place.span()));
        Ok(())
    }

    /// Takes out the line that counts. A later one that did not count would come alive: it goes too, or stops this.
    fn take_out_winner(&mut self, places: &[Place<'_>]) -> Result<(), Refusal> {
        if let Some(next) = places.get(1).filter(|_| self.manner.duplicates == Duplicates::Leave) {
            return Err(Refusal::new(
                "comes-alive",
                format!("with this line gone, a later `{}` that does not count now would", self.name.spelled),
            )
            .at(next.span())
            .help("take the later lines out with it: `--dedupe`"));
        }
        places.iter().for_each(|place| self.take_out(place));
        Ok(())
    }

    /// The item goes from every line that counts; a line left without words goes whole, as a keyword without an
    /// argument stops the daemon. Case `edit-remove-last-user`.
    fn remove_word(&mut self, places: &[Place<'_>], item: &BString) -> Result<(), Refusal> {
        let counting = if self.adds_up() { places } else { &places[..places.len().min(1)] };
        let emptied = |place: &Place<'_>| place.said.values.iter().all(|value| value == item);
        if !counting.is_empty() && counting.iter().all(emptied) {
            self.may_open()?;
        }
        for place in counting.iter().filter(|place| place.said.values.contains(item)) {
            if !emptied(place) {
                self.without(place, item)?;
            } else if self.adds_up() {
                self.take_out(place);
            } else {
                self.take_out_winner(places)?;
            }
        }
        Ok(())
    }

    /// A line without an item and the gap before it.
    fn without(&mut self, place: &Place<'_>, item: &BString) -> Result<(), Refusal> {
        Self::has_gaps(place)?;
        let line = place.row.bytes;
        let mut with = Vec::new();
        let mut gap = None;
        for argument in &place.said.arguments {
            let span = Span::of_part(line, argument.raw).unwrap_or_default();
            if *argument.value != **item {
                if let Some(gap) = gap.filter(|_| !with.is_empty()) {
                    with.extend_from_slice(super::gap(&line[gap..span.start]));
                }
                with.extend_from_slice(argument.raw);
            }
            gap = Some(span.end);
        }
        self.replace(place.row.index, spliced(line, place.said.extent(line), &with));
        let gone: Vec<BString> = place.said.values.iter().filter(|value| *value == item).cloned().collect();
        self.moved(&gone, &[]);
        Ok(())
    }

    /// Without AllowUsers and AllowGroups everybody may log in: not unless told so.
    pub(super) fn may_open(&self) -> Result<(), Refusal> {
        const CODE: &str = "opens-access";
        let restricts = self.name.is("AllowUsers") || self.name.is("AllowGroups");
        if !restricts || self.manner.allows(CODE) {
            return Ok(());
        }
        Err(Refusal::new(CODE, format!("without `{}` everybody may log in whom nothing else stops", self.name.spelled))
            .help("leave somebody in the list, or allow it")
            .overridable())
    }
}

fn empty_item(place: &Place<'_>) -> Refusal {
    Refusal::new("empty-item", "sshd looks at no name behind the empty item of this list")
        .at(place.span())
        .help("write the list out with `set`")
}

fn wildcard(place: &Place<'_>, item: &BString) -> Refusal {
    Refusal::new("wildcard-item", format!("a pattern of the list matches `{item}`, and others with it"))
        .at(place.span())
        .help("write the list out with `set`")
}
