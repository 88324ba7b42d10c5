//! What libvirt-guests makes of the values in its file, held against the conditions of its own script.
#![allow(clippy::unwrap_used, missing_docs, clippy::disallowed_methods, clippy::disallowed_types)]

use std::process::Command;

use kvmprep_sysconfig::service_remark;

fn code(name: &str, value: &str) -> Option<&'static str> {
    Some(service_remark("libvirt-guests", name, value.as_bytes())?.code)
}

fn help(name: &str, value: &str) -> Option<String> {
    service_remark("libvirt-guests", name, value.as_bytes())?.help
}

#[test]
fn what_the_service_knows_is_not_remarked_on() {
    for (name, values) in [
        ("ON_BOOT", &["start", "ignore"][..]),
        ("ON_SHUTDOWN", &["suspend", "shutdown"]),
        ("SHUTDOWN_TIMEOUT", &["0", "300", " 300 "]),
        ("PARALLEL_SHUTDOWN", &["0", "4"]),
        ("START_DELAY", &["0", "1.5", "2m"]),
        ("BYPASS_CACHE", &["0", "1", "yes"]),
        ("SYNC_TIME", &["0", "1"]),
        ("URIS", &["default", "default xen:/// vbox+tcp://host/system lxc:///", "store"]),
        ("LIBVIRT_DEBUG", &["x"]),
    ] {
        for value in values {
            assert_eq!(code(name, value), None, "{name}={value}");
        }
    }
}

#[test]
fn a_value_that_it_does_not_know_is_told_with_the_one_that_is_likely_meant() {
    for (name, value, expected) in [
        ("ON_BOOT", "strat", "write `start`"),
        ("ON_BOOT", "Start", "write `start`"),
        ("ON_BOOT", "start ", "write `start`"),
        ("ON_BOOT", "", "write `start` or `ignore`"),
        ("ON_SHUTDOWN", "suspnd", "write `suspend`"),
        ("ON_SHUTDOWN", "shut-down", "write `shutdown`"),
        ("ON_SHUTDOWN", "poweroff", "write `suspend` or `shutdown`"),
        ("URIS", "defualt", "write `default`"),
        ("URIS", "", "write `default`"),
    ] {
        assert_eq!(
            (code(name, value), help(name, value).as_deref()),
            (Some("unknown-value"), Some(expected)),
            "{name}"
        );
    }
    assert_eq!(help("SHUTDOWN_TIMEOUT", "300s").as_deref(), Some("write `300`"));
    assert_eq!(code("SHUTDOWN_TIMEOUT", "-1"), Some("out-of-range"));
    assert_eq!(code("PARALLEL_SHUTDOWN", "many"), Some("not-a-number"));
    assert_eq!(code("START_DELAY", "5x"), Some("not-a-number"));
    assert_eq!(code("BYPASS_CACHE", "no"), Some("yes-but-0"));
    assert_eq!(code("SYNC_TIME", ""), Some("yes-but-0"));
    assert_eq!(code("SYNC_TIME", "0 "), Some("yes-but-0"));
    assert_eq!(code("ON_BOT", "start"), Some("unknown-variable"));
    assert_eq!(help("SHUTDOWN_TIMOUT", "1").as_deref(), Some("`SHUTDOWN_TIMEOUT` is likely meant"));
}

/// The conditions as the script spells them, asked of the shell that runs it.
#[test]
fn a_shell_decides_as_is_said() {
    let holds = |condition: &str, value: &str| {
        let script = format!("v=$1; {condition}");
        let status = Command::new("sh").args(["-c", &script, "sh", value]).stderr(std::process::Stdio::null()).status();
        status.unwrap().success()
    };
    for value in ["abc", "300s", ""] {
        assert_eq!(code("SHUTDOWN_TIMEOUT", value), Some("not-a-number"));
        assert!(!holds("[ $v -gt 0 ]", value), "`{value}`: no limit");
        assert!(!holds("[ $v -lt 0 ]", value), "`{value}`: nor is it refused");
        assert!(!holds("[ \"$v\" -gt 1 ]", value), "`{value}`: nor are guests shut down together");
    }
    assert!(holds("[ $v -gt 0 ]", " 300 ") && holds("[ $v -lt 0 ]", "-1"));
    for (value, is_on) in [("0", false), ("no", true), ("", true), ("00", true)] {
        assert_eq!(holds("! test \"x$v\" = x0", value), is_on, "{value}");
    }
    for (value, waits) in [("0", true), ("0.1", true), ("0m", true), ("abc", false), ("5x", false), ("", false)] {
        assert_eq!(holds("sleep $v", value), waits, "{value}");
        assert_eq!(code("START_DELAY", value).is_none(), waits, "{value}");
    }
}
