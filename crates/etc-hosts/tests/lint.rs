//! What is remarked of a file, where, and what mends it.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs)]

use kvmprep_etc_hosts::{EtcHosts, HostsFile};
use kvmprep_lossless::{Format, Text};

/// `code: what it is about`, and a mark where there is a fix.
fn lints(text: &str) -> Vec<String> {
    let told = EtcHosts.lint(&Text::read(EtcHosts, text)).into_iter().map(|lint| {
        let about = String::from_utf8_lossy(lint.diagnostic.span.unwrap().of(text.as_bytes())).into_owned();
        format!("{}: {}{}", lint.diagnostic.code, about.trim_end(), if lint.fix.is_some() { " (fix)" } else { "" })
    });
    told.collect()
}

fn fixed(text: &str) -> String {
    let mut hosts = HostsFile::parse(text);
    while let Some(fix) = EtcHosts.lint(hosts.text()).into_iter().find_map(|lint| lint.fix) {
        assert!(hosts.apply(&fix).unwrap().is_made());
    }
    String::from_utf8(hosts.to_bytes()).unwrap()
}

#[test]
fn each_remark_stands_at_its_place() {
    for (text, expected) in [
        ("192.0.2.11 kvm1.example.com kvm1\n", &[][..]),
        ("192.0.2.11 kvm1 KVM1\n", &["duplicate: KVM1"]),
        ("192.0.2.11 kvm1\n192.0.2.11 stor1 kvm1\n", &["address-repeated: 192.0.2.11", "duplicate: kvm1"]),
        ("192.0.2.11 kvm1\n192.0.2.12 kvm1\n", &["several-addresses: kvm1"]),
        ("192.0.2.11 kvm1,kvm2\n", &["name-character: kvm1,kvm2"]),
        ("192.0.2.11 kvm1.\n", &["name-dot: kvm1."]),
        ("192.0.2.11 192.0.2.12\n", &["name-is-address: 192.0.2.12"]),
        ("127.0.1.1 kvm1\n", &["name-on-loopback: kvm1"]),
        ("192.0.2.011 kvm1\n", &["address-leading-zero: 192.0.2.011"]),
    ] {
        assert_eq!(lints(text), expected, "{text:?}");
    }
}

#[test]
fn a_line_that_is_said_already_is_taken_out() {
    let text =
        "192.0.2.11 kvm1.example.com kvm1\n# c\n192.0.2.11 KVM1\n192.0.2.12 kvm1\n192.0.2.11 kvm1 kvm1.example.com\n";
    // the edit that takes the first one out would cut the second one: that goes first
    let repeated: Vec<_> = lints(text).into_iter().filter(|lint| lint.starts_with("duplicate")).collect();
    assert_eq!(repeated, ["duplicate: 192.0.2.11 KVM1", "duplicate: 192.0.2.11 kvm1 kvm1.example.com (fix)"]);
    assert_eq!(fixed(text), "192.0.2.11 kvm1.example.com kvm1\n# c\n192.0.2.12 kvm1\n");
}

#[test]
fn what_a_lookup_or_a_person_would_miss_stays() {
    for text in [
        // the comment would go
        "192.0.2.11 kvm1\n192.0.2.11 kvm1 # rack 3\n",
        // `stor1` would get another canonical name
        "192.0.2.11 kvm1\n192.0.2.11 kvm1 stor1\n",
        // systems expect it on their loopback lines
        "127.0.0.1 localhost\n127.0.0.1 localhost\n",
        // no verb writes such a name
        "192.0.2.11 a,b\n192.0.2.11 a,b\n",
        // another line would be cut as well
        "192.0.2.11 kvm1\n192.0.2.11 kvm1\n192.0.2.11 stor1 kvm1\n",
    ] {
        assert_eq!(fixed(text), text);
    }
}
