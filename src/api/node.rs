//! Nodes of clusters and jobs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Body of POST preemptNode.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodePreempt {
    /// The id of the node; default: the one at the highest place.
    pub node_id: Option<String>,
}

/// A node of low priority that is taken away.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreemptedNode {
    /// The id of the node.
    pub node_id: String,
    /// The names of the jobs that run on it: they are interrupted and queued again.
    pub jobs: Vec<String>,
}

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
