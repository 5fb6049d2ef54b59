//! Runs that are stopped because their nodes go: which, and why (pure), and writing that down, after which `runs` stops
//! them. Called by [`super::plan`] and by `tick`.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::domain::cluster::{Deallocation, Scale};
use crate::domain::job::{Event, Interruption};
use crate::domain::name::RunId;
use crate::domain::node::{Node, NodeState};
use crate::domain::{Step, Timestamp};
use crate::store::StoreError;

use super::history;
use super::nodes::Present;
use super::plan::{ClusterView, Plan, RunView, Standing};
use super::tick::Tick;

/// How long a run may have nodes of low priority (azure-docs `batch-ai/clusters`: jobs that run for more than 24 hours
/// are pre-empted).
pub const LONGEST_LOW_PRIORITY_RUN: Duration = Duration::from_secs(24 * 60 * 60);

/// A run that is stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interrupt {
    /// The number of its job.
    pub job: i64,
    /// Why.
    pub why: Why,
}

/// Why a run is stopped; the first of these that is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// A node of it was taken away.
    Preempted,
    /// The node at this place broke, was restarted or disappeared.
    NodeFailed(u32),
    /// The cluster was made smaller; it runs again.
    Resized,
    /// The cluster was made smaller; it does not run again.
    Removed,
    /// It ran for as long as low priority allows.
    RanTooLong,
}

/// Which runs are stopped when the nodes at `going` go, and those that are leaving and not `retained`.
#[must_use]
pub fn interrupts(
    view: &ClusterView,
    going: &BTreeSet<u32>,
    retained: &BTreeSet<u32>,
    now: Timestamp,
) -> Vec<Interrupt> {
    let goes = |place: u32, standing: Standing| {
        going.contains(&place) || (standing == Standing::Leaving && !retained.contains(&place))
    };
    let why = |run: &RunView| {
        let nodes = || view.nodes.iter().filter(|node| run.nodes.contains(&node.index));
        let failed = |standing| matches!(standing, Standing::Preparing | Standing::Unusable | Standing::Missing);
        if nodes().any(|node| node.is_preempted) {
            Some(Why::Preempted)
        } else if let Some(node) = nodes().find(|node| failed(node.standing)) {
            Some(Why::NodeFailed(node.index))
        } else if nodes().any(|node| goes(node.index, node.standing)) && deallocated(view.scale).is_some() {
            deallocated(view.scale)
        } else {
            expiry(view, run).filter(|at| *at <= now).map(|_| Why::RanTooLong)
        }
    };
    let going_on = view.runs.iter().filter(|run| !run.is_stopping);
    going_on.filter_map(|run| Some(Interrupt { job: run.job, why: why(run)? })).collect()
}

/// When runs of low priority will have run for too long.
pub(super) fn expiries(view: &ClusterView, now: Timestamp) -> impl Iterator<Item = Timestamp> {
    let going_on = view.runs.iter().filter(|run| !run.is_stopping);
    going_on.filter_map(|run| expiry(view, run)).filter(move |at| *at > now)
}

fn expiry(view: &ClusterView, run: &RunView) -> Option<Timestamp> {
    view.low_priority.then(|| run.since.checked_add(LONGEST_LOW_PRIORITY_RUN).unwrap_or(Timestamp::MAX))
}

/// What happens to runs on nodes that go; `None`: they go on to their ends.
fn deallocated(scale: Scale) -> Option<Why> {
    match scale {
        Scale::Manual { deallocation: Deallocation::Requeue, .. } => Some(Why::Resized),
        Scale::Manual { deallocation: Deallocation::Terminate, .. } => Some(Why::Removed),
        Scale::Manual { deallocation: Deallocation::WaitForJobCompletion, .. } | Scale::Auto { .. } => None,
    }
}

/// Writes down which runs are to be stopped, all in one commit, which wakes the scheduler to stop them.
pub(super) fn write_down(tick: &Tick<'_>, clusters: &[Present], plans: &[Plan]) -> Result<(), StoreError> {
    let mut decided: Vec<(i64, RunId, Interruption)> = Vec::new();
    for (cluster, plan) in clusters.iter().zip(plans) {
        for interrupt in &plan.interrupts {
            let job = cluster.running.iter().find(|job| job.number == interrupt.job);
            let run = job.and_then(|job| job.value.execution().run());
            decided.extend(run.map(|run| (interrupt.job, run.id.clone(), told(interrupt.why, &cluster.nodes))));
        }
    }
    if decided.is_empty() {
        return Ok(());
    }
    let now = tick.now;
    tick.world.store.write_blocking(move |tx| {
        for (number, run, why) in decided {
            let Some(mut stored) = tx.job_by_number(number)? else { continue };
            if stored.value.execution().run().is_none_or(|current| current.id != run) {
                continue;
            }
            let before = stored.value.execution().word();
            let sentence = why.sentence();
            if let Step::To(()) = stored.value.apply(&Event::Interrupted(why), now) {
                history::job(&stored.value, before, &sentence);
                tx.update_job(number, &stored.value)?;
            }
        }
        Ok(())
    })
}

fn told(why: Why, nodes: &[Node]) -> Interruption {
    match why {
        Why::Preempted => Interruption::Preempted,
        Why::Resized => Interruption::Resized,
        Why::Removed => Interruption::Removed,
        Why::RanTooLong => Interruption::RanTooLong,
        Why::NodeFailed(place) => Interruption::NodeFailed(failure(nodes.iter().find(|node| node.index == place))),
    }
}

fn failure(node: Option<&Node>) -> String {
    let Some(node) = node else { return "a node that it ran on disappeared".into() };
    match &node.state {
        NodeState::Unusable { reason } => format!("node {} that it ran on became unusable: {reason}", node.id),
        NodeState::Preparing => format!("node {} that it ran on was restarted", node.id),
        NodeState::Ready | NodeState::Leaving => format!("node {} that it ran on disappeared", node.id),
    }
}
