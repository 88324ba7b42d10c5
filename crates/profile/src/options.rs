use kvmprep_multipath_conf::Multipath;
use kvmprep_sshd_config::Sshd;
use kvmprep_sysconfig::{Sysconfig, SystemdVersion};
use kvmprep_sysctl_conf::{ProcpsVersion, Reader, SysctlConf};
use serde::{Deserialize, Serialize};

use crate::file_type::FileType;

/// What to assume where a file's bytes alone do not say how it is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// Who reads a sysconfig file.
    pub readers: Readers,
    /// Which sshd reads its file: how lines are cut, which keywords are known.
    pub sshd: Sshd,
    /// Which multipath-tools read theirs.
    pub multipath: Multipath,
    /// Which procps applies sysctl's files.
    pub procps: ProcpsVersion,
    /// Which systemd reads environment files, and applies sysctl's at boot; none where there is none.
    pub systemd: Option<SystemdVersion>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            readers: Readers::default(),
            sshd: Sshd::default(),
            multipath: Multipath::default(),
            procps: ProcpsVersion::NEWEST,
            systemd: Some(SystemdVersion::NEWEST),
        }
    }
}

/// Who reads a sysconfig file: an edit must mean the same to each of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Readers {
    /// A shell sources it.
    Shell,
    /// The service manager reads it as an environment file.
    Systemd,
    /// Both do, or it is not known which.
    #[default]
    Both,
}

/// A release of a distribution, and the versions it has of what reads the files.
struct Release {
    name: &'static str,
    sshd: kvmprep_sshd_config::Version,
    multipath: kvmprep_multipath_conf::Version,
    procps: ProcpsVersion,
    systemd: Option<SystemdVersion>,
}

const RELEASES: [Release; 7] = {
    use kvmprep_multipath_conf::Version as Multipath;
    use kvmprep_sshd_config::Version as Sshd;
    use kvmprep_sysctl_conf::ProcpsVersion as Procps;
    const fn systemd(version: u16) -> Option<SystemdVersion> {
        Some(SystemdVersion(version))
    }
    [
        Release { name: "el6", sshd: Sshd(5, 3), multipath: Multipath::EL6, procps: Procps(3, 2, 8), systemd: None },
        Release {
            name: "el7",
            sshd: Sshd(7, 4),
            multipath: Multipath::EL7,
            procps: Procps(3, 3, 10),
            systemd: systemd(219),
        },
        Release {
            name: "el8",
            sshd: Sshd(8, 0),
            multipath: Multipath::EL8,
            procps: Procps(3, 3, 15),
            systemd: systemd(239),
        },
        Release {
            name: "el9",
            sshd: Sshd(8, 7),
            multipath: Multipath::EL9,
            procps: Procps(3, 3, 17),
            systemd: systemd(252),
        },
        Release {
            name: "el10",
            sshd: Sshd(9, 9),
            multipath: Multipath::EL10,
            procps: Procps(4, 0, 4),
            systemd: systemd(257),
        },
        Release {
            name: "debian11",
            sshd: Sshd(8, 4),
            multipath: Multipath::new(0, 8, 5),
            procps: Procps(3, 3, 17),
            systemd: systemd(247),
        },
        Release {
            name: "debian12",
            sshd: Sshd(9, 2),
            multipath: Multipath::new(0, 9, 4),
            procps: Procps(4, 0, 2),
            systemd: systemd(252),
        },
    ]
};

/// A text that names no version of the program that reads a type of file.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{dialect}` is no dialect of {file_type} files: {why}")]
pub struct UnknownDialect {
    /// The text as given.
    pub dialect: String,
    /// The type.
    pub file_type: FileType,
    /// What there is.
    pub why: String,
}

impl Options {
    /// The same, for a release of a distribution (`el6` to `el10`, `debian11`, `debian12`), or for the version of the
    /// program that reads files of a type: `8.0` of OpenSSH, `0.8.7` of multipath-tools, `3.3.17` of procps, `252` of systemd
    /// for environment files.
    ///
    /// ```
    /// use kvmprep_profile::{FileType, Options};
    ///
    /// let el8 = Options::default().with_dialect(FileType::Sshd, "el8")?;
    /// assert_eq!(el8.sshd, Options::default().with_dialect(FileType::Sshd, "8.0p1")?.sshd);
    /// # Ok::<(), kvmprep_profile::UnknownDialect>(())
    /// ```
    pub fn with_dialect(mut self, file_type: FileType, dialect: &str) -> Result<Self, UnknownDialect> {
        if let Some(release) = RELEASES.iter().find(|release| release.name == dialect) {
            let Release { sshd, multipath, procps, systemd, .. } = *release;
            return Ok(Self {
                sshd: sshd.into(),
                multipath: Multipath { version: multipath },
                procps,
                systemd,
                ..self
            });
        }
        let releases = || RELEASES.map(|release| release.name).join(", ");
        let unknown = |why: String| {
            let why = format!("{why}; the releases are {}", releases());
            UnknownDialect { dialect: dialect.to_owned(), file_type, why }
        };
        match file_type {
            FileType::Sshd => {
                let version = dialect.parse::<kvmprep_sshd_config::Version>();
                self.sshd = version.map_err(|why| unknown(why.to_string()))?.into();
            }
            FileType::Multipath => {
                let version = dialect.parse::<kvmprep_multipath_conf::Version>();
                self.multipath = Multipath { version: version.map_err(|why| unknown(why.to_string()))? };
            }
            FileType::Sysctl => {
                let version = dialect.parse::<ProcpsVersion>();
                self.procps = version.map_err(|why| unknown(why.to_string()))?;
            }
            FileType::Sysconfig => {
                let why = || unknown("a version of systemd is a number: `252`".to_owned());
                self.systemd = Some(SystemdVersion(dialect.parse().map_err(|_| why())?));
            }
            FileType::Hosts => {
                return Err(unknown("its readers are told apart by no version".to_owned()));
            }
        }
        Ok(self)
    }

    pub(crate) fn sysconfig(self) -> Sysconfig {
        let Some(systemd) = self.systemd else { return Sysconfig::shell() };
        let readers = match self.readers {
            Readers::Shell => Sysconfig::shell(),
            Readers::Systemd => Sysconfig::systemd(),
            Readers::Both => Sysconfig::default(),
        };
        readers.with_systemd(systemd)
    }

    pub(crate) fn sysctl(self) -> SysctlConf {
        let systemd = self.systemd.map(Reader::Systemd);
        SysctlConf::for_readers([Reader::Procps(self.procps)].into_iter().chain(systemd))
    }
}
