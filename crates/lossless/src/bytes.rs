//! Bytes in JSON: a string where they are UTF-8, else `{"base64": "…"}`.

use bstr::BString;
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

/// Bytes that serialize as a string where they can, and as `{"base64": …}` where they cannot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bytes<'a>(pub &'a [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use base64::Engine;
        match std::str::from_utf8(self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => {
                let base64 = base64::engine::general_purpose::STANDARD.encode(self.0);
                serializer.collect_map([("base64", base64)])
            }
        }
    }
}

/// For `#[serde(with = …)]` on a list of byte strings.
pub mod sequence {
    use super::*;

    /// Serializes each as [`Bytes`].
    pub fn serialize<S: Serializer>(values: &[BString], serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(Some(values.len()))?;
        for value in values {
            sequence.serialize_element(&Bytes(value))?;
        }
        sequence.end()
    }
}
