//! What people read on a terminal.

pub mod diff;
pub mod table;
