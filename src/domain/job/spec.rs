//! What a user asks of a job, after validation.

use serde::{Deserialize, Serialize};

use crate::domain::mount::Mount;
use crate::domain::name::ClusterKey;
use crate::domain::snapshot::SnapshotId;

/// What a user asks of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobSpec {
    /// Where it runs.
    pub cluster: ClusterKey,
    /// Which job goes first.
    pub priority: Priority,
    /// How many nodes it needs at once, at least 1.
    pub node_count: u32,
    /// What runs.
    pub toolkit: Toolkit,
    /// A command that runs first, on every node.
    pub preparation: Option<String>,
    /// Volumes for this job only.
    pub mounts: Vec<Mount>,
    /// Where standard output goes; `None`: storage of the server.
    pub std_out_err_prefix: Option<String>,
    /// Directories the job reads.
    pub inputs: Vec<Input>,
    /// Directories the job writes.
    pub outputs: Vec<Output>,
    /// The user's variables, in order.
    pub environment: Vec<(String, String)>,
    /// Seconds it may run; at least 1.
    pub max_wall_clock_seconds: u64,
    /// The folder it works in.
    pub code: Option<SnapshotId>,
    /// The PATH of its commands; `None`: the server's.
    pub search_path: Option<String>,
}

/// Which job goes first. Ordered: low first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Priority {
    /// After the others.
    Low,
    /// The default.
    Normal,
    /// Before the others.
    High,
}

/// What runs, one variant per toolkit this server can run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Toolkit {
    /// A command, once, on the first node.
    Custom {
        /// Shell text.
        command_line: String,
    },
    /// A Python script, one process per rank.
    PyTorch {
        /// Shell-expanded.
        script: String,
        /// `None`: the interpreter on the PATH.
        interpreter: Option<String>,
        /// Shell text.
        arguments: Option<String>,
        /// At least 1; as given or defaulted to the node count.
        process_count: u32,
        /// As written: `TCP`, `Gloo`, in any case.
        backend: Option<String>,
    },
}

/// A directory the job reads; nothing is made or checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// `AZ_BATCHAI_INPUT_<id>` is set to the path.
    pub id: String,
    /// May use variables.
    pub path: String,
}

/// A directory the job writes; made before it starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// `AZ_BATCHAI_OUTPUT_<id>` is set to the directory.
    pub id: String,
    /// May use variables; `None`: storage of the server.
    pub path_prefix: Option<String>,
    /// A relative path below it.
    pub path_suffix: Option<String>,
}

/// The default of `maxWallClockTime`: 7 days (Swagger 2018-05-01).
pub const DEFAULT_WALL_CLOCK_SECONDS: u64 = 7 * 24 * 60 * 60;
