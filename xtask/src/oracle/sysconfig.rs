//! Shell-style sysconfig files, asked of bash, bash in POSIX mode, dash, and systemd.

mod ask;
mod files;
mod vocabulary;

use std::collections::{BTreeMap, BTreeSet};

use bstr::{BString, ByteSlice};
use fastrand::Rng;
use kvmprep_lossless::{Document, Edit, Format, Request, Text, Value};
use kvmprep_sysconfig::{Key, Reader, Sysconfig as Dialect};

use self::ask::{Program, Programs, Taken};
use super::Oracle;
use super::machine::Fault;
use super::random::pick;

pub struct Sysconfig {
    programs: Programs,
}

impl Sysconfig {
    pub fn found() -> Result<Self, Fault> {
        Ok(Self { programs: Programs::found()? })
    }
}

/// What each program takes from a file.
type Said = BTreeMap<Program, Taken>;

const VALUES: &[&str] = &[
    "1",
    "ignore",
    "x y",
    "",
    "it's",
    "\"x\"",
    "$(echo z)",
    "`echo z`",
    "$A",
    "a\\b",
    "\\",
    "x # c",
    "# c",
    "~",
    "~/x",
    "a\tb",
    " x ",
    "'",
    "\"",
    "a;b",
    "a&b|c",
    "x\\",
    "x \\",
    "caf\u{e9}",
    "!x",
    "--listen",
    "--timeout 120",
    "default",
    "lxc:///",
    "*",
    "{a,b}",
    "=",
    "$'x'",
    "${B:-y}",
    "a'b\"c",
];

/// Diagnostics that foretell that a script may end in the file, or that it is not read.
const ENDS: &[&str] = &[
    "unclosed",
    "syntax-error",
    "not-understood",
    "may-end-script",
    "runs-unseen",
    "not-portable",
    "systemd-refuses-file",
];

impl Oracle for Sysconfig {
    type Format = Dialect;
    type Said = Said;

    const BATCH: usize = 1000;

    fn dialect(&self) -> Dialect {
        Dialect::default()
    }

    fn dialect_of(&self, random: &mut Rng) -> Dialect {
        match random.u8(..4) {
            0 => Dialect::shell(),
            1 => Dialect::systemd(),
            _ => Dialect::default(),
        }
    }

    fn file(&self, random: &mut Rng) -> Vec<u8> {
        files::any(random)
    }

    fn request(&self, random: &mut Rng) -> Request<Key> {
        let key = loop {
            if let Ok(key) = files::name(random).parse() {
                break key;
            }
        };
        let value = pick(random, VALUES);
        let request = match random.u8(..12) {
            0..5 => Request::set(key, value),
            5..7 => Request::unset(key),
            7 => Request::disable(key),
            8..10 => Request::add(key, value),
            _ => Request::remove(key, value),
        };
        match random.u8(..10) {
            0 | 1 => request.dedupe(),
            2 => request.absent(kvmprep_lossless::Absent::InsertBelow),
            3 => request.allow("inside-code").allow("absent-list").allow("appended-later"),
            _ => request,
        }
    }

    fn ask(&self, files: &[Vec<u8>]) -> Result<Vec<Said>, Fault> {
        self.programs.ask(files)
    }

    /// Each reader's answer in every dialect that has the reader.
    fn misread(&self, text: &Text<Dialect>, said: &Said) -> Option<String> {
        let dialects = [Dialect::default(), Dialect::shell(), Dialect::systemd()];
        let texts = dialects.map(|dialect| Text::read(dialect, text.to_bytes()));
        texts.iter().find_map(|text| said.iter().find_map(|(program, taken)| self.differs(text, *program, taken)))
    }

    fn misdone(&self, text: &Text<Dialect>, request: &Request<Key>, before: &Said, told: &Said) -> Option<String> {
        let mut document = Document::parse_as(text.syntax().clone(), text.to_bytes());
        document.apply(request).ok()?;
        let readings = [text, document.text()];
        // Where both read, the list that an item joins is the shell's.
        let first = Program::ALL.into_iter().find(|program| text.syntax().readers()[0] == program.reader())?;
        let list =
            before.get(&first).and_then(|taken| taken.as_ref()?.get(request.edit.key().name().as_bytes().as_bstr()));
        before.iter().find_map(|(program, before)| {
            let reader = program.reader();
            let after = told.get(program)?;
            if !text.syntax().readers().contains(&reader) {
                return None;
            }
            let (before, after) = match (before, after) {
                (None, _) => return None,
                (Some(_), None) => return Some(format!("{program} no longer gets past the file")),
                (Some(before), Some(after)) => (before, after),
            };
            let shell = told.get(&Program::Bash).and_then(Option::as_ref);
            self.misedited(*program, &readings, request, [before, after], (list, shell))
        })
    }
}

impl Program {
    fn reader(self) -> Reader {
        if self == Self::Systemd { Reader::ServiceManager } else { Reader::Shell }
    }
}

impl Sysconfig {
    /// A program that ends in the file must be foretold to; else what we know it takes it must take, and what we know not
    /// to be set it must not set.
    fn differs(&self, text: &Text<Dialect>, program: Program, taken: &Taken) -> Option<String> {
        let reader = program.reader();
        if !text.syntax().readers().contains(&reader) {
            return None;
        }
        let Some(taken) = taken else {
            let told = text.syntax().diagnostics(text).iter().any(|told| ENDS.contains(&told.code));
            let refused = program == Program::Systemd && !text.syntax().settings(text, reader).is_empty();
            return (!told || refused).then(|| format!("{program} does not get past the file, which is not foretold"));
        };
        let listed = text.syntax().settings(text, reader);
        let listed: BTreeMap<&str, &Value> =
            listed.iter().map(|setting| (setting.key.name(), &setting.value)).collect();
        let names: BTreeSet<BString> = taken.keys().cloned().chain(listed.keys().map(|name| (*name).into())).collect();
        names.iter().find_map(|name| {
            let key: Key = name.to_str().ok()?.parse().ok()?;
            let asked = text.syntax().get(text, reader, &key).pop().map(|setting| setting.value);
            let is = taken.get(name);
            let was = self.programs.preset(program, name);
            let wrong = match &asked {
                Some(Value::Known(values)) => is != values.first(),
                Some(Value::Unknown(_)) => false,
                None => is != was && !is_restless(name),
            };
            let unlike = listed.get(key.name()).is_some_and(|listed| Some(*listed) != asked.as_ref());
            (wrong || unlike).then(|| {
                let listed = listed.get(key.name());
                format!("{name}: {program} takes {is:?}, we say {asked:?}, and list {listed:?}")
            })
        })
    }

    /// The variable must be as asked, and no other may be another than before; but for what we say to be unknown because
    /// an expansion or code decides it.
    fn misedited(
        &self,
        program: Program,
        [before_text, after_text]: &[&Text<Dialect>; 2],
        request: &Request<Key>,
        [before, after]: [&BTreeMap<BString, BString>; 2],
        (list, shell): (Option<&BString>, Option<&BTreeMap<BString, BString>>),
    ) -> Option<String> {
        let key = request.edit.key();
        let names: BTreeSet<&BString> = before.keys().chain(after.keys()).collect();
        let unknown = |text: &Text<Dialect>, key: &Key| {
            let settings = text.syntax().get(text, program.reader(), key);
            settings.iter().any(|setting| setting.value.known().is_none())
        };
        let moved = names.iter().find(|name| {
            let Ok(other) = name.to_str().unwrap_or_default().parse::<Key>() else { return false };
            let same = before.get(**name) == after.get(**name) || is_restless(name);
            // A line that is split says to systemd what it has always said to a shell.
            let agreed = program == Program::Systemd
                && before_text.syntax().readers().len() == 2
                && shell.is_some_and(|shell| shell.get(**name) == after.get(**name));
            !same && !agreed && other != *key && !(unknown(before_text, &other) && unknown(after_text, &other))
        });
        if let Some(name) = moved {
            let (was, is) = (before.get(*name), after.get(*name));
            return Some(format!("{program}: `{name}` was {was:?}, is {is:?}"));
        }
        if unknown(after_text, key) {
            return None;
        }
        // The list is the one that is spelt, whatever code makes of it for a shell.
        let first = before_text.syntax().readers()[0];
        let is_code = before_text.syntax().get(before_text, first, key).iter().any(|list| list.value.known().is_none());
        let name = BString::from(key.name());
        let preset = self.programs.preset(program, &name);
        let (was, is) = (before.get(&name), after.get(&name));
        let right = match &request.edit {
            Edit::Set { to, .. } => is == to.first(),
            Edit::Unset { .. } | Edit::Disable { .. } => is.is_none() || is == preset,
            Edit::Add { item, .. } => {
                let kept = |list: &Option<&BString>| words_of(is, item) == words_of(*list, item);
                is.is_some_and(|is| holds(is, item)) && ([was, list].iter().any(kept) || is_code)
            }
            Edit::Remove { item, .. } => {
                let kept = |list: &Option<&BString>| words_of(is, item) == words_of(*list, item);
                is.is_none_or(|is| !holds(is, item)) && ([was, list].iter().any(kept) || is_code)
            }
        };
        (!right).then(|| format!("{program}: `{name}` was {was:?}, is {is:?}"))
    }
}

fn words(value: &[u8]) -> Vec<BString> {
    let value = value.strip_suffix(b"\r").unwrap_or(value);
    value.split(|byte| b" \t\n".contains(byte)).filter(|word| !word.is_empty()).map(BString::from).collect()
}

fn position(words: &[BString], item: &[BString]) -> Option<usize> {
    if item.is_empty() { None } else { words.windows(item.len()).position(|some| some == item) }
}

fn holds(value: &[u8], item: &[u8]) -> bool {
    position(&words(value), &words(item)).is_some()
}

/// The words of a value without an item, wherever it stands.
fn without(value: &[u8], item: &[u8]) -> Vec<BString> {
    let (mut kept, item) = (words(value), words(item));
    while let Some(at) = position(&kept, &item) {
        kept.drain(at..at + item.len());
    }
    kept
}

/// The words of what a program takes, without an item.
fn words_of(value: Option<&BString>, item: &[u8]) -> Vec<BString> {
    value.map(|value| without(value, item)).unwrap_or_default()
}

/// Variables that a shell sets by itself, to something else each time.
fn is_restless(name: &BString) -> bool {
    const RESTLESS: &[&str] = &[
        "_",
        "RANDOM",
        "SRANDOM",
        "SECONDS",
        "LINENO",
        "PPID",
        "BASHPID",
        "BASH_COMMAND",
        "EPOCHSECONDS",
        "EPOCHREALTIME",
        "PIPESTATUS",
        "PWD",
        "OLDPWD",
        "BASH_SUBSHELL",
        "BASH_SOURCE",
        "BASH_LINENO",
        "FUNCNAME",
        "BASH_ARGC",
        "BASH_ARGV",
        "BASH_EXECUTION_STRING",
        "BASH_ARGV0",
        "BASH_MONOSECONDS",
        "SHLVL",
        "DIRSTACK",
        "PATH",
    ];
    RESTLESS.contains(&name.to_str().unwrap_or_default())
}
