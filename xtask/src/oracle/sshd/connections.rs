//! Connections to be asked for.

use fastrand::Rng;
use kvmprep_sshd_config::Connection;

use super::super::random::{odds, pick};
use super::daemon::groups_of;

/// A connection as `-C` takes it, some of it untold now and then.
pub fn connection(random: &mut Rng) -> String {
    let mut told: Vec<String> = Vec::new();
    for (name, values, percent) in FIELDS {
        if odds(random, *percent) {
            told.push(format!("{name}={}", pick(random, values)));
        }
    }
    told.join(",")
}

/// What may be told, and how often it is.
const FIELDS: &[(&str, &[&str], u8)] = &[
    ("user", &["bob", "bob", "root", "alice", "ghost"], 97),
    ("host", &["h.example.com", "KVM1", "kvm1.example.com", "other.test"], 90),
    ("addr", &["10.0.0.5", "192.0.2.7", "2001:db8::5", "::1", "192.0.2.9"], 92),
    ("laddr", &["10.0.0.9", "192.0.2.1", "2001:db8::9"], 90),
    ("lport", &["22", "2222"], 95),
    ("rdomain", &["vrf1", "vrf2"], 60),
];

/// The same as our crate is told it.
pub fn told(connection: &str) -> Connection {
    let field = |name: &str| {
        connection.split(',').find_map(|pair| pair.split_once('=').filter(|(field, _)| *field == name)).map(|(_, v)| v)
    };
    Connection {
        user: field("user").map(Into::into),
        groups: Some(field("user").map(groups_of).unwrap_or_default()),
        host: field("host").map(Into::into),
        address: field("addr").and_then(|address| address.parse().ok()),
        local_address: field("laddr").and_then(|address| address.parse().ok()),
        local_port: field("lport").and_then(|port| port.parse().ok()),
        rdomain: field("rdomain").map(Into::into),
        invalid_user: false,
    }
}
