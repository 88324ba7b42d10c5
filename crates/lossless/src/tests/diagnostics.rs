use crate::{Diagnostic, Place, Report, Span};

#[test]
fn a_report_points_at_the_bytes_and_shows_no_control_byte() {
    let text = b"Port 22\n\tBanner \x1b[2Jx\xe9 # c\r\nno\n";
    let diagnostic = Diagnostic::error("bad-value", "`Banner` is odd").at(Span::new(16, 21)).help("mend it");
    let report = Report { path: "etc/ssh/sshd_config", text, diagnostic: &diagnostic };
    assert_eq!(
        report.to_string(),
        "etc/ssh/sshd_config:2:9: error[bad-value]: `Banner` is odd\n 2 | \tBanner \\x1b[2Jx\\xe9 # c\n   | \t       ^^^^^^^^\n  help: mend it"
    );
}

#[test]
fn a_place_past_the_end_is_the_end() {
    assert_eq!(Place::of(b"a\nb", 99), Place { line: 2, column: 2 });
    assert_eq!(Place::of(b"", 0), Place { line: 1, column: 1 });
}
