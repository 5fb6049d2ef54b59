//! Nodes of clusters: what the engine says of them goes into the store, what the plan says goes to the
//! engine. Only the scheduler writes nodes. Called by `tick`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::domain::allocation::AllocationEvent;
use crate::domain::cluster::{Cluster, Scale};
use crate::domain::job::Job;
use crate::domain::node::{Node, NodeEvent, NodeState, node_id};
use crate::domain::provisioning::ProvisioningState;
use crate::domain::{Step, Timestamp};
use crate::engine::{ClusterPlace, NodeCondition, NodeFact, NodeName};
use crate::store::{StoreError, Stored};

use super::memory::{Attempt, Named};
use super::plan::{ClusterView, Plan};
use super::records::{Change, write, write_nodes};
use super::tick::Tick;

const SECOND: Duration = Duration::from_secs(1);

/// A cluster whose nodes are known now.
pub(super) struct Present {
    pub cluster: Stored<Cluster>,
    pub place: ClusterPlace,
    /// As stored.
    pub nodes: Vec<Node>,
    /// Places at which the engine has nodes.
    pub existing: BTreeSet<u32>,
    /// Jobs that have nodes of it.
    pub running: Vec<Stored<Job>>,
    /// Places that runs have.
    pub busy: BTreeSet<u32>,
}

/// Brings the stored nodes up to date. Clusters that are being deleted, and those whose engine does not
/// answer, are left out: nothing is planned for them.
pub(super) fn refresh(tick: &mut Tick<'_>) -> Result<Vec<Present>, StoreError> {
    let stored = read(tick)?;
    let mut clusters = Vec::new();
    let mut changed = Vec::new();
    for mut present in stored {
        let Some(facts) = list(tick, &present.place) else { continue };
        for node in &mut present.nodes {
            if let Some(fact) = facts.get(&node.index)
                && let Some(next) = after(node, fact, tick.now)
            {
                let before = std::mem::replace(node, next.clone());
                changed.push((present.place.number, present.cluster.value.key.clone(), before, next));
            }
        }
        present.existing = facts.into_keys().collect();
        clusters.push(present);
    }
    write_nodes(tick, &changed)?;
    Ok(clusters)
}

/// Makes the engine have the nodes of the plans, and writes down which it has then, and which leave or stay.
pub(super) fn resize(
    tick: &mut Tick<'_>,
    clusters: &[Present],
    views: &[ClusterView],
    plans: &[Plan],
) -> Result<(), StoreError> {
    for ((cluster, view), plan) in clusters.iter().zip(views).zip(plans) {
        let places: BTreeSet<u32> = plan.places.iter().copied().collect();
        let stored: BTreeSet<u32> = cluster.nodes.iter().map(|node| node.index).collect();
        let mut change = Change { shortages: view.share.shortages.clone(), ..Change::default() };
        let nodes = mark(&mut change, cluster, plan, tick.now);
        let mut is_reached = places == cluster.existing && places == stored;
        if !is_reached {
            change.allocation.push(AllocationEvent::TargetMoved);
            let resize = Attempt::Resize(cluster.place.number);
            // Also after a refusal the engine is asked what it has: part of it may have been done.
            let names = names(cluster, &plan.places, tick.now, &mut tick.memory.named);
            tick.attempt(resize, |engine| engine.resize(&cluster.place, &names));
            if let Some(facts) = list(tick, &cluster.place) {
                note_nodes(&mut change, (cluster, &nodes), &places, &facts, tick.now);
                is_reached = facts.keys().copied().eq(places);
            }
        }
        let allocation = match (plan.is_settled, is_reached) {
            (true, true) => Some(AllocationEvent::Reached),
            (false, _) => Some(AllocationEvent::TargetMoved),
            (true, false) => None,
        };
        change.allocation.extend(allocation);
        write(tick, cluster, change)?;
    }
    Ok(())
}

/// Notes which nodes leave from now on although they are still there, and which stay after all. Answers all nodes as
/// they are then.
fn mark(change: &mut Change, cluster: &Present, plan: &Plan, now: Timestamp) -> Vec<Node> {
    let mut nodes = cluster.nodes.clone();
    for node in &mut nodes {
        let event = match node.index {
            place if plan.retained.contains(&place) => NodeEvent::Retained,
            place if plan.leaving.contains(&place) && plan.places.contains(&place) => NodeEvent::Released,
            _ => continue,
        };
        if let Step::To(state) = node.state.apply(&event) {
            let why =
                if event == NodeEvent::Retained { "it is needed after all".into() } else { why_not(cluster, node) };
            (node.state, node.since) = (state, now);
            change.put.push((node.clone(), why));
        }
    }
    nodes
}

/// Why a node goes.
pub(super) fn why_not(cluster: &Present, node: &Node) -> String {
    if cluster.cluster.value.preempted.contains(&node.id) {
        return "it is of low priority and was taken away".into();
    }
    match cluster.cluster.value.spec.scale {
        Scale::Manual { target, .. } => format!("the cluster is to have no more nodes than {target}"),
        Scale::Auto { .. } => "no job needs it".into(),
    }
}

/// What the nodes of these places are called: those that are there keep their names.
fn names(cluster: &Present, places: &[u32], now: Timestamp, named: &mut Named) -> Vec<NodeName> {
    let there = |index: &u32| cluster.nodes.iter().find(|n| n.index == *index && cluster.existing.contains(index));
    let mut name = |index: &u32| {
        let known = there(index).map(|node| node.id.clone());
        let id = known.unwrap_or_else(|| new_id(cluster, *index, now, named));
        NodeName { index: *index, id }
    };
    places.iter().map(&mut name).collect()
}

/// Names are as old as a second. One that went within this second must not be taken for its successor, also when
/// nothing else tells of it any more.
fn new_id(cluster: &Present, index: u32, now: Timestamp, named: &mut Named) -> String {
    let number = cluster.place.number;
    let is_taken =
        |id: &String| cluster.cluster.value.preempted.contains(id) || cluster.nodes.iter().any(|node| node.id == *id);
    let last = named.get(&(number, index)).filter(|last| !is_long_over(**last, now));
    let earliest = last.and_then(|last| last.checked_add(SECOND).ok()).map_or(now, |next| next.max(now));
    let times = (0..60).filter_map(|more| earliest.checked_add(SECOND * more).ok());
    let mut ids = times.map(|at| (at, node_id(number, index, cluster.place.spec.low_priority, at)));
    let fallback = || (now, node_id(number, index, cluster.place.spec.low_priority, now));
    let (at, id) = ids.find(|(_, id)| !is_taken(id)).unwrap_or_else(fallback);
    named.insert((number, index), at);
    id
}

/// A clock that was set back a lot must not give names of a future that is far away.
fn is_long_over(last: Timestamp, now: Timestamp) -> bool {
    now.checked_add(SECOND * 60).is_ok_and(|far| last > far)
}

fn read(tick: &Tick<'_>) -> Result<Vec<Present>, StoreError> {
    tick.world.store.read(|reader| {
        let mut clusters = Vec::new();
        for cluster in reader.all_clusters()? {
            if cluster.value.provisioning.state == ProvisioningState::Deleting {
                continue;
            }
            let running = reader.running_jobs_of(cluster.number)?;
            let runs = running.iter().filter_map(|job| job.value.execution().run());
            let busy = runs.flat_map(|run| run.nodes.iter().copied()).collect();
            let nodes = reader.nodes(cluster.number)?;
            let place = ClusterPlace::of(cluster.number, &cluster.value);
            clusters.push(Present { cluster, place, nodes, existing: BTreeSet::new(), running, busy });
        }
        Ok(clusters)
    })
}

fn list(tick: &mut Tick<'_>, place: &ClusterPlace) -> Option<BTreeMap<u32, NodeFact>> {
    let facts = tick.attempt(Attempt::ListNodes(place.number), |engine| engine.nodes(place))?;
    Some(facts.into_iter().map(|fact| (fact.index, fact)).collect())
}

/// What a stored node is after what the engine says of it; `None` when that changes nothing.
fn after(node: &Node, fact: &NodeFact, now: Timestamp) -> Option<Node> {
    let event = match &fact.condition {
        NodeCondition::Preparing => Some(NodeEvent::Restarted),
        NodeCondition::Ready => Some(NodeEvent::Prepared),
        NodeCondition::Broken(why) => Some(NodeEvent::Broken(why.clone())),
    };
    let mut next =
        Node { address: fact.address.clone(), ssh_port: fact.ssh_port, gpus: fact.gpus.clone(), ..node.clone() };
    if let Some(event) = event
        && let Step::To(state) = node.state.apply(&event)
    {
        next.state = state;
        next.since = now;
    }
    (next != *node).then_some(next)
}

fn note_nodes(
    change: &mut Change,
    (cluster, nodes): (&Present, &[Node]),
    places: &BTreeSet<u32>,
    facts: &BTreeMap<u32, NodeFact>,
    now: Timestamp,
) {
    for fact in facts.values() {
        let stored = nodes.iter().find(|node| node.index == fact.index);
        // A node that was gone and is there again is another one.
        let same = stored.filter(|_| cluster.existing.contains(&fact.index));
        match same {
            Some(node) if places.contains(&fact.index) => {
                change.put.extend(after(node, fact, now).map(|next| (next, said(fact))));
            }
            Some(node) => change.put.extend(released(node, now).map(|next| (next, why_not(cluster, node)))),
            None if places.contains(&fact.index) => change.put.push((new_node(fact, now), said(fact))),
            None => {}
        }
    }
    let gone = nodes.iter().map(|node| node.index);
    change.remove.extend(gone.filter(|index| !places.contains(index) && !facts.contains_key(index)));
}

/// What the engine says of a node, for the log.
pub(super) fn said(fact: &NodeFact) -> String {
    match &fact.condition {
        NodeCondition::Preparing => "it is being prepared".into(),
        NodeCondition::Ready => "it is ready".into(),
        NodeCondition::Broken(why) => why.clone(),
    }
}

/// A node that should have gone and is still there takes no more jobs.
fn released(node: &Node, now: Timestamp) -> Option<Node> {
    match node.state.apply(&NodeEvent::Released) {
        Step::To(state) => Some(Node { state, since: now, ..node.clone() }),
        Step::Unchanged | Step::Refused(_) => None,
    }
}

fn new_node(fact: &NodeFact, now: Timestamp) -> Node {
    let preparing = Node {
        index: fact.index,
        id: fact.id.clone(),
        address: fact.address.clone(),
        ssh_port: fact.ssh_port,
        gpus: fact.gpus.clone(),
        state: NodeState::Preparing,
        since: now,
    };
    after(&preparing, fact, now).unwrap_or(preparing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_named_as_the_service_named_it() {
        let at: Timestamp = "2018-06-07T09:15:00.5Z".parse().expect("a time");
        assert_eq!(node_id(1, 0, false, at), "tvm-0000000001_0-20180607t091500z");
        assert_eq!(node_id(1234567890, 12, true, at), "tvm-1234567890_12-20180607t091500z-p");
    }
}
