use crate::value::{check, is_format, shown};

#[test]
fn every_control_character_and_bad_byte_is_refused_and_every_other_ascii_is_not() {
    for byte in 0..=0x7f_u8 {
        let refused = check("the value", &[b'a', byte, b'b'], false).is_err();
        assert_eq!(refused, byte != b'\t' && (byte < 0x20 || byte == 0x7f), "{byte:#x}");
    }
    for bad in [&b"\xff"[..], b"caf\xe9", b"\xc0\x80", b"\xed\xa0\x80", "\u{80}".as_bytes(), "\u{9f}".as_bytes()] {
        assert!(check("the value", bad, true).is_err(), "{bad:?}");
    }
}

#[test]
fn format_characters_pass_only_when_allowed() {
    for c in [
        '\u{202e}',
        '\u{2066}',
        '\u{34f}',
        '\u{3164}',
        '\u{ffa0}',
        '\u{180b}',
        '\u{200b}',
        '\u{feff}',
        '\u{2028}',
        '\u{e0041}',
    ] {
        assert!(is_format(c));
        assert!(check("the value", c.to_string().as_bytes(), false).is_err());
        assert!(check("the value", c.to_string().as_bytes(), true).is_ok());
    }
}

#[test]
fn nothing_shown_can_move_the_cursor_or_hide() {
    assert_eq!(shown(b"a\x1b[2J\xff\tb"), "a\\x1b[2J\\xff\tb");
    assert_eq!(shown("x\u{202e}y\u{9b}z\u{e9}".as_bytes()), "x<U+202E>y<U+009B>z\u{e9}");
}
