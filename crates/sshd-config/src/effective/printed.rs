//! Values as `sshd -T` prints them.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use bstr::{BString, ByteSlice};
use kvmprep_lossless::Value;

use super::{Build, Taken};
use crate::Version;
use crate::check::{Check, Family, TOUCH, VERIFY, rekey_limit};
use crate::matching::pattern;
use crate::scan::{listen_address, port, socket};
use crate::value::{AlgorithmList, Prefix};
use crate::vocabulary::{Keyword, Shape};

/// Every keyword that was taken, one element a printed line.
pub(super) fn all(
    version: Version,
    taken: &BTreeMap<&'static str, Taken>,
    build: &Build,
) -> BTreeMap<&'static str, Value> {
    let ports: Option<Vec<u16>> = match taken.get("Port") {
        None => Some(vec![22]),
        Some(taken) if taken.unknown.is_some() => None,
        Some(taken) => taken.lines.iter().map(|line| port(&line[0])).collect(),
    };
    let by_name = |line: &Vec<BString>| port(&line[0]).is_none();
    let printed = |taken: &Taken| match &taken.unknown {
        Some(why) => Value::Unknown(why.clone()),
        None if taken.keyword.check == Check::Port && taken.lines.iter().any(by_name) => {
            Value::Unknown("a service by name: that host's to look up".to_owned())
        }
        None if taken.keyword.check == Check::ListenAddress => sockets(&taken.lines, ports.as_deref()),
        None => one(version, taken, build).map_or_else(Value::Unknown, Value::Known),
    };
    let mut all: BTreeMap<&'static str, Value> = taken.iter().map(|(name, taken)| (*name, printed(taken))).collect();
    if all.contains_key("Port") || all.contains_key("AddressFamily") {
        let why = "all addresses of that host, as Port and AddressFamily say";
        all.entry("ListenAddress").or_insert_with(|| Value::Unknown(why.to_owned()));
    }
    all
}

/// One keyword; an error says why it cannot be told.
fn one(version: Version, taken: &Taken, build: &Build) -> Result<Vec<BString>, String> {
    let Taken { keyword, lines, .. } = taken;
    let check = keyword.check;
    let meanings = || lines.iter().flatten().map(|word| BString::from(keyword.printed(version, word).into_owned()));
    match (keyword.shape, check) {
        (Shape::Commas(family), _) => {
            expanded(taken, family, &lines[0][0], build).map(|list| list.into_iter().collect())
        }
        (_, Check::PathOr(word)) if is_word(keyword, &lines[0][0], word) => Ok(vec![lines[0][0].clone()]),
        (_, Check::Path | Check::PathOr(_)) => lines.iter().map(|line| absolute(&line[0], build)).collect(),
        (_, Check::HomePath) if lines[0][0].eq_ignore_ascii_case(b"none") => Ok(vec!["none".into()]),
        (_, Check::HomePath) => expanded_home(&lines[0][0], build).map(|path| vec![path]),
        (_, Check::HomePaths) => {
            let paths: Result<Vec<BString>, String> = lines[0].iter().map(|path| expanded_home(path, build)).collect();
            Ok(vec![bstr::join(" ", paths?).into()])
        }
        (_, Check::PubkeyOptions) => {
            let has = |option: &&str| lines[0].iter().any(|word| word.eq_ignore_ascii_case(option.as_bytes()));
            let options: Vec<&str> = [TOUCH, VERIFY].into_iter().filter(has).collect();
            Ok(vec![if options.is_empty() { "none".into() } else { bstr::join(" ", options).into() }])
        }
        (_, Check::EnvironmentPair) => {
            let name = |pair: &BString| pair.split_once_str("=").map(|(name, _)| name.to_vec());
            let mut names = HashSet::new();
            Ok(lines[0].iter().filter(|pair| names.insert(name(pair))).cloned().collect())
        }
        (_, Check::ChannelTimeout) if lines[0].len() == 1 && lines[0][0].eq_ignore_ascii_case(b"none") => {
            Ok(Vec::new())
        }
        (Shape::Named, _) => Ok(lines.iter().map(|line| bstr::join(" ", line).into()).collect()),
        (_, Check::IpQos) => {
            let mut classes: Vec<BString> = meanings().collect();
            classes.resize(2, classes[0].clone());
            Ok(vec![bstr::join(" ", classes).into()])
        }
        (_, Check::RekeyLimit) => {
            let words: Vec<Cow<'_, [u8]>> = lines[0].iter().map(|word| Cow::Borrowed(word.as_bytes())).collect();
            let (bytes, time) = rekey_limit(&words).map_err(|_| "no rekey limit".to_owned())?;
            Ok(vec![format!("{bytes} {time}").into()])
        }
        (_, Check::PermitListen) => {
            let host = |word: &BString| match word.contains(&b':') || matches!(word.as_slice(), b"any" | b"none") {
                true => word.to_vec(),
                false => [b"*:", word.as_slice()].concat(),
            };
            Ok(vec![bstr::join(" ", lines[0].iter().map(host)).into()])
        }
        (Shape::Words(_), _) if !keyword.adds_up() => {
            Ok(vec![bstr::join(" ", meanings().filter(|word| !word.is_empty())).into()])
        }
        _ => Ok(meanings().collect()),
    }
}

/// A word in place of a path; `internal` in any case, the name of a variable in its own.
fn is_word(keyword: &Keyword, value: &BString, word: &str) -> bool {
    if keyword.name == "HostKeyAgent" { value == word } else { value.eq_ignore_ascii_case(word.as_bytes()) }
}

fn absolute(path: &BString, build: &Build) -> Result<BString, String> {
    if path.eq_ignore_ascii_case(b"none") {
        return Ok("none".into());
    }
    let path = expanded_home(path, build)?;
    if path.starts_with(b"/") {
        return Ok(path);
    }
    let directory = build.directory.as_ref().ok_or("a relative path: the daemon's working directory decides")?;
    Ok([directory.as_slice(), b"/", &path].concat().into())
}

/// `tilde_expand`: `~` and slashes stand for the home and one slash.
fn expanded_home(path: &BString, build: &Build) -> Result<BString, String> {
    let below = match path.strip_prefix(b"~") {
        None => return Ok(path.clone()),
        Some(b"") => b"",
        Some([b'/', below @ ..]) => below.trim_start_with(|c| c == '/'),
        Some(_) => return Err("a path with `~` and a user: that host's to look up".to_owned()),
    };
    let home = build.home.as_ref().ok_or("a path with `~`: the home of the daemon's user decides")?;
    let slash: &[u8] = if home.ends_with(b"/") { b"" } else { b"/" };
    Ok([home.as_slice(), slash, below].concat().into())
}

/// `kex_assemble_names`: the prefix against the default, then patterns against all names, each name once. A list that
/// comes out empty prints as the default, or not at all where it has no prefix; a block's stays empty. Cases
/// `cipher-caret`, `cipher-minus-all`, `minus-all-in-block`.
fn expanded(taken: &Taken, family: Family, list: &BString, build: &Build) -> Result<Option<BString>, String> {
    let list = AlgorithmList::parse(list);
    let default = || {
        let default = build.defaults.get(&taken.keyword.name.to_ascii_lowercase());
        default.ok_or_else(|| "the prefix speaks of the built-in list, which was not told".to_owned())
    };
    let names: Vec<BString> = match list.prefix {
        Prefix::Plain => list.names().cloned().collect(),
        Prefix::Plus => default()?.iter().chain(list.heard()).cloned().collect(),
        Prefix::Minus => default()?.iter().filter(|name| !list.matches(name)).cloned().collect(),
        Prefix::Caret => list.names().chain(default()?).cloned().collect(),
    };
    let mut all: Vec<&BString> = Vec::new();
    for name in &names {
        let known = build.known.get(&family);
        let named: Vec<&BString> = match known {
            Some(known) => known.iter().filter(|known| pattern(known, name)).collect(),
            None if name.iter().any(|b| b"*?".contains(b)) => {
                return Err("a pattern stands for names of that build, which were not told".to_owned());
            }
            None if family.names_none(name) => Vec::new(),
            None => vec![name],
        };
        all.extend(named.into_iter().filter(|name| !all.contains(name)).collect::<Vec<_>>());
    }
    let printed = match list.prefix {
        Prefix::Plain if all.is_empty() => return Ok(None),
        _ if all.is_empty() && !taken.by_block => default()?.iter().collect(),
        _ => all,
    };
    Ok(Some(bstr::join(",", printed).into()))
}

/// An address without a port listens on every Port. Cases `accumulate-listen`, `accumulate-listen-port-after`.
fn sockets(lines: &[Vec<BString>], ports: Option<&[u16]>) -> Value {
    let mut printed = Vec::new();
    for line in lines {
        let Some((address, port)) = listen_address(&line[0]) else { return Value::Known(printed) };
        let all = match (port, ports) {
            (Some(port), _) => vec![port],
            (None, Some(ports)) => ports.to_vec(),
            (None, None) => return Value::Unknown("the ports are unknown".to_owned()),
        };
        for port in all {
            let Some(socket) = socket(&address, port) else {
                return Value::Unknown(format!("`{address}` is the resolver's to know"));
            };
            let domain = if line.len() > 1 { format!(" rdomain {}", line[2]) } else { String::new() };
            printed.push(format!("{socket}{domain}").into());
        }
    }
    Value::Known(printed)
}
