//! What the arguments of a keyword must be, and the one form in which values of equal meaning meet.

use std::borrow::Cow;
use std::net::IpAddr;

use bstr::{BString, ByteSlice};

use crate::matching::is_address_list;
use crate::scan::{self, host_and_rest, seconds, unbracketed};
use crate::vocabulary::{Keyword, Shape};

/// A column of the vocabulary: the rule for a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Check {
    /// Nothing to check.
    Any,
    /// `yes` or `no`, whatever the case.
    Flag,
    /// One of these, whatever the case: as written and as `sshd -T` prints it.
    OneOf(&'static [(&'static str, &'static str)]),
    /// The same for what the log is about; nothing is as wrong as any other word.
    Log(&'static [(&'static str, &'static str)]),
    /// PermitTunnel, where case counts. Case `permittunnel-case`.
    Tunnel,
    /// A port number; services by name are sshd's to look up.
    Port,
    /// A number from 0.
    Number,
    /// A number, or `none`.
    NumberOrNone,
    /// Seconds, or numbers with `s m h d w`.
    Time,
    /// A time, or `none`.
    TimeOrNone,
    /// A file name, or `none`; made absolute by the daemon's working directory, and `~` by its home.
    Path,
    /// A file name, or `none`: `~` stands for the daemon's home, the rest stays as written.
    HomePath,
    /// File names, in which `~` stands for the daemon's home; sshd complains of an empty one and reads on.
    HomePaths,
    /// A file name, or a word of its own in place of it.
    PathOr(&'static str),
    /// As written, or `none`.
    OrNone,
    /// Nothing is taken: Linux knows no such thing.
    Never,
    /// Text without a carriage return, or `none`.
    Addendum,
    /// A command by its absolute path, or `none`.
    Command,
    /// Algorithm names of a family.
    Algorithms(Family),
    /// User patterns, with a host pattern or CIDR behind `@`.
    Users,
    /// Words that are not empty.
    NonEmpty,
    /// Places in the source, or `none` alone; sshd complains of others and reads on.
    Verbose,
    /// What PubkeyAuthOptions takes; sshd complains of others and reads on.
    PubkeyOptions,
    /// Files to include.
    Include,
    /// Names of environment variables.
    EnvironmentName,
    /// `NAME=value`.
    EnvironmentPair,
    /// A flag, or patterns of names.
    UserEnvironment,
    /// An address, with or without a port, and a routing domain.
    ListenAddress,
    /// Lists of authentication methods.
    Methods,
    /// `host:port`, or `any` or `none` alone.
    PermitOpen,
    /// `[host:]port`, or `any` or `none` alone.
    PermitListen,
    /// One or two classes of service.
    IpQos,
    /// Octal, up to 0777.
    Mask,
    /// `n` or `start:rate:full`.
    MaxStartups,
    /// `bits` or `bits4:bits6`.
    NetBlockSize,
    /// Bytes, or `default`; then a time, or `none`.
    RekeyLimit,
    /// `channel=time`; `none` only as the last word.
    ChannelTimeout,
    /// GSSAPI key exchanges by comma; only patched builds know them.
    GssKex,
}

/// Which names a comma list is made of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Family {
    /// `ssh -Q cipher`.
    Ciphers,
    /// `ssh -Q mac`.
    Macs,
    /// `ssh -Q kex`.
    Kex,
    /// `ssh -Q HostKeyAlgorithms`; patterns are allowed in every list.
    KeyTypes,
    /// `ssh -Q sig`; patterns too.
    Signatures,
}

impl Family {
    /// True where names may be patterns outside a `-` list too. Case `hostkeyalg-glob`.
    pub fn takes_patterns(self) -> bool {
        matches!(self, Self::KeyTypes | Self::Signatures)
    }

    /// True for the name of a type of key, in any case: sshd takes it in a list of algorithms, where it names none.
    /// Asked of 9.2.
    pub(crate) fn names_none(self, name: &[u8]) -> bool {
        self.takes_patterns() && is_one_of(name, &["RSA", "DSA", "ECDSA", "ECDSA-SK", "ED25519", "ED25519-SK"])
    }
}

/// What sshd finds wrong with a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// There is none.
    Missing,
    /// It is not what the keyword takes; says what is.
    Bad(&'static str),
    /// A word of a list is empty: sshd reads on to report more.
    Empty,
    /// A word is none of those there are, or stands in the wrong company: sshd reads on to report more.
    Option(&'static str),
}

type Arguments<'a> = [Cow<'a, [u8]>];

impl Check {
    /// Checks the arguments of one line. Words behind what the keyword takes are the caller's to complain of.
    pub(crate) fn check(self, shape: Shape, arguments: &Arguments<'_>) -> Result<(), Fault> {
        let first = match arguments.first() {
            _ if self == Self::Never => return self.one(b""),
            Some(first) => first,
            None if self.may_be_absent(shape) => return Ok(()),
            None if matches!(self, Self::Log(_)) => return self.one(b""),
            None if self == Self::Methods => return Err(Fault::Bad("a list of authentication methods")),
            None => return Err(Fault::Missing),
        };
        let listed = matches!(shape, Shape::Words(usize::MAX));
        if first.is_empty()
            && !matches!(self, Self::Log(_))
            && shape != Shape::Rest
            && (!listed || matches!(self, Self::PermitOpen | Self::PermitListen))
        {
            return Err(Fault::Missing);
        }
        match self {
            Self::Include if arguments.iter().any(|a| a.is_empty()) => Err(Fault::Missing),
            Self::Verbose if arguments.len() > 1 => {
                let word = |word: &Cow<'_, [u8]>| if is(word, "none") { Err(alone()) } else { self.one(word) };
                arguments.iter().try_for_each(word)
            }
            Self::ChannelTimeout => {
                let last = arguments.len() - 1;
                let word = |(i, word): (usize, &Cow<'_, [u8]>)| match is(word, "none") {
                    true if i == last => Ok(()),
                    true => Err(alone()),
                    false => self.one(word),
                };
                arguments.iter().enumerate().try_for_each(word)
            }
            _ if listed && !matches!(self, Self::PermitOpen | Self::PermitListen | Self::Methods) => {
                arguments.iter().try_for_each(|argument| self.one(argument))
            }
            Self::ListenAddress if arguments.get(1).is_some_and(|word| **word != *b"rdomain") => {
                Err(Fault::Bad("an address, and a routing domain"))
            }
            Self::IpQos => arguments.iter().take(2).try_for_each(|argument| self.one(argument)),
            Self::PermitOpen | Self::PermitListen => permit(self, arguments),
            Self::Methods => methods(arguments, true),
            Self::RekeyLimit => rekey_limit(arguments).map(drop),
            _ => self.one(first),
        }
    }

    /// A keyword with nothing but a comment behind it. Case `only-comment-list`; asked of 9.2 for the others.
    fn may_be_absent(self, shape: Shape) -> bool {
        matches!(shape, Shape::Rest | Shape::Ignored { .. } | Shape::Words(usize::MAX))
            && !matches!(self, Self::PermitOpen | Self::PermitListen | Self::Methods | Self::Include)
    }

    /// Checks one argument.
    pub(crate) fn one(self, value: &[u8]) -> Result<(), Fault> {
        let good = |good: bool, what| if good { Ok(()) } else { Err(Fault::Bad(what)) };
        match self {
            Self::Any
            | Self::Path
            | Self::HomePath
            | Self::OrNone
            | Self::PathOr(_)
            | Self::Methods
            | Self::RekeyLimit
            | Self::PermitOpen
            | Self::PermitListen => Ok(()),
            Self::Never => Err(Fault::Bad("nothing: no Linux lets it be set")),
            Self::Addendum => good(!value.contains(&b'\r'), "text without a carriage return"),
            Self::Flag => good(is_one_of(value, &["yes", "no"]), "yes or no"),
            Self::OneOf(words) | Self::Log(words) => {
                good(words.iter().any(|(w, _)| is(value, w)), "one of the words the keyword takes")
            }
            Self::Tunnel => good(
                matches!(value, b"yes" | b"no" | b"point-to-point" | b"ethernet"),
                "yes, no, point-to-point or ethernet, in lower case",
            ),
            Self::Port => good(is_port(value), "a port from 1 to 65535"),
            Self::Number => good(number(value).is_some(), "a number from 0 to 2147483647"),
            Self::NumberOrNone => good(value == b"none" || number(value).is_some(), "a number, or none in lower case"),
            Self::Time => good(seconds(value).is_some(), "a time like 90, 1m30s or 2h"),
            Self::TimeOrNone => good(is(value, "none") || seconds(value).is_some(), "a time, or none"),
            Self::Command => good(value.starts_with(b"/") || is(value, "none"), "an absolute path, or none"),
            Self::Algorithms(_) => good(!value.is_empty(), "algorithm names by comma"),
            Self::NonEmpty | Self::Include => good(!value.is_empty(), "a word that is not empty"),
            Self::Verbose | Self::HomePaths if value.is_empty() => Err(Fault::Empty),
            Self::Verbose | Self::HomePaths => Ok(()),
            Self::PubkeyOptions if is_one_of(value, &["none", TOUCH, VERIFY]) => Ok(()),
            Self::PubkeyOptions => Err(Fault::Option("none, touch-required or verify-required")),
            Self::GssKex => {
                let known = |name: &[u8]| GSS_KEX.iter().any(|known| name.starts_with(known));
                let good_names = value.split(|b| *b == b',').take_while(|name| !name.is_empty()).all(known);
                good(good_names, "GSSAPI key exchanges by comma")
            }
            Self::Users => good(is_user_pattern(value), "a user, or user@host with a right CIDR"),
            Self::EnvironmentName => good(!value.is_empty() && !value.contains(&b'='), "a name without ="),
            Self::EnvironmentPair => good(value.contains(&b'='), "NAME=value"),
            Self::UserEnvironment => good(!value.is_empty(), "yes, no or patterns of names"),
            Self::ListenAddress => {
                good(!value.contains(&b' ') && listen_address(value).is_some(), "an address, with or without a port")
            }
            Self::IpQos => good(ip_qos(value).is_some(), "a class like af21, cs1, ef, lowdelay, throughput or none"),
            Self::Mask => good(mask(value).is_some(), "an octal number up to 0777"),
            Self::MaxStartups => good(max_startups(value).is_some(), "a number from 1, or start:rate:full"),
            Self::NetBlockSize => good(net_block_size(value).is_some(), "bits up to 32, or bits4:bits6"),
            Self::ChannelTimeout => good(is_channel_timeout(value), "channel=time"),
        }
    }

    /// The form in which values of equal meaning are equal: what `sshd -T` prints.
    pub(crate) fn meaning(self, value: &[u8]) -> Cow<'_, [u8]> {
        let text = |text: String| Cow::Owned(text.into_bytes());
        match self {
            Self::Flag => Cow::Owned(value.to_ascii_lowercase()),
            Self::Path | Self::HomePath | Self::PathOr(_) | Self::OrNone | Self::Addendum if is(value, "none") => {
                Cow::Borrowed(b"none")
            }
            Self::NumberOrNone if number(value) == Some(i32::MAX.unsigned_abs()) => Cow::Borrowed(b"none"),
            Self::OneOf(words) | Self::Log(words) => words
                .iter()
                .find(|(word, _)| is(value, word))
                .map_or(Cow::Borrowed(value), |(_, printed)| Cow::Borrowed(printed.as_bytes())),
            Self::Port | Self::Number | Self::NumberOrNone => {
                number(value).map_or(value.into(), |n| text(n.to_string()))
            }
            Self::TimeOrNone if is(value, "none") || seconds(value) == Some(0) => Cow::Borrowed(b"none"),
            Self::Time | Self::TimeOrNone => seconds(value).map_or(value.into(), |s| text(s.to_string())),
            Self::Mask => mask(value).map_or(value.into(), |m| text(format!("0{m:o}"))),
            Self::MaxStartups => {
                max_startups(value).map_or(value.into(), |[start, rate, full]| text(format!("{start}:{rate}:{full}")))
            }
            Self::NetBlockSize => net_block_size(value).map_or(value.into(), |(v4, v6)| text(format!("{v4}:{v6}"))),
            Self::IpQos => ip_qos(value).map_or(value.into(), |class| text(class.into_owned())),
            _ => Cow::Borrowed(value),
        }
    }
}

/// The two options of PubkeyAuthOptions, in the order they are printed.
pub(crate) const TOUCH: &str = "touch-required";
pub(crate) const VERIFY: &str = "verify-required";

fn alone() -> Fault {
    Fault::Option("none alone, or none of it")
}

impl Keyword {
    /// How many of the words of a line sshd takes, and how many it looks at: more are too many.
    pub(crate) fn reach(&self, arguments: &Arguments<'_>) -> (usize, usize) {
        let most = match (self.shape, self.check) {
            (_, Check::PermitOpen | Check::PermitListen) if is_any_or_none(arguments) => 1,
            (_, Check::PermitOpen | Check::PermitListen) => {
                let taken = permitted(arguments).count();
                return (taken, taken + 1);
            }
            (Shape::Words(most), _) => most,
            (Shape::Named | Shape::Rest, _) => usize::MAX,
            (_, Check::ListenAddress) if arguments.len() == 3 && *arguments[1] == *b"rdomain" => 3,
            _ => 1,
        };
        (most, most)
    }

    /// True when two values mean the same to sshd.
    pub(crate) fn same(&self, a: &[BString], b: &[BString]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.check.meaning(a) == self.check.meaning(b))
    }
}

fn is(value: &[u8], word: &str) -> bool {
    value.eq_ignore_ascii_case(word.as_bytes())
}

fn is_one_of(value: &[u8], words: &[&str]) -> bool {
    words.iter().any(|word| is(value, word))
}

fn number(value: &[u8]) -> Option<u32> {
    scan::number(value, i32::MAX.unsigned_abs())
}

fn is_port(value: &[u8]) -> bool {
    is_service(value) || crate::matching::port(value).is_some_and(|port| port > 0)
}

/// True for what may be the name of a service: that host's to look up.
pub(crate) fn is_service(value: &[u8]) -> bool {
    value.first().is_some_and(u8::is_ascii_alphabetic)
        && !matches!(value, b"any" | b"none")
        && value.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
}

fn is_user_pattern(value: &[u8]) -> bool {
    let host = value.rsplit_once_str("@").map(|(_, host)| host);
    !value.is_empty() && host.is_none_or(is_address_list)
}

/// Up to the first empty word; what stands behind that, and behind `any` or `none`, are words too many.
fn permit(check: Check, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let word = if check == Check::PermitListen { "[host:]port" } else { "host:port" };
    let good = |argument: &&Cow<'_, [u8]>| {
        let port = match host_and_rest(argument) {
            _ if check == Check::PermitListen && !argument.contains(&b':') => Some(&***argument),
            found => found.and_then(|(_, port)| port),
        };
        port.is_some_and(|port| port == b"*" || is_port(port))
    };
    if permitted(arguments).all(|argument| good(&argument)) { Ok(()) } else { Err(Fault::Bad(word)) }
}

/// The words of PermitOpen and PermitListen that are looked at.
fn permitted<'a>(arguments: &'a Arguments<'_>) -> impl Iterator<Item = &'a Cow<'a, [u8]>> {
    let looked_at = if is_any_or_none(arguments) { 0 } else { arguments.len() };
    arguments[..looked_at].iter().take_while(|argument| !argument.is_empty())
}

fn is_any_or_none(arguments: &Arguments<'_>) -> bool {
    arguments.first().is_some_and(|first| matches!(&**first, b"any" | b"none"))
}

const METHODS: [&[u8]; 7] =
    [b"none", b"publickey", b"password", b"keyboard-interactive", b"hostbased", b"gssapi-with-mic", b"gssapi-keyex"];

/// Lists of methods by comma, or `any` alone. Words are counted as they are taken: under a Match that is not met `any`
/// may stand twice, and behind others.
pub(crate) fn methods(arguments: &Arguments<'_>, taken: bool) -> Result<(), Fault> {
    let known = |method: &[u8]| METHODS.contains(&method.split(|b| *b == b':').next().unwrap_or(method));
    let mut any = false;
    for (i, argument) in arguments.iter().enumerate() {
        let is_any = **argument == *b"any";
        let good = if is_any { !(taken && i > 0) } else { !any && argument.split(|b| *b == b',').all(known) };
        if !good {
            return Err(Fault::Bad("lists of methods by comma, or any alone"));
        }
        any |= is_any;
    }
    Ok(())
}

/// Bytes and seconds, as `sshd -T` prints them.
pub(crate) fn rekey_limit(arguments: &Arguments<'_>) -> Result<(i64, u32), Fault> {
    let bytes = match arguments.first().map(|a| &**a) {
        Some(b"default") => 0,
        Some(value) => {
            scan::scaled(value).filter(|n| *n == 0 || *n >= 16).ok_or(Fault::Bad("bytes, from 16, like 1G"))?
        }
        None => return Err(Fault::Missing),
    };
    let time = match arguments.get(1).map(|a| &**a) {
        None | Some(b"none") => 0,
        Some(b"") => return Err(Fault::Missing),
        Some(value) => seconds(value).ok_or(Fault::Bad("a time like 1h"))?,
    };
    Ok((bytes, time))
}

/// The address, and the port where one is given: none behind an address of many colons without brackets.
pub(crate) fn listen_address(value: &[u8]) -> Option<(String, Option<u16>)> {
    let bare = !value.contains(&b'[') && value.iter().filter(|b| **b == b':').count() > 1;
    let (host, port) = if bare { (value, None) } else { host_and_rest(value)? };
    let port = match port {
        Some(port) => Some(crate::matching::port(port).filter(|port| *port > 0)?),
        None => None,
    };
    let host = if bare { host } else { unbracketed(host) };
    Some((host.to_str().ok().filter(|host| !host.is_empty())?.to_owned(), port))
}

/// A socket as `sshd -T` prints it; `None` for a name, which is the resolver's.
pub(crate) fn socket(address: &str, port: u16) -> Option<String> {
    Some(match address.parse::<IpAddr>().ok()? {
        IpAddr::V4(v4) => format!("{v4}:{port}"),
        IpAddr::V6(v6) => format!("[{v6}]:{port}"),
    })
}

const GSS_KEX: [&[u8]; 7] = [
    b"gss-gex-sha1-",
    b"gss-group1-sha1-",
    b"gss-group14-sha1-",
    b"gss-group14-sha256-",
    b"gss-group16-sha512-",
    b"gss-nistp256-sha256-",
    b"gss-curve25519-sha256-",
];

#[rustfmt::skip]
const SERVICE_CLASSES: &[(&str, u8)] = &[
    ("af11", 0x28), ("af12", 0x30), ("af13", 0x38), ("af21", 0x48), ("af22", 0x50), ("af23", 0x58), ("af31", 0x68),
    ("af32", 0x70), ("af33", 0x78), ("af41", 0x88), ("af42", 0x90), ("af43", 0x98), ("cs0", 0x00), ("cs1", 0x20),
    ("cs2", 0x40), ("cs3", 0x60), ("cs4", 0x80), ("cs5", 0xa0), ("cs6", 0xc0), ("cs7", 0xe0), ("ef", 0xb8),
    ("le", 0x04), ("lowdelay", 0x10), ("throughput", 0x08), ("reliability", 0x04),
];

fn ip_qos(value: &[u8]) -> Option<Cow<'static, str>> {
    if is(value, "none") {
        return Some("none".into());
    }
    if let Some((name, _)) = SERVICE_CLASSES.iter().find(|(name, _)| is(value, name)) {
        return Some((*name).into());
    }
    let class = u8::try_from(scan::based(value)?).ok()?;
    let named = SERVICE_CLASSES.iter().find(|(_, known)| *known == class);
    Some(named.map_or_else(|| format!("0x{class:02x}").into(), |(name, _)| (*name).into()))
}

fn mask(value: &[u8]) -> Option<u32> {
    scan::octal(value).filter(|mask| *mask <= 0o777)
}

/// A single number: refuse at that many, the rate between staying as built in.
fn max_startups(value: &[u8]) -> Option<[i32; 3]> {
    match scan::colons(value)[..] {
        [start] if start > 0 => Some([start, 30, start]),
        [start, rate, full, ..] if start > 0 && start <= full && (1..=100).contains(&rate) => Some([start, rate, full]),
        _ => None,
    }
}

fn net_block_size(value: &[u8]) -> Option<(i32, i32)> {
    match scan::colons(value)[..] {
        [v4] if (0..=32).contains(&v4) => Some((v4, 0)),
        [v4, v6, ..] if (0..=32).contains(&v4) && (0..=128).contains(&v6) => Some((v4, v6)),
        _ => None,
    }
}

fn is_channel_timeout(value: &[u8]) -> bool {
    value.split_once_str("=").is_some_and(|(channel, time)| !channel.is_empty() && seconds(time).is_some())
}
