//! Two files, all or nothing: a conflict in the second leaves the first as it was.
#![allow(clippy::unwrap_used)]

use kvmprep_host_files::{Base, Goal, Root, Write};

fn main() {
    let host = tempfile::tempdir().unwrap();
    for name in ["hosts", "sysctl.conf"] {
        std::fs::write(host.path().join(name), "old\n").unwrap();
    }
    let root = Root::open(host.path()).unwrap();
    let hosts = Write { path: "/hosts".into(), base: Base::Bytes(b"old\n"), goal: Goal::Bytes(b"new\n") };
    let sysctl = Write { path: "/sysctl.conf".into(), base: Base::Bytes(b"older\n"), goal: Goal::Absent };

    let conflict = root.commit(&[hosts, sysctl]).unwrap_err();
    println!("{conflict}");
    assert_eq!(std::fs::read(host.path().join("hosts")).unwrap(), b"old\n");

    for file in root.commit(&[hosts, Write { base: Base::Bytes(b"old\n"), ..sysctl }]).unwrap().files {
        println!("{}: {:?}", file.real, file.change);
    }
}
