//! Rules that jobs and clusters share and that no schema says. Each looks at the values it understands and
//! leaves the others to the schema.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::draft::Draft;
use super::options::StorageAccount;
use super::placeholders;
use crate::api::check::{At, Segment};
use crate::api::id::{Child, ResourceId};
use crate::api::limits::too_large;
use crate::api::vault::SecretUrl;

/// The longest name of a resource, in characters (Swagger 2018-05-01: `maxLength: 64`).
const LONGEST_NAME: usize = 64;
/// The longest name of a resource group, in characters (Azure naming rules).
const LONGEST_GROUP: usize = 90;
/// The lists of volumes in `mountVolumes`.
const VOLUMES: [&str; 4] = ["azureFileShares", "azureBlobFileSystems", "fileServers", "unmanagedFileSystems"];

/// The value at a path of property names; `None` for null too.
pub(super) fn at<'v>(value: &'v Value, path: &[&str]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, key| value.get(key)).filter(|value| !value.is_null())
}

/// The elements of the list at a path, each with its own path.
pub(super) fn each<'v>(value: &'v Value, path: &[&str]) -> Vec<(Vec<Segment>, &'v Value)> {
    let list = at(value, path).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let segments = |index: usize| path.iter().map(|key| Segment::from(*key)).chain([Segment::from(index)]).collect();
    list.iter().enumerate().map(|(index, item)| (segments(index), item)).collect()
}

/// A path and one property more.
pub(super) fn inside(path: &[Segment], key: &str) -> Vec<Segment> {
    path.iter().cloned().chain([Segment::from(key)]).collect()
}

/// The names of the resource and of what it lies in (Swagger 2018-05-01: `^[-\w_]+$`, 1 to 64 characters).
pub(super) fn names(draft: &mut Draft) {
    for key in ["name", "workspace", "experiment"] {
        if let Some(wrong) = draft.envelope(key).filter(|name| !is_name(name)) {
            draft.report_envelope(key, not_a_name(&wrong));
        }
    }
    if let Some(wrong) = draft.envelope("resourceGroup").filter(|group| !is_group(group)) {
        draft.report_envelope(
            "resourceGroup",
            format!("{wrong:?} is not the name of a resource group: use 1 to 90 letters, digits, `-`, `_` and `.`"),
        );
    }
}

pub(super) fn not_a_name(wrong: &str) -> String {
    format!("{wrong:?} is not a name: use 1 to {LONGEST_NAME} letters, digits, `-` and `_`")
}

pub(super) fn is_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    !text.is_empty() && text.len() <= LONGEST_NAME && text.chars().all(allowed)
}

fn is_group(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !text.is_empty() && text.len() <= LONGEST_GROUP && !text.starts_with('.') && text.chars().all(allowed)
}

/// Fills in what `az batchai` filled in: credentials as an empty object, and the account of a file share from its
/// URL; then the key of `storage` where it belongs.
pub(super) fn fill_volumes(mount_volumes: Option<&mut Value>, storage: Option<&StorageAccount>) {
    let Some(volumes) = mount_volumes else { return };
    for list in ["azureFileShares", "azureBlobFileSystems"] {
        let items = volumes.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten();
        for item in items.filter_map(Value::as_object_mut) {
            if item.get("credentials").is_none_or(Value::is_null) {
                item.insert("credentials".to_owned(), json!({}));
            }
            if list == "azureFileShares" {
                fill_account(item);
            }
        }
    }
    if let Some(storage) = storage {
        placeholders::fill_keys(volumes, storage);
    }
}

fn fill_account(share: &mut Map<String, Value>) {
    if share.get("accountName").is_none_or(|name| name.is_null() || name == "")
        && let Some(account) = share.get("azureFileUrl").and_then(Value::as_str).and_then(account_of)
    {
        let account = account.to_owned();
        share.insert("accountName".to_owned(), Value::String(account));
    }
}

/// The first label of the host of `https://<account>.file.<suffix>/<share>`.
fn account_of(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    let label = host.split(['.', ':']).next()?;
    (matches!(scheme, "https" | "http") && !label.is_empty()).then_some(label)
}

/// The volumes in the `mountVolumes` at a path.
pub(super) fn volumes(draft: &mut Draft, resource: &Value, path: &[&str]) {
    for list in VOLUMES {
        let list: Vec<&str> = path.iter().copied().chain([list]).collect();
        for (place, volume) in each(resource, &list) {
            let text = |key: &str| volume.get(key).and_then(Value::as_str);
            if text("relativeMountPath").is_some_and(|path| !stays_below(path)) {
                let message = "a mount path lies below the mount root: a name, no `/` at its start, and no `..` in it";
                draft.report(&inside(&place, "relativeMountPath"), At::Value, message);
            }
            let server = at(volume, &["fileServer", "id"]).and_then(Value::as_str);
            if server.is_some_and(|id| !is_name(id) && !is_file_server(id)) {
                let right = "/subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.BatchAI/workspaces/<workspace>\
                             /fileServers/<name>";
                let message =
                    format!("this is not the id of a file server in a workspace: write its name, or `{right}`");
                draft.report(&inside(&inside(&place, "fileServer"), "id"), At::Value, message);
            }
            if let Some(url) = text("azureFileUrl").filter(|url| account_of(url).is_none()) {
                let right = "https://<account>.file.core.windows.net/<share>";
                let message = format!("{url:?} is not the URL of a file share: write `{right}`");
                draft.report(&inside(&place, "azureFileUrl"), At::Value, message);
            }
        }
    }
}

fn is_file_server(id: &str) -> bool {
    ResourceId::parse(id).is_some_and(|id| matches!(id.child, Child::FileServer(_)))
}

fn stays_below(path: &str) -> bool {
    let mut parts = path.split('/').filter(|part| !part.is_empty() && *part != ".").peekable();
    !path.starts_with('/') && !path.contains('\0') && parts.peek().is_some() && parts.all(|part| part != "..")
}

/// The variables and the secrets of the object at a path: their names can be names of variables, each once, and
/// a secret has exactly one source.
pub(super) fn variables(draft: &mut Draft, resource: &Value, path: &[&str]) {
    let mut names = BTreeSet::new();
    for list in ["environmentVariables", "secrets"] {
        let list_path: Vec<&str> = path.iter().copied().chain([list]).collect();
        for (place, variable) in each(resource, &list_path) {
            if let Some(name) = variable.get("name").and_then(Value::as_str) {
                if name.contains(['=', '\0']) {
                    let message = format!("{name:?} cannot be the name of a variable: leave out the `=`");
                    draft.report(&inside(&place, "name"), At::Value, message);
                } else if !name.is_empty() && !names.insert(name) {
                    draft.report(&inside(&place, "name"), At::Value, format!("`{name}` is set twice"));
                }
            }
            if list == "secrets" && variable.is_object() {
                one_source(draft, &place, variable);
            }
        }
    }
}

/// What is too large for a program or a file system.
pub(super) fn limits(draft: &mut Draft, resource: &Value) {
    for (path, why) in too_large(resource) {
        draft.report(&path, At::Value, why);
    }
}

/// The addresses of secrets in key vaults, wherever a value refers to one.
pub(super) fn references(draft: &mut Draft, resource: &Value) {
    let mut found = Vec::new();
    wrong_references(resource, &mut Vec::new(), &mut found);
    for (path, why) in found {
        draft.report(&path, At::Value, why);
    }
}

fn wrong_references(value: &Value, path: &mut Vec<Segment>, found: &mut Vec<(Vec<Segment>, String)>) {
    let children: Vec<(Segment, &Value)> = match value {
        Value::Object(object) => object.iter().map(|(key, value)| (Segment::from(key.as_str()), value)).collect(),
        Value::Array(list) => list.iter().enumerate().map(|(index, value)| (Segment::from(index), value)).collect(),
        _ => return,
    };
    for (segment, value) in children {
        let is_address = segment == Segment::from("secretUrl");
        path.push(segment);
        match value.as_str().filter(|_| is_address).map(SecretUrl::parse) {
            Some(Err(why)) => found.push((path.clone(), why)),
            Some(Ok(_)) => {}
            None => wrong_references(value, path, found),
        }
        path.pop();
    }
}

fn one_source(draft: &mut Draft, place: &[Segment], secret: &Value) {
    match (at(secret, &["value"]), at(secret, &["valueSecretReference"])) {
        (None, None) => draft.report(place, At::Value, "a secret needs `value` or `valueSecretReference`"),
        (Some(_), Some(_)) => {
            let message = "a secret has `value` or `valueSecretReference`, not both";
            draft.report(&inside(place, "valueSecretReference"), At::Key, message);
        }
        (Some(_), None) | (None, Some(_)) => {}
    }
}
