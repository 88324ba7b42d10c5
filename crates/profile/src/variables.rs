use std::net::IpAddr;
use std::str::FromStr;

use serde::Deserialize;

use crate::profile::ProfileError;

/// What a profile leaves open, filled in by its user.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variables {
    /// The hosts of the live-migration set.
    #[serde(default)]
    pub hosts: Vec<Host>,
}

impl Variables {
    /// Reads variables from TOML: a `[[hosts]]` table for each host, with `address` and `names`.
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        toml::from_str(text).map_err(|error| ProfileError::of_toml(&error))
    }
}

/// A host: its address and the names it goes by, the full one first.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// IPv4 or IPv6.
    pub address: IpAddr,
    /// At least one, each of letters, digits, `.`, `_` and `-`.
    #[serde(deserialize_with = "checked_names")]
    pub names: Vec<String>,
}

fn checked_names<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let names = Vec::deserialize(deserializer)?;
    match odd_name(&names) {
        Some(why) => Err(serde::de::Error::custom(why)),
        None => Ok(names),
    }
}

/// What is wrong with some names. They are filled into keys, where a comma or a slash would mean something.
fn odd_name(names: &[String]) -> Option<String> {
    let is_plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if names.is_empty() {
        return Some("a host has at least one name".to_owned());
    }
    names.iter().find_map(|name| match name.as_str() {
        "" => Some("a name is empty".to_owned()),
        odd if !is_plain(odd) => {
            Some(format!("the name {odd:?} holds other characters than letters, digits, `.`, `_` and `-`"))
        }
        _ => None,
    })
}

/// A text that is not `ADDRESS=NAME[,ALIAS…]`.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{text}` is not a host: {why}; write ADDRESS=NAME[,ALIAS...], for instance 192.0.2.12=kvm2.example.com,kvm2")]
pub struct HostError {
    /// The text as given.
    pub text: String,
    /// What is wrong with it.
    pub why: String,
}

impl FromStr for Host {
    type Err = HostError;

    fn from_str(text: &str) -> Result<Self, HostError> {
        let wrong = |why: &str| HostError { text: text.to_owned(), why: why.to_owned() };
        let (address, names) = text.split_once('=').ok_or_else(|| wrong("there is no `=` in it"))?;
        let address = address.parse().map_err(|_| wrong("what stands before `=` is not an IPv4 or IPv6 address"))?;
        let names: Vec<String> = names.split(',').map(str::to_owned).collect();
        match odd_name(&names) {
            Some(why) => Err(wrong(&why)),
            None => Ok(Self { address, names }),
        }
    }
}
