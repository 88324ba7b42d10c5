//! The keywords: in which table each stands, since when, and what values its handler takes.

use std::borrow::Cow;

use crate::complaint::Class;
use crate::{Table, Version, regex};

/// `overrides { protocol { … } }` is read since this version.
pub(crate) const PROTOCOL_BLOCKS: Version = Version::new(0, 9, 0);

/// A keyword of some tables.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Keyword {
    pub(crate) name: &'static str,
    /// The keyword whose variable it sets: itself, but for `checker`.
    pub(crate) means: &'static str,
    tables: u8,
    shape: Shape,
    pub(crate) since: Version,
}

/// What values a handler takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Shape {
    /// Any string.
    Text,
    /// A string without a slash (`alias-prefix-slash`).
    Name,
    /// One of these words, each with the one it means.
    Words(&'static [(&'static str, &'static str)]),
    /// One of these words, or a decimal number that is capped to these bounds (`ints`).
    Int(&'static [(&'static str, &'static str)], i64, i64),
    /// A decimal number of 32 bits without a sign.
    Unsigned,
    /// `infinity`, or the digits a value begins with.
    DevLoss,
    /// So many words, a count, and as many arguments as it says (`features-count-bad`, `bare-two-words`).
    Counted(usize),
    /// A number or a name of that host.
    Owner,
    /// Octal digits up to 777.
    Mode,
    /// Hexadecimal digits; others stop the daemon (`reservation-key-bad`).
    ReservationKey,
    /// Words of the form `type:attribute`.
    UidAttrs,
    /// A regular expression; one that does not compile stops the daemon (`blacklist-bad-regex`).
    Regex,
    /// Accepted with a complaint, without effect (`deprecated`).
    Gone,
    /// An absolute path, accepted with a complaint.
    OldPath,
    /// Accepted without a word, without effect.
    Ignored,
}

/// What a handler makes of a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Taken<'v> {
    /// Takes it; the value in the one form that equal meanings share.
    As(Cow<'v, [u8]>),
    /// Takes it for another value than it says.
    Capped(Cow<'v, [u8]>),
    /// Takes it for what only that host can say.
    Unknown,
    /// Has no use for it any more; the second is a further complaint.
    Deprecated(Option<Class>),
    /// Has no use for it, and says nothing.
    Ignored,
    /// Complains, and the old value stays.
    Refused(Class),
    /// Fails: in the main file, the daemon does not start.
    Fatal(&'static str),
}

impl Taken<'_> {
    /// The value in force after the handler ran, if it set one.
    pub(crate) fn value(&self) -> Option<&[u8]> {
        match self {
            Self::As(value) | Self::Capped(value) => Some(value),
            _ => None,
        }
    }

    /// True where the handler keeps something of the line.
    pub(crate) fn counts(&self) -> bool {
        !matches!(self, Self::Refused(_) | Self::Fatal(_))
    }
}

impl Keyword {
    /// True for a keyword that may stand several times, each line an entry of its own.
    pub(crate) fn is_entry(&self) -> bool {
        self.tables & ENTRY != 0
    }

    /// What the handler makes of a decoded value.
    pub(crate) fn take<'v>(&self, value: &'v [u8]) -> Taken<'v> {
        let refused = Taken::Refused(Class::InvalidValue);
        match self.shape {
            Shape::Text => Taken::As(value.into()),
            Shape::Name if value.contains(&b'/') => Taken::Refused(Class::HasSlash),
            Shape::Name => Taken::As(value.into()),
            Shape::Words(words) => word(words, value).map_or(refused, |meant| Taken::As(meant.into())),
            Shape::Int(words, low, high) => match word(words, value) {
                Some(meant) => Taken::As(meant.into()),
                None => integer(value).map_or(refused, |number| {
                    let capped = number.clamp(low, high);
                    let text = Cow::Owned(capped.to_string().into_bytes());
                    if capped == number { Taken::As(text) } else { Taken::Capped(text) }
                }),
            },
            Shape::Unsigned if value.iter().any(|byte| b"+-".contains(byte)) => refused,
            Shape::Unsigned => match integer(value).map(u32::try_from) {
                Some(Ok(number)) => Taken::As(number.to_string().into_bytes().into()),
                _ => refused,
            },
            Shape::DevLoss => dev_loss(value).map_or(refused, Taken::As),
            Shape::Counted(before) if counts(before, value) => Taken::As(value.into()),
            Shape::Counted(_) => Taken::Refused(Class::ArgCount),
            Shape::Owner => owner(value),
            Shape::Mode => mode(value).map_or(refused, Taken::As),
            Shape::ReservationKey => reservation_key(value),
            Shape::UidAttrs
                if value.split(u8::is_ascii_whitespace).all(|word| word.is_empty() || word.contains(&b':')) =>
            {
                Taken::As(value.into())
            }
            Shape::UidAttrs => Taken::Refused(Class::BadUidAttrs),
            Shape::Regex => match regex::refused(regex::pattern(value)) {
                Some(why) => Taken::Fatal(why),
                None => Taken::As(value.into()),
            },
            Shape::Gone => Taken::Deprecated(None),
            Shape::OldPath => Taken::Deprecated((value.first() != Some(&b'/')).then_some(Class::NotAbsolute)),
            Shape::Ignored => Taken::Ignored,
        }
    }

    /// What the handler takes, for a message.
    pub(crate) fn takes(&self) -> String {
        let listed =
            |words: &[(&str, &str)]| words.iter().map(|(word, _)| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        match self.shape {
            Shape::Words(words) => format!("it takes one of {}", listed(words)),
            Shape::Int([], low, high) => format!("it takes a number from {low} to {high}"),
            Shape::Int(words, low, high) => format!("it takes {}, or a number from {low} to {high}", listed(words)),
            Shape::Counted(_) => {
                "the count must say how many arguments follow it, as in `1 queue_if_no_path`".to_owned()
            }
            Shape::Name => "it takes a name without a slash".to_owned(),
            Shape::Unsigned => "it takes a number without a sign".to_owned(),
            Shape::DevLoss => "it takes `infinity`, or a number of seconds".to_owned(),
            Shape::Mode => "it takes octal digits up to 777, as in `0660`".to_owned(),
            Shape::ReservationKey => "it takes `file`, or hexadecimal digits, as in `0x1a`".to_owned(),
            Shape::OldPath => "it takes a path that begins with a slash".to_owned(),
            Shape::Regex => "it takes a POSIX extended regular expression: for every device, write `\".*\"`".to_owned(),
            _ => "see multipath.conf(5)".to_owned(),
        }
    }

    /// True for a value that is a pattern.
    pub(crate) fn is_regex(&self) -> bool {
        self.shape == Shape::Regex
    }
}

/// The keyword that some version finds under a name in a table.
pub(crate) fn find(table: Table, name: &[u8]) -> Option<&'static Keyword> {
    let (rows, bit) = match table {
        Table::Defaults => (SETTINGS, D),
        Table::Device => (SETTINGS, V),
        Table::Overrides => (SETTINGS, O),
        Table::Multipath => (SETTINGS, M),
        Table::Protocol => (PROTOCOL, O),
        Table::Blacklist | Table::Exceptions => (ENTRIES, ENTRY),
        Table::BlacklistDevice | Table::ExceptionsDevice => (ENTRY_DEVICE, V),
        Table::Top | Table::Devices | Table::Multipaths => return None,
    };
    let at = rows.binary_search_by(|row| row.name.as_bytes().cmp(name)).ok()?;
    Some(&rows[at]).filter(|row| row.tables & bit != 0)
}

const D: u8 = 1;
const V: u8 = 2;
const O: u8 = 4;
const M: u8 = 8;
const ENTRY: u8 = 16;

const MAX: i64 = 0x7fff_ffff;

const YES_NO: Shape = Shape::Words(&[("yes", "yes"), ("1", "yes"), ("no", "no"), ("0", "no")]);
const NO_OR_COUNT: Shape = Shape::Int(&[("no", "no"), ("0", "no")], 1, MAX);
const NATURAL: Shape = Shape::Int(&[], 0, MAX);

const FIND: &[(&str, &str)] = &[
    ("off", "off"),
    ("no", "off"),
    ("0", "off"),
    ("on", "on"),
    ("yes", "on"),
    ("1", "on"),
    ("strict", "strict"),
    ("greedy", "greedy"),
    ("smart", "smart"),
];

const FLUSH: &[(&str, &str)] = &[
    ("yes", "yes"),
    ("1", "yes"),
    ("no", "no"),
    ("0", "no"),
    ("always", "always"),
    ("unused", "unused"),
    ("never", "never"),
];

const POLICIES: &[(&str, &str)] = &[
    ("failover", "failover"),
    ("multibus", "multibus"),
    ("group_by_serial", "group_by_serial"),
    ("group_by_prio", "group_by_prio"),
    ("group_by_node_name", "group_by_node_name"),
    ("group_by_tpg", "group_by_tpg"),
];

const PROTOCOLS: &[(&str, &str)] = &[
    ("scsi:fcp", "scsi:fcp"),
    ("scsi:spi", "scsi:spi"),
    ("scsi:ssa", "scsi:ssa"),
    ("scsi:sbp", "scsi:sbp"),
    ("scsi:srp", "scsi:srp"),
    ("scsi:iscsi", "scsi:iscsi"),
    ("scsi:sas", "scsi:sas"),
    ("scsi:adt", "scsi:adt"),
    ("scsi:ata", "scsi:ata"),
    ("scsi:usb", "scsi:usb"),
    ("scsi:unspec", "scsi:unspec"),
    ("ccw", "ccw"),
    ("cciss", "cciss"),
    ("nvme:pcie", "nvme:pcie"),
    ("nvme:rdma", "nvme:rdma"),
    ("nvme:fc", "nvme:fc"),
    ("nvme:tcp", "nvme:tcp"),
    ("nvme:loop", "nvme:loop"),
    ("nvme:apple-nvme", "nvme:apple-nvme"),
    ("nvme:unspec", "nvme:unspec"),
    ("undef", "undef"),
];

const OFF_OR_COUNT: Shape = Shape::Int(&[("off", "off"), ("0", "0")], 1, MAX);

const fn row(name: &'static str, tables: u8, shape: Shape) -> Keyword {
    Keyword { name, means: name, tables, shape, since: Version::new(0, 0, 0) }
}

impl Keyword {
    const fn since(mut self, major: u8, minor: u8, patch: u8) -> Self {
        self.since = Version::new(major, minor, patch);
        self
    }

    const fn means(mut self, means: &'static str) -> Self {
        self.means = means;
        self
    }
}

/// `defaults` (D), `device` of `devices` (V), `overrides` (O) and `multipath` (M), sorted by name.
static SETTINGS: &[Keyword] = &[
    row("alias", M, Shape::Name),
    row("alias_prefix", D | V | O, Shape::Name),
    row("all_tg_pt", D | V | O, YES_NO),
    row("allow_usb_devices", D, YES_NO).since(0, 8, 5),
    row(
        "auto_resize",
        D,
        Shape::Words(&[("never", "never"), ("grow_only", "grow_only"), ("grow_shrink", "grow_shrink")]),
    )
    .since(0, 9, 7),
    row("bindings_file", D, Shape::OldPath),
    row("checker", D | V | O, Shape::Text).means("path_checker"),
    row("checker_timeout", D, NATURAL),
    row("config_dir", D, Shape::Gone),
    row("deferred_remove", D | V | O | M, YES_NO),
    row("delay_wait_checks", D | V | O | M, NO_OR_COUNT),
    row("delay_watch_checks", D | V | O | M, NO_OR_COUNT),
    row("detect_checker", D | V | O, YES_NO),
    row("detect_pgpolicy", D | V | O, YES_NO).since(0, 9, 6),
    row("detect_pgpolicy_use_tpg", D | V | O, YES_NO).since(0, 9, 6),
    row("detect_prio", D | V | O, YES_NO),
    row("dev_loss_tmo", D | V | O, Shape::DevLoss),
    row("disable_changed_wwids", D, Shape::Ignored),
    row("eh_deadline", D | V | O, Shape::Int(&[("off", "off"), ("0", "0")], 1, MAX)).since(0, 8, 6),
    row("enable_foreign", D, Shape::Text).since(0, 8, 3),
    row(
        "failback",
        D | V | O | M,
        Shape::Int(&[("immediate", "immediate"), ("manual", "manual"), ("followover", "followover")], 0, MAX),
    ),
    row("fast_io_fail_tmo", D | V | O, Shape::Int(&[("off", "off"), ("0", "0")], 1, MAX)),
    row("features", D | V | O | M, Shape::Counted(0)),
    row("find_multipaths", D, Shape::Words(FIND)),
    row("find_multipaths_timeout", D, Shape::Int(&[], -MAX, MAX)),
    row("flush_on_last_del", D | V | O | M, Shape::Words(FLUSH)),
    row("force_sync", D, YES_NO),
    row("getuid_callout", D | V | O, Shape::Gone),
    row("ghost_delay", D | V | O | M, NO_OR_COUNT),
    row("gid", D | M, Shape::Owner),
    row("hardware_handler", V, Shape::Counted(0)),
    row("log_checker_err", D, Shape::Words(&[("once", "once"), ("always", "always")])),
    row("marginal_path_double_failed_time", D | V | O | M, NO_OR_COUNT),
    row("marginal_path_err_rate_threshold", D | V | O | M, NO_OR_COUNT),
    row("marginal_path_err_recheck_gap_time", D | V | O | M, NO_OR_COUNT),
    row("marginal_path_err_sample_time", D | V | O | M, NO_OR_COUNT),
    row(
        "marginal_pathgroups",
        D,
        Shape::Words(&[
            ("yes", "on"),
            ("1", "on"),
            ("on", "on"),
            ("no", "off"),
            ("0", "off"),
            ("off", "off"),
            ("fpin", "fpin"),
        ]),
    )
    .since(0, 8, 3),
    row("max_fds", D, Shape::Int(&[("max", "max")], 0, MAX)),
    row("max_polling_interval", D, Shape::Unsigned),
    row("max_retries", D, Shape::Text).since(0, 9, 7),
    row("max_sectors_kb", D | V | O | M, NATURAL),
    row("missing_uev_wait_timeout", D, NATURAL),
    row("mode", D | M, Shape::Mode),
    row("multipath_dir", D, Shape::Gone),
    row("no_path_retry", D | V | O | M, Shape::Int(&[("fail", "fail"), ("0", "fail"), ("queue", "queue")], 1, MAX)),
    row("partition_delimiter", D, Shape::Name),
    row("path_checker", D | V | O, Shape::Text),
    row("path_grouping_policy", D | V | O | M, Shape::Words(POLICIES)),
    row("path_selector", D | V | O | M, Shape::Counted(1)),
    row("pg_timeout", D | V | M, Shape::Gone),
    row("polling_interval", D, Shape::Unsigned),
    row("prio", D | V | O | M, Shape::Text),
    row("prio_args", D | V | O | M, Shape::Text),
    row("prkeys_file", D, Shape::OldPath),
    row("product", V, Shape::Text),
    row("product_blacklist", V, Shape::Text),
    row("purge_disconnected", D | V | O | M, YES_NO).since(0, 14, 0),
    row("queue_without_daemon", D, YES_NO),
    row("reassign_maps", D, YES_NO),
    row("recheck_wwid", D | V | O, YES_NO).since(0, 8, 6),
    row("remove_retries", D, NATURAL),
    row("reservation_key", D | M, Shape::ReservationKey),
    row("retain_attached_hw_handler", D | V | O, YES_NO),
    row("retrigger_delay", D, NATURAL),
    row("retrigger_tries", D, NATURAL),
    row("revision", V, Shape::Text),
    row("rr_min_io", D | V | O | M, NATURAL),
    row("rr_min_io_rq", D | V | O | M, NATURAL),
    row("rr_weight", D | V | O | M, Shape::Words(&[("priorities", "priorities"), ("uniform", "uniform")])),
    row("san_path_err_forget_rate", D | V | O | M, NO_OR_COUNT),
    row("san_path_err_recovery_time", D | V | O | M, NO_OR_COUNT),
    row("san_path_err_threshold", D | V | O | M, NO_OR_COUNT),
    row("skip_kpartx", D | V | O | M, YES_NO),
    row("strict_timing", D, YES_NO),
    row("uid", D | M, Shape::Owner),
    row("uid_attribute", D | V | O, Shape::Text),
    row("uid_attrs", D, Shape::UidAttrs),
    row("user_friendly_names", D | V | O | M, YES_NO),
    row("uxsock_timeout", D, Shape::Int(&[], 4000, MAX)),
    row("vendor", V, Shape::Text),
    row("verbosity", D, Shape::Int(&[], 0, 4)),
    row("vpd_vendor", V, Shape::Words(&[("hp3par", "hp3par")])).since(0, 8, 4),
    row("wwid", M, Shape::Text),
    row("wwids_file", D, Shape::OldPath),
];

/// `protocol` of `overrides`, sorted by name.
static PROTOCOL: &[Keyword] = &[
    row("dev_loss_tmo", O, Shape::DevLoss),
    row("eh_deadline", O, OFF_OR_COUNT),
    row("fast_io_fail_tmo", O, OFF_OR_COUNT),
    row("type", O, Shape::Words(PROTOCOLS)),
];

/// `blacklist` and `blacklist_exceptions`, sorted by name.
static ENTRIES: &[Keyword] = &[
    row("devnode", ENTRY, Shape::Regex),
    row("property", ENTRY, Shape::Regex),
    row("protocol", ENTRY, Shape::Regex).since(0, 7, 8),
    row("wwid", ENTRY, Shape::Regex),
];

/// `device` of a blacklist, sorted by name.
static ENTRY_DEVICE: &[Keyword] = &[row("product", V, Shape::Regex), row("vendor", V, Shape::Regex)];

fn word(words: &'static [(&'static str, &'static str)], value: &[u8]) -> Option<&'static [u8]> {
    words.iter().find(|(word, _)| word.as_bytes() == value).map(|(_, meant)| meant.as_bytes())
}

/// A decimal number with an optional sign, blanks around it, and nothing else; saturates.
fn integer(value: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(value.trim_ascii()).ok()?;
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let size = digits.parse().unwrap_or(i64::MAX);
    Some(if text.starts_with('-') { -size } else { size })
}

/// The number that the digits at the front spell, as `scanf("%u")` reads it: modulo 2³², a sign included.
fn leading(value: &[u8], radix: u32) -> Option<u32> {
    let value = value.trim_ascii_start();
    let (negative, digits) = match value {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let mut number = None;
    for digit in digits.iter().map_while(|&byte| char::from(byte).to_digit(radix)) {
        number = Some(number.unwrap_or(0_u32).wrapping_mul(radix).wrapping_add(digit));
    }
    number.map(|number| if negative { number.wrapping_neg() } else { number })
}

fn dev_loss(value: &[u8]) -> Option<Cow<'_, [u8]>> {
    match leading(value, 10) {
        _ if value == b"infinity" => Some(value.into()),
        Some(u32::MAX) => Some(b"infinity".into()),
        number => number.map(|number| number.to_string().into_bytes().into()),
    }
}

fn counts(before: usize, value: &[u8]) -> bool {
    let mut words = value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).skip(before);
    let count = words.next().and_then(integer).and_then(|count| usize::try_from(count).ok());
    count == Some(words.count())
}

fn owner(value: &[u8]) -> Taken<'_> {
    match leading(value, 10) {
        Some(number) => Taken::As(format!("0{number:o}").into_bytes().into()),
        None if value.is_empty() => Taken::Refused(Class::InvalidValue),
        None => Taken::Unknown,
    }
}

fn mode(value: &[u8]) -> Option<Cow<'_, [u8]>> {
    let mode = leading(value, 8).filter(|mode| *mode <= 0o777)?;
    Some(format!("0{mode:o}").into_bytes().into())
}

fn reservation_key(value: &[u8]) -> Taken<'_> {
    const WHY: &str = "a reservation key is `file`, or up to 16 hexadecimal digits other than 0, maybe with `0x` before and `:aptpl` behind";
    if value == b"file" {
        return Taken::As(value.into());
    }
    let (key, flag) = value.strip_suffix(b":aptpl").map_or((value, ""), |key| (key, ":aptpl"));
    let digits = key.strip_prefix(b"0x").unwrap_or(key);
    let number = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()));
    match number.and_then(|text| u64::from_str_radix(text, 16).ok()) {
        Some(number) if number != 0 => Taken::As(format!("0x{number:x}{flag}").into_bytes().into()),
        _ => Taken::Fatal(WHY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted() {
        for rows in [SETTINGS, PROTOCOL, ENTRIES, ENTRY_DEVICE] {
            assert!(rows.is_sorted_by(|a, b| a.name < b.name));
        }
    }
}
