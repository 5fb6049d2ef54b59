//! Telling a session that its terminal, or whoever looked at it, is gone.

use std::io;

use rustix::process::Signal;

use crate::supervisor::orphans::has_marker;
use crate::supervisor::processes;
use crate::supervisor::run_dir::RUN_MARKER;

/// Sends SIGHUP to every process of the session whose leader has this id and that has
/// this [`RUN_MARKER`] in its environment, and
/// lets those that are stopped go on, so that they see it. Who ignores it, or has left the session, stays.
///
/// # Errors
/// When `/proc` cannot be read.
pub fn hang_up(session: i32, marker: &str) -> io::Result<()> {
    let marker = format!("{RUN_MARKER}={marker}");
    for process in processes::all()?.iter().filter(|process| process.session == session) {
        if has_marker(process.pid, &marker) {
            // Whoever has ended meanwhile, or belongs to another user by now, needs none.
            let _ = processes::signal(process, Signal::HUP);
            let _ = processes::signal(process, Signal::CONT);
        }
    }
    Ok(())
}
