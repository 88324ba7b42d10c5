//! Settings as data, for callers that print them.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, missing_docs)]

use kvmprep_sshd_config::SshdConfig;

#[test]
fn settings_serialize_with_their_keys_as_text() {
    let document = SshdConfig::parse("Match User bob\n  X11Forwarding no\n");
    let json: serde_json::Value = serde_json::to_value(document.settings()).unwrap();
    assert_eq!(json[1]["key"], "Match[User bob].X11Forwarding");
}
