//! `uid`, `gid` and `mode` of merged `multipath` blocks: which of them are set is kept once for all three.

use bstr::BString;
use kvmprep_lossless::Value;

use super::merge::{Held, Values};

const NAMES: [&str; 3] = ["uid", "gid", "mode"];

/// Merges what two blocks of one `wwid` say of owners, the earlier one's values that came from blocks before it
/// included; gives all values that were set so far. A block that sets one of the three hides what earlier blocks set of
/// the others, and 0 does not hide an earlier value (asked of 0.9.4; `owner-merge` and its neighbours). Where only the
/// host knows whether the block sets one, what earlier blocks set is unknown too.
pub(super) fn merge(earlier: &mut Values, later: &mut Values, mut set: Values) -> Values {
    let zeros = ["0", "00"].map(|zero| Value::Known(vec![BString::from(zero)]));
    let is_zero = |held: &Held| zeros.contains(&held.value);
    let own: Vec<Held> = NAMES.iter().filter_map(|name| later.get(name).cloned()).collect();
    let sets_some = own.iter().any(|held| held.value.known().is_some());
    for name in NAMES {
        let before = earlier.get(name).cloned();
        set.extend(before.filter(|held| !is_zero(held)).map(|held| (name, held)));
        match (earlier.get_mut(name), own.first()) {
            (Some(_), Some(_)) if sets_some => _ = earlier.remove(name),
            (Some(held), Some(unknown)) => held.value = unknown.value.clone(),
            _ => {}
        }
        match (later.get(name).filter(|held| !is_zero(held)), set.get(name)) {
            (Some(held), _) => _ = set.insert(name, held.clone()),
            (None, Some(held)) if later.contains_key(name) => _ = later.insert(name, held.clone()),
            _ => {}
        }
    }
    set
}
