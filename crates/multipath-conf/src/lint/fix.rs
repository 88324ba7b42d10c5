//! Edits that are safe to offer.

use kvmprep_lossless::{Request, Text};

use crate::effective::{Effective, effective};
use crate::key::Key;
use crate::{Multipath, MultipathConf};

/// How many edits are tried on a file, and how many bytes are read for it: each one reads the file anew.
const MOST: usize = 200;
const MOST_BYTES: usize = 1 << 23;

/// Edits of a file, each tried before it is offered.
pub(super) struct Fixes<'t> {
    text: &'t Text<Multipath>,
    bytes: Vec<u8>,
    now: Option<[Effective; 2]>,
    tried: Vec<(Request<Key>, Result<(), String>)>,
}

impl<'t> Fixes<'t> {
    pub(super) fn of(text: &'t Text<Multipath>) -> Self {
        Self { text, bytes: text.to_bytes(), now: None, tried: Vec::new() }
    }

    /// Whether the verbs make the edit, and the daemon takes the same from the file after it, whether it is the main one
    /// or a drop-in; an error says why not.
    pub(super) fn changes_nothing(&mut self, request: &Request<Key>) -> Result<(), String> {
        if let Some((_, known)) = self.tried.iter().find(|(tried, _)| tried == request) {
            return known.clone();
        }
        let tried = self.tried.len();
        if tried >= MOST || tried.saturating_mul(self.bytes.len()) > MOST_BYTES {
            return Err("other remarks come first: so many edits are not tried at once".to_owned());
        }
        let found = self.tried_out(request);
        self.tried.push((request.clone(), found.clone()));
        found
    }

    fn tried_out(&mut self, request: &Request<Key>) -> Result<(), String> {
        let mut trial = MultipathConf::parse_as(*self.text.syntax(), self.bytes.clone());
        let change = trial.apply(request).map_err(|refusal| refusal.diagnostic().message)?;
        if !change.is_made() {
            return Err("no edit takes it out alone".to_owned());
        }
        match *self.now.get_or_insert_with(|| taken(self.text)) == taken(trial.text()) {
            true => Ok(()),
            false => Err("it would change what multipathd takes".to_owned()),
        }
    }
}

/// What the daemon takes from the main file, and from a drop-in.
fn taken(text: &Text<Multipath>) -> [Effective; 2] {
    [(Some(text), None), (None, Some(text))].map(|(main, drop_in)| {
        let mut taken = effective(main, drop_in, &Effective::default());
        taken.complaints.retain(|complaint| complaint.class.ends_all());
        taken
    })
}
