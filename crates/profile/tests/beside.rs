//! What other files of a host make of one of them.
#![allow(clippy::unwrap_used, missing_docs)]

use kvmprep_lossless::files::MemoryFiles;
use kvmprep_profile::{FileType, Options, remarks_beside};

fn codes(host: &MemoryFiles, path: &str, text: &str, file_type: FileType) -> Vec<&'static str> {
    let host = host.clone().with(path, text);
    let editor = file_type.open(text, Options::default());
    let remarks = remarks_beside(&host, path.into(), file_type, Options::default(), &*editor);
    remarks.into_iter().map(|remark| remark.code).collect()
}

const NO_NAMES: &str = "defaults {\n\tuser_friendly_names no\n}\n";
const NAMES: &str = "defaults {\n\tuser_friendly_names yes\n}\n";

#[test]
fn a_line_is_dead_where_another_file_decides_something_else() {
    let host = MemoryFiles::new().with("/etc/multipath/conf.d/a.conf", NO_NAMES);
    assert_eq!(codes(&host, "/etc/multipath.conf", NAMES, FileType::Multipath), ["shadowed"]);
    assert_eq!(codes(&host, "/etc/multipath.conf", NO_NAMES, FileType::Multipath), [] as [&str; 0], "the same");
    assert_eq!(codes(&host, "/etc/multipath/conf.d/b.conf", NAMES, FileType::Multipath), [] as [&str; 0], "the last");
}

#[test]
fn a_line_that_counts_for_one_consumer_is_not_dead() {
    let host = MemoryFiles::new().with("/etc/sysctl.d/99-zz.conf", "vm.swappiness = 10\n");
    let told = codes(&host, "/etc/sysctl.conf", "vm.swappiness = 60\n", FileType::Sysctl);
    assert_eq!(told, [] as [&str; 0], "`sysctl --system` reads it last");
    assert_eq!(codes(&host, "/etc/sysctl.d/10-a.conf", "vm.swappiness = 60\n", FileType::Sysctl), ["shadowed"]);
}

#[test]
fn a_file_that_another_masks_is_told_so_and_nothing_more() {
    let host = MemoryFiles::new()
        .with("/etc/sysctl.d/50-a.conf", "vm.swappiness = 1\n")
        .with("/etc/sysctl.d/90-b.conf", "vm.swappiness = 2\n");
    assert_eq!(codes(&host, "/usr/lib/sysctl.d/50-a.conf", "vm.swappiness = 3\n", FileType::Sysctl), ["masked"]);
    assert_eq!(codes(&host, "/usr/lib/sysctl.d/50-c.conf", "vm.swappiness = 3\n", FileType::Sysctl), ["shadowed"]);
}

#[test]
fn nothing_is_remarked_of_a_file_that_nobody_reads_or_that_stands_alone() {
    let host = MemoryFiles::new().with("/etc/multipath/conf.d/a.conf", NO_NAMES);
    assert_eq!(codes(&host, "/root/multipath.conf", NAMES, FileType::Multipath), [] as [&str; 0]);
    let stopped = MemoryFiles::new().with("/etc/ssh/sshd_config", "Foo yes\n");
    assert_eq!(codes(&stopped, "/root/sshd_config", "Port 22\n", FileType::Sshd), [] as [&str; 0]);
    let alone = MemoryFiles::new();
    assert_eq!(codes(&alone, "/etc/ssh/sshd_config", "Foo yes\n", FileType::Sshd), [] as [&str; 0]);
}
