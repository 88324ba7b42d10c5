//! The script run as the unit runs it, on a host where nothing is real but the script: `virsh` plays three guests, and
//! `sleep` takes no time.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::oracle::machine::{Fault, Namespace, scratch};

pub struct Guest {
    uuid: &'static str,
    pub name: &'static str,
    pub is_persistent: bool,
    /// How long it takes to shut down.
    pub seconds: usize,
}

/// In the order of their ids, as they are listed. One takes longer than it gets.
pub const GUESTS: [Guest; 3] = [
    Guest { uuid: "11111111-0000-4000-8000-000000000001", name: "web", is_persistent: true, seconds: 2 },
    Guest { uuid: "22222222-0000-4000-8000-000000000002", name: "db", is_persistent: true, seconds: 400 },
    Guest { uuid: "33333333-0000-4000-8000-000000000003", name: "probe", is_persistent: false, seconds: 1 },
];

/// What is asked, and changes nothing. Everything else counts, and what the script should not call too.
const QUESTIONS: [&str; 5] = ["connect", "list", "domname", "domid", "domjobinfo"];

const VIRSH: &str = include_str!("virsh");
const SLEEP: &str = "#!/bin/sh\necho \"sleep $*\" >>\"$GUESTS/calls\"\n";

/// The unit has systemd read the same file into the environment. The script sets its defaults over that and reads the file
/// again, so none of these may count.
const SCRIPT: &str = r#"
mount --bind var /var
export GUESTS="$PWD" PATH="$PWD/bin:$PATH"
export ON_BOOT=start ON_SHUTDOWN=suspend SHUTDOWN_TIMEOUT=7
for verb in stop start; do
    echo "libvirt-guests $verb" >>calls
    "$@" ./libvirt-guests.sh "$verb" >>said 2>&1 || echo "ends with $?" >>calls
    rm -f running/* going/*
done
"#;

/// What is called as the host goes down and comes up again, in order.
pub fn calls(namespace: Namespace, shell: &str, script: &str, etc: &Path) -> Result<Vec<String>, Fault> {
    let scratch = scratch()?;
    let folder = scratch.path();
    for name in ["var/lib/libvirt", "var/lock", "bin", "known", "running", "going"] {
        fs::create_dir_all(folder.join(name))?;
    }
    for (name, text) in [("bin/virsh", VIRSH), ("bin/sleep", SLEEP), ("libvirt-guests.sh", script)] {
        fs::write(folder.join(name), text)?;
        fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o755))?;
    }
    for Guest { uuid, name, is_persistent, seconds } in GUESTS {
        let kind = if is_persistent { "persistent" } else { "transient" };
        fs::write(folder.join("known").join(uuid), format!("{name} {kind} {seconds}\n"))?;
        fs::write(folder.join("running").join(uuid), "")?;
    }
    namespace.run(&format!("set -- {shell}\nmount --bind '{}' /etc\n{SCRIPT}", etc.display()), folder)?;
    Ok(counting(&fs::read_to_string(folder.join("calls"))?))
}

/// The calls that change something, guests by name. A guest is saved in the background and looked after once a second:
/// how often that is depends on the machine.
fn counting(calls: &str) -> Vec<String> {
    let named = GUESTS.iter().fold(calls.to_owned(), |calls, guest| calls.replace(guest.uuid, guest.name));
    let is_saving = named.contains("virsh managedsave");
    let is_idle = |call: &str| {
        let verb = call.strip_prefix("virsh ").and_then(|call| call.split(' ').next());
        verb.is_some_and(|verb| QUESTIONS.contains(&verb)) || (is_saving && call == "sleep 1")
    };
    named.lines().filter(|call| !is_idle(call)).map(str::to_owned).collect()
}
