//! Ours: what a job would do, without submitting it; and a job submitted once more.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EnvironmentVariable;

/// What stands for the value of a secret variable.
pub const SECRET: &str = "***";

/// What a job would do. Nothing of it exists.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobPlan {
    /// Why this server could not run it; then it would fail when it starts.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unsupported: Option<String>,
    /// Why it would wait before it starts.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub would_queue: Option<String>,
    /// What would be made first, because nobody named it: `workspace`, `experiment`, `cluster`.
    pub would_make: Vec<String>,
    /// Its nodes, the master first.
    pub nodes: Vec<PlannedNode>,
    /// Directories that are made before anything else.
    pub directories: Vec<String>,
    /// What runs first, on every node.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub preparation: Option<PlannedPreparation>,
    /// The processes of the toolkit, started together.
    pub processes: Vec<PlannedProcess>,
    /// Which process decides the exit code, in a sentence.
    pub exit_code: String,
    /// The host file of MPI launchers: which nodes take processes, and how many.
    #[serde(default)]
    pub host_file: String,
    /// Seconds until the job is ended.
    pub max_wall_clock_seconds: u64,
    /// Seconds between the polite and the impolite signal.
    pub grace_seconds: u64,
}

/// A node of a planned job.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlannedNode {
    /// Its id, as it is or as it would be.
    pub id: String,
    /// Where programs on other nodes reach it; empty while nobody knows.
    pub address: String,
    /// Where commands start.
    pub working_directory: String,
    /// Volumes of the job that are mounted first, in order.
    pub mounts: Vec<PlannedMount>,
    /// The environment of commands on this node; in a container, over what the image sets.
    pub environment: Vec<EnvironmentVariable>,
    /// The log of what was done on this node.
    pub execution_log: String,
    /// What its commands run in; absent: the host.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub container: Option<PlannedContainer>,
}

/// The container of a node of a planned job.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlannedContainer {
    /// Its name.
    pub name: String,
    /// The image, as it would be pulled.
    pub image: String,
    /// The program that would make it.
    pub engine: String,
    /// Directories of the machine that it sees under the same path.
    pub binds: Vec<String>,
    /// The words after the program that would start it.
    pub arguments: Vec<String>,
}

/// A volume of a planned job.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlannedMount {
    /// Where it appears.
    pub path: String,
    /// The directory behind it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub directory: Option<String>,
    /// The command that mounts it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub command_line: Option<String>,
}

/// The preparation of a planned job.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlannedPreparation {
    /// Shell text.
    pub command_line: String,
    /// Files for its standard output, one per node.
    pub stdout: Vec<String>,
    /// Files for its standard error, one per node.
    pub stderr: Vec<String>,
}

/// A process of a planned job.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlannedProcess {
    /// What it is called in logs and errors: `job`, `rank 1`, `worker 1`, or `ps 0`.
    pub name: String,
    /// Its rank, where it has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rank: Option<u32>,
    /// The id of its node.
    pub node: String,
    /// Shell text.
    pub command_line: String,
    /// Where it starts.
    pub working_directory: String,
    /// All of its environment; nothing is inherited.
    pub environment: Vec<EnvironmentVariable>,
    /// Whether the job goes on until it has ended; of others, such as parameter servers, only a failure counts.
    #[serde(default = "waited_for")]
    pub is_awaited: bool,
    /// The file for its standard output.
    pub stdout: String,
    /// The file for its standard error.
    pub stderr: String,
}

const fn waited_for() -> bool {
    true
}

/// Body of the request to submit a job once more.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobRerun {
    /// The name of the new job; default: the old one's with the next free number.
    pub name: Option<String>,
}
