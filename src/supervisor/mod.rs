//! The process that stays with a job: `batchai __supervise RUN_DIR`.
//!
//! Started detached by an engine, it outlives the server. It reads `launch.json`, makes directories, mounts,
//! prepares, starts the processes, and at the end writes `exit.json`. It is the subreaper of everything it
//! starts, so nothing escapes it; it ends them by cgroup where it could make one, else by walking its
//! descendants: TERM, grace, KILL. No async runtime, no network, no database: it must outlive and outsimple
//! the server. [`run_dir`] and [`secrets`] are all it shares with the rest; [`identity`], [`orphans`],
//! [`containers`], [`mount_log`] and [`unmount`] are for engines. [`login`] is the process of a login to a node, which has no job.
//!
//! ```text
//! begin (here) -> steps: directories, code, mounts, containers, preparation, processes -> family: end what is left
//!              -> unmount -> last_word: exit.json
//! ```

mod cgroup;
mod code;
pub mod containers;
pub mod execution_log;
mod family;
pub mod identity;
mod inside;
mod ladder;
mod last_word;
pub mod login;
pub mod mount_log;
mod mountinfo;
mod moved;
pub mod orphans;
mod processes;
pub mod quote;
mod registry;
mod relay;
mod remote;
pub mod run_dir;
pub mod secrets;
mod shell;
mod shims;
mod steps;
pub mod tool;
pub mod unmount;
pub mod unsaved;
mod volume;
mod watch;

use std::error::Error;
use std::fs::{File, TryLockError};
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use cgroup::Cgroup;
use family::Family;
use run_dir::{Launch, RunDir, RunDirError, Status, VERSION};
use secrets::Secrets;
use steps::Run;
use watch::Watch;

/// Why a run could not be supervised, or its end not be said.
#[derive(Debug, thiserror::Error)]
pub enum SupervisorError {
    /// A file of the run directory.
    #[error(transparent)]
    RunDir(#[from] RunDirError),
    /// The directory holds no plan.
    #[error("there is no launch.json in {0}")]
    NothingToDo(String),
    /// The kernel refused something that a supervisor cannot be without.
    #[error("cannot {action}")]
    Io {
        /// What was being done.
        action: &'static str,
        /// Why.
        source: io::Error,
    },
}

/// Stays with the run of `dir` until it is over and `exit.json` says how. Returns at once, and well, when another
/// supervisor has the run or had it: a run is never begun twice.
///
/// It turns the calling process into a session leader and a subreaper with handlers for TERM, INT, HUP and CHLD;
/// call it as the last thing a process does.
///
/// # Errors
/// See [`SupervisorError`]. Before `status.json` is written nothing has been started.
pub fn run(dir: &Path) -> Result<(), SupervisorError> {
    let began = Instant::now();
    let dir = std::path::absolute(dir).map_err(failed("find the run directory"))?;
    let dir = RunDir::at(dir);
    // Refused for the leader of a process group, which has its own session or a shell's; both will do.
    let _ = rustix::process::setsid();
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))
        .map_err(io::Error::from)
        .map_err(failed("become a subreaper"))?;
    // Descriptors that whoever started us had open, such as a lock or the pipe of a shell; ours are marked already.
    close_fds::set_fds_cloexec(3, &[]);
    let Some(_lock) = take_lock(&dir)? else { return Ok(()) };
    if has_begun(&dir)? {
        return Ok(());
    }
    let launch = dir.read_launch()?.ok_or_else(|| SupervisorError::NothingToDo(dir.path().display().to_string()))?;
    // Before anything is begun: without them another supervisor can still begin it.
    let secrets = receive_secrets(&launch).map_err(failed("receive the secrets of the run"))?;
    let deadline = began.checked_add(Duration::from_secs(launch.max_wall_clock_seconds));
    let watch = Watch::begin(deadline).map_err(failed("listen to signals"))?;
    dir.reserve_exit();
    let family = introduce(&dir, &launch)?;
    let exit = Run::new(&dir, &launch, &secrets, watch, family).finish();
    last_word::write(&dir, &launch, &exit)?;
    Ok(())
}

/// The lock of the run; `None` when another supervisor holds it.
fn take_lock(dir: &RunDir) -> Result<Option<File>, SupervisorError> {
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(dir.lock())
        .map_err(failed("open supervisor.lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(source)) => Err(failed("lock supervisor.lock")(source)),
    }
}

/// Reads our standard input to its end when the plan says that secrets come there.
fn receive_secrets(launch: &Launch) -> io::Result<Secrets> {
    // Not `io::stdin`, whose buffer would keep them.
    let pipe = File::from(rustix::stdio::stdin().try_clone_to_owned()?);
    Secrets::receive(launch, pipe)
}

/// Whether a supervisor, now dead, began this run. What it wrote need not be readable to mean that.
fn has_begun(dir: &RunDir) -> Result<bool, SupervisorError> {
    match dir.read_status() {
        Ok(status) => Ok(status.is_some()),
        Err(RunDirError::Damaged { .. } | RunDirError::Newer { .. }) => Ok(true),
        Err(error @ RunDirError::Io { .. }) => Err(error.into()),
    }
}

/// Writes `status.json`. From here on the run has begun.
fn introduce(dir: &RunDir, launch: &Launch) -> Result<Family, SupervisorError> {
    let pid = rustix::process::getpid().as_raw_pid();
    let start_time = identity::start_time(pid).map_err(failed("read our own start time"))?;
    let boot_id = identity::boot_id().map_err(failed("read the boot id"))?;
    let family = Family::new(pid, Cgroup::make(&launch.run));
    let cgroup = family.cgroup_path().map(Path::to_owned);
    let written = dir.write_status(&Status { version: VERSION, pid, start_time, boot_id, cgroup });
    match written {
        Ok(()) => Ok(family),
        Err(error) => {
            family.dissolve();
            Err(error.into())
        }
    }
}

fn failed(action: &'static str) -> impl FnOnce(io::Error) -> SupervisorError {
    move |source| SupervisorError::Io { action, source }
}

/// An error with its causes in one line.
fn sentence(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// A line for `supervisor.log`, which is our standard error; there is nobody to tell when it cannot be written.
fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{} {text}", execution_log::now());
}
