//! The promises over arbitrary bytes and over files as people write them.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;

use kvmprep_lossless::{Absent, Document, Format, Reading, Request, Text, Value, laws};
use kvmprep_sysctl_conf::{Key, ProcpsVersion, Reader, SysctlConf, SysctlFile, SystemdVersion, assignments};
use proptest::prelude::*;
use proptest::sample::select;

/// What a file may consist of, and all that is dangerous in one.
fn pieces() -> impl Strategy<Value = &'static [u8]> {
    let pieces: &[&[u8]] = &[
        b"vm.swappiness",
        b"vm/swappiness",
        b"vm..swappiness",
        b"vm.swap*",
        b"vm.*",
        b"kernel.modprobe",
        b"..",
        b"/",
        b"=",
        b" = ",
        b"-",
        b"#",
        b";",
        b"# ",
        b" ",
        b"\t",
        b"\n",
        b"\n",
        b"\r\n",
        b"\r",
        b"\0",
        b"\x0b",
        b"\x0c",
        b"1",
        b"60",
        b"017",
        b"10 # low",
        b"\"a b\"",
        b"\xe9",
        b"\xef\xbb\xbf",
        b"\\",
        b"[",
        b"?",
        b"x",
    ];
    select(pieces)
}

fn raw() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..64)
}

fn soup() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(pieces(), 0..24).prop_map(|pieces| pieces.concat())
}

fn line() -> impl Strategy<Value = String> {
    let key = select(vec![
        "vm.swappiness",
        "vm/swappiness",
        "vm..swappiness",
        "kernel.domainname",
        "net.ipv4.conf.eth0/100.rp_filter",
        "vm.swap*",
        "vm.*",
        "kernel/*",
    ]);
    let value = select(vec!["1", "60", "10 # low", "4 4 1 7", "|/usr/lib/x %P #%u", "", "a=b"]);
    let before = select(vec!["", "", "", "-", "#", "# ", ";", "  ", "\t-", "  # "]);
    let equals = select(vec!["=", " = ", "\t=\t", " =", "= "]);
    let whole =
        (before, key, equals, value).prop_map(|(before, key, equals, value)| format!("{before}{key}{equals}{value}"));
    let exclusion = select(vec!["-vm.swappiness", "- vm/swappiness", "-vm.swap*"]).prop_map(str::to_owned);
    let other = select(vec!["", " ", "# prose about vm.swappiness = 60 here", "[sysctl]", "vm.swappiness 10"])
        .prop_map(str::to_owned);
    prop_oneof![6 => whole, 1 => exclusion, 2 => other]
}

/// Lines of one ending, the last one perhaps without.
fn file() -> impl Strategy<Value = Vec<u8>> {
    (prop::collection::vec(line(), 0..12), any::<bool>(), any::<bool>()).prop_map(|(lines, crlf, ended)| {
        let ending = if crlf { "\r\n" } else { "\n" };
        let mut text = lines.join(ending);
        if ended && !lines.is_empty() {
            text.push_str(ending);
        }
        text.into_bytes()
    })
}

fn key() -> impl Strategy<Value = Key> {
    select(vec![
        "vm.swappiness",
        "vm/swappiness",
        "-vm.swappiness",
        "kernel.domainname",
        "net/ipv4/conf/eth0.100/rp_filter",
        "vm.swap*",
    ])
    .prop_map(|text| text.parse().unwrap())
}

fn request() -> impl Strategy<Value = Request<Key>> {
    let value = select(vec!["1", "60", "10 # low", "", "a b", "= #", "|/x #%u", "1\n2", " 1"]);
    let absent = select(vec![Absent::Usual, Absent::InsertBelow, Absent::Leave, Absent::Plus]);
    let allowed = select(vec![
        "none",
        "nul",
        "lone-carriage-return",
        "byte-order-mark",
        "glob-key",
        "trailing-comment",
        "empty-value",
        "odd-key",
        "line-too-long",
    ]);
    (key(), value, 0..6_u8, absent, any::<bool>(), prop::collection::vec(allowed, 0..6)).prop_map(
        |(key, value, verb, absent, dedupe, allowed)| {
            let request = match verb {
                0 => Request::unset(key),
                1 => Request::disable(key),
                2 => Request::add(key, value),
                3 => Request::remove(key, value),
                _ => Request::set(key, value),
            };
            let request = allowed.into_iter().fold(request.absent(absent), Request::allow);
            if dedupe { request.dedupe() } else { request }
        },
    )
}

fn dialect() -> impl Strategy<Value = SysctlConf> {
    select(vec![
        vec![Reader::PROCPS, Reader::SYSTEMD],
        vec![Reader::PROCPS],
        vec![Reader::SYSTEMD],
        vec![Reader::Procps(ProcpsVersion(3, 3, 10)), Reader::SYSTEMD],
        vec![Reader::Procps(ProcpsVersion(3, 2, 8))],
        vec![Reader::Procps(ProcpsVersion(3, 3, 10)), Reader::Systemd(SystemdVersion(219))],
        vec![Reader::Procps(ProcpsVersion(3, 3, 15)), Reader::Systemd(SystemdVersion(239))],
        vec![Reader::Procps(ProcpsVersion(4, 0, 2)), Reader::Systemd(SystemdVersion(252))],
        vec![Reader::Procps(ProcpsVersion(3, 3, 17)), Reader::PROCPS, Reader::SYSTEMD],
    ])
    .prop_map(SysctlConf::for_readers)
}

/// Asked for each key alone, the answer is what the list of all settings says.
fn get_agrees_with_settings(bytes: &[u8], dialect: &SysctlConf) -> Result<(), TestCaseError> {
    let text = Text::read(dialect.clone(), bytes);
    for &reader in dialect.readers() {
        for setting in dialect.settings(&text, reader) {
            prop_assert_eq!(&dialect.get(&text, reader, &setting.key), std::slice::from_ref(&setting));
            // What procps 3.3 makes of a line without `=` is a setting, and no assignment.
            if setting.value.known().is_some() {
                let live = assignments(&text, reader).find(|live| live.span == setting.at[0]).unwrap();
                prop_assert_eq!(setting.value, Value::Known(vec![live.value.into()]));
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn reading_loses_nothing(bytes in prop_oneof![raw(), soup(), file()]) {
        laws::reading_loses_nothing(&SysctlConf::default(), &bytes).unwrap();
    }

    #[test]
    fn edits_keep_their_promises(
        dialect in dialect(),
        bytes in prop_oneof![raw(), soup(), file()],
        requests in prop::collection::vec(request(), 1..5),
    ) {
        laws::edits_keep_their_promises(&dialect, &bytes, &requests).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn set_and_set_back_is_nothing(bytes in file(), key in key()) {
        let file = SysctlFile::parse(bytes.clone());
        let was = assignments(file.text(), Reader::PROCPS).filter(|live| live.key == key).last();
        let counts = |reader, at| file.get_as(reader, &key).iter().any(|setting| setting.at == [at]);
        let fits = was.filter(|was| {
            counts(Reader::PROCPS, was.span)
                && counts(Reader::SYSTEMD, was.span)
                // An odd spelling that a pattern gets past is not edited.
                && !was.name.windows(2).any(|pair| pair == b"..")
                // A tail goes to a line of its own, and there it stays; an empty value is not put back.
                && !was.value.is_empty()
                && !was.value.starts_with(b"10 #")
        });
        let Some(was) = fits.map(|was| was.value) else { return Ok(()) };
        let set = |value: &[u8]| Request::set(key.clone(), value).allow("glob-key").allow("dash-key");
        laws::set_and_set_back_is_nothing(&SysctlConf::default(), &bytes, &set(b"7"), &set(was))
            .map_err(TestCaseError::fail)?;
    }

    #[test]
    fn what_is_set_is_read_by_both_and_nothing_else_is_changed(bytes in file(), value in "[!-~]([ -~]{0,12}[!-~])?") {
        let key: Key = "vm.swappiness".parse().unwrap();
        let mut file = SysctlFile::parse(bytes.clone());
        if file.apply(&Request::set(key.clone(), value.as_str())).is_ok() {
            for reader in [Reader::PROCPS, Reader::SYSTEMD] {
                let before = Document::<SysctlConf>::parse(bytes.clone());
                let others = |file: &SysctlFile| -> Vec<_> {
                    let settings = file.dialect().settings(file.text(), reader);
                    settings.into_iter().filter(|setting| setting.key != key).map(|s| (s.key, s.value)).collect()
                };
                prop_assert_eq!(others(&file), others(&before));
                prop_assert_eq!(&file.get_as(reader, &key)[0].value, &Value::Known(vec![value.as_str().into()]));
            }
        }
    }

    #[test]
    fn get_says_what_settings_says(bytes in prop_oneof![raw(), soup(), file()], dialect in dialect()) {
        get_agrees_with_settings(&bytes, &dialect)?;
    }

    #[test]
    fn diagnostics_are_in_order_and_inside_the_text(bytes in prop_oneof![raw(), soup(), file()], dialect in dialect()) {
        let text = Text::read(dialect.clone(), bytes.clone());
        let spans: Vec<_> = dialect.lint(&text).into_iter().map(|lint| lint.diagnostic.span.unwrap()).collect();
        prop_assert!(spans.is_sorted() && spans.iter().all(|span| span.end <= bytes.len()));
    }

    #[test]
    fn a_fix_mends_what_it_is_offered_for_and_changes_no_value(
        bytes in prop_oneof![raw(), soup(), file()],
        dialect in dialect(),
    ) {
        let mut document = Document::parse_as(dialect.clone(), bytes);
        let values = |document: &SysctlFile| -> Vec<BTreeMap<Key, Value>> {
            let of = |reader: &Reader| dialect.settings(document.text(), *reader).into_iter().map(|s| (s.key, s.value)).collect();
            dialect.readers().iter().map(of).collect()
        };
        let fixable = |document: &SysctlFile| {
            document.dialect().lint(document.text()).into_iter().find_map(|lint| Some((lint.fix?, lint.diagnostic)))
        };
        let before = values(&document);
        while let Some((fix, told)) = fixable(&document) {
            let count = |document: &SysctlFile| dialect.lint(document.text()).iter().filter(|lint| lint.diagnostic.code == told.code).count();
            let open = count(&document);
            prop_assert!(document.apply(&fix).unwrap().is_made());
            prop_assert_eq!(&values(&document), &before);
            prop_assert!(count(&document) < open, "{:?} is not mended", told);
        }
    }

    #[test]
    fn any_key_displays_as_it_is_spelled(text in "-?[a-z./*# ]{1,12}") {
        if let Ok(key) = text.parse::<Key>() {
            prop_assert_eq!(key.to_string(), text.clone());
            prop_assert_eq!(key, text.parse().unwrap());
        }
    }
}
