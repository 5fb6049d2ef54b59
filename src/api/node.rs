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
    /// The port of its SSH server.
    pub port: u16,
}
