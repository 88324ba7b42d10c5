//! The running host's own daemon is asked before its file is put in place. Within a private mount namespace, so that the
//! machine's own files are not touched.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::process::{Command, Output};

use common::{PROGRAM, folder};

/// Runs `set --write /etc/ssh/sshd_config ARGS` where /etc/ssh holds this text; with what stands there behind it.
fn set(text: &str, args: &[&str]) -> Option<(Output, String)> {
    let ssh = folder();
    fs::write(ssh.path().join("sshd_config"), text).unwrap();
    let script = "mount --bind \"$1\" /etc/ssh && mount -t tmpfs -o mode=755 none /run && mkdir -p /run/sshd \
                  && ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key || exit 99; \
                  program=$2; shift 2; exec \"$program\" set --write /etc/ssh/sshd_config \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", script, "sh"]).arg(ssh.path()).arg(PROGRAM).args(args);
    let ran = command.env("KVMPREP_EDIT_STATE", ssh.path().join("state")).output().ok()?;
    let installed = fs::exists("/usr/sbin/sshd").unwrap();
    if !installed || !matches!(ran.status.code(), Some(0..=7)) {
        let why = format!("no sshd, or no private mount namespace: {}", String::from_utf8_lossy(&ran.stderr));
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{why}");
        println!("skipped: {why}");
        return None;
    }
    Some((ran, fs::read_to_string(ssh.path().join("sshd_config")).unwrap()))
}

#[test]
fn what_sshd_refuses_is_not_put_in_place() {
    let Some((ran, after)) = set("Ciphers aes256-ctr\n", &["Ciphers", "nosuch-cipher"]) else { return };
    let told = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!((ran.status.code(), after.as_str()), (Some(4), "Ciphers aes256-ctr\n"), "{told}");
    assert!(told.contains("error[validator]: /usr/sbin/sshd refuses the file: etc/ssh/sshd_config"), "{told}");
}

#[test]
fn what_sshd_takes_is_put_in_place() {
    let Some((ran, after)) = set("Ciphers aes256-ctr\n", &["Ciphers", "aes128-ctr"]) else { return };
    let told = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!((ran.status.code(), after.as_str()), (Some(0), "Ciphers aes128-ctr\n"), "{told}");
}

#[test]
fn what_sshd_refused_before_is_told_and_with_strict_refused() {
    let text = "Ciphers nosuch-cipher\nBanner none\n";
    let Some((ran, after)) = set(text, &["Banner", "/x"]) else { return };
    let told = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!((ran.status.code(), after.contains("Banner /x")), (Some(0), true), "{told}");
    assert!(told.contains("warning[validator]") && told.contains("it refuses the present one too"), "{told}");
    let Some((ran, after)) = set(text, &["--strict", "Banner", "/x"]) else { return };
    assert_eq!((ran.status.code(), after.as_str()), (Some(4), text));
}
