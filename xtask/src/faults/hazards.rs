//! File systems and files that are not as one expects them, each laid out in a private mount namespace.

use std::fs;
use std::path::Path;

use super::tree::Tree;
use crate::oracle::machine::{Fault, Namespace, scratch};

/// What is in the way of a write to etc/hosts.
struct Hazard {
    name: &'static str,
    /// Lays it out below `$root`; `$out` is a directory beside it. What fails here cannot be tried on this machine.
    lay_out: &'static str,
    /// The exit status, and whether the file is new then.
    ends: (i32, bool),
}

const HAZARDS: [Hazard; 8] = [
    Hazard {
        name: "bind mount",
        lay_out: "cp $root/etc/hosts $out/mounted; mount --bind $out/mounted $root/etc/hosts",
        ends: (0, true),
    },
    Hazard {
        name: "mounted inside",
        lay_out: "cp -r $root/etc $out/etc; mount --bind $out/etc $root/etc",
        ends: (0, true),
    },
    Hazard { name: "read-only", lay_out: "mount --bind $root $root; mount -o remount,bind,ro $root", ends: (5, false) },
    Hazard {
        name: "full file system",
        lay_out: "cp $root/etc/hosts $out/hosts; mount -t tmpfs -o size=16k,mode=755 none $root/etc; \
                  cp $out/hosts $root/etc/hosts; ! dd if=/dev/zero of=$root/etc/fill bs=4k count=9 2>/dev/null",
        ends: (5, false),
    },
    Hazard {
        name: "full state directory",
        lay_out: "mkdir -p $root/var/lib; mount -t tmpfs -o size=4k,mode=755 none $root/var/lib; \
                  ! dd if=/dev/zero of=$root/var/lib/fill bs=4k count=9 2>/dev/null",
        ends: (5, false),
    },
    Hazard {
        name: "no inodes left",
        lay_out: "cp $root/etc/hosts $out/hosts; mount -t tmpfs -o nr_inodes=2,mode=755 none $root/etc; \
                  cp $out/hosts $root/etc/hosts",
        ends: (5, false),
    },
    Hazard {
        name: "overlay",
        lay_out: "mkdir $out/upper $out/work; \
                  mount -t overlay -o lowerdir=$root,upperdir=$out/upper,workdir=$out/work none $root",
        ends: (0, true),
    },
    Hazard { name: "no /proc", lay_out: "mount -t tmpfs none /proc", ends: (0, true) },
];

/// The status and what stands there afterwards are looked at within the namespace.
const SCRIPT: &str = r#"
root=$1 out=$2 program=$3 lay_out=$4
set -e
eval "$lay_out"
set +e
"$program" apply --quiet --root "$root" --file /etc/hosts --host 192.0.2.77=kvm7 2>"$out/told"
status=$?
cat "$root/etc/hosts" >"$out/after"
ls -A "$root/etc" >"$out/names"
exit $((100 + status))
"#;

/// One line of the table; how often something was wrong.
pub fn round(program: &Path, host: &Tree) -> Result<usize, Fault> {
    let namespace = Namespace::found()?;
    let (mut wrong, mut skipped) = (0, Vec::new());
    for hazard in &HAZARDS {
        match hazard.tried(namespace, program, host)? {
            None => skipped.push(hazard.name),
            Some(found) => {
                wrong += found.len();
                found.iter().for_each(|what| println!("  {}: {what}", hazard.name));
            }
        }
    }
    let tried = HAZARDS.len() - skipped.len();
    println!(
        "hazards: {tried} tried, {wrong} wrong; skipped, as this machine cannot lay them out: {}",
        listed(&skipped)
    );
    Ok(wrong)
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

impl Hazard {
    /// What was wrong; nothing where it cannot be laid out here.
    fn tried(&self, namespace: Namespace, program: &Path, host: &Tree) -> Result<Option<Vec<String>>, Fault> {
        let (root, out) = (scratch()?, scratch()?);
        host.write_to(root.path())?;
        let old = fs::read(root.path().join("etc/hosts"))?;
        let names = fs::read_dir(root.path().join("etc"))?.count();
        let mut shell = namespace.shell(SCRIPT, out.path());
        let shell = shell.arg("sh").args([root.path(), out.path(), program]).arg(self.lay_out);
        let Some(status) = shell.output()?.status.code().and_then(|code| code.checked_sub(100)) else {
            return Err(format!("{}: the shell was killed", self.name).into());
        };
        if status < 0 || !out.path().join("after").is_file() {
            return Ok(None);
        }
        let told = fs::read_to_string(out.path().join("told"))?;
        let is_new = fs::read(out.path().join("after"))? != old;
        let litter = fs::read_to_string(out.path().join("names"))?
            .lines()
            .filter(|name| name.contains(".kvmprep-edit."))
            .count();
        let mut wrong = Vec::new();
        if (status, is_new) != self.ends {
            wrong.push(format!("status {status}, new {is_new}, and {:?} was expected: {told}", self.ends));
        }
        if litter > 0 {
            wrong.push(format!("{litter} of {names} names are ours"));
        }
        Ok(Some(wrong))
    }
}
