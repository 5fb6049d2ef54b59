//! File servers: an exported directory that clusters and jobs mount.

use serde::{Deserialize, Serialize};

use super::Timestamp;
use super::cluster::Admin;
use super::legacy::Legacy;
use super::name::FileServerKey;
use super::provisioning::Provisioning;

/// A file server as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileServer {
    /// Which one.
    pub key: FileServerKey,
    /// What was asked for.
    pub spec: FileServerSpec,
    /// When it was made.
    pub created: Timestamp,
    /// Whether its record is there.
    pub provisioning: Provisioning,
    /// Names the network that is made for it.
    pub uuid: String,
    /// The exported directory, as the server reads it.
    pub export: String,
    /// What only the older api-versions know of it.
    #[serde(default)]
    pub legacy: Option<Legacy>,
}

impl FileServer {
    /// A file server that has just been made. `uuid` is new; `export` is its directory.
    #[must_use]
    pub fn new(key: FileServerKey, spec: FileServerSpec, uuid: String, export: String, at: Timestamp) -> Self {
        Self { key, spec, created: at, provisioning: Provisioning::succeeded(at), uuid, export, legacy: None }
    }

    /// The id of its network: the one that was asked for, else the one that the service made for it, in a group of its
    /// own (recordings of azure-sdk-for-python, June 2018).
    #[must_use]
    pub fn subnet(&self) -> String {
        let made = || {
            let (subscription, uuid) = (&self.key.workspace.group.subscription, &self.uuid);
            format!(
                "/subscriptions/{subscription}/resourceGroups/fileserverrg-{uuid}/providers/Microsoft.Network\
                 /virtualNetworks/{uuid}vnet/subnets/Subnet-1"
            )
        };
        self.spec.subnet.clone().unwrap_or_else(made)
    }
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileServerSpec {
    /// Upper case, or `local`.
    pub vm_size: String,
    /// The administrator.
    pub admin: Admin,
    /// Addresses that may connect by SSH; `None`: all.
    pub public_ips: Option<Vec<String>>,
    /// Its disks; there is at least one.
    pub disks: DataDisks,
    /// The network, as an id; `None`: one is made.
    pub subnet: Option<String>,
}

/// The disks of a file server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataDisks {
    /// Size of one, in GB.
    pub size_gb: u32,
    /// How many; several form a RAID 0.
    pub count: u32,
    /// What they are made of.
    pub storage: DiskStorage,
    /// What of them is cached.
    pub caching: Caching,
}

/// What disks are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DiskStorage {
    /// Magnetic.
    Standard,
    /// Solid state.
    Premium,
}

/// What of disks is cached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Caching {
    /// Nothing.
    None,
    /// What is read.
    ReadOnly,
    /// What is read and what is written.
    ReadWrite,
}
