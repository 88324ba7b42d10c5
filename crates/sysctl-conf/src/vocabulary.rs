//! Keys that are more than a number.

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
