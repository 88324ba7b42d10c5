//! Taking a whole transaction back.

use std::str::FromStr;

use camino::Utf8PathBuf;

use crate::digest::Digest;
use crate::error::{Fault, WriteError};
use crate::metadata::Metadata;
use crate::root::Root;
use crate::state::State;
use crate::transaction::{Entry, Transaction, TransactionId};
use crate::write::{Base, Change, Committed, Goal, Write};

/// A transaction on record: one that is over and can be undone, or one that is open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recorded {
    /// Its name.
    pub id: TransactionId,
    /// Its files, with links followed, and what was done to each.
    pub files: Vec<(Utf8PathBuf, Change)>,
}

impl Recorded {
    fn of(transaction: &Transaction<'_>) -> Self {
        let change = |entry: &Entry| match (entry.base, entry.new) {
            (None, _) => Change::Created,
            (_, None) => Change::Deleted,
            _ => Change::Replaced,
        };
        let files = transaction.files.iter().map(|entry| (entry.path.clone(), change(entry))).collect();
        Self { id: transaction.id.clone(), files }
    }
}

impl Root {
    /// The transactions that can be undone, the oldest first.
    pub fn backups(&self) -> Result<Vec<Recorded>, WriteError> {
        let of_state = |fault| self.of_state(fault);
        let Some(state) = State::existing(self).map_err(of_state)? else { return Ok(Vec::new()) };
        Ok(Transaction::backups(&state).map_err(of_state)?.iter().map(Recorded::of).collect())
    }

    /// The transactions that are open: of a run at work, or of one that died, which the next run
    /// [recovers](Self::recover).
    pub fn open_transactions(&self) -> Result<Vec<Recorded>, WriteError> {
        let of_state = |fault| self.of_state(fault);
        let Some(state) = State::existing(self).map_err(of_state)? else { return Ok(Vec::new()) };
        Ok(Transaction::opened(&state).map_err(of_state)?.iter().map(Recorded::of).collect())
    }

    /// Makes the files of a transaction what they were before it, as a transaction of its own: bytes, and of a file that
    /// was removed the owner, mode and extended attributes too. A file that is no longer what the transaction made of it is
    /// a conflict, and then none is touched.
    pub fn undo(&self, id: &TransactionId) -> Result<Committed, WriteError> {
        let old = self.before(id).map_err(|fault| self.of_state(fault))?;
        let writes: Vec<Write<'_>> = old.iter().map(Before::write).collect();
        self.commit(&writes)
    }

    fn before(&self, id: &TransactionId) -> Result<Vec<Before>, Fault> {
        let unknown = || Fault::NoSuchTransaction { id: id.to_string() };
        let state = State::existing(self)?.ok_or_else(unknown)?;
        let transactions = Transaction::backups(&state)?;
        let transaction = transactions.into_iter().find(|done| done.id == *id).ok_or_else(unknown)?;
        let before = |(number, entry): (usize, &Entry)| {
            let bytes = entry.base.map(|_| transaction.base(number)).transpose()?;
            let metadata = entry.metadata.clone().unwrap_or(Metadata::new_file());
            Ok(Before { path: entry.path.clone(), now: entry.new, bytes, metadata })
        };
        transaction.files.iter().enumerate().map(before).collect()
    }
}

/// A file as it was.
struct Before {
    path: Utf8PathBuf,
    now: Option<Digest>,
    bytes: Option<Vec<u8>>,
    metadata: Metadata,
}

impl Before {
    fn write(&self) -> Write<'_> {
        let goal = self.bytes.as_deref().map_or(Goal::Absent, |bytes| Goal::File(bytes, &self.metadata));
        Write { path: &self.path, base: self.now.map_or(Base::Absent, Base::Digest), goal }
    }
}

/// The text names no transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a transaction is called like 20261125T101500000000Z-0123abcd")]
pub struct NotAnId;

impl FromStr for TransactionId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        Self::parse(text).ok_or(NotAnId)
    }
}
