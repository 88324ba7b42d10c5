use std::fmt;
use std::str::FromStr;

use bstr::{BString, ByteSlice};
use camino::Utf8PathBuf;

use super::{Build, CommandLine};
use crate::matching::Connection;

/// What sshd's answer hangs on beside its files.
#[derive(Clone, Debug, Default)]
pub struct Situation {
    /// The connection asked about; without one, what holds for all connections that meet no block.
    pub connection: Option<Connection>,
    /// The options sshd is started with, in order, by the files they come from.
    pub command_line: Vec<CommandLine>,
    /// What the build of that host has built in.
    pub build: Build,
}

impl Situation {
    /// The file that sshd is told to read; the last `-f` wins.
    pub(crate) fn main_file(&self) -> Utf8PathBuf {
        let told = self.told_main_file().and_then(CommandLine::file);
        told.unwrap_or(super::MAIN_FILE.into()).to_owned()
    }

    /// The options that say so.
    pub(crate) fn told_main_file(&self) -> Option<&CommandLine> {
        self.command_line.iter().rev().find(|line| line.file().is_some())
    }
}

/// A text of a situation that cannot be taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SituationError {
    /// The text as given.
    pub text: String,
    /// What is wrong with it.
    pub why: String,
    /// What a right one looks like.
    pub help: String,
}

impl SituationError {
    pub(crate) fn new(text: &str, why: &str, help: &str) -> Self {
        Self { text: text.to_owned(), why: why.to_owned(), help: help.to_owned() }
    }
}

impl fmt::Display for SituationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}; {}", self.text, self.why, self.help)
    }
}

impl std::error::Error for SituationError {}

const CONNECTION: &str = "a connection looks like `user=bob,host=a.example.com,addr=192.0.2.7,laddr=192.0.2.1,lport=22,rdomain=1`, `group=` \
     once for each of the user's groups, `invalid-user` where there is no such user";

impl FromStr for Connection {
    type Err = SituationError;

    /// As `sshd -T -C` is told: items by comma, of which the last of a kind counts. `group=` is ours, as sshd looks
    /// groups up; `invalid-user` is OpenSSH 9.9's.
    fn from_str(text: &str) -> Result<Self, SituationError> {
        let mut connection = Self::default();
        for item in text.split(',').take_while(|item| !item.is_empty()) {
            let wrong = |why: &str| SituationError::new(item, why, CONNECTION);
            let address = |value: &str| value.parse().map_err(|_| wrong("this is no address"));
            match item.split_once('=') {
                Some(("user", user)) => connection.user = Some(user.into()),
                Some(("host", host)) => connection.host = Some(host.into()),
                Some(("addr", value)) => connection.address = Some(address(value)?),
                Some(("laddr", value)) => connection.local_address = Some(address(value)?),
                Some(("lport", value)) => {
                    let port = crate::scan::port(value.as_bytes()).ok_or_else(|| wrong("this is no port"))?;
                    connection.local_port = Some(port).filter(|port| *port != 0);
                }
                Some(("rdomain", domain)) => connection.rdomain = Some(domain.into()),
                Some(("group", group)) => connection.groups.get_or_insert_default().push(group.into()),
                None if item == "invalid-user" => connection.invalid_user = true,
                _ => return Err(wrong("sshd is told nothing by that name")),
            }
        }
        Ok(connection)
    }
}

impl fmt::Display for Connection {
    /// What is told, as [`FromStr`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |name: &str, value: &Option<BString>| Some(format!("{name}={}", value.as_ref()?.to_str_lossy()));
        let groups = self.groups.iter().flatten().map(|group| Some(format!("group={}", group.to_str_lossy())));
        let told = [named("user", &self.user)].into_iter().chain(groups).chain([
            named("host", &self.host),
            self.address.map(|address| format!("addr={address}")),
            self.local_address.map(|address| format!("laddr={address}")),
            self.local_port.map(|port| format!("lport={port}")),
            named("rdomain", &self.rdomain),
            self.invalid_user.then(|| "invalid-user".to_owned()),
        ]);
        f.write_str(&told.flatten().collect::<Vec<_>>().join(","))
    }
}
