//! The table of clusters.

use rusqlite::params;

use super::document::{Document, encode};
use super::error::StoreError;
use super::{Reader, Stored, Tx, Window};
use crate::domain::cluster::Cluster;
use crate::domain::name::{ClusterKey, GroupKey, Name, WorkspaceKey};

impl Document for Cluster {
    const TABLE: &'static str = "clusters";
}

impl Reader<'_> {
    /// One cluster.
    pub fn cluster(&self, key: &ClusterKey) -> Result<Option<Stored<Cluster>>, StoreError> {
        let Some(workspace) = self.workspace_number(&key.workspace)? else { return Ok(None) };
        self.one(
            "SELECT number, generation, document FROM clusters WHERE workspace = ?1 AND name = ?2",
            params![workspace, key.name.as_str()],
        )
    }

    /// Clusters of a workspace, oldest first; none when there is no such workspace.
    pub fn clusters(&self, workspace: &WorkspaceKey, window: Window) -> Result<Vec<Stored<Cluster>>, StoreError> {
        let Some(workspace) = self.workspace_number(workspace)? else { return Ok(Vec::new()) };
        self.many(
            "SELECT number, generation, document FROM clusters
             WHERE workspace = ?1 AND number > ?2 ORDER BY number LIMIT ?3",
            params![workspace, window.after, window.limit],
        )
    }

    /// One cluster by its number.
    pub fn cluster_by_number(&self, number: i64) -> Result<Option<Stored<Cluster>>, StoreError> {
        self.one("SELECT number, generation, document FROM clusters WHERE number = ?1", [number])
    }

    /// Clusters of workspaces whose names begin with `prefix`, of a subscription or of one group of it, oldest first.
    pub fn clusters_below(
        &self,
        (subscription, group): (&str, Option<&str>),
        prefix: &str,
        window: Window,
    ) -> Result<Vec<Stored<Cluster>>, StoreError> {
        self.many(
            "SELECT c.number, c.generation, c.document FROM clusters c JOIN workspaces w ON w.number = c.workspace
             WHERE w.subscription = ?1 AND (?2 IS NULL OR w.resource_group = ?2) AND w.name LIKE ?3 || '%'
               AND c.number > ?4 ORDER BY c.number LIMIT ?5",
            params![subscription, group, prefix, window.after, window.limit],
        )
    }

    /// The cluster of that name in a workspace of a group whose name begins with `prefix`.
    pub fn cluster_below(
        &self,
        group: &GroupKey,
        prefix: &str,
        name: &Name,
    ) -> Result<Option<Stored<Cluster>>, StoreError> {
        self.one(
            "SELECT c.number, c.generation, c.document FROM workspaces w JOIN clusters c ON c.workspace = w.number
             WHERE w.subscription = ?1 AND w.resource_group = ?2 AND w.name LIKE ?3 || '%' AND c.name = ?4",
            params![group.subscription, group.group, prefix, name.as_str()],
        )
    }

    /// All clusters, oldest first, for the scheduler.
    pub fn all_clusters(&self) -> Result<Vec<Stored<Cluster>>, StoreError> {
        self.many("SELECT number, generation, document FROM clusters ORDER BY number", [])
    }
}

impl Tx<'_> {
    /// Adds one; its workspace must be there, its key free.
    pub fn insert_cluster(&self, value: &Cluster) -> Result<i64, StoreError> {
        let ClusterKey { workspace, name } = &value.key;
        let workspace = self.workspace_for(workspace, name.as_str())?;
        self.insert::<Cluster>(
            "INSERT INTO clusters (workspace, name, document) VALUES (?1, ?2, ?3)",
            params![workspace, name.as_str(), encode(value)],
            name.as_str(),
        )
    }

    /// Replaces one; its key stays.
    pub fn update_cluster(&self, number: i64, value: &Cluster) -> Result<(), StoreError> {
        self.update::<Cluster>(
            "UPDATE clusters SET document = ?2, generation = generation + 1 WHERE number = ?1",
            params![number, encode(value)],
            number,
        )
    }

    /// Removes one and its nodes; its jobs stay, without a cluster.
    pub fn delete_cluster(&self, number: i64) -> Result<(), StoreError> {
        self.delete::<Cluster>("DELETE FROM clusters WHERE number = ?1", number)
    }
}
