//! The two forms of a file, and which of its properties are looked over.

use schemars::Schema;
use serde_json::{Map, Value, json};

/// What a file describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Job,
    Cluster,
}

impl Subject {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Job => "job",
            Self::Cluster => "cluster",
        }
    }

    /// The properties that say which resource the file is about, rather than what it is like.
    pub(super) fn envelope(self) -> &'static [&'static str] {
        match self {
            Self::Job => &["name", "workspace", "experiment", "resourceGroup", "code"],
            Self::Cluster => &["name", "workspace", "resourceGroup"],
        }
    }
}

/// Where the properties of the resource stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// In `properties`.
    Arm,
    /// At the top level.
    Flat,
}

/// Words of ARM templates, and of answers, that `az batchai` skipped at the top level.
const OF_ANY_RESOURCE: &[&str] = &["$schema", "id", "type", "location", "tags", "apiVersion"];

/// Read-only properties (Swagger 2018-05-01, and ours): what the REST API answered may be submitted again.
const READ_ONLY: &[&str] = &[
    "allocationState",
    "allocationStateTransitionTime",
    "creationTime",
    "currentNodeCount",
    "errors",
    "executionInfo",
    "executionState",
    "executionStateTransitionTime",
    "experimentName",
    "generation",
    "jobOutputDirectoryPathSegment",
    "nodeStateCounts",
    "outputStreams",
    "provisioningState",
    "provisioningStateTransitionTime",
    "queueReason",
    "toolType",
];

/// Properties of the api-versions 2017-09-01-preview and 2018-03-01 that `az batchai` skipped, with the property
/// they stand in; the empty word is the resource itself.
const OF_OLD_VERSIONS: &[(&str, &str)] = &[
    ("", "location"),
    ("", "priority"),
    ("", "tags"),
    ("azureBlobFileSystems", "credentialsInfo"),
    ("azureFileShares", "credentialsInfo"),
    ("outputDirectories", "createNew"),
    ("outputDirectories", "type"),
    ("setupTask", "runElevated"),
];

/// Removes what a file may say without it meaning anything.
pub(super) fn prune(root: &mut Value, form: Form) {
    let Value::Object(object) = root else { return };
    object.retain(|key, _| !OF_ANY_RESOURCE.contains(&key.as_str()));
    let resource = match form {
        Form::Flat => Some(&mut *object),
        Form::Arm => object.get_mut("properties").and_then(Value::as_object_mut),
    };
    if let Some(resource) = resource {
        resource.retain(|key, _| !READ_ONLY.contains(&key.as_str()));
        if form == Form::Arm {
            resource.retain(|key, _| !OF_OLD_VERSIONS.contains(&("", key.as_str())));
        }
    }
    prune_inside(root, "", form);
    for value in object_values(root) {
        super::printed::restore(value);
    }
}

/// The file itself may say its resource group.
fn object_values(root: &mut Value) -> impl Iterator<Item = &mut Value> {
    root.as_object_mut().into_iter().flat_map(|object| object.values_mut())
}

fn prune_inside(value: &mut Value, parent: &str, form: Form) {
    match value {
        Value::Object(object) => {
            object.retain(|key, _| {
                let old = form == Form::Arm && !parent.is_empty() && OF_OLD_VERSIONS.contains(&(parent, key.as_str()));
                !old && !matches!(key.as_str(), "comment" | "$comment" | "_comment")
            });
            for (key, value) in object {
                prune_inside(value, key, form);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|item| prune_inside(item, parent, form)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The schema of a file, from the schema of the resource's own properties. `optional` are properties that a file
/// may leave out although the wire may not; `cluster` is a name, an id or a reference in a file.
pub(super) fn schema(resource: &Schema, subject: Subject, form: Form, optional: &[&str]) -> Schema {
    let mut resource = resource.as_object().cloned().unwrap_or_default();
    let definitions = resource.remove("$defs").unwrap_or_else(|| json!({}));
    if let Some(Value::Array(required)) = resource.get_mut("required") {
        required.retain(|key| !optional.iter().any(|optional| key == optional));
    }
    let mut own = match resource.remove("properties") {
        Some(Value::Object(own)) => own,
        _ => Map::new(),
    };
    for (key, schema) in &mut own {
        if key == "cluster" {
            *schema = json!({"anyOf": [{"type": "string"}, schema.take(), {"type": "null"}]});
        } else if optional.contains(&key.as_str()) {
            *schema = json!({"anyOf": [schema.take(), {"type": "null"}]});
        }
    }
    let envelope = subject.envelope().iter().map(|key| ((*key).to_owned(), json!({"type": ["string", "null"]})));
    match form {
        Form::Flat => {
            own.extend(envelope);
            resource.insert("properties".to_owned(), Value::Object(own));
        }
        Form::Arm => {
            resource.insert("properties".to_owned(), Value::Object(own));
            let mut top: Map<String, Value> = envelope.collect();
            top.insert("properties".to_owned(), Value::Object(std::mem::take(&mut resource)));
            resource.insert("type".to_owned(), json!("object"));
            resource.insert("properties".to_owned(), Value::Object(top));
        }
    }
    resource.insert("$defs".to_owned(), definitions);
    Schema::from(resource)
}
