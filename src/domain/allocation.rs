//! Whether a cluster has the nodes it should have.
//!
//! ```text
//! Steady --TargetMoved--> Resizing --Reached--> Steady
//! ```
//! Steady does not mean ready: nodes may still be preparing.

use serde::{Deserialize, Serialize};

use super::{Step, Timestamp};

/// The state and when it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    /// Whether nodes are coming or going.
    pub state: AllocationState,
    /// When the state began.
    pub since: Timestamp,
}

/// The wire has the same words in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AllocationState {
    /// As many nodes as there should be.
    Steady,
    /// Nodes are coming or going.
    Resizing,
}

impl AllocationState {
    /// The state in a word, as on the wire.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Steady => "steady",
            Self::Resizing => "resizing",
        }
    }
}

/// What can happen to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AllocationEvent {
    /// There should be another number of nodes than there are.
    TargetMoved,
    /// There are as many as there should be.
    Reached,
}

impl Allocation {
    /// The state of a new cluster: resizing from its creation.
    #[must_use]
    pub fn resizing(at: Timestamp) -> Self {
        Self { state: AllocationState::Resizing, since: at }
    }

    /// What `event` at `at` does to this state. Nothing is ever refused.
    #[must_use]
    pub fn apply(self, event: AllocationEvent, at: Timestamp) -> Step<Self, std::convert::Infallible> {
        use AllocationEvent::{Reached, TargetMoved};
        use AllocationState::{Resizing, Steady};
        match (self.state, event) {
            (Steady, TargetMoved) => Step::To(Self { state: Resizing, since: at }),
            (Resizing, Reached) => Step::To(Self { state: Steady, since: at }),
            (Steady, Reached) | (Resizing, TargetMoved) => Step::Unchanged,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_table() {
        let at = Timestamp::UNIX_EPOCH;
        let next = |state, event| match (Allocation { state, since: at }).apply(event, at) {
            Step::To(to) => Some(to.state),
            Step::Unchanged => None,
            Step::Refused(never) => match never {},
        };
        use AllocationEvent::{Reached, TargetMoved};
        use AllocationState::{Resizing, Steady};
        assert_eq!(next(Steady, TargetMoved), Some(Resizing));
        assert_eq!(next(Steady, Reached), None);
        assert_eq!(next(Resizing, Reached), Some(Steady));
        assert_eq!(next(Resizing, TargetMoved), None);
    }
}
