//! Mounting the unmanaged volumes of a node: the users' commands, in a thread of their own.
//!
//! Called by [`super::nodes`]. Knows nothing of clusters or of what is remembered of a node.

use std::fs::{self, File};
use std::io::{self, PipeReader, PipeWriter};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::command::{self, Ran};
use super::files;
use crate::engine::environment::Variables;
use crate::supervisor::quote::quoted_path;

/// How long all mounts of a node may take together.
const LIMIT: Duration = Duration::from_secs(5 * 60);

/// One command to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MountCommand {
    /// Shell text; the path is appended.
    pub command: String,
    /// Where the volume is to appear.
    pub path: PathBuf,
}

/// A node that is being prepared. Dropping it ends the command that runs.
#[derive(Debug)]
pub(super) struct Preparing {
    cancel: PipeWriter,
    thread: JoinHandle<()>,
}

impl Preparing {
    /// Runs the commands in order; calls `on_end` with what came of it, unless it is cancelled before.
    pub(super) fn start(
        commands: Vec<MountCommand>,
        environment: Variables,
        log: PathBuf,
        on_end: impl FnOnce(Result<(), String>) + Send + 'static,
    ) -> io::Result<Self> {
        let (reader, cancel) = io::pipe()?;
        let work = move || {
            if let Some(result) = mount_all(&commands, &environment, &log, &reader) {
                on_end(result);
            }
        };
        let thread = thread::Builder::new().name("mounts".into()).spawn(work)?;
        Ok(Self { cancel, thread })
    }

    /// Ends the command that runs, and returns when nothing more will be mounted.
    pub(super) fn cancel(self) {
        drop(self.cancel);
        // A panic of the thread has been reported by the thread.
        let _ended = self.thread.join();
    }
}

/// `None` when it was cancelled.
fn mount_all(
    commands: &[MountCommand],
    environment: &Variables,
    log: &Path,
    cancel: &PipeReader,
) -> Option<Result<(), String>> {
    let began = Instant::now();
    for mount in commands {
        let left = LIMIT.saturating_sub(began.elapsed());
        let shown = &mount.command;
        match mount_one(mount, environment, log, left, cancel) {
            Ok(Ran::Exited(status)) if status.success() => {}
            Ok(Ran::Exited(status)) => {
                let said = files::last_line(log).map(|line| format!(": {line}")).unwrap_or_default();
                return Some(Err(format!("the mount command `{shown}` failed with {status}{said}")));
            }
            Ok(Ran::TimedOut) => {
                let minutes = LIMIT.as_secs() / 60;
                return Some(Err(format!("the mount command `{shown}` did not end within {minutes} minutes")));
            }
            Ok(Ran::Cancelled) => return None,
            Err(e) => return Some(Err(format!("the mount command `{shown}` could not be run: {e}"))),
        }
    }
    Some(Ok(()))
}

fn mount_one(
    mount: &MountCommand,
    environment: &Variables,
    log: &Path,
    limit: Duration,
    cancel: &PipeReader,
) -> io::Result<Ran> {
    // What a server that is gone has mounted here is mounted anew, so that it is there exactly once.
    files::unmount_below(&mount.path)?;
    fs::create_dir_all(&mount.path)?;
    let output = File::create(log)?;
    let shell = if Path::new("/bin/bash").exists() { "/bin/bash" } else { "/bin/sh" };
    let mut command = Command::new(shell);
    command.arg("-c").arg(format!("{} {}", mount.command, quoted_path(&mount.path)));
    command.env_clear().envs(environment);
    command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
    command::run(&mut command, limit, Some(cancel))
}
