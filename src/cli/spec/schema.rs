//! The JSON Schema of a file, for editors: made of the wire types, and of what a file may say beyond them.
//!
//! It takes every file that [`super::examine()`] takes, and some that it does not: what only rules find, such as an
//! id that stands twice, is found by `validate`.

use serde_json::{Map, Value, json};

use super::examine::resource;
use super::form::{self, Form, Subject};
use super::job::TOOLKITS;
use super::upgrade;

/// Required by the wire, and filled in while a file is read.
const FILLED_IN: [(&str, &str); 4] = [
    ("AzureFileShareReference", "accountName"),
    ("AzureFileShareReference", "credentials"),
    ("AzureBlobFileSystemReference", "credentials"),
    ("UserAccountSettings", "adminUserName"),
];

/// Old properties by the type that had them.
const OLD: [(&str, &[&str]); 7] = [
    ("AzureFileShareReference", &["credentialsInfo"]),
    ("AzureBlobFileSystemReference", &["credentialsInfo"]),
    ("ImageSourceRegistry", &["credentialsInfo"]),
    ("OutputDirectory", &["type", "createNew"]),
    ("SetupTask", &["runElevated"]),
    ("UserAccountSettings", &["adminUserSSHPublicKey"]),
    ("DataDisks", &["fileSystemType", "raidLevel"]),
];

/// Makes the schema, in draft 2020-12.
#[must_use]
pub fn schema(subject: Subject) -> Value {
    let of = |form: Form| form::schema(&resource(subject), subject, form).to_value();
    let (mut flat, mut arm) = (of(Form::Flat), of(Form::Arm));
    let mut definitions = part(&mut flat, "$defs");
    part(&mut arm, "$defs");
    for (kind, key) in FILLED_IN {
        if let Some(Value::Object(object)) = definitions.get_mut(kind) {
            form::relax(object, key);
        }
    }
    for (kind, keys) in OLD {
        if let Some(object) = definitions.get_mut(kind) {
            pass_over(object, keys);
        }
    }
    let ignored = upgrade::ignored();
    pass_over(&mut flat, &ignored);
    pass_over(&mut arm, &ignored);
    pass_over(&mut arm["properties"]["properties"], &[ignored.as_slice(), &["priority"]].concat());
    for file in [&mut flat, &mut arm] {
        describe(file, subject);
        part(file, "$schema");
        part(file, "title");
    }
    rules(&mut flat, &mut definitions, subject);
    rules(&mut arm["properties"]["properties"], &mut definitions, subject);
    definitions.insert("FlatFile".to_owned(), flat);
    definitions.insert("FileWithProperties".to_owned(), arm);
    definitions.values_mut().for_each(close);
    let word = subject.word();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("urn:batchai:{}-file", word.replace(' ', "-")),
        "title": format!("A {word} file of batchai"),
        "description": "With everything in `properties`, in the form of the REST API, or flat.",
        "if": {"type": "object", "required": ["properties"]},
        "then": {"$ref": "#/$defs/FileWithProperties"},
        "else": {"$ref": "#/$defs/FlatFile"},
        "$defs": definitions,
    })
}

fn part(schema: &mut Value, key: &str) -> Map<String, Value> {
    match schema.as_object_mut().and_then(|schema| schema.remove(key)) {
        Some(Value::Object(part)) => part,
        _ => Map::new(),
    }
}

/// Lets an object have properties that mean nothing, or nothing any more; editors do not offer them.
fn pass_over(object: &mut Value, keys: &[&str]) {
    let patterns = &mut object["patternProperties"];
    if patterns.is_null() {
        *patterns = json!({});
    }
    let name = format!("^({})$", keys.join("|")).replace("$schema", "\\$schema");
    patterns[name] =
        json!({"deprecated": true, "description": "Ignored, or of an old version: `batchai validate` tells."});
}

/// What stands beside the resource's own properties.
fn describe(file: &mut Value, subject: Subject) {
    const NAME: &str = "^[A-Za-z0-9_-]{1,64}$";
    const GROUP: &str = "^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,89}$";
    let word = subject.word();
    for key in subject.envelope() {
        let (description, pattern) = match *key {
            "name" => (format!("The name of the {word}; `-n` wins."), Some(NAME)),
            "workspace" => ("The workspace; `-w` wins.".to_owned(), Some(NAME)),
            "experiment" => ("The experiment; `-e` wins.".to_owned(), Some(NAME)),
            "resourceGroup" => ("The resource group; `-g` wins.".to_owned(), Some(GROUP)),
            _ => ("The folder that travels with the job, relative to the file.".to_owned(), None),
        };
        file["properties"][*key]["description"] = json!(description);
        if let Some(pattern) = pattern {
            file["properties"][*key]["pattern"] = json!(pattern);
        }
    }
}

/// Rules that no wire type says.
fn rules(resource: &mut Value, definitions: &mut Map<String, Value>, subject: Subject) {
    let only = |key: &str| json!({"required": [key], "properties": {key: {"type": "object"}}});
    match subject {
        Subject::Job => resource["oneOf"] = TOOLKITS.iter().map(|key| only(key)).collect(),
        Subject::Cluster => {
            if let Some(scale) = definitions.get_mut("ScaleSettings") {
                scale["oneOf"] = json!([only("manual"), only("autoScale")]);
            }
        }
        Subject::FileServer => {}
    }
}

/// Refuses unknown properties, comments aside, and takes the scalars that reading converts: numbers in quotes, and
/// numbers and truths as text.
fn close(schema: &mut Value) {
    let Value::Object(object) = schema else { return };
    if let Some(Value::Object(properties)) = object.get_mut("properties") {
        properties.values_mut().for_each(close);
        let patterns = object.entry("patternProperties").or_insert_with(|| json!({}));
        patterns["^[$_]?comment$"] = json!({"description": "For readers."});
        object.insert("additionalProperties".to_owned(), json!(false));
    } else if let Some(each) = object.get_mut("additionalProperties") {
        close(each);
    }
    for word in ["anyOf", "oneOf"] {
        // The alternatives of an enum, and rules that look at one property, stay as they are.
        let alternatives = object.get_mut(word).and_then(Value::as_array_mut).into_iter().flatten();
        alternatives.filter(|one| one.get("const").is_none() && one.get("required").is_none()).for_each(close);
    }
    if let Some(items) = object.get_mut("items") {
        close(items);
    }
    widen(object);
}

fn widen(object: &mut Map<String, Value>) {
    let is_free = !object.contains_key("enum") && !object.contains_key("const");
    let kinds: Vec<String> = match object.get("type") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => return,
    };
    let has = |kind: &str| kinds.iter().any(|other| other == kind);
    let more: &[&str] = match () {
        () if has("integer") => &["string"],
        () if has("string") && is_free => &["number", "boolean"],
        () => return,
    };
    if has("integer") {
        object.insert("pattern".to_owned(), json!(r"^\s*[-+]?[0-9]+\s*$"));
    }
    let kinds: Vec<&str> = kinds.iter().map(String::as_str).chain(more.iter().copied()).collect();
    object.insert("type".to_owned(), json!(kinds));
}
