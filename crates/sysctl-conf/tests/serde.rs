//! What a document says, as data.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, missing_docs)]

use kvmprep_sysctl_conf::SysctlFile;

#[test]
fn settings_serialize_with_their_keys_as_text() {
    let document = SysctlFile::parse("vm/swappiness = 1\n");
    let json = serde_json::to_string(&document.settings()).unwrap();
    assert_eq!(json, r#"[{"key":"vm/swappiness","value":{"known":["1"]},"at":[{"start":16,"end":17}],"shadowed":[]}]"#);
}
