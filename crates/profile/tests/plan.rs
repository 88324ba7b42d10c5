//! Plans over hosts in memory.
#![allow(clippy::unwrap_used, missing_docs)]

use camino::Utf8Path;
use kvmprep_lossless::files::MemoryFiles;
use kvmprep_profile::{
    Base, FileFault, Given, Host, Outcome, Plan, PlanError, Profile, Standing, Variables, built_ins, plan,
};

fn profile(body: &str) -> Profile {
    Profile::parse(&format!("schema = 1\nname = \"p\"\nsummary = \"s\"\n[variables]\nhosts = \"h\"\n{body}")).unwrap()
}

fn planned(body: &str, host: &MemoryFiles) -> Result<Plan, PlanError> {
    plan(&[profile(body)], &Given::default(), host, |_: &Utf8Path| true)
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
    let missing = planned(&format!("{SYSCTL}{SWAPPINESS}"), &host).unwrap();
    assert_eq!(missing.unplanned[0].fault, FileFault::Missing);
    assert!(!missing.is_whole());

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
    let plan = plan(&[first, second], &Given::default(), &host, |_: &Utf8Path| true).unwrap();
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
    let given = Given { variables, ..Given::default() };
    let plan = plan(&[profile(body)], &given, &MemoryFiles::new(), |_: &Utf8Path| true).unwrap();
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

#[test]
fn edits_that_take_each_other_back_are_refused_both() {
    let other = SWAPPINESS.replace("\"1\"", "\"2\"");
    for text in ["vm.swappiness = 60\n", "vm.swappiness = 1\n", "vm.swappiness = 2\n"] {
        let host = MemoryFiles::new().with("/etc/sysctl.conf", text);
        let plan = planned(&format!("{SYSCTL}{SWAPPINESS}{other}"), &host).unwrap();
        let codes: Vec<&str> = plan.refusals().map(|(_, _, diagnostic)| diagnostic.code).collect();
        assert_eq!(codes, ["contradiction"; 2], "{text}");
    }
}

#[test]
fn hosts_that_claim_one_name_for_two_addresses_are_refused() {
    let rule = "[[file]]\npath = \"/etc/hosts\"\ntype = \"hosts\"\n[[file.edit]]\nfor-each = \"hosts\"\n\
                set = \"{names}\"\nto = \"{address}\"\nwhy = \"w\"\n";
    let plan = |hosts: [&str; 2]| {
        let variables = Variables { hosts: hosts.map(|host| host.parse().unwrap()).to_vec() };
        let given = Given { variables, ..Given::default() };
        let host = MemoryFiles::new().with("/etc/hosts", "127.0.0.1 localhost\n");
        plan(&[profile(rule)], &given, &host, |_: &Utf8Path| true).unwrap()
    };
    assert_eq!(plan(["192.0.2.1=a,b", "192.0.2.2=a"]).refusals().count(), 2);
    assert_eq!(plan(["192.0.2.1=a", "2001:db8::1=a"]).refusals().count(), 0, "each family has its own address");
    assert_eq!(plan(["192.0.2.1=a,b", "192.0.2.1=b,c"]).refusals().count(), 0);
}

#[test]
fn rules_that_name_different_readers_of_one_file_are_an_error() {
    let rule = |reader: &str| {
        format!("[[file]]\npath = \"/etc/default/x\"\ntype = \"sysconfig\"\nreader = \"{reader}\"\nedit = []\n")
    };
    let host = MemoryFiles::new().with("/etc/default/x", "");
    let both = planned(&format!("{}{}", rule("shell"), rule("systemd")), &host);
    assert!(matches!(both, Err(PlanError::TwoReaders { .. })));
}

#[test]
fn a_file_that_one_rule_creates_is_there_for_the_next() {
    let more = SWAPPINESS.replace("swappiness", "dirty_ratio");
    let body = format!("{SYSCTL}create = true\n{SWAPPINESS}{SYSCTL}{more}");
    let plan = planned(&body, &MemoryFiles::new()).unwrap();
    assert_eq!(plan.files[0].editor.to_bytes(), b"vm.swappiness = 1\nvm.dirty_ratio = 1\n");
}

#[test]
fn what_was_found_is_what_the_file_said_before_any_edit() {
    let host = MemoryFiles::new().with("/etc/hosts", "127.0.0.1 localhost\n192.0.2.9 b\n");
    let edit = |name: &str| format!("[[file.edit]]\nset = \"{name}\"\nto = \"192.0.2.1\"\nwhy = \"w\"\n");
    let body = format!("[[file]]\npath = \"/etc/hosts\"\ntype = \"hosts\"\n{}{}", edit("a"), edit("b"));
    let plan = planned(&body, &host).unwrap();
    let found = &plan.wishes[1].written[0].settings[0].at[0];
    assert!(plan.files[0].editor.original()[found.start..].starts_with(b"192.0.2.9 b"));
}

#[test]
fn a_host_is_checked_where_it_is_given() {
    for odd in ["192.0.2.1", "192.0.2.1=", "x=a", "192.0.2.1=a b", "192.0.2.1=a/v6", "192.0.2.1=a,,b", "192.0.2.1=a\n"]
    {
        assert!(odd.parse::<Host>().is_err(), "{odd:?}");
    }
    for odd in ["[]", "[\"a b\"]", "[\"a,b\"]", "[\"\"]"] {
        let text = format!("[[hosts]]\naddress = \"192.0.2.1\"\nnames = {odd}\n");
        let error = Variables::parse(&text).unwrap_err();
        assert!(error.span.is_some_and(|span| text[span.start..].starts_with(odd)), "{odd}: {error:?}");
    }
}

#[test]
fn a_profile_that_contradicts_itself_is_none() {
    let bad = |body: &str| {
        let text = format!("schema = 1\nname = \"p\"\nsummary = \"s\"\n[variables]\nhosts = \"h\"\n{body}");
        Profile::parse(&text).unwrap_err().message
    };
    let file = |path: &str, more: &str| format!("[[file]]\npath = \"{path}\"\ntype = \"hosts\"\n{more}\nedit = []\n");
    assert!(bad(&file("/etc/hosts", "create = true\nwhen = \"file-exists\"")).contains("`file-exists` passes it over"));
    assert!(bad(&file("/etc/../hosts", "")).contains("absolute path"));
    let each = "[[file]]\npath = \"/etc/hosts\"\ntype = \"hosts\"\n[[file.edit]]\nfor-each = \"hosts\"\n\
                set = \"{names} {names}\"\nto = \"{address}\"\nwhy = \"w\"\n";
    assert!(bad(each).contains("is not a key"));
    assert!(Profile::parse(&format!("schema = 1\nname = \"p\"\nsummary = \"s\"\n{}", file("/etc/a..b", ""))).is_ok());
}

/// Asked of glibc 2.36: without host.conf, one line of a name answers.
#[test]
fn an_address_on_a_line_that_does_not_answer_is_not_in_force() {
    let hosts = "192.0.2.12 kvm2\n192.0.2.13 kvm2\n";
    let stands = |edit: &str, host_conf: Option<&str>| {
        let host = MemoryFiles::new().with("/etc/hosts", hosts);
        let host = host_conf.map_or(host.clone(), |text| host.with("/etc/host.conf", text));
        let body = format!("[[file]]\npath = \"/etc/hosts\"\ntype = \"hosts\"\n[[file.edit]]\n{edit}\nwhy = \"x\"\n");
        let plan = planned(&body, &host).unwrap();
        let told = match plan.standing(&plan.wishes[0]) {
            Standing::Shadowed(shadow) => shadow.by.unwrap().to_string(),
            standing => format!("{standing:?}"),
        };
        (told, plan.in_force_by(&plan.wishes[0]).is_some())
    };
    let second = "add = \"kvm2\"\nitem = \"192.0.2.13\"";
    let both = "set = \"kvm2\"\nto = [\"192.0.2.12\", \"192.0.2.13\"]";
    let first = "set = \"kvm2\"\nto = \"192.0.2.12\"";
    for multi in [Some("multi on\n"), None] {
        let outdone = if multi.is_some() { "Ok" } else { "etc/hosts:1" };
        assert_eq!(stands(second, multi), (outdone.to_owned(), false));
        assert_eq!(stands(both, multi), (outdone.to_owned(), false));
        // The other line goes, whatever host.conf says; it is told that it goes for nothing now.
        assert_eq!(stands(first, multi), ("Differs".to_owned(), multi.is_none()));
    }
}
