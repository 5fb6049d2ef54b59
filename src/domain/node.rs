//! One node of a cluster.
//!
//! ```text
//! Preparing --Prepared--> Ready --Released--> Leaving --> (gone)
//!                           ^-----Retained-------/
//!     \------Broken-----> Unusable --Released----^
//!     <-------------------- Restarted, from each of these
//! ```
//! Whether a ready node is idle or running is not kept here: a node runs when an active run has it.

use serde::{Deserialize, Serialize};

use super::{Step, Timestamp};

/// A node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Its place in the cluster, from 0; free places are used again.
    pub index: u32,
    /// Its name on the wire, such as `tvm-0000000001_0-20180607t091500z`.
    pub id: String,
    /// Where programs on other nodes reach it.
    pub address: String,
    /// The port of its SSH server; `None`: it offers none.
    #[serde(default)]
    pub ssh_port: Option<u16>,
    /// The GPUs that are its own, as the driver names them (`GPU-<uuid>`).
    #[serde(default)]
    pub gpus: Vec<String>,
    /// Its state.
    pub state: NodeState,
    /// When the state began.
    pub since: Timestamp,
}

/// The states. `Ready` is `idle` or `running` on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum NodeState {
    /// Being mounted and set up.
    Preparing,
    /// Takes jobs.
    Ready,
    /// Could not be made ready, and why.
    Unusable {
        /// For the cluster's `errors`.
        reason: String,
    },
    /// Takes no more jobs, and goes as soon as nothing runs on it.
    Leaving,
}

impl NodeState {
    /// The state in a word: what the server's log calls it.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Preparing => "preparing",
            Self::Ready => "ready",
            Self::Unusable { .. } => "unusable",
            Self::Leaving => "leaving",
        }
    }
}

/// What can happen to a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeEvent {
    /// It is ready.
    Prepared,
    /// It is being prepared anew, as after a restart of the machine.
    Restarted,
    /// It could not be made ready.
    Broken(String),
    /// The cluster does not want it any more.
    Released,
    /// The cluster wants it again, before it went and while its job still runs.
    Retained,
}

/// Why an event cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NodeRefusal {
    /// It is on its way out.
    #[error("the node is leaving")]
    Leaving,
    /// Its preparation is over.
    #[error("the preparation of the node is over")]
    PreparationOver,
}

impl NodeState {
    /// What `event` does to this state.
    #[must_use]
    pub fn apply(&self, event: &NodeEvent) -> Step<Self, NodeRefusal> {
        match (self, event) {
            (Self::Preparing, NodeEvent::Prepared) => Step::To(Self::Ready),
            (Self::Preparing | Self::Ready, NodeEvent::Broken(reason)) => {
                Step::To(Self::Unusable { reason: reason.clone() })
            }
            (Self::Preparing | Self::Ready | Self::Unusable { .. }, NodeEvent::Released) => Step::To(Self::Leaving),
            (Self::Ready | Self::Unusable { .. }, NodeEvent::Restarted) => Step::To(Self::Preparing),
            (Self::Leaving, NodeEvent::Retained) => Step::To(Self::Ready),
            (Self::Ready, NodeEvent::Prepared)
            | (Self::Preparing | Self::Ready | Self::Unusable { .. }, NodeEvent::Retained)
            | (Self::Preparing, NodeEvent::Restarted)
            | (Self::Unusable { .. }, NodeEvent::Broken(_))
            | (Self::Leaving, NodeEvent::Released) => Step::Unchanged,
            (Self::Unusable { .. }, NodeEvent::Prepared) => Step::Refused(NodeRefusal::PreparationOver),
            (Self::Leaving, NodeEvent::Prepared | NodeEvent::Broken(_) | NodeEvent::Restarted) => {
                Step::Refused(NodeRefusal::Leaving)
            }
        }
    }
}

/// The name of a node made at `now`: `tvm-<cluster>_<place>-<time>`, with `-p` for low priority
/// (azure-sdk-for-python recordings, June 2018).
#[must_use]
pub fn node_id(cluster: i64, index: u32, is_low_priority: bool, now: Timestamp) -> String {
    let suffix = if is_low_priority { "-p" } else { "" };
    format!("tvm-{cluster:010}_{index}-{}{suffix}", now.strftime("%Y%m%dt%H%M%Sz"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_table() {
        let states =
            [NodeState::Preparing, NodeState::Ready, NodeState::Unusable { reason: "disk".into() }, NodeState::Leaving];
        let events = [
            NodeEvent::Prepared,
            NodeEvent::Restarted,
            NodeEvent::Broken("mount".into()),
            NodeEvent::Released,
            NodeEvent::Retained,
        ];
        let mut table = String::new();
        for state in &states {
            for event in &events {
                let after = match state.apply(event) {
                    Step::To(to) => format!("{to:?}"),
                    Step::Unchanged => "=".into(),
                    Step::Refused(why) => format!("refused: {why}"),
                };
                table.push_str(&format!("{state:?} + {event:?} -> {after}\n"));
            }
        }
        insta::assert_snapshot!(table, @r#"
        Preparing + Prepared -> Ready
        Preparing + Restarted -> =
        Preparing + Broken("mount") -> Unusable { reason: "mount" }
        Preparing + Released -> Leaving
        Preparing + Retained -> =
        Ready + Prepared -> =
        Ready + Restarted -> Preparing
        Ready + Broken("mount") -> Unusable { reason: "mount" }
        Ready + Released -> Leaving
        Ready + Retained -> =
        Unusable { reason: "disk" } + Prepared -> refused: the preparation of the node is over
        Unusable { reason: "disk" } + Restarted -> Preparing
        Unusable { reason: "disk" } + Broken("mount") -> =
        Unusable { reason: "disk" } + Released -> Leaving
        Unusable { reason: "disk" } + Retained -> =
        Leaving + Prepared -> refused: the node is leaving
        Leaving + Restarted -> refused: the node is leaving
        Leaving + Broken("mount") -> refused: the node is leaving
        Leaving + Released -> =
        Leaving + Retained -> Ready
        "#);
    }
}
