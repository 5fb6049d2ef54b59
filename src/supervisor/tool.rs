//! Running a program that belongs to no job to its end, and no longer than it may take.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::process::{PidfdFlags, pidfd_open};

use super::processes;

/// Runs it to its end. One that takes longer than `patience` is killed.
///
/// # Errors
/// When it cannot be started; [`io::ErrorKind::TimedOut`] when it had to be killed.
pub fn run(command: &mut Command, patience: Duration) -> io::Result<ExitStatus> {
    let until = Instant::now() + patience;
    let mut child = command.spawn()?;
    let pid = i32::try_from(child.id()).ok().and_then(processes::id);
    if let Some(handle) = pid.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok()) {
        loop {
            let left = Timespec::try_from(until.saturating_duration_since(Instant::now())).ok();
            let waited = poll(&mut [PollFd::new(&handle, PollFlags::IN)], left.as_ref());
            // The end of another child interrupts.
            if !matches!(waited, Err(rustix::io::Errno::INTR)) {
                break;
            }
        }
        if child.try_wait()?.is_none() {
            child.kill()?;
            // Killed inside the kernel it may stay there for long; the last reaping finds it.
            return Err(io::ErrorKind::TimedOut.into());
        }
    }
    child.wait()
}

/// The same, with all that it prints.
///
/// # Errors
/// As [`run`].
pub fn run_and_listen(command: &mut Command, patience: Duration) -> io::Result<(ExitStatus, String)> {
    let mut said = memory("said")?;
    let status = run(command.stdout(said.try_clone()?).stderr(said.try_clone()?), patience)?;
    let mut bytes = Vec::new();
    said.rewind()?;
    said.read_to_end(&mut bytes)?;
    Ok((status, String::from_utf8_lossy(&bytes).into_owned()))
}

/// An empty file that is on no disk and in no folder.
///
/// # Errors
/// When the kernel refuses.
pub fn memory(name: &str) -> io::Result<File> {
    Ok(File::from(memfd_create(name, MemfdFlags::CLOEXEC)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn what_it_prints_is_heard_in_order() {
        let mut command = Command::new("sh");
        let (status, said) =
            run_and_listen(command.args(["-c", "echo a; echo b >&2; echo c; exit 4"]), HOUR).expect("runs");
        assert_eq!((status.code(), said.as_str()), (Some(4), "a\nb\nc\n"));
    }

    #[test]
    fn a_program_runs_to_its_end_or_to_the_end_of_our_patience() {
        assert_eq!(run(Command::new("sh").args(["-c", "exit 3"]), HOUR).expect("starts").code(), Some(3));
        let error = run(Command::new("sleep").arg("600"), Duration::from_millis(20)).expect_err("too long");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
