//! The laws of the core over hosts files, generated and arbitrary.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeSet;
use std::net::IpAddr;

use bstr::BString;
use kvmprep_etc_hosts::effective::{Host, Multi, by_address, by_name};
use kvmprep_etc_hosts::{EtcHosts, Family, HostsFile, Key, OwnName};
use kvmprep_lossless::effective::{Decision, Effective, Host as OnHost};
use kvmprep_lossless::files::{Location, MemoryFiles};
use kvmprep_lossless::{Absent, Format, Request, Text, Value, laws};
use proptest::prelude::*;

const NAMES: [&str; 8] = ["kvm1", "KVM1", "kvm1.example.com", "kvm2", "stor1", "localhost", "ip6-loopback", "kvm10"];
const ADDRESSES: [&str; 12] = [
    "192.0.2.11",
    "192.0.2.12",
    "10.0.0.1",
    "127.0.0.1",
    "127.0.1.1",
    "::1",
    "0:0::1",
    "2001:db8::11",
    "2001:DB8:0::11",
    "::ffff:192.0.2.11",
    "127.1",
    "fe80::1%lo",
];

fn blank() -> impl Strategy<Value = &'static str> {
    prop_oneof![4 => Just(" "), 1 => Just("   "), 1 => Just("\t"), 1 => Just(" \t "), 1 => Just("\r"), 1 => Just("\x0b")]
}

fn line() -> impl Strategy<Value = String> {
    let name = (blank(), prop::sample::select(&NAMES[..])).prop_map(|(blank, name)| format!("{blank}{name}"));
    let names = prop::collection::vec(name, 0..4).prop_map(|names| names.concat());
    let comment = prop_oneof![3 => Just(""), 1 => Just(" # kvm1"), 1 => Just("#c"), 1 => Just("   # x y")];
    let lead = prop_oneof![5 => Just(""), 1 => Just("  "), 1 => Just("#")];
    let ending = prop_oneof![5 => Just("\n"), 1 => Just("\r\n"), 1 => Just(" \n")];
    (lead, prop::sample::select(&ADDRESSES[..]), names, comment, ending)
        .prop_map(|(lead, address, names, comment, ending)| [lead, address, &names, comment, ending].concat())
}

fn file() -> impl Strategy<Value = Vec<u8>> {
    let other = prop_oneof![Just("\n".to_owned()), Just("# c\n".to_owned()), Just("nonsense\n".to_owned())];
    let lines = prop::collection::vec(prop_oneof![5 => line(), 1 => other], 0..8);
    (lines, any::<bool>()).prop_map(|(lines, cut)| {
        let mut text = lines.concat().into_bytes();
        text.truncate(text.len() - usize::from(cut && !text.is_empty()));
        text
    })
}

/// Some of its lines said again.
fn doubled() -> impl Strategy<Value = Vec<u8>> {
    (file(), file()).prop_map(|(head, tail)| [&head[..], b"\n", &head, &tail, b"\n", &head].concat())
}

/// Addresses, the canonical name, and all names in lower case.
type Plain = (Vec<IpAddr>, BString, BTreeSet<Vec<u8>>);

/// A host without its repeats.
fn plain(host: Option<Host>) -> Option<Plain> {
    let host = host?;
    let mut addresses = Vec::new();
    for address in host.addresses {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    let names = host.aliases.iter().chain([&host.canonical]).map(|name| name.to_ascii_lowercase()).collect();
    Some((addresses, host.canonical, names))
}

/// All that the C library may be asked.
fn lookups(hosts: &HostsFile) -> Vec<Option<Plain>> {
    let text = hosts.text();
    let families = [None, Some(Family::V4), Some(Family::V6)];
    let asked = |name: &'static str| {
        families.into_iter().flat_map(move |family| [Multi::On, Multi::Off].map(|multi| (name, family, multi)))
    };
    let named =
        NAMES.into_iter().flat_map(asked).map(|(name, family, multi)| by_name(text, name.as_bytes(), family, multi));
    let addressed = ADDRESSES.into_iter().filter_map(|address| Some(by_address(text, address.parse().ok()?)));
    named.chain(addressed).map(plain).collect()
}

fn arbitrary_file() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        6 => prop::sample::select(&b" \t\n\r#kvm1.0:"[..]),
        1 => any::<u8>(),
    ];
    prop::collection::vec(byte, 0..60)
}

fn key() -> impl Strategy<Value = Key> {
    let names = prop::collection::vec(prop::sample::select(&NAMES[..]), 1..4);
    (names, prop_oneof![4 => Just(None), 1 => Just(Some(Family::V4)), 1 => Just(Some(Family::V6))]).prop_map(
        |(names, family)| {
            let key = Key::names(names);
            family.map_or(key.clone(), |family| key.of_family(family))
        },
    )
}

fn request() -> impl Strategy<Value = Request<Key>> {
    let address = || prop::sample::select(&ADDRESSES[..]);
    let plain = prop_oneof![
        6 => (key(), prop::collection::vec(address(), 1..3)).prop_map(|(key, to)| Request::set_all(key, to)),
        2 => key().prop_map(Request::unset),
        2 => key().prop_map(Request::disable),
        2 => (key(), address()).prop_map(|(key, item)| Request::add(key, item)),
        2 => (key(), address()).prop_map(|(key, item)| Request::remove(key, item)),
    ];
    let absent = prop::sample::select(vec![Absent::Usual, Absent::InsertBelow, Absent::Leave, Absent::Plus]);
    let allowed = prop::collection::vec(prop::sample::select(vec!["nul", "cr-only", "kept-name", "shared-line"]), 0..3);
    (plain, any::<bool>(), absent, allowed).prop_map(|(request, dedupe, absent, allowed)| {
        let request = allowed.into_iter().fold(request.absent(absent), Request::allow);
        if dedupe { request.dedupe() } else { request }
    })
}

fn word() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 1..12),
        prop::sample::select(&ADDRESSES[..]).prop_map(|address| address.as_bytes().to_vec()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_without_loss(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        laws::reading_loses_nothing(&EtcHosts, &bytes).unwrap();
        HostsFile::parse(bytes).diagnostics();
    }

    #[test]
    fn edits_of_realistic_files_keep_their_promises(
        bytes in file(), requests in prop::collection::vec(request(), 1..5)
    ) {
        laws::edits_keep_their_promises(&EtcHosts, &bytes, &requests).unwrap();
    }

    #[test]
    fn edits_of_arbitrary_bytes_keep_their_promises(
        bytes in arbitrary_file(), requests in prop::collection::vec(request(), 1..4)
    ) {
        laws::edits_keep_their_promises(&EtcHosts, &bytes, &requests).unwrap();
    }

    #[test]
    fn a_name_moved_in_place_and_back_leaves_the_empty_patch(
        head in file(), blank in prop_oneof![Just(" "), Just("      "), Just("\t")], tail in "( # x)?\r?\n"
    ) {
        let bytes = [&head[..], b"\n192.0.2.77", blank.as_bytes(), b"solo", tail.as_bytes()].concat();
        let there = Request::set(Key::name("solo"), "10.11.12.13");
        let back = Request::set(Key::name("solo"), "192.0.2.77");
        laws::set_and_set_back_is_nothing(&EtcHosts, &bytes, &there, &back).unwrap();
    }

    #[test]
    fn several_names_moved_in_both_families_and_back_leave_the_empty_patch(
        head in file(),
        names in prop::sample::subsequence(&["solo.example.com", "solo", "SOLO2", "alone"][..], 1..5).prop_shuffle(),
        order in Just(&["alone", "solo", "solo2", "solo.example.com"][..]).prop_flat_map(|all| Just(all.to_vec()).prop_shuffle()),
        tail in "( # x)?\r?\n",
    ) {
        let line = |address: &str| format!("{address} {}{tail}", names.join(" "));
        let bytes = [&head[..], b"\n", line("192.0.2.77").as_bytes(), line("2001:db8::77").as_bytes()].concat();
        let named = order.into_iter().filter(|name| names.iter().any(|on_line| on_line.eq_ignore_ascii_case(name)));
        let key = Key::names(named);
        let there = Request::set_all(key.clone(), ["10.11.12.13", "2001:db8::1:77"]);
        let back = Request::set_all(key, ["192.0.2.77", "2001:db8::77"]);
        laws::set_and_set_back_is_nothing(&EtcHosts, &bytes, &there, &back).unwrap();
    }

    #[test]
    fn what_is_set_is_what_the_c_library_answers(bytes in file(), name in "[a-z][a-z0-9]{0,8}", last in 1_u8..250) {
        let mut hosts = HostsFile::parse(bytes);
        let address = format!("198.51.100.{last}");
        hosts.apply(&Request::set(Key::name(name.as_str()), address.as_str())).unwrap();
        let text = Text::read(EtcHosts, hosts.to_bytes());
        let host = by_name(&text, name.as_bytes(), Some(Family::V4), Multi::On).unwrap();
        prop_assert_eq!(host.addresses, [address.parse::<IpAddr>().unwrap()]);
    }

    #[test]
    fn the_text_of_a_key_reads_back(
        names in prop::collection::vec(word(), 1..3), family in 0..3
    ) {
        let speakable = |name: &Vec<u8>| !name.iter().any(|b| b" \t\x0b\x0c\r\n#\0".contains(b));
        prop_assume!(names.iter().all(speakable));
        let key = Key::names(names);
        let key = match family {
            0 => key,
            1 => key.of_family(Family::V4),
            _ => key.of_family(Family::V6),
        };
        let read: Key = key.to_string().parse().unwrap();
        prop_assert_eq!(read, key);
    }

    #[test]
    fn a_fix_mends_what_it_is_offered_for_and_no_lookup_answers_otherwise(bytes in prop_oneof![file(), doubled()]) {
        let mut hosts = HostsFile::parse(bytes);
        let before = lookups(&hosts);
        let fixable = |hosts: &HostsFile| EtcHosts.lint(hosts.text()).into_iter().find_map(|lint| lint.fix);
        let open = |hosts: &HostsFile| EtcHosts.lint(hosts.text()).len();
        while let Some(fix) = fixable(&hosts) {
            let told = open(&hosts);
            prop_assert!(hosts.apply(&fix).unwrap().is_made());
            prop_assert_eq!(&lookups(&hosts), &before);
            prop_assert!(open(&hosts) < told);
        }
    }

    #[test]
    fn what_is_explained_is_what_lookups_answer(
        bytes in prop_oneof![file(), arbitrary_file()], key in key(), multi in prop::sample::select(vec![Multi::On, Multi::Off])
    ) {
        let host_conf = if multi == Multi::On { "multi on\n" } else { "" };
        let files = MemoryFiles::new().with("/etc/hosts", bytes.clone()).with("/etc/host.conf", host_conf);
        let text = Text::read(EtcHosts, bytes.clone());
        let host = OnHost { files: &files, path: "/etc/hosts".into() };
        for Decision { point, value, at, shadowed, .. } in EtcHosts.explain(host, &OwnName::default(), &key).decisions {
            let Key::Names(names) = &point.key else { continue };
            let family = if point.consumer.ends_with("IPv4") { Family::V4 } else { Family::V6 };
            let answer = plain(by_name(&text, names.names()[0].as_bytes(), Some(family), multi));
            let addresses = answer.map_or(Vec::new(), |(addresses, ..)| addresses);
            let told: Vec<BString> = addresses.iter().map(|address| address.to_string().into()).collect();
            prop_assert_eq!(value, (!told.is_empty()).then_some(Value::Known(told)));
            let written = |at: &Location| std::str::from_utf8(at.span.of(&bytes)).unwrap().parse::<IpAddr>().unwrap();
            let places: Vec<IpAddr> = at.iter().map(written).filter_map(|address| family.view(address)).collect();
            // Lines that the C library misreads are no places.
            prop_assert!(places == addresses || !bytes.ends_with(b"\n") || bytes.contains(&0));
            prop_assert!(shadowed.iter().map(written).all(|address| family.view(address).is_some()));
        }
    }

    #[test]
    fn every_setting_set_to_what_it_is_changes_no_more_than_a_misread_end(bytes in file()) {
        let mut hosts = HostsFile::parse(bytes.clone());
        let mut misread = false;
        for setting in hosts.settings() {
            let values = setting.value.known().unwrap().to_vec();
            let change = hosts.apply(&Request::set_all(setting.key.clone(), values));
            let ended = change.unwrap().notes().iter().any(|note| note.code == "line-ended");
            misread |= ended;
            prop_assert!(misread || hosts.patch().is_empty(), "{}", setting.key);
            let after = hosts.to_bytes();
            prop_assert_eq!(after.trim_ascii_end(), bytes.trim_ascii_end());
        }
    }
}
