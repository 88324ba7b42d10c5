//! Unset and disable.

use bstr::ByteSlice;
use kvmprep_lossless::Request;
use kvmprep_sshd_config::SshdConfig;

use crate::Then::{AlreadySo, Made, Refused};
use crate::{g, k, run};

#[test]
fn unset_and_disable_take_every_live_line_of_the_scope() {
    run(vec![
        (
            "unset",
            "#Port 22\nPort 1\nPort 2\nMatch all\nPort 3\n",
            Request::unset(g("Port")),
            Made("#Port 22\nMatch all\nPort 3\n"),
        ),
        (
            "a trailing comment outlives its line",
            "  Banner /x # why\nUsePAM no\n",
            Request::unset(g("Banner")),
            Made("  # why\nUsePAM no\n"),
        ),
        ("an unended last line", "UsePAM no\nPort 1", Request::unset(g("Port")), Made("UsePAM no\n")),
        ("disable", "Port 1 # a\r\n\tPort 2\r\n", Request::disable(g("Port")), Made("#Port 1 # a\r\n\t#Port 2\r\n")),
        ("nothing to do", "#Port 1\n", Request::disable(g("Port")), AlreadySo),
        ("nothing to do in an empty file", "", Request::unset(g("Port")), AlreadySo),
        ("the last AllowUsers", "AllowUsers a\n", Request::unset(g("AllowUsers")), Refused("opens-access")),
        ("commented out, too", "AllowUsers a\n", Request::disable(g("AllowUsers")), Refused("opens-access")),
        ("by decision", "AllowUsers a\n", Request::unset(g("AllowUsers")).allow("opens-access"), Made("")),
        ("an unknown keyword may go", "Foo bar\nPort 1\n", Request::unset(g("Foo")), Made("Port 1\n")),
        (
            "one subsystem of two",
            "Subsystem a /x\nSubsystem b /y\n",
            Request::unset(k("Subsystem[b]")),
            Made("Subsystem a /x\n"),
        ),
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
