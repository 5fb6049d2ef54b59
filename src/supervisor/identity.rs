//! Finding a supervisor again: pid, start time and boot together, never the pid alone. For engines.

use std::io;
use std::os::fd::OwnedFd;

use rustix::process::{PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::processes;
use super::run_dir::Status;

/// The id of this boot of the machine: what tells a process from one of the same id and time before a restart.
///
/// # Errors
/// When `/proc` is not there.
pub fn boot_id() -> io::Result<String> {
    Ok(std::fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned())
}

/// When a process started, in clock ticks since boot: field 22 of `/proc/<pid>/stat`.
///
/// # Errors
/// [`io::ErrorKind::NotFound`] when there is no such process.
pub fn start_time(pid: i32) -> io::Result<u64> {
    processes::look(pid).map(|process| process.start_time).ok_or_else(|| io::ErrorKind::NotFound.into())
}

/// Whether that supervisor still runs. A zombie does not.
#[must_use]
pub fn is_alive(status: &Status) -> bool {
    let runs = processes::look(status.pid).is_some_and(|p| p.start_time == status.start_time && !p.is_over);
    runs && boot_id().is_ok_and(|id| id == status.boot_id)
}

/// A pidfd of exactly that supervisor, readable when it ends; `None` when it has ended.
///
/// # Errors
/// When the kernel gives no pidfd for another reason.
pub fn open(status: &Status) -> io::Result<Option<OwnedFd>> {
    let Some(pid) = processes::id(status.pid) else { return Ok(None) };
    let handle = match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(handle) => handle,
        Err(rustix::io::Errno::SRCH) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    // Only now: the id could have changed hands before the descriptor held on to it.
    Ok(is_alive(status).then_some(handle))
}

/// Asks that supervisor to end its run: SIGTERM. `false`: it has ended.
///
/// # Errors
/// When it is there and may not be signalled.
pub fn ask_to_stop(status: &Status) -> io::Result<bool> {
    let Some(handle) = open(status)? else { return Ok(false) };
    match pidfd_send_signal(handle, Signal::TERM) {
        Ok(()) => Ok(true),
        Err(rustix::io::Errno::SRCH) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::supervisor::run_dir::VERSION;

    fn ourselves() -> Status {
        let pid = rustix::process::getpid().as_raw_pid();
        let start_time = start_time(pid).expect("we run");
        Status { version: VERSION, pid, start_time, boot_id: boot_id().expect("readable"), cgroup: None }
    }

    #[test]
    fn a_process_is_itself() {
        assert!(is_alive(&ourselves()));
        assert!(open(&ourselves()).expect("a pidfd").is_some());
    }

    #[test]
    fn another_start_another_boot_or_an_impossible_id_is_somebody_else() {
        let me = ourselves();
        let strangers = [
            Status { start_time: me.start_time + 1, ..me.clone() },
            Status { boot_id: "00000000-0000-0000-0000-000000000000".into(), ..me.clone() },
            Status { pid: 0, ..me.clone() },
            Status { pid: -1, ..me.clone() },
            Status { pid: i32::MAX, ..me },
        ];
        for stranger in strangers {
            assert!(!is_alive(&stranger), "{stranger:?}");
            // EINVAL for ids that no kernel gives is as good an answer as none.
            assert!(!matches!(open(&stranger), Ok(Some(_))), "{stranger:?}");
            assert!(!matches!(ask_to_stop(&stranger), Ok(true)), "{stranger:?}");
        }
    }

    #[test]
    fn a_zombie_is_not_alive() {
        let mut command = std::process::Command::new("/bin/sh");
        let command = command.args(["-c", "read line"]).stdin(std::process::Stdio::piped());
        let mut child = command.spawn().expect("a shell");
        let pid = i32::try_from(child.id()).expect("a pid");
        let status = Status { pid, start_time: start_time(pid).expect("it waits"), ..ourselves() };
        let handle = open(&status).expect("a pidfd").expect("it waits");
        assert!(is_alive(&status));
        drop(child.stdin.take());
        let mut fds = [rustix::event::PollFd::new(&handle, rustix::event::PollFlags::IN)];
        rustix::event::poll(&mut fds, None).expect("a pidfd can be polled");
        assert!(!is_alive(&status));
        assert!(open(&status).expect("the zombie has a pid").is_none());
        child.wait().expect("our child");
    }
}
