//! The table of workspaces.

use rusqlite::params;

use super::document::{Document, encode};
use super::error::StoreError;
use super::{Reader, Stored, Tx, Window};
use crate::domain::name::WorkspaceKey;
use crate::domain::provisioning::ProvisioningState;
use crate::domain::workspace::Workspace;

impl Document for Workspace {
    const TABLE: &'static str = "workspaces";
}

impl Reader<'_> {
    /// One workspace.
    pub fn workspace(&self, key: &WorkspaceKey) -> Result<Option<Stored<Workspace>>, StoreError> {
        self.one(
            "SELECT number, generation, document FROM workspaces
             WHERE subscription = ?1 AND resource_group = ?2 AND name = ?3",
            params![key.group.subscription, key.group.group, key.name.as_str()],
        )
    }

    /// Workspaces of a subscription, or of one group of it (both lower case), oldest first.
    pub fn workspaces(
        &self,
        subscription: &str,
        group: Option<&str>,
        window: Window,
    ) -> Result<Vec<Stored<Workspace>>, StoreError> {
        match group {
            Some(group) => self.many(
                "SELECT number, generation, document FROM workspaces
                 WHERE subscription = ?1 AND resource_group = ?2 AND number > ?3 ORDER BY number LIMIT ?4",
                params![subscription, group, window.after, window.limit],
            ),
            None => self.many(
                "SELECT number, generation, document FROM workspaces
                 WHERE subscription = ?1 AND number > ?2 ORDER BY number LIMIT ?3",
                params![subscription, window.after, window.limit],
            ),
        }
    }

    /// Workspaces whose record is being deleted and that have neither experiment nor cluster nor file server left.
    pub fn empty_deleting_workspaces(&self) -> Result<Vec<Stored<Workspace>>, StoreError> {
        self.many(
            "SELECT number, generation, document FROM workspaces INDEXED BY workspaces_deleting
             WHERE deleting = 1
               AND NOT EXISTS (SELECT 1 FROM experiments WHERE workspace = workspaces.number)
               AND NOT EXISTS (SELECT 1 FROM clusters WHERE workspace = workspaces.number)
               AND NOT EXISTS (SELECT 1 FROM file_servers WHERE workspace = workspaces.number)
             ORDER BY number",
            [],
        )
    }

    /// The number of a workspace.
    pub(super) fn workspace_number(&self, key: &WorkspaceKey) -> Result<Option<i64>, StoreError> {
        self.cell(
            Workspace::TABLE,
            "SELECT number FROM workspaces WHERE subscription = ?1 AND resource_group = ?2 AND name = ?3",
            params![key.group.subscription, key.group.group, key.name.as_str()],
        )
    }
}

impl Tx<'_> {
    /// Adds one; its key must be free.
    pub fn insert_workspace(&self, value: &Workspace) -> Result<i64, StoreError> {
        let WorkspaceKey { group, name } = &value.key;
        self.insert::<Workspace>(
            "INSERT INTO workspaces (subscription, resource_group, name, deleting, document)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            params![group.subscription, group.group, name.as_str(), is_deleting(value), encode(value)],
            name.as_str(),
        )
    }

    /// Replaces one; its key stays.
    pub fn update_workspace(&self, number: i64, value: &Workspace) -> Result<(), StoreError> {
        self.update::<Workspace>(
            "UPDATE workspaces SET deleting = ?2, document = ?3, generation = generation + 1 WHERE number = ?1",
            params![number, is_deleting(value), encode(value)],
            number,
        )
    }

    /// Removes one; nothing may be in it.
    pub fn delete_workspace(&self, number: i64) -> Result<(), StoreError> {
        self.delete::<Workspace>("DELETE FROM workspaces WHERE number = ?1", number)
    }

    /// The number of the workspace that something called `name` is put into; it must be there.
    pub(super) fn workspace_for(&self, key: &WorkspaceKey, name: &str) -> Result<i64, StoreError> {
        self.workspace_number(key)?.ok_or_else(|| StoreError::Missing {
            action: format!("add `{name}`"),
            record: format!("workspace `{}` in resource group `{}`", key.name, key.group.group),
        })
    }
}

fn is_deleting(value: &Workspace) -> bool {
    value.provisioning.state == ProvisioningState::Deleting
}
