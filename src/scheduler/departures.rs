//! Which nodes of a cluster go, and which of those that were to go stay. Pure; called by [`super::plan`] only.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::domain::Timestamp;
use crate::domain::cluster::{MAX_NODES, Scale};

use super::plan::{ClusterView, NodeView, Standing, counted, size, stays};

/// Which nodes go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departures {
    /// Places of nodes that are to go from now on; busy ones as soon as nothing runs on them.
    pub going: BTreeSet<u32>,
    /// Places of nodes that were to go and stay.
    pub retained: BTreeSet<u32>,
    /// When the next node will have been idle for long enough.
    pub next: Option<Timestamp>,
}

/// Decides which nodes go so that `wanted` stay.
///
/// Unusable nodes go first, then idle ones, then busy ones, each from the highest place down. With auto-scale an
/// idle node goes after its time only, and a busy one only when the cluster has more than its maximum: for the
/// service removed idle nodes only (azure-sdk-for-python recordings, June 2018). When more are wanted than stay, nodes
/// that leave are taken back as long as what runs on them has not been stopped.
#[must_use]
pub fn departures(view: &ClusterView, wanted: u32, now: Timestamp) -> Departures {
    let staying: Vec<&NodeView> = view.nodes.iter().filter(|node| stays(node)).collect();
    let excess = staying.len().saturating_sub(size(wanted));
    let (mut idle, mut busy): (Vec<&NodeView>, Vec<&NodeView>) = staying.iter().partition(|node| !node.is_busy);
    for nodes in [&mut idle, &mut busy] {
        nodes.sort_by_key(|node| (node.standing != Standing::Unusable, Reverse(node.index)));
    }
    let (due, early): (Vec<&NodeView>, Vec<&NodeView>) =
        idle.iter().partition(|node| goes_at(view.scale, node).is_none_or(|at| at <= now));
    let mut going = dismissed(view.scale, &staying, &due, wanted);
    let is_early_wanted = going.len() < excess;
    let next = early.iter().filter_map(|node| goes_at(view.scale, node)).min().filter(|_| is_early_wanted);
    let busy_too_many = match view.scale {
        Scale::Manual { .. } => excess.saturating_sub(going.len()),
        Scale::Auto { maximum, .. } => staying.len().saturating_sub(size(maximum.min(MAX_NODES)) + idle.len()),
    };
    going.extend(busy.iter().take(busy_too_many).map(|node| node.index));
    Departures { going, retained: retained(view, wanted.saturating_sub(counted(staying.len()))), next }
}

/// Those of the `due` nodes that go, in their order. Auto-scale makes up for unusable nodes, so they are no reason for
/// it to dismiss one that it has made up for them with.
fn dismissed(scale: Scale, staying: &[&NodeView], due: &[&NodeView], wanted: u32) -> BTreeSet<u32> {
    let excess = staying.len().saturating_sub(size(wanted));
    let is_usable = |node: &NodeView| node.standing != Standing::Unusable;
    let mut usable = match scale {
        Scale::Manual { .. } => excess,
        Scale::Auto { .. } => staying.iter().filter(|node| is_usable(node)).count().saturating_sub(size(wanted)),
    };
    let mut goes = |node: &&&NodeView| {
        let is_spared = is_usable(node) && usable == 0;
        usable -= usize::from(is_usable(node) && !is_spared);
        !is_spared
    };
    due.iter().filter(|node| goes(node)).take(excess).map(|node| node.index).collect()
}

/// The lowest places first.
fn retained(view: &ClusterView, more: u32) -> BTreeSet<u32> {
    let is_stopping = |place: u32| view.runs.iter().any(|run| run.is_stopping && run.nodes.contains(&place));
    let leaving = view.nodes.iter().filter(|node| node.standing == Standing::Leaving);
    let can_stay = leaving.filter(|node| node.is_busy && !node.is_preempted && !is_stopping(node.index));
    can_stay.map(|node| node.index).take(size(more)).collect()
}

fn goes_at(scale: Scale, node: &NodeView) -> Option<Timestamp> {
    let idle = scale.idle_before_release()?;
    Some(node.idle_since.checked_add(idle).unwrap_or(Timestamp::MAX))
}
