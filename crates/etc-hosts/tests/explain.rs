//! What lookups answer on a host, by which lines, and why.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs)]

use camino::Utf8Path;
use kvmprep_etc_hosts::{EtcHosts, Key, OwnName};
use kvmprep_host_files::Root;
use kvmprep_lossless::effective::{Decision, Effective, Explanation, Host};
use kvmprep_lossless::files::{Files, FilesError, Found, Location, MemoryFiles, Overlay};
use kvmprep_lossless::{Place, Value};

fn explained(files: &dyn Files, key: &str) -> Explanation<Key> {
    EtcHosts.explain(Host { files, path: "/etc/hosts".into() }, &OwnName::default(), &key.parse().unwrap())
}

/// `consumer: key: value at line,line over line: why`
fn decisions(explanation: &Explanation<Key>) -> Vec<String> {
    let line = |at: &Location| Place::of(&explanation.sources[at.source].text, at.span.start).line.to_string();
    let lines = |places: &[Location]| places.iter().map(line).collect::<Vec<_>>().join(",");
    let told = |decision: &Decision<Key>| {
        let value = match &decision.value {
            Some(Value::Known(values)) => bstr::join(" ", values).into(),
            Some(Value::Unknown(_)) => bstr::BString::from("?"),
            None => "-".into(),
        };
        let mut told = format!("{}: {}: {value}", decision.point.consumer, decision.point.key);
        for (word, places) in [("at", &decision.at), ("over", &decision.shadowed)] {
            told += &if places.is_empty() { String::new() } else { format!(" {word} {}", lines(places)) };
        }
        format!("{told}: {}", decision.why)
    };
    explanation.decisions.iter().map(told).collect()
}

fn codes(explanation: &Explanation<Key>) -> Vec<&'static str> {
    explanation.findings.iter().map(|finding| finding.diagnostic.code).collect()
}

fn root(name: &str) -> Root {
    let path = format!("{}/../../testdata/hosts/{name}", env!("CARGO_MANIFEST_DIR"));
    Root::open(path).unwrap().allow_unsafe_directories()
}

fn host(hosts: &str) -> MemoryFiles {
    MemoryFiles::new().with("/etc/hosts", hosts).with("/etc/host.conf", "multi on\n")
}

#[test]
fn each_name_is_told_for_each_family() {
    assert_eq!(
        decisions(&explained(&root("el9"), "kvm1.example.com,localhost")),
        [
            "C library, IPv4: kvm1.example.com: 192.0.2.11 at 5: one line answers",
            "C library, IPv6: kvm1.example.com: -: no line gives it an address that a query for IPv6 can use",
            "C library, IPv4: localhost: 127.0.0.1 at 1 over 2: the first line that the query can use answers alone, as host.conf does not say `multi on`; `::1` is 127.0.0.1 to who asks for IPv4",
            "C library, IPv6: localhost: ::1 at 2: one line answers",
        ]
    );
    assert_eq!(
        decisions(&explained(&root("el9"), "kvm2/v4")),
        ["C library, IPv4: kvm2/v4: 192.0.2.99 at 6: one line answers"]
    );
}

/// Debian's installer writes it: the canonical name looks right, the address does not (case `debian-own-name`).
#[test]
fn the_own_name_on_a_loopback_line_is_found() {
    let root = root("debian12");
    let host = Overlay::over(&root).with("/etc/hostname", "kvm1\n");
    let explanation = explained(&host, "kvm1");
    assert_eq!(codes(&explanation), ["own-name-on-loopback", "own-name-on-loopback"], "full name and short one");
    let named: Vec<_> = explanation.findings.iter().map(|finding| finding.diagnostic.span.unwrap()).collect();
    let text = &explanation.sources[0].text;
    assert_eq!(named.iter().map(|span| span.of(text)).collect::<Vec<_>>(), [&b"kvm1.example.com"[..], b"kvm1"]);
    assert_eq!(codes(&explained(&host, "kvm1.example.com")), ["own-name-on-loopback", "own-name-on-loopback"]);
    assert_eq!(codes(&explained(&host, "localhost")), Vec::<&str>::new(), "it is on both lines by rights");
    assert_eq!(codes(&explained(&root, "kvm1")), ["name-on-loopback"], "nobody knows that it is the own name");
}

/// Case `own-name-later-loopback`.
#[test]
fn an_own_name_is_found_whatever_its_case_and_wherever_it_stands() {
    let hosts = "192.0.2.11 kvm1.example.com\n::1 localhost KVM1\n127.0.0.1 other\n";
    let files = host(hosts).with("/etc/hostname", "# name\nkvm1.example.com\n");
    let explanation = explained(&files, "kvm1.example.com");
    assert_eq!(explanation.findings[0].diagnostic.span.unwrap().of(hosts.as_bytes()), b"KVM1");
    assert_eq!(codes(&explained(&files, "::1")), ["own-name-on-loopback"]);
    assert_eq!(codes(&explained(&files, "other")), ["name-on-loopback"]);
    assert_eq!(codes(&explained(&files, "192.0.2.11")), Vec::<&str>::new());
}

/// Cases `canonical-vs-alias`, `two-canonicals`.
#[test]
fn a_name_is_explained_with_its_canonical_name_and_aliases() {
    let files = host("192.0.2.11 kvm1.example.com kvm1 stor1\n2001:db8::11 kvm1\n192.0.2.12 old kvm1\n");
    let explanation = explained(&files, "kvm1");
    let told: Vec<String> =
        explanation.decisions.iter().flat_map(|it| &it.details).map(|(name, all)| format!("{name} {all:?}")).collect();
    assert_eq!(
        told,
        [
            "canonical [\"kvm1.example.com\"]",
            "aliases [\"kvm1\", \"stor1\", \"kvm1\", \"old\"]",
            "canonical [\"kvm1\"]"
        ]
    );
    assert_eq!(codes(&explanation), ["canonical-names-differ"]);
    assert_eq!(
        explanation.findings[0].diagnostic.message,
        "the canonical name of `kvm1` is `kvm1.example.com` for IPv4 and `kvm1` for IPv6; who asks for no family is told \
         `kvm1.example.com`"
    );
    assert_eq!(codes(&explained(&files, "kvm1/v4")), Vec::<&str>::new());
}

#[test]
fn who_is_asked_next_is_told_of_a_name_that_the_file_lacks() {
    let why = |switch: &str| {
        let files = host("192.0.2.11 kvm1\n").with("/etc/nsswitch.conf", switch);
        explained(&files, "kvm9/v4").decisions[0].why.clone()
    };
    let lacks = "no line gives it an address that a query for IPv4 can use";
    assert_eq!(why("hosts: files dns\n"), format!("{lacks}; dns is asked next"));
    for switch in ["hosts: files\n", "hosts: files [NOTFOUND=return] dns\n", "passwd: files\n"] {
        assert_eq!(why(switch), lacks, "{switch}");
    }
}

#[test]
fn an_own_name_that_is_told_counts_instead_of_the_file_of_systemd() {
    let files = host("127.0.0.1 localhost kvm1\n").with("/etc/hostname", "other\n");
    let said = |own| {
        let key = "kvm1".parse().unwrap();
        let explanation = EtcHosts.explain(Host { files: &files, path: "/etc/hosts".into() }, &own, &key);
        codes(&explanation).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(said(OwnName::Told(Some("KVM1.example.com".into()))), ["own-name-on-loopback"]);
    assert_eq!(said(OwnName::InHostname), ["name-on-loopback"]);
    assert_eq!(said(OwnName::Told(None)), ["name-on-loopback"]);
    assert_eq!(said(OwnName::Unknown("why".to_owned())), ["own-name-unknown", "name-on-loopback"]);
}

/// Cases `two-lines-one-name`, `two-lines-multi-off`.
#[test]
fn host_conf_decides_whether_every_line_answers() {
    let hosts = "192.0.2.11 kvm1\n192.0.2.12 kvm1\n192.0.2.11 KVM1\n";
    assert_eq!(
        decisions(&explained(&host(hosts), "kvm1/v4")),
        [
            "C library, IPv4: kvm1/v4: 192.0.2.11 192.0.2.12 at 1,2 over 3: every line counts, as host.conf says `multi on`"
        ]
    );
    for off in [host(hosts).with("/etc/host.conf", "multi off\n"), MemoryFiles::new().with("/etc/hosts", hosts)] {
        let explanation = explained(&off, "kvm1/v4");
        assert_eq!(
            decisions(&explanation),
            [
                "C library, IPv4: kvm1/v4: 192.0.2.11 at 1 over 2,3: the first line that the query can use answers alone, as host.conf does not say `multi on`"
            ]
        );
        assert_eq!(codes(&explanation), ["multi-off"]);
    }
}

/// Case `one-address-two-lines`.
#[test]
fn the_first_line_of_an_address_answers() {
    let files = host("192.0.2.11 kvm1.example.com kvm1\n192.0.2.11 stor1\n192.0.2.12\n");
    assert_eq!(
        decisions(&explained(&files, "192.0.2.11")),
        [
            "C library, by address: 192.0.2.11: kvm1.example.com kvm1 at 1,1 over 2: the first line of an address answers, and no other"
        ]
    );
    assert_eq!(
        decisions(&explained(&files, "192.0.2.12")),
        ["C library, by address: 192.0.2.12:  at 3: one line has the address"],
        "the empty name answers"
    );
    assert_eq!(
        decisions(&explained(&files, "192.0.2.13")),
        ["C library, by address: 192.0.2.13: -: no line has the address"]
    );
}

#[test]
fn services_that_answer_before_the_file_or_after_it_are_found() {
    for (switch, code) in [
        ("hosts: files dns\n", None),
        ("hosts: files [NOTFOUND=return] dns\n", None),
        ("passwd: files\n", None),
        ("hosts: mymachines files\n", Some("files-not-first")),
        ("hosts: resolve [!UNAVAIL=return] files # x\n", Some("files-not-first")),
        ("hosts: files [SUCCESS=merge] dns\n", Some("files-not-last")),
        ("hosts: dns\n", Some("files-not-asked")),
        ("hosts:\n", Some("files-not-asked")),
    ] {
        let files = host("192.0.2.11 kvm1\n").with("/etc/nsswitch.conf", switch);
        let told = explained(&files, "kvm1");
        assert_eq!(codes(&told), code.into_iter().collect::<Vec<_>>(), "{switch:?}");
        let is_unknown = told.decisions.iter().all(|decision| matches!(decision.value, Some(Value::Unknown(_))));
        assert_eq!(is_unknown, code == Some("files-not-asked"), "{switch:?}");
    }
}

/// Files of which one may not be read.
struct Denied(MemoryFiles, &'static str);

impl Files for Denied {
    fn look(&self, path: &Utf8Path) -> Result<Found, FilesError> {
        if path == self.1 {
            return Err(FilesError { path: path.to_owned(), why: "permission denied".to_owned() });
        }
        self.0.look(path)
    }
}

#[test]
fn what_hangs_on_a_file_that_cannot_be_read_is_unknown_and_nothing_else() {
    let files = || host("192.0.2.11 kvm1\n192.0.2.12 kvm1\n192.0.2.13 kvm3\n");
    let known = |denied: &'static str, key: &str| {
        let explanation = explained(&Denied(files(), denied), key);
        assert_eq!(codes(&explanation), ["not-read"]);
        matches!(explanation.decisions[0].value, Some(Value::Known(_)))
    };
    assert!(!known("/etc/hosts", "kvm3/v4"));
    assert!(!known("/etc/host.conf", "kvm1/v4"), "one line answers, or both");
    assert!(known("/etc/host.conf", "kvm3/v4"), "there is one line");
    assert!(known("/etc/nsswitch.conf", "kvm1/v4") && known("/etc/hostname", "kvm1/v4"));
}

#[test]
fn what_the_c_library_does_not_read_is_told() {
    let explanation = explained(&MemoryFiles::new(), "kvm1");
    assert_eq!((codes(&explanation), &explanation.decisions[0].value), (vec!["missing"], &None));
    let elsewhere = MemoryFiles::new().with("/srv/hosts", "192.0.2.11 kvm1\n");
    let key = Key::name("kvm1");
    let explanation =
        EtcHosts.explain(Host { files: &elsewhere, path: "/srv/hosts".into() }, &OwnName::default(), &key);
    assert_eq!(codes(&explanation), ["not-applied"]);
    let misread = explained(&host("  192.0.2.11 kvm1"), "kvm1/v4");
    assert_eq!((codes(&misread), &misread.decisions[0].value), (vec!["line-not-ended"], &None));
    let misread = explained(&host("  192.0.2.11 kvm1"), "kvm1m1/v4");
    assert_eq!(misread.decisions[0].why, "the C library takes it from a line that it misreads");
}
