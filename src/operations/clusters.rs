//! Clusters.

use std::time::Duration;

use super::workspaces::{find as find_workspace, find_open as find_open_workspace, mark};
use super::{Context, Kind, Listed, OperationError, ensure_stays, file_servers, page, storage_accounts, wait_until};
use crate::domain::Timestamp;
use crate::domain::allocation::AllocationState;
use crate::domain::cluster::{Cluster, ClusterSpec, Scale};
use crate::domain::name::{ClusterKey, WorkspaceKey};
use crate::domain::node::{Node, NodeState};
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
pub(super) fn add(tx: &Tx<'_>, mut cluster: Cluster) -> Result<ClusterView, OperationError> {
    find_open_workspace(tx, &cluster.key.workspace)?;
    cluster.spec.subnet = subnet(tx, &cluster.spec)?;
    if let Some(existing) = tx.cluster(&cluster.key)? {
        return same(tx, existing, &cluster.spec);
    }
    file_servers::ensure_there(tx, &cluster.spec.mounts, "properties.nodeSetup.mountVolumes")?;
    storage_accounts::note_use(tx, &cluster.key.workspace, &cluster.spec.mounts, cluster.created)?;
    let number = tx.insert_cluster(&cluster)?;
    Ok(ClusterView { cluster: Stored { number, generation: 1, value: cluster }, nodes: vec![], busy: vec![] })
}

/// Its network: that of the first file server that it mounts where none was asked for (azure-docs `batch-ai`: a file
/// server is reached from its own subnet only).
fn subnet(reader: &Reader<'_>, spec: &ClusterSpec) -> Result<Option<String>, OperationError> {
    let server = spec.mounts.iter().find_map(|mount| mount.source.file_server());
    match (&spec.subnet, server) {
        (None, Some(server)) => Ok(reader.file_server(server)?.map(|found| found.value.subnet())),
        (asked, _) => Ok(asked.clone()),
    }
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

/// What of a cluster is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// That the cluster, its nodes aside, is another than this generation.
    NewerThan(u64),
    /// That it has, or has not, as many nodes as it should have.
    In(AllocationState),
    /// That at least one of its nodes could take a job.
    Idle,
}

impl Until {
    /// Whether the wait for this cluster is over.
    #[must_use]
    pub fn is_met(self, view: &ClusterView) -> bool {
        match self {
            Self::NewerThan(generation) => view.cluster.generation != generation,
            Self::In(state) => view.cluster.value.allocation.state == state,
            Self::Idle => {
                view.nodes.iter().any(|node| node.state == NodeState::Ready && !view.busy.contains(&node.index))
            }
        }
    }
}

/// The cluster as soon as `until` is met, or as it is when `patience` ends.
///
/// # Errors
/// When it is not there, or goes while it is waited for.
pub async fn wait(
    context: &Context,
    key: &ClusterKey,
    until: Until,
    patience: Duration,
) -> Result<ClusterView, OperationError> {
    let changed = wait_until(context, patience, || {
        let view = get(&context.store, key)?;
        Ok(until.is_met(&view).then_some(view))
    });
    match changed.await? {
        Some(view) => Ok(view),
        None => get(&context.store, key),
    }
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

/// Changes how many nodes a cluster should have, also while it is resizing. The scheduler follows, so the answer has
/// the new scale and the old allocation state (azure-sdk-for-python recordings, June 2018).
///
/// # Errors
/// When it is not there, is being deleted, or the store fails.
pub async fn rescale(context: &Context, key: ClusterKey, scale: Scale) -> Result<ClusterView, OperationError> {
    context.store.ensure_room()?;
    let now = (context.clock)();
    context
        .store
        .write(move |tx| {
            let mut cluster = find_open(tx, &key)?;
            if cluster.value.spec.scale != scale {
                cluster.value.spec.scale = scale;
                cluster.value.modified = Some(now);
                tx.update_cluster(cluster.number, &cluster.value)?;
                cluster.generation += 1;
            }
            view(tx, cluster)
        })
        .await
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
pub(super) fn find_open(tx: &Reader<'_>, key: &ClusterKey) -> Result<Stored<Cluster>, OperationError> {
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
