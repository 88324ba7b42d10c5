//! How a realistic file is read and what is said of it, and the words of every refusal.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs)]

use std::fmt::Write;

use kvmprep_lossless::{EditError, Report, Request, Text};
use kvmprep_sysctl_conf::{Key, Reader, Statement, SysctlConf, SysctlFile, assignments, entries};

macro_rules! snapshot {
    ($name:literal, $text:expr) => {
        insta::with_settings!({
            snapshot_path => "../../../snapshots/sysctl-conf",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, { insta::assert_snapshot!($name, $text) });
    };
}

/// A drop-in as hosts have them after some years.
const GROWN: &str = "\
# Kernel settings of the virtualization hosts
#
#vm.overcommit_memory=0
vm.overcommit_memory = 1   # guests first
vm/swappiness = 60
kernel.core_pattern = |/usr/lib/systemd/systemd-coredump %P #%u
kernel.domainname = \"example.com\"

; bridges
net.bridge.bridge-nf-call-iptables = 0
net.ipv4.conf.*.rp_filter = 1
-net.ipv4.conf.eth0.rp_filter
net.ipv4.conf.eth0/100.rp_filter = 02
- net.ipv4.ip_forward = 1
[sysctl]
export kernel.pid_max=65536
vm.dirty_ratio =
-vm.swappiness = 1
-vm.dirty_ratio
-vm.*
= 5
";

fn outline(text: &Text<SysctlConf>, reader: Reader) -> String {
    let mut outline = format!("{reader}\n");
    for entry in entries(text, reader) {
        let what = match entry.statement {
            Statement::Comment => "comment".to_owned(),
            Statement::Exclusion(name) => format!("exclusion of {}", name.escape_ascii()),
            Statement::Bare(_) | Statement::Malformed => "malformed".to_owned(),
            Statement::Assignment(_) => match assignments(text, reader).find(|live| live.row == entry.row) {
                Some(live) => format!("{} is {:?}", live.key.path(), live.value.escape_ascii().to_string()),
                None => "no key".to_owned(),
            },
        };
        writeln!(outline, "{:>4} {:>3}..{:<3} {what}", entry.row + 1, entry.span.start, entry.span.end).unwrap();
    }
    outline
}

#[test]
fn a_grown_file_is_read_by_both() {
    let text = Text::read(SysctlConf::default(), GROWN);
    snapshot!("outline", [Reader::PROCPS, Reader::SYSTEMD].map(|reader| outline(&text, reader)).join("\n"));
}

#[test]
fn what_is_said_of_a_grown_file() {
    let file = SysctlFile::parse(GROWN);
    let path = "etc/sysctl.d/60-kvm.conf";
    let reports = file
        .diagnostics()
        .iter()
        .map(|diagnostic| Report { path, text: GROWN.as_bytes(), diagnostic }.to_string())
        .collect::<Vec<_>>();
    snapshot!("diagnostics", reports.join("\n"));
}

#[test]
fn a_grown_file_is_edited() {
    let mut file = SysctlFile::parse(GROWN);
    let key = |text: &str| text.parse::<Key>().unwrap();
    let requests = [
        Request::set(key("vm.overcommit_memory"), "2"),
        Request::set(key("vm.swappiness"), "1"),
        Request::set(key("net.ipv4.ip_forward"), "0"),
        Request::set(key("net.ipv4.conf.eth0.rp_filter"), "2"),
        Request::disable(key("kernel.domainname")),
        Request::unset(key("kernel.core_pattern")),
    ];
    for request in requests {
        file.apply(&request).unwrap();
    }
    snapshot!("edits", file.unified_diff("etc/sysctl.d/60-kvm.conf").to_string());
}

/// What the virtualization chapter asks of a host, in the files of three distributions.
#[test]
fn the_files_of_hosts_are_edited() {
    let key = |text: &str| text.parse::<Key>().unwrap();
    let mut diffs = String::new();
    for host_file in [
        "el6/etc/sysctl.conf",
        "el9/etc/sysctl.conf",
        "el9/etc/sysctl.d/60-guests.conf",
        "el9/usr/lib/sysctl.d/50-default.conf",
        "debian12/etc/sysctl.conf",
        "debian12/etc/sysctl.d/30-kvm.conf",
    ] {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/hosts");
        let mut file = SysctlFile::parse(std::fs::read(format!("{root}/{host_file}")).unwrap());
        for name in ["vm.overcommit_memory", "vm.swappiness"] {
            for note in file.apply(&Request::set(key(name), "1")).unwrap().notes() {
                writeln!(diffs, "{host_file}: {}[{}]: {}", note.severity, note.code, note.message).unwrap();
            }
        }
        write!(diffs, "{}", file.unified_diff(host_file)).unwrap();
    }
    snapshot!("hosts", diffs);
}

#[test]
fn refusals_say_what_and_why_and_how_to_go_on() {
    let set = |key: &str, value: &str| Request::set(key.parse::<Key>().unwrap(), value);
    let key = || "vm.swappiness".parse::<Key>().unwrap();
    let long = ["# ", &"x".repeat(1 << 20)].concat();
    let refused: Vec<(&str, Request<Key>)> = vec![
        ("", Request::add(key(), "1")),
        ("", Request::set_all(key(), ["1", "2"])),
        ("", set("vm.swappiness", "")),
        ("", set("vm.swappiness", " 1")),
        ("", set("vm.swappiness", "10 # low")),
        ("", set("vm.swappiness", &"1".repeat(4096))),
        ("", set("vm..swappiness", "1")),
        ("", set("vm.*", "1")),
        ("", set("vm.swap piness", "1")),
        ("- vm.swappiness = 60\n", Request::unset(key())),
        ("# a\nvm.x = \0\n", set("vm.swappiness", "1")),
        ("# a\n# old\rvm.x = 1\n", set("vm.swappiness", "1")),
        ("\u{feff}# a\n", set("vm.swappiness", "1")),
        (&long, set("vm.swappiness", "1")),
    ];
    let mut said = String::new();
    for (text, request) in refused {
        let Err(EditError::Refused(refusal)) = SysctlFile::parse(text).apply(&request) else { panic!("{request:?}") };
        let shown = if text.len() < 100 { text } else { "" };
        let mut diagnostic = *refusal.0;
        diagnostic.span = diagnostic.span.filter(|_| !shown.is_empty());
        writeln!(said, "{}", Report { path: "etc/sysctl.conf", text: shown.as_bytes(), diagnostic: &diagnostic })
            .unwrap();
    }
    for text in ["", "a=b", " a", "#a", "a/../b"] {
        writeln!(said, "{}", text.parse::<Key>().unwrap_err()).unwrap();
    }
    snapshot!("refusals", said);
}
