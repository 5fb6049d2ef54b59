//! The body of a refused request, and the codes in it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `{"error": {...}}`, the CloudError of every Azure service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorBody {
    /// The error itself.
    pub error: ErrorDetail,
}

/// One error, and the ones it is made of.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct ErrorDetail {
    /// A word a program can compare, such as `JobNotFound`.
    pub code: String,
    /// A sentence for people; always several words.
    pub message: String,
    /// The property or thing the error is about, as a path such as `properties.nodeCount`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub target: Option<String>,
    /// All field errors of one body, where there are several.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub details: Vec<ErrorDetail>,
}

/// Codes that the client acts upon.
pub mod code {
    /// 404 for a workspace.
    pub const WORKSPACE_NOT_FOUND: &str = "WorkspaceNotFound";
    /// 404 for an experiment.
    pub const EXPERIMENT_NOT_FOUND: &str = "ExperimentNotFound";
    /// 404 for a cluster; for a job that names a missing cluster, 400 with this code.
    pub const CLUSTER_NOT_FOUND: &str = "ClusterNotFound";
    /// 404 for a node of a cluster.
    pub const NODE_NOT_FOUND: &str = "NodeNotFound";
    /// 404 for a file server; for a cluster or job that mounts a missing one, 400 with this code.
    pub const FILE_SERVER_NOT_FOUND: &str = "FileServerNotFound";
    /// 404 for a job.
    pub const JOB_NOT_FOUND: &str = "JobNotFound";
    /// 404 for a path that no version has, or not the one that was asked for.
    pub const NO_SUCH_PATH: &str = "InvalidResourceType";
    /// 404 for a token.
    pub const TOKEN_NOT_FOUND: &str = "TokenNotFound";
    /// 404 for a secret of a key vault, as Key Vault names it.
    pub const SECRET_NOT_FOUND: &str = "SecretNotFound";
    /// 404 for a file of a job.
    pub const OUTPUT_FILE_NOT_FOUND: &str = "OutputFileNotFound";
    /// 404 for a file share, as Azure Storage names it.
    pub const SHARE_NOT_FOUND: &str = "ShareNotFound";
    /// 404 for a blob container, as Azure Storage names it.
    pub const CONTAINER_NOT_FOUND: &str = "ContainerNotFound";
    /// 404 for a file or folder of a share or container.
    pub const STORED_FILE_NOT_FOUND: &str = "StoredFileNotFound";
    /// 409 for a share or container that the server cannot look into.
    pub const KEPT_ELSEWHERE: &str = "StorageKeptElsewhere";
    /// 400 for a job whose code snapshot was not sent.
    pub const SNAPSHOT_NOT_FOUND: &str = "SnapshotNotFound";
    /// 409 for a name that is taken by something else.
    pub const CONFLICT: &str = "ResourceAlreadyExists";
    /// 409 for a cluster when there are as many as there may be.
    pub const CLUSTER_QUOTA_EXCEEDED: &str = "ClusterQuotaExceeded";
    /// 409 for a node that cannot be taken away.
    pub const NOT_PREEMPTIBLE: &str = "NodeNotPreemptible";
    /// 400 for a body with wrong fields; `details` has them.
    pub const INVALID_PARAMETER: &str = "InvalidParameter";
}
