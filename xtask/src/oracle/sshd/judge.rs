//! Whether an edit brought about what was asked for, and nothing else: by sshd's answers before and after, and by what it
//! says of the asked-for value alone (a probe).

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use bstr::{BString, ByteSlice};
use kvmprep_lossless::{Absent, Edit, Request};
use kvmprep_sshd_config::Key;

use super::super::Edited;
use super::super::input::{Input, Node, Tree};
use super::super::machine::Fault;
use super::daemon::{KEY, Outcome, Room};
use super::edits::spelled;
use super::settings::{self, Setting, Values};
use super::{MAIN, Sshd, is_same, single};

/// Answers to questions that come again and again, and the room they are asked in.
#[derive(Default)]
pub struct Probes {
    room: Option<Room>,
    known: HashMap<(Vec<u8>, Option<String>), Outcome>,
}

/// What an edit is about.
struct Asked<'a> {
    request: &'a Request<Key>,
    setting: Option<&'static Setting>,
    /// No other line of these files can decide the keyword, as far as the first words of lines tell.
    alone: bool,
}

impl Sshd {
    pub fn judged(&self, edited: &Edited<'_, Self>) -> Option<String> {
        if !edited.before[0].starts {
            return None;
        }
        let key = edited.request.edit.key();
        if key.keyword().is_some_and(|keyword| keyword.eq_ignore_ascii_case("Include")) {
            return None;
        }
        let setting = key.keyword().and_then(|keyword| settings::find(keyword.as_bytes()));
        let asked = Asked { request: edited.request, setting, alone: is_alone(edited, setting) };
        let connections = [None].into_iter().chain(edited.from.connections.iter().map(Some));
        let answers = edited.before.iter().zip(edited.after);
        // The oracle gives sshd this key on its command line.
        if matches!(&edited.request.edit, Edit::Remove { item, .. } if item == KEY) {
            return None;
        }
        // Whether another file says what a command or a list of methods needs is not the edited file's to know.
        let includes = || first_words(edited.to).any(|(_, word)| word == b"include");
        if edited.after[0].complaints.last().is_some_and(|last| last == "other") && includes() {
            return None;
        }
        if edited.after[0].complaints.last().is_some_and(|last| last == "other") && listens_by_name(edited.request) {
            return None;
        }
        if edited.before.len() > edited.after.len() {
            return Some(format!("sshd does not start any more: {:?}", edited.after[0].complaints));
        }
        connections.zip(answers).find_map(|(connection, (before, after))| {
            let connection = connection.map(String::as_str);
            let what = self.judged_for(&asked, connection, edited, before, after)?;
            Some(format!("{}: {what}", connection.unwrap_or("no connection")))
        })
    }

    fn judged_for(
        &self,
        asked: &Asked<'_>,
        connection: Option<&str>,
        edited: &Edited<'_, Self>,
        before: &Outcome,
        after: &Outcome,
    ) -> Option<String> {
        let needs_port = |outcome: &Outcome| outcome.complaints.iter().any(|complaint| complaint == "match_needs");
        if !before.starts || needs_port(after) {
            return None;
        }
        if !after.starts {
            return Some(format!("sshd does not start any more: {:?}", after.complaints));
        }
        let key = asked.request.edit.key();
        let is_met = match key.scope() {
            None => true,
            Some(block) => self.meets(&block.criteria.text(), connection),
        };
        let Some(_) = key.keyword() else { return block_gone(is_met, connection, edited, before, after) };
        let own = asked.setting.map_or("", |setting| setting.names[0]).to_ascii_lowercase();
        let keywords: BTreeSet<&String> = before.printed.keys().chain(after.printed.keys()).collect();
        let hangs_on =
            |keyword: &str| own == keyword || (keyword == "listenaddress" && matches!(&*own, "port" | "addressfamily"));
        let others = keywords.into_iter().filter(|keyword| !hangs_on(keyword));
        let moved: Vec<_> =
            others.filter(|keyword| before.printed.get(*keyword) != after.printed.get(*keyword)).collect();
        if !moved.is_empty() {
            return Some(format!("{moved:?} moved too"));
        }
        let setting = asked.setting?;
        let [was, is] = [before, after].map(|outcome| outcome.printed.get(&own).cloned().unwrap_or_default());
        if !is_met {
            return (was != is).then(|| format!("{own} moved where the block is not met: was {was:?}, is {is:?}"));
        }
        let right = self.is_right(asked, setting, &own, &was, &is, edited);
        (!right).then(|| format!("{own}: was {was:?}, is {is:?}"))
    }

    fn is_right(
        &self,
        asked: &Asked<'_>,
        setting: &Setting,
        own: &str,
        was: &[BString],
        is: &[BString],
        edited: &Edited<'_, Self>,
    ) -> bool {
        let split = |lines: &[BString]| tokens(setting, lines);
        let (stood, stands) = (split(was), split(is));
        // What a socket is printed as hangs on other lines; the reading of the edited file is compared anyway.
        if own == "listenaddress" {
            return true;
        }
        let default = || split(self.defaults.get(own).map_or(&[][..], |default| default));
        match &asked.request.edit {
            Edit::Set { to, key } if own == "subsystem" => {
                let name = selector(key);
                let wanted = [name.as_slice(), b" ", &bstr::join(" ", to)].concat();
                others_of(was, &name) == others_of(is, &name)
                    && (!asked.alone || is.iter().any(|line| *line == wanted.as_slice()))
            }
            Edit::Set { to, .. } => {
                let Some(wanted) = self.probed(setting, own, to) else { return false };
                // What other blocks say may win over it, or be added to it.
                let is_there = || wanted.iter().all(|value| is.contains(value));
                // Bytes and time of a RekeyLimit may come from two places.
                let is_mixed = own == "rekeylimit" && !asked.alone;
                is_same(&wanted, is) || is_mixed || (!asked.alone && (was == is || is_there()))
            }
            Edit::Unset { key } | Edit::Disable { key } if own == "subsystem" => {
                let name = selector(key);
                others_of(was, &name) == *is
            }
            // A block that was never there sets nothing, and others may.
            Edit::Unset { key } | Edit::Disable { key }
                if edited.from == edited.to && !names_block(edited.from, key) =>
            {
                true
            }
            Edit::Unset { .. } | Edit::Disable { .. } => !asked.alone || stands == default(),
            _ if !asked.alone => true,
            Edit::Add { item, .. } => {
                let Some(item) = self.probed(setting, own, std::slice::from_ref(item)) else { return false };
                let item = self.without_default_key(own, split(&item));
                let has = |list: &[BString]| item.iter().all(|item| list.contains(item));
                let leaves = asked.request.manner.absent == Absent::Leave && was == is;
                let is_there = has(&stands) || !says_plainly(edited.to, setting);
                leaves || (is_there && without(&stood, &item) == without(&stands, &item))
            }
            Edit::Remove { item, .. } => {
                let own_item = std::slice::from_ref(item);
                let printed = self.probed(setting, own, own_item).map(|item| split(&item));
                let printed = printed.filter(|item| !item.is_empty()).unwrap_or_else(|| own_item.to_vec());
                let item = self.without_default_key(own, printed);
                // A pattern is an item like any other: the names it matches may stand by themselves.
                if own_item[0].contains(&b'*') && stood == stands {
                    return true;
                }
                let is_gone = !stands.iter().any(|stands| item.contains(stands)) || !says_plainly(edited.to, setting);
                // A list that is gone whole is the default, or the default without the item.
                let minus = asked.request.manner.absent == Absent::Plus && stands == without(&default(), &item);
                stands == default() || minus || (is_gone && without(&stood, &item) == without(&stands, &item))
            }
        }
    }

    /// The key of the command line stands before those of any file.
    fn without_default_key(&self, own: &str, mut item: Vec<BString>) -> Vec<BString> {
        if own == "hostkey" && item.len() > 1 {
            item.remove(0);
        }
        item
    }

    /// What sshd prints where a file says this alone; nothing where it does not take it.
    fn probed(&self, setting: &Setting, own: &str, values: &[BString]) -> Option<Vec<BString>> {
        let mut file: Vec<u8> = CONTEXT.iter().find(|(keyword, _)| *keyword == own).map_or("", |(_, text)| text).into();
        let each = if matches!(setting.values, Values::Lines(_)) { 1 } else { values.len() };
        for values in values.chunks(each.max(1)) {
            file.extend([setting.names[0].as_bytes(), b" ", &spelled(setting, values), b"\n"].concat());
        }
        let outcome = self.probe(file, None).ok()?;
        outcome.starts.then(|| outcome.printed.get(own).cloned().unwrap_or_default())
    }

    /// Whether a connection meets the criteria.
    fn meets(&self, criteria: &[u8], connection: Option<&str>) -> bool {
        let file = [b"Match ", criteria, b"\n\tBanner /met\n"].concat();
        let met = |outcome: Outcome| outcome.printed.get("banner").is_some_and(|banner| banner[0] == "/met");
        self.probe(file, connection.map(str::to_owned)).is_ok_and(met)
    }

    fn probe(&self, file: Vec<u8>, connection: Option<String>) -> Result<Outcome, Fault> {
        let mut probes = self.probes.lock().map_err(|_| "a probe failed")?;
        let question = (file, connection);
        if let Some(known) = probes.known.get(&question) {
            return Ok(known.clone());
        }
        let asked = probes.room.take().and_then(|room| asked_in(room, &question).ok());
        // A room is closed when it is too old.
        let (room, outcome) = match asked {
            Some(asked) => asked,
            None => asked_in(self.daemon.room()?, &question)?,
        };
        probes.room = Some(room);
        probes.known.insert(question, outcome.clone());
        Ok(outcome)
    }
}

fn asked_in(mut room: Room, (file, connection): &(Vec<u8>, Option<String>)) -> Result<(Room, Outcome), Fault> {
    room.enter(&single(file.clone()))?;
    let outcome = room.ask(connection.as_deref())?;
    Ok((room, outcome))
}

/// What sshd wants to see beside a keyword.
const CONTEXT: &[(&str, &str)] = &[
    ("authorizedkeyscommand", "AuthorizedKeysCommandUser nobody\n"),
    ("authorizedprincipalscommand", "AuthorizedPrincipalsCommandUser nobody\n"),
    ("authenticationmethods", "HostbasedAuthentication yes\nGSSAPIAuthentication yes\n"),
];

/// A block that is gone or commented out: where it was not met nothing moved; where it was the only one, what is printed
/// is what is printed without a connection.
fn block_gone(
    is_met: bool,
    connection: Option<&str>,
    edited: &Edited<'_, Sshd>,
    before: &Outcome,
    after: &Outcome,
) -> Option<String> {
    let wanted = match is_met {
        false => before,
        true if connection.is_some() && first_words(edited.from).filter(|(_, word)| word == b"match").count() == 1 => {
            &edited.after[0]
        }
        true => return None,
    };
    (wanted.printed != after.printed).then(|| "the block is gone, and its connections do not see it".to_owned())
}

/// Whether all lines of the keyword are in the place that the edit is about.
fn is_alone(edited: &Edited<'_, Sshd>, setting: Option<&Setting>) -> bool {
    let Some(setting) = setting else { return false };
    let in_block = edited.request.edit.key().scope().is_some();
    [edited.from, edited.to].iter().all(|input| {
        if in_block && !names_first_block(input, edited.request.edit.key()) {
            return false;
        }
        let mut blocks = 0;
        first_words(input).all(|(is_main, word)| {
            blocks += usize::from(word == b"match");
            let is_here = is_main && (blocks == usize::from(in_block)) && blocks < 2;
            let is_it = setting.names.iter().any(|name| name.as_bytes().eq_ignore_ascii_case(&word));
            is_here || !is_it
        })
    })
}

/// True where a line of the edited file begins a block with these criteria, however it is spelled.
fn names_block(input: &super::Asked, key: &Key) -> bool {
    headers(input).iter().any(|header| begins(header, key))
}

/// True where that is the first block; or where there is none.
fn names_first_block(input: &super::Asked, key: &Key) -> bool {
    headers(input).first().is_none_or(|header| begins(header, key))
}

fn headers(input: &super::Asked) -> Vec<Vec<u8>> {
    input.edited().lines().map(bare).filter(|line| line.starts_with(b"match")).collect()
}

fn begins(header: &[u8], key: &Key) -> bool {
    key.scope().is_none_or(|block| header[b"match".len()..].starts_with(&bare(&block.criteria.text())))
}

/// In lower case, without what may be spelled in several ways.
fn bare(text: &[u8]) -> Vec<u8> {
    text.iter().filter(|byte| !b" \t\r=\"'".contains(byte)).map(u8::to_ascii_lowercase).collect()
}

/// The first word of each line of each file, in lower case, as far as it needs no grammar to tell it: with whether the
/// file is the main one.
fn first_words(input: &super::Asked) -> impl Iterator<Item = (bool, Vec<u8>)> {
    let word = |line: &[u8]| -> Vec<u8> {
        let line = line.trim_start_with(|c| " \t\r=\"".contains(c));
        line.iter().take_while(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect()
    };
    let Tree { nodes, .. } = &input.tree;
    nodes.iter().flat_map(move |(path, node)| {
        let bytes = match node {
            Node::File(bytes) => bytes.as_slice(),
            Node::Link(_) => b"",
        };
        bytes.lines().map(move |line| (*path == MAIN, word(line))).collect::<Vec<_>>()
    })
}

/// True where the keyword's first line stands for itself, without a prefix that speaks of the built-in list.
fn says_plainly(input: &super::Asked, setting: &Setting) -> bool {
    let rest = |line: &[u8]| -> Option<Vec<u8>> {
        let line = line.trim_start_with(|c| " \t\r=\"".contains(c));
        let named = setting
            .names
            .iter()
            .find(|name| line.get(..name.len()).is_some_and(|word| word.eq_ignore_ascii_case(name.as_bytes())))?;
        Some(line[named.len()..].trim_start_with(|c| " \t=\"'".contains(c)).to_vec())
    };
    let first = input.edited().lines().find_map(rest);
    !matches!(setting.values, Values::Algorithms(_))
        || first.is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_alphanumeric))
}

/// The items of what is printed.
fn tokens(setting: &Setting, lines: &[BString]) -> Vec<BString> {
    let separator = if matches!(setting.values, Values::Algorithms(_)) { "," } else { " " };
    let items = lines.iter().flat_map(|line| line.split_str(separator).map(BString::from));
    // It stands for no option, and is printed where there is none.
    let is_none = |item: &BString| setting.names[0] == "PubkeyAuthOptions" && item == "none";
    items.filter(|item| !is_none(item)).collect()
}

fn without(list: &[BString], items: &[BString]) -> Vec<BString> {
    list.iter().filter(|item| !items.contains(item)).cloned().collect()
}

fn selector(key: &Key) -> Vec<u8> {
    let text = key.to_string();
    let name = text.rsplit_once('[').map_or("", |(_, name)| name.trim_end_matches(']'));
    match name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\\\"", "\"").replace("\\\\", "\\").into(),
        None => name.into(),
    }
}

/// The other subsystems.
fn others_of(lines: &[BString], name: &[u8]) -> Vec<BString> {
    lines.iter().filter(|line| line.split_str(" ").next() != Some(name)).cloned().collect()
}

/// Whether there is an address for such a name is that host's to know.
fn listens_by_name(request: &Request<Key>) -> bool {
    let is_address = |value: &BString| value.to_str().is_ok_and(|value| value.parse::<IpAddr>().is_ok());
    let listens = request.edit.key().keyword().is_some_and(|keyword| keyword.eq_ignore_ascii_case("ListenAddress"));
    let asked: &[BString] = match &request.edit {
        Edit::Set { to, .. } => to,
        Edit::Add { item, .. } => std::slice::from_ref(item),
        Edit::Unset { .. } | Edit::Disable { .. } | Edit::Remove { .. } => &[],
    };
    listens && asked.iter().any(|value| !is_address(value))
}
