//! Keywords in blocks, and blocks as a whole.

use kvmprep_lossless::Request;

use crate::Then::{AlreadySo, Made, Noted, Refused};
use crate::{k, run};

#[test]
fn in_a_block() {
    const BEFORE: &str = "Banner /g\nMatch User bob\n  X11Forwarding no\n\n# next\nMatch all\n\tX11Forwarding yes\n";
    run(vec![
        (
            "the line of the block, not another",
            BEFORE,
            Request::set(k("Match[user bob].X11Forwarding"), "yes"),
            Made("Banner /g\nMatch User bob\n  X11Forwarding yes\n\n# next\nMatch all\n\tX11Forwarding yes\n"),
        ),
        (
            "a new line behind its last directive, dressed like it",
            BEFORE,
            Request::set(k("Match[User bob].Banner"), "/b"),
            Made(
                "Banner /g\nMatch User bob\n  X11Forwarding no\n  Banner /b\n\n# next\nMatch all\n\tX11Forwarding yes\n",
            ),
        ),
        (
            "in an empty block",
            "Match User bob\n# c\nMatch all\n",
            Request::set(k("Match[User bob].Banner"), "/b"),
            Made("Match User bob\n\tBanner /b\n# c\nMatch all\n"),
        ),
        (
            "the second of two with the same criteria",
            "Match User bob\nBanner /1\nMatch User=bob\nBanner /2\n",
            Request::set(k("Match[User bob]#2.Banner"), "/b"),
            Noted("Match User bob\nBanner /1\nMatch User=bob\nBanner /b\n", &["earlier-block"]),
        ),
        (
            "at the end of a file without a final newline",
            "Match User bob",
            Request::set(k("Match[User bob].Banner"), "/b"),
            Made("Match User bob\n\tBanner /b\n"),
        ),
        ("global keywords are refused", BEFORE, Request::set(k("Match[User bob].Port"), "1"), Refused("global-only")),
        (
            "but not in Match all",
            BEFORE,
            Request::set(k("Match[all].Port"), "1"),
            Made("Banner /g\nMatch User bob\n  X11Forwarding no\n\n# next\nMatch all\n\tX11Forwarding yes\n\tPort 1\n"),
        ),
        ("no such block", BEFORE, Request::set(k("Match[User eve].Banner"), "/b"), Refused("no-such-block")),
        (
            "a new block by decision, before a final Match all",
            BEFORE,
            Request::set(k("Match[User eve].Banner"), "/e").allow("no-such-block"),
            Made(
                "Banner /g\nMatch User bob\n  X11Forwarding no\n\nMatch User eve\n\tBanner /e\n\n# next\nMatch all\n\tX11Forwarding yes\n",
            ),
        ),
        (
            "a new block at the end",
            "Port 1\r\n",
            Request::set(k("Match[User eve Address 10.0.0.0/8].Banner"), "/e").allow("no-such-block"),
            Made("Port 1\r\n\r\nMatch User eve Address 10.0.0.0/8\r\n\tBanner /e\r\n"),
        ),
        (
            "a new block in an empty file",
            "",
            Request::set(k("Match[User \"a b\"].Banner"), "/e").allow("no-such-block"),
            Made("Match User \"a b\"\n\tBanner /e\n"),
        ),
        (
            "a whole block goes, what leads the next one stays",
            BEFORE,
            Request::unset(k("Match[User bob]")),
            Made("Banner /g\n\n# next\nMatch all\n\tX11Forwarding yes\n"),
        ),
        (
            "a whole block commented out",
            "Port 1\nMatch User bob # b\n\tBanner /x\n\t# c\n\tPermitTTY no\n",
            Request::disable(k("Match[User bob]")),
            Made("Port 1\n#Match User bob # b\n\t#Banner /x\n\t# c\n\t#PermitTTY no\n"),
        ),
        ("no block to take out", BEFORE, Request::unset(k("Match[User eve]")), AlreadySo),
        (
            "one of two equal blocks",
            "Match User bob\nBanner /1\nMatch User bob\nBanner /2\n",
            Request::unset(k("Match[User bob]")),
            Refused("several-blocks"),
        ),
        (
            "the last of them",
            "Match User bob\nBanner /1\nMatch User bob\nBanner /2\n",
            Request::unset(k("Match[User bob]#2")),
            Made("Match User bob\nBanner /1\n"),
        ),
        ("a block is no value", BEFORE, Request::set(k("Match[User bob]"), "x"), Refused("no-value")),
        (
            "unset in a block",
            BEFORE,
            Request::unset(k("Match[User bob].X11Forwarding")),
            Made("Banner /g\nMatch User bob\n\n# next\nMatch all\n\tX11Forwarding yes\n"),
        ),
        (
            "a list in a block",
            "AllowUsers a\nMatch User bob\nAllowUsers b # x\n",
            Request::add(k("Match[User bob].AllowUsers"), "c"),
            Made("AllowUsers a\nMatch User bob\nAllowUsers b c # x\n"),
        ),
    ]);
}
