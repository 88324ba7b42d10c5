//! What a root shows of the files below it, and that nothing leads out.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;

use kvmprep_host_files::{Content, Digest, LIMIT, Root};
use kvmprep_lossless::files::{Entry, Files, FilesError, Found};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;

/// A root with `etc/hosts` in it, beside a secret that must never be seen.
struct Host {
    folder: TempDir,
    root: Root,
}

impl Host {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("root/etc/conf.d")).unwrap();
        fs::write(folder.path().join("root/etc/hosts"), "inside").unwrap();
        fs::write(folder.path().join("secret"), "outside").unwrap();
        let root = Root::open(folder.path().join("root")).unwrap();
        Self { folder, root }
    }

    fn link(&self, name: &str, to: impl AsRef<Path>) -> &Self {
        symlink(to, self.path(name)).unwrap();
        self
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join("root").join(name)
    }

    fn look(&self, path: &str) -> Result<Found, FilesError> {
        self.root.look(path.into())
    }

    fn entry(&self, path: &str) -> Entry {
        self.look(path).unwrap().entry
    }
}

fn file(text: &str) -> Entry {
    Entry::File(text.as_bytes().into())
}

fn found(real: &str, entry: Entry) -> Result<Found, FilesError> {
    Ok(Found { real: real.into(), entry })
}

#[test]
fn a_file_a_directory_and_nothing() {
    let host = Host::new();
    assert_eq!(host.look("/etc/hosts"), found("/etc/hosts", file("inside")));
    assert_eq!(host.look("/etc"), found("/etc", Entry::Directory(vec!["conf.d".into(), "hosts".into()])));
    assert_eq!(host.look("/"), found("/", Entry::Directory(vec!["etc".into()])));
    assert_eq!(host.look("/etc/none"), found("/etc/none", Entry::Absent));
    assert_eq!(host.look("/none/of/this"), found("/none/of/this", Entry::Absent));
    assert_eq!(host.look("/etc/hosts/below"), found("/etc/hosts/below", Entry::Absent));
}

#[test]
fn dots_stay_inside() {
    let host = Host::new();
    for path in ["/etc/../etc/./hosts", "/../../etc/hosts", "etc/hosts", "/etc/conf.d/../hosts", "//etc//hosts/"] {
        assert_eq!(host.look(path), found("/etc/hosts", file("inside")), "{path}");
    }
    assert_eq!(host.look("/../secret"), found("/secret", Entry::Absent));
    assert_eq!(host.look("/etc/.."), found("/", Entry::Directory(vec!["etc".into()])));
}

#[test]
fn links_are_followed_inside_the_root() {
    let host = Host::new();
    host.link("etc/relative", "hosts")
        .link("etc/absolute", "/etc/hosts")
        .link("etc/chain", "/etc/conf.d/../relative")
        .link("etc/conf.d/up", "../../../../../etc/hosts")
        .link("config", "/etc");
    for path in ["/etc/relative", "/etc/absolute", "/etc/chain", "/etc/conf.d/up", "/config/hosts", "/config/absolute"]
    {
        assert_eq!(host.look(path), found("/etc/hosts", file("inside")), "{path}");
    }
}

#[test]
fn no_link_leads_out() {
    let host = Host::new();
    let outside = host.folder.path().join("secret");
    let shapes = [
        outside.clone(),
        host.folder.path().to_owned(),
        "../secret".into(),
        "../../secret".into(),
        "/../secret".into(),
        "../../../../../../../../../../etc/passwd".into(),
        "/proc/self/root/etc/passwd".into(),
        "/proc/self/cwd".into(),
        "conf.d/../../../secret".into(),
        "./.././../secret".into(),
    ];
    for (number, target) in shapes.iter().enumerate() {
        let name = format!("etc/escape{number}");
        host.link(&name, target);
        assert_eq!(host.entry(&format!("/{name}")), Entry::Absent, "{}", target.display());
        assert_eq!(host.entry(&format!("/{name}/secret")), Entry::Absent, "{}", target.display());
    }
    host.link("away", "..");
    assert_eq!(host.look("/away/secret"), found("/secret", Entry::Absent));
}

#[test]
fn an_absent_name_behind_a_link_has_its_real_path() {
    let host = Host::new();
    host.link("etc/dangling", "conf.d/new.conf").link("config", "/etc/conf.d");
    assert_eq!(host.look("/etc/dangling"), found("/etc/conf.d/new.conf", Entry::Absent));
    assert_eq!(host.look("/config/x.conf"), found("/etc/conf.d/x.conf", Entry::Absent));
}

#[test]
fn what_masks_is_a_device_though_the_tree_has_none() {
    let host = Host::new();
    host.link("etc/masked.conf", "/dev/null");
    assert_eq!(host.look("/etc/masked.conf"), found("/dev/null", Entry::Other));
}

#[test]
fn forty_links_and_no_more() {
    let host = Host::new();
    host.link("link0", "etc/hosts").link("loop", "loop").link("etc/here", ".");
    for number in 1..=40 {
        host.link(&format!("link{number}"), format!("link{}", number - 1));
    }
    assert_eq!(host.entry("/link39"), file("inside"));
    for path in ["/link40", "/loop", "/loop/hosts", &format!("/etc{}/hosts", "/here".repeat(41))] {
        assert_eq!(host.look(path).unwrap_err().why, "more than 40 links, or links in a circle", "{path}");
    }
}

#[test]
fn a_link_to_a_name_that_is_not_utf8_is_an_answer() {
    let host = Host::new();
    host.link("etc/odd", std::ffi::OsStr::from_bytes(b"\xa4\xa2"));
    assert_eq!(host.look("/etc/odd").unwrap_err().why, "/etc/odd leads to a name that is not UTF-8");
}

#[test]
fn names_in_a_listing_are_bytes_in_byte_order() {
    let host = Host::new();
    for name in [&b"b"[..], b"B", b"10-a", b"9-b", b".hidden", b"\xa4\xa2.conf"] {
        fs::write(host.path("etc/conf.d").join(std::ffi::OsStr::from_bytes(name)), "").unwrap();
    }
    let Entry::Directory(names) = host.entry("/etc/conf.d") else { panic!("a directory") };
    assert_eq!(names, [&b".hidden"[..], b"10-a", b"9-b", b"B", b"b", b"\xa4\xa2.conf"]);
}

#[test]
fn pipes_sockets_and_devices_are_not_opened() {
    let host = Host::new();
    mknodat(CWD, host.path("etc/pipe"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(host.path("etc/socket")).unwrap();
    assert_eq!(host.entry("/etc/pipe"), Entry::Other);
    assert_eq!(host.entry("/etc/socket"), Entry::Other);
    assert_eq!(Root::open("/").unwrap().look("/dev/null".into()).unwrap().entry, Entry::Other);
}

#[test]
fn the_limit_holds_for_what_a_file_claims() {
    let host = Host::new();
    fs::File::create(host.path("huge")).unwrap().set_len(LIMIT + 1).unwrap();
    assert_eq!(host.look("/huge").unwrap_err().why, "is larger than 64 MiB");
}

#[test]
fn a_file_that_claims_to_be_empty_is_read_to_its_end() {
    let system = Root::open("/").unwrap();
    match system.look("/proc/version".into()).unwrap().entry {
        Entry::File(bytes) => assert!(!bytes.is_empty()),
        Entry::Absent => println!("skipped: no /proc"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_path_is_read_once_and_remembered() {
    let host = Host::new();
    host.link("etc/alias", "hosts");
    assert_eq!(host.entry("/etc/hosts"), file("inside"));
    fs::write(host.path("etc/hosts"), "later").unwrap();
    assert_eq!(host.entry("/etc/hosts"), file("inside"));
    assert_eq!(host.entry("/etc/alias"), file("inside"), "one file, one reading, whatever its name");

    host.entry("/etc/none");
    host.link("etc/loop", "loop");
    host.look("/etc/loop").unwrap_err();
    let reads: Vec<_> = host
        .root
        .reads()
        .into_iter()
        .map(|read| (read.path.into_string(), read.real.into_string(), read.content))
        .collect();
    let inside = Content::File(Digest::of(b"inside"));
    let expected = [
        ("/etc/alias", "/etc/hosts", inside),
        ("/etc/hosts", "/etc/hosts", inside),
        ("/etc/loop", "/etc/loop", Content::Unreadable),
        ("/etc/none", "/etc/none", Content::Absent),
    ];
    assert_eq!(reads, expected.map(|(path, real, content)| (path.to_owned(), real.to_owned(), content)));
}

#[test]
fn a_root_must_be_a_directory() {
    let host = Host::new();
    assert!(Root::open(host.path("etc/hosts")).is_err());
    let message = Root::open(host.path("none")).unwrap_err().to_string();
    assert!(message.contains("none: No such file or directory"), "{message}");
}

#[test]
fn the_sample_hosts_are_read_through_their_links() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/hosts");
    let el9 = Root::open(samples.join("el9")).unwrap();
    let policy = el9.look("/etc/crypto-policies/back-ends/opensshserver.config".into()).unwrap();
    assert_eq!(policy.real, "/usr/share/crypto-policies/DEFAULT/opensshserver.txt");
    assert!(matches!(policy.entry, Entry::File(bytes) if bytes.starts_with(b"Ciphers ")));
    assert_eq!(el9.look("/etc/sysctl.d/99-sysctl.conf".into()).unwrap().real, "/etc/sysctl.conf");
    let debian12 = Root::open(samples.join("debian12")).unwrap();
    assert_eq!(debian12.look("/etc/multipath.conf".into()).unwrap().entry, Entry::Absent);
}
