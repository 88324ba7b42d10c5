//! Signals while files are written. A run that they end leaves nothing half-done, as the next one makes it whole; but one that
//! is asked to end can as well finish first, and say what it did.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, LazyLock};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::{SigId, flag, low_level};

/// Past a limit of the file size: as a flag it makes the write fail, and ends nothing.
const SIGXFSZ: i32 = 25;

/// The ends that were asked for.
static CAME: LazyLock<[(i32, Arc<AtomicBool>); 2]> =
    LazyLock::new(|| [SIGINT, SIGTERM].map(|signal| (signal, Arc::new(AtomicBool::new(false)))));

/// Ends that are asked for are held off until `work` is done, and all is told: [`follow`].
pub fn held_off<T>(work: impl FnOnce() -> T) -> io::Result<T> {
    let mut handlers: Vec<SigId> = Vec::new();
    for (signal, came) in CAME.iter() {
        handlers.push(flag::register(*signal, Arc::clone(came))?);
    }
    handlers.push(flag::register(SIGXFSZ, Arc::default())?);
    let done = work();
    handlers.into_iter().for_each(|handler| _ = low_level::unregister(handler));
    Ok(done)
}

/// Ends as the first signal that was held off wants it.
pub fn follow() {
    if let Some((signal, _)) = CAME.iter().find(|(_, came)| came.load(Relaxed)) {
        // Where that fails the run ends with its own status.
        let _ = low_level::emulate_default_handler(*signal);
    }
}
