//! Jobs.

use std::time::Duration;

use super::workspaces::mark;
use super::{
    Context, Kind, Listed, OperationError, clusters, ensure_stays, experiments, file_servers, page, storage_accounts,
    wait_until,
};
use crate::domain::Step;
use crate::domain::Timestamp;
use crate::domain::cluster::ClusterSpec;
use crate::domain::job::queue::{QueueView, reason};
use crate::domain::job::{Event, Execution, Job, JobSpec, Outcome, Toolkit};
use crate::domain::name::{ExperimentKey, JobKey};
use crate::domain::node::{Node, NodeState};
use crate::domain::vm_size;
use crate::engine::Engine;
use crate::engine::toolkit::{self, OutputStream};
use crate::store::{Reader, Store, Stored, Tx, Window};

/// A job with what is known of its place in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobView {
    /// The job.
    pub job: Stored<Job>,
    /// Why it is still queued.
    pub queue_reason: Option<String>,
    /// Ids of the nodes it runs on, or ran on as far as they are still there; empty before it starts.
    pub node_ids: Vec<String>,
}

/// What a repeated PUT means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfExists {
    /// The same job is answered as it is, without a new run (azure-sdk-for-python recordings, June 2018).
    Same,
    /// Any job of that name is a conflict.
    Conflict,
}

/// Submits a job.
///
/// # Errors
/// When the workspace, experiment, cluster or code snapshot is missing or being deleted, the name is taken, the job
/// does not fit the cluster, or the store fails.
pub async fn create(
    context: &Context,
    key: JobKey,
    spec: JobSpec,
    if_exists: IfExists,
) -> Result<JobView, OperationError> {
    context.store.ensure_room()?;
    let (now, uuid) = ((context.clock)(), (context.new_id)());
    let engine = context.engine.clone();
    context.store.write(move |tx| add(tx, engine.as_ref(), Job::submitted(key, spec, uuid, now), if_exists)).await
}

/// Adds a job, or answers the one that is there if that is what a repeated PUT means.
pub(super) fn add(tx: &Tx<'_>, engine: &dyn Engine, job: Job, if_exists: IfExists) -> Result<JobView, OperationError> {
    experiments::ensure_open(tx, &job.key.experiment)?;
    if let Some(existing) = tx.job(&job.key)? {
        return same(tx, existing, &job.spec, if_exists);
    }
    let cluster = clusters::find_open(tx, &job.spec.cluster)?;
    ensure_workers_fit(&job.spec, &cluster.value.spec)?;
    // In the writer's turn, so that the snapshot cannot be removed between this look and the insertion.
    if let Some(snapshot) = &job.spec.code
        && !engine.snapshot_archive(snapshot).exists()
    {
        return Err(OperationError::NoSnapshot(snapshot.to_string()));
    }
    file_servers::ensure_there(tx, &job.spec.mounts, "properties.mountVolumes")?;
    storage_accounts::note_use(tx, &job.key.experiment.workspace, &job.spec.mounts, job.created)?;
    let number = tx.insert_job(cluster.number, &job)?;
    view(tx, Stored { number, generation: 1, value: job })
}

/// A worker of TensorFlow has a GPU of its own where a node of the cluster's VM size has GPUs (Swagger 2018-05-01).
/// Where it has none, there is nothing to count.
pub(super) fn ensure_workers_fit(spec: &JobSpec, cluster: &ClusterSpec) -> Result<(), OperationError> {
    let Toolkit::TensorFlow { worker_count: Some(workers), .. } = &spec.toolkit else { return Ok(()) };
    let Some(size) = vm_size::find(&cluster.vm_size).filter(|size| size.gpus > 0) else { return Ok(()) };
    let most = spec.node_count.saturating_mul(size.gpus);
    if *workers <= most {
        return Ok(());
    }
    let message = format!(
        "tensorFlowSettings.workerCount is {workers}, but must be at most {most}: nodeCount, which is {}, times the GPUs of {}, which are {}",
        spec.node_count, size.name, size.gpus
    );
    Err(OperationError::Invalid { target: "properties.tensorFlowSettings.workerCount", message })
}

fn same(tx: &Tx<'_>, existing: Stored<Job>, spec: &JobSpec, if_exists: IfExists) -> Result<JobView, OperationError> {
    let name = existing.value.key.name.to_string();
    ensure_stays(Kind::Job, &existing.value.key.name, existing.value.provisioning)?;
    let is_same = existing.value.spec == *spec;
    match (if_exists, is_same) {
        (IfExists::Same, true) => view(tx, existing),
        (IfExists::Conflict, true) => Err(OperationError::Conflict { kind: Kind::Job, name, reason: "" }),
        (_, false) => Err(OperationError::Conflict { kind: Kind::Job, name, reason: " with other parameters" }),
    }
}

/// One job.
///
/// # Errors
/// When it, its experiment or its workspace is not there.
pub fn get(store: &Store, key: &JobKey) -> Result<JobView, OperationError> {
    store.read(|reader| view(reader, find(reader, key)?))
}

/// The nodes that a job has now, the master first; none before it starts and after it has ended.
///
/// # Errors
/// As [`get`].
pub fn nodes(store: &Store, key: &JobKey) -> Result<Vec<Node>, OperationError> {
    store.read(|reader| nodes_of(reader, &find(reader, key)?))
}

/// What of a job is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// That it is another than this generation.
    NewerThan(u64),
    /// That it is in a state.
    In(State),
    /// That it has ended, one way or the other.
    Ended,
}

/// The states of a job that can be waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It waits for nodes.
    Queued,
    /// It has nodes.
    Running,
    /// It is being stopped.
    Terminating,
    /// It ended with exit code 0.
    Succeeded,
    /// It ended otherwise.
    Failed,
}

impl Until {
    /// Whether the wait for this job is over.
    #[must_use]
    pub fn is_met(self, job: &Stored<Job>) -> bool {
        let execution = job.value.execution();
        match self {
            Self::NewerThan(generation) => job.generation != generation,
            Self::In(state) => state == State::of(execution),
            Self::Ended => execution.is_ended(),
        }
    }
}

impl State {
    fn of(execution: &Execution) -> Self {
        match execution {
            Execution::Queued { .. } => Self::Queued,
            Execution::Interrupting { why, .. } if why.ending().is_some() => Self::Terminating,
            Execution::Running { .. } | Execution::Interrupting { .. } => Self::Running,
            Execution::Terminating { .. } => Self::Terminating,
            Execution::Ended { outcome: Outcome::Succeeded, .. } => Self::Succeeded,
            Execution::Ended { outcome: Outcome::Failed { .. }, .. } => Self::Failed,
        }
    }
}

/// The job as soon as `until` is met, or as it is when `patience` ends.
///
/// # Errors
/// When it is not there, or goes while it is waited for.
pub async fn wait(
    context: &Context,
    key: &JobKey,
    until: Until,
    patience: Duration,
) -> Result<JobView, OperationError> {
    let changed = wait_until(context, patience, || {
        let view = get(&context.store, key)?;
        Ok(until.is_met(&view.job).then_some(view))
    });
    match changed.await? {
        Some(view) => Ok(view),
        None => get(&context.store, key),
    }
}

/// Jobs of an experiment.
///
/// # Errors
/// When the experiment or its workspace is not there.
pub fn list(store: &Store, experiment: &ExperimentKey, window: Window) -> Result<Listed<JobView>, OperationError> {
    store.read(|reader| {
        experiments::find(reader, experiment)?;
        let listed = page(window, |window| reader.jobs(experiment, window))?;
        let items =
            listed.items.into_iter().map(|job| JobView { job, queue_reason: None, node_ids: Vec::new() }).collect();
        Ok(Listed { items, next: listed.next })
    })
}

/// So many jobs that run, and so many that are queued, are shown of all that have not ended.
const MOST_ACTIVE: u32 = 100;

/// Jobs that have not ended, of a subscription or of one group of it: those that run first, then the queue.
///
/// # Errors
/// When the store fails.
pub fn active(store: &Store, subscription: &str, group: Option<&str>) -> Result<Vec<JobView>, OperationError> {
    store.read(|reader| {
        let jobs = reader.active_jobs((subscription, group), MOST_ACTIVE)?;
        jobs.into_iter().map(|job| view(reader, job)).collect()
    })
}

/// Begins to stop a job. `true` when it had ended before: then nothing changes.
///
/// # Errors
/// When it is not there, or the store fails.
pub async fn terminate(context: &Context, key: JobKey) -> Result<bool, OperationError> {
    let now = (context.clock)();
    context
        .store
        .write(move |tx| {
            let mut job = find(tx, &key)?;
            if job.value.execution().is_ended() {
                return Ok(true);
            }
            let before = job.value.execution().word();
            if let Step::To(()) = job.value.apply(&Event::TerminateRequested, now) {
                let JobKey { experiment, name } = &job.value.key;
                let (workspace, experiment) = (&experiment.workspace.name, &experiment.name);
                let after = job.value.execution().word();
                tracing::info!("job {workspace}/{experiment}/{name}: {before} -> {after}: its user stopped it");
                tx.update_job(job.number, &job.value)?;
            }
            Ok(false)
        })
        .await
}

/// Begins to delete a job, stopping it first. `false` when it was not there.
///
/// # Errors
/// When the store fails.
pub async fn delete(context: &Context, key: JobKey) -> Result<bool, OperationError> {
    let now = (context.clock)();
    context
        .store
        .write(move |tx| match tx.job(&key)? {
            None => Ok(false),
            Some(job) => mark_deleting(tx, job, now).map(|()| true),
        })
        .await
}

/// Marks a job and asks it to stop; the scheduler removes it.
pub(super) fn mark_deleting(tx: &Tx<'_>, mut job: Stored<Job>, now: Timestamp) -> Result<(), OperationError> {
    let is_marked = mark(&mut job.value.provisioning, now);
    let is_stopped = matches!(job.value.apply(&Event::TerminateRequested, now), Step::To(()));
    if is_marked || is_stopped {
        tx.update_job(job.number, &job.value)?;
    }
    Ok(())
}

/// The job, or the error which of it, its experiment and its workspace is not there.
pub(super) fn find(reader: &Reader<'_>, key: &JobKey) -> Result<Stored<Job>, OperationError> {
    if let Some(job) = reader.job(key)? {
        return Ok(job);
    }
    experiments::find(reader, &key.experiment)?;
    Err(OperationError::not_found(Kind::Job, &key.name))
}

fn view(reader: &Reader<'_>, job: Stored<Job>) -> Result<JobView, OperationError> {
    let queue_reason = match job.value.execution() {
        Execution::Queued { .. } => {
            let waits = reason(&queue_view(reader, &job)?);
            let began_anew = job.value.attempts().sentence().map(|told| format!("; {told}"));
            Some(waits + &began_anew.unwrap_or_default())
        }
        Execution::Running { .. }
        | Execution::Interrupting { .. }
        | Execution::Terminating { .. }
        | Execution::Ended { .. } => None,
    };
    let node_ids = nodes_of(reader, &job)?.into_iter().map(|node| node.id).collect();
    Ok(JobView { job, queue_reason, node_ids })
}

fn queue_view(reader: &Reader<'_>, job: &Stored<Job>) -> Result<QueueView, OperationError> {
    let needs = job.value.spec.node_count;
    let Some(cluster) = reader.cluster(&job.value.spec.cluster)? else {
        return Ok(QueueView { needs, cluster: None, idle: 0, unusable: 0, ahead: 0, shortages: Vec::new() });
    };
    let (busy, nodes) = (clusters::busy(reader, cluster.number)?, reader.nodes(cluster.number)?);
    let is_idle = |node: &&Node| node.state == NodeState::Ready && !busy.contains(&node.index);
    let scale = cluster.value.spec.scale;
    Ok(QueueView {
        needs,
        ahead: reader.queued_ahead(job, scale.most())?,
        idle: count(nodes.iter().filter(is_idle)),
        unusable: count(nodes.iter().filter(|node| matches!(node.state, NodeState::Unusable { .. }))),
        cluster: Some((cluster.value.key.name.to_string(), scale)),
        shortages: cluster.value.shortages,
    })
}

/// Those of its nodes that are still there, the master first.
pub(super) fn nodes_of(reader: &Reader<'_>, job: &Stored<Job>) -> Result<Vec<Node>, OperationError> {
    let Some(run) = job.value.execution().run() else { return Ok(Vec::new()) };
    let Some(cluster) = reader.cluster(&job.value.spec.cluster)? else { return Ok(Vec::new()) };
    let nodes = reader.nodes(cluster.number)?;
    let at = |place: &u32| nodes.iter().find(|node| node.index == *place).cloned();
    Ok(run.nodes.iter().filter_map(at).collect())
}

fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}

/// The files the processes of a job write their output to. Files that are named after nodes are known when
/// it has nodes.
#[must_use]
pub fn output_streams(spec: &JobSpec, node_ids: &[String]) -> Vec<OutputStream> {
    toolkit::output_streams(spec, node_ids)
}
