//! Who reads the files of each type, and what they are told beside them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bstr::{BString, ByteSlice};
use kvmprep_etc_hosts::EtcHosts;
use kvmprep_lossless::effective::{Consumers, ConsumersOf};
use kvmprep_lossless::files::Files;
use kvmprep_multipath_conf::Map;
use kvmprep_sshd_config::Connection;

use crate::file_type::FileType;
use crate::options::Options;
use crate::own_name::own_name;
use crate::sshd_start::Started;

/// What answers hang on that stands in no file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Circumstances {
    /// The connection that sshd is asked about.
    pub connection: Option<Connection>,
    /// The map that multipathd is asked about.
    pub map: Option<Map>,
    /// What the kernel's settings hold now, by their paths below `/proc/sys`.
    pub running: BTreeMap<BString, BString>,
}

impl Circumstances {
    /// The key that is meant: of a map that is asked about, a keyword alone is one, too.
    pub(crate) fn key<'k>(&self, file_type: FileType, key: &'k str) -> Cow<'k, str> {
        let map = self.map.as_ref().filter(|_| file_type == FileType::Multipath);
        map.and_then(|map| map.key(key)).map_or(Cow::Borrowed(key), |key| Cow::Owned(key.to_string()))
    }

    /// The path below `/proc/sys` of a key's setting; `None` for other types, and for patterns.
    pub fn kernel_path(file_type: FileType, key: &str) -> Option<String> {
        let key: kvmprep_sysctl_conf::Key = key.parse().ok().filter(|_| file_type == FileType::Sysctl)?;
        let path = key.path().to_str().ok()?;
        (!path.contains(['*', '?', '['])).then(|| path.to_owned())
    }
}

impl FileType {
    /// Who reads such files on a host.
    pub fn consumers(self, options: Options, files: &dyn Files, circumstances: &Circumstances) -> Box<dyn Consumers> {
        match self {
            Self::Sysconfig => Box::new(ConsumersOf { dialect: options.sysconfig(), situation: () }),
            Self::Sshd => Box::new(Started::on(files, options.sshd, circumstances.connection.clone())),
            Self::Multipath => {
                Box::new(ConsumersOf { dialect: options.multipath, situation: circumstances.map.clone() })
            }
            Self::Hosts => Box::new(ConsumersOf { dialect: EtcHosts, situation: own_name(options, files) }),
            Self::Sysctl => {
                let situation = kvmprep_sysctl_conf::Situation { kernel: None, running: circumstances.running.clone() };
                Box::new(ConsumersOf { dialect: options.sysctl(), situation })
            }
        }
    }
}
