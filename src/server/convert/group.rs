//! Resource groups.

use super::FieldErrors;
use crate::api::resource_manager as wire;
use crate::domain::group::Group;
use crate::domain::name::GroupKey;
use crate::domain::provisioning::ProvisioningState;
use crate::operations::groups::NewGroup;

/// The group that a body asks for, under the name in the path as written.
///
/// # Errors
/// When it has no region.
pub fn new_group(key: GroupKey, name: String, body: wire::GroupCreate) -> Result<NewGroup, FieldErrors> {
    let wire::GroupCreate { location, tags } = body;
    let location = location_of("resource group", location)?;
    Ok(NewGroup { key, name, location, tags: tags.unwrap_or_default() })
}

/// The region of something new; `what` says of what.
pub(super) fn location_of(what: &str, asked: Option<String>) -> Result<String, FieldErrors> {
    asked.filter(|location| !location.trim().is_empty()).ok_or_else(|| {
        let mut errors = FieldErrors::default();
        errors.add("location", format!("the region of the {what} is missing, such as `eastus`"));
        errors
    })
}

/// A group as answered.
#[must_use]
pub fn group(value: &Group) -> wire::Group {
    let Group { key, name, location, tags, created: _, provisioning } = value;
    let state = match provisioning.state {
        ProvisioningState::Creating => "Creating",
        ProvisioningState::Succeeded => "Succeeded",
        ProvisioningState::Failed => "Failed",
        ProvisioningState::Deleting => "Deleting",
    };
    wire::Group {
        id: format!("/subscriptions/{}/resourceGroups/{name}", key.subscription),
        name: name.clone(),
        kind: "Microsoft.Resources/resourceGroups".into(),
        location: location.clone(),
        tags: (!tags.is_empty()).then(|| tags.clone()),
        properties: wire::GroupProperties { provisioning_state: state.into() },
    }
}
