//! Workspaces and experiments.

use super::FieldErrors;
use crate::api::id::{Child, ResourceId};
use crate::api::version::ApiVersion;
use crate::api::workspace::ProvisioningProperties;
use crate::api::{experiment as wire_experiment, workspace as wire};
use crate::domain::Timestamp;
use crate::domain::name::{ExperimentKey, WorkspaceKey};
use crate::domain::provisioning::Provisioning;
use crate::domain::workspace::{Experiment, Workspace};

/// The region of a workspace whose creator named none: this machine.
pub const DEFAULT_LOCATION: &str = "local";

/// The region of a new workspace: in our version it may be left out.
///
/// # Errors
/// When it is missing and the version requires it (Swagger 2018-05-01).
pub fn location(asked: Option<String>, version: ApiVersion) -> Result<String, FieldErrors> {
    match asked.filter(|location| !location.trim().is_empty()) {
        Some(location) => Ok(location),
        None if version.is_ours() => Ok(DEFAULT_LOCATION.into()),
        None => {
            let mut errors = FieldErrors::default();
            errors.add("location", "the region of the workspace is missing, such as `eastus`");
            Err(errors)
        }
    }
}

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
