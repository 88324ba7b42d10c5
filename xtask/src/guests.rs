//! End to end: what libvirt's own libvirt-guests does to guests, before our edit of its file and after.

mod libvirt;
mod play;

use std::path::Path;

use xshell::{Shell, cmd};

use crate::Outcome;
use crate::oracle::machine::{Fault, Namespace, scratch, skipped};
use libvirt::Libvirt;
use play::{GUESTS, Guest, calls};

/// What decides, and what is in force for each.
const KEYS: [&str; 3] = ["ON_BOOT", "ON_SHUTDOWN", "SHUTDOWN_TIMEOUT"];
type Settings = [&'static str; 3];

/// What the profile kvm-host sees to.
const WANTED: Settings = ["ignore", "shutdown", "300"];

/// A distribution's libvirt: its `sh`, the file that its script reads, what holds where the file is silent.
struct Build {
    shell: &'static str,
    file: &'static str,
    defaults: Settings,
}

const DEBIAN: Build =
    Build { shell: "sh", file: "etc/default/libvirt-guests", defaults: ["ignore", "shutdown", "300"] };
const EL9: Build =
    Build { shell: "bash --posix", file: "etc/sysconfig/libvirt-guests", defaults: ["start", "suspend", "300"] };
/// As its file says of itself: no limit.
const EL6: Build = Build { defaults: ["start", "suspend", "0"], ..EL9 };

struct Host {
    name: &'static str,
    build: Build,
    /// What its file says before the edit, over the defaults.
    before: Settings,
}

const HOSTS: [Host; 3] = [
    Host { name: "el6", build: EL6, before: EL6.defaults },
    Host { name: "el9", build: EL9, before: EL9.defaults },
    Host { name: "debian12", build: DEBIAN, before: ["ignore", "suspend", "300"] },
];

/// libvirt's own file, as Debian ships it: all is as wanted already, by default.
const SHIPPED: Host = Host { name: "as shipped", build: DEBIAN, before: DEBIAN.defaults };

pub fn run(shell: &Shell) -> Outcome {
    let (namespace, libvirt) = match Namespace::found().and_then(|namespace| Ok((namespace, Libvirt::found(shell)?))) {
        Ok(found) => found,
        Err(why) => return skipped("libvirt-guests", why),
    };
    let mut trial = Trial { shell, namespace, libvirt, differences: 0 };
    for host in &HOSTS {
        trial.host(host, &shell.current_dir().join("testdata/hosts").join(host.name).join("etc"))?;
    }
    let etc = trial.libvirt.etc.clone();
    trial.host(&SHIPPED, &etc)?;
    match trial.differences {
        0 => Ok(()),
        differences => Err(format!("libvirt-guests did {differences} times what was not expected").into()),
    }
}

struct Trial<'s> {
    shell: &'s Shell,
    namespace: Namespace,
    libvirt: Libvirt,
    differences: usize,
}

impl Trial<'_> {
    /// The file as it is, edited, and with one edit taken back, where the default is another: a check that cannot see that
    /// an edit is missing fails there.
    fn host(&mut self, host: &Host, etc: &Path) -> Outcome {
        let root = scratch()?;
        let (shell, root) = (self.shell, root.path());
        let (file, absolute) = (host.build.file, format!("/{}", host.build.file));
        shell.create_dir(root.join(file).parent().unwrap_or(root))?;
        shell.copy_file(etc.join(file.trim_start_matches("etc/")), root.join(file))?;
        self.plays(host, "unedited", root, host.before)?;
        self.command(root, &["apply", "--file", &absolute])?;
        self.plays(host, "edited", root, WANTED)?;
        for (i, key) in KEYS.iter().enumerate().filter(|(i, _)| host.build.defaults[*i] != WANTED[*i]) {
            self.command(root, &["unset", "--write", file, key])?;
            let mut without = WANTED;
            without[i] = host.build.defaults[i];
            self.plays(host, &format!("edited without {key}"), root, without)?;
            self.command(root, &["apply", "--file", &absolute])?;
        }
        Ok(())
    }

    /// The command, as it is built here.
    fn command(&self, root: &Path, args: &[&str]) -> xshell::Result<()> {
        cmd!(self.shell, "cargo run --quiet --package kvmprep-edit -- {args...} --quiet --root {root}").quiet().run()
    }

    fn plays(&mut self, host: &Host, state: &str, root: &Path, settings: Settings) -> Result<(), Fault> {
        let Build { shell, file, defaults } = host.build;
        let called = calls(self.namespace, shell, &self.libvirt.script(file, defaults)?, &root.join("etc"))?;
        println!("libvirt-guests, {}, {state}: {}", host.name, told(&called));
        let expected = expected(settings);
        if called != expected {
            self.differences += 1;
            println!("  expected: {}", told(&expected));
        }
        Ok(())
    }
}

/// What the script calls, as it is written: it saves persistent guests alone, and lists for the next start what it went
/// about to save or shut down.
fn expected([on_boot, on_shutdown, timeout]: Settings) -> Vec<String> {
    let is_shutdown = on_shutdown == "shutdown";
    let listed = || GUESTS.iter().filter(|guest| is_shutdown || guest.is_persistent);
    let mut calls = vec!["libvirt-guests stop".to_owned()];
    for Guest { name, seconds, .. } in listed() {
        if is_shutdown {
            calls.push(format!("virsh shutdown {name}"));
            let limit = timeout.parse().ok().filter(|&limit| limit > 0).unwrap_or(usize::MAX);
            calls.extend(vec!["sleep 1".to_owned(); limit.min(*seconds)]);
        } else {
            calls.push(format!("virsh managedsave {name}"));
        }
    }
    calls.push("libvirt-guests start".to_owned());
    if on_boot == "start" {
        calls.extend(starts(listed()));
    }
    calls
}

/// A transient guest is gone, and its name with it: the script starts a guest without a name, in vain.
fn starts<'g>(listed: impl Iterator<Item = &'g Guest>) -> Vec<String> {
    let listed: Vec<_> = listed.collect();
    let start = |guest: &&Guest| format!("virsh start {}", if guest.is_persistent { guest.name } else { "" });
    let mut calls: Vec<_> = listed.iter().map(start).flat_map(|start| ["sleep 0".to_owned(), start]).skip(1).collect();
    if listed.iter().any(|guest| !guest.is_persistent) {
        calls.push("ends with 1".to_owned());
    }
    calls
}

/// Calls in one line, with those that are made again counted.
fn told(calls: &[String]) -> String {
    let again = |calls: &[String]| match calls.len() {
        1 => calls[0].clone(),
        times => format!("{times} × {}", calls[0]),
    };
    calls.chunk_by(|one, other| one == other).map(again).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_the_edits_is_seen_to_be_missing() {
        for i in 0..KEYS.len() {
            let mut without = WANTED;
            without[i] = EL6.defaults[i];
            assert_ne!(expected(without), expected(WANTED), "{}", KEYS[i]);
        }
    }

    #[test]
    fn a_guest_that_hangs_is_given_up_after_the_timeout() {
        let calls = told(&expected(WANTED));
        assert!(calls.contains("virsh shutdown db; 300 × sleep 1; virsh shutdown probe"), "{calls}");
    }
}
