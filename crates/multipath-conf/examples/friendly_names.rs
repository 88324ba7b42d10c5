//! Turns user friendly names on and takes every alias out: bytes in, a diff out.

use kvmprep_lossless::Request;
use kvmprep_multipath_conf::MultipathConf;

const BEFORE: &str = "\
# device-mapper-multipath configuration file
defaults {
\t#user_friendly_names no
\tfind_multipaths yes
\tenable_foreign \"^$\"
}
multipaths {
\tmultipath {
\t\twwid 360060160a0b1c2d3e4f5061728394a5b
\t\talias vmstore0 # exported to kvm2 as well
\t}
}
";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut conf = MultipathConf::parse(BEFORE);
    let requests = [
        Request::set("defaults.user_friendly_names".parse()?, "yes"),
        Request::unset("multipaths.multipath[*].alias".parse()?),
    ];
    for request in &requests {
        for note in conf.apply(request)?.notes() {
            println!("# {}: {}", note.code, note.message);
        }
    }
    print!("{}", String::from_utf8_lossy(&conf.to_bytes()));
    for complaint in conf.diagnostics() {
        println!("# {}", complaint.message);
    }
    Ok(())
}
