//! Running `ssh` as a part of this command: whoever ends the one ends the other.

use std::io;
use std::process::{Command, ExitStatus};

/// Runs a program to its end. Signals that would end us are handed on to it, and its end is waited for: ports that it
/// forwards are open as long as it lives.
///
/// # Errors
/// When it cannot be started or waited for.
#[cfg(unix)]
pub async fn run(command: &mut Command) -> io::Result<ExitStatus> {
    use rustix::process::{Pid, Signal, kill_process};
    use tokio::signal::unix::{SignalKind, signal};
    // Before it is there, so that none is lost.
    let (mut terminate, mut hang_up) = (signal(SignalKind::terminate())?, signal(SignalKind::hangup())?);
    // Ctrl-C reaches both; what it means is for ssh to say.
    let _interrupt = signal(SignalKind::interrupt())?;
    let mut child = command.spawn()?;
    let pid = Pid::from_child(&child);
    let ended = tokio::task::spawn_blocking(move || child.wait());
    tokio::pin!(ended);
    loop {
        let signal = tokio::select! {
            ended = &mut ended => return ended.map_err(io::Error::other)?,
            _ = terminate.recv() => Signal::TERM,
            _ = hang_up.recv() => Signal::HUP,
        };
        // It has not been waited for, so its number is still its own.
        let _ = kill_process(pid, signal);
    }
}

/// Runs a program to its end.
///
/// # Errors
/// When it cannot be started or waited for.
#[cfg(not(unix))]
pub async fn run(command: &mut Command) -> io::Result<ExitStatus> {
    command.status()
}
