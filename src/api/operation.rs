//! What the provider can do, as permission tools of Azure ask it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One operation of the provider (Swagger 2018-05-01, `Operation`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Operation {
    /// `{provider}/{resource}/{action}`.
    pub name: String,
    /// The same for people.
    pub display: OperationDisplay,
    /// Who may ask for it: `user,system`.
    pub origin: String,
}

/// An operation in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OperationDisplay {
    /// What it does, in a sentence.
    pub description: String,
    /// What it does, in a few words.
    pub operation: String,
    /// `Microsoft Batch AI`.
    pub provider: String,
    /// The kind of resource.
    pub resource: String,
}
