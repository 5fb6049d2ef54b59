//! Up: the body of an old PUT to one of 2018-05-01, and what 2018-05-01 has no place for.
//!
//! Pure; called by `routes`. Where the two old Swagger documents and the traffic differ, both spellings are read:
//! `credentials` and `credentialsInfo`, `adminUserSshPublicKey` and `adminUserSSHPublicKey`, enums in any case.
//! What remains is validated by `convert` like any other body.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Kind;
use super::names::{self, FlatId};
use crate::api::version::ApiVersion;
use crate::domain::legacy::{Legacy, LegacyOutputDirectory};
use crate::domain::name::Name;
use crate::server::convert::FieldErrors;

/// Spellings of the preview's traffic, and of Swagger.
const ALIASES: [(&str, &str); 2] =
    [("credentialsInfo", "credentials"), ("adminUserSSHPublicKey", "adminUserSshPublicKey")];
/// Properties whose values are words that the preview's traffic capitalized.
const WORDS: [&str; 3] = ["vmPriority", "nodeDeallocationOption", "cachingType"];
/// Properties of a job that came later than 2018-03-01, or are ours: unknown to the old versions, so passed over.
const LATER: [&str; 5] = ["schedulingPriority", "horovodSettings", "customMpiSettings", "codeSnapshot", "searchPath"];
/// Properties of a job that came with 2018-03-01.
const OF_MARCH: [&str; 3] = ["pyTorchSettings", "mountVolumes", "secrets"];

/// A body of 2018-05-01 and what the old client said beyond it.
#[derive(Debug, Clone, PartialEq)]
pub struct Upgraded {
    /// The body of 2018-05-01.
    pub body: Value,
    /// The rest.
    pub legacy: Legacy,
}

/// Translates a body. `workspace_of` finds the workspace that a flat id leads to.
///
/// # Errors
/// All field errors of what only the old versions have.
pub fn up(
    version: ApiVersion,
    kind: Kind,
    mut body: Value,
    workspace_of: &dyn Fn(&FlatId) -> Option<String>,
) -> Result<Upgraded, FieldErrors> {
    let mut errors = FieldErrors::default();
    let mut legacy = Legacy { segment_has_uuid: version == ApiVersion::V2018March, ..Legacy::default() };
    let Some(top) = body.as_object_mut() else {
        errors.add("parameters", "it must be an object");
        return Err(errors);
    };
    legacy.location = location(top.remove("location").as_ref(), &mut errors);
    legacy.tags = tags(top.remove("tags"), &mut errors);
    let home = names::workspace(&legacy.location);
    if let Some(properties) = top.get_mut("properties") {
        respell(properties, &|id| workspace_of(id).unwrap_or_else(|| home.clone()));
        if let Some(properties) = properties.as_object_mut() {
            match kind {
                Kind::Cluster => cluster(properties, &mut legacy),
                Kind::Job => job(version, properties, &mut legacy, &mut errors),
                Kind::FileServer => {}
            }
        }
    }
    if errors.0.is_empty() { Ok(Upgraded { body, legacy }) } else { Err(errors) }
}

fn location(value: Option<&Value>, errors: &mut FieldErrors) -> String {
    let text = value.and_then(Value::as_str).unwrap_or_default().trim();
    if text.is_empty() {
        errors.add("location", "it is required: the region, such as eastus");
    } else if Name::parse(&names::workspace(text)).is_err() {
        errors.add("location", format!("`{text}` is not the name of a region, such as eastus"));
    }
    text.into()
}

/// The tags of a body; nothing when it has none.
pub fn tags(value: Option<Value>, errors: &mut FieldErrors) -> Option<BTreeMap<String, String>> {
    let value = value.filter(|value| !value.is_null())?;
    let tags = serde_json::from_value(value);
    tags.map_err(|_| errors.add("tags", "it must be an object whose values are texts")).ok()
}

/// Old spellings become new ones at any depth, flat ids become ids in a workspace.
fn respell(value: &mut Value, workspace_of: &dyn Fn(&FlatId) -> String) {
    match value {
        Value::Object(map) => {
            for (old, new) in ALIASES {
                if let Some(value) = map.remove(old) {
                    map.entry(new).or_insert(value);
                }
            }
            for (key, value) in map.iter_mut() {
                match value {
                    Value::String(text) if WORDS.contains(&key.as_str()) => *text = text.to_lowercase(),
                    Value::String(text) if key == "id" => {
                        if let Some(id) = FlatId::parse(text) {
                            *text = id.in_workspace(&workspace_of(&id));
                        }
                    }
                    value => respell(value, workspace_of),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| respell(item, workspace_of)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// `runElevated` is kept to be echoed and changes nothing: a set-up task never gets more rights than the server.
fn cluster(properties: &mut Map<String, Value>, legacy: &mut Legacy) {
    let task = properties.get_mut("nodeSetup").and_then(|setup| setup.get_mut("setupTask"));
    if let Some(task) = task.and_then(Value::as_object_mut) {
        legacy.run_elevated = task.remove("runElevated").and_then(|value| value.as_bool());
    }
}

fn job(version: ApiVersion, job: &mut Map<String, Value>, legacy: &mut Legacy, errors: &mut FieldErrors) {
    for key in LATER {
        job.remove(key);
    }
    if version == ApiVersion::Preview2017 {
        for key in OF_MARCH {
            job.remove(key);
        }
        let tensor_flow = job.get("tensorFlowSettings").and_then(Value::as_object);
        if tensor_flow.is_some_and(|settings| !settings.contains_key("masterCommandLineArgs")) {
            errors.add("properties.tensorFlowSettings.masterCommandLineArgs", "it is required by 2017-09-01-preview");
        }
    }
    if let Some(container) = job.get_mut("containerSettings").and_then(Value::as_object_mut) {
        container.remove("shmSize");
    }
    legacy.experiment_name = job.remove("experimentName").and_then(|name| name.as_str().map(str::to_owned));
    legacy.priority = priority(job.remove("priority"), errors);
    let scheduling = match legacy.priority.unwrap_or(0) {
        ..0 => "low",
        0 => "normal",
        1.. => "high",
    };
    job.insert("schedulingPriority".into(), scheduling.into());
    for directory in job.get_mut("outputDirectories").and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(directory) = directory.as_object_mut() else { continue };
        legacy.output_directories.push(LegacyOutputDirectory {
            kind: directory.remove("type").and_then(|kind| kind.as_str().map(str::to_lowercase)),
            create_new: directory.remove("createNew").and_then(|value| value.as_bool()),
        });
    }
}

fn priority(value: Option<Value>, errors: &mut FieldErrors) -> Option<i32> {
    let value = value.filter(|value| !value.is_null())?;
    let number = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok());
    let priority = number.and_then(|number| i32::try_from(number).ok()).filter(|p| (-1000..=1000).contains(p));
    if priority.is_none() {
        errors.add("properties.priority", format!("it is {value}, but must be a whole number from -1000 to 1000"));
    }
    priority
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn upgraded(version: ApiVersion, kind: Kind, body: Value) -> Upgraded {
        up(version, kind, body, &|id| (id.name == "far").then(|| "migrated-westus".into())).expect("a body")
    }

    #[test]
    fn integer_priorities_become_words_by_their_sign() {
        for (priority, word) in [(-1000, "low"), (-1, "low"), (0, "normal"), (1, "high"), (1000, "high")] {
            let body = json!({ "location": "East US", "properties": { "priority": priority } });
            let Upgraded { body, legacy } = upgraded(ApiVersion::V2018March, Kind::Job, body);
            assert_eq!(body, json!({ "properties": { "schedulingPriority": word } }));
            assert_eq!((legacy.priority, legacy.location.as_str()), (Some(priority), "East US"));
        }
    }

    #[test]
    fn errors_name_the_old_properties_all_at_once() {
        let body = json!({ "tags": 1, "properties": { "priority": 1001 } });
        let errors = up(ApiVersion::V2018March, Kind::Job, body, &|_| None).expect_err("errors");
        let targets: Vec<&str> = errors.0.iter().map(|error| error.target.as_str()).collect();
        assert_eq!(targets, ["location", "tags", "properties.priority"]);
    }

    #[test]
    fn flat_ids_lead_to_the_workspace_where_the_thing_is_or_else_to_the_own_region() {
        for (name, workspace) in [("far", "migrated-westus"), ("new", "migrated-eastus")] {
            let flat = format!("/subscriptions/s/resourceGroups/G/providers/Microsoft.BatchAI/clusters/{name}");
            let body = json!({ "location": "eastus", "properties": { "cluster": { "id": flat } } });
            let id = upgraded(ApiVersion::V2018March, Kind::Job, body).body["properties"]["cluster"]["id"].clone();
            let group = "/subscriptions/s/resourceGroups/g/providers/Microsoft.BatchAI";
            assert_eq!(id, format!("{group}/workspaces/{workspace}/clusters/{name}"));
        }
    }

    #[test]
    fn spellings_of_the_preview_are_read() {
        let share = json!({ "credentialsInfo": { "accountKey": "k" } });
        let body = json!({ "location": "eastus", "properties": {
            "vmPriority": "LowPriority",
            "scaleSettings": { "manual": { "nodeDeallocationOption": "WaitForJobCompletion" } },
            "userAccountSettings": { "adminUserSSHPublicKey": "ssh-rsa x" },
            "nodeSetup": { "setupTask": { "runElevated": true }, "mountVolumes": { "azureFileShares": [share] } },
        } });
        let Upgraded { body, legacy } = upgraded(ApiVersion::Preview2017, Kind::Cluster, body);
        assert_eq!(legacy.run_elevated, Some(true));
        assert_eq!(
            body["properties"],
            json!({
                "vmPriority": "lowpriority",
                "scaleSettings": { "manual": { "nodeDeallocationOption": "waitforjobcompletion" } },
                "userAccountSettings": { "adminUserSshPublicKey": "ssh-rsa x" },
                "nodeSetup": {
                    "setupTask": {},
                    "mountVolumes": { "azureFileShares": [{ "credentials": { "accountKey": "k" } }] },
                },
            })
        );
    }

    #[test]
    fn each_version_passes_over_what_came_after_it() {
        let body = json!({ "location": "eastus", "properties": {
            "horovodSettings": {}, "pyTorchSettings": {}, "containerSettings": { "shmSize": "1g" },
        } });
        let march = upgraded(ApiVersion::V2018March, Kind::Job, body.clone()).body;
        let left = json!({ "pyTorchSettings": {}, "containerSettings": {}, "schedulingPriority": "normal" });
        assert_eq!(march["properties"], left);
        let preview = upgraded(ApiVersion::Preview2017, Kind::Job, body).body;
        assert_eq!(preview["properties"].get("pyTorchSettings"), None);
    }

    #[test]
    fn only_the_preview_requires_arguments_of_a_tensorflow_master() {
        let body = json!({ "location": "eastus", "properties": { "tensorFlowSettings": {} } });
        assert!(up(ApiVersion::V2018March, Kind::Job, body.clone(), &|_| None).is_ok());
        assert!(up(ApiVersion::Preview2017, Kind::Job, body, &|_| None).is_err());
    }
}
