//! What is remarked of a file, where, and what mends it.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs)]

use kvmprep_lossless::{Document, Edit, Format, Text};
use kvmprep_sysctl_conf::SysctlConf;

/// `code: what it is about`, and a mark where there is a fix.
fn lints(text: &str) -> Vec<String> {
    let read = Text::read(SysctlConf::default(), text);
    let told = read.syntax().lint(&read).into_iter().map(|lint| {
        let about = String::from_utf8_lossy(lint.diagnostic.span.unwrap().of(text.as_bytes())).into_owned();
        format!("{}: {}{}", lint.diagnostic.code, about.trim_end(), if lint.fix.is_some() { " (fix)" } else { "" })
    });
    told.collect()
}

fn fixed(text: &str) -> String {
    let mut document = Document::<SysctlConf>::parse(text);
    for lint in document.dialect().lint(document.text()) {
        if let Some(fix) = lint.fix {
            document.apply(&fix).unwrap();
        }
    }
    String::from_utf8(document.to_bytes()).unwrap()
}

#[test]
fn each_remark_stands_at_its_place() {
    for (text, expected) in [
        ("vm.swappiness = 1\n", &[][..]),
        ("vm.swappiness = 201\n", &["out-of-range: 201"]),
        ("vm.overcommit_memory = -1\n", &["out-of-range: -1"]),
        ("vm.overcommit_memory = yes\n", &["not-a-number: yes"]),
        ("vm.swappiness = 0x0a\nvm.dirty_ratio = 5000\n", &[]),
        ("vm.swappiness = 10 # low\n", &["trailing-comment: # low"]),
        ("net.ipv4.conf.eth0.100.rp_filter = 1\n", &["vlan-dots: net.ipv4.conf.eth0.100.rp_filter"]),
        ("net.ipv4.conf.eth0/100.rp_filter = 1\n", &[]),
        ("/proc/sys/vm/swappiness = 1\n", &["proc-path: /proc/sys/vm/swappiness"]),
        ("VM.swappiness = 1\n", &["key-case: VM.swappiness"]),
        ("vendor.x = 1\n", &[]),
        ("-vm.swappiness = 1\n", &["dash: -vm.swappiness = 1"]),
        ("vm.swappiness 1\n", &["no-assignment: vm.swappiness 1"]),
        ("- vm.swappiness = 300\n", &["readers-differ: - vm.swappiness = 300"]),
    ] {
        assert_eq!(lints(text), expected, "{text:?}");
    }
}

#[test]
fn help_says_how_the_key_is_spelled() {
    let help = |text: &str| {
        let read = Text::read(SysctlConf::default(), text);
        read.syntax().lint(&read)[0].diagnostic.help.clone().unwrap()
    };
    assert_eq!(help("net.ipv4.conf.eth0.100.rp_filter = 1\n"), "write `net.ipv4.conf.eth0/100.rp_filter`");
    assert_eq!(help("/proc/sys/vm/swappiness = 1\n"), "write `vm/swappiness`");
    assert_eq!(help("Net.ipv4.ip_forward = 1\n"), "write `net`");
}

#[test]
fn what_is_set_again_is_taken_out() {
    let text = "# a\nvm.swappiness = 60\nvm/swappiness=30 \nvm.dirty_ratio = 5\n-vm.swappiness = 1\n";
    assert_eq!(lints(text), ["shadowed: 60 (fix)", "shadowed: 30 (fix)", "dash: -vm.swappiness = 1"]);
    assert_eq!(fixed(text), "# a\nvm.dirty_ratio = 5\n-vm.swappiness = 1\n");
}

#[test]
fn what_may_still_count_stays() {
    for text in [
        // systemd drops the settings above, and procps keeps the last one
        "vm.swappiness = 60\nvm.swappiness = 1\n-vm.swappiness\n",
        // the kernel may refuse the last one
        "kernel.core_pattern = core\nkernel.core_pattern = a b\n",
        // it does
        "vm.swappiness = 60\nvm.swappiness = 500\n",
        // a value that no verb writes
        "vm.swappiness = 60\nvm.swappiness = 10 # low\n",
        // the readers do not take the file for the same lines
        "vm.swappiness = 60\nvm.swappiness = 1\n# a\rb\n",
    ] {
        assert_eq!(fixed(text), text);
        assert!(lints(text).iter().all(|lint| !lint.ends_with("(fix)")), "{text:?}");
    }
    assert_eq!(fixed("kernel.domainname = x\nkernel.domainname = x\n"), "kernel.domainname = x\n");
}

#[test]
fn a_fix_is_the_edit_that_is_shown() {
    let text = Text::read(SysctlConf::default(), "vm.swappiness = 60\nvm.swappiness = 1\n");
    let fix = text.syntax().lint(&text).remove(0).fix.unwrap();
    assert_eq!(fix.edit, Edit::Set { key: "vm.swappiness".parse().unwrap(), to: vec!["1".into()] });
}
