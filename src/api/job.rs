//! Jobs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::mount::MountVolumes;
use super::toolkit::{
    Caffe2Settings, CaffeSettings, ChainerSettings, CntkSettings, CustomMpiSettings, CustomToolkitSettings,
    HorovodSettings, PyTorchSettings, TensorFlowSettings,
};
use super::{
    BatchAiError, EnvironmentVariable, EnvironmentVariableWithSecretValue, KeyVaultSecretReference, ResourceReference,
};

/// Body of PUT job.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobCreate {
    /// What is asked for.
    pub properties: JobSpec,
}

/// What a user says of a job.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobSpec {
    /// Default `normal`.
    pub scheduling_priority: Option<Priority>,
    /// Where it runs.
    pub cluster: ResourceReference,
    /// Volumes for this job only.
    pub mount_volumes: Option<MountVolumes>,
    /// How many nodes it needs at once.
    #[schemars(range(min = 1))]
    pub node_count: u32,
    /// The container it runs in; default: the host.
    pub container_settings: Option<ContainerSettings>,
    /// The Microsoft Cognitive Toolkit.
    pub cntk_settings: Option<CntkSettings>,
    /// PyTorch.
    pub py_torch_settings: Option<PyTorchSettings>,
    /// TensorFlow.
    pub tensor_flow_settings: Option<TensorFlowSettings>,
    /// Caffe.
    pub caffe_settings: Option<CaffeSettings>,
    /// Caffe2.
    pub caffe2_settings: Option<Caffe2Settings>,
    /// Chainer.
    pub chainer_settings: Option<ChainerSettings>,
    /// Any command.
    pub custom_toolkit_settings: Option<CustomToolkitSettings>,
    /// Any command under MPI.
    pub custom_mpi_settings: Option<CustomMpiSettings>,
    /// Horovod.
    pub horovod_settings: Option<HorovodSettings>,
    /// A command that runs first, on every node.
    pub job_preparation: Option<JobPreparation>,
    /// Where standard output goes; ours: default: storage of the server.
    pub std_out_err_path_prefix: Option<String>,
    /// Directories the job reads.
    pub input_directories: Option<Vec<InputDirectory>>,
    /// Directories the job writes.
    pub output_directories: Option<Vec<OutputDirectory>>,
    /// Variables of the job.
    pub environment_variables: Option<Vec<EnvironmentVariable>>,
    /// Variables whose values never come back.
    pub secrets: Option<Vec<EnvironmentVariableWithSecretValue>>,
    /// Limits.
    pub constraints: Option<JobConstraints>,
    /// Ours: the folder the job works in, `sha256:<64 hex digits>` of a snapshot that was sent before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_snapshot: Option<String>,
    /// Ours: the PATH of the job's commands; default: the server's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search_path: Option<String>,
}

/// Which job goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// After the others.
    Low,
    /// The default.
    #[default]
    Normal,
    /// Before the others.
    High,
}

/// The container a job runs in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContainerSettings {
    /// The image.
    pub image_source_registry: ImageSourceRegistry,
    /// Size of /dev/shm, such as `16gb`.
    pub shm_size: Option<String>,
}

/// An image and where it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImageSourceRegistry {
    /// The registry; default Docker Hub.
    pub server_url: Option<String>,
    /// The image.
    pub image: String,
    /// How to log in.
    pub credentials: Option<PrivateRegistryCredentials>,
}

/// How to log in to a registry.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PrivateRegistryCredentials {
    /// The user.
    pub username: String,
    /// The password; write-only.
    pub password: Option<String>,
    /// Where the password is kept instead; write-only.
    pub password_secret_reference: Option<KeyVaultSecretReference>,
}

/// Never shows the password.
impl std::fmt::Debug for PrivateRegistryCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PrivateRegistryCredentials")
            .field("username", &self.username)
            .field("password", &self.password.as_ref().map(|_| "<secret>"))
            .finish_non_exhaustive()
    }
}

/// A command that runs on every node before the toolkit.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobPreparation {
    /// The command; shell text.
    pub command_line: String,
}

/// A directory the job reads; nothing is made or checked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InputDirectory {
    /// `AZ_BATCHAI_INPUT_<id>` is set to the path.
    pub id: String,
    /// The path; may use variables.
    pub path: String,
}

/// A directory the job writes; made before it starts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutputDirectory {
    /// `AZ_BATCHAI_OUTPUT_<id>` is set to the directory.
    pub id: String,
    /// Where it lies; ours: default: storage of the server.
    pub path_prefix: Option<String>,
    /// A path below it.
    pub path_suffix: Option<String>,
}

/// Limits of a job.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobConstraints {
    /// ISO 8601 duration, such as `PT2H`; default `P7D`.
    pub max_wall_clock_time: Option<String>,
    /// How often the job runs again after a run that was lost by no fault of its own; default 0. Of
    /// 2017-09-01-preview and ours.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub max_retry_count: Option<u32>,
}

/// A job as answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Job {
    /// Full id.
    pub id: String,
    /// Name in its experiment.
    pub name: String,
    /// `Microsoft.BatchAI/workspaces/experiments/jobs`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The rest.
    pub properties: JobProperties,
}

impl Job {
    /// Whether nothing more will happen to it.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        matches!(self.properties.execution_state.as_str(), "succeeded" | "failed")
    }
}

/// What was asked for and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobProperties {
    /// The experiment's name; in real answers though not in Swagger.
    pub experiment_name: Option<String>,
    /// `creating`, `succeeded`, `failed` or `deleting`.
    pub provisioning_state: String,
    /// When that state began, UTC.
    pub provisioning_state_transition_time: String,
    /// When it was submitted, UTC.
    pub creation_time: String,
    /// `queued`, `running`, `terminating`, `succeeded` or `failed`.
    pub execution_state: String,
    /// When that state began, UTC.
    pub execution_state_transition_time: String,
    /// Start, end, exit code; absent until it runs.
    pub execution_info: Option<ExecutionInfo>,
    /// Which toolkit, in lower case.
    pub tool_type: String,
    /// Where its files are, below their prefixes.
    pub job_output_directory_path_segment: String,
    /// Ours: why it is still queued.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub queue_reason: Option<String>,
    /// Ours: the files its processes write their output to, in the directory `stdouterr`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub output_streams: Option<Vec<OutputStream>>,
    /// Ours: grows with every change of the job; what a client waits upon.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub generation: Option<u64>,
    /// What was asked for.
    #[serde(flatten)]
    pub spec: JobSpec,
}

/// One file of output of a job.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutputStream {
    /// Its name, such as `stdout-0.txt`.
    pub file_name: String,
    /// Who writes it: `job`, `preparation`, the rank of a process, or `wk-1` and `ps-0` of TensorFlow.
    pub source: String,
    /// `stdout` or `stderr`.
    pub stream: String,
}

impl OutputStream {
    /// What a file of that name holds, as Batch AI named them: `stdout.txt`, `stderr-0.txt`, `stdout-wk-1.txt`,
    /// `stdout-job_prep.txt` ... `None` for any other file.
    #[must_use]
    pub fn of_file(file: &str) -> Option<Self> {
        let stem = file.strip_suffix(".txt")?;
        let (stream, who) = stem.split_once('-').unwrap_or((stem, ""));
        let source = match who {
            "" => "job",
            who if who.starts_with("job_prep") => "preparation",
            rank => rank,
        };
        let is_stream = matches!(stream, "stdout" | "stderr");
        is_stream.then(|| Self { file_name: file.into(), source: source.into(), stream: stream.into() })
    }
}

/// Start, end, exit code.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExecutionInfo {
    /// When it began to run, UTC.
    pub start_time: String,
    /// When it ended, UTC.
    pub end_time: Option<String>,
    /// What it exited with; absent when it was stopped.
    pub exit_code: Option<i32>,
    /// Why it failed; absent when it did not.
    pub errors: Option<Vec<BatchAiError>>,
    /// Ours: times that a run of it was lost and it ran again; absent when that never happened.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub retries: Option<u32>,
    /// Ours: times that a run of it was interrupted because its nodes went; absent when that never happened.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub interruptions: Option<u32>,
}
