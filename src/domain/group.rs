//! Resource groups: what workspaces and storage accounts lie in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Timestamp;
use super::name::GroupKey;
use super::provisioning::Provisioning;

/// A resource group as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Which one.
    pub key: GroupKey,
    /// Its name as first written.
    pub name: String,
    /// Its region as part of a path: lower case, without blanks.
    pub location: String,
    /// Free labels.
    pub tags: BTreeMap<String, String>,
    /// When it was made, or first used.
    pub created: Timestamp,
    /// Whether its record is there.
    pub provisioning: Provisioning,
}

impl Group {
    /// A group that somebody uses without having made it.
    #[must_use]
    pub fn first_used(key: GroupKey, location: String, at: Timestamp) -> Self {
        let name = key.group.clone();
        let provisioning = Provisioning::succeeded(at);
        Self { key, name, location, tags: BTreeMap::new(), created: at, provisioning }
    }
}
