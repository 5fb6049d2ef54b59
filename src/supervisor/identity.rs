//! Finding a supervisor again: pid, start time and boot together, never the pid alone.

use std::io;
use std::os::fd::OwnedFd;

use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::run_dir::Status;

/// A pidfd of exactly that process; `None` when it is gone.
///
/// # Errors
/// When the kernel refuses for another reason.
pub fn open(status: &Status) -> io::Result<Option<OwnedFd>> {
    let Some(pid) = Pid::from_raw(status.pid) else { return Ok(None) };
    let fd = match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(fd) => fd,
        Err(rustix::io::Errno::SRCH) => return Ok(None),
        Err(e) => return Err(e.into()),
    };
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", status.pid)).unwrap_or_default();
    let start = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(19)?.parse::<u64>().ok());
    Ok((start == Some(status.start_time)).then_some(fd))
}
