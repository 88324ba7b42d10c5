//! `features` of a merged `device`: what the daemon holds elsewhere is taken out of it.

use bstr::{BString, ByteSlice};
use kvmprep_lossless::Value;

use super::merge::{Held, Values};
use crate::complaint::Class;

/// A feature, the keyword that says the same, and the value it then has.
struct Feature {
    name: &'static str,
    keyword: &'static str,
    value: &'static str,
    derived: &'static str,
}

const FEATURES: [Feature; 2] = [
    Feature {
        name: "queue_if_no_path",
        keyword: "no_path_retry",
        value: "queue",
        derived: "`queue_if_no_path` in the `features` of merged `device` blocks means `no_path_retry queue`",
    },
    Feature {
        name: "retain_attached_hw_handler",
        keyword: "retain_attached_hw_handler",
        value: "yes",
        derived: "`retain_attached_hw_handler` in the `features` of merged `device` blocks means the keyword",
    },
];

/// Turns features into the keywords that they stand for, unless those are set; what the daemon says meanwhile. It does so
/// only where blocks were merged (asked of 0.9.4; case `device-queue-feature` and its neighbours).
pub(super) fn reconcile(values: &mut Values) -> Vec<Class> {
    let mut said = Vec::new();
    for feature in &FEATURES {
        let Some(Held { value: Value::Known(text), at, .. }) = values.get("features") else { continue };
        let text = text.concat();
        // The daemon finds it within other words too, and takes out a word alone.
        if !text.contains_str(feature.name) {
            continue;
        }
        said.push(Class::DeprecatedFeature);
        let means = Value::Known(vec![feature.value.into()]);
        let at = at.clone();
        let held = Held { value: means.clone(), at: at.clone(), derived: Some(feature.derived) };
        if values.entry(feature.keyword).or_insert(held).value != means {
            said.push(Class::FeatureConflict);
        }
        if let Some(left) = without(&text, feature.name.as_bytes()) {
            let held = Held { value: Value::Known(vec![left]), at, derived: Some(TAKEN_OUT) };
            values.insert("features", held);
        }
    }
    said
}

/// Turns what only the daemon's own device table decides into what is not known: a block that no file merges with another
/// may be merged with one that is built in, and that one may have the keyword that a feature stands for. `first` are the
/// features of the first of its blocks, which such a one would meet.
pub(super) fn doubt(values: &mut Values, first: Option<&Held>, is_merged: bool) {
    let why = "it hangs on whether the daemon has a `device` of these strings built in, and what that one says";
    let unknown = || Value::Unknown(why.to_owned());
    for feature in &FEATURES {
        if let Some(held) = values.get_mut(feature.keyword).filter(|held| held.derived == Some(feature.derived)) {
            held.value = unknown();
        }
        let Some(Held { value: Value::Known(text), at, .. }) = first else { continue };
        if text.concat().contains_str(feature.name) {
            let held = Held { value: unknown(), at: at.clone(), derived: None };
            if !is_merged {
                values.insert("features", held.clone());
            }
            values.entry(feature.keyword).or_insert(held);
        }
    }
}

const TAKEN_OUT: &str = "a feature with a keyword of its own is taken out where `device` blocks are merged";

/// A count and as many features, less one of them; `None` where it is no word of the text.
fn without(text: &[u8], feature: &[u8]) -> Option<BString> {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let is_word = |at: &usize| {
        at.checked_sub(1).is_some_and(|before| is_blank(&text[before]))
            && text.get(at + feature.len()).is_none_or(is_blank)
    };
    let start = text.find_iter(feature).find(is_word)?;
    let count = text.iter().position(|byte| !is_blank(byte))?;
    let end = count + text[count..].iter().position(is_blank)?;
    let number = text[count..end].strip_prefix(b"+").unwrap_or(&text[count..end]).to_str().ok()?;
    let left = number.parse::<usize>().ok()?.checked_sub(1)?;
    if left == 0 {
        return Some("0".into());
    }
    let rest = &text[start + feature.len()..];
    let rest = &rest[rest.iter().position(|byte| !is_blank(byte)).unwrap_or(rest.len())..];
    let mut kept = [left.to_string().as_bytes(), &text[end..start], rest].concat();
    if rest.is_empty() {
        kept.truncate(kept.iter().rposition(|byte| !is_blank(byte)).map_or(0, |last| last + 1));
    }
    Some(kept.into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_feature_is_taken_out_as_multipath_0_9_4_does() {
        for (before, after) in [
            ("1 queue_if_no_path", Some("0")),
            ("+1 queue_if_no_path", Some("0")),
            ("2 queue_if_no_pathx queue_if_no_path", Some("1 queue_if_no_pathx")),
            ("2 xqueue_if_no_path b", None),
            ("3 a queue_if_no_path  b", Some("2 a b")),
            (" 2  a   queue_if_no_path", Some("1  a")),
            ("2 a\tqueue_if_no_path", Some("1 a")),
            ("2 queue_if_no_path\tb", Some("1 b")),
            ("3 a queue_if_no_path queue_if_no_path", Some("2 a queue_if_no_path")),
        ] {
            let left = without(before.as_bytes(), b"queue_if_no_path");
            assert_eq!(left, after.map(BString::from), "{before}");
        }
    }
}
