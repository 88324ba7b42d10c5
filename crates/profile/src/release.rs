//! The releases of distributions that are known, and which of them a host is.

use bstr::ByteSlice;
use camino::Utf8Path;
use kvmprep_lossless::files::{Entry, Files};
use kvmprep_sysconfig::{Key, Reader, Sysconfig, SysconfigFile, SystemdVersion};

/// A release of a distribution, and the versions it has of what reads the files.
#[derive(PartialEq, Eq, Debug)]
pub struct Release {
    name: &'static str,
    pub(crate) sshd: kvmprep_sshd_config::Version,
    pub(crate) multipath: kvmprep_multipath_conf::Version,
    pub(crate) procps: kvmprep_sysctl_conf::ProcpsVersion,
    pub(crate) systemd: Option<SystemdVersion>,
}

static RELEASES: [Release; 7] = {
    use kvmprep_multipath_conf::Version as Multipath;
    use kvmprep_sshd_config::Version as Sshd;
    use kvmprep_sysctl_conf::ProcpsVersion as Procps;
    const fn release(
        name: &'static str,
        sshd: Sshd,
        multipath: Multipath,
        procps: Procps,
        systemd: Option<u16>,
    ) -> Release {
        let systemd = match systemd {
            Some(version) => Some(SystemdVersion(version)),
            None => None,
        };
        Release { name, sshd, multipath, procps, systemd }
    }
    [
        release("el6", Sshd(5, 3), Multipath::EL6, Procps(3, 2, 8), None),
        release("el7", Sshd(7, 4), Multipath::EL7, Procps(3, 3, 10), Some(219)),
        release("el8", Sshd(8, 0), Multipath::EL8, Procps(3, 3, 15), Some(239)),
        release("el9", Sshd(8, 7), Multipath::EL9, Procps(3, 3, 17), Some(252)),
        release("el10", Sshd(9, 9), Multipath::EL10, Procps(4, 0, 4), Some(257)),
        release("debian11", Sshd(8, 4), Multipath::new(0, 8, 5), Procps(3, 3, 17), Some(247)),
        release("debian12", Sshd(9, 2), Multipath::new(0, 9, 4), Procps(4, 0, 2), Some(252)),
    ]
};

/// Where a host says what it is, as os-release(5) has it: the first that is there counts.
const OS_RELEASE: [&str; 2] = ["/etc/os-release", "/usr/lib/os-release"];

/// RHEL 6 and its rebuilds have no os-release; a line of theirs is "CentOS release 6.10 (Final)".
const REDHAT_RELEASE: &str = "/etc/redhat-release";

/// The `ID` of Enterprise Linux and of its rebuilds. What is merely like it has versions of its own.
const ENTERPRISE: [&str; 6] = ["rhel", "centos", "rocky", "almalinux", "ol", "scientific"];

/// How the line of [`REDHAT_RELEASE`] begins there.
const ENTERPRISE_NAMES: [&str; 4] = ["Red Hat Enterprise Linux", "CentOS", "Scientific Linux", "Oracle Linux"];

impl Release {
    /// All that are known.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        RELEASES.iter()
    }

    /// What it is called: `el9`, `debian12`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The release of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::all().find(|release| release.name == name)
    }

    /// The release that a host's own files name, where it is one that is known.
    ///
    /// ```
    /// use kvmprep_lossless::files::MemoryFiles;
    /// use kvmprep_profile::Release;
    ///
    /// let host = MemoryFiles::new().with("/etc/os-release", "ID=\"rocky\"\nVERSION_ID=\"9.4\"\n");
    /// assert_eq!(Release::of_host(&host).map(Release::name), Some("el9"));
    /// assert_eq!(Release::of_host(&MemoryFiles::new()), None);
    /// ```
    pub fn of_host(files: &dyn Files) -> Option<&'static Self> {
        let text = |path: &&str| match files.look(Utf8Path::new(path)).ok()?.entry {
            Entry::File(text) => Some(text),
            _ => None,
        };
        let name = match OS_RELEASE.iter().find_map(text) {
            Some(text) => of_os_release(&text)?,
            None => of_line(text(&REDHAT_RELEASE)?.to_str().ok()?)?,
        };
        Self::named(&name)
    }
}

fn of_os_release(text: &[u8]) -> Option<String> {
    let file = SysconfigFile::parse_as(Sysconfig::systemd(), text.to_vec());
    let value = |variable: &str| {
        let key: Key = variable.parse().ok()?;
        let setting = file.get_as(Reader::ServiceManager, &key).pop()?;
        Some(setting.value.known()?.first()?.to_str_lossy().into_owned())
    };
    let (id, version) = (value("ID")?, value("VERSION_ID")?);
    match id.as_str() {
        "debian" => Some(format!("debian{version}")),
        id if ENTERPRISE.contains(&id) => Some(enterprise(&version)),
        _ => None,
    }
}

fn of_line(line: &str) -> Option<String> {
    ENTERPRISE_NAMES.iter().find(|name| line.starts_with(**name))?;
    let (_, version) = line.split_once(" release ")?;
    Some(enterprise(version.split_whitespace().next()?))
}

/// Minor releases keep the versions, as far as they are told apart here.
fn enterprise(version: &str) -> String {
    format!("el{}", version.split('.').next().unwrap_or(version))
}
