//! Why a request did not get what it asked for.

use std::path::PathBuf;

use crate::api::error::ErrorDetail;
use crate::api::version::ApiVersion;

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
    /// Servers are for Linux.
    #[error("this platform runs no server")]
    NoServerHere,
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
    /// A file that was to be sent cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
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
    /// What the server was asked for is known in our api-version only.
    #[error("{server} speaks only {version}, which {lack}")]
    Older {
        /// As messages name it, such as `the server at https://gpu.example`.
        server: String,
        /// The version that it speaks.
        version: ApiVersion,
        /// What that version does not do, such as `knows no job without stdOutErrPathPrefix`.
        lack: String,
        /// What to do instead; a whole sentence.
        instead: String,
    },
    /// Whoever answers speaks Batch AI at best, and nothing that only servers of this program do.
    #[error(
        "the server at {endpoint} has nothing of batchai's own, such as a status, tokens and key vaults: it is somebody else's, \
         an older one, or speaks only the versions of the service"
    )]
    Foreign {
        /// Its address.
        endpoint: String,
    },
    /// An operation that was begun did not succeed; the words are those of `az`.
    #[error("Deployment failed. {message}")]
    Failed {
        /// A word a program can compare, where the server gave one.
        code: String,
        /// What the server said.
        message: String,
    },
}

/// Codes by which a server says that it does not know an api-version: of Batch AI, and of Azure Resource Manager.
const UNKNOWN_VERSION: [&str; 3] = ["NoRegisteredProviderFound", "InvalidApiVersionParameter", "UnsupportedApiVersion"];

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
            Self::Failed { code, .. } => Some(code),
            Self::NotRunning
            | Self::NoServerHere
            | Self::Older { .. }
            | Self::Foreign { .. }
            | Self::Stopped
            | Self::StartFailed { .. }
            | Self::Transport { .. }
            | Self::Unreachable { .. }
            | Self::Untrusted { .. }
            | Self::Endpoint { .. }
            | Self::Nonsense { .. }
            | Self::Io { .. }
            | Self::Unreadable { .. }
            | Self::Snapshot(_) => None,
        }
    }

    /// Whether the server has said that it does not know the api-version of the request.
    #[must_use]
    pub fn is_unknown_version(&self) -> bool {
        let is_refusal = matches!(self, Self::Refused { status: 400 | 404, .. });
        is_refusal && self.code().is_some_and(|code| UNKNOWN_VERSION.contains(&code))
    }

    /// Whether what was asked for is not there.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
    }

    /// Whether asking again, of a server that was started again or is back, may help.
    #[must_use]
    pub fn is_lost_connection(&self) -> bool {
        matches!(self, Self::Transport { .. } | Self::Unreachable { .. })
    }
}
