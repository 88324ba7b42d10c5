//! The core's promises over arbitrary bytes and over files of lines that the daemon has an opinion on.

#![allow(clippy::unwrap_used, missing_docs)]

mod generated;

use bstr::ByteSlice;
use generated::{SCALARS, dialect, files, requests, soup};
use kvmprep_lossless::{Request, laws};
use kvmprep_multipath_conf::{Key, Multipath, MultipathConf, complaints, sections};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

proptest! {
    #[test]
    fn reading_loses_nothing(bytes in prop_oneof![vec(any::<u8>(), 0..3000), soup(), files()], dialect in dialect()) {
        laws::reading_loses_nothing(&dialect, &bytes).map_err(TestCaseError::fail)?;
        let conf = MultipathConf::parse_as(dialect, bytes);
        let _ = (conf.settings(), conf.diagnostics(), complaints(conf.text()), sections(conf.text()));
    }

    #[test]
    fn edits_of_arbitrary_bytes_keep_their_promises(
        bytes in vec(any::<u8>(), 0..300), requests in requests(), dialect in dialect()
    ) {
        laws::edits_keep_their_promises(&dialect, &bytes, &requests).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn edits_of_token_soup_keep_their_promises(bytes in soup(), requests in requests(), dialect in dialect()) {
        laws::edits_keep_their_promises(&dialect, &bytes, &requests).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn edits_of_files_keep_their_promises(bytes in files(), requests in requests(), dialect in dialect()) {
        laws::edits_keep_their_promises(&dialect, &bytes, &requests).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn set_and_set_back_is_nothing(bytes in files(), key in select(SCALARS), other in select(&["yes", "no", "5", "6", "a", "b"][..])) {
        let key: Key = key.parse().unwrap();
        let conf = MultipathConf::parse(bytes.clone());
        // A string that is never closed and a bare brace are quoted by the first edit, and stay so.
        prop_assume!(["\"open", "alias {", "\"a\"\"b"].iter().all(|odd| !bytes.contains_str(odd)));
        if let [setting] = &conf.get(&key)[..]
            && let Some([now]) = setting.value.known()
        {
            let (there, back) = (Request::set(key.clone(), other), Request::set(key.clone(), now.clone()));
            let mut trial = MultipathConf::parse(bytes.clone());
            if trial.apply(&there).is_ok() && trial.apply(&back).is_ok() {
                laws::set_and_set_back_is_nothing(&Multipath::default(), &bytes, &there, &back)
                    .map_err(TestCaseError::fail)?;
            }
        }
    }

    #[test]
    fn a_key_reads_as_its_text_says(bytes in files()) {
        let conf = MultipathConf::parse(bytes);
        for setting in conf.settings() {
            let key: Key = setting.key.to_string().parse().unwrap();
            prop_assert_eq!(&key, &setting.key);
            prop_assert_eq!(conf.get(&key), [setting]);
        }
    }

    #[test]
    fn any_value_is_refused_or_read_back(value in any::<String>()) {
        let key: Key = "multipaths.multipath[wwid=1].alias".parse().unwrap();
        let mut conf = MultipathConf::parse("multipaths {\n multipath {\n  wwid 1\n  alias a # c\n }\n}\n");
        if conf.apply(&Request::set(key.clone(), value.as_str())).is_ok() {
            let read = conf.get(&key);
            prop_assert_eq!(read[0].value.known().unwrap(), [value.as_str()]);
        }
    }
}
