//! The keywords: in which table each stands, since when, and what values its handler takes.

mod handler;

use crate::version::Change;
use crate::{Table, Version};

pub(crate) use handler::Taken;

/// A keyword of some tables.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Keyword {
    pub(crate) name: &'static str,
    /// The keyword whose variable it sets: itself, but for other names of one.
    pub(crate) means: &'static str,
    tables: u8,
    shape: Shape,
    /// Since when it is read, where not from the first.
    pub(crate) since: Option<Change>,
    /// Since when it has no effect any more.
    until: Option<Version>,
    /// Since when no reader knows it: it is an old name of what it means.
    removed: Option<Version>,
    /// The value that sets nothing: the daemon keeps it, and takes it for none (`unset-by-zero`).
    unset_by: Option<&'static str>,
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
    /// One of these words; before values were strict, what is none of them is taken for the second, or unsets.
    Flag(&'static [(&'static str, &'static str)], Option<&'static str>),
    /// What begins with one of these words (`policy-prefix`).
    Prefixes(&'static [(&'static str, &'static str)]),
    /// One of these words; for `fpin`, the daemon must be built for it.
    Pathgroups(&'static [(&'static str, &'static str)]),
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
    /// Accepted with a complaint, without effect (`deprecated`); any string while it had one.
    Gone,
    /// An absolute path, accepted with a complaint (`old-path`).
    OldPath,
    /// A string without a slash; one with a slash makes the daemon crash where none is set yet (`delimiter-crash`).
    Delimiter,
    /// Accepted without a word, without effect.
    Ignored,
}

impl Keyword {
    /// True for a keyword that may stand several times, each line an entry of its own.
    pub(crate) fn is_entry(&self) -> bool {
        self.tables & ENTRY != 0
    }

    /// What the handler takes, for a message.
    pub(crate) fn takes(&self) -> String {
        let listed =
            |words: &[(&str, &str)]| words.iter().map(|(word, _)| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        match self.shape {
            Shape::Words(words) | Shape::Prefixes(words) | Shape::Flag(words, _) | Shape::Pathgroups(words) => {
                format!("it takes one of {}", listed(words))
            }
            Shape::Int([], low, high) => format!("it takes a number from {low} to {high}"),
            Shape::Int(words, low, high) => format!("it takes {}, or a number from {low} to {high}", listed(words)),
            Shape::Counted(1) => {
                "a name, a count and as many arguments are one value, in quotes: `\"round-robin 0\"`".to_owned()
            }
            Shape::Counted(_) => {
                "the count must say how many arguments follow it, as in `1 queue_if_no_path`".to_owned()
            }
            Shape::Name | Shape::Delimiter => "it takes a name without a slash".to_owned(),
            Shape::Unsigned => "it takes a number without a sign".to_owned(),
            Shape::DevLoss => "it takes `infinity`, or a number of seconds".to_owned(),
            Shape::Mode => "it takes octal digits up to 777, as in `0660`".to_owned(),
            Shape::ReservationKey => "it takes `file`, or hexadecimal digits, as in `0x1a`".to_owned(),
            Shape::OldPath => "it takes a path that begins with a slash".to_owned(),
            Shape::Regex => "it takes a POSIX extended regular expression: for every device, write `\".*\"`".to_owned(),
            _ => "see multipath.conf(5)".to_owned(),
        }
    }

    /// Since when the keyword has no effect, or will have none for long.
    pub(crate) fn gone_since(&self) -> Option<Version> {
        self.until
    }

    /// Since when the keyword is known no more, where it is an old name of another.
    pub(crate) fn removed_since(&self) -> Option<Version> {
        self.removed
    }

    /// True for a value, in the form that equal meanings share, that sets nothing.
    pub(crate) fn is_unset_by(&self, value: &[u8]) -> bool {
        self.unset_by.is_some_and(|unset| unset.as_bytes() == value)
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

const FLAG: &[(&str, &str)] = &[("yes", "yes"), ("1", "yes"), ("no", "no"), ("0", "no")];

/// A flag that may be unset.
const YES_NO: Shape = Shape::Flag(FLAG, None);

/// A flag that is one or the other.
const YES_OR_NO: Shape = Shape::Flag(FLAG, Some("no"));
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

/// Words that a keyword takes only since some version.
const NEWER_WORDS: &[(&str, &str, Change)] = &[
    ("path_grouping_policy", "group_by_tpg", Change::since(0, 9, 6)),
    ("flush_on_last_del", "always", Change::since(0, 9, 9)),
    ("flush_on_last_del", "never", Change::since(0, 9, 9)),
    ("flush_on_last_del", "unused", Change::since(0, 9, 9)),
    ("find_multipaths", "off", Change::FIND_WORDS),
    ("find_multipaths", "on", Change::FIND_WORDS),
    ("find_multipaths", "strict", Change::FIND_WORDS),
    ("find_multipaths", "greedy", Change::FIND_WORDS),
    ("find_multipaths", "smart", Change::FIND_WORDS),
];

const OFF_OR_COUNT: Shape = Shape::Int(&[("off", "off"), ("0", "0")], 1, MAX);

const fn row(name: &'static str, tables: u8, shape: Shape) -> Keyword {
    Keyword { name, means: name, tables, shape, since: None, until: None, removed: None, unset_by: None }
}

impl Keyword {
    const fn since(mut self, major: u8, minor: u8, patch: u8) -> Self {
        self.since = Some(Change::since(major, minor, patch));
        self
    }

    const fn carried(mut self, release: u8) -> Self {
        if let Some(since) = self.since {
            self.since = Some(since.carried(release));
        }
        self
    }

    /// Of the build of Enterprise Linux 7 alone.
    const fn only_el7(mut self) -> Self {
        self.since = Some(Change::EL7);
        self
    }

    const fn until(mut self, major: u8, minor: u8, patch: u8) -> Self {
        self.until = Some(Version::new(major, minor, patch));
        self
    }

    /// An old name of a keyword, which 0.9.0 took out.
    const fn once(mut self, means: &'static str) -> Self {
        self.removed = Some(Version::new(0, 9, 0));
        self.means(means)
    }

    const fn unset_by(mut self, value: &'static str) -> Self {
        self.unset_by = Some(value);
        self
    }

    /// Another name of a keyword.
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
    row("allow_usb_devices", D, YES_OR_NO).since(0, 8, 5),
    row(
        "auto_resize",
        D,
        Shape::Words(&[("never", "never"), ("grow_only", "grow_only"), ("grow_shrink", "grow_shrink")]),
    )
    .since(0, 9, 7),
    row("bindings_file", D, Shape::OldPath).until(0, 9, 7),
    row("checker", D | V | O, Shape::Text).means("path_checker"),
    row("checker_timeout", D, NATURAL).unset_by("0"),
    row("config_dir", D, Shape::Gone).until(0, 9, 0),
    row("default_features", D, Shape::Counted(0)).once("features"),
    row("default_getuid_callout", D, Shape::Gone).until(0, 9, 0).once("getuid_callout"),
    row("default_path_checker", D, Shape::Text).once("path_checker"),
    row("default_path_grouping_policy", D, Shape::Prefixes(POLICIES)).once("path_grouping_policy"),
    row("default_selector", D, Shape::Counted(1)).once("path_selector"),
    row("default_uid_attribute", D, Shape::Text).once("uid_attribute"),
    row("deferred_remove", D | V | O | M, YES_NO),
    row("delay_wait_checks", D | V | O | M, NO_OR_COUNT),
    row("delay_watch_checks", D | V | O | M, NO_OR_COUNT),
    row("detect_checker", D | V | O, YES_NO),
    row("detect_path_checker", D | V, YES_NO).only_el7(),
    row("detect_pgpolicy", D | V | O, YES_NO).since(0, 9, 6),
    row("detect_pgpolicy_use_tpg", D | V | O, YES_NO).since(0, 9, 6),
    row("detect_prio", D | V | O, YES_NO),
    row("dev_loss_tmo", D | V | O, Shape::DevLoss).unset_by("0"),
    row("disable_changed_wwids", D, Shape::Ignored),
    row("eh_deadline", D | V | O, Shape::Int(&[("off", "off"), ("0", "0")], 1, MAX)).since(0, 8, 6),
    row("enable_foreign", D, Shape::Text).since(0, 8, 3),
    row(
        "failback",
        D | V | O | M,
        Shape::Int(&[("immediate", "immediate"), ("manual", "manual"), ("followover", "followover")], 0, MAX),
    )
    .unset_by("0"),
    row("fast_io_fail_tmo", D | V | O, Shape::Int(&[("off", "off"), ("0", "0")], 1, MAX)),
    row("features", D | V | O | M, Shape::Counted(0)),
    row("find_multipaths", D, Shape::Words(FIND)),
    row("find_multipaths_timeout", D, Shape::Int(&[], -MAX - 1, MAX)).unset_by("0"),
    row("flush_on_last_del", D | V | O | M, Shape::Flag(FLUSH, None)),
    row("force_sync", D, YES_OR_NO),
    row("getuid_callout", D | V | O, Shape::Gone).until(0, 9, 0),
    row("ghost_delay", D | V | O | M, NO_OR_COUNT),
    row("gid", D | M, Shape::Owner),
    row("hardware_handler", V, Shape::Counted(0)),
    row("hw_str_match", D, YES_NO).only_el7(),
    row("ignore_new_boot_devs", D, YES_NO).only_el7(),
    row("log_checker_err", D, Shape::Words(&[("once", "once"), ("always", "always")])),
    row("marginal_path_double_failed_time", D | V | O | M, NO_OR_COUNT),
    row("marginal_path_err_rate_threshold", D | V | O | M, NO_OR_COUNT),
    row("marginal_path_err_recheck_gap_time", D | V | O | M, NO_OR_COUNT),
    row("marginal_path_err_sample_time", D | V | O | M, NO_OR_COUNT),
    row(
        "marginal_pathgroups",
        D,
        Shape::Pathgroups(&[
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
    row("max_sectors_kb", D | V | O | M, NATURAL).unset_by("0"),
    row("missing_uev_wait_timeout", D, NATURAL),
    row("mode", D | M, Shape::Mode),
    row("multipath_dir", D, Shape::Gone).until(0, 9, 0),
    row("new_bindings_in_boot", D, YES_NO).only_el7(),
    row("no_path_retry", D | V | O | M, Shape::Int(&[("fail", "fail"), ("0", "fail"), ("queue", "queue")], 1, MAX)),
    row("partition_delimiter", D, Shape::Delimiter),
    row("path_checker", D | V | O, Shape::Text),
    row("path_grouping_policy", D | V | O | M, Shape::Prefixes(POLICIES)),
    row("path_selector", D | V | O | M, Shape::Counted(1)),
    row("pg_timeout", D | V | M, Shape::Gone),
    row("polling_interval", D, Shape::Unsigned),
    row("prio", D | V | O | M, Shape::Text),
    row("prio_args", D | V | O | M, Shape::Text),
    row("prkeys_file", D, Shape::OldPath).until(0, 9, 7),
    row("product", V, Shape::Text),
    row("product_blacklist", V, Shape::Text),
    row("purge_disconnected", D | V | O | M, YES_NO).since(0, 14, 0),
    row("queue_without_daemon", D, YES_OR_NO),
    row("reassign_maps", D, YES_OR_NO),
    row("recheck_wwid", D | V | O, YES_NO).since(0, 8, 6),
    row("remove_retries", D, NATURAL),
    row("reservation_key", D | M, Shape::ReservationKey),
    row("retain_attached_hw_handler", D | V | O, YES_NO),
    row("retrigger_delay", D, NATURAL),
    row("retrigger_tries", D, NATURAL),
    row("revision", V, Shape::Text),
    row("rr_min_io", D | V | O | M, NATURAL).unset_by("0"),
    row("rr_min_io_rq", D | V | O | M, NATURAL).unset_by("0"),
    row("rr_weight", D | V | O | M, Shape::Words(&[("priorities", "priorities"), ("uniform", "uniform")])),
    row("san_path_err_forget_rate", D | V | O | M, NO_OR_COUNT),
    row("san_path_err_recovery_time", D | V | O | M, NO_OR_COUNT),
    row("san_path_err_threshold", D | V | O | M, NO_OR_COUNT),
    row("skip_kpartx", D | V | O | M, YES_NO),
    row("strict_timing", D, YES_OR_NO),
    row("uid", D | M, Shape::Owner),
    row("uid_attribute", D | V | O, Shape::Text),
    row("uid_attrs", D, Shape::UidAttrs).unset_by(""),
    row("unpriv_sgio", D | V | M, YES_NO).only_el7(),
    row("user_friendly_names", D | V | O | M, YES_NO),
    row("uxsock_timeout", D, Shape::Int(&[], 4000, MAX)),
    row("vendor", V, Shape::Text),
    row("verbosity", D, Shape::Int(&[], 0, 4)),
    row("vpd_vendor", V, Shape::Words(&[("hp3par", "hp3par"), ("undef", "undef")])).since(0, 8, 4).unset_by("undef"),
    row("wwid", M, Shape::Text),
    row("wwids_file", D, Shape::OldPath).until(0, 9, 7),
];

/// `protocol` of `overrides`, sorted by name.
static PROTOCOL: &[Keyword] = &[
    row("dev_loss_tmo", O, Shape::DevLoss).unset_by("0"),
    row("eh_deadline", O, OFF_OR_COUNT),
    row("fast_io_fail_tmo", O, OFF_OR_COUNT),
    row("type", O, Shape::Words(PROTOCOLS)),
];

/// `blacklist` and `blacklist_exceptions`, sorted by name.
static ENTRIES: &[Keyword] = &[
    row("devnode", ENTRY, Shape::Regex),
    row("property", ENTRY, Shape::Regex),
    row("protocol", ENTRY, Shape::Regex).since(0, 7, 8).carried(7),
    row("wwid", ENTRY, Shape::Regex),
];

/// `device` of a blacklist, sorted by name.
static ENTRY_DEVICE: &[Keyword] = &[row("product", V, Shape::Regex), row("vendor", V, Shape::Regex)];

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
