//! What a user asks of a job, after validation.

use serde::{Deserialize, Serialize};

use crate::domain::mount::Mount;
use crate::domain::name::ClusterKey;
use crate::domain::secret::{SecretValue, SecretVariable};
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
    /// How often it runs again after a run that was lost by no fault of its own.
    #[serde(default)]
    pub max_retries: u32,
    /// The folder it works in.
    pub code: Option<SnapshotId>,
    /// The PATH of its commands; `None`: the server's.
    pub search_path: Option<String>,
    /// The container it runs in; `None`: the host.
    #[serde(default)]
    pub container: Option<Container>,
    /// Variables whose values never come back, in order.
    #[serde(default)]
    pub secrets: Vec<SecretVariable>,
}

impl JobSpec {
    /// A job of one node, and nothing else said of it.
    #[must_use]
    pub fn new(cluster: ClusterKey, toolkit: Toolkit) -> Self {
        Self {
            cluster,
            priority: Priority::Normal,
            node_count: 1,
            toolkit,
            preparation: None,
            mounts: Vec::new(),
            std_out_err_prefix: None,
            inputs: Vec::new(),
            outputs: Vec::new(),
            environment: Vec::new(),
            max_wall_clock_seconds: DEFAULT_WALL_CLOCK_SECONDS,
            max_retries: 0,
            code: None,
            search_path: None,
            container: None,
            secrets: Vec::new(),
        }
    }
}

/// A container, as a user asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Container {
    /// The image; fully qualified unless it is of Docker Hub.
    pub image: String,
    /// The registry, as written; `None`: Docker Hub.
    pub registry: Option<String>,
    /// Who logs in to the registry.
    pub login: Option<RegistryLogin>,
    /// Size of /dev/shm in the words of docker, such as `16gb`.
    pub shm_size: Option<String>,
}

/// How to log in to a registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistryLogin {
    /// The user.
    pub username: String,
    /// The password.
    pub password: SecretValue,
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

/// What runs: exactly one toolkit.
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
        /// As written: `TCP`, `Gloo` or `MPI`, in any case.
        backend: Option<String>,
    },
    /// The Microsoft Cognitive Toolkit, under MPI.
    Cntk {
        /// What trains.
        program: CntkProgram,
        /// Shell text.
        arguments: Option<String>,
        /// At least 1; as given or defaulted to the node count.
        process_count: u32,
    },
    /// TensorFlow: a master, which is worker 0, workers and parameter servers.
    TensorFlow {
        /// Shell-expanded.
        script: String,
        /// `None`: the interpreter on the PATH.
        interpreter: Option<String>,
        /// Arguments of worker 0; shell text.
        master_arguments: Option<String>,
        /// Arguments of the other workers; shell text.
        worker_arguments: Option<String>,
        /// Arguments of the parameter servers; shell text.
        parameter_server_arguments: Option<String>,
        /// `None`: not distributed.
        worker_count: Option<u32>,
        /// `None`: not distributed.
        parameter_server_count: Option<u32>,
    },
    /// Caffe, under MPI.
    Caffe {
        /// What trains.
        program: CaffeProgram,
        /// Shell text.
        arguments: Option<String>,
        /// At least 1; as given or defaulted to the node count.
        process_count: u32,
    },
    /// Caffe2, one process per node.
    Caffe2 {
        /// Shell-expanded.
        script: String,
        /// `None`: the interpreter on the PATH.
        interpreter: Option<String>,
        /// Shell text.
        arguments: Option<String>,
    },
    /// Chainer, under MPI.
    Chainer(MpiScript),
    /// Horovod, under MPI.
    Horovod(MpiScript),
    /// A command, once per rank, under MPI.
    CustomMpi {
        /// Shell text.
        command_line: String,
        /// At least 1; as given or defaulted to the node count.
        process_count: u32,
    },
}

/// A Python script under MPI.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MpiScript {
    /// Shell-expanded.
    pub script: String,
    /// `None`: the interpreter on the PATH.
    pub interpreter: Option<String>,
    /// Shell text.
    pub arguments: Option<String>,
    /// At least 1; as given or defaulted to the node count.
    pub process_count: u32,
}

/// What CNTK trains from; `languageType` on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CntkProgram {
    /// `BrainScript`.
    BrainScript {
        /// The configuration; shell-expanded.
        config: String,
    },
    /// `Python`.
    Python {
        /// Shell-expanded.
        script: String,
        /// `None`: the interpreter on the PATH.
        interpreter: Option<String>,
    },
}

/// What Caffe trains from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CaffeProgram {
    /// A solver.
    Config(String),
    /// A script.
    Python {
        /// Shell-expanded.
        script: String,
        /// `None`: the interpreter on the PATH.
        interpreter: Option<String>,
    },
}

impl Toolkit {
    /// The word of `toolType` (Swagger 2018-05-01, `ToolType`; `pytorch` is in real answers).
    #[must_use]
    pub fn tool_type(&self) -> &'static str {
        match self {
            Self::Custom { .. } => "custom",
            Self::PyTorch { .. } => "pytorch",
            Self::Cntk { .. } => "cntk",
            Self::TensorFlow { .. } => "tensorflow",
            Self::Caffe { .. } => "caffe",
            Self::Caffe2 { .. } => "caffe2",
            Self::Chainer(_) => "chainer",
            Self::Horovod(_) => "horovod",
            Self::CustomMpi { .. } => "custommpi",
        }
    }
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
