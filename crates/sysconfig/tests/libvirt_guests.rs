//! The file that this format is mostly about, as RHEL 6 ships it.
#![allow(clippy::unwrap_used, missing_docs)]

use kvmprep_lossless::{Absent, Request};
use kvmprep_sysconfig::{Key, SysconfigFile};

const STOCK: &str = include_str!("../../../testdata/sysconfig/libvirt-guests");

fn key(name: &str) -> Key {
    name.parse().unwrap()
}

#[test]
fn uncomment_in_place_in_libvirt_guests_augeas_appends() {
    for (name, value, default, line) in [
        ("ON_BOOT", "ignore", "#ON_BOOT=start", "ON_BOOT=ignore"),
        ("ON_SHUTDOWN", "shutdown", "#ON_SHUTDOWN=suspend", "ON_SHUTDOWN=shutdown"),
        ("SHUTDOWN_TIMEOUT", "600", "#SHUTDOWN_TIMEOUT=300", "SHUTDOWN_TIMEOUT=600"),
        ("URIS", "default lxc:///", "#URIS=default", "URIS=\"default lxc:///\""),
        ("PARALLEL_SHUTDOWN", "4", "#PARALLEL_SHUTDOWN=0", "PARALLEL_SHUTDOWN=4"),
        ("START_DELAY", "5", "#START_DELAY=0", "START_DELAY=5"),
        ("BYPASS_CACHE", "1", "#BYPASS_CACHE=0", "BYPASS_CACHE=1"),
    ] {
        assert_eq!(STOCK.matches(&format!("\n{default}\n")).count(), 1, "{default}");
        let mut file = SysconfigFile::parse(STOCK);
        assert!(file.apply(&Request::set(key(name), value)).unwrap().is_made());
        let wanted = STOCK.replace(&format!("\n{default}\n"), &format!("\n{line}\n"));
        assert_eq!(String::from_utf8(file.to_bytes()).unwrap(), wanted, "{name}");
        assert_eq!(file.patch().splices().len(), 1, "{name}: one line and nothing else");
    }
}

#[test]
fn uncomment_in_place_with_windows_line_ends() {
    let stock = STOCK.replace('\n', "\r\n");
    let mut file = SysconfigFile::parse(stock.as_str());
    file.apply(&Request::set(key("ON_SHUTDOWN"), "shutdown")).unwrap();
    let wanted = stock.replace("\r\n#ON_SHUTDOWN=suspend\r\n", "\r\nON_SHUTDOWN=shutdown\n");
    assert_eq!(String::from_utf8(file.to_bytes()).unwrap(), wanted);
}

#[test]
fn keep_the_default_and_write_below_it() {
    let mut file = SysconfigFile::parse(STOCK);
    file.apply(&Request::set(key("ON_BOOT"), "ignore").absent(Absent::InsertBelow)).unwrap();
    let wanted = STOCK.replace("#ON_BOOT=start\n", "#ON_BOOT=start\nON_BOOT=ignore\n");
    assert_eq!(String::from_utf8(file.to_bytes()).unwrap(), wanted);
}

#[test]
fn the_stock_file_sets_nothing_and_is_clean() {
    let file = SysconfigFile::parse(STOCK);
    assert!(file.settings().is_empty());
    assert!(file.diagnostics().is_empty());
}
