//! `multipath -t` of this machine, asked of files of our own: its /etc is a scratch directory in a mount namespace.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A section or block of the program's dump: its path, and its lines.
#[derive(Clone, Debug)]
pub struct Dumped {
    pub path: Vec<String>,
    pub lines: Vec<(String, String)>,
}

/// What the program prints; nothing where it does not start on these files. Paths lie below /etc.
///
/// `None` where the program, or a namespace for it, is not to be had, which in CI is a failure.
pub fn dump<'f>(files: impl IntoIterator<Item = (&'f str, &'f [u8])>) -> Option<Vec<Dumped>> {
    let scratch = tempfile::tempdir().unwrap();
    let etc = |path: &str| scratch.path().join(path);
    for name in ["passwd", "group", "nsswitch.conf", "ld.so.cache"] {
        let _ = std::fs::copy(Path::new("/etc").join(name), etc(name));
    }
    for (path, bytes) in files {
        let path: PathBuf = etc(path.strip_prefix("/etc/").unwrap());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let script = "mount --bind \"$1\" /etc && echo asked >&2 && exec multipath -t";
    let run = |flags: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(flags).args(["sh", "-c", script, "sh"]).arg(scratch.path());
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("LC_ALL", "C").stdin(Stdio::null());
        command.output().ok()
    };
    let mut tried = [&["-r", "-m"][..], &["-m"]].into_iter().filter_map(run);
    let answer = tried.find_map(|output| {
        let (text, said) = (String::from_utf8(output.stdout).ok()?, String::from_utf8_lossy(&output.stderr));
        // It may refuse without a word, or crash.
        let starts = output.status.success() && text.starts_with("defaults {");
        said.starts_with("asked").then(|| if starts { parsed(&text) } else { Vec::new() })
    });
    assert!(answer.is_some() || std::env::var_os("CI").is_none_or(|ci| ci != "true"), "multipath could not be asked");
    if answer.is_none() {
        println!("skipped: multipath could not be asked");
    }
    answer
}

/// The indentation is trusted and not the braces: not every dump is well formed.
fn parsed(text: &str) -> Vec<Dumped> {
    let mut blocks: Vec<Dumped> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for line in text.lines() {
        let content = line.trim_start_matches('\t');
        open.truncate(line.len() - content.len());
        match content.strip_suffix(" {").filter(|name| !name.contains('"')) {
            _ if content == "}" || content.is_empty() => {}
            Some(name) => {
                let outer = open.last().map(|block| blocks[*block].path.clone()).unwrap_or_default();
                open.push(blocks.len());
                blocks.push(Dumped { path: [outer, vec![name.to_owned()]].concat(), lines: Vec::new() });
            }
            None => {
                let (name, value) = content.split_once(' ').unwrap_or((content, ""));
                let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
                let line = (name.to_owned(), value.replace("\"\"", "\""));
                blocks[*open.last().unwrap()].lines.push(line);
            }
        }
    }
    blocks
}
