//! Clusters.

use super::workspaces::{find as find_workspace, find_open as find_open_workspace, mark};
use super::{Context, Kind, Listed, OperationError, ensure_stays, page};
use crate::domain::Timestamp;
use crate::domain::cluster::{Cluster, ClusterSpec};
use crate::domain::name::{ClusterKey, WorkspaceKey};
use crate::domain::node::Node;
use crate::store::{Reader, Store, Stored, Tx, Window};

/// A cluster with what is known of its nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterView {
    /// The cluster.
    pub cluster: Stored<Cluster>,
    /// Its nodes, by place.
    pub nodes: Vec<Node>,
    /// Places of nodes on which a job runs.
    pub busy: Vec<u32>,
}

/// Makes a cluster. A repeated PUT of the same answers the one that is there; another one of that name is a
/// conflict (no recording shows either; this is what an Azure user would expect).
///
/// # Errors
/// When its workspace is missing, the name is taken, something is being deleted, or the store fails.
pub async fn create(context: &Context, key: ClusterKey, spec: ClusterSpec) -> Result<ClusterView, OperationError> {
    context.store.ensure_room()?;
    let (now, uuid) = ((context.clock)(), (context.new_id)());
    context.store.write(move |tx| add(tx, Cluster::new(key, spec, uuid, now))).await
}

/// Adds a cluster, or answers the one that is there if it is the same.
pub(super) fn add(tx: &Tx<'_>, cluster: Cluster) -> Result<ClusterView, OperationError> {
    find_open_workspace(tx, &cluster.key.workspace)?;
    if let Some(existing) = tx.cluster(&cluster.key)? {
        return same(tx, existing, &cluster.spec);
    }
    let number = tx.insert_cluster(&cluster)?;
    Ok(ClusterView { cluster: Stored { number, generation: 1, value: cluster }, nodes: vec![], busy: vec![] })
}

fn same(tx: &Tx<'_>, existing: Stored<Cluster>, spec: &ClusterSpec) -> Result<ClusterView, OperationError> {
    ensure_stays(Kind::Cluster, &existing.value.key.name, existing.value.provisioning)?;
    if existing.value.spec != *spec {
        return Err(OperationError::Conflict {
            kind: Kind::Cluster,
            name: existing.value.key.name.to_string(),
            reason: " with other parameters",
        });
    }
    view(tx, existing)
}

/// One cluster.
///
/// # Errors
/// When it or its workspace is not there.
pub fn get(store: &Store, key: &ClusterKey) -> Result<ClusterView, OperationError> {
    store.read(|reader| view(reader, find(reader, key)?))
}

/// Clusters of a workspace.
///
/// # Errors
/// When the workspace is not there.
pub fn list(store: &Store, workspace: &WorkspaceKey, window: Window) -> Result<Listed<ClusterView>, OperationError> {
    store.read(|reader| {
        find_workspace(reader, workspace)?;
        let listed = page(window, |window| reader.clusters(workspace, window))?;
        let items = listed.items.into_iter().map(|cluster| view(reader, cluster)).collect::<Result<_, _>>()?;
        Ok(Listed { items, next: listed.next })
    })
}

/// Begins to delete a cluster; its jobs are stopped and stay as records. `false` when it was not there.
///
/// # Errors
/// When the store fails.
pub async fn delete(context: &Context, key: ClusterKey) -> Result<bool, OperationError> {
    let now = (context.clock)();
    context
        .store
        .write(move |tx| match tx.cluster(&key)? {
            None => Ok(false),
            Some(cluster) => mark_deleting(tx, cluster, now).map(|()| true),
        })
        .await
}

/// Marks a cluster; the scheduler stops its jobs and removes it.
pub(super) fn mark_deleting(tx: &Tx<'_>, mut cluster: Stored<Cluster>, now: Timestamp) -> Result<(), OperationError> {
    if mark(&mut cluster.value.provisioning, now) {
        tx.update_cluster(cluster.number, &cluster.value)?;
    }
    Ok(())
}

/// The cluster, or the error which of it and its workspace is not there.
pub(super) fn find(reader: &Reader<'_>, key: &ClusterKey) -> Result<Stored<Cluster>, OperationError> {
    if let Some(cluster) = reader.cluster(key)? {
        return Ok(cluster);
    }
    find_workspace(reader, &key.workspace)?;
    Err(OperationError::not_found(Kind::Cluster, &key.name))
}

/// The cluster as something to send jobs to.
pub(super) fn find_open(tx: &Tx<'_>, key: &ClusterKey) -> Result<Stored<Cluster>, OperationError> {
    let cluster = find(tx, key)?;
    ensure_stays(Kind::Cluster, &cluster.value.key.name, cluster.value.provisioning)?;
    Ok(cluster)
}

pub(super) fn view(reader: &Reader<'_>, cluster: Stored<Cluster>) -> Result<ClusterView, OperationError> {
    let nodes = reader.nodes(cluster.number)?;
    let busy = busy(reader, cluster.number)?;
    Ok(ClusterView { cluster, nodes, busy })
}

/// Places of nodes of this cluster on which a job runs.
pub(super) fn busy(reader: &Reader<'_>, cluster: i64) -> Result<Vec<u32>, OperationError> {
    let running = reader.running_jobs_of(cluster)?;
    Ok(running.iter().filter_map(|job| job.value.execution().run()).flat_map(|run| run.nodes.clone()).collect())
}
