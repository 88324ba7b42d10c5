//! Where versions of systemd read the same bytes otherwise. 252 was asked; the others are read in the sources of 219, 239
//! and 257.
#![allow(clippy::unwrap_used, missing_docs)]

use kvmprep_lossless::{Editor, Request};
use kvmprep_sysconfig::{Sysconfig, SysconfigFile, SystemdVersion};

/// What each of these versions takes for A, `-` where it takes nothing.
fn taken(text: &str) -> [String; 4] {
    [219, 239, 252, 257].map(|version| {
        let dialect = Sysconfig::systemd().with_systemd(SystemdVersion(version));
        let file = SysconfigFile::parse_as(dialect, text);
        assert_eq!(file.to_bytes(), text.as_bytes());
        let settings = file.get(&"A".parse().unwrap());
        let value = settings.first().and_then(|setting| setting.value.known()?.first().cloned());
        value.map_or("-".to_owned(), |value| value.to_string())
    })
}

#[test]
fn a_backslash_between_quotes_is_kept_since_240() {
    assert_eq!(taken("A='a\\b'\n"), ["ab", "ab", "a\\b", "a\\b"]);
    assert_eq!(taken("A=\"C:\\new\"\n"), ["C:new", "C:new", "C:\\new", "C:\\new"]);
    assert_eq!(taken("A=\"a\\\"b\\\\\"\n"), ["a\"b\\"; 4]);
    assert_eq!(taken("B='x\\'\nA=1\n"), ["-", "-", "1", "1"], "a quote that never closes");
    assert_eq!(taken("A=a\\b\n"), ["ab"; 4], "outside quotes all drop it");
}

#[test]
fn a_backslash_ends_a_comment_since_254() {
    assert_eq!(taken("# c \\\nA=1\n"), ["-", "-", "-", "1"]);
    assert_eq!(taken("# c \\\\\nA=1\n"), ["1"; 4]);
    assert_eq!(taken("# c \\\n# d\nA=1\n"), ["1"; 4]);
}

#[test]
fn systemd_ends_at_a_nul_until_239_and_later_takes_nothing_of_the_file() {
    assert_eq!(taken("A=1\n# \0\n"), ["1", "1", "-", "-"]);
    assert_eq!(taken("B=\0\nA=1\n"), ["-"; 4]);
}

#[test]
fn values_with_control_characters_are_dropped_until_247_and_line_feeds_until_238() {
    assert_eq!(taken("A=a\x01b\n"), ["-", "-", "a\u{1}b", "a\u{1}b"]);
    assert_eq!(taken("A=\"a\nb\"\n"), ["-", "a\nb", "a\nb", "a\nb"]);
    assert_eq!(taken("A=\"a\tb\"\n"), ["a\tb"; 4]);
    let debian_11 = Sysconfig::systemd().with_systemd(SystemdVersion(247));
    assert!(SysconfigFile::parse_as(debian_11, "A=a\x1bb\n").get(&"A".parse().unwrap()).is_empty());
}

#[test]
fn a_value_that_is_dropped_for_a_control_character_is_told_so() {
    let lint = |version| {
        let dialect = Sysconfig::default().with_systemd(SystemdVersion(version));
        SysconfigFile::parse_as(dialect, "A='a\x1bb'\n").lint().into_iter().map(|lint| lint.diagnostic.code).collect()
    };
    let (debian_11, debian_12): (Vec<_>, Vec<_>) = (lint(247), lint(252));
    assert!(debian_11.contains(&"control-for-systemd"), "{debian_11:?}");
    assert!(!debian_12.contains(&"control-for-systemd"), "{debian_12:?}");
}

#[test]
fn an_edit_means_the_same_to_every_version() {
    for value in ["a\\b", "it's \\", "C:\\new \"x\"", "a b", "$x `y`"] {
        for version in [219, 239, 252, 257] {
            let dialect = Sysconfig::default().with_systemd(SystemdVersion(version));
            let mut file = SysconfigFile::parse_as(dialect, "# c \\\nA='old'\nB=2\n# d \\\n");
            file.apply(&Request::set("B".parse().unwrap(), value)).unwrap();
            file.apply(&Request::set("C".parse().unwrap(), value)).unwrap();
            for read in [219, 239, 252, 257] {
                let dialect = Sysconfig::systemd().with_systemd(SystemdVersion(read));
                let again = SysconfigFile::parse_as(dialect, file.to_bytes());
                for name in ["B", "C"] {
                    let [setting] = &again.get(&name.parse().unwrap())[..] else { panic!("{name} {version} {read}") };
                    assert_eq!(setting.value.known().unwrap()[0], value, "written for {version}, read by {read}");
                }
            }
        }
    }
}
