//! Finding and starting the local server.
//!
//! Two clients that start it at once start one: the second waits for `start.lock`, and then finds the first
//! one's server. The new process tells through its standard output, one line, whether it listens or why not,
//! so nobody waits for a time-out.

use std::fs::{File, TryLockError};
use std::io::{BufRead, BufReader, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use super::ClientError;
use crate::api::server::Build;

/// The line by which a starting server says that it listens. Any other line is the reason why it does not.
pub const READY: &str = "ready";

/// A log that grew beyond this many bytes is moved aside when a server is started.
const LARGEST_LOG: u64 = 8 << 20;

/// So many new servers may be killed before they have said a word.
const MOST_TRIES: u32 = 3;

/// Where the local server of an installation is, and how it is started.
#[derive(Debug, Clone)]
pub struct LocalServer {
    /// The data directory.
    pub data: PathBuf,
    /// A path to its socket that fits into a socket address.
    pub socket: PathBuf,
    /// Held by it for as long as it lives.
    pub server_lock: PathBuf,
    /// Held while it is started.
    pub start_lock: PathBuf,
    /// Where it writes what it has to say.
    pub log: PathBuf,
    /// The program to start.
    pub executable: PathBuf,
    /// Its build; a server of an older one is replaced.
    pub build: Build,
    /// Arguments that make it a server in the background.
    pub arguments: Vec<String>,
    /// One more that makes it leave when idle.
    pub leave_when_idle: String,
}

/// How long a server is to stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stay {
    /// Until somebody stops it.
    Always,
    /// Until there has been nothing to do for a while.
    WhileBusy,
}

/// As long as this lives, nobody else starts a server.
#[derive(Debug)]
pub(super) struct Turn {
    _lock: File,
}

impl LocalServer {
    /// Whether somebody listens.
    #[must_use]
    pub fn is_listening(&self) -> bool {
        UnixStream::connect(&self.socket).is_ok()
    }

    /// Starts the server unless somebody else did in the meantime. Returns when it listens.
    ///
    /// # Errors
    /// With the reason that the server itself gives.
    pub async fn start(&self) -> Result<(), ClientError> {
        let turn = self.turn().await?;
        self.start_in(turn, Stay::WhileBusy, &[]).await
    }

    /// The same for whoever has the turn.
    pub(super) async fn start_in(&self, turn: Turn, stay: Stay, words: &[String]) -> Result<(), ClientError> {
        if self.is_listening() {
            return Ok(());
        }
        let mut tries = 1;
        let (said, end) = loop {
            match self.try_start(stay, words).await? {
                // Killed before it could say a word: the next one may live.
                (_, Some(end)) if end.signal().is_some() && tries < MOST_TRIES => tries += 1,
                outcome => break outcome,
            }
        };
        drop(turn);
        match (said.trim_end(), end) {
            (READY, _) => Ok(()),
            ("", Some(end)) => Err(self.start_failed(format!("it ended at once ({end})"))),
            (reason, _) => Err(self.start_failed(reason.to_owned())),
        }
    }

    /// One new process, and its first line; without one, how it ended.
    async fn try_start(&self, stay: Stay, words: &[String]) -> Result<(String, Option<ExitStatus>), ClientError> {
        let (log, mut command) = (self.open_log()?, Command::new(&self.executable));
        command.args(&self.arguments).args(words);
        if stay == Stay::WhileBusy {
            command.arg(&self.leave_when_idle);
        }
        command.current_dir(&self.data).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        // A lock or a pipe of the calling shell would be held for as long as the server lives.
        close_fds::set_fds_cloexec(3, &[]);
        let mut child = command.spawn().map_err(io_error("start", &self.executable))?;
        let stdout = child.stdout.take().map(BufReader::new);
        let said = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            if let Some(mut stdout) = stdout {
                let _ = stdout.read_line(&mut line);
            }
            line
        });
        let said = said.await.unwrap_or_default();
        let end = if said.is_empty() { Some(child.wait().map_err(io_error("start", &self.executable))?) } else { None };
        Ok((said, end))
    }

    /// Returns when the server that was asked to leave has left.
    ///
    /// # Errors
    /// When it has not after `patience`.
    pub async fn wait_until_gone(&self, patience: Duration) -> Result<(), ClientError> {
        let path = self.server_lock.clone();
        let gone = tokio::task::spawn_blocking(move || match File::open(&path) {
            Ok(lock) => lock.lock(),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        });
        match tokio::time::timeout(patience, gone).await {
            Ok(Ok(Ok(()))) => Ok(()),
            Ok(Ok(Err(source))) => Err(io_error("lock", &self.server_lock)(source)),
            Ok(Err(_)) | Err(_) => {
                let reason = format!("it did not leave within {} seconds", patience.as_secs());
                Err(ClientError::Transport { action: "stop the local server", reason })
            }
        }
    }

    fn start_failed(&self, reason: String) -> ClientError {
        ClientError::StartFailed { reason, log: self.log.clone() }
    }

    /// Waits until nobody else starts a server.
    pub(super) async fn turn(&self) -> Result<Turn, ClientError> {
        let open = File::options().create(true).truncate(false).write(true).mode(0o600).open(&self.start_lock);
        let file = open.map_err(io_error("open the lock", &self.start_lock))?;
        match file.try_lock() {
            Ok(()) => Ok(Turn { _lock: file }),
            Err(TryLockError::Error(source)) => Err(io_error("lock", &self.start_lock)(source)),
            Err(TryLockError::WouldBlock) => {
                let waiting = tokio::task::spawn_blocking(move || file.lock().map(|()| file));
                let locked =
                    waiting.await.map_err(|error| ClientError::transport("wait for the server's start", &error))?;
                locked.map(|file| Turn { _lock: file }).map_err(io_error("lock", &self.start_lock))
            }
        }
    }

    fn open_log(&self) -> Result<File, ClientError> {
        if std::fs::metadata(&self.log).is_ok_and(|metadata| metadata.len() > LARGEST_LOG) {
            let _ = std::fs::rename(&self.log, self.log.with_extension("log.old"));
        }
        let open = File::options().create(true).append(true).mode(0o600).open(&self.log);
        open.map_err(io_error("open the log", &self.log))
    }
}

fn io_error(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> ClientError + use<> {
    let path = path.to_owned();
    move |source| ClientError::Io { action, path, source }
}
