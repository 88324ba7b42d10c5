//! What lines say together: an edit that is right by itself may stop the daemon, or silence another line.

use kvmprep_lossless::{Answer, Edit, Refusal, Request, RowEdit, Text};

use crate::effective::{Complaint, complaints};
use crate::key::Key;
use crate::reading::{Read, Statement, read};
use crate::vocabulary::by_name;
use crate::{Sshd, Version};

/// Keywords that sshd looks at together once all lines are read.
const TOGETHER: &[&str] = &[
    "AuthorizedKeysCommand",
    "AuthorizedKeysCommandUser",
    "AuthorizedPrincipalsCommand",
    "AuthorizedPrincipalsCommandUser",
    "AuthenticationMethods",
    "PubkeyAuthentication",
    "PasswordAuthentication",
    "KbdInteractiveAuthentication",
    "HostbasedAuthentication",
    "GSSAPIAuthentication",
    "AddressFamily",
    "ListenAddress",
];

/// Refuses an answer after which sshd would not start, or would take another line than before.
pub(super) fn check(text: &Text<Sshd>, request: &Request<Key>, answer: &Answer<Key>) -> Result<(), Refusal> {
    let key = request.edit.key().resolved(text.syntax().version);
    let is_one = key.name().is_none_or(|name| TOGETHER.iter().any(|together| name.is(together)));
    if !is_one || answer.rows.is_empty() {
        return Ok(());
    }
    let after = Text::read(*text.syntax(), edited(text, &answer.rows));
    starts(text, &after, request)?;
    hears(text, &after, &key, matches!(request.edit, Edit::Set { .. }))
}

fn starts(before: &Text<Sshd>, after: &Text<Sshd>, request: &Request<Key>) -> Result<(), Refusal> {
    const CODE: &str = "stops-daemon";
    let together = |complaint| {
        matches!(complaint, Complaint::CommandWithoutUser | Complaint::UnmetMethods | Complaint::OtherFamily)
    };
    let stood: Vec<Complaint> = complaints(before).iter().map(|complained| complained.complaint).collect();
    let new = complaints(after).into_iter().find(|new| together(new.complaint) && !stood.contains(&new.complaint));
    match new.filter(|_| !request.manner.allows(CODE)) {
        None => Ok(()),
        Some(new) => Err(Refusal::new(CODE, format!("sshd would not start any more: {}", new.message))
            .help("mend the other line first; allowed, the edit is made all the same")
            .overridable()),
    }
}

/// From 8.7 to 9.3 sshd passes over an AuthorizedPrincipalsCommand behind an AuthorizedKeysCommand. Asked of 9.2.
fn hears(before: &Text<Sshd>, after: &Text<Sshd>, key: &Key, sets: bool) -> Result<(), Refusal> {
    let version = after.syntax().version;
    let Some((lost, behind)) = by_name(LOST).and_then(|lost| Some((lost, lost.lost_behind(version)?))) else {
        return Ok(());
    };
    let is = |name: &str| key.name().is_some_and(|asked| asked.is(name));
    let (stood, stands) = (unheard(before, key, behind), unheard(after, key, behind));
    let is_wrong = if is(lost.name) { sets && stands > 0 } else { is(behind) && stood != stands };
    if !is_wrong {
        return Ok(());
    }
    let (since, until) = (Version(8, 7), Version(9, 4));
    let message = format!("sshd from {since} and before {until} passes over `{LOST}` behind `{behind}`");
    Err(Refusal::new("passed-over", message).help(format!("put `{LOST}` before `{behind}` by hand")))
}

const LOST: &str = "AuthorizedPrincipalsCommand";

/// How many lines of the key's scope are passed over.
fn unheard(text: &Text<Sshd>, key: &Key, behind: &str) -> usize {
    let mut is_behind = false;
    let mut count = 0;
    for Read { block, statement, .. } in read(text) {
        let Statement::Said(said) = statement else { continue };
        if block.as_ref() == key.scope() {
            is_behind |= said.name.is(behind);
            count += usize::from(is_behind && said.name.is(LOST));
        }
    }
    count
}

/// The text as the row edits leave it.
fn edited(text: &Text<Sshd>, rows: &[RowEdit]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut put = |line: &[u8]| {
        if bytes.last().is_some_and(|last| *last != b'\n') {
            bytes.push(b'\n');
        }
        bytes.extend_from_slice(line);
    };
    for row in 0..=text.len() {
        for edit in rows {
            match edit {
                RowEdit::Insert { before, lines } if *before == row => put(lines),
                _ => {}
            }
        }
        let own = rows.iter().find_map(|edit| match edit {
            RowEdit::Replace { row: at, with } if *at == row => Some(with.as_slice()),
            RowEdit::Drop { row: at } if *at == row => Some(&b""[..]),
            _ => None,
        });
        match own {
            Some(own) => put(own),
            None if row < text.len() => put(text.bytes_of(row)),
            None => {}
        }
    }
    bytes
}
