//! The name a host gives itself at boot.
//!
//! systemd reads `/etc/hostname`. Enterprise Linux 6 has no systemd: its `rc.sysinit` sources `/etc/sysconfig/network` and
//! takes `HOSTNAME`, or `localhost` where that is empty; `/etc/hostname` is nothing to it.

use camino::Utf8Path;
use kvmprep_etc_hosts::OwnName;
use kvmprep_lossless::Value;
use kvmprep_lossless::files::{Entry, Files};
use kvmprep_sysconfig::{Key, Reader, Sysconfig, SysconfigFile};

use crate::options::Options;
use crate::release::Release;

const NETWORK: &str = "/etc/sysconfig/network";
const VARIABLE: &str = "HOSTNAME";

/// Where the host's own name comes from: as its release boots, or the release that is told.
pub(crate) fn own_name(options: Options, files: &dyn Files) -> OwnName {
    let boots_without_systemd = Release::of_host(files).is_some_and(|release| release.systemd.is_none());
    if options.systemd.is_some() && !boots_without_systemd {
        return OwnName::InHostname;
    }
    let text = match files.look(Utf8Path::new(NETWORK)) {
        Err(error) => return OwnName::Unknown(format!("{NETWORK} could not be read: {}", error.why)),
        Ok(found) => match found.entry {
            Entry::File(text) => text,
            _ => return OwnName::Told(None),
        },
    };
    let file = SysconfigFile::parse_as(Sysconfig::shell(), text.to_vec());
    let key: Key = VARIABLE.parse().expect("a variable's name is a key");
    match file.get_as(Reader::Shell, &key).pop().map(|setting| setting.value) {
        None => OwnName::Told(None),
        Some(Value::Known(values)) => OwnName::Told(values.into_iter().next().filter(|name| !name.is_empty())),
        Some(Value::Unknown(why)) => OwnName::Unknown(format!("of `{VARIABLE}` in {NETWORK}, {why}")),
    }
}

#[cfg(test)]
mod tests {
    use kvmprep_lossless::files::MemoryFiles;

    use super::*;
    use crate::FileType;

    const RELEASE: &str = "/etc/redhat-release";
    const CENTOS6: &str = "CentOS release 6.10 (Final)\n";

    fn named(release: &str, network: &str) -> OwnName {
        let files = MemoryFiles::new()
            .with(RELEASE, release)
            .with(NETWORK, network)
            .with("/etc/hostname", "other.example.com\n");
        own_name(Options::default(), &files)
    }

    #[test]
    fn enterprise_linux_6_takes_its_name_as_a_shell_reads_it() {
        let told = |name: &str| OwnName::Told(Some(name.into()));
        assert_eq!(named(CENTOS6, "NETWORKING=yes\nHOSTNAME=\"kvm1.example.com\"\n"), told("kvm1.example.com"));
        assert_eq!(named(CENTOS6, "HOSTNAME=a\nHOSTNAME=b # last\n"), told("b"));
        assert_eq!(named(CENTOS6, "NETWORKING=yes\n"), OwnName::Told(None));
        assert_eq!(named(CENTOS6, "HOSTNAME=\n"), OwnName::Told(None));
        assert!(matches!(named(CENTOS6, "HOSTNAME=$(cat /etc/own)\n"), OwnName::Unknown(_)));
        let bare = MemoryFiles::new().with(RELEASE, CENTOS6);
        assert_eq!(own_name(Options::default(), &bare), OwnName::Told(None));
    }

    #[test]
    fn other_releases_take_it_from_the_file_of_systemd() {
        for release in ["CentOS Linux release 7.9.2009 (Core)\n", "Fedora release 60 (Sixty)\n", "", "6\n"] {
            assert_eq!(named(release, "HOSTNAME=kvm1\n"), OwnName::InHostname, "{release}");
        }
    }

    #[test]
    fn the_release_that_is_told_counts_where_the_tree_does_not_say() {
        let files = MemoryFiles::new().with(NETWORK, "HOSTNAME=kvm1\n");
        let el6 = Options::default().with_dialect(FileType::Hosts, "el6").expect("a release");
        assert_eq!(own_name(el6, &files), OwnName::Told(Some("kvm1".into())));
        assert_eq!(own_name(Options::default(), &files), OwnName::InHostname);
    }
}
