//! Says what procps and systemd make of one file.

use kvmprep_sysctl_conf::{Kernel, Reader, effective};

fn main() {
    let kernel = Kernel::new(["vm/swappiness", "vm/overcommit_memory", "net/ipv4/conf/eth0.100/rp_filter"]);
    let file =
        "vm.* = 0\nvm/swappiness = 1\n-vm.swappiness\nnet.ipv4.conf.eth0/100.rp_filter = 2\nvm.overcomit_memory = 1\n";
    for reader in [Reader::PROCPS, Reader::SYSTEMD] {
        let outcome = effective(reader, [file], &kernel);
        println!("{reader}:");
        for (path, value) in outcome.values() {
            println!("  {path} = {value}");
        }
        for complaint in &outcome.complaints {
            println!("  {complaint}");
        }
    }
}
