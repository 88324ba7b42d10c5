//! What is in force over several files, against what each file says.

#![allow(clippy::unwrap_used, missing_docs)]

mod generated;

use std::collections::BTreeSet;

use camino::Utf8Path;
use generated::{dialect, files, soup};
use kvmprep_lossless::effective::{Effective, Host};
use kvmprep_lossless::files::{Location, MemoryFiles};
use kvmprep_lossless::{Format, Reading, Text, Value};
use kvmprep_multipath_conf::{Key, Multipath};
use proptest::collection::vec;
use proptest::prelude::*;

const PATHS: [&str; 3] = ["/etc/multipath.conf", "/etc/multipath/conf.d/a.conf", "/etc/multipath/conf.d/b.conf"];

/// Every key that some of the files sets.
fn keys(dialect: Multipath, texts: &[Text<Multipath>]) -> BTreeSet<Key> {
    let reader = dialect.readers()[0];
    texts.iter().flat_map(|text| dialect.settings(text, reader)).map(|setting| setting.key).collect()
}

proptest! {
    #[test]
    fn every_live_place_of_a_key_counts_or_is_shadowed(
        bytes in vec(prop_oneof![4 => files(), 1 => soup()], 3), dialect in dialect()
    ) {
        let held = PATHS.iter().zip(&bytes).fold(MemoryFiles::new(), |held, (path, text)| held.with(*path, text.clone()));
        let host = Host { files: &held, path: Utf8Path::new(PATHS[0]) };
        let texts: Vec<_> = bytes.iter().map(|text| Text::read(dialect, text.clone())).collect();
        let values = dialect.values(host, &None);
        for key in keys(dialect, &texts) {
            let explanation = dialect.explain(host, &None, &key);
            let [decision] = &explanation.decisions[..] else { panic!("{key}") };
            prop_assert_eq!(values.get(&decision.point), decision.value.as_ref(), "{}", key);
            prop_assert!(decision.shadowed.is_sorted(), "{}", key);
            // Not every version reads drop-ins.
            let read = explanation.sources.iter().map(|source| Text::read(dialect, source.text.to_vec())).enumerate();
            let live = read.flat_map(|(source, text)| {
                let settings = dialect.get(&text, dialect.readers()[0], &key);
                let spans = settings.into_iter().flat_map(|setting| [setting.at, setting.shadowed].concat());
                spans.map(move |span| Location { source, span })
            });
            let live: BTreeSet<Location> = live.collect();
            let told: BTreeSet<Location> = decision.at.iter().chain(&decision.shadowed).copied().collect();
            let starts = !matches!(decision.value, Some(Value::Unknown(_)));
            // A value may follow from another key's line.
            prop_assert!(live.is_subset(&told), "{}: {:?} {:?}", key, live, told);
            prop_assert!(!starts || decision.value.is_some() == (!decision.at.is_empty() || !decision.follows.is_empty()), "{}: {:?}", key, decision);
            for place in told {
                prop_assert!(place.span.end <= explanation.sources[place.source].text.len());
            }
        }
    }
}
