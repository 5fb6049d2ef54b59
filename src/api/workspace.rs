//! Workspaces: the folder of everything else.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Body of PUT workspace.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct WorkspaceCreate {
    /// The region; any name is accepted. Ours: may be left out.
    pub location: Option<String>,
    /// Free labels.
    pub tags: Option<BTreeMap<String, String>>,
}

/// Body of PATCH workspace.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct WorkspaceUpdate {
    /// All labels from now on; left out, they stay.
    pub tags: Option<BTreeMap<String, String>>,
}

/// A workspace as answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Workspace {
    /// Full id.
    pub id: String,
    /// Name in its resource group.
    pub name: String,
    /// `Microsoft.BatchAI/workspaces`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The region.
    pub location: String,
    /// Free labels.
    pub tags: Option<BTreeMap<String, String>>,
    /// The rest.
    pub properties: ProvisioningProperties,
}

/// What a workspace and an experiment have to tell.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProvisioningProperties {
    /// When it was made, UTC.
    pub creation_time: String,
    /// `creating`, `succeeded`, `failed` or `deleting`.
    pub provisioning_state: String,
    /// When that state began, UTC.
    pub provisioning_state_transition_time: String,
}
