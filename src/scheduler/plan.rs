//! What should happen on one cluster now. Pure: a view and the time in, decisions out.
//!
//! Decides which nodes go (`departures.rs`), which runs are stopped for that (`interruptions.rs`), which jobs start on
//! which nodes (`placement.rs`), which nodes there should be, and when to look again although nothing has happened.
//! Called by [`super::tick()`] for one cluster after the other; never sees the store, an engine or a clock.

use std::collections::BTreeSet;

use crate::domain::Timestamp;
use crate::domain::cluster::{MAX_NODES, Scale};

use super::departures::{Departures, departures};
use super::interruptions::{Interrupt, expiries, interrupts};
use super::placement::{Start, Waiting, place};
use super::quotas::Share;

/// A cluster, as much of it as decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterView {
    /// How many nodes were asked for.
    pub scale: Scale,
    /// Whether its nodes may be taken away.
    pub low_priority: bool,
    /// Whether it has not had its first nodes yet: only then the initial number of nodes counts.
    pub is_new: bool,
    /// Its nodes.
    pub nodes: Vec<NodeView>,
    /// The head of its queue, in order; at least as many jobs as could start or make it grow.
    pub queued: Vec<Waiting>,
    /// Runs that have nodes of it.
    pub runs: Vec<RunView>,
    /// How many nodes its quota lets it have.
    pub share: Share,
}

/// A node, as much of it as decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeView {
    /// Its place.
    pub index: u32,
    /// Whether it takes jobs.
    pub standing: Standing,
    /// Whether a run has it.
    pub is_busy: bool,
    /// Whether it is being taken away, for it is of low priority.
    pub is_preempted: bool,
    /// Since when no run has it; without meaning while it is busy.
    pub idle_since: Timestamp,
}

/// A run, as much of it as decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunView {
    /// The number of its job.
    pub job: i64,
    /// The places of its nodes.
    pub nodes: Vec<u32>,
    /// Since when it runs.
    pub since: Timestamp,
    /// Whether it is being stopped already, whatever for.
    pub is_stopping: bool,
}

/// Whether a node takes jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Not yet.
    Preparing,
    /// Yes.
    Ready,
    /// Never.
    Unusable,
    /// No more; it goes when nothing runs on it.
    Leaving,
    /// It is remembered, but not there: it has to be made again.
    Missing,
}

/// What should happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Jobs that start now.
    pub starts: Vec<Start>,
    /// Runs that are stopped now because their nodes go.
    pub interrupts: Vec<Interrupt>,
    /// The places at which there should be nodes, lowest first; those of nodes that leave as long as they are busy.
    pub places: Vec<u32>,
    /// The places of nodes that take no more jobs from now on.
    pub leaving: Vec<u32>,
    /// The places of nodes that were leaving and stay after all.
    pub retained: Vec<u32>,
    /// Whether the cluster has the nodes it should have as soon as `places` are there.
    pub is_settled: bool,
    /// When to look again although nothing has happened.
    pub next: Option<Timestamp>,
}

/// Decides for one cluster. New nodes take the lowest free places.
#[must_use]
pub fn plan(view: &ClusterView, now: Timestamp) -> Plan {
    let most = view.scale.most().min(MAX_NODES);
    let wanted = allowed(view, most.min(view.share.ever));
    let Departures { going, retained, next } = departures(view, wanted, now);
    let starts = starts(view, &going, most);
    let interrupts = interrupts(view, &going, &retained, now);
    let mut places: BTreeSet<u32> = view
        .nodes
        .iter()
        .filter(|node| node.is_busy || (stays(node) && !going.contains(&node.index)))
        .map(|node| node.index)
        .collect();
    // A place that is cleared now is filled again by a later plan only: else nothing would be seen to change.
    if places.len() == view.nodes.len() {
        grow(view, &mut places, &retained, wanted, most);
    }
    let leaves = |node: &NodeView| !stays(node) && !retained.contains(&node.index) || going.contains(&node.index);
    let leaving: Vec<u32> = view.nodes.iter().filter(|node| leaves(node)).map(|node| node.index).collect();
    let is_settled = is_settled(view, &places, &leaving, wanted);
    let next = next.into_iter().chain(expiries(view, now)).min();
    let (places, retained) = (places.into_iter().collect(), retained.into_iter().collect());
    Plan { starts, interrupts, places, leaving, retained, is_settled, next }
}

/// How many nodes a cluster should have now, were it not for quotas.
#[must_use]
pub fn asked(view: &ClusterView) -> u32 {
    wanted(view, view.scale.most().min(MAX_NODES))
}

/// Whether a node is to stay, as far as was decided before.
pub(super) fn stays(node: &NodeView) -> bool {
    node.standing != Standing::Leaving && !node.is_preempted
}

fn wanted(view: &ClusterView, most: u32) -> u32 {
    let can_start = view.queued.iter().filter(|waiting| waiting.needs <= most);
    let demand = can_start.fold(running(view), |sum, waiting| sum.saturating_add(waiting.needs.max(1)));
    for_demand(view, demand, most)
}

fn running(view: &ClusterView) -> u32 {
    counted(view.nodes.iter().filter(|node| node.is_busy).count())
}

fn for_demand(view: &ClusterView, demand: u32, most: u32) -> u32 {
    let first = match view.scale {
        Scale::Auto { initial, .. } if view.is_new => initial,
        Scale::Auto { .. } | Scale::Manual { .. } => 0,
    };
    view.scale.wanted(demand).max(first).min(most)
}

/// A quota keeps from growing; it takes no node away. But nodes that are too few for the next job wait for nothing, and
/// two clusters that keep such nodes from each other would wait for ever: auto-scale lets them go.
fn allowed(view: &ClusterView, most: u32) -> u32 {
    let wanted = wanted(view, most);
    let allowed = wanted.min(view.share.now.max(counted(view.nodes.iter().filter(|node| stays(node)).count())));
    let next = view.queued.iter().find(|waiting| waiting.needs <= most);
    let free = allowed.saturating_sub(running(view));
    if allowed < wanted && next.is_some_and(|next| next.needs.max(1) > free) {
        return allowed.min(for_demand(view, running(view), most));
    }
    allowed
}

/// Busy nodes that stay count against the most that there may be, those that leave do not.
fn starts(view: &ClusterView, going: &BTreeSet<u32>, most: u32) -> Vec<Start> {
    let staying = || view.nodes.iter().filter(|node| stays(node) && !going.contains(&node.index));
    let is_free = |node: &&NodeView| node.standing == Standing::Ready && !node.is_busy;
    let free: Vec<u32> = staying().filter(is_free).map(|node| node.index).collect();
    let busy = counted(staying().filter(|node| node.is_busy).count());
    place(&view.queued, &free, most.saturating_sub(busy), most.min(view.share.ever))
}

fn grow(view: &ClusterView, places: &mut BTreeSet<u32>, retained: &BTreeSet<u32>, wanted: u32, most: u32) {
    let counts = |node: &&NodeView| match (view.scale, node.standing) {
        _ if node.is_preempted => false,
        (_, Standing::Leaving) => retained.contains(&node.index),
        // A fixed number is the number the user sees; auto-scale makes up for a node that never takes jobs.
        (Scale::Auto { .. }, Standing::Unusable) => false,
        (Scale::Manual { .. }, Standing::Unusable) => true,
        (_, Standing::Preparing | Standing::Ready | Standing::Missing) => true,
    };
    let have = view.nodes.iter().filter(counts).count();
    let room = size(most.min(view.share.now)).saturating_sub(places.len());
    let more = size(wanted).saturating_sub(have).min(room);
    let lowest: Vec<u32> = (0..).filter(|place| !places.contains(place)).take(more).collect();
    places.extend(lowest);
}

fn is_settled(view: &ClusterView, places: &BTreeSet<u32>, leaving: &[u32], wanted: u32) -> bool {
    let nobody_leaves = !leaving.iter().any(|place| places.contains(place))
        && view.nodes.iter().all(|node| node.standing != Standing::Leaving);
    match view.scale {
        Scale::Manual { .. } => nobody_leaves && places.len() == size(wanted),
        Scale::Auto { .. } => nobody_leaves,
    }
}

pub(super) fn size(nodes: u32) -> usize {
    usize::try_from(nodes).unwrap_or(usize::MAX)
}

pub(super) fn counted(nodes: usize) -> u32 {
    u32::try_from(nodes).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
