//! What should happen on one cluster now. Pure: a view and the time in, decisions out.
//!
//! Decides which jobs start on which nodes, which nodes there should be, and when to look again although
//! nothing has happened. Called by [`super::tick()`] for one cluster after the other; never sees the store, an
//! engine or a clock.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::time::Duration;

use crate::domain::Timestamp;
use crate::domain::cluster::{MAX_NODES, Scale};

use super::placement::{Start, Waiting, place};

/// How long a node that auto-scale does not need stays idle before it goes. The service took about six
/// minutes (azure-sdk-for-python recordings, June 2018), but its nodes took five more to come back; ours are
/// back at once, and a minute is enough not to come and go between two jobs of a script.
pub const IDLE_BEFORE_RELEASE: Duration = Duration::from_secs(60);

/// A cluster, as much of it as decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterView {
    /// How many nodes were asked for.
    pub scale: Scale,
    /// Whether it has not had its first nodes yet: only then the initial number of nodes counts.
    pub is_new: bool,
    /// Its nodes.
    pub nodes: Vec<NodeView>,
    /// The head of its queue, in order; at least as many jobs as could start or make it grow.
    pub queued: Vec<Waiting>,
    /// Nodes that running jobs have.
    pub running: u32,
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
    /// Since when no run has it; without meaning while it is busy.
    pub idle_since: Timestamp,
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
    /// The places at which there should be nodes, lowest first.
    pub places: Vec<u32>,
    /// Whether the cluster has the nodes it should have as soon as `places` are there.
    pub is_settled: bool,
    /// When to look again although nothing has happened.
    pub next: Option<Timestamp>,
}

/// Decides for one cluster.
///
/// A busy node always stays. Nodes beyond a fixed target go as soon as they are idle; with auto-scale an
/// unneeded node goes after [`IDLE_BEFORE_RELEASE`]. Unusable nodes go first, then the highest places. New
/// nodes take the lowest free places.
#[must_use]
pub fn plan(view: &ClusterView, now: Timestamp) -> Plan {
    let most = view.scale.most().min(MAX_NODES);
    let starts = place(&view.queued, &free(view), most.saturating_sub(busy(view)), most);
    let wanted = wanted(view, most);
    let release = release(view, &starts, wanted, now);
    let mut places: BTreeSet<u32> = view
        .nodes
        .iter()
        .filter(|node| node.is_busy || node.standing != Standing::Leaving)
        .map(|node| node.index)
        .filter(|index| !release.places.contains(index))
        .collect();
    // A place that is cleared now is filled again by a later plan only: else nothing would be seen to change.
    if places.len() == view.nodes.len() {
        grow(view, &mut places, wanted, most);
    }
    let is_settled = is_settled(view, &places, wanted);
    Plan { starts, places: places.into_iter().collect(), is_settled, next: release.next }
}

fn free(view: &ClusterView) -> Vec<u32> {
    let takes_jobs = |node: &&NodeView| node.standing == Standing::Ready && !node.is_busy;
    view.nodes.iter().filter(takes_jobs).map(|node| node.index).collect()
}

fn busy(view: &ClusterView) -> u32 {
    counted(view.nodes.iter().filter(|node| node.is_busy).count())
}

fn wanted(view: &ClusterView, most: u32) -> u32 {
    let can_start = view.queued.iter().filter(|waiting| waiting.needs <= most);
    let demand = can_start.fold(view.running, |sum, waiting| sum.saturating_add(waiting.needs.max(1)));
    let first = match view.scale {
        Scale::Auto { initial, .. } if view.is_new => initial,
        Scale::Auto { .. } | Scale::Manual { .. } => 0,
    };
    view.scale.wanted(demand).max(first).min(most)
}

struct Release {
    places: BTreeSet<u32>,
    next: Option<Timestamp>,
}

fn release(view: &ClusterView, starts: &[Start], wanted: u32, now: Timestamp) -> Release {
    let taken: BTreeSet<u32> = starts.iter().flat_map(|start| start.nodes.iter().copied()).collect();
    let staying = view.nodes.iter().filter(|node| node.standing != Standing::Leaving);
    let excess = staying.clone().count().saturating_sub(size(wanted));
    let mut idle: Vec<&NodeView> = staying.filter(|node| !node.is_busy && !taken.contains(&node.index)).collect();
    idle.sort_by_key(|node| (node.standing != Standing::Unusable, Reverse(node.index)));
    let (due, early): (Vec<&NodeView>, Vec<&NodeView>) =
        idle.into_iter().partition(|node| goes_at(view.scale, node).is_none_or(|at| at <= now));
    let places: BTreeSet<u32> = due.iter().take(excess).map(|node| node.index).collect();
    let is_early_wanted = places.len() < excess;
    let next = early.iter().filter_map(|node| goes_at(view.scale, node)).min().filter(|_| is_early_wanted);
    Release { places, next }
}

fn goes_at(scale: Scale, node: &NodeView) -> Option<Timestamp> {
    match scale {
        Scale::Manual { .. } => None,
        Scale::Auto { .. } => Some(node.idle_since.checked_add(IDLE_BEFORE_RELEASE).unwrap_or(Timestamp::MAX)),
    }
}

fn grow(view: &ClusterView, places: &mut BTreeSet<u32>, wanted: u32, most: u32) {
    let counts = |node: &&NodeView| match (view.scale, node.standing) {
        (_, Standing::Leaving) => false,
        // A fixed number is the number the user sees; auto-scale makes up for a node that never takes jobs.
        (Scale::Auto { .. }, Standing::Unusable) => false,
        (Scale::Manual { .. }, Standing::Unusable) => true,
        (_, Standing::Preparing | Standing::Ready | Standing::Missing) => true,
    };
    let have = view.nodes.iter().filter(counts).count();
    let room = size(most).saturating_sub(places.len());
    let more = size(wanted).saturating_sub(have).min(room);
    let lowest: Vec<u32> = (0..).filter(|place| !places.contains(place)).take(more).collect();
    places.extend(lowest);
}

fn is_settled(view: &ClusterView, places: &BTreeSet<u32>, wanted: u32) -> bool {
    let nobody_leaves = view.nodes.iter().all(|node| node.standing != Standing::Leaving);
    match view.scale {
        Scale::Manual { .. } => nobody_leaves && places.len() == size(wanted),
        Scale::Auto { .. } => nobody_leaves,
    }
}

fn size(nodes: u32) -> usize {
    usize::try_from(nodes).unwrap_or(usize::MAX)
}

fn counted(nodes: usize) -> u32 {
    u32::try_from(nodes).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
