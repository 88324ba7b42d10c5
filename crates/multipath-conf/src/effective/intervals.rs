//! How often paths are checked: two numbers that bound each other.

use kvmprep_lossless::Value;
use kvmprep_lossless::files::Location;

use super::merge::{Held, Values};
use crate::outline::Entry;

const SHORTEST: &str = "polling_interval";
const LONGEST: &str = "max_polling_interval";

/// `polling_interval` and `max_polling_interval` as the files set them.
#[derive(Clone, Default, Debug)]
pub(super) struct Intervals {
    /// A bad first one counts as the largest number but one (`ints`).
    shortest: Option<(u32, Location)>,
    /// 0 is not set.
    longest: Option<(u32, Location)>,
}

impl Intervals {
    /// True where the line is one of theirs.
    pub(super) fn take(&mut self, entry: &Entry<'_>, at: Location) -> bool {
        let seconds = || entry.taken().value().and_then(|value| std::str::from_utf8(value).ok()?.parse().ok());
        let said = seconds().map(|seconds| (seconds, at));
        match entry.keyword.name {
            SHORTEST => self.shortest = said.or(self.shortest).or(Some((u32::MAX - 1, at))),
            LONGEST => self.longest = said.or(self.longest).filter(|(longest, _)| *longest > 0),
            _ => return false,
        }
        true
    }

    /// What the daemon makes of them: each follows from the other where it is not set, and the shortest is no longer than
    /// the longest.
    pub(super) fn settled(&self) -> Values {
        let (shortest, longest) = match (self.shortest, self.longest) {
            (None, None) => return Values::new(),
            (Some((shortest, at)), None) => {
                let longest = if shortest < u32::MAX / 4 { shortest * 4 } else { u32::MAX };
                (held(shortest, at, None), held(longest, at, Some("it is four times `polling_interval`")))
            }
            (None, Some((longest, at))) => (
                held((longest / 4).max(1), at, Some("it is a quarter of `max_polling_interval`")),
                held(longest, at, None),
            ),
            (Some((shortest, at)), Some((longest, bound))) if shortest <= longest => {
                (held(shortest, at, None), held(longest, bound, None))
            }
            (Some(_), Some((longest, bound))) => (
                held(longest, bound, Some("it cannot be longer than `max_polling_interval`")),
                held(longest, bound, None),
            ),
        };
        Values::from([(SHORTEST, shortest), (LONGEST, longest)])
    }
}

fn held(seconds: u32, at: Location, derived: Option<&'static str>) -> Held {
    Held { value: Value::Known(vec![seconds.to_string().into()]), at: vec![at], derived }
}
