//! Differences, kept as cases.

use std::fs::{OpenOptions, create_dir_all};
use std::io::Write;

use serde_json::{Value, json};

use super::input::Input;
use super::machine::Fault;
use super::trial::Difference;

const FOLDER: &str = "testdata/found";

/// Appends the difference to the cases found by this oracle.
pub fn keep<I: Input>(oracle: &str, difference: &Difference<I>) -> Result<(), Fault> {
    create_dir_all(FOLDER)?;
    let path = format!("{FOLDER}/{oracle}.cases.jsonl");
    let mut case = difference.input.to_case();
    case.insert("id".to_owned(), json!(difference.id));
    case.insert("note".to_owned(), json!(difference.what));
    if let Some(request) = &difference.request {
        case.insert("request".to_owned(), json!(request));
    }
    case.insert("program".to_owned(), json!(difference.said));
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    writeln!(file, "{}", Value::Object(case))?;
    Ok(())
}
