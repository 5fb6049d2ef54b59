//! Workspaces and experiments.

use crate::api::id::{Child, ResourceId};
use crate::api::workspace::ProvisioningProperties;
use crate::api::{experiment as wire_experiment, workspace as wire};
use crate::domain::Timestamp;
use crate::domain::name::{ExperimentKey, WorkspaceKey};
use crate::domain::provisioning::Provisioning;
use crate::domain::workspace::{Experiment, Workspace};

/// The region of a workspace whose creator named none: this machine.
pub const DEFAULT_LOCATION: &str = "local";

/// The id of something in a workspace.
#[must_use]
pub fn id(key: &WorkspaceKey, child: Child) -> ResourceId {
    ResourceId {
        subscription: key.group.subscription.clone(),
        group: key.group.group.clone(),
        workspace: key.name.to_string(),
        child,
    }
}

/// A workspace as answered.
#[must_use]
pub fn workspace(value: &Workspace) -> wire::Workspace {
    let Workspace { key, location, tags, created, provisioning, modified: _ } = value;
    wire::Workspace {
        id: id(key, Child::None).to_string(),
        name: key.name.to_string(),
        kind: "Microsoft.BatchAI/workspaces".into(),
        location: location.clone(),
        tags: (!tags.is_empty()).then(|| tags.clone()),
        properties: properties(*created, *provisioning),
    }
}

/// An experiment as answered.
#[must_use]
pub fn experiment(value: &Experiment) -> wire_experiment::Experiment {
    let Experiment { key, created, provisioning } = value;
    wire_experiment::Experiment {
        id: experiment_id(key).to_string(),
        name: key.name.to_string(),
        kind: "Microsoft.BatchAI/workspaces/experiments".into(),
        properties: properties(*created, *provisioning),
    }
}

fn experiment_id(key: &ExperimentKey) -> ResourceId {
    id(&key.workspace, Child::Experiment(key.name.to_string()))
}

fn properties(created: Timestamp, provisioning: Provisioning) -> ProvisioningProperties {
    ProvisioningProperties {
        creation_time: super::time(created),
        provisioning_state: super::provisioning_state(provisioning.state),
        provisioning_state_transition_time: super::time(provisioning.since),
    }
}
