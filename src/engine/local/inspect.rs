//! What became of a run, by what lies in its run directory.
//!
//! Called by [`super::runs`] for runs whose supervisor it does not hold. Ends what a lost supervisor left behind.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::files;
use crate::domain::name::RunId;
use crate::domain::sentence::sentence;
use crate::supervisor::run_dir::{Exit, Launch, RunDir, RunDirError, Status};
use crate::supervisor::{containers, identity, orphans};

/// How long a supervisor that holds its run is given to say who it is: it does so in its first milliseconds.
const INTRODUCTION: Duration = Duration::from_millis(500);

/// What was seen.
#[derive(Debug)]
pub(super) enum Seen {
    /// This supervisor stays with it.
    Alive(OwnedFd),
    /// A supervisor holds it, and has not said who it is.
    Starting,
    /// It is over.
    Ended(Exit),
    /// Nothing has begun.
    NotBegun,
    /// It was begun, and nobody is left who could say how it ended.
    Lost(String),
}

/// Looks at a run.
///
/// # Errors
/// When the machine is out of something, so that nothing can be known now.
pub(super) fn inspect(run_dir: &RunDir, boot_id: &str, run: &RunId) -> io::Result<Seen> {
    let looked = look(run_dir, boot_id, run);
    let error = match looked {
        Ok(seen) => return Ok(seen),
        Err(Trouble::Now(error)) => return Err(error),
        Err(Trouble::File(error)) => error,
    };
    if let RunDirError::Io { source, .. } = &error
        && is_passing(source)
    {
        return Err(io::Error::new(source.kind(), error));
    }
    let status = run_dir.read_status().ok().flatten();
    end_rest(run_dir, run, status.as_ref())?;
    Ok(Seen::Lost(sentence(&error)))
}

/// Why looking failed.
enum Trouble {
    /// A file says nothing usable.
    File(RunDirError),
    /// The machine refused.
    Now(io::Error),
}

fn look(run_dir: &RunDir, boot_id: &str, run: &RunId) -> Result<Seen, Trouble> {
    let status = match run_dir.read_status().map_err(Trouble::File)? {
        Some(status) => Some(status),
        None => introduction(run_dir)?,
    };
    let Some(status) = status else {
        let ended = run_dir.read_exit().map_err(Trouble::File)?.map(Seen::Ended);
        let unsettled = if is_held(&run_dir.lock()) { Seen::Starting } else { Seen::NotBegun };
        return Ok(ended.unwrap_or(unsettled));
    };
    let is_of_this_boot = status.boot_id == boot_id;
    if is_of_this_boot
        && let Some(pidfd) = identity::open(&status).map_err(Trouble::Now)?
        && !has_ended(&pidfd).map_err(Trouble::Now)?
    {
        return Ok(Seen::Alive(pidfd));
    }
    // Read after the supervisor was found gone: what it wrote last is there by now.
    if let Some(exit) = run_dir.read_exit().map_err(Trouble::File)? {
        return Ok(Seen::Ended(exit));
    }
    if !is_of_this_boot {
        // Engines remember containers, though not their processes.
        remove_containers(run_dir.read_launch().ok().flatten().as_ref(), run);
        return Ok(Seen::Lost("the machine was restarted while it ran".into()));
    }
    let count = end_rest(run_dir, run, Some(&status)).map_err(Trouble::Now)?;
    let in_containers = run_dir.read_launch().ok().flatten().is_some_and(|plan| plan.container.is_some());
    Ok(Seen::Lost(lost(count, in_containers)))
}

fn lost(count: usize, in_containers: bool) -> String {
    match count {
        _ if in_containers => "its supervisor was killed; its containers were removed".into(),
        0 => "its supervisor was killed; nothing else of it was running".into(),
        1 => "its supervisor was killed; the process that it had left was ended".into(),
        count => format!("its supervisor was killed; the {count} processes that it had left were ended"),
    }
}

/// Nothing of the run runs or stays mounted after this.
fn end_rest(run_dir: &RunDir, run: &RunId, status: Option<&Status>) -> io::Result<usize> {
    let plan = run_dir.read_launch().ok().flatten();
    remove_containers(plan.as_ref(), run);
    let count = orphans::end_orphans(&run.0, status)?;
    remove_containers(plan.as_ref(), run);
    if let Err(e) = files::unmount_below(run_dir.path()) {
        // Found again, and reported, when the run directory is to be removed.
        tracing::warn!(%run, error = %e, "cannot unmount what a lost run had mounted");
    }
    Ok(count)
}

fn remove_containers(plan: Option<&Launch>, run: &RunId) {
    if let Some(Err(problem)) = plan.map(containers::remove_all) {
        tracing::warn!(%run, "{problem}");
    }
}

/// Waits for the status of a supervisor that another server has just started.
fn introduction(run_dir: &RunDir) -> Result<Option<Status>, Trouble> {
    let began = Instant::now();
    while is_held(&run_dir.lock()) && began.elapsed() < INTRODUCTION {
        if let Some(status) = run_dir.read_status().map_err(Trouble::File)? {
            return Ok(Some(status));
        }
        sleep(Duration::from_millis(2));
    }
    run_dir.read_status().map_err(Trouble::File)
}

/// A process that has ended can still be opened while its parent has not reaped it, which some never do.
fn has_ended(pidfd: &OwnedFd) -> io::Result<bool> {
    let mut waits = [PollFd::new(pidfd, PollFlags::IN)];
    Ok(poll(&mut waits, Some(&Timespec::default()))? > 0)
}

fn is_held(lock: &Path) -> bool {
    let Ok(file) = File::open(lock) else { return false };
    matches!(file.try_lock_shared(), Err(std::fs::TryLockError::WouldBlock))
}

/// Out of file descriptors or memory, or interrupted: says nothing of the file.
fn is_passing(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let passing = [Errno::MFILE, Errno::NFILE, Errno::NOMEM, Errno::INTR];
    error.raw_os_error().is_some_and(|code| passing.iter().any(|errno| errno.raw_os_error() == code))
}
