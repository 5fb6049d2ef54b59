//! Storage accounts.

use super::group::location_of;
use super::{FieldErrors, time};
use crate::api::storage_account as wire;
use crate::domain::name::GroupKey;
use crate::domain::storage_account::{StorageAccount, is_name};
use crate::operations::storage_accounts::NewAccount;

/// Why a name is not one (Microsoft.Storage, `checkNameAvailability`).
const WRONG_NAME: &str =
    "Storage account name must be between 3 and 24 characters in length and use numbers and lower-case letters only";

/// The account that a body asks for, under the name in the path as written.
///
/// # Errors
/// All field errors.
pub fn new_account(group: GroupKey, name: String, body: wire::AccountCreate) -> Result<NewAccount, FieldErrors> {
    let wire::AccountCreate { location, sku, kind, tags } = body;
    let mut errors = FieldErrors::default();
    if !is_name(&name) {
        errors.add("accountName", format!("{name} is not a valid storage account name. {WRONG_NAME}"));
    }
    let location = location_of("storage account", location).map_err(|missing| errors.0.extend(missing.0)).ok();
    let sku = sku.and_then(|sku| sku.name);
    errors.finish(location.map(|location| NewAccount { name, group, location, sku, kind, tags }))
}

/// An account as answered.
#[must_use]
pub fn account(value: &StorageAccount) -> wire::Account {
    let StorageAccount { name, group, location, sku, kind, tags, created } = value;
    let endpoint = |service: &str| format!("https://{name}.{service}.core.windows.net/");
    wire::Account {
        id: format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Storage/storageAccounts/{name}",
            group.subscription, group.group
        ),
        name: name.clone(),
        resource_type: "Microsoft.Storage/storageAccounts".into(),
        location: location.clone(),
        tags: tags.clone(),
        kind: kind.clone(),
        sku: wire::Sku { name: Some(sku.clone()), tier: sku.split('_').next().map(str::to_owned) },
        properties: wire::AccountProperties {
            provisioning_state: "Succeeded".into(),
            creation_time: time(*created),
            primary_location: location.clone(),
            status_of_primary: "available".into(),
            primary_endpoints: wire::Endpoints { blob: endpoint("blob"), file: endpoint("file") },
        },
    }
}

/// The keys of an account as answered.
#[must_use]
pub fn keys([first, second]: [String; 2]) -> wire::Keys {
    let key = |name: &str, value| wire::Key { key_name: name.into(), value, permissions: "Full".into() };
    wire::Keys { keys: vec![key("key1", first), key("key2", second)] }
}

/// Whether an account can be made under a name that is taken or not.
#[must_use]
pub fn availability(name: &str, is_taken: bool) -> wire::NameAvailability {
    let (reason, message) = if !is_name(name) {
        ("AccountNameInvalid", format!("{name} is not a valid storage account name. {WRONG_NAME}."))
    } else if is_taken {
        ("AlreadyExists", format!("The storage account named {name} is already taken."))
    } else {
        return wire::NameAvailability { name_available: true, reason: None, message: None };
    };
    wire::NameAvailability { name_available: false, reason: Some(reason.into()), message: Some(message) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_mistakes_come_at_once() {
        let group = GroupKey::parse("s", "g").expect("a group");
        let errors = new_account(group, "No_Name".into(), wire::AccountCreate::default()).expect_err("errors");
        let targets: Vec<&str> = errors.0.iter().map(|error| error.target.as_str()).collect();
        assert_eq!(targets, ["accountName", "location"]);
    }

    #[test]
    fn a_name_is_available_when_it_is_one_and_nobody_has_it() {
        let reason = |name, is_taken| availability(name, is_taken).reason;
        assert_eq!(reason("fresh", false), None);
        assert_eq!(reason("fresh", true).as_deref(), Some("AlreadyExists"));
        assert_eq!(reason("No", false).as_deref(), Some("AccountNameInvalid"));
    }
}
