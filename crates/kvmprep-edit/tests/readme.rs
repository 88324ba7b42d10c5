//! The README's examples print what it says they print.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::path::Path;
use std::process::Command;

/// The `console` blocks: a command behind `$`, and everything up to the next one as its output.
fn examples(readme: &str) -> Vec<(String, String)> {
    let mut examples: Vec<(String, String)> = Vec::new();
    for block in readme.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap();
        for line in block.split_inclusive('\n') {
            match line.strip_prefix("$ ") {
                Some(command) => examples.push((command.trim_end().to_owned(), String::new())),
                None => examples.last_mut().unwrap().1.push_str(line),
            }
        }
    }
    examples
}

#[test]
fn every_example_of_the_readme_prints_what_it_shows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let examples = examples(&readme);
    assert!(examples.len() >= 5, "the README lost its examples");
    let program = Path::new(env!("CARGO_BIN_EXE_kvmprep-edit")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    for (command, shown) in examples {
        let output =
            Command::new("sh").args(["-c", &format!("{command} 2>&1")]).env("PATH", &path).current_dir(&root).output();
        assert_eq!(String::from_utf8_lossy(&output.unwrap().stdout), shown, "{command}");
    }
}

#[test]
fn every_example_program_that_the_readme_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let named: Vec<_> =
        readme.lines().filter_map(|line| line.split_once(" -p kvmprep-")?.1.split_once(" --example ")).collect();
    assert!(!named.is_empty(), "the README names no example program");
    for (package, example) in named {
        let path = root.join(format!("crates/{package}/examples/{example}.rs"));
        assert!(path.exists(), "{}", path.display());
    }
}
