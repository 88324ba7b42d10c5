//! Signals while files are written. A run that they end leaves nothing half-done, as the next one makes it whole; but one that
//! is asked to end can as well finish first.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::{SigId, flag, low_level};

/// Past a limit of the file size: as a flag it makes the write fail, and ends nothing.
const SIGXFSZ: i32 = 25;

/// Ends that were asked for are held off until `work` is done; then the first of them is followed.
pub fn held_off<T>(work: impl FnOnce() -> T) -> io::Result<T> {
    let ends = [SIGINT, SIGTERM, SIGHUP].map(|signal| (signal, Arc::new(AtomicBool::new(false))));
    let mut handlers: Vec<SigId> = Vec::new();
    for (signal, came) in &ends {
        handlers.push(flag::register(*signal, Arc::clone(came))?);
    }
    handlers.push(flag::register(SIGXFSZ, Arc::default())?);
    let done = work();
    handlers.into_iter().for_each(|handler| _ = low_level::unregister(handler));
    if let Some((signal, _)) = ends.iter().find(|(_, came)| came.load(Relaxed)) {
        low_level::emulate_default_handler(*signal)?;
    }
    Ok(done)
}
