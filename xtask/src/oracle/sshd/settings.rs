//! Keywords and the values that files and edits give them: right ones here, wrong ones in `ODD`.

/// How values are written behind a keyword.
#[derive(Clone, Copy)]
pub enum Values {
    /// One argument.
    One(&'static [&'static str]),
    /// One argument; the lines of the keyword add up.
    Lines(&'static [&'static str]),
    /// Some of these.
    Words(&'static [&'static str]),
    /// One of these, of one or two words.
    Pair(&'static [&'static str]),
    /// Names by comma, with a prefix or without.
    Algorithms(&'static [&'static str]),
    /// The rest of the line.
    Rest(&'static [&'static str]),
    /// A name, and a command.
    Subsystem,
}

use Values::{Algorithms, Lines, One, Pair, Rest, Subsystem, Words};

pub struct Setting {
    /// All its names, the one that `sshd -T` prints first.
    pub names: &'static [&'static str],
    pub values: Values,
    /// It may stand in a block.
    pub anywhere: bool,
}

const fn global(names: &'static [&'static str], values: Values) -> Setting {
    Setting { names, values, anywhere: false }
}

const fn anywhere(names: &'static [&'static str], values: Values) -> Setting {
    Setting { names, values, anywhere: true }
}

/// The setting that a spelling stands for.
pub fn find(spelled: &[u8]) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.names.iter().any(|name| name.as_bytes().eq_ignore_ascii_case(spelled)))
}

const FLAGS: Values = One(&["yes", "no", "no", "YES", "No"]);
const NUMBERS: Values = One(&["0", "1", "3", "10", "006", "2147483647"]);
const TIMES: Values = One(&["0", "30", "2m", "1h30m", "1d", "1W", "10s5", "007"]);
const PATHS: Values = One(&["/etc/issue", "none", "relative", "/a/b.c", "NONE", "%h/x", "/x=y"]);
const FORWARDING: Values = One(&["yes", "no", "all", "local", "remote", "LOCAL"]);
const USERS: Values =
    Words(&["bob", "root", "alice", "b*", "bob@10.0.0.0/8", "alice@*.example.com", "!mallory", "DOM\\user", "a=b"]);
const GROUPS: Values = Words(&["kvm", "staff", "wheel", "k*", "root"]);
const KEY_TYPES: Values = Algorithms(&[
    "ssh-ed25519",
    "rsa-sha2-512",
    "rsa-sha2-256",
    "ssh-rsa",
    "ssh-dss",
    "ecdsa-sha2-nistp256",
    "ssh-ed25519-cert-v01@openssh.com",
    "rsa-*",
    "ecdsa-sha2-*",
    "*-cert-v01@openssh.com",
]);
const COMMANDS: Values = Rest(&["/usr/bin/keys %u", "none", "/x \"a b\" c", "/k  --two", "/k # no comment", "NONE"]);
const COMMAND_USERS: Values = One(&["nobody", "bob", "none"]);

#[rustfmt::skip]
pub const SETTINGS: &[Setting] = &[
    anywhere(&["PermitRootLogin"], One(&["yes", "no", "prohibit-password", "without-password", "forced-commands-only", "NO"])),
    anywhere(&["PasswordAuthentication"], FLAGS),
    anywhere(&["PubkeyAuthentication"], FLAGS),
    global(&["PubkeyAuthentication", "DSAAuthentication"], FLAGS),
    anywhere(&["KbdInteractiveAuthentication", "ChallengeResponseAuthentication", "SkeyAuthentication"], FLAGS),
    anywhere(&["HostbasedAuthentication"], FLAGS),
    anywhere(&["HostbasedUsesNameFromPacketOnly"], FLAGS),
    anywhere(&["KerberosAuthentication"], FLAGS),
    anywhere(&["GSSAPIAuthentication"], FLAGS),
    anywhere(&["PermitEmptyPasswords"], FLAGS),
    anywhere(&["AllowAgentForwarding"], FLAGS),
    anywhere(&["DisableForwarding"], FLAGS),
    anywhere(&["ExposeAuthInfo"], FLAGS),
    anywhere(&["PermitTTY"], FLAGS),
    anywhere(&["PermitUserRC"], FLAGS),
    anywhere(&["StreamLocalBindUnlink"], FLAGS),
    anywhere(&["X11Forwarding"], FLAGS),
    anywhere(&["X11UseLocalhost"], FLAGS),
    anywhere(&["X11DisplayOffset"], NUMBERS),
    anywhere(&["MaxAuthTries"], NUMBERS),
    anywhere(&["MaxSessions"], NUMBERS),
    anywhere(&["ClientAliveCountMax"], NUMBERS),
    anywhere(&["RequiredRSASize"], NUMBERS),
    anywhere(&["ClientAliveInterval"], TIMES),
    anywhere(&["UnusedConnectionTimeout"], One(&["none", "0", "5m", "1h", "30"])),
    anywhere(&["Banner"], PATHS),
    anywhere(&["ChrootDirectory"], PATHS),
    anywhere(&["RevokedKeys"], PATHS),
    anywhere(&["TrustedUserCAKeys"], PATHS),
    anywhere(&["AuthorizedPrincipalsFile"], PATHS),
    anywhere(&["AllowTcpForwarding"], FORWARDING),
    anywhere(&["AllowStreamLocalForwarding"], FORWARDING),
    anywhere(&["GatewayPorts"], One(&["yes", "no", "clientspecified", "CLIENTspecified"])),
    anywhere(&["IgnoreRhosts"], One(&["yes", "no", "shosts-only"])),
    anywhere(&["PermitTunnel"], One(&["yes", "no", "point-to-point", "ethernet"])),
    anywhere(&["LogLevel"], One(&["QUIET", "FATAL", "ERROR", "INFO", "VERBOSE", "debug", "DEBUG1", "DEBUG3", "Info"])),
    anywhere(&["LogVerbose"], Words(&["kex.c:*:1000", "*:kex_exchange()", "packet.c"])),
    anywhere(&["StreamLocalBindMask"], One(&["0177", "022", "0", "777", "00177"])),
    anywhere(&["IPQoS"], Pair(&["af21 cs1", "lowdelay throughput", "none", "ef", "cs6 8", "0x20 le", "AF11"])),
    anywhere(&["RekeyLimit"], Pair(&["default none", "1G", "1G 1h", "16", "default 1h", "0 30m", "64K none", "100m"])),
    anywhere(&["AllowUsers"], USERS),
    anywhere(&["DenyUsers"], USERS),
    anywhere(&["AllowGroups"], GROUPS),
    anywhere(&["DenyGroups"], GROUPS),
    anywhere(&["AcceptEnv"], Words(&["LANG", "LC_*", "X?", "GIT_*"])),
    anywhere(&["SetEnv"], Words(&["A=1", "B=two", "LC_X=a=b", "C="])),
    anywhere(&["PermitOpen"], Words(&["any", "none", "host:22", "[::1]:80", "*:443", "h:*", "10.0.0.5:8080"])),
    anywhere(&["PermitListen"], Words(&["any", "none", "8080", "localhost:8080", "*:80", "[::1]:22"])),
    anywhere(&["AuthorizedKeysFile"], Words(&[".ssh/authorized_keys", "/etc/keys/%u", "none", "%h/k2"])),
    anywhere(&["AuthenticationMethods"], Words(&["publickey", "password", "publickey,password", "any", "keyboard-interactive:pam", "hostbased"])),
    anywhere(&["PubkeyAuthOptions"], Words(&["none", "touch-required", "verify-required"])),
    anywhere(&["ChannelTimeout"], Words(&["session=5m", "direct-*=1h", "agent-connection=0", "none"])),
    anywhere(&["ForceCommand"], Rest(&["/bin/true", "internal-sftp -u 0077", "echo 'a  b' # c", "none", "/x \"q\"", "a=b c"])),
    anywhere(&["AuthorizedKeysCommand"], COMMANDS),
    anywhere(&["AuthorizedPrincipalsCommand"], COMMANDS),
    anywhere(&["AuthorizedKeysCommandUser"], COMMAND_USERS),
    anywhere(&["AuthorizedPrincipalsCommandUser"], COMMAND_USERS),
    anywhere(&["RDomain"], One(&["vrf1", "none", "%D"])),
    anywhere(&["PubkeyAcceptedAlgorithms", "PubkeyAcceptedKeyTypes"], KEY_TYPES),
    anywhere(&["HostbasedAcceptedAlgorithms", "HostbasedAcceptedKeyTypes"], KEY_TYPES),
    anywhere(&["CASignatureAlgorithms"], Algorithms(&["ssh-ed25519", "rsa-sha2-512", "rsa-sha2-256", "ssh-rsa", "ecdsa-*"])),
    global(&["Port"], Lines(&["22", "2222", "443", "0022", "65535"])),
    global(&["ListenAddress"], Lines(&["0.0.0.0", "10.0.0.9", "10.0.0.9:2222", "::", "[::1]:2222", "[2001:db8::1]", "127.0.0.1:22"])),
    global(&["AddressFamily"], One(&["any", "any", "inet", "inet6", "ANY"])),
    global(&["HostKey", "HostDSAKey"], Lines(&["/run/key", "/etc/ssh/ssh_host_rsa_key", "key"])),
    global(&["HostCertificate"], Lines(&["/etc/ssh/cert.pub", "cert", "none"])),
    global(&["HostKeyAgent"], One(&["SSH_AUTH_SOCK", "/run/agent", "none"])),
    global(&["HostKeyAlgorithms"], KEY_TYPES),
    global(&["PidFile"], PATHS),
    global(&["ModuliFile"], PATHS),
    global(&["XAuthLocation"], PATHS),
    global(&["SecurityKeyProvider"], One(&["internal", "/lib/sk.so", "none"])),
    global(&["LoginGraceTime"], TIMES),
    global(&["SyslogFacility"], One(&["AUTH", "AUTHPRIV", "local5", "DAEMON", "User"])),
    global(&["FingerprintHash"], One(&["md5", "SHA256", "sha512", "sha1"])),
    global(&["Compression"], One(&["yes", "no", "delayed"])),
    global(&["PermitUserEnvironment"], One(&["yes", "no", "LANG,LC_*", "A?"])),
    global(&["MaxStartups"], One(&["10", "10:30:100", "5:100:5", "1:1:1"])),
    global(&["PerSourceMaxStartups"], One(&["none", "5", "0", "NONE"])),
    global(&["PerSourceNetBlockSize"], One(&["32", "24:64", "0:0", "32:128"])),
    global(&["VersionAddendum"], Rest(&["none", "our host", "x # y", "\"q\"", "None"])),
    global(&["Ciphers"], Algorithms(&["aes128-ctr", "aes256-ctr", "3des-cbc", "aes256-gcm@openssh.com", "aes128-cbc", "chacha20-poly1305@openssh.com"])),
    global(&["MACs"], Algorithms(&["hmac-sha2-256", "hmac-sha2-512-etm@openssh.com", "hmac-md5", "umac-64@openssh.com", "hmac-sha1"])),
    global(&["KexAlgorithms"], Algorithms(&["curve25519-sha256", "diffie-hellman-group14-sha1", "ecdh-sha2-nistp256", "diffie-hellman-group16-sha512"])),
    global(&["UsePAM"], FLAGS),
    global(&["UseDNS"], FLAGS),
    global(&["PrintMotd"], FLAGS),
    global(&["PrintLastLog"], FLAGS),
    global(&["StrictModes"], FLAGS),
    global(&["TCPKeepAlive", "KeepAlive"], FLAGS),
    global(&["IgnoreUserKnownHosts"], FLAGS),
    global(&["KerberosOrLocalPasswd"], FLAGS),
    global(&["KerberosTicketCleanup"], FLAGS),
    global(&["GSSAPICleanupCredentials"], FLAGS),
    global(&["GSSAPIStrictAcceptorCheck"], FLAGS),
    global(&["GSSAPIKeyExchange"], FLAGS),
    global(&["GSSAPIStoreCredentialsOnRekey"], FLAGS),
    global(&["GSSAPIKexAlgorithms"], One(&["gss-group14-sha256-,gss-gex-sha1-", "gss-nistp256-sha256-"])),
    global(&["KerberosGetAFSToken"], FLAGS),
    global(&["DebianBanner"], FLAGS),
    global(&["Subsystem"], Subsystem),
];

/// Kept for old files, and not looked at.
pub const IGNORED: &[&str] = &[
    "Protocol 2",
    "Protocol",
    "UsePrivilegeSeparation sandbox",
    "ServerKeyBits 1024",
    "KeyRegenerationInterval 1h",
    "RSAAuthentication yes",
    "RhostsRSAAuthentication no # c",
    "UseLogin no",
    "CheckMail \"x",
    "AuthorizedKeysFile2 x y z",
    "ReverseMappingCheck no",
    "KerberosTgtPassing no",
    "AFSTokenPassing no",
    "PAMAuthenticationViaKbdInt yes",
];

/// What is wrong for most keywords, and right for some.
pub const ODD: &[&str] = &[
    "\"\"", "''", "none", "any", "default", "0", "-1", "+5", "0x10", "0b1", "10.5", "1e3", " 010", "99999999999", "4294967296", "2147483648",
    "1w2d3h4m5s", "5x", "s", "1 h", "yes no", "true", "a b", "a,b", ",", "a,,b", "+", "-", "^", "*", "-*", "!x", "!", "?", "~/x",
    "%h/x", "=x", "= x", "\"a b\"", "'a b'", "\"open", "'open", "a\"b\"c", "a\\ b", "a\\", "\\", "\\\"", "a#b", "#", "\"#\"", "caf\u{e9}",
    "\u{202e}", "x=y=z", "host:", ":22", "host:0", "host:65536", "[::1]", "[::1", "::1", "::1:22", "10.0.0.1/8", "ssh", "http",
    "user@", "@host", "user@10.0.0.1/8", "10:20", "10:0:100", "10:101:100", "20:30:10", "33", "32:129", "0888", "1000", "07777",
    "+aes128-ctr", "-aes128-ctr", "^aes128-ctr,nothing", "ssh-*", "+ssh-*", "touch-required,none", "yes\u{a0}", "no\u{c}", "no\u{b}", "\tno\t",
    "publickey,", "any any", "any publickey", "publickey any", "x rdomain y", "10.0.0.1 rdomain vrf1", "10.0.0.1 rdomain", "1G 1h 1m", "15", "16K", "1T",
    "af21 cs1 ef", "session=none", "=5m", "session=", "session", "/x rest of it", "none x", "NONE", "/dev/null", "internal", "A", "A=",
];
