//! libvirt's files, out of Debian's packages: nothing is installed, nothing started.

use std::fs;
use std::path::{Path, PathBuf};

use xshell::{Shell, cmd};

use super::{DEBIAN, KEYS, Settings};
use crate::oracle::machine::{Fault, find};

/// The script is in the first (Debian 12); its unit and its file below /etc/default are in the second.
const PACKAGES: [&str; 2] = ["libvirt-daemon", "libvirt-daemon-system"];

const SCRIPT: &str = "usr/lib/libvirt/libvirt-guests.sh";
const UNIT: &str = "lib/systemd/system/libvirt-guests.service";

/// How the unit runs the script: what is played here.
const PLAYED: [&str; 3] = [
    "EnvironmentFile=-/etc/default/libvirt-guests",
    "ExecStart=/usr/lib/libvirt/libvirt-guests.sh start",
    "ExecStop=/usr/lib/libvirt/libvirt-guests.sh stop",
];

pub struct Libvirt {
    script: String,
    /// The directory etc of the packages.
    pub etc: PathBuf,
}

impl Libvirt {
    /// As downloaded before, or downloaded now.
    pub fn found(shell: &Shell) -> Result<Self, Fault> {
        for library in ["/usr/bin/gettext.sh", "/lib/lsb/init-functions"] {
            if !Path::new(library).exists() {
                return Err(format!("{library} is not installed").into());
            }
        }
        let folder = shell.current_dir().join("target/libvirt");
        if !folder.exists() {
            download(shell, &folder)?;
        }
        let unit = fs::read_to_string(folder.join(UNIT))?;
        if let Some(line) = PLAYED.iter().find(|played| !unit.lines().any(|line| line == **played)) {
            return Err(format!("libvirt's unit does not say {line:?}: it is not run as it is played here").into());
        }
        let libvirt = Self { script: fs::read_to_string(folder.join(SCRIPT))?, etc: folder.join("etc") };
        libvirt.script(DEBIAN.file, DEBIAN.defaults)?;
        Ok(libvirt)
    }

    /// The script as another distribution builds it: it differs in these lines.
    pub fn script(&self, file: &str, defaults: Settings) -> Result<String, Fault> {
        let mut script =
            replaced(&self.script, &format!("/{}", below_etc(DEBIAN.file)), &format!("/{}", below_etc(file)))?;
        for ((key, debian), default) in KEYS.into_iter().zip(DEBIAN.defaults).zip(defaults) {
            let line = [format!("\n{key}=\"{debian}\"\n"), format!("\n{key}={debian}\n")];
            let line = line.iter().find(|line| script.contains(*line)).ok_or_else(|| missing(key))?;
            script = replaced(&script, line, &line.replace(debian, default))?;
        }
        Ok(script)
    }
}

fn below_etc(path: &str) -> &str {
    path.trim_start_matches("etc/")
}

fn replaced(script: &str, from: &str, to: &str) -> Result<String, Fault> {
    if script.contains(from) { Ok(script.replace(from, to)) } else { Err(missing(from)) }
}

fn missing(what: &str) -> Fault {
    format!("libvirt's script is not the one that is known here: {what:?} is not in it").into()
}

/// In a folder of its own until all is there.
fn download(shell: &Shell, folder: &Path) -> Result<(), Fault> {
    find("apt-get")?;
    find("dpkg-deb")?;
    let target = folder.parent().ok_or("the folder is in another")?;
    fs::create_dir_all(target)?;
    let parts = tempfile::tempdir_in(target)?;
    let _there = shell.push_dir(parts.path());
    cmd!(shell, "apt-get --option APT::Sandbox::User=root --quiet=2 download {PACKAGES...}").quiet().run()?;
    shell.create_dir("all")?;
    let is_package = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "deb");
    for package in shell.read_dir(".")?.into_iter().filter(is_package) {
        cmd!(shell, "dpkg-deb --extract {package} all").quiet().run()?;
    }
    Ok(fs::rename(parts.path().join("all"), folder)?)
}
