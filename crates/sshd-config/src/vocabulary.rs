//! The keywords of sshd_config as data: `servconf.c` of OpenSSH, from 5.3 to 10.5.
//!
//! A keyword's shape says how its arguments make a value, so that verbs are written once a shape.

use std::borrow::Cow;

use crate::Version;
use crate::check::Check::{self, Any, Flag, Path};
use crate::check::{Family, Fault};

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
    /// The first release of which some distribution's build knows it: what stands in a file there is taken.
    pub carried_back: Version,
    /// The first release that no longer has it as a keyword of its own.
    pub until: Version,
    /// Only builds of Red Hat know it.
    pub patched: bool,
}

/// Another spelling of a keyword.
struct Alias {
    spelled: &'static str,
    name: &'static str,
    /// The first release that takes both for the same keyword.
    since: Version,
    /// The first release that no longer does.
    until: Version,
    /// Not in a Match block, although the keyword may be.
    global_only: bool,
    /// What the keyword was called before its name.
    former: bool,
}

const ALWAYS: Version = Version(0, 0);
const NEVER: Version = Version(u16::MAX, 0);
const MANY: usize = usize::MAX;

const fn global(name: &'static str, shape: Shape, check: Check) -> Keyword {
    Keyword {
        name,
        shape,
        check,
        wins: Wins::First,
        in_blocks_since: NEVER,
        since: ALWAYS,
        carried_back: ALWAYS,
        until: NEVER,
        patched: false,
    }
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
        Self { since: Version(major, minor), carried_back: Version(major, minor), ..self }
    }
    const fn carried_back(self, major: u16, minor: u16) -> Self {
        Self { carried_back: Version(major, minor), ..self }
    }
    const fn patched(self) -> Self {
        Self { patched: true, ..self }
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
            // The first with a time tells the time. Asked of 9.2.
            Wins::First => self.check == Check::RekeyLimit,
            Wins::All => false,
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

    /// True when a build of this release takes it: the release knows it, or a distribution carried it back.
    pub fn taken_by(&self, version: Version) -> bool {
        version >= self.carried_back || self.known_to(version)
    }

    /// True when this release knows it, under whatever name.
    pub fn known_to(&self, version: Version) -> bool {
        version >= self.since || self.older_name(version).is_some()
    }

    /// The name to write for this release.
    pub fn name_for(&self, version: Version) -> &'static str {
        self.older_name(version).unwrap_or(self.name)
    }

    /// What this release takes less than the newest: words that came later, words in another case, lists without a word.
    pub(crate) fn check_for(&self, version: Version, arguments: &[Cow<'_, [u8]>]) -> Result<(), Fault> {
        let Some(first) = arguments.first() else {
            let may_be_empty = self.shape != Words(MANY) || version < Version(9, 7);
            return if may_be_empty { Ok(()) } else { Err(Fault::Missing) };
        };
        let words = match self.check {
            Check::OneOf(words) => words.iter().map(|(word, _)| *word).collect(),
            Flag => vec!["yes", "no"],
            _ => return Ok(()),
        };
        let mut spelled = words.into_iter().filter(|word| word.as_bytes().eq_ignore_ascii_case(first));
        let Some(word) = spelled.next() else { return Ok(()) };
        let since = WORDS.iter().find(|(name, new, _)| *name == self.name && *new == word).map(|(_, _, since)| *since);
        if since.is_some_and(|since| version < since) {
            return Err(Fault::Bad("a word that this release knows"));
        }
        let minds_case =
            version < Version(5, 7) && !matches!(self.name, "AddressFamily" | "LogLevel" | "SyslogFacility");
        if minds_case && word.as_bytes() != &**first {
            return Err(Fault::Bad("a word in lower case"));
        }
        Ok(())
    }

    /// A word as `sshd -T` of this release prints it.
    pub(crate) fn printed<'w>(&self, version: Version, word: &'w [u8]) -> Cow<'w, [u8]> {
        let meaning = self.check.meaning(word);
        let renamed = |renamed: &&Renamed| renamed.keyword == self.name && renamed.word.as_bytes() == &*meaning;
        match RENAMED.iter().find(renamed).filter(|renamed| version >= renamed.since) {
            Some(renamed) => Cow::Borrowed(renamed.printed.as_bytes()),
            None => meaning,
        }
    }

    /// True where this release stops at more names than [`NAMES`], over all lines that count.
    pub(crate) fn counts_names(&self, version: Version) -> bool {
        let is_counted = matches!(self.name, "AllowUsers" | "DenyUsers" | "AllowGroups" | "DenyGroups" | "AcceptEnv");
        is_counted && version < Version(7, 7)
    }

    fn older_name(&self, version: Version) -> Option<&'static str> {
        let renamed = |alias: &&Alias| alias.name == self.name && alias.since <= version && alias.former;
        (version < self.since).then(|| ALIASES.iter().find(renamed).map(|alias| alias.spelled)).flatten()
    }
}

/// The keyword that a release takes a spelling for, and whether that spelling is barred from Match blocks.
pub fn find(version: Version, spelled: &[u8]) -> Option<(&'static Keyword, bool)> {
    let is = |name: &str| name.as_bytes().eq_ignore_ascii_case(spelled);
    let holds = |alias: &&Alias| (alias.since..alias.until).contains(&version) && is(alias.spelled);
    if let Some(alias) = ALIASES.iter().find(holds) {
        return by_name(alias.name).map(|keyword| (keyword, alias.global_only));
    }
    let keyword = KEYWORDS.iter().find(|keyword| version < keyword.until && is(keyword.name))?;
    Some((keyword, false))
}

/// The keyword that a build of a release may take a spelling for: a name it does not know yet is read where a
/// distribution carried it back, and never written.
pub(crate) fn taken(version: Version, spelled: &[u8]) -> Option<(&'static Keyword, bool)> {
    let by_name = |keyword: &Keyword| keyword.name.as_bytes().eq_ignore_ascii_case(spelled);
    find(version, spelled).filter(|(keyword, _)| !by_name(keyword) || version >= keyword.carried_back)
}

/// The first release that knows a keyword by its name, where it is known of any.
pub(crate) fn since(name: &[u8]) -> Option<Version> {
    KEYWORDS
        .iter()
        .filter(|keyword| keyword.name.as_bytes().eq_ignore_ascii_case(name))
        .map(|keyword| keyword.since)
        .min()
}

/// The name that all spellings of a keyword share in a release; the spelling itself where it is none of ours.
pub fn shared_name(version: Version, spelled: &str) -> &str {
    find(version, spelled.as_bytes()).map_or(spelled, |(keyword, _)| keyword.name)
}

pub(crate) fn by_name(name: &str) -> Option<&'static Keyword> {
    KEYWORDS.iter().find(|keyword| keyword.name == name)
}

const fn alias(spelled: &'static str, name: &'static str) -> Alias {
    Alias { spelled, name, since: ALWAYS, until: NEVER, global_only: false, former: false }
}

impl Alias {
    const fn global_only(self) -> Self {
        Self { global_only: true, ..self }
    }
    const fn former(self) -> Self {
        Self { former: true, ..self }
    }
    const fn since(self, major: u16, minor: u16) -> Self {
        Self { since: Version(major, minor), ..self }
    }
    const fn until(self, major: u16, minor: u16) -> Self {
        Self { until: Version(major, minor), ..self }
    }
}

const ALIASES: &[Alias] = &[
    alias("HostDSAKey", "HostKey").global_only(),
    alias("DSAAuthentication", "PubkeyAuthentication").global_only(),
    alias("KeepAlive", "TCPKeepAlive").global_only(),
    alias("GSSAPICleanupCreds", "GSSAPICleanupCredentials"),
    alias("SkeyAuthentication", "ChallengeResponseAuthentication").global_only().until(7, 8),
    alias("ChallengeResponseAuthentication", "KbdInteractiveAuthentication").since(8, 7),
    alias("SkeyAuthentication", "KbdInteractiveAuthentication").since(8, 7),
    alias("HostbasedAcceptedKeyTypes", "HostbasedAcceptedAlgorithms").former().since(6, 8),
    alias("PubkeyAcceptedKeyTypes", "PubkeyAcceptedAlgorithms").former().since(6, 8),
    alias("RSAMinSize", "RequiredRSASize").since(8, 0),
];

/// ClientAlive in blocks: not in 5.3 and 5.9, but in 7.4.
const SINCE_7_4: Version = Version(7, 4);

#[rustfmt::skip]
const KEYWORDS: &[Keyword] = &[
    global("UsePAM", Scalar, Flag),
    global("Port", Lines, Check::Port).adds(),
    global("HostKey", Lines, Path).adds(),
    global("HostKeyAgent", Scalar, Check::PathOr("SSH_AUTH_SOCK")).since(6, 3),
    global("HostCertificate", Lines, Path).adds().since(5, 4).carried_back(5, 3),
    global("PidFile", Scalar, Path),
    global("ModuliFile", Scalar, Path).since(8, 5),
    global("LoginGraceTime", Scalar, Check::Time),
    anywhere("PermitRootLogin", Scalar, Check::OneOf(ROOT_LOGIN)),
    global("SyslogFacility", Scalar, Check::Log(FACILITIES)),
    anywhere("LogLevel", Scalar, Check::Log(LEVELS)).in_blocks_since(Version(7, 6)),
    anywhere("LogVerbose", Words(MANY), Check::Verbose).since(8, 5),
    anywhere("HostbasedAuthentication", Scalar, Flag),
    anywhere("HostbasedUsesNameFromPacketOnly", Scalar, Flag).in_blocks_since(Version(5, 6)),
    anywhere("HostbasedAcceptedAlgorithms", Commas(Family::KeyTypes), Check::Algorithms(Family::KeyTypes)).since(8, 5),
    global("HostKeyAlgorithms", Commas(Family::KeyTypes), Check::Algorithms(Family::KeyTypes)).since(7, 0),
    anywhere("PubkeyAuthentication", Scalar, Flag),
    anywhere("PubkeyAcceptedAlgorithms", Commas(Family::KeyTypes), Check::Algorithms(Family::KeyTypes)).since(8, 5),
    anywhere("PubkeyAuthOptions", Words(MANY), Check::PubkeyOptions).since(8, 2),
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
        .in_blocks_since(Version(8, 3)),
    global("IgnoreUserKnownHosts", Scalar, Flag),
    anywhere("X11Forwarding", Scalar, Flag),
    anywhere("X11DisplayOffset", Scalar, Check::Number),
    anywhere("X11UseLocalhost", Scalar, Flag),
    global("XAuthLocation", Scalar, Path),
    global("StrictModes", Scalar, Flag),
    anywhere("PermitEmptyPasswords", Scalar, Flag),
    global("PermitUserEnvironment", Scalar, Check::UserEnvironment),
    global("Compression", Scalar, Check::OneOf(&[("yes", "yes"), ("delayed", "yes"), ("no", "no")])),
    anywhere("RekeyLimit", Words(2), Check::RekeyLimit).since(6, 3),
    global("TCPKeepAlive", Scalar, Flag),
    anywhere("AllowTcpForwarding", Scalar, Check::OneOf(FORWARDING)),
    anywhere("AllowAgentForwarding", Scalar, Flag),
    anywhere("AllowUsers", Words(MANY), Check::Users).adds().in_blocks_since(Version(6, 1)),
    anywhere("DenyUsers", Words(MANY), Check::Users).adds().in_blocks_since(Version(6, 1)),
    anywhere("AllowGroups", Words(MANY), Check::NonEmpty).adds().in_blocks_since(Version(6, 1)),
    anywhere("DenyGroups", Words(MANY), Check::NonEmpty).adds().in_blocks_since(Version(6, 1)),
    global("Ciphers", Commas(Family::Ciphers), Check::Algorithms(Family::Ciphers)),
    global("MACs", Commas(Family::Macs), Check::Algorithms(Family::Macs)),
    global("KexAlgorithms", Commas(Family::Kex), Check::Algorithms(Family::Kex)).since(5, 7).carried_back(5, 3),
    anywhere("CASignatureAlgorithms", Commas(Family::Signatures), Check::Algorithms(Family::Signatures)).since(7, 9),
    global("Protocol", Scalar, Any).until(7, 4),
    global("Protocol", Shape::Ignored { loud: false }, Any).since(7, 4),
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
    anywhere("AuthorizedKeysFile", Scalar, Check::HomePath).in_blocks_since(Version(5, 6)).until(5, 9),
    anywhere("AuthorizedKeysFile", Words(MANY), Check::HomePaths).since(5, 9),
    anywhere("AcceptEnv", Words(MANY), Check::EnvironmentName).adds().in_blocks_since(Version(6, 1)),
    anywhere("SetEnv", Words(MANY), Check::EnvironmentPair).since(7, 8),
    anywhere("PermitTunnel", Scalar, Check::Tunnel).in_blocks_since(Version(5, 6)),
    anywhere("PermitTTY", Scalar, Flag).since(6, 5),
    anywhere("PermitUserRC", Scalar, Flag).since(6, 7),
    anywhere("PermitOpen", Words(MANY), Check::PermitOpen),
    anywhere("PermitListen", Words(MANY), Check::PermitListen).since(7, 8),
    anywhere("ForceCommand", Rest, Check::OrNone),
    anywhere("ChrootDirectory", Scalar, Check::OrNone),
    anywhere("RevokedKeys", Scalar, Path).since(5, 4).carried_back(5, 3),
    anywhere("TrustedUserCAKeys", Scalar, Path).since(5, 4).carried_back(5, 3),
    anywhere("AuthorizedPrincipalsFile", Scalar, Check::HomePath).since(5, 6).carried_back(5, 3),
    anywhere("Include", Words(MANY), Check::Include).adds().since(8, 2).carried_back(8, 0),
    anywhere("IPQoS", Words(2), Check::IpQos).last_before(Version(10, 3)).since(5, 7),
    anywhere("AuthorizedKeysCommand", Rest, Check::Command).since(6, 2).carried_back(5, 3),
    anywhere("AuthorizedKeysCommandUser", Scalar, Any).since(6, 2),
    anywhere("AuthorizedPrincipalsCommand", Rest, Check::Command).last_between(Version(8, 7), Version(9, 4)).since(6, 9),
    anywhere("AuthorizedPrincipalsCommandUser", Scalar, Any).since(6, 9),
    global("VersionAddendum", Rest, Check::Addendum).since(6, 1),
    anywhere("AuthenticationMethods", Words(MANY), Check::Methods).since(6, 2),
    anywhere("StreamLocalBindMask", Scalar, Check::Mask).last_before(NEVER).since(6, 7),
    anywhere("StreamLocalBindUnlink", Scalar, Flag).since(6, 7),
    anywhere("AllowStreamLocalForwarding", Scalar, Check::OneOf(FORWARDING)).since(6, 7),
    global("FingerprintHash", Scalar, Check::OneOf(DIGESTS)).last_before(NEVER).since(6, 8),
    anywhere("DisableForwarding", Scalar, Flag).since(7, 4),
    anywhere("ExposeAuthInfo", Scalar, Flag).since(7, 6),
    anywhere("RDomain", Scalar, Check::Never).since(7, 7),
    global("SecurityKeyProvider", Scalar, Check::PathOr("internal")).since(8, 2),
    anywhere("RequiredRSASize", Scalar, Check::Number).since(9, 1).carried_back(8, 7),
    anywhere("ChannelTimeout", Words(MANY), Check::ChannelTimeout).since(9, 2),
    anywhere("UnusedConnectionTimeout", Scalar, Check::TimeOrNone).none_or_first().since(9, 2),
    global("SshdSessionPath", Scalar, Path).since(9, 8),
    global("SshdAuthPath", Scalar, Path).since(10, 0),
    anywhere("RefuseConnection", Scalar, Flag).since(9, 9),
    anywhere("PAMServiceName", Scalar, Any).since(9, 8),
    global("KerberosUniqueCCache", Scalar, Flag).patched(),
    anywhere("KerberosUseKuserok", Scalar, Flag).patched(),
    anywhere("GSSAPIEnablek5users", Scalar, Flag).patched(),
    anywhere("GSSAPIIndicators", Scalar, Any).patched(),
    anywhere("AuthorizedKeysCommandRunAs", Scalar, Any).until(6, 2).patched(),
    global("RequiredAuthentications1", Scalar, Any).until(6, 2).patched(),
    global("RequiredAuthentications2", Scalar, Any).until(6, 2).patched(),
    global("ShowPatchLevel", Scalar, Flag).until(8, 0).patched(),
    global("DebianBanner", Scalar, Flag),
    anywhere("Match", Rest, Any),
    global("ServerKeyBits", Scalar, Check::Number).until(7, 4),
    deprecated("ServerKeyBits").since(7, 4),
    global("KeyRegenerationInterval", Scalar, Check::Time).until(7, 4),
    deprecated("KeyRegenerationInterval").since(7, 4),
    deprecated("RhostsAuthentication"),
    anywhere("RhostsRSAAuthentication", Scalar, Flag).until(7, 4),
    deprecated("RhostsRSAAuthentication").in_blocks_since(ALWAYS).since(7, 4),
    anywhere("RSAAuthentication", Scalar, Flag).until(7, 4),
    deprecated("RSAAuthentication").in_blocks_since(ALWAYS).since(7, 4),
    global("UseLogin", Scalar, Flag).until(7, 4),
    deprecated("UseLogin").since(7, 4),
    global("UsePrivilegeSeparation", Scalar, Check::OneOf(&[("yes", "yes"), ("no", "no"), ("sandbox", "sandbox")]))
        .until(7, 5),
    deprecated("UsePrivilegeSeparation").since(7, 5),
    global("AuthorizedKeysFile2", Scalar, Path).until(5, 9),
    deprecated("AuthorizedKeysFile2").in_blocks_since(ALWAYS).since(5, 9),
    deprecated("PAMAuthenticationViaKbdInt"),
    deprecated("CheckMail"),
    deprecated("VerifyReverseMapping"),
    deprecated("ReverseMappingCheck"),
    deprecated("SkeyAuthentication").since(7, 8).until(8, 7),
    deprecated("KerberosTgtPassing"),
    deprecated("AFSTokenPassing"),
    deprecated("KerberosGetAFSToken"),
    deprecated("GSSUseSessionCCache"),
    deprecated("GSSAPIUseSessionCredCache"),
    deprecated("ZeroKnowledgePasswordAuthentication").in_blocks_since(ALWAYS).until(6, 7),
];

/// Words that came later than their keyword.
const WORDS: &[(&str, &str, Version)] = &[
    ("PermitRootLogin", "prohibit-password", Version(7, 0)),
    ("AllowTcpForwarding", "all", Version(6, 2)),
    ("AllowTcpForwarding", "local", Version(6, 2)),
    ("AllowTcpForwarding", "remote", Version(6, 2)),
    ("IgnoreRhosts", "shosts-only", Version(8, 3)),
    ("UsePrivilegeSeparation", "sandbox", Version(5, 9)),
];

/// What older releases have room for.
pub(crate) const NAMES: usize = 256;

/// A word that later releases print otherwise.
struct Renamed {
    keyword: &'static str,
    word: &'static str,
    printed: &'static str,
    since: Version,
}

const RENAMED: &[Renamed] = &[Renamed {
    keyword: "PermitRootLogin",
    word: "without-password",
    printed: "prohibit-password",
    since: Version(10, 1),
}];

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
