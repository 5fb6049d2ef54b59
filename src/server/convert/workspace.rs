//! Workspaces and experiments.

use std::collections::BTreeMap;

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

/// The longest name of a region, in characters: far above those of Azure, which have at most twenty.
const LONGEST_LOCATION: usize = 90;

/// How many tags a resource has at most, and how long their names and values are, in characters (azure-docs,
/// `azure-resource-manager/management/tag-resources`).
const MOST_TAGS: usize = 50;
const LONGEST_TAG: usize = 512;
const LONGEST_TAG_VALUE: usize = 256;

/// Labels by name.
pub type Tags = BTreeMap<String, String>;

/// Region and tags of a new workspace: in our version the region may be left out (Swagger 2018-05-01 requires it).
///
/// # Errors
/// All field errors at once.
pub fn spec(body: wire::WorkspaceCreate, version: ApiVersion) -> Result<(String, Tags), FieldErrors> {
    let wire::WorkspaceCreate { location, tags } = body;
    let mut errors = FieldErrors::default();
    let location = region(location, version, &mut errors);
    let tags = tags.unwrap_or_default();
    check_tags(&tags, &mut errors);
    errors.finish(Some((location, tags)))
}

/// The tags of a workspace from now on; `None`: they stay.
///
/// # Errors
/// All field errors at once.
pub fn new_tags(body: wire::WorkspaceUpdate) -> Result<Option<Tags>, FieldErrors> {
    let wire::WorkspaceUpdate { tags } = body;
    let mut errors = FieldErrors::default();
    check_tags(tags.iter().flatten(), &mut errors);
    errors.finish(Some(tags))
}

fn region(asked: Option<String>, version: ApiVersion, errors: &mut FieldErrors) -> String {
    let Some(location) = asked.filter(|location| !location.trim().is_empty()) else {
        if !version.is_ours() {
            errors.add("location", "the region of the workspace is missing, such as `eastus`");
        }
        return DEFAULT_LOCATION.into();
    };
    if location.chars().count() > LONGEST_LOCATION || location.contains(char::is_control) {
        errors.add("location", format!("it must be the name of a region, at most {LONGEST_LOCATION} characters"));
    }
    location
}

fn check_tags<'t>(tags: impl IntoIterator<Item = (&'t String, &'t String)>, errors: &mut FieldErrors) {
    let mut count = 0;
    for (name, value) in tags {
        count += 1;
        if name.trim().is_empty() || name.chars().count() > LONGEST_TAG {
            errors.add("tags", format!("the name of a tag has 1 to {LONGEST_TAG} characters"));
        } else if value.chars().count() > LONGEST_TAG_VALUE {
            errors
                .add(format!("tags.{name}"), format!("the value of a tag has at most {LONGEST_TAG_VALUE} characters"));
        }
    }
    if count > MOST_TAGS {
        errors.add("tags", format!("a workspace has at most {MOST_TAGS} tags, these are {count}"));
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

#[cfg(test)]
#[path = "workspace_tests.rs"]
mod tests;
