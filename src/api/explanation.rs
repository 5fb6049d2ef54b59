//! Ours: why a job waits, what it does, or how it ended.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What there is to say of a job. One of `queue`, `run` and `ending` is there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobExplanation {
    /// The full id of the job.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its `executionState`.
    pub execution_state: String,
    /// The answer in a sentence.
    pub summary: String,
    /// What can be done about it, a sentence each.
    pub remedies: Vec<String>,
    /// Of a job that had to begin anew.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub attempts: Option<AttemptsExplanation>,
    /// Of a job that is queued.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub queue: Option<QueueExplanation>,
    /// Of a job that runs, or is being stopped.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub run: Option<RunExplanation>,
    /// Of a job that has ended.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ending: Option<EndingExplanation>,
}

/// How often a job had to begin anew.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AttemptsExplanation {
    /// Times that its run was lost and it ran again, as its `maxRetryCount` allows.
    pub retries: u32,
    /// Times that its run was interrupted because its nodes went, and it was queued again.
    pub interruptions: u32,
    /// When that happened last, UTC.
    pub last_time: String,
    /// All of this in a sentence, with the reason of the last time.
    pub summary: String,
}

/// Why a job waits.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct QueueExplanation {
    /// Since when, UTC.
    pub since: String,
    /// Whether it can ever start on its cluster as it is.
    pub can_start: bool,
    /// Nodes that it needs at once.
    pub needs: u32,
    /// The name of its cluster; absent when that is gone.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cluster: Option<String>,
    /// The most nodes its cluster can have.
    pub most: u32,
    /// Nodes that could take it.
    pub idle: u32,
    /// Nodes that run jobs.
    pub running: u32,
    /// Nodes that are not ready yet.
    pub preparing: u32,
    /// Nodes that never will be.
    pub unusable: u32,
    /// How many queued jobs go before it.
    pub jobs_ahead: u64,
    /// The first of them, and the jobs that have the nodes now.
    pub before_it: Vec<JobBefore>,
}

/// A job that has nodes, or gets them first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobBefore {
    /// Its name.
    pub name: String,
    /// Its experiment.
    pub experiment: String,
    /// Its `executionState`.
    pub execution_state: String,
    /// Its `schedulingPriority`.
    pub priority: String,
    /// Nodes that it has or needs.
    pub node_count: u32,
}

/// What a job does.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunExplanation {
    /// When it began, UTC.
    pub since: String,
    /// The ids of its nodes, the master first.
    pub nodes: Vec<String>,
    /// How many ranks, or workers and parameter servers, write output of their own; absent when it has no ranks.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ranks: Option<u32>,
    /// Seconds until its wall-clock limit ends it.
    pub seconds_left: u64,
    /// When it last wrote output, UTC; absent when it has written none, or nobody can see.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_output_time: Option<String>,
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EndingExplanation {
    /// When it began, UTC.
    pub started: String,
    /// When it ended, UTC.
    pub ended: String,
    /// What it exited with; absent when it did not exit on its own.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub exit_code: Option<i32>,
    /// The signal that the exit code stands for, such as `SIGKILL`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub signal: Option<String>,
    /// The code of its error, such as `JobFailed`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
    /// The end of its error output, or of its output where that is empty.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub output: Option<LastOutput>,
}

/// The end of a file of output.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastOutput {
    /// Its name, such as `stderr.txt`.
    pub file_name: String,
    /// Its last lines.
    pub lines: Vec<String>,
}
