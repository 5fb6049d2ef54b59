//! Why a request did not get what it asked for.

use std::path::PathBuf;

use crate::api::error::ErrorDetail;

/// Why a request did not get what it asked for.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The server said no.
    #[error("{}", .error.message)]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What it said.
        error: ErrorDetail,
    },
    /// There is no local server, and this command does not start one.
    #[error("the local server is not running")]
    NotRunning,
    /// The local server could not be started; what it said.
    #[error("the local server could not be started: {reason}")]
    StartFailed {
        /// In its own words.
        reason: String,
        /// Where it says more.
        log: PathBuf,
    },
    /// The connection failed.
    #[error("cannot {action}: {reason}")]
    Transport {
        /// What was being done.
        action: &'static str,
        /// Why it failed.
        reason: String,
    },
    /// A server on the network does not answer.
    #[error("cannot reach the server at {endpoint}: {reason}")]
    Unreachable {
        /// Its address.
        endpoint: String,
        /// Why.
        reason: String,
    },
    /// Whoever answers may be somebody else.
    #[error("the server at {endpoint} cannot be trusted: {reason}")]
    Untrusted {
        /// Its address.
        endpoint: String,
        /// Why.
        reason: String,
    },
    /// The endpoint itself cannot be used.
    #[error("{reason}")]
    Endpoint {
        /// A whole sentence.
        reason: String,
    },
    /// An answer that is none.
    #[error("the server answered something that cannot be understood: {what}")]
    Nonsense {
        /// An excerpt.
        what: String,
    },
    /// A file of the installation cannot be used.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// `make`, `lock` ...
        action: &'static str,
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The sending of code was broken off, so nothing was submitted.
    #[error("interrupted while the code was sent; the job was not submitted")]
    Stopped,
    /// The code folder cannot be sent.
    #[error(transparent)]
    Snapshot(#[from] super::snapshot::SnapshotError),
}

impl ClientError {
    /// A failure of the connection, with the innermost cause, which is the one that says something.
    #[must_use]
    pub fn transport(action: &'static str, error: &dyn std::error::Error) -> Self {
        let mut innermost = error;
        while let Some(cause) = innermost.source() {
            innermost = cause;
        }
        Self::Transport { action, reason: innermost.to_string() }
    }

    /// The code of a refusal, such as `JobNotFound`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { error, .. } => Some(&error.code),
            Self::NotRunning
            | Self::Stopped
            | Self::StartFailed { .. }
            | Self::Transport { .. }
            | Self::Unreachable { .. }
            | Self::Untrusted { .. }
            | Self::Endpoint { .. }
            | Self::Nonsense { .. }
            | Self::Io { .. }
            | Self::Snapshot(_) => None,
        }
    }

    /// Whether asking again, of a server that was started again or is back, may help.
    #[must_use]
    pub fn is_lost_connection(&self) -> bool {
        matches!(self, Self::Transport { .. } | Self::Unreachable { .. })
    }
}
