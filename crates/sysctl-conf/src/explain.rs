//! What the readers take for a key over all files they apply, which of the places decides, and why.

mod finding;
mod sight;

use std::collections::BTreeMap;

use bstr::BString;
use kvmprep_lossless::effective::{Decision, DropIns, Effective, Explanation, Host, Point};
use kvmprep_lossless::files::Location;
use kvmprep_lossless::{Reading, Value};

use crate::kernel::Kernel;
use crate::key::{Key, matches};
use crate::loaded::{Held, Loaded};
use crate::precedence::MAIN_FILE;
use crate::reader::Reader;
use crate::syntax::SysctlConf;
use sight::{Consumer, Masked, Sight};

/// What is known of the kernel that the files are applied to; nothing of it is guessed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Situation {
    /// The settings it has: what patterns reach, and what keys are in vain.
    pub kernel: Option<Kernel>,
    /// What settings hold now, by their paths below /proc/sys.
    pub running: BTreeMap<BString, BString>,
}

impl Effective for SysctlConf {
    type Situation = Situation;

    /// `99-sysctl.conf` is a name in the list as well, and common: what is to win sorts behind it.
    const DROP_INS: Option<DropIns> = Some(DropIns {
        directory: "/etc/sysctl.d",
        names: &["99-zz-kvmprep.conf", "zz-kvmprep.conf", "zzzz-kvmprep.conf"],
    });

    /// One decision for each reader: systemd at boot, `sysctl --system` by hand. Of a file that neither applies by
    /// itself, what `systemd-sysctl FILE` and `sysctl -p FILE` do.
    fn explain(&self, host: Host<'_>, situation: &Situation, key: &Key) -> Explanation<Key> {
        let mut sight = Sight::of(self.readers(), host);
        sight.look_behind(key);
        let mut decisions = Vec::new();
        for consumer in &sight.consumers {
            let loaded = sight.loaded(consumer);
            let keys = meant(key, &loaded, situation.kernel.as_ref());
            decisions.extend(keys.iter().map(|key| sight.decision(consumer, &loaded, key)));
        }
        let findings = finding::findings(&sight, situation, key, &decisions);
        Explanation { sources: sight.sources(), decisions, findings }
    }

    /// Patterns stand under themselves; where the kernel is known, what they reach is told too.
    fn values(&self, host: Host<'_>, situation: &Situation) -> BTreeMap<Point<Key>, Value> {
        let sight = Sight::of(self.readers(), host);
        let mut values = BTreeMap::new();
        for consumer in &sight.consumers {
            let loaded = sight.loaded(consumer);
            let known = situation.kernel.iter().flat_map(Kernel::keys);
            for key in loaded.keys().cloned().chain(known) {
                let Some(winner) = loaded.winner(&key) else { continue };
                let value = sight.known(consumer, winner, &key);
                values.insert(consumer.point(key), value);
            }
        }
        values
    }

    fn covers(&self, asked: &Key, moved: &Point<Key>) -> bool {
        *asked == moved.key || (asked.is_glob() && matches(asked.path(), moved.key.path()))
    }
}

/// A key alone, or a pattern with what it reaches among the keys that the files set and the kernel has.
fn meant(key: &Key, loaded: &Loaded<'_>, kernel: Option<&Kernel>) -> Vec<Key> {
    let mut meant = vec![key.clone()];
    if key.is_glob() {
        let known = kernel.into_iter().flat_map(Kernel::keys);
        for other in loaded.keys().cloned().chain(known) {
            if matches(key.path(), other.path()) && !meant.contains(&other) {
                meant.push(other);
            }
        }
    }
    meant
}

impl Consumer {
    fn point(&self, key: Key) -> Point<Key> {
        Point { consumer: self.name.clone(), when: None, key }
    }
}

impl Sight<'_> {
    fn decision(&self, consumer: &Consumer, loaded: &Loaded<'_>, key: &Key) -> Decision<Key> {
        let winner = loaded.winner(key);
        let at: Vec<Location> = winner.map(|winner| winner.at).into_iter().collect();
        let others: Vec<&Held<'_>> = loaded.places(key).filter(|place| !at.contains(&place.at)).collect();
        let spelled = winner.and_then(|winner| winner.key.as_ref()).filter(|spelled| *spelled == key).unwrap_or(key);
        let value = match winner {
            Some(winner) => Some(self.known(consumer, winner, key)),
            None => self.doubt(consumer, None).map(Value::Unknown),
        };
        let why = match &value {
            Some(Value::Unknown(why)) => why.clone(),
            _ => self.why(consumer, loaded, key, winner, &others),
        };
        let shadowed = self.with_masked(consumer, key, others.iter().map(|place| place.at).collect());
        Decision {
            point: consumer.point(spelled.clone()),
            value,
            at,
            follows: Vec::new(),
            shadowed,
            details: Vec::new(),
            why,
        }
    }

    /// What the winner sets, unless a file that could not be read may say otherwise.
    fn known(&self, consumer: &Consumer, winner: &Held<'_>, key: &Key) -> Value {
        let is_explicit = winner.key.as_ref() == Some(key);
        let settled_behind = is_explicit.then_some(winner.at.source);
        self.doubt(consumer, settled_behind).map_or_else(|| winner.value_or_unknown(), Value::Unknown)
    }

    fn why(
        &self,
        consumer: &Consumer,
        loaded: &Loaded<'_>,
        key: &Key,
        winner: Option<&Held<'_>>,
        others: &[&Held<'_>],
    ) -> String {
        let mut why = match winner {
            Some(winner) => self.why_it_wins(consumer, key, winner, others),
            None if loaded.is_excluded(key) && !others.is_empty() => {
                why_it_is_dropped(loaded.assignments(key).next().is_some()).to_owned()
            }
            None if !key.is_glob() && loaded.is_reached_in_vain(key) => {
                format!("no file sets it by its name, and {} knows no patterns", consumer.reader)
            }
            None if self.is_system_wide => "no file sets it: the kernel keeps its own value".to_owned(),
            None => "the file does not set it".to_owned(),
        };
        let name = winner.and_then(|winner| self.path(winner.at.source).file_name());
        let mut masked = self.masked_by(consumer).filter(|masked| masked.path.file_name() > name);
        if let Some(Masked { path, by, .. }) = masked.find(|masked| !masked.places(consumer.reader, key).is_empty()) {
            why.push_str(&format!(", and {by} masks {path} whole"));
        }
        why
    }

    fn why_it_wins(&self, consumer: &Consumer, key: &Key, winner: &Held<'_>, others: &[&Held<'_>]) -> String {
        let is_explicit = |place: &Held<'_>| place.key.as_ref() == Some(key);
        if !is_explicit(winner) && others.iter().any(|place| is_explicit(place)) {
            return "procps does not see that the pattern reaches a key that is set by its name".to_owned();
        }
        if !is_explicit(winner) {
            let reaches =
                winner.key.as_ref().map_or_else(String::new, |pattern| format!("the pattern `{pattern}` reaches it"));
            return if others.is_empty() { reaches } else { reaches + ", and the last pattern wins" };
        }
        let (assigned, patterns): (Vec<&Held<'_>>, Vec<_>) =
            others.iter().copied().partition(|place| is_explicit(place));
        let source = winner.at.source;
        let over_others = if assigned.is_empty() {
            None
        } else if assigned.iter().all(|place| place.at.source == source) {
            Some("the last line of the file wins")
        } else if consumer.reader.reads_main_file() && self.path(source) == MAIN_FILE {
            Some(match consumer.reader {
                Reader::Procps(_) => "sysctl.conf is read last by `sysctl --system`",
                Reader::Systemd(_) => "sysctl.conf is read last by RHEL 7's systemd-sysctl",
            })
        } else {
            Some("the last file name in byte order wins")
        };
        let over_patterns = (!patterns.is_empty()).then_some("an explicit key beats every pattern");
        let reasons: Vec<&str> = over_others.into_iter().chain(over_patterns).collect();
        if reasons.is_empty() { "it is set once".to_owned() } else { reasons.join(", and ") }
    }
}

fn why_it_is_dropped(is_set: bool) -> &'static str {
    if is_set {
        "a later line excludes the key, and systemd drops what is set above it"
    } else {
        "an exclusion keeps patterns off the key"
    }
}
