//! Set: where a value goes.

use bstr::ByteSlice;
use kvmprep_lossless::{Absent, Request};
use kvmprep_sshd_config::SshdConfig;

use crate::Then::{AlreadySo, Made, Noted};
use crate::{g, k, run};

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
        (
            "one line",
            "PermitRootLogin yes # keep\n",
            Request::set(g("permitrootlogin"), "no"),
            Made("PermitRootLogin no # keep\n"),
        ),
        (
            "the first of two, the other is told",
            "PermitRootLogin yes\nPort 1\nPermitRootLogin no\n",
            Request::set(g("PermitRootLogin"), "no"),
            Noted("PermitRootLogin no\nPort 1\nPermitRootLogin no\n", &["shadowed"]),
        ),
        (
            "the dead one goes on request",
            "PermitRootLogin yes\nPort 1\nPermitRootLogin no # b\n",
            Request::set(g("PermitRootLogin"), "no").dedupe(),
            Made("PermitRootLogin no\nPort 1\n# b\n"),
        ),
        (
            "already so but for the dead one",
            "PermitRootLogin no\nPermitRootLogin yes\n",
            Request::set(g("PermitRootLogin"), "no").dedupe(),
            Made("PermitRootLogin no\n"),
        ),
        (
            "all, where the last one wins",
            "IPQoS ef\nPort 1\nIPQoS cs1 cs2\n",
            Request::set_all(g("IPQoS"), ["af21", "cs1"]),
            Made("IPQoS af21 cs1\nPort 1\nIPQoS af21 cs1\n"),
        ),
        (
            "the last one, the others taken out",
            "IPQoS ef\nPort 1\nIPQoS cs1 cs2\n",
            Request::set_all(g("IPQoS"), ["af21", "cs1"]).dedupe(),
            Made("Port 1\nIPQoS af21 cs1\n"),
        ),
        (
            "an old name keeps its name",
            "ChallengeResponseAuthentication yes\n",
            Request::set(g("KbdInteractiveAuthentication"), "no"),
            Made("ChallengeResponseAuthentication no\n"),
        ),
        (
            "asked for by its old name",
            "KbdInteractiveAuthentication yes\n",
            Request::set(g("ChallengeResponseAuthentication"), "no"),
            Made("KbdInteractiveAuthentication no\n"),
        ),
        (
            "case, indentation, separator and quotes stay",
            "  pErMiTtTy\t=\t\"yes\"\t# c\r\n",
            Request::set(g("PermitTTY"), "no"),
            Made("  pErMiTtTy\t=\t\"no\"\t# c\r\n"),
        ),
        ("no final newline stays so", "Port 22", Request::set(g("Port"), "23"), Made("Port 23")),
        (
            "the same meaning is already so",
            "PermitRootLogin prohibit-password\n",
            Request::set(g("PermitRootLogin"), "without-password"),
            AlreadySo,
        ),
        ("so is another case", "X11Forwarding NO\n", Request::set(g("X11Forwarding"), "no"), AlreadySo),
        ("so is another unit", "LoginGraceTime 1m30s\n", Request::set(g("LoginGraceTime"), "90"), AlreadySo),
        (
            "the rest of the line, with what looks like a comment",
            "ForceCommand echo hi # x\n",
            Request::set(g("ForceCommand"), "sh -c \"a  b\" # y"),
            Made("ForceCommand sh -c \"a  b\" # y\n"),
        ),
        (
            "a line in a block is another key",
            "Match User bob\n\tBanner /b\n",
            Request::set(g("Banner"), "/g"),
            Made("Banner /g\nMatch User bob\n\tBanner /b\n"),
        ),
        (
            "words keep their gaps",
            "IPQoS af21   cs1 # q\n",
            Request::set_all(g("IPQoS"), ["af21", "ef"]),
            Made("IPQoS af21   ef # q\n"),
        ),
        (
            "a list that adds up: the first line gets the set",
            "AllowUsers a b # staff\nPort 1\nAllowUsers c # more\n",
            Request::set_all(g("AllowUsers"), ["b", "d"]),
            Made("AllowUsers b d # staff\nPort 1\n# more\n"),
        ),
        (
            "lines that add up, shorter",
            "Port 1\nPort 2\nPort 3\n",
            Request::set_all(g("Port"), ["1", "22"]),
            Made("Port 1\nPort 22\n"),
        ),
        (
            "lines that add up, longer, no final newline",
            "  Port 1\n  Port 2",
            Request::set_all(g("Port"), ["1", "2", "3"]),
            Made("  Port 1\n  Port 2\n  Port 3\n"),
        ),
        (
            "an algorithm list",
            "Ciphers aes128-ctr # c\n",
            Request::set(g("Ciphers"), "aes256-ctr,aes192-ctr"),
            Made("Ciphers aes256-ctr,aes192-ctr # c\n"),
        ),
        (
            "an algorithm list item by item",
            "Ciphers \"aes128-ctr\"\n",
            Request::set_all(g("Ciphers"), ["+aes128-cbc", "3des-cbc"]),
            Noted("Ciphers \"+aes128-cbc,3des-cbc\"\n", &["weak-algorithm"]),
        ),
        (
            "a subsystem",
            "Subsystem sftp /x # s\n",
            Request::set(k("Subsystem[sftp]"), "internal-sftp -f AUTH"),
            Made("Subsystem sftp internal-sftp -f AUTH # s\n"),
        ),
        (
            "a new subsystem",
            "Subsystem a /x\n",
            Request::set(k("Subsystem[sftp]"), "internal-sftp"),
            Made("Subsystem a /x\nSubsystem sftp internal-sftp\n"),
        ),
        (
            "a file drawn in earlier may win",
            "Include /etc/ssh/sshd_config.d/*.conf\nX11Forwarding yes\n",
            Request::set(g("X11Forwarding"), "no"),
            Noted("Include /etc/ssh/sshd_config.d/*.conf\nX11Forwarding no\n", &["include-earlier"]),
        ),
        (
            "Match all wins",
            "Banner /a\nMatch all\nBanner /b\n",
            Request::set(g("Banner"), "/c"),
            Noted("Banner /c\nMatch all\nBanner /b\n", &["match-all-wins"]),
        ),
    ]);
}

#[test]
fn set_uncomments_the_commented_default_in_place() {
    run(vec![
        (
            "the default itself becomes the live line",
            "#Port 22\n#AddressFamily any\nMatch User b\n",
            Request::set(g("AddressFamily"), "inet"),
            Made("#Port 22\nAddressFamily inet\nMatch User b\n"),
        ),
        (
            "spacing and line ending stay",
            "#Banner\t none \r\n",
            Request::set(g("Banner"), "/etc/issue"),
            Made("Banner\t /etc/issue \r\n"),
        ),
        (
            "or it stays and the live line goes below",
            "#Port 22\n# prose\n",
            Request::set(g("Port"), "2222").absent(Absent::InsertBelow),
            Made("#Port 22\nPort 2222\n# prose\n"),
        ),
        (
            "the last of several, and that is told",
            "#HostKey /a\n#HostKey /b\n",
            Request::set(g("HostKey"), "/c"),
            Noted("#HostKey /a\nHostKey /c\n", &["several-defaults"]),
        ),
        (
            "several values",
            "#HostKey /a\n#x\n",
            Request::set_all(g("HostKey"), ["/c", "/d"]),
            Made("HostKey /c\nHostKey /d\n#x\n"),
        ),
        (
            "prose is no default",
            "# Port 22\n#Port is the port\n#Port 22 # c\n",
            Request::set(g("Port"), "1"),
            Made("# Port 22\n#Port is the port\n#Port 22 # c\nPort 1\n"),
        ),
        (
            "the sample block at the end is none",
            "X11Forwarding yes\n#Match User anoncvs\n#\tX11Forwarding no\n#\tPermitTTY no\n",
            Request::set(g("PermitTTY"), "yes"),
            Made("X11Forwarding yes\nPermitTTY yes\n#Match User anoncvs\n#\tX11Forwarding no\n#\tPermitTTY no\n"),
        ),
        (
            "nor is a comment in a block",
            "Match User b\n#PermitTTY no\n",
            Request::set(g("PermitTTY"), "yes"),
            Made("PermitTTY yes\nMatch User b\n#PermitTTY no\n"),
        ),
    ]);
}

#[test]
fn set_inserts_where_nothing_else_changes() {
    run(vec![
        ("an empty file", "", Request::set(g("Port"), "22"), Made("Port 22\n")),
        ("no final newline", "UsePAM yes", Request::set(g("Port"), "22"), Made("UsePAM yes\nPort 22\n")),
        (
            "CRLF",
            "UsePAM yes\r\n\r\nMatch all\r\n",
            Request::set(g("Port"), "22"),
            Made("UsePAM yes\r\nPort 22\r\n\r\nMatch all\r\n"),
        ),
        (
            "the separator of the neighbour",
            "UsePAM\tyes\n",
            Request::set(g("Port"), "22"),
            Made("UsePAM\tyes\nPort\t22\n"),
        ),
        ("only comments: at the end", "# a\n", Request::set(g("Port"), "22"), Made("# a\nPort 22\n")),
        (
            "only an Include: at the end, and that is told",
            "Include x\n\n# c\n",
            Request::set(g("UsePAM"), "no"),
            Noted("Include x\n\n# c\nUsePAM no\n", &["include-earlier"]),
        ),
        ("quoted where it must be", "", Request::set(g("Banner"), "/x y#z"), Made("Banner \"/x y#z\"\n")),
        (
            "a backslash is escaped",
            "",
            Request::set_all(g("AllowUsers"), ["DOM\\bob", "o'neil"]),
            Made("AllowUsers \"DOM\\\\bob\" \"o'neil\"\n"),
        ),
        (
            "bytes that are not UTF-8 stay",
            "# caf\u{e9}\n",
            Request::set(g("Port"), "22"),
            Made("# caf\u{e9}\nPort 22\n"),
        ),
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
