//! The keywords of sshd_config as data: `servconf.c` of OpenSSH, from 5.3 to 10.5.
//!
//! A keyword's shape says how its arguments make a value, so that verbs are written once a shape.

use crate::Version;
use crate::check::Check::{self, Any, Flag, Path};
use crate::check::Family;

use Shape::{Commas, Lines, Named, Rest, Scalar, Words};

/// How the arguments of a keyword make its value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// One argument.
    Scalar,
    /// All that stands behind the separator, as written: quotes, blanks and `#` are part of the value.
    Rest,
    /// Arguments, at most so many.
    Words(usize),
    /// One argument, items by comma, with a prefix `+`, `-` or `^`.
    Commas(Family),
    /// A line for each value.
    Lines,
    /// A line for each name; the value is what stands behind it.
    Named,
    /// Accepted and not looked at; loud where sshd complains.
    Ignored {
        /// False for `Protocol`, which goes without a complaint.
        loud: bool,
    },
}

/// Which occurrence of a keyword counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wins {
    /// The first, whole line.
    First,
    /// The last, by a slip of the parser, in releases from the first one and before the second; in others the first.
    LastBetween(Version, Version),
    /// The first, unless one says `none`, which beats all: UnusedConnectionTimeout, asked of 9.2.
    NoneOrFirst,
    /// All add up.
    All,
}

/// A keyword.
#[derive(Clone, Copy, Debug)]
pub struct Keyword {
    /// As the manual spells it.
    pub name: &'static str,
    /// How its arguments make a value.
    pub shape: Shape,
    /// What a value must be.
    pub check: Check,
    /// Which occurrence counts.
    pub wins: Wins,
    /// The first release that takes it in a Match block.
    pub in_blocks_since: Version,
    /// The first release that knows it.
    pub since: Version,
    /// The first release that no longer has it as a keyword of its own.
    pub until: Version,
}

/// Another spelling of a keyword.
struct Alias {
    spelled: &'static str,
    name: &'static str,
    /// The first release that takes both for the same keyword.
    since: Version,
    /// Not in a Match block, although the keyword may be.
    global_only: bool,
}

const ALWAYS: Version = Version(0, 0);
const NEVER: Version = Version(u16::MAX, 0);
const MANY: usize = usize::MAX;

const fn global(name: &'static str, shape: Shape, check: Check) -> Keyword {
    Keyword { name, shape, check, wins: Wins::First, in_blocks_since: NEVER, since: ALWAYS, until: NEVER }
}

const fn anywhere(name: &'static str, shape: Shape, check: Check) -> Keyword {
    global(name, shape, check).in_blocks_since(ALWAYS)
}

const fn deprecated(name: &'static str) -> Keyword {
    global(name, Shape::Ignored { loud: true }, Any)
}

impl Keyword {
    const fn in_blocks_since(self, in_blocks_since: Version) -> Self {
        Self { in_blocks_since, ..self }
    }
    const fn since(self, major: u16, minor: u16) -> Self {
        Self { since: Version(major, minor), ..self }
    }
    const fn until(self, major: u16, minor: u16) -> Self {
        Self { until: Version(major, minor), ..self }
    }
    const fn adds(self) -> Self {
        Self { wins: Wins::All, ..self }
    }
    const fn none_or_first(self) -> Self {
        Self { wins: Wins::NoneOrFirst, ..self }
    }
    const fn last_between(self, since: Version, until: Version) -> Self {
        Self { wins: Wins::LastBetween(since, until), ..self }
    }
    const fn last_before(self, version: Version) -> Self {
        self.last_between(ALWAYS, version)
    }

    /// True when all occurrences add up.
    pub fn adds_up(&self) -> bool {
        self.wins == Wins::All
    }

    /// True when another occurrence than the first may count in this release: then all should say the same.
    pub fn later_may_win(&self, version: Version) -> bool {
        match self.wins {
            Wins::LastBetween(since, until) => (since..until).contains(&version),
            Wins::NoneOrFirst => true,
            Wins::First | Wins::All => false,
        }
    }

    /// Which of several occurrences counts in this release, by their first words.
    pub(crate) fn winner<'w>(&self, version: Version, words: impl DoubleEndedIterator<Item = &'w [u8]>) -> usize {
        let mut numbered = words.enumerate().map(|(i, word)| (i, word.eq_ignore_ascii_case(b"none")));
        let found = match self.wins {
            Wins::LastBetween(..) if self.later_may_win(version) => numbered.last(),
            Wins::NoneOrFirst => numbered.find(|(_, none)| *none),
            _ => None,
        };
        found.map_or(0, |(i, _)| i)
    }

    /// The keyword behind which this release passes over it: the parser looks whether that one is set already, not
    /// this. Asked of 9.2.
    pub(crate) fn lost_behind(&self, version: Version) -> Option<&'static str> {
        let slips = self.name == "AuthorizedPrincipalsCommand" && self.later_may_win(version);
        slips.then_some("AuthorizedKeysCommand")
    }

    /// True when its value is a list of items.
    pub fn is_list(&self) -> bool {
        matches!(self.shape, Words(MANY) | Commas(_) | Lines)
    }

    /// True when sshd takes it under a Match in this release.
    pub fn in_blocks(&self, version: Version) -> bool {
        version >= self.in_blocks_since
    }

    /// True when this release knows it, under whatever name.
    pub fn known_to(&self, version: Version) -> bool {
        version >= self.since || self.older_name(version).is_some()
    }

    /// The name to write for this release.
    pub fn name_for(&self, version: Version) -> &'static str {
        self.older_name(version).unwrap_or(self.name)
    }

    fn older_name(&self, version: Version) -> Option<&'static str> {
        let renamed = |alias: &&Alias| alias.name == self.name && alias.since == ALWAYS && !alias.global_only;
        (version < self.since).then(|| ALIASES.iter().find(renamed).map(|alias| alias.spelled)).flatten()
    }
}

/// The keyword that a release takes a spelling for, and whether that spelling is barred from Match blocks.
pub fn find(version: Version, spelled: &[u8]) -> Option<(&'static Keyword, bool)> {
    let is = |name: &str| name.as_bytes().eq_ignore_ascii_case(spelled);
    if let Some(alias) = ALIASES.iter().find(|alias| version >= alias.since && is(alias.spelled)) {
        return by_name(alias.name).map(|keyword| (keyword, alias.global_only));
    }
    let keyword = KEYWORDS.iter().find(|keyword| version < keyword.until && is(keyword.name))?;
    Some((keyword, false))
}

/// The name that all spellings of a keyword share in a release; the spelling itself where it is none of ours.
pub fn shared_name(version: Version, spelled: &str) -> &str {
    find(version, spelled.as_bytes()).map_or(spelled, |(keyword, _)| keyword.name)
}

pub(crate) fn by_name(name: &str) -> Option<&'static Keyword> {
    KEYWORDS.iter().find(|keyword| keyword.name == name)
}

const ALIASES: &[Alias] = &[
    Alias { spelled: "HostDSAKey", name: "HostKey", since: ALWAYS, global_only: true },
    Alias { spelled: "DSAAuthentication", name: "PubkeyAuthentication", since: ALWAYS, global_only: true },
    Alias { spelled: "KeepAlive", name: "TCPKeepAlive", since: ALWAYS, global_only: true },
    Alias {
        spelled: "ChallengeResponseAuthentication",
        name: "KbdInteractiveAuthentication",
        since: Version(8, 7),
        global_only: false,
    },
    Alias {
        spelled: "SkeyAuthentication",
        name: "KbdInteractiveAuthentication",
        since: Version(8, 7),
        global_only: false,
    },
    Alias {
        spelled: "HostbasedAcceptedKeyTypes",
        name: "HostbasedAcceptedAlgorithms",
        since: ALWAYS,
        global_only: false,
    },
    Alias { spelled: "PubkeyAcceptedKeyTypes", name: "PubkeyAcceptedAlgorithms", since: ALWAYS, global_only: false },
];

/// Where a digest gives only "in 5.3 not, in 7.4 yes", the later release stands.
const SINCE_7_4: Version = Version(7, 4);

#[rustfmt::skip]
const KEYWORDS: &[Keyword] = &[
    global("UsePAM", Scalar, Flag),
    global("Port", Lines, Check::Port).adds(),
    global("HostKey", Lines, Path).adds(),
    global("HostKeyAgent", Scalar, Check::PathOr("SSH_AUTH_SOCK")),
    global("HostCertificate", Lines, Path).adds(),
    global("PidFile", Scalar, Path),
    global("ModuliFile", Scalar, Path),
    global("LoginGraceTime", Scalar, Check::Time),
    anywhere("PermitRootLogin", Scalar, Check::OneOf(ROOT_LOGIN)),
    global("SyslogFacility", Scalar, Check::Log(FACILITIES)),
    anywhere("LogLevel", Scalar, Check::Log(LEVELS)).in_blocks_since(Version(8, 0)),
    anywhere("LogVerbose", Words(MANY), Check::Verbose).since(8, 5),
    anywhere("HostbasedAuthentication", Scalar, Flag),
    anywhere("HostbasedUsesNameFromPacketOnly", Scalar, Flag).in_blocks_since(SINCE_7_4),
    anywhere("HostbasedAcceptedAlgorithms", Commas(Family::KeyTypes), Check::Algorithms(Family::KeyTypes)).since(8, 5),
    global("HostKeyAlgorithms", Commas(Family::KeyTypes), Check::Algorithms(Family::KeyTypes)),
    anywhere("PubkeyAuthentication", Scalar, Flag),
    anywhere("PubkeyAcceptedAlgorithms", Commas(Family::KeyTypes), Check::Algorithms(Family::KeyTypes)).since(8, 5),
    anywhere("PubkeyAuthOptions", Words(MANY), Check::PubkeyOptions),
    anywhere("KerberosAuthentication", Scalar, Flag),
    global("KerberosOrLocalPasswd", Scalar, Flag),
    global("KerberosTicketCleanup", Scalar, Flag),
        anywhere("GSSAPIAuthentication", Scalar, Flag),
    global("GSSAPICleanupCredentials", Scalar, Flag),
    global("GSSAPIStrictAcceptorCheck", Scalar, Flag),
    global("GSSAPIKeyExchange", Scalar, Flag),
    global("GSSAPIStoreCredentialsOnRekey", Scalar, Flag),
    global("GSSAPIKexAlgorithms", Scalar, Check::GssKex),
    anywhere("PasswordAuthentication", Scalar, Flag),
    anywhere("KbdInteractiveAuthentication", Scalar, Flag),
    global("ChallengeResponseAuthentication", Scalar, Flag).until(8, 7),
    global("ListenAddress", Lines, Check::ListenAddress).adds(),
    global("AddressFamily", Scalar, Check::OneOf(&[("inet", "inet"), ("inet6", "inet6"), ("any", "any")])),
    global("PrintMotd", Scalar, Flag),
    global("PrintLastLog", Scalar, Flag),
    anywhere("IgnoreRhosts", Scalar, Check::OneOf(&[("yes", "yes"), ("no", "no"), ("shosts-only", "shosts-only")]))
        .in_blocks_since(Version(8, 7)),
    global("IgnoreUserKnownHosts", Scalar, Flag),
    anywhere("X11Forwarding", Scalar, Flag),
    anywhere("X11DisplayOffset", Scalar, Check::Number),
    anywhere("X11UseLocalhost", Scalar, Flag),
    global("XAuthLocation", Scalar, Path),
    global("StrictModes", Scalar, Flag),
    anywhere("PermitEmptyPasswords", Scalar, Flag),
    global("PermitUserEnvironment", Scalar, Check::UserEnvironment),
    global("Compression", Scalar, Check::OneOf(&[("yes", "yes"), ("delayed", "yes"), ("no", "no")])),
    anywhere("RekeyLimit", Words(2), Check::RekeyLimit),
    global("TCPKeepAlive", Scalar, Flag),
    anywhere("AllowTcpForwarding", Scalar, Check::OneOf(FORWARDING)),
    anywhere("AllowAgentForwarding", Scalar, Flag),
    anywhere("AllowUsers", Words(MANY), Check::Users).adds().in_blocks_since(SINCE_7_4),
    anywhere("DenyUsers", Words(MANY), Check::Users).adds().in_blocks_since(SINCE_7_4),
    anywhere("AllowGroups", Words(MANY), Check::NonEmpty).adds().in_blocks_since(SINCE_7_4),
    anywhere("DenyGroups", Words(MANY), Check::NonEmpty).adds().in_blocks_since(SINCE_7_4),
    global("Ciphers", Commas(Family::Ciphers), Check::Algorithms(Family::Ciphers)),
    global("MACs", Commas(Family::Macs), Check::Algorithms(Family::Macs)),
    global("KexAlgorithms", Commas(Family::Kex), Check::Algorithms(Family::Kex)),
    anywhere("CASignatureAlgorithms", Commas(Family::Signatures), Check::Algorithms(Family::Signatures)),
    global("Protocol", Shape::Ignored { loud: false }, Any),
    anywhere("GatewayPorts", Scalar,
        Check::OneOf(&[("clientspecified", "clientspecified"), ("yes", "yes"), ("no", "no")])),
    global("Subsystem", Named, Any).adds().in_blocks_since(Version(9, 5)),
    global("MaxStartups", Scalar, Check::MaxStartups).last_before(Version(10, 1)),
    global("PerSourceMaxStartups", Scalar, Check::NumberOrNone).last_before(Version(9, 5)).since(8, 5),
    global("PerSourceNetBlockSize", Scalar, Check::NetBlockSize).last_before(Version(10, 1)).since(8, 5),
    global("PerSourcePenalties", Words(MANY), Any).since(9, 8),
    global("PerSourcePenaltyExemptList", Scalar, Any).since(9, 8),
    anywhere("MaxAuthTries", Scalar, Check::Number),
    anywhere("MaxSessions", Scalar, Check::Number),
    anywhere("Banner", Scalar, Path),
    global("UseDNS", Scalar, Flag),
    anywhere("ClientAliveInterval", Scalar, Check::Time).in_blocks_since(SINCE_7_4),
    anywhere("ClientAliveCountMax", Scalar, Check::Number).in_blocks_since(SINCE_7_4),
    anywhere("AuthorizedKeysFile", Words(MANY), Check::HomePaths).in_blocks_since(SINCE_7_4),
    anywhere("AcceptEnv", Words(MANY), Check::EnvironmentName).adds().in_blocks_since(SINCE_7_4),
    anywhere("SetEnv", Words(MANY), Check::EnvironmentPair),
    anywhere("PermitTunnel", Scalar, Check::Tunnel).in_blocks_since(SINCE_7_4),
    anywhere("PermitTTY", Scalar, Flag),
    anywhere("PermitUserRC", Scalar, Flag),
    anywhere("PermitOpen", Words(MANY), Check::PermitOpen),
    anywhere("PermitListen", Words(MANY), Check::PermitListen),
    anywhere("ForceCommand", Rest, Check::OrNone),
    anywhere("ChrootDirectory", Scalar, Check::OrNone),
    anywhere("RevokedKeys", Scalar, Path),
    anywhere("TrustedUserCAKeys", Scalar, Path),
    anywhere("AuthorizedPrincipalsFile", Scalar, Check::HomePath),
    anywhere("Include", Words(MANY), Check::Include).adds().since(8, 2),
    anywhere("IPQoS", Words(2), Check::IpQos).last_before(Version(10, 3)),
    anywhere("AuthorizedKeysCommand", Rest, Check::Command),
    anywhere("AuthorizedKeysCommandUser", Scalar, Any),
    anywhere("AuthorizedPrincipalsCommand", Rest, Check::Command).last_between(Version(8, 7), Version(9, 4)),
    anywhere("AuthorizedPrincipalsCommandUser", Scalar, Any),
    global("VersionAddendum", Rest, Check::Addendum),
    anywhere("AuthenticationMethods", Words(MANY), Check::Methods),
    anywhere("StreamLocalBindMask", Scalar, Check::Mask).last_before(NEVER),
    anywhere("StreamLocalBindUnlink", Scalar, Flag),
    anywhere("AllowStreamLocalForwarding", Scalar, Check::OneOf(FORWARDING)),
    global("FingerprintHash", Scalar, Check::OneOf(DIGESTS)).last_before(NEVER),
    anywhere("DisableForwarding", Scalar, Flag),
    anywhere("ExposeAuthInfo", Scalar, Flag),
    anywhere("RDomain", Scalar, Check::Never),
    global("SecurityKeyProvider", Scalar, Check::PathOr("internal")),
    anywhere("RequiredRSASize", Scalar, Check::Number).since(9, 1),
    anywhere("ChannelTimeout", Words(MANY), Check::ChannelTimeout).since(9, 2),
    anywhere("UnusedConnectionTimeout", Scalar, Check::TimeOrNone).none_or_first().since(9, 2),
    global("SshdSessionPath", Scalar, Path).since(9, 8),
    global("DebianBanner", Scalar, Flag),
    anywhere("Match", Rest, Any),
    deprecated("ServerKeyBits"),
    deprecated("KeyRegenerationInterval"),
    deprecated("RhostsAuthentication"),
    deprecated("RhostsRSAAuthentication").in_blocks_since(ALWAYS),
    deprecated("RSAAuthentication").in_blocks_since(ALWAYS),
    deprecated("UseLogin"),
    deprecated("UsePrivilegeSeparation"),
    deprecated("AuthorizedKeysFile2").in_blocks_since(ALWAYS),
    deprecated("PAMAuthenticationViaKbdInt"),
    deprecated("CheckMail"),
    deprecated("VerifyReverseMapping"),
    deprecated("ReverseMappingCheck"),
    deprecated("SkeyAuthentication").until(8, 7),
    deprecated("KerberosTgtPassing"),
    deprecated("AFSTokenPassing"),
    deprecated("KerberosGetAFSToken"),
];

/// Words as they may be written, and as `sshd -T` of 9.2 prints them.
type Spellings = &'static [(&'static str, &'static str)];

const ROOT_LOGIN: Spellings = &[
    ("without-password", "without-password"),
    ("prohibit-password", "without-password"),
    ("forced-commands-only", "forced-commands-only"),
    ("yes", "yes"),
    ("no", "no"),
];

const FORWARDING: Spellings = &[("yes", "yes"), ("all", "yes"), ("no", "no"), ("remote", "remote"), ("local", "local")];

#[rustfmt::skip]
const FACILITIES: Spellings = &[
    ("DAEMON", "DAEMON"), ("USER", "USER"), ("AUTH", "AUTH"), ("AUTHPRIV", "AUTHPRIV"), ("LOCAL0", "LOCAL0"),
    ("LOCAL1", "LOCAL1"), ("LOCAL2", "LOCAL2"), ("LOCAL3", "LOCAL3"), ("LOCAL4", "LOCAL4"), ("LOCAL5", "LOCAL5"),
    ("LOCAL6", "LOCAL6"), ("LOCAL7", "LOCAL7"),
];

#[rustfmt::skip]
const LEVELS: Spellings = &[
    ("SILENT", "SILENT"), ("QUIET", "SILENT"), ("FATAL", "FATAL"), ("ERROR", "ERROR"), ("INFO", "INFO"), ("VERBOSE", "VERBOSE"),
    ("DEBUG", "DEBUG"), ("DEBUG1", "DEBUG"), ("DEBUG2", "DEBUG2"), ("DEBUG3", "DEBUG3"),
];

#[rustfmt::skip]
const DIGESTS: Spellings = &[
    ("MD5", "MD5"), ("SHA1", "SHA1"), ("SHA256", "SHA256"), ("SHA384", "SHA384"), ("SHA512", "SHA512"),
];
