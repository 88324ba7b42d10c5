//! Every verb with both texts visible: before, request, after or refused(code).
#![allow(clippy::unwrap_used, missing_docs)]

use bstr::ByteSlice;
use kvmprep_etc_hosts::effective::{Multi, by_name};
use kvmprep_etc_hosts::{EtcHosts, HostsFile, Key, Reader};
use kvmprep_lossless::{Absent, Change, EditError, Format, Request, Text};

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

fn set(names: &str, address: &str) -> Request<Key> {
    Request::set_all(key(names), address.split(' '))
}

fn unset(names: &str) -> Request<Key> {
    Request::unset(key(names))
}

fn disable(names: &str) -> Request<Key> {
    Request::disable(key(names))
}

fn add(names: &str, address: &str) -> Request<Key> {
    Request::add(key(names), address)
}

fn remove(names: &str, address: &str) -> Request<Key> {
    Request::remove(key(names), address)
}

/// Applies the request, and again: the second time it is already so.
fn edited(before: &[u8], request: &Request<Key>) -> Result<(Vec<u8>, Vec<&'static str>), EditError> {
    let mut hosts = HostsFile::parse(before);
    let change = hosts.apply(request)?;
    let after = hosts.to_bytes();
    assert_eq!(change.is_made(), after != before, "{request:?}: {change:?}");
    let again = hosts.apply(request).unwrap();
    assert!(!again.is_made(), "the second time: {request:?}: {again:?} in {}", hosts.to_bytes().as_bstr());
    assert_eq!(hosts.to_bytes(), after);
    Ok((after, change.notes().iter().map(|note| note.code).collect()))
}

#[track_caller]
fn gives(before: impl AsRef<[u8]>, request: Request<Key>, after: impl AsRef<[u8]>) -> Vec<&'static str> {
    let (edited, notes) = edited(before.as_ref(), &request).unwrap();
    assert_eq!(edited.as_bstr(), after.as_ref().as_bstr());
    notes
}

#[track_caller]
fn unchanged(before: impl AsRef<[u8]>, request: Request<Key>) -> Vec<&'static str> {
    gives(before.as_ref(), request, before.as_ref())
}

#[track_caller]
fn refused(before: impl AsRef<[u8]>, request: Request<Key>, code: &str) {
    let mut hosts = HostsFile::parse(before.as_ref());
    match hosts.apply(&request) {
        Err(EditError::Refused(refusal)) => assert_eq!(refusal.code(), code, "{refusal}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(hosts.to_bytes(), before.as_ref());
}

#[test]
fn set_changes_the_address_alone_where_all_names_of_a_line_move() {
    gives(
        "127.0.1.1\tkvm1.example.com\tkvm1\n",
        set("kvm1.example.com,kvm1", "192.0.2.11"),
        "192.0.2.11\tkvm1.example.com\tkvm1\n",
    );
    gives("192.0.2.11 kvm1\n", set("kvm1", "192.0.2.12"), "192.0.2.12 kvm1\n");
    gives("::1 kvm1 # own\n", set("kvm1", "192.0.2.12"), "192.0.2.12 kvm1 # own\n");
    gives("::1 kvm1\n127.0.1.1 kvm1 # own\n", set("kvm1", "192.0.2.12"), "192.0.2.12 kvm1 # own\n");
}

#[test]
fn set_takes_a_name_off_a_line_it_shares_and_writes_a_new_one_in_the_same_column() {
    gives(
        "127.0.0.1   localhost kvm1  # own\n",
        set("kvm1", "192.0.2.11"),
        "127.0.0.1   localhost  # own\n192.0.2.11  kvm1\n",
    );
}

#[test]
fn set_for_v4_takes_the_name_off_the_v6_loopback_line_which_answers_v4_too() {
    let notes = gives("::1 localhost kvm1\n", set("kvm1", "192.0.2.11"), "::1 localhost\n192.0.2.11 kvm1\n");
    assert_eq!(notes, ["other-family"]);
}

#[test]
fn set_in_one_family_leaves_the_other_alone() {
    let both = "192.0.2.11 kvm1\n2001:db8::11 kvm1\n";
    gives(both, set("kvm1", "192.0.2.12"), "192.0.2.12 kvm1\n2001:db8::11 kvm1\n");
    gives(both, set("kvm1", "2001:db8::12"), "192.0.2.11 kvm1\n2001:db8::12 kvm1\n");
    gives(both, set("kvm1/v6", "2001:db8::12"), "192.0.2.11 kvm1\n2001:db8::12 kvm1\n");
    gives(both, set("kvm1", "192.0.2.12 2001:db8::12"), "192.0.2.12 kvm1\n2001:db8::12 kvm1\n");
    refused(both, set("kvm1/v4", "2001:db8::12"), "address-family");
}

#[test]
fn set_adds_an_alias_behind_the_last_name_and_the_comment_gives_way() {
    gives(
        "192.0.2.11   kvm1.example.com   kvm1   # rack 3\n",
        set("stor1", "192.0.2.11"),
        "192.0.2.11   kvm1.example.com   kvm1   stor1 # rack 3\n",
    );
    gives("192.0.2.11 kvm1#c\n", set("stor1", "192.0.2.11"), "192.0.2.11 kvm1 stor1#c\n");
    gives("192.0.2.11 kvm1          # c\n", set("stor1", "192.0.2.11"), "192.0.2.11 kvm1 stor1    # c\n");
    gives("192.0.2.11\tkvm1\t# c\n", set("stor1", "192.0.2.11"), "192.0.2.11\tkvm1 stor1\t# c\n");
    gives("192.0.2.11\tkvm1\tk  \n", set("stor1", "192.0.2.11"), "192.0.2.11\tkvm1\tk\tstor1  \n");
}

#[test]
fn set_keeps_crlf_and_ends_an_unended_last_line() {
    gives("192.0.2.11 kvm1\r\n", set("stor1", "192.0.2.11"), "192.0.2.11 kvm1 stor1\r\n");
    gives("192.0.2.11 kvm1\r\n", set("kvm2", "192.0.2.12"), "192.0.2.11 kvm1\r\n192.0.2.12 kvm2\r\n");
    gives(
        "127.0.0.1 lo\r\n192.0.2.11 k",
        set("kvm2", "192.0.2.12"),
        "127.0.0.1 lo\r\n192.0.2.11 k\r\n192.0.2.12 kvm2\r\n",
    );
    gives("192.0.2.11 kvm1", set("kvm2", "192.0.2.12"), "192.0.2.11 kvm1\n192.0.2.12 kvm2\n");
    gives("192.0.2.11 kvm1", set("kvm1", "192.0.2.12"), "192.0.2.12 kvm1");
    gives("", set("kvm1.example.com,kvm1", "192.0.2.11"), "192.0.2.11 kvm1.example.com kvm1\n");
    gives("# none\r\n", set("kvm1", "192.0.2.11"), "# none\r\n192.0.2.11 kvm1\r\n");
}

#[test]
fn a_line_below_a_misread_last_line_of_other_names_ends_it_and_says_so() {
    let below = "10.0.0.5 gw\n  192.0.2.11 kvm1\n  192.0.2.12 kvm2\n";
    assert_eq!(gives("10.0.0.5 gw\n  192.0.2.11 kvm1", set("kvm2", "192.0.2.12"), below), ["line-ended"]);
    let above = "10.0.0.5 gw\n192.0.2.12 kvm2\n  fe80::1 kvm1";
    assert!(gives("10.0.0.5 gw\n  fe80::1 kvm1", set("kvm2", "192.0.2.12"), above).is_empty());
}

#[test]
fn a_new_line_goes_below_one_that_answers_lookups_by_its_address() {
    let mapped = "10.0.0.5 gw\n::ffff:192.0.2.11 stor1\n2001:db8::1 db\n";
    let after = "10.0.0.5 gw\n::ffff:192.0.2.11 stor1\n192.0.2.11 kvm1\n2001:db8::1 db\n";
    gives(mapped, set("kvm1", "192.0.2.11"), after);
    let loopback = "fe80::1 gw\n127.0.0.1 localhost\n10.0.0.5 db\n";
    gives(loopback, set("kvm1", "::1"), "fe80::1 gw\n127.0.0.1 localhost\n::1 kvm1\n10.0.0.5 db\n");
}

#[test]
fn disable_says_that_a_loopback_line_answered_both_families() {
    let before = "::1 kvm1\n192.0.2.11 kvm1\n";
    let notes = gives(before, disable("kvm1/v6"), "#::1 kvm1\n192.0.2.11 kvm1\n");
    assert_eq!(notes, ["other-family"]);
    assert!(gives(before, disable("kvm1"), "#::1 kvm1\n#192.0.2.11 kvm1\n").is_empty());
}

#[test]
fn set_ends_an_indented_last_line_which_the_c_library_misreads() {
    let notes = gives("  192.0.2.11 kvm1", set("kvm1", "192.0.2.11"), "  192.0.2.11 kvm1\n");
    assert_eq!(notes, ["line-ended"]);
    gives("10.0.0.1 a\r\n\t192.0.2.11 b", set("kvm1", "192.0.2.11"), "10.0.0.1 a\r\n\t192.0.2.11 b kvm1\r\n");
    gives("  192.0.2.11 a kvm1", unset("kvm1"), "  192.0.2.11 a\n");
    unchanged("  192.0.2.11 a", unset("kvm1"));
    unchanged("  192.0.2.11 kvm1 # c", set("kvm1", "192.0.2.11"));
    let text = Text::read(EtcHosts, "  192.0.2.11 kvm1");
    assert_eq!(by_name(&text, b"kvm1", None, Multi::On), None);
    assert!(by_name(&text, b"kvm1m1", None, Multi::On).is_some());
    let mut hosts = HostsFile::parse("  192.0.2.11 kvm1");
    assert_eq!(hosts.diagnostics()[0].code, "line-not-ended");
    assert!(!EtcHosts.holds(&text, Reader, &set("kvm1", "192.0.2.11")));
    hosts.apply(&set("kvm1", "192.0.2.12")).unwrap();
    assert!(hosts.diagnostics().is_empty());
}

#[test]
fn set_says_already_so_whatever_the_spelling() {
    unchanged("192.0.2.11 KVM1\n", set("kvm1", "192.0.2.11"));
    unchanged("2001:DB8:0:0::11 kvm1\n", set("kvm1", "2001:db8::11"));
    unchanged("192.0.2.11 kvm1\n192.0.2.11 kvm1\n", set("kvm1", "192.0.2.11"));
    assert_eq!(unchanged("::ffff:192.0.2.11 kvm1\n", set("kvm1", "192.0.2.11")), ["mapped-address"]);
    assert_eq!(unchanged("192.0.2.11 kvm1 kvm1.a\n", set("kvm1.a,kvm1", "192.0.2.11")), ["canonical-name"]);
}

#[test]
fn set_takes_every_other_line_of_the_name_because_all_lines_answer() {
    gives(
        "192.0.2.11 kvm1.example.com kvm1\n127.0.1.1 kvm1\n",
        set("kvm1", "192.0.2.11"),
        "192.0.2.11 kvm1.example.com kvm1\n",
    );
    gives("192.0.2.9 KVM1\n192.0.2.8 a kvm1\n", set("kvm1", "192.0.2.11"), "192.0.2.11 KVM1\n192.0.2.8 a\n");
    gives("10.0.0.1 kvm1\n10.0.0.2 kvm1\n10.0.0.3 x\n", set("kvm1", "10.0.0.3"), "10.0.0.3 x kvm1\n");
}

#[test]
fn set_joins_the_first_line_of_the_address_the_only_one_that_answers_by_address() {
    let notes = gives(
        "192.0.2.11 a\n192.0.2.11 b\n192.0.2.11#c\n",
        set("kvm1", "192.0.2.11"),
        "192.0.2.11 a kvm1\n192.0.2.11 b\n192.0.2.11#c\n",
    );
    assert_eq!(notes, ["canonical-name"]);
    gives("2001:DB8::0011 a\n", set("kvm1", "2001:db8::11"), "2001:DB8::0011 a kvm1\n");
    gives("192.0.2.11#c\n", set("kvm1", "192.0.2.11"), "192.0.2.11 kvm1#c\n");
}

#[test]
fn set_writes_the_names_in_the_order_of_the_key() {
    gives("192.0.2.11\tkvm1\n", set("kvm1.example.com,kvm1", "192.0.2.11"), "192.0.2.11\tkvm1.example.com kvm1\n");
    gives("127.0.1.1 kvm1\n", set("kvm1.example.com,kvm1", "192.0.2.11"), "192.0.2.11 kvm1.example.com kvm1\n");
    gives("192.0.2.11 stor1\n", set("kvm1.a,kvm1", "192.0.2.11"), "192.0.2.11 stor1 kvm1.a kvm1\n");
    gives(
        "127.0.0.1\tlocalhost\n",
        set("kvm1.a,kvm1", "192.0.2.11"),
        "127.0.0.1\tlocalhost\n192.0.2.11\tkvm1.a\tkvm1\n",
    );
}

#[test]
fn set_puts_a_new_line_behind_the_last_entry_of_its_family() {
    let debian = "127.0.0.1\tlocalhost\n127.0.1.1\tkvm9\n\n# v6\n::1     localhost ip6-localhost ip6-loopback\nff02::1 ip6-allnodes\n";
    gives(
        debian,
        set("kvm1", "192.0.2.11"),
        "127.0.0.1\tlocalhost\n127.0.1.1\tkvm9\n192.0.2.11\tkvm1\n\n# v6\n::1     localhost ip6-localhost ip6-loopback\nff02::1 ip6-allnodes\n",
    );
    gives(
        debian,
        set("kvm1", "2001:db8::11 192.0.2.11"),
        "127.0.0.1\tlocalhost\n127.0.1.1\tkvm9\n192.0.2.11\tkvm1\n\n# v6\n::1     localhost ip6-localhost ip6-loopback\nff02::1 ip6-allnodes\n2001:db8::11 kvm1\n",
    );
    gives("::1     localhost\n\n", set("kvm1", "192.0.2.11"), "::1     localhost\n\n192.0.2.11 kvm1\n");
    gives(
        "  10.0.0.1  a   b  # c\n# end\n",
        set("k,l", "10.0.0.22"),
        "  10.0.0.1  a   b  # c\n  10.0.0.22 k   l\n# end\n",
    );
}

#[test]
fn set_keeps_the_name_column_while_there_is_room() {
    gives("10.0.0.1     kvm1\n", set("kvm1", "192.0.2.11"), "192.0.2.11   kvm1\n");
    gives("192.0.2.11   kvm1\n", set("kvm1", "10.0.0.1"), "10.0.0.1     kvm1\n");
    gives("10.0.0.1  kvm1\n", set("kvm1", "192.0.2.111"), "192.0.2.111 kvm1\n");
    gives("10.0.0.1\t\tkvm1\n", set("kvm1", "192.0.2.111"), "192.0.2.111\t\tkvm1\n");
    gives("10.0.0.1 kvm1\n", set("kvm1", "1.1.1.1"), "1.1.1.1 kvm1\n");
}

#[test]
fn set_never_touches_comments_bad_lines_or_longer_names() {
    let text = "#192.0.2.9 kvm1\n192.0.2.10 kvm10 mykvm1 kvm1.a # kvm1\n127.1 kvm1\nfe80::1%lo kvm1\n";
    gives(text, set("kvm1", "192.0.2.11"), text.replace("127.1", "192.0.2.11 kvm1\n127.1"));
    unchanged(text, unset("kvm1"));
}

#[test]
fn set_reports_that_a_left_alias_becomes_the_canonical_name() {
    let notes =
        gives("192.0.2.11 kvm1 stor1 # r\n", set("kvm1", "192.0.2.12"), "192.0.2.11 stor1 # r\n192.0.2.12 kvm1\n");
    assert_eq!(notes, ["canonical-changed"]);
}

#[test]
fn set_reports_a_name_left_on_a_loopback_line() {
    let before = "127.0.1.1 kvm1\n2001:db8::1 kvm1\n";
    let notes = gives(before, set("kvm1", "2001:db8::2"), "127.0.1.1 kvm1\n2001:db8::2 kvm1\n");
    assert_eq!(notes, ["name-on-loopback"]);
}

#[test]
fn set_warns_where_cloud_init_writes_the_file_again() {
    let header = "# Your system has configured 'manage_etc_hosts' as True.\n#\n127.0.0.1 localhost\n";
    let notes = gives(header, set("kvm1", "192.0.2.1"), format!("{header}192.0.2.1 kvm1\n"));
    assert_eq!(notes, ["generated"]);
}

#[test]
fn set_takes_several_addresses_each_on_its_line() {
    let notes =
        gives("10.0.0.1 a\n", set("kvm1", "192.0.2.1 192.0.2.2"), "10.0.0.1 a\n192.0.2.1 kvm1\n192.0.2.2 kvm1\n");
    assert_eq!(notes, ["several-addresses"]);
    gives("192.0.2.9 kvm1\n", set("kvm1", "192.0.2.1 192.0.2.2"), "192.0.2.1 kvm1\n192.0.2.2 kvm1\n");
}

#[test]
fn set_leaves_repeats_unless_asked_to_dedupe() {
    let twice = "192.0.2.1 kvm1\n192.0.2.1 kvm1 # again\n192.0.2.1 a kvm1\n";
    unchanged(twice, set("kvm1", "192.0.2.1"));
    let notes = gives(twice, set("kvm1", "192.0.2.1").dedupe(), "192.0.2.1 kvm1\n192.0.2.1 a\n");
    assert_eq!(notes, ["comment-removed"]);
    unchanged("127.0.0.1 localhost\n127.0.0.1 localhost\n", set("localhost", "127.0.0.1").dedupe());
}

#[test]
fn set_of_an_absent_name_is_left_on_request() {
    assert_eq!(unchanged("10.0.0.1 a\n", set("kvm1", "192.0.2.1").absent(Absent::Leave)), ["absent"]);
    gives("10.0.0.1 a\n", set("a", "192.0.2.1").absent(Absent::Leave), "192.0.2.1 a\n");
    refused("10.0.0.1 a\n", add("kvm1", "192.0.2.1").absent(Absent::Plus), "no-relative-list");
}

#[test]
fn loopback_names_stay_where_they_are() {
    let text = "127.0.0.1 localhost localhost.localdomain localhost4 kvm1\n::1 localhost6 ip6-loopback\nff02::1 ip6-allnodes\nfe00::0 ip6-localnet\n";
    for name in ["localhost", "LOCALHOST", "localhost.localdomain", "localhost4", "localhost6", "ip6-loopback"] {
        for request in [set(name, "192.0.2.1"), unset(name), disable(name), unset(&format!("{name},kvm1"))] {
            refused(text, request, "kept-name");
        }
    }
    refused(text, unset("ip6-allnodes"), "kept-name");
    refused(text, set("ip6-localnet", "2001:db8::1"), "kept-name");
    refused(text, remove("localhost", "127.0.0.1"), "kept-name");
    gives("127.0.0.1 a\n", set("localhost", "127.0.0.1"), "127.0.0.1 a localhost\n");
    gives("192.0.2.1 localhost\n", set("localhost", "127.0.0.1"), "127.0.0.1 localhost\n");
}

#[test]
fn a_mapped_line_is_not_taken_from_v4_unasked() {
    let mapped = "::ffff:192.0.2.11 kvm1\n";
    refused(mapped, set("kvm1", "2001:db8::11"), "other-family");
    refused(mapped, unset("kvm1/v6"), "other-family");
    gives(mapped, set("kvm1", "192.0.2.11 2001:db8::11"), "192.0.2.11 kvm1\n2001:db8::11 kvm1\n");
    gives(mapped, set("kvm1", "192.0.2.12"), "192.0.2.12 kvm1\n");
    refused("", set("kvm1", "::ffff:192.0.2.11"), "address-mapped");
    refused("", set("kvm1", "192.0.2.11 ::1"), "address-conflict");
}

#[test]
fn unset_takes_the_name_with_the_blank_before_it_and_the_canonical_one_with_the_blank_behind_it() {
    gives("192.0.2.11\tkvm1.example.com kvm1\n", unset("kvm1.example.com"), "192.0.2.11\tkvm1\n");
    gives("192.0.2.11 a \t b  c  # x\r\n", unset("b"), "192.0.2.11 a  c  # x\r\n");
    gives("192.0.2.11 a b KVM1 kvm1 Kvm1#x", unset("kvm1"), "192.0.2.11 a b#x");
    gives("192.0.2.11   kvm1 KVM1 b\n", unset("kvm1"), "192.0.2.11   b\n");
}

#[test]
fn unset_drops_a_line_without_names_and_reports_its_comment() {
    let notes = gives("10.0.0.1 a\n192.0.2.11 kvm1 # old\n", unset("kvm1"), "10.0.0.1 a\n");
    assert_eq!(notes, ["comment-removed"]);
    gives("192.0.2.11 kvm1", unset("kvm1"), "");
    gives("192.0.2.11 kvm1\r\n10.0.0.1 a", unset("a"), "192.0.2.11 kvm1\r\n");
    gives("127.0.1.1 k.a k\n::1 localhost k\n", unset("k.a,k"), "::1 localhost\n");
}

#[test]
fn unset_in_one_family_keeps_the_other() {
    let both = "192.0.2.11 kvm1\n2001:db8::11 kvm1\n::1 a kvm1\n";
    gives(both, unset("kvm1/v4"), "2001:db8::11 kvm1\n::1 a\n");
    gives(both, unset("kvm1/v6"), "192.0.2.11 kvm1\n::1 a\n");
    unchanged("", unset("kvm1"));
    unchanged("10.0.0.1 a\n", unset("kvm1"));
}

#[test]
fn disable_comments_out_whole_lines_and_refuses_shared_ones() {
    gives("  192.0.2.11 kvm1 # r\r\n10.0.0.1 a", disable("kvm1"), "  #192.0.2.11 kvm1 # r\r\n10.0.0.1 a");
    gives("192.0.2.11 k.a k", disable("k,k.a"), "#192.0.2.11 k.a k");
    gives("192.0.2.11 k\n2001:db8::1 k\n", disable("k/v6"), "192.0.2.11 k\n#2001:db8::1 k\n");
    refused("192.0.2.11 k.a k\n", disable("k"), "shared-line");
    unchanged("", disable("k"));
    unchanged("#192.0.2.11 k\n", disable("k"));
}

#[test]
fn add_gives_a_name_one_more_address_and_all_lines_answer() {
    let notes = gives("192.0.2.11 kvm1\n", add("kvm1", "192.0.2.12"), "192.0.2.11 kvm1\n192.0.2.12 kvm1\n");
    assert_eq!(notes, ["several-addresses"]);
    gives("192.0.2.11 kvm1\n10.0.0.2 a # c\n", add("kvm1", "10.0.0.2"), "192.0.2.11 kvm1\n10.0.0.2 a kvm1 # c\n");
    gives("192.0.2.11 kvm1", add("kvm1", "192.0.2.12"), "192.0.2.11 kvm1\n192.0.2.12 kvm1\n");
    gives("192.0.2.11 kvm1\r\n", add("kvm1", "192.0.2.12"), "192.0.2.11 kvm1\r\n192.0.2.12 kvm1\r\n");
    gives("192.0.2.11 kvm1\n", add("kvm1", "2001:db8::1"), "192.0.2.11 kvm1\n2001:db8::1 kvm1\n");
    unchanged("192.0.2.11 kvm1\n", add("kvm1", "192.0.2.11"));
    refused("", add("kvm1", "192.0.2.12"), "not-there");
}

#[test]
fn remove_takes_one_address_of_a_name() {
    gives("192.0.2.11 kvm1\n192.0.2.12 kvm1\n", remove("kvm1", "192.0.2.11"), "192.0.2.12 kvm1\n");
    gives("2001:DB8::0:1 a kvm1\r\n", remove("kvm1", "2001:db8::1"), "2001:DB8::0:1 a\r\n");
    gives("192.0.2.11 kvm1", remove("kvm1", "192.0.2.11"), "");
    unchanged("", remove("kvm1", "192.0.2.11"));
    refused("", remove("kvm1", "192.0.2.011"), "address-leading-zero");
}

#[test]
fn bytes_that_are_not_utf_8_stay_as_they_are() {
    gives(b"192.0.2.11 caf\xe9 kvm1 # \xff\n", unset("kvm1"), b"192.0.2.11 caf\xe9 # \xff\n");
    gives(b"192.0.2.11 caf\xe9 # \xff\n", set("kvm1", "192.0.2.11"), b"192.0.2.11 caf\xe9 kvm1 # \xff\n");
    gives(b"192.0.2.11 caf\xe9 a\n", unset("caf\\xe9"), b"192.0.2.11 a\n");
    gives(b"192.0.2.11 k\n\xff\xfe\n", disable("k"), b"#192.0.2.11 k\n\xff\xfe\n");
    gives(b"192.0.2.11 k\n\xff\xfe\n", add("k", "10.0.0.1"), b"192.0.2.11 k\n10.0.0.1 k\n\xff\xfe\n");
    gives(b"192.0.2.11 k \xe9\n", remove("k", "192.0.2.11"), b"192.0.2.11 \xe9\n");
}

#[test]
fn a_file_that_hides_text_is_not_edited() {
    for request in [set("kvm1", "192.0.2.9"), unset("kvm1"), disable("x"), add("kvm1", "::2"), remove("x", "::2")] {
        refused("192.0.2.11 kvm1\0 tail\n192.0.2.12 kvm2\n", request.clone(), "nul");
        refused("192.0.2.11 kvm1\r192.0.2.12 kvm2\r", request, "cr-only");
    }
    gives("192.0.2.11 kvm1\r", unset("kvm1"), "");
}

#[test]
fn addresses_the_c_library_skips_are_refused_by_their_form() {
    for (address, code) in [
        ("fe80::1%eth0", "address-zone"),
        ("192.0.2.0/24", "address-prefix"),
        ("2001:db8::/64", "address-prefix"),
        ("[2001:db8::1]", "address-brackets"),
        ("127.1", "address-short"),
        ("3232235777", "address-short"),
        ("0x7f.1", "address-short"),
        ("192.0.2.011", "address-leading-zero"),
        ("192.0.2.256", "address-range"),
        ("192.0.2.1.1", "address-syntax"),
        ("192.0.2.11.", "address-syntax"),
        ("192.0.2.1,192.0.2.2", "address-list"),
        ("+192.0.2.1", "address-syntax"),
        ("kvm1", "address-syntax"),
        ("", "address-syntax"),
        ("192.0.2.1 kvm2", "address-syntax"),
        ("192.0.2.1\tkvm2", "address-syntax"),
        ("192.0.2.1#", "address-syntax"),
        ("192.0.2.1\n192.0.2.2", "control-character"),
        ("192.0.2.1\0", "control-character"),
    ] {
        refused("192.0.2.9 kvm1\n", Request::set(key("kvm1"), address), code);
        refused("192.0.2.9 kvm1\n", Request::add(key("kvm1"), address), code);
    }
    refused("", Request::set_all(key("kvm1"), [""; 0]), "no-address");
}

#[test]
fn names_that_no_lookup_would_find_are_refused() {
    let long = "a".repeat(64);
    let longer = ["a".repeat(63).as_str(); 4].join(".");
    for (name, code) in [
        ("", "name-empty"),
        ("kvm1 evil", "name-character"),
        ("kvm1\tevil", "name-character"),
        ("kvm1\n192.0.2.66 evil", "name-character"),
        ("kvm1\r", "name-character"),
        ("kvm1#", "name-character"),
        ("#kvm1", "name-character"),
        ("kvm1\0", "name-character"),
        ("kvm1;id", "name-character"),
        ("$(id)", "name-character"),
        ("*.example.com", "name-character"),
        ("b\u{fc}ro", "name-character"),
        ("kvm1\u{202e}", "name-character"),
        ("kvm1.", "name-dot"),
        (".kvm1", "name-syntax"),
        ("kvm1..a", "name-syntax"),
        ("-oProxyCommand", "name-syntax"),
        ("192.0.2.11", "name-is-address"),
        ("10.1", "name-is-address"),
        ("0x7f.1", "name-is-address"),
        (long.as_str(), "name-long"),
        (longer.as_str(), "name-long"),
    ] {
        refused("192.0.2.9 kvm1\n", Request::set(Key::name(name), "192.0.2.1"), code);
        refused("192.0.2.9 kvm1\n", Request::set(Key::names(["kvm1", name]), "192.0.2.1"), code);
        refused("192.0.2.9 kvm1\n", Request::add(Key::names(["kvm1", name]), "192.0.2.1"), code);
        unchanged("192.0.2.9 kvm2\n", Request::unset(Key::name(name)));
    }
}

#[test]
fn an_address_is_a_key_for_reading_only() {
    for request in [set("192.0.2.1", "kvm1"), unset("::1"), disable("::1"), add("::1", "::2"), remove("::1", "a")] {
        refused("192.0.2.1 kvm1\n", request, "address-key");
    }
    let hosts = HostsFile::parse("192.0.2.1 a b # c\n192.0.2.1 d\n");
    let found = hosts.get(&key("192.0.2.1"));
    assert_eq!(found[0].value.known().unwrap(), ["a", "b"]);
    assert_eq!(found[0].shadowed.len(), 1);
}

#[test]
fn the_moves_name_every_fact() {
    let mut hosts = HostsFile::parse("127.0.1.1 kvm1 stor1 # x\n");
    let Change::Made { moves, .. } = hosts.apply(&set("kvm1", "192.0.2.1")).unwrap() else { panic!() };
    let shown: Vec<String> = moves.iter().map(|m| format!("{:?} {:?} {:?}", m.subject, m.from, m.to)).collect();
    assert_eq!(moves.len(), 3, "{shown:#?}");
}
