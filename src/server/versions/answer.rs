//! Down: an answer of 2018-05-01 in the words of an old version.
//!
//! Pure; called by `routes` and `lists`. The preview's traffic capitalized states and enums, and spelt
//! `credentialsInfo` and `adminUserSSHPublicKey`; its Swagger did neither (azure-cli and azure-sdk-for-net recordings,
//! 2017). Clients of that time met the traffic, and the SDK that was published reads the Swagger's keys: both keys are
//! answered.

use serde_json::{Map, Value, json};

use super::{Kind, names};
use crate::api::id::ResourceId;
use crate::api::version::ApiVersion;
use crate::domain::legacy::Legacy;

/// Properties whose values the preview's traffic capitalized, beside all `...State`.
const WORDS: [&str; 2] = ["vmPriority", "nodeDeallocationOption"];
/// Properties that came with 2018-03-01.
const OF_MARCH: [&str; 7] = [
    "pyTorchSettings",
    "secrets",
    "jobOutputDirectoryPathSegment",
    "stdOutErrPathSuffix",
    "performanceCountersSettings",
    "virtualMachineImageId",
    "mountVolumes",
];
/// Properties of a job that came later than 2018-03-01.
const LATER: [&str; 3] = ["schedulingPriority", "horovodSettings", "customMpiSettings"];

/// Translates one resource; `legacy` is what its creator said in an old version, if it was one.
#[must_use]
pub fn down(version: ApiVersion, kind: Kind, mut answer: Value, legacy: Option<&Legacy>) -> Value {
    let unsaid = Legacy::default();
    let said = legacy.unwrap_or(&unsaid);
    let Some(top) = answer.as_object_mut() else { return answer };
    top.insert("location".into(), location(top, said).into());
    if let Some(tags) = &said.tags {
        top.insert("tags".into(), json!(tags));
    }
    top.insert("type".into(), kind_word(version, kind).into());
    if let Some(properties) = top.get_mut("properties").and_then(Value::as_object_mut) {
        match kind {
            Kind::Cluster => cluster(properties, said),
            Kind::Job => job(properties, said),
            Kind::FileServer => file_server(properties),
        }
        if version == ApiVersion::Preview2017 {
            let cluster_mounts = properties.get_mut("nodeSetup").and_then(|setup| setup.get("mountVolumes").cloned());
            properties.values_mut().for_each(drop_what_march_brought);
            properties.retain(|key, _| !OF_MARCH.contains(&key.as_str()));
            if let (Some(mounts), Some(setup)) = (cluster_mounts, properties.get_mut("nodeSetup")) {
                setup["mountVolumes"] = mounts;
            }
        }
    }
    flatten(&mut answer);
    if version == ApiVersion::Preview2017 {
        capitalize(&mut answer);
    }
    answer
}

fn location(top: &Map<String, Value>, said: &Legacy) -> String {
    if !said.location.is_empty() {
        return said.location.clone();
    }
    let id = top.get("id").and_then(Value::as_str).and_then(ResourceId::parse);
    id.and_then(|id| names::region_of(&id.workspace).map(str::to_owned)).unwrap_or_default()
}

fn kind_word(version: ApiVersion, kind: Kind) -> String {
    let collection = kind.collection();
    match (version, collection.split_at(1)) {
        (ApiVersion::Preview2017, (first, rest)) => format!("Microsoft.BatchAI/{}{rest}", first.to_uppercase()),
        _ => format!("Microsoft.BatchAI/{collection}"),
    }
}

fn cluster(properties: &mut Map<String, Value>, said: &Legacy) {
    let task = properties.get_mut("nodeSetup").and_then(|setup| setup.get_mut("setupTask"));
    if let (Some(task), Some(run_elevated)) = (task.and_then(Value::as_object_mut), said.run_elevated) {
        task.insert("runElevated".into(), run_elevated.into());
    }
}

fn job(properties: &mut Map<String, Value>, said: &Legacy) {
    let by_word = match properties.get("schedulingPriority").and_then(Value::as_str) {
        Some("low") => -1000,
        Some("high") => 1000,
        Some(_) | None => 0,
    };
    properties.insert("priority".into(), said.priority.unwrap_or(by_word).into());
    properties.retain(|key, _| !LATER.contains(&key.as_str()));
    properties.remove("experimentName");
    if let Some(name) = &said.experiment_name {
        properties.insert("experimentName".into(), name.as_str().into());
    }
    if let Some(container) = properties.get_mut("containerSettings").and_then(Value::as_object_mut) {
        container.remove("shmSize");
    }
    let outputs = properties.get_mut("outputDirectories").and_then(Value::as_array_mut);
    for (output, said) in outputs.into_iter().flatten().zip(&said.output_directories) {
        let Some(output) = output.as_object_mut() else { continue };
        let echoed = [("type", said.kind.as_deref().map(Value::from)), ("createNew", said.create_new.map(Value::from))];
        output.extend(echoed.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
    }
    let errors = properties.get_mut("executionInfo").and_then(|info| info.get_mut("errors"));
    for error in errors.and_then(Value::as_array_mut).into_iter().flatten() {
        if error["code"] == "JobTerminated" {
            error["code"] = "JobTerminate".into();
        }
    }
}

/// The only kind there ever was in traffic (Swagger 2018-03-01, `fileServerType`).
fn file_server(properties: &mut Map<String, Value>) {
    if let Some(mount) = properties.get_mut("mountSettings").and_then(Value::as_object_mut) {
        mount.insert("fileServerType".into(), "nfs".into());
    }
}

fn drop_what_march_brought(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|key, _| !OF_MARCH.contains(&key.as_str()));
            map.values_mut().for_each(drop_what_march_brought);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_what_march_brought),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Ids of things in workspaces of ours become flat ids, at any depth.
fn flatten(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(id) if key == "id" => *id = names::flat(id),
                    value => flatten(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(flatten),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn capitalize(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (new, old) in [("credentials", "credentialsInfo"), ("adminUserSshPublicKey", "adminUserSSHPublicKey")] {
                if let Some(value) = map.get(new).cloned() {
                    map.insert(old.into(), value);
                }
            }
            for (key, value) in map {
                match value {
                    Value::String(word) if key.ends_with("State") || WORDS.contains(&key.as_str()) => {
                        *word = capitalized(word);
                    }
                    value => capitalize(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(capitalize),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn capitalized(word: &str) -> String {
    match word {
        "lowpriority" => "LowPriority".into(),
        "waitforjobcompletion" => "WaitForJobCompletion".into(),
        word => {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
        }
    }
}

/// One element of listOutputFiles; the preview's lists have files only.
#[must_use]
pub fn file(version: ApiVersion, mut file: Value) -> Option<Value> {
    let is_directory = file["fileType"] == "directory";
    let map = file.as_object_mut()?;
    map.remove("fileType");
    match (version, is_directory) {
        (ApiVersion::Preview2017, true) => None,
        (ApiVersion::Preview2017, false) => Some(file),
        (_, is_directory) => {
            map.insert("isDirectory".into(), is_directory.into());
            Some(file)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::legacy::LegacyOutputDirectory;

    const GROUP: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.BatchAI";

    fn new_job() -> Value {
        json!({
            "id": format!("{GROUP}/workspaces/migrated-eastus/experiments/migrated/jobs/j"),
            "name": "j",
            "type": "Microsoft.BatchAI/workspaces/experiments/jobs",
            "properties": {
                "experimentName": "migrated", "schedulingPriority": "high", "executionState": "failed",
                "jobOutputDirectoryPathSegment": "s/g/jobs/j/u", "toolType": "custom",
                "cluster": { "id": format!("{GROUP}/workspaces/migrated-westus/clusters/c") },
                "mountVolumes": { "azureFileShares": [{ "credentials": {} }] },
                "outputDirectories": [{ "id": "O" }],
                "executionInfo": { "errors": [{ "code": "JobTerminated" }] },
            },
        })
    }

    #[test]
    fn a_job_comes_down_with_what_its_creator_said() {
        let output = LegacyOutputDirectory { kind: Some("model".into()), create_new: Some(true) };
        let said = Legacy {
            location: "East US".into(),
            priority: Some(7),
            experiment_name: Some("mine".into()),
            output_directories: vec![output],
            ..Legacy::default()
        };
        assert_eq!(
            down(ApiVersion::V2018March, Kind::Job, new_job(), Some(&said)),
            json!({
                "id": format!("{GROUP}/jobs/j"), "name": "j", "type": "Microsoft.BatchAI/jobs", "location": "East US",
                "properties": {
                    "experimentName": "mine", "priority": 7, "executionState": "failed",
                    "jobOutputDirectoryPathSegment": "s/g/jobs/j/u", "toolType": "custom",
                    "cluster": { "id": format!("{GROUP}/clusters/c") },
                    "mountVolumes": { "azureFileShares": [{ "credentials": {} }] },
                    "outputDirectories": [{ "id": "O", "type": "model", "createNew": true }],
                    "executionInfo": { "errors": [{ "code": "JobTerminate" }] },
                },
            })
        );
    }

    #[test]
    fn a_job_of_the_new_version_has_a_region_and_a_priority_in_the_preview_too() {
        assert_eq!(
            down(ApiVersion::Preview2017, Kind::Job, new_job(), None),
            json!({
                "id": format!("{GROUP}/jobs/j"), "name": "j", "type": "Microsoft.BatchAI/Jobs", "location": "eastus",
                "properties": {
                    "priority": 1000, "executionState": "Failed", "toolType": "custom",
                    "cluster": { "id": format!("{GROUP}/clusters/c") }, "outputDirectories": [{ "id": "O" }],
                    "executionInfo": { "errors": [{ "code": "JobTerminate" }] },
                },
            })
        );
    }

    #[test]
    fn a_cluster_of_the_preview_has_the_spellings_of_its_traffic() {
        let share = json!({ "accountName": "a", "credentials": {} });
        let cluster = json!({ "id": format!("{GROUP}/workspaces/migrated-eastus/clusters/c"), "properties": {
            "allocationState": "resizing", "vmPriority": "lowpriority", "vmSize": "STANDARD_NC6",
            "scaleSettings": { "manual": { "nodeDeallocationOption": "waitforjobcompletion" } },
            "userAccountSettings": { "adminUserSshPublicKey": "k" },
            "nodeSetup": {
                "setupTask": { "commandLine": "x", "stdOutErrPathSuffix": "s" },
                "mountVolumes": { "azureFileShares": [share] },
            },
        } });
        let said = Legacy { run_elevated: Some(false), ..Legacy::default() };
        let old = down(ApiVersion::Preview2017, Kind::Cluster, cluster, Some(&said));
        assert_eq!(
            old["properties"],
            json!({
                "allocationState": "Resizing", "vmPriority": "LowPriority", "vmSize": "STANDARD_NC6",
                "scaleSettings": { "manual": { "nodeDeallocationOption": "WaitForJobCompletion" } },
                "userAccountSettings": { "adminUserSshPublicKey": "k", "adminUserSSHPublicKey": "k" },
                "nodeSetup": {
                    "setupTask": { "commandLine": "x", "runElevated": false },
                    "mountVolumes": { "azureFileShares": [{ "accountName": "a", "credentials": {}, "credentialsInfo": {} }] },
                },
            })
        );
    }

    #[test]
    fn files_say_whether_they_are_directories_or_are_all_files() {
        let (plain, folder) =
            (json!({ "name": "f", "fileType": "file" }), json!({ "name": "d", "fileType": "directory" }));
        let march = |value: &Value| file(ApiVersion::V2018March, value.clone());
        assert_eq!(march(&plain), Some(json!({ "name": "f", "isDirectory": false })));
        assert_eq!(march(&folder), Some(json!({ "name": "d", "isDirectory": true })));
        assert_eq!(file(ApiVersion::Preview2017, plain), Some(json!({ "name": "f" })));
        assert_eq!(file(ApiVersion::Preview2017, folder), None);
    }
}
