//! sshd itself: `sshd -T`, in a namespace whose /etc/ssh, users, groups, services and names are ours.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use bstr::{BString, ByteSlice};
use kvmprep_sshd_config::Version;
use tempfile::TempDir;

use super::super::input::Tree;
use super::super::machine::{Fault, Namespace, command, find, scratch};
use super::MAIN;

/// Where sshd runs: relative paths are made absolute with it.
pub const DIRECTORY: &str = "/run";

/// The host key named on the command line; it loads. It stands before those of the files.
pub const KEY: &str = "/run/key";

/// A program that is there, and a key for it.
pub struct Daemon {
    namespace: Namespace,
    program: PathBuf,
    key: TempDir,
}

impl Daemon {
    pub fn found() -> Result<Self, Fault> {
        let (program, key) = (find("sshd")?, scratch()?);
        let made =
            command(find("ssh-keygen")?, key.path()).args(["-q", "-t", "ed25519", "-N", "", "-f", "key"]).status()?;
        if !made.success() {
            return Err("ssh-keygen makes no key".into());
        }
        Ok(Self { namespace: Namespace::found()?, program, key })
    }

    /// The names of algorithms that `ssh -Q` knows, by comma.
    pub fn known(&self, family: &str) -> Result<String, Fault> {
        let told = command(find("ssh")?, Path::new("/")).args(["-Q", family]).output()?;
        Ok(bstr::join(",", ByteSlice::lines(&*told.stdout)).to_str()?.to_owned())
    }

    /// The release, as ssh tells it of both.
    pub fn version(&self) -> Result<Version, Fault> {
        let told = command(find("ssh")?, Path::new("/")).arg("-V").output()?;
        Ok(told.stderr.to_str()?.trim().parse()?)
    }

    /// A namespace in which it is asked one question after the other.
    pub fn room(&self) -> Result<Room, Fault> {
        let scratch = scratch()?;
        let top = scratch.path();
        fs::create_dir_all(top.join(SSH))?;
        for (name, text) in [("passwd", PASSWD), ("group", GROUP), ("nsswitch.conf", NSSWITCH), ("hosts", HOSTS)] {
            fs::write(top.join(name), text)?;
        }
        fs::copy(self.key.path().join("key"), top.join("key"))?;
        let mut shell = self.namespace.shell(SCRIPT, top);
        let mut shell = shell.arg("sshd").arg(&self.program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (Some(orders), Some(answers)) = (shell.stdin.take(), shell.stdout.take()) else {
            return Err("a shell without pipes".into());
        };
        Ok(Room { orders: Some(orders), answers: BufReader::new(answers), shell, scratch })
    }
}

/// Users and groups that criteria are about.
const PASSWD: &str = "\
root:x:0:0:root:/root:/bin/sh
sshd:x:100:65534::/run/sshd:/usr/sbin/nologin
bob:x:1001:1001::/home/bob:/bin/sh
alice:x:1002:1002::/home/alice:/bin/sh
";
const GROUP: &str = "root:x:0:\nnogroup:x:65534:\nbob:x:1001:\nalice:x:1002:\nkvm:x:36:bob\nstaff:x:50:alice,bob\n";
const NSSWITCH: &str = "passwd: files\ngroup: files\nhosts: files\nservices: files\nprotocols: files\n";
const HOSTS: &str = "127.0.0.1 localhost\n";

/// The groups of a user, as the files above say.
pub fn groups_of(user: &str) -> Vec<BString> {
    let groups: &[&str] = match user {
        "root" => &["root"],
        "sshd" => &["nogroup"],
        "bob" => &["bob", "kvm", "staff"],
        "alice" => &["alice", "staff"],
        _ => &[],
    };
    groups.iter().map(|group| BString::from(*group)).collect()
}

/// Where trees are written, below the scratch directory.
const SSH: &str = "etc/ssh";

/// A connection a line, empty for none; the exit status is the answer.
const SCRIPT: &str = r#"
for file in passwd group nsswitch.conf hosts; do mount --bind "$file" "/etc/$file"; done
mount --bind etc/ssh /etc/ssh
top=$PWD
mount -t tmpfs none /run
mkdir /run/sshd
cp "$top/key" /run/key
chmod 600 /run/key
cd /run
while read -r connection; do
    status=0
    "$1" -T -h /run/key ${connection:+-C "$connection"} >"$top/out" 2>"$top/err" || status=$?
    echo "$status"
done
"#;

/// A shell in the namespace, and the directory that is its /etc/ssh.
pub struct Room {
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    shell: Child,
    scratch: TempDir,
}

impl Room {
    /// Makes a tree the files of the namespace.
    pub fn enter(&self, tree: &Tree) -> Result<(), Fault> {
        let top = self.scratch.path();
        for entry in fs::read_dir(top.join(SSH))? {
            let entry = entry?;
            if entry.file_type()?.is_dir() { fs::remove_dir_all(entry.path())? } else { fs::remove_file(entry.path())? }
        }
        tree.write_below(top)
    }

    /// What `sshd -T` says of the files, for a connection as `-C` takes it or for none.
    pub fn ask(&mut self, connection: Option<&str>) -> Result<Outcome, Fault> {
        let orders = self.orders.as_mut().ok_or("the room is closed")?;
        writeln!(orders, "{}", connection.unwrap_or_default())?;
        orders.flush()?;
        let mut status = String::new();
        self.answers.read_line(&mut status)?;
        if status.is_empty() {
            return Err("the shell in the namespace ended".into());
        }
        let top = self.scratch.path();
        let (out, err) = (fs::read(top.join("out"))?, fs::read(top.join("err"))?);
        Ok(Outcome::new(status.trim() == "0", &out, &err))
    }
}

impl Drop for Room {
    /// The shell ends with its orders.
    fn drop(&mut self) {
        drop(self.orders.take());
        let _ = self.shell.wait();
    }
}

/// One answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    pub starts: bool,
    /// By keyword in lower case: what is printed for it, one element a line.
    pub printed: BTreeMap<String, Vec<BString>>,
    /// `class@file:line`, in order.
    pub complaints: Vec<String>,
}

impl Outcome {
    fn new(starts: bool, out: &[u8], err: &[u8]) -> Self {
        let mut printed: BTreeMap<String, Vec<BString>> = BTreeMap::new();
        for line in out.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            let (keyword, value) = line.split_once_str(" ").unwrap_or((line, b""));
            let keyword = keyword.to_str_lossy().to_ascii_lowercase();
            // `printf` of no string: HostKey and HostCertificate keep `none` as one.
            let value: &[u8] = if value == b"(null)" { b"none" } else { value };
            printed.entry(keyword).or_default().push(value.into());
        }
        Self { starts, printed, complaints: ByteSlice::lines(err).filter_map(complaint).collect() }
    }
}

/// What sshd says of a line, as classes that hold over releases.
const CLASSES: &[(&str, &str)] = &[
    ("Bad configuration option", "bad_keyword"),
    ("no argument after keyword", "no_argument"),
    ("invalid quotes", "bad_quotes"),
    ("extra arguments at end of line", "extra_arguments"),
    ("garbage at end of line", "extra_arguments"),
    ("is not allowed within a Match block", "not_in_match"),
    ("'all' cannot be combined", "match_all_combined"),
    ("Missing Match criteria", "match_no_value"),
    ("Unsupported Match attribute", "match_unknown"),
    ("One or more attributes required", "match_empty"),
    ("Invalid LocalPort", "match_bad_port"),
    ("Invalid Match address", "match_bad_address"),
    ("Invalid Match localaddress", "match_bad_address"),
    ("Bad Match condition", "bad_match"),
    ("not in connection test specification", "match_needs"),
    ("Too many recursive configuration includes", "include_depth"),
    ("missing host", "bad_value"),
    ("missing", "missing_value"),
    ("Missing argument", "missing_value"),
    ("empty argument", "missing_value"),
    ("already defined", "duplicate_subsystem"),
    ("Deprecated option", "deprecated"),
    ("Unsupported option", "deprecated"),
    ("ormatted port number", "bad_port"),
    ("bad port number", "bad_port"),
];

/// What is no complaint about the files: whether keys are there to load is not asked.
const NOISE: &[&str] = &[
    "terminating, ",
    "debug1:",
    "Unable to load host key",
    "Load key",
    "@@@@",
    "UNPROTECTED PRIVATE KEY FILE",
    "are too open.",
    "your private key files are NOT accessible",
    "This private key will be ignored",
    "Could not load host certificate",
    "no matching private key for certificate",
    "Could not connect to agent",
    "Unsupported KEX algorithm",
    "Unknown authentication method",
    "Disabled method",
    "empty authentication method list",
];

fn complaint(line: &[u8]) -> Option<String> {
    let line = line.trim().replace("reprocess config", MAIN).replace("//", "/");
    let has = |part: &&str| line.contains_str(part);
    if line.is_empty() || NOISE.iter().any(has) {
        return None;
    }
    let class = CLASSES.iter().find(|(part, _)| has(part)).map(|(_, class)| *class);
    let place = place(&line);
    let class = class.unwrap_or(if place.is_some() { "bad_value" } else { "other" });
    Some(place.map_or(class.to_owned(), |(file, line)| format!("{class}@{file}:{line}")))
}

/// `file line 3`, `file: line 3`, or `at line 3` at the end, where the file is not told.
fn place(message: &[u8]) -> Option<(String, u32)> {
    let number = |digits: &[u8]| -> Option<u32> {
        let end = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        digits[..end].to_str().ok()?.parse().ok()
    };
    if let Some((file, rest)) = message.split_once_str(" line ") {
        let file = file.strip_suffix(b":").unwrap_or(file);
        if let Some(line) = number(rest).filter(|_| !file.contains(&b' ')) {
            return Some((file.to_str_lossy().into_owned(), line));
        }
    }
    let (_, digits) = message.rsplit_once_str("at line ")?;
    Some(("?".to_owned(), number(digits).filter(|_| digits.iter().all(u8::is_ascii_digit))?))
}
