use kvmprep_multipath_conf::Multipath;
use kvmprep_sshd_config::Sshd;
use kvmprep_sysconfig::{Sysconfig, SystemdVersion};
use kvmprep_sysctl_conf::{ProcpsVersion, Reader, SysctlConf};
use serde::{Deserialize, Serialize};

use crate::file_type::FileType;
use crate::release::Release;

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

/// Which programs read a file: those of a release of a distribution, or one program by its version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// All that a release has.
    Release(&'static Release),
    /// A version of OpenSSH.
    Sshd(Sshd),
    /// A version of multipath-tools.
    Multipath(Multipath),
    /// A version of procps.
    Procps(ProcpsVersion),
    /// A version of systemd.
    Systemd(SystemdVersion),
}

impl Dialect {
    /// A release (`el6` to `el10`, `debian11`, `debian12`), or the version of the program that reads files of a type:
    /// `8.0` of OpenSSH, `0.8.7` of multipath-tools, `3.3.17` of procps, `252` of systemd for environment files.
    pub fn parse(file_type: FileType, text: &str) -> Result<Self, UnknownDialect> {
        if let Some(release) = Release::named(text) {
            return Ok(Self::Release(release));
        }
        let version = match file_type {
            FileType::Sshd => {
                let version = text.parse::<kvmprep_sshd_config::Version>();
                version.map(|version| Self::Sshd(version.into())).map_err(|why| why.to_string())
            }
            FileType::Multipath => {
                let version = text.parse::<kvmprep_multipath_conf::Version>();
                version.map(|version| Self::Multipath(Multipath { version })).map_err(|why| why.to_string())
            }
            FileType::Sysctl => {
                text.parse().map(Self::Procps).map_err(|why: kvmprep_sysctl_conf::ProcpsVersionError| why.to_string())
            }
            FileType::Sysconfig => {
                let why = |_| "a version of systemd is a number: `252`".to_owned();
                text.parse().map(|version| Self::Systemd(SystemdVersion(version))).map_err(why)
            }
            FileType::Hosts => Err("its readers are told apart by no version".to_owned()),
        };
        version.map_err(|why| {
            let releases = Release::all().map(Release::name).collect::<Vec<_>>().join(", ");
            let why = format!("{why}; the releases are {releases}");
            UnknownDialect { dialect: text.to_owned(), file_type, why }
        })
    }
}

impl Options {
    /// For the files of a host of this release; of none that is known, the newest programs read them.
    pub fn of_release(release: Option<&'static Release>) -> Self {
        release.map_or_else(Self::default, |release| Self::default().read_by(Dialect::Release(release)))
    }

    /// The same, read by other programs.
    pub fn read_by(self, dialect: Dialect) -> Self {
        match dialect {
            Dialect::Release(release) => {
                let Release { sshd, multipath, procps, systemd, .. } = *release;
                Self { sshd: sshd.into(), multipath: Multipath { version: multipath }, procps, systemd, ..self }
            }
            Dialect::Sshd(sshd) => Self { sshd, ..self },
            Dialect::Multipath(multipath) => Self { multipath, ..self },
            Dialect::Procps(procps) => Self { procps, ..self },
            Dialect::Systemd(version) => Self { systemd: Some(version), ..self },
        }
    }

    /// The same, for a dialect as [`Dialect::parse`] takes it.
    ///
    /// ```
    /// use kvmprep_profile::{FileType, Options};
    ///
    /// let el8 = Options::default().with_dialect(FileType::Sshd, "el8")?;
    /// assert_eq!(el8.sshd, Options::default().with_dialect(FileType::Sshd, "8.0p1")?.sshd);
    /// # Ok::<(), kvmprep_profile::UnknownDialect>(())
    /// ```
    pub fn with_dialect(self, file_type: FileType, dialect: &str) -> Result<Self, UnknownDialect> {
        Dialect::parse(file_type, dialect).map(|dialect| self.read_by(dialect))
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
