//! The chapter's edit on the files of three distributions: the recorded difference, or none.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs)]

use std::path::{Path, PathBuf};

use bstr::ByteSlice;
use kvmprep_lossless::{Absent, Request};
use kvmprep_sshd_config::{Key, Sshd, SshdConfig, Version};

fn hosts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/hosts")
}

fn read(host: &str) -> Vec<u8> {
    std::fs::read(hosts().join(host).join("etc/ssh/sshd_config")).unwrap()
}

#[test]
fn a_live_cipher_list_gets_3des_cbc_and_no_other_line_moves() {
    for (host, version, noted) in [
        ("el6", Version(5, 3), "weak-algorithm"),
        ("el9", Version(8, 7), "not-set"),
        ("debian12", Version(9, 2), "not-set"),
    ] {
        let mut sshd = SshdConfig::parse_as(Sshd::from(version), read(host));
        let change = sshd.apply(&Request::add(Key::global("Ciphers"), "3des-cbc").absent(Absent::Leave)).unwrap();
        assert_eq!(change.notes().iter().map(|note| note.code).collect::<Vec<_>>(), [noted], "{host}");
        let diff = sshd.unified_diff("etc/ssh/sshd_config");
        let recorded = std::fs::read(hosts().join(format!("{host}.diff"))).unwrap();
        assert!(recorded.contains_str(diff.as_slice()), "{host}: {diff}");
        assert_eq!(diff.is_empty(), host != "el6", "{host}");
    }
}

#[test]
fn sshd_has_nothing_to_complain_of_in_them() {
    for (host, version) in [("el6", Version(5, 3)), ("el9", Version(8, 7)), ("debian12", Version(9, 2))] {
        assert_eq!(SshdConfig::parse_as(Sshd::from(version), read(host)).diagnostics(), [], "{host}");
    }
}
