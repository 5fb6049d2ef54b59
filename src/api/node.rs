//! Nodes of clusters and jobs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How to log in to a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RemoteLoginInformation {
    /// The id of the node.
    pub node_id: String,
    /// Where it is reached.
    pub ip_address: String,
    /// The port of its SSH server; 0: it offers none.
    pub port: u16,
    /// What identifies it: a line of `known_hosts` without the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_key: Option<String>,
}
