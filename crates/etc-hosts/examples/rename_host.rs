//! Gives a host its address among peers: takes its names off the loopback line and shows what moved.

use std::process::ExitCode;

use kvmprep_etc_hosts::{HostsFile, Key};
use kvmprep_lossless::{Change, EditError, Request};

const DEBIAN: &str = "\
127.0.0.1\tlocalhost
127.0.1.1\tkvm1.example.com\tkvm1

# The following lines are desirable for IPv6 capable hosts
::1     localhost ip6-localhost ip6-loopback
ff02::1 ip6-allnodes
";

fn edit() -> Result<HostsFile, EditError> {
    let mut hosts = HostsFile::parse(DEBIAN);
    let own = Key::names(["kvm1.example.com", "kvm1"]);
    let requests = [
        Request::set_all(own, ["192.0.2.11", "2001:db8::11"]),
        Request::set(Key::name("stor1"), "192.0.2.11"),
        Request::set(Key::names(["kvm2.example.com", "kvm2"]), "192.0.2.12"),
    ];
    for request in &requests {
        let change = hosts.apply(request)?;
        if let Change::Made { moves, .. } = &change {
            println!("{}: {} facts moved", request.edit.key(), moves.len());
        }
        change.notes().iter().for_each(|note| println!("  {}[{}]: {}", note.severity, note.code, note.message));
    }
    Ok(hosts)
}

fn main() -> ExitCode {
    match edit() {
        Ok(hosts) => {
            hosts
                .diagnostics()
                .iter()
                .for_each(|found| println!("{}[{}]: {}", found.severity, found.code, found.message));
            print!("{}", hosts.unified_diff("etc/hosts"));
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
