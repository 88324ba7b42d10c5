//! multipath.conf and its drop-ins, as `multipath -t` takes them: it prints the configuration in force, and complains.

mod complaints;
mod files;
mod judge;
mod requests;
mod shown;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::symlink;
use std::sync::{Mutex, PoisonError};

use bstr::ByteSlice;
use camino::{Utf8Path, Utf8PathBuf};
use fastrand::Rng;
use kvmprep_lossless::files::{Entry, Files};
use kvmprep_lossless::{Request, Text};
use kvmprep_multipath_conf::{Class, Complaint, Effective, Key, Multipath, Version, effective, is_drop_in, sections};

use self::complaints::complaint;
use self::files::{DROP_INS, MAIN};
use self::judge::Points;
use self::shown::{Shown, Whole};
use super::input::{Input, Tree};
use super::machine::{Fault, Namespace, find, scratch};
use super::{Edited, Oracle};

pub struct Conf {
    namespace: Namespace,
    version: Version,
    /// What is in force without any file: as it is printed, and as we read that.
    whole: Whole,
    built_in: Effective,
    /// The same as `whole`, by place and keyword.
    known: Points,
    /// What was printed for files of one setting: that of an edit.
    alone: Mutex<BTreeMap<Tree, Shown>>,
}

/// What the program says of a tree of files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Said {
    pub end: End,
    pub shown: Shown,
    /// The classes of its complaints, each with the line it names.
    pub complaints: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    Starts,
    Refuses,
    Crashes,
}

/// How a run ended, what it printed, and what it complained of.
struct Run {
    end: End,
    printed: Vec<u8>,
    complained: Vec<u8>,
}

impl Conf {
    pub fn found() -> Result<Self, Fault> {
        find("multipath")?;
        let mut conf = Self {
            namespace: Namespace::found()?,
            version: Version::default(),
            whole: Whole::default(),
            built_in: Effective::default(),
            known: Points::default(),
            alone: Mutex::default(),
        };
        let Run { printed, .. } = conf.run(&[Tree::default()])?.remove(0);
        conf.version = conf.installed()?;
        conf.whole = Whole::of_dump(&printed)?;
        conf.built_in = effective(Some(&Text::read(conf.dialect(), printed)), [], &Effective::default());
        conf.known = judge::points_of(&conf.whole);
        Ok(conf)
    }

    /// The version that is installed, as `multipath` says it above its usage.
    fn installed(&self) -> Result<Version, Fault> {
        let told = self.namespace.run("multipath -h 2>&1 || true", scratch()?.path())?.stdout;
        let version = told.split_once_str("multipath-tools v").and_then(|(_, rest)| rest.split_once_str(" "));
        let (version, _) = version.ok_or("multipath does not say its version")?;
        Ok(version.to_str()?.parse().map_err(|_| "multipath says a version that is none")?)
    }

    fn run(&self, trees: &[Tree]) -> Result<Vec<Run>, Fault> {
        let scratch = scratch()?;
        let etc = scratch.path().join("etc");
        fs::create_dir(&etc)?;
        fs::write(etc.join("passwd"), "root:x:0:0::/:/bin/sh\n")?;
        fs::write(etc.join("nsswitch.conf"), "passwd: files\n")?;
        // Where the libraries are: without it the program searches for them, which takes longer than all else.
        let _ = fs::copy("/etc/ld.so.cache", etc.join("ld.so.cache"));
        for name in ["multipath.conf", "multipath"] {
            symlink(Utf8Path::new("/proc/self/cwd/etc").join(name), etc.join(name))?;
        }
        for (number, tree) in trees.iter().enumerate() {
            let top = scratch.path().join(number.to_string());
            fs::create_dir(&top)?;
            tree.write_below(&top)?;
        }
        self.namespace.run(&format!("last={}\n{SCRIPT}", trees.len()), scratch.path())?;
        let statuses = fs::read_to_string(scratch.path().join("statuses"))?;
        let run = |(number, status): (usize, &str)| {
            let told = |what: &str| fs::read(scratch.path().join(format!("{number}.{what}")));
            let end = match status {
                "0" => End::Starts,
                "1" => End::Refuses,
                "139" => End::Crashes,
                status => return Err(format!("multipath ended with {status}").into()),
            };
            Ok(Run { end, printed: told("out")?, complained: told("err")? })
        };
        statuses.lines().enumerate().map(run).collect()
    }

    fn said(&self, run: &Run) -> Result<Said, Fault> {
        let whole = if run.end == End::Starts { Whole::of_dump(&run.printed)? } else { self.whole.clone() };
        // Said by the shell.
        let said = run.complained.lines().filter(|line| run.end != End::Crashes || *line != b"Segmentation fault");
        let complaints = said.map(complaint).collect::<Result<_, _>>()?;
        Ok(Said { end: run.end, shown: whole.beyond(&self.whole), complaints })
    }

    /// What is printed without any file.
    fn nothing(&self) -> Shown {
        self.whole.clone().beyond(&self.whole)
    }

    /// What is printed for a tree that comes again and again.
    fn alone(&self, tree: Tree) -> Result<Shown, Fault> {
        let known = || self.alone.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shown) = known().get(&tree) {
            return Ok(shown.clone());
        }
        let shown = self.ask(std::slice::from_ref(&tree))?.remove(0).shown;
        known().insert(tree, shown.clone());
        Ok(shown)
    }

    /// True where a `device` of a blacklist has one string only: two such may print like one.
    fn has_partial_items(&self, tree: &Tree) -> bool {
        let effective = self.effective(tree);
        let lists = [&effective.blacklist, &effective.blacklist_exceptions];
        lists.iter().any(|list| list.devices.iter().any(|device| device.len() < 2))
    }

    /// What we take the tree for.
    fn ours(&self, tree: &Tree) -> Said {
        let effective = self.effective(tree);
        let stops = |class| effective.complaints.iter().any(|complaint| complaint.class == class);
        let (end, whole) = match effective.starts() {
            true => (End::Starts, Whole::of_ours(&effective)),
            false if stops(Class::Crash) => (End::Crashes, self.whole.clone()),
            false => (End::Refuses, self.whole.clone()),
        };
        let mut told = BTreeSet::new();
        let mut is_said = |complaint: &&Complaint| match complaint.class {
            Class::Crash | Class::BadProductBlacklist => false,
            // Once in a run of the program.
            Class::Deprecated => told.insert(complaint.keyword),
            _ => true,
        };
        let complaints = effective.complaints.iter().filter(|complaint| is_said(complaint)).map(named).collect();
        Said { end, shown: whole.beyond(&self.whole), complaints }
    }
}

impl Conf {
    fn texts(&self, tree: &Tree) -> Vec<(Utf8PathBuf, Text<Multipath>)> {
        read(tree).into_iter().map(|(path, bytes)| (path, Text::read(self.dialect(), bytes))).collect()
    }

    /// What the host decides: whether there is such a user, and what the daemon is built for.
    fn host_bound(&self, tree: &Tree) -> BTreeSet<String> {
        let mut lines = BTreeSet::new();
        for (_, text) in self.texts(tree) {
            for setting in sections(&text).iter().flat_map(|section| &section.assignments) {
                let number = setting.value.trim_start_with(|c| " \t\x0b\x0c\r".contains(c));
                let digits = number.strip_prefix(b"-").or(number.strip_prefix(b"+")).unwrap_or(number);
                let is_open = match setting.keyword {
                    "uid" | "gid" => !digits.first().is_some_and(u8::is_ascii_digit),
                    "marginal_pathgroups" => setting.value.as_ref() == b"fpin",
                    _ => false,
                };
                let row = text.rows().filter(|row| row.at <= setting.at.start).last();
                if let (true, false, Some(row)) = (is_open, setting.value.is_empty(), row) {
                    let line = row.index + 1;
                    lines.extend([format!("invalid_value:{line}"), format!("unsupported_value:{line}")]);
                }
            }
        }
        lines
    }

    fn effective(&self, tree: &Tree) -> Effective {
        let texts = self.texts(tree);
        let main = texts.iter().find(|(path, _)| path == MAIN).map(|(_, text)| text);
        let drop_ins = texts.iter().filter(|(path, _)| path != MAIN).map(|(_, text)| text);
        effective(main, drop_ins, &self.built_in)
    }
}

/// The files that are read, in that order: the main one, then the drop-ins by name.
fn read(tree: &Tree) -> Vec<(Utf8PathBuf, Vec<u8>)> {
    let file = |path: Utf8PathBuf| match tree.look(&path).ok()?.entry {
        Entry::File(bytes) => Some((path, bytes.to_vec())),
        _ => None,
    };
    let names = match tree.look(DROP_INS.into()).map(|found| found.entry) {
        Ok(Entry::Directory(names)) => names,
        _ => Vec::new(),
    };
    let names = names.iter().filter(|name| is_drop_in(name)).filter_map(|name| name.to_str().ok());
    [MAIN.into()].into_iter().chain(names.map(|name| Utf8Path::new(DROP_INS).join(name))).filter_map(file).collect()
}

fn named(complaint: &Complaint) -> String {
    match complaint.line {
        Some(line) => format!("{}:{line}", complaint.class.name()),
        None => complaint.class.name().to_owned(),
    }
}

/// The links lead to the tree that the program is started in.
const SCRIPT: &str = r#"
mount --bind etc /etc
: >statuses
number=0
while [ "$number" -lt "$last" ]; do
    cd "$number"
    status=0
    multipath -t >"../$number.out" 2>"../$number.err" || status=$?
    cd ..
    echo "$status" >>statuses
    number=$((number + 1))
done
"#;

impl Oracle for Conf {
    const NAME: &'static str = "multipath";
    type Format = Multipath;
    type Input = Tree;
    type Said = Said;

    fn dialect(&self) -> Multipath {
        Multipath { version: self.version }
    }

    fn input(&self, random: &mut Rng) -> Tree {
        files::tree(random)
    }

    fn request(&self, random: &mut Rng, tree: &Tree) -> Request<Key> {
        requests::request(random, tree.edited())
    }

    fn ask(&self, trees: &[Tree]) -> Result<Vec<Said>, Fault> {
        self.run(trees)?.iter().map(|run| self.said(run)).collect()
    }

    /// Runs of `multipath -t`.
    fn questions(&self, _: &Said) -> usize {
        1
    }

    fn misread(&self, tree: &Tree, said: &Said) -> Option<String> {
        let (mut ours, mut said) = (self.ours(tree), said.clone());
        ours.shown.forget_unknown(&mut said.shown);
        let open = self.host_bound(tree);
        ours.complaints.retain(|complaint| !open.contains(complaint));
        said.complaints.retain(|complaint| complaint != "unopened" && !open.contains(complaint));
        let unlike = |what: &str, ours: String, theirs: String| {
            (ours != theirs).then(|| format!("{what}: we say {ours}, it did {theirs}"))
        };
        unlike("end", format!("{:?}", ours.end), format!("{:?}", said.end))
            .or_else(|| unlike("complaints", format!("{:?}", ours.complaints), format!("{:?}", said.complaints)))
            .or_else(|| ours.shown.difference(&said.shown))
            .or_else(|| judge::unlike_values(self, tree, &said))
    }

    fn misdone(&self, edited: &Edited<'_, Self>) -> Option<String> {
        judge::misdone(self, edited).unwrap_or_else(|why| Some(why.to_string()))
    }
}
