//! Why an operation was refused or failed.

use std::fmt;
use std::path::PathBuf;

use crate::domain::volume::VolumeKey;
use crate::engine::EngineError;
use crate::store::StoreError;

/// A kind of thing that may be missing or taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A resource group.
    Group,
    /// A workspace.
    Workspace,
    /// An experiment.
    Experiment,
    /// A cluster.
    Cluster,
    /// A node of a cluster.
    Node,
    /// A file server.
    FileServer,
    /// A job.
    Job,
    /// Something that goes on after its request was answered.
    LongOperation,
    /// A token.
    Token,
    /// A storage account.
    StorageAccount,
    /// A secret of a key vault.
    Secret,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Group => "resource group",
            Self::Workspace => "workspace",
            Self::Experiment => "experiment",
            Self::Cluster => "cluster",
            Self::Node => "node",
            Self::FileServer => "file server",
            Self::Job => "job",
            Self::LongOperation => "operation",
            Self::Token => "token",
            Self::StorageAccount => "storage account",
            Self::Secret => "secret",
        })
    }
}

/// Why an operation was refused or failed. The text is what the user reads.
#[derive(Debug, thiserror::Error)]
pub enum OperationError {
    /// It is not there. The sentence is the service's own (azure-cli and azure-sdk-for-python recordings, 2018).
    #[error("The specified {kind} {name} is not found")]
    NotFound {
        /// What.
        kind: Kind,
        /// Which.
        name: String,
    },
    /// The name is taken.
    #[error("The {kind} {name} already exists{reason}")]
    Conflict {
        /// What.
        kind: Kind,
        /// Which.
        name: String,
        /// Begins with a comma or a colon, or is empty.
        reason: &'static str,
    },
    /// The name is taken by something of another region: flat names are unique in their group.
    #[error("The {kind} {name} already exists in the location {location}: choose another name or that location")]
    Elsewhere {
        /// What.
        kind: Kind,
        /// Which.
        name: String,
        /// The region it is in.
        location: String,
    },
    /// A subscription has as many clusters in a region as it may.
    #[error(
        "The subscription has {in_use} clusters in {region} and may have {limit}: delete one, or raise `quotas.clusters` \
         of server.yaml, then try again"
    )]
    TooManyClusters {
        /// The region.
        region: String,
        /// How many it may have.
        limit: u64,
        /// How many it has.
        in_use: u64,
    },
    /// A node cannot be taken away, as the sentence says.
    #[error("{0}")]
    NotPreemptible(String),
    /// It is going away.
    #[error("The {kind} {name} is being deleted: wait until it is gone, then try again")]
    Deleting {
        /// What.
        kind: Kind,
        /// Which.
        name: String,
    },
    /// Something that stays uses it.
    #[error("The {kind} {name} is mounted by the {by}: delete that first, then try again")]
    InUse {
        /// What.
        kind: Kind,
        /// Which.
        name: String,
        /// What uses it, such as `cluster c of workspace w`.
        by: String,
    },
    /// A body mounts a file server that is not there.
    #[error("The specified file server {name} is not found, so it cannot be mounted: create it first")]
    NotMountable {
        /// The property that names it.
        target: String,
        /// Which.
        name: String,
    },
    /// A value that no rule of a single field can catch.
    #[error("{message}")]
    Invalid {
        /// The property it is about.
        target: &'static str,
        /// A whole sentence.
        message: String,
    },
    /// A code snapshot that was not sent, or is gone.
    #[error("The code snapshot {0} is not on this server: send it first")]
    NoSnapshot(String),
    /// A file of a job is not there.
    #[error("The file {path} is not found in the directory {directory} of the job {job}")]
    NoFile {
        /// The job's name.
        job: String,
        /// The directory id.
        directory: String,
        /// Relative to the directory.
        path: String,
    },
    /// A share or container has not been made.
    #[error("The specified {0} is not found: it is made by the first upload, or by what mounts it")]
    NoVolume(VolumeKey),
    /// A file of a share or container is not there.
    #[error("The specified path {path} is not found in the {volume}")]
    NoStoredFile {
        /// From the root of the volume.
        path: String,
        /// Where it was looked for.
        volume: VolumeKey,
    },
    /// A share or container that something mounts was to be deleted.
    #[error("The {volume} is mounted by the {by}: delete that first, then try again")]
    VolumeInUse {
        /// Which.
        volume: VolumeKey,
        /// What mounts it, such as `cluster c of workspace w`.
        by: String,
    },
    /// A share or container that the server cannot look into. A whole sentence.
    #[error("{0}")]
    KeptElsewhere(String),
    /// The content of an upload is not what its address says.
    #[error("The code snapshot arrived damaged: its content has the digest {found}, not {expected}")]
    WrongDigest {
        /// What its address says.
        expected: String,
        /// What it is.
        found: String,
    },
    /// An upload that is too large.
    #[error("The code snapshot is larger than {limit} bytes")]
    SnapshotTooLarge {
        /// In bytes.
        limit: u64,
    },
    /// The body of an upload broke off.
    #[error("The upload broke off: {0}")]
    Upload(String),
    /// A file of the server could not be used.
    #[error("cannot {action} {}", path.display())]
    File {
        /// `read`, `write` ...
        action: &'static str,
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl OperationError {
    /// It is not there.
    #[must_use]
    pub fn not_found(kind: Kind, name: impl fmt::Display) -> Self {
        Self::NotFound { kind, name: name.to_string() }
    }

    /// Whether it failed for want of room on the disk.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        match self {
            Self::Store(StoreError::DiskFull { .. }) => true,
            Self::File { source, .. } | Self::Engine(EngineError::Failed { source, .. }) => {
                source.kind() == std::io::ErrorKind::StorageFull
            }
            _ => false,
        }
    }

    /// It is going away.
    #[must_use]
    pub fn deleting(kind: Kind, name: impl fmt::Display) -> Self {
        Self::Deleting { kind, name: name.to_string() }
    }
}
