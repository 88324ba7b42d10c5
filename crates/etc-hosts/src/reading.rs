use std::net::IpAddr;

use bstr::BString;
use kvmprep_lossless::{Answer, Diagnostic, Fact, Format, Lint, Reading, Refusal, Request, Run, Setting, Text};

use crate::grammar::Line;
use crate::key::Key;
use crate::syntax::{EtcHosts, Kind, Reader};
use crate::value::{self, Family};
use crate::{diagnostics, edit, effective, lint};

impl Reading for EtcHosts {
    type Key = Key;
    type Reader = Reader;

    fn readers(&self) -> &[Reader] {
        &[Reader]
    }

    /// Each name its address, in each family that a query finds it in; each address its canonical name, so that
    /// a new first name of a line shows; comments; what is skipped.
    fn facts(&self, _: Reader, run: Run<'_, Self>, found: &mut Vec<Fact<Key>>) {
        for row in run.rows().filter(|row| row.kind != Kind::Blank) {
            let line = Line::read(row.bytes);
            match value::address(line.address) {
                Some(address) => found.extend(entry_facts(address, line.words())),
                None if !line.address.is_empty() => found.push(Fact::opaque(line.text(row.bytes))),
                None => {}
            }
            match line.comment.first() {
                Some(b'#') => found.push(Fact::comment(line.comment)),
                Some(_) => found.push(Fact::opaque(line.comment)),
                None => {}
            }
        }
    }
}

/// What an entry says: the model that edits are declared by.
pub(crate) fn entry_facts<'a>(
    address: IpAddr,
    names: impl Iterator<Item = &'a [u8]> + Clone,
) -> impl Iterator<Item = Fact<Key>> {
    let canonical: BString = names.clone().next().unwrap_or_default().into();
    let views = Family::ALL.into_iter().filter_map(move |family| Some((family, family.view(address)?)));
    let by_name = names.flat_map(move |name| {
        views.clone().map(move |(family, view)| Fact::setting(name_key(name, family), view.to_string()))
    });
    by_name.chain([Fact::setting(Key::Address(address), canonical)])
}

/// The key of one name in one family.
pub(crate) fn name_key(name: &[u8], family: Family) -> Key {
    Key::name(name).of_family(family)
}

impl Format for EtcHosts {
    const NAME: &'static str = "hosts";

    fn get(&self, text: &Text<Self>, _: Reader, key: &Key) -> Vec<Setting<Key>> {
        effective::get(text, key)
    }

    fn settings(&self, text: &Text<Self>, _: Reader) -> Vec<Setting<Key>> {
        effective::settings(text)
    }

    fn answer(&self, text: &Text<Self>, request: &Request<Key>) -> Result<Answer<Key>, Refusal> {
        edit::answer(text, request)
    }

    fn holds(&self, text: &Text<Self>, _: Reader, request: &Request<Key>) -> bool {
        edit::holds(text, &request.edit)
    }

    fn diagnostics(&self, text: &Text<Self>) -> Vec<Diagnostic> {
        diagnostics::diagnostics(text)
    }

    fn lint(&self, text: &Text<Self>) -> Vec<Lint<Key>> {
        lint::lint(text)
    }
}
