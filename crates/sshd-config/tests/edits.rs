//! Every verb, before and after, both texts visible.

#![allow(clippy::unwrap_used, missing_docs)]

use bstr::{BString, ByteSlice};
use kvmprep_lossless::{Absent, Change, EditError, Request};
use kvmprep_sshd_config::{Grammar, Key, Sshd, SshdConfig, Version};

/// What becomes of a request.
enum Then {
    Made(&'static str),
    /// Made, with notes of these codes.
    Noted(&'static str, &'static [&'static str]),
    AlreadySo,
    Refused(&'static str),
}

use Then::{AlreadySo, Made, Noted, Refused};

type Row = (&'static str, &'static str, Request<Key>, Then);

fn g(keyword: &str) -> Key {
    Key::global(keyword)
}

fn k(key: &str) -> Key {
    key.parse().unwrap()
}

fn run_as(dialect: Sshd, rows: Vec<Row>) {
    for (name, before, request, then) in rows {
        let mut document = SshdConfig::parse_as(dialect, before);
        let change = document.apply(&request);
        let after = document.to_bytes();
        let codes = |change: &Change<Key>| change.notes().iter().map(|note| note.code).collect::<Vec<_>>();
        match (change, then) {
            (Ok(change), Made(expected)) => {
                assert!(change.is_made(), "{name}: nothing was done");
                assert_eq!(after.as_bstr(), expected, "{name}");
            }
            (Ok(change), Noted(expected, notes)) => {
                assert_eq!(after.as_bstr(), expected, "{name}");
                assert_eq!(codes(&change), notes, "{name}");
            }
            (Ok(change), AlreadySo) => {
                assert!(!change.is_made(), "{name}: became {:?}", after.as_bstr());
                assert_eq!(after.as_bstr(), before, "{name}");
            }
            (Err(EditError::Refused(refusal)), Refused(code)) => {
                assert_eq!(refusal.code(), code, "{name}: {refusal}");
                assert!(refusal.0.help.is_some(), "{name}: no way on");
                assert_eq!(after.as_bstr(), before, "{name}");
            }
            (Err(why), _) => panic!("{name}: {why}"),
            (Ok(change), Refused(code)) => panic!("{name}: made {change:?} instead of {code}"),
        }
        kvmprep_lossless::laws::edits_keep_their_promises(&dialect, before.as_bytes(), &[request])
            .unwrap_or_else(|broken| panic!("{name}: {broken}"));
    }
}

fn run(rows: Vec<Row>) {
    run_as(Sshd::default(), rows);
}

#[test]
fn a_global_keyword_in_a_file_that_ends_with_a_match_block_goes_before_it() {
    // Augeas refuses this edit, and a plain append lands in the block, where sshd does not start on Port.
    run(vec![
        (
            "behind the last global directive",
            "X11Forwarding yes\n\nMatch User bob\n\tX11Forwarding no\n",
            Request::set(g("Port"), "2222"),
            Made("X11Forwarding yes\nPort 2222\n\nMatch User bob\n\tX11Forwarding no\n"),
        ),
        (
            "before the comment that leads the Match",
            "# head\n\n# for bob\nMatch User bob\n\tX11Forwarding no\n",
            Request::set(g("Port"), "2222"),
            Made("# head\nPort 2222\n\n# for bob\nMatch User bob\n\tX11Forwarding no\n"),
        ),
        (
            "a file that is nothing but the block, without a final newline",
            "Match User bob\n\tX11Forwarding no",
            Request::set(g("Port"), "2222"),
            Made("Port 2222\nMatch User bob\n\tX11Forwarding no"),
        ),
    ]);
}

#[test]
fn set_edits_the_occurrence_that_counts() {
    run(vec![
        ("one line", "PermitRootLogin yes # keep\n", Request::set(g("permitrootlogin"), "no"),
            Made("PermitRootLogin no # keep\n")),
        ("the first of two, the other is told", "PermitRootLogin yes\nPort 1\nPermitRootLogin no\n",
            Request::set(g("PermitRootLogin"), "no"),
            Noted("PermitRootLogin no\nPort 1\nPermitRootLogin no\n", &["shadowed"])),
        ("the dead one goes on request", "PermitRootLogin yes\nPort 1\nPermitRootLogin no # b\n",
            Request::set(g("PermitRootLogin"), "no").dedupe(), Made("PermitRootLogin no\nPort 1\n# b\n")),
        ("already so but for the dead one", "PermitRootLogin no\nPermitRootLogin yes\n",
            Request::set(g("PermitRootLogin"), "no").dedupe(), Made("PermitRootLogin no\n")),
        ("all, where the last one wins", "IPQoS ef\nPort 1\nIPQoS cs1 cs2\n",
            Request::set_all(g("IPQoS"), ["af21", "cs1"]),
            Made("IPQoS af21 cs1\nPort 1\nIPQoS af21 cs1\n")),
        ("the last one, the others taken out", "IPQoS ef\nPort 1\nIPQoS cs1 cs2\n",
            Request::set_all(g("IPQoS"), ["af21", "cs1"]).dedupe(), Made("Port 1\nIPQoS af21 cs1\n")),
        ("an old name keeps its name", "ChallengeResponseAuthentication yes\n",
            Request::set(g("KbdInteractiveAuthentication"), "no"), Made("ChallengeResponseAuthentication no\n")),
        ("asked for by its old name", "KbdInteractiveAuthentication yes\n",
            Request::set(g("ChallengeResponseAuthentication"), "no"), Made("KbdInteractiveAuthentication no\n")),
        ("case, indentation, separator and quotes stay", "  pErMiTtTy\t=\t\"yes\"\t# c\r\n",
            Request::set(g("PermitTTY"), "no"), Made("  pErMiTtTy\t=\t\"no\"\t# c\r\n")),
        ("no final newline stays so", "Port 22", Request::set(g("Port"), "23"), Made("Port 23")),
        ("the same meaning is already so", "PermitRootLogin prohibit-password\n",
            Request::set(g("PermitRootLogin"), "without-password"), AlreadySo),
        ("so is another case", "X11Forwarding NO\n", Request::set(g("X11Forwarding"), "no"), AlreadySo),
        ("so is another unit", "LoginGraceTime 1m30s\n", Request::set(g("LoginGraceTime"), "90"), AlreadySo),
        ("the rest of the line, with what looks like a comment", "ForceCommand echo hi # x\n",
            Request::set(g("ForceCommand"), "sh -c \"a  b\" # y"), Made("ForceCommand sh -c \"a  b\" # y\n")),
        ("a line in a block is another key", "Match User bob\n\tBanner /b\n", Request::set(g("Banner"), "/g"),
            Made("Banner /g\nMatch User bob\n\tBanner /b\n")),
        ("words keep their gaps", "IPQoS af21   cs1 # q\n", Request::set_all(g("IPQoS"), ["af21", "ef"]),
            Made("IPQoS af21   ef # q\n")),
        ("a list that adds up: the first line gets the set", "AllowUsers a b # staff\nPort 1\nAllowUsers c # more\n",
            Request::set_all(g("AllowUsers"), ["b", "d"]), Made("AllowUsers b d # staff\nPort 1\n# more\n")),
        ("lines that add up, shorter", "Port 1\nPort 2\nPort 3\n", Request::set_all(g("Port"), ["1", "22"]),
            Made("Port 1\nPort 22\n")),
        ("lines that add up, longer, no final newline", "  Port 1\n  Port 2", Request::set_all(g("Port"), ["1", "2", "3"]),
            Made("  Port 1\n  Port 2\n  Port 3\n")),
        ("an algorithm list", "Ciphers aes128-ctr # c\n", Request::set(g("Ciphers"), "aes256-ctr,aes192-ctr"),
            Made("Ciphers aes256-ctr,aes192-ctr # c\n")),
        ("an algorithm list item by item", "Ciphers \"aes128-ctr\"\n", Request::set_all(g("Ciphers"), ["+aes128-cbc", "3des-cbc"]),
            Noted("Ciphers \"+aes128-cbc,3des-cbc\"\n", &["weak-algorithm"])),
        ("a subsystem", "Subsystem sftp /x # s\n", Request::set(k("Subsystem[sftp]"), "internal-sftp -f AUTH"),
            Made("Subsystem sftp internal-sftp -f AUTH # s\n")),
        ("a new subsystem", "Subsystem a /x\n", Request::set(k("Subsystem[sftp]"), "internal-sftp"),
            Made("Subsystem a /x\nSubsystem sftp internal-sftp\n")),
        ("a file drawn in earlier may win", "Include /etc/ssh/sshd_config.d/*.conf\nX11Forwarding yes\n",
            Request::set(g("X11Forwarding"), "no"),
            Noted("Include /etc/ssh/sshd_config.d/*.conf\nX11Forwarding no\n", &["include-earlier"])),
        ("Match all wins", "Banner /a\nMatch all\nBanner /b\n", Request::set(g("Banner"), "/c"),
            Noted("Banner /c\nMatch all\nBanner /b\n", &["match-all-wins"])),
    ]);
}

#[test]
fn set_uncomments_the_commented_default_in_place() {
    run(vec![
        ("the default itself becomes the live line", "#Port 22\n#AddressFamily any\nMatch User b\n",
            Request::set(g("AddressFamily"), "inet"), Made("#Port 22\nAddressFamily inet\nMatch User b\n")),
        ("spacing and line ending stay", "#Banner\t none \r\n", Request::set(g("Banner"), "/etc/issue"),
            Made("Banner\t /etc/issue \r\n")),
        ("or it stays and the live line goes below", "#Port 22\n# prose\n",
            Request::set(g("Port"), "2222").absent(Absent::InsertBelow), Made("#Port 22\nPort 2222\n# prose\n")),
        ("the last of several, and that is told", "#HostKey /a\n#HostKey /b\n", Request::set(g("HostKey"), "/c"),
            Noted("#HostKey /a\nHostKey /c\n", &["several-defaults"])),
        ("several values", "#HostKey /a\n#x\n", Request::set_all(g("HostKey"), ["/c", "/d"]),
            Made("HostKey /c\nHostKey /d\n#x\n")),
        ("prose is no default", "# Port 22\n#Port is the port\n#Port 22 # c\n", Request::set(g("Port"), "1"),
            Made("# Port 22\n#Port is the port\n#Port 22 # c\nPort 1\n")),
        ("the sample block at the end is none", "X11Forwarding yes\n#Match User anoncvs\n#\tX11Forwarding no\n#\tPermitTTY no\n",
            Request::set(g("PermitTTY"), "yes"),
            Made("X11Forwarding yes\nPermitTTY yes\n#Match User anoncvs\n#\tX11Forwarding no\n#\tPermitTTY no\n")),
        ("nor is a comment in a block", "Match User b\n#PermitTTY no\n", Request::set(g("PermitTTY"), "yes"),
            Made("PermitTTY yes\nMatch User b\n#PermitTTY no\n")),
    ]);
}

#[test]
fn set_inserts_where_nothing_else_changes() {
    run(vec![
        ("an empty file", "", Request::set(g("Port"), "22"), Made("Port 22\n")),
        ("no final newline", "UsePAM yes", Request::set(g("Port"), "22"), Made("UsePAM yes\nPort 22\n")),
        ("CRLF", "UsePAM yes\r\n\r\nMatch all\r\n", Request::set(g("Port"), "22"),
            Made("UsePAM yes\r\nPort 22\r\n\r\nMatch all\r\n")),
        ("the separator of the neighbour", "UsePAM\tyes\n", Request::set(g("Port"), "22"), Made("UsePAM\tyes\nPort\t22\n")),
        ("only comments: at the end", "# a\n", Request::set(g("Port"), "22"), Made("# a\nPort 22\n")),
        ("only an Include: at the end, and that is told", "Include x\n\n# c\n", Request::set(g("UsePAM"), "no"),
            Noted("Include x\n\n# c\nUsePAM no\n", &["include-earlier"])),
        ("quoted where it must be", "", Request::set(g("Banner"), "/x y#z"), Made("Banner \"/x y#z\"\n")),
        ("a backslash is escaped", "", Request::set_all(g("AllowUsers"), ["DOM\\bob", "o'neil"]),
            Made("AllowUsers \"DOM\\\\bob\" \"o'neil\"\n")),
        ("bytes that are not UTF-8 stay", "# caf\u{e9}\n", Request::set(g("Port"), "22"), Made("# caf\u{e9}\nPort 22\n")),
    ]);
}

#[test]
fn bytes_that_are_not_utf8_stay() {
    let mut document = SshdConfig::parse(&b"# caf\xe9\nBanner /caf\xe9\n\xfe\xff x\n"[..]);
    document.apply(&Request::set(g("Port"), "22")).unwrap();
    assert_eq!(document.to_bytes().as_bstr(), b"# caf\xe9\nBanner /caf\xe9\n\xfe\xff x\nPort 22\n".as_bstr());
    document.apply(&Request::set(g("Banner"), "/x")).unwrap();
    assert_eq!(document.to_bytes().as_bstr(), b"# caf\xe9\nBanner /x\n\xfe\xff x\nPort 22\n".as_bstr());
}

#[test]
fn in_a_block() {
    const BEFORE: &str = "Banner /g\nMatch User bob\n  X11Forwarding no\n\n# next\nMatch all\n\tX11Forwarding yes\n";
    run(vec![
        ("the line of the block, not another", BEFORE, Request::set(k("Match[user bob].X11Forwarding"), "yes"),
            Made("Banner /g\nMatch User bob\n  X11Forwarding yes\n\n# next\nMatch all\n\tX11Forwarding yes\n")),
        ("a new line behind its last directive, dressed like it", BEFORE, Request::set(k("Match[User bob].Banner"), "/b"),
            Made("Banner /g\nMatch User bob\n  X11Forwarding no\n  Banner /b\n\n# next\nMatch all\n\tX11Forwarding yes\n")),
        ("in an empty block", "Match User bob\n# c\nMatch all\n", Request::set(k("Match[User bob].Banner"), "/b"),
            Made("Match User bob\n\tBanner /b\n# c\nMatch all\n")),
        ("the second of two with the same criteria", "Match User bob\nBanner /1\nMatch User=bob\nBanner /2\n",
            Request::set(k("Match[User bob]#2.Banner"), "/b"),
            Noted("Match User bob\nBanner /1\nMatch User=bob\nBanner /b\n", &["earlier-block"])),
        ("at the end of a file without a final newline", "Match User bob", Request::set(k("Match[User bob].Banner"), "/b"),
            Made("Match User bob\n\tBanner /b\n")),
        ("global keywords are refused", BEFORE, Request::set(k("Match[User bob].Port"), "1"), Refused("global-only")),
        ("but not in Match all", BEFORE, Request::set(k("Match[all].Port"), "1"),
            Made("Banner /g\nMatch User bob\n  X11Forwarding no\n\n# next\nMatch all\n\tX11Forwarding yes\n\tPort 1\n")),
        ("no such block", BEFORE, Request::set(k("Match[User eve].Banner"), "/b"), Refused("no-such-block")),
        ("a new block by decision, before a final Match all", BEFORE,
            Request::set(k("Match[User eve].Banner"), "/e").allow("no-such-block"),
            Made("Banner /g\nMatch User bob\n  X11Forwarding no\n\nMatch User eve\n\tBanner /e\n\n# next\nMatch all\n\tX11Forwarding yes\n")),
        ("a new block at the end", "Port 1\r\n", Request::set(k("Match[User eve Address 10.0.0.0/8].Banner"), "/e").allow("no-such-block"),
            Made("Port 1\r\n\r\nMatch User eve Address 10.0.0.0/8\r\n\tBanner /e\r\n")),
        ("a new block in an empty file", "", Request::set(k("Match[User \"a b\"].Banner"), "/e").allow("no-such-block"),
            Made("Match User \"a b\"\n\tBanner /e\n")),
        ("a whole block goes, what leads the next one stays", BEFORE, Request::unset(k("Match[User bob]")),
            Made("Banner /g\n\n# next\nMatch all\n\tX11Forwarding yes\n")),
        ("a whole block commented out", "Port 1\nMatch User bob # b\n\tBanner /x\n\t# c\n\tPermitTTY no\n", Request::disable(k("Match[User bob]")),
            Made("Port 1\n#Match User bob # b\n\t#Banner /x\n\t# c\n\t#PermitTTY no\n")),
        ("no block to take out", BEFORE, Request::unset(k("Match[User eve]")), AlreadySo),
        ("one of two equal blocks", "Match User bob\nBanner /1\nMatch User bob\nBanner /2\n", Request::unset(k("Match[User bob]")),
            Refused("several-blocks")),
        ("the last of them", "Match User bob\nBanner /1\nMatch User bob\nBanner /2\n", Request::unset(k("Match[User bob]#2")),
            Made("Match User bob\nBanner /1\n")),
        ("a block is no value", BEFORE, Request::set(k("Match[User bob]"), "x"), Refused("no-value")),
        ("unset in a block", BEFORE, Request::unset(k("Match[User bob].X11Forwarding")),
            Made("Banner /g\nMatch User bob\n\n# next\nMatch all\n\tX11Forwarding yes\n")),
        ("a list in a block", "AllowUsers a\nMatch User bob\nAllowUsers b # x\n", Request::add(k("Match[User bob].AllowUsers"), "c"),
            Made("AllowUsers a\nMatch User bob\nAllowUsers b c # x\n")),
    ]);
}

#[test]
fn unset_and_disable_take_every_live_line_of_the_scope() {
    run(vec![
        ("unset", "#Port 22\nPort 1\nPort 2\nMatch all\nPort 3\n", Request::unset(g("Port")), Made("#Port 22\nMatch all\nPort 3\n")),
        ("a trailing comment outlives its line", "  Banner /x # why\nUsePAM no\n", Request::unset(g("Banner")), Made("  # why\nUsePAM no\n")),
        ("an unended last line", "UsePAM no\nPort 1", Request::unset(g("Port")), Made("UsePAM no\n")),
        ("disable", "Port 1 # a\r\n\tPort 2\r\n", Request::disable(g("Port")), Made("#Port 1 # a\r\n\t#Port 2\r\n")),
        ("nothing to do", "#Port 1\n", Request::disable(g("Port")), AlreadySo),
        ("nothing to do in an empty file", "", Request::unset(g("Port")), AlreadySo),
        ("the last AllowUsers", "AllowUsers a\n", Request::unset(g("AllowUsers")), Refused("opens-access")),
        ("commented out, too", "AllowUsers a\n", Request::disable(g("AllowUsers")), Refused("opens-access")),
        ("by decision", "AllowUsers a\n", Request::unset(g("AllowUsers")).allow("opens-access"), Made("")),
        ("an unknown keyword may go", "Foo bar\nPort 1\n", Request::unset(g("Foo")), Made("Port 1\n")),
        ("one subsystem of two", "Subsystem a /x\nSubsystem b /y\n", Request::unset(k("Subsystem[b]")), Made("Subsystem a /x\n")),
    ]);
}

#[test]
fn disabled_and_set_back_is_the_file_as_it_was() {
    let mut document = SshdConfig::parse("UsePAM yes\nX11Forwarding yes\nPort 22\n");
    document.apply(&Request::disable(g("X11Forwarding"))).unwrap();
    assert_eq!(document.to_bytes().as_bstr(), "UsePAM yes\n#X11Forwarding yes\nPort 22\n");
    document.apply(&Request::set(g("X11Forwarding"), "yes")).unwrap();
    assert!(document.patch().is_empty());
}

#[test]
fn algorithm_lists_are_added_to_by_their_prefix() {
    let add = |item: &str| Request::add(g("Ciphers"), item);
    run(vec![
        ("a plain list", "Ciphers aes128-ctr,aes256-ctr # c\n", add("3des-cbc"),
            Noted("Ciphers aes128-ctr,aes256-ctr,3des-cbc # c\n", &["weak-algorithm"])),
        ("it is there", "Ciphers aes128-ctr,3des-cbc\n", add("3des-cbc"), AlreadySo),
        ("+", "Ciphers +aes128-cbc # legacy\n", add("3des-cbc"),
            Noted("Ciphers +aes128-cbc,3des-cbc # legacy\n", &["weak-algorithm"])),
        ("+ and it is there", "Ciphers +3des-cbc\n", add("3des-cbc"), AlreadySo),
        ("^", "Ciphers ^aes256-ctr\n", add("aes128-ctr"), Noted("Ciphers ^aes256-ctr,aes128-ctr\n", &[])),
        ("- and it is taken out", "Ciphers -aes128-ctr,3des-cbc\n", add("aes128-ctr"),
            Noted("Ciphers -3des-cbc\n", &["default-decides"])),
        ("- and it is all that is taken out", "Ciphers -aes128-ctr\n", add("aes128-ctr"), Refused("empties-list")),
        ("- by a pattern", "Ciphers -aes*\n", add("aes128-ctr"), Refused("wildcard-item")),
        ("- of others", "Ciphers -3des-cbc\n", add("aes128-ctr"), AlreadySo),
        ("inside the quotes", "Ciphers \"aes128-ctr,aes256-ctr\"\n", add("3des-cbc"),
            Made("Ciphers \"aes128-ctr,aes256-ctr,3des-cbc\"\n")),
        ("an empty item at the end goes", "Ciphers aes128-ctr,\n", add("aes256-ctr"), Made("Ciphers aes128-ctr,aes256-ctr\n")),
        ("a pattern of key types matches", "HostKeyAlgorithms ssh-*\n", Request::add(g("HostKeyAlgorithms"), "ssh-rsa"), AlreadySo),
        ("the first line only", "Ciphers aes128-ctr\nCiphers 3des-cbc\n", add("aes256-ctr"),
            Made("Ciphers aes128-ctr,aes256-ctr\nCiphers 3des-cbc\n")),
        ("none", "Port 1\n", add("3des-cbc"), Refused("not-set")),
        ("none in an empty file", "", add("3des-cbc"), Refused("not-set")),
        ("none, left", "Port 1\n", add("3des-cbc").absent(Absent::Leave), AlreadySo),
        ("a commented one is none, left", "#Ciphers aes128-ctr\n", add("3des-cbc").absent(Absent::Leave), AlreadySo),
        ("one in Match all is none here", "Match all\nCiphers aes128-ctr\n", add("3des-cbc").absent(Absent::Leave), AlreadySo),
        ("none, and +", "Port 1\n", add("3des-cbc").absent(Absent::Plus),
            Noted("Port 1\nCiphers +3des-cbc\n", &["weak-algorithm"])),
        ("none, and + in an empty file", "", add("aes128-ctr").absent(Absent::Plus), Noted("Ciphers +aes128-ctr\n", &[])),
        ("CRLF and no final newline", "Port 1\r\nCiphers aes128-ctr", add("aes256-ctr"), Made("Port 1\r\nCiphers aes128-ctr,aes256-ctr")),
        ("a second prefix", "Ciphers +aes128-cbc\n", add("+3des-cbc"), Refused("bad-value")),
        ("two at once", "Ciphers +aes128-cbc\n", add("3des-cbc,aes256-cbc"), Refused("bad-value")),
        ("a broken line", "Ciphers aes128-ctr, aes256-ctr\n", add("3des-cbc"), Refused("broken-line")),
    ]);
}

#[test]
fn algorithm_lists_are_taken_from_by_their_prefix() {
    let remove = |item: &str| Request::remove(g("Ciphers"), item);
    run(vec![
        ("a plain list", "Ciphers a,3des-cbc,b # c\n", remove("3des-cbc"), Made("Ciphers a,b # c\n")),
        ("it is not there", "Ciphers a\n", remove("3des-cbc"), AlreadySo),
        ("the last item", "Port 1\nCiphers 3des-cbc # c\n", remove("3des-cbc"), Noted("Port 1\n# c\n", &["default-returns"])),
        ("the last item, and -", "Ciphers 3des-cbc\n", remove("3des-cbc").absent(Absent::Plus), Made("Ciphers -3des-cbc\n")),
        ("the last item, and another line would come alive", "Ciphers 3des-cbc\nCiphers a\n", remove("3des-cbc"), Refused("comes-alive")),
        ("both go", "Ciphers 3des-cbc\nCiphers a\n", remove("3des-cbc").dedupe(), Made("")),
        ("+", "Ciphers +3des-cbc,a\n", remove("3des-cbc"), Noted("Ciphers +a\n", &["default-decides"])),
        ("-", "Ciphers -a\n", remove("3des-cbc"), Noted("Ciphers -a,3des-cbc\n", &[])),
        ("- and it is taken out", "Ciphers -*cbc\n", remove("3des-cbc"), AlreadySo),
        ("^", "Ciphers ^a,b\n", remove("a"), Noted("Ciphers ^b\n", &["default-decides"])),
        ("a key type by a pattern", "HostKeyAlgorithms ssh-*\n", Request::remove(g("HostKeyAlgorithms"), "ssh-rsa"), Refused("wildcard-item")),
        ("inside the quotes, the last item", "Ciphers \"aes128-ctr,aes256-ctr\"\n", remove("aes256-ctr"), Made("Ciphers \"aes128-ctr\"\n")),
        ("none", "Port 1\n", remove("3des-cbc"), AlreadySo),
        ("none, and -", "Port 1\n", remove("3des-cbc").absent(Absent::Plus), Made("Port 1\nCiphers -3des-cbc\n")),
        ("in an empty file", "", remove("3des-cbc"), AlreadySo),
    ]);
}

#[test]
fn blank_lists_are_edited_word_by_word() {
    let (add, remove) = (|item: &str| Request::add(g("AllowUsers"), item), |item: &str| Request::remove(g("AllowUsers"), item));
    run(vec![
        ("behind the last word of the last line", "AllowUsers a b # staff\nAllowUsers c # more\nMatch all\n", add("d"),
            Made("AllowUsers a b # staff\nAllowUsers c d # more\nMatch all\n")),
        ("it is there", "AllowUsers a\nAllowUsers b\n", add("a"), AlreadySo),
        ("quoted", "AllowUsers a\n", add("b c"), Made("AllowUsers a \"b c\"\n")),
        ("none: a first item would shut all others out", "Port 1\n", add("a"), Refused("not-set")),
        ("from every line", "AllowUsers a b\nAllowUsers a # x\nAllowUsers c  a\td\n", remove("a"),
            Made("AllowUsers b\n# x\nAllowUsers c\td\n")),
        ("the last", "AllowUsers a\n", remove("a"), Refused("opens-access")),
        ("the last of DenyUsers", "DenyUsers a\nPort 1\n", Request::remove(g("DenyUsers"), "a"), Made("Port 1\n")),
        ("a line each", "Port 1\nPort 2 # b\nUsePAM no\n", Request::add(g("Port"), "3"), Made("Port 1\nPort 2 # b\nPort 3\nUsePAM no\n")),
        ("a line each, removed", "Port 1\nPort 2 # b\n", Request::remove(g("Port"), "2"), Made("Port 1\n# b\n")),
        ("of lists whose first line counts, that line", "SetEnv A=1\nSetEnv B=2\n", Request::add(g("SetEnv"), "C=3"),
            Made("SetEnv A=1 C=3\nSetEnv B=2\n")),
        ("and never wake the second", "SetEnv A=1\nSetEnv B=2\n", Request::remove(g("SetEnv"), "A=1"), Refused("comes-alive")),
        ("no list", "Banner /x\n", Request::add(g("Banner"), "/y"), Refused("not-a-list")),
        ("CRLF, no final newline", "AllowUsers a\r\nAllowUsers b", add("c"), Made("AllowUsers a\r\nAllowUsers b c")),
    ]);
}

#[test]
fn what_cannot_be_promised_is_refused() {
    run(vec![
        ("an unknown keyword", "", Request::set(g("PermitRotLogin"), "no"), Refused("unknown-keyword")),
        ("by decision", "", Request::set(g("FooBar"), "no").allow("unknown-keyword"), Made("FooBar no\n")),
        ("no word", "", Request::set(g("Port 22"), "no").allow("unknown-keyword"), Refused("not-a-keyword")),
        ("Match", "", Request::set(g("Match"), "all"), Refused("match-line")),
        ("Include", "", Request::add(g("Include"), "/x"), Refused("include")),
        ("a wrong value", "", Request::set(g("PermitRootLogin"), "maybe"), Refused("bad-value")),
        ("a wrong value, by decision", "", Request::set(g("PermitRootLogin"), "maybe").allow("bad-value"), Made("PermitRootLogin maybe\n")),
        ("two values", "", Request::set_all(g("PermitRootLogin"), ["yes", "no"]), Refused("wrong-number")),
        ("no value", "", Request::set_all(g("AllowUsers"), Vec::<BString>::new()), Refused("wrong-number")),
        ("an old relic", "", Request::set(g("UsePrivilegeSeparation"), "yes"), Refused("ignored-keyword")),
        ("newer than that sshd", "", Request::set(g("PerSourcePenalties"), "no"), Refused("keyword-too-new")),
        ("a subsystem without its name", "", Request::set(g("Subsystem"), "sftp /x"), Refused("name-needed")),
        ("a name where none belongs", "", Request::set(k("Port[x]"), "1"), Refused("no-such-name")),
        ("all ciphers taken out", "", Request::set(g("Ciphers"), "-*"), Refused("removes-everything")),
        ("an empty item", "", Request::set(g("Ciphers"), "a,,b"), Refused("bad-value")),
        ("a lone prefix", "", Request::set(g("Ciphers"), "+"), Refused("bad-value")),
        ("a pattern for ciphers", "", Request::set(g("Ciphers"), "aes*"), Refused("bad-value")),
        ("a broken line of the keyword", "Port 22 23\n", Request::set(g("Port"), "1"), Refused("broken-line")),
        ("a comment for a value", "AllowUsers # nobody\n", Request::set(g("AllowUsers"), "a"), Refused("broken-line")),
        ("a relative command", "", Request::set(g("AuthorizedKeysCommand"), "\"/bin/x\""), Refused("bad-value")),
        ("a quote that does not close", "", Request::set(g("ForceCommand"), "echo it's"), Refused("unwritable-value")),
        ("blanks around the rest of a line", "", Request::set(g("ForceCommand"), " x"), Refused("unwritable-value")),
    ]);
    let mut nul = SshdConfig::parse(&b"#c\0\nPort 5\nPort 6\n"[..]);
    assert!(matches!(nul.apply(&Request::set(g("Port"), "7")), Err(EditError::Refused(why)) if why.code() == "nul-in-file"));
}

#[test]
fn before_8_7_nothing_is_written_that_the_older_grammar_reads_otherwise() {
    let old = Sshd::from(Grammar::Before87);
    run_as(old, vec![
        ("no #", "", Request::set(g("Banner"), "/x#y"), Refused("unwritable-value")),
        ("= in quotes", "", Request::set(g("Banner"), "/x=y"), Made("Banner \"/x=y\"\n")),
        ("an apostrophe is a letter", "", Request::set(g("AllowUsers"), "o'neil"), Made("AllowUsers o'neil\n")),
        ("= separates words", "AllowUsers a=b c#d\n", Request::add(g("AllowUsers"), "e"), Made("AllowUsers a=b c e#d\n")),
        ("dead words behind an open quote are not read", "AllowUsers a \"b c\n", Request::remove(g("AllowUsers"), "b"), AlreadySo),
        ("they go with their line", "DenyUsers a \"b c\n", Request::unset(g("DenyUsers")), Made("")),
        ("two keywords, one today", "ChallengeResponseAuthentication yes\n", Request::set(g("KbdInteractiveAuthentication"), "no"),
            Made("ChallengeResponseAuthentication yes\nKbdInteractiveAuthentication no\n")),
        ("the name that release knows", "", Request::set(g("PubkeyAcceptedAlgorithms"), "ssh-rsa"), Made("PubkeyAcceptedKeyTypes ssh-rsa\n")),
        ("^ came later", "", Request::set(g("Ciphers"), "^aes128-ctr"), Refused("prefix-too-new")),
    ]);
    run_as(Sshd::from(Version(5, 3)), vec![
        ("no + in 5.3", "", Request::add(g("Ciphers"), "3des-cbc").absent(Absent::Plus), Refused("prefix-too-new")),
        ("Port goes before ListenAddress", "UsePAM no\nListenAddress 10.0.0.1\n", Request::set(g("Port"), "2222"),
            Made("UsePAM no\nPort 2222\nListenAddress 10.0.0.1\n")),
        ("global-only there", "Match User bob\n", Request::set(k("Match[User bob].AllowUsers"), "x"), Refused("global-only")),
    ]);
}

/// Attempts to make one value into more: each is refused, or reads back as exactly that value and nothing else moves.
#[test]
fn a_hostile_value_never_becomes_a_second_directive() {
    const ATTACKS: &[&str] = &[
        "x\nPermitRootLogin yes", "x\r\nMatch all", "x\rPort 1", "x\0y", "x y", "x\ty", "x # y", "#", "# x", "\"", "x\" \"y", "\"x\"",
        "'", "x'y", "x\\", "\\", "x\\\" y", "x \\\" y\\", "=", "=x", "==x", "x=y", "", " ", " x", "x ", "\t", "x,y", "+x", "-*", "*", "!x",
        "Match all", "x\u{202e}y", "x\u{feff}", "x\u{200b}", "\u{7f}", "\u{85}", "x\u{a0}y", "\x0b", "\x0c", "x\x0c", "%h/../x", "$(id)",
        "`id`", "${HOME}", "/x;y", "a\\ b", "a b\\", "\"a b", "a b\"", "@", "~", "é", "x\u{2028}y",
    ];
    const BEFORE: &str = "Banner /a # c\nAllowUsers u v # w\nCiphers aes128-ctr # d\nForceCommand echo\nPort 22\n#PidFile none\nSubsystem sftp /x\nMatch User bob\n\tBanner /b\n";
    let keys = ["Banner", "AllowUsers", "Ciphers", "ForceCommand", "Port", "PidFile", "Subsystem[sftp]", "Subsystem[new]",
        "Match[User bob].Banner", "Match[User bob].AllowUsers", "XAuthLocation", "AcceptEnv", "VersionAddendum"];
    for dialect in [Sshd::default(), Sshd::from(Grammar::Before87), Sshd::from(Version(10, 5))] {
        for (key, attack) in keys.iter().flat_map(|key| ATTACKS.iter().map(move |attack| (k(key), *attack))) {
            for request in [Request::set(key.clone(), attack), Request::add(key.clone(), attack), Request::set(key.clone(), attack).allow("bad-value")] {
                kvmprep_lossless::laws::edits_keep_their_promises(&dialect, BEFORE.as_bytes(), &[request.clone()])
                    .unwrap_or_else(|broken| panic!("{key} {attack:?}: {broken}"));
                let mut document = SshdConfig::parse_as(dialect, BEFORE);
                if document.apply(&request).is_ok_and(|change| change.is_made()) {
                    let values = document.get(&key)[0].value.known().unwrap().to_vec();
                    assert!(values.contains(&attack.into()) || key.keyword() == Some("Ciphers"), "{key} {attack:?}: {values:?}");
                }
            }
        }
        for name in ATTACKS {
            let request = Request::set(Key::subsystem(*name), "/x");
            kvmprep_lossless::laws::edits_keep_their_promises(&dialect, BEFORE.as_bytes(), &[request]).unwrap();
            if let Ok(key) = Key::in_block(&format!("User {name}"), "Banner") {
                let request = Request::set(key, "/x").allow("no-such-block");
                kvmprep_lossless::laws::edits_keep_their_promises(&dialect, BEFORE.as_bytes(), &[request]).unwrap();
            }
        }
    }
}
