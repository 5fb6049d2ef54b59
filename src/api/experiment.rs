//! Experiments: a group of jobs in a workspace. Created by a PUT without a body.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use super::workspace::ProvisioningProperties;

/// An experiment as answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Experiment {
    /// Full id.
    pub id: String,
    /// Name in its workspace.
    pub name: String,
    /// `Microsoft.BatchAI/workspaces/experiments`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The rest.
    pub properties: ProvisioningProperties,
}
