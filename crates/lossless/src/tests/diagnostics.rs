use bstr::ByteSlice;
use proptest::prelude::*;

use crate::value::is_format;
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

proptest! {
    #[test]
    fn a_report_of_any_text_and_span_is_three_lines_that_a_terminal_can_be_shown(
        text in prop::collection::vec(prop_oneof![1 => any::<u8>(), 9 => prop::sample::select(&b"\r\n\t\x1b a"[..])], 0..60),
        start in 0..70_usize,
        len in 0..70_usize,
    ) {
        let diagnostic = Diagnostic::warning("odd", "m\x1b\n").at(Span::new(start, start + len));
        let report = Report { path: "e\x07", text: &text, diagnostic: &diagnostic }.to_string();
        prop_assert_eq!(report.lines().count(), 3);
        prop_assert!(!report.chars().any(|c| is_format(c) || (c.is_control() && !"\t\n".contains(c))));
        let [shown, carets] = [1, 2].map(|line| report.lines().nth(line).unwrap());
        // A span that begins inside a character is shown beside it.
        prop_assert!(!text.is_ascii() || carets.chars().count() <= shown.chars().count() + 1, "{report}");
        let place = Place::of(&text, start);
        let line = text.split_str("\n").nth(place.line - 1).unwrap();
        prop_assert!(place.column <= line.len() + 1);
    }
}
