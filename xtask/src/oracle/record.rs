//! What docs/conformance.md has on record, to be asked again by one command.

use std::fmt::Write;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::Run;
use super::trial::Tally;

/// The oracle, its seeds, and how many inputs of each seed are read and how many edited.
const RECORD: &[(&str, RangeInclusive<u64>, usize)] = &[
    ("hosts", 201..=205, 10_000),
    ("sshd", 201..=210, 5_000),
    ("multipath", 911..=936, 3_500),
    ("sysconfig", 101..=102, 10_000),
    ("sysconfig-shell", 103..=104, 6_000),
    ("sysconfig-systemd", 105..=105, 32_000),
    ("sysctl", 201..=202, 12_000),
    ("sysctl-trees", 201..=202, 13_000),
];

pub fn runs(oracle: &str, store: bool) -> Vec<Run> {
    let rows = RECORD.iter().filter(|(name, ..)| *name == oracle);
    rows.flat_map(|(_, seeds, count)| seeds.clone().map(|seed| Run { seed, count: *count, from: 0, store })).collect()
}

/// The table of docs/conformance.md.
pub fn table(tallies: &[(&str, Tally, Duration)]) -> String {
    let mut table =
        "\n| oracle | seeds | inputs read | edits | made | already so | refused | questions | differences | time |\n\
                     |---|---|---|---|---|---|---|---|---|---|\n"
            .to_owned();
    for (name, tally, took) in tallies {
        let (read, edited) = (&tally.read, &tally.edited);
        let cells = [
            read.inputs(),
            edited.inputs(),
            edited.made,
            edited.already_so,
            edited.refused,
            read.questions + edited.questions,
            tally.differences(),
        ];
        let cells = cells.map(grouped).join(" | ");
        let _ = writeln!(table, "| `{name}` | {} | {cells} | {} s |", seeds(name), took.as_secs());
    }
    table
}

fn seeds(oracle: &str) -> String {
    let rows = RECORD.iter().filter(|(name, ..)| *name == oracle);
    let spelled = rows.map(|(_, seeds, count)| match (seeds.start(), seeds.end()) {
        (first, last) if first == last => format!("{first}, {} inputs", grouped(*count)),
        (first, last) => format!("{first} to {last}, {} inputs each", grouped(*count)),
    });
    spelled.collect::<Vec<_>>().join("; ")
}

/// `1234567` as people read it: `1,234,567`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy);
    groups.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::ORACLES;

    #[test]
    fn every_oracle_is_on_record_with_enough_edits() {
        for (oracle, _) in ORACLES {
            assert!(!runs(oracle, false).is_empty(), "{oracle}");
        }
        for format in ["hosts", "sshd", "multipath", "sysconfig", "sysctl"] {
            let of_format = RECORD.iter().filter(|(name, ..)| name.starts_with(format));
            let edits: usize = of_format.map(|(_, seeds, count)| seeds.clone().count() * count).sum();
            assert!(edits >= 50_000, "{format}: {edits}");
        }
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!([0, 999, 1000, 5_180_537].map(grouped).join(" "), "0 999 1,000 5,180,537");
    }
}
