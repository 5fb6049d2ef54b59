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
    /// What only the older api-versions know of it.
    #[serde(default)]
    pub legacy: Option<Legacy>,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileServerSpec {
    /// Upper case.
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
    /// `Standard_LRS` or `Premium_LRS`.
    pub storage_account_type: String,
    /// `none`, `readonly` or `readwrite`.
    pub caching: String,
}
