//! Add and remove.

use kvmprep_lossless::{Absent, Request};

use crate::Then::{AlreadySo, Made, Noted, Refused};
use crate::{g, run};

#[test]
fn algorithm_lists_are_added_to_by_their_prefix() {
    let add = |item: &str| Request::add(g("Ciphers"), item);
    run(vec![
        (
            "a plain list",
            "Ciphers aes128-ctr,aes256-ctr # c\n",
            add("3des-cbc"),
            Noted("Ciphers aes128-ctr,aes256-ctr,3des-cbc # c\n", &["weak-algorithm"]),
        ),
        ("it is there", "Ciphers aes128-ctr,3des-cbc\n", add("3des-cbc"), AlreadySo),
        (
            "+",
            "Ciphers +aes128-cbc # legacy\n",
            add("3des-cbc"),
            Noted("Ciphers +aes128-cbc,3des-cbc # legacy\n", &["weak-algorithm"]),
        ),
        ("+ and it is there", "Ciphers +3des-cbc\n", add("3des-cbc"), AlreadySo),
        ("^", "Ciphers ^aes256-ctr\n", add("aes128-ctr"), Noted("Ciphers ^aes256-ctr,aes128-ctr\n", &[])),
        (
            "- and it is taken out",
            "Ciphers -aes128-ctr,3des-cbc\n",
            add("aes128-ctr"),
            Noted("Ciphers -3des-cbc\n", &["default-decides"]),
        ),
        ("- and it is all that is taken out", "Ciphers -aes128-ctr\n", add("aes128-ctr"), Refused("empties-list")),
        ("- by a pattern", "Ciphers -aes*\n", add("aes128-ctr"), Refused("wildcard-item")),
        (
            "by name, and by a pattern too",
            "PubkeyAcceptedAlgorithms ssh-rsa,6,ssh-*\n",
            Request::remove(g("PubkeyAcceptedAlgorithms"), "ssh-rsa"),
            Refused("wildcard-item"),
        ),
        ("+ behind an empty item", "Ciphers +aes128-cbc,,aes192-cbc\n", add("3des-cbc"), Refused("empty-item")),
        ("- by name, and by a pattern too", "Ciphers -*,aes128-ctr\n", add("aes128-ctr"), Refused("wildcard-item")),
        ("- of others", "Ciphers -3des-cbc\n", add("aes128-ctr"), AlreadySo),
        (
            "inside the quotes",
            "Ciphers \"aes128-ctr,aes256-ctr\"\n",
            add("3des-cbc"),
            Made("Ciphers \"aes128-ctr,aes256-ctr,3des-cbc\"\n"),
        ),
        (
            "an empty item at the end goes",
            "Ciphers aes128-ctr,\n",
            add("aes256-ctr"),
            Made("Ciphers aes128-ctr,aes256-ctr\n"),
        ),
        (
            "a pattern of key types matches",
            "HostKeyAlgorithms ssh-*\n",
            Request::add(g("HostKeyAlgorithms"), "ssh-rsa"),
            AlreadySo,
        ),
        (
            "the first line only",
            "Ciphers aes128-ctr\nCiphers 3des-cbc\n",
            add("aes256-ctr"),
            Made("Ciphers aes128-ctr,aes256-ctr\nCiphers 3des-cbc\n"),
        ),
        ("none", "Port 1\n", add("3des-cbc"), Refused("not-set")),
        ("none in an empty file", "", add("3des-cbc"), Refused("not-set")),
        ("none, left", "Port 1\n", add("3des-cbc").absent(Absent::Leave), AlreadySo),
        ("a commented one is none, left", "#Ciphers aes128-ctr\n", add("3des-cbc").absent(Absent::Leave), AlreadySo),
        (
            "one in Match all is none here",
            "Match all\nCiphers aes128-ctr\n",
            add("3des-cbc").absent(Absent::Leave),
            AlreadySo,
        ),
        (
            "none, and +",
            "Port 1\n",
            add("3des-cbc").absent(Absent::Plus),
            Noted("Port 1\nCiphers +3des-cbc\n", &["weak-algorithm"]),
        ),
        (
            "none, and + in an empty file",
            "",
            add("aes128-ctr").absent(Absent::Plus),
            Noted("Ciphers +aes128-ctr\n", &[]),
        ),
        (
            "CRLF and no final newline",
            "Port 1\r\nCiphers aes128-ctr",
            add("aes256-ctr"),
            Made("Port 1\r\nCiphers aes128-ctr,aes256-ctr"),
        ),
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
        (
            "the last item",
            "Port 1\nCiphers 3des-cbc # c\n",
            remove("3des-cbc"),
            Noted("Port 1\n# c\n", &["default-returns"]),
        ),
        (
            "the last item, and -",
            "Ciphers 3des-cbc\n",
            remove("3des-cbc").absent(Absent::Plus),
            Made("Ciphers -3des-cbc\n"),
        ),
        (
            "the last item, and another line would come alive",
            "Ciphers 3des-cbc\nCiphers a\n",
            remove("3des-cbc"),
            Refused("comes-alive"),
        ),
        ("both go", "Ciphers 3des-cbc\nCiphers a\n", remove("3des-cbc").dedupe(), Made("")),
        ("+", "Ciphers +3des-cbc,a\n", remove("3des-cbc"), Noted("Ciphers +a\n", &["default-decides"])),
        ("-", "Ciphers -a\n", remove("3des-cbc"), Noted("Ciphers -a,3des-cbc\n", &[])),
        ("- and it is taken out", "Ciphers -*cbc\n", remove("3des-cbc"), AlreadySo),
        ("^", "Ciphers ^a,b\n", remove("a"), Noted("Ciphers ^b\n", &["default-decides"])),
        (
            "a key type by a pattern",
            "HostKeyAlgorithms ssh-*\n",
            Request::remove(g("HostKeyAlgorithms"), "ssh-rsa"),
            Refused("wildcard-item"),
        ),
        (
            "inside the quotes, the last item",
            "Ciphers \"aes128-ctr,aes256-ctr\"\n",
            remove("aes256-ctr"),
            Made("Ciphers \"aes128-ctr\"\n"),
        ),
        ("none", "Port 1\n", remove("3des-cbc"), AlreadySo),
        ("none, and -", "Port 1\n", remove("3des-cbc").absent(Absent::Plus), Made("Port 1\nCiphers -3des-cbc\n")),
        ("in an empty file", "", remove("3des-cbc"), AlreadySo),
    ]);
}

#[test]
fn blank_lists_are_edited_word_by_word() {
    let (add, remove) =
        (|item: &str| Request::add(g("AllowUsers"), item), |item: &str| Request::remove(g("AllowUsers"), item));
    run(vec![
        (
            "behind the last word of the last line",
            "AllowUsers a b # staff\nAllowUsers c # more\nMatch all\n",
            add("d"),
            Made("AllowUsers a b # staff\nAllowUsers c d # more\nMatch all\n"),
        ),
        ("it is there", "AllowUsers a\nAllowUsers b\n", add("a"), AlreadySo),
        ("quoted", "AllowUsers a\n", add("b c"), Made("AllowUsers a \"b c\"\n")),
        ("none: a first item would shut all others out", "Port 1\n", add("a"), Refused("not-set")),
        (
            "from every line",
            "AllowUsers a b\nAllowUsers a # x\nAllowUsers c  a\td\n",
            remove("a"),
            Made("AllowUsers b\n# x\nAllowUsers c\td\n"),
        ),
        ("the last", "AllowUsers a\n", remove("a"), Refused("opens-access")),
        ("the last of DenyUsers", "DenyUsers a\nPort 1\n", Request::remove(g("DenyUsers"), "a"), Made("Port 1\n")),
        (
            "a line each",
            "Port 1\nPort 2 # b\nUsePAM no\n",
            Request::add(g("Port"), "3"),
            Made("Port 1\nPort 2 # b\nPort 3\nUsePAM no\n"),
        ),
        ("a line each, removed", "Port 1\nPort 2 # b\n", Request::remove(g("Port"), "2"), Made("Port 1\n# b\n")),
        (
            "of lists whose first line counts, that line",
            "SetEnv A=1\nSetEnv B=2\n",
            Request::add(g("SetEnv"), "C=3"),
            Made("SetEnv A=1 C=3\nSetEnv B=2\n"),
        ),
        (
            "and never wake the second",
            "SetEnv A=1\nSetEnv B=2\n",
            Request::remove(g("SetEnv"), "A=1"),
            Refused("comes-alive"),
        ),
        ("no list", "Banner /x\n", Request::add(g("Banner"), "/y"), Refused("not-a-list")),
        ("CRLF, no final newline", "AllowUsers a\r\nAllowUsers b", add("c"), Made("AllowUsers a\r\nAllowUsers b c")),
    ]);
}
