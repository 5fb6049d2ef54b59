//! What a job would do, without submitting it: the same checks as for a job that is submitted, then the engine's plan.

use super::{Context, Kind, OperationError, clusters, experiments, file_servers, jobs};
use crate::domain::Timestamp;
use crate::domain::cluster::{Cluster, ClusterSpec, MAX_NODES, Scale};
use crate::domain::job::queue::{QueueView, reason};
use crate::domain::job::{Job, JobSpec};
use crate::domain::name::{JobKey, RunId};
use crate::domain::node::{Node, NodeState, node_id};
pub use crate::engine::preview::{Preview, PreviewContainer, PreviewNode, PreviewProcess};
use crate::engine::{ClusterPlace, EngineError, LaunchRequest};
use crate::store::{Reader, Stored};

/// What stands for what only a submitted job has: its run and its unique id.
const NOT_SUBMITTED: &str = "dry-run";

/// The fewest nodes that a cluster which nobody named may grow to.
const FEWEST_NODES: u32 = 4;

/// What may be missing, because whoever asks would make it first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WouldMake {
    /// The workspace.
    pub workspace: bool,
    /// The experiment.
    pub experiment: bool,
    /// The cluster: nodes of this machine with auto-scale.
    pub cluster: bool,
}

/// What a job would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobPlan {
    /// What it would do; `None` when it could not start.
    pub preview: Option<Preview>,
    /// Why this engine could not run it.
    pub unsupported: Option<String>,
    /// Why it would wait.
    pub would_queue: Option<String>,
    /// What would be made first.
    pub would_make: Vec<&'static str>,
}

/// Plans a job. Nothing is written.
///
/// # Errors
/// Those of a job that is submitted, but for code that was not sent.
pub fn plan(context: &Context, key: JobKey, spec: JobSpec, may_make: WouldMake) -> Result<JobPlan, OperationError> {
    let now = (context.clock)();
    let cores = context.engine.cores();
    let (place, nodes, would_queue, would_make) = context.store.read(|reader| {
        let mut made = Vec::new();
        let has_experiment = find_place(reader, &key, may_make, &mut made)?;
        if has_experiment && reader.job(&key)?.is_some() {
            return Err(OperationError::Conflict { kind: Kind::Job, name: key.name.to_string(), reason: "" });
        }
        let cluster = find_cluster(reader, &spec, may_make, cores, &mut made, now)?;
        jobs::ensure_workers_fit(&spec, &cluster.value.spec)?;
        file_servers::ensure_there(reader, &spec.mounts, "properties.mountVolumes")?;
        let nodes = reader.nodes(cluster.number)?;
        let busy = clusters::busy(reader, cluster.number)?;
        let would_queue = would_queue(reader, &spec, &cluster, &nodes, &busy)?;
        let place = ClusterPlace::of(cluster.number, &cluster.value);
        let chosen = choose(&place, &nodes, &busy, spec.node_count, now);
        Ok::<_, OperationError>((place, chosen, would_queue, made))
    })?;
    let job = Job::submitted(key, spec, NOT_SUBMITTED.into(), now);
    let request = LaunchRequest { run: RunId(NOT_SUBMITTED.into()), job, cluster: place, nodes };
    let (preview, unsupported) = match context.engine.preview(&request) {
        Ok(preview) => {
            let obstacle = preview.obstacle.clone();
            (Some(preview), obstacle)
        }
        Err(EngineError::NotStarted(why)) => (None, Some(why)),
        Err(error) => return Err(error.into()),
    };
    Ok(JobPlan { preview, unsupported, would_queue, would_make })
}

/// Whether the experiment is there; notes what would be made.
fn find_place(
    reader: &Reader<'_>,
    key: &JobKey,
    may_make: WouldMake,
    made: &mut Vec<&'static str>,
) -> Result<bool, OperationError> {
    match experiments::ensure_open(reader, &key.experiment) {
        Ok(()) => return Ok(true),
        Err(OperationError::NotFound { kind: Kind::Workspace, .. }) if may_make.workspace => made.push("workspace"),
        Err(OperationError::NotFound { kind: Kind::Experiment, .. }) if may_make.experiment => {}
        Err(error) => return Err(error),
    }
    if !may_make.experiment {
        return Err(OperationError::not_found(Kind::Experiment, &key.experiment.name));
    }
    made.push("experiment");
    Ok(false)
}

fn find_cluster(
    reader: &Reader<'_>,
    spec: &JobSpec,
    may_make: WouldMake,
    cores: u32,
    made: &mut Vec<&'static str>,
    now: Timestamp,
) -> Result<Stored<Cluster>, OperationError> {
    match clusters::find_open(reader, &spec.cluster) {
        Err(OperationError::NotFound { .. }) if may_make.cluster => {
            made.push("cluster");
            let scale =
                Scale::Auto { minimum: 0, maximum: cores.clamp(FEWEST_NODES, MAX_NODES), initial: 0, idle: None };
            let cluster = Cluster::new(spec.cluster.clone(), ClusterSpec::local(scale), NOT_SUBMITTED.into(), now);
            // No cluster of the store has this number.
            Ok(Stored { number: 0, generation: 0, value: cluster })
        }
        result => result,
    }
}

/// Why it would not start at once, but for nodes that are made for it.
fn would_queue(
    reader: &Reader<'_>,
    spec: &JobSpec,
    cluster: &Stored<Cluster>,
    nodes: &[Node],
    busy: &[u32],
) -> Result<Option<String>, OperationError> {
    let scale = cluster.value.spec.scale;
    let count = |is_so: &dyn Fn(&Node) -> bool| {
        u32::try_from(nodes.iter().filter(|node| is_so(node)).count()).unwrap_or(u32::MAX)
    };
    let unusable = count(&|node| matches!(node.state, NodeState::Unusable { .. }));
    let taken = count(&|node| busy.contains(&node.index)).saturating_add(unusable);
    let ahead = reader.queued_before_new(cluster.number, spec.priority, scale.most())?;
    let view = QueueView {
        needs: spec.node_count,
        cluster: Some((cluster.value.key.name.to_string(), scale)),
        idle: count(&|node| node.state == NodeState::Ready && !busy.contains(&node.index)),
        unusable,
        ahead,
        shortages: cluster.value.shortages.clone(),
    };
    let is_short = !view.shortages.is_empty() && view.idle < view.needs;
    let waits = ahead > 0 || is_short || spec.node_count > scale.most().saturating_sub(taken);
    Ok(waits.then(|| reason(&view)))
}

/// The nodes that a job would get: idle ones, then those that come, then new ones, then those that are in use.
fn choose(cluster: &ClusterPlace, nodes: &[Node], busy: &[u32], needs: u32, now: Timestamp) -> Vec<Node> {
    let new = |index: u32| Node {
        index,
        id: node_id(cluster.number, index, cluster.spec.low_priority, now),
        address: String::new(),
        ssh_port: None,
        gpus: Vec::new(),
        state: NodeState::Preparing,
        since: now,
    };
    let rank = |node: &Node| match (&node.state, busy.contains(&node.index)) {
        (NodeState::Ready, false) => Some(0),
        (NodeState::Preparing, false) => Some(1),
        (NodeState::Ready | NodeState::Preparing, true) => Some(3),
        (NodeState::Unusable { .. } | NodeState::Leaving, _) => None,
    };
    let room = cluster.spec.scale.most();
    let is_free = |index: &u32| !nodes.iter().any(|node| node.index == *index);
    let mut all: Vec<(u32, Node)> = nodes.iter().filter_map(|node| Some((rank(node)?, node.clone()))).collect();
    all.extend((0..room).filter(is_free).map(|index| (2, new(index))));
    // A job that is larger than its cluster is planned as on a cluster that is large enough.
    let beyond = (room..).filter(is_free).take(usize::try_from(needs).unwrap_or(usize::MAX));
    all.extend(beyond.map(|index| (4, new(index))));
    all.sort_by_key(|(rank, node)| (*rank, node.index));
    let mut chosen: Vec<Node> =
        all.into_iter().map(|(_, node)| node).take(usize::try_from(needs).unwrap_or(usize::MAX)).collect();
    chosen.sort_by_key(|node| node.index);
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cluster::Deallocation;

    fn node(index: u32, state: NodeState) -> Node {
        Node {
            index,
            id: format!("n{index}"),
            address: "a".into(),
            ssh_port: None,
            gpus: Vec::new(),
            state,
            since: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_job_is_planned_on_idle_nodes_then_on_those_that_come() {
        let scale = Scale::Manual { target: 5, deallocation: Deallocation::Requeue };
        let place = ClusterPlace { number: 1, spec: ClusterSpec::local(scale), path_segment: String::new() };
        let broken = NodeState::Unusable { reason: "disk".into() };
        let nodes =
            [node(0, NodeState::Ready), node(1, NodeState::Ready), node(2, NodeState::Preparing), node(3, broken)];
        let chosen = |needs| -> Vec<u32> {
            choose(&place, &nodes, &[0], needs, Timestamp::UNIX_EPOCH).iter().map(|node| node.index).collect()
        };
        assert_eq!(chosen(1), [1]);
        assert_eq!(chosen(2), [1, 2]);
        assert_eq!(chosen(3), [1, 2, 4]);
        assert_eq!(chosen(4), [0, 1, 2, 4]);
        assert_eq!(chosen(5), [0, 1, 2, 4, 5], "also what is too large has a plan");
    }
}
