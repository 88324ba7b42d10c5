//! Plans over hosts in memory.
#![allow(clippy::unwrap_used, missing_docs)]

use camino::Utf8Path;
use kvmprep_lossless::files::MemoryFiles;
use kvmprep_profile::{Base, Outcome, Plan, PlanError, Profile, Variables, built_ins, plan};

fn profile(body: &str) -> Profile {
    Profile::parse(&format!("schema = 1\nname = \"p\"\nsummary = \"s\"\n[variables]\nhosts = \"h\"\n{body}")).unwrap()
}

fn planned(body: &str, host: &MemoryFiles) -> Result<Plan, PlanError> {
    plan(&[profile(body)], &Variables::default(), host, |_: &Utf8Path| true)
}

const SYSCTL: &str = "[[file]]\npath = \"/etc/sysctl.conf\"\ntype = \"sysctl\"\n";
const SWAPPINESS: &str = "[[file.edit]]\nset = \"vm.swappiness\"\nto = \"1\"\nwhy = \"w\"\n";

#[test]
fn every_built_in_profile_parses_and_gives_a_reason_for_every_edit() {
    for profile in built_ins() {
        assert!(!profile.files.is_empty() && !profile.summary.is_empty());
        assert!(profile.files.iter().flat_map(|file| &file.edits).all(|edit| !edit.why.is_empty()), "{}", profile.name);
    }
}

#[test]
fn a_missing_file_is_an_error_unless_the_profile_creates_or_skips_it() {
    let host = MemoryFiles::new();
    let missing = planned(&format!("{SYSCTL}{SWAPPINESS}"), &host);
    assert!(matches!(missing, Err(PlanError::Missing { .. })));

    let created = planned(&format!("{SYSCTL}create = true\n{SWAPPINESS}"), &host).unwrap();
    assert_eq!(created.files[0].base, Base::Absent);
    assert_eq!(created.files[0].editor.to_bytes(), b"vm.swappiness = 1\n");
    assert_eq!(created.files[0].names().old, None);

    let skipped = planned(&format!("{SYSCTL}when = \"file-exists\"\n{SWAPPINESS}"), &host).unwrap();
    assert!(skipped.files.is_empty());
    assert_eq!(skipped.skipped.len(), 1);
}

#[test]
fn key_present_makes_an_edit_only_where_the_key_is_live() {
    let edit = "[[file.edit]]\nset = \"vm.swappiness\"\nto = \"1\"\nwhen = \"key-present\"\nwhy = \"w\"\n";
    let outcome = |text: &str| {
        let host = MemoryFiles::new().with("/etc/sysctl.conf", text);
        planned(&format!("{SYSCTL}{edit}"), &host).unwrap().files[0].edits[0].outcome.clone()
    };
    assert!(matches!(outcome("vm.swappiness = 60\n"), Outcome::Made { .. }));
    assert!(matches!(outcome("#vm.swappiness = 60\n"), Outcome::Skipped { .. }));
}

#[test]
fn edits_of_several_profiles_meet_in_one_file() {
    let first = profile(&format!("{SYSCTL}restart = [\"b\", \"a\"]\n{SWAPPINESS}"));
    let second = profile(&format!("{SYSCTL}restart = [\"a\"]\n{}", SWAPPINESS.replace("swappiness", "dirty_ratio")));
    let host = MemoryFiles::new().with("/etc/sysctl.conf", "vm.swappiness = 60\n");
    let plan = plan(&[first, second], &Variables::default(), &host, |_: &Utf8Path| true).unwrap();
    assert_eq!(plan.files.len(), 1);
    assert_eq!(plan.files[0].editor.to_bytes(), b"vm.swappiness = 1\nvm.dirty_ratio = 1\n");
    assert_eq!(plan.restarts().into_iter().collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn one_file_cannot_have_two_types() {
    let body = format!(
        "{SYSCTL}{SWAPPINESS}[[file]]\npath = \"/etc/sysctl.conf\"\ntype = \"sysconfig\"\n[[file.edit]]\nunset = \"A\"\nwhy = \"w\"\n"
    );
    let host = MemoryFiles::new().with("/etc/sysctl.conf", "");
    assert!(matches!(planned(&body, &host), Err(PlanError::TwoTypes { .. })));
}

#[test]
fn hosts_are_filled_in_for_each() {
    let body = "[[file]]\npath = \"/etc/hosts\"\ntype = \"hosts\"\ncreate = true\n[[file.edit]]\nfor-each = \"hosts\"\nset = \"{names}\"\nto = \"{address}\"\nwhy = \"w\"\n";
    let variables = Variables::parse(
        "[[hosts]]\naddress = \"192.0.2.11\"\nnames = [\"kvm1.example.com\", \"kvm1\"]\n[[hosts]]\naddress = \"2001:db8::12\"\nnames = [\"kvm2\"]\n",
    )
    .unwrap();
    let plan = plan(&[profile(body)], &variables, &MemoryFiles::new(), |_: &Utf8Path| true).unwrap();
    let text = String::from_utf8(plan.files[0].editor.to_bytes()).unwrap();
    assert!(text.starts_with("192.0.2.11 kvm1.example.com kvm1\n2001:db8::12 kvm2\n"), "{text}");
}

#[test]
fn a_refusal_is_kept_with_the_text_it_speaks_of_and_the_other_edits_stand() {
    let body = format!("{SYSCTL}[[file.edit]]\nadd = \"vm.swappiness\"\nitem = \"1\"\nwhy = \"w\"\n{SWAPPINESS}");
    let host = MemoryFiles::new().with("/etc/sysctl.conf", "vm.swappiness = 60\n");
    let plan = planned(&body, &host).unwrap();
    assert_eq!(plan.refusals().count(), 1);
    assert!(matches!(plan.files[0].edits[1].outcome, Outcome::Made { .. }));
}

#[test]
fn a_base_is_the_sha256_of_the_bytes() {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(Base::of(b""), Base::Present(empty.to_owned()));
}
