//! What is in use in a region, and how much there is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One thing that is counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// `Count`.
    pub unit: String,
    /// How much is in use.
    pub current_value: i32,
    /// How much there is; 0: none is allowed; -1: as much as anybody wants.
    pub limit: i64,
    /// What is counted.
    pub name: UsageName,
}

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageName {
    /// For programs.
    pub value: String,
    /// For people.
    pub localized_value: String,
}
