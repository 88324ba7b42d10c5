//! How the readers are asked: each file is sourced in a subshell of its own, and read by the function behind
//! `EnvironmentFile=` in systemd's own library. Shells run what stands in the files: they do so in a namespace where
//! nothing but the scratch directory can be written, with no programs on their path, and not for long.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use bstr::{BStr, BString, ByteSlice};
use kvmprep_sysconfig::{Reader, SystemdVersion};

use super::super::machine::{Fault, Namespace, command, find, scratch};

/// A program that reads such files.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Program {
    Bash,
    BashPosix,
    Dash,
    Systemd,
}

/// What one program takes from a file; `None` where it never got past it: it ended, or refused the whole file. One that
/// goes on for ever gives no answer.
pub type Taken = Option<BTreeMap<BString, BString>>;

impl Program {
    pub const ALL: [Self; 4] = [Self::Bash, Self::BashPosix, Self::Dash, Self::Systemd];

    fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::BashPosix => "bash --posix",
            Self::Dash => "dash",
            Self::Systemd => "systemd",
        }
    }

    fn file(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::BashPosix => "posix",
            Self::Dash => "dash",
            Self::Systemd => "systemd",
        }
    }

    pub fn reader(self) -> Reader {
        if self == Self::Systemd { Reader::ServiceManager } else { Reader::Shell }
    }

    /// The command that runs a script.
    fn command(self) -> &'static str {
        match self {
            Self::Bash => "/bin/bash --norc --noprofile",
            Self::BashPosix => "/bin/bash --norc --noprofile --posix",
            Self::Dash => "/bin/dash",
            Self::Systemd => "/usr/bin/python3",
        }
    }
}

pub struct Programs {
    namespace: Namespace,
    asked: Vec<Program>,
    /// The version that the name of systemd's library tells.
    systemd: SystemdVersion,
    /// What each shell has set before it reads anything.
    presets: BTreeMap<Program, BTreeMap<BString, BString>>,
}

impl Programs {
    /// Those that read as these readers do.
    pub fn found(readers: &[Reader]) -> Result<Self, Fault> {
        for program in ["bash", "dash", "python3"] {
            find(program)?;
        }
        let asked = Program::ALL.into_iter().filter(|program| readers.contains(&program.reader())).collect();
        let library =
            command("/usr/bin/python3", Path::new("/")).args(["-c", &[LIBRARY, VERSION].concat()]).output()?;
        let version = library.stdout.to_str().ok().and_then(|number| number.trim().parse().ok());
        let systemd = SystemdVersion(version.ok_or("systemd's shared library is not installed")?);
        let mut programs = Self { namespace: Namespace::found()?, asked, systemd, presets: BTreeMap::new() };
        for program in programs.asked.clone() {
            let names = programs.preset_names(program)?;
            let said = programs.ask_for(&[(b"".as_slice(), names)])?.remove(0);
            programs.presets.insert(program, said.get(&program).cloned().flatten().unwrap_or_default());
        }
        Ok(programs)
    }

    pub fn systemd(&self) -> SystemdVersion {
        self.systemd
    }

    /// What a shell has for a name before it reads a file.
    pub fn preset(&self, program: Program, name: &BStr) -> Option<&BString> {
        self.presets.get(&program)?.get(name)
    }

    pub fn ask(&self, files: &[Vec<u8>]) -> Result<Vec<BTreeMap<Program, Taken>>, Fault> {
        let named: Vec<(&[u8], BTreeSet<BString>)> =
            files.iter().map(|file| (file.as_slice(), names_in(file))).collect();
        self.ask_for(&named)
    }

    fn ask_for(&self, files: &[(&[u8], BTreeSet<BString>)]) -> Result<Vec<BTreeMap<Program, Taken>>, Fault> {
        if files.is_empty() {
            return Ok(Vec::new());
        }
        let scratch = scratch()?;
        let top = scratch.path();
        for folder in ["file", "ask", "work", "bin", "said"] {
            fs::create_dir(top.join(folder))?;
        }
        std::os::unix::fs::symlink("/bin/cat", top.join("bin/cat"))?;
        fs::write(top.join("work/site"), "SITE=yes\nB=site\n")?;
        for (number, (file, names)) in files.iter().enumerate() {
            fs::write(top.join(format!("file/{number}")), file)?;
            fs::write(top.join(format!("ask/{number}")), question(top, number, file, names))?;
        }
        fs::write(
            top.join("ask/systemd"),
            format!("{LIBRARY}{SYSTEMD}\nask({:?}, {})\n", top.display().to_string(), files.len()),
        )?;
        let mut script = format!("{ALONE}\ncd work\nPATH={}/bin\n", top.display());
        for program in &self.asked {
            match program {
                Program::Systemd => writeln!(script, "{} ../ask/systemd", program.command())?,
                shell => writeln!(script, "for_each {} {} {}", files.len(), shell.file(), shell.command())?,
            }
        }
        self.namespace.run(&script, top)?;
        (0..files.len()).map(|number| answers(top, number, &self.asked)).collect()
    }

    /// The names of a shell's own variables.
    fn preset_names(&self, program: Program) -> Result<BTreeSet<BString>, Fault> {
        let mut words = program.command().split(' ');
        let mut shell = command(words.next().unwrap_or_default(), Path::new("/"));
        shell.args(words).args(["-c", if program == Program::Dash { "set" } else { "compgen -v" }]);
        let printed = if program == Program::Systemd { Vec::new() } else { shell.output()?.stdout };
        let name = |line: &[u8]| Some(BString::from(line.split_str("=").next()?));
        Ok(printed.lines().filter_map(name).filter(|name| is_name(name)).collect())
    }
}

/// All that is mounted can be read only, but for the scratch directory, which becomes a mount of its own, and what holds no
/// files of the host.
const ALONE: &str = r#"
mount --bind "$PWD" "$PWD"
while read -r _ _ _ _ point _; do
    case $point in
    "$PWD" | /sys/* | /dev/pts) ;;
    *) mount -o remount,bind,ro "$point" 2>/dev/null || : ;;
    esac
done </proc/self/mountinfo
cd "$PWD"
for_each() {
    number=0 last=$1 name=$2
    shift 2
    while [ "$number" -lt "$last" ]; do
        "$@" "../ask/$number" 9>"../said/$number.$name" </dev/null >/dev/null 2>&1 ||
            # Killed when its time was over: it goes on for ever.
            [ $? -lt 128 ] || echo hung >"../said/$number.$name"
        number=$((number + 1))
    done
}
"#;

/// Sources the file and prints what it set. No function or alias of the file stands for what prints. In a shell of its
/// own: in a subshell bash does not go on behind an error where a script does, and runs the last command of a file in
/// the subshell's place.
fn question(top: &Path, number: usize, file: &[u8], names: &BTreeSet<BString>) -> String {
    let printf = if file.replace("\\\n", "").contains_str("printf") { "/usr/bin/printf" } else { "printf" };
    let limits = "ulimit -t 1\nulimit -v 400000\nulimit -f 1000";
    let mut script = format!("{limits}\n. {}/file/{number}\n{printf} '%s\\0'", top.display());
    for name in names {
        // Quoted, whatever the file makes of the characters that words are split at.
        let set = format!(" \"${{{name}+{name}}}\" \"${{{name}-}}\"");
        script.push_str(&set);
    }
    script + " end >&9\n"
}

/// Finds the library.
const LIBRARY: &str = r#"
import ctypes, glob, re
places = ["/usr/lib*/systemd", "/usr/lib/*/systemd", "/lib/systemd"]
found = sorted(sum((glob.glob(place + "/libsystemd-shared-*.so") for place in places), []))[-1]
"#;

/// The version is a part of its name.
const VERSION: &str = r#"
print(re.search("-([0-9]+)[^/]*$", found)[1])
"#;

/// Says what systemd takes from each file.
const SYSTEMD: &str = r#"
library = ctypes.CDLL(found)
def ask(top, files):
    for number in range(files):
        found = ctypes.POINTER(ctypes.c_char_p)()
        path = ("%s/file/%d" % (top, number)).encode()
        if library.load_env_file(None, ctypes.c_char_p(path), ctypes.byref(found)) < 0:
            continue
        parts, i = [], 0
        while found and found[i] is not None:
            if library.env_assignment_is_valid(ctypes.c_char_p(found[i])):
                parts += found[i].split(b"=", 1)
            i += 1
        library.strv_free(found)
        with open("%s/said/%d.systemd" % (top, number), "wb") as said:
            said.write(b"".join(part + b"\0" for part in parts + [b"end"]))
"#;

fn answers(top: &Path, number: usize, asked: &[Program]) -> Result<BTreeMap<Program, Taken>, Fault> {
    let answer = |program: Program| {
        let path = top.join(format!("said/{number}.{}", program.file()));
        let printed = if path.is_file() { fs::read(path)? } else { Vec::new() };
        if printed == b"hung\n" {
            return Ok(None);
        }
        let mut parts: Vec<&[u8]> = printed.split_str("\0").collect();
        let complete = parts.pop() == Some(b"") && parts.pop() == Some(b"end");
        let pairs = parts
            .chunks_exact(2)
            .filter(|pair| !pair[0].is_empty())
            .map(|pair| (BString::from(pair[0]), BString::from(pair[1])));
        Ok(Some((program, complete.then(|| pairs.collect()))))
    };
    asked.iter().filter_map(|program| answer(*program).transpose()).collect()
}

/// Every name that the file may mean, however it is spelt.
fn names_in(file: &[u8]) -> BTreeSet<BString> {
    let mut names = BTreeSet::new();
    let joined = file.replace("\\\n", "");
    let unquoted: Vec<u8> = joined.iter().copied().filter(|byte| !b"'\"\\\0".contains(byte)).collect();
    for text in [file, &joined, &unquoted] {
        names.extend(text.split(|byte| !is_part(*byte)).map(BString::from).filter(|name| is_name(name)));
    }
    names.extend(["SITE", "A", "B"].map(BString::from));
    names
}

fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_name(name: &[u8]) -> bool {
    name.first().is_some_and(|first| !first.is_ascii_digit()) && name.iter().copied().all(is_part)
}

impl std::fmt::Display for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
