//! Settings of the toolkits. A job has exactly one of them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The Microsoft Cognitive Toolkit.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CntkSettings {
    /// `BrainScript` or `Python`.
    pub language_type: Option<String>,
    /// The BrainScript configuration; BrainScript only.
    pub config_file_path: Option<String>,
    /// The Python script; Python only.
    pub python_script_file_path: Option<String>,
    /// The interpreter; default: the one on the PATH.
    pub python_interpreter_path: Option<String>,
    /// Arguments of the script; shell text.
    pub command_line_args: Option<String>,
    /// How many processes; default: `nodeCount`.
    #[schemars(range(min = 1))]
    pub process_count: Option<u32>,
}

/// PyTorch, or any program of one process per rank.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PyTorchSettings {
    /// The Python script; shell variables are expanded.
    pub python_script_file_path: String,
    /// The interpreter; default: the one on the PATH.
    pub python_interpreter_path: Option<String>,
    /// Arguments of the script; shell text.
    pub command_line_args: Option<String>,
    /// How many processes; default: `nodeCount`.
    #[schemars(range(min = 1))]
    pub process_count: Option<u32>,
    /// `TCP`, `Gloo` or `MPI`, in any case.
    pub communication_backend: Option<String>,
}

/// TensorFlow with workers and parameter servers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TensorFlowSettings {
    /// The Python script; shell variables are expanded.
    pub python_script_file_path: String,
    /// The interpreter; default: the one on the PATH.
    pub python_interpreter_path: Option<String>,
    /// Arguments of the master, which is worker 0: the job ends with it.
    pub master_command_line_args: Option<String>,
    /// Arguments of the other workers.
    pub worker_command_line_args: Option<String>,
    /// Arguments of the parameter servers.
    pub parameter_server_command_line_args: Option<String>,
    /// How many workers, the master among them; default: `nodeCount`, and none in a job of one node that names neither
    /// number. At most `nodeCount` times the GPUs of a node, where nodes have any.
    pub worker_count: Option<u32>,
    /// How many parameter servers; default: 1, and none likewise. At most `nodeCount`.
    pub parameter_server_count: Option<u32>,
}

/// Caffe.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CaffeSettings {
    /// The solver to train from.
    pub config_file_path: Option<String>,
    /// A script instead of a solver.
    pub python_script_file_path: Option<String>,
    /// The interpreter; default: the one on the PATH.
    pub python_interpreter_path: Option<String>,
    /// Arguments of the script; shell text.
    pub command_line_args: Option<String>,
    /// How many processes; default: `nodeCount`.
    #[schemars(range(min = 1))]
    pub process_count: Option<u32>,
}

/// Caffe2, one process per node.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Caffe2Settings {
    /// The Python script; shell variables are expanded.
    pub python_script_file_path: String,
    /// The interpreter; default: the one on the PATH.
    pub python_interpreter_path: Option<String>,
    /// Arguments of the script; shell text.
    pub command_line_args: Option<String>,
}

/// Chainer, under MPI.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChainerSettings {
    /// The Python script; shell variables are expanded.
    pub python_script_file_path: String,
    /// The interpreter; default: the one on the PATH.
    pub python_interpreter_path: Option<String>,
    /// Arguments of the script; shell text.
    pub command_line_args: Option<String>,
    /// How many processes; default: `nodeCount`.
    #[schemars(range(min = 1))]
    pub process_count: Option<u32>,
}

/// Horovod, under MPI.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HorovodSettings {
    /// The Python script; shell variables are expanded.
    pub python_script_file_path: String,
    /// The interpreter; default: the one on the PATH.
    pub python_interpreter_path: Option<String>,
    /// Arguments of the script; shell text.
    pub command_line_args: Option<String>,
    /// How many processes; default: `nodeCount`.
    #[schemars(range(min = 1))]
    pub process_count: Option<u32>,
}

/// Any command under MPI.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomMpiSettings {
    /// The command every rank runs.
    pub command_line: String,
    /// How many processes; default: `nodeCount`.
    #[schemars(range(min = 1))]
    pub process_count: Option<u32>,
}

/// Any command, run once on the first node.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomToolkitSettings {
    /// The command; shell text.
    pub command_line: Option<String>,
}
