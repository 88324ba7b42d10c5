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
    pub(crate) procps3: Option<u8>,
    pub(crate) systemd: Option<SystemdVersion>,
}

/// Before procps 3.3.10 nothing was asked of a program: RHEL 6 is taken for the oldest that was.
static RELEASES: [Release; 7] = {
    use kvmprep_multipath_conf::Version as Multipath;
    use kvmprep_sshd_config::Version as Sshd;
    const fn systemd(version: u16) -> Option<SystemdVersion> {
        Some(SystemdVersion(version))
    }
    [
        Release { name: "el6", sshd: Sshd(5, 3), multipath: Multipath::EL6, procps3: Some(10), systemd: None },
        Release { name: "el7", sshd: Sshd(7, 4), multipath: Multipath::EL7, procps3: Some(10), systemd: systemd(219) },
        Release { name: "el8", sshd: Sshd(8, 0), multipath: Multipath::EL8, procps3: Some(15), systemd: systemd(239) },
        Release { name: "el9", sshd: Sshd(8, 7), multipath: Multipath::EL9, procps3: Some(17), systemd: systemd(252) },
        Release { name: "el10", sshd: Sshd(9, 9), multipath: Multipath::EL10, procps3: None, systemd: systemd(257) },
        Release {
            name: "debian11",
            sshd: Sshd(8, 4),
            multipath: Multipath::new(0, 8, 5),
            procps3: Some(17),
            systemd: systemd(247),
        },
        Release {
            name: "debian12",
            sshd: Sshd(9, 2),
            multipath: Multipath::new(0, 9, 4),
            procps3: None,
            systemd: systemd(252),
        },
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
