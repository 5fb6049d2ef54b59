//! Nodes of clusters: what the engine says of them goes into the store, what the plan says goes to the
//! engine. Only the scheduler writes nodes. Called by `tick`.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::allocation::AllocationEvent;
use crate::domain::cluster::Cluster;
use crate::domain::node::{Node, NodeEvent, NodeState, node_id};
use crate::domain::provisioning::ProvisioningState;
use crate::domain::{Step, Timestamp};
use crate::engine::{ClusterPlace, NodeCondition, NodeFact, NodeName};
use crate::store::{StoreError, Stored, Tx};

use super::memory::Attempt;
use super::plan::Plan;
use super::tick::Tick;

/// A cluster whose nodes are known now.
pub(super) struct Present {
    pub cluster: Stored<Cluster>,
    pub place: ClusterPlace,
    /// As stored.
    pub nodes: Vec<Node>,
    /// Places at which the engine has nodes.
    pub existing: BTreeSet<u32>,
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
                *node = next;
                changed.push((present.place.number, node.clone()));
            }
        }
        present.existing = facts.into_keys().collect();
        clusters.push(present);
    }
    if !changed.is_empty() {
        tick.world
            .store
            .write_blocking(move |tx| changed.iter().try_for_each(|(cluster, node)| tx.put_node(*cluster, node)))?;
    }
    Ok(clusters)
}

/// Makes the engine have the nodes of the plans, and writes down which it has then.
pub(super) fn resize(tick: &mut Tick<'_>, clusters: &[Present], plans: &[Plan]) -> Result<(), StoreError> {
    for (cluster, plan) in clusters.iter().zip(plans) {
        let places: BTreeSet<u32> = plan.places.iter().copied().collect();
        let stored: BTreeSet<u32> = cluster.nodes.iter().map(|node| node.index).collect();
        let mut change = Change::default();
        let mut is_reached = places == cluster.existing && places == stored;
        if !is_reached {
            change.allocation.push(AllocationEvent::TargetMoved);
            let resize = Attempt::Resize(cluster.place.number);
            // Also after a refusal the engine is asked what it has: part of it may have been done.
            let names = names(cluster, &plan.places, tick.now);
            tick.attempt(resize, |engine| engine.resize(&cluster.place, &names));
            if let Some(facts) = list(tick, &cluster.place) {
                note_nodes(&mut change, cluster, &places, &facts, tick.now);
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

/// What the nodes of these places are called: those that are there keep their names.
fn names(cluster: &Present, places: &[u32], now: Timestamp) -> Vec<NodeName> {
    let is_low_priority = cluster.place.spec.low_priority;
    let there = |index: &u32| cluster.nodes.iter().find(|n| n.index == *index && cluster.existing.contains(index));
    let name = |index: &u32| {
        let known = there(index).map(|node| node.id.clone());
        let id = known.unwrap_or_else(|| node_id(cluster.place.number, *index, is_low_priority, now));
        NodeName { index: *index, id }
    };
    places.iter().map(name).collect()
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
            clusters.push(Present { cluster, place, nodes, existing: BTreeSet::new(), busy });
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

/// What is to be written about a cluster.
#[derive(Default)]
struct Change {
    put: Vec<Node>,
    remove: Vec<u32>,
    allocation: Vec<AllocationEvent>,
}

fn note_nodes(
    change: &mut Change,
    cluster: &Present,
    places: &BTreeSet<u32>,
    facts: &BTreeMap<u32, NodeFact>,
    now: Timestamp,
) {
    for fact in facts.values() {
        let stored = cluster.nodes.iter().find(|node| node.index == fact.index);
        // A node that was gone and is there again is another one.
        let same = stored.filter(|_| cluster.existing.contains(&fact.index));
        match same {
            Some(node) if places.contains(&fact.index) => change.put.extend(after(node, fact, now)),
            Some(node) => change.put.extend(released(node, now)),
            None if places.contains(&fact.index) => change.put.push(new_node(fact, now)),
            None => {}
        }
    }
    let gone = cluster.nodes.iter().map(|node| node.index);
    change.remove.extend(gone.filter(|index| !places.contains(index) && !facts.contains_key(index)));
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

fn write(tick: &Tick<'_>, cluster: &Present, change: Change) -> Result<(), StoreError> {
    let mut foreseen = cluster.cluster.value.clone();
    let moves = apply_allocation(&mut foreseen, &change.allocation, tick.now);
    if change.put.is_empty() && change.remove.is_empty() && !moves {
        return Ok(());
    }
    let (number, key, now) = (cluster.place.number, cluster.cluster.value.key.clone(), tick.now);
    tick.world.store.write_blocking(move |tx: &Tx<'_>| {
        change.put.iter().try_for_each(|node| tx.put_node(number, node))?;
        change.remove.iter().try_for_each(|index| tx.delete_node(number, *index))?;
        // Read again: a request may have changed the cluster since the tick began.
        if let Some(mut stored) = tx.cluster(&key)?.filter(|stored| stored.number == number)
            && apply_allocation(&mut stored.value, &change.allocation, now)
        {
            tx.update_cluster(number, &stored.value)?;
        }
        Ok(())
    })
}

/// Whether the cluster has changed.
fn apply_allocation(cluster: &mut Cluster, events: &[AllocationEvent], now: Timestamp) -> bool {
    let before = cluster.allocation;
    for event in events {
        if let Step::To(next) = cluster.allocation.apply(*event, now) {
            cluster.allocation = next;
        }
    }
    cluster.allocation != before
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
