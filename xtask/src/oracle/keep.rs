//! Differences, kept as cases.

use std::fs::{OpenOptions, create_dir_all};
use std::io::Write;

use base64::Engine;
use bstr::ByteSlice;
use serde_json::{Map, Value, json};

use super::machine::Fault;
use super::trial::Difference;

const FOLDER: &str = "testdata/found";

/// Appends the difference to the cases found of this format; false when the same input is there already.
pub fn keep(format: &str, difference: &Difference) -> Result<(), Fault> {
    create_dir_all(FOLDER)?;
    let path = format!("{FOLDER}/{format}.cases.jsonl");
    let mut case = Map::new();
    case.insert("id".to_owned(), json!(difference.id));
    case.insert("note".to_owned(), json!(difference.what));
    match difference.file.to_str() {
        Ok(text) => case.insert("input".to_owned(), json!(text)),
        Err(_) => case
            .insert("input_b64".to_owned(), json!(base64::engine::general_purpose::STANDARD.encode(&difference.file))),
    };
    if let Some(request) = &difference.request {
        case.insert("request".to_owned(), json!(request));
    }
    case.insert("program".to_owned(), json!(difference.said));
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    writeln!(file, "{}", Value::Object(case))?;
    Ok(())
}
