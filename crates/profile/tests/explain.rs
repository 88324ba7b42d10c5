//! Who decides a key, and what an edit would bring about, on hosts where what is written does not count.
#![allow(clippy::unwrap_used, missing_docs)]

use kvmprep_lossless::files::MemoryFiles;
use kvmprep_profile::{Circumstances, EditHere, Effect, ExplainReport, Explained, FileType, Options, explain};

fn told(host: &MemoryFiles, path: &str, key: &str) -> Explained {
    let file_type = FileType::of_path(path.into()).unwrap();
    explain(host, path.into(), file_type, Options::default(), &Circumstances::default(), key).unwrap()
}

fn takes_effect(told: &Explained) -> bool {
    told.edit_here == EditHere::Would(Effect::InForce)
}

#[test]
fn a_commented_default_is_found_whether_the_key_is_live_or_not() {
    let host = MemoryFiles::new()
        .with("/etc/sysconfig/a", "# prose\n#ON_BOOT=start\n")
        .with("/etc/sysconfig/b", "#ON_BOOT=start\nON_BOOT=ignore\n")
        .with("/etc/sysconfig/c", "# ON_BOOT=start is the default\n");
    let line = |path: &str| told(&host, path, "ON_BOOT").commented.map(|comment| comment.line);
    assert_eq!(line("/etc/sysconfig/a"), Some(2));
    assert_eq!(line("/etc/sysconfig/b"), Some(1));
    assert_eq!(line("/etc/sysconfig/c"), None);
}

#[test]
fn an_edit_of_a_file_whose_key_a_drop_in_decides_is_sent_there() {
    let host = MemoryFiles::new()
        .with("/etc/multipath.conf", "defaults {\n\tuser_friendly_names yes\n}\n")
        .with("/etc/multipath/conf.d/50-array.conf", "defaults {\n\tuser_friendly_names no\n}\n");
    let main = told(&host, "/etc/multipath.conf", "defaults.user_friendly_names");
    assert!(!takes_effect(&main));
    assert_eq!(main.edit_there, ["/etc/multipath/conf.d/50-array.conf"]);
    let drop_in = told(&host, "/etc/multipath/conf.d/50-array.conf", "defaults.user_friendly_names");
    assert!(takes_effect(&drop_in) && drop_in.edit_there.is_empty());
}

#[test]
fn a_value_of_the_crypto_policy_is_beaten_by_a_drop_in_that_is_read_before_it() {
    let host = MemoryFiles::new()
        .with("/etc/ssh/sshd_config", "Include /etc/ssh/sshd_config.d/*.conf\n")
        .with("/etc/ssh/sshd_config.d/50-redhat.conf", "Include /etc/crypto-policies/back-ends/opensshserver.config\n")
        .with("/etc/crypto-policies/back-ends/opensshserver.config", "Ciphers aes256-ctr\n");
    let ciphers = told(&host, "/etc/ssh/sshd_config", "Ciphers");
    assert!(!takes_effect(&ciphers));
    assert_eq!(ciphers.edit_there, ["/etc/ssh/sshd_config.d/00-kvmprep.conf"]);
    let codes: Vec<&str> = ciphers.explanation.findings.iter().map(|finding| finding.diagnostic.code).collect();
    assert!(codes.contains(&"crypto-policy"), "{codes:?}");
}

#[test]
fn red_hat_8_hands_the_crypto_policy_over_on_the_command_line() {
    let policy = "CRYPTO_POLICY='-oCiphers=aes256-gcm@openssh.com,aes256-ctr -oMACs=hmac-sha2-256'\n";
    let host = MemoryFiles::new()
        .with("/etc/ssh/sshd_config", "Ciphers aes128-ctr\nPort 22\n")
        .with("/etc/crypto-policies/back-ends/opensshserver.config", policy);
    let ciphers = told(&host, "/etc/ssh/sshd_config", "Ciphers");
    assert!(!takes_effect(&ciphers));
    let decision = &ciphers.explanation.decisions[0];
    assert_eq!(decision.value.as_ref().unwrap().known().unwrap(), ["aes256-gcm@openssh.com,aes256-ctr"]);
    assert!(takes_effect(&told(&host, "/etc/ssh/sshd_config", "Port")));

    let opted_out = host.with("/etc/sysconfig/sshd", "CRYPTO_POLICY=\n");
    assert!(takes_effect(&told(&opted_out, "/etc/ssh/sshd_config", "Ciphers")));
}

#[test]
fn two_orders_want_an_edit_in_two_files() {
    let host = MemoryFiles::new()
        .with("/etc/sysctl.conf", "vm.swappiness = 1\n")
        .with("/etc/sysctl.d/99-zz.conf", "vm.swappiness = 60\n");
    let main = told(&host, "/etc/sysctl.conf", "vm.swappiness");
    assert!(!takes_effect(&main));
    assert_eq!(main.edit_there, ["/etc/sysctl.conf", "/etc/sysctl.d/99-zz.conf"]);
}

#[test]
fn an_edit_of_the_global_section_is_nothing_to_a_connection_whose_block_decides() {
    let host =
        MemoryFiles::new().with("/etc/ssh/sshd_config", "X11Forwarding no\nMatch User bob\n\tX11Forwarding yes\n");
    let bob = Circumstances { connection: Some("user=bob".parse().unwrap()), ..Circumstances::default() };
    let path = "/etc/ssh/sshd_config".into();
    let told = |key: &str| explain(&host, path, FileType::Sshd, Options::default(), &bob, key).unwrap();
    assert!(!takes_effect(&told("X11Forwarding")));
    assert!(takes_effect(&told("Match[User bob].X11Forwarding")));
}

#[test]
fn an_edit_of_defaults_is_nothing_to_a_map_that_a_stronger_section_decides_for() {
    let host = MemoryFiles::new().with(
        "/etc/multipath.conf",
        "defaults {\n\tno_path_retry fail\n}\noverrides {\n\tno_path_retry 12\n}\nmultipaths {\n\tmultipath {\n\t\twwid 1\n\t}\n}\n",
    );
    let map = Circumstances { map: Some("1".parse().unwrap()), ..Circumstances::default() };
    let path = "/etc/multipath.conf".into();
    let told = |key: &str| explain(&host, path, FileType::Multipath, Options::default(), &map, key).unwrap();
    assert!(!takes_effect(&told("defaults.no_path_retry")));
    assert!(takes_effect(&told("overrides.no_path_retry")));
    assert!(takes_effect(&told("multipaths.multipath[wwid=1].no_path_retry")));
    let alone = told("no_path_retry");
    assert_eq!((&*alone.key, &*alone.edited), ("no_path_retry", "multipaths.multipath[wwid=1].no_path_retry"));
    assert!(takes_effect(&alone), "a keyword alone is asked of the map's own block");
}

#[test]
fn the_own_name_of_enterprise_linux_6_is_found_on_a_loopback_line() {
    let host = MemoryFiles::new()
        .with("/etc/redhat-release", "CentOS release 6.10 (Final)\n")
        .with("/etc/sysconfig/network", "NETWORKING=yes\nHOSTNAME=kvm1.example.com\n")
        .with("/etc/hosts", "127.0.0.1 localhost kvm1.example.com kvm1\n");
    let told = told(&host, "/etc/hosts", "kvm1");
    let codes: Vec<&str> = told.explanation.findings.iter().map(|finding| finding.diagnostic.code).collect();
    assert_eq!(codes, ["own-name-on-loopback"; 2]);
}

#[test]
fn a_file_that_is_not_there_has_no_edit_and_is_said_to_be_missing() {
    let host = MemoryFiles::new().with("/etc/sysctl.d/10-a.conf", "vm.swappiness = 1\n");
    let told = told(&host, "/etc/sysctl.conf", "vm.swappiness");
    assert_eq!(told.edit_here, EditHere::NoFile);
    assert_eq!(told.edit_there, ["/etc/sysctl.d/10-a.conf"]);
    assert!(told.explanation.decisions.iter().all(|decision| decision.value.is_some()));
}

#[test]
fn a_drop_in_restarts_what_the_main_file_does_and_a_value_is_found_for_any_key() {
    let host = MemoryFiles::new()
        .with("/etc/ssh/sshd_config", "Include /etc/ssh/sshd_config.d/*.conf\n")
        .with("/etc/ssh/sshd_config.d/60-a.conf", "Port 22\n");
    assert_eq!(told(&host, "/etc/ssh/sshd_config.d/60-a.conf", "Port").restart, ["sshd"]);
    for key in ["SyslogFacility", "MaxStartups", "LogLevel", "IPQoS", "ListenAddress", "Subsystem[x]", "Banner"] {
        let told = told(&host, "/etc/ssh/sshd_config", key);
        assert_eq!(told.edit_here, EditHere::Would(Effect::InForce), "{key}");
    }
}

#[test]
fn a_release_says_which_systemd_reads_and_the_oldest_has_none() {
    let host = MemoryFiles::new().with("/etc/default/x", "A='a\\b'\n").with("/etc/sysctl.conf", "vm.swappiness = 1\n");
    let taken = |path: &str, file_type, key: &str, release: &str| {
        let options = Options::default().with_dialect(file_type, release).unwrap();
        let told = explain(&host, path.into(), file_type, options, &Circumstances::default(), key).unwrap();
        let decisions = told.explanation.decisions.into_iter();
        let words = |value: Option<kvmprep_lossless::Value>| value.map(|value| value.known().unwrap()[0].to_string());
        decisions.map(|decision| (decision.point.consumer, words(decision.value))).collect::<Vec<_>>()
    };
    let of_a = |release| taken("/etc/default/x", FileType::Sysconfig, "A", release);
    let both = |systemd: &str| {
        [("shell".to_owned(), Some("a\\b".to_owned())), ("systemd".to_owned(), Some(systemd.to_owned()))]
    };
    assert_eq!(of_a("el6"), both("")[..1]);
    assert_eq!(of_a("el8"), both("ab"));
    assert_eq!(of_a("239"), both("ab"));
    assert_eq!(of_a("el9"), both("a\\b"));
    assert_eq!(
        taken("/etc/sysctl.conf", FileType::Sysctl, "vm.swappiness", "el6").len(),
        1,
        "nobody applies it at boot"
    );
    let consumers = |release: &str| -> Vec<String> {
        let taken = taken("/etc/sysctl.conf", FileType::Sysctl, "vm.swappiness", release);
        taken.into_iter().map(|(consumer, _)| consumer).collect()
    };
    assert_eq!(consumers("el7"), ["sysctl --system of procps 3.3.10", "systemd-sysctl of systemd 219"]);
    assert_eq!(consumers("el8"), ["sysctl --system of procps 3.3.15", "systemd-sysctl of systemd 239"]);
    assert_eq!(consumers("debian12"), ["sysctl --system", "systemd-sysctl"]);
    assert_eq!(consumers("3.2.8"), ["sysctl --system of procps 3.2.8", "systemd-sysctl"]);
}

#[test]
fn what_sshd_is_started_with_is_told_by_the_file_and_line_it_comes_from() {
    let el8 = Options::default().with_dialect(FileType::Sshd, "el8").unwrap();
    let ciphers = |host: &MemoryFiles| {
        let path = "/etc/ssh/sshd_config".into();
        explain(host, path, FileType::Sshd, el8, &Circumstances::default(), "Ciphers").unwrap()
    };
    let main = || MemoryFiles::new().with("/etc/ssh/sshd_config", "Ciphers aes128-ctr\n");
    let variables = "# own policy\nOPTIONS=\"-p 22\"\nCRYPTO_POLICY=\"-oCiphers=aes192-ctr\"\n";
    let told = ciphers(&main().with("/etc/sysconfig/sshd", variables));
    let EditHere::Would(Effect::Shadowed(shadow)) = told.edit_here else { panic!("the command line decides") };
    assert_eq!(shadow.by.unwrap().to_string(), "etc/sysconfig/sshd:3");
    let decision = &told.explanation.decisions[0];
    assert_eq!(decision.value.as_ref().unwrap().known().unwrap(), ["aes192-ctr"]);
    let place = decision.at[0];
    assert_eq!(place.span.of(&told.explanation.sources[place.source].text), b"\"-oCiphers=aes192-ctr\"");

    let told = ciphers(&main().with("/etc/sysconfig/sshd", "CRYPTO_POLICY='-oCiphers'\n"));
    assert!(matches!(told.edit_here, EditHere::Would(Effect::Unknown { .. })), "{:?}", told.edit_here);
}

#[test]
fn a_list_of_algorithms_that_may_stop_sshd_is_told_with_every_key() {
    let host = MemoryFiles::new()
        .with("/etc/ssh/sshd_config", "Include /etc/ssh/a.conf\nBanner /x\n")
        .with("/etc/ssh/a.conf", "# c\nCiphers aes256-ctr,nosuch\n");
    let findings = told(&host, "/etc/ssh/sshd_config", "Banner").explanation.findings;
    let codes: Vec<_> = findings.iter().map(|finding| (finding.source, finding.diagnostic.code)).collect();
    assert_eq!(codes, [(Some(1), "unknown-algorithm"), (None, "does-not-start")]);
}

#[test]
fn where_sshd_does_not_start_the_answer_says_so_and_the_value_is_what_it_would_take() {
    let host = |ciphers: &str| {
        MemoryFiles::new()
            .with("/etc/ssh/sshd_config", "Include /etc/ssh/a.conf\nBanner /x\n")
            .with("/etc/ssh/a.conf", format!("# c\n{ciphers}\n"))
    };
    let stopped = told(&host("Ciphers aes256-ctr,nosuch"), "/etc/ssh/sshd_config", "Banner");
    let message = "sshd does not start with these files: etc/ssh/a.conf:2: OpenSSH has no algorithm `nosuch`";
    let diagnostic = stopped.explanation.stopped().unwrap();
    assert_eq!(diagnostic.message, message);
    assert!(diagnostic.help.as_ref().unwrap().contains("an sshd that runs keeps what it took"));
    assert_eq!(stopped.explanation.decisions[0].value.as_ref().unwrap().known().unwrap(), ["/x"]);
    let EditHere::Would(Effect::Unknown { why, .. }) = &stopped.edit_here else { panic!("{:?}", stopped.edit_here) };
    assert_eq!(why, message);
    assert!(stopped.edit_there.is_empty());

    let report = ExplainReport::of(&stopped);
    assert_eq!(report.stopped.unwrap().message, message);
    assert!(report.effective[0].values.is_some());
    assert_eq!(report.findings.len(), 1, "told once");

    let mended = told(&host("Ciphers aes256-ctr,nosuch"), "/etc/ssh/sshd_config", "Ciphers");
    assert!(!takes_effect(&mended), "an edit to the value it has mends nothing");
    let broken = told(&host("Foo yes"), "/etc/ssh/sshd_config", "Banner");
    let message = "sshd does not start with these files: etc/ssh/a.conf:2: sshd does not know `Foo`";
    assert_eq!(broken.explanation.stopped().unwrap().message, message);
    let good = told(&host("Ciphers aes256-ctr"), "/etc/ssh/sshd_config", "Banner");
    assert!(takes_effect(&good) && good.explanation.stopped().is_none());
}

#[test]
fn an_edit_that_would_move_more_than_it_is_about_is_refused_as_a_plan_refuses_it() {
    let host = MemoryFiles::new()
        .with("/etc/ssh/sshd_config", "Include a.conf\nMatch User eve\nInclude a.conf\n")
        .with("/etc/ssh/a.conf", "Banner /x\n");
    let (path, options) = ("/etc/ssh/a.conf".into(), Options::default());
    let told = explain(&host, path, FileType::Sshd, options, &Circumstances::default(), "X11Forwarding").unwrap();
    let EditHere::Refused(why) = &told.edit_here else { panic!("{:?}", told.edit_here) };
    assert_eq!(why.code, "moves-others");
}

#[test]
fn an_edit_is_tried_with_another_value_than_the_key_has_since_what_moves_with_it_shows_only_then() {
    let host = MemoryFiles::new()
        .with("/etc/ssh/sshd_config", "Include a.conf\nMatch User eve\nInclude a.conf\n")
        .with("/etc/ssh/a.conf", "Banner /x\nPermitTTY no\n");
    for key in ["Banner", "PermitTTY"] {
        let (path, options) = ("/etc/ssh/a.conf".into(), Options::default());
        let told = explain(&host, path, FileType::Sshd, options, &Circumstances::default(), key).unwrap();
        let EditHere::Refused(why) = &told.edit_here else { panic!("{key}: {:?}", told.edit_here) };
        assert_eq!(why.code, "moves-others", "{key}");
    }
}

#[test]
fn of_a_packaged_file_it_is_told_where_an_edit_would_last_and_of_a_drop_in_that_the_main_file_beats_that_one() {
    let host = MemoryFiles::new()
        .with("/usr/lib/sysctl.d/50-a.conf", "kernel.sysrq = 16\nvm.dirty_ratio = 5\n")
        .with("/etc/sysctl.d/README", "")
        .with("/etc/sysctl.d/30-kvm.conf", "vm.swappiness = 10\n")
        .with("/etc/sysctl.d/99-sysctl.conf", "vm.swappiness = 40\n")
        .with("/etc/sysctl.conf", "vm.swappiness = 40\n");
    let asked = |path: &str, key: &str| {
        let (path, options) = (path.into(), Options::default());
        explain(&host, path, FileType::Sysctl, options, &Circumstances::default(), key).unwrap()
    };
    let packaged = asked("/usr/lib/sysctl.d/50-a.conf", "kernel.sysrq");
    assert!(packaged.is_packaged());
    assert_eq!(packaged.edit_here, EditHere::Would(Effect::InForce));
    assert_eq!(packaged.edit_there, ["/etc/sysctl.d/99-zz-kvmprep.conf"]);
    let el6 = Options::default().with_dialect(FileType::Sysctl, "el6").unwrap();
    let path = "/etc/sysctl.d/30-kvm.conf".into();
    let beaten = explain(&host, path, FileType::Sysctl, el6, &Circumstances::default(), "vm.swappiness").unwrap();
    assert_eq!(beaten.edit_there, ["/etc/sysctl.conf"], "read last, and there is no boot-time reader");
}

/// The edit that `explain` names beside those of the key in the named file: files, then places with their keys.
fn ways(host: &MemoryFiles, key: &str, options: Options) -> (Vec<String>, Vec<String>) {
    let path = "/etc/ssh/sshd_config".into();
    let told = explain(host, path, FileType::Sshd, options, &Circumstances::default(), key).unwrap();
    let instead =
        told.edit_instead.iter().map(|edit| format!("{} {}", edit.site, edit.key.as_deref().unwrap_or("by hand")));
    (told.edit_there.iter().map(ToString::to_string).collect(), instead.collect())
}

#[test]
fn the_edit_that_takes_effect_is_named_wherever_it_is_made() {
    let main = "Include /etc/ssh/own.conf\nInclude sshd_config.d/*.conf\nBanner none\n";
    let host = |main: &str| MemoryFiles::new().with("/etc/ssh/sshd_config", main);
    let drop_ins = |host: MemoryFiles| host.with("/etc/ssh/sshd_config.d/50.conf", "UsePAM no\n");
    let el8 = Options::default().with_dialect(FileType::Sshd, "el8").unwrap();
    let policy = |host: MemoryFiles| {
        host.with("/etc/crypto-policies/back-ends/opensshserver.config", "CRYPTO_POLICY='-oCiphers=aes128-ctr'\n")
    };
    let asked = [
        (
            "an include of somebody's own",
            drop_ins(host(main).with("/etc/ssh/own.conf", "Banner /o\n")),
            "Banner",
            "/etc/ssh/own.conf",
            "",
        ),
        (
            "Match all",
            drop_ins(host("Banner none\nMatch all\n\tBanner /a\n")),
            "Banner",
            "",
            "etc/ssh/sshd_config:3 Match[all].Banner",
        ),
        (
            "Match all of a drop-in",
            host("Include sshd_config.d/*.conf\nBanner none\n")
                .with("/etc/ssh/sshd_config.d/50.conf", "Match all\nBanner /a\n"),
            "Banner",
            "",
            "etc/ssh/sshd_config.d/50.conf:2 Match[all].Banner",
        ),
        (
            "the command line",
            host(main).with("/etc/sysconfig/sshd", "# own\nOPTIONS=\"-oBanner=/c\"\n"),
            "Banner",
            "",
            "etc/sysconfig/sshd:2 by hand",
        ),
        (
            "another main file that sets it",
            host(main).with("/etc/sysconfig/sshd", "OPTIONS=-f/srv/sshd\n").with("/srv/sshd", "Banner /s\n"),
            "Banner",
            "/srv/sshd",
            "",
        ),
        (
            "another main file that does not",
            policy(host(main)).with("/etc/sysconfig/sshd", "OPTIONS=-f/srv/sshd\n").with("/srv/sshd", "Banner /s\n"),
            "UsePAM",
            "/srv/sshd",
            "",
        ),
        ("what a tool makes", policy(host(main)), "Ciphers", "", ""),
    ];
    for (what, host, key, there, instead) in asked {
        let one = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty()).into_iter().collect::<Vec<_>>();
        assert_eq!(ways(&host, key, el8), (one(there), one(instead)), "{what}");
    }
}
