//! The envelope of every list.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "{T}List")]
pub struct Page<T> {
    /// The elements, oldest first.
    pub value: Vec<T>,
    /// The absolute URL of the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next_link: Option<String>,
}
