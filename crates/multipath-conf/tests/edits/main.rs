//! Every verb on small files: before, request, after, both texts in sight.

#![allow(clippy::unwrap_used, missing_docs)]

mod blacklists;
mod blocks;
mod refused;
mod set;
mod take_out;

use bstr::{BStr, ByteSlice};
use kvmprep_lossless::{Absent, Document, EditError, Request, laws};
use kvmprep_multipath_conf::{Key, Multipath, MultipathConf, Version};

fn key(text: &str) -> Key {
    text.parse().unwrap_or_else(|why| panic!("{why}"))
}

fn set(text: &str, to: &str) -> Request<Key> {
    Request::set(key(text), to)
}

fn unset(text: &str) -> Request<Key> {
    Request::unset(key(text))
}

fn disable(text: &str) -> Request<Key> {
    Request::disable(key(text))
}

fn add(text: &str, item: &str) -> Request<Key> {
    Request::add(key(text), item)
}

fn remove(text: &str, item: &str) -> Request<Key> {
    Request::remove(key(text), item)
}

enum After<'a> {
    Is(&'a [u8]),
    Same,
    Refused(&'static str),
}

use After::{Refused, Same};

fn is(after: &(impl AsRef<[u8]> + ?Sized)) -> After<'_> {
    After::Is(after.as_ref())
}

fn check(name: &str, before: impl AsRef<[u8]>, request: &Request<Key>, after: After<'_>) {
    let before = before.as_ref();
    let mut document = MultipathConf::parse(before);
    match (document.apply(request), after) {
        (Ok(change), After::Is(after)) => {
            assert_eq!(document.to_bytes().as_bstr(), BStr::new(after), "{name}");
            assert!(change.is_made(), "{name}: not made");
        }
        (Ok(change), Same) => {
            assert_eq!(document.to_bytes().as_bstr(), BStr::new(before), "{name}");
            assert!(!change.is_made(), "{name}: made");
        }
        (Err(EditError::Refused(refusal)), Refused(code)) => {
            assert_eq!(refusal.code(), code, "{name}: {refusal}");
            assert!(refusal.0.help.is_some(), "{name}: a refusal says how to go on");
            assert_eq!(document.to_bytes().as_bstr(), BStr::new(before), "{name}");
        }
        (answer, After::Is(_)) => panic!("{name}: {answer:?}"),
        (answer, Same) => panic!("{name}: not already so: {answer:?}"),
        (answer, Refused(code)) => {
            panic!("{name}: not refused with {code}: {answer:?}\n{}", document.to_bytes().as_bstr())
        }
    }
    laws::edits_keep_their_promises(&Multipath::default(), before, std::slice::from_ref(request))
        .unwrap_or_else(|broken| panic!("{name}: {broken}"));
}

const UFN: &str = "defaults.user_friendly_names";
const ALIASES: &str = "multipaths.multipath[*].alias";
