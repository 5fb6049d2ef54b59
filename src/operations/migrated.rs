//! Resources of the flat api-versions: those of the workspaces `migrated-<region>` (azure-docs
//! `batch-ai/migrate-to-new-api`). A workspace is made when the first thing is put into it.
//!
//! Called by `server/versions`. Knows nothing of old words: specs are those of any other cluster or job.

use std::collections::BTreeMap;

use super::jobs::{IfExists, JobView};
use super::{Context, Kind, Listed, OperationError, clusters, ensure_stays, file_servers, groups, jobs, page};
use crate::domain::Timestamp;
use crate::domain::cluster::{Cluster, ClusterSpec, Scale};
use crate::domain::file_server::{FileServer, FileServerSpec};
use crate::domain::job::{Job, JobSpec};
use crate::domain::legacy::{EXPERIMENT, Legacy, WORKSPACE_PREFIX};
use crate::domain::name::{ClusterKey, ExperimentKey, FileServerKey, GroupKey, JobKey, Name, WorkspaceKey};
use crate::domain::provisioning::Provisioning;
use crate::domain::workspace::{Experiment, Workspace};
use crate::operations::clusters::ClusterView;
use crate::store::{Store, Stored, Tx, Window};

/// Whose resources: a subscription's, or those of one group of it.
pub type Scope<'s> = (&'s str, Option<&'s str>);

/// The key of a cluster, by its flat name; `None` when it is not there.
///
/// # Errors
/// When the store fails.
pub fn cluster(store: &Store, group: &GroupKey, name: &Name) -> Result<Option<ClusterKey>, OperationError> {
    store.read(|reader| Ok(reader.cluster_below(group, WORKSPACE_PREFIX, name)?.map(|cluster| cluster.value.key)))
}

/// The key of a file server, by its flat name; `None` when it is not there.
///
/// # Errors
/// When the store fails.
pub fn file_server(store: &Store, group: &GroupKey, name: &Name) -> Result<Option<FileServerKey>, OperationError> {
    store.read(|reader| Ok(reader.file_server_below(group, WORKSPACE_PREFIX, name)?.map(|server| server.value.key)))
}

/// The key of a job, by its flat name; `None` when it is not there.
///
/// # Errors
/// When the store fails.
pub fn job(store: &Store, group: &GroupKey, name: &Name) -> Result<Option<JobKey>, OperationError> {
    let place = (WORKSPACE_PREFIX, EXPERIMENT);
    store.read(|reader| Ok(reader.job_below(group, place, name)?.map(|job| job.value.key)))
}

/// Clusters, oldest first.
///
/// # Errors
/// When the store fails.
pub fn clusters(store: &Store, scope: Scope<'_>, window: Window) -> Result<Listed<ClusterView>, OperationError> {
    store.read(|reader| {
        let listed = page(window, |window| reader.clusters_below(scope, WORKSPACE_PREFIX, window))?;
        let items =
            listed.items.into_iter().map(|cluster| clusters::view(reader, cluster)).collect::<Result<_, _>>()?;
        Ok(Listed { items, next: listed.next })
    })
}

/// File servers, oldest first.
///
/// # Errors
/// When the store fails.
pub fn file_servers(
    store: &Store,
    scope: Scope<'_>,
    window: Window,
) -> Result<Listed<Stored<FileServer>>, OperationError> {
    Ok(store.read(|reader| page(window, |window| reader.file_servers_below(scope, WORKSPACE_PREFIX, window)))?)
}

/// Jobs, oldest first.
///
/// # Errors
/// When the store fails.
pub fn jobs(store: &Store, scope: Scope<'_>, window: Window) -> Result<Listed<JobView>, OperationError> {
    store.read(|reader| {
        let place = (WORKSPACE_PREFIX, EXPERIMENT);
        let listed = page(window, |window| reader.jobs_below(scope, place, window))?;
        let view = |job| JobView { job, queue_reason: None, node_ids: Vec::new() };
        Ok(Listed { items: listed.items.into_iter().map(view).collect(), next: listed.next })
    })
}

/// Makes a cluster, and its workspace if need be.
///
/// # Errors
/// As [`clusters::create`], and when another region of the group has a cluster of that name.
pub async fn create_cluster(
    context: &Context,
    key: ClusterKey,
    spec: ClusterSpec,
    legacy: Legacy,
) -> Result<ClusterView, OperationError> {
    context.store.ensure_room()?;
    let (now, uuid) = ((context.clock)(), (context.new_id)());
    let cluster = Cluster { legacy: Some(legacy), ..Cluster::new(key, spec, uuid, now) };
    let limit = context.quotas.clusters;
    context
        .store
        .write(move |tx| {
            let ClusterKey { workspace, name } = &cluster.key;
            if let Some(other) = tx.cluster_below(&workspace.group, WORKSPACE_PREFIX, name)? {
                ensure_here(Kind::Cluster, name, workspace, &other.value.key.workspace)?;
            }
            prepare(tx, workspace, now)?;
            clusters::add(tx, cluster, limit)
        })
        .await
}

/// Makes a file server, and its workspace if need be.
///
/// # Errors
/// As [`file_servers::create`], and when another region of the group has a file server of that name.
pub async fn create_file_server(
    context: &Context,
    key: FileServerKey,
    spec: FileServerSpec,
    legacy: Legacy,
) -> Result<FileServer, OperationError> {
    context.store.ensure_room()?;
    let (now, uuid) = ((context.clock)(), (context.new_id)());
    let engine = context.engine.clone();
    let new = file_servers::New { key, spec, uuid, now, legacy: Some(legacy) };
    context
        .store
        .write(move |tx| {
            let FileServerKey { workspace, name } = &new.key;
            if let Some(other) = tx.file_server_below(&workspace.group, WORKSPACE_PREFIX, name)? {
                ensure_here(Kind::FileServer, name, workspace, &other.value.key.workspace)?;
            }
            prepare(tx, workspace, now)?;
            file_servers::add(tx, engine.as_ref(), new)
        })
        .await
}

/// Changes the scale of a cluster, its tags, or both; what is `None` stays.
///
/// # Errors
/// As [`clusters::rescale`].
pub async fn update_cluster(
    context: &Context,
    key: ClusterKey,
    scale: Option<Scale>,
    tags: Option<BTreeMap<String, String>>,
) -> Result<ClusterView, OperationError> {
    context.store.ensure_room()?;
    let now = (context.clock)();
    context
        .store
        .write(move |tx| {
            let mut stored = clusters::find_open(tx, &key)?;
            let before = stored.value.clone();
            if let Some(scale) = scale {
                stored.value.spec.scale = scale;
            }
            if tags.is_some() {
                stored.value.legacy.get_or_insert_default().tags = tags;
            }
            if stored.value != before {
                stored.value.modified = Some(now);
                tx.update_cluster(stored.number, &stored.value)?;
                stored.generation += 1;
            }
            clusters::view(tx, stored)
        })
        .await
}

/// Submits a job, and makes its workspace and experiment if need be.
///
/// # Errors
/// As [`jobs::create`], and when another region of the group has a job of that name.
pub async fn create_job(
    context: &Context,
    key: JobKey,
    spec: JobSpec,
    legacy: Legacy,
) -> Result<JobView, OperationError> {
    context.store.ensure_room()?;
    let (now, uuid) = ((context.clock)(), (context.new_id)());
    let engine = context.engine.clone();
    let mut job = Job::submitted(key, spec, uuid, now);
    job.legacy = Some(legacy);
    context
        .store
        .write(move |tx| {
            let JobKey { experiment: ExperimentKey { workspace, .. }, name } = &job.key;
            if let Some(other) = tx.job_below(&workspace.group, (WORKSPACE_PREFIX, EXPERIMENT), name)? {
                ensure_here(Kind::Job, name, workspace, &other.value.key.experiment.workspace)?;
            }
            prepare(tx, workspace, now)?;
            jobs::add(tx, engine.as_ref(), job, IfExists::Same)
        })
        .await
}

fn ensure_here(kind: Kind, name: &Name, here: &WorkspaceKey, there: &WorkspaceKey) -> Result<(), OperationError> {
    if here.name.as_str().eq_ignore_ascii_case(there.name.as_str()) {
        return Ok(());
    }
    let location = there.name.as_str()[WORKSPACE_PREFIX.len()..].to_owned();
    Err(OperationError::Elsewhere { kind, name: name.to_string(), location })
}

/// Sees to it that the workspace of a region and its experiment are there.
fn prepare(tx: &Tx<'_>, key: &WorkspaceKey, now: Timestamp) -> Result<(), OperationError> {
    match tx.workspace(key)? {
        Some(existing) => ensure_stays(Kind::Workspace, &key.name, existing.value.provisioning)?,
        None => {
            let location = key.name.as_str()[WORKSPACE_PREFIX.len()..].to_owned();
            groups::note_use(tx, &key.group, &location, now)?;
            tx.insert_workspace(&Workspace::new(key.clone(), location, BTreeMap::new(), now))?;
        }
    }
    let name = Name::parse(EXPERIMENT).expect("it is a name");
    let experiment = ExperimentKey { workspace: key.clone(), name };
    match tx.experiment(&experiment)? {
        Some(existing) => ensure_stays(Kind::Experiment, &experiment.name, existing.value.provisioning),
        None => {
            let made = Experiment { key: experiment, created: now, provisioning: Provisioning::succeeded(now) };
            tx.insert_experiment(&made)?;
            Ok(())
        }
    }
}
