//! Words on the wire: the types of Batch AI 2018-05-01 plus the additions of our own api-version.
//!
//! Serde and JSON Schema only. Used by the client, the command line and, through `server/convert`, by the
//! server. Knows nothing of rules, storage or HTTP. Field names, required fields and defaults follow the
//! Swagger document `Microsoft.BatchAI/stable/2018-05-01/BatchAI.json` of Azure/azure-rest-api-specs.

pub mod catalogue;
pub mod check;
pub mod cluster;
pub mod error;
pub mod experiment;
pub mod explanation;
pub mod file;
pub mod file_server;
pub mod id;
pub mod job;
pub mod limits;
pub mod long_operation;
pub mod mount;
pub mod node;
pub mod openapi;
pub mod operation;
pub mod page;
pub mod path;
pub mod plan;
pub mod resource_manager;
pub mod server;
pub mod storage;
pub mod storage_account;
pub mod successor;
pub mod token;
pub mod toolkit;
pub mod usage;
pub mod vault;
pub mod version;
pub mod workspace;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The api-version with our additions: optional fields, waiting on a change, following a file, code snapshots.
pub const API_VERSION: &str = "2026-11-01";

/// The provider namespace in every path and id.
pub const PROVIDER: &str = "Microsoft.BatchAI";

/// A reference to another resource by its full id.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct ResourceReference {
    /// The full ARM id of the resource.
    pub id: String,
}

/// A variable of a job's or a set-up task's environment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct EnvironmentVariable {
    /// The name of the variable.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Its value; may refer to the variables that batchai sets.
    pub value: String,
}

/// A secret in a key vault.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyVaultSecretReference {
    /// The vault.
    pub source_vault: ResourceReference,
    /// The address of the secret in it.
    pub secret_url: String,
}

/// A variable whose value never comes back.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentVariableWithSecretValue {
    /// The name of the variable.
    #[schemars(length(min = 1))]
    pub name: String,
    /// The secret itself; write-only.
    pub value: Option<String>,
    /// Where the secret is kept instead.
    pub value_secret_reference: Option<KeyVaultSecretReference>,
}

/// Shows which of the two forms was given, never the secret.
impl std::fmt::Debug for EnvironmentVariableWithSecretValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EnvironmentVariableWithSecretValue")
            .field("name", &self.name)
            .field("value", &self.value.as_ref().map(|_| "<secret>"))
            .field("value_secret_reference", &self.value_secret_reference)
            .finish()
    }
}

/// An error of a job or a cluster: not the shape of a refused request, which is [`error::ErrorBody`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct BatchAiError {
    /// A word a program can compare, such as `JobFailed`.
    pub code: String,
    /// A sentence for people.
    pub message: String,
    /// Facts that belong to the sentence.
    pub details: Option<Vec<NameValuePair>>,
}

/// A fact of a [`BatchAiError`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct NameValuePair {
    /// What the fact is.
    pub name: String,
    /// What it says.
    pub value: String,
}
