//! Who takes what for a key over all files, why, and what is shadowed.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs)]

mod tree;

use camino::Utf8Path;
use kvmprep_host_files::Root;
use kvmprep_lossless::effective::{Effective, Explanation, Host};
use kvmprep_lossless::files::{Files, FilesError, Found, Location, MemoryFiles};
use kvmprep_lossless::{Place, Value};
use kvmprep_sysctl_conf::{Kernel, Key, MAIN_FILE, Situation, SysctlConf};
use tree::Tree;

fn explained(files: &dyn Files, path: &str, key: &str) -> Explanation<Key> {
    explained_in(&Situation::default(), files, path, key)
}

fn explained_in(situation: &Situation, files: &dyn Files, path: &str, key: &str) -> Explanation<Key> {
    SysctlConf::default().explain(Host { files, path: path.into() }, situation, &key.parse().unwrap())
}

/// `consumer: value at path:line, over path:line: why`
fn decisions(explanation: &Explanation<Key>) -> Vec<String> {
    let place = |at: &Location| {
        let source = &explanation.sources[at.source];
        format!("{}:{}", source.path, Place::of(&source.text, at.span.start).line)
    };
    let places = |places: &[Location]| places.iter().map(place).collect::<Vec<_>>().join(", ");
    let told = |decision: &kvmprep_lossless::effective::Decision<Key>| {
        let value = match &decision.value {
            Some(Value::Known(values)) => values[0].to_string(),
            Some(Value::Unknown(_)) => "?".to_owned(),
            None => "-".to_owned(),
        };
        let at = if decision.at.is_empty() { String::new() } else { format!(" at {}", places(&decision.at)) };
        let over =
            if decision.shadowed.is_empty() { String::new() } else { format!(", over {}", places(&decision.shadowed)) };
        format!("{} {}: {value}{at}{over}: {}", decision.point.consumer, decision.point.key, decision.why)
    };
    explanation.decisions.iter().map(told).collect()
}

fn codes(explanation: &Explanation<Key>) -> Vec<&'static str> {
    explanation.findings.iter().map(|finding| finding.diagnostic.code).collect()
}

fn messages(explanation: &Explanation<Key>) -> Vec<&str> {
    explanation.findings.iter().map(|finding| finding.diagnostic.message.as_str()).collect()
}

fn root(name: &str) -> Root {
    let path = format!("{}/../../testdata/hosts/{name}", env!("CARGO_MANIFEST_DIR"));
    Root::open(path).unwrap().allow_unsafe_directories()
}

const LINKED: (&str, &str) = ("/etc/sysctl.d/99-sysctl.conf", "../sysctl.conf");

/// Debian's shape: the main file, and the link by which boot reads it.
fn linked(main: &str) -> Tree {
    Tree::default().with(MAIN_FILE, main).linked(LINKED.0, LINKED.1)
}

#[test]
fn the_main_file_wins_over_a_drop_in_through_its_link_and_by_itself() {
    let explanation = explained(&root("debian12"), "/etc/sysctl.d/30-kvm.conf", "vm.swappiness");
    assert_eq!(
        decisions(&explanation),
        [
            "sysctl --system vm/swappiness: 40 at /etc/sysctl.conf:22, over /etc/sysctl.d/30-kvm.conf:2, /etc/sysctl.d/99-sysctl.conf:22: sysctl.conf is read last by `sysctl --system`",
            "systemd-sysctl vm/swappiness: 40 at /etc/sysctl.d/99-sysctl.conf:22, over /etc/sysctl.d/30-kvm.conf:2: the last file name in byte order wins",
        ]
    );
    assert_eq!(codes(&explanation), Vec::<&str>::new());
    let main = &explanation.sources[explanation.decisions[0].at[0].source];
    let link = &explanation.sources[explanation.decisions[1].at[0].source];
    assert_eq!((main.real.as_str(), link.real.as_str()), (MAIN_FILE, MAIN_FILE));
}

#[test]
fn patterns_exclusions_and_explicit_keys_are_told_apart() {
    let el9 = root("el9");
    let told = |key: &str| decisions(&explained(&el9, MAIN_FILE, key)).pop().unwrap();
    let defaults = "/usr/lib/sysctl.d/50-default.conf";
    assert_eq!(
        told("net.ipv4.conf.default.rp_filter"),
        format!(
            "systemd-sysctl net.ipv4.conf.default.rp_filter: 2 at {defaults}:10, over {defaults}:11: an explicit key beats every pattern"
        )
    );
    assert_eq!(
        told("net.ipv4.conf.eth0.rp_filter"),
        format!(
            "systemd-sysctl net.ipv4.conf.eth0.rp_filter: 2 at {defaults}:11: the pattern `net.ipv4.conf.*.rp_filter` reaches it"
        )
    );
    assert_eq!(
        told("net.ipv4.conf.all.rp_filter"),
        format!(
            "systemd-sysctl net.ipv4.conf.all.rp_filter: -, over {defaults}:11: an exclusion keeps patterns off the key"
        )
    );
    assert_eq!(
        told("kernel.pid_max"),
        "systemd-sysctl kernel.pid_max: -: no file sets it: the kernel keeps its own value"
    );
}

#[test]
fn a_pattern_as_a_key_tells_of_what_it_reaches_as_well() {
    let kernel = Kernel::new(["net/ipv4/conf/all/rp_filter", "net/ipv4/conf/eth0.100/rp_filter"]);
    let situation = Situation { kernel: Some(kernel), ..Situation::default() };
    let explanation = explained_in(&situation, &root("el9"), MAIN_FILE, "net.ipv4.conf.*.rp_filter");
    let keys: Vec<_> = explanation.decisions.iter().map(|decision| decision.point.key.to_string()).collect();
    let each = [
        "net.ipv4.conf.*.rp_filter",
        "net.ipv4.conf.default.rp_filter",
        "net.ipv4.conf.all.rp_filter",
        "net.ipv4.conf.eth0/100.rp_filter",
    ];
    assert_eq!(keys, [each, each].concat());
}

/// Case `tree-99-kvm-loses`.
#[test]
fn a_drop_in_that_sorts_before_the_link_is_void_for_both() {
    let tree = linked("vm.swappiness = 60\n").with("/etc/sysctl.d/99-kvm.conf", "vm.swappiness = 1\n");
    let explanation = explained(&tree, "/etc/sysctl.d/99-kvm.conf", "vm.swappiness");
    let values: Vec<_> = explanation.decisions.iter().map(|decision| decision.value.clone().unwrap()).collect();
    assert_eq!(values, [Value::Known(vec!["60".into()]), Value::Known(vec!["60".into()])]);
    assert!(explanation.decisions.iter().all(|decision| decision.shadowed[0].source == 0), "the drop-in is read first");
}

/// Case `tree-zz-kvm-splits`.
#[test]
fn a_drop_in_behind_the_link_splits_boot_and_system() {
    let tree = linked("vm.swappiness = 60\n").with("/etc/sysctl.d/zz-kvm.conf", "vm.swappiness = 1\n");
    let explanation = explained(&tree, "/etc/sysctl.d/zz-kvm.conf", "vm.swappiness");
    assert_eq!(
        decisions(&explanation),
        [
            "sysctl --system vm.swappiness: 60 at /etc/sysctl.conf:1, over /etc/sysctl.d/99-sysctl.conf:1, /etc/sysctl.d/zz-kvm.conf:1: sysctl.conf is read last by `sysctl --system`",
            "systemd-sysctl vm.swappiness: 1 at /etc/sysctl.d/zz-kvm.conf:1, over /etc/sysctl.d/99-sysctl.conf:1: the last file name in byte order wins",
        ]
    );
    assert_eq!(messages(&explanation), ["`sysctl --system` takes `60`, and `systemd-sysctl` `1`"]);
}

#[test]
fn boot_does_not_read_the_main_file_without_a_link() {
    let tree = Tree::default().with(MAIN_FILE, "vm.swappiness = 60\n");
    let explanation = explained(&tree, MAIN_FILE, "vm.swappiness");
    assert_eq!(codes(&explanation), ["main-file-not-at-boot", "readers-differ"]);
    assert_eq!(explanation.decisions[1].value, None);
    assert_eq!(codes(&explained(&linked("vm.swappiness = 60\n"), MAIN_FILE, "vm.swappiness")), Vec::<&str>::new());
    let other = tree.with("/etc/sysctl.d/10-a.conf", "kernel.pid_max = 1\n");
    assert_eq!(codes(&explained(&other, "/etc/sysctl.d/10-a.conf", "kernel.pid_max")), Vec::<&str>::new());
}

/// Cases `tree-same-name`, `tree-mask`.
#[test]
fn a_masked_file_is_named_with_the_one_that_masks_it() {
    let tree = Tree::default()
        .with("/usr/lib/sysctl.d/x.conf", "vm.swappiness = 5\n")
        .linked("/etc/sysctl.d/x.conf", "/dev/null");
    let explanation = explained(&tree, "/usr/lib/sysctl.d/x.conf", "vm.swappiness");
    let masks = "/etc/sysctl.d/x.conf masks /usr/lib/sysctl.d/x.conf whole";
    assert_eq!(
        decisions(&explanation)[1],
        format!(
            "systemd-sysctl vm.swappiness: -, over /usr/lib/sysctl.d/x.conf:1: no file sets it: the kernel keeps its own value, and {masks}"
        )
    );
    assert_eq!(messages(&explanation), ["this file is not read: /etc/sysctl.d/x.conf has its name and masks it whole"]);
    let later = tree.with("/etc/sysctl.d/y.conf", "vm.swappiness = 6\n");
    assert_eq!(
        explained(&later, MAIN_FILE, "vm.swappiness").decisions[1].why,
        "it is set once",
        "x would not have won"
    );
}

#[test]
fn what_a_masked_file_sets_is_shadowed_where_its_name_stands() {
    let tree = Tree::default()
        .with("/etc/sysctl.d/10-a.conf", "vm.swappiness = 1\n")
        .with("/usr/lib/sysctl.d/50-b.conf", "vm.swappiness = 2\nvm.swap* = 3\n")
        .with("/etc/sysctl.d/50-b.conf", "vm.swappiness = 4\n")
        .with("/run/sysctl.d/50-b.conf", "vm.dirty_ratio = 5\n")
        .with("/etc/sysctl.d/90-c.conf", "vm.swappiness = 6\n");
    let explanation = explained(&tree, "/etc/sysctl.d/90-c.conf", "vm.swappiness");
    for decision in &explanation.decisions {
        let told = decision.shadowed.iter().map(|at| {
            let source = &explanation.sources[at.source];
            (source.path.as_str(), at.span.of(&source.text), explanation.is_masked(at.source))
        });
        let expected: [(&str, &[u8], bool); 4] = [
            ("/etc/sysctl.d/10-a.conf", b"1", false),
            ("/usr/lib/sysctl.d/50-b.conf", b"2", true),
            ("/usr/lib/sysctl.d/50-b.conf", b"3", true),
            ("/etc/sysctl.d/50-b.conf", b"4", false),
        ];
        assert_eq!(told.collect::<Vec<_>>(), expected, "{}", decision.point.consumer);
        assert_eq!(decision.why, "the last file name in byte order wins", "what is masked is not what it wins over");
    }
    let finding = &explanation.findings[0];
    assert_eq!(
        (finding.diagnostic.code, finding.diagnostic.span.unwrap().of(b"vm.swappiness = 2\nvm.swap* = 3\n")),
        ("masked", &b"3"[..])
    );
    assert_eq!(
        explanation.sources.len(),
        4,
        "one that says nothing of the key is no finding: {:?}",
        messages(&explanation)
    );
}

#[test]
fn one_directory_under_two_names_masks_nothing() {
    let merged = Merged(MemoryFiles::new().with("/usr/lib/sysctl.d/x.conf", "vm.swappiness = 5\n"));
    let explanation = explained(&merged, "/usr/lib/sysctl.d/x.conf", "vm.swappiness");
    assert_eq!((explanation.decisions[1].why.as_str(), codes(&explanation)), ("it is set once", Vec::new()));
}

/// /lib is a link to usr/lib.
struct Merged(MemoryFiles);

impl Files for Merged {
    fn look(&self, path: &Utf8Path) -> Result<Found, FilesError> {
        match path.strip_prefix("/lib") {
            Ok(below) => self.0.look(&Utf8Path::new("/usr/lib").join(below)),
            Err(_) => self.0.look(path),
        }
    }
}

#[test]
fn a_file_that_no_reader_takes_is_told_so() {
    let tree =
        Tree::default().with("/etc/sysctl.d/old.conf.bak", "vm.swappiness = 1\n").with("/etc/sysctl.d/.h.conf", "");
    assert_eq!(
        messages(&explained(&tree, "/etc/sysctl.d/old.conf.bak", "vm.swappiness")),
        [
            "sysctl --system does not read /etc/sysctl.d/old.conf.bak: its name does not end in `.conf`",
            "systemd-sysctl does not read /etc/sysctl.d/old.conf.bak: its name does not end in `.conf`",
        ]
    );
    assert_eq!(
        messages(&explained(&tree, "/etc/sysctl.d/.h.conf", "vm.swappiness")),
        ["systemd-sysctl does not read /etc/sysctl.d/.h.conf: its name begins with a dot"]
    );
}

#[test]
fn a_file_elsewhere_is_taken_by_itself() {
    let files = linked("vm.swappiness = 60\n").with("/srv/kvm.conf", "vm.swappiness = 1\nvm.swappiness = 2\n");
    let explanation = explained(&files, "/srv/kvm.conf", "vm.swappiness");
    assert_eq!(
        decisions(&explanation),
        [
            "sysctl -p /srv/kvm.conf vm.swappiness: 2 at /srv/kvm.conf:2, over /srv/kvm.conf:1: the last line of the file wins",
            "systemd-sysctl /srv/kvm.conf vm.swappiness: 2 at /srv/kvm.conf:2, over /srv/kvm.conf:1: the last line of the file wins",
        ]
    );
    let linked = files.linked("/etc/sysctl.d/zz.conf", "../kvm.conf").with("/etc/kvm.conf", "vm.swappiness = 3\n");
    let explanation = explained(&linked, "/etc/kvm.conf", "vm.swappiness");
    assert_eq!(explanation.decisions[1].point.consumer, "systemd-sysctl", "a name in sysctl.d leads to it");
    let absent = explained(&Tree::default(), "/srv/none.conf", "vm.swappiness");
    assert_eq!((codes(&absent), &absent.decisions[0].value), (vec!["missing"], &None));
}

/// Case `explicit-then-exclude`.
#[test]
fn systemd_drops_what_a_later_file_excludes() {
    let tree = Tree::default()
        .with("/etc/sysctl.d/a.conf", "vm.swappiness = 1\n")
        .with("/etc/sysctl.d/b.conf", "-vm.swappiness\n");
    assert_eq!(
        decisions(&explained(&tree, "/etc/sysctl.d/a.conf", "vm.swappiness")),
        [
            "sysctl --system vm.swappiness: 1 at /etc/sysctl.d/a.conf:1: it is set once",
            "systemd-sysctl vm.swappiness: -, over /etc/sysctl.d/a.conf:1: a later line excludes the key, and systemd drops what is set above it",
        ]
    );
}

/// Files of which one may not be read.
struct Denied(Tree, &'static str);

impl Files for Denied {
    fn look(&self, path: &Utf8Path) -> Result<Found, FilesError> {
        if path == self.1 {
            return Err(FilesError { path: path.to_owned(), why: "permission denied".to_owned() });
        }
        self.0.look(path)
    }
}

#[test]
fn what_hangs_on_a_file_that_cannot_be_read_is_unknown_and_nothing_else() {
    let tree = Tree::default()
        .with("/etc/sysctl.d/a.conf", "vm.swappiness = 1\nvm.* = 5\n")
        .with("/etc/sysctl.d/b.conf", "")
        .with("/etc/sysctl.d/c.conf", "vm.dirty_ratio = 2\n");
    let values = |denied: &'static str, key: &str| -> Vec<bool> {
        let explanation = explained(&Denied(tree.clone(), denied), MAIN_FILE, key);
        explanation.decisions.iter().map(|decision| matches!(decision.value, Some(Value::Known(_)))).collect()
    };
    let b = "/etc/sysctl.d/b.conf";
    assert_eq!(values(b, "vm.dirty_ratio"), [true, true], "a later file sets it");
    assert_eq!(values(b, "vm.swappiness"), [false, false], "the file may set it again");
    assert_eq!(values(b, "vm.nr_hugepages"), [false, false], "the file may set what a pattern reaches");
    assert_eq!(values("/etc/sysctl.d", "vm.dirty_ratio"), [false, false], "there may be files behind");
    let explanation = explained(&Denied(tree, b), "/etc/sysctl.d/a.conf", "vm.swappiness");
    assert_eq!(codes(&explanation), ["not-read"]);
    assert_eq!(explanation.decisions[0].why, "what /etc/sysctl.d/b.conf says is not known: permission denied");
}

#[test]
fn what_the_kernel_runs_with_is_compared_as_numbers() {
    let tree = Tree::default().with(
        "/etc/sysctl.d/a.conf",
        "vm.swappiness = 0x0a\nnet.ipv4.ip_local_port_range = 1024 65000\nvm.no_such = 1\n",
    );
    let paths = ["vm/swappiness", "net/ipv4/ip_local_port_range"];
    let running = |swappiness: &str| Situation {
        kernel: Some(Kernel::new(paths)),
        running: [(paths[0].into(), swappiness.into()), (paths[1].into(), "1024\t65000".into())].into(),
    };
    let codes_of =
        |swappiness: &str, key: &str| codes(&explained_in(&running(swappiness), &tree, "/etc/sysctl.d/a.conf", key));
    assert_eq!(codes_of("10", "vm.swappiness"), Vec::<&str>::new());
    assert_eq!(codes_of("60", "vm.swappiness"), ["running-differs", "running-differs"]);
    assert_eq!(codes_of("10", "net.ipv4.ip_local_port_range"), Vec::<&str>::new());
    assert_eq!(codes_of("10", "vm.no_such"), ["unknown-key"]);
}

#[test]
fn the_values_of_two_hosts_differ_in_what_an_edit_asks_for() {
    let values = |main: &str| {
        let tree = linked(main).with("/etc/sysctl.d/10-a.conf", "vm.* = 5\nvm.dirty_ratio = 2\n");
        let situation = Situation { kernel: Some(Kernel::new(["vm/swappiness", "vm/stat"])), ..Situation::default() };
        SysctlConf::default().values(Host { files: &tree, path: MAIN_FILE.into() }, &situation)
    };
    let (before, after) = (values(""), values("vm.swappiness = 1\n"));
    let moved: Vec<_> = after.iter().filter(|(point, value)| before.get(point) != Some(value)).collect();
    let moved: Vec<_> = moved.iter().map(|(point, _)| (point.consumer.as_str(), point.key.to_string())).collect();
    assert_eq!(
        moved,
        [("sysctl --system", "vm.swappiness".to_owned()), ("systemd-sysctl", "vm.swappiness".to_owned())]
    );
    assert_eq!(before.len(), 8, "the pattern, its two keys and dirty_ratio, for each consumer");
}

#[test]
fn a_pattern_is_meant_to_move_what_it_reaches() {
    let dialect = SysctlConf::default();
    let moved = |key: &str| kvmprep_lossless::effective::Point {
        consumer: "systemd-sysctl".to_owned(),
        when: None,
        key: key.parse::<Key>().unwrap(),
    };
    let covers = |asked: &str, key: &str| dialect.covers(&asked.parse().unwrap(), &moved(key));
    assert!(covers("vm.*", "vm/swappiness") && covers("vm.swappiness", "vm/swappiness"));
    assert!(!covers("vm.*", "kernel.pid_max") && !covers("vm.swappiness", "vm.*"));
}

#[test]
fn new_files_sort_behind_the_link_to_the_main_file() {
    let drop_ins = SysctlConf::DROP_INS.unwrap();
    assert!(drop_ins.names.is_sorted() && drop_ins.names.iter().all(|name| *name > "99-sysctl.conf"));
}
