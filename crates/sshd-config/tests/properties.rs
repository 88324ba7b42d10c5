//! The core's laws, over arbitrary bytes and over files as people write them.

#![allow(clippy::unwrap_used, missing_docs)]

use kvmprep_lossless::{Absent, Document, Edit, Manner, Request, laws};
use kvmprep_sshd_config::{Connection, Grammar, Key, Sshd, Version, effective};
use proptest::prelude::*;
use proptest::sample::select;

const LINES: &[&str] = &[
    "",
    " \t",
    "# comment",
    "  # indented",
    "#Port 22",
    "#PermitRootLogin yes",
    "#X11Forwarding no",
    "#\tBanner none",
    "#Ciphers +a",
    "Port 22",
    "Port=2222 # c",
    "port\t1",
    "PermitRootLogin no",
    "permitrootlogin \"yes\" # keep",
    "PermitRootLogin maybe",
    "X11Forwarding yes",
    "  X11Forwarding no",
    "Banner \"/a b\"",
    "Banner /x#y # z",
    "Banner 'q'",
    "Ciphers aes128-ctr,aes256-ctr",
    "Ciphers +3des-cbc # legacy",
    "Ciphers \"-aes*\"",
    "Ciphers ^a,,b,",
    "Ciphers a, b",
    "AllowUsers a b # staff",
    "AllowUsers c",
    "AllowUsers \"a b\" o\\'neil",
    "AllowUsers a \"b c",
    "AllowUsers # none",
    "DenyUsers x=y z",
    "SetEnv A=1 B=2",
    "SetEnv C=3",
    "AcceptEnv LANG LC_*",
    "IPQoS ef",
    "IPQoS af21 cs1",
    "ForceCommand echo hi # x",
    "ForceCommand it's",
    "Subsystem sftp /x -f Y # s",
    "Subsystem\ta\t/b",
    "Match User bob",
    "Match user=bob",
    "Match User bob # c",
    "Match all",
    "Match exec true",
    "Match",
    "MATCH Host h Address 10.0.0.0/8",
    "Include /etc/ssh/x",
    "\"Port 22",
    "==Port 22",
    "=Port 3",
    "\"Port\" 4",
    "Foo bar baz",
    "UseLogin no",
    "Protocol 2",
    "Port",
    "\u{e9} x",
    "ListenAddress ::1",
    "HostKey /k",
    "KbdInteractiveAuthentication no",
    "ChallengeResponseAuthentication yes",
    "RekeyLimit 1G 1h",
];

const KEYS: &[&str] = &[
    "Port",
    "PermitRootLogin",
    "X11Forwarding",
    "Banner",
    "Ciphers",
    "AllowUsers",
    "DenyUsers",
    "SetEnv",
    "AcceptEnv",
    "IPQoS",
    "ForceCommand",
    "Subsystem[sftp]",
    "Subsystem[a]",
    "Match[User bob].Banner",
    "Match[User bob]#2.X11Forwarding",
    "Match[all].Port",
    "Match[User bob]",
    "Match[all]",
    "Match[User bob].AllowUsers",
    "KbdInteractiveAuthentication",
    "HostKey",
    "RekeyLimit",
    "Foo",
    "Include",
    "UseLogin",
    "Match[User eve].PermitTTY",
    "Match[User bob].Ciphers",
    "HostKeyAlgorithms",
];

const VALUES: &[&str] = &[
    "no",
    "yes",
    "22",
    "a",
    "b",
    "a b",
    "/x y",
    "3des-cbc",
    "+3des-cbc",
    "-aes128-ctr",
    "aes128-ctr,3des-cbc",
    "A=1",
    "C=3",
    "ef",
    "o'neil",
    "x#y",
    "dom\\u",
    "\"",
    "echo hi # x",
    "/x -f Y",
    "default",
    "1G",
    "x",
];

fn file() -> impl Strategy<Value = Vec<u8>> {
    let line = (select(LINES), select(&["\n", "\n", "\n", "\r\n"][..]));
    (prop::collection::vec(line, 0..14), any::<bool>()).prop_map(|(lines, ended)| {
        let mut text: String = lines.iter().map(|(line, ending)| format!("{line}{ending}")).collect();
        if !ended {
            text.truncate(text.trim_end_matches(['\r', '\n']).len());
        }
        text.into_bytes()
    })
}

const PIECES: &[&[u8]] = &[
    b"\n", b"\r\n", b"\r", b"\0", b"\"", b"'", b"\\", b"#", b"=", b" ", b"\t", b"\x0c", b"\xff", b"Match ", b"User b ",
];

fn arbitrary() -> impl Strategy<Value = Vec<u8>> {
    let piece =
        prop_oneof![select(LINES).prop_map(|line| line.as_bytes().to_vec()), select(PIECES).prop_map(<[u8]>::to_vec),];
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..60),
        prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat()),
    ]
}

fn request() -> impl Strategy<Value = Request<Key>> {
    let manner = (
        select(&[Absent::Usual, Absent::Usual, Absent::InsertBelow, Absent::Leave, Absent::Plus][..]),
        any::<bool>(),
        any::<bool>(),
    );
    let verb = (select(KEYS), 0..5_u8, prop::collection::vec(select(VALUES), 1..3));
    (verb, manner).prop_map(|((key, verb, values), (absent, dedupe, allow))| {
        let key: Key = key.parse().unwrap();
        let item = values[0].into();
        let edit = match verb {
            0 => Edit::Set { key, to: values.into_iter().map(Into::into).collect() },
            1 => Edit::Unset { key },
            2 => Edit::Disable { key },
            3 => Edit::Add { key, item },
            _ => Edit::Remove { key, item },
        };
        let codes = ["no-such-block", "opens-access", "bad-value", "unknown-keyword", "include", "ignored-keyword"];
        let manner = Manner {
            absent,
            allow: codes.iter().filter(|_| allow).map(ToString::to_string).collect(),
            ..Manner::default()
        };
        let request = Request { edit, manner };
        if dedupe { request.dedupe() } else { request }
    })
}

fn dialect() -> impl Strategy<Value = Sshd> {
    let newest = Sshd::from(Version(10, 5));
    select(vec![Sshd::default(), Sshd::from(Grammar::Before87), Sshd::from(Version(5, 3)), newest])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reading_loses_nothing(bytes in arbitrary(), dialect in dialect()) {
        laws::reading_loses_nothing(&dialect, &bytes).unwrap();
    }

    #[test]
    fn no_bytes_make_a_reading_panic(bytes in arbitrary(), dialect in dialect()) {
        let document = Document::parse_as(dialect, bytes);
        document.settings();
        document.diagnostics();
        let bob = Connection { user: Some("bob".into()), ..Connection::default() };
        effective(document.text(), &bob, &kvmprep_sshd_config::Build::default());
    }

    #[test]
    fn edits_of_files_keep_their_promises(bytes in file(), requests in prop::collection::vec(request(), 1..5), dialect in dialect()) {
        laws::edits_keep_their_promises(&dialect, &bytes, &requests).unwrap();
    }

    #[test]
    fn edits_of_bytes_keep_their_promises(bytes in arbitrary(), requests in prop::collection::vec(request(), 1..4), dialect in dialect()) {
        laws::edits_keep_their_promises(&dialect, &bytes, &requests).unwrap();
    }

    #[test]
    fn set_and_set_back_is_nothing(bytes in file()) {
        let key = Key::global("X11Forwarding");
        let document = Document::parse_as(Sshd::default(), bytes.clone());
        if let [setting] = &document.get(&key)[..] {
            let now = setting.value.known().unwrap().to_vec();
            let other = if now[0] == "no" { "yes" } else { "no" };
            let (there, back) = (Request::set(key.clone(), other), Request::set_all(key, now));
            laws::set_and_set_back_is_nothing(&Sshd::default(), &bytes, &there, &back).unwrap();
        }
    }

    #[test]
    fn a_key_reads_back_from_its_text(bytes in file()) {
        for setting in Document::<Sshd>::parse(bytes).settings() {
            let key: Key = setting.key.to_string().parse().unwrap();
            prop_assert_eq!(key.to_string(), setting.key.to_string());
        }
    }
}
