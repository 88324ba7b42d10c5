//! What is known of keys.

use std::ops::RangeInclusive;

use crate::key::Key;

/// Keys whose value names a program that the kernel starts as root, and when it does.
const PROGRAMS: &[(&str, &str)] = &[
    ("fs/binfmt_misc/register", "when a file of the registered sort is executed"),
    ("kernel/core_pattern", "when a process dumps core and the value begins with `|`"),
    ("kernel/hotplug", "when a device appears or goes"),
    ("kernel/modprobe", "when a module is asked for"),
    ("kernel/poweroff_cmd", "when the machine is to be switched off"),
];

/// When the kernel starts the program that this key names; `None` for a key that names none.
pub(crate) fn starts_program(key: &Key) -> Option<&'static str> {
    PROGRAMS.iter().find(|(path, _)| key.path() == *path).map(|(_, when)| *when)
}

/// The directories of /proc/sys.
const TOP: &[&str] = &["abi", "crypto", "debug", "dev", "fs", "kernel", "net", "sunrpc", "user", "vm"];

pub(crate) fn is_top(name: &[u8]) -> bool {
    TOP.iter().any(|top| name == top.as_bytes())
}

/// Directories below net/ that have one for each network interface.
const INTERFACES: &[(&str, &str)] = &[("ipv4", "conf"), ("ipv4", "neigh"), ("ipv6", "conf"), ("ipv6", "neigh")];

pub(crate) fn has_interfaces(family: &[u8], table: &[u8]) -> bool {
    INTERFACES.iter().any(|(of, name)| family == of.as_bytes() && table == name.as_bytes())
}

/// Numbers that the kernel takes. Before Linux 5.8 swappiness ended at 100.
const RANGES: &[(&str, RangeInclusive<i128>)] = &[("vm/overcommit_memory", 0..=2), ("vm/swappiness", 0..=200)];

pub(crate) fn range(key: &Key) -> Option<RangeInclusive<i128>> {
    RANGES.iter().find(|(path, _)| key.path() == *path).map(|(_, range)| range.clone())
}
