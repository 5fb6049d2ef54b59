//! The table of file servers.

use rusqlite::params;

use super::document::{Document, encode};
use super::error::StoreError;
use super::{Reader, Stored, Tx, Window};
use crate::domain::file_server::FileServer;
use crate::domain::name::{FileServerKey, GroupKey, Name, WorkspaceKey};
use crate::domain::provisioning::ProvisioningState;

impl Document for FileServer {
    const TABLE: &'static str = "file_servers";
}

impl Reader<'_> {
    /// One file server.
    pub fn file_server(&self, key: &FileServerKey) -> Result<Option<Stored<FileServer>>, StoreError> {
        let Some(workspace) = self.workspace_number(&key.workspace)? else { return Ok(None) };
        self.one(
            "SELECT number, generation, document FROM file_servers WHERE workspace = ?1 AND name = ?2",
            params![workspace, key.name.as_str()],
        )
    }

    /// File servers of a workspace, oldest first; none when there is no such workspace.
    pub fn file_servers(
        &self,
        workspace: &WorkspaceKey,
        window: Window,
    ) -> Result<Vec<Stored<FileServer>>, StoreError> {
        let Some(workspace) = self.workspace_number(workspace)? else { return Ok(Vec::new()) };
        self.many(
            "SELECT number, generation, document FROM file_servers
             WHERE workspace = ?1 AND number > ?2 ORDER BY number LIMIT ?3",
            params![workspace, window.after, window.limit],
        )
    }

    /// File servers of workspaces whose names begin with `prefix`, of a subscription or of one group of it, oldest
    /// first.
    pub fn file_servers_below(
        &self,
        (subscription, group): (&str, Option<&str>),
        prefix: &str,
        window: Window,
    ) -> Result<Vec<Stored<FileServer>>, StoreError> {
        self.many(
            "SELECT f.number, f.generation, f.document FROM file_servers f JOIN workspaces w ON w.number = f.workspace
             WHERE w.subscription = ?1 AND (?2 IS NULL OR w.resource_group = ?2) AND w.name LIKE ?3 || '%'
               AND f.number > ?4 ORDER BY f.number LIMIT ?5",
            params![subscription, group, prefix, window.after, window.limit],
        )
    }

    /// The file server of that name in a workspace of a group whose name begins with `prefix`.
    pub fn file_server_below(
        &self,
        group: &GroupKey,
        prefix: &str,
        name: &Name,
    ) -> Result<Option<Stored<FileServer>>, StoreError> {
        self.one(
            "SELECT f.number, f.generation, f.document FROM workspaces w JOIN file_servers f ON f.workspace = w.number
             WHERE w.subscription = ?1 AND w.resource_group = ?2 AND w.name LIKE ?3 || '%' AND f.name = ?4",
            params![group.subscription, group.group, prefix, name.as_str()],
        )
    }

    /// File servers whose record is being deleted, oldest first.
    pub fn deleting_file_servers(&self) -> Result<Vec<Stored<FileServer>>, StoreError> {
        self.many(
            "SELECT number, generation, document FROM file_servers INDEXED BY file_servers_deleting
             WHERE deleting = 1 ORDER BY number",
            [],
        )
    }
}

impl Tx<'_> {
    /// Adds one; its workspace must be there, its key free.
    pub fn insert_file_server(&self, value: &FileServer) -> Result<i64, StoreError> {
        let FileServerKey { workspace, name } = &value.key;
        let workspace = self.workspace_for(workspace, name.as_str())?;
        self.insert::<FileServer>(
            "INSERT INTO file_servers (workspace, name, deleting, document) VALUES (?1, ?2, ?3, ?4)",
            params![workspace, name.as_str(), is_deleting(value), encode(value)],
            name.as_str(),
        )
    }

    /// Replaces one; its key stays.
    pub fn update_file_server(&self, number: i64, value: &FileServer) -> Result<(), StoreError> {
        self.update::<FileServer>(
            "UPDATE file_servers SET deleting = ?2, document = ?3, generation = generation + 1 WHERE number = ?1",
            params![number, is_deleting(value), encode(value)],
            number,
        )
    }

    /// Removes one.
    pub fn delete_file_server(&self, number: i64) -> Result<(), StoreError> {
        self.delete::<FileServer>("DELETE FROM file_servers WHERE number = ?1", number)
    }
}

fn is_deleting(value: &FileServer) -> bool {
    value.provisioning.state == ProvisioningState::Deleting
}
