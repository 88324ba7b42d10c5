//! The chapter's edits on the host roots: the difference is the recorded one.
#![allow(clippy::unwrap_used, missing_docs)]

use kvmprep_lossless::Request;
use kvmprep_sysconfig::{Key, SysconfigFile};

const GUESTS: [(&str, &str); 3] = [("ON_BOOT", "ignore"), ("ON_SHUTDOWN", "shutdown"), ("SHUTDOWN_TIMEOUT", "300")];

fn check(path: &str, before: &[u8], diff: &[u8], edits: &[(&str, &str)]) {
    let mut file = SysconfigFile::parse(before);
    for (name, value) in edits {
        file.apply(&Request::set(name.parse::<Key>().unwrap(), *value)).unwrap();
    }
    let made = file.unified_diff(path);
    assert!(memchr::memmem::find(diff, &made).is_some(), "{path}\n{made}");
}

macro_rules! root {
    ($test:ident, $root:literal, $folder:literal) => {
        #[test]
        fn $test() {
            let diff = include_bytes!(concat!("../../../testdata/hosts/", $root, ".diff"));
            let guests =
                include_bytes!(concat!("../../../testdata/hosts/", $root, "/etc/", $folder, "/libvirt-guests"));
            check(concat!("etc/", $folder, "/libvirt-guests"), guests, diff, &GUESTS);
            let daemon = include_bytes!(concat!("../../../testdata/hosts/", $root, "/etc/", $folder, "/libvirtd"));
            check(concat!("etc/", $folder, "/libvirtd"), daemon, diff, &[("LANG", "C")]);
        }
    };
}

root!(el6, "el6", "sysconfig");
root!(el9, "el9", "sysconfig");
root!(debian12, "debian12", "default");
