//! The names of algorithms as data, of every release from 5.3 on: `cipher.c`, `mac.c`, `kex-names.c` and `sshkey.c`.

use bstr::ByteSlice;

use crate::Version;
use crate::check::Family;

/// A name, and the releases that know it. What distributions carry back is given to all releases: nothing is said to be
/// unknown that a host may know.
struct Algorithm {
    family: Family,
    name: &'static str,
    since: Version,
    until: Version,
}

/// What a release makes of a name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Known {
    Yes,
    /// It came with this release.
    Since(Version),
    /// It went with this release.
    Until(Version),
    /// No release has it.
    Never,
}

impl Known {
    /// True where no build takes the name. Key exchanges are carried back to older releases, what went may be there after
    /// all where no release was told, and a name with a domain is for whoever has the domain to give.
    pub(crate) fn is_certain(self, family: Family, name: &[u8], version: Version) -> bool {
        match self {
            Self::Yes => false,
            Self::Since(_) => family != Family::Kex,
            Self::Until(_) => version != Version::NEWEST,
            Self::Never => name.rsplit_once_str("@").is_none_or(|(_, domain)| domain == b"openssh.com"),
        }
    }
}

pub(crate) fn known(family: Family, name: &[u8], version: Version) -> Known {
    let family = if family == Family::Signatures { Family::KeyTypes } else { family };
    match ALGORITHMS.iter().find(|known| known.family == family && known.name.as_bytes() == name) {
        None => Known::Never,
        Some(known) if version < known.since => Known::Since(known.since),
        Some(known) if version >= known.until => Known::Until(known.until),
        Some(_) => Known::Yes,
    }
}

const fn always(family: Family, name: &'static str) -> Algorithm {
    Algorithm { family, name, since: Version(0, 0), until: Version(u16::MAX, 0) }
}

impl Algorithm {
    const fn since(self, major: u16, minor: u16) -> Self {
        Self { since: Version(major, minor), ..self }
    }
    /// The first release that is known to be without it.
    const fn until(self, major: u16, minor: u16) -> Self {
        Self { until: Version(major, minor), ..self }
    }
}

const fn cipher(name: &'static str) -> Algorithm {
    always(Family::Ciphers, name)
}

const fn mac(name: &'static str) -> Algorithm {
    always(Family::Macs, name)
}

const fn kex(name: &'static str) -> Algorithm {
    always(Family::Kex, name)
}

const fn key(name: &'static str) -> Algorithm {
    always(Family::KeyTypes, name)
}

#[rustfmt::skip]
const ALGORITHMS: &[Algorithm] = &[
    cipher("3des-cbc"),
    cipher("aes128-cbc"), cipher("aes192-cbc"), cipher("aes256-cbc"),
    cipher("aes128-ctr"), cipher("aes192-ctr"), cipher("aes256-ctr"),
    cipher("aes128-gcm@openssh.com").since(6, 2), cipher("aes256-gcm@openssh.com").since(6, 2),
    cipher("chacha20-poly1305@openssh.com").since(6, 5),
    cipher("arcfour").until(7, 6), cipher("arcfour128").until(7, 6), cipher("arcfour256").until(7, 6),
    cipher("blowfish-cbc").until(7, 6), cipher("cast128-cbc").until(7, 6), cipher("acss@openssh.org").until(7, 6),
    cipher("rijndael-cbc@lysator.liu.se").until(9, 2),

    mac("hmac-md5"), mac("hmac-md5-96"), mac("hmac-sha1"), mac("hmac-sha1-96"),
    mac("hmac-sha2-256"), mac("hmac-sha2-512"), mac("hmac-sha2-256-96").until(7, 6), mac("hmac-sha2-512-96").until(7, 6),
    mac("umac-64@openssh.com"), mac("umac-128@openssh.com").since(6, 2),
    mac("hmac-ripemd160").until(7, 6), mac("hmac-ripemd160@openssh.com").until(7, 6),
    mac("hmac-ripemd160-etm@openssh.com").since(6, 2).until(7, 6),
    mac("hmac-md5-etm@openssh.com").since(6, 2), mac("hmac-md5-96-etm@openssh.com").since(6, 2),
    mac("hmac-sha1-etm@openssh.com").since(6, 2), mac("hmac-sha1-96-etm@openssh.com").since(6, 2),
    mac("hmac-sha2-256-etm@openssh.com").since(6, 2), mac("hmac-sha2-512-etm@openssh.com").since(6, 2),
    mac("umac-64-etm@openssh.com").since(6, 2), mac("umac-128-etm@openssh.com").since(6, 2),

    kex("diffie-hellman-group1-sha1"), kex("diffie-hellman-group14-sha1"),
    kex("diffie-hellman-group-exchange-sha1"), kex("diffie-hellman-group-exchange-sha256"),
    kex("diffie-hellman-group14-sha256").since(7, 3),
    kex("diffie-hellman-group16-sha512").since(7, 3), kex("diffie-hellman-group18-sha512").since(7, 3),
    kex("ecdh-sha2-nistp256"), kex("ecdh-sha2-nistp384"), kex("ecdh-sha2-nistp521"),
    kex("curve25519-sha256@libssh.org").since(6, 5), kex("curve25519-sha256").since(7, 4),
    kex("sntrup4591761x25519-sha512@tinyssh.org").since(8, 0).until(9, 2),
    kex("sntrup761x25519-sha512@openssh.com").since(8, 5), kex("sntrup761x25519-sha512").since(8, 5),
    kex("mlkem768x25519-sha256").since(9, 9),
    kex("mlkem768nistp256-sha256").since(9, 9), kex("mlkem1024nistp384-sha384").since(9, 9),

    key("ssh-rsa"), key("ssh-rsa-cert-v01@openssh.com"), key("ssh-rsa-cert-v00@openssh.com").until(9, 2),
    key("ssh-dss").until(10, 0), key("ssh-dss-cert-v01@openssh.com").until(10, 0),
    key("ssh-dss-cert-v00@openssh.com").until(9, 2),
    key("rsa-sha2-256").since(7, 2), key("rsa-sha2-512").since(7, 2),
    key("rsa-sha2-256-cert-v01@openssh.com").since(7, 8), key("rsa-sha2-512-cert-v01@openssh.com").since(7, 8),
    key("ecdsa-sha2-nistp256"), key("ecdsa-sha2-nistp384"), key("ecdsa-sha2-nistp521"),
    key("ecdsa-sha2-nistp256-cert-v01@openssh.com"), key("ecdsa-sha2-nistp384-cert-v01@openssh.com"),
    key("ecdsa-sha2-nistp521-cert-v01@openssh.com"),
    key("ssh-ed25519").since(6, 5), key("ssh-ed25519-cert-v01@openssh.com").since(6, 5),
    key("sk-ssh-ed25519@openssh.com").since(8, 2), key("sk-ssh-ed25519-cert-v01@openssh.com").since(8, 2),
    key("sk-ecdsa-sha2-nistp256@openssh.com").since(8, 2),
    key("sk-ecdsa-sha2-nistp256-cert-v01@openssh.com").since(8, 2),
    key("webauthn-sk-ecdsa-sha2-nistp256@openssh.com").since(8, 2),
    key("webauthn-sk-ecdsa-sha2-nistp256-cert-v01@openssh.com").since(8, 2),
    key("ssh-xmss@openssh.com"), key("ssh-xmss-cert-v01@openssh.com"),
];
