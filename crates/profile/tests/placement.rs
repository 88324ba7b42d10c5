//! Where an edit goes when a daemon reads several files, whether it counts, and what else it may not move.
#![allow(clippy::unwrap_used, missing_docs)]

use kvmprep_lossless::files::MemoryFiles;
use kvmprep_profile::{Effect, Given, Placement, Plan, Profile, Standing, plan};

fn planned(body: &str, placement: Option<Placement>, host: &MemoryFiles) -> Plan {
    let profile = Profile::parse(&format!("schema = 1\nname = \"p\"\nsummary = \"s\"\n{body}")).unwrap();
    plan(&[profile], &Given { placement, ..Given::default() }, host, |_| true).unwrap()
}

fn rule(path: &str, file_type: &str, edit: &str) -> String {
    format!("[[file]]\npath = \"{path}\"\ntype = \"{file_type}\"\n[[file.edit]]\n{edit}\nwhy = \"w\"\n")
}

/// What would be written, by path.
fn written(plan: &Plan) -> Vec<(String, String)> {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    plan.changed().map(|file| (file.path.to_string(), text(file.editor.to_bytes()))).collect()
}

fn pairs(written: &[(String, String)]) -> Vec<(&str, &str)> {
    written.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect()
}

fn shadowed_by(effect: &Effect) -> Option<String> {
    match effect {
        Effect::Shadowed(shadow) => Some(shadow.by.as_ref().map_or("nothing".to_owned(), ToString::to_string)),
        Effect::InForce => None,
        Effect::Unknown { why, .. } => panic!("unknown: {why}"),
    }
}

const NO_ROOT: &str = "set = \"PermitRootLogin\"\nto = \"no\"";

fn cloud() -> MemoryFiles {
    MemoryFiles::new()
        .with("/etc/ssh/sshd_config", "Include /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin no\n")
        .with("/etc/ssh/sshd_config.d/50-cloud.conf", "PermitRootLogin yes\n")
}

#[test]
fn auto_edits_the_drop_in_that_decides() {
    let plan = planned(&rule("/etc/ssh/sshd_config", "sshd", NO_ROOT), None, &cloud());
    assert_eq!(pairs(&written(&plan)), [("/etc/ssh/sshd_config.d/50-cloud.conf", "PermitRootLogin no\n")]);
    assert_eq!(plan.wishes[0].effect, Effect::InForce);
    assert_eq!(shadowed_by(&plan.wishes[0].effect_before).as_deref(), Some("etc/ssh/sshd_config.d/50-cloud.conf:1"));
    assert!(matches!(plan.standing(&plan.wishes[0]), Standing::Shadowed(_)), "written, and something else counts");
}

#[test]
fn main_edits_the_named_file_and_says_that_it_does_not_count() {
    let host = cloud().with("/etc/ssh/sshd_config", "Include /etc/ssh/sshd_config.d/*.conf\n#PermitRootLogin yes\n");
    let plan = planned(&rule("/etc/ssh/sshd_config", "sshd", NO_ROOT), Some(Placement::Main), &host);
    let main = "Include /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin no\n";
    assert_eq!(pairs(&written(&plan)), [("/etc/ssh/sshd_config", main)]);
    let without: Vec<_> = plan.without_effect().map(|(_, effect)| shadowed_by(effect)).collect();
    assert_eq!(without, [Some("etc/ssh/sshd_config.d/50-cloud.conf:1".to_owned())]);
    assert_eq!(plan.standing(&plan.wishes[0]), Standing::Differs);
}

#[test]
fn a_new_drop_in_gets_a_name_that_wins_and_is_edited_the_next_time() {
    let host = cloud().with("/etc/ssh/sshd_config.d/50-cloud.conf", "Port 22\n");
    let plan = planned(&rule("/etc/ssh/sshd_config", "sshd", NO_ROOT), Some(Placement::DropIn), &host);
    assert_eq!(pairs(&written(&plan)), [("/etc/ssh/sshd_config.d/00-kvmprep.conf", "PermitRootLogin no\n")]);
    assert_eq!(plan.wishes[0].effect, Effect::InForce);

    let again = host.with("/etc/ssh/sshd_config.d/00-kvmprep.conf", "PermitRootLogin no\n");
    let plan = planned(&rule("/etc/ssh/sshd_config", "sshd", NO_ROOT), Some(Placement::DropIn), &again);
    assert_eq!(written(&plan), []);
    assert_eq!(plan.standing(&plan.wishes[0]), Standing::Ok);
}

#[test]
fn a_drop_in_is_refused_where_no_name_can_win_and_where_there_is_no_directory() {
    let refusal = |main: &str, with_directory: bool| {
        let host = MemoryFiles::new().with("/etc/ssh/sshd_config", main);
        let host = if with_directory { host.with("/etc/ssh/sshd_config.d/README", "") } else { host };
        let plan = planned(&rule("/etc/ssh/sshd_config", "sshd", NO_ROOT), Some(Placement::DropIn), &host);
        assert_eq!(written(&plan), []);
        plan.refusals().map(|(_, _, diagnostic)| diagnostic.code).collect::<Vec<_>>()
    };
    let before = "PermitRootLogin yes\nInclude /etc/ssh/sshd_config.d/*.conf\n";
    assert_eq!(refusal(before, true), ["no-winning-name"], "the main file sets it before it draws drop-ins in");
    assert_eq!(refusal("Port 22\n", true), ["no-winning-name"], "no Include draws them in");
    assert_eq!(refusal(before, false), ["no-drop-in-directory"]);
}

#[test]
fn an_edit_is_made_in_both_files_where_two_consumers_are_decided_by_different_ones() {
    let host = MemoryFiles::new()
        .with("/etc/sysctl.conf", "vm.swappiness = 60\n")
        .with("/etc/sysctl.d/99-zz.conf", "vm.swappiness = 10\n");
    let edit = "set = \"vm.swappiness\"\nto = \"1\"";
    let plan = planned(&rule("/etc/sysctl.conf", "sysctl", edit), None, &host);
    let mut written = written(&plan);
    written.sort();
    let one = "vm.swappiness = 1\n";
    assert_eq!(pairs(&written), [("/etc/sysctl.conf", one), ("/etc/sysctl.d/99-zz.conf", one)]);
    assert_eq!(plan.wishes[0].effect, Effect::InForce);
}

#[test]
fn the_main_file_of_sysctl_does_not_count_at_boot_and_that_is_said() {
    let host = MemoryFiles::new().with("/etc/sysctl.conf", "#vm.swappiness = 60\n");
    let edit = "set = \"vm.swappiness\"\nto = \"1\"";
    let plan = planned(&rule("/etc/sysctl.conf", "sysctl", edit), None, &host);
    assert_eq!(pairs(&written(&plan)), [("/etc/sysctl.conf", "vm.swappiness = 1\n")]);
    assert_eq!(shadowed_by(&plan.wishes[0].effect).as_deref(), Some("nothing"));
}

#[test]
fn what_is_taken_out_goes_from_every_file_where_it_would_be_found_next() {
    let block = |alias: &str| format!("multipaths {{\n\tmultipath {{\n\t\twwid a\n{alias}\t}}\n}}\n");
    let host = MemoryFiles::new()
        .with("/etc/multipath.conf", block("\t\talias one\n"))
        .with("/etc/multipath/conf.d/50-a.conf", block("\t\talias two\n"))
        .with("/etc/multipath/conf.d/60-b.conf", block("\t\tno_path_retry 12\n"));
    let edit = "unset = \"multipaths.multipath[*].alias\"";
    let plan = planned(&rule("/etc/multipath.conf", "multipath", edit), None, &host);
    let without = block("");
    let expected = [("/etc/multipath.conf", &*without), ("/etc/multipath/conf.d/50-a.conf", &*without)];
    let mut written = written(&plan);
    written.sort();
    assert_eq!(pairs(&written), expected);
    assert_eq!(plan.wishes[0].effect, Effect::InForce);
}

#[test]
fn a_drop_in_that_resets_a_default_is_edited_in_its_place() {
    let host = MemoryFiles::new()
        .with("/etc/multipath.conf", "defaults {\n\tuser_friendly_names yes\n}\n")
        .with("/etc/multipath/conf.d/50-array.conf", "defaults {\n\tuser_friendly_names no\n}\n");
    let edit = "set = \"defaults.user_friendly_names\"\nto = \"yes\"";
    let plan = planned(&rule("/etc/multipath.conf", "multipath", edit), None, &host);
    let drop_in = ("/etc/multipath/conf.d/50-array.conf", "defaults {\n\tuser_friendly_names yes\n}\n");
    assert_eq!(pairs(&written(&plan)), [drop_in]);
}

#[test]
fn an_edit_that_moves_other_values_over_all_files_is_refused_with_the_list_and_leaves_the_file() {
    let host = MemoryFiles::new()
        .with("/etc/sysctl.d/README", "")
        .with("/usr/lib/sysctl.d/50-default.conf", "kernel.sysrq = 16\nvm.swappiness = 30\n");
    let rule = rule("/etc/sysctl.d/50-default.conf", "sysctl", "set = \"vm.swappiness\"\nto = \"1\"");
    let plan = planned(&rule.replace("[[file.edit]]", "create = true\n[[file.edit]]"), None, &host);
    assert_eq!(written(&plan), [], "a file of that name masks the vendor's whole file");
    let refusals: Vec<_> = plan.refusals().map(|(_, _, refusal)| (refusal.code, refusal.message.as_str())).collect();
    let [("moves-others", message), ..] = refusals[..] else { panic!("{refusals:?}") };
    assert!(message.contains("`kernel.sysrq` from `16` to its default"), "{message}");
}

#[test]
fn a_list_that_only_the_crypto_policy_sets_is_no_list_to_add_to() {
    let host = MemoryFiles::new()
        .with("/etc/ssh/sshd_config", "Include /etc/ssh/sshd_config.d/*.conf\n#Ciphers aes256-ctr\n")
        .with("/etc/ssh/sshd_config.d/50-redhat.conf", "Include /etc/crypto-policies/back-ends/opensshserver.config\n")
        .with("/etc/crypto-policies/back-ends/opensshserver.config", "Ciphers aes256-ctr\n");
    let edit = "add = \"Ciphers\"\nitem = \"3des-cbc\"\nabsent = \"leave\"";
    let plan = planned(&rule("/etc/ssh/sshd_config", "sshd", edit), None, &host);
    assert_eq!(written(&plan), []);
    assert!(matches!(plan.standing(&plan.wishes[0]), Standing::Skipped(_)));
}

#[test]
fn a_profile_says_where_edits_go_and_the_caller_wins_over_it() {
    let body =
        rule("/etc/ssh/sshd_config", "sshd", NO_ROOT).replace("[[file.edit]]", "place = \"main\"\n[[file.edit]]");
    let host = cloud().with("/etc/ssh/sshd_config", "Include sshd_config.d/*.conf\n");
    let path = |placement| written(&planned(&body, placement, &host))[0].0.clone();
    assert_eq!(path(None), "/etc/ssh/sshd_config");
    assert_eq!(path(Some(Placement::Auto)), "/etc/ssh/sshd_config.d/50-cloud.conf");

    let hosts = "schema = 1\nname = \"p\"\nsummary = \"s\"\n[[file]]\npath = \"/etc/hosts\"\ntype = \"hosts\"\nplace = \"drop-in\"\nedit = []\n";
    assert!(Profile::parse(hosts).unwrap_err().message.contains("drop-ins"));
}

#[test]
fn a_dialect_is_taken_at_its_word_and_checked() {
    let text = |file_type: &str, dialect: &str| {
        format!(
            "schema = 1\nname = \"p\"\nsummary = \"s\"\n[[file]]\npath = \"/etc/f\"\ntype = \"{file_type}\"\ndialect = \"{dialect}\"\nedit = []\n"
        )
    };
    for (file_type, dialect) in [
        ("sshd", "8.0"),
        ("sshd", "9.9p1"),
        ("multipath", "0.4.9"),
        ("sysctl", "3.3.15"),
        ("sysctl", "4.0.4"),
        ("hosts", "el9"),
    ] {
        assert!(Profile::parse(&text(file_type, dialect)).is_ok(), "{file_type} {dialect}");
    }
    for (file_type, dialect) in [("sshd", "new"), ("multipath", "x"), ("sysctl", "3"), ("hosts", "1")] {
        let error = Profile::parse(&text(file_type, dialect)).unwrap_err();
        assert!(error.message.contains("dialect"), "{file_type} {dialect}: {error}");
    }
}

#[test]
fn what_another_key_bounds_takes_no_effect_and_what_follows_from_one_is_not_set() {
    let asked = |edit: &str, lines: &str| {
        let host = MemoryFiles::new().with("/etc/multipath.conf", format!("defaults {{\n{lines}}}\n"));
        planned(&rule("/etc/multipath.conf", "multipath", edit), None, &host)
    };
    let plan = asked("set = \"defaults.polling_interval\"\nto = \"50\"", " max_polling_interval 40\n");
    assert_eq!(
        shadowed_by(&plan.wishes[0].effect).as_deref(),
        Some("etc/multipath.conf:2"),
        "no longer than the longest"
    );
    let plan = asked("unset = \"defaults.max_polling_interval\"", " polling_interval 10\n");
    assert_eq!((written(&plan), &plan.wishes[0].effect), (vec![], &Effect::InForce), "four times the shortest");
    assert_eq!(plan.standing(&plan.wishes[0]), Standing::Ok);
}

#[test]
fn a_line_that_stands_there_is_not_in_force_where_the_value_is_another() {
    let plan_of = |path: &str, file_type: &str, edit: &str, placement, host: &MemoryFiles| {
        planned(&rule(path, file_type, edit), Some(placement), host)
    };
    let (sshd, include) = ("/etc/ssh/sshd_config", "Include /etc/ssh/sshd_config.d/*.conf\n");

    let host = MemoryFiles::new().with(sshd, "PermitRootLogin no\nMatch all\nPermitRootLogin yes\n");
    let plan = plan_of(sshd, "sshd", NO_ROOT, Placement::Auto, &host);
    assert_eq!(shadowed_by(&plan.wishes[0].effect).as_deref(), Some("etc/ssh/sshd_config:3"), "a block for all");

    let host = MemoryFiles::new()
        .with(sshd, format!("{include}Port 22\nAllowUsers al\n"))
        .with("/etc/ssh/sshd_config.d/z.conf", "Port 2200\nAllowUsers carl\n");
    let z = "etc/ssh/sshd_config.d/z.conf";
    let plan = plan_of(sshd, "sshd", "set = \"Port\"\nto = \"2222\"", Placement::Main, &host);
    assert_eq!(shadowed_by(&plan.wishes[0].effect), Some(format!("{z}:1")), "ports add up");
    let plan = plan_of(sshd, "sshd", "remove = \"AllowUsers\"\nitem = \"carl\"", Placement::Main, &host);
    assert_eq!(shadowed_by(&plan.wishes[0].effect), Some(format!("{z}:2")), "users add up");

    let host = MemoryFiles::new().with("/etc/default/x", "A=9\nif true; then A=2; fi\n");
    let plan = plan_of("/etc/default/x", "sysconfig", "set = \"A\"\nto = \"9\"", Placement::Auto, &host);
    assert!(matches!(plan.wishes[0].effect, Effect::Unknown { .. }), "code may set it again");
    assert!(matches!(plan.standing(&plan.wishes[0]), Standing::Unknown(_)));
}

#[test]
fn auto_makes_a_drop_in_where_what_decides_is_not_ours_to_edit() {
    let swappiness = "set = \"vm.swappiness\"\nto = \"1\"";
    let one = "vm.swappiness = 1\n";
    let sysctl = |host: &MemoryFiles| written(&planned(&rule("/etc/sysctl.conf", "sysctl", swappiness), None, host));

    let vendor = MemoryFiles::new()
        .with("/etc/sysctl.conf", "")
        .with("/etc/sysctl.d/README", "")
        .with("/usr/lib/sysctl.d/zzzz.conf", "vm.swappiness = 6\n");
    assert_eq!(pairs(&sysctl(&vendor)), [("/etc/sysctl.d/zzzz.kvmprep.conf", one)], "a name behind the vendor's");

    let no_link = MemoryFiles::new().with("/etc/sysctl.conf", "vm.swappiness = 60\n").with("/etc/sysctl.d/README", "");
    let both = [("/etc/sysctl.conf", one), ("/etc/sysctl.d/99-zz-kvmprep.conf", one)];
    assert_eq!(pairs(&sysctl(&no_link)), both, "boot does not read the main file");
    let done = no_link.with("/etc/sysctl.conf", one).with("/etc/sysctl.d/99-zz-kvmprep.conf", one);
    assert_eq!(sysctl(&done), []);

    let policy = MemoryFiles::new()
        .with("/etc/ssh/sshd_config", "Include /etc/ssh/sshd_config.d/*.conf\n#Ciphers aes128-ctr\n")
        .with("/etc/ssh/sshd_config.d/50-redhat.conf", "Include /etc/crypto-policies/back-ends/opensshserver.config\n")
        .with("/etc/crypto-policies/back-ends/opensshserver.config", "Ciphers aes256-gcm@openssh.com\n");
    let edit = "set = \"Ciphers\"\nto = \"aes256-ctr\"";
    let plan = planned(&rule("/etc/ssh/sshd_config", "sshd", edit), None, &policy);
    assert_eq!(pairs(&written(&plan)), [("/etc/ssh/sshd_config.d/00-kvmprep.conf", "Ciphers aes256-ctr\n")]);
    assert_eq!(plan.wishes[0].effect, Effect::InForce);
}

#[test]
fn a_new_drop_in_fits_the_pattern_that_draws_the_others_in() {
    let host = MemoryFiles::new()
        .with("/etc/ssh/sshd_config", "Include /etc/ssh/sshd_config.d/10-*.conf\nPermitRootLogin yes\n")
        .with("/etc/ssh/sshd_config.d/10-a.conf", "Port 22\n");
    let plan = planned(&rule("/etc/ssh/sshd_config", "sshd", NO_ROOT), Some(Placement::DropIn), &host);
    assert_eq!(pairs(&written(&plan)), [("/etc/ssh/sshd_config.d/10-00-kvmprep.conf", "PermitRootLogin no\n")]);
}

#[test]
fn a_stronger_section_shadows_the_defaults() {
    let host = MemoryFiles::new()
        .with("/etc/multipath.conf", "defaults {\n\tuser_friendly_names yes\n}\n")
        .with("/etc/multipath/conf.d/a.conf", "overrides {\n\tuser_friendly_names no\n}\n");
    let edit = "set = \"defaults.user_friendly_names\"\nto = \"yes\"";
    let plan = planned(&rule("/etc/multipath.conf", "multipath", edit), None, &host);
    assert_eq!(written(&plan), []);
    let Standing::Shadowed(shadow) = plan.standing(&plan.wishes[0]) else { panic!("no map takes it") };
    assert_eq!(shadow.by.unwrap().to_string(), "etc/multipath/conf.d/a.conf:2");
}
