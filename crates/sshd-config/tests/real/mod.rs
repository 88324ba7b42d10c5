//! The sshd of this machine, asked with `-T`.

use std::path::Path;
use std::process::Command;

const SSHD: &str = "/usr/sbin/sshd";

/// An sshd of this machine over a tree of its own; none where there is no sshd here, which is an error under CI.
pub struct Real {
    root: tempfile::TempDir,
    at_root: String,
}

impl Real {
    pub fn over(files: &[(&str, &str)]) -> Option<Self> {
        if !Path::new(SSHD).is_file() {
            assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "sshd is not installed");
            return None;
        }
        // As root it wants the directory of its privilege separation.
        _ = std::fs::create_dir_all("/run/sshd");
        let root = tempfile::tempdir().unwrap();
        let key = root.path().join("key");
        let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key).status().unwrap();
        assert!(made.success());
        let at_root = format!("{}/etc/", root.path().display());
        for (path, text) in files {
            let path = root.path().join(path.trim_start_matches('/'));
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text.replace("/etc/", &at_root)).unwrap();
        }
        Some(Self { root, at_root })
    }

    /// What `sshd -T` prints: keywords in lower case, and values; none where it does not start.
    pub fn lines(&self, options: &[&str]) -> Option<Vec<(String, String)>> {
        let mut asked = Command::new(SSHD);
        asked.arg("-T").arg("-f").arg(self.root.path().join("etc/ssh/sshd_config"));
        let answer = asked.arg("-h").arg(self.root.path().join("key")).args(options).output().unwrap();
        let text = String::from_utf8(answer.stdout).unwrap().replace(&self.at_root, "/etc/");
        let lines = text.lines().filter_map(|line| line.split_once(' '));
        let lines = lines.map(|(keyword, value)| (keyword.to_ascii_lowercase(), value.to_owned())).collect();
        answer.status.success().then_some(lines)
    }
}
