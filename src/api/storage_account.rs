//! Storage accounts in the words of Microsoft.Storage (Swagger 2018-02-01), as far as clients of Batch AI need them.
//! Their paths are in [`super::resource_manager`].

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How often and where an account is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Sku {
    /// `Standard_LRS` and the like.
    pub name: Option<String>,
    /// `Standard` or `Premium`; answered only.
    pub tier: Option<String>,
}

/// Body of PUT storage account.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct AccountCreate {
    /// The region; any name is accepted.
    pub location: Option<String>,
    /// How often and where it is kept; echoed.
    pub sku: Option<Sku>,
    /// `Storage`, `StorageV2` or `BlobStorage`; echoed.
    pub kind: Option<String>,
    /// Free labels.
    pub tags: Option<BTreeMap<String, String>>,
}

/// A storage account as answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Full id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `Microsoft.Storage/storageAccounts`.
    #[serde(rename = "type")]
    pub resource_type: String,
    /// The region.
    pub location: String,
    /// Free labels.
    pub tags: BTreeMap<String, String>,
    /// `Storage`, `StorageV2` or `BlobStorage`.
    pub kind: String,
    /// How often and where it is kept.
    pub sku: Sku,
    /// The rest.
    pub properties: AccountProperties,
}

/// What a storage account has to tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountProperties {
    /// `Succeeded`.
    pub provisioning_state: String,
    /// When it was made, UTC.
    pub creation_time: String,
    /// The region, lower case without blanks.
    pub primary_location: String,
    /// `available`.
    pub status_of_primary: String,
    /// Where its content was in Azure; nobody answers there for this server.
    pub primary_endpoints: Endpoints,
}

/// Addresses of the services of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoints {
    /// Of blobs.
    pub blob: String,
    /// Of file shares.
    pub file: String,
}

/// The keys of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keys {
    /// Two.
    pub keys: Vec<Key>,
}

/// One of them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Key {
    /// `key1` or `key2`.
    pub key_name: String,
    /// The key itself.
    pub value: String,
    /// `Full`.
    pub permissions: String,
}

/// Never shows the key.
impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").field("key_name", &self.key_name).finish_non_exhaustive()
    }
}

/// Body of POST checkNameAvailability.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct NameToCheck {
    /// The name.
    pub name: String,
}

/// Whether an account can be made under a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NameAvailability {
    /// Whether it can.
    pub name_available: bool,
    /// `AccountNameInvalid` or `AlreadyExists`.
    pub reason: Option<String>,
    /// The same as a sentence.
    pub message: Option<String>,
}
