//! What is printed as JSON is what `docs/reports.schema.json` says, field by field.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::{kvmprep, sample};
use serde_json::{Map, Value};

/// Says no more than what a keyword is for, and does not mean values.
const WORDS: [&str; 5] = ["$schema", "$defs", "title", "description", "format"];

struct Schema(Value);

impl Schema {
    fn written() -> Self {
        Self(serde_json::from_slice(&std::fs::read(sample("../../docs/reports.schema.json")).unwrap()).unwrap())
    }

    /// The keywords that this schema uses; another one is a failure, not a promise unheard. Objects are closed: what is
    /// printed is described.
    fn fits(&self, schema: &Map<String, Value>, value: &Value) -> Result<(), String> {
        for (keyword, wanted) in schema.iter().filter(|(keyword, _)| !WORDS.contains(&keyword.as_str())) {
            let fits = match keyword.as_str() {
                "$ref" => {
                    let place = wanted.as_str().unwrap().strip_prefix('#').unwrap();
                    self.fits(self.0.pointer(place).unwrap().as_object().unwrap(), value)?;
                    true
                }
                "type" => is_of(wanted, value),
                "const" => wanted == value,
                "enum" => wanted.as_array().unwrap().contains(value),
                "minimum" => value.as_f64() >= wanted.as_f64(),
                "anyOf" | "oneOf" => {
                    let fits = |schema: &Value| self.fits(schema.as_object().unwrap(), value);
                    let not: Vec<String> =
                        wanted.as_array().unwrap().iter().filter_map(|one| fits(one).err()).collect();
                    if not.len() == wanted.as_array().unwrap().len() {
                        return Err(not.join("; or "));
                    }
                    true
                }
                "items" => {
                    value
                        .as_array()
                        .into_iter()
                        .flatten()
                        .try_for_each(|item| self.fits(wanted.as_object().unwrap(), item))?;
                    true
                }
                "required" => {
                    wanted.as_array().unwrap().iter().all(|field| value.get(field.as_str().unwrap()).is_some())
                }
                "properties" => {
                    for (field, value) in value.as_object().into_iter().flatten() {
                        let described = wanted.get(field).ok_or_else(|| format!("`{field}` is not described"))?;
                        // `true` fits anything.
                        let described = described.as_object();
                        described
                            .map_or(Ok(()), |schema| self.fits(schema, value))
                            .map_err(|no| format!("{field}: {no}"))?;
                    }
                    true
                }
                "additionalProperties" => wanted == &Value::Bool(false),
                other => panic!("the schema says `{other}`: this test has to learn it"),
            };
            if !fits {
                return Err(format!("{value} is not {keyword} {wanted}"));
            }
        }
        Ok(())
    }
}

/// Of a type, or of one of several.
fn is_of(wanted: &Value, value: &Value) -> bool {
    match wanted {
        Value::Array(types) => types.iter().any(|wanted| is_of(wanted, value)),
        one => match one.as_str().unwrap() {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "integer" => value.is_u64() || value.is_i64(),
            "boolean" => value.is_boolean(),
            "null" => value.is_null(),
            other => panic!("the schema says `{other}`: this test has to learn it"),
        },
    }
}

const COMMANDS: &[&[&str]] = &[
    &["diff", "--host", "192.0.2.12=kvm2.example.com,kvm2"],
    &["check", "--host", "192.0.2.12=kvm2.example.com,kvm2"],
    &["explain", "--type", "sshd", "Ciphers"],
    &["explain", "--type", "sshd", "PasswordAuthentication"],
    &["explain", "--type", "multipath", "multipaths.multipath[*].alias"],
    &["explain", "--type", "sysctl", "vm.swappiness"],
    &["explain", "--type", "hosts", "kvm1"],
    &["explain", "etc/sysconfig/libvirt-guests", "ON_SHUTDOWN"],
    &["explain", "etc/sysconfig/none", "ON_SHUTDOWN"],
    &["lint", "etc/ssh/sshd_config", "etc/multipath.conf", "etc/hosts", "etc/sysctl.conf"],
    &["lint", "--fix", "etc/sysconfig/libvirt-guests", "etc/sysconfig/libvirtd"],
    &["show", "etc/ssh/sshd_config"],
    &["show", "etc/multipath.conf"],
    &["show", "etc/hosts"],
    &["show", "etc/sysctl.conf"],
    &["show", "etc/sysconfig/libvirt-guests"],
    &["get", "etc/hosts", "kvm2"],
    &["get", "etc/hosts", "nobody"],
    &["set", "etc/ssh/sshd_config", "MaxAuthTries", "3"],
    &["unset", "etc/multipath.conf", "multipaths.multipath[*].alias"],
    &["disable", "etc/sysconfig/libvirtd", "LANG"],
    &["add", "etc/ssh/sshd_config", "Ciphers", "3des-cbc"],
    &["remove", "etc/hosts", "kvm2", "192.0.2.12"],
];

#[test]
fn what_is_printed_as_json_fits_the_written_schema() {
    let schema = Schema::written();
    for host in ["el6", "el9", "shadowed"] {
        let root = sample(host);
        for command in COMMANDS {
            let ran = kvmprep(&[*command, &["--format", "json", "--root", root.to_str().unwrap()]].concat());
            let report: Value = serde_json::from_slice(&ran.stdout).expect(&ran.stderr);
            let fits = schema.fits(schema.0.as_object().unwrap(), &report);
            assert_eq!(fits, Ok(()), "{command:?} on {host}");
        }
    }
    for command in [&["profile", "list"][..], &["profile", "show", "kvm-host"]] {
        let report = serde_json::from_slice(&kvmprep(&[command, &["--format", "json"]].concat()).stdout).unwrap();
        assert_eq!(schema.fits(schema.0.as_object().unwrap(), &report), Ok(()), "{command:?}");
    }
}

#[test]
fn a_report_that_says_what_is_not_described_does_not_fit() {
    let schema = Schema::written();
    let list = kvmprep(&["--format", "json", "profile", "list"]).stdout;
    let mut report: Value = serde_json::from_slice(&list).unwrap();
    report["profiles"][0]["more"] = Value::Null;
    assert!(schema.fits(schema.0.as_object().unwrap(), &report).is_err());
    let mut report: Value = serde_json::from_slice(&list).unwrap();
    report["profiles"][0]["name"] = Value::from(1);
    assert!(schema.fits(schema.0.as_object().unwrap(), &report).is_err());
    let mut report: Value = serde_json::from_slice(&list).unwrap();
    report["profiles"][0].as_object_mut().unwrap().remove("summary");
    assert!(schema.fits(schema.0.as_object().unwrap(), &report).is_err());
}
