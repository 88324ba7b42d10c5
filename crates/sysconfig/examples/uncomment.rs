//! Edits the bytes of a file in memory and prints the difference: what an embedder does.

use std::error::Error;

use kvmprep_lossless::Request;
use kvmprep_sysconfig::{Key, SysconfigFile};

const FILE: &str = "\
# action taken on host boot
#ON_BOOT=start

# action taken on host shutdown; when setting
#             ON_SHUTDOWN=shutdown, you must also set SHUTDOWN_TIMEOUT to a
#             value suitable for your guests.
#ON_SHUTDOWN=suspend

LIBVIRTD_ARGS=\"--listen\"
";

fn main() -> Result<(), Box<dyn Error>> {
    let mut file = SysconfigFile::parse(FILE);
    for (name, value) in [("ON_BOOT", "ignore"), ("ON_SHUTDOWN", "shutdown")] {
        let key: Key = name.parse()?;
        file.apply(&Request::set(key, value))?;
    }
    file.apply(&Request::add("LIBVIRTD_ARGS".parse::<Key>()?, "--timeout 120"))?;
    print!("{}", file.unified_diff("etc/sysconfig/libvirt-guests"));
    Ok(())
}
