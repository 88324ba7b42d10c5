//! What is shown to people: a reading, diagnostics, refusals, notes.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fmt::Write;

use bstr::ByteSlice;
use kvmprep_etc_hosts::{EtcHosts, HostsFile, Key, Reader};
use kvmprep_lossless::{Change, Edit, EditError, Reading, Report, Request, Subject, Text};

const LIVED_IN: &[u8] = b"\
# Your system has configured 'manage_etc_hosts' as True.
127.0.0.1   localhost localhost.localdomain localhost4
127.0.1.1   kvm1.example.com kvm1  # installer
::1         localhost ip6-localhost kvm1

  192.0.2.11\tstor1\t# rack 3
192.0.2.12 kvm2 kvm2.example.com#peer
192.0.2.12 nfs
192.0.2.13 kvm2
2001:DB8::13 KVM3
::ffff:192.0.2.14 kvm4
192.0.2.15
192.0.2.16 192.0.2.17 caf\xe9
127.1 short
192.0.2.018 zero
fe80::1%eth0 zone
[2001:db8::1] brackets
2001:db8::1/64 prefix
192.0.2.1,192.0.2.2 list
kvm5 192.0.2.19
; 192.0.2.20 semicolon
#192.0.2.21 off
192.0.2.22 crlf\r
192.0.2.23 tail";

fn snapshot(name: &str, shown: &str) {
    insta::with_settings!({
        snapshot_path => "../../../snapshots/etc-hosts",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, { insta::assert_snapshot!(name, shown) });
}

#[test]
fn a_reading_in_outline() {
    let text = Text::read(EtcHosts, LIVED_IN);
    let mut shown = String::new();
    for row in text.rows() {
        writeln!(shown, "{:?} {:?}", row.kind, bstr::BStr::new(row.bytes)).unwrap();
        let mut facts = Vec::new();
        EtcHosts.facts(Reader, text.run_of(row.index..row.index + 1), &mut facts);
        for fact in facts {
            let subject = match fact.subject {
                Subject::Setting(key) => key.to_string(),
                other => format!("{other:?}"),
            };
            writeln!(shown, "    {subject} = {:?}", fact.value).unwrap();
        }
    }
    snapshot("reading", &shown);
}

#[test]
fn diagnostics_of_a_lived_in_file() {
    let reported = |bytes: &[u8]| {
        let hosts = HostsFile::parse(bytes);
        let report = |diagnostic| format!("{}\n", Report { path: "etc/hosts", text: bytes, diagnostic });
        hosts.diagnostics().iter().map(report).collect::<String>()
    };
    snapshot("diagnostics", &reported(LIVED_IN));
    let hidden = [&b"\xef\xbb\xbf127.0.0.1 localhost\n192.0.2.1 a\0 b\n"[..], b"127.0.0.1 localhost\r192.0.2.1 a\r"];
    snapshot("diagnostics_hidden", &hidden.map(reported).concat());
    snapshot("diagnostics_byte_order_mark", &reported(b"\xef\xbb\xbf# hosts\n192.0.2.1 a\n"));
}

#[test]
fn stock_files_have_nothing_to_say() {
    let redhat = "127.0.0.1   localhost localhost.localdomain localhost4 localhost4.localdomain4\n\
        ::1         localhost localhost.localdomain localhost6 localhost6.localdomain6\n";
    let debian = "127.0.0.1\tlocalhost\n::1     localhost ip6-localhost ip6-loopback\nff02::1 ip6-allnodes\n";
    for stock in [redhat, debian] {
        assert_eq!(HostsFile::parse(stock).diagnostics(), []);
    }
}

#[test]
fn refusals_and_notes_of_the_verbs() {
    let set = |names: &str, to: &str| Request::set_all(names.parse::<Key>().unwrap(), to.split(' '));
    let key = |names: &str| names.parse::<Key>().unwrap();
    let requests = [
        set("kvm1.example.com,kvm1", "192.0.2.11"),
        set("stor1", "192.0.2.30"),
        set("kvm2", "192.0.2.12 192.0.2.13"),
        set("localhost", "192.0.2.1"),
        set("kvm4", "2001:db8::14"),
        set("kvm9", "192.0.2.018"),
        set("kvm9", "::1"),
        set("kvm9/v6", "192.0.2.1"),
        set("192.0.2.1", "kvm9"),
        set("kvm9.", "192.0.2.1"),
        Request::unset(key("kvm1")),
        Request::unset(key("KVM3/v4")),
        Request::disable(key("kvm2")),
        Request::disable(key("nfs")),
        Request::add(key("nfs"), "192.0.2.13"),
        Request::add(key("kvm9"), "192.0.2.13"),
        Request::remove(key("kvm2"), "192.0.2.13"),
    ];
    let mut shown = String::new();
    for request in &requests {
        let mut hosts = HostsFile::parse(LIVED_IN);
        writeln!(shown, "{} {} {}", request.edit.verb(), request.edit.key(), values(&request.edit)).unwrap();
        let report = |diagnostic| format!("{}\n", Report { path: "etc/hosts", text: LIVED_IN, diagnostic });
        match hosts.apply(request) {
            Err(EditError::Refused(refusal)) => shown += &report(&refusal.0),
            Err(other) => panic!("{other}"),
            Ok(change) => {
                change.notes().iter().for_each(|note| shown += &report(note));
                if let Change::Made { .. } = change {
                    shown += &hosts.unified_diff("etc/hosts").to_string();
                }
            }
        }
        shown.push('\n');
    }
    snapshot("verbs", &shown);
}

#[test]
fn keys_that_name_nothing() {
    let keys = ["", "a,,b", "kvm1/v5", "kvm1/", "a b", "a#b", "a\nb", "a\\", "a\\xzz", "a\\x0a"];
    let shown = keys.map(|key| format!("{}\n", key.parse::<Key>().unwrap_err())).concat();
    snapshot("keys", &shown);
}

fn values(edit: &Edit<Key>) -> String {
    match edit {
        Edit::Set { to, .. } => bstr::join(" ", to).as_bstr().to_string(),
        Edit::Add { item, .. } | Edit::Remove { item, .. } => item.to_string(),
        Edit::Unset { .. } | Edit::Disable { .. } => String::new(),
    }
}
