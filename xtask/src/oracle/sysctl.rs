//! sysctl.d files, applied by procps and systemd to files that stand in for /proc/sys.

mod file;
mod tree;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use bstr::{BString, ByteSlice};
use fastrand::Rng;
use kvmprep_lossless::{Request, Value};
use kvmprep_sysctl_conf::{Key, ProcpsVersion, Reader, SysctlConf, SystemdVersion};

use super::machine::{Fault, Namespace, Session, command, find, scratch};
use super::random::{file as joined, key, odds, pick, spoil};

pub use file::OneFile;
pub use tree::Trees;

/// The readers that are installed, and where they may do what they do.
struct Readers {
    namespace: Namespace,
    programs: Vec<(Reader, String)>,
}

const SYSTEMD: [&str; 2] = ["/usr/lib/systemd/systemd-sysctl", "/lib/systemd/systemd-sysctl"];

impl Readers {
    fn found() -> Result<Self, Fault> {
        let procps = find("sysctl")?.display().to_string();
        let mut programs = vec![(Reader::Procps(procps_version(&procps)?), procps)];
        match SYSTEMD.iter().find(|path| Path::new(path).is_file()) {
            Some(path) => {
                let systemd = (*path).to_owned();
                programs.push((Reader::Systemd(systemd_version(&systemd)?), systemd));
            }
            None => println!("sysctl: systemd-sysctl is not installed; procps alone is asked"),
        }
        Ok(Self { namespace: Namespace::found()?, programs })
    }

    fn dialect(&self) -> SysctlConf {
        SysctlConf::for_readers(self.programs.iter().map(|(reader, _)| *reader))
    }

    /// Runs every reader over every input: `write` puts an input below the scratch directory, `arguments` says what
    /// makes a reader read it. The kernel's own settings are out of reach before any program runs: the stand-ins are
    /// mounted over them, with what else `mounts` says.
    fn ask<I>(
        &self,
        inputs: &[I],
        mounts: &str,
        write: impl Fn(&Path, &I) -> Result<(), Fault>,
        arguments: impl Fn(&Path, Reader) -> String,
    ) -> Result<Vec<Said>, Fault> {
        let scratch = scratch()?;
        let top = scratch.path();
        stand_ins(&top.join("sys"))?;
        let mut session: Option<Session> = None;
        let mut all = Vec::with_capacity(inputs.len());
        for input in inputs {
            write(top, input)?;
            let session = match &mut session {
                Some(session) => session,
                none => none.insert(self.namespace.session(&format!("mount --bind sys /proc/sys\n{mounts}"), top)?),
            };
            let mut said = Said::new();
            for (reader, program) in &self.programs {
                stand_ins(&top.join("sys"))?;
                let status = session.run(&format!("{program} {}", arguments(top, *reader)))?;
                said.push((*reader, Outcome { values: values(&top.join("sys"))?, failed: status != 0 }));
            }
            all.push(said);
        }
        Ok(all)
    }
}

/// `sysctl from procps-ng 4.0.2`.
fn procps_version(program: &str) -> Result<ProcpsVersion, Fault> {
    let said = version_line(program)?;
    Ok(said.parse().map_err(|why| format!("`{program} --version` says `{said}`: {why}"))?)
}

/// `systemd 252 (252.39-1~deb12u2)`.
fn systemd_version(program: &str) -> Result<SystemdVersion, Fault> {
    let said = version_line(program)?;
    let number = said.split(' ').nth(1).and_then(|number| number.parse().ok());
    Ok(SystemdVersion(number.ok_or_else(|| format!("`{program} --version` says `{said}`"))?))
}

fn version_line(program: &str) -> Result<String, Fault> {
    let said = command(program, Path::new("/")).arg("--version").output()?.stdout;
    Ok(said.lines().next().unwrap_or_default().to_str_lossy().into_owned())
}

/// What each reader did.
pub type Said = Vec<(Reader, Outcome)>;

/// What one reader did.
#[derive(PartialEq, Eq, Debug)]
pub struct Outcome {
    /// What the stand-in files hold, empty ones left out.
    values: BTreeMap<BString, BString>,
    failed: bool,
}

impl From<kvmprep_sysctl_conf::Outcome> for Outcome {
    fn from(ours: kvmprep_sysctl_conf::Outcome) -> Self {
        let values = ours.values().into_iter().filter(|(_, value)| !value.is_empty());
        let values = values.map(|(path, value)| (path.to_owned(), value.to_owned())).collect();
        Self { values, failed: ours.failed }
    }
}

const KEYS: &[&str] = &[
    "vm/swappiness",
    "vm/overcommit_memory",
    "vm/dirty_ratio",
    "kernel/domainname",
    "kernel/core_pattern",
    "net/ipv4/ip_forward",
    "net/ipv4/ip_local_port_range",
    "net/ipv4/conf/all/rp_filter",
    "net/ipv4/conf/default/rp_filter",
    "net/ipv4/conf/eth0.100/rp_filter",
];

const SPELLINGS: &[&str] = &[
    "vm.swappiness",
    "vm.swappiness",
    "vm/swappiness",
    "vm..swappiness",
    "vm.overcommit_memory",
    "vm.dirty_ratio",
    "kernel.domainname",
    "kernel.core_pattern",
    "net.ipv4.ip_forward",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.conf.all.rp_filter",
    "net/ipv4/conf/eth0.100/rp_filter",
    "net.ipv4.conf.eth0/100.rp_filter",
    "net.ipv4.conf.default.rp_filter",
];

const ODD_SPELLINGS: &[&str] = &[
    "vm.swap*",
    "vm.*",
    "net.ipv4.conf.*.rp_filter",
    "kernel/*",
    "vm.unknown",
    "vm",
    "nowhere.at.all",
    "vm.swappiness.x",
    "vm/../vm/swappiness",
    "VM.swappiness",
    "vm.[sd]*",
];

const VALUES: &[&str] =
    &["1", "60", "0", "10 # low", "4 4 1 7", "|/usr/lib/x %P #%u", "a=b", "32768\t60999", "\"a b\"", "1;2"];

const SPOILT: &[&[u8]] = &[
    b"vm.swappiness",
    b"vm/*",
    b"= ",
    b"\n-",
    b"\n- ",
    b"#",
    b"\n;",
    b"-vm.swappiness",
    b"..",
    b"/",
    b"\r",
    b"[",
    b"*",
    b"?",
];

/// True where a stand-in file holds what we say, or we say that it cannot be known; it is empty where nothing was written.
fn is_so(value: Option<&Value>, did: Option<&BString>) -> bool {
    match value {
        Some(Value::Unknown(_)) => true,
        Some(Value::Known(values)) => values.first().filter(|value| !value.is_empty()) == did,
        None => did.is_none(),
    }
}

/// An edit that means something to many files.
fn request(random: &mut Rng) -> Request<Key> {
    let spellings = if odds(random, 92) { SPELLINGS } else { ODD_SPELLINGS };
    let key: Key = key(random, spellings);
    let request = match random.u8(..10) {
        0..6 => Request::set(key, pick(random, VALUES)),
        6..8 => Request::unset(key),
        8 => Request::disable(key),
        _ => Request::add(key, pick(random, VALUES)),
    };
    if odds(random, 15) { request.dedupe() } else { request }
}

/// A file of so many lines at most.
fn text(random: &mut Rng, most: usize) -> Vec<u8> {
    let lines: Vec<String> = (0..random.usize(..=most)).map(|_| line(random)).collect();
    let mut text = joined(random, &lines);
    if odds(random, 35) {
        spoil(random, &mut text, SPOILT);
    }
    text
}

fn line(random: &mut Rng) -> String {
    if odds(random, 20) {
        let other = [
            "",
            " ",
            "# prose about vm.swappiness = 60 here",
            "[sysctl]",
            "vm.swappiness 10",
            "-vm.swappiness",
            "- vm/swap*",
        ];
        return pick(random, &other).to_owned();
    }
    let spellings = if odds(random, 85) { SPELLINGS } else { ODD_SPELLINGS };
    let before = pick(random, &["", "", "", "", "", "-", "#", "# ", ";", "  ", "\t-", "  # "]);
    let equals = pick(random, &["=", " = ", " = ", "\t=\t", " =", "= "]);
    [before, pick(random, spellings), equals, pick(random, VALUES)].concat()
}

/// Empty files, in the place of what stood there.
fn stand_ins(top: &Path) -> Result<(), Fault> {
    for key in KEYS {
        let path = top.join(key);
        if fs::write(&path, "").is_err() {
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(&path, "")?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644))?;
        }
    }
    Ok(())
}

/// What the stand-in files hold, up to the line end that the readers add: systemd writes a second value over the first
/// without taking away the rest, which /proc never shows.
fn values(top: &Path) -> Result<BTreeMap<BString, BString>, Fault> {
    let mut found = BTreeMap::new();
    for key in KEYS {
        let value = fs::read(top.join(key))?;
        let value = value.split(|&byte| byte == b'\n').next().unwrap_or_default();
        if !value.is_empty() {
            found.insert((*key).into(), value.into());
        }
    }
    Ok(found)
}
