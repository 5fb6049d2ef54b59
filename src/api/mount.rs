//! Mount volumes, the same object for clusters and for jobs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{KeyVaultSecretReference, ResourceReference};

/// What to mount.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MountVolumes {
    /// Azure file shares.
    pub azure_file_shares: Option<Vec<AzureFileShareReference>>,
    /// Blob containers.
    pub azure_blob_file_systems: Option<Vec<AzureBlobFileSystemReference>>,
    /// File servers.
    pub file_servers: Option<Vec<FileServerReference>>,
    /// Anything a command can mount.
    pub unmanaged_file_systems: Option<Vec<UnmanagedFileSystemReference>>,
}

/// An Azure file share.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AzureFileShareReference {
    /// The storage account.
    pub account_name: String,
    /// `https://<account>.file.<suffix>/<share>`.
    pub azure_file_url: String,
    /// How to log in.
    pub credentials: StorageCredentials,
    /// Where the volume appears below the mount root.
    #[schemars(length(min = 1))]
    pub relative_mount_path: String,
    /// Mode of files; default `0777`.
    pub file_mode: Option<String>,
    /// Mode of directories; default `0777`.
    pub directory_mode: Option<String>,
}

/// A blob container.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AzureBlobFileSystemReference {
    /// The storage account.
    pub account_name: String,
    /// The container.
    pub container_name: String,
    /// How to log in.
    pub credentials: StorageCredentials,
    /// Where the volume appears below the mount root.
    #[schemars(length(min = 1))]
    pub relative_mount_path: String,
    /// Options of the mount program.
    pub mount_options: Option<String>,
}

/// A file server of the service.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileServerReference {
    /// Which one.
    pub file_server: ResourceReference,
    /// Where the volume appears below the mount root.
    #[schemars(length(min = 1))]
    pub relative_mount_path: String,
    /// A directory of its export; default: all of it.
    pub source_directory: Option<String>,
    /// Options of the mount.
    pub mount_options: Option<String>,
}

/// A file system that a command of the user mounts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnmanagedFileSystemReference {
    /// The command; the mount path is appended to it.
    pub mount_command: String,
    /// Where the volume appears below the mount root.
    #[schemars(length(min = 1))]
    pub relative_mount_path: String,
}

/// The key of a storage account, or where it is kept. Answers carry an empty object.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StorageCredentials {
    /// The key; write-only.
    pub account_key: Option<String>,
    /// Where the key is kept instead; write-only.
    pub account_key_secret_reference: Option<KeyVaultSecretReference>,
}

/// Shows which of the two forms was given, never the key.
impl std::fmt::Debug for StorageCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StorageCredentials")
            .field("account_key", &self.account_key.as_ref().map(|_| "<secret>"))
            .field("account_key_secret_reference", &self.account_key_secret_reference)
            .finish()
    }
}
