use std::fmt;

/// A version of systemd, by its number: it reads files of several formats, and each tells its versions apart by rules of
/// its own.
///
/// ```
/// use kvmprep_lossless::SystemdVersion;
///
/// assert!(SystemdVersion(239) < SystemdVersion::NEWEST);
/// assert_eq!(SystemdVersion(252).to_string(), "systemd 252");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SystemdVersion(pub u16);

impl SystemdVersion {
    /// The newest one whose reading is known here; the one that is meant when nothing else is said.
    pub const NEWEST: Self = Self(257);
}

impl fmt::Display for SystemdVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "systemd {}", self.0)
    }
}
