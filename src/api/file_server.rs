//! File servers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ResourceReference;
use super::cluster::UserAccountSettings;

/// Body of PUT file server.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileServerCreate {
    /// What is asked for.
    pub properties: FileServerSpec,
}

/// What a user says of a file server.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileServerSpec {
    /// Azure VM size; ours: default `local`, this machine.
    pub vm_size: Option<String>,
    /// Who may log in.
    pub ssh_configuration: SshConfiguration,
    /// Its disks.
    pub data_disks: DataDisks,
    /// The network; one is made when there is none.
    pub subnet: Option<ResourceReference>,
}

/// Who may log in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SshConfiguration {
    /// Ranges of addresses that may connect; default all. At most 400.
    #[serde(rename = "publicIPsToAllow")]
    pub public_ips_to_allow: Option<Vec<String>>,
    /// The administrator.
    pub user_account_settings: UserAccountSettings,
}

/// Disks of a file server.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DataDisks {
    /// Size of one disk.
    #[serde(rename = "diskSizeInGB")]
    #[schemars(range(min = 1))]
    pub disk_size_in_gb: u32,
    /// Default `none`.
    pub caching_type: Option<CachingType>,
    /// How many disks; several form a RAID 0.
    #[schemars(range(min = 1))]
    pub disk_count: u32,
    /// What they are made of.
    pub storage_account_type: StorageAccountType,
}

/// What of disks is cached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CachingType {
    /// Nothing.
    #[default]
    None,
    /// What is read.
    ReadOnly,
    /// What is read and what is written.
    ReadWrite,
}

/// What disks are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum StorageAccountType {
    /// Magnetic.
    #[default]
    #[serde(rename = "Standard_LRS")]
    Standard,
    /// Solid state.
    #[serde(rename = "Premium_LRS")]
    Premium,
}

/// A file server as answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileServer {
    /// Full id.
    pub id: String,
    /// Name in its workspace.
    pub name: String,
    /// `Microsoft.BatchAI/workspaces/fileservers`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The rest.
    pub properties: FileServerProperties,
}

/// What a file server has to tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileServerProperties {
    /// `creating`, `succeeded`, `failed` or `deleting`.
    pub provisioning_state: String,
    /// When that state began, UTC.
    pub provisioning_state_transition_time: String,
    /// When it was made, UTC.
    pub creation_time: String,
    /// What it exports; absent while it is made.
    pub mount_settings: Option<MountSettings>,
    /// What was asked for, and the network that was made.
    #[serde(flatten)]
    pub spec: FileServerSpec,
}

/// What a file server exports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MountSettings {
    /// The exported directory, on the machine of the server.
    pub mount_point: String,
    /// Where it is reached from outside.
    #[serde(rename = "fileServerPublicIP")]
    pub file_server_public_ip: String,
    /// Where nodes reach it.
    #[serde(rename = "fileServerInternalIP")]
    pub file_server_internal_ip: String,
}
