//! Words of Azure Resource Manager around Batch AI: subscriptions, regions, providers and resource groups, as clients
//! of Batch AI ask for them (Swagger `Microsoft.Resources`, 2018-05-01), and the paths of all of them.
//!
//! These paths have api-versions of their own, so they are not in [`super::path`] and [`super::catalogue`].

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Directories of users.
pub const TENANTS: &str = "/tenants";
/// All subscriptions.
pub const SUBSCRIPTIONS: &str = "/subscriptions";
/// One subscription.
pub const SUBSCRIPTION: &str = "/subscriptions/{subscription}";
/// Its regions.
pub const LOCATIONS: &str = "/subscriptions/{subscription}/locations";
/// Its providers.
pub const PROVIDERS: &str = "/subscriptions/{subscription}/providers";
/// One provider.
pub const PROVIDER: &str = "/subscriptions/{subscription}/providers/{namespace}";
/// Registers it.
pub const REGISTER: &str = "/subscriptions/{subscription}/providers/{namespace}/register";
/// Resource groups.
pub const GROUPS: &str = "/subscriptions/{subscription}/resourceGroups";
/// One resource group.
pub const GROUP: &str = "/subscriptions/{subscription}/resourceGroups/{group}";
/// Storage accounts of a subscription.
pub const ALL_ACCOUNTS: &str = "/subscriptions/{subscription}/providers/Microsoft.Storage/storageAccounts";
/// Whether a storage account of some name can be made.
pub const CHECK_NAME: &str = "/subscriptions/{subscription}/providers/Microsoft.Storage/checkNameAvailability";
/// Storage accounts of a group.
pub const ACCOUNTS: &str =
    "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Storage/storageAccounts";
/// One storage account.
pub const ACCOUNT: &str =
    "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Storage/storageAccounts/{account}";
/// Its keys.
pub const LIST_KEYS: &str = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Storage/storageAccounts/{account}/listKeys";

/// A directory of users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tenant {
    /// Full id.
    pub id: String,
    /// A guid.
    pub tenant_id: String,
}

/// A subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// Full id.
    pub id: String,
    /// A guid, or any name.
    pub subscription_id: String,
    /// The directory of its users.
    pub tenant_id: String,
    /// What people call it.
    pub display_name: String,
    /// `Enabled`.
    pub state: String,
}

/// A region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Location {
    /// Full id.
    pub id: String,
    /// As part of a path: `eastus`.
    pub name: String,
    /// For people: `East US`.
    pub display_name: String,
}

/// A provider of resources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Provider {
    /// Full id.
    pub id: String,
    /// `Microsoft.BatchAI`.
    pub namespace: String,
    /// `Registered`.
    pub registration_state: String,
    /// What it provides.
    pub resource_types: Vec<ResourceType>,
}

/// A type of resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceType {
    /// `workspaces/clusters`.
    pub resource_type: String,
    /// Where it can be, in words for people.
    pub locations: Vec<String>,
    /// How it can be asked for, the newest first.
    pub api_versions: Vec<String>,
}

/// Body of PUT resource group.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct GroupCreate {
    /// The region; any name is accepted.
    pub location: Option<String>,
    /// Free labels.
    pub tags: Option<BTreeMap<String, String>>,
}

/// Body of PATCH resource group.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct GroupUpdate {
    /// All labels from now on; left out, they stay.
    pub tags: Option<BTreeMap<String, String>>,
}

/// A resource group as answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Full id.
    pub id: String,
    /// Its name as first written.
    pub name: String,
    /// `Microsoft.Resources/resourceGroups`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The region.
    pub location: String,
    /// Free labels.
    pub tags: Option<BTreeMap<String, String>>,
    /// The rest.
    pub properties: GroupProperties,
}

/// What a resource group has to tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupProperties {
    /// `Succeeded` or `Deleting`.
    pub provisioning_state: String,
}
