//! Running a short command that may hang: with a time limit, and until somebody hangs up.

use std::io::{self, PipeReader};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

/// How it ended.
#[derive(Debug)]
pub(super) enum Ran {
    /// By itself.
    Exited(ExitStatus),
    /// It was ended because it took too long.
    TimedOut,
    /// It was ended because the other end of the pipe was closed.
    Cancelled,
}

/// Runs a command in a process group of its own; ends the whole group if it takes longer than `limit` or if the
/// writing end of `cancel` is closed.
pub(super) fn run(command: &mut Command, limit: Duration, cancel: Option<&PipeReader>) -> io::Result<Ran> {
    let mut child = command.process_group(0).spawn()?;
    let ran = wait(&mut child, limit, cancel);
    if !matches!(ran, Ok(Ran::Exited(_))) {
        // Not yet reaped, so the number still means our group.
        let _gone = kill_process_group(Pid::from_child(&child), Signal::KILL);
        child.wait()?;
    }
    ran
}

fn wait(child: &mut Child, limit: Duration, cancel: Option<&PipeReader>) -> io::Result<Ran> {
    let pidfd = pidfd_open(Pid::from_child(child), PidfdFlags::empty())?;
    let began = Instant::now();
    loop {
        let Some(left) = limit.checked_sub(began.elapsed()).filter(|left| !left.is_zero()) else {
            return Ok(Ran::TimedOut);
        };
        let mut waits = vec![PollFd::new(&pidfd, PollFlags::IN)];
        waits.extend(cancel.map(|pipe| PollFd::from_borrowed_fd(pipe.as_fd(), PollFlags::IN)));
        let timeout = Timespec::try_from(left).map_err(io::Error::other)?;
        match poll(&mut waits, Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(e.into()),
        }
        if !waits[0].revents().is_empty() {
            return child.wait().map(Ran::Exited);
        }
        if waits.get(1).is_some_and(|pipe| !pipe.revents().is_empty()) {
            return Ok(Ran::Cancelled);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_ends_by_itself_by_the_limit_or_when_somebody_hangs_up() {
        let long = Duration::from_secs(600);
        let ran = run(&mut Command::new("false"), long, None).expect("it runs");
        assert!(matches!(ran, Ran::Exited(status) if status.code() == Some(1)));
        let ran = run(Command::new("sleep").arg("600"), Duration::from_millis(1), None).expect("it runs");
        assert!(matches!(ran, Ran::TimedOut));
        let (reader, writer) = io::pipe().expect("a pipe");
        drop(writer);
        let ran = run(Command::new("sleep").arg("600"), long, Some(&reader)).expect("it runs");
        assert!(matches!(ran, Ran::Cancelled));
    }
}
