use std::io::{self, Read};

use kvmprep_host_files::LIMIT;

/// All there is to read, up to the size that a host's file may have: a device has no end.
pub fn whole(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LIMIT {
        return Err(io::Error::other(format!("is larger than {} MiB", LIMIT >> 20)));
    }
    Ok(bytes)
}
