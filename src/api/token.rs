//! Tokens of those who come over the network; ours, not Azure's.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Body of POST tokens.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct TokenCreate {
    /// What it is called.
    pub name: String,
    /// `owner`, `contributor` or `reader`.
    pub role: String,
    /// The only resource group it opens; left out: all of them.
    pub resource_group: Option<String>,
    /// After so many days it opens nothing any more; left out: it does not expire.
    pub expires_in_days: Option<u32>,
}

/// A token as answered.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    /// What it is called.
    pub name: String,
    /// `owner`, `contributor` or `reader`.
    pub role: String,
    /// The only resource group it opens.
    pub resource_group: Option<String>,
    /// When it was made, UTC.
    pub created: String,
    /// From when on it opens nothing, UTC.
    pub expires: Option<String>,
    /// Its text; only in the answer to its making.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// What its owner should know before handing it out; only in the answer to its making.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
}

/// Shows everything but the text of the token.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("name", &self.name).field("role", &self.role).finish_non_exhaustive()
    }
}
