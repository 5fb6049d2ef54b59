//! What is written about clusters and their nodes, and said of it in the log. Called by `nodes`.

use std::collections::BTreeSet;

use crate::domain::allocation::AllocationEvent;
use crate::domain::cluster::Cluster;
use crate::domain::name::ClusterKey;
use crate::domain::node::{Node, NodeState};
use crate::domain::quota::Shortage;
use crate::domain::{Step, Timestamp};
use crate::store::{StoreError, Tx};

use super::history;
use super::nodes::{Present, why_not};
use super::tick::Tick;

/// What is to be written about a cluster.
#[derive(Default)]
pub(super) struct Change {
    /// Nodes as they are now, and why; of two at one place the later counts.
    pub put: Vec<(Node, String)>,
    /// Places of nodes that are gone.
    pub remove: Vec<u32>,
    /// What happened to its allocation, in order.
    pub allocation: Vec<AllocationEvent>,
    /// Why it has fewer nodes than were asked for.
    pub shortages: Vec<Shortage>,
}

/// Writes nodes that have changed by themselves: the number and the key of their cluster, before and after.
pub(super) fn write_nodes(tick: &Tick<'_>, changed: Vec<(i64, ClusterKey, Node, Node)>) -> Result<(), StoreError> {
    if changed.is_empty() {
        return Ok(());
    }
    let written = changed.clone();
    tick.world
        .store
        .write_blocking(move |tx| written.iter().try_for_each(|(cluster, _, _, node)| tx.put_node(*cluster, node)))?;
    for (_, cluster, before, after) in &changed {
        say(cluster, Some(before), after, &why(after));
    }
    Ok(())
}

fn why(node: &Node) -> String {
    match &node.state {
        NodeState::Preparing => "it is being prepared".into(),
        NodeState::Ready => "it is ready".into(),
        NodeState::Unusable { reason } => reason.clone(),
        NodeState::Leaving => "it is leaving".into(),
    }
}

/// Writes what has changed; nothing when nothing has.
pub(super) fn write(tick: &Tick<'_>, cluster: &Present, change: Change) -> Result<(), StoreError> {
    let ids = ids_after(cluster, &change);
    let mut foreseen = cluster.cluster.value.clone();
    let moves = apply(&mut foreseen, &change, &ids, tick.now);
    if change.put.is_empty() && change.remove.is_empty() && !moves {
        return Ok(());
    }
    say_all(cluster, &change);
    let (number, key, now) = (cluster.place.number, cluster.cluster.value.key.clone(), tick.now);
    tick.world.store.write_blocking(move |tx: &Tx<'_>| {
        change.put.iter().try_for_each(|(node, _)| tx.put_node(number, node))?;
        change.remove.iter().try_for_each(|index| tx.delete_node(number, *index))?;
        // Read again: a request may have changed the cluster since the tick began.
        if let Some(mut stored) = tx.cluster(&key)?.filter(|stored| stored.number == number) {
            let before = stored.value.allocation.state;
            if apply(&mut stored.value, &change, &ids, now) {
                tx.update_cluster(number, &stored.value)?;
            }
            say_allocation(&stored.value, before, ids.len());
        }
        Ok(())
    })
}

/// The ids of the nodes that there will be.
fn ids_after(cluster: &Present, change: &Change) -> BTreeSet<String> {
    let is_put = |index: u32| change.put.iter().any(|(node, _)| node.index == index);
    let stays = |node: &&Node| !change.remove.contains(&node.index) && !is_put(node.index);
    let untouched = cluster.nodes.iter().filter(stays);
    let put = change.put.iter().map(|(node, _)| node).filter(|node| !change.remove.contains(&node.index));
    untouched.chain(put).map(|node| node.id.clone()).collect()
}

/// Whether the cluster has changed.
fn apply(cluster: &mut Cluster, change: &Change, ids: &BTreeSet<String>, now: Timestamp) -> bool {
    let (before, waiting) = (cluster.allocation, cluster.preempted.len());
    for event in &change.allocation {
        if let Step::To(next) = cluster.allocation.apply(*event, now) {
            cluster.allocation = next;
        }
    }
    cluster.preempted.retain(|id| ids.contains(id));
    let are_new = cluster.shortages != change.shortages;
    if are_new {
        cluster.shortages.clone_from(&change.shortages);
    }
    cluster.allocation != before || cluster.preempted.len() != waiting || are_new
}

fn say_all(cluster: &Present, change: &Change) {
    let key = &cluster.cluster.value.key;
    let mut nodes = cluster.nodes.clone();
    for (node, why) in &change.put {
        let before = nodes.iter_mut().find(|before| before.index == node.index);
        match before {
            Some(before) if before.id == node.id => {
                say(key, Some(before), node, why);
                *before = node.clone();
            }
            Some(before) => {
                say_gone(key, before, "it disappeared");
                say(key, None, node, why);
                *before = node.clone();
            }
            None => say(key, None, node, why),
        }
    }
    for node in nodes.iter().filter(|node| change.remove.contains(&node.index)) {
        say_gone(key, node, &why_not(cluster, node));
    }
}

fn say(cluster: &ClusterKey, before: Option<&Node>, after: &Node, why: &str) {
    let to = after.state.word();
    let Some(before) = before else {
        history::node(cluster, &after.id, "-", NodeState::Preparing.word(), "it was made");
        if after.state != NodeState::Preparing {
            history::node(cluster, &after.id, NodeState::Preparing.word(), to, why);
        }
        return;
    };
    if before.state != after.state {
        history::node(cluster, &after.id, before.state.word(), to, why);
    }
}

/// It may have gone before anybody could see that it leaves.
fn say_gone(cluster: &ClusterKey, node: &Node, why: &str) {
    let leaving = NodeState::Leaving.word();
    if node.state != NodeState::Leaving {
        history::node(cluster, &node.id, node.state.word(), leaving, why);
    }
    history::node(cluster, &node.id, leaving, "gone", why);
}

fn say_allocation(cluster: &Cluster, before: crate::domain::allocation::AllocationState, nodes: usize) {
    let after = cluster.allocation.state;
    if before != after {
        let short = cluster.shortages.first().map(|short| format!(", and {} is reached", short.what()));
        history::allocation(&cluster.key, before, after, &format!("nodes now: {nodes}{}", short.unwrap_or_default()));
    }
}
