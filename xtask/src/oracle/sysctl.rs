//! sysctl.d files, applied by procps and systemd to files that stand in for /proc/sys.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use bstr::BString;
use fastrand::Rng;
use kvmprep_lossless::files::Glob;
use kvmprep_lossless::{Edit, Request};
use kvmprep_sysctl_conf::{Kernel, Key, Reader, SysctlConf, effective};

use super::machine::{Fault, Namespace, find, scratch};
use super::random::{file, key, odds, pick, spoil};
use super::{Edited, Oracle};

pub struct Sysctl {
    namespace: Namespace,
    /// Readers that are installed, and where.
    readers: Vec<(Reader, String)>,
}

const SYSTEMD: [&str; 2] = ["/usr/lib/systemd/systemd-sysctl", "/lib/systemd/systemd-sysctl"];

impl Sysctl {
    pub fn found() -> Result<Self, Fault> {
        let mut readers = vec![(Reader::Procps, format!("{} -p", find("sysctl")?.display()))];
        match SYSTEMD.iter().find(|path| Path::new(path).is_file()) {
            Some(path) => readers.push((Reader::Systemd, (*path).to_owned())),
            None => println!("sysctl: systemd-sysctl is not installed; procps alone is asked"),
        }
        Ok(Self { namespace: Namespace::found()?, readers })
    }
}

/// What one reader did.
#[derive(PartialEq, Eq, Debug)]
pub struct Outcome {
    /// What the stand-in files hold, empty ones left out.
    values: BTreeMap<BString, BString>,
    failed: bool,
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

impl Oracle for Sysctl {
    const NAME: &'static str = "sysctl";
    type Format = SysctlConf;
    type Input = Vec<u8>;
    type Said = Vec<(Reader, Outcome)>;

    fn dialect(&self) -> SysctlConf {
        SysctlConf::for_readers(self.readers.iter().map(|(reader, _)| *reader))
    }

    fn input(&self, random: &mut Rng) -> Vec<u8> {
        let lines: Vec<String> = (0..random.usize(..10)).map(|_| line(random)).collect();
        let mut text = file(random, &lines);
        if odds(random, 35) {
            spoil(random, &mut text, SPOILT);
        }
        text
    }

    fn request(&self, random: &mut Rng, _: &Vec<u8>) -> Request<Key> {
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

    fn ask(&self, files: &[Vec<u8>]) -> Result<Vec<Self::Said>, Fault> {
        let scratch = scratch()?;
        fs::create_dir(scratch.path().join("empty"))?;
        for (number, file) in files.iter().enumerate() {
            fs::write(scratch.path().join(format!("{number}.conf")), file)?;
            for (reader, _) in &self.readers {
                stand_ins(&scratch.path().join(format!("{number}.{reader}")))?;
            }
        }
        let mut script = SCRIPT.to_owned();
        for (reader, program) in &self.readers {
            script.push_str(&format!("for_each {reader} {} {program}\n", files.len()));
        }
        self.namespace.run(&script, scratch.path())?;
        let outcome = |number: usize, reader: Reader| -> Result<Outcome, Fault> {
            let told = scratch.path().join(format!("{number}.{reader}"));
            let failed = fs::read(told.with_extension(format!("{reader}.status")))? != b"0\n";
            Ok(Outcome { values: values(&told, &told)?, failed })
        };
        let said = |number| self.readers.iter().map(|&(reader, _)| Ok((reader, outcome(number, reader)?))).collect();
        (0..files.len()).map(said).collect()
    }

    /// Runs of a reader.
    fn questions(&self, said: &Self::Said) -> usize {
        said.len()
    }

    fn misread(&self, file: &Vec<u8>, said: &Self::Said) -> Option<String> {
        said.iter().find_map(|(reader, said)| {
            let ours = effective(*reader, [file], &Kernel::new(KEYS));
            let values = ours.values().into_iter().filter(|(_, value)| !value.is_empty());
            let values = values.map(|(path, value)| (path.to_owned(), value.to_owned())).collect();
            let ours = Outcome { values, failed: ours.failed };
            (ours != *said).then(|| format!("{reader}: we say {ours:?}, it did {said:?}"))
        })
    }

    fn misdone(&self, edited: &Edited<'_, Self>) -> Option<String> {
        let Edited { from, request, before, after, .. } = *edited;
        // A pattern as a key stands for the lines that spell it so: what they set moves with them.
        let path = request.edit.key().path();
        // What a pattern sets stays set when the key's own lines go: they are what `unset` and `disable` take out.
        let by_pattern = from.iter().any(|byte| b"*?[".contains(byte));
        before.iter().zip(after).find_map(|((reader, before), (_, after))| {
            let wanted = match &request.edit {
                Edit::Set { to, .. } => to.first().cloned(),
                _ => None,
            };
            let is_meant = |known: &&BString| **known == path || Glob::GNU.matches(path, known);
            let known: BTreeSet<&BString> = before.values.keys().chain(after.values.keys()).collect();
            let others = known.into_iter().filter(|known| !is_meant(known));
            let moved: Vec<_> = others.filter(|key| before.values.get(*key) != after.values.get(*key)).collect();
            let is_open = !KEYS.iter().any(|known| path == known.as_bytes()) || (wanted.is_none() && by_pattern);
            let is_so = is_open || after.values.get(path) == wanted.as_ref();
            (!is_so || !moved.is_empty()).then(|| format!("{reader}: moved {moved:?}; was {before:?}, is {after:?}"))
        })
    }
}

/// The kernel's own settings are out of reach before any program runs: an empty directory is mounted over them first, and
/// the stand-ins of each file over that.
const SCRIPT: &str = r#"
mount --bind empty /proc/sys
for_each() {
    reader=$1 last=$2
    shift 2
    number=0
    while [ "$number" -lt "$last" ]; do
        mount --bind "$number.$reader" /proc/sys
        status=0
        "$@" "$PWD/$number.conf" >/dev/null 2>&1 || status=$?
        umount /proc/sys
        echo "$status" >"$number.$reader.status"
        number=$((number + 1))
    done
}
"#;

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

fn stand_ins(top: &Path) -> Result<(), Fault> {
    for key in KEYS {
        let path = top.join(key);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(&path, "")?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644))?;
    }
    Ok(())
}

/// What the stand-in files hold, up to the line end that the readers add: systemd writes a second value over the first
/// without taking away the rest, which /proc never shows.
fn values(top: &Path, folder: &Path) -> Result<BTreeMap<BString, BString>, Fault> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(values(top, &path)?);
            continue;
        }
        let value = fs::read(&path)?;
        let value = value.split(|&byte| byte == b'\n').next().unwrap_or_default();
        if !value.is_empty() {
            found.insert(path.strip_prefix(top)?.to_string_lossy().as_bytes().into(), value.into());
        }
    }
    Ok(found)
}
