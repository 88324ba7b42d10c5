//! What each verb writes, or why it does not: both texts in sight.
#![allow(clippy::unwrap_used, missing_docs)]

mod hostile;
mod list;
mod refusals;
mod set;
mod take_out;

use bstr::{BStr, BString};
use kvmprep_lossless::{Absent, Change, EditError, Request};
use kvmprep_sysconfig::{Key, Reader, Sysconfig, SysconfigFile};

type Ask = Request<Key>;

fn key(name: &str) -> Key {
    name.parse().unwrap()
}
fn set(name: &str, value: &str) -> Ask {
    Request::set(key(name), value)
}
fn unset(name: &str) -> Ask {
    Request::unset(key(name))
}
fn disable(name: &str) -> Ask {
    Request::disable(key(name))
}
fn add(name: &str, item: &str) -> Ask {
    Request::add(key(name), item)
}
fn remove(name: &str, item: &str) -> Ask {
    Request::remove(key(name), item)
}

/// What is expected: the whole text after, the same text, or a refusal by code.
#[derive(Clone, Copy)]
enum Then<'a> {
    Text(&'a [u8]),
    Same,
    Refused(&'a str),
}
use Then::{Refused, Same, Text};

fn check(dialect: &Sysconfig, name: &str, before: &[u8], request: &Ask, then: Then<'_>) {
    let mut document = SysconfigFile::parse_as(dialect.clone(), before);
    let outcome = document.apply(request);
    let after = document.to_bytes();
    let shown = BStr::new(&after);
    match (then, &outcome) {
        (Text(wanted), Ok(change)) => {
            assert_eq!(shown, BStr::new(wanted), "{name}");
            assert!(change.is_made(), "{name}: already so");
            let again = document.apply(request).unwrap_or_else(|why| panic!("{name}, again: {why}"));
            assert!(!again.is_made() && document.to_bytes() == after, "{name}: not the same twice");
        }
        (Same, Ok(change)) => assert!(!change.is_made() && after == before, "{name}: {shown}"),
        (Refused(code), Err(EditError::Refused(refusal))) => {
            assert_eq!(refusal.code(), code, "{name}: {refusal}");
            assert_eq!(after, before, "{name}");
        }
        (_, outcome) => panic!("{name}: {outcome:?}\n{shown}"),
    }
}

fn table(dialect: &Sysconfig, rows: &[(&str, &str, Ask, Then<'_>)]) {
    for (name, before, request, then) in rows {
        check(dialect, name, before.as_bytes(), request, *then);
    }
}

fn text(after: &str) -> Then<'_> {
    Text(after.as_bytes())
}
