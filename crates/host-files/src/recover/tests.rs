#![allow(clippy::unwrap_used)]

use std::fs::{self, File};
use std::mem::forget;

use tempfile::TempDir;

use super::*;
use crate::look::look;
use crate::stage::{Stage, Staged, stage};
use crate::write::{Base, Goal, Write};

/// A host with a transaction of three files, and how far it had come when the process died.
struct Died {
    folder: TempDir,
    root: Root,
}

/// One is replaced, one made, one removed.
fn writes<'w>() -> [Write<'w>; 3] {
    [
        Write { path: "/replaced".into(), base: Base::Bytes(b"old"), goal: Goal::Bytes(b"new") },
        Write { path: "/made".into(), base: Base::Absent, goal: Goal::Bytes(b"new") },
        Write { path: "/removed".into(), base: Base::Bytes(b"old"), goal: Goal::Absent },
    ]
}

impl Died {
    /// The files at these places were swapped, in this order; of the first `cleaned` the old file is gone too.
    fn after(swapped: &[usize], cleaned: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["replaced", "removed", "other"] {
            fs::write(folder.path().join(name), "old").unwrap();
        }
        let root = Root::open(folder.path()).unwrap();
        let state = State::lock(&root).unwrap();
        let id = TransactionId::fresh().unwrap();
        let mut files: Vec<Box<Staged<'_>>> =
            writes().iter().enumerate().map(|(i, write)| ready(&root, write, &id, i)).collect();
        let entries = files.iter().map(|file| file.entry()).collect();
        let mut transaction = Transaction::open(&state, id, entries, files.iter().map(|file| file.contents())).unwrap();
        for &i in swapped {
            files[i].publish().unwrap();
        }
        if cleaned > 0 {
            transaction.commit().unwrap();
        }
        for (i, file) in files.into_iter().enumerate() {
            if swapped.iter().take(cleaned).any(|&other| other == i) { drop(file.settle()) } else { forget(file) }
        }
        drop(transaction);
        drop(state);
        Self { folder, root }
    }

    fn recovered(&self) -> Recovered {
        let mut recovered = self.root.recover().unwrap();
        assert_eq!(recovered.len(), 1);
        assert!(self.root.recover().unwrap().is_empty(), "once is enough");
        recovered.remove(0)
    }

    fn text(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.folder.path().join(name)).ok()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// All three are so, and nothing stands beside them.
    fn stands(&self, outcome: Outcome) {
        let (replaced, made, removed) = match outcome {
            Outcome::New => ("new", Some("new"), None),
            Outcome::Old => ("old", None, Some("old")),
        };
        assert_eq!(self.text("replaced").as_deref(), Some(replaced));
        assert_eq!(self.text("made").as_deref(), made);
        assert_eq!(self.text("removed").as_deref(), removed);
        let hidden = fs::read_dir(self.folder.path())
            .unwrap()
            .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with('.'));
        assert_eq!(hidden.count(), 0);
    }
}

fn ready<'w>(root: &Root, write: &Write<'w>, id: &TransactionId, number: usize) -> Box<Staged<'w>> {
    match stage(look(root, write).unwrap(), root, id, number).unwrap() {
        Stage::Ready(staged) => staged,
        Stage::Settled(written) => panic!("{written:?}"),
    }
}

#[test]
fn a_run_that_died_before_the_first_swap_has_changed_nothing() {
    let died = Died::after(&[], 0);
    assert_eq!(died.recovered().outcome, Outcome::Old);
    died.stands(Outcome::Old);
}

#[test]
fn a_run_that_died_behind_the_last_swap_is_finished() {
    for cleaned in 0..=3 {
        let died = Died::after(&[0, 1, 2], cleaned);
        assert_eq!(died.recovered().outcome, Outcome::New, "{cleaned}");
        died.stands(Outcome::New);
    }
}

/// The bytes of the new file died with the process: it had no name yet.
#[test]
fn a_run_whose_new_bytes_are_gone_is_taken_back() {
    for swapped in [&[0][..], &[2], &[0, 2]] {
        let died = Died::after(swapped, 0);
        assert_eq!(died.recovered().outcome, Outcome::Old, "{swapped:?}");
        died.stands(Outcome::Old);
    }
}

#[test]
fn a_run_whose_files_are_all_at_hand_goes_forward() {
    let died = Died::after(&[0, 1], 0);
    assert_eq!(died.recovered().outcome, Outcome::New, "what is left is to remove a file");
    died.stands(Outcome::New);
}

#[test]
fn what_somebody_else_wrote_meanwhile_stays_and_is_told() {
    let died = Died::after(&[0, 1, 2], 0);
    died.write("replaced", "theirs");
    let recovered = died.recovered();
    assert_eq!((recovered.outcome, recovered.foreign), (Outcome::Old, vec![Utf8PathBuf::from("/replaced")]));
    assert_eq!(died.text("replaced").as_deref(), Some("theirs"));
    assert_eq!((died.text("made"), died.text("removed").as_deref()), (None, Some("old")));
}

#[test]
fn where_old_files_are_gone_already_the_rest_goes_forward() {
    let died = Died::after(&[0, 1, 2], 1);
    died.write("made", "theirs");
    let recovered = died.recovered();
    assert_eq!((recovered.outcome, recovered.foreign), (Outcome::New, vec![Utf8PathBuf::from("/made")]));
    assert_eq!((died.text("replaced").as_deref(), died.text("removed")), (Some("new"), None));
}

/// The swap took out a file that somebody had changed just before; the process died before it looked.
#[test]
fn what_the_swap_took_out_from_somebody_else_is_put_back() {
    let died = Died::after(&[0], 0);
    let hidden = fs::read_dir(died.folder.path()).unwrap().find_map(|entry| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        name.starts_with(".replaced").then_some(name)
    });
    died.write(&hidden.unwrap(), "theirs");
    assert_eq!(died.recovered().foreign, ["/replaced"]);
    assert_eq!(died.text("replaced").as_deref(), Some("theirs"));
}

#[test]
fn a_transaction_that_was_never_opened_is_removed() {
    let died = Died::after(&[], 0);
    died.recovered();
    let journal = died.folder.path().join("var/lib/kvmprep-edit/journal");
    let unopened = journal.join(format!(".{}", TransactionId::fresh().unwrap()));
    fs::create_dir(&unopened).unwrap();
    fs::write(unopened.join("0"), "old").unwrap();
    fs::write(journal.join("note"), "somebody else's").unwrap();
    assert!(died.root.recover().unwrap().is_empty());
    assert_eq!(fs::read_dir(journal).unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>(), ["note"]);
}

/// A file that is written over, and its content when the process died.
fn died_writing_over(content: &str) -> Died {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("replaced"), "the old text").unwrap();
    let root = Root::open(folder.path()).unwrap().write_in_place();
    let state = State::lock(&root).unwrap();
    let id = TransactionId::fresh().unwrap();
    let (base, goal) = (Base::Bytes(b"the old text"), Goal::Bytes(b"what is new"));
    let file = ready(&root, &Write { path: "/replaced".into(), base, goal }, &id, 0);
    Transaction::open(&state, id, vec![file.entry()], [file.contents()].into_iter()).unwrap();
    drop(state);
    fs::write(folder.path().join("replaced"), content).unwrap();
    Died { folder, root }
}

#[test]
fn a_file_that_was_written_over_in_part_is_made_whole() {
    for (content, outcome, text) in [
        ("the old text", Outcome::Old, "the old text"),
        ("what old text", Outcome::Old, "what old text"),
        ("whaold text", Outcome::Old, "whaold text"),
        ("whe old text", Outcome::New, "what is new"),
        ("what is newt", Outcome::New, "what is new"),
        ("what is new", Outcome::New, "what is new"),
    ] {
        let died = died_writing_over(content);
        let recovered = died.recovered();
        assert_eq!((recovered.outcome, died.text("replaced").as_deref()), (outcome, Some(text)), "{content}");
        let is_foreign = text == content && !["the old text", "what is new"].contains(&content);
        assert_eq!(recovered.foreign.is_empty(), !is_foreign, "{content}");
    }
}

/// Where names cannot be exchanged the old file is gone once the new one has its name; the record has its bytes.
#[test]
fn a_file_that_was_renamed_over_is_restored_from_the_record() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["replaced", "other"] {
        fs::write(folder.path().join(name), "old").unwrap();
    }
    let root = Root::open(folder.path()).unwrap();
    let state = State::lock(&root).unwrap();
    let id = TransactionId::fresh().unwrap();
    let write = |path: &'static str| Write { path: path.into(), base: Base::Bytes(b"old"), goal: Goal::Bytes(b"new") };
    let writes = [write("/replaced"), write("/other")];
    let mut files: Vec<_> = writes.iter().enumerate().map(|(i, write)| ready(&root, write, &id, i)).collect();
    let entries = files.iter().map(|file| file.entry()).collect();
    drop(Transaction::open(&state, id, entries, files.iter().map(|file| file.contents())).unwrap());
    files[0].overwrite().unwrap();
    files.into_iter().for_each(forget);
    drop(state);
    let died = Died { folder, root };
    let recovered = died.recovered();
    assert_eq!((recovered.outcome, recovered.foreign), (Outcome::Old, Vec::new()));
    assert_eq!((died.text("replaced").as_deref(), died.text("other").as_deref()), (Some("old"), Some("old")));
}

#[test]
fn a_new_file_of_somebody_else_with_the_same_bytes_is_theirs() {
    let died = Died::after(&[], 0);
    died.write("made", "new");
    let recovered = died.recovered();
    assert_eq!((recovered.outcome, recovered.foreign), (Outcome::Old, vec![Utf8PathBuf::from("/made")]));
    assert_eq!(died.text("made").as_deref(), Some("new"));
}

#[test]
fn a_file_that_grew_out_of_bounds_is_somebody_elses() {
    let died = Died::after(&[0, 1], 0);
    File::options().write(true).open(died.folder.path().join("replaced")).unwrap().set_len(read::LIMIT + 1).unwrap();
    assert_eq!(died.recovered().foreign, ["/replaced"]);
}
