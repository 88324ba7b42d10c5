//! Differences that were found once: each is stored as a case, and asked about again by every run since.

use std::fmt::Display;
use std::fs::{self, OpenOptions, create_dir_all};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use bstr::BString;
use kvmprep_lossless::{Absent, Duplicates, Edit, KeyError, Manner, Request};
use serde_json::{Map, Value, json};

use super::input::{Input, NO_CASE, bytes_of, to_json};
use super::machine::Fault;
use super::trial::Difference;

const FOLDER: &str = "testdata/found";

fn path_of(folder: &Path, oracle: &str) -> PathBuf {
    folder.join(format!("{oracle}.cases.jsonl"))
}

/// Appends the difference to the cases that this oracle found.
pub fn store<I: Input, K: Display>(oracle: &str, difference: &Difference<I, K>) -> Result<(), Fault> {
    store_in(Path::new(FOLDER), oracle, difference)
}

fn store_in<I: Input, K: Display>(folder: &Path, oracle: &str, difference: &Difference<I, K>) -> Result<(), Fault> {
    create_dir_all(folder)?;
    let mut case = difference.input.to_case();
    case.insert("id".to_owned(), json!(difference.id));
    case.insert("note".to_owned(), json!(difference.what));
    if let Some(request) = &difference.request {
        case.insert("request".to_owned(), request_to_json(request));
    }
    case.insert("program".to_owned(), json!(difference.said));
    let mut file = OpenOptions::new().create(true).append(true).open(path_of(folder, oracle))?;
    writeln!(file, "{}", Value::Object(case))?;
    Ok(())
}

/// What was found by this oracle before, read or edited.
pub struct Stored<I, K> {
    pub id: String,
    pub input: I,
    pub request: Option<Request<K>>,
}

pub fn stored<I: Input, K: FromStr<Err = KeyError>>(oracle: &str) -> Result<Vec<Stored<I, K>>, Fault> {
    stored_in(Path::new(FOLDER), oracle)
}

fn stored_in<I: Input, K: FromStr<Err = KeyError>>(folder: &Path, oracle: &str) -> Result<Vec<Stored<I, K>>, Fault> {
    let path = path_of(folder, oracle);
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        text => text?,
    };
    let numbered = text.lines().enumerate();
    let case =
        |(at, line): (usize, &str)| case_of(line).map_err(|why| format!("{}:{}: {why}", path.display(), at + 1).into());
    numbered.map(case).collect()
}

fn case_of<I: Input, K: FromStr<Err = KeyError>>(line: &str) -> Result<Stored<I, K>, Fault> {
    let case: Map<String, Value> = serde_json::from_str(line)?;
    let id = case.get("id").and_then(Value::as_str).ok_or(NO_CASE)?.to_owned();
    let request = case.get("request").map(request_of).transpose()?;
    Ok(Stored { id, input: I::from_case(&case)?, request })
}

/// The names that a case has for what to do where a key is absent.
const ABSENT: &[(Absent, &str)] = &[
    (Absent::Usual, "usual"),
    (Absent::InsertBelow, "insert-below"),
    (Absent::Leave, "leave"),
    (Absent::Plus, "plus"),
];

fn request_to_json<K: Display>(request: &Request<K>) -> Value {
    let Request { edit, manner } = request;
    let absent = ABSENT.iter().find(|(absent, _)| *absent == manner.absent).map(|(_, name)| *name);
    json!({
        "verb": edit.verb(),
        "key": edit.key().to_string(),
        "values": edit.values().iter().map(|value| to_json(value)).collect::<Vec<_>>(),
        "absent": absent,
        "dedupe": manner.duplicates == Duplicates::Dedupe,
        "allow": manner.allow,
    })
}

fn request_of<K: FromStr<Err = KeyError>>(case: &Value) -> Result<Request<K>, Fault> {
    let text = |field: &str| case[field].as_str().ok_or(NO_CASE);
    let list = |field: &str| case[field].as_array().ok_or(NO_CASE);
    let key = text("key")?.parse()?;
    let mut values = list("values")?.iter().map(bytes_of).collect::<Result<Vec<BString>, Fault>>()?;
    let edit = match text("verb")? {
        "set" => Edit::Set { key, to: values },
        "unset" => Edit::Unset { key },
        "disable" => Edit::Disable { key },
        "add" => Edit::Add { key, item: values.pop().ok_or(NO_CASE)? },
        "remove" => Edit::Remove { key, item: values.pop().ok_or(NO_CASE)? },
        _ => return Err(NO_CASE.into()),
    };
    let named = text("absent")?;
    let absent = ABSENT.iter().find(|(_, name)| *name == named).ok_or(NO_CASE)?.0;
    let duplicates = if case["dedupe"] == true { Duplicates::Dedupe } else { Duplicates::Leave };
    let allow = list("allow")?.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    Ok(Request { edit, manner: Manner { absent, duplicates, allow } })
}

#[cfg(test)]
mod tests {
    use camino::Utf8PathBuf;
    use kvmprep_sysctl_conf::Key;

    use super::*;
    use crate::oracle::input::{Node, Tree};

    fn request(edit: Edit<Key>) -> Request<Key> {
        Request {
            edit,
            manner: Manner { absent: Absent::Leave, duplicates: Duplicates::Dedupe, allow: vec!["a".into()] },
        }
    }

    #[test]
    fn what_is_stored_is_what_is_asked_about_again() -> Result<(), Fault> {
        let nodes = [
            ("/etc/sysctl.conf", Node::File(b"a = \xff\0\n".to_vec())),
            ("/etc/sysctl.d/1.conf", Node::File("b = é\n".into())),
            ("/etc/sysctl.d/2.conf", Node::Link("../sysctl.conf".into())),
        ];
        let nodes = nodes.map(|(path, node)| (Utf8PathBuf::from(path), node)).into();
        let input = Tree { nodes, edited: "/etc/sysctl.conf".into() };
        let key: Key = "vm.swappiness".parse()?;
        let requests = [
            None,
            Some(request(Edit::Set { key: key.clone(), to: vec!["x\"".into(), BString::from(b"\xfe".as_slice())] })),
            Some(request(Edit::Unset { key: key.clone() })),
            Some(request(Edit::Disable { key: key.clone() })),
            Some(request(Edit::Add { key: key.clone(), item: "i".into() })),
            Some(Request::remove(key.clone(), "")),
        ];
        let folder = tempfile::tempdir()?;
        for (number, request) in requests.iter().enumerate() {
            let difference = Difference {
                id: format!("case-{number}"),
                input: input.clone(),
                request: request.clone(),
                what: "1, not 2".to_owned(),
                said: "1".to_owned(),
            };
            store_in(folder.path(), "sysctl", &difference)?;
        }
        let again = stored_in::<Tree, Key>(folder.path(), "sysctl")?;
        assert_eq!(again.len(), requests.len());
        for (number, (stored, request)) in again.iter().zip(requests).enumerate() {
            assert_eq!((&stored.id, &stored.input, &stored.request), (&format!("case-{number}"), &input, &request));
        }
        Ok(())
    }

    #[test]
    fn a_stored_line_that_is_no_case_is_told_with_its_place() -> Result<(), Fault> {
        let folder = tempfile::tempdir()?;
        fs::write(path_of(folder.path(), "hosts"), "{\"id\":\"a\",\"input\":\"x\"}\n{\"id\":\"b\"}\n")?;
        let told = stored_in::<Vec<u8>, Key>(folder.path(), "hosts").err().map(|error| error.to_string());
        let told = told.unwrap_or_default();
        assert!(told.ends_with("hosts.cases.jsonl:2: not a case that the oracle stored"), "{told}");
        Ok(())
    }
}
