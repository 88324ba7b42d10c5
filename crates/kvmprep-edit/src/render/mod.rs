//! What people read on a terminal.

pub mod diff;
pub mod table;

use bstr::ByteSlice;
use kvmprep_lossless::Edit;
use kvmprep_profile::{Outcome, Planned, Release};

/// For which programs files are read.
pub fn read_by(release: Option<&Release>) -> String {
    match release {
        Some(release) => format!("read for {}", release.name()),
        None => "read for the newest programs that are known".to_owned(),
    }
}

/// What became of an edit, one that was made in this word, and why it is wanted where a profile says so.
pub fn remark(planned: &Planned, made: &str) -> String {
    let became = match &planned.outcome {
        Outcome::Made { .. } => made.to_owned(),
        Outcome::AlreadySo { .. } => "already so".to_owned(),
        Outcome::Skipped { reason } => format!("skipped: {reason}"),
        Outcome::Refused(_) => "refused".to_owned(),
    };
    let why = if planned.why.is_empty() { String::new() } else { format!(" ({})", planned.why) };
    format!("{}: {became}{why}", spelled(&planned.edit))
}

/// An edit in a line: `set KEY VALUE`.
pub fn spelled(edit: &Edit<String>) -> String {
    format!("{} {}{}", edit.verb(), edit.key(), wanted(edit).map(|to| format!(" {to}")).unwrap_or_default())
}

/// The values an edit asks for, in a line.
pub fn wanted(edit: &Edit<String>) -> Option<String> {
    match edit {
        Edit::Set { to, .. } => Some(to.iter().map(|value| value.to_str_lossy()).collect::<Vec<_>>().join(" ")),
        Edit::Add { item, .. } | Edit::Remove { item, .. } => Some(item.to_str_lossy().into_owned()),
        Edit::Unset { .. } | Edit::Disable { .. } => None,
    }
}
