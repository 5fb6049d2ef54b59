//! What became of clusters, nodes and jobs, a line each in the server's log, written where it is stored. Only words:
//! nothing here decides anything. Called by whatever the scheduler writes with.

use crate::domain::allocation::AllocationState;
use crate::domain::job::Job;
use crate::domain::name::ClusterKey;

/// A node has gone from one state to another, or is new (`-`) or gone (`gone`).
///
/// What an engine says may have several lines; the log has one per event.
pub(super) fn node(cluster: &ClusterKey, node: &str, from: &str, to: &str, why: &str) {
    let why = why.lines().next().unwrap_or_default();
    tracing::info!("cluster {}/{}: node {node}: {from} -> {to}: {why}", cluster.workspace.name, cluster.name);
}

/// A cluster has, or has not, the nodes it should have.
pub(super) fn allocation(cluster: &ClusterKey, from: AllocationState, to: AllocationState, why: &str) {
    let (from, to) = (from.word(), to.word());
    tracing::info!("cluster {}/{}: allocation: {from} -> {to}: {why}", cluster.workspace.name, cluster.name);
}

/// A job has come into the state that it is in now.
pub(super) fn job(job: &Job, from: &str, why: &str) {
    let why = why.lines().next().unwrap_or_default();
    let (experiment, to) = (&job.key.experiment, job.execution().word());
    tracing::info!("job {}/{}/{}: {from} -> {to}: {why}", experiment.workspace.name, experiment.name, job.key.name);
}
