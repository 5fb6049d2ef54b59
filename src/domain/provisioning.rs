//! Whether a resource's record is there: shared by workspaces, experiments, clusters and jobs.
//!
//! ```text
//! Creating --Created--> Succeeded --DeleteRequested--> Deleting --> (gone)
//!     \----Broken-----> Failed ----DeleteRequested-----^
//! ```

use serde::{Deserialize, Serialize};

use super::{Step, Timestamp};

/// The state and when it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provisioning {
    /// The state.
    pub state: ProvisioningState,
    /// When it began.
    pub since: Timestamp,
}

/// The wire has the same words in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProvisioningState {
    /// Being made.
    Creating,
    /// There.
    Succeeded,
    /// Could not be made.
    Failed,
    /// Going away; nothing new may be put into it.
    Deleting,
}

/// What can happen to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProvisioningEvent {
    /// It has been made.
    Created,
    /// It could not be made.
    Broken,
    /// The user wants it gone.
    DeleteRequested,
}

/// Why an event cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProvisioningRefusal {
    /// Its making is over.
    #[error("it has been made already")]
    AlreadyMade,
    /// It is going away.
    #[error("it is being deleted")]
    Deleting,
}

impl Provisioning {
    /// A record that is there from the start.
    #[must_use]
    pub fn succeeded(at: Timestamp) -> Self {
        Self { state: ProvisioningState::Succeeded, since: at }
    }

    /// What `event` at `at` does to this state.
    #[must_use]
    pub fn apply(self, event: ProvisioningEvent, at: Timestamp) -> Step<Self, ProvisioningRefusal> {
        use ProvisioningEvent::{Broken, Created, DeleteRequested};
        use ProvisioningRefusal as Refusal;
        use ProvisioningState::{Creating, Deleting, Failed, Succeeded};
        let to = |state| Step::To(Self { state, since: at });
        match (self.state, event) {
            (Creating, Created) => to(Succeeded),
            (Creating, Broken) => to(Failed),
            (Creating | Succeeded | Failed, DeleteRequested) => to(Deleting),
            (Succeeded, Created) | (Failed, Broken) | (Deleting, DeleteRequested) => Step::Unchanged,
            (Succeeded, Broken) | (Failed, Created) => Step::Refused(Refusal::AlreadyMade),
            (Deleting, Created | Broken) => Step::Refused(Refusal::Deleting),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_table() {
        use ProvisioningEvent::{Broken, Created, DeleteRequested};
        use ProvisioningState::{Creating, Deleting, Failed, Succeeded};
        let mut table = String::new();
        for state in [Creating, Succeeded, Failed, Deleting] {
            for event in [Created, Broken, DeleteRequested] {
                let before = Provisioning { state, since: Timestamp::UNIX_EPOCH };
                let after = match before.apply(event, Timestamp::UNIX_EPOCH) {
                    Step::To(to) => format!("{:?}", to.state),
                    Step::Unchanged => "=".into(),
                    Step::Refused(why) => format!("refused: {why}"),
                };
                table.push_str(&format!("{state:?} + {event:?} -> {after}\n"));
            }
        }
        insta::assert_snapshot!(table, @r"
        Creating + Created -> Succeeded
        Creating + Broken -> Failed
        Creating + DeleteRequested -> Deleting
        Succeeded + Created -> =
        Succeeded + Broken -> refused: it has been made already
        Succeeded + DeleteRequested -> Deleting
        Failed + Created -> refused: it has been made already
        Failed + Broken -> =
        Failed + DeleteRequested -> Deleting
        Deleting + Created -> refused: it is being deleted
        Deleting + Broken -> refused: it is being deleted
        Deleting + DeleteRequested -> =
        ");
    }
}
