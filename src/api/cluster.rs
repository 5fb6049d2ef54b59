//! Clusters.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::mount::MountVolumes;
use super::{
    BatchAiError, EnvironmentVariable, EnvironmentVariableWithSecretValue, KeyVaultSecretReference, ResourceReference,
};

/// Body of PUT cluster.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterCreate {
    /// What is asked for.
    pub properties: ClusterSpec,
}

/// Body of PATCH cluster.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterUpdate {
    /// What can change.
    pub properties: ClusterUpdateSpec,
}

/// What of a cluster can change.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterUpdateSpec {
    /// How many nodes from now on.
    pub scale_settings: Option<ScaleSettings>,
}

/// What a user says of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterSpec {
    /// Azure VM size; ours: default `local`, this machine.
    pub vm_size: Option<String>,
    /// Default `dedicated`.
    pub vm_priority: Option<VmPriority>,
    /// How many nodes.
    pub scale_settings: Option<ScaleSettings>,
    /// The image of a node.
    pub virtual_machine_configuration: Option<VirtualMachineConfiguration>,
    /// What is done to a node before jobs.
    pub node_setup: Option<NodeSetup>,
    /// The administrator of the nodes; ours: may be left out, then there is no SSH.
    pub user_account_settings: Option<UserAccountSettings>,
    /// The network.
    pub subnet: Option<ResourceReference>,
}

/// Whether nodes may be taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum VmPriority {
    /// Nodes stay.
    #[default]
    Dedicated,
    /// Nodes may be taken at any time.
    LowPriority,
}

/// Exactly one of the two.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScaleSettings {
    /// A fixed number of nodes.
    pub manual: Option<ManualScale>,
    /// As many nodes as jobs need, within bounds.
    pub auto_scale: Option<AutoScale>,
}

/// A fixed number of nodes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ManualScale {
    /// How many.
    pub target_node_count: u32,
    /// What happens to jobs on nodes that go; default `requeue`.
    pub node_deallocation_option: Option<DeallocationOption>,
}

/// What happens to jobs on nodes that go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DeallocationOption {
    /// Stopped, and run again later.
    #[default]
    Requeue,
    /// Stopped for good.
    Terminate,
    /// Allowed to finish.
    WaitForJobCompletion,
}

/// As many nodes as jobs need, within bounds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AutoScale {
    /// At least.
    pub minimum_node_count: u32,
    /// At most.
    pub maximum_node_count: u32,
    /// Right after creation; default 0.
    pub initial_node_count: Option<u32>,
    /// Ours: how long a node that no job needs stays idle before it goes: ISO 8601 duration, such as `PT5M`; default a
    /// minute.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub idle_time_before_scale_down: Option<String>,
}

/// The image of a node.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VirtualMachineConfiguration {
    /// Which one.
    pub image_reference: Option<ImageReference>,
}

/// An image of the Azure marketplace, or a custom one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImageReference {
    /// Publisher.
    pub publisher: String,
    /// Offer.
    pub offer: String,
    /// SKU.
    pub sku: String,
    /// Version; default latest.
    pub version: Option<String>,
    /// A custom image.
    pub virtual_machine_image_id: Option<String>,
}

/// What is done to a node before jobs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeSetup {
    /// A command.
    pub setup_task: Option<SetupTask>,
    /// Volumes for every job.
    pub mount_volumes: Option<MountVolumes>,
    /// Where counters go.
    pub performance_counters_settings: Option<PerformanceCountersSettings>,
}

/// A command that runs on each node before it takes jobs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetupTask {
    /// The command.
    pub command_line: String,
    /// Its environment.
    pub environment_variables: Option<Vec<EnvironmentVariable>>,
    /// Secret variables.
    pub secrets: Option<Vec<EnvironmentVariableWithSecretValue>>,
    /// Where its output goes.
    pub std_out_err_path_prefix: String,
    /// Made by the server.
    pub std_out_err_path_suffix: Option<String>,
}

/// Where counters go.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PerformanceCountersSettings {
    /// Application Insights.
    pub app_insights_reference: AppInsightsReference,
}

/// An Application Insights component.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AppInsightsReference {
    /// Which one.
    pub component: ResourceReference,
    /// Its key; write-only.
    pub instrumentation_key: Option<String>,
    /// Where the key is kept instead.
    pub instrumentation_key_secret_reference: Option<KeyVaultSecretReference>,
}

/// Never shows the key.
impl std::fmt::Debug for AppInsightsReference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppInsightsReference")
            .field("component", &self.component)
            .field("instrumentation_key", &self.instrumentation_key.as_ref().map(|_| "<secret>"))
            .finish_non_exhaustive()
    }
}

/// The administrator account of the nodes.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserAccountSettings {
    /// The user's name.
    pub admin_user_name: String,
    /// The key to log in with.
    pub admin_user_ssh_public_key: Option<String>,
    /// The password to log in with; write-only.
    pub admin_user_password: Option<String>,
}

/// Never shows the password.
impl std::fmt::Debug for UserAccountSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserAccountSettings")
            .field("admin_user_name", &self.admin_user_name)
            .field("admin_user_ssh_public_key", &self.admin_user_ssh_public_key)
            .field("admin_user_password", &self.admin_user_password.as_ref().map(|_| "<secret>"))
            .finish()
    }
}

/// A cluster as answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cluster {
    /// Full id.
    pub id: String,
    /// Name in its workspace.
    pub name: String,
    /// `Microsoft.BatchAI/workspaces/clusters`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The rest.
    pub properties: ClusterProperties,
}

/// What was asked for and what is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterProperties {
    /// `creating`, `succeeded`, `failed` or `deleting`.
    pub provisioning_state: String,
    /// When that state began, UTC.
    pub provisioning_state_transition_time: String,
    /// When it was made, UTC.
    pub creation_time: String,
    /// `steady` or `resizing`.
    pub allocation_state: String,
    /// When that state began, UTC.
    pub allocation_state_transition_time: String,
    /// Nodes there are, those that are leaving included.
    pub current_node_count: u32,
    /// The same nodes by state.
    pub node_state_counts: NodeStateCounts,
    /// What is wrong with nodes; absent when nothing is.
    pub errors: Option<Vec<BatchAiError>>,
    /// Ours: what is likely to surprise whoever made it, such as GPUs that the machine does not have; absent when nothing is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub warnings: Option<Vec<String>>,
    /// Ours: grows with every change of the cluster, its nodes aside; what a client waits upon.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub generation: Option<u64>,
    /// What was asked for.
    #[serde(flatten)]
    pub spec: ClusterSpec,
}

/// Nodes by state.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeStateCounts {
    /// Ready for jobs.
    pub idle_node_count: u32,
    /// A job uses them.
    pub running_node_count: u32,
    /// Being made ready.
    pub preparing_node_count: u32,
    /// Preparation failed.
    pub unusable_node_count: u32,
    /// Going away.
    pub leaving_node_count: u32,
}
