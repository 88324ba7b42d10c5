//! `uid`, `gid` and `mode` of merged `multipath` blocks: which of them are set is kept once for all three.

use bstr::BString;
use kvmprep_lossless::Value;

use super::merge::{Held, Values};

const NAMES: [&str; 3] = ["uid", "gid", "mode"];

/// Merges what two blocks of one `wwid` say of owners, the earlier one's values that came from blocks before it
/// included; gives all values that were set so far. A block that sets one of the three hides what earlier blocks set of
/// the others, and 0 does not hide an earlier value (asked of 0.9.4; `owner-merge` and its neighbours).
pub(super) fn merge(earlier: &mut Values, later: &mut Values, mut set: Values) -> Values {
    let is_zero = |held: &Held| held.value == Value::Known(vec![BString::from("00")]);
    let sets_some = NAMES.iter().any(|name| later.contains_key(name));
    for name in NAMES {
        let before = earlier.get(name).cloned();
        set.extend(before.filter(|held| !is_zero(held)).map(|held| (name, held)));
        if sets_some {
            earlier.remove(name);
        }
        match (later.get(name).filter(|held| !is_zero(held)), set.get(name)) {
            (Some(held), _) => _ = set.insert(name, held.clone()),
            (None, Some(held)) if later.contains_key(name) => _ = later.insert(name, held.clone()),
            _ => {}
        }
    }
    set
}
