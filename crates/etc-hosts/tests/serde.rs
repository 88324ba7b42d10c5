//! What a document says, as data.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, missing_docs)]

use kvmprep_etc_hosts::HostsFile;

#[test]
fn settings_serialize_with_their_keys_as_text() {
    let document = HostsFile::parse("192.0.2.11 kvm1\n");
    let json = serde_json::to_string(&document.settings()).unwrap();
    assert_eq!(
        json,
        r#"[{"key":"kvm1/v4","value":{"known":["192.0.2.11"]},"at":[{"start":0,"end":10}],"shadowed":[]}]"#
    );
}
