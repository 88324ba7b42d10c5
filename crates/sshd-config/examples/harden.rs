//! Takes the bytes of an sshd_config, closes root's door, keeps an old peer's cipher and prints the difference.

use std::process::ExitCode;

use kvmprep_lossless::{Absent, EditError, Report, Request};
use kvmprep_sshd_config::{Build, Connection, Key, SshdConfig, effective};

const STOCK: &str = "\
# Ciphers and keying
Ciphers aes128-ctr,aes256-ctr

#PermitRootLogin prohibit-password
X11Forwarding yes  # for the installer
Subsystem\tsftp\t/usr/libexec/openssh/sftp-server

# Backups come without a terminal
Match User backup
\tForceCommand rsync --server
";

fn edit() -> Result<SshdConfig, EditError> {
    let mut sshd = SshdConfig::parse(STOCK);
    let requests = [
        Request::set(Key::global("PermitRootLogin"), "no"),
        Request::set(Key::global("X11Forwarding"), "no"),
        Request::add(Key::global("Ciphers"), "3des-cbc").absent(Absent::Leave),
        Request::set(Key::in_block("User backup", "PermitTTY")?, "no"),
        Request::set_all(Key::global("AllowUsers"), ["admin", "backup"]),
    ];
    for request in &requests {
        let text = sshd.to_bytes();
        for note in sshd.apply(request)?.notes() {
            println!("{}", Report { path: "etc/ssh/sshd_config", text: &text, diagnostic: note });
        }
    }
    Ok(sshd)
}

fn main() -> ExitCode {
    match edit() {
        Ok(sshd) => {
            let backup = Connection { user: Some("backup".into()), ..Connection::default() };
            println!("{:?}", effective(sshd.text(), &backup, &Build::default()).get("PermitTTY"));
            print!("{}", sshd.unified_diff("etc/ssh/sshd_config"));
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
