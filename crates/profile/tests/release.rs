//! Which release a host is, by its own files, and that its files are read so.
#![allow(clippy::unwrap_used, missing_docs)]

use kvmprep_lossless::files::MemoryFiles;
use kvmprep_profile::{Given, Outcome, Profile, Release, plan};

#[test]
fn a_host_names_its_release_in_os_release_or_in_redhat_release() {
    let table = [
        ("/etc/os-release", "ID=\"rhel\"\nVERSION_ID=\"7.9\"\n", Some("el7")),
        ("/etc/os-release", "ID=\"ol\"\nVERSION_ID=\"8.10\"\n", Some("el8")),
        ("/usr/lib/os-release", "NAME='AlmaLinux'\nID='almalinux'\nVERSION_ID='10.0'\n", Some("el10")),
        ("/etc/os-release", "# ID=rocky\nID=debian\nVERSION_ID=11\n", Some("debian11")),
        ("/etc/redhat-release", "CentOS release 6.10 (Final)\n", Some("el6")),
        ("/etc/redhat-release", "Red Hat Enterprise Linux Server release 6.9 (Santiago)\n", Some("el6")),
        ("/etc/redhat-release", "Fedora release 12 (Constantine)\n", None),
        ("/etc/os-release", "ID=debian\n", None),
        ("/etc/os-release", "ID=debian\nVERSION_ID=13\n", None),
        ("/etc/os-release", "ID=amzn\nID_LIKE=\"centos rhel fedora\"\nVERSION_ID=2\n", None),
        ("/etc/os-release", "", None),
    ];
    for (path, text, name) in table {
        let host = MemoryFiles::new().with(path, text);
        assert_eq!(Release::of_host(&host).map(Release::name), name, "{text}");
    }
}

#[test]
fn what_os_release_says_goes_before_redhat_release() {
    let host = MemoryFiles::new()
        .with("/etc/os-release", "ID=fedora\nVERSION_ID=41\n")
        .with("/etc/redhat-release", "CentOS release 6.10 (Final)\n");
    assert_eq!(Release::of_host(&host), None);
}

#[test]
fn a_plan_reads_for_the_release_of_the_host_unless_the_profile_names_a_dialect() {
    // systemd takes the comment into the value, and RHEL 6 has no systemd.
    let profile = |dialect: &str| {
        let file = "[[file]]\npath = \"/etc/sysconfig/a\"\ntype = \"sysconfig\"";
        let edit = "[[file.edit]]\nset = \"A\"\nto = \"1\"\nwhy = \"w\"";
        Profile::parse(&format!("schema = 1\nname = \"p\"\nsummary = \"s\"\n{file}\n{dialect}\n{edit}\n")).unwrap()
    };
    let host = MemoryFiles::new()
        .with("/etc/redhat-release", "CentOS release 6.10 (Final)\n")
        .with("/etc/sysconfig/a", "A=1 # one\n");
    let is_so = |dialect: &str| {
        let plan = plan(&[profile(dialect)], &Given::default(), &host, |_| true).unwrap();
        matches!(plan.files[0].edits[0].outcome, Outcome::AlreadySo { .. })
    };
    assert!(is_so(""));
    assert!(!is_so("dialect = \"252\""));
}
