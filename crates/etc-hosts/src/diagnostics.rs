//! What is worth knowing of a hosts file that its reader never says.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;

use bstr::{BStr, ByteSlice};
use kvmprep_lossless::value::shown;
use kvmprep_lossless::{Diagnostic, RowRef, Span, Text};

use crate::grammar::{Line, place};
use crate::key::Folded;
use crate::record::{Record, records};
use crate::syntax::{EtcHosts, Kind, is_cut_by_cr};
use crate::value::{self, Family};

/// All that can be said of the file, by place.
pub(crate) fn diagnostics(text: &Text<EtcHosts>) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = generated(text).into_iter().chain(cut_by_cr(text)).collect();
    text.rows().filter(|row| row.kind != Kind::Blank).for_each(|row| line(row, &mut found));
    shared_addresses(text, &mut found);
    several_addresses(text, &mut found);
    found.sort_by_key(|diagnostic| diagnostic.span);
    found
}

/// cloud-init writes the file anew at each boot where it manages it, and says so in the header.
pub(crate) fn generated(text: &Text<EtcHosts>) -> Option<Diagnostic> {
    let mut header = text.rows().take_while(|row| row.kind != Kind::Words);
    let row = header.find(|row| row.bytes.contains_str("manage_etc_hosts"))?;
    let message = "cloud-init manages this file (`manage_etc_hosts`) and writes it anew at boot";
    Some(
        Diagnostic::warning("generated", message)
            .at(row.span())
            .help("turn `manage_etc_hosts` off, or edit the template that the header names"),
    )
}

/// A name of the host's own or of a peer on a loopback line: whoever looks it up is sent to himself.
pub(crate) fn on_loopback(name: &[u8], address: IpAddr) -> Diagnostic {
    let message = format!("`{}` stands on the loopback line of {address}", shown(name));
    Diagnostic::warning("name-on-loopback", message)
        .help("services and migration peers that look it up are offered the loopback address: take it off this line")
}

pub(crate) fn mapped(address: IpAddr) -> Diagnostic {
    Diagnostic::note("mapped-address", format!("`{address}` is a mapped address: it answers both families"))
}

pub(crate) fn several(name: &[u8], addresses: impl IntoIterator<Item = IpAddr>) -> Diagnostic {
    let listed: Vec<String> = addresses.into_iter().map(|address| address.to_string()).collect();
    let message = format!("`{}` has several addresses: {}", shown(name), listed.join(", "));
    Diagnostic::note("several-addresses", message)
        .help("all of them answer; where host.conf does not say `multi on`, only the first line does")
}

fn cut_by_cr(text: &Text<EtcHosts>) -> Option<Diagnostic> {
    (text.len() == 1 && is_cut_by_cr(text.bytes_of(0))).then(|| {
        let message = "the lines end in CR alone, which is a blank: the file is one line";
        Diagnostic::error("cr-only", message).at(Span::new(0, text.bytes_of(0).len()))
    })
}

fn line(row: RowRef<'_, EtcHosts>, found: &mut Vec<Diagnostic>) {
    let line = Line::read(row.bytes);
    if let Some(nul) = row.bytes.find_byte(0) {
        let message = "a NUL hides the rest of its line from the C library";
        found.push(Diagnostic::error("nul", message).at(Span::empty(row.at + nul)));
    }
    match Record::read(row) {
        Some(record) => entry(&record, found),
        None if !line.address.is_empty() => found.push(skipped(&line).at(place(row.at, row.bytes, line.address))),
        None => {}
    }
}

fn skipped(line: &Line<'_>) -> Diagnostic {
    if line.address == "\u{feff}".as_bytes() && line.names.is_empty() {
        return Diagnostic::note("byte-order-mark", "the file begins with a byte order mark");
    }
    if line.address.starts_with("\u{feff}".as_bytes()) {
        let message = "a byte order mark is glued to the address: the line is skipped";
        return Diagnostic::warning("byte-order-mark", message).help("take the mark out");
    }
    let (code, why) = value::address_fault(line.address);
    Diagnostic::warning(code, format!("the line is skipped: `{}` is no address, {why}", shown(line.address)))
}

fn entry(record: &Record<'_>, found: &mut Vec<Diagnostic>) {
    let address = record.address();
    if record.canonical().is_none() {
        let message = format!("{address} has no name: lookups by address answer the empty name");
        found.push(Diagnostic::warning("no-name", message).at(record.address_span()));
    }
    if record.is_misread() {
        let message = "the last line begins with blanks and has no end: the C library misreads its last word";
        found.push(Diagnostic::warning("line-not-ended", message).at(record.address_span()).help("end the line"));
    }
    if value::is_mapped(address) {
        found.push(mapped(address).at(record.address_span()));
    }
    found.extend(short_first(record));
    for (name, span) in record.names() {
        if value::is_number_form(name) || value::address(name).is_some() {
            let message = format!("`{}` reads as an address: no lookup of it reaches the file", shown(name));
            found.push(Diagnostic::note("name-is-address", message).at(span));
        } else if value::is_loopback(address) && !value::is_kept_on(name, address) {
            found.push(on_loopback(name, address).at(span));
        }
    }
}

/// The first name is what lookups hand out as canonical: a peer that gets the short one may not find it.
fn short_first(record: &Record<'_>) -> Option<Diagnostic> {
    let short = record.canonical().filter(|name| !value::is_kept_on(name, record.address()))?;
    let extends = |name: &[u8]| {
        name.get(..short.len()).is_some_and(|head| head.eq_ignore_ascii_case(short))
            && name.get(short.len()) == Some(&b'.')
    };
    let (full, span) = record.names().find(|(name, _)| extends(name))?;
    let message =
        format!("the canonical name of {} is `{}`, `{}` is an alias", record.address(), shown(short), shown(full));
    Some(Diagnostic::note("short-name-first", message).at(span).help("write the full name first"))
}

fn shared_addresses(text: &Text<EtcHosts>, found: &mut Vec<Diagnostic>) {
    let mut first: HashMap<IpAddr, Option<&BStr>> = HashMap::new();
    for record in records(text) {
        match first.entry(record.address()) {
            Entry::Vacant(vacant) => drop(vacant.insert(record.canonical())),
            Entry::Occupied(seen) => {
                let (address, name) = (record.address(), shown(seen.get().unwrap_or_default()));
                let message = format!("{address} stands on an earlier line too: lookups by address see only `{name}`");
                found.push(Diagnostic::note("address-repeated", message).at(record.address_span()));
            }
        }
    }
}

fn several_addresses(text: &Text<EtcHosts>, found: &mut Vec<Diagnostic>) {
    let mut first: HashMap<(Family, Folded<'_>), IpAddr> = HashMap::new();
    for record in records(text) {
        let views = Family::ALL.into_iter().filter_map(|family| Some((family, family.view(record.address())?)));
        for (family, view) in views {
            for (name, span) in record.names() {
                let earlier = *first.entry((family, Folded(name))).or_insert(view);
                if earlier != view {
                    found.push(several(name, [earlier, view]).at(span));
                }
            }
        }
    }
}
