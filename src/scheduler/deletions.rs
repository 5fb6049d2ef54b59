//! Deletions that a request began and that have to wait for something: for a run to end, for nodes to go, for
//! a folder to be empty. Called by `tick`.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use crate::domain::Step;
use crate::domain::file_server::FileServer;
use crate::domain::job::{Event, Execution, Job, JobError};
use crate::domain::long_operation::Subject;
use crate::domain::mount::Mount;
use crate::domain::name::FileServerKey;
use crate::domain::provisioning::ProvisioningState;
use crate::engine::ClusterPlace;
use crate::store::{Reader, StoreError, Stored, Tx};

use super::memory::Attempt;
use super::tick::Tick;

/// Moves every deletion on as far as it can go now.
pub(super) fn settle(tick: &mut Tick<'_>) -> Result<(), StoreError> {
    let waiting = tick.world.store.read(Waiting::read)?;
    end_jobs_of_clusters(tick, &waiting.clusters)?;
    let mut ready = Ready { has_empty_folders: waiting.has_empty_folders, ..Ready::default() };
    for job in waiting.jobs {
        ready.jobs.extend(without_output(tick, &job));
    }
    for server in waiting.file_servers {
        ready.file_servers.extend(without_export(tick, &server));
    }
    for cluster in waiting.clusters {
        ready.clusters.extend(without_nodes(tick, &cluster));
    }
    remove(tick, ready)
}

/// What is being deleted.
struct Waiting {
    /// Jobs without a run.
    jobs: Vec<Stored<Job>>,
    clusters: Vec<DeletedCluster>,
    /// File servers that nothing mounts any more.
    file_servers: Vec<Stored<FileServer>>,
    has_empty_folders: bool,
}

struct DeletedCluster {
    place: ClusterPlace,
    queued: Vec<i64>,
    running: Vec<Stored<Job>>,
}

impl Waiting {
    fn read(reader: &Reader<'_>) -> Result<Self, StoreError> {
        let mut clusters = Vec::new();
        for cluster in reader.all_clusters()? {
            if cluster.value.provisioning.state == ProvisioningState::Deleting {
                let queued = reader.all_queued_jobs_of(cluster.number)?;
                clusters.push(DeletedCluster {
                    queued: queued.iter().map(|job| job.number).collect(),
                    running: reader.running_jobs_of(cluster.number)?,
                    place: ClusterPlace::of(cluster.number, &cluster.value),
                });
            }
        }
        let mut jobs = reader.deleting_jobs()?;
        jobs.retain(|job| job.value.execution().run().is_none());
        let has_empty_folders = !reader.empty_deleting_experiments()?.is_empty()
            || !reader.empty_deleting_workspaces()?.is_empty()
            || !reader.empty_deleting_groups()?.is_empty();
        Ok(Self { jobs, clusters, file_servers: unmounted(reader)?, has_empty_folders })
    }
}

/// File servers that are being deleted and that nothing mounts any more.
fn unmounted(reader: &Reader<'_>) -> Result<Vec<Stored<FileServer>>, StoreError> {
    let mut servers = reader.deleting_file_servers()?;
    if servers.is_empty() {
        return Ok(servers);
    }
    let mut mounts: Vec<Mount> = Vec::new();
    mounts.extend(reader.all_clusters()?.into_iter().flat_map(|cluster| cluster.value.spec.mounts));
    mounts.extend(reader.running_jobs()?.into_iter().flat_map(|job| job.value.spec.mounts));
    let is_mounted =
        |key: &FileServerKey| mounts.iter().any(|m| m.source.file_server().is_some_and(|k| k.is_same(key)));
    servers.retain(|server| !is_mounted(&server.value.key));
    Ok(servers)
}

fn end_jobs_of_clusters(tick: &Tick<'_>, clusters: &[DeletedCluster]) -> Result<(), StoreError> {
    let mut jobs: Vec<i64> = Vec::new();
    for cluster in clusters {
        let goes_on =
            |execution: &Execution| matches!(execution, Execution::Running { .. } | Execution::Interrupting { .. });
        let going_on = cluster.running.iter().filter(|job| goes_on(job.value.execution()));
        jobs.extend(cluster.queued.iter().copied().chain(going_on.map(|job| job.number)));
    }
    if jobs.is_empty() {
        return Ok(());
    }
    let now = tick.now;
    tick.world.store.write_blocking(move |tx| {
        for number in jobs {
            let Some(mut job) = tx.job_by_number(number)? else { continue };
            let event = match job.value.execution() {
                Execution::Queued { .. } => Event::NeverStarted(cluster_deleted()),
                Execution::Running { .. }
                | Execution::Interrupting { .. }
                | Execution::Terminating { .. }
                | Execution::Ended { .. } => Event::TerminateRequested,
            };
            if let Step::To(()) = job.value.apply(&event, now) {
                tx.update_job(number, &job.value)?;
            }
        }
        Ok(())
    })
}

fn cluster_deleted() -> JobError {
    JobError::new("ClusterDeleted", "the cluster of the job was deleted")
}

/// What can be removed from the store now.
#[derive(Default)]
struct Ready {
    jobs: Vec<(i64, Option<Archive>)>,
    clusters: Vec<i64>,
    file_servers: Vec<i64>,
    has_empty_folders: bool,
}

/// A code snapshot, by the digits of its id, and its file.
struct Archive {
    snapshot: String,
    path: PathBuf,
}

fn without_output(tick: &mut Tick<'_>, job: &Stored<Job>) -> Option<(i64, Option<Archive>)> {
    tick.attempt(Attempt::RemoveOutput(job.number), |engine| {
        engine.remove_output(&job.value)?;
        let archive =
            job.value.spec.code.as_ref().map(|snapshot| Archive {
                snapshot: snapshot.hex().to_owned(),
                path: engine.snapshot_archive(snapshot),
            });
        Ok((job.number, archive))
    })
}

fn without_export(tick: &mut Tick<'_>, server: &Stored<FileServer>) -> Option<i64> {
    tick.attempt(Attempt::RemoveExport(server.number), |engine| engine.remove_export(&server.value.key))?;
    Some(server.number)
}

fn without_nodes(tick: &mut Tick<'_>, cluster: &DeletedCluster) -> Option<i64> {
    let number = cluster.place.number;
    if !cluster.running.is_empty() {
        return None;
    }
    tick.attempt(Attempt::Resize(number), |engine| engine.resize(&cluster.place, &[]))?;
    Some(number)
}

/// Removes what is ready, and the folders that are empty then, in one commit; whoever polls for that is told so.
fn remove(tick: &Tick<'_>, ready: Ready) -> Result<(), StoreError> {
    let Ready { jobs, clusters, file_servers, has_empty_folders } = &ready;
    if jobs.is_empty() && clusters.is_empty() && file_servers.is_empty() && !has_empty_folders {
        return Ok(());
    }
    let now = tick.now;
    tick.world.store.write_blocking(move |tx| {
        for (number, _) in &ready.jobs {
            tx.delete_job(*number)?;
            tx.end_long_operations(Subject::Job, *number, now)?;
        }
        for number in &ready.clusters {
            tx.delete_cluster(*number)?;
            tx.end_long_operations(Subject::Cluster, *number, now)?;
        }
        for number in &ready.file_servers {
            tx.delete_file_server(*number)?;
            tx.end_long_operations(Subject::FileServer, *number, now)?;
        }
        for experiment in tx.empty_deleting_experiments()? {
            tx.delete_experiment(experiment.number)?;
            tx.end_long_operations(Subject::Experiment, experiment.number, now)?;
        }
        for workspace in tx.empty_deleting_workspaces()? {
            tx.delete_workspace(workspace.number)?;
            tx.end_long_operations(Subject::Workspace, workspace.number, now)?;
        }
        for group in tx.empty_deleting_groups()? {
            tx.delete_group(group.number)?;
            tx.end_long_operations(Subject::Group, group.number, now)?;
        }
        remove_unused_archives(tx, ready.jobs.into_iter().filter_map(|(_, archive)| archive))
    })
}

/// Inside the transaction, because only one is open at a time: a job that brings the same code is either
/// seen here, or comes later and finds the archive gone.
fn remove_unused_archives(tx: &Tx<'_>, archives: impl Iterator<Item = Archive>) -> Result<(), StoreError> {
    let mut seen = BTreeSet::new();
    for Archive { snapshot, path } in archives {
        if seen.insert(snapshot.clone()) && !tx.is_snapshot_used(&snapshot)? {
            remove_file(&path);
        }
    }
    Ok(())
}

// A file that stays costs only its space, so it holds up nothing.
fn remove_file(path: &Path) {
    match std::fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => tracing::warn!("cannot remove the code snapshot {}: {error}", path.display()),
    }
}
