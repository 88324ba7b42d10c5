#![allow(clippy::unwrap_used, missing_docs)]

mod damage;
mod diagnostics;
#[cfg(feature = "diff")]
mod diff;
mod document;
mod files;
mod keys;
mod postcondition;
mod toy;
mod values;
