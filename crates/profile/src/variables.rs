use std::net::IpAddr;
use std::str::FromStr;

use serde::Deserialize;

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
    pub fn parse(text: &str) -> Result<Self, crate::ProfileError> {
        toml::from_str(text).map_err(|error| crate::ProfileError::of_toml(&error))
    }
}

/// A host: its address and the names it goes by, the full one first.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// IPv4 or IPv6.
    pub address: IpAddr,
    /// At least one.
    pub names: Vec<String>,
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
        if names.iter().any(String::is_empty) {
            return Err(wrong("a name is empty"));
        }
        Ok(Self { address, names })
    }
}
