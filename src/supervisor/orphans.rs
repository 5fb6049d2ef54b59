//! Ending what a run left whose supervisor is gone. For engines.
//!
//! Nobody is their ancestor any more, so they are recognised by what they cannot easily lose: their cgroup, the session
//! of the supervisor, the marker in the environment they were started with; and everyone who descends from those.

use std::collections::BTreeSet;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{PidfdFlags, Signal, pidfd_open};

use super::processes::{self, Seen};
use super::run_dir::{RUN_MARKER, Status};
use super::{cgroup, identity};

/// Killed processes are gone within milliseconds; those the kernel holds would hold us too.
const PATIENCE: Duration = Duration::from_secs(10);

/// Kills every process that the run left, and waits until they are gone. Returns how many there were. `status` is what
/// the supervisor wrote, if it came so far; without it the caller has to know that there is no supervisor.
///
/// # Errors
/// [`io::ErrorKind::InvalidInput`] when the supervisor is alive: asking it is the way to end its run;
/// [`io::ErrorKind::TimedOut`] when some did not end within 10 s; [`io::ErrorKind::PermissionDenied`] when some may not
/// be killed.
pub fn end_orphans(run_id: &str, status: Option<&Status>) -> io::Result<usize> {
    if run_id.is_empty() || status.is_some_and(|status| identity::boot_id().is_ok_and(|id| id != status.boot_id)) {
        // Nothing outlives a restart of the machine, and its numbers mean others now.
        return Ok(0);
    }
    if status.is_some_and(identity::is_alive) {
        let message = format!("the supervisor of run {run_id} is alive");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    let group = status.and_then(|status| status.cgroup.as_deref()).filter(|path| cgroup::is_of_run(path, run_id));
    let until = Instant::now() + PATIENCE;
    let mut ended = BTreeSet::new();
    loop {
        let found = find(run_id, status, group)?;
        if found.is_empty() {
            break;
        }
        if Instant::now() >= until {
            let message = format!("{} processes of run {run_id} do not end", found.len());
            return Err(io::Error::new(io::ErrorKind::TimedOut, message));
        }
        if let Some(group) = group {
            // Where it is missing the loop below does the same, only slower.
            let _ = cgroup::kill(group);
        }
        ended.extend(found.iter().map(|process| (process.pid, process.start_time)));
        kill_and_wait(&found, until)?;
    }
    if let Some(group) = group {
        cgroup::remove(group)?;
    }
    Ok(ended.len())
}

/// All that still runs, without ourselves and the first process of the machine.
fn find(run_id: &str, status: Option<&Status>, group: Option<&Path>) -> io::Result<Vec<Seen>> {
    let all = processes::all()?;
    let marker = format!("{RUN_MARKER}={run_id}");
    let inside: BTreeSet<i32> = group.map(cgroup::members).unwrap_or_default().into_iter().collect();
    let session = status.and_then(|status| session_of(status, &all));
    let is_marked = |process: &Seen| {
        inside.contains(&process.pid) || session == Some(process.session) || has_marker(process.pid, &marker)
    };
    let me = rustix::process::getpid().as_raw_pid();
    let may_end = |process: &Seen| process.pid > 1 && process.pid != me;
    let marked: Vec<Seen> = all.iter().filter(|process| may_end(process) && is_marked(process)).cloned().collect();
    let roots: BTreeSet<i32> = marked.iter().map(|process| process.pid).collect();
    let below = processes::below(&all, &roots, |process| !may_end(process));
    Ok(marked.into_iter().chain(below).filter(|process| !process.is_over).collect())
}

/// The session that the supervisor made, unless its id is another process's by now.
fn session_of(status: &Status, all: &[Seen]) -> Option<i32> {
    let holder = all.iter().find(|process| process.pid == status.pid);
    (status.pid > 1 && holder.is_none_or(|process| process.start_time == status.start_time)).then_some(status.pid)
}

/// Whether a process was started with this variable. Those of other users cannot be read, and are not ours.
pub(super) fn has_marker(pid: i32, marker: &str) -> bool {
    let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    environment.split(|&byte| byte == 0).any(|variable| variable == marker.as_bytes())
}

fn kill_and_wait(found: &[Seen], until: Instant) -> io::Result<()> {
    let mut handles = Vec::new();
    for process in found {
        let handle = processes::id(process.pid).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
        if processes::signal(process, Signal::KILL)? {
            handles.extend(handle);
        }
    }
    handles.iter().for_each(|handle| wait_for(handle, until));
    Ok(())
}

fn wait_for(process: &OwnedFd, until: Instant) {
    let left = Timespec::try_from(until.saturating_duration_since(Instant::now())).ok();
    // Interrupted or not: whoever is left is found by the next look.
    let _ = poll(&mut [PollFd::new(process, PollFlags::IN)], left.as_ref());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: i32, start_time: u64) -> Seen {
        Seen { pid, parent: 1, session: pid, start_time, is_over: false }
    }

    fn status(pid: i32) -> Status {
        Status { version: 1, pid, start_time: 70, boot_id: identity::boot_id().expect("readable"), cgroup: None }
    }

    #[test]
    fn the_session_counts_only_while_its_id_is_nobody_elses() {
        assert_eq!(session_of(&status(9), &[process(8, 1)]), Some(9), "the supervisor is gone");
        assert_eq!(session_of(&status(9), &[process(9, 70)]), Some(9), "its zombie is there");
        assert_eq!(session_of(&status(9), &[process(9, 71)]), None, "another one has its id");
        assert_eq!(session_of(&status(1), &[]), None);
    }

    #[test]
    fn a_run_that_left_nothing_leaves_nothing_to_do() {
        assert_eq!(end_orphans("0b8e43e5-no-such-run", None).expect("looks"), 0);
        let stranger = Status { boot_id: "another boot".into(), ..status(i32::MAX) };
        assert_eq!(end_orphans("0b8e43e5-no-such-run", Some(&stranger)).expect("looks"), 0);
    }
}
