use bstr::BString;
use kvmprep_lossless::{Fact, Reading, Run, Syntax, lines};

use crate::grammar::{Line, address_word, is_blank};
use crate::key::{Key, Name};
use crate::value::{self, Family};

/// The one dialect: `/etc/hosts` as the C library reads it.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct EtcHosts;

/// What sort of line it is. Whether its address is one is asked when needed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Nothing but blanks.
    Blank,
    /// A comment of its own.
    Comment,
    /// Words: an address and names, or what is skipped.
    Words,
}

/// The one reader.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CLibrary;

impl std::fmt::Display for CLibrary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("C library")
    }
}

impl Syntax for EtcHosts {
    type State = ();
    type Kind = Kind;

    /// A line ends at LF and nowhere else (case `cr-only`); no line says anything about the next one.
    fn step(&self, text: &[u8], at: usize, (): &mut ()) -> (usize, Kind) {
        let end = lines::line_end(text, at);
        let kind = match text[at..end].iter().find(|&&byte| !is_blank(byte)) {
            None | Some(b'\n') => Kind::Blank,
            Some(b'#') => Kind::Comment,
            Some(_) => Kind::Words,
        };
        (end, kind)
    }
}

impl Reading for EtcHosts {
    type Key = Key;
    type Reader = CLibrary;

    fn readers(&self) -> &[CLibrary] {
        &[CLibrary]
    }

    /// Each name its address, in each family that a query finds it in; each address its canonical name, so that
    /// a new first name of a line shows; comments; what is skipped.
    fn facts(&self, _: CLibrary, run: Run<'_, Self>, found: &mut Vec<Fact<Key>>) {
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
    address: std::net::IpAddr,
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

/// True where the file is one line that was meant to be several: behind a CR stands what begins a line, an address or
/// a comment (case `cr-only`). The C library takes CR for a blank.
pub(crate) fn is_cut_by_cr(text: &[u8]) -> bool {
    let begins_line = |part: &[u8]| part.starts_with(b"#") || value::address(address_word(part)).is_some();
    memchr::memchr(b'\n', text).is_none() && text.split(|&byte| byte == b'\r').skip(1).any(begins_line)
}

impl Name {
    /// The name as a key of its own.
    pub(crate) fn key(&self, family: Option<Family>) -> Key {
        let key = Key::name(self.0.clone());
        family.map_or(key.clone(), |family| key.of_family(family))
    }
}
