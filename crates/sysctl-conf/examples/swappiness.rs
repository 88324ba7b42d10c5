//! Sets a key in a file held in memory and prints what changes: no disk is touched.

use kvmprep_lossless::Request;
use kvmprep_sysctl_conf::{Key, SysctlFile};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut file = SysctlFile::parse(
        "# Guests are not to be swapped out before the page cache.\n\
         #vm.swappiness = 60\n\
         \n\
         vm.overcommit_memory = 0 # the kernel's default\n",
    );
    for (key, value) in [("vm.swappiness", "1"), ("vm/overcommit_memory", "1")] {
        let change = file.apply(&Request::set(key.parse::<Key>()?, value))?;
        for note in change.notes() {
            println!("{}: {}", note.severity, note.message);
        }
    }
    print!("{}", file.unified_diff("etc/sysctl.d/60-guests.conf"));
    Ok(())
}
