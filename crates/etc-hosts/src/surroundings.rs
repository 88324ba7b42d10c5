//! The files beside `/etc/hosts` that a lookup hangs on.

use bstr::{BString, ByteSlice};
use kvmprep_lossless::files::{Entry, Files, FilesError};
use kvmprep_lossless::{Diagnostic, value};

use crate::effective::Multi;
use crate::explain::{nameless, unread};

pub(crate) const HOSTS: &str = "/etc/hosts";
const HOST_CONF: &str = "/etc/host.conf";
const SWITCH: &str = "/etc/nsswitch.conf";
const HOSTNAME: &str = "/etc/hostname";

/// The host's own name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum OwnName {
    /// What `/etc/hostname` says, as systemd reads it at boot.
    #[default]
    InHostname,
    /// This one, or none: a boot without systemd takes it from elsewhere.
    Told(Option<BString>),
    /// It is not known, for this reason.
    Unknown(String),
}

/// Lines of host.conf are read in pieces of this length (glibc 2.36).
const PIECE: usize = 255;

/// What the C library is told of lookups; each of it unknown where the file could not be read.
pub(crate) struct Surroundings {
    pub multi: Result<Multi, FilesError>,
    /// The services that are asked for host names, in order, with their actions; `None` where nothing says so.
    pub services: Result<Option<Vec<BString>>, FilesError>,
    /// The host's own name; or what is to be said of its being unknown.
    pub hostname: Result<Option<BString>, Diagnostic>,
}

impl Surroundings {
    pub fn of(files: &dyn Files, own: &OwnName) -> Self {
        let read = |path: &str| -> Result<BString, FilesError> {
            match files.look(path.into())?.entry {
                Entry::File(bytes) => Ok(bytes.to_vec().into()),
                Entry::Absent | Entry::Directory(_) | Entry::Other => Ok(BString::default()),
            }
        };
        Self {
            multi: read(HOST_CONF).map(|text| multi(&text)),
            services: read(SWITCH).map(|text| services(&text)),
            hostname: match own {
                OwnName::InHostname => read(HOSTNAME).map(|text| hostname(&text)).map_err(|error| unread(&error)),
                OwnName::Told(name) => Ok(name.clone()),
                OwnName::Unknown(why) => Err(nameless(why)),
            },
        }
    }
}

impl Surroundings {
    /// The service that is asked where the file has no answer; `None` where none is, or where that is not known.
    pub fn asked_next(&self) -> Option<String> {
        let services = self.services.as_ref().ok()?.as_ref()?;
        let files = services.iter().position(|service| service == "files")?;
        let next = services.get(files + 1)?;
        // What is done instead, as in `[NOTFOUND=return]`, is too rich to be told in a word.
        next.first().filter(|first| **first != b'[').map(|_| value::shown(next))
    }
}

/// The last `multi` of host.conf; without one it is off. What follows `on` on the line is passed over, glued or not.
fn multi(text: &[u8]) -> Multi {
    let pieces = text.lines().flat_map(|line| line.chunks(PIECE));
    let mut said = pieces.filter_map(|piece| {
        let piece = piece.trim_start();
        let end = piece.iter().position(|byte| byte.is_ascii_whitespace() || b"\x0b#,".contains(byte))?;
        let (keyword, argument) = piece.split_at(end);
        let argument = argument.trim_start().to_ascii_lowercase();
        if !keyword.eq_ignore_ascii_case(b"multi") {
            None
        } else if argument.starts_with(b"on") {
            Some(Multi::On)
        } else {
            argument.starts_with(b"off").then_some(Multi::Off)
        }
    });
    said.next_back().unwrap_or(Multi::Off)
}

/// The words of the last `hosts:` line of nsswitch.conf. A colon glued to the name or a blank ends it.
fn services(text: &[u8]) -> Option<Vec<BString>> {
    let mut lines = text.lines().filter_map(|line| {
        let line = line.split(|&byte| byte == b'#').next()?.trim();
        let rest = line.strip_prefix(b"hosts")?;
        let is_ended = rest.first().is_some_and(|byte| *byte == b':' || byte.is_ascii_whitespace());
        is_ended.then(|| rest.trim_start().trim_start_with(|c| c == ':'))
    });
    Some(lines.next_back()?.fields().map(BString::from).collect())
}

/// The first line that is no comment, as systemd reads the file.
fn hostname(text: &[u8]) -> Option<BString> {
    let mut lines = text.lines().map(<[u8]>::trim).filter(|line| !line.is_empty() && !line.starts_with(b"#"));
    lines.next().map(BString::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each asked of getent (glibc 2.36) with two lines of one name.
    #[test]
    fn multi_is_read_as_the_c_library_reads_it() {
        let on = [
            "multi on\n",
            "MULTI ON\n",
            "multi onx\n",
            " multi  on # x\n",
            "multi off\nmulti on\n",
            "multi on",
            "multi\ton\n",
            "order hosts\nmulti on\n",
            "multi on\r\n",
            "multi on\0x\n",
            "\x0bmulti\x0con\n",
            &format!("# {}multi on\n", "x".repeat(253)),
        ];
        let off = [
            "",
            "multi on\nmulti off\n",
            "multi,on\n",
            "#multi on\n",
            "multi yes\n",
            "multi=on\n",
            "mult on\n",
            "multi off,multi on\n",
            "nospoof multi on\n",
            &format!("multi on\nmulti off {}\n", "x".repeat(300)),
            &format!("# {}multi on\n", "x".repeat(252)),
        ];
        for (texts, expected) in [(&on[..], Multi::On), (&off[..], Multi::Off)] {
            texts.iter().for_each(|text| assert_eq!(multi(text.as_bytes()), expected, "{text:?}"));
        }
    }

    /// Asked of getent too: whether the file answers.
    #[test]
    fn services_are_those_of_the_last_line_for_hosts() {
        let asked = |text: &str| services(text.as_bytes()).map(|services| bstr::join(" ", services));
        for (text, expected) in [
            ("hosts: files\n", Some("files")),
            ("hosts: dns\nhosts: files\n", Some("files")),
            ("hosts: files\nhosts: dns\n", Some("dns")),
            ("hosts:files\n", Some("files")),
            (" hosts : files\n", Some("files")),
            ("hosts files\n", Some("files")),
            ("hosts: files # x\n", Some("files")),
            ("hosts:\n", Some("")),
            ("HOSTS: files\n", None),
            ("# hosts: files\n", None),
            ("", None),
        ] {
            assert_eq!(asked(text).as_deref(), expected.map(str::as_bytes), "{text:?}");
        }
    }
}
