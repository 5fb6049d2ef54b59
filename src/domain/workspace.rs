//! Workspaces and experiments: folders of everything else.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Timestamp;
use super::name::{ExperimentKey, WorkspaceKey};
use super::provisioning::Provisioning;

/// A workspace as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workspace {
    /// Which one.
    pub key: WorkspaceKey,
    /// Its region; any name.
    pub location: String,
    /// Free labels.
    pub tags: BTreeMap<String, String>,
    /// When it was made.
    pub created: Timestamp,
    /// Whether its record is there.
    pub provisioning: Provisioning,
    /// When its user last changed it; `None`: never since it was made.
    #[serde(default)]
    pub modified: Option<Timestamp>,
}

impl Workspace {
    /// A workspace that has just been made.
    #[must_use]
    pub fn new(key: WorkspaceKey, location: String, tags: BTreeMap<String, String>, at: Timestamp) -> Self {
        Self { key, location, tags, created: at, provisioning: Provisioning::succeeded(at), modified: None }
    }

    /// When its user made it or last changed it.
    #[must_use]
    pub fn changed(&self) -> Timestamp {
        self.modified.unwrap_or(self.created)
    }
}

/// An experiment as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Experiment {
    /// Which one.
    pub key: ExperimentKey,
    /// When it was made.
    pub created: Timestamp,
    /// Whether its record is there.
    pub provisioning: Provisioning,
}
