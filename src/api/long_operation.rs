//! What a client that polls an operation is told.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An operation that goes on after its request was answered (azure-sdk-for-net recordings, June 2018).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LongOperation {
    /// Its full URL without the api-version.
    pub id: String,
    /// Its guid.
    pub name: String,
    /// `InProgress` or `Succeeded`.
    pub status: String,
    /// When it was accepted, UTC.
    pub start_time: String,
    /// When it was over, UTC; absent while it goes on.
    pub end_time: Option<String>,
    /// Only on success.
    pub properties: Option<LongOperationProperties>,
}

/// What it was about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LongOperationProperties {
    /// Names from the subscription inwards, joined with `$`.
    pub resource_id: String,
}
