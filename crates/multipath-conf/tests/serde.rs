//! What a document says, as data.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, missing_docs)]

use kvmprep_multipath_conf::MultipathConf;

#[test]
fn settings_serialize_with_their_keys_as_text() {
    let document = MultipathConf::parse("multipaths {\n\tmultipath {\n\t\twwid 3600a\n\t}\n}\n");
    let json = serde_json::to_string(&document.settings()).unwrap();
    assert_eq!(
        json,
        r#"[{"key":"multipaths.multipath[wwid=3600a].wwid","value":{"known":["3600a"]},"at":[{"start":33,"end":38}],"shadowed":[]}]"#
    );
}
