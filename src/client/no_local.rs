//! The local server where there is none: servers are for Linux. Stands in the place of `local` on every other system.
//!
//! The client refuses to send anything to it, so nothing here is ever asked to do what it cannot.

use std::path::PathBuf;
use std::time::Duration;

use super::ClientError;
use crate::api::server::Build;

/// Where the local server of an installation would be.
#[derive(Debug, Clone)]
pub struct LocalServer {
    /// The data directory.
    pub data: PathBuf,
    /// A path to its socket.
    pub socket: PathBuf,
    /// Held by it for as long as it lives.
    pub server_lock: PathBuf,
    /// Held while it is started.
    pub start_lock: PathBuf,
    /// Where it writes what it has to say.
    pub log: PathBuf,
    /// The program to start.
    pub executable: PathBuf,
    /// Its build.
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
pub(super) struct Turn;

impl LocalServer {
    /// Whether somebody listens: nobody.
    #[must_use]
    pub fn is_listening(&self) -> bool {
        false
    }

    /// # Errors
    /// Always.
    pub async fn start(&self) -> Result<(), ClientError> {
        Err(ClientError::NoServerHere)
    }

    /// # Errors
    /// Always.
    pub async fn wait_until_gone(&self, _: Duration) -> Result<(), ClientError> {
        Err(ClientError::NoServerHere)
    }

    pub(super) async fn start_in(&self, _: Turn, _: Stay, _: &[String]) -> Result<(), ClientError> {
        Err(ClientError::NoServerHere)
    }

    pub(super) async fn turn(&self) -> Result<Turn, ClientError> {
        Err(ClientError::NoServerHere)
    }
}
