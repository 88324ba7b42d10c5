use std::fmt;
use std::str::FromStr;

use camino::Utf8Path;
use kvmprep_etc_hosts::{EtcHosts, HostsFile};
use kvmprep_lossless::Editor;
use kvmprep_lossless::effective::Effective;
use kvmprep_multipath_conf::{Multipath, MultipathConf};
use kvmprep_sshd_config::{Sshd, SshdConfig};
use kvmprep_sysconfig::{Sysconfig, SysconfigFile};
use kvmprep_sysctl_conf::{SysctlConf, SysctlFile};
use serde::{Deserialize, Serialize};

use crate::options::Options;

/// The formats there is an editor for. This is the one place that lists them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FileType {
    /// Shell-style assignments: `/etc/sysconfig/*`, `/etc/default/*`.
    Sysconfig,
    /// `sshd_config` and its drop-ins.
    Sshd,
    /// `multipath.conf` and its drop-ins.
    Multipath,
    /// `/etc/hosts`.
    Hosts,
    /// `sysctl.conf` and `sysctl.d`.
    Sysctl,
}

impl FileType {
    /// All types, in the order they are listed.
    pub const ALL: [Self; 5] = [Self::Sysconfig, Self::Sshd, Self::Multipath, Self::Hosts, Self::Sysctl];

    /// The name on the command line, in profiles and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sysconfig => "sysconfig",
            Self::Sshd => "sshd",
            Self::Multipath => "multipath",
            Self::Hosts => "hosts",
            Self::Sysctl => "sysctl",
        }
    }

    /// The type that a path of a host stands for; `None` where the path does not say.
    ///
    /// ```
    /// use kvmprep_profile::FileType;
    ///
    /// assert_eq!(FileType::of_path("/etc/ssh/sshd_config.d/50-local.conf".into()), Some(FileType::Sshd));
    /// assert_eq!(FileType::of_path("/etc/fstab".into()), None);
    /// ```
    pub fn of_path(path: &Utf8Path) -> Option<Self> {
        let name = path.file_name()?;
        let folder = path.parent().and_then(Utf8Path::file_name).unwrap_or_default();
        match (folder, name) {
            (_, "sshd_config") => Some(Self::Sshd),
            (_, "multipath.conf") => Some(Self::Multipath),
            (_, "hosts") => Some(Self::Hosts),
            (_, "sysctl.conf") => Some(Self::Sysctl),
            ("sshd_config.d", _) if name.ends_with(".conf") => Some(Self::Sshd),
            ("sysctl.d", _) if name.ends_with(".conf") => Some(Self::Sysctl),
            ("conf.d", _) if path.as_str().contains("multipath") => Some(Self::Multipath),
            ("sysconfig" | "default", _) => Some(Self::Sysconfig),
            _ => None,
        }
    }

    /// The file that is meant where only the type is named.
    pub fn main_file(self) -> Option<&'static Utf8Path> {
        match self {
            Self::Sysconfig => None,
            Self::Sshd => Some("/etc/ssh/sshd_config".into()),
            Self::Multipath => Some("/etc/multipath.conf".into()),
            Self::Hosts => Some("/etc/hosts".into()),
            Self::Sysctl => Some("/etc/sysctl.conf".into()),
        }
    }

    /// True where packages ship files of the format for root's eyes alone, as new ones are then.
    pub fn is_private(self) -> bool {
        matches!(self, Self::Sshd)
    }

    /// How a change of such a file is taken in.
    pub fn taken_in(self) -> &'static str {
        match self {
            Self::Sysconfig => "by what reads the file, when it is started next",
            Self::Sshd => "by sshd, when it is reloaded or restarted; sessions that are open stay as they are",
            Self::Multipath => "by multipathd, when it is told to reconfigure or is restarted",
            Self::Hosts => "by every look-up from now on; nothing is restarted",
            Self::Sysctl => "at the next boot, or by `sysctl --system` now",
        }
    }

    /// True where settings may stand in other files beside the main one.
    pub fn has_drop_ins(self) -> bool {
        match self {
            Self::Sysconfig => Sysconfig::DROP_INS.is_some(),
            Self::Sshd => Sshd::DROP_INS.is_some(),
            Self::Multipath => Multipath::DROP_INS.is_some(),
            Self::Hosts => EtcHosts::DROP_INS.is_some(),
            Self::Sysctl => SysctlConf::DROP_INS.is_some(),
        }
    }

    /// An editor over a file's bytes. Never fails: any bytes can be read.
    pub fn open(self, bytes: impl Into<Vec<u8>>, options: Options) -> Box<dyn Editor> {
        match self {
            Self::Sysconfig => Box::new(SysconfigFile::parse_as(options.sysconfig(), bytes)),
            Self::Sshd => Box::new(SshdConfig::parse_as(options.sshd, bytes)),
            Self::Multipath => Box::new(MultipathConf::parse_as(options.multipath, bytes)),
            Self::Hosts => Box::new(HostsFile::parse(bytes)),
            Self::Sysctl => Box::new(SysctlFile::parse_as(options.sysctl(), bytes)),
        }
    }
}

impl fmt::Display for FileType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no type's.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("there is no file type `{0}`; the types are sysconfig, sshd, multipath, hosts and sysctl")]
pub struct UnknownFileType(pub String);

impl FromStr for FileType {
    type Err = UnknownFileType;

    fn from_str(name: &str) -> Result<Self, UnknownFileType> {
        Self::ALL.into_iter().find(|known| known.name() == name).ok_or_else(|| UnknownFileType(name.to_owned()))
    }
}
