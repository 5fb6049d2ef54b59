//! What the planner may see, copied out of the store. Called by `tick`.

use std::collections::HashMap;

use crate::domain::allocation::AllocationState;
use crate::domain::cluster::{Cluster, MAX_NODES, Scale};
use crate::domain::job::{Execution, Job};
use crate::domain::node::{Node, NodeState};
use crate::store::{StoreError, Stored};

use super::nodes::Present;
use super::placement::Waiting;
use super::plan::{ClusterView, NodeView, RunView, Standing};
use super::quotas::Share;
use super::tick::Tick;

/// One view per cluster, in the same order. Costs by the number of nodes, not by the length of the queues.
pub(super) fn take(tick: &mut Tick<'_>, clusters: &[Present]) -> Result<Vec<ClusterView>, StoreError> {
    let last_idle = std::mem::take(&mut tick.memory.idle);
    let mut idle = HashMap::new();
    let mut views = Vec::new();
    for cluster in clusters {
        let mut nodes = Vec::new();
        for node in &cluster.nodes {
            let is_busy = cluster.busy.contains(&node.index);
            let place = (cluster.place.number, node.index);
            // A clock that was set back must not keep a node for longer.
            let idle_since = last_idle.get(&place).map_or(tick.now, |since| (*since).min(tick.now));
            if !is_busy {
                idle.insert(place, idle_since);
            }
            let is_preempted = cluster.cluster.value.preempted.contains(&node.id);
            let standing = standing(cluster, node);
            nodes.push(NodeView { index: node.index, standing, is_busy, is_preempted, idle_since });
        }
        let value = &cluster.cluster.value;
        views.push(ClusterView {
            scale: value.spec.scale,
            low_priority: value.spec.low_priority,
            is_new: is_new(value),
            nodes,
            queued: Vec::new(),
            runs: cluster.running.iter().filter_map(run).collect(),
            share: Share::ALL,
        });
    }
    tick.memory.idle = idle;
    read_queues(tick, clusters, &mut views)?;
    Ok(views)
}

fn run(job: &Stored<Job>) -> Option<RunView> {
    let (run, since, is_stopping) = match job.value.execution() {
        Execution::Running { run, since } => (run, since, false),
        Execution::Interrupting { run, started, .. } | Execution::Terminating { run, started, .. } => {
            (run, started, true)
        }
        Execution::Queued { .. } | Execution::Ended { .. } => return None,
    };
    Some(RunView { job: job.number, nodes: run.nodes.clone(), since: *since, is_stopping })
}

fn standing(cluster: &Present, node: &Node) -> Standing {
    match node.state {
        NodeState::Leaving => Standing::Leaving,
        NodeState::Preparing | NodeState::Ready | NodeState::Unusable { .. }
            if !cluster.existing.contains(&node.index) =>
        {
            Standing::Missing
        }
        NodeState::Preparing => Standing::Preparing,
        NodeState::Ready => Standing::Ready,
        NodeState::Unusable { .. } => Standing::Unusable,
    }
}

fn is_new(cluster: &Cluster) -> bool {
    cluster.allocation.state == AllocationState::Resizing && cluster.allocation.since == cluster.created
}

fn read_queues(tick: &Tick<'_>, clusters: &[Present], views: &mut [ClusterView]) -> Result<(), StoreError> {
    if views.iter().all(|view| useful_queue(view) == 0) {
        return Ok(());
    }
    tick.world.store.read(|reader| {
        for (cluster, view) in clusters.iter().zip(views) {
            let limit = useful_queue(view);
            if limit > 0 {
                let most = view.scale.most().min(MAX_NODES);
                let queued = reader.queued_jobs(cluster.place.number, most, limit)?;
                view.queued = queued.iter().map(|job| Waiting { job: job.number, needs: job.node_count }).collect();
            }
        }
        Ok(())
    })
}

/// How many queued jobs could start now or make the cluster grow, when each needs one node.
fn useful_queue(view: &ClusterView) -> u32 {
    let takes_jobs = |node: &&NodeView| node.standing == Standing::Ready && !node.is_busy;
    let free = u32::try_from(view.nodes.iter().filter(takes_jobs).count()).unwrap_or(u32::MAX);
    match view.scale {
        Scale::Manual { .. } => free,
        Scale::Auto { maximum, .. } => {
            let busy = u32::try_from(view.nodes.iter().filter(|node| node.is_busy).count()).unwrap_or(u32::MAX);
            maximum.min(MAX_NODES).saturating_sub(busy).max(free)
        }
    }
}
