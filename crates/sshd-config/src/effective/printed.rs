//! Values as `sshd -T` prints them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bstr::{BString, ByteSlice};
use kvmprep_lossless::Value;

use super::{Build, Taken};
use crate::check::{Check, Family, listen_address, rekey_limit, socket};
use crate::matching::pattern;
use crate::value::{AlgorithmList, Prefix};
use crate::vocabulary::{Keyword, Shape};

/// Every keyword that was taken, one element a printed line.
pub(super) fn all(taken: &BTreeMap<&'static str, Taken>, build: &Build) -> BTreeMap<&'static str, Value> {
    let ports: Option<Vec<u16>> = match taken.get("Port") {
        None => Some(vec![22]),
        Some(port) if port.unknown.is_some() => None,
        Some(port) => port.lines.iter().map(|line| crate::matching::port(&line[0])).collect(),
    };
    let by_name = |line: &Vec<BString>| crate::matching::port(&line[0]).is_none();
    let printed = |taken: &Taken| match &taken.unknown {
        Some(why) => Value::Unknown(why.clone()),
        None if taken.keyword.check == Check::Port && taken.lines.iter().any(by_name) => {
            Value::Unknown("a service by name: that host's to look up".to_owned())
        }
        None if taken.keyword.check == Check::ListenAddress => sockets(&taken.lines, ports.as_deref()),
        None => one(taken.keyword, &taken.lines, build).map_or_else(Value::Unknown, Value::Known),
    };
    let mut all: BTreeMap<&'static str, Value> = taken.iter().map(|(name, taken)| (*name, printed(taken))).collect();
    if all.contains_key("Port") || all.contains_key("AddressFamily") {
        let why = "all addresses of that host, as Port and AddressFamily say";
        all.entry("ListenAddress").or_insert_with(|| Value::Unknown(why.to_owned()));
    }
    all
}

/// One keyword; an error says why it cannot be told.
fn one(keyword: &Keyword, lines: &[Vec<BString>], build: &Build) -> Result<Vec<BString>, String> {
    let check = keyword.check;
    let meanings = || lines.iter().flatten().map(|word| BString::from(check.meaning(word).into_owned()));
    match (keyword.shape, check) {
        (Shape::Commas(family), _) => expanded(keyword, family, &lines[0][0], build).map(|list| vec![list]),
        (_, Check::Path) => lines.iter().map(|line| absolute(&line[0], build)).collect(),
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
        (Shape::Words(_), check) if !keyword.adds_up() && check != Check::EnvironmentPair => {
            Ok(vec![bstr::join(" ", meanings().filter(|word| !word.is_empty())).into()])
        }
        _ => Ok(meanings().collect()),
    }
}

fn absolute(path: &BString, build: &Build) -> Result<BString, String> {
    if path.starts_with(b"/") || path.eq_ignore_ascii_case(b"none") {
        return Ok(path.clone());
    }
    let directory = build.directory.as_ref().ok_or("a relative path: the daemon's working directory decides")?;
    Ok([directory.as_slice(), b"/", path].concat().into())
}

/// `kex_assemble_names`: the prefix against the default, then patterns against all names, each name once. A list that
/// comes out empty prints as the default. Cases `cipher-caret`, `cipher-minus-all`.
fn expanded(keyword: &Keyword, family: Family, list: &BString, build: &Build) -> Result<BString, String> {
    let list = AlgorithmList::parse(list);
    let default = || {
        let default = build.defaults.get(&keyword.name.to_ascii_lowercase());
        default.ok_or_else(|| "the prefix speaks of the built-in list, which was not told".to_owned())
    };
    let names: Vec<BString> = match list.prefix {
        Prefix::Plain => list.names().cloned().collect(),
        Prefix::Plus => default()?.iter().chain(list.names()).cloned().collect(),
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
            None => vec![name],
        };
        all.extend(named.into_iter().filter(|name| !all.contains(name)).collect::<Vec<_>>());
    }
    let printed = if all.is_empty() { default()?.iter().collect() } else { all };
    Ok(bstr::join(",", printed).into())
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
