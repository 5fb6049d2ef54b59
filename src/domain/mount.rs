//! Volumes, as a user asks for them. How they appear is the engine's business.

use serde::{Deserialize, Serialize};

use super::name::FileServerKey;
use super::secret::SecretValue;

/// Volumes of a cluster or a job, in the order they are mounted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// Where it appears below the mount root: relative, no `..`.
    pub path: String,
    /// What appears there.
    pub source: MountSource,
    /// The key of the storage account; opened by drivers that need it, and never returned.
    #[serde(default)]
    pub key: Option<SecretValue>,
}

impl Mount {
    /// A volume for which no key was given.
    #[must_use]
    pub fn new(path: impl Into<String>, source: MountSource) -> Self {
        Self { path: path.into(), source, key: None }
    }
}

/// What a mount shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum MountSource {
    /// An Azure file share.
    FileShare {
        /// The storage account.
        account: String,
        /// As written: `https://<account>.file.<suffix>/<share>`.
        url: String,
        /// The share's name, the last part of the URL.
        share: String,
        /// Mode of files, echoed.
        file_mode: String,
        /// Mode of directories, echoed.
        directory_mode: String,
    },
    /// A blob container.
    BlobContainer {
        /// The storage account.
        account: String,
        /// The container.
        container: String,
        /// Options of the mount program, echoed.
        options: Option<String>,
    },
    /// A file server of the service.
    FileServer {
        /// Which one.
        server: FileServerKey,
        /// A directory of its export: relative, no `..`; `None` is all of it.
        directory: Option<String>,
        /// Options of the mount, echoed.
        options: Option<String>,
    },
    /// Anything the user's own command mounts.
    Unmanaged {
        /// The command; the mount path is appended to it.
        command: String,
    },
}

impl MountSource {
    /// The storage account that it lies in, as written.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::FileShare { account, .. } | Self::BlobContainer { account, .. } => Some(account),
            Self::FileServer { .. } | Self::Unmanaged { .. } => None,
        }
    }

    /// Whether the server can list the files below it (Swagger 2018-05-01, `Jobs_ListOutputFiles`: only
    /// Azure file shares and blob containers).
    #[must_use]
    pub fn is_listable(&self) -> bool {
        match self {
            Self::FileShare { .. } | Self::BlobContainer { .. } => true,
            Self::FileServer { .. } | Self::Unmanaged { .. } => false,
        }
    }

    /// The file server, if it is one.
    #[must_use]
    pub fn file_server(&self) -> Option<&FileServerKey> {
        match self {
            Self::FileServer { server, .. } => Some(server),
            Self::FileShare { .. } | Self::BlobContainer { .. } | Self::Unmanaged { .. } => None,
        }
    }
}

/// Volumes whose failures have codes of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MountFailure {
    /// Of an Azure file share.
    FileShare,
    /// Of a blob container.
    BlobContainer,
}

impl MountFailure {
    const ALL: [Self; 2] = [Self::FileShare, Self::BlobContainer];

    /// Its code (azure-cli issue 18679; the second by reports of users).
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::FileShare => "AZFMountError",
            Self::BlobContainer => "BFSMountError",
        }
    }

    /// Its message (azure-cli issue 18679; the second follows its sister).
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::FileShare => "Unable to mount Azure File",
            Self::BlobContainer => "Unable to mount Azure Blob container",
        }
    }

    /// Why a node is unusable that has such a volume.
    #[must_use]
    pub fn reason(self, why: &str) -> String {
        format!("{}: {why}", self.message())
    }

    /// Of what kind the failure was that made a node unusable.
    #[must_use]
    pub fn of_reason(reason: &str) -> Option<Self> {
        let begins = |kind: &Self| reason.strip_prefix(kind.message()).is_some_and(|rest| rest.starts_with(": "));
        Self::ALL.into_iter().find(begins)
    }
}

/// Checks a path that must stay below some root: relative, without `..`, not empty. Returns it with
/// surplus slashes and `.` removed.
#[must_use]
pub fn relative_path(text: &str) -> Option<String> {
    if text.starts_with('/') || text.contains('\0') {
        return None;
    }
    let parts: Vec<&str> = text.split('/').filter(|p| !p.is_empty() && *p != ".").collect();
    let stays = !parts.is_empty() && parts.iter().all(|p| *p != "..");
    stays.then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::{MountFailure, relative_path};

    #[test]
    fn the_kind_of_a_failure_is_kept_in_its_reason() {
        for kind in MountFailure::ALL {
            assert_eq!(MountFailure::of_reason(&kind.reason("busy")), Some(kind));
        }
        for other in ["", "the set-up task failed", "Unable to mount Azure File"] {
            assert_eq!(MountFailure::of_reason(other), None, "{other}");
        }
    }

    #[test]
    fn a_relative_path_stays_below_its_root() {
        assert_eq!(relative_path("a//b/./c/"), Some("a/b/c".into()));
        for wrong in ["", "/", "/etc", "..", "a/../../b", ".", "a\0b"] {
            assert_eq!(relative_path(wrong), None, "{wrong:?}");
        }
    }
}
