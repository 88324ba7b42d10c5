//! Every verb, before and after, both texts visible.

#![allow(clippy::unwrap_used, missing_docs)]

use bstr::ByteSlice;
use kvmprep_lossless::{Change, EditError, Request};
use kvmprep_sshd_config::{Key, Sshd, SshdConfig, Version};

mod blocks;
mod lists;
mod refused;
mod set;
mod take;

use Then::{AlreadySo, Made, Noted, Refused};

/// What becomes of a request.
enum Then {
    Made(&'static str),
    /// Made, with notes of these codes.
    Noted(&'static str, &'static [&'static str]),
    AlreadySo,
    Refused(&'static str),
}

type Row = (&'static str, &'static str, Request<Key>, Then);

fn g(keyword: &str) -> Key {
    Key::global(keyword)
}

fn k(key: &str) -> Key {
    key.parse().unwrap()
}

fn run_as(dialect: Sshd, rows: Vec<Row>) {
    for (name, before, request, then) in rows {
        let mut document = SshdConfig::parse_as(dialect, before);
        let change = document.apply(&request);
        let after = document.to_bytes();
        let codes = |change: &Change<Key>| change.notes().iter().map(|note| note.code).collect::<Vec<_>>();
        match (change, then) {
            (Ok(change), Made(expected)) => {
                assert!(change.is_made(), "{name}: nothing was done");
                assert_eq!(after.as_bstr(), expected, "{name}");
            }
            (Ok(change), Noted(expected, notes)) => {
                assert_eq!(after.as_bstr(), expected, "{name}");
                assert_eq!(codes(&change), notes, "{name}");
            }
            (Ok(change), AlreadySo) => {
                assert!(!change.is_made(), "{name}: became {:?}", after.as_bstr());
                assert_eq!(after.as_bstr(), before, "{name}");
            }
            (Err(EditError::Refused(refusal)), Refused(code)) => {
                assert_eq!(refusal.code(), code, "{name}: {refusal}");
                assert!(refusal.0.help.is_some(), "{name}: no way on");
                assert_eq!(after.as_bstr(), before, "{name}");
            }
            (Err(why), _) => panic!("{name}: {why}"),
            (Ok(change), Refused(code)) => panic!("{name}: made {change:?} instead of {code}"),
        }
        kvmprep_lossless::laws::edits_keep_their_promises(&dialect, before.as_bytes(), &[request])
            .unwrap_or_else(|broken| panic!("{name}: {broken}"));
    }
}

fn run(rows: Vec<Row>) {
    run_as(Sshd::from(Version(9, 2)), rows);
}
